//! Character folding: what two spellings of a character have in common.
//!
//! Case, width, accents on Latin, Greek and Cyrillic letters, the four Turkish i's, Arabic letter variants and
//! vowel signs, Hebrew points and nukta are folded away. Vowel signs of Indic scripts and Thai tone marks are
//! part of the word and stay.

use std::sync::LazyLock;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_normalizer::properties::{CanonicalDecompositionBorrowed, Decomposed};
use std::borrow::Cow;

/// Folding of everything below U+2000; `'\0'` drops the character.
static TABLE: LazyLock<Vec<char>> =
    LazyLock::new(|| (0..0x2000).map(|c| char::from_u32(c).map_or('\0', fold_below_2000)).collect());

/// NFKC, for texts that hold a character which [`fold`] alone does not bring to one form.
pub(super) fn compose(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| !c.is_ascii() && needs_compatibility(c)) {
        Cow::Borrowed(text)
    } else {
        ComposingNormalizerBorrowed::new_nfkc().normalize(text)
    }
}

/// The folded form of one character of a composed text: `None` drops it. Letters that fold to two, such as
/// `ß`, are handled by [`expand`].
pub(super) fn fold(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c.to_ascii_lowercase());
    }
    let folded = match TABLE.get(c as usize) {
        Some(&folded) => folded,
        None => fold_above(c),
    };
    (folded != '\0').then_some(folded)
}

/// The two letters of a ligature or sharp s.
pub(super) fn expand(c: char) -> Option<[char; 2]> {
    match c {
        'ß' | 'ẞ' => Some(['s', 's']),
        'æ' | 'Æ' | 'ǽ' | 'Ǽ' | 'ǣ' | 'Ǣ' => Some(['a', 'e']),
        'œ' | 'Œ' => Some(['o', 'e']),
        'þ' | 'Þ' => Some(['t', 'h']),
        _ => None,
    }
}

/// Whether the letter is a Vietnamese u that is not ư: both fold to u.
pub(super) fn is_bare_u(c: char) -> bool {
    matches!(c, 'ú' | 'ù' | 'ủ' | 'ũ' | 'ụ' | 'Ú' | 'Ù' | 'Ủ' | 'Ũ' | 'Ụ')
}

/// The one pair of words that accents must keep apart: "dừng" is stop and "đừng" don't, "đúng" is right and
/// "dùng" use. Without accents the first two are meant far more often by those who write to us, so the others
/// get a spelling of their own.
pub(super) const BARE_U: (&str, &str) = ("dung", "dungs");

/// Whether a folded character is part of a word.
pub(super) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    match WORDS.get(c as usize / 64) {
        Some(bits) => bits >> (c as usize % 64) & 1 != 0,
        // Nearly all that is typed beyond: Chinese, Japanese, Korean.
        None => {
            matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
                || c.is_alphanumeric()
        }
    }
}

/// A bit for each character below U+2000: whether it is part of a word.
static WORDS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let is_word = |c: u32| char::from_u32(c).is_some_and(is_word_below_2000);
    let bits = |from: u32| (0..64).filter(|at| is_word(from + at)).fold(0, |bits, at| bits | 1 << at);
    (0..0x2000).step_by(64).map(bits).collect()
});

fn is_word_below_2000(c: char) -> bool {
    match c {
        '\u{964}' | '\u{965}' | '\u{e2f}' | '\u{e3f}' | '\u{e4f}' | '\u{e5a}' | '\u{e5b}' => false,
        '\u{900}'..='\u{dff}' | '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17d3}' => {
            true
        }
        _ => c.is_alphanumeric(),
    }
}

/// Whether words of the character's script are written without spaces (or, for Hangul, with endings glued on),
/// so that they are found by dictionary instead.
pub(super) fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{323af}')
}

/// Brings a word that mixes Latin with Cyrillic or Greek letters of the same shape to one script.
pub(super) fn unmix(word: &str) -> Option<String> {
    let latin = word.chars().filter(char::is_ascii_alphabetic).count();
    let others = word.chars().filter(|&c| is_greek(c) || is_cyrillic(c)).count();
    if latin == 0 || others == 0 {
        return None;
    }
    let greek = word.chars().any(is_greek);
    let to_other: Option<String> =
        word.chars().map(|c| if c.is_ascii_alphabetic() { other(c, greek) } else { Some(c) }).collect();
    let to_latin = || {
        word.chars()
            .map(|c| if is_greek(c) || is_cyrillic(c) { latin_twin(c) } else { Some(c) })
            .collect::<Option<String>>()
    };
    if latin > others { to_latin().or(to_other) } else { to_other.or_else(to_latin) }
}

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3ff}')
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

/// Latin, Cyrillic and Greek letters that look alike, in upper or in lower case, all lower-cased.
const TWINS: &[(char, char, char)] = &[
    ('a', 'а', 'α'),
    ('b', 'в', 'β'),
    ('c', 'с', '\0'),
    ('e', 'е', 'ε'),
    ('h', 'н', 'η'),
    ('i', 'і', 'ι'),
    ('k', 'к', 'κ'),
    ('m', 'м', 'μ'),
    ('n', '\0', 'ν'),
    ('o', 'о', 'ο'),
    ('p', 'р', 'ρ'),
    ('s', 'ѕ', '\0'),
    ('t', 'т', 'τ'),
    ('x', 'х', 'χ'),
    ('y', 'у', 'υ'),
    ('z', '\0', 'ζ'),
];

fn other(c: char, greek: bool) -> Option<char> {
    TWINS.iter().find(|t| t.0 == c).map(|t| if greek { t.2 } else { t.1 }).filter(|&c| c != '\0')
}

fn latin_twin(c: char) -> Option<char> {
    TWINS.iter().find(|t| t.1 == c || t.2 == c).map(|t| t.0)
}

/// Characters below U+2000 that only NFKC brings to one form, and everything above but plain CJK, kana, Hangul,
/// punctuation and emoji.
pub(super) fn needs_compatibility(c: char) -> bool {
    !matches!(c,
        '\0'..='\u{a7}' | '\u{a9}' | '\u{ab}'..='\u{b1}' | '\u{b4}' | '\u{b6}' | '\u{b7}' | '\u{bb}'
        | '\u{bf}'..='\u{131}' | '\u{134}'..='\u{13e}' | '\u{141}'..='\u{148}' | '\u{14a}'..='\u{17e}'
        | '\u{180}'..='\u{1c3}' | '\u{1cd}'..='\u{1f0}' | '\u{1f4}'..='\u{2af}' | '\u{300}'..='\u{33f}'
        | '\u{345}'..='\u{373}' | '\u{388}'..='\u{3cf}' | '\u{400}'..='\u{586}' | '\u{591}'..='\u{674}'
        | '\u{679}'..='\u{957}' | '\u{960}'..='\u{97f}' | '\u{e00}'..='\u{e32}' | '\u{e34}'..='\u{e7f}'
        | '\u{1e00}'..='\u{1e99}' | '\u{1e9c}'..='\u{1eff}' | '\u{2000}'..='\u{206f}'
        | '\u{2600}'..='\u{27bf}' | '\u{3000}'..='\u{3098}' | '\u{309d}'..='\u{309e}'
        | '\u{30a0}'..='\u{30fe}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{1f300}'..='\u{1faff}')
}

fn fold_above(c: char) -> char {
    match c {
        // Zero-width, bidi and variation characters carry no meaning here.
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => '\0',
        // Small vowels are written for ordinary ones, as a fashion.
        'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' => char::from_u32(u32::from(c) + 1).unwrap_or(c),
        // The Kelvin and Ångström signs and letterlike doubles fold with their letters.
        _ => CaseMapper::new().simple_fold(c),
    }
}

fn fold_below_2000(c: char) -> char {
    match c {
        'ı' | 'İ' => 'i',
        'ł' | 'Ł' => 'l',
        'đ' | 'Đ' | 'ð' | 'Ð' => 'd',
        'ø' | 'Ø' => 'o',
        'ħ' | 'Ħ' => 'h',
        'ə' | 'Ə' => 'e',
        'ґ' | 'Ґ' => 'г',
        // Accents that stand alone, Cyrillic ones, harakat and tatweel, Hebrew points, nukta.
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}'
        | '\u{5bf}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}'
        | '\u{640}'
        | '\u{64b}'..='\u{65f}'
        | '\u{670}'
        | '\u{6d6}'..='\u{6ed}'
        | '\u{93c}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{180b}'..='\u{180f}' => '\0',
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ی' | 'ئ' => 'ي',
        'ة' => 'ه',
        'ؤ' => 'و',
        'ک' => 'ك',
        // One sign for nasalisation: people write either.
        '\u{901}' => '\u{902}',
        '٠'..='٩' => digit(c, '٠'),
        '۰'..='۹' => digit(c, '۰'),
        '०'..='९' => digit(c, '०'),
        '๐'..='๙' => digit(c, '๐'),
        '\u{958}'..='\u{95f}' | '\u{80}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}' => base(c),
        _ => CaseMapper::new().simple_fold(c),
    }
}

fn digit(c: char, zero: char) -> char {
    char::from_u32(u32::from(c) - u32::from(zero) + u32::from('0')).unwrap_or(c)
}

/// The letter under the accents, lower-cased.
fn base(accented: char) -> char {
    let mut c = accented;
    while let Decomposed::Expansion(first, _) | Decomposed::Singleton(first) =
        CanonicalDecompositionBorrowed::new().decompose(c)
    {
        c = first;
    }
    let folded = CaseMapper::new().simple_fold(c);
    if folded == accented { folded } else { fold_below_2000(folded) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_what_people_type_differently() {
        let fold_all = |s: &str| compose(s).chars().filter_map(fold).collect::<String>();
        assert_eq!(fold_all("SALÍR ñ ｍás Ế Đừng"), "salir n mas e dung");
        assert_eq!(fold_all("DURDURİı"), "durdurii");
        assert_eq!(fold_all("ΔΙΑΓΡΑΦΉ στοΠς"), "διαγραφη στοπσ");
        assert_eq!(fold_all("إلغـاء الاشتراكة"), "الغاء الاشتراكه");
        assert_eq!(fold_all("हटाएँ ज़रूर"), "हटाएं जरूर");
        assert_eq!(fold_all("\u{202a}STOP\u{202c}\u{200b}"), "stop");
        assert_eq!(fold_all("メッセージ ﾒｯｾｰｼﾞ 메시지"), "メッセージ メッセージ 메시지");
        assert_eq!(fold_all("𝐒𝐓𝐎𝐏 ＳＴＯＰ"), "stop stop");
    }

    #[test]
    fn knows_what_is_part_of_a_word() {
        let others = ('\u{2000}'..='\u{10ffff}').find(|c| is_word(*c) != c.is_alphanumeric());
        assert_eq!(others, None, "a table says what the standard library denies");
        assert!("aZ9ñßжΩאعक्ไม่한".chars().all(is_word));
        assert!(!" .-'$«।๛¿·\u{301}".chars().any(is_word));
    }

    #[test]
    fn brings_mixed_scripts_together() {
        assert_eq!(unmix("ctoп").as_deref(), Some("стоп"));
        assert_eq!(unmix("stоp").as_deref(), Some("stop"));
        assert_eq!(unmix("stop"), None);
    }
}
