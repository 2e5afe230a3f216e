use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rivage_cloudflare::r2::Keys;
use rivage_cloudflare::{Client, Policy, Secret};
use rivage_images::{Area, Format, Raster, Settings, encode};
use s3s::access::{S3Access, S3AccessContext};
use tempfile::TempDir;

use super::*;
use crate::cache::remote::tests::{BUCKET, SECRET, Server as S3};
use crate::fs::RealFs;
use crate::inputs::Fingerprint;
use crate::pipeline::Silent;

/// An S3 server that counts what is stored, and refuses some of it.
struct Server {
    s3: S3,
    puts: Arc<AtomicUsize>,
    /// So many requests that store something fail.
    faults: Arc<AtomicUsize>,
}

struct Watch {
    puts: Arc<AtomicUsize>,
    faults: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl S3Access for Watch {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> s3s::S3Result<()> {
        // Signatures are checked; whoever has none is nobody.
        if context.credentials().is_none() {
            return Err(s3s::s3_error!(AccessDenied));
        }
        if matches!(context.s3_op().name(), "PutObject" | "UploadPart" | "CreateMultipartUpload") {
            let left = self.faults.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if left.is_ok() {
                return Err(s3s::s3_error!(ServiceUnavailable, "come back later"));
            }
            self.puts.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

impl Server {
    fn start() -> Self {
        let (puts, faults) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let watch = Watch { puts: Arc::clone(&puts), faults: Arc::clone(&faults) };
        Self { s3: S3::start_with(|service| service.set_access(watch)), puts, faults }
    }

    fn bucket(&self, secret: &str) -> Bucket {
        let policy = Policy {
            tries: 4,
            first_pause: Duration::from_millis(1),
            longest_pause: Duration::from_millis(2),
            ..Policy::default()
        };
        let client = Client::new(&self.s3.address, "account", Secret::new(""), policy, Arc::new(|_| {}));
        let keys = Keys { key: "a key".to_owned(), secret: Secret::new(secret) };
        Bucket::new(&client, Some(&self.s3.address), BUCKET, keys)
    }

    fn puts(&self) -> usize {
        self.puts.load(Ordering::SeqCst)
    }
}

fn world(root: &Path) -> World {
    World::new(Arc::new(RealFs::new(root)), "2026-11-23T12:00:00Z".parse().unwrap(), BTreeMap::new())
}

/// Files that are in the cache already, of a few bytes each.
fn kept(store: &ImageStore, count: u32) -> Vec<Derivative> {
    let settings = Settings { quality: 50, speed: 10 };
    let print = Fingerprint::of(b"photo");
    (1..=count)
        .map(|width| {
            let one = Derivative::new("photo.png", print, (Area::whole(2000, 10), width), Format::Webp, settings);
            assert!(store.put(&one.name, format!("bytes of {width}").as_bytes()));
            one
        })
        .collect()
}

#[test]
fn a_second_push_sends_nothing() {
    let (server, project) = (Server::start(), TempDir::new().unwrap());
    let (world, store) = (world(project.path()), ImageStore::new(project.path()));
    let derivatives = kept(&store, 1000);
    let bucket = server.bucket(SECRET);
    let compared = compare(&bucket, "m/", &derivatives).unwrap();
    assert_eq!((compared.present, compared.missing.len()), (0, 1000));
    let pushed = push(&world, &store, &bucket, "m/", &compared.missing, &Silent).unwrap();
    assert_eq!((pushed.sent, pushed.made, server.puts()), (1000, 0, 1000));
    // The list has more than one page.
    let compared = compare(&bucket, "m/", &derivatives).unwrap();
    assert_eq!((compared.present, compared.missing.len()), (1000, 0));
    let pushed = push(&world, &store, &bucket, "m/", &compared.missing, &Silent).unwrap();
    assert_eq!((pushed, server.puts()), (Pushed::default(), 1000));
    let object = server.s3.bucket().join("m").join(&derivatives[6].name);
    assert_eq!(std::fs::read(object).unwrap(), b"bytes of 7");
}

#[test]
fn what_nobody_has_is_made_once() {
    let (server, project) = (Server::start(), TempDir::new().unwrap());
    let raster = Raster::new(60, 40, false, vec![90; 60 * 40 * 3]);
    let settings = Settings { quality: 50, speed: 10 };
    let photo = encode(&raster, Format::Png, settings).unwrap();
    std::fs::write(project.path().join("photo.png"), &photo).unwrap();
    let (world, store) = (world(project.path()), ImageStore::new(project.path()));
    let print = Fingerprint::of(&photo);
    let of = |width, format| Derivative::new("photo.png", print, (Area::whole(60, 40), width), format, settings);
    let mut derivatives = vec![of(20, Format::Webp), of(20, Format::Avif), of(40, Format::Png)];
    derivatives.sort();
    let bucket = server.bucket(SECRET);
    let compared = compare(&bucket, "", &derivatives).unwrap();
    let pushed = push(&world, &store, &bucket, "", &compared.missing, &Silent).unwrap();
    assert_eq!((pushed.sent, pushed.made, pushed.failures.len()), (3, 3, 0));
    // Another machine, whose cache is empty.
    let other = ImageStore::new(TempDir::new().unwrap().path());
    let compared = compare(&bucket, "", &derivatives).unwrap();
    let pushed = push(&world, &other, &bucket, "", &compared.missing, &Silent).unwrap();
    assert_eq!((pushed.sent, pushed.made), (0, 0));
    // What is damaged is told, and does not keep the rest.
    let broken = Derivative::new("gone.png", print, (Area::whole(60, 40), 21), Format::Webp, settings);
    let pushed = push(&world, &store, &bucket, "", &[&broken], &Silent).unwrap();
    assert_eq!((pushed.sent, pushed.failures[0].source.as_str()), (0, "gone.png"));
}

#[test]
fn a_wrong_secret_is_refused() {
    let (server, project) = (Server::start(), TempDir::new().unwrap());
    let (world, store) = (world(project.path()), ImageStore::new(project.path()));
    let derivatives = kept(&store, 2);
    let bucket = server.bucket("another secret");
    assert!(compare(&bucket, "", &derivatives).unwrap_err().is_denied());
    let missing: Vec<_> = derivatives.iter().collect();
    let error = push(&world, &store, &bucket, "", &missing, &Silent).unwrap_err();
    assert!(matches!(&error, PushError::Bucket(error) if error.is_denied()), "{error}");
    assert!(!error.to_string().contains("another secret"));
    assert_eq!(server.puts(), 0);
}

#[test]
fn faults_are_outlasted_and_what_was_sent_counts() {
    let (server, project) = (Server::start(), TempDir::new().unwrap());
    let (world, store) = (world(project.path()), ImageStore::new(project.path()));
    let derivatives = kept(&store, 40);
    let bucket = server.bucket(SECRET);
    server.faults.store(3, Ordering::SeqCst);
    let few: Vec<_> = derivatives.iter().take(10).collect();
    assert_eq!(push(&world, &store, &bucket, "", &few, &Silent).unwrap().sent, 10);
    // More than anybody waits for.
    server.faults.store(1000, Ordering::SeqCst);
    let compared = compare(&bucket, "", &derivatives).unwrap();
    assert_eq!(compared.missing.len(), 30);
    assert!(push(&world, &store, &bucket, "", &compared.missing, &Silent).is_err());
    server.faults.store(0, Ordering::SeqCst);
    let compared = compare(&bucket, "", &derivatives).unwrap();
    assert_eq!(push(&world, &store, &bucket, "", &compared.missing, &Silent).unwrap().sent, 30);
    assert_eq!(server.puts(), 40);
}

#[test]
fn large_files_go_in_parts() {
    let (server, project) = (Server::start(), TempDir::new().unwrap());
    let (world, store) = (world(project.path()), ImageStore::new(project.path()));
    let derivatives = kept(&store, 1);
    let large = vec![7; 33 << 20];
    store.put(&derivatives[0].name, &large);
    let bucket = server.bucket(SECRET);
    let missing: Vec<_> = derivatives.iter().collect();
    let pushed = push(&world, &store, &bucket, "", &missing, &Silent).unwrap();
    assert_eq!((pushed.sent, pushed.bytes), (1, 33 << 20));
    assert!(server.puts() >= 3);
    let object = server.s3.bucket().join(&derivatives[0].name);
    assert!(std::fs::read(object).unwrap() == large);
}

#[test]
fn what_nothing_shows_may_go_after_a_while() {
    let (server, project) = (Server::start(), TempDir::new().unwrap());
    let (world, store) = (world(project.path()), ImageStore::new(project.path()));
    let derivatives = kept(&store, 3);
    let bucket = server.bucket(SECRET);
    let missing: Vec<_> = derivatives.iter().collect();
    push(&world, &store, &bucket, "m/", &missing, &Silent).unwrap();
    std::fs::write(server.s3.bucket().join("m/film.mp4"), b"somebody's").unwrap();
    let used = BTreeSet::from([hash(&derivatives[1].name).unwrap().to_owned()]);
    let later: jiff::Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    let found = superfluous(&bucket, "m/", &used, later).unwrap();
    let keys: BTreeSet<_> = found.iter().map(|object| object.key.clone()).collect();
    let expect = BTreeSet::from([0, 2].map(|place| format!("m/{}", derivatives[place].name)));
    assert_eq!(keys, expect);
    assert!(superfluous(&bucket, "m/", &used, "2000-01-01T00:00:00Z".parse().unwrap()).unwrap().is_empty());
    for key in &keys {
        bucket.delete(key).unwrap();
    }
    assert_eq!(compare(&bucket, "m/", &derivatives).unwrap().present, 1);
}
