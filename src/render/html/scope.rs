//! What is known in one file, the page or a partial: imports, exports, footnotes, props.
//!
//! In: the file's tree, once, before it is written. Out: names for the evaluator and tags. Deliberately not here: evaluation.

use std::sync::Arc;

use indexmap::IndexMap;
use rivage_diag::{Diagnostic, FileId};
use rivage_syntax::ast::{Node, NodeKind};
use rivage_syntax::expr::{Evaluator, Expr, Module, Object, Scope, Value};
use rustc_hash::FxHashMap;

use super::Host;
use super::host::{At, Binding};
use super::ids::Ids;

/// What is known in a file.
pub(super) struct FileScope {
    pub(super) file: FileId,
    pub(super) evaluator: Evaluator,
    pub(super) imports: IndexMap<String, Binding>,
    /// What a partial was given.
    pub(super) props: Value,
    /// A partial's own front matter; the page's is known to the host.
    front_matter: Option<Value>,
    /// `export default`: the layout around the file.
    pub(super) layout: Option<Arc<Module>>,
    definitions: FxHashMap<String, Arc<Node>>,
    /// Footnotes that were referred to: label → place among the page's.
    pub(super) notes: FxHashMap<String, usize>,
    /// Of those, the ones whose definition has not been written.
    pub(super) pending: Vec<usize>,
}

impl FileScope {
    /// Looks through a file's tree for what is known in all of it.
    pub(super) fn new(file: &FileId, tree: &Node, host: &mut dyn Host, ids: &mut Ids) -> (Self, Vec<Diagnostic>) {
        let mut scope = Self {
            file: file.clone(),
            evaluator: Evaluator::new(file),
            imports: IndexMap::new(),
            props: Value::object(Object::new()),
            front_matter: None,
            layout: None,
            definitions: FxHashMap::default(),
            notes: FxHashMap::default(),
            pending: Vec::new(),
        };
        let mut problems = Vec::new();
        tree.walk(&mut |node| match &node.kind {
            NodeKind::Esm(module) => {
                problems.extend(scope.evaluator.declare(module));
                if module.default.is_some() {
                    scope.layout = Some(Arc::clone(module));
                }
                for import in &module.imports {
                    for name in &import.names {
                        let at = At { file, span: import.source_span };
                        let binding = host.import(&import.source, &name.imported, &name.local, at);
                        scope.imports.insert(name.local.clone(), binding);
                    }
                }
            }
            NodeKind::FootnoteDefinition { label } => {
                // The one copy of a part of the tree: footnotes are rare, and a partial's tree is gone when they are written.
                scope.definitions.entry(label.clone()).or_insert_with(|| Arc::new(node.clone()));
            }
            NodeKind::Heading { id: Some(id), .. } => ids.reserve(id),
            _ => {}
        });
        (scope, problems)
    }

    /// Sets what a partial is given.
    pub(super) fn with_partial(mut self, props: Value, front_matter: Value) -> Self {
        self.props = props;
        self.front_matter = Some(front_matter);
        self
    }

    pub(super) fn definition(&self, label: &str) -> Option<Arc<Node>> {
        self.definitions.get(label).cloned()
    }

    /// Returns the layout that the file exports.
    pub(super) fn layout_expr(&self) -> Option<Arc<Module>> {
        self.layout.clone()
    }

    /// Evaluates an expression of the file.
    pub(super) fn eval(&mut self, expr: &Expr, host: &mut dyn Host) -> rivage_syntax::expr::Result<Value> {
        let mut names = Names {
            imports: &self.imports,
            props: &self.props,
            front_matter: self.front_matter.as_ref(),
            host,
            missed: false,
        };
        let value = self.evaluator.eval(expr, &mut names);
        names.excuse(value, Value::Undefined)
    }

    /// Returns what a tag's name stands for, if it is declared in the file.
    pub(super) fn lookup(&mut self, name: &str, host: &mut dyn Host) -> rivage_syntax::expr::Result<Option<Value>> {
        let mut names = Names {
            imports: &self.imports,
            props: &self.props,
            front_matter: self.front_matter.as_ref(),
            host,
            missed: false,
        };
        let value = self.evaluator.lookup(name, &mut names);
        names.excuse(value, Some(Value::Undefined))
    }

    /// Calls a function with one argument.
    pub(super) fn call(
        &mut self,
        function: &Value,
        props: Value,
        span: rivage_diag::Span,
        host: &mut dyn Host,
    ) -> rivage_syntax::expr::Result<Value> {
        let mut names = Names {
            imports: &self.imports,
            props: &self.props,
            front_matter: self.front_matter.as_ref(),
            host,
            missed: false,
        };
        let value = self.evaluator.call(function, vec![props], span, &mut names);
        names.excuse(value, Value::Undefined)
    }
}

/// The names that are not declared in the file.
struct Names<'n> {
    imports: &'n IndexMap<String, Binding>,
    props: &'n Value,
    front_matter: Option<&'n Value>,
    host: &'n mut dyn Host,
    /// An import was asked for that could not be had.
    missed: bool,
}

impl Names<'_> {
    /// What fails for want of an import has been reported where the import stands.
    fn excuse<T>(&self, value: rivage_syntax::expr::Result<T>, nothing: T) -> rivage_syntax::expr::Result<T> {
        if self.missed && value.is_err() { Ok(nothing) } else { value }
    }
}

impl Scope for Names<'_> {
    fn lookup(&mut self, name: &str) -> Option<Value> {
        match self.imports.get(name) {
            Some(Binding::Value(value)) => return Some(value.clone()),
            Some(Binding::Component(component)) => return Some(Value::Component(component.as_str().into())),
            Some(Binding::Partial(_)) => return Some(Value::Component(name.into())),
            Some(Binding::Missing) => {
                self.missed = true;
                return Some(Value::Undefined);
            }
            None => {}
        }
        match (name, self.front_matter) {
            ("props", _) => Some(self.props.clone()),
            ("frontmatter", Some(value)) => Some(value.clone()),
            _ => self.host.global(name),
        }
    }

    fn names(&self) -> Vec<String> {
        let globals = ["frontmatter", "page", "site", "props"].map(str::to_owned);
        self.imports.keys().cloned().chain(globals).collect()
    }
}
