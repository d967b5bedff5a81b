//! A text as the patterns see it: at each word, the classes of the words and phrases that begin there.

use super::tokens::Folded;
use super::vocabulary::{Edge, Found, NO_TOPIC, Vocabulary};

/// Words of a longer text are taken as they are written: people who write long texts spell, and looking for
/// misspellings is the dearest part.
const TYPOS_UP_TO: usize = 96;
/// Joined words ("nomasmensajes") are looked for in texts of at most so many words.
const JOINED_UP_TO: usize = 6;

/// A word or phrase of a class that begins at a word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// Class and topic.
    pub(super) edge: Edge,
    /// Its length in words.
    pub(super) len: u16,
}

/// One word of the text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot {
    found: Found,
    start: u32,
    end: u32,
    /// The number of its clause.
    pub(super) clause: u32,
    spans: (u32, u32),
    /// How many words the filler takes that begins here; 0 for none.
    pub(super) filler: u16,
    /// Part of a filler.
    pub(super) covered: bool,
}

/// The words and all that begins at them.
#[derive(Debug, Default)]
pub(super) struct Lattice {
    slots: Vec<Slot>,
    spans: Vec<Span>,
}

/// Which classes are fillers and which stands for digits.
#[derive(Debug)]
pub(super) struct Special {
    /// By class number: whether it is the `filler` of some language.
    pub(super) fillers: Vec<bool>,
    /// The class `{number}`.
    pub(super) number: u16,
}

impl Lattice {
    /// Looks every word up.
    pub(super) fn build(folded: &Folded, vocabulary: &Vocabulary, special: &Special) -> Self {
        let mut slots: Vec<Slot> = Vec::with_capacity(folded.tokens.len() + 8);
        let typos = folded.tokens.len() <= TYPOS_UP_TO;
        let mut at = 0;
        while let Some(token) = folded.tokens.get(at) {
            let text = folded.text.get(token.start as usize..token.end as usize).unwrap_or_default();
            let slot = Slot { start: token.start, end: token.end, clause: token.clause, ..Slot::default() };
            if token.dense {
                vocabulary.segment(text, |from, to, id| {
                    let place = |at: usize| token.start + u32::try_from(at).unwrap_or(0);
                    push(
                        &mut slots,
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
                push(&mut slots, Slot { found, end, ..slot });
                at += letters;
                continue;
            }
            let mut found = vocabulary.exact(text);
            if typos && found == [None; 4] {
                found = vocabulary.misspelt(text);
                if found == [None; 4] && folded.tokens.len() <= JOINED_UP_TO && may_be_joined(text) {
                    let mut pieces = Vec::new();
                    if split_joined(text, vocabulary, &mut pieces) {
                        pieces.into_iter().for_each(|(_, found)| push(&mut slots, Slot { found, ..slot }));
                        at += 1;
                        continue;
                    }
                }
            }
            push(&mut slots, Slot { found, ..slot });
            at += 1;
        }
        let mut lattice = Self { slots, spans: Vec::with_capacity(folded.tokens.len() * 4) };
        lattice.find_spans(folded, vocabulary, special);
        lattice
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

    /// The text of some words.
    pub(super) fn text<'t>(&self, folded: &'t Folded, from: usize, to: usize) -> &'t str {
        let (Some(first), Some(last)) = (self.slot(from), to.checked_sub(1).and_then(|at| self.slot(at)))
        else {
            return "";
        };
        folded.text.get(first.start as usize..last.end as usize).unwrap_or_default()
    }

    /// The same words with every class replaced by `change`, for reading a sentence that mixes languages.
    pub(super) fn translated(&self, mut change: impl FnMut(&[Span], &mut Vec<Span>)) -> Self {
        let mut out = Self { slots: self.slots.clone(), spans: Vec::with_capacity(self.spans.len()) };
        for (at, slot) in out.slots.iter_mut().enumerate() {
            let from = out.spans.len();
            change(self.spans(at), &mut out.spans);
            slot.spans = (place(from), place(out.spans.len()));
        }
        out
    }

    fn find_spans(&mut self, folded: &Folded, vocabulary: &Vocabulary, special: &Special) {
        for at in 0..self.slots.len() {
            let Some(slot) = self.slots.get(at).copied() else { break };
            let from = self.spans.len();
            let mut filler = 0;
            for word in slot.found.into_iter().flatten().filter_map(|id| vocabulary.word(id)) {
                for edge in &word.edges {
                    self.spans.push(Span { edge: *edge, len: 1 });
                    if special.fillers.get(edge.class as usize) == Some(&true) {
                        filler = filler.max(1);
                    }
                }
                let second = self.slots.get(at + 1).filter(|next| next.clause == slot.clause);
                for (rest, edge) in
                    second.into_iter().flat_map(|s| s.found).flatten().flat_map(|id| word.phrases_with(id))
                {
                    let fits = rest.iter().enumerate().skip(1).all(|(after, id)| {
                        self.slots
                            .get(at + 1 + after)
                            .is_some_and(|next| next.clause == slot.clause && next.found.contains(&Some(*id)))
                    });
                    if fits {
                        let len = u16::try_from(rest.len() + 1).unwrap_or(u16::MAX);
                        self.spans.push(Span { edge: *edge, len });
                        if special.fillers.get(edge.class as usize) == Some(&true) {
                            filler = filler.max(len);
                        }
                    }
                }
            }
            let text = folded.text.get(slot.start as usize..slot.end as usize).unwrap_or_default();
            if text.bytes().all(|b| b.is_ascii_digit()) {
                self.spans.push(Span { edge: Edge { class: special.number, topic: NO_TOPIC }, len: 1 });
            }
            let to = self.spans.len();
            if let Some(slot) = self.slots.get_mut(at) {
                slot.spans = (place(from), place(to));
                slot.filler = filler;
            }
            self.slots.iter_mut().skip(at).take(filler as usize).for_each(|s| s.covered = true);
        }
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Adds a word, unless it repeats the one before ("STOP STOP").
fn push(slots: &mut Vec<Slot>, slot: Slot) {
    match slots.last_mut() {
        Some(last) if last.found == slot.found && slot.found != [None; 4] => {
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
