use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use crate::intent::{Lexicon, Scope};

/// How one business wants its events treated.
#[derive(Clone)]
pub struct BusinessRules {
    /// Its slug.
    pub slug: String,
    /// Its topics.
    pub topics: BTreeSet<String>,
    /// What a plain stop refuses.
    pub default_scope: Scope,
    /// What words mean.
    pub lexicon: Arc<Lexicon>,
    /// The labels of the rows and buttons of our own messages, each with its language: a tap on one says in
    /// which language we talk, where the label is no word of the lexicon.
    pub labels: HashMap<String, String>,
    /// Whether the person's words are kept as evidence.
    pub keep_text: bool,
    /// Whether statuses teach which identifiers are one person's.
    pub learn_from_statuses: bool,
    /// Whether statuses are counted and judged.
    pub watch_statuses: bool,
    /// Which messages are sent.
    pub confirm: ConfirmRules,
}

/// Which messages are sent, and until when.
#[derive(Debug, Clone, Copy)]
pub struct ConfirmRules {
    /// Whether opt-outs and returns are confirmed.
    pub enabled: bool,
    /// Whether also in conversations that another handler holds.
    pub standby: bool,
    /// Whether calls for help are answered.
    pub help: bool,
    /// Whether a text that is only likely a stop is asked about.
    pub ask: bool,
    /// How long after a person's message it may be answered.
    pub window: Duration,
    /// How long after our question a typed "yes" answers it; none does when it is zero.
    pub answer: Duration,
    /// How long after marketing was delivered to somebody a doubtful text is a stop; never when it is zero.
    pub marketing: Duration,
}

impl BusinessRules {
    /// What a stop for `scope` refuses here: a topic that this business does not have would be a set that no
    /// sender asks, so its refusal counts as a plain stop.
    pub(super) fn refused(&self, scope: &Scope) -> Scope {
        refused(scope, |topic| self.topics.contains(topic), &self.default_scope)
    }

    /// What a start for `scope` takes back here: everything for a plain one, nothing for a topic that this
    /// business does not have.
    pub(super) fn regained(&self, scope: &Scope) -> Option<Scope> {
        regained(scope, |topic| self.topics.contains(topic))
    }
}

/// What a stop for `scope` refuses where these are the topics and that is what a plain stop refuses.
pub fn refused(scope: &Scope, has: impl Fn(&str) -> bool, default: &Scope) -> Scope {
    match scope {
        Scope::Topic(topic) if has(topic.as_str()) => scope.clone(),
        Scope::All | Scope::Topic(_) => default.clone(),
    }
}

/// What a start for `scope` takes back where these are the topics.
pub fn regained(scope: &Scope, has: impl Fn(&str) -> bool) -> Option<Scope> {
    match scope {
        Scope::All => Some(Scope::All),
        Scope::Topic(topic) => has(topic.as_str()).then(|| scope.clone()),
    }
}
