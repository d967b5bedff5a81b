//! Until when a certificate is good: the one thing of it that nobody else tells. Whether it is trusted, the TLS library has
//! judged by then.
//!
//! Reads just enough DER (X.690) to reach `validity.notAfter` of RFC 5280, section 4.1.

use jiff::{civil, tz::TimeZone};

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The version, which the oldest certificates leave out.
const VERSION: u8 = 0xa0;

/// The end of its validity in unix seconds; `None` when this is no certificate.
pub(super) fn not_after(certificate: &[u8]) -> Option<i64> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate).filter(|(tag, ..)| *tag == SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // The serial number, the algorithm of the signature, the issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (_, validity, _) = element(rest).filter(|(tag, ..)| *tag == SEQUENCE)?;
    let (_, _, rest) = element(validity)?;
    let (tag, text, _) = element(rest)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// The tag, the content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ`, of 1950 to 2049, or `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, text: &str) -> Option<i64> {
    let text = match tag {
        UTC_TIME if text.len() == 13 => format!("{}{text}", if text < "50" { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let time = civil::DateTime::strptime("%Y%m%d%H%M%SZ", &text).ok()?;
    TimeZone::UTC.to_timestamp(time).ok().map(|time| time.as_second())
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};

    use super::*;

    /// Of `a.invalid`, self-signed.
    const NEAR: &str = "\
        MIIBfDCCASOgAwIBAgIURwOEuNcuLjCt6nZCH0qIoDURpKUwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJYS5pbnZhbGlkMB4X\
        DTI2MTEyNTIzMjM1NloXDTI2MTIyNTIzMjM1NlowFDESMBAGA1UEAwwJYS5pbnZhbGlkMFkwEwYHKoZIzj0CAQYIKoZIzj0D\
        AQcDQgAE8uEfYri9WV6l0XSekh2awyrAmzQLrhbsoa1T1BZiAFrGcKB3ofMUpbj1tMwySrpRLtefId9MsrW3SRzgwc2576NT\
        MFEwHQYDVR0OBBYEFANMpSAXY6w9N0RSmlHsWqaLDB44MB8GA1UdIwQYMBaAFANMpSAXY6w9N0RSmlHsWqaLDB44MA8GA1Ud\
        EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgBrzZ141fI8dRAWWhUI0BFrqUMt/Zh6tAaTpB2aCpGtoCICDJ1x6CFon9\
        a5ow90YHW3Aqbf7jneiLATxXuets+2RM";
    /// Of `b.invalid`, beyond 2049, for which the time is written in another way.
    const FAR: &str = "\
        MIIBgDCCASWgAwIBAgIUOcFtTB0CHba8Sle1bdhUJUQc/UcwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJYi5pbnZhbGlkMCAX\
        DTI2MTEyNTIzMjM1N1oYDzIwNjYxMTE1MjMyMzU3WjAUMRIwEAYDVQQDDAliLmludmFsaWQwWTATBgcqhkjOPQIBBggqhkjO\
        PQMBBwNCAATomF+W7DXwqEspOI2gnzh6Bi8WzJ6+O2ilypVKEjGWnFmDLFSuTgjjEbqVMV3ZRY3ccw0Gtbkfyvcw281SJy+m\
        o1MwUTAdBgNVHQ4EFgQUcQUVkjsm5J5fnJ8b5Edx82QhWhUwHwYDVR0jBBgwFoAUcQUVkjsm5J5fnJ8b5Edx82QhWhUwDwYD\
        VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA2kdYc8yWQJ/gyy8vgyKs7GcRI/LPSwWpI2SS1ZiygA0CIQDL7Fic\
        JJ+AwK2fZLREnhqSc8YvVP4dq5C9Yid7rRegag==";

    #[test]
    fn the_end_of_a_certificate_is_read_in_both_forms() {
        for (text, until) in [(NEAR, 1_798_241_036), (FAR, 3_057_089_037)] {
            let certificate = STANDARD.decode(text).unwrap();
            assert_eq!(not_after(&certificate), Some(until));
            // Cut off anywhere it is none, and nothing breaks.
            assert!((0..certificate.len()).all(|length| not_after(&certificate[..length]).is_none()));
        }
        assert_eq!(not_after(b"-----BEGIN CERTIFICATE-----"), None);
    }
}
