//! What a section asks of its pages' front matter: `[content.blog.schema]`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The rules of a section, by key. A key may be dotted: `extra.price`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The rule of each key.
    pub fields: IndexMap<String, Rule>,
}

/// What is asked of one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Whether it must be there.
    pub required: bool,
    /// Its type.
    pub kind: Option<RuleType>,
    /// The only values allowed.
    pub one_of: Vec<serde_json::Value>,
    /// Least number, or least length of a string or list.
    pub min: Option<f64>,
    /// Greatest number, or greatest length of a string or list.
    pub max: Option<f64>,
}

/// A type that a [`Rule`] may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleType {
    /// Text.
    String,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// Any number.
    Number,
    /// A date.
    Date,
    /// A list.
    List,
    /// A map.
    Map,
    /// An http or https URL.
    Url,
}
