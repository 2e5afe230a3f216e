//! The evaluator: [`Expr`] → [`Value`].
//!
//! In: expressions, the declarations of a page, the names that others know ([`Scope`]). Out: values, or the first error.
//! The same expression has the same value in each build: no clock, no random, no I/O, nothing that changes a value.
//! Deliberately not here: rendering of JSX.

mod arrays;
mod calls;
mod globals;
mod jsx;
mod limits;
mod members;
mod objects;
mod operators;
mod strings;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::ast::{BinaryOp, Expr, ExprKind, Function, Item, Key, LogicalOp, Module, Pattern, Property, Statement};
use super::diagnostics;
use super::regexp::RegExp;
use super::value::{Closure, Env, Nested, Object, Value};
use crate::{Diagnostic, FileId, Span};
use limits::Limits;

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

/// The scope that knows nothing.
impl Scope for () {
    fn lookup(&mut self, _name: &str) -> Option<Value> {
        None
    }
}

/// Evaluates the expressions of one page. Its limits count for all of them together.
pub struct Evaluator {
    file: FileId,
    limits: Limits,
    declarations: Vec<DeclarationState>,
    names: FxHashMap<Arc<str>, (usize, Span)>,
    values: FxHashMap<Arc<str>, Value>,
    /// Those made so far, by source and flags.
    regexps: FxHashMap<(Arc<str>, Arc<str>), Arc<RegExp>>,
}

/// How far the evaluation of a declaration is.
struct DeclarationState {
    module: Arc<Module>,
    index: usize,
    progress: Progress,
}

enum Progress {
    Unused,
    Running,
    Done,
    Failed(Box<Diagnostic>),
}

/// The local names around an expression, innermost first.
type Locals = Option<Arc<Nested<Env>>>;

impl Evaluator {
    /// Makes an evaluator for the expressions of a file.
    pub fn new(file: &FileId) -> Self {
        Self {
            file: file.clone(),
            limits: Limits::default(),
            declarations: Vec::new(),
            names: FxHashMap::default(),
            values: FxHashMap::default(),
            regexps: FxHashMap::default(),
        }
    }

    /// Makes the declarations of a block known in the whole file. Nothing is evaluated yet. Reports names declared twice.
    pub fn declare(&mut self, module: &Arc<Module>) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        for (index, declaration) in module.declarations.iter().enumerate() {
            let place = self.declarations.len();
            declaration.pattern.names(&mut |name, span| match self.names.get(name) {
                Some(&(_, first)) => problems.push(diagnostics::declared_twice(&self.file, span, name, first)),
                None => {
                    self.names.insert(Arc::clone(name), (place, span));
                }
            });
            let state = DeclarationState { module: Arc::clone(module), index, progress: Progress::Unused };
            self.declarations.push(state);
        }
        problems
    }

    /// Evaluates an expression. A page's own declarations come before `scope`, that before the language's globals.
    ///
    /// # Errors
    /// What cannot be evaluated, and where.
    pub fn eval(&mut self, expr: &Expr, scope: &mut dyn Scope) -> Result<Value> {
        self.run(scope).eval(expr, &None)
    }

    /// Returns the value of a name, such as a tag's: none if it is unknown.
    ///
    /// # Errors
    /// Its declaration cannot be evaluated.
    pub fn lookup(&mut self, name: &str, scope: &mut dyn Scope) -> Result<Option<Value>> {
        let span = self.names.get(name).map_or_else(Span::default, |(_, span)| *span);
        self.run(scope).lookup(name, span, &None)
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
        self.run(scope).call_value(function, &arguments, span, "this")
    }

    /// Returns the error for a child that has no text, in words what it is (from [`Value::children`]).
    pub fn not_a_child(&self, what: &str, span: Span) -> Diagnostic {
        diagnostics::not_a_child(&self.file, span, what)
    }

    fn run<'r>(&'r mut self, scope: &'r mut dyn Scope) -> Run<'r> {
        let file = self.file.clone();
        self.limits.depth = 0;
        Run { page: self, scope, file }
    }
}

/// One evaluation.
struct Run<'r> {
    page: &'r mut Evaluator,
    scope: &'r mut dyn Scope,
    /// The file of what is evaluated right now: a function may be from another one.
    file: FileId,
}

impl Run<'_> {
    fn eval(&mut self, expr: &Expr, locals: &Locals) -> Result<Value> {
        self.step(1, expr.span)?;
        self.enter(expr.span)?;
        let result = self.eval_kind(expr, locals);
        self.leave();
        result
    }

    /// Each kind that evaluates others does so in a function of its own: what one level of nesting takes on the stack is
    /// then what its kind needs, not the sum of all.
    fn eval_kind(&mut self, expr: &Expr, locals: &Locals) -> Result<Value> {
        match &expr.kind {
            ExprKind::Empty => Ok(Value::Undefined),
            ExprKind::Null => Ok(Value::Null),
            ExprKind::Bool(value) => Ok(Value::Bool(*value)),
            ExprKind::Number(value) => Ok(Value::Number(*value)),
            ExprKind::String(text) => Ok(Value::String(Arc::clone(text))),
            ExprKind::Template { strings, exprs } => self.eval_template(strings, exprs, expr.span, locals),
            ExprKind::RegExp { source, flags } => self.eval_regexp(source, flags, expr.span),
            ExprKind::Name(name) => self.eval_name(name, expr.span, locals),
            ExprKind::Member { .. } | ExprKind::Call { .. } => {
                // Outside of a chain nothing can stop early; what does is `undefined`.
                Ok(self.eval_link(expr, locals)?.unwrap_or(Value::Undefined))
            }
            ExprKind::Chain(inner) => Ok(self.eval_link(inner, locals)?.unwrap_or(Value::Undefined)),
            ExprKind::New { callee, arguments } => self.eval_new(callee, arguments, expr.span, locals),
            ExprKind::Function(function) => self.eval_function(function, expr.span, locals),
            ExprKind::Conditional { test, then, otherwise } => self.eval_conditional(test, then, otherwise, locals),
            ExprKind::Unary(operator, operand) => self.eval_unary(*operator, operand, locals),
            ExprKind::Binary(operator, left, right) => self.eval_binary(*operator, left, right, expr.span, locals),
            ExprKind::Logical(operator, left, right) => self.eval_logical(*operator, left, right, locals),
            ExprKind::Array(items) => self.eval_array(items, expr.span, locals),
            ExprKind::Object(properties) => self.eval_object(properties, expr.span, locals),
            ExprKind::Sequence(parts) => self.eval_sequence(parts, locals),
            ExprKind::Jsx(node) => self.eval_jsx(node, locals),
            ExprKind::Unsupported { what } => self.refuse(what, expr.span),
        }
    }

    #[inline(never)]
    fn refuse(&self, what: &str, span: Span) -> Result<Value> {
        Err(Box::new(diagnostics::unsupported(&self.file, span, what)))
    }

    #[inline(never)]
    fn eval_new(&mut self, callee: &Expr, arguments: &[Item], span: Span, locals: &Locals) -> Result<Value> {
        let arguments = self.eval_items(arguments, span, locals)?;
        self.construct(callee, &arguments, span)
    }

    #[inline(never)]
    fn eval_function(&mut self, function: &Arc<Function>, span: Span, locals: &Locals) -> Result<Value> {
        let closure = Closure { function: Arc::clone(function), file: self.file.clone(), env: locals.clone() };
        self.checked(Value::closure(closure), span)
    }

    #[inline(never)]
    fn eval_conditional(&mut self, test: &Expr, then: &Expr, otherwise: &Expr, locals: &Locals) -> Result<Value> {
        let holds = self.eval(test, locals)?.is_truthy();
        self.eval(if holds { then } else { otherwise }, locals)
    }

    #[inline(never)]
    fn eval_binary(
        &mut self,
        operator: BinaryOp,
        left: &Expr,
        right: &Expr,
        span: Span,
        locals: &Locals,
    ) -> Result<Value> {
        let left = self.eval(left, locals)?;
        let right = self.eval(right, locals)?;
        self.binary(operator, &left, &right, span)
    }

    #[inline(never)]
    fn eval_logical(&mut self, operator: LogicalOp, left: &Expr, right: &Expr, locals: &Locals) -> Result<Value> {
        let left = self.eval(left, locals)?;
        let keeps_left = match operator {
            LogicalOp::And => !left.is_truthy(),
            LogicalOp::Or => left.is_truthy(),
            LogicalOp::Nullish => !left.is_nullish(),
        };
        if keeps_left { Ok(left) } else { self.eval(right, locals) }
    }

    #[inline(never)]
    fn eval_array(&mut self, items: &[Item], span: Span, locals: &Locals) -> Result<Value> {
        let items = self.eval_items(items, span, locals)?;
        self.array(items, span)
    }

    #[inline(never)]
    fn eval_sequence(&mut self, parts: &[Expr], locals: &Locals) -> Result<Value> {
        let mut last = Value::Undefined;
        for part in parts {
            last = self.eval(part, locals)?;
        }
        Ok(last)
    }

    #[inline(never)]
    fn eval_template(&mut self, strings: &[Arc<str>], exprs: &[Expr], span: Span, locals: &Locals) -> Result<Value> {
        let mut out = String::new();
        for (index, text) in strings.iter().enumerate() {
            out.push_str(text);
            if let Some(expr) = exprs.get(index) {
                let value = self.eval(expr, locals)?;
                self.write_text(&value, &mut out, expr.span)?;
            }
        }
        self.text(out, span)
    }

    #[inline(never)]
    fn eval_regexp(&mut self, source: &Arc<str>, flags: &Arc<str>, span: Span) -> Result<Value> {
        let key = (Arc::clone(source), Arc::clone(flags));
        if let Some(regexp) = self.page.regexps.get(&key) {
            return Ok(Value::RegExp(Arc::clone(regexp)));
        }
        // Making one takes far longer than a step.
        self.step(1000, span)?;
        match RegExp::new(source, flags) {
            Ok(regexp) => {
                let regexp = Arc::new(regexp);
                self.page.regexps.insert(key, Arc::clone(&regexp));
                Ok(Value::RegExp(regexp))
            }
            Err(reason) => Err(Box::new(diagnostics::bad_regexp(&self.file, span, &reason))),
        }
    }

    #[inline(never)]
    fn eval_object(&mut self, properties: &[Property], span: Span, locals: &Locals) -> Result<Value> {
        let mut object = Object::with_capacity(properties.len());
        for property in properties {
            match property {
                Property::Value(key, value) => {
                    let key = self.eval_key(key, locals)?;
                    let value = self.eval(value, locals)?;
                    object.insert(key.as_ref().to_owned(), value);
                }
                Property::Spread(expr) => {
                    let value = self.eval(expr, locals)?;
                    self.spread_into(&value, &mut object, expr.span)?;
                }
            }
        }
        self.object(object, span)
    }

    fn eval_key(&mut self, key: &Key, locals: &Locals) -> Result<Arc<str>> {
        match key {
            Key::Name(name) => Ok(Arc::clone(name)),
            Key::Computed(expr) => {
                let value = self.eval(expr, locals)?;
                self.text_of(&value, expr.span)
            }
        }
    }

    /// Evaluates the parts of an array or arguments.
    fn eval_items(&mut self, items: &[Item], span: Span, locals: &Locals) -> Result<Vec<Value>> {
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::Hole => out.push(Value::Undefined),
                Item::Value(expr) => out.push(self.eval(expr, locals)?),
                Item::Spread(expr) => {
                    let value = self.eval(expr, locals)?;
                    let items = self.iterate(&value, expr.span)?;
                    self.grow(items.len() * size_of::<Value>(), span)?;
                    out.extend(items);
                }
            }
        }
        Ok(out)
    }

    #[inline(never)]
    fn eval_name(&mut self, name: &str, span: Span, locals: &Locals) -> Result<Value> {
        if let Some(value) = self.lookup(name, span, locals)? {
            return Ok(value);
        }
        if let Some(value) = globals::value(name) {
            return Ok(value);
        }
        if globals::is_of_other_engines(name) {
            return Err(Box::new(diagnostics::unsupported(&self.file, span, &format!("`{name}`"))));
        }
        let mut known = self.scope.names();
        let mut env = locals.as_ref();
        while let Some(local) = env {
            known.push(local.name.to_string());
            env = local.parent.as_ref();
        }
        known.extend(self.page.declared_names());
        known.extend(globals::names().map(str::to_owned));
        let near = nearest(name, known.iter().map(String::as_str));
        Err(Box::new(diagnostics::unknown_name(&self.file, span, name, near.as_deref())))
    }

    /// Looks a name up among locals, declarations and what the scope knows.
    fn lookup(&mut self, name: &str, span: Span, locals: &Locals) -> Result<Option<Value>> {
        let mut env = locals.as_ref();
        while let Some(local) = env {
            if &*local.name == name {
                return Ok(Some(local.value.clone()));
            }
            env = local.parent.as_ref();
        }
        if let Some(value) = self.page.values.get(name) {
            return Ok(Some(value.clone()));
        }
        match self.page.names.get(name) {
            Some(&(place, _)) => self.evaluate_declaration(place, name, span).map(Some),
            None => Ok(self.scope.lookup(name)),
        }
    }

    #[inline(never)]
    fn evaluate_declaration(&mut self, place: usize, name: &str, span: Span) -> Result<Value> {
        let state = &mut self.page.declarations[place];
        match &state.progress {
            Progress::Failed(problem) => return Err(problem.clone()),
            Progress::Running => return Err(Box::new(diagnostics::own_value(&self.file, span, name))),
            Progress::Unused | Progress::Done => state.progress = Progress::Running,
        }
        let module = Arc::clone(&state.module);
        let index = state.index;
        let home = self.page.file.clone();
        let away = std::mem::replace(&mut self.file, home);
        let result = self.bind_declaration(&module, index);
        self.file = away;
        self.page.declarations[place].progress = match &result {
            Ok(()) => Progress::Done,
            Err(problem) => Progress::Failed(problem.clone()),
        };
        result?;
        Ok(self.page.values.get(name).cloned().unwrap_or(Value::Undefined))
    }

    fn bind_declaration(&mut self, module: &Module, index: usize) -> Result<()> {
        let declaration = &module.declarations[index];
        let value = self.eval(&declaration.value, &None)?;
        let bound = self.bind(&declaration.pattern, value, &None, declaration.value.span)?;
        let mut env = bound.as_ref();
        while let Some(local) = env {
            // A name that was declared before keeps its first value.
            self.page.values.entry(Arc::clone(&local.name)).or_insert_with(|| local.value.clone());
            env = local.parent.as_ref();
        }
        Ok(())
    }

    /// Binds the names of a pattern to the parts of a value.
    fn bind(&mut self, pattern: &Pattern, value: Value, locals: &Locals, span: Span) -> Result<Locals> {
        match pattern {
            Pattern::Name(name, _) => {
                let env = Env::bind(locals.clone(), Arc::clone(name), value);
                if env.depth() > limits::MAX_VALUE_DEPTH {
                    return Err(Box::new(diagnostics::value_too_deep(&self.file, span)));
                }
                Ok(Some(env))
            }
            Pattern::Default(inner, default) => {
                let value = if matches!(value, Value::Undefined) { self.eval(default, locals)? } else { value };
                self.bind(inner, value, locals, span)
            }
            Pattern::Object(properties, rest, pattern_span) => {
                if value.is_nullish() {
                    return Err(Box::new(self.not_destructurable(&value, *pattern_span)));
                }
                let mut locals = locals.clone();
                let mut taken = Vec::with_capacity(properties.len());
                for (key, pattern) in properties {
                    let key = self.eval_key(key, &locals)?;
                    let part = self.member(&value, &key, *pattern_span, "this")?;
                    locals = self.bind(pattern, part, &locals, span)?;
                    taken.push(key);
                }
                if let Some(rest) = rest {
                    let mut object = Object::new();
                    self.spread_into(&value, &mut object, *pattern_span)?;
                    object.retain(|key, _| !taken.iter().any(|taken| **taken == **key));
                    let object = self.object(object, *pattern_span)?;
                    locals = self.bind(rest, object, &locals, span)?;
                }
                Ok(locals)
            }
            Pattern::Array(patterns, rest, pattern_span) => {
                if value.is_nullish() {
                    return Err(Box::new(self.not_destructurable(&value, *pattern_span)));
                }
                let mut items = self.iterate(&value, *pattern_span)?.into_iter();
                let mut locals = locals.clone();
                for pattern in patterns {
                    let part = items.next().unwrap_or(Value::Undefined);
                    if let Some(pattern) = pattern {
                        locals = self.bind(pattern, part, &locals, span)?;
                    }
                }
                if let Some(rest) = rest {
                    let items = self.array(items.collect(), *pattern_span)?;
                    locals = self.bind(rest, items, &locals, span)?;
                }
                Ok(locals)
            }
        }
    }

    fn not_destructurable(&self, value: &Value, span: Span) -> Diagnostic {
        diagnostics::wrong_type(&self.file, span, format!("{} cannot be taken apart", value.type_name()))
    }

    /// Runs statements until one returns a value.
    fn run_statements(&mut self, statements: &[Statement], locals: &Locals) -> Result<Option<Value>> {
        let mut locals = locals.clone();
        for statement in statements {
            match statement {
                Statement::Return(None) => return Ok(Some(Value::Undefined)),
                Statement::Return(Some(expr)) => return self.eval(expr, &locals).map(Some),
                Statement::Const(pattern, expr) => {
                    let value = self.eval(expr, &locals)?;
                    locals = self.bind(pattern, value, &locals, expr.span)?;
                }
                Statement::If(test, then, otherwise) => {
                    let branch = if self.eval(test, &locals)?.is_truthy() { then } else { otherwise };
                    if let Some(value) = self.run_statements(branch, &locals)? {
                        return Ok(Some(value));
                    }
                }
                Statement::Block(inner) => {
                    if let Some(value) = self.run_statements(inner, &locals)? {
                        return Ok(Some(value));
                    }
                }
                Statement::Expression(expr) => {
                    self.eval(expr, &locals)?;
                }
            }
        }
        Ok(None)
    }
}

impl Evaluator {
    fn declared_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::with_capacity(self.names.len());
        for state in &self.declarations {
            if let Some(declaration) = state.module.declarations.get(state.index) {
                declaration.pattern.names(&mut |name, _| names.push(name.to_string()));
            }
        }
        names
    }
}

/// Returns the name that is most like a misspelt one, if any is.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let limit = if name.chars().count() <= 3 { 1 } else { 2 };
    known
        .map(|other| (strsim::damerau_levenshtein(name, other), other))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, other)| other.to_owned())
}
