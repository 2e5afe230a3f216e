//! Methods of arrays.
//!
//! In: an array and arguments. Out: a new value: nothing changes an array, so `sort` and `reverse` return sorted copies.
//! Deliberately not here: `push` and all else whose only use is to change the array.

use std::cmp::Ordering;

use super::calls::Args;
use super::members::number;
use super::operators::compare_text;
use super::{Result, Run};
use crate::Span;
use crate::expr::diagnostics;
use crate::expr::value::Value;

pub(super) const METHODS: &[&str] = &[
    "at",
    "concat",
    "entries",
    "every",
    "fill",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "flat",
    "flatMap",
    "forEach",
    "includes",
    "indexOf",
    "join",
    "keys",
    "lastIndexOf",
    "map",
    "reduce",
    "reduceRight",
    "reverse",
    "slice",
    "some",
    "sort",
    "toReversed",
    "toSorted",
    "toSpliced",
    "toString",
    "values",
    "with",
];

impl Run<'_> {
    pub(super) fn array_method(
        &mut self,
        items: &[Value],
        key: &str,
        args: Args<'_>,
        span: Span,
    ) -> Result<Option<Value>> {
        self.step(items.len() / 8, span)?;
        match key {
            "map" | "flatMap" => self.map(items, key, args, span).map(Some),
            "filter" => self.filter(items, args, span).map(Some),
            "forEach" => self.for_each(items, args, span).map(Some),
            "find" | "findIndex" | "some" => self.find(items, 0..items.len(), true, key, args, span).map(Some),
            "every" => self.find(items, 0..items.len(), false, key, args, span).map(Some),
            "findLast" | "findLastIndex" => self.find(items, (0..items.len()).rev(), true, key, args, span).map(Some),
            "reduce" => self.reduce(items, 0..items.len(), args, span).map(Some),
            "reduceRight" => self.reduce(items, (0..items.len()).rev(), args, span).map(Some),
            "sort" | "toSorted" => {
                let sorted = self.sort(items, args.given(0), span)?;
                self.array(sorted, span).map(Some)
            }
            _ => self.plain_array_method(items, key, args, span),
        }
    }

    fn map(&mut self, items: &[Value], key: &str, args: Args<'_>, span: Span) -> Result<Value> {
        let mut out = Vec::with_capacity(items.len());
        for index in 0..items.len() {
            out.push(self.call_back(items, index, args, span)?);
        }
        if key == "flatMap" { self.flat(&out, 1, span) } else { self.array(out, span) }
    }

    fn filter(&mut self, items: &[Value], args: Args<'_>, span: Span) -> Result<Value> {
        let mut out = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if self.call_back(items, index, args, span)?.is_truthy() {
                out.push(item.clone());
            }
        }
        self.array(out, span)
    }

    fn for_each(&mut self, items: &[Value], args: Args<'_>, span: Span) -> Result<Value> {
        for index in 0..items.len() {
            self.call_back(items, index, args, span)?;
        }
        Ok(Value::Undefined)
    }

    /// The methods without a callback.
    #[inline(never)]
    fn plain_array_method(&mut self, items: &[Value], key: &str, args: Args<'_>, span: Span) -> Result<Option<Value>> {
        let result = match key {
            "includes" => {
                let from = self.position(args.get(1), items.len(), 0, span)?;
                let wanted = args.get(0);
                let is_nan = |value: &Value| matches!(value, Value::Number(value) if value.is_nan());
                let mut found = false;
                for item in &items[from..] {
                    found = found || (is_nan(wanted) && is_nan(item)) || self.strict_equal(item, wanted, span)?;
                }
                Value::Bool(found)
            }
            "indexOf" => {
                let from = self.position(args.get(1), items.len(), 0, span)?;
                self.index_of(items, from..items.len(), args.get(0), span)?
            }
            "lastIndexOf" => self.index_of(items, (0..items.len()).rev(), args.get(0), span)?,
            "join" => {
                let separator = match args.given(0) {
                    Some(separator) => self.text_of(separator, span)?,
                    None => ",".into(),
                };
                let mut out = String::new();
                self.write_joined(items, &separator, &mut out, span)?;
                self.text(out, span)?
            }
            "toString" => {
                let mut out = String::new();
                self.write_joined(items, ",", &mut out, span)?;
                self.text(out, span)?
            }
            "slice" => {
                let start = self.position(args.get(0), items.len(), 0, span)?;
                let end = self.position(args.get(1), items.len(), items.len(), span)?;
                self.array(items.get(start..end).unwrap_or_default().to_vec(), span)?
            }
            "concat" => {
                let mut out = items.to_vec();
                for argument in args.0 {
                    match argument {
                        Value::Array(more) => {
                            self.grow(more.len() * size_of::<Value>(), span)?;
                            out.extend(more.iter().cloned());
                        }
                        other => out.push(other.clone()),
                    }
                }
                self.array(out, span)?
            }
            "flat" => {
                let depth = match args.given(0) {
                    Some(depth) => self.number_of(depth, span)?,
                    None => 1.0,
                };
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
                let depth = depth.clamp(0.0, 1000.0) as usize;
                self.flat(items, depth, span)?
            }
            "at" => {
                let index = self.relative(args.get(0), items.len(), span)?;
                index.and_then(|index| items.get(index)).cloned().unwrap_or(Value::Undefined)
            }
            "with" => {
                let index = self.relative(args.get(0), items.len(), span)?;
                let mut out = items.to_vec();
                match index.and_then(|index| out.get_mut(index)) {
                    Some(slot) => *slot = args.get(1).clone(),
                    None => {
                        return Err(Box::new(diagnostics::wrong_type(
                            &self.file,
                            span,
                            "there is no item at this index",
                        )));
                    }
                }
                self.array(out, span)?
            }
            "fill" => {
                let start = self.position(args.get(1), items.len(), 0, span)?;
                let end = self.position(args.get(2), items.len(), items.len(), span)?;
                let mut out = items.to_vec();
                for slot in out.get_mut(start..end).unwrap_or_default() {
                    *slot = args.get(0).clone();
                }
                self.array(out, span)?
            }
            "toSpliced" => {
                let start = self.position(args.get(0), items.len(), 0, span)?;
                let count = match args.0.len() {
                    0 => 0,
                    1 => items.len() - start,
                    _ => self.position(args.get(1), items.len() - start, 0, span)?,
                };
                let mut out = items[..start].to_vec();
                out.extend(args.0.iter().skip(2).cloned());
                out.extend(items[start + count..].iter().cloned());
                self.array(out, span)?
            }
            "entries" => {
                let mut out = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    out.push(self.array(vec![number(index), item.clone()], span)?);
                }
                self.array(out, span)?
            }
            "keys" => self.array((0..items.len()).map(number).collect(), span)?,
            "values" => self.array(items.to_vec(), span)?,
            "reverse" | "toReversed" => self.array(items.iter().rev().cloned().collect(), span)?,
            "push" | "pop" | "shift" | "unshift" | "splice" | "copyWithin" => {
                let what = format!("`{key}`, which changes an array,");
                return Err(Box::new(diagnostics::unsupported(&self.file, span, &what)));
            }
            _ => return Ok(None),
        };
        Ok(Some(result))
    }

    /// Calls the first argument with an item, its index and the array.
    fn call_back(&mut self, items: &[Value], index: usize, args: Args<'_>, span: Span) -> Result<Value> {
        let item = items.get(index).cloned().unwrap_or(Value::Undefined);
        // The third argument of a callback is the array. Making it anew for each item would be quadratic; hardly any callback
        // takes it, and those that do are told.
        if let Value::Function(closure) = args.get(0)
            && closure.function.params.len() > 2
        {
            return Err(Box::new(diagnostics::unsupported(&self.file, span, "the third parameter of this callback")));
        }
        self.call_value(args.get(0), &[item, number(index)], span, "the callback")
    }

    fn find(
        &mut self,
        items: &[Value],
        order: impl Iterator<Item = usize>,
        wanted: bool,
        key: &str,
        args: Args<'_>,
        span: Span,
    ) -> Result<Value> {
        let mut found = None;
        for index in order {
            if self.call_back(items, index, args, span)?.is_truthy() == wanted {
                found = Some(index);
                break;
            }
        }
        Ok(match key {
            "some" => Value::Bool(found.is_some()),
            "every" => Value::Bool(found.is_none()),
            "findIndex" | "findLastIndex" => found.map_or(Value::Number(-1.0), number),
            _ => found.and_then(|index| items.get(index)).cloned().unwrap_or(Value::Undefined),
        })
    }

    fn index_of(
        &mut self,
        items: &[Value],
        order: impl Iterator<Item = usize>,
        wanted: &Value,
        span: Span,
    ) -> Result<Value> {
        for index in order {
            if let Some(item) = items.get(index)
                && self.strict_equal(item, wanted, span)?
            {
                return Ok(number(index));
            }
        }
        Ok(Value::Number(-1.0))
    }

    fn reduce(
        &mut self,
        items: &[Value],
        mut order: impl Iterator<Item = usize>,
        args: Args<'_>,
        span: Span,
    ) -> Result<Value> {
        let start = match args.0.get(1) {
            Some(start) => Some(start.clone()),
            None => order.next().and_then(|index| items.get(index)).cloned(),
        };
        let Some(mut total) = start else {
            return Err(Box::new(diagnostics::wrong_type(
                &self.file,
                span,
                "an empty array has nothing to start `reduce` with",
            )));
        };
        for index in order {
            let item = items.get(index).cloned().unwrap_or(Value::Undefined);
            total = self.call_value(args.get(0), &[total, item, number(index)], span, "the callback")?;
        }
        Ok(total)
    }

    fn flat(&mut self, items: &[Value], depth: usize, span: Span) -> Result<Value> {
        let mut out = Vec::new();
        self.flat_into(items, depth, &mut out, span)?;
        self.array(out, span)
    }

    fn flat_into(&mut self, items: &[Value], depth: usize, out: &mut Vec<Value>, span: Span) -> Result<()> {
        self.step(items.len(), span)?;
        for item in items {
            match item {
                Value::Array(inner) if depth > 0 => self.flat_into(inner, depth - 1, out, span)?,
                other => out.push(other.clone()),
            }
        }
        Ok(())
    }

    /// Sorts by merging, stably: unlike the standard library's, it may fail, and a comparison may contradict itself.
    pub(super) fn sort(&mut self, items: &[Value], by: Option<&Value>, span: Span) -> Result<Vec<Value>> {
        // `undefined` goes to the end, without being compared.
        let (mut sorted, missing): (Vec<Value>, Vec<Value>) =
            items.iter().cloned().partition(|item| !matches!(item, Value::Undefined));
        let mut texts = Vec::new();
        if by.is_none() {
            for item in &sorted {
                texts.push(self.text_of(item, span)?);
            }
        }
        let mut order: Vec<usize> = (0..sorted.len()).collect();
        let mut width = 1;
        while width < order.len() {
            let mut next = Vec::with_capacity(order.len());
            for pair in order.chunks(width * 2) {
                let (left, right) = pair.split_at(width.min(pair.len()));
                let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
                while let (Some(&&a), Some(&&b)) = (left.peek(), right.peek()) {
                    self.step(1, span)?;
                    let order = match by {
                        None => match (texts.get(a), texts.get(b)) {
                            (Some(a), Some(b)) => compare_text(a, b),
                            _ => Ordering::Equal,
                        },
                        Some(by) => {
                            let pair = [a, b].map(|index| sorted.get(index).cloned().unwrap_or(Value::Undefined));
                            let result = self.call_value(by, &pair, span, "the comparison")?;
                            self.number_of(&result, span)?.partial_cmp(&0.0).unwrap_or(Ordering::Equal)
                        }
                    };
                    next.extend(if order.is_gt() { right.next() } else { left.next() });
                }
                next.extend(left);
                next.extend(right);
            }
            order = next;
            width *= 2;
        }
        let picked = order.iter().filter_map(|&index| sorted.get(index).cloned()).collect();
        sorted = picked;
        sorted.extend(missing);
        Ok(sorted)
    }

    /// Returns a position that counts from the end if it is negative, within `0..=length`.
    pub(super) fn position(&mut self, value: &Value, length: usize, default: usize, span: Span) -> Result<usize> {
        if matches!(value, Value::Undefined) {
            return Ok(default);
        }
        let position = self.number_of(value, span)?;
        Ok(clamp(if position < 0.0 { position.trunc() + as_float(length) } else { position }, length))
    }

    /// Returns the index that `at` means; none if there is no such item.
    pub(super) fn relative(&mut self, value: &Value, length: usize, span: Span) -> Result<Option<usize>> {
        let index = self.number_of(value, span)?;
        let index = if index.is_nan() { 0.0 } else { index.trunc() };
        let index = if index < 0.0 { index + as_float(length) } else { index };
        Ok((0.0..as_float(length)).contains(&index).then(|| clamp(index, length)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths of things in memory are small")]
pub(super) fn as_float(length: usize) -> f64 {
    length as f64
}

/// Returns a number as a position within `0..=length`; `NaN` is 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
pub(super) fn clamp(value: f64, length: usize) -> usize {
    if value.is_nan() { 0 } else { value.clamp(0.0, as_float(length)) as usize }
}
