//! Operators, and what they turn values into.
//!
//! In: values. Out: values, text, numbers, as JavaScript defines them. Deliberately not here: `&&`, `||`, `??`, `?:`, which do
//! not look at all of their operands.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Locals, Result, Run};
use crate::Span;
use crate::expr::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::expr::value::Value;
use crate::expr::{date, diagnostics, number};

impl Run<'_> {
    #[inline(never)]
    pub(super) fn eval_unary(&mut self, operator: UnaryOp, operand: &Expr, locals: &Locals) -> Result<Value> {
        if operator == UnaryOp::Typeof
            && let ExprKind::Name(name) = &operand.kind
            && super::globals::value(name).is_none()
            && self.lookup(name, operand.span, locals)?.is_none()
        {
            return Ok(Value::string("undefined"));
        }
        let value = self.eval(operand, locals)?;
        Ok(match operator {
            UnaryOp::Plus => Value::Number(self.number_of(&value, operand.span)?),
            UnaryOp::Minus => Value::Number(-self.number_of(&value, operand.span)?),
            UnaryOp::Not => Value::Bool(!value.is_truthy()),
            UnaryOp::BitNot => Value::Number(f64::from(!number::to_int32(self.number_of(&value, operand.span)?))),
            UnaryOp::Void => Value::Undefined,
            UnaryOp::Typeof => Value::string(match value {
                Value::Undefined => "undefined",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Builtin("Math" | "JSON") => "object",
                Value::Function(_) | Value::Builtin(_) | Value::Component(_) => "function",
                _ => "object",
            }),
        })
    }

    #[inline(never)]
    pub(super) fn binary(&mut self, operator: BinaryOp, left: &Value, right: &Value, span: Span) -> Result<Value> {
        let compare = |run: &mut Self, holds: fn(Ordering) -> bool| {
            Ok(Value::Bool(run.compare(left, right, span)?.is_some_and(holds)))
        };
        match operator {
            BinaryOp::StrictEqual => Ok(Value::Bool(self.strict_equal(left, right, span)?)),
            BinaryOp::StrictNotEqual => Ok(Value::Bool(!self.strict_equal(left, right, span)?)),
            BinaryOp::Equal => Ok(Value::Bool(self.loose_equal(left, right, span)?)),
            BinaryOp::NotEqual => Ok(Value::Bool(!self.loose_equal(left, right, span)?)),
            BinaryOp::Less => compare(self, Ordering::is_lt),
            BinaryOp::LessEqual => compare(self, Ordering::is_le),
            BinaryOp::Greater => compare(self, Ordering::is_gt),
            BinaryOp::GreaterEqual => compare(self, Ordering::is_ge),
            BinaryOp::Add => self.add(left, right, span),
            BinaryOp::In => {
                let key = self.text_of(left, span)?;
                match right {
                    Value::Object(object) => Ok(Value::Bool(object.contains_key(&*key))),
                    Value::Array(items) => {
                        let index = crate::expr::value::array_index(&key);
                        Ok(Value::Bool(&*key == "length" || index.is_some_and(|index| (index as usize) < items.len())))
                    }
                    other => {
                        let message = format!("`in` looks into objects, but this is {}", other.type_name());
                        Err(Box::new(diagnostics::wrong_type(&self.file, span, message)))
                    }
                }
            }
            BinaryOp::InstanceOf => match (left, right) {
                (value, Value::Builtin("Array")) => Ok(Value::Bool(matches!(value, Value::Array(_)))),
                (value, Value::Builtin("Date")) => Ok(Value::Bool(matches!(value, Value::Date(_)))),
                _ => Err(Box::new(diagnostics::unsupported(&self.file, span, "`instanceof`"))),
            },
            _ => {
                let left = self.number_of(left, span)?;
                let right = self.number_of(right, span)?;
                Ok(Value::Number(arithmetic(operator, left, right)))
            }
        }
    }

    fn add(&mut self, left: &Value, right: &Value, span: Span) -> Result<Value> {
        if let (Value::Number(left), Value::Number(right)) = (left, right) {
            return Ok(Value::Number(left + right));
        }
        let is_text =
            |value: &Value| !matches!(value, Value::Undefined | Value::Null | Value::Bool(_) | Value::Number(_));
        if !is_text(left) && !is_text(right) {
            return Ok(Value::Number(self.number_of(left, span)? + self.number_of(right, span)?));
        }
        let mut out = String::new();
        self.write_text(left, &mut out, span)?;
        self.write_text(right, &mut out, span)?;
        self.text(out, span)
    }

    /// `===`
    pub(super) fn strict_equal(&mut self, left: &Value, right: &Value, span: Span) -> Result<bool> {
        Ok(match (left, right) {
            (Value::String(left), Value::String(right)) => {
                if left.len() == right.len() && !Arc::ptr_eq(left, right) {
                    self.scan(left.len(), span)?;
                }
                left == right
            }
            _ => is_same(left, right),
        })
    }

    fn loose_equal(&mut self, left: &Value, right: &Value, span: Span) -> Result<bool> {
        let is_primitive = |value: &Value| matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_));
        match (left, right) {
            (left, right) if left.is_nullish() || right.is_nullish() => Ok(left.is_nullish() && right.is_nullish()),
            (Value::String(_), Value::String(_)) => self.strict_equal(left, right, span),
            (left, right) if is_primitive(left) && is_primitive(right) => {
                #[expect(clippy::float_cmp, reason = "that is what `==` means")]
                let is_equal = self.number_of(left, span)? == self.number_of(right, span)?;
                Ok(is_equal)
            }
            (left, right) if is_primitive(left) != is_primitive(right) => {
                let (object, primitive) = if is_primitive(left) { (right, left) } else { (left, right) };
                let text = Value::String(self.text_of(object, span)?);
                self.loose_equal(&text, primitive, span)
            }
            _ => self.strict_equal(left, right, span),
        }
    }

    /// Returns the order of two values; none where one is not a number.
    pub(super) fn compare(&mut self, left: &Value, right: &Value, span: Span) -> Result<Option<Ordering>> {
        if let (Value::String(left), Value::String(right)) = (left, right) {
            self.scan(left.len().min(right.len()), span)?;
            return Ok(Some(compare_text(left, right)));
        }
        if matches!(left, Value::Array(_) | Value::Object(_)) || matches!(right, Value::Array(_) | Value::Object(_)) {
            let (left, right) = (self.text_of(left, span)?, self.text_of(right, span)?);
            return Ok(Some(compare_text(&left, &right)));
        }
        Ok(self.number_of(left, span)?.partial_cmp(&self.number_of(right, span)?))
    }

    /// Returns the number that a value is used as.
    pub(super) fn number_of(&mut self, value: &Value, span: Span) -> Result<f64> {
        Ok(match value {
            Value::Undefined => f64::NAN,
            Value::Null => 0.0,
            Value::Bool(value) => f64::from(u8::from(*value)),
            Value::Number(value) | Value::Date(value) => *value,
            Value::String(text) => {
                self.scan(text.len(), span)?;
                number::from_text(text)
            }
            Value::Object(_) => f64::NAN,
            other => {
                let text = self.text_of(other, span)?;
                number::from_text(&text)
            }
        })
    }

    /// Returns the text that a value is used as.
    pub(super) fn text_of(&mut self, value: &Value, span: Span) -> Result<Arc<str>> {
        if let Value::String(text) = value {
            return Ok(Arc::clone(text));
        }
        let mut out = String::new();
        self.write_text(value, &mut out, span)?;
        Ok(out.into())
    }

    /// Adds the text of a value.
    pub(super) fn write_text(&mut self, value: &Value, out: &mut String, span: Span) -> Result<()> {
        match value {
            Value::Undefined => out.push_str("undefined"),
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(value) => out.push_str(&number::to_string(*value)),
            Value::String(text) => {
                self.would_fit(out.len().saturating_add(text.len()), span)?;
                out.push_str(text);
            }
            Value::Array(items) => self.write_joined(items, ",", out, span)?,
            Value::Object(_) => out.push_str("[object Object]"),
            Value::Date(time) => out.push_str(&date::to_text(*time)),
            Value::RegExp(regexp) => {
                out.push('/');
                out.push_str(&regexp.source);
                out.push('/');
                out.push_str(&regexp.flags);
            }
            Value::Jsx(_) | Value::Html(_) | Value::Component(_) | Value::Function(_) | Value::Builtin(_) => {
                let message = format!("{} has no text", value.type_name());
                return Err(Box::new(diagnostics::wrong_type(&self.file, span, message)));
            }
        }
        Ok(())
    }

    /// Adds the texts of values with a separator between them.
    pub(super) fn write_joined(
        &mut self,
        items: &[Value],
        separator: &str,
        out: &mut String,
        span: Span,
    ) -> Result<()> {
        self.step(items.len(), span)?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.would_fit(out.len().saturating_add(separator.len()), span)?;
                out.push_str(separator);
            }
            if !item.is_nullish() {
                self.write_text(item, out, span)?;
            }
        }
        Ok(())
    }
}

/// Reports whether two values are the same: equal primitives, or one and the same array, object, function.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Undefined, Value::Undefined) | (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        #[expect(clippy::float_cmp, reason = "that is what `===` means")]
        (Value::Number(left), Value::Number(right)) => left == right,
        (Value::String(left), Value::String(right)) => left == right,
        (Value::Array(left), Value::Array(right)) => Arc::ptr_eq(left, right),
        (Value::Object(left), Value::Object(right)) => Arc::ptr_eq(left, right),
        (Value::Jsx(left), Value::Jsx(right)) => Arc::ptr_eq(left, right),
        (Value::Function(left), Value::Function(right)) => Arc::ptr_eq(left, right),
        (Value::RegExp(left), Value::RegExp(right)) => Arc::ptr_eq(left, right),
        (Value::Component(left), Value::Component(right)) => left == right,
        (Value::Builtin(left), Value::Builtin(right)) => left == right,
        _ => false,
    }
}

/// The order of strings in JavaScript: by UTF-16 units.
pub(super) fn compare_text(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() { left.cmp(right) } else { left.encode_utf16().cmp(right.encode_utf16()) }
}

fn arithmetic(operator: BinaryOp, left: f64, right: f64) -> f64 {
    let integer = number::to_int32;
    match operator {
        BinaryOp::Subtract => left - right,
        BinaryOp::Multiply => left * right,
        BinaryOp::Divide => left / right,
        BinaryOp::Remainder => left % right,
        BinaryOp::Power => power(left, right),
        BinaryOp::ShiftLeft => f64::from(integer(left).wrapping_shl(number::to_uint32(right))),
        BinaryOp::ShiftRight => f64::from(integer(left).wrapping_shr(number::to_uint32(right))),
        BinaryOp::ShiftRightUnsigned => f64::from(number::to_uint32(left).wrapping_shr(number::to_uint32(right))),
        BinaryOp::BitOr => f64::from(integer(left) | integer(right)),
        BinaryOp::BitXor => f64::from(integer(left) ^ integer(right)),
        BinaryOp::BitAnd => f64::from(integer(left) & integer(right)),
        _ => f64::NAN,
    }
}

/// `**`: unlike in IEEE, what is raised to `NaN` is none, nor is ±1 to infinity.
pub(super) fn power(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) {
        return f64::NAN;
    }
    if exponent.fract() == 0.0 && exponent.abs() <= 64.0 {
        #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
        let exact = base.powi(exponent as i32);
        if exact.is_finite() && exact.fract() == 0.0 && exact.abs() < 9_007_199_254_740_992.0 {
            return exact;
        }
    }
    base.powf(exponent)
}
