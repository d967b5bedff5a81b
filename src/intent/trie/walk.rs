//! The walk over the trie from one word of a text.

use std::ops::Range;

use super::super::class_set::ClassSet;
use super::super::grammar::Edge;
use super::super::lattice::{Lattice, Slot};
use super::super::span::{Group, NO_TOPIC};
use super::chains::{Behind, Chains, Link};
use super::{Hit, Node, Root, Step, Trie};

/// Steps allowed for one word, so that no text is dear: far more than any sentence needs.
const BUDGET: usize = 576;
/// Words skipped between two parts of a pattern.
pub(super) const MAX_SKIPS: u8 = 5;

/// One word of a text from which rules are followed.
pub(super) struct Walk<'a, 't> {
    pub(super) trie: &'a Trie,
    pub(super) lattice: &'a Lattice<'t>,
    pub(super) chains: &'a Chains<'t>,
    pub(super) behind: &'a mut Behind,
    pub(super) hits: &'a mut Vec<Hit>,
    /// The hits that begin at the same word begin here.
    pub(super) begun: usize,
    pub(super) start: usize,
    /// The first link of its language behind the first word; `None` when the language has none of its own.
    pub(super) link: Option<&'a Link<'t>>,
    pub(super) budget: usize,
}

impl<'t> Walk<'_, 't> {
    /// Every rule that begins with a word of a group. `ahead` are the marks behind the word.
    pub(super) fn begin(&mut self, group: &Group, slot: &Slot, ahead: ClassSet) {
        let opens = slot.opens(Edge::TEXT);
        for span in self.lattice.group(group).iter().take(usize::from(group.roots)) {
            let root = self.trie.roots.get(usize::from(span.edge.class));
            let Some(root) = root.filter(|root| root.node > 0 && slot.opens(root.start)) else {
                continue;
            };
            let pos = self.start + usize::from(span.len);
            if (root.may_be_last != 0 || pos < self.lattice.len())
                && (opens || self.trie.sets.get(root.within).meet(ahead))
                && (root.needs_more == 0 || self.goes_on(root, pos))
            {
                self.budget = BUDGET;
                self.arrive(root.node - 1, pos, span.edge.topic, None);
            }
        }
    }

    /// Whether something may follow what a rule begins with, at this place.
    #[inline]
    fn goes_on(&self, root: &Root, pos: usize) -> bool {
        let Some(node) = self.trie.nodes.get(root.node as usize - 1) else { return false };
        let Some(link) = self.link else { return true };
        let onward = self.trie.sets.get(node.onward);
        let leads = |group: &Group| group.overlooked > 0 || group.classes.meet(onward);
        let link = self.chains.seek(link, pos);
        pos < self.chains.end()
            && self.trie.sets.get(node.needs).meet(link.ahead)
            && (self.lattice.slot(pos).is_some_and(|slot| slot.filler > 0)
                || self.chains.links_at(link, pos).any(|link| leads(link.group)))
    }

    /// The marks from a place on to the end of the clause; any where that is not known, as in the clauses behind.
    #[inline]
    fn ahead(&self, pos: usize) -> ClassSet {
        let link = self.link.filter(|_| pos <= self.chains.end());
        link.map_or(ClassSet::ANY, |link| self.chains.seek(link, pos).ahead)
    }

    /// The marks of the clauses behind.
    fn behind(&mut self, language: u16) -> ClassSet {
        self.behind.marks(self.lattice, self.chains.end(), language)
    }

    /// The groups at a place that the walk's language understands.
    #[inline]
    fn each_group(&mut self, pos: usize, admits: u16, mut with: impl FnMut(&mut Self, &'t Group)) {
        match self.link.filter(|_| pos < self.chains.end()) {
            Some(link) => self.chains.links_at(link, pos).for_each(|link| with(self, link.group)),
            None => {
                let groups = self.lattice.groups_of(pos, admits).filter(|group| group.speaks(admits));
                groups.for_each(|group| with(self, group));
            }
        }
    }

    /// Where the clause ends of which the word before a place is.
    #[inline]
    fn end_of_clause(&self, pos: usize) -> usize {
        let end = self.chains.end();
        if pos <= end {
            return end;
        }
        let clause = |at: usize| self.lattice.slot(at).map(|slot| slot.clause);
        let own = clause(pos - 1);
        (pos..self.lattice.len()).find(|at| clause(*at) != own).unwrap_or(self.lattice.len())
    }

    fn arrive(&mut self, at: u32, pos: usize, topic: u16, free: Option<(usize, usize)>) {
        let Some((node, next)) = self.trie.node(at) else { return };
        let accepts = self.trie.accepts.get(node.accepts as usize..next.accepts as usize);
        for accept in accepts.unwrap_or_default() {
            let ends = accept.ends;
            if self.lattice.slot(self.start).is_some_and(|slot| slot.opens(ends.start))
                && self::ends(self.trie, self.lattice, pos, ends.end, node.language())
            {
                let hit = Hit { rule: accept.rule, start: self.start, end: pos, topic, free };
                if !self.hits.get(self.begun..).unwrap_or_default().contains(&hit) {
                    self.hits.push(hit);
                }
            }
        }
        // Most rules end in a leaf.
        if node.classes < next.classes || node.others < next.others {
            self.advance((node, next), pos, topic, free, 0);
        }
    }

    fn advance(
        &mut self,
        (node, next): (&Node, &Node),
        pos: usize,
        topic: u16,
        free: Option<(usize, usize)>,
        skips: u8,
    ) {
        if self.budget == 0 || !self.trie.sets.get(node.needs).meet(self.ahead(pos)) {
            return;
        }
        self.budget -= 1;
        let end = self.end_of_clause(pos);
        if skips == 0 && node.others < next.others {
            let others = self.trie.others.get(node.others as usize..next.others as usize);
            for other in others.unwrap_or_default() {
                match other.step() {
                    Step::Not(list) => {
                        let classes = self.trie.list(list);
                        if !follows(self.trie, self.lattice, pos, classes, node.language()) {
                            self.arrive(other.to, pos, topic, free);
                        }
                    }
                    Step::Gap(count, across) => {
                        let Some(to) = self.trie.node(other.to) else { continue };
                        let needs = self.trie.sets.get(to.0.needs);
                        let last = pos + usize::from(count);
                        let across = across && last >= end && needs.meet(self.behind(to.0.admits()));
                        if !across && !needs.meet(self.ahead(pos)) {
                            continue;
                        }
                        let leap = pos..last + 1;
                        self.leap(to, (leap, end, across), topic, free);
                    }
                    Step::Free => {
                        // Longest first: the words up to the end of the clause.
                        for next in (pos + 1..=pos + 3).rev() {
                            if next <= end {
                                self.arrive(other.to, next, topic, Some((pos, next)));
                            }
                        }
                    }
                    Step::Class(_) => {}
                }
            }
        }
        let Some(slot) = self.lattice.slot(pos).filter(|_| pos < end) else { return };
        let mut lengths = if slot.filler > 0 { 1_u64 << slot.filler.min(63) } else { 0 };
        let onward = self.trie.sets.get(node.onward);
        self.each_group(pos, node.admits(), |walk, group| {
            // Of most words nothing leads on: their classes tell so without a look at the spans.
            if group.classes.meet(onward) {
                walk.follow((node, next), group, pos, topic, free);
            }
            if group.language == node.language() {
                lengths |= u64::from(group.overlooked);
            }
        });
        // A word is often a filler, skipped and a tail at once: each way on is walked once.
        while lengths != 0 && skips < MAX_SKIPS {
            let length = lengths.trailing_zeros();
            lengths &= lengths - 1;
            self.advance((node, next), pos + length as usize, topic, free, skips + 1);
        }
    }

    /// After a gap: the next part must begin at one of these words, which are of the clause up to `end`, or of those behind
    /// as well.
    fn leap(
        &mut self,
        (node, next): (&Node, &Node),
        (words, end, across): (Range<usize>, usize, bool),
        topic: u16,
        free: Option<(usize, usize)>,
    ) {
        let onward = self.trie.sets.get(node.onward);
        let needs = self.trie.sets.get(node.needs);
        let mut from = words.start;
        if let Some(first) = self.link.filter(|_| from < self.chains.end()) {
            for link in self.chains.links_within(first, words.clone()) {
                if self.budget == 0 || !needs.meet(link.ahead) {
                    break;
                }
                self.budget -= 1;
                if link.group.classes.meet(onward) {
                    self.follow((node, next), link.group, link.at(), topic, free);
                }
            }
            from = end;
        }
        let end = if across { self.lattice.len() } else { end };
        for pos in from..end.min(words.end) {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.each_group(pos, node.admits(), |walk, group| {
                if group.classes.meet(onward) {
                    walk.follow((node, next), group, pos, topic, free);
                }
            });
        }
    }

    /// Every way on with a word of a group.
    fn follow(
        &mut self,
        (node, next): (&Node, &Node),
        group: &Group,
        pos: usize,
        topic: u16,
        free: Option<(usize, usize)>,
    ) {
        let (lattice, onward) = (self.lattice, self.trie.sets.get(node.onward));
        for span in lattice.group(group) {
            if onward.has(span.edge.class)
                && let Some(to) = self.trie.child((node, next), span.edge.class)
            {
                let topic = if topic == NO_TOPIC { span.edge.topic } else { topic };
                self.arrive(to, pos + usize::from(span.len), topic, free);
            }
        }
    }
}

/// Whether the next word that counts is of one of the classes.
pub(super) fn follows(
    trie: &Trie,
    lattice: &Lattice<'_>,
    pos: usize,
    classes: &[u16],
    language: u16,
) -> bool {
    let overlooked = trie.overlooked(language);
    let clause = pos.checked_sub(1).and_then(|at| lattice.slot(at)).map(|s| s.clause);
    let mut at = pos;
    for _ in 0..=MAX_SKIPS {
        if lattice.slot(at).map(|s| s.clause) != clause {
            return false;
        }
        if lattice.spans_of(at, language).any(|s| classes.contains(&s.edge.class)) {
            return true;
        }
        let skip = lattice
            .spans_of(at, language)
            .filter(|s| overlooked.has(s.edge.class))
            .map(|s| s.len)
            .chain(lattice.slot(at).map(|s| s.filler))
            .max()
            .unwrap_or(0);
        if skip == 0 {
            return false;
        }
        at += usize::from(skip);
    }
    false
}

/// Whether nothing that counts stands between a place and the end of its clause, or of the text.
pub(super) fn ends(trie: &Trie, lattice: &Lattice<'_>, pos: usize, edge: Edge, language: u16) -> bool {
    if edge == Edge::ANYWHERE {
        return true;
    }
    let tail = trie.overlooked(language).tail;
    let clause = pos.checked_sub(1).and_then(|at| lattice.slot(at)).map(|s| s.clause);
    let mut at = pos;
    while let Some(slot) = lattice.slot(at) {
        if edge == Edge::CLAUSE && Some(slot.clause) != clause {
            return true;
        }
        let tails = lattice.spans_of(at, language).filter(|s| s.edge.class == tail).map(|s| s.len);
        let step = tails.chain([slot.filler]).max().unwrap_or(0);
        if step == 0 {
            return false;
        }
        at += usize::from(step);
    }
    true
}
