//! Any bytes as a JSON body: what is accepted keeps the bounds, and is what serde_json would have read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rivage_api::http::json;
use rivage_api::manifest::Bounds;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let bounds = Bounds { depth: 6, keys: 5, values: 20, ..Bounds::default() };
    let Ok(value) = json::parse(body, &bounds) else { return };
    assert!(count(&value, 6) <= 20);
    let other: Value = serde_json::from_slice(body).expect("what is accepted is JSON");
    assert_eq!(value, other);
});

fn count(value: &Value, depth: usize) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(|item| count(item, depth.checked_sub(1).expect("not too deep"))).sum(),
        Value::Object(map) => {
            assert!(map.len() <= 5);
            map.values().map(|item| count(item, depth.checked_sub(1).expect("not too deep"))).sum()
        }
        Value::String(text) => {
            assert!(!text.contains('\0'));
            0
        }
        _ => 0,
    }
}
