//! The walk against a slow one that knows no short cut.

use std::collections::BTreeSet;

use super::super::eval;
use super::super::lattice::{Lattice, Room};
use super::super::span::NO_TOPIC;
use super::super::tokens;
use super::super::{Lexicon, grammar::Edge};
use super::walk::{self, MAX_SKIPS};
use super::{Accept, Hit, Step, Trie};

type Seen = (u32, usize, usize, u16, Option<(usize, usize)>);

/// Every way through the trie, looking at every span and every child of every node.
struct Slow<'a> {
    trie: &'a Trie,
    lattice: &'a Lattice<'a>,
    start: usize,
    seen: BTreeSet<Seen>,
    steps: usize,
}

/// A text on which the slow walk takes more steps may meet the budget of the fast one.
const FEW: usize = 500;

impl Slow<'_> {
    fn clause(&self, at: usize) -> Option<u32> {
        self.lattice.slot(at).map(|slot| slot.clause)
    }

    fn uncovered(&self, at: usize) -> bool {
        self.lattice.counts(at)
    }

    fn begins(&self, edge: Edge) -> bool {
        let own = self.clause(self.start);
        match edge {
            Edge::ANYWHERE => true,
            Edge::CLAUSE => !(0..self.start).any(|at| self.clause(at) == own && self.uncovered(at)),
            _ => !(0..self.start).any(|at| self.uncovered(at)),
        }
    }

    fn arrive(&mut self, at: u32, pos: usize, topic: u16, free: Option<(usize, usize)>) {
        let trie = self.trie;
        let (node, next) = trie.node(at).unwrap();
        for accept in &trie.accepts[node.accepts as usize..next.accepts as usize] {
            let Accept { rule, ends } = *accept;
            let ended = walk::ends(trie, self.lattice, pos, ends.end, node.language);
            if self.begins(ends.start) && ended {
                self.seen.insert((rule, self.start, pos, topic, free));
            }
        }
        self.advance(at, pos, topic, free, 0);
    }

    fn children(&mut self, at: u32, pos: usize, topic: u16, free: Option<(usize, usize)>) {
        let trie = self.trie;
        let (node, next) = trie.node(at).unwrap();
        for span in self.lattice.spans(pos) {
            for child in node.classes as usize..next.classes as usize {
                if trie.classes[child] == span.edge.class {
                    let topic = if topic == NO_TOPIC { span.edge.topic } else { topic };
                    self.arrive(trie.targets[child], pos + usize::from(span.len), topic, free);
                }
            }
        }
    }

    fn advance(&mut self, at: u32, pos: usize, topic: u16, free: Option<(usize, usize)>, skips: u8) {
        self.steps += 1;
        let trie = self.trie;
        let (node, next) = trie.node(at).unwrap();
        let clause = self.clause(pos - 1);
        if skips == 0 {
            for other in &trie.others[node.others as usize..next.others as usize] {
                let to = other.to;
                match other.step() {
                    Step::Class(_) => unreachable!("classes are not among the others"),
                    Step::Not(list) => {
                        if !walk::follows(trie, self.lattice, pos, trie.list(list), node.language) {
                            self.arrive(to, pos, topic, free);
                        }
                    }
                    Step::Gap(count, across) => {
                        for gap in 0..=usize::from(count) {
                            let inside = pos + gap < self.lattice.len();
                            if !inside || !(across || self.clause(pos + gap) == clause) {
                                break;
                            }
                            self.steps += 1;
                            self.children(to, pos + gap, topic, free);
                        }
                    }
                    Step::Free => {
                        for end in (pos + 1..=pos + 3).rev() {
                            if (pos..end).all(|at| self.clause(at) == clause) {
                                self.arrive(to, end, topic, Some((pos, end)));
                            }
                        }
                    }
                }
            }
        }
        if self.clause(pos) != clause {
            return;
        }
        self.children(at, pos, topic, free);
        let overlooked = trie.overlooked(node.language);
        let spans =
            self.lattice.spans(pos).filter(|span| overlooked.has(span.edge.class)).map(|span| span.len);
        let filler = self.lattice.slot(pos).map(|slot| slot.filler).filter(|filler| *filler > 0);
        let lengths: BTreeSet<u16> = spans.chain(filler).collect();
        for length in lengths.into_iter().filter(|_| skips < MAX_SKIPS) {
            self.advance(at, pos + usize::from(length), topic, free, skips + 1);
        }
    }
}

#[test]
fn every_short_cut_leads_to_the_same_rules() {
    let lexicon = Lexicon::builtin().unwrap();
    let tables = lexicon.tables();
    let phrases = eval::read(include_str!("../../../tests/data/phrases.tsv")).unwrap();
    let (mut room, mut clauses, mut hits, mut compared) =
        (Room::default(), super::Room::default(), Vec::new(), 0);
    for pair in phrases.chunks(2) {
        // Two phrases in a row, so that there are several clauses and languages.
        let text = pair.iter().map(|phrase| phrase.text.as_str()).collect::<Vec<_>>().join(". ");
        let lattice = room.build(&tokens::read(&text), &tables.vocabulary, &tables.special);
        hits.clear();
        tables.trie.run(&lattice, &mut clauses, &mut hits);
        let fast: BTreeSet<Seen> =
            hits.iter().map(|h: &Hit| (h.rule, h.start, h.end, h.topic, h.free)).collect();
        assert_eq!(fast.len(), hits.len(), "a rule fired twice on the same words: {text}");
        let mut slow = BTreeSet::new();
        let mut few = true;
        for start in 0..lattice.len() {
            for span in lattice.spans(start) {
                let root = tables.trie.roots.get(usize::from(span.edge.class)).copied().unwrap_or_default();
                if root.node > 0 {
                    let mut walk = Slow {
                        trie: &tables.trie,
                        lattice: &lattice,
                        start,
                        seen: BTreeSet::new(),
                        steps: 0,
                    };
                    walk.arrive(root.node - 1, start + usize::from(span.len), span.edge.topic, None);
                    few &= walk.steps < FEW;
                    slow.append(&mut walk.seen);
                }
            }
        }
        if few {
            compared += 1;
            assert_eq!(fast, slow, "{text}");
        }
    }
    assert!(compared * 10 > phrases.len() / 2 * 9, "only {compared} of the texts were compared");
}

#[test]
fn the_room_for_clauses_is_kept_from_one_text_to_the_next() {
    let text = "no me manden mas mensajes por favor, ya les dije que no quiero sus promociones";
    let lexicon = Lexicon::builtin().unwrap();
    let tables = lexicon.tables();
    let (mut room, mut clauses) = (Room::default(), super::Room::default());
    let mut places = Vec::new();
    for _ in 0..2 {
        let lattice = room.build(&tokens::read(text), &tables.vocabulary, &tables.special);
        tables.trie.run(&lattice, &mut clauses, &mut Vec::new());
        places.push((clauses.0.as_ptr(), clauses.0.capacity()));
    }
    assert_eq!(places[0], places[1]);
    assert!(places[0].1 > 0);
}
