//! Expressions: the JavaScript subset that MDX pages use, read by oxc, evaluated by us.
//!
//! In: the text between braces, or an import/export block. Out: [`Expr`] and [`Module`], which own their data; and
//! [`Value`]s by [`Evaluator`]. Deliberately not here: I/O, a clock, random numbers, loops, assignment,
//! classes, promises — an error names what was met and where.

pub mod ast;
mod convert;
mod date;
mod diagnostics;
mod eval;
mod json;
mod jsx;
mod number;
mod parse;
mod regexp;
#[cfg(test)]
mod tests;
mod value;

pub use ast::{Declaration, ExportName, Expr, ExprKind, Import, ImportName, Module, Reexport};
pub use eval::{Evaluator, Result, Scope};
pub use number::to_string as number_to_string;
pub(crate) use parse::possible_nesting;
pub use parse::{parse_expression, parse_module, parse_spread};
pub use regexp::RegExp;
pub use value::{Child, Closure, JsxValue, Nested, Object, Value};
