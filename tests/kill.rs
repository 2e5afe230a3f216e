//! Builds that are killed: whenever it happens, `public/` is the old or the new site in full, and the next build is right.
//!
//! The steps of the writer are tried one by one in `src/write/tests.rs`; here a real process dies at moments that nobody chose.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a build is killed.
const KILLS: u64 = 100;

type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// The site's pages in one of its two versions: some are the same in both, some differ, some are in one only, and what is a page in one
/// is a section in the other.
fn pages(version: u64) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    for number in 0..60 {
        let is_same = number % 3 > 0;
        let text = if is_same { "the same".to_owned() } else { format!("version {version}") };
        let mut page = format!("# Page {number}\n\n");
        for line in 0..4 {
            let _ = writeln!(page, "Line {line} is {text}.");
        }
        match number {
            7 if version == 0 => pages.insert("content/turn.md".to_owned(), page),
            7 => pages.insert("content/turn/index.md".to_owned(), page),
            50..60 => pages.insert(format!("content/only-{version}/page-{number}.md"), page),
            _ => pages.insert(format!("content/part-{}/page-{number}.md", number % 4), page),
        };
    }
    pages
}

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        // In memory where that is possible: a disk would be the slowest part of it.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let settings = "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n";
        fs::write(folder.path().join("rivage.toml"), settings).unwrap();
        Self(folder)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn set_version(&self, version: u64) {
        let _ = fs::remove_dir_all(self.at("content"));
        for (path, text) in pages(version) {
            fs::create_dir_all(self.at(&path).parent().unwrap()).unwrap();
            fs::write(self.at(&path), text).unwrap();
        }
    }

    fn start(&self) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rivage"));
        command.arg("--root").arg(self.0.path()).arg("build").stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    fn build(&self) {
        assert!(self.start().wait().unwrap().success());
    }

    fn public(&self) -> Tree {
        let mut files = Tree::new();
        let root = self.at("public");
        for entry in walkdir::WalkDir::new(&root) {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(&root).unwrap().to_owned();
            if entry.file_type().is_file() {
                files.insert(path, fs::read(entry.path()).unwrap());
            } else if fs::read_dir(entry.path()).unwrap().next().is_none() {
                files.insert(path, b"an empty folder".to_vec());
            }
        }
        files
    }

    /// Reports whether the build is about to write.
    fn has_staged(&self) -> bool {
        let Ok(outputs) = fs::read_dir(self.at(".rivage/output")) else { return false };
        let has_files = |folder: &Path| fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some());
        outputs.filter_map(Result::ok).any(|output| has_files(&output.path().join("staging")))
    }
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    /// Returns a part of a time.
    fn part_of(&mut self, whole: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        whole.mul_f64((self.0 % 10_000) as f64 / 10_000.0)
    }
}

/// What a site of this version is, built where nothing was before.
fn expected(version: u64) -> Tree {
    let project = Project::new();
    project.set_version(version);
    project.build();
    project.public()
}

#[test]
fn a_killed_build_leaves_the_old_or_the_new_site() {
    let expected = [expected(0), expected(1)];
    assert_ne!(expected[0], expected[1]);
    let project = Project::new();
    project.set_version(0);
    project.build();
    project.set_version(1);
    let start = Instant::now();
    project.build();
    let whole = start.elapsed();

    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut kills = 0;
    for round in 0..KILLS {
        let version = round % 2;
        project.set_version(version);
        let mut build = project.start();
        let delay = if round % 4 < 2 {
            random.part_of(whole)
        } else {
            // The last part of a build is short and the one that matters.
            while !project.has_staged() && build.try_wait().unwrap().is_none() {
                thread::yield_now();
            }
            random.part_of(whole / 4)
        };
        thread::sleep(delay);
        build.kill().unwrap();
        kills += u64::from(!build.wait().unwrap().success());

        let found = project.public();
        let is_old_or_new = expected.contains(&found);
        assert!(is_old_or_new, "round {round}: {:?}", difference(&found, &expected));
        // Often enough another build is killed before one is done.
        if round % 5 == 4 {
            project.build();
            let found = project.public();
            let right = &expected[usize::try_from(version).unwrap()];
            assert!(found == *right, "round {round}: {:?}", difference(&found, std::slice::from_ref(right)));
        }
    }
    assert!(kills > 0, "every build was done before it could be killed");
}

/// Tells which files are not as in any of the sites.
fn difference(found: &Tree, sites: &[Tree]) -> Vec<Vec<PathBuf>> {
    let wrong = |site: &Tree| {
        let all = found.keys().chain(site.keys()).filter(|path| found.get(*path) != site.get(*path));
        all.cloned().collect()
    };
    sites.iter().map(wrong).collect()
}
