//! Types of parameters, where they stand, and the rules that values must satisfy.

use serde::{Deserialize, Serialize};
use serde_json::Number;

/// The type of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Text.
    Text,
    /// 16-bit integer.
    Int2,
    /// 32-bit integer.
    Int4,
    /// 64-bit integer.
    Int8,
    /// Binary floating point.
    Float8,
    /// Decimal number of any length.
    Numeric,
    /// `true` or `false`.
    Bool,
    /// UUID.
    Uuid,
    /// `2026-11-29`.
    Date,
    /// RFC 3339, with an offset.
    Timestamptz,
    /// Any JSON, in a body only.
    Json,
    /// One of these words.
    Enum(Vec<String>),
    /// Several of a simple type.
    Array(Box<Type>),
}

impl Type {
    /// The names of the simple types, as route files have them.
    pub const NAMES: [(&'static str, Self); 11] = [
        ("text", Self::Text),
        ("int2", Self::Int2),
        ("int4", Self::Int4),
        ("int8", Self::Int8),
        ("float8", Self::Float8),
        ("numeric", Self::Numeric),
        ("bool", Self::Bool),
        ("uuid", Self::Uuid),
        ("date", Self::Date),
        ("timestamptz", Self::Timestamptz),
        ("json", Self::Json),
    ];

    /// Returns the number under which PostgreSQL knows the type.
    pub fn oid(&self) -> u32 {
        match self {
            Self::Text | Self::Enum(_) => 25,
            Self::Int2 => 21,
            Self::Int4 => 23,
            Self::Int8 => 20,
            Self::Float8 => 701,
            Self::Numeric => 1700,
            Self::Bool => 16,
            Self::Uuid => 2950,
            Self::Date => 1082,
            Self::Timestamptz => 1184,
            Self::Json => 3802,
            Self::Array(item) => match **item {
                Self::Int2 => 1005,
                Self::Int4 => 1007,
                Self::Int8 => 1016,
                Self::Float8 => 1022,
                Self::Numeric => 1231,
                Self::Bool => 1000,
                Self::Uuid => 2951,
                Self::Date => 1182,
                Self::Timestamptz => 1185,
                Self::Json => 3807,
                Self::Text | Self::Enum(_) | Self::Array(_) => 1009,
            },
        }
    }

    /// Reports whether values are integers.
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::Int2 | Self::Int4 | Self::Int8)
    }

    /// Reports whether values have an order that `range` can bound.
    pub fn is_number(&self) -> bool {
        self.is_integer() || matches!(self, Self::Float8 | Self::Numeric)
    }

    /// Returns the type of one value: an array's items, else the type itself.
    pub fn item(&self) -> &Self {
        match self {
            Self::Array(item) => item,
            other => other,
        }
    }
}

/// Where a parameter stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A segment of the path.
    Path,
    /// The query.
    Query,
    /// A key of the JSON body, or a field of a form.
    Body,
}

impl Source {
    /// All of them with their names.
    pub const NAMES: [(&'static str, Self); 3] = [("path", Self::Path), ("query", Self::Query), ("body", Self::Body)];
}

/// What a value must satisfy. Of an array, `range` and `pattern` bind the items, `length` their number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The smallest number.
    #[serde(with = "as_text")]
    pub min: Option<Number>,
    /// The greatest number.
    #[serde(with = "as_text")]
    pub max: Option<Number>,
    /// The fewest characters or items.
    pub min_length: Option<u32>,
    /// The most characters or items.
    pub max_length: Option<u32>,
    /// A regular expression. It is not anchored.
    pub pattern: Option<String>,
}

impl Rules {
    /// Reports whether there is no rule.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Numbers as they were written. A number that may be whole or not tells a reader which by its form alone, and bytes have none.
mod as_text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Number;

    pub(super) fn serialize<S: Serializer>(number: &Option<Number>, serializer: S) -> Result<S::Ok, S::Error> {
        number.as_ref().map(Number::to_string).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Number>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(|_| D::Error::custom("a bound is no number"))).transpose()
    }
}
