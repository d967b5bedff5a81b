//! A text as the patterns see it: at each word, the classes of the words and phrases that begin there.

mod words;

use super::grammar::Edge as End;
use super::span::{Edge, Group, Languages, NO_LANGUAGE, NO_TOPIC, Span, Special, Spoken};
use super::tokens::Folded;
use super::translation::Translation;
use super::vocabulary::{Found, NOTHING, Set, Vocabulary};

/// So many words' room is kept from one text to the next.
const KEPT: usize = 256;

/// One word of the text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot {
    found: Found,
    start: u32,
    end: u32,
    /// The number of its clause.
    pub(super) clause: u32,
    /// What the word itself is, as the lexicon has it.
    alone: Set,
    /// The groups of what else begins here: phrases, other words that it may be, digits.
    more: (u32, u32),
    /// Their languages.
    more_spoken: Spoken,
    /// How many words the filler takes that begins here; 0 for none.
    pub(super) filler: u16,
    /// Part of a filler.
    covered: bool,
    /// No word that counts stands before it in its clause, or in the text.
    opens: (bool, bool),
}

impl Slot {
    /// The languages of which a rule may fire in the clause: of those that begin anywhere, or only within the text.
    #[inline]
    pub(super) fn anchors(&self, within: bool) -> Languages {
        let (alone, more) = (self.alone.spoken, self.more_spoken);
        if within { alone.within.with(more.within) } else { alone.anchors.with(more.anchors) }
    }

    /// Whether a rule that must begin at the start of its clause, or of the text, may begin here.
    #[inline]
    pub(super) fn opens(&self, end: End) -> bool {
        match end {
            End::Anywhere => true,
            End::Clause => self.opens.0,
            End::Text => self.opens.1,
        }
    }
}

/// Room for the words of a text, used again for the next.
#[derive(Debug, Default)]
pub(super) struct Room {
    slots: Vec<Slot>,
    spans: Vec<Span>,
    groups: Vec<Group>,
}

/// The words and all that begins at them. What the lexicon has of a word is not copied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lattice<'t> {
    slots: &'t [Slot],
    /// The lexicon's spans and groups.
    lent: (&'t [Span], &'t [Group]),
    /// Those of this text. Their spans are counted on from the lexicon's.
    own: (&'t [Span], &'t [Group]),
}

impl Room {
    /// Looks every word up. What was here before is forgotten.
    pub(super) fn build<'t>(
        &'t mut self,
        folded: &Folded,
        vocabulary: &'t Vocabulary,
        special: &Special,
    ) -> Lattice<'t> {
        self.clear();
        words::look_up(folded, vocabulary, &mut self.slots);
        self.find_spans(folded, vocabulary, special);
        self.find_openings();
        self.lattice(vocabulary)
    }

    /// Takes the words of another text, each with its classes in one language or else with those that are called the same
    /// there, for reading a sentence that mixes languages.
    pub(super) fn translate<'t>(
        &'t mut self,
        from: &Lattice<'t>,
        special: &Special,
        translation: &Translation,
        language: u16,
    ) -> Lattice<'t> {
        self.clear();
        for (at, slot) in from.slots.iter().enumerate() {
            let begun = self.spans.len();
            self.spans.extend(from.spans(at).filter(|span| span.language == language));
            if self.spans.len() == begun {
                self.spans.extend(from.spans(at).filter_map(|span| {
                    let class = translation.to(span.edge.class, language)?;
                    Some(Span { edge: Edge { class, ..span.edge }, language, ..*span })
                }));
            }
            let mut slot =
                Slot { alone: Set::default(), more: (0, 0), more_spoken: Spoken::default(), ..*slot };
            let own = (self.spans.as_mut_slice(), &mut self.groups);
            group(&mut slot, own, begun, from.lent.0.len(), special);
            self.slots.push(slot);
        }
        Lattice { slots: &self.slots, own: (&self.spans, &self.groups), ..*from }
    }

    /// Gives room back that only very long texts need.
    pub(super) fn shrink(&mut self) {
        self.clear();
        self.slots.shrink_to(KEPT);
        self.spans.shrink_to(4 * KEPT);
        self.groups.shrink_to(4 * KEPT);
    }

    fn clear(&mut self) {
        self.slots.clear();
        self.spans.clear();
        self.groups.clear();
    }

    fn lattice<'t>(&'t self, vocabulary: &'t Vocabulary) -> Lattice<'t> {
        Lattice { slots: &self.slots, lent: vocabulary.tables(), own: (&self.spans, &self.groups) }
    }

    /// Which words have nothing before them that counts.
    fn find_openings(&mut self) {
        let (mut clause, mut opens) = (None, (true, true));
        for slot in &mut self.slots {
            if clause != Some(slot.clause) {
                clause = Some(slot.clause);
                opens.0 = true;
            }
            slot.opens = opens;
            if !slot.covered {
                opens = (false, false);
            }
        }
    }

    fn find_spans(&mut self, folded: &Folded, vocabulary: &Vocabulary, special: &Special) {
        let Self { slots, spans, groups } = self;
        let lent = vocabulary.tables().0.len();
        let mut rest = slots.as_mut_slice();
        while let [slot, after @ ..] = rest {
            let begun = spans.len();
            if slot.found != NOTHING {
                let mut words = slot.found.iter().flatten();
                slot.alone = words.next().map(|word| vocabulary.alone(*word)).unwrap_or_default();
                slot.filler = u16::from(slot.alone.filler);
                for other in words {
                    let alone = vocabulary.alone(*other);
                    spans.extend_from_slice(vocabulary.spans(&alone));
                    slot.filler = slot.filler.max(u16::from(alone.filler));
                }
                add_phrases(slot, after, vocabulary, special, spans);
            }
            let text = folded.text.get(slot.start as usize..slot.end as usize).unwrap_or_default();
            if text.bytes().all(|b| b.is_ascii_digit()) {
                spans.push(special.span(Edge { class: special.number, topic: NO_TOPIC }, 1));
            }
            if spans.len() > begun {
                group(slot, (spans, groups), begun, lent, special);
            }
            if slot.filler > 0 {
                slot.covered = true;
                let others = usize::from(slot.filler) - 1;
                after.iter_mut().take(others).for_each(|slot| slot.covered = true);
            }
            rest = after;
        }
    }
}

/// Adds the phrases that begin at a word.
fn add_phrases(
    slot: &mut Slot,
    after: &[Slot],
    vocabulary: &Vocabulary,
    special: &Special,
    spans: &mut Vec<Span>,
) {
    let clause = slot.clause;
    let follows = |next: &Slot| next.clause == clause && next.found != NOTHING;
    let Some((second, after)) = after.split_first().filter(|(next, _)| follows(next)) else { return };
    for word in slot.found.iter().flatten() {
        let phrases = vocabulary.phrases(*word);
        for id in second.found.iter().flatten() {
            for phrase in phrases.going_on_with(*id) {
                let rest = vocabulary.rest(phrase);
                let mut next = after.iter();
                let fits = rest.iter().all(|id| {
                    next.next().is_some_and(|next| next.clause == clause && next.found.contains(&Some(*id)))
                });
                if fits {
                    let words = u16::try_from(rest.len() + 2).unwrap_or(u16::MAX);
                    let span = special.span(phrase.edge, words);
                    slot.filler = slot.filler.max(special.filler(&span));
                    spans.push(span);
                }
            }
        }
    }
}

/// Groups the spans from `begun` on for a word, where `lent` spans are the lexicon's.
fn group(
    slot: &mut Slot,
    (spans, groups): (&mut [Span], &mut Vec<Group>),
    begun: usize,
    lent: usize,
    special: &Special,
) {
    let own = spans.get_mut(begun..).unwrap_or_default();
    own.sort_by_key(|span| span.language);
    let first = groups.len();
    groups.extend(special.groups(own, place(lent + begun)));
    slot.more = (place(first), place(groups.len()));
    slot.more_spoken = Spoken::of(groups.get(first..).unwrap_or_default());
}

impl<'t> Lattice<'t> {
    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The words of the clause of a word, from that one on.
    pub(super) fn clause(&self, from: usize) -> &'t [Slot] {
        let rest = self.slots.get(from..).unwrap_or_default();
        rest.chunk_by(|one, next| one.clause == next.clause).next().unwrap_or_default()
    }

    /// One word.
    #[inline]
    pub(super) fn slot(&self, at: usize) -> Option<&'t Slot> {
        self.slots.get(at)
    }

    /// What begins at a word.
    #[inline]
    pub(super) fn spans(&self, at: usize) -> impl Iterator<Item = &'t Span> + use<'t> {
        let (alone, more) = self.slot(at).map(|slot| self.groups_of_slot(slot)).unwrap_or_default();
        self.all(alone).iter().chain(self.all(more))
    }

    /// What begins at a word, by language.
    #[inline]
    pub(super) fn groups(&self, at: usize) -> impl Iterator<Item = &'t Group> + use<'t> {
        let (alone, more) = self.slot(at).map(|slot| self.groups_of_slot(slot)).unwrap_or_default();
        alone.iter().chain(more)
    }

    /// What begins at a word in one language; digits are of every language, and all is of [`NO_LANGUAGE`].
    #[inline]
    pub(super) fn groups_of(&self, at: usize, language: u16) -> impl Iterator<Item = &'t Group> + use<'t> {
        let (mut alone, mut more): (&[Group], &[Group]) = (&[], &[]);
        if let Some(slot) = self.slot(at) {
            let (first, second) = (slot.alone.spoken.languages, slot.more_spoken.languages);
            if language == NO_LANGUAGE || second.has(NO_LANGUAGE) {
                (alone, more) = self.groups_of_slot(slot);
            } else if first.with(second).has(language) {
                (alone, more) = self.groups_of_slot(slot);
                (alone, more) = (first.group_of(alone, language), second.group_of(more, language));
            }
        }
        alone.iter().chain(more)
    }

    /// The spans of a group.
    #[inline]
    pub(super) fn group(&self, group: &Group) -> &'t [Span] {
        self.between(group.from, group.to)
    }

    #[inline]
    fn groups_of_slot(&self, slot: &Slot) -> (&'t [Group], &'t [Group]) {
        let alone = self.lent.1.get(slot.alone.groups.0 as usize..slot.alone.groups.1 as usize);
        let more = self.own.1.get(slot.more.0 as usize..slot.more.1 as usize);
        (alone.unwrap_or_default(), more.unwrap_or_default())
    }

    /// The spans of groups that stand together.
    #[inline]
    fn all(&self, groups: &[Group]) -> &'t [Span] {
        match groups {
            [] => &[],
            [first, ..] => self.between(first.from, groups.last().map_or(first.to, |last| last.to)),
        }
    }

    #[inline]
    fn between(&self, from: u32, to: u32) -> &'t [Span] {
        let (from, to, lent) = (from as usize, to as usize, self.lent.0.len());
        let spans = match from.checked_sub(lent) {
            None => self.lent.0.get(from..to),
            Some(own) => self.own.0.get(own..to.saturating_sub(lent)),
        };
        spans.unwrap_or_default()
    }

    /// Whether the word is more than a part of a filler.
    #[cfg(test)]
    pub(super) fn counts(&self, at: usize) -> bool {
        self.slot(at).is_some_and(|slot| !slot.covered)
    }

    /// The text of some words.
    pub(super) fn text<'f>(&self, folded: &'f Folded, from: usize, to: usize) -> &'f str {
        let (Some(first), Some(last)) = (self.slot(from), to.checked_sub(1).and_then(|at| self.slot(at)))
        else {
            return "";
        };
        folded.text.get(first.start as usize..last.end as usize).unwrap_or_default()
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
