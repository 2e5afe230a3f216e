//! `rivage cache` as a user runs it: what it prints, what it leaves, how it exits.

#[path = "support/s3.rs"]
mod s3;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use rivage::cache::store::{Key, Store};
use rivage::cache::{FOLDER, PROGRAM};
use rivage::inputs::Fingerprint;
use rivage_images::{Format, Raster, Settings, encode};
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

/// A machine of a CI: the repository, and a disk with nothing else on it.
fn clone_of(photo: &[u8]) -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |path: &str, bytes: &[u8]| {
        std::fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
        std::fs::write(folder.path().join(path), bytes).unwrap();
    };
    let settings =
        "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[images]\nwidths = [40, 80]\navif_speed = 10\n";
    write("rivage.toml", settings.as_bytes());
    write("content/_index.md", b"---\ntitle: Home\n---\n![A photo](photo.png)\n");
    write("content/photo.png", photo);
    folder
}

fn built(project: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rivage"));
    let output = command.arg("build").arg("--root").arg(project).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let entries = std::fs::read_dir(project.join("public/media")).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn a_machine_with_an_empty_disk_encodes_nothing() {
    let noise =
        |at: u32| (u64::from(at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_mul(u64::from(at) | 1) >> 40) as u8;
    let raster = Raster::new(120, 80, false, (0..120 * 80 * 3_u32).map(noise).collect());
    let photo = encode(&raster, Format::Png, Settings { quality: 90, speed: 10 }).unwrap();
    let server = s3::Server::start();
    let share = |project: &Path, words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rivage"));
        let command = command.arg("cache").args(words).arg("--json").arg("--root").arg(project).env_clear();
        let keys = [("AWS_ACCESS_KEY_ID", s3::KEY), ("AWS_SECRET_ACCESS_KEY", s3::SECRET), ("AWS_ALLOW_HTTP", "true")];
        json(&command.envs(keys).env("AWS_ENDPOINT_URL", &server.address).output().unwrap())
    };
    let place = format!("s3://{}/site", s3::BUCKET);
    let first = clone_of(&photo);
    let mut media = built(first.path());
    assert_eq!(media.len(), 6);
    // Bytes that no encoder would write show that none ran.
    for (name, bytes) in &mut media {
        *bytes = format!("made of the photo, once: {name}").into_bytes();
        std::fs::write(first.path().join(FOLDER).join("images").join(&name[..2]).join(name), &bytes).unwrap();
    }
    share(first.path(), &["push", "--to", &place]);
    let second = clone_of(&photo);
    share(second.path(), &["pull", "--from", &place]);
    assert!(built(second.path()) == media);
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
