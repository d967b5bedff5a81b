//! The grammar of button payloads: `optout[:topic][|reference]`, `optin[:topic][|reference]` and
//! `optout:reason:<reason>[|reference]`, in any case.

use super::decision::{Action, Reason, Scope, Topic};

/// The prefixes by which a business marks its opt-out and opt-in buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadGrammar {
    optout: Vec<String>,
    optin: Vec<String>,
}

impl Default for PayloadGrammar {
    fn default() -> Self {
        Self::new(["optout"], ["optin"])
    }
}

/// What a payload says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tapped {
    /// [`Action::Stop`] or [`Action::Start`].
    pub action: Action,
    /// What follows `|`, as it was written.
    pub reference: Option<String>,
    /// The reason, for `optout:reason:<reason>`.
    pub reason: Option<Reason>,
}

impl PayloadGrammar {
    /// A grammar with its own prefixes; case does not matter.
    pub fn new<S: AsRef<str>>(
        optout: impl IntoIterator<Item = S>,
        optin: impl IntoIterator<Item = S>,
    ) -> Self {
        let clean = |prefix: S| prefix.as_ref().trim().to_lowercase();
        Self {
            optout: optout.into_iter().map(clean).collect(),
            optin: optin.into_iter().map(clean).collect(),
        }
    }

    /// Reads a payload; `None` when it is not one of ours. An opt-out whose topic or reason cannot be read is
    /// an opt-out of everything, because the prefix says that somebody leaves; an opt-in is then refused.
    #[must_use]
    pub fn parse(&self, payload: &str) -> Option<Tapped> {
        let (head, reference) = match payload.trim().split_once('|') {
            Some((head, reference)) => (head.trim_end(), Some(reference.trim())),
            None => (payload.trim(), None),
        };
        let head = head.to_lowercase();
        let mut parts = head.split(':').map(str::trim);
        let prefix = parts.next().filter(|p| !p.is_empty())?;
        let is = |prefixes: &[String]| prefixes.iter().any(|known| known == prefix);
        let stop = is(&self.optout);
        if !stop && !is(&self.optin) {
            return None;
        }
        let (scope, reason) = match (parts.next(), parts.next(), parts.next()) {
            (None | Some("" | "all"), None, None) => (Scope::All, None),
            (Some("reason"), Some(reason), None) if stop => (Scope::All, Reason::from_name(reason)),
            (Some(topic), None, None) => match Topic::parse(topic) {
                Ok(topic) => (Scope::Topic(topic), None),
                Err(_) if stop => (Scope::All, None),
                Err(_) => return None,
            },
            _ if stop => (Scope::All, None),
            _ => return None,
        };
        Some(Tapped {
            action: if stop { Action::Stop(scope) } else { Action::Start(scope) },
            reference: reference.filter(|r| !r.is_empty()).map(str::to_owned),
            reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(payload: &str) -> Option<(String, Option<String>, Option<Reason>)> {
        let tapped = PayloadGrammar::default().parse(payload)?;
        Some((tapped.action.to_string(), tapped.reference, tapped.reason))
    }

    #[test]
    fn reads_what_the_grammar_says() {
        assert_eq!(read("OPTOUT|campaign-77"), Some(("stop".into(), Some("campaign-77".into()), None)));
        assert_eq!(read("optout"), Some(("stop".into(), None, None)));
        assert_eq!(read("OptOut:Offers"), Some(("stop offers".into(), None, None)));
        assert_eq!(read("optin:receipts|r1"), Some(("start receipts".into(), Some("r1".into()), None)));
        assert_eq!(read("optout:reason:solved"), Some(("stop".into(), None, Some(Reason::Solved))));
    }

    #[test]
    fn an_opt_out_that_cannot_be_read_in_full_is_still_one() {
        for payload in ["optout:two words", "optout:reason:bored", "optout:a:b:c", "OPTOUT:reason"] {
            assert!(read(payload).is_some_and(|(action, ..)| action.starts_with("stop")), "{payload}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for payload in ["", "|x", "stop", "optouts", "optin:two words", "optin:reason:solved"] {
            assert_eq!(read(payload), None, "{payload}");
        }
    }

    #[test]
    fn takes_a_business_own_prefixes() {
        let grammar = PayloadGrammar::new(["BAJA"], ["ALTA"]);
        assert_eq!(grammar.parse("baja:ofertas").map(|t| t.action.to_string()), Some("stop ofertas".into()));
        assert_eq!(grammar.parse("optout"), None);
    }
}
