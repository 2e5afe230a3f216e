//! The API's response → the platform's.

use rivage_api::Response;
use wasm_bindgen::prelude::*;
use web_sys::ReadableStream;

use crate::{bindings, copy};

#[wasm_bindgen(module = "/js/respond.mjs")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn respond(status: u16, head: &str, body: &JsValue) -> Result<web_sys::Response, JsValue>;
}

/// Makes a response. Its body is fixed, so that it keeps its length, or the stream of an object, which knows its own.
pub(crate) fn response(response: &Response, object: Option<&ReadableStream>, is_head: bool) -> web_sys::Response {
    let mut head = String::with_capacity(512);
    let mut add = |name: &str, value: &str| {
        head.extend([name, "\n", value, "\n"]);
    };
    for (name, value) in &response.headers {
        add(name, value);
    }
    if response.object.is_some() || (is_head && !response.body.is_empty()) {
        add("content-length", &response.length().to_string());
    }
    let body = match object {
        Some(object) if !is_head => object.into(),
        None if !is_head && !response.body.is_empty() => copy(&response.body).into(),
        _ => JsValue::NULL,
    };
    respond(response.status, &head, &body).unwrap_or_else(|error| {
        // The API checks what it puts into headers; the platform may be stricter still.
        bindings::log_error(&format!("rivage: a response was refused: {error:?}"));
        web_sys::Response::error()
    })
}
