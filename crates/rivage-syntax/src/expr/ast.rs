//! The tree of an expression, owned and free of oxc's types.

use crate::Span;
use crate::ast::Node;

/// An expression and where it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an [`Expr`] is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// Nothing, or only comments: has no value.
    Empty,
    /// JSX in an expression, as the same node that Markdown makes of it. Text is a [`crate::ast::NodeKind::Text`].
    Jsx(Box<Node>),
}

/// The `import` and `export` lines of one block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// Its imports.
    pub imports: Vec<Import>,
    /// Its exports and other declarations, in order.
    pub exports: Vec<Export>,
}

/// `import … from "source"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Where from, as written.
    pub source: String,
    /// Where the source stands.
    pub source_span: Span,
    /// The names it binds here.
    pub names: Vec<ImportName>,
}

/// A name that an import binds.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportName {
    /// The name in the other file: `default`, `*` or a name.
    pub imported: String,
    /// The name here.
    pub local: String,
    /// Where it stands.
    pub span: Span,
}

/// `export const name = …` or `export function name(…) {…}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The name.
    pub name: String,
    /// Its value; evaluated only when used.
    pub value: Expr,
    /// Where the declaration stands.
    pub span: Span,
}
