//! rivage: MDX and Markdown in, a finished static site out.
//!
//! ```text
//!  content/ data/ themes/ rivage.toml
//!      │ discover   find and classify files                    Project      → SourceTree
//!      │ parse      front matter, headings, words; one file    SourceFile   → Document
//!      │ resolve    sections, permalinks, taxonomies, menus    [Document]   → Site
//!      │ render     content, components, layouts, feeds…       (Site, page) → [Artifact]
//!      ▼ write      compare, write what changed, remove        [Artifact]   → public/
//! ```
//!
//! Data flow down this list, once. A stage imports the *types* of earlier stages and calls none of their functions;
//! [`pipeline`] alone knows the order. Whatever a stage looks at besides its arguments it asks of
//! [`inputs::Inputs`], which notes the question and a fingerprint of the answer.

pub mod api;
pub mod cache;
pub mod check;
pub mod cli;
pub mod config;
pub mod database;
pub mod deploy;
pub mod diag;
pub mod discover;
pub mod fs;
pub mod images;
pub mod inputs;
mod memory;
pub mod parse;
pub mod pipeline;
pub mod preview;
pub mod render;
pub mod resolve;
pub mod serve;
pub mod slug;
pub mod theme;
pub mod watch;
pub mod write;
