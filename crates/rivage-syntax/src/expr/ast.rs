//! The tree of an expression, owned and free of oxc's types.
//!
//! In: nothing; these are plain data. Every part has its span in the *file*. What JavaScript has and rivage does not
//! evaluate is an [`ExprKind::Unsupported`], so that an export that no page uses can hold anything.
//! Deliberately not here: values, names of other files.

use std::sync::Arc;

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
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string, escapes decoded.
    String(Arc<str>),
    /// `` `a${b}c` ``: one more string than expressions.
    Template {
        /// The text between the expressions, escapes decoded.
        strings: Vec<Arc<str>>,
        /// The expressions.
        exprs: Vec<Expr>,
    },
    /// `/source/flags`
    RegExp {
        /// Between the slashes, as written.
        source: Arc<str>,
        /// After them.
        flags: Arc<str>,
    },
    /// A name.
    Name(Arc<str>),
    /// `a.b`, `a[b]`, `a?.b`
    Member {
        /// What is left of the dot.
        object: Box<Expr>,
        /// What is right of it.
        property: Box<Key>,
        /// Whether it is `?.`.
        optional: bool,
    },
    /// `f(a)`, `a.f(b)`, `f?.(a)`
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// With what.
        arguments: Vec<Item>,
        /// Whether it is `?.(`.
        optional: bool,
    },
    /// The whole of a chain with `?.` in it: where it stops is here.
    Chain(Box<Expr>),
    /// `new Date("2026-11-23")`
    New {
        /// What is made.
        callee: Box<Expr>,
        /// Of what.
        arguments: Vec<Item>,
    },
    /// `(a) => b`, `function (a) { return b }`
    Function(Arc<Function>),
    /// `a ? b : c`
    Conditional {
        /// The condition.
        test: Box<Expr>,
        /// The value if it holds.
        then: Box<Expr>,
        /// The value if not.
        otherwise: Box<Expr>,
    },
    /// `!a`
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a && b`
    Logical(LogicalOp, Box<Expr>, Box<Expr>),
    /// `[a, ...b]`
    Array(Vec<Item>),
    /// `{a, b: c, ...d}`
    Object(Vec<Property>),
    /// `a, b`
    Sequence(Vec<Expr>),
    /// JSX in an expression, as the same nodes that Markdown makes of it: an element whose children are elements,
    /// expressions and [`crate::ast::NodeKind::Text`] (white space already as JSX has it).
    Jsx(Box<Node>),
    /// Something that is not evaluated: an error if it has to be.
    Unsupported {
        /// In words or code: `await`, `class`.
        what: &'static str,
    },
}

/// A part of an array or of arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A value.
    Value(Expr),
    /// `...a`
    Spread(Expr),
    /// Nothing between two commas.
    Hole,
}

/// A property of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Property {
    /// `a: b`, `a`, `[a]: b`, `a() {}`
    Value(Key, Expr),
    /// `...a`
    Spread(Expr),
}

/// The name of a property or member.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// Known from the source.
    Name(Arc<str>),
    /// `[a]`
    Computed(Expr),
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum UnaryOp {
    Plus,
    Minus,
    Not,
    BitNot,
    Typeof,
    Void,
}

/// An operator between two operands that both have values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BinaryOp {
    Equal,
    NotEqual,
    StrictEqual,
    StrictNotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    ShiftLeft,
    ShiftRight,
    ShiftRightUnsigned,
    BitOr,
    BitXor,
    BitAnd,
    In,
    InstanceOf,
}

/// An operator whose second operand may not be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LogicalOp {
    And,
    Or,
    Nullish,
}

/// A function of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name: as declared, or of the constant that it is the value of.
    pub name: Option<Arc<str>>,
    /// What it takes.
    pub params: Vec<Pattern>,
    /// `...rest`, at the end.
    pub rest: Option<Box<Pattern>>,
    /// What it does.
    pub body: Vec<Statement>,
    /// Where it stands.
    pub span: Span,
}

/// What names a declaration or parameter binds.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `a`
    Name(Arc<str>, Span),
    /// `{a, b: c, ...rest}`
    Object(Vec<(Key, Pattern)>, Option<Box<Pattern>>, Span),
    /// `[a, , b, ...rest]`
    Array(Vec<Option<Pattern>>, Option<Box<Pattern>>, Span),
    /// `a = 1`
    Default(Box<Pattern>, Box<Expr>),
}

/// A statement of a function's body.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `return a`; also the body of `() => a`.
    Return(Option<Expr>),
    /// `const a = b`
    Const(Pattern, Expr),
    /// `if (a) {…} else {…}`
    If(Expr, Vec<Statement>, Vec<Statement>),
    /// `{…}`
    Block(Vec<Statement>),
    /// `a;`: evaluated for its errors only.
    Expression(Expr),
}

/// The `import` and `export` lines of one block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// Its imports.
    pub imports: Vec<Import>,
    /// What it declares: `export const …`, `export function …`. The names are known in the whole file.
    pub declarations: Vec<Declaration>,
    /// Under which names other files see what is declared.
    pub exports: Vec<ExportName>,
    /// `export … from "source"`.
    pub reexports: Vec<Reexport>,
    /// `export default`: the layout around the page.
    pub default: Option<Expr>,
}

/// `import … from "source"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Where from, as written (`./a.txt?raw`).
    pub source: String,
    /// Where the source stands, without its quotes.
    pub source_span: Span,
    /// The names it binds here; none for `import "source"`.
    pub names: Vec<ImportName>,
    /// Where the whole declaration stands.
    pub span: Span,
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

/// `export const pattern = value`, or a function (whose pattern is its name). Evaluated only when a name of it is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// The names it binds.
    pub pattern: Pattern,
    /// Its value.
    pub value: Expr,
    /// Where it stands.
    pub span: Span,
}

/// A name that other files can import.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportName {
    /// The name there.
    pub exported: String,
    /// The name here.
    pub local: String,
    /// Where it stands.
    pub span: Span,
}

/// `export {a as b} from "source"`, `export * from "source"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Reexport {
    /// Where from, as written.
    pub source: String,
    /// Where the source stands, without its quotes.
    pub source_span: Span,
    /// `(name there, name for other files)`; `("*", "*")` for all, `("*", name)` for `* as name`.
    pub names: Vec<(String, String)>,
    /// Where the whole declaration stands.
    pub span: Span,
}

impl Pattern {
    /// Calls `visit` for each name that is bound, in source order.
    pub fn names<'a>(&'a self, visit: &mut dyn FnMut(&'a Arc<str>, Span)) {
        match self {
            Self::Name(name, span) => visit(name, *span),
            Self::Object(properties, rest, _) => {
                for (_, pattern) in properties {
                    pattern.names(visit);
                }
                if let Some(rest) = rest {
                    rest.names(visit);
                }
            }
            Self::Array(items, rest, _) => {
                for pattern in items.iter().flatten() {
                    pattern.names(visit);
                }
                if let Some(rest) = rest {
                    rest.names(visit);
                }
            }
            Self::Default(pattern, _) => pattern.names(visit),
        }
    }
}
