//! Puts the parts together: settings in, a running service out.

pub mod private_redis;
