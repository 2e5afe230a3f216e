//! The server over TCP, with a site in memory.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;

/// A site whose files a test can change.
#[derive(Default)]
struct Files {
    build: Mutex<Build>,
    disk: Mutex<BTreeMap<String, Vec<u8>>>,
    /// What is made when it is asked for.
    later: Mutex<BTreeMap<String, Vec<u8>>>,
    finished: AtomicUsize,
}

impl Builder for Files {
    fn finish(&self) -> Option<Build> {
        self.finished.fetch_add(1, Ordering::SeqCst);
        None
    }

    fn make(&self, path: &str) -> Option<Vec<u8>> {
        self.later.lock().unwrap().get(path).cloned()
    }

    fn build(&self, _: &Changed) -> Build {
        self.build.lock().unwrap().clone()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, crate::fs::Error> {
        let missing = || crate::fs::Error::new("read", path, std::io::ErrorKind::NotFound.into());
        self.disk.lock().unwrap().get(path).cloned().ok_or_else(missing)
    }
}

#[test]
fn files_are_kept_by_path_and_bad_paths_refused() {
    let sink = LiveSink::default();
    let put = Put { digest: Fingerprint::of(b"b"), length: 1 };
    assert_eq!(sink.put(Artifact::text("b/index.html", "b")).unwrap(), Some(put));
    assert!(sink.put(Artifact::text("a.txt", "a")).is_ok());
    assert!(sink.put(Artifact::text("../a.txt", "a")).is_err());
    assert!(sink.keep("later.html", put.digest, put.length).unwrap(), "it can be made when somebody asks for it");
    let files = sink.into_files();
    assert_eq!(files["later.html"], Made::Later(put.digest));
    assert_eq!(files.into_keys().collect::<Vec<_>>(), ["a.txt", "b/index.html", "later.html"]);
}

struct Site {
    files: Arc<Files>,
    changes: Changes,
    server: Handle,
}

const HEADERS: &str = "/*\n  Content-Security-Policy: default-src 'self'; connect-src 'none'\n  X-Frame-Options: DENY\n/css/*\n  Cache-Control: public, max-age=31536000, immutable\n/b\n  ! X-Frame-Options\n";
const REDIRECTS: &str = "/old /a/ 301\n/blog/* /a/:splat 302\n/alias /a/ 200\n";

fn site(base_path: &str) -> Site {
    let text = |text: &str| Made::Content(Content::Bytes(text.into()));
    let files = BTreeMap::from(
        [
            ("index.html", text("<body>Home</body>")),
            ("a/index.html", text("<body>A</body>")),
            ("b.html", text("<body>B</body>")),
            ("404.html", text("<body>Nothing here</body>")),
            ("css/main.css", text("a { b: c }")),
            ("video.mp4", Made::Content(Content::CopyOf("static/video.mp4".to_owned()))),
            ("gone.png", Made::Content(Content::CopyOf("static/gone.png".to_owned()))),
            ("_headers", text(HEADERS)),
            ("_redirects", text(REDIRECTS)),
        ]
        .map(|(path, content)| (path.to_owned(), content)),
    );
    let build = Build { files, is_partial: false, base_path: base_path.to_owned(), errors: None };
    let disk = BTreeMap::from([("static/video.mp4".to_owned(), b"0123456789".to_vec())]);
    let files = Arc::new(Files { build: Mutex::new(build), disk: Mutex::new(disk), ..Files::default() });
    let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let changes = Changes::default();
    let server = serve(listener, Arc::clone(&files) as Arc<dyn Builder>, changes.clone(), no_api()).unwrap();
    Site { files, changes, server }
}

/// The desk of a site without an API.
fn no_api() -> Arc<crate::serve::Desk> {
    crate::serve::Desk::new(rivage_api::decide::Secrets::default(), Vec::new(), Box::new(|_| {}))
}

#[test]
fn a_build_is_finished_once_however_soon_the_preview_ends() {
    let Site { files, server, .. } = site("");
    drop(server);
    assert_eq!(files.finished.load(Ordering::SeqCst), 1);
}

struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Site {
    /// Sends a request as it stands: no client tidies the path up.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stream, &mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.into(), value.into()));
        Answer { status, headers: headers.collect(), body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    fn events(&self, path: &str, version: &str) -> Events {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let target = format!("/__rivage/events?path={path}&version={version}");
        write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        Events(BufReader::new(stream).lines())
    }

    fn change(&self, path: &str, text: &str) {
        let content = Made::Content(Content::Bytes(text.into()));
        self.files.build.lock().unwrap().files.insert(path.to_owned(), content);
        self.changes.tell(Changed::from(["content".to_owned()]));
    }

    fn fail(&self, errors: Option<&str>) {
        self.files.build.lock().unwrap().errors = errors.map(str::to_owned);
        self.changes.tell(Changed::from(["content".to_owned()]));
    }
}

struct Events(Lines<BufReader<TcpStream>>);

impl Events {
    fn next(&mut self) -> serde_json::Value {
        let data =
            self.0.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("data: ").map(str::to_owned));
        serde_json::from_str(&data.expect("the stream goes on")).unwrap()
    }
}

fn version(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("data-version=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn pages_are_served_with_the_client() {
    let site = site("");
    let page = site.get("/a/");
    assert_eq!(page.status, 200);
    assert!(page.body.starts_with("<body>A<script src=\"/__rivage/client.js\""), "{}", page.body);
    assert!(page.body.ends_with("</script></body>"));
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "public, max-age=0, must-revalidate");
    let client = site.get("/__rivage/client.js");
    assert_eq!((client.status, client.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!(site.get("/__rivage/other").status, 404);
}

#[test]
fn other_spellings_are_redirected() {
    let site = site("");
    let check = |path: &str, status: u16, to: &str| {
        let answer = site.get(path);
        assert_eq!((answer.status, answer.header("location")), (status, to), "{path}");
    };
    check("/a", 308, "/a/");
    check("/a?x=1", 308, "/a/?x=1");
    check("/a/index.html", 308, "/a/");
    check("/b.html", 308, "/b");
    check("/b", 200, "");
}

#[test]
fn redirect_rules_come_first() {
    let site = site("");
    let check = |path: &str, status: u16, to: &str| {
        let answer = site.get(path);
        assert_eq!((answer.status, answer.header("location")), (status, to), "{path}");
    };
    check("/old", 301, "/a/");
    check("/old?q", 301, "/a/?q");
    check("/blog/x/y", 302, "/a/x/y");
    let alias = site.get("/alias");
    assert_eq!(alias.status, 200);
    assert!(alias.body.contains(">A<"));
}

#[test]
fn header_rules_are_laid_over() {
    let site = site("");
    let home = site.get("/");
    assert_eq!(home.header("x-frame-options"), "DENY");
    assert_eq!(home.header("content-security-policy"), "default-src 'self'; connect-src 'self'; script-src 'self'");
    assert_eq!(site.get("/b").header("x-frame-options"), "");
    assert_eq!(site.get("/css/main.css").header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(site.get("/_headers").status, 404);
    assert_eq!(site.get("/_redirects").status, 404);
}

#[test]
fn what_is_missing_is_404_with_the_sites_page() {
    let site = site("");
    for path in ["/nowhere", "/a/nowhere/", "/gone.html/"] {
        let answer = site.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("Nothing here"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(site.get("/gone.png").status, 404);
}

#[test]
fn nothing_outside_the_site_is_served() {
    let site = site("");
    site.files.disk.lock().unwrap().insert("rivage.toml".to_owned(), b"secret".to_vec());
    for path in [
        "/../rivage.toml",
        "/%2e%2e/rivage.toml",
        "/..%2frivage.toml",
        "//rivage.toml",
        "/static/video.mp4",
        "/rivage.toml",
    ] {
        let answer = site.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("secret"));
    }
    assert_eq!(site.get("/%ff").status, 400);
}

#[test]
fn unchanged_files_are_304() {
    let site = site("");
    for path in ["/a/", "/css/main.css", "/video.mp4"] {
        let tag = site.get(path).header("etag").to_owned();
        assert!(tag.len() > 10, "{path}");
        let again = site.ask("GET", path, &[("If-None-Match", &tag)]);
        assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", tag.as_str()), "{path}");
        assert_eq!(site.ask("GET", path, &[("If-None-Match", "\"other\"")]).status, 200);
    }
}

#[test]
fn ranges_and_head() {
    let site = site("");
    let range = |range: &str| site.ask("GET", "/video.mp4", &[("Range", range)]);
    let part = range("bytes=2-4");
    assert_eq!((part.status, part.body.as_str(), part.header("content-range")), (206, "234", "bytes 2-4/10"));
    assert_eq!(range("bytes=-2").body, "89");
    let outside = range("bytes=10-");
    assert_eq!((outside.status, outside.header("content-range")), (416, "bytes */10"));
    assert_eq!(range("bytes=0-1,3-4").status, 200);
    let stale = site.ask("GET", "/video.mp4", &[("Range", "bytes=0-1"), ("If-Range", "\"old\"")]);
    assert_eq!((stale.status, stale.body.as_str()), (200, "0123456789"));
    let head = site.ask("HEAD", "/video.mp4", &[]);
    assert_eq!((head.status, head.body.as_str(), head.header("content-length")), (200, "", "10"));
    let post = site.ask("POST", "/", &[]);
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
}

#[test]
fn a_site_below_a_base_path() {
    let site = site("/docs");
    assert!(site.get("/docs/a/").body.contains(">A<"));
    assert_eq!(site.get("/").header("location"), "/docs/");
    assert_eq!(site.get("/docs").header("location"), "/docs/");
    assert_eq!(site.get("/docs/a").header("location"), "/docs/a/");
    let outside = site.get("/a/");
    assert_eq!(outside.status, 404);
    assert!(outside.body.contains("Nothing here"));
}

#[test]
fn only_pages_that_changed_are_told() {
    let site = site("");
    let mut home = site.events("/", &version(&site.get("/")));
    let mut a = site.events("/a/", &version(&site.get("/a/")));
    assert_eq!(home.next(), serde_json::json!({ "page": false, "files": [], "errors": null }));
    assert_eq!(a.next()["page"], false);
    site.change("a/index.html", "<body>A2</body>");
    assert_eq!(a.next()["page"], true);
    assert_eq!(home.next(), serde_json::json!({ "page": false, "files": ["/a/index.html"], "errors": null }));
    assert!(site.get("/a/").body.contains("A2"));
    site.change("css/main.css", "a { b: d }");
    assert_eq!(home.next(), serde_json::json!({ "page": false, "files": ["/css/main.css"], "errors": null }));
}

#[test]
fn a_page_that_missed_a_build_is_told_at_once() {
    let site = site("");
    let old = version(&site.get("/a/"));
    let mut home = site.events("/", "");
    home.next();
    site.change("a/index.html", "<body>A2</body>");
    home.next();
    assert_eq!(site.events("/a/", &old).next()["page"], true);
}

#[test]
fn errors_are_told_and_mended_and_leave_the_last_good_site() {
    let site = site("");
    let mut home = site.events("/", &version(&site.get("/")));
    home.next();
    site.files.build.lock().unwrap().files.remove("a/index.html");
    site.fail(Some("<pre>error[x]</pre>"));
    assert_eq!(home.next(), serde_json::json!({ "page": false, "files": [], "errors": "<pre>error[x]</pre>" }));
    assert_eq!(site.get("/a/").status, 200);
    assert_eq!(site.events("/b", "").next()["errors"], "<pre>error[x]</pre>", "for pages opened later, too");
    site.fail(None);
    assert_eq!(home.next()["errors"], serde_json::Value::Null);
    assert_eq!(site.get("/a/").status, 404);
}

#[test]
fn the_next_free_port_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let next = listen(address).unwrap().local_addr().unwrap();
    assert!(next.port() > address.port());
    // An address of no machine here: documentation only, by RFC 5737.
    let elsewhere = listen(SocketAddr::from(([192, 0, 2, 1], 1))).unwrap_err();
    assert_eq!(elsewhere.to_string(), "could not listen on `192.0.2.1:1`");
}

#[test]
fn a_dropped_server_listens_no_more() {
    let site = site("");
    let address = site.server.address();
    let mut events = site.events("/", "");
    events.next();
    drop(site);
    // The stream ends.
    events.0.by_ref().map_while(Result::ok).for_each(drop);
    assert!(TcpListener::bind(address).is_ok());
}

#[test]
fn what_is_made_of_a_site_with_errors_is_not_kept_for_the_good_one() {
    let site = site("");
    let good = b"good".to_vec();
    let make = |bytes: &[u8]| drop(site.files.later.lock().unwrap().insert("late.txt".to_owned(), bytes.to_vec()));
    let build = |errors: Option<&str>| {
        let mut build = site.files.build.lock().unwrap();
        build.files.insert("late.txt".to_owned(), Made::Later(Fingerprint::of(&good)));
        build.errors = errors.map(str::to_owned);
    };
    let wait_for = |text: &str| {
        for _ in 0..6_000 {
            if site.ask("GET", "/late.txt", &[]).body == text {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("`{text}` never came");
    };
    make(b"bad");
    build(None);
    site.changes.tell(Changed::from(["content/a.md".to_owned()]));
    // The session has gone on to a site with errors, while the good one is shown.
    wait_for("bad");
    make(&good);
    wait_for("good");
    // Now it is the one, and need not be made again.
    make(b"bad");
    assert_eq!(site.ask("GET", "/late.txt", &[]).body, "good");
}
