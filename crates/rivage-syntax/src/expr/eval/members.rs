//! `a.b`, `a[b]`, `a?.b`, and what can be gone through.
//!
//! In: values and names. Out: their parts. Deliberately not here: methods ([`super::calls`]).

use std::sync::Arc;

use super::{Locals, Result, Run, arrays, globals, nearest, objects, strings};
use crate::Span;
use crate::expr::ast::{Expr, ExprKind, Key};
use crate::expr::diagnostics;
use crate::expr::value::{Object, Value, array_index};

impl Run<'_> {
    /// Evaluates a link of a chain; none where `?.` ended the chain.
    pub(super) fn eval_link(&mut self, expr: &Expr, locals: &Locals) -> Result<Option<Value>> {
        match &expr.kind {
            ExprKind::Member { object, property, optional } => {
                let Some(value) = self.eval_inner_link(object, locals)? else { return Ok(None) };
                if *optional && value.is_nullish() {
                    return Ok(None);
                }
                self.eval_member(&value, object, property, expr.span, locals).map(Some)
            }
            ExprKind::Call { callee, arguments, optional } => {
                self.eval_call(callee, arguments, *optional, expr.span, locals)
            }
            _ => self.eval(expr, locals).map(Some),
        }
    }

    /// As [`Self::eval_link`], for what is further left in the chain.
    pub(super) fn eval_inner_link(&mut self, expr: &Expr, locals: &Locals) -> Result<Option<Value>> {
        if !matches!(expr.kind, ExprKind::Member { .. } | ExprKind::Call { .. }) {
            return self.eval(expr, locals).map(Some);
        }
        self.step(1, expr.span)?;
        self.enter(expr.span)?;
        let result = self.eval_link(expr, locals);
        self.leave();
        result
    }

    #[inline(never)]
    fn eval_member(
        &mut self,
        value: &Value,
        object: &Expr,
        property: &Key,
        span: Span,
        locals: &Locals,
    ) -> Result<Value> {
        if let (Value::Array(items), Key::Computed(index)) = (value, property) {
            // The usual case, without making a string of the number.
            if let Value::Number(index) = self.eval(index, locals)? {
                return Ok(item_at(items, index));
            }
        }
        let key = self.eval_key(property, locals)?;
        if value.is_nullish() {
            let object = describe(object);
            return Err(Box::new(diagnostics::no_member(&self.file, span, &object, value.type_name(), &key)));
        }
        self.member(value, &key, span, &describe(object))
    }

    /// Returns a member of a value that is not nullish.
    pub(super) fn member(&mut self, value: &Value, key: &str, span: Span, object: &str) -> Result<Value> {
        let index = || array_index(key).map(|index| index as usize);
        let methods = match value {
            Value::Undefined | Value::Null => {
                return Err(Box::new(diagnostics::no_member(&self.file, span, object, value.type_name(), key)));
            }
            Value::Object(object) => return Ok(object.get(key).cloned().unwrap_or(Value::Undefined)),
            Value::Array(items) => {
                if key == "length" {
                    return Ok(number(items.len()));
                }
                if let Some(index) = index() {
                    return Ok(items.get(index).cloned().unwrap_or(Value::Undefined));
                }
                arrays::METHODS
            }
            Value::String(text) => {
                self.scan(text.len(), span)?;
                if key == "length" {
                    return Ok(number(strings::length(text)));
                }
                if let Some(index) = index() {
                    let unit = strings::slice(text, index, index.saturating_add(1));
                    return Ok(if unit.is_empty() { Value::Undefined } else { Value::string(unit) });
                }
                strings::METHODS
            }
            Value::Function(closure) => {
                return Ok(match key {
                    "name" => Value::String(closure.function.name.clone().unwrap_or_else(|| "".into())),
                    "length" => number(closure.function.params.len()),
                    _ => Value::Undefined,
                });
            }
            Value::RegExp(regexp) => {
                return Ok(match key {
                    "source" => Value::String(Arc::clone(&regexp.source)),
                    "flags" => Value::String(Arc::clone(&regexp.flags)),
                    "global" => Value::Bool(regexp.is_global()),
                    _ => Value::Undefined,
                });
            }
            Value::Builtin(namespace) => return self.builtin_member(namespace, key, span),
            Value::Number(_) => objects::NUMBER_METHODS,
            Value::Date(_) => objects::DATE_METHODS,
            Value::Jsx(_) | Value::Html(_) | Value::Component(_) | Value::Bool(_) => return Ok(Value::Undefined),
        };
        if methods.contains(&key) {
            let what = format!("the method `{key}` without a call");
            return Err(Box::new(diagnostics::unsupported(&self.file, span, &what)));
        }
        Ok(Value::Undefined)
    }

    fn builtin_member(&mut self, namespace: &str, key: &str, span: Span) -> Result<Value> {
        let name = format!("{namespace}.{key}");
        if let Some(value) = globals::value(&name) {
            return Ok(value);
        }
        if let Some(hint) = globals::why_not_deterministic(&name) {
            return Err(Box::new(diagnostics::not_deterministic(&self.file, span, &name, hint)));
        }
        let near = nearest(&name, globals::names());
        Err(Box::new(diagnostics::unknown_member(&self.file, span, &format!("`{namespace}`"), key, near.as_deref())))
    }

    /// Returns the items of a value, as `...` and destructuring see it.
    pub(super) fn iterate(&mut self, value: &Value, span: Span) -> Result<Vec<Value>> {
        match value {
            Value::Array(items) => {
                self.step(items.len(), span)?;
                Ok(items.to_vec())
            }
            Value::String(text) => {
                self.step(text.len(), span)?;
                self.grow(text.len() * 40, span)?;
                Ok(text.chars().map(|c| Value::string(c.to_string())).collect())
            }
            other => {
                let message = format!("{} cannot be gone through: only arrays and strings can", other.type_name());
                Err(Box::new(diagnostics::wrong_type(&self.file, span, message)))
            }
        }
    }

    /// Adds the properties of a value, as `{...value}` does.
    pub(super) fn spread_into(&mut self, value: &Value, object: &mut Object, span: Span) -> Result<()> {
        match value {
            Value::Object(source) => {
                self.step(source.len() / 8, span)?;
                for (key, value) in source.iter() {
                    object.insert(key.clone(), value.clone());
                }
            }
            Value::Array(_) | Value::String(_) => {
                for (index, item) in self.iterate(value, span)?.into_iter().enumerate() {
                    object.insert(index.to_string(), item);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a whole number within the array"
)]
fn item_at(items: &[Value], index: f64) -> Value {
    let is_index = index >= 0.0 && index.fract() == 0.0 && index < 4_294_967_295.0;
    if !is_index {
        return Value::Undefined;
    }
    items.get(index as usize).cloned().unwrap_or(Value::Undefined)
}

/// Makes a number of a count.
#[expect(clippy::cast_precision_loss, reason = "counts of things in memory are small")]
pub(super) fn number(count: usize) -> Value {
    Value::Number(count as f64)
}

/// Returns an expression in words for a message: `page.title`.
pub(super) fn describe(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Chain(inner) => describe(inner),
        ExprKind::Member { object, property, .. } => {
            let object = describe(object);
            match &**property {
                Key::Name(name) => format!("{object}.{name}"),
                Key::Computed(_) => format!("{object}[…]"),
            }
        }
        ExprKind::Call { callee, .. } => format!("{}(…)", describe(callee)),
        ExprKind::New { callee, .. } => format!("new {}(…)", describe(callee)),
        ExprKind::Array(_) => "[…]".to_owned(),
        ExprKind::Object(_) => "{…}".to_owned(),
        ExprKind::Function(_) => "(…) => …".to_owned(),
        ExprKind::String(_) | ExprKind::Template { .. } => "\"…\"".to_owned(),
        _ => "(…)".to_owned(),
    }
}
