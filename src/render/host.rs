//! The site as the HTML writer sees it: links, images, code, components, imports of one page.
//!
//! In: calls of [`super::html`]. Out: HTML and values; links and diagnostics are gathered. Deliberately not here: the tree.

use std::sync::Arc;

use indexmap::IndexMap;
use rivage_diag::{Diagnostic, FileId, Location, Span};
use rivage_syntax::ast::{Node, Syntax};
use rivage_syntax::data;
use rivage_syntax::expr::Value;
use tera::{ComponentArgType, Context};

use super::html::{self, CodeBlock, ComponentCall, Host, Item, Partial, Rendered};
use super::page::{Renderer, front_matter_json, parse_body, to_template, value_json};
use super::values::map;
use super::{OutLink, assets, code, diagnostics, emoji, functions, math, scope};
use crate::config::{Config, UnknownComponent};
use crate::inputs::Inputs;
use crate::parse::Document;
use crate::resolve::{LinkTarget, Page};

/// The host of one page.
pub(super) struct SiteHost<'r> {
    renderer: &'r Renderer,
    inputs: &'r Inputs<'r>,
    page: &'r Page,
    document: &'r Document,
    links: Vec<OutLink>,
    external: Vec<OutLink>,
    diagnostics: Vec<Diagnostic>,
    images: usize,
}
