//! From the rules that fired to one decision.

use std::cell::RefCell;

use deunicode::deunicode;

use super::compile::Tables;
use super::decision::{Action, Answer, Context, Scope, Topic};
use super::lattice::Lattice;
use super::rules::Effect;
use super::source::{Means, Reach};
use super::span::{NO_TOPIC, Span};
use super::tokens::Folded;
use super::trie::Hit;

/// What the rules that fired amount to.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) action: Action,
    /// The number of the rule that decided.
    pub(super) rule: u32,
    pub(super) answer: Option<Answer>,
    /// Whether it would be a stop if it answered one of our messages.
    pub(super) doubtful: bool,
}

impl From<(Action, u32)> for Verdict {
    fn from((action, rule): (Action, u32)) -> Self {
        Self { action, rule, answer: None, doubtful: false }
    }
}

/// What the hits amount to. `None` when nothing is left after guards.
pub(super) fn of(
    hits: &[Hit],
    lattice: &Lattice<'_>,
    folded: &Folded,
    tables: &Tables,
    context: &Context,
) -> Option<Verdict> {
    let effect = |hit: &Hit| tables.rules.get(hit.rule)?.effect();
    let clause = |at: usize| lattice.slot(at).map(|s| s.clause);
    if hits.is_empty() {
        return None;
    }
    let mut guards: Vec<(&Hit, Reach)> = Vec::with_capacity(hits.len());
    guards.extend(hits.iter().filter_map(|hit| match effect(hit) {
        Some(Effect::TakesBack(reach)) => Some((hit, reach)),
        _ => None,
    }));
    let reaches = |guard: &Hit, reach: Reach, hit: &Hit| match reach {
        Reach::Match => guard.start < hit.end && hit.start < guard.end,
        Reach::Clause => {
            let last = |h: &Hit| clause(h.end.saturating_sub(1));
            clause(guard.start) <= last(hit) && clause(hit.start) <= last(guard)
        }
        Reach::Text => true,
    };
    let language = |hit: &Hit| tables.rules.get(hit.rule).map_or(u16::MAX, |r| r.language);
    // Counted once for each language: a long text has many rules and many guards.
    let counted = RefCell::new(Vec::new());
    let knows = |language: u16| {
        let mut counted = counted.borrow_mut();
        counted.resize(tables.languages.len(), None);
        let place = counted.get_mut(usize::from(language));
        place.map_or(0, |count| *count.get_or_insert_with(|| known_words(language, lattice)))
    };
    // A guard of a language that knows fewer of the words than the rule's own mistakes them for its own.
    let may = |guard: &Hit, hit: &Hit| {
        let (theirs, own) = (language(guard), language(hit));
        theirs == own || knows(theirs) >= knows(own)
    };
    let taken_back =
        |hit: &Hit| guards.iter().any(|(guard, reach)| reaches(guard, *reach, hit) && may(guard, hit));
    let mut standing: Vec<(&Hit, Means)> = Vec::with_capacity(hits.len());
    standing.extend(hits.iter().filter_map(|hit| match effect(hit) {
        Some(Effect::Says(means, firm)) if firm || !taken_back(hit) => Some((hit, means)),
        _ => None,
    }));
    // The rule that explains most words speaks; of equals, the one that came first.
    standing.sort_by_key(|(hit, _)| (std::cmp::Reverse(hit.end - hit.start), hit.start, hit.rule));
    let of_means = |wanted: Means| standing.iter().filter(move |(_, m)| *m == wanted).map(|(hit, _)| *hit);
    let scope = |hit: &Hit| scope_of(hit, lattice, folded, tables);

    let stop = of_means(Means::Stop).next();
    if let Some(start) = of_means(Means::Start).next()
        && of_means(Means::Stop)
            .all(|stop| start.start >= stop.end || (start.start <= stop.start && start.end >= stop.end))
    {
        return Some((Action::Start(scope(start)), start.rule).into());
    }
    if stop.is_some() {
        // A topic narrows what was said in the same words; a stop to everything elsewhere stays, and so does one
        // that says the topic's words and more ("no publicity and no messages").
        let topics: Vec<(&Hit, Scope)> =
            of_means(Means::Stop).map(|h| (h, scope(h))).filter(|(_, s)| *s != Scope::All).collect();
        let all = of_means(Means::Stop).find(|hit| {
            let more = |t: &Hit| hit.start <= t.start && t.end < hit.end;
            let narrowed = |t: &Hit| t.start < hit.end && hit.start < t.end && !more(t);
            scope(hit) == Scope::All && !topics.iter().any(|(t, _)| narrowed(t))
        });
        if let Some(hit) = all {
            return Some((Action::Stop(Scope::All), hit.rule).into());
        }
        let (hit, scope) = nearest_topic(topics, lattice, tables)?;
        return Some((Action::Stop(scope), hit.rule).into());
    }
    if let Some(hit) = of_means(Means::Doubtful).next() {
        let scope = scope(hit);
        let doubtful = !context.answers_us;
        let action = if doubtful { Action::Ask(scope) } else { Action::Stop(scope) };
        return Some(Verdict { doubtful, ..(action, hit.rule).into() });
    }
    if let Some(hit) = of_means(Means::Help).next() {
        return Some((Action::Help, hit.rule).into());
    }
    if let Some(hit) = of_means(Means::Ask).next() {
        return Some((Action::Ask(scope(hit)), hit.rule).into());
    }
    if (context.suppressed || context.asked)
        && let Some(hit) = of_means(Means::Yes).next()
    {
        return Some((Action::Start(scope(hit)), hit.rule).into());
    }
    standing.iter().find_map(|(hit, means)| {
        let answer = match means {
            Means::Agree => Answer::Yes,
            Means::All => Answer::All,
            Means::Only => Answer::Only(match scope(hit) {
                Scope::All => None,
                Scope::Topic(topic) => Some(topic),
            }),
            Means::Keep => Answer::Keep,
            Means::Stop | Means::Doubtful | Means::Ask | Means::Start | Means::Yes | Means::Help => {
                return None;
            }
        };
        Some(Verdict { answer: Some(answer), ..(Action::None, hit.rule).into() })
    })
}

/// The topic that is refused, of stops that have one. The first explains most words; but "the reminders are fine, the offers I
/// no longer want" begins with a topic that is not refused: of those that the same words hold, the one nearest to their
/// end counts when it is in a later clause.
fn nearest_topic<'h>(
    topics: Vec<(&'h Hit, Scope)>,
    lattice: &Lattice<'_>,
    tables: &Tables,
) -> Option<(&'h Hit, Scope)> {
    let clause = |hit: &Hit| lattice.slot(hit.start).map(|slot| slot.clause);
    let (first, about) = topics.first()?;
    let within = |hit: &Hit| first.start < hit.start && hit.end <= first.end && clause(first) < clause(hit);
    // What a rule is about by itself is not what its words name.
    let is_named = |hit: &Hit| tables.rules.get(hit.rule).is_some_and(|rule| rule.topic == NO_TOPIC);
    let others = topics.iter().enumerate();
    let others = others.filter(|(_, (hit, scope))| scope != about && within(hit) && is_named(hit));
    let nearest = others.max_by_key(|(_, (hit, _))| hit.start).map_or(0, |(place, _)| place);
    topics.into_iter().nth(nearest)
}

/// How many words of the text a language knows.
fn known_words(language: u16, lattice: &Lattice<'_>) -> usize {
    let mut known_to = 0;
    (0..lattice.len())
        .filter(|&at| {
            let own = lattice.spans_of(at, language).filter(|s| s.language == language);
            let longest = own.map(|s| usize::from(s.len)).max();
            known_to = known_to.max(longest.map_or(0, |length| at + length));
            at < known_to
        })
        .count()
}

/// The topic of the rule, or that a hit names, or that follows it directly ("mensajes de promociones").
fn scope_of(hit: &Hit, lattice: &Lattice<'_>, folded: &Folded, tables: &Tables) -> Scope {
    let topic = |number: u16| tables.topics.get(number as usize).cloned().map_or(Scope::All, Scope::Topic);
    let (language, about) =
        tables.rules.get(hit.rule).map_or((u16::MAX, NO_TOPIC), |rule| (rule.language, rule.topic));
    if let Some(number) = [about, hit.topic].into_iter().find(|number| *number != NO_TOPIC) {
        return topic(number);
    }
    if let Some((from, to)) = hit.free {
        // Words that are a topic's synonym name that topic, and not one called like themselves.
        let whole = |s: &&Span| usize::from(s.len) == to.saturating_sub(from) && s.edge.topic != NO_TOPIC;
        let known = lattice.spans_of(from, language).find(whole);
        return match known {
            Some(span) => topic(span.edge.topic),
            None => slug(lattice.text(folded, from, to)).map_or(Scope::All, Scope::Topic),
        };
    }
    let skip = tables.trie.overlooked(language).skip;
    let clause = hit.end.checked_sub(1).and_then(|at| lattice.slot(at)).map(|s| s.clause);
    let mut at = hit.end;
    for _ in 0..4 {
        if lattice.slot(at).map(|s| s.clause) != clause {
            break;
        }
        if let Some(span) = lattice.spans_of(at, language).find(|s| s.edge.topic != NO_TOPIC) {
            return topic(span.edge.topic);
        }
        match lattice.spans_of(at, language).find(|s| s.edge.class == skip) {
            Some(span) => at += usize::from(span.len),
            None => break,
        }
    }
    Scope::All
}

/// A topic made from the words themselves, in the letters of a slug: "курсах" is `kursakh`.
fn slug(words: &str) -> Option<Topic> {
    let letters = deunicode(words).to_ascii_lowercase();
    let mut slug: String =
        letters.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    slug.truncate(slug.trim_end_matches('-').len());
    slug.chars().any(|c| c.is_ascii_alphabetic()).then(|| Topic::parse(slug.trim_start_matches('-')).ok())?
}
