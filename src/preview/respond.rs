//! One request, one response, with the headers that Cloudflare Pages would send.
//!
//! In: a [`Snapshot`] and a request. Out: a response. Redirects come before files, as on Pages; the 404 page has status 404.
//! HTML gets the client's script; its ETag is that of the page as built, for the script never changes it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_RANGES, ALLOW, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
    HeaderValue, IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;

use super::site::{Snapshot, Source};
use super::{Builder, OWN, paths};
use crate::inputs::Fingerprint;
use crate::serve::Desk;

/// What Pages sends with everything, unless `_headers` says otherwise.
const ALWAYS: [(&str, &str); 4] = [
    ("access-control-allow-origin", "*"),
    ("cache-control", "public, max-age=0, must-revalidate"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-content-type-options", "nosniff"),
];

/// Answers any request: by a file of the site, or as the API does.
pub(crate) async fn respond<B: Builder + ?Sized>(
    site: Arc<Snapshot>,
    builder: Arc<B>,
    desk: &Arc<Desk>,
    request: Request,
    peer: IpAddr,
) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    // The description of the API is a file beside its routes.
    let is_file = is_read && site.has(request.uri().path());
    if !is_file && desk.takes(request.uri().path()) {
        return Arc::clone(desk).answer(request, peer).await;
    }
    if !is_read {
        return method_not_allowed();
    }
    // Copied files are read from the disk.
    let answer = tokio::task::spawn_blocking(move || answer(&site, &*builder, &request));
    let mut answer = answer.await.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "the server failed\n"));
    answer.extensions_mut().insert(OfSite);
    answer
}

/// Marks answers that are made of files of the site, which everybody may see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfSite;

/// Answers a `GET` or `HEAD` request.
fn answer<B: Builder + ?Sized>(site: &Snapshot, builder: &B, request: &Request) -> Response {
    let uri = request.uri();
    let path = uri.path();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let is_live = builder.is_live();
    if is_live && path.starts_with(OWN) {
        return plain(StatusCode::NOT_FOUND, "there is no such file of the preview server\n");
    }
    let mut target = path.to_owned();
    if let Some(found) = site.redirects.find(path, uri.query()) {
        if found.status != 200 {
            return redirect(StatusCode::from_u16(found.status).unwrap_or(StatusCode::FOUND), &found.location);
        }
        target = found.location.split(['?', '#']).next().unwrap_or_default().to_owned();
    }
    let Some(below) = paths::below_base(&target, &site.base_path) else {
        // The site is below its base path; who types the bare address is shown the way.
        return if matches!(path, "/" | "") || target == site.base_path {
            redirect(StatusCode::FOUND, &format!("{}/{query}", site.base_path))
        } else {
            not_found(site, builder, request, "/")
        };
    };
    let Some(decoded) = paths::decode(below) else {
        return plain(StatusCode::BAD_REQUEST, "the path is no text\n");
    };
    match paths::find(&decoded, |path| site.file(path).is_some() || is_live && is_made_on_demand(path)) {
        paths::Found::File(file) => serve(site, builder, request, &file, StatusCode::OK),
        paths::Found::Elsewhere(to) => {
            redirect(StatusCode::PERMANENT_REDIRECT, &format!("{}{}{query}", site.base_path, encode(&to)))
        }
        paths::Found::Nothing => not_found(site, builder, request, &decoded),
    }
}

/// The search index, of which all changes with every edit: it is made when somebody searches. Files of images, when somebody looks.
fn is_made_on_demand(path: &str) -> bool {
    let is_index = path.starts_with("/search/") && path.ends_with(".json");
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    is_index || (stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Answers what is neither `GET` nor `HEAD`.
fn method_not_allowed() -> Response {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "a static site answers GET and HEAD only\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

fn not_found<B: Builder + ?Sized>(site: &Snapshot, builder: &B, request: &Request, path: &str) -> Response {
    match paths::not_found(path, |path| site.file(path).is_some()) {
        Some(page) => serve(site, builder, request, &page, StatusCode::NOT_FOUND),
        None => plain(StatusCode::NOT_FOUND, "no page is here, and the site has no 404.html\n"),
    }
}

fn serve<B: Builder + ?Sized>(
    site: &Snapshot,
    builder: &B,
    request: &Request,
    path: &str,
    status: StatusCode,
) -> Response {
    let made = || builder.make(path.trim_start_matches('/')).map(Bytes::from);
    let (body, version) = match site.file(path).map(|file| (&file.source, &file.version)) {
        Some((Source::Bytes(bytes), version)) => (bytes.clone(), version.to_string()),
        Some((Source::Copy(from), _)) => match builder.read(from) {
            Ok(bytes) => {
                let version = Fingerprint::of(&bytes).hex();
                (Bytes::from(bytes), version)
            }
            Err(error) => return plain(StatusCode::NOT_FOUND, &format!("{error}\n")),
        },
        Some((Source::Later(slot), version)) => match slot.get().cloned().or_else(made) {
            Some(bytes) => {
                let made = Fingerprint::of(&bytes).hex();
                // While the last good site is shown, what is made is of the one with errors: not to be kept for the good one.
                if made == **version {
                    let _ = slot.set(bytes.clone());
                }
                (bytes, made)
            }
            // Its source has just changed: the next build is on its way.
            None => return plain(StatusCode::SERVICE_UNAVAILABLE, "the page is being made; load it again\n"),
        },
        None => match made() {
            Some(bytes) => {
                let version = Fingerprint::of(&bytes).hex();
                (bytes, version)
            }
            None => return not_found(site, builder, request, "/"),
        },
    };
    let kind = content_type(path);
    let is_page = kind.starts_with("text/html");
    let is_live = builder.is_live();
    let body = if is_page && is_live { with_client(&body, site.version(request.uri().path())) } else { body };

    let mut headers = HeaderMap::new();
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    insert(&mut headers, CONTENT_TYPE, &kind);
    let rules = site.headers.apply(request.uri().path());
    for name in rules.removed {
        headers.remove(name);
    }
    for (name, value) in rules.set {
        if let Ok(name) = HeaderName::try_from(name) {
            let value = if is_live && name == CONTENT_SECURITY_POLICY { live_policy(&value) } else { value };
            insert(&mut headers, name, &value);
        }
    }
    if status == StatusCode::NOT_FOUND {
        headers.insert("cache-control", HeaderValue::from_static("no-store"));
        return finish(request, status, headers, body);
    }
    let etag = format!("\"{version}\"");
    if let Ok(etag) = HeaderValue::try_from(&etag) {
        headers.insert(ETAG, etag);
    }
    if request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|tags| names(tags, &etag))
    {
        headers.remove(CONTENT_TYPE);
        return finish(request, StatusCode::NOT_MODIFIED, headers, Bytes::new());
    }
    if !is_page {
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        let fresh = request.headers().get(IF_RANGE).is_none_or(|value| value.as_bytes() == etag.as_bytes());
        let range = request.headers().get(RANGE).and_then(|value| value.to_str().ok());
        match range.filter(|_| fresh && *request.method() == Method::GET).map(|range| part(range, body.len())) {
            Some(Part::Bytes(first, end)) => {
                insert(&mut headers, CONTENT_RANGE, &format!("bytes {first}-{}/{}", end - 1, body.len()));
                return finish(request, StatusCode::PARTIAL_CONTENT, headers, body.slice(first..end));
            }
            Some(Part::Outside) => {
                insert(&mut headers, CONTENT_RANGE, &format!("bytes */{}", body.len()));
                return finish(request, StatusCode::RANGE_NOT_SATISFIABLE, headers, Bytes::new());
            }
            Some(Part::Ignored) | None => {}
        }
    }
    finish(request, status, headers, body)
}

fn finish(request: &Request, status: StatusCode, mut headers: HeaderMap, body: Bytes) -> Response {
    if status != StatusCode::NOT_MODIFIED {
        insert(&mut headers, CONTENT_LENGTH, &body.len().to_string());
    }
    let body = if *request.method() == Method::HEAD { Body::empty() } else { Body::from(body) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

fn plain(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    insert(response.headers_mut(), CONTENT_TYPE, "text/plain; charset=utf-8");
    response
}

fn redirect(status: StatusCode, to: &str) -> Response {
    let mut response = plain(status, "");
    insert(response.headers_mut(), LOCATION, to);
    response
}

fn encode(path: &str) -> String {
    const KEPT: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(path, &KEPT).to_string()
}

/// The type by the file's name, with the charset where it is text.
fn content_type(path: &str) -> String {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = mime.type_() == mime_guess::mime::TEXT
        || matches!(mime.subtype().as_str(), "javascript" | "json" | "xml" | "manifest+json" | "feed+json")
        || mime.suffix().is_some_and(|suffix| suffix.as_str() == "xml");
    if is_text { format!("{mime}; charset=utf-8") } else { mime.to_string() }
}

/// Adds the client's script at the end of a page's body; a page may leave the closing tag out.
fn with_client(html: &Bytes, version: &str) -> Bytes {
    let script = format!("<script src=\"{OWN}client.js\" data-version=\"{version}\" defer></script>");
    let at = html.windows(7).rposition(|tag| tag.eq_ignore_ascii_case(b"</body>")).unwrap_or(html.len());
    [&html[..at], script.as_bytes(), &html[at..]].concat().into()
}

/// Lets the client's script run and listen, whatever a site's policy says, and a plain `http` preview load its files.
fn live_policy(policy: &str) -> String {
    let mut directives: Vec<Vec<&str>> = policy
        .split(';')
        .map(|directive| directive.split_whitespace().collect::<Vec<_>>())
        .filter(|words| !words.is_empty() && !words[0].eq_ignore_ascii_case("upgrade-insecure-requests"))
        .collect();
    let default = directives.iter().find(|words| words[0].eq_ignore_ascii_case("default-src")).cloned();
    for name in ["script-src", "connect-src"] {
        let at = match directives.iter().position(|words| words[0].eq_ignore_ascii_case(name)) {
            Some(at) => at,
            // Without a directive of its own or a default, everything is allowed.
            None => match &default {
                Some(default) => {
                    let mut own = default.clone();
                    own[0] = name;
                    directives.push(own);
                    directives.len() - 1
                }
                None => continue,
            },
        };
        let words = &mut directives[at];
        if !words.iter().any(|word| matches!(*word, "'self'" | "*")) {
            words.retain(|word| *word != "'none'");
            words.push("'self'");
        }
    }
    directives.iter().map(|words| words.join(" ")).collect::<Vec<_>>().join("; ")
}

/// Whether a list of tags holds this one, or stands for all.
fn names(tags: &str, etag: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// From the first byte to the one before the second.
    Bytes(usize, usize),
    /// Nothing that there is.
    Outside,
    /// Something that a server may answer in full: several ranges, other units.
    Ignored,
}

fn part(range: &str, len: usize) -> Part {
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::Ignored;
    };
    let number = |digits: &str| -> Option<usize> {
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse().unwrap_or(usize::MAX))
    };
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => Part::Ignored,
        (Some(first), _) if first >= len => Part::Outside,
        (Some(first), Some(last)) => Part::Bytes(first, last.saturating_add(1).min(len)),
        (Some(first), None) if last.is_empty() => Part::Bytes(first, len),
        (None, Some(0)) if first.is_empty() => Part::Outside,
        (None, Some(_)) if first.is_empty() && len == 0 => Part::Outside,
        (None, Some(last)) if first.is_empty() => Part::Bytes(len.saturating_sub(last), len),
        _ => Part::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_says() {
        let check = |range: &str, expect: Part| assert_eq!(part(range, 10), expect, "{range}");
        check("bytes=0-3", Part::Bytes(0, 4));
        check("bytes=4-", Part::Bytes(4, 10));
        check("bytes=-3", Part::Bytes(7, 10));
        check("bytes=-30", Part::Bytes(0, 10));
        check("bytes=8-99999999999999999999999", Part::Bytes(8, 10));
        check("bytes=10-", Part::Outside);
        check("bytes=-0", Part::Outside);
        check("bytes=3-1", Part::Ignored);
        check("bytes=0-1,3-4", Part::Ignored);
        check("bytes=-", Part::Ignored);
        check("lines=1-2", Part::Ignored);
        assert_eq!(part("bytes=0-", 0), Part::Outside);
    }

    #[test]
    fn policies_let_the_client_in() {
        let check = |policy: &str, expect: &str| assert_eq!(live_policy(policy), expect, "{policy}");
        check(
            "default-src 'self'; object-src 'none'",
            "default-src 'self'; object-src 'none'; script-src 'self'; connect-src 'self'",
        );
        check("default-src 'none'", "default-src 'none'; script-src 'self'; connect-src 'self'");
        check(
            "script-src https://a.example; connect-src 'none'",
            "script-src https://a.example 'self'; connect-src 'self'",
        );
        check("img-src 'self'; upgrade-insecure-requests", "img-src 'self'");
    }

    #[test]
    fn the_script_stands_at_the_end_of_the_body() {
        let check = |html: &'static str, expect: &str| {
            let page = with_client(&Bytes::from_static(html.as_bytes()), "1");
            let script = "<script src=\"/__rivage/client.js\" data-version=\"1\" defer></script>";
            assert_eq!(String::from_utf8_lossy(&page).replace(script, "[S]"), expect);
        };
        check("<body><p>&lt;/body></body></html>", "<body><p>&lt;/body>[S]</body></html>");
        check("<p>short", "<p>short[S]");
        check("</BODY>", "[S]</BODY>");
    }

    #[test]
    fn text_has_a_charset() {
        assert_eq!(content_type("/a.html"), "text/html; charset=utf-8");
        assert_eq!(content_type("/a.js"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("/a.json"), "application/json; charset=utf-8");
        assert_eq!(content_type("/a.svg"), "image/svg+xml; charset=utf-8");
        assert_eq!(content_type("/a.png"), "image/png");
        assert_eq!(content_type("/a"), "application/octet-stream");
    }

    #[test]
    fn tags_are_compared_weakly() {
        assert!(names("\"a\", W/\"b\"", "\"b\""));
        assert!(names("*", "\"b\""));
        assert!(!names("\"a\"", "\"b\""));
    }
}
