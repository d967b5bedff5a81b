//! The grammar of button payloads: `optout[:topic][|reference]`, `optin[:topic][|reference]` and
//! `optout:reason:<reason>[|reference]`, in any case.

use super::decision::{Action, Reason, Scope, Topic};

/// The two prefixes by which a business marks its opt-out and opt-in buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadGrammar {
    optout: String,
    optin: String,
}

impl Default for PayloadGrammar {
    fn default() -> Self {
        Self::new("optout", "optin")
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
    #[must_use]
    pub fn new(optout: &str, optin: &str) -> Self {
        Self { optout: optout.trim().to_lowercase(), optin: optin.trim().to_lowercase() }
    }

    /// Reads a payload; `None` when it is not one of ours. A topic that is not a slug is refused rather than
    /// widened, so the label decides.
    #[must_use]
    pub fn parse(&self, payload: &str) -> Option<Tapped> {
        let (head, reference) = match payload.trim().split_once('|') {
            Some((head, reference)) => (head.trim_end(), Some(reference.trim())),
            None => (payload.trim(), None),
        };
        let head = head.to_lowercase();
        let mut parts = head.split(':').map(str::trim);
        let prefix = parts.next().filter(|p| !p.is_empty())?;
        let stop = prefix == self.optout;
        if !stop && prefix != self.optin {
            return None;
        }
        let (scope, reason) = match (parts.next(), parts.next(), parts.next()) {
            (None | Some("" | "all"), None, None) => (Scope::All, None),
            (Some(topic), None, None) => (Scope::Topic(Topic::parse(topic).ok()?), None),
            (Some("reason"), Some(reason), None) if stop => (Scope::All, Some(Reason::from_name(reason)?)),
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
    fn refuses_everything_else() {
        for payload in [
            "",
            "|x",
            "stop",
            "optouts",
            "optout:two words",
            "optout:reason:bored",
            "optin:reason:solved",
            "optout:a:b:c",
        ] {
            assert_eq!(read(payload), None, "{payload}");
        }
    }

    #[test]
    fn takes_a_business_own_prefixes() {
        let grammar = PayloadGrammar::new("BAJA", "ALTA");
        assert_eq!(grammar.parse("baja:ofertas").map(|t| t.action.to_string()), Some("stop ofertas".into()));
        assert_eq!(grammar.parse("optout"), None);
    }
}
