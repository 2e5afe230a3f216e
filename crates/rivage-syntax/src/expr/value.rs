//! What an expression evaluates to.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::Element;
use crate::expr::Export;

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
    /// An array.
    Array(Arc<Vec<Value>>),
    /// An object.
    Object(Arc<IndexMap<String, Value>>),
    /// JSX: what it is, with its values; rendered later.
    Jsx(Arc<JsxValue>),
    /// HTML that needs no escaping, such as an imported partial's.
    Html(Arc<str>),
    /// A name that stands for a component: renders as a tag, has no text.
    Component(Arc<str>),
    /// A function, known by its declaration.
    Function(Arc<Export>),
}

/// A JSX element whose attributes and children have been evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct JsxValue {
    /// The element as written.
    pub element: Element,
    /// Its attributes, in order, spreads spread; the last of a name wins.
    pub props: IndexMap<String, Value>,
    /// Its children.
    pub children: Vec<Value>,
}
