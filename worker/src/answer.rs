//! The API's response → the platform's.

use std::borrow::Cow;
use std::cell::RefCell;

use rivage_api::Response;
use wasm_bindgen::prelude::*;
use web_sys::{Headers, ReadableStream};

#[wasm_bindgen(module = "/js/respond.mjs")]
extern "C" {
    fn remember(list: &str) -> Headers;

    fn respond(
        status: u16,
        known: &Headers,
        coded: &[u8],
        bytes: Option<&[u8]>,
        stream: Option<&ReadableStream>,
    ) -> web_sys::Response;
}

/// Bytes of a body that goes over as a string.
const SHORT: usize = 4096;

/// Headers whose values stand in this program.
type Fixed = Vec<(&'static str, &'static str)>;

thread_local! {
    /// Each list of such headers as the platform has it. There are as many as the program has kinds of responses, some dozens; no request adds one.
    static KNOWN: RefCell<Vec<(Fixed, Headers)>> = const { RefCell::new(Vec::new()) };
}

/// Makes a response. Its body is fixed, so that it keeps its length, or the stream of an object, which knows its own.
pub(crate) fn response(response: &Response, object: Option<&ReadableStream>, is_head: bool) -> web_sys::Response {
    let mut fixed = Fixed::with_capacity(response.headers.len());
    let is_without = object.is_some() || is_head || response.body.is_empty();
    let body = Some(&response.body[..]).filter(|_| !is_without);
    let short = body.filter(|body| body.len() <= SHORT).and_then(|body| std::str::from_utf8(body).ok());
    let mut text = String::with_capacity(256 + short.map_or(0, str::len));
    let mut add = |name: &str, value: &str| text.extend([name, "\n", value, "\n"]);
    for (name, value) in &response.headers {
        match value {
            Cow::Borrowed(value) => fixed.push((*name, *value)),
            Cow::Owned(value) => add(name, value),
        }
    }
    if response.object.is_some() || (is_head && !response.body.is_empty()) {
        add("content-length", &response.length().to_string());
    }
    text.push('\0');
    text.push_str(short.unwrap_or_default());
    let stream = object.filter(|_| !is_head);
    let bytes = body.filter(|_| short.is_none());
    KNOWN.with_borrow_mut(|known| {
        let at = known.iter().position(|(list, _)| *list == fixed).unwrap_or_else(|| {
            let list: String = fixed.iter().flat_map(|(name, value)| [*name, "\n", *value, "\n"]).collect();
            known.push((fixed, remember(&list)));
            known.len() - 1
        });
        respond(response.status, &known[at].1, text.as_bytes(), bytes, stream)
    })
}
