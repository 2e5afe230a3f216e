//! The names that every page knows: those of the language that are pure.
//!
//! In: a name such as `Math.max`. Out: its value, or why it has none. Deliberately not here: methods of values; what they do
//! ([`super::objects`]).

use crate::expr::value::Value;

/// Functions and namespaces.
const BUILTINS: &[&str] = &[
    "Array",
    "Array.from",
    "Array.isArray",
    "Array.of",
    "Boolean",
    "Date",
    "Date.UTC",
    "Date.parse",
    "JSON",
    "JSON.parse",
    "JSON.stringify",
    "Math",
    "Math.abs",
    "Math.acos",
    "Math.asin",
    "Math.atan",
    "Math.atan2",
    "Math.cbrt",
    "Math.ceil",
    "Math.cos",
    "Math.exp",
    "Math.floor",
    "Math.hypot",
    "Math.log",
    "Math.log10",
    "Math.log2",
    "Math.max",
    "Math.min",
    "Math.pow",
    "Math.round",
    "Math.sign",
    "Math.sin",
    "Math.sqrt",
    "Math.tan",
    "Math.trunc",
    "Number",
    "Number.isFinite",
    "Number.isInteger",
    "Number.isNaN",
    "Number.isSafeInteger",
    "Number.parseFloat",
    "Number.parseInt",
    "Object",
    "Object.assign",
    "Object.entries",
    "Object.freeze",
    "Object.fromEntries",
    "Object.hasOwn",
    "Object.is",
    "Object.keys",
    "Object.values",
    "String",
    "String.fromCharCode",
    "String.fromCodePoint",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
];

/// Constants.
const CONSTANTS: &[(&str, f64)] = &[
    ("Infinity", f64::INFINITY),
    ("Math.E", std::f64::consts::E),
    ("Math.LN10", std::f64::consts::LN_10),
    ("Math.LN2", std::f64::consts::LN_2),
    ("Math.LOG10E", std::f64::consts::LOG10_E),
    ("Math.LOG2E", std::f64::consts::LOG2_E),
    ("Math.PI", std::f64::consts::PI),
    ("Math.SQRT1_2", std::f64::consts::FRAC_1_SQRT_2),
    ("Math.SQRT2", std::f64::consts::SQRT_2),
    ("NaN", f64::NAN),
    ("Number.EPSILON", f64::EPSILON),
    ("Number.MAX_SAFE_INTEGER", 9_007_199_254_740_991.0),
    ("Number.MAX_VALUE", f64::MAX),
    ("Number.MIN_SAFE_INTEGER", -9_007_199_254_740_991.0),
    ("Number.MIN_VALUE", 5e-324),
    ("Number.NEGATIVE_INFINITY", f64::NEG_INFINITY),
    ("Number.NaN", f64::NAN),
    ("Number.POSITIVE_INFINITY", f64::INFINITY),
];

/// What other engines know and pages cannot use.
const OTHERS: &[&str] = &[
    "BigInt",
    "Error",
    "Function",
    "Intl",
    "Map",
    "Promise",
    "Proxy",
    "Reflect",
    "RegExp",
    "Set",
    "Symbol",
    "URL",
    "URLSearchParams",
    "WeakMap",
    "arguments",
    "console",
    "crypto",
    "document",
    "eval",
    "fetch",
    "globalThis",
    "localStorage",
    "navigator",
    "performance",
    "process",
    "require",
    "setInterval",
    "setTimeout",
    "structuredClone",
    "window",
];

/// Returns the value of a global name.
pub(super) fn value(name: &str) -> Option<Value> {
    if name == "undefined" {
        return Some(Value::Undefined);
    }
    if let Ok(index) = BUILTINS.binary_search(&name) {
        return BUILTINS.get(index).copied().map(Value::Builtin);
    }
    let constant = CONSTANTS.iter().find(|(constant, _)| *constant == name);
    constant.map(|(_, value)| Value::Number(*value))
}

/// Reports whether a name is known to JavaScript, but not here.
pub(super) fn is_of_other_engines(name: &str) -> bool {
    OTHERS.binary_search(&name).is_ok()
}

/// Returns what to do instead of a function whose results differ between builds.
pub(super) fn why_not_deterministic(name: &str) -> Option<&'static str> {
    match name {
        "Math.random" => Some("choose a value and write it down"),
        "Date.now" => Some("write the date down: `new Date(\"2026-11-23\")`"),
        _ => None,
    }
}

/// Returns all global names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().copied().chain(CONSTANTS.iter().map(|(name, _)| *name)).chain(["undefined"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(BUILTINS.is_sorted() && OTHERS.is_sorted());
    }
}
