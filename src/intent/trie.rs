//! All patterns of all languages in one trie, and the walk over it.

mod builder;
mod chains;
mod walk;

pub(super) use builder::Builder;

use std::ops::Range;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::blob::pack;
use super::class_set::{ClassSet, ClassSets};
use super::grammar::Edge;
use super::lattice::{Lattice, Slot};
use super::span::{Languages, NO_LANGUAGE};
use super::table::Table;
use chains::{Behind, Chains, Link};
use walk::Walk;

/// One part of a sequence, with classes by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A word or phrase of the class.
    Class(u16),
    /// Up to so many words; across clauses when true.
    Gap(u16, bool),
    /// The next word that counts is of none of the classes of a list: its number.
    Not(u16),
    /// One to three words that name a topic.
    Free,
}

/// The classes that a language's patterns overlook.
#[derive(Debug, Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Overlooked {
    /// Between parts; [`NO_CLASS`] when the language has no such words.
    pub(super) skip: u16,
    /// Between parts and before the end; [`NO_CLASS`] as well.
    pub(super) tail: u16,
}

/// No class.
pub(super) const NO_CLASS: u16 = u16::MAX;

impl Default for Overlooked {
    fn default() -> Self {
        Self { skip: NO_CLASS, tail: NO_CLASS }
    }
}

impl Overlooked {
    /// Whether the words of a class are.
    #[inline]
    pub(super) fn has(self, class: u16) -> bool {
        self.skip == class || self.tail == class
    }
}

/// Where a rule may fire.
#[derive(Debug, Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Ends {
    /// Its start.
    pub(super) start: Edge,
    /// Its end.
    pub(super) end: Edge,
}

/// A rule that fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// The rule's number.
    pub(super) rule: u32,
    /// Its first word.
    pub(super) start: usize,
    /// The word after its last.
    pub(super) end: usize,
    /// The topic's number, or [`NO_TOPIC`](super::span::NO_TOPIC).
    pub(super) topic: u16,
    /// The words that name a free topic.
    pub(super) free: Option<(usize, usize)>,
}

/// One node: where its lists begin. Each ends where that of the next node begins.
#[derive(Debug, Clone, Copy, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
struct Node {
    /// A bit for each class that leads on from here, by the number of the set.
    onward: u16,
    /// Nothing below fires unless one of these marks is ahead in the clause, by the number of the set.
    needs: u16,
    classes: u32,
    accepts: u32,
    others: u16,
    /// The language, and [`ALL_ADMITTED`].
    language: u16,
}

/// Set beside the language of a node when words of all languages lead on from it: what begins with digits is of several.
const ALL_ADMITTED: u16 = 1 << 15;

impl Node {
    /// Whose `skip` and `tail` are overlooked here.
    #[inline]
    fn language(&self) -> u16 {
        self.language & !ALL_ADMITTED
    }

    /// Whose words lead on from here; all when it is of no language.
    #[inline]
    fn admits(&self) -> u16 {
        if self.language & ALL_ADMITTED == 0 { self.language } else { NO_LANGUAGE }
    }
}

/// Where the rules begin that begin with a class.
#[derive(Debug, Clone, Copy, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
struct Root {
    /// The node plus one, or 0.
    node: u32,
    /// 1 when nothing can come of the class alone: a word of the same language must follow.
    needs_more: u16,
    /// 1 when a rule may fire though the text ends there.
    may_be_last: u16,
    /// Nothing fires that begins within the text unless one of these marks is ahead in the clause, by the number of the set.
    within: u16,
    /// Where all of them begin.
    start: Edge,
}

/// A rule that fires at a node.
#[derive(Debug, Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
struct Accept {
    rule: u32,
    ends: Ends,
}

/// A way on that is no class.
#[derive(Debug, Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
struct Other {
    /// What kind of step it is.
    kind: u16,
    /// How many words, or which list.
    detail: u16,
    /// The node to which it leads.
    to: u32,
}

impl Other {
    const GAP: u16 = 0;
    const LEAP: u16 = 1;
    const NOT: u16 = 2;
    const FREE: u16 = 3;

    /// `None` of a class.
    fn new(step: Step, to: u32) -> Option<Self> {
        let (kind, detail) = match step {
            Step::Gap(count, false) => (Self::GAP, count),
            Step::Gap(count, true) => (Self::LEAP, count),
            Step::Not(list) => (Self::NOT, list),
            Step::Free => (Self::FREE, 0),
            Step::Class(_) => return None,
        };
        Some(Self { kind, detail, to })
    }

    #[inline]
    fn step(self) -> Step {
        match self.kind {
            Self::GAP => Step::Gap(self.detail, false),
            Self::LEAP => Step::Gap(self.detail, true),
            Self::NOT => Step::Not(self.detail),
            _ => Step::Free,
        }
    }
}

/// So many links' room is kept from one text to the next.
const KEPT: usize = 1024;

/// Room for the clauses of a text, used again for the next text. Without it each text asks the allocator for a few large
/// blocks, for which glibc then tidies up all small ones.
#[derive(Debug, Default)]
pub(super) struct Room(Vec<Link<'static>>);

/// The trie, complete.
#[derive(Debug, Default)]
pub(super) struct Trie {
    /// One more than there are, for the last one's ends.
    nodes: Table<Node>,
    /// The classes that lead on, sorted within a node, and where each leads.
    classes: Table<u16>,
    targets: Table<u32>,
    others: Table<Other>,
    accepts: Table<Accept>,
    /// The sets of nodes and roots.
    sets: ClassSets,
    /// The lists of classes that must not follow, one after another, and where each ends.
    lists: Table<u16>,
    list_ends: Table<u32>,
    /// By class.
    roots: Table<Root>,
    /// By language.
    overlooked: Table<Overlooked>,
}

pack!(Trie { nodes, classes, targets, others, accepts, sets, lists, list_ends, roots, overlooked });

impl Trie {
    /// What a language overlooks.
    #[inline]
    pub(super) fn overlooked(&self, language: u16) -> Overlooked {
        self.overlooked.get(usize::from(language)).copied().unwrap_or_default()
    }

    #[inline]
    fn node(&self, at: u32) -> Option<(&Node, &Node)> {
        node_and_next(&self.nodes, at)
    }

    #[inline]
    fn child(&self, (node, next): (&Node, &Node), class: u16) -> Option<u32> {
        let from = node.classes as usize;
        let classes = self.classes.get(from..next.classes as usize)?;
        let at = classes.binary_search(&class).ok()?;
        self.targets.get(from + at).copied()
    }

    /// The classes of a list.
    #[inline]
    fn list(&self, number: u16) -> &[u16] {
        let at = usize::from(number);
        let from =
            at.checked_sub(1).and_then(|before| self.list_ends.get(before)).map_or(0, |end| *end as usize);
        let to = self.list_ends.get(at).map_or(from, |end| *end as usize);
        self.lists.get(from..to).unwrap_or_default()
    }

    /// Every rule that fires on the text.
    pub(super) fn run(&self, lattice: &Lattice<'_>, room: &mut Room, hits: &mut Vec<Hit>) {
        let mut chains = Chains::new(std::mem::take(&mut room.0));
        let mut end = lattice.len();
        let mut behind = Behind::new(end);
        // From the last, so that it is known what stands in those behind.
        for words in lattice.clauses().rev() {
            let clause = end - words.len()..end;
            end = clause.start;
            let languages = beginning_in(lattice, words);
            if !languages.are_none() {
                chains.reset(clause.end);
                self.run_clause(lattice, (clause, languages), (&mut chains, &mut behind), hits);
            }
        }
        room.0 = emptied(chains.into_links());
    }

    fn run_clause<'t>(
        &self,
        lattice: &Lattice<'t>,
        (clause, languages): (Range<usize>, Languages),
        (chains, behind): (&mut Chains<'t>, &mut Behind),
        hits: &mut Vec<Hit>,
    ) {
        // Digits are of every language.
        let chained = languages.with(Languages::SHARED);
        // From the end, so that it is known what stands ahead.
        for start in clause.rev() {
            let Some(slot) = lattice.slot(start) else { continue };
            let spoken = lattice.spoken(slot);
            let all = lattice.lists(slot);
            if !spoken.begins.both(languages).are_none() {
                let (opens, begun) = (slot.opens(Edge::TEXT), hits.len());
                for groups in all {
                    for group in groups {
                        if group.roots > 0 && languages.has(group.language) {
                            let link = chains.first(group.language);
                            let ahead = link.map_or(ClassSet::ANY, |link| link.ahead);
                            if opens || group.needs.meet(ahead) {
                                Walk {
                                    trie: self,
                                    lattice,
                                    chains,
                                    behind,
                                    hits,
                                    begun,
                                    start,
                                    link,
                                    budget: 0,
                                }
                                .begin(group, slot, ahead);
                            }
                        }
                    }
                }
            }
            if !spoken.languages.both(chained).are_none() {
                let at = chains::place(start);
                let [alone, more] = all;
                for groups in [more, alone] {
                    for group in groups.iter().rev() {
                        if chained.has(group.language) {
                            chains.add(at, group, languages);
                        }
                    }
                }
            }
        }
    }
}

/// The languages of which a rule may begin in a clause. Small words begin rules in twenty languages at once, and most have
/// nothing to say here: no anchor of theirs follows, as far as the clause goes.
fn beginning_in(lattice: &Lattice<'_>, clause: &[Slot]) -> Languages {
    // Digits begin rules of any language.
    let (mut anchored, mut languages) = (Languages::SHARED, Languages::default());
    for slot in clause.iter().rev() {
        let spoken = lattice.spoken(slot);
        anchored = anchored.with(spoken.anchors);
        languages = languages.with(spoken.begins.both(anchored));
    }
    languages
}

/// A node and the one behind, where its lists end.
#[inline]
fn node_and_next(nodes: &[Node], at: u32) -> Option<(&Node, &Node)> {
    match nodes.get(at as usize..) {
        Some([node, next, ..]) => Some((node, next)),
        _ => None,
    }
}

/// The room of a list, for a list of what is laid out alike but borrowed from elsewhere: collecting in place keeps it.
fn emptied<T, U>(mut list: Vec<T>) -> Vec<U> {
    list.clear();
    list.shrink_to(KEPT);
    list.into_iter().filter_map(|_| None).collect()
}

#[cfg(test)]
mod tests;
