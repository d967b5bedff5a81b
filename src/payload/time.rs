/// From here on a number is taken for milliseconds: in seconds it would be the year 5138.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// Beyond this (in milliseconds, the year 5138) a number is no time.
const LAST: i64 = FIRST_MILLISECONDS * 1_000;

/// Unix milliseconds from a timestamp as Meta writes it: seconds, as a string or a number.
pub(super) fn unix_milliseconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let number = match text.parse::<i64>() {
        Ok(number) => number,
        // `1795430400.0` and `1.7954304e9` are numbers too. The cast saturates.
        Err(_) => text.parse::<f64>().ok().filter(|number| number.is_finite())? as i64,
    };
    match number {
        1..FIRST_MILLISECONDS => Some(number * 1_000),
        FIRST_MILLISECONDS..LAST => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_milliseconds_in_every_notation() {
        for text in
            ["1795430400", " 1795430400 ", "1795430400000", "1795430400.0", "1.7954304e9", "+1795430400"]
        {
            assert_eq!(unix_milliseconds(text), Some(1_795_430_400_000), "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in
            ["", "0", "-5", "soon", "NaN", "inf", "1e400", "99999999999999999999", "100000000000000", "0x10"]
        {
            assert_eq!(unix_milliseconds(text), None, "{text}");
        }
    }
}
