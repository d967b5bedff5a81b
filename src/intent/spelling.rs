//! Which misspelling stands for which word.

use std::sync::LazyLock;

/// Letters beside each other on the keyboards of phones.
const KEYBOARD: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// Whether `typed` is one slip away from `word`: a missing, doubled or added letter, two letters swapped, a
/// neighbouring key. Short words allow fewer kinds, because a slip makes another word of them.
pub(super) fn is_slip(typed: &[char], word: &[char]) -> bool {
    let same_head = typed.iter().zip(word).take_while(|(a, b)| a == b).count();
    let (typed, rest) =
        (typed.get(same_head..).unwrap_or_default(), word.get(same_head..).unwrap_or_default());
    let same_tail = typed.iter().rev().zip(rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (Some(typed), Some(rest)) =
        (typed.get(..typed.len() - same_tail), rest.get(..rest.len() - same_tail))
    else {
        return false;
    };
    let length = word.len();
    match (typed, rest) {
        ([], [_]) => length >= 5 && (same_head > 0 || length >= 7),
        ([extra], []) => {
            let beside = same_head.checked_sub(1).and_then(|at| word.get(at));
            // Repeated letters were compared from the left, so a doubled one shows as the letter before.
            beside == Some(extra) || (length >= 5 && same_head > 0)
        }
        ([a], [b]) => are_neighbours(*a, *b) || (length >= 6 && same_head > 0),
        ([a, b], [c, d]) => a == d && b == c && (length >= 4),
        _ => false,
    }
}

/// Whether a word of Latin letters is at most two slips away from another: a letter missing, added or another, or two
/// letters swapped.
pub(super) fn is_two_slips(typed: &[u8], word: &[u8]) -> bool {
    const MOST: usize = 2;
    if typed.len().abs_diff(word.len()) > MOST || typed.len().max(word.len()) >= MAX_SOUND {
        return false;
    }
    // The optimal alignment's distances of the starts of the words, row by row; the last three rows are kept.
    let mut rows = [[0_usize; MAX_SOUND]; 3];
    let [.., now] = &mut rows;
    now.iter_mut().zip(0..).for_each(|(distance, at)| *distance = at);
    for (i, a) in typed.iter().enumerate() {
        rows.rotate_left(1);
        let [two, one, now] = &mut rows;
        let before = i.checked_sub(1).and_then(|at| typed.get(at));
        let mut least = i + 1;
        let mut left = i + 1;
        if let Some(first) = now.first_mut() {
            *first = left;
        }
        for (j, b) in word.iter().enumerate() {
            let at =
                |row: &[usize; MAX_SOUND], place: usize| row.get(place).copied().unwrap_or(usize::MAX - 1);
            let mut best = (left + 1).min(at(one, j + 1) + 1).min(at(one, j) + usize::from(a != b));
            let swapped = j.checked_sub(1).filter(|p| before == Some(b) && word.get(*p) == Some(a));
            if let Some(p) = swapped {
                best = best.min(at(two, p) + 1);
            }
            if let Some(slot) = now.get_mut(j + 1) {
                *slot = best;
            }
            left = best;
            least = least.min(best);
        }
        if least > MOST {
            return false;
        }
    }
    let [.., last] = &rows;
    last.get(word.len()).is_some_and(|distance| *distance <= MOST)
}

fn are_neighbours(a: char, b: char) -> bool {
    let letter = |c: char| c.is_ascii_lowercase().then(|| u32::from(c) - u32::from('a'));
    match (letter(a), letter(b)) {
        (Some(a), Some(b)) => NEIGHBOURS.get(a as usize).is_some_and(|beside| beside & (1 << b) != 0),
        _ => false,
    }
}

/// By letter: a bit for each of its neighbours.
static NEIGHBOURS: LazyLock<[u32; 26]> = LazyLock::new(|| {
    let place = |letter: u8| {
        let of_row = |(row, keys): (usize, &&str)| keys.find(char::from(letter)).map(|column| (row, column));
        KEYBOARD.iter().enumerate().find_map(of_row)
    };
    let beside = |a: u8, b: u8| match (place(a), place(b)) {
        (Some((r, c)), Some((s, d))) => {
            // Each row is shifted half a key to the right of the one above.
            (r == s && c.abs_diff(d) == 1)
                || (r + 1 == s && (c == d || c == d + 1))
                || (s + 1 == r && (c == d || d == c + 1))
        }
        _ => false,
    };
    let mut all = [0; 26];
    for (bits, a) in all.iter_mut().zip(b'a'..) {
        *bits =
            (0_u32..).zip(b'a'..=b'z').filter(|(_, b)| beside(a, *b)).fold(0, |bits, (at, _)| bits | 1 << at);
    }
    all
});

/// How a Latin word sounds to people who write as they speak: "vaja" as "baja", "kiero" as "quiero".
#[derive(Debug, Default)]
pub(super) struct Sound {
    heard: [u8; MAX_SOUND],
    count: usize,
}

/// No misspelling is looked for of longer words.
const MAX_SOUND: usize = 32;

impl Sound {
    /// Hears a word; `false` when it is not Latin, or too short or too long to tell words apart by.
    pub(super) fn of(&mut self, word: &[u8]) -> bool {
        self.count = 0;
        if !word.iter().all(u8::is_ascii_lowercase) {
            return false;
        }
        let mut letters = word.iter().copied().peekable();
        let mut before = 0;
        while let Some(letter) = letters.next() {
            let next = letters.peek().copied().unwrap_or(0);
            let soft = matches!(next, b'e' | b'i' | b'y');
            let heard = match letter {
                b'v' => b'b',
                b'q' => {
                    if next == b'u' {
                        letters.next();
                    }
                    b'k'
                }
                b'c' if next == b'h' => b'c',
                b'c' if soft => b's',
                b'c' => b'k',
                b'z' => b's',
                b'g' if soft => b'j',
                b'h' if before != b'c' => continue,
                b'p' if next == b'h' => {
                    letters.next();
                    b'f'
                }
                b'y' => b'i',
                other => other,
            };
            if heard != before {
                let Some(slot) = self.heard.get_mut(self.count) else { return false };
                *slot = heard;
                self.count += 1;
            }
            before = heard;
        }
        self.count >= 4
    }

    /// What was heard.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.heard.get(..self.count).unwrap_or_default()
    }
}

/// Digits and signs written for letters: "$top", "b4ja". `None` when there is none or no letter.
pub(super) fn unleet(word: &str) -> Option<String> {
    if !word.bytes().any(|b| matches!(b, b'0'..=b'9' | b'$' | b'@'))
        || !word.bytes().any(|b| b.is_ascii_lowercase())
    {
        return None;
    }
    Some(
        word.chars()
            .map(|c| match c {
                '0' => 'o',
                '1' => 'i',
                '3' => 'e',
                '4' | '@' => 'a',
                '5' | '$' => 's',
                '7' => 't',
                c => c,
            })
            .collect(),
    )
}

/// Whether a letter stands beside itself.
pub(super) fn has_run(word: &str) -> bool {
    let mut before = '\0';
    word.chars().any(|letter| std::mem::replace(&mut before, letter) == letter)
}

/// Runs of one letter cut to `keep` letters; `None` when that changes nothing.
pub(super) fn squeeze(word: &str, keep: usize) -> Option<String> {
    let mut out = String::with_capacity(word.len());
    let (mut run, mut before) = (0, '\0');
    for c in word.chars() {
        run = if c == before { run + 1 } else { 1 };
        before = c;
        if run <= keep {
            out.push(c);
        }
    }
    (out.len() < word.len()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(typed: &str, word: &str) -> bool {
        is_slip(&typed.chars().collect::<Vec<_>>(), &word.chars().collect::<Vec<_>>())
    }

    #[test]
    fn knows_slips() {
        for (typed, word) in [
            ("sotp", "stop"),
            ("dtop", "stop"),
            ("stpo", "stop"),
            ("stopp", "stop"),
            ("qiut", "quit"),
            ("detner", "detener"),
            ("unsubscibe", "unsubscribe"),
            ("bast", "basta"),
            ("rtirar", "retirar"),
            ("tect", "text"),
        ] {
            assert!(slip(typed, word), "{typed} for {word}");
        }
        for (typed, word) in
            [("top", "stop"), ("shop", "stop"), ("caja", "baja"), ("pare", "parar"), ("stoop", "step")]
        {
            assert!(!slip(typed, word), "{typed} for {word}");
        }
    }

    #[test]
    fn knows_two_slips() {
        let is_two_slips = |typed: &str, word: &str| super::is_two_slips(typed.as_bytes(), word.as_bytes());
        for (typed, word) in [
            ("unsubscribe", "unsubscribe"),
            ("unsubscrbie", "unsubscribe"),
            ("ubsubscrbe", "unsubscribe"),
            ("usnubcsribe", "unsubscribe"),
            ("notifcacoines", "notificaciones"),
        ] {
            assert!(is_two_slips(typed, word), "{typed} for {word}");
            assert!(is_two_slips(word, typed), "{word} for {typed}");
        }
        for (typed, word) in
            [("subscribe", "unsubscribed"), ("ubsubcrbe", "unsubscribe"), ("", "abc"), ("abcdef", "badcfe")]
        {
            assert!(!is_two_slips(typed, word), "{typed} for {word}");
        }
        assert!(!is_two_slips(&"a".repeat(40), &"a".repeat(40)), "longer than is looked at");
    }

    #[test]
    fn hears_and_reads() {
        let heard = |w: &str| {
            let mut out = Sound::default();
            out.of(w.as_bytes());
            out.as_bytes().to_vec()
        };
        assert_eq!(heard("vaja"), heard("baja"));
        assert_eq!(heard("kiero"), heard("quiero"));
        assert_eq!(heard("mensages"), heard("mensajes"));
        assert_ne!(heard("caja"), heard("baja"));
        assert_eq!(unleet("$top").as_deref(), Some("stop"));
        assert_eq!(unleet("500"), None);
        assert_eq!(squeeze("saliiir", 1).as_deref(), Some("salir"));
        assert_eq!(squeeze("salir", 1), None);
        assert!(has_run("saliir") && has_run("яя") && !has_run("salisa"));
    }
}
