//! A text as the patterns see it: at each word, the classes of the words and phrases that begin there.

use super::grammar::Edge as End;
use super::span::{Edge, Group, Languages, NO_LANGUAGE, NO_TOPIC, Span, Special, Spoken};
use super::tokens::Folded;
use super::vocabulary::{Found, NOTHING, Vocabulary};

/// Words of a longer text are taken as they are written: people who write long texts spell, and looking for
/// misspellings is the dearest part.
const TYPOS_UP_TO: usize = 96;
/// So many words' room is kept from one text to the next.
const KEPT: usize = 256;
/// Joined words ("nomasmensajes") are looked for in texts of at most so many words.
const JOINED_UP_TO: usize = 6;

/// One word of the text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot {
    found: Found,
    start: u32,
    end: u32,
    /// The number of its clause.
    pub(super) clause: u32,
    spans: (u32, u32),
    groups: (u32, u32),
    spoken: Spoken,
    /// How many words the filler takes that begins here; 0 for none.
    pub(super) filler: u16,
    /// Part of a filler.
    covered: bool,
    /// No word that counts stands before it in its clause, or in the text.
    opens: (bool, bool),
}

/// The words and all that begins at them.
#[derive(Debug, Default)]
pub(super) struct Lattice {
    slots: Vec<Slot>,
    spans: Vec<Span>,
    groups: Vec<Group>,
}

impl Lattice {
    /// Looks every word up. What the lattice held before is forgotten, its room is used again.
    pub(super) fn build(&mut self, folded: &Folded, vocabulary: &Vocabulary, special: &Special) {
        let slots = &mut self.slots;
        slots.clear();
        self.spans.clear();
        self.groups.clear();
        let typos = folded.tokens.len() <= TYPOS_UP_TO;
        let mut at = 0;
        while let Some(token) = folded.tokens.get(at) {
            let text = folded.text.get(token.start as usize..token.end as usize).unwrap_or_default();
            let slot = Slot { start: token.start, end: token.end, clause: token.clause, ..Slot::default() };
            if token.dense {
                vocabulary.segment(text, |from, to, id| {
                    let place = |at: usize| token.start + u32::try_from(at).unwrap_or(0);
                    push(
                        slots,
                        Slot { found: [id, None, None, None], start: place(from), end: place(to), ..slot },
                    );
                });
                at += 1;
                continue;
            }
            let letters = spelled_out(folded, at);
            if letters >= 3
                && let Some(word) = join(folded, at, letters)
                && let found @ [Some(_), ..] = vocabulary.exact(&word)
            {
                let end = folded.tokens.get(at + letters - 1).map_or(token.end, |t| t.end);
                push(slots, Slot { found, end, ..slot });
                at += letters;
                continue;
            }
            let mut found = vocabulary.exact(text);
            if typos && found == NOTHING {
                found = vocabulary.misspelt(text);
                if found == NOTHING && folded.tokens.len() <= JOINED_UP_TO && may_be_joined(text) {
                    let mut pieces = Vec::new();
                    if split_joined(text, vocabulary, &mut pieces) {
                        pieces.into_iter().for_each(|(_, found)| push(slots, Slot { found, ..slot }));
                        at += 1;
                        continue;
                    }
                }
            }
            push(slots, Slot { found, ..slot });
            at += 1;
        }
        self.find_spans(folded, vocabulary, special);
        self.find_openings();
    }

    /// Gives room back that only very long texts need.
    pub(super) fn shrink(&mut self) {
        self.slots.clear();
        self.spans.clear();
        self.groups.clear();
        self.slots.shrink_to(KEPT);
        self.spans.shrink_to(4 * KEPT);
        self.groups.shrink_to(4 * KEPT);
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// One word.
    pub(super) fn slot(&self, at: usize) -> Option<&Slot> {
        self.slots.get(at)
    }

    /// What begins at a word.
    pub(super) fn spans(&self, at: usize) -> &[Span] {
        self.slots
            .get(at)
            .and_then(|s| self.spans.get(s.spans.0 as usize..s.spans.1 as usize))
            .unwrap_or_default()
    }

    /// What begins at a word, by language.
    #[inline]
    pub(super) fn groups(&self, at: usize) -> &[Group] {
        let slot = self.slots.get(at);
        slot.and_then(|s| self.groups.get(s.groups.0 as usize..s.groups.1 as usize)).unwrap_or_default()
    }

    /// The spans of a group.
    #[inline]
    pub(super) fn group(&self, group: &Group) -> &[Span] {
        self.spans.get(group.from as usize..group.to as usize).unwrap_or_default()
    }

    /// What begins at a word in one language; digits are of every language, and all is of [`NO_LANGUAGE`].
    #[inline]
    pub(super) fn groups_of(&self, at: usize, language: u16) -> &[Group] {
        let groups = self.groups(at);
        // Sorted by language, what is of none last.
        if language == NO_LANGUAGE || groups.last().is_some_and(|group| group.language == NO_LANGUAGE) {
            return groups;
        }
        let languages = self.slot(at).map(|slot| slot.spoken.languages).unwrap_or_default();
        if !languages.has(language) {
            return &[];
        }
        let found = groups.binary_search_by_key(&language, |group| group.language).ok();
        found.and_then(|found| groups.get(found..=found)).unwrap_or_default()
    }

    /// The languages in which a word of the text is an anchor, and what is of none.
    pub(super) fn anchored(&self) -> Languages {
        let mut anchored = Languages::default();
        anchored.add(NO_LANGUAGE);
        self.slots.iter().for_each(|slot| anchored.join(slot.spoken.anchors));
        anchored
    }

    /// The groups of a word that rules begin with and of which something may come.
    #[inline]
    pub(super) fn begin(&self, at: usize, anchored: Languages) -> impl Iterator<Item = &Group> {
        let opens = self.starts(at, End::Text);
        let may = move |group: &&Group| group.begins && (opens || anchored.has(group.language));
        self.groups(at).iter().filter(may)
    }

    /// Whether the word is more than a part of a filler.
    #[cfg(test)]
    pub(super) fn counts(&self, at: usize) -> bool {
        self.slot(at).is_some_and(|slot| !slot.covered)
    }

    /// The text of some words.
    pub(super) fn text<'t>(&self, folded: &'t Folded, from: usize, to: usize) -> &'t str {
        let (Some(first), Some(last)) = (self.slot(from), to.checked_sub(1).and_then(|at| self.slot(at)))
        else {
            return "";
        };
        folded.text.get(first.start as usize..last.end as usize).unwrap_or_default()
    }

    /// Whether a rule that must begin at the start of its clause, or of the text, may begin at a word.
    #[inline]
    pub(super) fn starts(&self, at: usize, end: End) -> bool {
        let opens = |of: fn(&(bool, bool)) -> bool| self.slot(at).is_none_or(|slot| of(&slot.opens));
        match end {
            End::Anywhere => true,
            End::Clause => opens(|o| o.0),
            End::Text => opens(|o| o.1),
        }
    }

    /// Takes the words of another lattice with every class replaced by `change`, for reading a sentence that
    /// mixes languages.
    pub(super) fn translate(
        &mut self,
        from: &Self,
        special: &Special,
        mut change: impl FnMut(&[Span], &mut Vec<Span>),
    ) {
        self.slots.clone_from(&from.slots);
        self.spans.clear();
        self.groups.clear();
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let begun = self.spans.len();
            change(from.spans(at), &mut self.spans);
            slot.spans = (place(begun), place(self.spans.len()));
            slot.groups.0 = place(self.groups.len());
            self.groups.extend(special.groups(self.spans.get(begun..).unwrap_or_default(), place(begun)));
            slot.groups.1 = place(self.groups.len());
            slot.spoken = Spoken::of(self.groups.get(slot.groups.0 as usize..).unwrap_or_default());
        }
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
        for at in 0..self.slots.len() {
            let Some(slot) = self.slots.get(at) else { break };
            let (found, clause, text) = (slot.found, slot.clause, slot.start as usize..slot.end as usize);
            let second = self.slots.get(at + 1).filter(|next| next.clause == clause);
            let second = second.map_or(NOTHING, |next| next.found);
            let (from, first) = (self.spans.len(), self.groups.len());
            let (mut filler, mut sources, mut spoken) = (0, 0, Spoken::default());
            for word in found.iter().filter_map(|id| *id) {
                let alone = vocabulary.alone(word);
                self.spans.extend_from_slice(alone.spans);
                filler = filler.max(u16::from(alone.filler));
                sources += 1;
                if sources == 1 {
                    let moved = |group: &Group| {
                        let (from, to) = (group.from + place(from), group.to + place(from));
                        Group { from, to, ..*group }
                    };
                    self.groups.extend(alone.groups.iter().map(moved));
                    spoken = alone.spoken;
                }
                if second == NOTHING {
                    continue;
                }
                let phrases = vocabulary.phrases(word);
                for id in second.iter().filter_map(|id| *id) {
                    for phrase in phrases.going_on_with(id) {
                        let rest = vocabulary.rest(phrase);
                        let fits = rest.iter().zip(at + 2..).all(|(id, after)| {
                            self.slots
                                .get(after)
                                .is_some_and(|next| next.clause == clause && next.found.contains(&Some(*id)))
                        });
                        if fits {
                            let span =
                                special.span(phrase.edge, u16::try_from(rest.len() + 2).unwrap_or(u16::MAX));
                            filler = filler.max(special.filler(&span));
                            self.spans.push(span);
                            sources += 1;
                        }
                    }
                }
            }
            if folded.text.get(text).unwrap_or_default().bytes().all(|b| b.is_ascii_digit()) {
                self.spans.push(special.span(Edge { class: special.number, topic: NO_TOPIC }, 1));
                sources += 2;
            }
            if sources > 1 {
                let own = self.spans.get_mut(from..).unwrap_or_default();
                own.sort_by_key(|span| span.language);
                self.groups.truncate(first);
                self.groups.extend(special.groups(own, place(from)));
                spoken = Spoken::of(self.groups.get(first..).unwrap_or_default());
            }
            if let Some(slot) = self.slots.get_mut(at) {
                slot.spans = (place(from), place(self.spans.len()));
                slot.groups = (place(first), place(self.groups.len()));
                slot.spoken = spoken;
                slot.filler = filler;
            }
            if filler > 0 {
                self.slots.iter_mut().skip(at).take(usize::from(filler)).for_each(|s| s.covered = true);
            }
        }
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Adds a word, unless it repeats the one before ("STOP STOP").
fn push(slots: &mut Vec<Slot>, slot: Slot) {
    match slots.last_mut() {
        Some(last) if last.found == slot.found && slot.found != NOTHING => {
            last.end = slot.end;
            last.clause = slot.clause;
        }
        _ => slots.push(slot),
    }
}

/// How many single letters in a row begin here ("s t o p", "s.t.o.p").
fn spelled_out(folded: &Folded, at: usize) -> usize {
    let single = |t: &&super::tokens::Token| {
        let text = folded.text.get(t.start as usize..t.end as usize).unwrap_or_default();
        let mut chars = text.chars();
        chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
    };
    folded.tokens.iter().skip(at).take(16).take_while(single).count()
}

fn join(folded: &Folded, at: usize, count: usize) -> Option<String> {
    folded
        .tokens
        .iter()
        .skip(at)
        .take(count)
        .map(|t| folded.text.get(t.start as usize..t.end as usize))
        .collect()
}

/// Shorter words are no two words of weight; scripts other than Latin take two bytes a letter.
fn may_be_joined(text: &str) -> bool {
    if text.is_ascii() { (7..=32).contains(&text.len()) } else { (12..=64).contains(&text.len()) }
}

/// Cuts a joined word into known words of two letters or more, longest first. Any long word can be cut into scraps
/// of one language or another, so some of the pieces must be longer.
fn split_joined(text: &str, vocabulary: &Vocabulary, pieces: &mut Vec<(usize, Found)>) -> bool {
    if text.is_empty() {
        let letters: usize = pieces.iter().map(|(length, _)| length).sum();
        let longest = pieces.iter().map(|(length, _)| *length).max().unwrap_or(0);
        return pieces.len() >= 2 && letters >= 3 * pieces.len() && longest >= 4;
    }
    let letter = if text.is_ascii() { 1 } else { 2 };
    if pieces.len() == 5 {
        return false;
    }
    for end in (2 * letter..=text.len().min(14 * letter)).rev() {
        let (Some(head), Some(tail)) = (text.get(..end), text.get(end..)) else { continue };
        if tail.len() == letter {
            continue;
        }
        if let found @ [Some(_), ..] = vocabulary.exact(head) {
            pieces.push((end / letter, found));
            if split_joined(tail, vocabulary, pieces) {
                return true;
            }
            pieces.pop();
        }
    }
    false
}
