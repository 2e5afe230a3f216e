//! The syntax of content: front matter, Markdown, MDX and the expressions in it.
//!
//! In: the text of one file. Out: a tree ([`ast`]), typed data with places ([`data`]), expressions ([`expr`]) and
//! diagnostics. Parsing never fails: it returns a value *and* what is wrong with it.
//! Deliberately not here: I/O, HTML, links, the site. The parsers underneath (satteri-pulldown-cmark, oxc, saphyr,
//! toml_edit) do not show in any public type, so that each can be replaced.

pub mod ast;
pub mod contain;
pub mod data;
pub mod expr;
pub mod front_matter;
pub mod markdown;

pub use rivage_diag::{Diagnostic, FileId, Span};
