//! The words that a language's rules cannot do without.
//!
//! Small words ("no", "de", "me") begin rules in twenty languages at once, and nearly always nothing comes of it. Each
//! rule has a rarest class: a text without any of a language's rarest classes holds none of its rules.

/// The classes of each rule, as they are collected.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    /// The classes of all sequences, one sequence after another.
    classes: Vec<u16>,
    /// Where each sequence ends.
    ends: Vec<usize>,
}

impl Anchors {
    /// Adds a sequence that needs a word of each of these classes, wherever in a text it stands.
    pub(super) fn add(&mut self, classes: impl IntoIterator<Item = u16>) {
        self.classes.extend(classes);
        self.ends.push(self.classes.len());
    }

    /// Whether each class is an anchor: of every sequence, one class is. `common` says how common a class is in
    /// texts; what it says wrongly costs time alone.
    pub(super) fn choose(self, common: &[u64]) -> Vec<bool> {
        let mut chosen = vec![false; common.len()];
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let mut sequences: Vec<&[u16]> =
            starts.zip(&self.ends).filter_map(|(from, to)| self.classes.get(from..*to)).collect();
        // What has no choice first: it often serves the others too.
        sequences.sort_by_key(|classes| classes.len());
        let is = |chosen: &[bool], class: &u16| chosen.get(usize::from(*class)) == Some(&true);
        for classes in sequences {
            if classes.iter().any(|class| is(&chosen, class)) {
                continue;
            }
            let rarest = classes.iter().min_by_key(|class| common.get(usize::from(**class)));
            if let Some(slot) = rarest.and_then(|class| chosen.get_mut(usize::from(*class))) {
                *slot = true;
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sequence_has_an_anchor_and_the_rarest_class_is_it() {
        let mut anchors = Anchors::default();
        for classes in [&[0, 1, 2][..], &[0, 3], &[4], &[0, 4]] {
            anchors.add(classes.iter().copied());
        }
        assert_eq!(anchors.choose(&[900, 20, 10, 5, 400]), [false, false, true, true, true]);
    }
}
