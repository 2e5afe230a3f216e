//! What an expression evaluates to.
//!
//! In: data from files, results of [`super::Evaluator`]. Out: children, JSON, text. Values are cheap to clone; nothing can
//! change one after it was made. Deliberately not here: operators and methods ([`super::eval`]), HTML.

use std::sync::Arc;

use indexmap::IndexMap;

use super::ast::Function;
use super::number;
use super::regexp::RegExp;
use crate::data::{Data, DataValue};
use crate::{FileId, Span};

/// The properties of an object, in JavaScript's order: whole numbers first, then as they were made.
pub type Object = IndexMap<String, Value>;

/// What a value without parts counts for.
const VALUE_SIZE: usize = 16;

/// A value of the expression language. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `undefined`; also an expression of only comments.
    Undefined,
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    String(Arc<str>),
    /// An array. Make one by [`Value::array`].
    Array(Arc<Nested<Vec<Value>>>),
    /// An object. Make one by [`Value::object`].
    Object(Arc<Nested<Object>>),
    /// JSX: what it is, with its values; rendered later. Make one by [`Value::jsx`].
    Jsx(Arc<Nested<JsxValue>>),
    /// HTML that needs no escaping, such as the rendered children of a component.
    Html(Arc<str>),
    /// A name that stands for a component (an import, mostly): renders as a tag; has no text, its members are undefined.
    Component(Arc<str>),
    /// A function of a page, with what it can see. Call it by [`super::Evaluator::call`].
    Function(Arc<Nested<Closure>>),
    /// A function or namespace of the language: `Math`, `Object.keys`.
    Builtin(&'static str),
    /// A moment, in milliseconds since 1970.
    Date(f64),
    /// A regular expression.
    RegExp(Arc<RegExp>),
}

/// Something that holds values, with how deep they are nested and how much going through them has to look at: the
/// evaluator refuses values so deep that this would overflow the stack, or so large that it would not end. (Values share their
/// parts, so that a few of them can stand for very many.)
#[derive(Clone, Debug, PartialEq)]
pub struct Nested<T> {
    depth: u32,
    size: usize,
    inner: T,
}

impl<T> std::ops::Deref for Nested<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

/// A JSX element whose attributes and children have been evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct JsxValue {
    /// `Callout`, `Tabs.Item`, `p`; none for a fragment.
    pub name: Option<Arc<str>>,
    /// Its attributes, spreads spread; of a name given twice the last value, at the first one's place. Children that were
    /// given as an attribute are under `children`, and hold only where [`Self::children`] is empty.
    pub props: Object,
    /// Where each of `props` was written, in the same order.
    pub prop_spans: Vec<Span>,
    /// Its children.
    pub children: Vec<Value>,
    /// The file it was written in.
    pub file: FileId,
    /// Where it stands there.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// A function with what it can see.
#[derive(Clone, Debug, PartialEq)]
pub struct Closure {
    /// As written.
    pub function: Arc<Function>,
    /// The file it was written in.
    pub file: FileId,
    /// The names around it that are not the file's.
    pub(super) env: Option<Arc<Nested<Env>>>,
}

/// A local name with its value, and the names around it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Env {
    pub(super) name: Arc<str>,
    pub(super) value: Value,
    pub(super) parent: Option<Arc<Nested<Env>>>,
}

/// A part of a value that is shown as a child of an element.
#[derive(Clone, Debug, PartialEq)]
pub enum Child<'v> {
    /// Text, to be escaped.
    Text(std::borrow::Cow<'v, str>),
    /// HTML, as it is.
    Html(&'v str),
    /// An element.
    Jsx(&'v JsxValue),
}

impl Value {
    /// Makes a string.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// Makes an array.
    pub fn array(items: Vec<Value>) -> Self {
        let (depth, size) = extent(items.iter());
        Self::Array(Arc::new(Nested { depth, size, inner: items }))
    }

    /// Makes an object; puts keys that are whole numbers first, as JavaScript does.
    pub fn object(mut properties: Object) -> Self {
        if properties.keys().any(|key| array_index(key).is_some()) {
            // A stable sort: other keys are all equal and keep their order.
            properties.sort_by_key(|key, _| array_index(key).map_or(u64::MAX, u64::from));
        }
        let (depth, size) = extent(properties.values());
        let size = properties.keys().fold(size, |size, key| size.saturating_add(key.len()));
        Self::Object(Arc::new(Nested { depth, size, inner: properties }))
    }

    /// Makes JSX.
    pub fn jsx(jsx: JsxValue) -> Self {
        let (depth, size) = extent(jsx.props.values().chain(&jsx.children));
        Self::Jsx(Arc::new(Nested { depth, size, inner: jsx }))
    }

    pub(super) fn closure(closure: Closure) -> Self {
        let depth = 1 + closure.env.as_ref().map_or(0, |env| env.depth);
        // What a function sees is dropped with it, but never gone through.
        Self::Function(Arc::new(Nested { depth, size: VALUE_SIZE, inner: closure }))
    }

    /// Returns how deep the value is nested: 0 for what holds no values.
    pub(super) fn depth(&self) -> u32 {
        match self {
            Self::Array(items) => items.depth,
            Self::Object(properties) => properties.depth,
            Self::Jsx(jsx) => jsx.depth,
            Self::Function(closure) => closure.depth,
            _ => 0,
        }
    }

    /// Returns about how many bytes going through the value looks at.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Array(items) => items.size,
            Self::Object(properties) => properties.size,
            Self::Jsx(jsx) => jsx.size,
            Self::String(text) | Self::Html(text) => VALUE_SIZE.saturating_add(text.len()),
            _ => VALUE_SIZE,
        }
    }

    /// Makes a value of JSON.
    pub fn from_json(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Self::string(text.as_str()),
            Json::Array(items) => Self::array(items.iter().map(Self::from_json).collect()),
            Json::Object(entries) => {
                Self::object(entries.iter().map(|(key, value)| (key.clone(), Self::from_json(value))).collect())
            }
        }
    }

    /// Makes a value of a data file or front matter.
    pub fn from_data(data: &Data) -> Self {
        match &data.value {
            DataValue::Null => Self::Null,
            DataValue::Bool(value) => Self::Bool(*value),
            #[expect(clippy::cast_precision_loss, reason = "JavaScript has no other numbers")]
            DataValue::Int(value) => Self::Number(*value as f64),
            DataValue::Float(value) => Self::Number(*value),
            DataValue::String(text) | DataValue::Date(text) => Self::string(text.as_str()),
            DataValue::Array(items) => Self::array(items.iter().map(Self::from_data).collect()),
            DataValue::Map(entries) => {
                let entries = entries.iter().map(|entry| (entry.key.clone(), Self::from_data(&entry.value)));
                Self::object(entries.collect())
            }
        }
    }

    /// Returns the value as JSON, as `JSON.stringify` has it: none for `undefined`, functions, components and JSX, which are
    /// also left out of objects and are `null` in arrays.
    pub fn to_json(&self) -> Option<serde_json::Value> {
        use serde_json::Value as Json;
        match self {
            Self::Undefined | Self::Function(_) | Self::Builtin(_) | Self::Component(_) | Self::Jsx(_) => None,
            Self::Null => Some(Json::Null),
            Self::Bool(value) => Some(Json::Bool(*value)),
            Self::Number(value) => Some(number::to_json(*value)),
            Self::String(text) | Self::Html(text) => Some(Json::String(text.as_ref().to_owned())),
            Self::Date(time) => Some(super::date::to_iso(*time).map_or(Json::Null, Json::String)),
            Self::RegExp(_) => Some(Json::Object(serde_json::Map::new())),
            Self::Array(items) => {
                Some(Json::Array(items.iter().map(|item| item.to_json().unwrap_or(Json::Null)).collect()))
            }
            Self::Object(properties) => {
                let entries = properties.iter().filter_map(|(key, value)| Some((key.clone(), value.to_json()?)));
                Some(Json::Object(entries.collect()))
            }
        }
    }

    /// Returns the value as the text that `JSON.stringify` makes of it; none where [`Self::to_json`] has none.
    pub fn to_json_text(&self) -> Option<String> {
        let mut out = String::new();
        super::json::write(self, "", 0, &mut out).then_some(out)
    }

    /// Reports whether a condition on the value holds.
    pub fn is_truthy(&self) -> bool {
        match self {
            Self::Undefined | Self::Null => false,
            Self::Bool(value) => *value,
            Self::Number(value) => *value != 0.0 && !value.is_nan(),
            Self::String(text) => !text.is_empty(),
            _ => true,
        }
    }

    /// Reports whether it is `undefined` or `null`.
    pub fn is_nullish(&self) -> bool {
        matches!(self, Self::Undefined | Self::Null)
    }

    /// Calls `visit` for each part of the value that is shown as a child: `undefined`, `null`, booleans, functions and
    /// components show nothing, arrays are flattened.
    ///
    /// # Errors
    /// In words what cannot be a child: `an object`.
    pub fn children<'v>(&'v self, visit: &mut dyn FnMut(Child<'v>)) -> Result<(), &'static str> {
        match self {
            Self::Undefined
            | Self::Null
            | Self::Bool(_)
            | Self::Component(_)
            | Self::Function(_)
            | Self::Builtin(_) => {}
            Self::Number(value) => visit(Child::Text(number::to_string(*value).into())),
            Self::String(text) => visit(Child::Text(text.as_ref().into())),
            Self::Html(html) => visit(Child::Html(html)),
            Self::Jsx(jsx) => visit(Child::Jsx(jsx)),
            Self::Array(items) => {
                for item in items.iter() {
                    item.children(visit)?;
                }
            }
            Self::Object(_) | Self::Date(_) | Self::RegExp(_) => return Err(self.type_name()),
        }
        Ok(())
    }

    /// Returns what it is in the words of an error message: `a string`, `an array`…
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
            Self::Jsx(_) | Self::Html(_) => "an element",
            Self::Component(_) => "a component",
            Self::Function(_) | Self::Builtin(_) => "a function",
            Self::Date(_) => "a date",
            Self::RegExp(_) => "a regular expression",
        }
    }
}

impl Env {
    /// Adds a name.
    pub(super) fn bind(parent: Option<Arc<Nested<Self>>>, name: Arc<str>, value: Value) -> Arc<Nested<Self>> {
        let depth = 1 + value.depth().max(parent.as_ref().map_or(0, |env| env.depth));
        Arc::new(Nested { depth, size: VALUE_SIZE, inner: Self { name, value, parent } })
    }
}

/// Returns depth and size of what holds these values.
fn extent<'v>(values: impl Iterator<Item = &'v Value>) -> (u32, usize) {
    let (depth, size) = values
        .fold((0, VALUE_SIZE), |(depth, size), value| (value.depth().max(depth), size.saturating_add(value.size())));
    (depth + 1, size)
}

impl<T> Nested<T> {
    /// Returns how deep the values in it are nested.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }
}

/// Returns the number that a property's name is, if it is one as JavaScript writes it.
pub(super) fn array_index(key: &str) -> Option<u32> {
    let is_canonical = key == "0" || (key.as_bytes().first().is_some_and(|byte| (b'1'..=b'9').contains(byte)));
    if !is_canonical || key.len() > 10 {
        return None;
    }
    key.parse().ok().filter(|&index| index != u32::MAX)
}
