use std::collections::HashMap;

use crate::ledger::{Act, Change};

/// The changes of one body, each event once.
///
/// A message whose words can be read in several ways comes as several events with one id. The ledger takes
/// the first that claims the id, so the opt-out among them must be that one.
#[derive(Default)]
pub(super) struct Batch<'a> {
    changes: Vec<(&'a str, Change)>,
    by_claim: HashMap<(&'a str, String), usize>,
}

impl<'a> Batch<'a> {
    pub(super) fn add(&mut self, business: &'a str, change: Change) {
        let Some(claim) = change.claim.clone() else {
            self.changes.push((business, change));
            return;
        };
        let place = *self.by_claim.entry((business, claim)).or_insert(self.changes.len());
        match self.changes.get_mut(place) {
            Some((_, known)) if !leaves(&known.act) && leaves(&change.act) => *known = change,
            Some(_) => {}
            None => self.changes.push((business, change)),
        }
    }

    pub(super) fn into_changes(self) -> Vec<(&'a str, Change)> {
        self.changes
    }
}

fn leaves(act: &Act) -> bool {
    matches!(act, Act::Stop(_) | Act::SettingsStop | Act::Reason(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{identity::Person, intent::Scope, ledger::Evidence};

    fn change(claim: &str, act: Act) -> Change {
        let claim = Some(claim.to_owned());
        Change { person: Person::new(), act, at: 1, claim, evidence: Evidence::default(), message: None }
    }

    #[test]
    fn of_several_readings_of_one_message_the_opt_out_wins() {
        let mut batch = Batch::default();
        batch.add("acme", change("a", Act::Start(Scope::All)));
        batch.add("acme", change("b", Act::Help));
        batch.add("acme", change("a", Act::Stop(Scope::All)));
        batch.add("acme", change("a", Act::Start(Scope::All)));
        let acts: Vec<_> = batch.into_changes().into_iter().map(|(_, change)| change.act).collect();
        assert_eq!(acts, [Act::Stop(Scope::All), Act::Help]);
    }
}
