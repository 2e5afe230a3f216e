//! The platform's request → what the API asks of it.
//!
//! Method and URL come along; headers are read one at a time, when they are asked for.

use std::cell::OnceCell;

use js_sys::futures::JsFuture;
use rivage_api::Headers;
use wasm_bindgen::prelude::*;
use web_sys::{ReadableStream, Request};

use crate::bindings::{Chunk, Reader, ignore};

/// What was read of a request.
pub(crate) struct Read<'r> {
    method: String,
    url: String,
    /// Where in the URL the path starts, and where it ends.
    path: (usize, usize),
    request: &'r Request,
    /// Made by the platform when they are first asked for.
    headers: OnceCell<web_sys::Headers>,
}

impl<'r> Read<'r> {
    pub(crate) fn new(method: String, url: String, request: &'r Request) -> Self {
        Self { method, path: path(&url), url, request, headers: OnceCell::new() }
    }

    pub(crate) fn path(&self) -> &str {
        &self.url[self.path.0..self.path.1]
    }

    pub(crate) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    pub(crate) fn request(&self) -> rivage_api::Request<'_> {
        let query = self.url[self.path.1..].strip_prefix('?').unwrap_or_default();
        rivage_api::Request {
            method: &self.method,
            path: self.path(),
            query: query.split('#').next().unwrap_or_default(),
            headers: self,
        }
    }
}

impl Headers for Read<'_> {
    fn get(&self, name: &str) -> Option<String> {
        // It fails for what is no name of a header.
        self.headers.get_or_init(|| self.request.headers()).get(name).ok().flatten()
    }

    fn client(&self) -> String {
        // Written by the platform, and by nobody else.
        self.get("cf-connecting-ip").unwrap_or_default()
    }
}

/// `https://host/path?query` → where the path stands. Not parsed: the platform has written it in its canonical form, in which the third slash begins
/// the path.
fn path(url: &str) -> (usize, usize) {
    let url = url.as_bytes();
    let mut slashes = url.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    let start = slashes.nth(2).unwrap_or(url.len());
    let end = url[start..].iter().position(|byte| matches!(byte, b'?' | b'#')).map_or(url.len(), |at| start + at);
    (start, end)
}

/// Reads a body; `None` when it is larger than allowed. Counted while it comes, whatever its headers say.
pub(crate) async fn body(stream: Option<ReadableStream>, limit: usize) -> Result<Option<Vec<u8>>, JsValue> {
    let mut body = Vec::new();
    let Some(stream) = stream else { return Ok(Some(body)) };
    let reader: Reader = stream.get_reader().unchecked_into();
    loop {
        let chunk: Chunk = JsFuture::from(reader.read()).await?.unchecked_into();
        if chunk.done() {
            return Ok(Some(body));
        }
        let Some(bytes) = chunk.value() else { continue };
        if body.len() + bytes.length() as usize > limit {
            let _ = ignore(&reader.cancel());
            return Ok(None);
        }
        body.extend(bytes.to_vec());
    }
}
