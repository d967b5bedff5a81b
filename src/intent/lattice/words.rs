//! Which words a text is made of: looked up as they are written, misspelt, spelled out, or joined.

use super::super::tokens::{Folded, Token};
use super::super::vocabulary::{Found, NOTHING, Vocabulary};
use super::{Slot, place};

/// Words of a longer text are taken as they are written: people who write long texts spell, and looking for
/// misspellings is the dearest part.
const TYPOS_UP_TO: usize = 96;
/// Joined words ("nomasmensajes") are looked for in texts of at most so many words.
const JOINED_UP_TO: usize = 6;

/// Looks every word of a text up.
pub(super) fn look_up(folded: &Folded, vocabulary: &Vocabulary, slots: &mut Vec<Slot>) {
    let typos = folded.tokens.len() <= TYPOS_UP_TO;
    let mut at = 0;
    while let Some(token) = folded.tokens.get(at) {
        let text = folded.text.get(token.start as usize..token.end as usize).unwrap_or_default();
        let slot = Slot { start: token.start, end: token.end, clause: token.clause, ..Slot::default() };
        if token.dense {
            vocabulary.segment(text, |from, to, id| {
                let place = |at: usize| token.start + place(at);
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
#[inline]
fn spelled_out(folded: &Folded, at: usize) -> usize {
    let bytes = folded.text.as_bytes();
    let single = |t: &&Token| {
        // The first byte tells of most words that more letters follow.
        let plain = bytes.get(t.start as usize).is_some_and(u8::is_ascii);
        t.end - t.start <= if plain { 1 } else { 4 } && {
            let text = folded.text.get(t.start as usize..t.end as usize).unwrap_or_default();
            let mut chars = text.chars();
            chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
        }
    };
    folded.tokens.get(at..).unwrap_or_default().iter().take(16).take_while(single).count()
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
