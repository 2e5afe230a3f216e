//! Numbers as JavaScript reads and writes them.

/// Returns a number as JavaScript prints it.
pub fn to_string(value: f64) -> String {
    value.to_string()
}

/// Returns a number as JSON.
pub(super) fn to_json(value: f64) -> serde_json::Value {
    serde_json::Number::from_f64(value).map_or(serde_json::Value::Null, serde_json::Value::Number)
}
