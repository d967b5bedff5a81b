//! A text as the patterns see it: at each word, the classes of the words and phrases that begin there.

mod words;

use super::grammar::Edge as End;
use super::index::Id;
use super::span::{Edge, Group, NO_LANGUAGE, NO_TOPIC, Span, Special, Spoken};
use super::tokens::Folded;
use super::translation::Translation;
use super::vocabulary::{Found, Set, Vocabulary};

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
    /// The set of the word itself in the lexicon.
    alone: u32,
    /// The groups of what else begins here: phrases, other words that it may be, digits.
    more: (u32, u32),
    /// How many words the filler takes that begins here; 0 for none.
    pub(super) filler: u16,
    /// Part of a filler.
    covered: bool,
    /// No word that counts stands before it in its clause, or in the text.
    opens: (bool, bool),
}

impl Slot {
    /// Whether a rule that must begin at the start of its clause, or of the text, may begin here.
    #[inline]
    pub(super) fn opens(&self, end: End) -> bool {
        match end {
            End::ANYWHERE => true,
            End::CLAUSE => self.opens.0,
            _ => self.opens.1,
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
    vocabulary: &'t Vocabulary,
    /// The spans and groups of this text. Their spans are counted on from the lexicon's.
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
        Lattice { slots: &self.slots, vocabulary, own: (&self.spans, &self.groups) }
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
            let Self { spans, .. } = self;
            let own = from.spans_of(at, language).filter(|span| span.language == language);
            own.for_each(|span| spans.push(*span));
            if spans.len() == begun {
                from.groups(at).for_each(|group| {
                    spans.extend(from.group(group).iter().filter_map(|span| {
                        let class = translation.to(span.edge.class, language)?;
                        Some(Span { edge: Edge { class, ..span.edge }, language, ..*span })
                    }));
                });
            }
            let mut slot = Slot { alone: 0, ..*slot };
            let own = (self.spans.as_mut_slice(), &mut self.groups);
            group(&mut slot, own, begun, from.vocabulary, special);
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
        let mut rest = slots.as_mut_slice();
        while let [slot, after @ ..] = rest {
            let begun = spans.len();
            let mut is_first = true;
            let found = slot.found;
            for word in each(&found) {
                let set = vocabulary.alone(word);
                slot.filler |= vocabulary.set(set).filler;
                if std::mem::take(&mut is_first) {
                    slot.alone = set;
                } else {
                    spans.extend_from_slice(vocabulary.spans(set));
                }
                add_phrases(slot, word, after, vocabulary, special, spans);
            }
            let text = folded.text.as_bytes().get(slot.start as usize..slot.end as usize);
            if text.is_some_and(|text| text.iter().all(u8::is_ascii_digit)) {
                spans.push(special.span(Edge { class: special.number, topic: NO_TOPIC }, 1));
            }
            if spans.len() > begun {
                group(slot, (spans, groups), begun, vocabulary, special);
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

/// The words that a word may be, nearly always one.
#[inline]
fn each(found: &Found) -> impl Iterator<Item = Id> {
    let places = if let [_, None, None, None] = found { 1 } else { found.len() };
    found.iter().take(places).flatten().copied()
}

/// Adds the phrases that begin at a place with a word that may stand there.
fn add_phrases(
    slot: &mut Slot,
    word: Id,
    after: &[Slot],
    vocabulary: &Vocabulary,
    special: &Special,
    spans: &mut Vec<Span>,
) {
    let phrases = vocabulary.phrases(word);
    if phrases.is_empty() {
        return;
    }
    let clause = slot.clause;
    let Some((second, after)) = after.split_first().filter(|(next, _)| next.clause == clause) else { return };
    for id in each(&second.found) {
        for ending in vocabulary.going_on_with(phrases, id) {
            let rest = vocabulary.rest(ending);
            let mut next = after.iter();
            let fits = rest
                .iter()
                .all(|id| next.next().is_some_and(|next| next.clause == clause && next.found.contains(id)));
            if fits {
                let words = u16::try_from(rest.len() + 2).unwrap_or(u16::MAX);
                let span = special.span(ending.edge, words);
                slot.filler = slot.filler.max(special.filler(&span));
                spans.push(span);
            }
        }
    }
}

/// Groups the spans from `begun` on for a word.
fn group(
    slot: &mut Slot,
    (spans, groups): (&mut [Span], &mut Vec<Group>),
    begun: usize,
    vocabulary: &Vocabulary,
    special: &Special,
) {
    let own = spans.get_mut(begun..).unwrap_or_default();
    own.sort_by_key(|span| span.language);
    let first = place(groups.len());
    groups.extend(special.groups(own, place(vocabulary.all_spans().len() + begun)));
    slot.more = (first, place(groups.len()));
}

impl<'t> Lattice<'t> {
    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The words, clause by clause.
    pub(super) fn clauses(&self) -> impl DoubleEndedIterator<Item = &'t [Slot]> {
        self.slots.chunk_by(|one, next| one.clause == next.clause)
    }

    /// One word.
    #[inline]
    pub(super) fn slot(&self, at: usize) -> Option<&'t Slot> {
        self.slots.get(at)
    }

    /// What begins at a word.
    #[cfg(test)]
    pub(super) fn spans(&self, at: usize) -> impl Iterator<Item = &'t Span> + use<'t> {
        let lattice = *self;
        self.groups(at).flat_map(move |group| lattice.group(group))
    }

    /// What begins at a word, by language.
    #[inline]
    pub(super) fn groups(&self, at: usize) -> impl Iterator<Item = &'t Group> + use<'t> {
        let [alone, more] = self.slot(at).map(|slot| self.lists(slot)).unwrap_or_default();
        alone.iter().chain(more)
    }

    /// The groups of a word: its own, and those of what else begins there, each by language.
    #[inline]
    pub(super) fn lists(&self, slot: &Slot) -> [&'t [Group]; 2] {
        [self.vocabulary.groups(self.set(slot)), self.more(slot)]
    }

    /// What begins at a word in one language; digits are of every language, and all is of [`NO_LANGUAGE`].
    #[inline(always)]
    pub(super) fn groups_of(&self, at: usize, language: u16) -> impl Iterator<Item = &'t Group> + use<'t> {
        let (mut alone, mut more): (&[Group], &[Group]) = (&[], &[]);
        if let Some(slot) = self.slot(at) {
            let set = self.set(slot);
            (alone, more) = (self.vocabulary.groups(set), self.more(slot));
            // Sorted by language, what is of none last.
            if language != NO_LANGUAGE && more.last().is_none_or(|group| group.language != NO_LANGUAGE) {
                alone = set.spoken.languages.group_of(alone, language);
                let found = more.iter().position(|group| group.language == language);
                more = found.and_then(|found| more.get(found..=found)).unwrap_or_default();
            }
        }
        alone.iter().chain(more)
    }

    /// The languages of what begins at a word.
    #[inline]
    pub(super) fn spoken(&self, slot: &Slot) -> Spoken {
        let (alone, more) = (self.set(slot).spoken, self.more(slot));
        if more.is_empty() { alone } else { alone.with(Spoken::of(more)) }
    }

    #[inline]
    fn set(&self, slot: &Slot) -> &'t Set {
        self.vocabulary.set(slot.alone)
    }

    #[inline]
    fn more(&self, slot: &Slot) -> &'t [Group] {
        self.own.1.get(slot.more.0 as usize..slot.more.1 as usize).unwrap_or_default()
    }

    /// What begins at a word in one language, and digits.
    #[inline]
    pub(super) fn spans_of(&self, at: usize, language: u16) -> impl Iterator<Item = &'t Span> + use<'t> {
        let lattice = *self;
        let groups = self.groups_of(at, language).filter(move |group| group.speaks(language));
        groups.flat_map(move |group| lattice.group(group))
    }

    /// The spans of a group.
    #[inline]
    pub(super) fn group(&self, group: &Group) -> &'t [Span] {
        let (from, to, lent) = (group.from as usize, group.to as usize, self.vocabulary.all_spans());
        let spans = match from.checked_sub(lent.len()) {
            None => lent.get(from..to),
            Some(own) => self.own.0.get(own..to.saturating_sub(lent.len())),
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
