//! All patterns of all languages in one trie, and the walk over it.

use super::grammar::Edge;
use super::lattice::Lattice;
use super::vocabulary::NO_TOPIC;

/// Steps allowed for one text, so that no text is dear: far more than any sentence needs.
const BUDGET_PER_WORD: usize = 64;
const BUDGET: usize = 512;
/// Words skipped between two parts of a pattern.
const MAX_SKIPS: u8 = 5;

/// One part of a sequence, with classes by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A word or phrase of the class.
    Class(u16),
    /// Up to so many words; across clauses when true.
    Gap(u8, bool),
    /// The next word that counts is of none of these classes.
    Not(Vec<u16>),
    /// One to three words that name a topic.
    Free,
}

/// The classes that a language's patterns overlook.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Overlooked {
    /// Between parts.
    pub(super) skip: Option<u16>,
    /// Between parts and before the end.
    pub(super) tail: Option<u16>,
}

/// Where a rule may fire.
#[derive(Debug, Clone, Copy)]
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
    /// The topic's number, or [`NO_TOPIC`].
    pub(super) topic: u16,
    /// The words that name a free topic.
    pub(super) free: Option<(usize, usize)>,
}

#[derive(Debug, Default)]
struct Node {
    classes: Vec<(u16, u32)>,
    others: Vec<(Step, u32)>,
    accepts: Vec<(u32, Ends)>,
    language: u16,
}

impl Node {
    fn child(&self, class: u16) -> Option<u32> {
        let at = self.classes.binary_search_by_key(&class, |(c, _)| *c).ok()?;
        self.classes.get(at).map(|(_, to)| *to)
    }
}

/// The trie.
#[derive(Debug, Default)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    /// By class: its node plus one, or 0.
    roots: Vec<u32>,
    overlooked: Vec<Overlooked>,
}

impl Trie {
    /// An empty trie; what each language overlooks, by its number.
    pub(super) fn new(overlooked: Vec<Overlooked>) -> Self {
        Self { overlooked, ..Self::default() }
    }

    /// Adds a sequence that begins with a class.
    pub(super) fn add(&mut self, steps: &[Step], rule: u32, ends: Ends, language: u16) {
        let Some((Step::Class(first), rest)) = steps.split_first() else { return };
        let place = usize::from(*first);
        if self.roots.len() <= place {
            self.roots.resize(place + 1, 0);
        }
        let mut at = match self.roots.get(place) {
            Some(&node) if node > 0 => node - 1,
            _ => {
                let node = self.grow(language);
                if let Some(root) = self.roots.get_mut(place) {
                    *root = node + 1;
                }
                node
            }
        };
        for step in rest {
            let known = self.nodes.get(at as usize).and_then(|node| match step {
                Step::Class(class) => node.child(*class),
                other => node.others.iter().find(|(s, _)| s == other).map(|(_, to)| *to),
            });
            at = known.unwrap_or_else(|| {
                let to = self.grow(language);
                if let Some(node) = self.nodes.get_mut(at as usize) {
                    match step {
                        Step::Class(class) => {
                            let place = node.classes.partition_point(|(c, _)| c < class);
                            node.classes.insert(place, (*class, to));
                        }
                        other => node.others.push((other.clone(), to)),
                    }
                }
                to
            });
        }
        if let Some(node) = self.nodes.get_mut(at as usize) {
            node.accepts.push((rule, ends));
        }
    }

    fn grow(&mut self, language: u16) -> u32 {
        self.nodes.push(Node { language, ..Node::default() });
        u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)
    }

    /// Every rule that fires on the text.
    pub(super) fn run(&self, lattice: &Lattice, hits: &mut Vec<Hit>) {
        for start in 0..lattice.len() {
            for span in lattice.spans(start) {
                if let Some(node) =
                    self.roots.get(usize::from(span.edge.class)).and_then(|n| n.checked_sub(1))
                {
                    let budget = BUDGET + BUDGET_PER_WORD;
                    let mut walk = Walk { trie: self, lattice, hits, start, budget };
                    walk.arrive(node, start + span.len as usize, span.edge.topic, None);
                }
            }
        }
    }
}

struct Walk<'a> {
    trie: &'a Trie,
    lattice: &'a Lattice,
    hits: &'a mut Vec<Hit>,
    start: usize,
    budget: usize,
}

impl Walk<'_> {
    fn arrive(&mut self, at: u32, pos: usize, topic: u16, free: Option<(usize, usize)>) {
        let Some(node) = self.trie.nodes.get(at as usize) else { return };
        for &(rule, ends) in &node.accepts {
            if starts(self.lattice, self.start, ends.start) && self.ends(pos, ends.end, node.language) {
                let hit = Hit { rule, start: self.start, end: pos, topic, free };
                if !self.hits.contains(&hit) {
                    self.hits.push(hit);
                }
            }
        }
        self.advance(node, pos, topic, free, 0);
    }

    fn advance(&mut self, node: &Node, pos: usize, topic: u16, free: Option<(usize, usize)>, skips: u8) {
        if self.budget == 0 || (node.classes.is_empty() && node.others.is_empty()) {
            return;
        }
        self.budget -= 1;
        let clause = pos.checked_sub(1).and_then(|at| self.lattice.slot(at)).map(|s| s.clause);
        let same_clause = |at: usize| self.lattice.slot(at).map(|s| s.clause) == clause;
        if skips == 0 {
            for (step, to) in &node.others {
                match step {
                    Step::Not(classes) if !self.follows(pos, classes, node.language) => {
                        self.arrive(*to, pos, topic, free);
                    }
                    Step::Gap(count, across) => {
                        for next in pos..=pos + usize::from(*count) {
                            if !(*across && next < self.lattice.len() || same_clause(next)) {
                                break;
                            }
                            self.leap(*to, next, topic, free);
                        }
                    }
                    Step::Free => {
                        // Longest first: the words up to the end of the clause.
                        for next in (pos + 1..=pos + 3).rev() {
                            if (pos..next).all(same_clause) {
                                self.arrive(*to, next, topic, Some((pos, next)));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        if !same_clause(pos) {
            return;
        }
        let overlooked = self.trie.overlooked.get(node.language as usize).copied().unwrap_or_default();
        let filler = self.lattice.slot(pos).map_or(0, |s| s.filler);
        let mut lengths = if filler > 0 { 1_u64 << filler.min(63) } else { 0 };
        for span in self.lattice.spans(pos) {
            let class = span.edge.class;
            if let Some(to) = node.child(class) {
                let topic = if topic == NO_TOPIC { span.edge.topic } else { topic };
                self.arrive(to, pos + span.len as usize, topic, free);
            }
            if overlooked.skip == Some(class) || overlooked.tail == Some(class) {
                lengths |= 1_u64 << span.len.min(63);
            }
        }
        // A word is often a filler, skipped and a tail at once: each way on is walked once.
        while lengths != 0 && skips < MAX_SKIPS {
            let length = lengths.trailing_zeros();
            lengths &= lengths - 1;
            self.advance(node, pos + length as usize, topic, free, skips + 1);
        }
    }

    /// After a gap: the next part must begin exactly here, in whatever clause.
    fn leap(&mut self, to: u32, pos: usize, topic: u16, free: Option<(usize, usize)>) {
        let Some(node) = self.trie.nodes.get(to as usize) else { return };
        if self.budget == 0 {
            return;
        }
        self.budget -= 1;
        for span in self.lattice.spans(pos) {
            if let Some(next) = node.child(span.edge.class) {
                let topic = if topic == NO_TOPIC { span.edge.topic } else { topic };
                self.arrive(next, pos + span.len as usize, topic, free);
            }
        }
    }

    /// Whether the next word that counts is of one of the classes.
    fn follows(&self, pos: usize, classes: &[u16], language: u16) -> bool {
        let overlooked = self.trie.overlooked.get(language as usize).copied().unwrap_or_default();
        let clause = pos.checked_sub(1).and_then(|at| self.lattice.slot(at)).map(|s| s.clause);
        let mut at = pos;
        for _ in 0..=MAX_SKIPS {
            if self.lattice.slot(at).map(|s| s.clause) != clause {
                return false;
            }
            let spans = self.lattice.spans(at);
            if spans.iter().any(|s| classes.contains(&s.edge.class)) {
                return true;
            }
            let skip = spans
                .iter()
                .filter(|s| overlooked.skip == Some(s.edge.class) || overlooked.tail == Some(s.edge.class))
                .map(|s| s.len)
                .chain(self.lattice.slot(at).map(|s| s.filler))
                .max()
                .unwrap_or(0);
            if skip == 0 {
                return false;
            }
            at += usize::from(skip);
        }
        false
    }

    fn ends(&self, pos: usize, edge: Edge, language: u16) -> bool {
        if edge == Edge::Anywhere {
            return true;
        }
        let tail = self.trie.overlooked.get(language as usize).and_then(|o| o.tail);
        let clause = pos.checked_sub(1).and_then(|at| self.lattice.slot(at)).map(|s| s.clause);
        let mut at = pos;
        while let Some(slot) = self.lattice.slot(at) {
            if edge == Edge::Clause && Some(slot.clause) != clause {
                return true;
            }
            let tails = self.lattice.spans(at).iter().filter(|s| Some(s.edge.class) == tail).map(|s| s.len);
            let step = tails.chain([slot.filler]).max().unwrap_or(0);
            if step == 0 {
                return false;
            }
            at += usize::from(step);
        }
        true
    }
}

fn starts(lattice: &Lattice, pos: usize, edge: Edge) -> bool {
    if edge == Edge::Anywhere {
        return true;
    }
    let clause = lattice.slot(pos).map(|s| s.clause);
    let counts = |at: &usize| {
        lattice.slot(*at).is_some_and(|s| !s.covered && (edge == Edge::Text || Some(s.clause) == clause))
    };
    let before =
        (0..pos).rev().take_while(|at| edge == Edge::Text || lattice.slot(*at).map(|s| s.clause) == clause);
    !before.into_iter().any(|at| counts(&at))
}
