//! Routes for worker/tests/: what a deployed Worker must never have, and what cannot be seen from outside.

use js_sys::WebAssembly::Memory;
use js_sys::futures::{JsFuture, future_to_promise};
use js_sys::{ArrayBuffer, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::Response;

use crate::bindings::set_timeout;

/// Answers a route of the tests.
pub(crate) fn answer(path: &str) -> Option<JsValue> {
    match path {
        "/api/testing/panic" => panic!("asked for by a test"),
        "/api/testing/panic-later" => Some(
            future_to_promise(async {
                let _ = JsFuture::from(Promise::new(&mut |resolve, _| drop(set_timeout(&resolve, 100)))).await;
                panic!("asked for by a test")
            })
            .into(),
        ),
        "/api/testing/memory" => {
            let memory: Memory = wasm_bindgen::memory().unchecked_into();
            let buffer: ArrayBuffer = memory.buffer().unchecked_into();
            let bytes = Reflect::get(&buffer, &"byteLength".into()).ok()?.as_f64()?;
            Some(Response::new_with_opt_str(Some(&bytes.to_string())).ok()?.into())
        }
        _ => None,
    }
}
