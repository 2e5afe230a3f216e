//! Calls of functions and methods.
//!
//! In: what is called and with what. Out: its result. Deliberately not here: what each method does.

use super::{Locals, Result, Run, arrays, members, nearest, objects, strings};
use crate::Span;
use crate::expr::ast::{Expr, ExprKind, Item};
use crate::expr::diagnostics;
use crate::expr::value::{Env, Value};

/// The arguments of a call.
#[derive(Clone, Copy)]
pub(super) struct Args<'a>(pub(super) &'a [Value]);

impl<'a> Args<'a> {
    /// Returns an argument, `undefined` if it was not given.
    pub(super) fn get(self, index: usize) -> &'a Value {
        self.0.get(index).unwrap_or(&Value::Undefined)
    }

    /// Returns an argument unless it is `undefined` or was not given.
    pub(super) fn given(self, index: usize) -> Option<&'a Value> {
        self.0.get(index).filter(|value| !matches!(value, Value::Undefined))
    }
}

impl Run<'_> {
    #[inline(never)]
    pub(super) fn eval_call(
        &mut self,
        callee: &Expr,
        arguments: &[Item],
        is_optional: bool,
        span: Span,
        locals: &Locals,
    ) -> Result<Option<Value>> {
        let ExprKind::Member { object, property, optional } = &callee.kind else {
            let Some(function) = self.eval_inner_link(callee, locals)? else { return Ok(None) };
            if is_optional && function.is_nullish() {
                return Ok(None);
            }
            let arguments = self.eval_items(arguments, span, locals)?;
            return self.call_value(&function, &arguments, span, &members::describe(callee)).map(Some);
        };
        let Some(value) = self.eval_inner_link(object, locals)? else { return Ok(None) };
        if *optional && value.is_nullish() {
            return Ok(None);
        }
        let key = self.eval_key(property, locals)?;
        if value.is_nullish() {
            let object = members::describe(object);
            return Err(Box::new(diagnostics::no_member(&self.file, callee.span, &object, value.type_name(), &key)));
        }
        if is_optional && !has_methods(&value) && self.member(&value, &key, callee.span, "this")?.is_nullish() {
            return Ok(None);
        }
        if let Value::Builtin(_) = value {
            let function = self.member(&value, &key, callee.span, "this")?;
            let arguments = self.eval_items(arguments, span, locals)?;
            return self.call_value(&function, &arguments, span, &members::describe(callee)).map(Some);
        }
        let arguments = self.eval_items(arguments, span, locals)?;
        self.call_method(&value, &key, &arguments, span, &members::describe(callee)).map(Some)
    }

    /// Calls a method of a value that is not nullish.
    pub(super) fn call_method(
        &mut self,
        value: &Value,
        key: &str,
        arguments: &[Value],
        span: Span,
        what: &str,
    ) -> Result<Value> {
        let args = Args(arguments);
        let (result, known): (_, &[&str]) = match value {
            Value::String(text) => (self.string_method(text, key, args, span)?, strings::METHODS),
            Value::Array(items) => (self.array_method(items, key, args, span)?, arrays::METHODS),
            Value::Number(number) => (self.number_method(*number, key, args, span)?, objects::NUMBER_METHODS),
            Value::Date(time) => (self.date_method(*time, key, args, span)?, objects::DATE_METHODS),
            Value::RegExp(regexp) => (self.regexp_method(regexp, key, args, span)?, objects::REGEXP_METHODS),
            Value::Bool(_) if key == "toString" => (Some(Value::String(self.text_of(value, span)?)), &[]),
            Value::Object(object) => {
                let own = match object.get(key) {
                    Some(function) => Some(self.call_value(function, arguments, span, what)?),
                    None => self.object_method(value, key, args, span)?,
                };
                match own {
                    Some(result) => return Ok(result),
                    None => return Err(Box::new(diagnostics::not_a_function(&self.file, span, what, "undefined"))),
                }
            }
            other => {
                let function = self.member(other, key, span, what)?;
                return self.call_value(&function, arguments, span, what);
            }
        };
        result.ok_or_else(|| {
            let near = nearest(key, known.iter().copied());
            Box::new(diagnostics::unknown_member(&self.file, span, value.type_name(), key, near.as_deref()))
        })
    }

    /// Calls a function.
    pub(super) fn call_value(
        &mut self,
        function: &Value,
        arguments: &[Value],
        span: Span,
        what: &str,
    ) -> Result<Value> {
        self.step(1, span)?;
        match function {
            Value::Builtin(name) => self.call_builtin(name, Args(arguments), span),
            Value::Function(closure) => {
                self.enter(span)?;
                let away = std::mem::replace(&mut self.file, closure.file.clone());
                let result = self.call_closure(function, arguments, span);
                self.file = away;
                self.leave();
                result
            }
            Value::Component(_) => Err(Box::new(diagnostics::imported_function(&self.file, span, what))),
            other => Err(Box::new(diagnostics::not_a_function(&self.file, span, what, other.type_name()))),
        }
    }

    #[inline(never)]
    fn call_closure(&mut self, value: &Value, arguments: &[Value], span: Span) -> Result<Value> {
        let Value::Function(closure) = value else { return Ok(Value::Undefined) };
        let function = &closure.function;
        let mut locals = closure.env.clone();
        if let Some(name) = &function.name {
            // A function knows itself; were it in its own environment, neither would ever be dropped.
            locals = Some(Env::bind(locals, name.clone(), value.clone()));
        }
        let mut arguments = arguments.iter();
        for param in &function.params {
            let argument = arguments.next().cloned().unwrap_or(Value::Undefined);
            locals = self.bind(param, argument, &locals, span)?;
        }
        if let Some(rest) = &function.rest {
            let items = self.array(arguments.cloned().collect(), span)?;
            locals = self.bind(rest, items, &locals, span)?;
        }
        Ok(self.run_statements(&function.body, &locals)?.unwrap_or(Value::Undefined))
    }
}

/// Reports whether a value has methods that are no members of it.
fn has_methods(value: &Value) -> bool {
    matches!(
        value,
        Value::String(_) | Value::Array(_) | Value::Number(_) | Value::Date(_) | Value::RegExp(_) | Value::Bool(_)
    )
}
