//! How much a page may compute.
//!
//! In: what was done. Out: an error once it is too much. Deliberately not here: the depth of source text (the parser's).

use std::sync::Arc;

use super::{Result, Run};
use crate::Span;
use crate::expr::diagnostics;
use crate::expr::value::{Object, Value};

const MAX_STEPS: u64 = 1_000_000;
const MAX_BYTES: usize = 32 * 1024 * 1024;
const MAX_DEPTH: u32 = 320;
/// How deep values may be nested.
pub(super) const MAX_VALUE_DEPTH: u32 = 400;

/// What a page has used.
#[derive(Default)]
pub(super) struct Limits {
    steps: u64,
    bytes: usize,
    pub(super) depth: u32,
}

impl Run<'_> {
    /// Counts steps.
    pub(super) fn step(&mut self, count: usize, span: Span) -> Result<()> {
        self.page.limits.steps += count as u64;
        if self.page.limits.steps > MAX_STEPS {
            return Err(Box::new(diagnostics::too_many_steps(&self.file, span, MAX_STEPS)));
        }
        Ok(())
    }

    /// Counts the steps of looking at so many bytes.
    pub(super) fn scan(&mut self, bytes: usize, span: Span) -> Result<()> {
        self.step(bytes / 64, span)
    }

    /// Counts bytes, before they are made.
    pub(super) fn grow(&mut self, bytes: usize, span: Span) -> Result<()> {
        self.page.limits.bytes = self.page.limits.bytes.saturating_add(bytes);
        if self.page.limits.bytes > MAX_BYTES {
            return Err(Box::new(diagnostics::too_large(&self.file, span, MAX_BYTES / 1024 / 1024)));
        }
        Ok(())
    }

    /// Refuses what could not be made any more.
    pub(super) fn would_fit(&self, bytes: usize, span: Span) -> Result<()> {
        if self.page.limits.bytes.saturating_add(bytes) > MAX_BYTES {
            return Err(Box::new(diagnostics::too_large(&self.file, span, MAX_BYTES / 1024 / 1024)));
        }
        Ok(())
    }

    /// Goes one level deeper.
    pub(super) fn enter(&mut self, span: Span) -> Result<()> {
        if self.page.limits.depth >= MAX_DEPTH {
            return Err(Box::new(diagnostics::recursion(&self.file, span)));
        }
        self.page.limits.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.page.limits.depth = self.page.limits.depth.saturating_sub(1);
    }

    /// Makes a string.
    pub(super) fn text(&mut self, text: impl Into<Arc<str>> + AsRef<str>, span: Span) -> Result<Value> {
        self.grow(text.as_ref().len(), span)?;
        Ok(Value::String(text.into()))
    }

    /// Makes an array.
    pub(super) fn array(&mut self, items: Vec<Value>, span: Span) -> Result<Value> {
        self.grow(items.len() * size_of::<Value>(), span)?;
        self.checked(Value::array(items), span)
    }

    /// Makes an object.
    pub(super) fn object(&mut self, object: Object, span: Span) -> Result<Value> {
        let bytes = object.keys().map(|key| key.len() + size_of::<(usize, String, Value)>()).sum();
        self.grow(bytes, span)?;
        self.checked(Value::object(object), span)
    }

    /// Refuses a value that is nested too deeply, or stands for too much.
    pub(super) fn checked(&mut self, value: Value, span: Span) -> Result<Value> {
        if value.depth() > MAX_VALUE_DEPTH {
            return Err(Box::new(diagnostics::value_too_deep(&self.file, span)));
        }
        if value.size() > MAX_BYTES {
            return Err(Box::new(diagnostics::too_large(&self.file, span, MAX_BYTES / 1024 / 1024)));
        }
        Ok(value)
    }
}
