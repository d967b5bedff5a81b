//! What a class of one language is called in another: classes of the same name mean the same.

use rustc_hash::FxHashMap;

use super::blob::pack;
use super::table::Table;

/// No such class.
const NONE: u16 = u16::MAX;

/// The classes that share their name with one of another language, by name and language.
#[derive(Debug)]
pub(super) struct Translation {
    /// By class: the row of its name, or [`NONE`] when only its language has it.
    rows: Table<u16>,
    /// Rows of one class for each language, or [`NONE`].
    table: Table<u16>,
    languages: u32,
}

pack!(Translation { rows, table, languages });

impl Translation {
    /// From the language and the name of each class.
    pub(super) fn new(classes: &[(u16, u16)], languages: usize) -> Self {
        let mut bearers: FxHashMap<u16, u32> = FxHashMap::default();
        for (_, name) in classes {
            *bearers.entry(*name).or_default() += 1;
        }
        let mut row_of: FxHashMap<u16, u16> = FxHashMap::default();
        let (mut rows, mut table) = (Vec::with_capacity(classes.len()), Vec::new());
        for ((language, name), class) in classes.iter().zip(0_u16..) {
            if bearers.get(name).is_none_or(|count| *count < 2) {
                rows.push(NONE);
                continue;
            }
            let next = u16::try_from(row_of.len()).unwrap_or(NONE);
            let row = *row_of.entry(*name).or_insert(next);
            let begin = usize::from(row) * languages;
            if table.len() < begin + languages {
                table.resize(begin + languages, NONE);
            }
            let within = usize::from(*language) < languages;
            if let Some(place) = table.get_mut(begin + usize::from(*language)).filter(|_| within) {
                *place = class;
            }
            rows.push(row);
        }
        let languages = u32::try_from(languages).unwrap_or(u32::MAX);
        Self { rows: rows.into(), table: table.into(), languages }
    }

    /// The class of that name in another language.
    pub(super) fn to(&self, class: u16, language: u16) -> Option<u16> {
        let row = *self.rows.get(usize::from(class))?;
        let at = usize::from(row) * self.languages as usize + usize::from(language);
        self.table.get(at).copied().filter(|to| row != NONE && *to != NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_class_of_the_same_name() {
        // By class: (0, send), (0, own), (1, stop), (1, send), a class of no language.
        let translation = Translation::new(&[(0, 5), (0, 6), (1, 7), (1, 5), (u16::MAX, 5)], 2);
        assert_eq!((translation.to(0, 1), translation.to(3, 0)), (Some(3), Some(0)));
        assert_eq!((translation.to(0, 0), translation.to(1, 1), translation.to(2, 0)), (Some(0), None, None));
        assert_eq!((translation.to(4, 1), translation.to(99, 0)), (Some(3), None));
    }
}
