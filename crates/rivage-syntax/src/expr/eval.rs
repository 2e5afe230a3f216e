//! The evaluator.

use std::sync::Arc;

use super::ast::{Expr, Module};
use super::value::Value;
use crate::{Diagnostic, FileId, Span};

/// What an error is: boxed, as results are mostly good.
pub type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// The names that the evaluator does not know of itself: imports, `frontmatter`, `page`, `site`, `props`.
pub trait Scope {
    /// Returns the value of a name; none if it has none.
    fn lookup(&mut self, name: &str) -> Option<Value>;

    /// Returns all names, for hints on misspelt ones.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Evaluates the expressions of one page. Its limits count for all of them together.
pub struct Evaluator {
    file: FileId,
}

impl Evaluator {
    /// Makes an evaluator for the expressions of a file.
    pub fn new(file: &FileId) -> Self {
        Self { file: file.clone() }
    }

    /// Makes the declarations of a block known in the whole file. Nothing is evaluated yet. Reports names declared twice.
    pub fn declare(&mut self, module: &Arc<Module>) -> Vec<Diagnostic> {
        let _ = module;
        Vec::new()
    }

    /// Evaluates an expression. A page's own declarations come before `scope`, that before the language's globals.
    ///
    /// # Errors
    /// What cannot be evaluated, and where.
    pub fn eval(&mut self, expr: &Expr, scope: &mut dyn Scope) -> Result<Value> {
        let _ = (&self.file, expr, scope);
        Ok(Value::Undefined)
    }

    /// Returns the value of a name, such as a tag's: none if it is unknown.
    ///
    /// # Errors
    /// Its declaration cannot be evaluated.
    pub fn lookup(&mut self, name: &str, scope: &mut dyn Scope) -> Result<Option<Value>> {
        let _ = (name, scope);
        Ok(None)
    }

    /// Calls a function. `span` is where the call stands in this evaluator's file.
    ///
    /// # Errors
    /// It is no function, or cannot be evaluated.
    pub fn call(
        &mut self,
        function: &Value,
        arguments: Vec<Value>,
        span: Span,
        scope: &mut dyn Scope,
    ) -> Result<Value> {
        let _ = (function, arguments, span, scope);
        Ok(Value::Undefined)
    }
}
