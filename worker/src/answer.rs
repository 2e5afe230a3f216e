//! The API's response → the platform's.

use js_sys::Uint8Array;
use rivage_api::Response;
use wasm_bindgen::prelude::*;

use crate::{bindings, copy};

#[wasm_bindgen(module = "/js/respond.mjs")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn respond(status: u16, head: &str, body: Option<Uint8Array>) -> Result<web_sys::Response, JsValue>;
}

/// Makes a response. Its body is fixed, never a stream, so that it keeps its length.
pub(crate) fn response(response: &Response, is_head: bool) -> web_sys::Response {
    let mut head = String::with_capacity(512);
    let mut add = |name: &str, value: &str| {
        head.extend([name, "\n", value, "\n"]);
    };
    for (name, value) in &response.headers {
        add(name, value);
    }
    if is_head && !response.body.is_empty() {
        add("content-length", &response.body.len().to_string());
    }
    let has_body = !is_head && !response.body.is_empty();
    respond(response.status, &head, has_body.then(|| copy(&response.body))).unwrap_or_else(|error| {
        // The API checks what it puts into headers; the platform may be stricter still.
        bindings::log_error(&format!("rivage: a response was refused: {error:?}"));
        web_sys::Response::error()
    })
}
