//! The time of day, as Meta and Redis count it.

use jiff::Timestamp;

/// Milliseconds since 1970, negative on a clock that is set before.
pub fn unix_millis() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Seconds since 1970.
pub fn unix_seconds() -> i64 {
    Timestamp::now().as_second()
}
