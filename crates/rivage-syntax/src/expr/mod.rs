//! Expressions: the JavaScript subset that MDX pages use, read by oxc, evaluated by us.
//!
//! In: the text between braces, or an import/export block. Out: [`Expr`] and [`Module`], which own their data; and
//! [`Value`]s by [`eval::Evaluator`]. Deliberately not here: I/O, a clock, random numbers, loops, assignment,
//! classes, promises — an error names what was met and where.

mod ast;
pub mod eval;
mod parse;
mod value;

pub use ast::{Export, Expr, ExprKind, Import, ImportName, Module};
pub use parse::{parse_expression, parse_module};
pub use value::{JsxValue, Value};
