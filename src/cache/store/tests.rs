use std::collections::{HashMap, HashSet};
use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// Small, so that few entries reach every path.
const SMALL: Limits = Limits { bounds: Bounds { batch: 64, memory: 4096 }, segments: 4, worth: 64 };

fn open(folder: &Path) -> Store {
    let (store, troubles) = Store::open_with(folder, Disk::default(), SMALL);
    assert!(troubles.is_empty(), "{troubles:?}");
    store
}

fn key(number: u8) -> Key {
    Key { kind: number % 3, hash: Fingerprint::of(&[number / 3]) }
}

fn live(_: &Key) -> bool {
    true
}

/// An entry as the outside sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Value {
    trace: Vec<(Vec<u8>, Fingerprint)>,
    small: Vec<u8>,
    large: Vec<Vec<u8>>,
}

fn value(seed: u8, length: usize) -> Value {
    let bytes = |salt: u8, length: usize| -> Vec<u8> {
        let mut bytes = vec![0; length];
        blake3::Hasher::new().update(&[seed, salt]).finalize_xof().fill(&mut bytes);
        bytes
    };
    Value {
        trace: (0..seed % 7)
            .map(|number| (format!("file {}", u32::from(number) * 31 % 11).into_bytes(), Fingerprint::of(&[seed % 3])))
            .collect(),
        small: bytes(100, length / 2),
        large: (0..seed % 4).map(|number| bytes(number, length * usize::from(number))).collect(),
    }
}

fn put(store: &Store, key: Key, value: &Value) {
    let trace: Vec<_> = value.trace.iter().map(|(question, answer)| store.observe(question, *answer)).collect();
    let large: Vec<_> = value.large.iter().map(Vec::as_slice).collect();
    store.put(key, &trace, &value.small, &large);
}

/// Reads an entry in full; `None` for a part that is not to be had.
fn get(store: &Store, key: Key) -> Option<(Value, bool)> {
    let entry = store.get(key)?;
    let trace = entry.trace().iter().map(|id| {
        let (question, answer) = store.observation(*id);
        (question.to_vec(), answer)
    });
    let large: Vec<_> = (0..entry.large_len()).map(|index| entry.large(index)).collect();
    let is_whole = large.iter().all(Option::is_some);
    let large = large.into_iter().map(Option::unwrap_or_default).collect();
    Some((Value { trace: trace.collect(), small: entry.small().to_vec(), large }, is_whole))
}

fn whole(store: &Store, key: Key) -> Option<Value> {
    get(store, key).filter(|(_, is_whole)| *is_whole).map(|(value, _)| value)
}

/// Makes a store with a few entries in a few segments.
fn filled(folder: &Path) -> HashMap<Key, Value> {
    let mut store = open(folder);
    let mut model = HashMap::new();
    for round in 0..3 {
        for number in 0..5 {
            let value = value(round * 40 + number * 3, 30);
            put(&store, key(round * 3 + number), &value);
            model.insert(key(round * 3 + number), value);
        }
        assert!(store.commit(&live).is_empty());
    }
    model
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn what_was_put_is_there_before_and_after_a_commit_and_after_opening() {
    let folder = TempDir::new().unwrap();
    let mut store = open(folder.path());
    let values: Vec<_> = (0..50).map(|seed| value(seed, 200)).collect();
    for (number, value) in (0..).zip(&values) {
        put(&store, key(number), value);
        assert_eq!(whole(&store, key(number)).as_ref(), Some(value));
    }
    assert_eq!(whole(&store, key(200)), None);
    assert!(store.commit(&live).is_empty());
    for store in [&store, &open(folder.path())] {
        for (number, value) in (0..).zip(&values) {
            assert_eq!(whole(store, key(number)).as_ref(), Some(value));
        }
        assert_eq!(store.stats().entries, 50);
        assert_eq!(store.stats().segments, 1);
    }
    assert_eq!(stats(folder.path()).0, store.stats());
}

#[test]
fn nothing_put_is_nothing_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cache");
    let mut store = open(&path);
    store.observe(b"file a", Fingerprint::of(b"a"));
    assert!(store.commit(&live).is_empty());
    assert!(!path.exists());
}

#[test]
fn numbers_of_observations_stay_after_a_commit() {
    let folder = TempDir::new().unwrap();
    filled(folder.path());
    let mut store = open(folder.path());
    let loaded = store.observations_len();
    let old = store.observe(b"file 0", Fingerprint::of(&[0]));
    assert!(old.index() < loaded);
    let new = store.observe(b"new", Fingerprint::of(b"1"));
    assert_eq!(new.index(), loaded);
    store.put(key(0), &[new, old, new], b"x", &[]);
    store.commit(&live);
    assert_eq!(store.observe(b"new", Fingerprint::of(b"1")), new);
    assert_eq!(store.get(key(0)).unwrap().trace(), [new, old, new]);
    assert_eq!(store.observation(new), (&b"new"[..], Fingerprint::of(b"1")));
    assert_eq!(store.observation(ObservationId(u32::MAX)).0, b"");
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, u8, usize),
    Commit,
    CommitDropping(u8),
    Reopen,
    ReopenWithoutCommit,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (0..40_u8, any::<u8>(), 0..120_usize).prop_map(|(key, seed, length)| Step::Put(key, seed, length)),
        3 => Just(Step::Commit),
        1 => (0..40_u8).prop_map(Step::CommitDropping),
        1 => Just(Step::Reopen),
        1 => Just(Step::ReopenWithoutCommit),
    ];
    proptest::collection::vec(step, 0..120)
}

proptest! {
    #[test]
    fn a_store_is_a_map(steps in steps()) {
        let folder = TempDir::new().unwrap();
        let mut store = open(folder.path());
        let mut model: HashMap<Key, Value> = HashMap::new();
        let mut committed = model.clone();
        // Dead keys may go or stay.
        let mut dead: HashSet<Key> = HashSet::new();
        let mut committed_dead = dead.clone();
        for step in steps {
            match step {
                Step::Put(number, seed, length) => {
                    let value = value(seed, length);
                    put(&store, key(number), &value);
                    model.insert(key(number), value);
                    dead.remove(&key(number));
                }
                Step::Commit => {
                    prop_assert!(store.commit(&live).is_empty());
                    committed.clone_from(&model);
                    committed_dead.clone_from(&dead);
                }
                Step::CommitDropping(below) => {
                    let is_live = |live: &Key| (below..40).any(|number| key(number) == *live);
                    prop_assert!(store.commit(&is_live).is_empty());
                    dead.extend((0..below).map(key));
                    committed.clone_from(&model);
                    committed_dead.clone_from(&dead);
                }
                Step::Reopen => {
                    prop_assert!(store.commit(&live).is_empty());
                    committed.clone_from(&model);
                    committed_dead.clone_from(&dead);
                    store = open(folder.path());
                }
                Step::ReopenWithoutCommit => {
                    drop(store);
                    store = open(folder.path());
                    model.clone_from(&committed);
                    dead.clone_from(&committed_dead);
                }
            }
            for number in 0..40 {
                let found = whole(&store, key(number));
                if found.is_none() && dead.contains(&key(number)) {
                    continue;
                }
                prop_assert_eq!(found.as_ref(), model.get(&key(number)), "{}", number);
            }
            prop_assert!(store.segments.len() <= SMALL.segments);
        }
        let left: Vec<_> = files(folder.path()).into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "segment")).collect();
        prop_assert_eq!(left.len(), open(folder.path()).segments.len());
    }
}
