use std::fmt;

/// A business-scoped user id, Meta's identifier for people who need not show a phone number.
///
/// Form: an upper-case ISO 3166 alpha-2 country, a dot, an optional `ENT.` (a parent id, shared by linked
/// portfolios), then 1 to 128 ASCII letters and digits; kept exactly as Meta wrote it, because an altered
/// one is refused (Meta, "Business-scoped user ids"). `-`, `_` and `.` are taken too, which Meta has not
/// announced: who has such an id must be able to leave.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bsuid(String);

impl Bsuid {
    /// Reads a BSUID; `None` when the text is not one. White space around it is passed over.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (country, rest) = text.split_once('.')?;
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let id = rest.strip_prefix("ENT.").unwrap_or(rest);
        let plausible = (1..=128).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        plausible.then(|| Self(text.to_owned()))
    }

    /// The id as Meta wrote it. Personal data: not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a parent id (`US.ENT.…`).
    pub fn is_parent(&self) -> bool {
        self.0.get(2..7) == Some(".ENT.")
    }

    /// The person's country, the two letters before the dot.
    pub fn country(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }
}

impl fmt::Debug for Bsuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bsuid(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_meta_sends_and_nothing_else() {
        for good in ["MX.90017765520044113386", "US.ENT.118", "AR.x", " BR.1 ", "MX.1-2_3"] {
            assert!(Bsuid::parse(good).is_some(), "{good}");
        }
        let long = format!("MX.{}", "1".repeat(129));
        for bad in ["", "MX.", "mx.1", "MEX.1", "MX1", "MX.ENT.", "MX.1 2", "5215512345678", "MX.ñ", &long] {
            assert!(Bsuid::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_parent_is_another_id_than_a_child_with_the_same_digits() {
        let child = Bsuid::parse("US.13491208655302741918").unwrap();
        let parent = Bsuid::parse("US.ENT.13491208655302741918").unwrap();
        assert_ne!(child, parent);
        assert!(parent.is_parent() && !child.is_parent());
        assert_eq!(child.country(), "US");
    }

    #[test]
    fn debug_shows_no_id() {
        assert_eq!(format!("{:?}", Bsuid::parse("MX.777").unwrap()), "Bsuid(redacted)");
    }
}
