use proptest::prelude::*;

use super::*;

const SECRET: &str = "test_app_secret";

fn verify(headers: &[&[u8]], body: &[u8]) -> Result<(), SignatureError> {
    AppSecrets::new([SECRET]).unwrap().verify(headers.iter().copied(), body)
}

#[test]
fn reproduces_independent_vectors() {
    // Computed with another implementation; the third keeps its escapes, the fourth is raw UTF-8.
    for (body, digits) in [
        (
            r#"{"object":"whatsapp_business_account","entry":[]}"#,
            "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756",
        ),
        (
            r#"{"object": "whatsapp_business_account", "entry": []}"#,
            "56cbbaf4961c6cfdae48b7f116c047e5eb513d2c931baae63a2bc1afd26f803a",
        ),
        (
            r#"{"object":"whatsapp_business_account","entry":[],"x":"ba\u006ca \u00f1"}"#,
            "5c58777b1bee6623e0f86c7339391718ab8609ff27d747e887e3893eb7e01665",
        ),
        (
            r#"{"object":"whatsapp_business_account","entry":[],"x":"bala ñ"}"#,
            "15945843623bf48c03bd9c17e9fa01f8be829e816ece472dfdfcad261c541ca8",
        ),
    ] {
        let header = format!("sha256={digits}");
        assert_eq!(sign(SECRET, body.as_bytes()).unwrap(), header);
        assert_eq!(verify(&[header.as_bytes()], body.as_bytes()), Ok(()));
    }
}

#[test]
fn every_configured_secret_is_tried() {
    let secrets = AppSecrets::new(["old", "new"]).unwrap();
    for secret in ["old", "new"] {
        let header = sign(secret, b"body").unwrap();
        assert_eq!(secrets.verify([header.as_bytes()], b"body"), Ok(()));
    }
    let header = sign("older", b"body").unwrap();
    assert_eq!(secrets.verify([header.as_bytes()], b"body"), Err(SignatureError::Mismatch));
}

#[test]
fn exactly_one_well_formed_header_is_accepted() {
    let good = sign(SECRET, b"body").unwrap();
    let good = good.as_bytes();
    let digits = std::str::from_utf8(good).unwrap().strip_prefix("sha256=").unwrap();
    assert_eq!(verify(&[], b"body"), Err(SignatureError::Missing));
    assert_eq!(verify(&[good, good], b"body"), Err(SignatureError::Several));
    for malformed in [
        String::new(),
        "sha256=".to_owned(),
        digits.to_owned(),
        format!("SHA256={digits}"),
        format!("sha1={digits}"),
        format!("sha256={}", digits.to_uppercase()),
        format!("sha256= {digits}"),
        format!("sha256={digits} "),
        format!(" sha256={digits}"),
        format!("sha256={digits}0"),
        format!("sha256={digits}00"),
        format!("sha256={}", &digits[1..]),
        format!("sha256={}", &digits[2..]),
        format!("sha256={digits},sha256={digits}"),
        format!("sha256=sha256={digits}"),
        format!("sha256=0x{}", &digits[2..]),
        format!("sha256=+{}", &digits[1..]),
        format!("sha256={}g", &digits[1..]),
        format!("sha256={}é", &digits[2..]),
    ] {
        assert_eq!(verify(&[malformed.as_bytes()], b"body"), Err(SignatureError::Malformed), "{malformed}");
    }
}

#[test]
fn a_sha1_signature_is_never_accepted() {
    // The SHA-1 HMAC of `body` under the same secret has 40 digits.
    let header = b"sha1=0123456789abcdef0123456789abcdef01234567";
    assert_eq!(verify(&[header], b"body"), Err(SignatureError::Malformed));
}

#[test]
fn an_empty_secret_is_no_secret() {
    assert_eq!(AppSecrets::new([""; 0]).unwrap_err(), SignatureError::Empty);
    assert_eq!(AppSecrets::new(["good", ""]).unwrap_err(), SignatureError::Empty);
    assert_eq!(sign("", b"body").unwrap_err(), SignatureError::Empty);
}

#[test]
fn debug_and_errors_show_no_secret() {
    assert_eq!(format!("{:?}", AppSecrets::new([SECRET]).unwrap()), "AppSecrets(1 redacted)");
}

proptest! {
    #[test]
    fn any_flipped_bit_is_refused(
        secret in "[ -~]{1,80}",
        body in proptest::collection::vec(any::<u8>(), 1..300),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let header = sign(&secret, &body).unwrap();
        let secrets = AppSecrets::new([&secret]).unwrap();
        prop_assert_eq!(secrets.verify([header.as_bytes()], &body), Ok(()));

        let mut other_body = body.clone();
        other_body[at.index(body.len())] ^= 1_u8 << bit;
        prop_assert_eq!(secrets.verify([header.as_bytes()], &other_body), Err(SignatureError::Mismatch));

        let mut other_header = header.clone().into_bytes();
        other_header[at.index(header.len())] ^= 1_u8 << bit;
        prop_assert!(secrets.verify([other_header.as_slice()], &body).is_err());

        let mut other_secret = secret.clone().into_bytes();
        other_secret[at.index(secret.len())] ^= 1_u8 << (bit % 7);
        let other = AppSecrets::new([String::from_utf8(other_secret).unwrap()]).unwrap();
        prop_assert_eq!(other.verify([header.as_bytes()], &body), Err(SignatureError::Mismatch));
    }

    #[test]
    fn any_header_bytes_are_refused_without_a_panic(header in proptest::collection::vec(any::<u8>(), 0..100)) {
        prop_assert!(verify(&[header.as_slice()], b"body").is_err());
    }
}
