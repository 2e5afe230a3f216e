//! The API's response → the platform's.

use std::borrow::Cow;
use std::cell::RefCell;

use js_sys::Array;
use rivage_api::{Constant, Response};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, ReadableStream};

#[wasm_bindgen(module = "/js/respond.mjs")]
extern "C" {
    fn remember(list: &str) -> Headers;

    fn respond(
        status: u16,
        known: &Headers,
        again: bool,
        coded: &[u8],
        bytes: Option<&[u8]>,
        stream: Option<&ReadableStream>,
    ) -> web_sys::Response;
}

/// Bytes of a body that goes over as a string.
const SHORT: usize = 4096;

/// The names of a response's headers, each with its value where that stands in this program.
type Kind = Vec<(&'static str, Option<&'static str>)>;

thread_local! {
    /// The headers of each kind of response as the platform has them. There are as many as the program has kinds, some dozens; no request adds one.
    static KNOWN: RefCell<Vec<(Kind, Headers)>> = const { RefCell::new(Vec::new()) };
}

/// Makes a response. Its body is fixed, so that it keeps its length, or the stream of an object, which knows its own.
pub(crate) fn response(response: &Response, object: Option<&ReadableStream>, is_head: bool) -> web_sys::Response {
    let mut kind = Kind::with_capacity(response.headers.len() + 1);
    let is_without = object.is_some() || is_head || response.body.is_empty();
    let body = Some(&response.body[..]).filter(|_| !is_without);
    let short = body.filter(|body| body.len() <= SHORT).and_then(|body| std::str::from_utf8(body).ok());
    let mut text = String::with_capacity(256 + short.map_or(0, str::len));
    let mut again = true;
    let mut add = |name: &'static str, value: &str| {
        // Headers that are used again hold one value of a name, and no secret.
        again &= name != "set-cookie" && kind.iter().all(|(known, _)| *known != name);
        kind.push((name, None));
        text.extend([name, "\n", value, "\n"]);
    };
    for (name, value) in &response.headers {
        match value {
            Cow::Borrowed(_) => {}
            Cow::Owned(value) => add(name, value),
        }
    }
    if response.object.is_some() || (is_head && !response.body.is_empty()) {
        add("content-length", &response.length().to_string());
    }
    for (name, value) in &response.headers {
        if let Cow::Borrowed(value) = value {
            again &= kind.iter().all(|(known, value)| known != name || value.is_some());
            kind.push((name, Some(value)));
        }
    }
    text.push('\0');
    text.push_str(short.unwrap_or_default());
    let stream = object.filter(|_| !is_head);
    let bytes = body.filter(|_| short.is_none());
    KNOWN.with_borrow_mut(|known| {
        let at = known.iter().position(|(other, _)| *other == kind).unwrap_or_else(|| {
            let fixed = kind.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
            let headers = remember(&fixed.flat_map(|(name, value)| [name, "\n", value, "\n"]).collect::<String>());
            known.push((kind, headers));
            known.len() - 1
        });
        respond(response.status, &known[at].1, again, text.as_bytes(), bytes, stream)
    })
}

/// Returns what js/constant.mjs makes a response of: path, headers, body.
pub(crate) fn parts(constant: &Constant) -> JsValue {
    let Constant { path, response, .. } = constant;
    let list: String = response.headers.iter().flat_map(|(name, value)| [*name, "\n", value, "\n"]).collect();
    let body = String::from_utf8_lossy(&response.body);
    Array::of3(&path.into(), &remember(&list), &JsValue::from(&*body)).into()
}
