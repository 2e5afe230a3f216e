//! A cache that is damaged, in the way, shared or out of space makes builds slower, never wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rivage::cache::{Cache, FOLDER, PROGRAM};
use rivage::pipeline::Options;

use super::check;
use super::project::{Cold, Project};
use super::random::Random;
use super::site;

/// How often the files of the cache are damaged.
const PLACES: usize = 1000;

/// How many places are damaged between two builds, at most.
const AT_ONCE: usize = 6;

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// What the cache knows, and what the writer does.
fn kept(project: &Project) -> Vec<PathBuf> {
    let mut files = files_below(&project.at(FOLDER));
    let outputs = files_below(&project.at(".rivage/output"));
    files.extend(outputs.into_iter().filter(|path| path.file_name().is_some_and(|name| name == "manifest")));
    files
}

fn is_right(project: &Project, cold: &Cold, what: &str) {
    let warm = project.build(&Options::default()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let is_same = check::same_diagnostics(&cold.outcome.diagnostics, &warm.diagnostics)
        .and_then(|()| check::same_files(&cold.files, &project.output("public")));
    is_same.unwrap_or_else(|message| panic!("{what}: {message}"));
}

/// Damages one file and says how.
fn damage(project: &Project, random: &mut Random) -> String {
    let files = kept(project);
    if files.is_empty() {
        return "nothing is left".to_owned();
    }
    let path = random.pick(&files);
    let mut bytes = fs::read(path).unwrap();
    let at = random.below(bytes.len());
    let what = match random.below(12) {
        0 => {
            bytes.truncate(at);
            "truncated"
        }
        1 => {
            bytes.clear();
            "emptied"
        }
        2 => {
            let other = random.pick(&files);
            let others = fs::read(other).unwrap();
            fs::write(other, &bytes).unwrap();
            bytes = others;
            "swapped"
        }
        3 if path.starts_with(project.at(FOLDER)) => {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
            return format!("{} is a folder", path.display());
        }
        4 => {
            fs::remove_file(path).unwrap();
            return format!("{} is removed", path.display());
        }
        5 => {
            let end = (at + 1 + random.below(64)).min(bytes.len());
            bytes[at.min(end)..end].fill(0);
            "zeroed"
        }
        6 => {
            bytes.extend_from_slice(b"more than there was");
            "longer"
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
            "flipped"
        }
    };
    fs::write(path, bytes).unwrap();
    format!("{} is {what} at {at}", path.display())
}

#[test]
fn a_damaged_cache_is_never_believed() {
    let mut random = Random::new(7);
    let mut project = Project::new(&site::whole().0);
    let options = Options::default();
    let mut cold = project.cold(&options);
    is_right(&project, &cold, "the first build");
    let mut places = 0;
    while places < PLACES {
        let count = 1 + random.below(AT_ONCE);
        let what: Vec<_> = (0..count).map(|_| damage(&project, &mut random)).collect();
        places += count;
        if random.once_in(4) {
            let edited = format!("---\ntitle: Edit {places}\n---\n\nText {places}.\n");
            project.write("content/about.mdx", &edited);
            cold = project.cold(&options);
        }
        is_right(&project, &cold, &what.join(", "));
    }
}

#[test]
fn a_file_in_the_place_of_the_cache_is_told_and_left_alone() {
    for place in [FOLDER.to_owned(), format!("{FOLDER}/{PROGRAM}"), format!("{FOLDER}/{PROGRAM}/common")] {
        let project = Project::new(&site::whole().0);
        fs::create_dir_all(project.at(&place).parent().unwrap()).unwrap();
        fs::write(project.at(&place), "in the way").unwrap();
        let cold = project.cold(&Options::default());
        is_right(&project, &cold, &place);
        is_right(&project, &cold, &place);
        assert_eq!(fs::read(project.at(&place)).unwrap(), b"in the way");
        let mut command = Command::new(env!("CARGO_BIN_EXE_rivage"));
        let built = command.arg("--root").arg(project.root()).arg("build").output().unwrap();
        let told = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{told}");
        assert!(told.contains("the build cache") && told.contains("the site is complete"), "{told}");
    }
}

#[test]
fn two_builds_at_once_are_both_right() {
    let mut project = Project::new(&site::whole().0);
    for round in 0..8 {
        project.write("content/about.mdx", &format!("---\ntitle: About {round}\n---\n\nRound {round}.\n"));
        let cold = project.cold(&Options::default());
        let builds = ["one", "two"].map(|output| {
            let project = &project;
            move || project.build_into(output, &Options::default()).unwrap()
        });
        let [one, two] = builds;
        let (one, two) = std::thread::scope(|scope| {
            let other = scope.spawn(two);
            (one(), other.join().unwrap())
        });
        for (name, built) in [("one", one), ("two", two)] {
            check::same_diagnostics(&cold.outcome.diagnostics, &built.diagnostics).unwrap();
            check::same_files(&cold.files, &project.output(name))
                .unwrap_or_else(|message| panic!("{round} {name}: {message}"));
        }
    }
}

#[test]
fn two_processes_may_share_a_cache() {
    let mut project = Project::new(&site::whole().0);
    for round in 0..4 {
        project.write("content/about.mdx", &format!("---\ntitle: About {round}\n---\n\nRound {round}.\n"));
        let start = |output: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_rivage"));
            command.arg("--root").arg(project.root()).args(["build", "--out", output]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let running = ["one", "two", "one"].map(start);
        let ends = running.map(|mut child| child.wait().unwrap().code());
        // Two of them want the same folder: the second one may be refused, which is told with 2.
        assert_eq!(ends[1], Some(0), "{ends:?}");
        assert!(ends[0] == Some(0) || ends[2] == Some(0), "{ends:?}");
        let cold = Command::new(env!("CARGO_BIN_EXE_rivage"))
            .arg("--root")
            .arg(project.root())
            .args(["build", "--no-cache", "--out", "cold"])
            .output()
            .unwrap();
        assert!(cold.status.success());
        let expected = project.output("cold");
        assert_eq!(project.output("one"), expected);
        assert_eq!(project.output("two"), expected);
    }
}

#[test]
fn a_full_disk_makes_builds_slower_and_says_so() {
    let mut project = Project::new(&site::whole().0);
    fs::create_dir_all(project.at(FOLDER)).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16k", "tmpfs"])
        .arg(project.at(FOLDER))
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        eprintln!("skipped: no small disk can be mounted here");
        return;
    }
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for round in 0..3 {
            project.write("content/about.mdx", &format!("---\ntitle: About {round}\n---\n\nRound {round}.\n"));
            let cold = project.cold(&Options::default());
            is_right(&project, &cold, "a full disk");
            is_right(&project, &cold, "a full disk, again");
        }
        let cache = Cache::open(project.root(), Options::default().flavour());
        assert!(cache.own.stats().bytes < 16 * 1024);
    }));
    assert!(Command::new("umount").arg(project.at(FOLDER)).status().unwrap().success());
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}
