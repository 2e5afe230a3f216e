//! Objects through the whole native shell, out of a folder and out of a bucket. worker/tests/media.test.mjs asks the same of the Worker.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http_body_util::BodyExt;
use rivage_api::auth::jwt::{self, Claims, Key, Keys};
use rivage_api::decide::Secrets;
use rivage_api::manifest::{Media, Parts, Settings, Upload, assemble};
use rivage_postgres::Config;

use super::{Database, Desk, Store};
use crate::cache::remote::tests::{BUCKET, SECRET, Server};

/// What no caller sees: the routes of media need no database.
const NOWHERE: &str = "postgres://nobody@127.0.0.1:1/nothing";

struct Place {
    desk: Arc<Desk>,
    keys: Keys,
}

impl Place {
    fn new(store: Option<Store>, upload: Option<Upload>) -> Self {
        let media = Media {
            private: vec!["private/".to_owned()],
            variants: vec!["avif".to_owned(), "webp".to_owned()],
            upload,
            ..Media::default()
        };
        let (manifest, problems) =
            assemble(Parts { settings: Settings { media, ..Settings::default() }, ..Parts::default() });
        assert_eq!(problems, []);
        let mut keys = Keys::default();
        keys.add("first", Key::Hmac(vec![7; 32]));
        let secrets = Secrets {
            keys: keys.clone(),
            media: vec!["a secret of links".to_owned()],
            upload: Some(("a key".to_owned(), SECRET.to_owned())),
            ..Secrets::default()
        };
        let desk = Desk::new(secrets, Vec::new(), Box::new(|_| {}));
        desk.set_media(store);
        desk.set_manifest(Some(&manifest));
        desk.set_database(Database::new(Config::parse(NOWHERE).unwrap(), None, 1024));
        Self { desk, keys }
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        Arc::clone(&self.desk).answer(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await
    }

    async fn get(&self, key: &str, headers: &[(&str, &str)]) -> (u16, String, Response<()>) {
        let response = self.send("GET", &format!("/api/v1/media/{key}"), headers, "").await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (parts.status.as_u16(), String::from_utf8_lossy(&bytes).into_owned(), Response::from_parts(parts, ()))
    }

    /// Asks as an administrator.
    async fn ask(&self, what: &str, body: serde_json::Value) -> (u16, serde_json::Value) {
        let claims = Claims { sub: "00000000-0000-0000-0000-000000000000".to_owned(), role: "admin".to_owned() };
        #[expect(clippy::disallowed_methods, reason = "tokens are good for a time")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let token = jwt::sign(&self.keys, &Settings::default().auth, &claims, "id", now).unwrap();
        let headers = [("authorization", &*format!("Bearer {token}")), ("content-type", "application/json")];
        let response = self.send("POST", &format!("/api/v1/media/{what}"), &headers, &body.to_string()).await;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }
}

fn fill(folder: &Path) {
    let large = "0123456789".repeat(300_000);
    for (key, text) in [
        ("a b/notes.txt", "0123456789"),
        ("photo.jpg", "jpeg"),
        ("photo.jpg.webp", "webp!"),
        ("app.3f2a91bc.js", "run()"),
        ("page.html", "<script>alert(1)</script>"),
        ("50%.txt", "half"),
        ("private/plan.pdf", "secret plan"),
        ("empty.bin", ""),
        ("large.bin", large.as_str()),
    ] {
        let path = folder.join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn header<'r>(response: &'r Response<()>, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn check(place: &Place) {
    let (status, text, answer) = place.get("a%20b/notes.txt", &[]).await;
    assert_eq!((status, text.as_str(), header(&answer, "content-length")), (200, "0123456789", "10"));
    assert_eq!(header(&answer, "content-type"), "text/plain; charset=utf-8");
    assert_eq!(header(&answer, "cache-control"), "public, max-age=300");
    let (etag, time) = (header(&answer, "etag").to_owned(), header(&answer, "last-modified").to_owned());
    assert!(etag.starts_with('"') && time.ends_with(" GMT"), "{etag} {time}");

    let (status, text, answer) = place.get("a%20b%2Fnotes.txt", &[("range", "bytes=2-4")]).await;
    assert_eq!((status, text.as_str(), header(&answer, "content-range")), (206, "234", "bytes 2-4/10"));
    assert_eq!(header(&answer, "content-length"), "3");
    let (status, _, answer) = place.get("a%20b/notes.txt", &[("range", "bytes=10-")]).await;
    assert_eq!((status, header(&answer, "content-range")), (416, "bytes */10"));
    for (name, value, expected) in [
        ("if-none-match", etag.as_str(), 304),
        ("if-modified-since", time.as_str(), 304),
        ("if-match", "\"other\"", 412),
        ("if-none-match", "\"other\"", 200),
    ] {
        assert_eq!(place.get("a%20b/notes.txt", &[(name, value)]).await.0, expected, "{name}: {value}");
    }

    // More than a piece, across its edges.
    let large = place.get("large.bin", &[]).await;
    assert_eq!((large.0, large.1.len()), (200, 3_000_000));
    let part = place.get("large.bin", &[("range", "bytes=1048570-2097160")]).await;
    assert_eq!((part.0, part.1.len()), (206, 1_048_591));
    assert_eq!(part.1, large.1[1_048_570..=2_097_160]);
    assert_eq!(place.get("empty.bin", &[]).await.1, "");
    assert_eq!(place.get("50%25.txt", &[]).await.1, "half");
    let head = place.send("HEAD", "/api/v1/media/large.bin", &[], "").await;
    assert_eq!(head.headers()["content-length"], "3000000");

    let (_, text, answer) = place.get("photo.jpg", &[("accept", "image/avif,image/webp,*/*")]).await;
    assert_eq!((text.as_str(), header(&answer, "content-type")), ("webp!", "image/webp"));
    assert_eq!(header(&answer, "vary"), "Accept");
    assert_eq!(place.get("photo.jpg", &[("accept", "*/*")]).await.1, "jpeg");
    let hashed = place.get("app.3f2a91bc.js", &[]).await.2;
    assert_eq!(header(&hashed, "cache-control"), "public, max-age=31536000, immutable");
    assert!(header(&place.get("page.html", &[]).await.2, "content-security-policy").contains("sandbox"));

    for key in ["..%2fx", "a/../../x", ".env", "a%00b", "a%5cb", "a//b", "a", "none", &"x".repeat(1025)] {
        assert!(matches!(place.get(key, &[]).await.0, 400 | 404), "{key}");
    }
    assert_eq!(place.get("private/plan.pdf", &[]).await.0, 403);
    let (status, signed) = place.ask("sign", serde_json::json!({"key": "private/plan.pdf", "seconds": 60})).await;
    assert_eq!(status, 200, "{signed}");
    let link = signed["url"].as_str().unwrap().strip_prefix("/api/v1/media/").unwrap();
    let (status, text, answer) = place.get(link, &[]).await;
    assert_eq!((status, text.as_str(), header(&answer, "cache-control")), (200, "secret plan", "private, no-store"));
    assert_eq!(place.get(&link[..link.len() - 1], &[]).await.0, 400);
    assert_eq!(place.get(&link.replace("plan", "other"), &[]).await.0, 403);
}

#[tokio::test]
async fn objects_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let store = Store::open(folder.path().to_str().unwrap(), &Default::default()).unwrap();
    check(&Place::new(Some(store), None)).await;
}

#[tokio::test]
async fn objects_of_a_bucket_and_uploads_into_it() {
    let server = Server::start();
    fill(&server.bucket().join("some/prefix"));
    let environment = server.environment();
    let store = |place: &str| Store::open(place, &environment).unwrap();
    check(&Place::new(Some(store(&format!("s3://{BUCKET}/some/prefix"))), None)).await;

    let upload = Upload { endpoint: server.address.clone(), bucket: BUCKET.to_owned(), region: "auto".to_owned() };
    let place = Place::new(Some(store(&format!("s3://{BUCKET}"))), Some(upload));
    let wanted = serde_json::json!({"key": "ü b/new.png", "content_type": "image/png", "size": 3, "seconds": 60});
    let (status, signed) = place.ask("upload", wanted).await;
    assert_eq!(status, 200, "{signed}");
    let url = signed["url"].as_str().unwrap().to_owned();
    let put = |kind: &'static str, body: &'static [u8]| {
        let url = url.clone();
        tokio::task::spawn_blocking(move || {
            let config = ureq::Agent::config_builder().http_status_as_error(false).build();
            let agent: ureq::Agent = config.into();
            agent.put(&url).header("content-type", kind).send(body).unwrap().status().as_u16()
        })
    };
    assert_eq!(put("text/html", b"png").await.unwrap(), 403, "another type than was signed");
    assert_eq!(put("image/png", b"longer").await.unwrap(), 403, "another length than was signed");
    assert_eq!(place.get("%C3%BC%20b/new.png", &[]).await.0, 404);
    assert_eq!(put("image/png", b"png").await.unwrap(), 200);
    let (status, text, answer) = place.get("%C3%BC%20b/new.png", &[]).await;
    assert_eq!((status, text.as_str(), header(&answer, "content-type")), (200, "png", "image/png"));
}

#[tokio::test]
async fn a_server_without_a_store_says_so() {
    let place = Place::new(None, None);
    assert_eq!(place.get("photo.jpg", &[]).await.0, 501);
    let wanted = serde_json::json!({"key": "a", "content_type": "image/png", "size": 3});
    assert_eq!(place.ask("upload", wanted).await.0, 501);
    assert!(Store::open("/nowhere/at/all", &Default::default()).unwrap_err().to_string().contains("does not exist"));
}

#[tokio::test]
async fn names_that_no_disk_takes_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("photo.jpg"), "jpeg").unwrap();
    let store = Store::open(&folder.path().to_string_lossy(), &BTreeMap::new()).unwrap();
    let place = Place::new(Some(store), None);
    for key in ["0".repeat(300), "photo.jpg/more".to_owned()] {
        assert_eq!(place.get(&key, &[]).await.0, 404, "{key}");
    }
}
