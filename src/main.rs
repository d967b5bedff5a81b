//! The `baja` binary.
fn main() {}
