//! The words that rules cannot do without.
//!
//! Small words ("no", "de", "me") begin rules in twenty languages at once, and nearly always nothing comes of it. Of all
//! classes that may follow, a few rare ones tell so: where no word of them stands ahead, no rule below a node fires.
//! These few get marks, which a set of bits keeps apart better than all classes of a language.

use rustc_hash::FxHashMap;

use super::super::super::class_set::ClassSet;
use super::super::super::grammar::Edge;
use super::super::{Ends, Step};
use super::{Builder, position};

/// What is so rare cuts off nothing: something fires here, or beyond the clause.
const OPEN: u64 = u64::MAX;

/// Marks of classes that tell early whether a rule may fire.
const EARLY: u16 = 96;
/// So many of a language have one of their own: the common ones, with which a rare one must not be mistaken.
const OWN: u16 = 64;
/// All marks; the last bit of a [`ClassSet`] is none.
const MARKS: u16 = 127;

/// The cheapest cuts through a trie: classes of which each way from a node to an end below it needs one, in its clause.
#[derive(Debug)]
pub(super) struct Cuts<'b> {
    builder: &'b Builder,
    /// By class: how common it is in texts. What it says wrongly costs time alone.
    common: &'b [u64],
    /// By node: how common the classes of its cut are together.
    costs: Vec<u64>,
}

impl<'b> Cuts<'b> {
    /// Those of the rules that may begin within a text, or of all.
    pub(super) fn new(builder: &'b Builder, common: &'b [u64], within: bool) -> Self {
        let mut costs = vec![0; builder.nodes.len()];
        for (node, _, ends) in &builder.accepts {
            if let Some(cost) = costs.get_mut(*node as usize).filter(|_| !within || begins_within(*ends)) {
                *cost = OPEN;
            }
        }
        let mut cuts = Self { builder, common, costs };
        // A node comes before those below it.
        for node in (0..position(builder.nodes.len())).rev() {
            let before = |(to, step): (u32, &Step)| match step {
                Step::Class(class) => cuts.cost(to).min(cuts.common(*class)),
                // What stands in other clauses is not looked at.
                Step::Gap(_, true) if cuts.cost(to) > 0 => OPEN,
                _ => cuts.cost(to),
            };
            let cost = builder.children(node).map(before).fold(cuts.cost(node), u64::saturating_add);
            if let Some(own) = cuts.costs.get_mut(node as usize) {
                *own = cost;
            }
        }
        cuts
    }

    fn cost(&self, node: u32) -> u64 {
        self.costs.get(node as usize).copied().unwrap_or(OPEN)
    }

    fn common(&self, class: u16) -> u64 {
        self.common.get(usize::from(class)).copied().unwrap_or(0)
    }

    /// The class that leads to a node, when the cut is there and not below.
    fn at(&self, node: u32) -> Option<u16> {
        match self.builder.nodes.get(node as usize)?.step {
            Step::Class(class) if self.common(class) < self.cost(node) => Some(class),
            _ => None,
        }
    }

    /// Whether each class is in the cuts of some nodes, where these are what the nodes lead to.
    fn through(&self, mut open: Vec<u32>) -> Vec<bool> {
        let mut chosen = vec![false; self.common.len()];
        while let Some(node) = open.pop() {
            match self.at(node).and_then(|class| chosen.get_mut(usize::from(class))) {
                Some(is) => *is = true,
                None => open.extend(self.builder.children(node).map(|(to, _)| to)),
            }
        }
        chosen
    }

    /// Whether each class is an anchor: a rule needs a word of one of the anchors of its language in the clause in which it
    /// begins.
    pub(super) fn anchors(&self) -> Vec<bool> {
        self.through(self.builder.root_nodes().collect())
    }

    /// By node: the marks of its cut.
    pub(super) fn sets(&self, marks: &[u16]) -> Vec<ClassSet> {
        let mut sets = vec![ClassSet::default(); self.costs.len()];
        for node in (0..position(self.costs.len())).rev() {
            let below = self.builder.children(node).map(|(to, _)| match self.at(to) {
                Some(class) => marks.get(usize::from(class)).copied().into_iter().collect(),
                None => sets.get(to as usize).copied().unwrap_or(ClassSet::ANY),
            });
            let set = if self.cost(node) == OPEN {
                ClassSet::ANY
            } else {
                below.fold(ClassSet::default(), ClassSet::with)
            };
            if let Some(own) = sets.get_mut(node as usize) {
                *own = set;
            }
        }
        sets
    }

    /// By class: its mark. Of those that cut the beginnings of rules off, the common ones of a language share theirs with none
    /// and the rare ones with few, of the same kind. `languages` are those of the classes.
    pub(super) fn marks(&self, languages: &[u16]) -> Vec<u16> {
        let cut = self.builder.root_nodes().filter(|root| self.cost(*root) < OPEN);
        let early =
            self.through(cut.flat_map(|root| self.builder.children(root)).map(|(to, _)| to).collect());
        let mut order: Vec<(usize, (&bool, &u16))> = early.iter().zip(languages).enumerate().collect();
        order.sort_by_key(|(class, _)| std::cmp::Reverse(self.common.get(*class).copied().unwrap_or(0)));
        let mut given: FxHashMap<(u16, bool), u16> = FxHashMap::default();
        let mut marks = vec![0; order.len()];
        for (class, (early, language)) in order {
            let count = given.entry((*language, *early)).or_default();
            let mark = match (early, count.checked_sub(OWN)) {
                (true, None) => *count,
                (true, Some(shared)) => OWN + shared % (EARLY - OWN),
                (false, _) => EARLY + *count % (MARKS - EARLY),
            };
            *count += 1;
            marks.get_mut(class).into_iter().for_each(|own| *own = mark);
        }
        marks
    }
}

/// Whether a rule may begin elsewhere than where the text begins.
fn begins_within(ends: Ends) -> bool {
    ends.start != Edge::TEXT
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANYWHERE: Ends = Ends { start: Edge::ANYWHERE, end: Edge::ANYWHERE };

    #[test]
    fn the_rarest_classes_cut_a_node_off() {
        let mut builder = Builder::default();
        let class = Step::Class;
        let rules = [
            vec![class(0), class(1), class(2)],
            vec![class(0), class(3), class(4)],
            vec![class(5), Step::Gap(3, true), class(6)],
        ];
        for (rule, steps) in (0..).zip(&rules) {
            builder.add(steps, rule, ANYWHERE, (0, true));
        }
        let opening = Ends { start: Edge::TEXT, ..ANYWHERE };
        builder.add(&[class(7), class(1)], 9, opening, (0, true));
        let common = [900, 50, 10, 5, 400, 800, 1, 70];
        let cuts = Cuts::new(&builder, &common, false);
        let marks = cuts.marks(&[0; 8]);
        let sets = cuts.sets(&marks);
        let at = |class: usize| sets[builder.roots[class].0 as usize - 1];
        let marked = |classes: &[usize]| classes.iter().map(|class| marks[*class]).collect::<ClassSet>();
        assert_eq!(at(0), marked(&[2, 3]));
        assert_eq!(at(5), ClassSet::ANY, "what it needs may stand in another clause");
        assert_eq!(at(7), marked(&[1]));
        let early: Vec<bool> = marks.iter().map(|mark| *mark < EARLY).collect();
        assert_eq!(early, [false, true, true, true, false, false, false, false]);
        let within = Cuts::new(&builder, &common, true);
        assert_eq!(within.sets(&marks)[builder.roots[7].0 as usize - 1], ClassSet::default());
        assert_eq!(within.anchors(), [false, false, true, true, false, true, false, false]);
        assert_eq!(cuts.anchors(), [false, true, true, true, false, true, false, false]);
    }
}
