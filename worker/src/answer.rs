//! The API's response → the platform's.

use js_sys::Array;
use rivage_api::Response;
use web_sys::ResponseInit;

use crate::{bindings, copy};

/// Makes a response. Its body is fixed, never a stream, so that it keeps its length.
pub(crate) fn response(response: &Response, is_head: bool) -> web_sys::Response {
    let headers = Array::new();
    let add = |name: &str, value: &str| headers.push(&Array::of2(&name.into(), &value.into()));
    for (name, value) in &response.headers {
        add(name, value);
    }
    if is_head && !response.body.is_empty() {
        add("content-length", &response.body.len().to_string());
    }
    let init = ResponseInit::new();
    init.set_status(response.status);
    init.set_headers(&headers);
    let made = if is_head || response.body.is_empty() {
        web_sys::Response::new_with_opt_str_and_init(None, &init)
    } else {
        web_sys::Response::new_with_opt_js_u8_array_and_init(Some(&copy(&response.body)), &init)
    };
    made.unwrap_or_else(|error| {
        // The crate checks what it puts into headers; the platform may be stricter still.
        bindings::log_error(&format!("rivage: a response was refused: {error:?}"));
        web_sys::Response::error()
    })
}
