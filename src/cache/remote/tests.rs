use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;

#[path = "../../../tests/support/s3.rs"]
mod s3;

pub(crate) use self::s3::{BUCKET, SECRET, Server};
use super::*;
use crate::cache::store::{Key, Store};
use crate::inputs::Fingerprint;
use crate::pipeline::Silent;

const PROGRAM: &str = "0123456789abcdef";

type Environment = BTreeMap<String, String>;

/// A way to spoil a blob.
type Alter = fn(&mut Vec<u8>);

fn key(number: u8) -> Key {
    Key { kind: 1, hash: Fingerprint::of(&[number]) }
}

fn large(number: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&[number]).finalize_xof().fill(&mut bytes);
    bytes
}

/// Adds entries to a cache, as a build does.
fn fill(folder: &Path, name: &str, numbers: std::ops::Range<u8>, length: usize) {
    let (mut store, troubles) = Store::open(&folder.join(PROGRAM).join(name));
    assert!(troubles.is_empty(), "{troubles:?}");
    for number in numbers {
        let id = store.observe(&[number], Fingerprint::of(&[number, 1]));
        store.put(key(number), &[id], &[number; 3], &[&large(number, length)]);
    }
    assert!(store.commit(&|_| true).is_empty());
}

/// Lists the numbers that a cache has in full.
fn found(folder: &Path, name: &str, length: usize) -> Vec<u8> {
    let (store, troubles) = Store::open(&folder.join(PROGRAM).join(name));
    assert!(troubles.is_empty(), "{troubles:?}");
    let is_whole = |number: &u8| {
        store.get(key(*number)).is_some_and(|entry| {
            let (question, answer) = store.observation(entry.trace()[0]);
            (question, answer) == (&[*number][..], Fingerprint::of(&[*number, 1]))
                && entry.small() == [*number; 3]
                && entry.large(0) == Some(large(*number, length))
        })
    };
    (0..100).filter(is_whole).collect()
}

fn patience() -> Patience {
    Patience { retries: 2, pause: Duration::from_millis(1), ..Patience::default() }
}

impl Server {
    pub(crate) fn environment(&self) -> Environment {
        environment(&self.address, SECRET)
    }
}

fn environment(address: &str, secret: &str) -> Environment {
    let variables = [
        ("AWS_ACCESS_KEY_ID", "a key"),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_ENDPOINT_URL", address),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", ""),
        ("HOME", "/nowhere"),
    ];
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A place of each kind, with what is in it as files.
fn with_places(test: impl Fn(&str, &Environment, &Path)) {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("shared");
    test(place.to_str().unwrap(), &Environment::new(), &place);
    let server = Server::start();
    test(&format!("s3://{BUCKET}/some/prefix"), &server.environment(), &server.bucket());
}

fn push_all(folder: &Path, place: &str, environment: &Environment) -> Result<Summary, Error> {
    push(folder, PROGRAM, place, environment, patience(), &Silent)
}

fn pull_all(folder: &Path, place: &str, environment: &Environment) -> Result<Summary, Error> {
    pull(folder, PROGRAM, place, environment, patience(), &Silent)
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

fn blobs(folder: &Path) -> Vec<PathBuf> {
    let is_blob = |path: &PathBuf| {
        path.to_string_lossy().contains("blobs") && path.file_name().is_some_and(|name| name.len() == 64)
    };
    files(folder).into_iter().filter(is_blob).collect()
}

fn stamps(folder: &Path) -> Vec<(PathBuf, std::time::SystemTime)> {
    let stamp = |path: PathBuf| (path.clone(), fs::metadata(path).unwrap().modified().unwrap());
    files(folder).into_iter().map(stamp).collect()
}

#[test]
fn what_one_machine_pushes_another_pulls() {
    with_places(|place, environment, there| {
        let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        fill(one.path(), "common", 0..5, 100);
        fill(one.path(), "common", 5..10, 100);
        fill(one.path(), "aa00", 10..12, 100);
        let sent = push_all(one.path(), place, environment).unwrap();
        assert_eq!((sent.caches, sent.moved, sent.present), (2, 3, 0));
        assert_eq!(blobs(there).len(), 3);

        let fetched = pull_all(other.path(), place, environment).unwrap();
        assert_eq!(fetched, sent);
        assert_eq!(found(other.path(), "common", 100), (0..10).collect::<Vec<_>>());
        assert_eq!(found(other.path(), "aa00", 100), [10, 11]);

        // All is said: nothing is written again.
        let before = stamps(there);
        let again = push_all(one.path(), place, environment).unwrap();
        assert_eq!((again.caches, again.moved, again.bytes, again.present), (2, 0, 0, 3));
        assert_eq!(stamps(there), before);
        let again = pull_all(other.path(), place, environment).unwrap();
        assert_eq!((again.caches, again.moved, again.bytes, again.present), (2, 0, 0, 3));

        // What was added since goes over alone.
        fill(one.path(), "common", 20..21, 100);
        assert_eq!(push_all(one.path(), place, environment).unwrap().moved, 1);
        assert_eq!(pull_all(other.path(), place, environment).unwrap().moved, 1);
        assert_eq!(found(other.path(), "common", 100).len(), 11);
    });
}

#[test]
fn what_is_here_stays() {
    with_places(|place, environment, _| {
        let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        fill(one.path(), "common", 0..5, 100);
        fill(other.path(), "common", 50..53, 100);
        push_all(one.path(), place, environment).unwrap();
        pull_all(other.path(), place, environment).unwrap();
        assert_eq!(found(other.path(), "common", 100), [0, 1, 2, 3, 4, 50, 51, 52]);
    });
}

#[test]
fn a_large_cache_goes_in_pieces() {
    with_places(|place, environment, there| {
        let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        fill(one.path(), "common", 0..3, PIECE);
        let sent = push_all(one.path(), place, environment).unwrap();
        assert!(sent.bytes > 3 * PIECE as u64);
        assert_eq!(blobs(there).len(), 1);
        pull_all(other.path(), place, environment).unwrap();
        assert_eq!(found(other.path(), "common", PIECE), [0, 1, 2]);
    });
}

#[test]
fn nothing_is_nothing() {
    with_places(|place, environment, there| {
        let folder = TempDir::new().unwrap();
        assert_eq!(push_all(&folder.path().join("none"), place, environment).unwrap(), Summary::default());
        assert!(files(there).is_empty());
        assert_eq!(pull_all(folder.path(), place, environment).unwrap(), Summary::default());
        // Another version of rivage has nothing to do with it.
        fill(folder.path(), "common", 0..3, 10);
        push_all(folder.path(), place, environment).unwrap();
        let other = TempDir::new().unwrap();
        let pulled = pull(other.path(), "fedcba9876543210", place, environment, patience(), &Silent).unwrap();
        assert_eq!(pulled, Summary::default());
        assert!(files(other.path()).is_empty());
    });
}

#[test]
fn a_poisoned_blob_is_refused_and_nothing_is_used() {
    let altered: [(&str, Alter); 5] = [
        ("flipped", |bytes| bytes[40] ^= 1),
        ("flipped at the end", |bytes| *bytes.last_mut().unwrap() ^= 1),
        ("truncated", |bytes| bytes.truncate(bytes.len() / 2)),
        ("emptied", Vec::clear),
        ("longer", |bytes| bytes.push(0)),
    ];
    with_places(|place, environment, there| {
        let one = TempDir::new().unwrap();
        fill(one.path(), "common", 0..5, 100);
        fill(one.path(), "common", 5..9, 100);
        push_all(one.path(), place, environment).unwrap();
        let blobs = blobs(there);
        let whole: Vec<_> = blobs.iter().map(|path| fs::read(path).unwrap()).collect();
        let refused = |what: &str| {
            let other = TempDir::new().unwrap();
            fill(other.path(), "common", 50..51, 100);
            let before = files(other.path());
            let error = pull_all(other.path(), place, environment).unwrap_err();
            assert!(matches!(error, Error::Poisoned { .. } | Error::Missing { .. }), "{what}: {error}");
            assert!(error.to_string().contains("blobs/segment/"), "{what}: {error}");
            assert_eq!(files(other.path()), before, "{what}");
            assert_eq!(found(other.path(), "common", 100), [50], "{what}");
        };
        for (at, bytes) in whole.iter().enumerate() {
            for (what, alter) in altered {
                let mut altered = bytes.clone();
                alter(&mut altered);
                fs::write(&blobs[at], altered).unwrap();
                refused(what);
            }
            // Well formed, and not what the name says.
            fs::write(&blobs[at], &whole[1 - at]).unwrap();
            refused("swapped");
            fs::remove_file(&blobs[at]).unwrap();
            refused("removed");
            // The next push heals what is missing.
            push_all(one.path(), place, environment).unwrap();
            assert_eq!(&fs::read(&blobs[at]).unwrap(), bytes);
        }
        let other = TempDir::new().unwrap();
        pull_all(other.path(), place, environment).unwrap();
        assert_eq!(found(other.path(), "common", 100).len(), 9);
    });
}

#[test]
fn a_poisoned_list_is_refused() {
    let folder = TempDir::new().unwrap();
    let (one, place) = (folder.path().join("one"), folder.path().join("shared"));
    fill(&one, "common", 0..5, 100);
    let (place, there) = (place.to_str().unwrap().to_owned(), place);
    push_all(&one, &place, &Environment::new()).unwrap();
    let list = there.join("manifests").join(PROGRAM).join("common.json");
    let text = fs::read_to_string(&list).unwrap();
    let manifest: Manifest = serde_json::from_str(&text).unwrap();
    let Blob { name, hash, bytes, .. } = &manifest.blobs[0];
    let other_name = format!("{}.segment", "0".repeat(32));
    let poisoned = [
        ("", "EOF"),
        ("{", "EOF"),
        ("[]", "invalid"),
        (&*text.replace("\"format\": 1", "\"format\": 2"), "its format is 2"),
        (&*text.replace("\"segment\"", "\"other\""), "unknown variant `other`"),
        (&*text.replace(name.as_str(), "../../../../evil"), "it names a blob"),
        (&*text.replace(hash.as_str(), "../../../evil"), "it names a blob"),
        (&*text.replace(&bytes.to_string(), "18446744073709551615"), "instead of 18446744073709551615"),
        // The right bytes under the name of another segment.
        (&*text.replace(name.as_str(), &other_name), "its name does not match what is in it"),
    ];
    for (text, reason) in poisoned {
        fs::write(&list, text).unwrap();
        let other = folder.path().join("other");
        let error = pull_all(&other, &place, &Environment::new()).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert!(files(&other).is_empty(), "{reason}");
    }
    assert!(!folder.path().join("evil").exists());
    // Another name than a cache may have.
    fs::write(&list, &text).unwrap();
    fs::rename(&list, list.with_file_name("UP..json")).unwrap();
    assert_eq!(pull_all(&folder.path().join("other"), &place, &Environment::new()).unwrap().caches, 0);
}

#[test]
fn what_is_damaged_here_does_not_spread() {
    let folder = TempDir::new().unwrap();
    let (one, place) = (folder.path().join("one"), folder.path().join("shared"));
    fill(&one, "common", 0..5, 100);
    fill(&one, "common", 5..9, 100);
    let segment = store::segments(&one.join(PROGRAM).join("common")).unwrap().remove(0);
    let mut bytes = fs::read(&segment.path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&segment.path, bytes).unwrap();
    let sent = push_all(&one, place.to_str().unwrap(), &Environment::new()).unwrap();
    assert_eq!(sent.moved, 1);
    let other = folder.path().join("other");
    pull_all(&other, place.to_str().unwrap(), &Environment::new()).unwrap();
    assert_eq!(found(&other, "common", 100), [5, 6, 7, 8]);
}

const IMAGES: [&str; 3] = [
    "00112233445566778899aabbccddeeff.avif",
    "10112233445566778899aabbccddeeff.webp",
    "20112233445566778899aabbccddeeff.facts",
];

/// Keeps files of images, and something that is none.
fn keep(folder: &Path) -> ImageStore {
    let store = ImageStore::within(folder);
    for (number, name) in IMAGES.into_iter().enumerate() {
        // Two of them are one file.
        assert!(store.put(name, if number == 0 { b"one" } else { b"other" }));
        store.date(name, 1_000_000_000 + number as u64);
    }
    fs::write(store.path(IMAGES[0]).with_file_name("notes.txt"), "a stranger's").unwrap();
    store
}

#[test]
fn files_of_images_go_over() {
    with_places(|place, environment, there| {
        let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let store = keep(one.path());
        let sent = push_all(one.path(), place, environment).unwrap();
        assert_eq!((sent.caches, sent.moved, sent.bytes, sent.present), (1, 2, 8, 1));
        assert_eq!(blobs(there).len(), 2);
        let fetched = pull_all(other.path(), place, environment).unwrap();
        assert_eq!((fetched.caches, fetched.moved, fetched.present), (1, 3, 0));
        // With their times, by which they are tidied up.
        assert_eq!(ImageStore::within(other.path()).list(), store.list());
        assert_eq!(store.list().len(), 3);
        for (from, to, moved) in [(one.path(), "push", 0), (other.path(), "push", 0), (other.path(), "pull", 0)] {
            let before = stamps(there);
            let done = match to {
                "push" => push_all(from, place, environment).unwrap(),
                _ => pull_all(from, place, environment).unwrap(),
            };
            assert_eq!((done.moved, done.present), (moved, 3), "{to}");
            assert_eq!(stamps(there), before);
        }
        // Another version of rivage has the same images.
        let newer = TempDir::new().unwrap();
        let pulled = pull(newer.path(), "fedcba9876543210", place, environment, patience(), &Silent).unwrap();
        assert_eq!((pulled.caches, pulled.moved), (1, 3));
    });
}

#[test]
fn an_image_that_is_gone_is_made_again_and_a_poisoned_one_refused() {
    with_places(|place, environment, there| {
        let one = TempDir::new().unwrap();
        keep(one.path());
        push_all(one.path(), place, environment).unwrap();
        let blobs = blobs(there);
        let other = TempDir::new().unwrap();
        let hash = blake3::hash(b"one").to_hex();
        let (gone, left): (Vec<_>, Vec<_>) = blobs.iter().partition(|path| path.ends_with(hash.as_str()));
        fs::remove_file(gone[0]).unwrap();
        assert_eq!(pull_all(other.path(), place, environment).unwrap().moved, 2);
        assert_eq!(push_all(one.path(), place, environment).unwrap().moved, 1, "the next push heals it");
        for bytes in [&b"Other"[..], b"oth", b""] {
            fs::write(left[0], bytes).unwrap();
            let other = TempDir::new().unwrap();
            let error = pull_all(other.path(), place, environment).unwrap_err();
            assert!(matches!(error, Error::Poisoned { .. }) && error.to_string().contains("blobs/image/"), "{error}");
            assert!(!ImageStore::within(other.path()).list().iter().any(|file| file.name == IMAGES[1]));
        }
        let list = files(there).into_iter().find(|path| path.ends_with("images/images.json")).unwrap();
        let text = fs::read_to_string(&list).unwrap();
        for (what, instead) in [(IMAGES[0], "../../evil.avif"), ("\"image\"", "\"segment\"")] {
            fs::write(&list, text.replace(what, instead)).unwrap();
            let error = pull_all(TempDir::new().unwrap().path(), place, environment).unwrap_err();
            assert!(error.to_string().contains("it names a blob"), "{error}");
        }
    });
}

#[test]
fn a_wrong_secret_is_refused() {
    let server = Server::start();
    let folder = TempDir::new().unwrap();
    fill(folder.path(), "common", 0..3, 10);
    let wrong = environment(&server.address, "another secret");
    for done in [push_all(folder.path(), "s3://caches", &wrong), pull_all(folder.path(), "s3://caches", &wrong)] {
        let error = done.unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{error}");
        assert!(error.to_string().contains("`s3://caches` refuses"), "{error}");
        assert!(error.hint().unwrap().contains("secret"));
    }
    assert!(files(&server.bucket()).is_empty());
}

#[test]
fn a_bucket_that_does_not_exist_is_told() {
    let server = Server::start();
    let folder = TempDir::new().unwrap();
    fill(folder.path(), "common", 0..3, 10);
    let error = pull_all(folder.path(), "s3://other/x", &server.environment()).unwrap_err();
    assert!(matches!(error, Error::NoPlace { .. }), "{error}");
    // The server of these tests makes a bucket for whatever is put into it; others answer so.
    let (address, _) = answering(Some(
        "HTTP/1.1 404 Not Found\r\ncontent-length: 44\r\nconnection: close\r\n\r\n<Error><Code>NoSuchBucket</Code></Error>    ",
    ));
    let error = push_all(folder.path(), "s3://other/x", &environment(&address, SECRET)).unwrap_err();
    assert!(matches!(error, Error::NoPlace { .. }), "{error}");
    let none = folder.path().join("none");
    let error = pull_all(folder.path(), none.to_str().unwrap(), &Environment::new()).unwrap_err();
    assert!(matches!(error, Error::NoPlace { .. }), "{error}");
}

#[test]
fn places_that_cannot_be_are_told() {
    let folder = TempDir::new().unwrap();
    let check = |place: &str, environment: &Environment, expected: &str| {
        let error = pull_all(folder.path(), place, environment).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().is_some());
    };
    let set = environment("http://127.0.0.1:1", SECRET);
    check("s3://", &set, "`s3://` is no place for a shared cache: the bucket's name is missing");
    check("s3:///x", &set, "`s3:///x` is no place for a shared cache: the bucket's name is missing");
    check("gs://x", &set, "`gs://x` is no place for a shared cache: `gs:` is not supported");
    check("", &set, "`` is no place for a shared cache: it is empty");
    check("s3://caches", &Environment::new(), "there are no credentials for `s3://caches`");
    // What a pull request from a fork sees of the secrets.
    let mut empty = set;
    empty.insert("AWS_ACCESS_KEY_ID".into(), String::new());
    empty.insert("AWS_SECRET_ACCESS_KEY".into(), String::new());
    check("s3://caches", &empty, "there are no credentials for `s3://caches`");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = push_all(folder.path(), folder.path().join("file/x").to_str().unwrap(), &Environment::new());
    assert!(matches!(error, Err(Error::Place { .. })), "{error:?}");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let folder = TempDir::new().unwrap();
    let error = pull_all(folder.path(), "s3://caches", &environment(&address, SECRET)).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.hint().unwrap().contains("AWS_ENDPOINT_URL"));
}

/// A server that answers every request with the same bytes, or never. Returns its address and the number of requests so far.
fn answering(answer: Option<&'static str>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            counted.fetch_add(1, Ordering::SeqCst);
            match answer {
                Some(answer) => drop(stream.write_all(answer.as_bytes())),
                None => silent.push(stream),
            }
        }
    });
    (address, requests)
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let (address, requests) =
        answering(Some("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
    let folder = TempDir::new().unwrap();
    let error = pull_all(folder.path(), "s3://caches", &environment(&address, SECRET)).unwrap_err();
    assert!(error.to_string().contains("503"), "{error}");
    assert_eq!(requests.load(Ordering::SeqCst), 1 + patience().retries);
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let (address, _) = answering(None);
    let folder = TempDir::new().unwrap();
    let patience = Patience { deadline: Duration::from_millis(100), ..patience() };
    let environment = environment(&address, SECRET);
    let error = pull(folder.path(), PROGRAM, "s3://caches", &environment, patience, &Silent).unwrap_err();
    assert!(matches!(error, Error::Deadline { .. }), "{error}");
    let patience = Patience { request: Duration::from_millis(20), retries: 1, ..self::patience() };
    let error = pull(folder.path(), PROGRAM, "s3://caches", &environment, patience, &Silent).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}
