//! The files of a finished site, as they will be uploaded.
//!
//! In: the output folder, and what the last run knew of it. Out: [`Files`]: each file with its hash, its anchors and the media it shows. A file whose
//! length, times and number on the disk are as before is not read again, so that a deployment of an unchanged site takes no time. A file that was changed
//! just before it was read is not remembered: a change within the same tick of the clock would not show.
//! Deliberately not here: what is wrong with the files ([`super::checks`]).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use rivage_cloudflare::{Asset, hash};
use rustc_hash::FxHashMap;

use super::Error;
use super::text;

/// Files that steer Pages and Workers rather than being served.
pub const SPECIAL: [&str; 2] = ["_headers", "_redirects"];

/// Names at the root that Cloudflare's program takes for a program rather than a file of the site.
const PROGRAMS: [&str; 3] = ["_worker.js", "_routes.json", "functions"];

/// A file of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Path, place on the disk, length and hash.
    pub asset: Asset,
    /// The ids in it, where it is HTML, in order and without repetition.
    pub anchors: Vec<String>,
    /// Names of content-addressed media that its text mentions: runs of 32 and more hexadecimal digits.
    pub media: Vec<String>,
}

/// All files of a site.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// What is served, by path.
    pub served: Vec<File>,
    /// `_headers` and `_redirects`, where there are any.
    pub special: Vec<(String, Vec<u8>)>,
    /// Names that begin with a dot, other than `.well-known`; they are not uploaded.
    pub hidden: Vec<String>,
    /// Programs at the root, which are not uploaded.
    pub programs: Vec<String>,
    /// Names that cannot be uploaded: no UTF-8, or with control characters.
    pub unnameable: Vec<String>,
    /// Files that were read because nothing was known of them.
    pub read: usize,
}

/// What a file looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    /// Nanoseconds since 1970.
    modified: i128,
    /// The same of what is known of the file; 0 where the system does not tell.
    changed: i128,
    /// The file's number on the disk; 0 where the system does not tell.
    inode: u64,
}

/// Nanoseconds within which two changes may have the same time.
const TICK: i128 = 20_000_000;
/// The same on a disk that counts in seconds.
const COARSE_TICK: i128 = 2_000_000_000;

impl Stamp {
    fn of(metadata: &fs::Metadata) -> Self {
        let (changed, inode) = beyond(metadata);
        Self { length: metadata.len(), modified: metadata.modified().map_or(0, nanoseconds), changed, inode }
    }

    /// Reports whether a change after `now` must show.
    fn is_settled(&self, now: i128) -> bool {
        let last = self.modified.max(self.changed);
        let tick = if last % 1_000_000_000 == 0 { COARSE_TICK } else { TICK };
        last + tick < now
    }
}

fn nanoseconds(time: SystemTime) -> i128 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| since.as_nanos().try_into().ok()).unwrap_or(0)
}

#[cfg(unix)]
fn beyond(metadata: &fs::Metadata) -> (i128, u64) {
    use std::os::unix::fs::MetadataExt;
    (i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec()), metadata.ino())
}

#[cfg(not(unix))]
fn beyond(_: &fs::Metadata) -> (i128, u64) {
    (0, 0)
}

/// Looks at the clock by which files are told to have changed since they were read. No output depends on it.
#[expect(clippy::disallowed_methods, reason = "times of files are compared with the time at which they are read")]
fn now() -> i128 {
    nanoseconds(SystemTime::now())
}

const HEAD: &str = "rivage hashes 2";

struct Known {
    stamp: Stamp,
    hash: String,
    anchors: Vec<String>,
    media: Vec<String>,
}

/// Reads a folder. `memory` is the file in which the hashes are kept from one run to the next.
///
/// # Errors
/// The folder or a file in it cannot be read.
pub fn read(folder: &Path, memory: &Path) -> Result<Files, Error> {
    let memory_text = fs::read_to_string(memory).unwrap_or_default();
    let known = remembered(&memory_text);
    let now = now();
    let mut files = Files::default();
    let mut found: Vec<(String, PathBuf, fs::Metadata)> = Vec::new();
    walk(folder, String::new(), &mut files, &mut found)?;
    found.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    let read: Vec<(File, Stamp, bool)> = found
        .into_par_iter()
        .map(|(path, file, metadata)| {
            let stamp = Stamp::of(&metadata);
            match known.get(path.as_str()).filter(|known| known.stamp == stamp) {
                Some(known) => {
                    let asset = Asset { path, file, size: stamp.length, hash: known.hash.clone() };
                    Ok((File { asset, anchors: known.anchors.clone(), media: known.media.clone() }, stamp, false))
                }
                None => {
                    let (mut anchors, mut media) = (Vec::new(), Vec::new());
                    // Text is read whole, once; all else may be large.
                    let (hash, size) = if text::is_text(&path) {
                        let bytes = fs::read(&file).map_err(|source| disk("read", &file, source))?;
                        media = text::media(&bytes);
                        if text::is_html(&path) {
                            anchors = text::anchors(&String::from_utf8_lossy(&bytes));
                        }
                        (hash::asset(&path, &bytes), bytes.len() as u64)
                    } else {
                        hash::asset_file(&path, &file).map_err(|source| disk("read", &file, source))?
                    };
                    let asset = Asset { path, file, size, hash };
                    Ok((File { asset, anchors, media }, Stamp { length: size, ..stamp }, true))
                }
            }
        })
        .collect::<Result<_, Error>>()?;
    files.read = read.iter().filter(|(_, _, is_new)| *is_new).count();
    if files.read > 0 || known.len() != read.len() {
        // What cannot be remembered only costs the next run some time.
        let _ = super::write_whole(memory, to_remember(&read, now).as_bytes());
    }
    files.served = read.into_iter().map(|(file, ..)| file).collect();
    Ok(files)
}

fn disk(operation: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Disk { operation, path: path.display().to_string(), source }
}

fn walk(
    folder: &Path,
    below: String,
    files: &mut Files,
    found: &mut Vec<(String, PathBuf, fs::Metadata)>,
) -> Result<(), Error> {
    let entries = fs::read_dir(folder).map_err(|source| disk("list", folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| disk("list", folder, source))?;
        let place = entry.path();
        let name = match entry.file_name().into_string() {
            Ok(name) if !name.contains(|c: char| c.is_control() || c == '\\') => name,
            Ok(name) => {
                files.unnameable.push(format!("{below}/{}", name.escape_debug()));
                continue;
            }
            Err(name) => {
                files.unnameable.push(format!("{below}/{}", name.to_string_lossy().escape_debug()));
                continue;
            }
        };
        let path = format!("{below}/{name}");
        // As Cloudflare's program does: links are followed, and one that leads nowhere is an error.
        let metadata = fs::metadata(&place).map_err(|source| disk("read", &place, source))?;
        if matches!(name.as_str(), ".DS_Store" | ".git" | "node_modules") || path == "/.wrangler" {
            continue;
        }
        if below.is_empty() && PROGRAMS.contains(&name.as_str()) {
            files.programs.push(name);
        } else if name.starts_with('.') && name != ".well-known" {
            files.hidden.push(path);
        } else if metadata.is_dir() {
            walk(&place, path, files, found)?;
        } else if below.is_empty() && SPECIAL.contains(&name.as_str()) {
            let bytes = fs::read(&place).map_err(|source| disk("read", &place, source))?;
            files.special.push((name, bytes));
        } else {
            found.push((path, place, metadata));
        }
    }
    files.special.sort();
    files.hidden.sort();
    files.unnameable.sort();
    Ok(())
}

/// One file a line: hash, length, times, number, anchors, media, path. What cannot be read is left out, and read anew.
fn remembered(text: &str) -> FxHashMap<&str, Known> {
    let Some((HEAD, lines)) = text.split_once('\n') else { return FxHashMap::default() };
    let line = |line: &'_ str| -> Option<(usize, Known)> {
        let mut fields = line.splitn(8, '\t');
        let hash = fields.next()?.to_owned();
        let stamp = Stamp {
            length: fields.next()?.parse().ok()?,
            modified: fields.next()?.parse().ok()?,
            changed: fields.next()?.parse().ok()?,
            inode: fields.next()?.parse().ok()?,
        };
        let list = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let (anchors, media) = (list(fields.next()?), list(fields.next()?));
        let path = fields.next()?;
        Some((line.len() - path.len(), Known { stamp, hash, anchors, media }))
    };
    lines.lines().filter_map(|text| line(text).map(|(at, known)| (&text[at..], known))).collect()
}

fn to_remember(files: &[(File, Stamp, bool)], now: i128) -> String {
    let mut text = format!("{HEAD}\n");
    for (File { asset, anchors, media }, stamp, _) in files.iter().filter(|(_, stamp, _)| stamp.is_settled(now)) {
        let Stamp { length, modified, changed, inode } = stamp;
        let (anchors, media) = (anchors.join(" "), media.join(" "));
        text.push_str(&format!(
            "{}\t{length}\t{modified}\t{changed}\t{inode}\t{anchors}\t{media}\t{}\n",
            asset.hash, asset.path
        ));
    }
    text
}

impl Files {
    /// Returns the hash of everything that a deployment of these files is: equal prints, equal sites.
    pub fn fingerprint(&self, further: &[&[u8]]) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        for File { asset, .. } in &self.served {
            part(asset.path.as_bytes());
            part(asset.hash.as_bytes());
        }
        for (name, bytes) in &self.special {
            part(name.as_bytes());
            part(bytes);
        }
        further.iter().for_each(|bytes| part(bytes));
        hasher.finalize().to_hex().as_str()[..16].to_owned()
    }

    /// Returns path → hash.
    pub fn manifest(&self) -> BTreeMap<String, String> {
        self.served.iter().map(|file| (file.asset.path.clone(), file.asset.hash.clone())).collect()
    }

    /// Returns the assets.
    pub fn assets(&self) -> Vec<Asset> {
        self.served.iter().map(|file| file.asset.clone()).collect()
    }

    /// Returns the length of all served files.
    pub fn bytes(&self) -> u64 {
        self.served.iter().map(|file| file.asset.size).sum()
    }

    /// Returns a special file as text.
    pub fn special_text(&self, name: &str) -> Option<String> {
        let (_, bytes) = self.special.iter().find(|(known, _)| known == name)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let place = folder.path().join("public").join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, text).unwrap();
        }
        folder
    }

    fn files(folder: &tempfile::TempDir) -> Files {
        // What was written this moment is read once more.
        std::thread::sleep(std::time::Duration::from_millis(50));
        read(&folder.path().join("public"), &folder.path().join("state/hashes")).unwrap()
    }

    #[test]
    fn files_are_sorted_into_what_is_served_and_what_is_not() {
        let folder = site(&[
            ("index.html", "<p id=a>x<p id='b'>"),
            ("a/_headers", "x"),
            ("_headers", "/*\n"),
            ("_redirects", "/a /b\n"),
            ("_worker.js", "x"),
            ("functions/a.js", "x"),
            (".env", "SECRET=1"),
            ("a/.hidden/b", "x"),
            (".well-known/security.txt", "x"),
            (".DS_Store", "x"),
            ("node_modules/x.js", "x"),
        ]);
        let files = files(&folder);
        let served: Vec<_> = files.served.iter().map(|file| file.asset.path.as_str()).collect();
        assert_eq!(served, ["/.well-known/security.txt", "/a/_headers", "/index.html"]);
        assert_eq!(files.served[2].anchors, ["a", "b"]);
        assert_eq!(files.special.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["_headers", "_redirects"]);
        assert_eq!(files.hidden, ["/.env", "/a/.hidden"]);
        let mut programs = files.programs.clone();
        programs.sort();
        assert_eq!(programs, ["_worker.js", "functions"]);
    }

    #[test]
    fn unchanged_files_are_not_read_again() {
        let folder = site(&[("index.html", "<p id=a>"), ("b.css", "0123456789abcdef0123456789abcdef.png")]);
        let first = files(&folder);
        assert_eq!(first.read, 2);
        let again = files(&folder);
        assert_eq!((again.read, &again.served), (0, &first.served));
        fs::write(folder.path().join("public/b.css"), "other").unwrap();
        let third = files(&folder);
        assert_eq!(third.read, 1);
        assert_ne!(third.fingerprint(&[]), first.fingerprint(&[]));
        // A memory that is nonsense is no memory.
        fs::write(folder.path().join("state/hashes"), format!("{HEAD}\nnonsense\n\t\t\n")).unwrap();
        assert_eq!(files(&folder).served, third.served);
    }

    #[test]
    fn what_may_change_unseen_is_not_remembered() {
        const SECOND: i128 = 1_000_000_000;
        let stamp = |modified, changed| Stamp { length: 1, modified, changed, inode: 1 };
        let now = 100 * SECOND + 7;
        assert!(stamp(now - 2 * TICK, now - 3 * TICK).is_settled(now));
        assert!(!stamp(now - 2 * TICK, now - TICK / 2).is_settled(now));
        assert!(!stamp(now + SECOND, 0).is_settled(now), "the future");
        // A disk that counts in seconds.
        assert!(!stamp(99 * SECOND, 0).is_settled(now) && stamp(97 * SECOND, 0).is_settled(now));
        let asset = Asset { path: "/a".to_owned(), file: PathBuf::new(), size: 1, hash: "h".to_owned() };
        let file = File { asset, anchors: Vec::new(), media: Vec::new() };
        let lines = to_remember(&[(file.clone(), stamp(now, 0), true), (file, stamp(1, 1), true)], now);
        assert_eq!(lines.lines().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_in_the_place_of_another_is_read() {
        let folder = site(&[("a.txt", "one"), ("b.txt", "two")]);
        assert_eq!(files(&folder).read, 2);
        let public = folder.path().join("public");
        // Same length and same time of its contents.
        let time = fs::metadata(public.join("a.txt")).unwrap().modified().unwrap();
        fs::rename(public.join("b.txt"), public.join("a.txt")).unwrap();
        fs::File::options().write(true).open(public.join("a.txt")).unwrap().set_modified(time).unwrap();
        let now = files(&folder);
        assert_eq!((now.read, now.served.len()), (1, 1));
        assert_eq!(now.served[0].asset.hash, hash::asset("/a.txt", b"two"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_broken_ones_named() {
        let folder = site(&[("index.html", "x")]);
        let public = folder.path().join("public");
        std::os::unix::fs::symlink("index.html", public.join("same.html")).unwrap();
        assert_eq!(files(&folder).served.len(), 2);
        std::os::unix::fs::symlink("nowhere", public.join("broken.html")).unwrap();
        let error = read(&public, &folder.path().join("hashes")).unwrap_err();
        assert!(error.to_string().contains("broken.html"), "{error}");
    }
}
