//! Measures the store under the cache: `cargo run --profile quick --example cache_store [FOLDER]`.
//!
//! 50,000 entries with 100,000 observations and 15 MB of small data, then commits of 20 entries on top. Not part of any test.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rivage::cache::store::{Key, Store};
use rivage::inputs::Fingerprint;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ENTRIES: u32 = 50_000;
const ROUNDS: usize = 9;

fn key(number: u32) -> Key {
    Key { kind: (number % 3) as u8, hash: Fingerprint::of(&number.to_le_bytes()) }
}

fn put(store: &Store, number: u32, large: &[u8]) {
    let shared = (0..10).map(|shared| format!("file themes/shore/layouts/partial-{shared}.html"));
    let own = (0..2).map(|own| format!("page content/blog/posts/some-post-{}.md", number * 2 + own));
    let trace: Vec<_> = shared
        .chain(own)
        .map(|question| store.observe(question.as_bytes(), Fingerprint::of(question.as_bytes())))
        .collect();
    let small = vec![number as u8; 130];
    let large: &[&[u8]] = if large.is_empty() { &[] } else { &[large] };
    store.put(key(number), &trace, &small, large);
}

fn open(folder: &std::path::Path) -> Store {
    let (store, troubles) = Store::open(folder);
    assert!(troubles.is_empty(), "{troubles:?}");
    store
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[expect(clippy::print_stdout, reason = "a benchmark tells what it measured")]
fn main() {
    let given = std::env::args_os().nth(1).map(PathBuf::from);
    let kept = tempfile::tempdir().expect("a folder for temporary files");
    let folder = given.unwrap_or_else(|| kept.path().to_owned()).join("store");

    let started = Instant::now();
    let mut store = open(&folder);
    (0..ENTRIES).into_par_iter().for_each(|number| put(&store, number, &[number as u8; 10_000]));
    println!("put {ENTRIES} entries with 10 kB each: {:?}", started.elapsed());
    let started = Instant::now();
    assert!(store.commit(&|_| true).is_empty());
    println!("commit: {:?}; {:?}", started.elapsed(), store.stats());

    let times = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        let store = open(&folder);
        let time = started.elapsed();
        assert_eq!(store.stats().entries, ENTRIES as usize);
        time
    });
    println!("open: {:?}", median(times.collect()));

    let mut store = open(&folder);
    let started = Instant::now();
    let observations: usize =
        (0..ENTRIES).map(|number| store.get(key(number)).map_or(0, |entry| entry.trace().len())).sum();
    println!("get {ENTRIES} entries with {observations} observations, one thread: {:?}", started.elapsed());
    let started = Instant::now();
    store.observe(b"file new", Fingerprint::of(b"new"));
    println!("first observation: {:?}", started.elapsed());

    let mut times = Vec::new();
    for round in 0..30 {
        (0..20).for_each(|number| put(&store, number * 100 + round, &[1; 10_000]));
        let started = Instant::now();
        assert!(store.commit(&|key| key.kind < 3).is_empty());
        times.push(started.elapsed());
    }
    println!(
        "commit 20 entries: median {:?}, longest {:?}; {:?}",
        median(times.clone()),
        times.iter().max(),
        store.stats()
    );
    let started = Instant::now();
    drop(store);
    let store = open(&folder);
    println!("open: {:?}; {:?}", started.elapsed(), store.stats());
}
