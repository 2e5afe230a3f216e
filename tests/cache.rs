//! `rivage cache` as a user runs it: what it prints, what it leaves, how it exits.

use std::path::Path;
use std::process::{Command, Output};

use rivage::cache::store::{Key, Store};
use rivage::cache::{FOLDER, PROGRAM};
use rivage::inputs::Fingerprint;
use serde_json::Value;
use tempfile::TempDir;

fn project() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("rivage.toml"), "").unwrap();
    folder
}

fn rivage(project: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rivage"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.arg("cache").args(words).arg("--root").arg(project).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Puts an entry into a cache of this program.
fn remember(project: &Path, name: &str, number: u8) {
    let (mut store, troubles) = Store::open(&project.join(FOLDER).join(PROGRAM).join(name));
    assert!(troubles.is_empty());
    store.put(Key { kind: 1, hash: Fingerprint::of(&[number]) }, &[], b"small", &[b"large"]);
    assert!(store.commit(&|_| true).is_empty());
}

#[test]
fn a_cache_goes_from_one_project_to_another() {
    let (one, other, place) = (project(), project(), TempDir::new().unwrap());
    let place = place.path().join("new/shared");
    let place = place.to_str().unwrap();
    remember(one.path(), "common", 1);
    remember(one.path(), "common", 2);
    let sent = json(&rivage(one.path(), &["push", "--to", place, "--json"]));
    assert_eq!(
        (&sent["ok"], &sent["caches"], &sent["sent"], &sent["present"]),
        (&true.into(), &1.into(), &2.into(), &0.into())
    );
    let again = json(&rivage(one.path(), &["push", "--to", place, "--json"]));
    assert_eq!((&again["sent"], &again["bytes"], &again["present"]), (&0.into(), &0.into(), &2.into()));

    let fetched = rivage(other.path(), &["pull", "--to", place]);
    let said = String::from_utf8(fetched.stdout).unwrap();
    assert!(said.starts_with(&format!("2 files fetched from `{place}`, ")), "{said}");
    let stats = json(&rivage(other.path(), &["stats", "--json"]));
    let cache = &stats["caches"][0];
    assert_eq!(
        (&cache["program"], &cache["current"], &cache["name"]),
        (&PROGRAM.into(), &true.into(), &"common".into())
    );
    assert_eq!((&cache["entries"], &cache["segments"], &cache["bytes"]), (&2.into(), &2.into(), &sent["bytes"]));
    let table = String::from_utf8(rivage(other.path(), &["stats"]).stdout).unwrap();
    assert!(table.lines().nth(1).unwrap().ends_with("  in use"), "{table}");

    assert!(rivage(other.path(), &["clear"]).status.success());
    assert!(!other.path().join(FOLDER).exists());
    assert!(one.path().join(FOLDER).exists());
}

#[test]
fn a_poisoned_cache_is_refused_with_a_hint() {
    let (one, other, place) = (project(), project(), TempDir::new().unwrap());
    let place_name = place.path().to_str().unwrap();
    remember(one.path(), "common", 1);
    json(&rivage(one.path(), &["push", "--to", place_name, "--json"]));
    let blobs = place.path().join("blobs/segment");
    let blob = std::fs::read_dir(blobs).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let output = rivage(other.path(), &["pull", "--from", place_name]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("is refused: what is in it does not match its name\nhelp: delete it there"), "{error}");
    assert_eq!(rivage(other.path(), &["stats"]).stdout, b"no cache\n");
}

#[test]
fn stats_tell_what_is_damaged_and_go_on() {
    let project = project();
    remember(project.path(), "common", 1);
    remember(project.path(), "aa00", 1);
    std::fs::write(project.path().join(FOLDER).join(PROGRAM).join("aa00/manifest"), "nonsense").unwrap();
    let output = rivage(project.path(), &["stats", "--json"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("aa00/manifest` is damaged"), "{output:?}");
    let stats = json(&output);
    assert_eq!(stats["caches"].as_array().unwrap().len(), 2);
    assert_eq!(stats["caches"][1]["entries"], 1);
}
