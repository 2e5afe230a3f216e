//! Code and a grammar in, classes of its parts out.
//!
//! Grammars are Sublime's, as [syntect] loads them; what they make of code is what syntect makes of it, several times faster, and not scopes
//! but one of a few letters that themes colour ([`effect`]).
//!
//! ```text
//! load       a grammar of a set                   contexts, scopes turned into what they mean for the class
//! regex      an expression, a place in a line     whether it may match, what it matches: by Oniguruma
//! rules      a context and those it includes      its patterns, and which are worth a try at a place
//! run        state, line                          parts, state: what syntect's parser does
//! lines      the same, remembered
//! ```
//!
//! Deliberately not here: HTML, names of languages, files.

mod class;
mod grammars;
mod lines;
mod load;
mod regex;
mod rules;
mod run;
mod state;

pub use class::{Effect, PLAIN, effect};
pub use grammars::Grammars;
pub use lines::{Highlighter, Place};
