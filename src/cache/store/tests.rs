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

/// All that was ever put for each key.
type History = HashMap<Key, Vec<Value>>;

/// Makes a store with a few entries in a few segments.
fn filled(folder: &Path) -> History {
    let mut store = open(folder);
    let mut history = History::new();
    for round in 0..3 {
        for number in 0..5 {
            let (key, value) = (key(round * 3 + number), value(round * 40 + number * 3, 30));
            put(&store, key, &value);
            history.entry(key).or_default().push(value);
        }
        assert!(store.commit(&live).is_empty());
    }
    assert_eq!(store.segments.len(), 3);
    history
}

/// Checks that whatever the store returns was put for that key. Returns how many entries are there in full.
fn assert_right(store: &Store, history: &History) -> usize {
    let is_right = |found: &Value, value: &Value| {
        let mut parts = found.large.iter().zip(&value.large);
        found.trace == value.trace
            && found.small == value.small
            && found.large.len() == value.large.len()
            && parts.all(|(found, part)| found.is_empty() || found == part)
    };
    let entries = (0..20).map(key).filter_map(|key| get(store, key).map(|found| (key, found)));
    let is_whole = entries.map(|(key, (found, is_whole))| {
        let values = history.get(&key).map_or(&[][..], Vec::as_slice);
        assert!(values.iter().any(|value| is_right(&found, value)), "{key:?}: {found:?}");
        is_whole
    });
    is_whole.filter(|is_whole| *is_whole).count()
}

/// Checks that a store can be written to again, whatever state its folder was in.
fn assert_usable(folder: &Path, history: &History) {
    let (mut store, _) = Store::open_with(folder, Disk::default(), SMALL);
    let before = assert_right(&store, history);
    let fresh = value(13, 50);
    put(&store, key(39), &fresh);
    store.commit(&live);
    let (store, troubles) = Store::open_with(folder, Disk::default(), SMALL);
    assert!(troubles.is_empty(), "{troubles:?}");
    assert_eq!(whole(&store, key(39)), Some(fresh));
    assert_eq!(assert_right(&store, history), before);
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
    let old = store.get(key(1)).unwrap().trace()[0];
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

#[test]
fn a_truncated_file_costs_entries_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let history = filled(folder.path());
    let whole = files(folder.path());
    for (path, bytes) in whole.iter().filter(|(path, _)| !path.ends_with("lock")) {
        for length in (0..bytes.len() as u64).rev() {
            fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
            let (store, troubles) = Store::open_with(folder.path(), Disk::default(), SMALL);
            assert_eq!(troubles.len(), 1, "{path:?} {length}");
            assert!(troubles[0].to_string().contains(&*path.file_name().unwrap().to_string_lossy()), "{troubles:?}");
            assert_right(&store, &history);
        }
        assert_usable(folder.path(), &history);
        whole.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    }
}

#[test]
fn a_flipped_bit_costs_entries_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let history = filled(folder.path());
    let whole = files(folder.path());
    let total: usize = whole.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut noise = blake3::Hasher::new().update(b"flips").finalize_xof();
    for flip in 0..1000 {
        let mut random = [0; 8];
        noise.fill(&mut random);
        let mut at = u64::from_le_bytes(random) as usize % (total * 8);
        let (path, bytes) = whole
            .iter()
            .find(|(_, bytes)| {
                let is_here = at < bytes.len() * 8;
                at -= if is_here { 0 } else { bytes.len() * 8 };
                is_here
            })
            .unwrap();
        let mut flipped = bytes.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        fs::write(path, &flipped).unwrap();
        let (mut store, troubles) = Store::open_with(folder.path(), Disk::default(), SMALL);
        let found = assert_right(&store, &history);
        // Every bit matters to some checksum.
        let told = troubles.len() + store.commit(&live).len();
        assert!(told > 0, "{path:?} {at}: {found}");
        if flip % 50 == 0 {
            assert_usable(folder.path(), &history);
            whole.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
        }
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn two_builds_at_once_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let mut stores = [open(folder.path()), open(folder.path())];
    for round in 0..2 {
        for (number, store) in stores.iter_mut().enumerate() {
            let number = number as u8 * 10 + round;
            put(store, key(number), &value(number, 40));
            assert!(store.commit(&live).is_empty());
        }
    }
    let store = open(folder.path());
    for number in [0, 1, 10, 11] {
        assert_eq!(whole(&store, key(number)), Some(value(number, 40)));
    }
}

#[test]
fn many_builds_on_many_threads_lose_nothing() {
    let folder = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let folder = folder.path();
            scope.spawn(move || {
                for round in 0..10_u8 {
                    let number = thread * 10 + round;
                    // Another one may be merging what this one is about to open.
                    let mut store = open(folder);
                    put(&store, key(number), &value(number, 40));
                    assert!(store.commit(&live).is_empty());
                }
            });
        }
    });
    let store = open(folder.path());
    for number in 0..40 {
        assert_eq!(whole(&store, key(number)), Some(value(number, 40)), "{number}");
    }
}

#[test]
fn one_store_serves_many_threads() {
    let folder = TempDir::new().unwrap();
    let mut store = open(folder.path());
    for round in 0..3_u8 {
        (0..400_u32).into_par_iter().for_each(|task| {
            let number = (task % 40) as u8;
            // The same for all threads, so that it does not matter who is last.
            let value = value(number + round, 90);
            put(&store, key(number), &value);
            assert_eq!(whole(&store, key(number)), Some(value));
        });
        assert!(store.commit(&live).is_empty());
    }
    let store = open(folder.path());
    for number in 0..40 {
        assert_eq!(whole(&store, key(number)), Some(value(number + 2, 90)));
    }
}

#[test]
#[cfg(unix)]
fn a_reader_keeps_what_another_build_has_merged_away() {
    let folder = TempDir::new().unwrap();
    let history = filled(folder.path());
    let reader = open(folder.path());
    let found = assert_right(&reader, &history);
    let mut writer = open(folder.path());
    for number in 30..40 {
        put(&writer, key(number), &value(number, 400));
        assert!(writer.commit(&live).is_empty());
    }
    let left = files(folder.path());
    assert!(reader.segments.iter().all(|segment| left.iter().all(|(path, _)| !path.ends_with(&segment.name))));
    assert_eq!(assert_right(&reader, &history), found);
}

#[test]
fn a_folder_that_is_deleted_meanwhile_is_made_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cache");
    let mut store = open(&path);
    put(&store, key(1), &value(1, 10));
    store.commit(&live);
    fs::remove_dir_all(&path).unwrap();
    put(&store, key(2), &value(2, 10));
    assert!(store.commit(&live).is_empty());
    let store = open(&path);
    assert_eq!(whole(&store, key(2)), Some(value(2, 10)));
    assert_eq!(whole(&store, key(1)), None);
}

/// Puts that reach every path: several batches, a merge, a rewrite.
fn busy(store: &mut Store, round: u8) -> (HashMap<Key, Value>, Vec<Trouble>) {
    let values: HashMap<_, _> = (0..6).map(|number| (key(number), value(round * 6 + number + 1, 60))).collect();
    let mut sorted: Vec<_> = values.iter().collect();
    sorted.sort_by_key(|(key, _)| **key);
    sorted.into_iter().for_each(|(key, value)| put(store, *key, value));
    let troubles = store.commit(&live);
    (values, troubles)
}

#[test]
fn a_full_disk_at_any_byte_leaves_the_former_or_the_new_state() {
    let mut reached = [false; 2];
    let mut budget = 0;
    loop {
        let folder = TempDir::new().unwrap();
        let mut former = HashMap::new();
        let mut store = open(folder.path());
        for round in 0..2 {
            let (values, troubles) = busy(&mut store, round);
            assert!(troubles.is_empty());
            former.extend(values);
        }
        let disk = Disk::default();
        let (mut store, _) = Store::open_with(folder.path(), disk.clone(), SMALL);
        *lock(&disk.fuse) = Some(budget);
        let (new, troubles) = busy(&mut store, 2);
        let is_done = troubles.is_empty();
        assert!(troubles.iter().all(|trouble| matches!(trouble, Trouble::Disk { .. })), "{troubles:?}");
        // The run itself does not notice.
        let has = |store: &Store, model: &HashMap<Key, Value>| {
            model.iter().all(|(key, value)| whole(store, *key).as_ref() == Some(value))
        };
        assert!(has(&store, &new), "{budget}");
        // Another one sees the one or the other.
        let is = |model: &HashMap<Key, Value>| has(&open(folder.path()), model);
        assert!(is(&former) || is(&new), "{budget}");
        reached[usize::from(is(&new))] = true;
        // Later there is room again.
        *lock(&disk.fuse) = None;
        put(&store, key(30), &value(30, 60));
        assert!(store.commit(&live).is_empty());
        assert!(is(&new), "{budget}");
        assert_eq!(whole(&open(folder.path()), key(30)), Some(value(30, 60)));
        drop(store);
        assert!(files(folder.path()).iter().all(|(path, _)| path.extension().is_none_or(|end| end != "tmp")));
        if is_done {
            break;
        }
        budget += 1 + budget / 40;
    }
    assert_eq!(reached, [true, true]);
}

#[test]
fn a_disk_that_refuses_and_memory_that_is_full_cost_large_parts_only() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::default();
    *lock(&disk.fuse) = Some(0);
    let (mut store, _) = Store::open_with(folder.path(), disk, SMALL);
    let large = [7; 1000];
    for number in 0..10 {
        store.put(key(number), &[], &[number], &[&large]);
    }
    let kept = (0..10).filter(|number| store.get(key(*number)).unwrap().large(0).is_some()).count();
    assert_eq!(kept, SMALL.bounds.memory / large.len());
    assert!((0..10).all(|number| store.get(key(number)).unwrap().small() == [number]));
    let troubles: Vec<_> = store.commit(&live).iter().map(ToString::to_string).collect();
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    assert!(troubles[0].starts_with("cannot create `"), "{troubles:?}");
    assert!(troubles[1].contains("too many to be held in memory"), "{troubles:?}");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told_once() {
    let folder = TempDir::new().unwrap();
    // Not even the system's administrator can make a folder below a file.
    let path = folder.path().join("file/cache");
    fs::write(folder.path().join("file"), "").unwrap();
    let (mut store, _) = Store::open_with(&path, Disk::default(), SMALL);
    for number in 0..30 {
        put(&store, key(number), &value(number, 60));
    }
    assert_eq!(store.commit(&live).len(), 1);
    put(&store, key(30), &value(30, 10));
    assert_eq!(store.commit(&live).len(), 1);
    assert_eq!(whole(&store, key(1)), Some(value(1, 60)));
}

#[test]
#[cfg(unix)]
fn a_read_only_folder_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let history = filled(folder.path());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(folder.path().join("probe"), "").is_ok() {
        // Skipped: permissions do not hold for this user.
        return;
    }
    let mut store = open(folder.path());
    assert!(assert_right(&store, &history) > 0);
    put(&store, key(30), &value(30, 200));
    let troubles = store.commit(&live);
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    assert_eq!(whole(&store, key(30)), Some(value(30, 200)));
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_build_that_ends_without_a_commit_leaves_the_former_state() {
    let folder = TempDir::new().unwrap();
    let history = filled(folder.path());
    let before = files(folder.path());
    let store = open(folder.path());
    (20..40).for_each(|number| put(&store, key(number), &value(number, 300)));
    assert_eq!(files(folder.path()).len(), before.len() + 1, "large parts are on their way to the disk");
    assert!(assert_right(&open(folder.path()), &history) > 0);
    drop(store);
    assert_eq!(files(folder.path()), before);
}

#[test]
fn what_killed_builds_left_behind_is_removed_and_what_living_ones_write_is_not() {
    let folder = TempDir::new().unwrap();
    let history = filled(folder.path());
    let file = |name: &str, seconds: u64| {
        let file = fs::File::create(folder.path().join(name)).unwrap();
        let now = fs::metadata(folder.path().join("manifest")).unwrap().modified().unwrap();
        file.set_modified(now - std::time::Duration::from_secs(seconds)).unwrap();
        file
    };
    let orphan = manifest::segment_name(Fingerprint::of(b"orphan"));
    file("1-0.tmp", 100);
    file(&orphan, 100);
    file("2-0.tmp", 10);
    let living = file("3-0.tmp", 100_000);
    living.lock().unwrap();
    let mut store = open(folder.path());
    put(&store, key(30), &value(30, 10));
    assert!(store.commit(&live).is_empty());
    let there = |name: &str| folder.path().join(name).exists();
    assert_eq!(["1-0.tmp", &orphan, "2-0.tmp", "3-0.tmp", "lock"].map(there), [false, false, true, true, true]);
    assert!(assert_right(&open(folder.path()), &history) > 0);
}

#[test]
fn files_of_another_version_are_left_out() {
    let folder = TempDir::new().unwrap();
    filled(folder.path());
    fs::write(folder.path().join("manifest"), "rivage cache 99\n").unwrap();
    let (mut store, troubles) = Store::open(folder.path());
    assert!(matches!(troubles[..], [Trouble::Foreign { .. }]), "{troubles:?}");
    assert_eq!(store.stats(), Stats::default());
    put(&store, key(1), &value(1, 10));
    assert!(store.commit(&live).is_empty());
    assert_eq!(open(folder.path()).stats().entries, 1);
}

#[test]
fn a_missing_segment_is_left_out_and_forgotten() {
    let folder = TempDir::new().unwrap();
    let history = filled(folder.path());
    let lost = open(folder.path()).segments[1].name.clone();
    fs::remove_file(folder.path().join(&lost)).unwrap();
    let (store, troubles) = Store::open(folder.path());
    assert!(troubles[0].to_string().contains(&lost), "{troubles:?}");
    assert_right(&store, &history);
    assert_usable(folder.path(), &history);
}

#[test]
fn dead_entries_are_cleared_away() {
    let folder = TempDir::new().unwrap();
    let mut store = open(folder.path());
    for round in 0..40_u8 {
        for number in 0..10 {
            put(&store, key(number), &value(3 + round * 4, 50 + usize::from(number)));
        }
        assert!(store.commit(&live).is_empty());
    }
    let one = store.stats();
    let entry: u64 = (50..60).map(|length| length * 3 + length / 2).sum();
    assert!(one.bytes < 4 * entry, "{one:?}, {entry}");
    // A key that nobody asks for any more is dead as well.
    put(&store, key(20), &value(3, 50));
    assert!(store.commit(&|live| *live == key(20)).is_empty());
    assert_eq!(store.stats().entries, 1);
    assert_eq!(whole(&open(folder.path()), key(20)), Some(value(3, 50)));
}

#[test]
fn a_damaged_part_is_not_copied() {
    let folder = TempDir::new().unwrap();
    let mut store = open(folder.path());
    store.put(key(1), &[], b"small", &[&[1; 500], &[2; 500]]);
    store.commit(&live);
    let path = folder.path().join(&store.segments[0].name);
    let mut bytes = fs::read(&path).unwrap();
    bytes[700] ^= 4;
    fs::write(&path, bytes).unwrap();
    let mut store = open(folder.path());
    let entry = store.get(key(1)).unwrap();
    assert_eq!((entry.large(0), entry.large(1), entry.large(2)), (Some(vec![1; 500]), None, None));
    let troubles = store.commit(&live);
    assert!(troubles[0].to_string().ends_with("is damaged: a part of it cannot be read"), "{troubles:?}");
    for number in 10..20 {
        put(&store, key(number), &value(number, 500));
        store.commit(&live);
    }
    assert!(!path.exists());
    // It was of no use to anyone.
    assert!(open(folder.path()).get(key(1)).is_none_or(|entry| entry.large(1).is_none()));
}

#[test]
fn segments_are_merged_when_there_are_too_many() {
    assert_eq!(first_to_merge(&[], 10, 8), 0);
    assert_eq!(first_to_merge(&[1; 7], 1, 8), 7);
    assert_eq!(first_to_merge(&[1; 8], 1, 8), 0);
    assert_eq!(first_to_merge(&[1000, 1, 1, 1, 1, 1, 1, 1], 1, 8), 1);
    assert_eq!(first_to_merge(&[1000, 17, 1, 1, 1, 1, 1, 1], 1, 8), 2);
    assert_eq!(first_to_merge(&[1 << 30, 1 << 26, 1 << 22, 1 << 18, 1 << 14, 1 << 10, 1 << 6, 4], 1, 8), 7);
}
