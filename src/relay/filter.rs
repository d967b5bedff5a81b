//! Which bodies a target gets.

/// What a body concerns, as far as passing it on goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Concerns {
    /// The businesses of its events, each once.
    pub businesses: Vec<String>,
    /// Whether it also holds events of numbers that no business owns.
    pub others: bool,
    /// Whether every event is an opt-out or a return.
    pub only_decisions: bool,
    /// The same for bodies whose first event is about the same person.
    pub person: u64,
}

/// Which bodies a target gets.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Leaves out bodies in which there is nothing but opt-outs and returns.
    pub not_opt_outs: bool,
    /// Only bodies that concern these alone; empty for all.
    pub businesses: Vec<String>,
}

/// What a filter says of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// For this target.
    Pass,
    /// Not for this target.
    Other,
    /// In part for this target; it cannot be cut without breaking its signature.
    Mixed,
}

impl Filter {
    /// Whether the target gets a body that concerns these.
    pub fn judge(&self, concerns: &Concerns) -> Verdict {
        if self.not_opt_outs && concerns.only_decisions {
            return Verdict::Other;
        }
        if self.businesses.is_empty() {
            return Verdict::Pass;
        }
        let ours = concerns.businesses.iter().filter(|slug| self.businesses.contains(slug)).count();
        match ours {
            0 => Verdict::Other,
            count if count == concerns.businesses.len() && !concerns.others => Verdict::Pass,
            _ => Verdict::Mixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concerns(businesses: &[&str], others: bool, only_decisions: bool) -> Concerns {
        let businesses = businesses.iter().map(|slug| (*slug).to_owned()).collect();
        Concerns { businesses, others, only_decisions, person: 0 }
    }

    #[test]
    fn a_target_of_one_business_gets_nothing_of_another() {
        let filter = Filter { businesses: vec!["acme".to_owned()], ..Filter::default() };
        assert_eq!(filter.judge(&concerns(&["acme"], false, false)), Verdict::Pass);
        assert_eq!(filter.judge(&concerns(&["shop"], false, false)), Verdict::Other);
        assert_eq!(filter.judge(&concerns(&[], true, false)), Verdict::Other);
        assert_eq!(filter.judge(&concerns(&["acme", "shop"], false, false)), Verdict::Mixed);
        assert_eq!(filter.judge(&concerns(&["acme"], true, false)), Verdict::Mixed);
        assert_eq!(Filter::default().judge(&concerns(&["acme", "shop"], true, true)), Verdict::Pass);
    }

    #[test]
    fn a_body_of_opt_outs_alone_can_be_left_out() {
        let filter = Filter { not_opt_outs: true, ..Filter::default() };
        assert_eq!(filter.judge(&concerns(&["acme"], false, true)), Verdict::Other);
        assert_eq!(filter.judge(&concerns(&["acme"], false, false)), Verdict::Pass);
    }
}
