use std::collections::HashMap;

use super::BusinessRules;
use crate::payload::{Event, Route, is_dashboard_test};

/// Which business owns which number and account.
pub struct Directory {
    businesses: Vec<BusinessRules>,
    by_number: HashMap<String, usize>,
    by_account: HashMap<String, usize>,
    /// The business that owns every number, when none are configured.
    owner_of_all: Option<usize>,
}

/// Whose an event is.
pub enum Owner<'a> {
    /// This business's.
    Business(&'a BusinessRules),
    /// Nobody's: it has no number and no effect.
    Nobody,
    /// A number's that no business owns.
    Unknown,
    /// The test button's in Meta's dashboard.
    TestButton,
}

impl Directory {
    /// An empty directory.
    pub fn new() -> Self {
        Self {
            businesses: Vec::new(),
            by_number: HashMap::new(),
            by_account: HashMap::new(),
            owner_of_all: None,
        }
    }

    /// Adds a business with its numbers and accounts, or with `owns_all` every number.
    pub fn add(&mut self, rules: BusinessRules, numbers: &[String], accounts: &[String], owns_all: bool) {
        let index = self.businesses.len();
        self.businesses.push(rules);
        self.by_number.extend(numbers.iter().map(|number| (number.clone(), index)));
        self.by_account.extend(accounts.iter().map(|account| (account.clone(), index)));
        if owns_all {
            self.owner_of_all = Some(index);
        }
    }

    /// The slug of the first business.
    pub fn first(&self) -> Option<&str> {
        self.businesses.first().map(|business| business.slug.as_str())
    }

    /// The business of this slug.
    pub fn of_slug(&self, slug: &str) -> Option<&BusinessRules> {
        self.businesses.iter().find(|business| business.slug == slug)
    }

    /// Whose `event` is.
    pub fn owner(&self, event: &Event<'_>) -> Owner<'_> {
        match route(event) {
            Some(route) => self.owner_of(route),
            None => Owner::Nobody,
        }
    }

    /// By the number; where an event has none, or its account's business lists no numbers, by the account.
    fn owner_of(&self, route: &Route<'_>) -> Owner<'_> {
        if is_dashboard_test(route) {
            return Owner::TestButton;
        }
        let number = route.phone_number_id.as_deref();
        let by_account = || {
            let index = *self.by_account.get(route.waba_id.as_ref())?;
            let lists_numbers = self.by_number.values().any(|owner| *owner == index);
            (number.is_none() || !lists_numbers).then_some(index)
        };
        let index = number.and_then(|number| self.by_number.get(number).copied()).or_else(by_account);
        match index.or(self.owner_of_all).and_then(|index| self.businesses.get(index)) {
            Some(rules) => Owner::Business(rules),
            None => Owner::Unknown,
        }
    }
}

impl Default for Directory {
    fn default() -> Self {
        Self::new()
    }
}

fn route<'e, 'a>(event: &'e Event<'a>) -> Option<&'e Route<'a>> {
    Some(match event {
        Event::Said(said) => &said.route,
        Event::Preference(preference) => &preference.route,
        Event::Refused(refused) => &refused.route,
        Event::Moved(moved) => &moved.route,
        Event::Known(known) => &known.route,
        Event::Status(status) => &status.route,
        Event::Template(template) => &template.route,
        Event::Account(account) => &account.route,
        Event::Ignored(_) => return None,
    })
}
