//! What an event does to the list: pure, so that every rule of it can be tested without a store.

use std::borrow::Cow;

use super::{
    BusinessRules,
    aside::{self, Aside, KEEP, KEPT_CHARACTERS},
};
use crate::{
    identity::Person,
    intent::{Action, Answer, Context, Decision, Lexicon, Scope, Topic},
    ledger::{Act, Change, Evidence, JobKind, Message, Reply},
    metrics::{DecisionAction, DecisionSource},
    payload::{Event, Moved, Preference, PreferenceValue, Refused, Route, Said, Via, Words},
};

/// What is to be done about an event.
pub(super) enum Plan {
    /// To be written.
    Write {
        /// The change.
        change: Box<Change>,
        /// For the counters.
        decision: Option<Counted>,
        /// What else is to be noted.
        aside: Option<Aside>,
    },
    /// Cannot be used, and is kept to be looked at.
    Bury {
        /// What is wrong with it.
        reason: &'static str,
        /// What can be said of it.
        raw: String,
    },
    /// Nothing.
    Nothing {
        /// For the counters.
        decision: Option<Counted>,
        /// What else is to be noted.
        aside: Option<Aside>,
    },
}

/// A decision as the counters see it.
#[derive(Clone)]
pub(super) struct Counted {
    pub(super) action: DecisionAction,
    pub(super) source: DecisionSource,
    pub(super) language: Option<String>,
}

impl Plan {
    /// Whether only Redis knows what it comes to.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Write { change, .. } => matches!(change.act, Act::Doubt { .. } | Act::Answer { .. }),
            Self::Bury { .. } | Self::Nothing { .. } => false,
        }
    }

    pub(super) fn decision(&self) -> Option<Counted> {
        match self {
            Self::Write { decision, .. } | Self::Nothing { decision, .. } => decision.clone(),
            Self::Bury { .. } => None,
        }
    }

    /// A decision without an effect.
    fn nothing(decision: Option<Counted>) -> Self {
        Self::Nothing { decision, aside: None }
    }
}

/// Plans at one moment.
pub(super) struct Planner {
    /// Unix milliseconds.
    pub(super) now: i64,
}

impl Planner {
    pub(super) fn plan(&self, rules: &BusinessRules, event: &Event<'_>) -> Plan {
        match event {
            Event::Said(said) => self.said(rules, said),
            Event::Preference(preference) => self.preference(preference),
            Event::Refused(refused) => self.refused(refused),
            Event::Moved(moved) => self.moved(moved),
            Event::Known(_)
            | Event::Status(_)
            | Event::Template(_)
            | Event::Account(_)
            | Event::Ignored(_) => Plan::nothing(None),
        }
    }

    fn said(&self, rules: &BusinessRules, said: &Said<'_>) -> Plan {
        let Some(heard) = hear(rules, said) else { return Plan::nothing(None) };
        let decision = &heard.decision;
        let counted = Some(Counted {
            action: match decision.action {
                Action::Stop(_) => DecisionAction::Stop,
                Action::Start(_) => DecisionAction::Start,
                Action::Help => DecisionAction::Help,
                Action::Ask(_) => DecisionAction::Ask,
                Action::None => DecisionAction::None,
            },
            source: match said.via {
                Via::History => DecisionSource::History,
                Via::Live | Via::Standby => heard.source,
            },
            language: Some(decision.language.as_str().to_owned()).filter(|language| !language.is_empty()),
        });
        let live = said.via == Via::Live;
        let (act, kind) = match &decision.action {
            Action::Stop(scope) if decision.reason.is_some() => {
                (Act::Reason(rules.refused(scope)), JobKind::Stopped)
            }
            Action::Stop(scope) => (Act::Stop(rules.refused(scope)), JobKind::Stopped),
            Action::Start(scope) => match rules.regained(scope) {
                Some(scope) => (Act::Start(scope), JobKind::Resumed),
                None => return Plan::nothing(counted),
            },
            Action::Help if live && rules.confirm.help => (Act::Help, JobKind::Help),
            Action::Ask(scope) if decision.doubtful && live && !rules.confirm.marketing.is_zero() => {
                let (after, asks) = (rules.confirm.marketing, rules.confirm.ask);
                (Act::Doubt { scope: rules.refused(scope), after, asks }, JobKind::Ask)
            }
            Action::Ask(scope) if live && rules.confirm.ask => (Act::Ask(rules.refused(scope)), JobKind::Ask),
            Action::Help | Action::Ask(_) | Action::None => match answer(rules, said, decision) {
                Some(act) => (act, JobKind::Stopped),
                None => {
                    let claim = claim(&said.route, &said.message_id);
                    let aside = aside::of(rules, said, &heard, said.at.unwrap_or(self.now), claim);
                    return Plan::Nothing { decision: counted, aside };
                }
            },
        };
        let at = match (said.at, &act) {
            (Some(at), _) => at,
            // What cannot be ordered must not undo anything; a stop from who knows when still counts.
            (None, Act::Start(_)) => {
                let raw = format!("message id {}", said.message_id);
                return Plan::Bury { reason: "a start without a readable timestamp", raw };
            }
            (None, _) if said.via == Via::History => 1,
            // Nor can it be told whether it follows the question.
            (None, Act::Answer { .. }) => return Plan::nothing(counted),
            (None, _) => self.now,
        };
        let message = self.message(rules, said, kind, at, &heard);
        let mut evidence = evidence(heard.kind, &said.route, &said.message_id);
        evidence.rule = decision.rule.as_str().to_owned();
        evidence.rules_version = env!("CARGO_PKG_VERSION").to_owned();
        evidence.language = decision.language.as_str().to_owned();
        evidence.quoted = said.replies_to.as_deref().unwrap_or_default().to_owned();
        evidence.reference = decision.reference.clone().unwrap_or_default();
        evidence.reason = decision.reason.map(|reason| reason.to_string()).unwrap_or_default();
        if rules.keep_text {
            evidence.text = heard.text.chars().take(KEPT_CHARACTERS).collect();
        }
        let claim = claim(&said.route, &said.message_id);
        let aside = aside::of(rules, said, &heard, at, claim.clone());
        let change = Change { person: said.person.clone(), act, at, claim, evidence, message };
        Plan::Write { change: Box::new(change), decision: counted, aside }
    }

    /// The message that answers, where one may be sent at all: never for history, never in a conversation
    /// that somebody else holds, never outside the 24-hour window.
    fn message(
        &self,
        rules: &BusinessRules,
        said: &Said<'_>,
        kind: JobKind,
        at: i64,
        heard: &Heard<'_>,
    ) -> Option<Message> {
        let open = match said.via {
            Via::Live => true,
            Via::Standby => rules.confirm.standby,
            Via::History => false,
        };
        let expires_at =
            at.saturating_add(i64::try_from(rules.confirm.window.as_millis()).unwrap_or(i64::MAX));
        if !rules.confirm.enabled || !open || said.at.is_none() || expires_at <= self.now {
            return None;
        }
        let phone = said.person.phone().map(|phone| phone.as_str());
        let to = phone.or_else(|| said.person.bsuid().map(|bsuid| bsuid.as_str()))?;
        Some(Message {
            kind,
            phone_number_id: said.route.phone_number_id.as_deref()?.to_owned(),
            to: to.to_owned(),
            language: heard.language.clone(),
            quote: Some(said.message_id.as_ref().to_owned()).filter(|id| !id.is_empty()),
            expires_at,
        })
    }

    fn preference(&self, preference: &Preference<'_>) -> Plan {
        let (act, action, word) = match preference.value {
            PreferenceValue::Stop => (Act::SettingsStop, DecisionAction::Stop, "stop"),
            PreferenceValue::Resume => (Act::SettingsResume, DecisionAction::Start, "resume"),
            PreferenceValue::Signup => match Topic::parse("marketing") {
                Ok(marketing) => (Act::Start(Scope::Topic(marketing)), DecisionAction::Start, "signup"),
                Err(_) => return Plan::nothing(None),
            },
        };
        let at = match (preference.at, preference.value) {
            (Some(at), _) => at,
            (None, PreferenceValue::Stop) => self.now,
            (None, _) => {
                let raw = preference.person.identifiers().iter().map(|one| one.as_str()).collect::<Vec<_>>();
                return Plan::Bury { reason: "a resume without a readable timestamp", raw: raw.join(" ") };
            }
        };
        let mut evidence = evidence("preference", &preference.route, "");
        evidence.rule = format!("preference/{word}");
        // A preference has no id of its own.
        let claim = preference.at.map(|at| {
            let number = preference.route.phone_number_id.as_deref().unwrap_or_default();
            let who: Vec<_> =
                preference.person.identifiers().iter().map(|one| one.as_str().to_owned()).collect();
            format!("{number}:preference:{word}:{at}:{}", who.join(","))
        });
        let decision = Some(Counted { action, source: DecisionSource::Preference, language: None });
        write(&preference.person, act, at, claim, evidence, decision)
    }

    fn refused(&self, refused: &Refused<'_>) -> Plan {
        let mut evidence = evidence("refused", &refused.route, &refused.message_id);
        evidence.rule = "status/131050".to_owned();
        evidence.reference = refused.callback_data.as_deref().unwrap_or_default().to_owned();
        let at = refused.at.unwrap_or(self.now);
        let claim = claim(&refused.route, &refused.message_id).map(|claim| format!("{claim}:131050"));
        let decision =
            Some(Counted { action: DecisionAction::Stop, source: DecisionSource::Refused, language: None });
        write(&refused.person, Act::SettingsStop, at, claim, evidence, decision)
    }

    fn moved(&self, moved: &Moved<'_>) -> Plan {
        let mut evidence = evidence("system", &moved.route, &moved.message_id);
        evidence.rule = "system/moved".to_owned();
        let act = Act::Move { to: moved.to.clone() };
        let at = moved.at.unwrap_or(self.now);
        write(&moved.from, act, at, claim(&moved.route, &moved.message_id), evidence, None)
    }
}

fn write(
    person: &Person,
    act: Act,
    at: i64,
    claim: Option<String>,
    evidence: Evidence,
    decision: Option<Counted>,
) -> Plan {
    let change = Change { person: person.clone(), act, at, claim, evidence, message: None };
    Plan::Write { change: Box::new(change), decision, aside: None }
}

/// What a text without a meaning of its own, or the button that keeps messages coming, says to our question.
fn answer(rules: &BusinessRules, said: &Said<'_>, decision: &Decision) -> Option<Act> {
    let within = rules.confirm.answer;
    if said.via != Via::Live || within.is_zero() {
        return None;
    }
    let says = match (&said.words, decision.answer.as_ref()) {
        (Words::Reply { id, .. }, _) if *id == KEEP => Reply::Keep,
        (Words::Text(_), Some(Answer::Yes)) => Reply::Yes,
        (Words::Text(_), Some(Answer::All)) => Reply::Stop(rules.refused(&Scope::All)),
        (Words::Text(_), Some(Answer::Only(None))) => Reply::OnlyThat,
        (Words::Text(_), Some(Answer::Only(Some(topic)))) => {
            Reply::Stop(rules.refused(&Scope::Topic(topic.clone())))
        }
        (Words::Text(_), Some(Answer::Keep)) => Reply::Keep,
        _ => return None,
    };
    Some(Act::Answer { says, within })
}

/// What was understood of somebody's words.
pub(super) struct Heard<'a> {
    pub(super) decision: Decision,
    /// The words, as evidence.
    pub(super) text: Cow<'a, str>,
    kind: &'static str,
    source: DecisionSource,
    /// Of the words, for the answer; a button's label tells it where its payload does not.
    language: String,
}

fn hear<'a>(rules: &BusinessRules, said: &'a Said<'_>) -> Option<Heard<'a>> {
    let lexicon = &rules.lexicon;
    let context =
        Context { answers_us: said.replies_to.is_some(), forwarded: said.forwarded, ..Context::default() };
    let tap = |label: &'a str, payload: &str| {
        let decision = lexicon.classify_tap(label, payload, &context);
        let language = if decision.language.as_str().is_empty() {
            lexicon.classify_tap(label, "", &context).language
        } else {
            decision.language.clone()
        };
        let ours = || rules.labels.get(label).cloned().unwrap_or_default();
        let language = language.as_str();
        Heard {
            language: if language.is_empty() { ours() } else { language.to_owned() },
            decision,
            text: Cow::Borrowed(label),
            kind: "button",
            source: DecisionSource::Button,
        }
    };
    Some(match &said.words {
        Words::Text(text) => {
            let decision = lexicon.classify(text, &context);
            Heard {
                language: decision.language.as_str().to_owned(),
                decision,
                text: Cow::Borrowed(text),
                kind: "text",
                source: DecisionSource::Typed,
            }
        }
        Words::Button { label, payload } => tap(label, payload),
        Words::Reply { id, title, description } => {
            let heard = tap(title, id);
            if heard.decision.action == Action::None && !description.is_empty() {
                tap(description, "")
            } else {
                heard
            }
        }
        // Only a payload decides in a form: its answers are data, not words. Where one of them says stop, we ask.
        Words::Form(answers) => {
            let mut taps = answers.iter().map(|(_, value)| tap("", value));
            let said = || answers.iter().find_map(|(_, value)| asked_of_form(lexicon, value));
            let mut heard = taps.find(|heard| heard.decision.action != Action::None).or_else(said)?;
            heard.kind = "form";
            heard
        }
        Words::Nothing => return None,
    })
}

/// What is asked about an answer in a form that says stop; a form may have put its number before a choice (`0_Stop`).
fn asked_of_form<'a>(lexicon: &Lexicon, answer: &'a str) -> Option<Heard<'a>> {
    let choice = answer.trim_start_matches(|character: char| character.is_ascii_digit());
    let text = choice.strip_prefix('_').unwrap_or(answer);
    let mut decision = lexicon.classify(text, &Context::default());
    let Action::Stop(scope) = decision.action else { return None };
    (decision.action, decision.doubtful) = (Action::Ask(scope), false);
    Some(Heard {
        language: decision.language.as_str().to_owned(),
        decision,
        text: Cow::Borrowed(text),
        kind: "form",
        source: DecisionSource::Button,
    })
}

fn evidence(source: &'static str, route: &Route<'_>, message_id: &str) -> Evidence {
    Evidence {
        source,
        message_id: message_id.to_owned(),
        phone_number_id: route.phone_number_id.as_deref().unwrap_or_default().to_owned(),
        ..Evidence::default()
    }
}

/// Message ids are unique to a number (Meta documents no wider promise).
fn claim(route: &Route<'_>, message_id: &str) -> Option<String> {
    let number = route.phone_number_id.as_deref().unwrap_or_default();
    (!message_id.is_empty()).then(|| format!("{number}:{message_id}"))
}
