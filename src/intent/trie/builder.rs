//! The trie while it grows, and how it is laid out flat.

mod cut;

use rustc_hash::FxHashMap;

use cut::Cuts;

use super::super::class_set::{ClassSet, Numbering};
use super::super::grammar::Edge;
use super::super::span::{Standing, Standings};
use super::{ALL_ADMITTED, Accept, Ends, Node, Other, Overlooked, Root, Step, Trie, node_and_next};

/// A trie that grows.
#[derive(Debug, Default)]
pub(in super::super) struct Builder {
    nodes: Vec<Growing>,
    /// By class: its node plus one, or 0, and where all sequences below begin.
    roots: Vec<(u32, Edge)>,
    /// The children that a class leads to: small words have hundreds.
    by_class: FxHashMap<(u32, u16), u32>,
    accepts: Vec<(u32, u32, Ends)>,
    /// The lists of classes that must not follow.
    lists: FxHashMap<Vec<u16>, u16>,
}

/// The first child, and the next child of the same parent, as node plus one; 0 for none.
#[derive(Debug)]
struct Growing {
    step: Step,
    child: u32,
    sibling: u32,
    language: u16,
    /// Whether it begins with a class of the language.
    own: bool,
}

impl Builder {
    /// Adds a sequence that begins with a class, which is of the sequence's language or, when not `own`, of none.
    pub(in super::super) fn add<'s>(
        &mut self,
        steps: impl IntoIterator<Item = &'s Step>,
        rule: u32,
        ends: Ends,
        (language, own): (u16, bool),
    ) {
        let mut steps = steps.into_iter();
        let Some(Step::Class(first)) = steps.next() else { return };
        let place = usize::from(*first);
        if self.roots.len() <= place {
            self.roots.resize(place + 1, (0, ends.start));
        }
        let mut at = match self.roots.get(place) {
            Some(&(node, _)) if node > 0 => node - 1,
            _ => {
                let node = self.grow(Step::Class(*first), 0, (language, own));
                if let Some(root) = self.roots.get_mut(place) {
                    *root = (node + 1, ends.start);
                }
                node
            }
        };
        if let Some((_, start)) = self.roots.get_mut(place) {
            *start = ends.start.min(*start);
        }
        for step in steps {
            at = self.child(at, step).unwrap_or_else(|| {
                let sibling = self.nodes.get(at as usize).map_or(0, |node| node.child);
                let to = self.grow(*step, sibling, (language, own));
                if let Some(node) = self.nodes.get_mut(at as usize) {
                    node.child = to + 1;
                }
                if let Step::Class(class) = step {
                    self.by_class.insert((at, *class), to);
                }
                to
            });
        }
        self.accepts.push((at, rule, ends));
    }

    /// The number of a list of classes for [`Step::Not`]; `None` when there are no more numbers.
    pub(in super::super) fn number_of(&mut self, classes: Vec<u16>) -> Option<u16> {
        let next = u16::try_from(self.lists.len()).ok()?;
        Some(*self.lists.entry(classes).or_insert(next))
    }

    fn grow(&mut self, step: Step, sibling: u32, (language, own): (u16, bool)) -> u32 {
        self.nodes.push(Growing { step, child: 0, sibling, language, own });
        position(self.nodes.len() - 1)
    }

    fn children(&self, of: u32) -> impl Iterator<Item = (u32, &Step)> {
        let mut at = self.nodes.get(of as usize).map_or(0, |node| node.child);
        std::iter::from_fn(move || {
            let node = at.checked_sub(1)?;
            let growing = self.nodes.get(node as usize)?;
            at = growing.sibling;
            Some((node, &growing.step))
        })
    }

    fn child(&self, of: u32, step: &Step) -> Option<u32> {
        match step {
            Step::Class(class) => self.by_class.get(&(of, *class)).copied(),
            other => self.children(of).find(|(_, own)| *own == other).map(|(node, _)| node),
        }
    }

    /// The nodes with which rules begin.
    fn root_nodes(&self) -> impl Iterator<Item = u32> {
        self.roots.iter().filter_map(|(node, _)| node.checked_sub(1))
    }

    /// Lays it out flat. `overlooked` is what each language overlooks, by its number; `languages` are those of the classes,
    /// and `common` says how common each class is in texts. `None` when there is too much of it to be numbered.
    pub(in super::super) fn finish(
        mut self,
        overlooked: Vec<Overlooked>,
        languages: &[u16],
        common: &[u64],
    ) -> Option<(Trie, Standings)> {
        if overlooked.len() > usize::from(ALL_ADMITTED) {
            return None;
        }
        let (cuts, within) = (Cuts::new(&self, common, false), Cuts::new(&self, common, true));
        let marks = within.marks(languages);
        let (needs, needs_within) = (cuts.sets(&marks), within.sets(&marks));
        let anchors = cuts.anchors().into_iter();
        let standing = |(mark, anchors): (&u16, bool)| Standing {
            mark: *mark,
            anchors: u16::from(anchors),
            ..Standing::default()
        };
        let mut classes_stand: Vec<Standing> = marks.iter().zip(anchors).map(standing).collect();
        let mut sets = Numbering::default();
        let mut nodes: Vec<Node> = Vec::with_capacity(self.nodes.len() + 1);
        let (mut ways, mut targets) = (Vec::new(), Vec::new());
        let (mut others, mut accepts, mut roots) = (Vec::new(), Vec::new(), Vec::new());
        // Those of one node keep their order.
        self.accepts.sort_by_key(|(node, ..)| *node);
        let mut accepted = self.accepts.iter().peekable();
        let mut classes: Vec<(u16, u32)> = Vec::new();
        for ((growing, at), needs) in self.nodes.iter().zip(0_u32..).zip(needs) {
            let begun = (ways.len(), others.len(), accepts.len());
            classes.clear();
            for (to, step) in self.children(at) {
                match step {
                    Step::Class(class) => classes.push((*class, to)),
                    other => others.extend(Other::new(*other, to)),
                }
            }
            classes.sort_unstable();
            // Siblings are chained from the last to the first.
            others.get_mut(begun.1..).unwrap_or_default().reverse();
            ways.extend(classes.iter().map(|(class, _)| *class));
            targets.extend(classes.iter().map(|(_, to)| *to));
            while let Some((_, rule, ends)) = accepted.next_if(|(node, ..)| *node == at) {
                accepts.push(Accept { rule: *rule, ends: *ends });
            }
            nodes.push(Node {
                onward: sets.number(classes.iter().map(|(class, _)| *class).collect::<ClassSet>()),
                needs: sets.number(needs),
                classes: position(begun.0),
                others: u16::try_from(begun.1).ok()?,
                accepts: position(begun.2),
                language: growing.language | if growing.own { 0 } else { ALL_ADMITTED },
            });
        }
        nodes.push(Node {
            classes: position(ways.len()),
            others: u16::try_from(others.len()).ok()?,
            accepts: position(accepts.len()),
            ..Node::default()
        });
        let mut needs = Numbering::default();
        for (place, (node, start)) in self.roots.iter().enumerate() {
            let at = node.checked_sub(1);
            let bounds = at.and_then(|at| node_and_next(&nodes, at));
            let within = at.and_then(|at| needs_within.get(at as usize)).copied().unwrap_or_default();
            let accepts = bounds.is_some_and(|(node, next)| node.accepts < next.accepts);
            let own =
                bounds.and_then(|(n, next)| others.get(usize::from(n.others)..usize::from(next.others)));
            let own = own.unwrap_or_default();
            // All other steps take words.
            let may_be_last = accepts || own.iter().any(|other| matches!(other.step(), Step::Not(_)));
            roots.push(Root {
                node: *node,
                needs_more: u16::from(!accepts && own.is_empty()),
                may_be_last: u16::from(may_be_last),
                within: sets.number(within),
                start: *start,
            });
            if let Some(standing) = classes_stand.get_mut(place).filter(|_| *node > 0) {
                (standing.begins, standing.needs) = (1, needs.number(within));
            }
        }
        let mut lists: Vec<(Vec<u16>, u16)> = self.lists.into_iter().collect();
        lists.sort_unstable_by_key(|(_, number)| *number);
        let (mut listed, mut list_ends) = (Vec::new(), Vec::new());
        for (classes, _) in lists {
            listed.extend(classes);
            list_ends.push(position(listed.len()));
        }
        let trie = Trie {
            nodes: nodes.into(),
            classes: ways.into(),
            targets: targets.into(),
            others: others.into(),
            accepts: accepts.into(),
            sets: sets.finish(),
            lists: listed.into(),
            list_ends: list_ends.into(),
            roots: roots.into(),
            overlooked: overlooked.into(),
        };
        Some((trie, Standings { classes: classes_stand.into(), needs: needs.finish() }))
    }
}

fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
