//! What a text means: stop, start, help, worth a question, or nothing of ours.
//!
//! Pure and synchronous: `(text, context, lexicon) -> decision with the rule that fired`. All words and
//! sentences are data in `config/lexicon/<language>.toml`; `docs/understanding.md` tells authors how to write
//! such a file, and the module `grammar` defines the patterns in it. The build compiles them (`ready`), and the tables are used
//! where they lie in the binary; with a company's own files over them, all are compiled at the start.
//!
//! A text passes through five steps:
//!
//! 1. `fold` and `tokens`: normalised to folded words in clauses.
//! 2. `vocabulary` and `spelling`: each word is looked up, misspelt or not, in all languages at once.
//! 3. `lattice`: at each word, the classes of the words and phrases that begin there.
//! 4. `trie`: every rule of every language that fires. `class_set` and `span` tell beforehand where none can.
//! 5. `verdict`: guards take rules back, scope and context decide.

mod blob;
mod class_set;
mod compile;
mod decision;
mod draft;
pub mod eval;
mod fold;
mod grammar;
mod index;
mod keywords;
mod lattice;
mod lexicon;
mod payload_grammar;
#[cfg(test)]
mod properties;
mod proposal;
mod ready;
mod rules;
mod sign;
mod slips;
mod source;
mod span;
mod spelling;
mod table;
mod tokens;
mod translation;
mod trie;
mod verdict;
mod vocabulary;

pub use compile::LexiconError;
pub use decision::{Action, Answer, BadTopic, Context, Decision, Language, Reason, Rule, Scope, Topic};
pub use draft::Draft;
pub use grammar::GrammarError;
pub use keywords::Keywords;
pub use lexicon::{Failure, Lexicon};
pub use payload_grammar::{PayloadGrammar, Tapped};
pub use proposal::propose;
pub use ready::pack;
pub use tokens::{MAX_CHARS, normalize};
