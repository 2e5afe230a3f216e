//! The writer on a real disk: builds, edits by hand, and a power cut at every single step.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use super::*;

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("content")).unwrap();
        Self(folder)
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    fn open(&self, output: &str) -> Result<Writer, Error> {
        Writer::open(self.root(), output, Options::default())
    }

    fn build(&self, files: &[(&str, &str)]) -> Summary {
        self.try_build("public", files).unwrap()
    }

    fn try_build(&self, output: &str, files: &[(&str, &str)]) -> Result<Summary, Error> {
        let writer = self.open(output)?;
        for (path, text) in files {
            writer.take(Artifact::text(*path, *text))?;
        }
        writer.commit()
    }

    fn tree(&self, folder: &str) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for entry in walkdir::WalkDir::new(self.at(folder)).into_iter().filter_map(Result::ok) {
            let path = entry.path().strip_prefix(self.at(folder)).unwrap().to_string_lossy().into_owned();
            if entry.file_type().is_file() {
                files.insert(path, fs::read_to_string(entry.path()).unwrap());
            } else if entry.depth() > 0 && fs::read_dir(entry.path()).unwrap().next().is_none() {
                files.insert(path, "(empty folder)".to_owned());
            }
        }
        files
    }

    fn check(&self, expected: &[(&str, &str)]) {
        assert_eq!(self.tree("public"), tree(expected));
    }
}

fn tree(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn summary(written: usize, unchanged: usize, removed: usize, bytes: u64) -> Summary {
    Summary { written, unchanged, removed, bytes, in_place: false }
}

const OLD: &[(&str, &str)] = &[("index.html", "home"), ("a/index.html", "a"), ("a/b/c.txt", "c"), ("x", "a file")];
const NEW: &[(&str, &str)] =
    &[("index.html", "home"), ("a/index.html", "A!"), ("x/index.html", "a folder"), ("new.txt", "n")];

#[test]
fn a_build_writes_what_changed_and_removes_what_is_gone() {
    let project = Project::new();
    assert_eq!(project.build(OLD), summary(4, 0, 0, 12));
    project.check(OLD);
    assert_eq!(project.build(NEW), summary(3, 1, 2, 11));
    project.check(NEW);
    // The generations have changed places twice: still right.
    assert_eq!(project.build(OLD), summary(3, 1, 2, 8));
    project.check(OLD);
    assert_eq!(project.build(NEW), summary(3, 1, 2, 11));
    project.check(NEW);
}

#[test]
fn an_unchanged_site_is_not_touched() {
    let project = Project::new();
    project.build(OLD);
    let stamp = |path: &str| Stamp::of(&project.at(path).metadata().unwrap());
    let before = [stamp("public"), stamp("public/a"), stamp("public/a/index.html")];
    assert_eq!(project.build(OLD), summary(0, 4, 0, 0));
    assert_eq!(before, [stamp("public"), stamp("public/a"), stamp("public/a/index.html")]);
}

#[test]
fn an_unchanged_file_keeps_its_time_and_shares_its_space() {
    use std::os::unix::fs::MetadataExt;
    let project = Project::new();
    project.build(OLD);
    let before = project.at("public/index.html").metadata().unwrap();
    project.build(NEW);
    let after = project.at("public/index.html").metadata().unwrap();
    assert_eq!((before.ino(), before.modified().unwrap()), (after.ino(), after.modified().unwrap()));
    assert_eq!(after.nlink(), 2);
}

#[test]
fn a_writer_that_is_dropped_leaves_all_as_it_was() {
    let project = Project::new();
    project.build(OLD);
    let writer = project.open("public").unwrap();
    writer.put(Artifact::text("index.html", "half a site")).unwrap();
    let staging = writer.place.staging.clone();
    assert!(staging.exists());
    drop(writer);
    assert!(!staging.exists());
    project.check(OLD);
}

#[test]
fn a_kill_at_any_step_leaves_the_old_or_the_new_site() {
    let histories: [&[&[(&str, &str)]]; 3] = [&[OLD], &[NEW, OLD], &[&[("a", "1"), ("y/z", "2")], OLD]];
    for (can_exchange, history) in [true, false].into_iter().flat_map(|can| histories.map(|history| (can, history))) {
        let mut outcomes = BTreeMap::new();
        for steps in 0.. {
            let project = Project::new();
            for files in history {
                project.build(files);
            }
            let mut writer = project.open("public").unwrap();
            writer.disk.refusal = (!can_exchange).then_some(ErrorKind::Unsupported);
            writer.disk.fuse = Arc::new(AtomicI64::new(steps));
            let fuse = Arc::clone(&writer.disk.fuse);
            let put = NEW.iter().try_for_each(|(path, text)| writer.put(Artifact::text(*path, *text)).map(drop));
            let killed = put.is_err() | writer.commit().is_err() | (fuse.load(Ordering::SeqCst) < 0);

            let found = project.tree("public");
            // Without an exchange there is one moment without a folder; the next build ends it, even one that fails.
            let found = if found.is_empty() && !can_exchange {
                drop(project.open("public").unwrap());
                project.tree("public")
            } else {
                found
            };
            let outcome = if found == tree(OLD) { "old" } else { "new" };
            assert!(outcome == "old" || found == tree(NEW), "killed after {steps} steps: {found:?}");
            *outcomes.entry(outcome).or_insert(0) += 1;

            for files in [NEW, OLD, NEW] {
                project.build(files);
                project.check(files);
            }
            if !killed {
                break;
            }
        }
        assert!(outcomes["old"] > 5 && outcomes["new"] >= 1, "{outcomes:?}");
    }
}

/// Something is mounted at `public/`.
#[test]
fn an_output_that_cannot_be_moved_is_changed_in_place() {
    use std::os::unix::fs::MetadataExt;
    let project = Project::new();
    fs::create_dir(project.at("public")).unwrap();
    let inode = project.at("public").metadata().unwrap().ino();
    let build = |files: &[(&str, &str)]| {
        let mut writer = project.open("public").unwrap();
        writer.disk.refusal = Some(ErrorKind::ResourceBusy);
        for (path, text) in files {
            writer.put(Artifact::text(*path, *text)).unwrap();
        }
        let summary = writer.commit().unwrap();
        project.check(files);
        summary
    };
    let in_place = |summary| Summary { in_place: true, ..summary };
    assert_eq!(build(OLD), in_place(summary(4, 0, 0, 12)));
    let time = |path: &str| project.at(path).metadata().unwrap().modified().unwrap();
    let home = time("public/index.html");
    for _ in 0..2 {
        assert_eq!(build(NEW), in_place(summary(3, 1, 2, 11)));
        assert_eq!(build(NEW), summary(0, 4, 0, 0), "nothing to do");
        assert_eq!(build(OLD), in_place(summary(3, 1, 2, 8)));
    }
    assert_eq!((time("public/index.html"), project.at("public").metadata().unwrap().ino()), (home, inode));
    std::os::unix::fs::symlink(project.root(), project.at("public/a/link")).unwrap();
    build(NEW);
    // Once nothing is mounted any more.
    assert_eq!(project.build(OLD), summary(3, 1, 2, 8));
    project.check(OLD);
}

#[test]
fn a_kill_during_a_change_in_place_leaves_whole_files_and_is_mended() {
    let texts = |files: &[(&str, &str)], path: &str| tree(files).get(path).cloned();
    let (mut mixed, mut steps) = (0, 0);
    loop {
        let project = Project::new();
        project.build(NEW);
        project.build(OLD);
        let mut writer = project.open("public").unwrap();
        writer.disk.refusal = Some(ErrorKind::CrossesDevices);
        writer.disk.fuse = Arc::new(AtomicI64::new(steps));
        let fuse = Arc::clone(&writer.disk.fuse);
        let put = NEW.iter().try_for_each(|(path, text)| writer.put(Artifact::text(*path, *text)).map(drop));
        let killed = put.is_err() | writer.commit().is_err() | (fuse.load(Ordering::SeqCst) < 0);
        // A folder that has become empty is of no site, but in nobody's way.
        let files = || {
            let mut found = project.tree("public");
            found.retain(|_, text| text != "(empty folder)");
            found
        };
        let found = files();
        for (path, text) in found.iter().filter(|(path, _)| *path != ".rivage-incoming") {
            let text = Some(text.clone());
            assert!(text == texts(OLD, path) || text == texts(NEW, path), "killed after {steps} steps: {found:?}");
        }
        mixed += usize::from(found != tree(OLD) && found != tree(NEW));
        project.build(NEW);
        assert_eq!(files(), tree(NEW), "killed after {steps} steps");
        for files in [OLD, NEW] {
            project.build(files);
            project.check(files);
        }
        if !killed {
            break;
        }
        steps += 1;
    }
    assert!(mixed > 5, "{mixed} of {steps}");
}

/// Nothing may be changed around `site`, only in it. Not so for root, who may change everything.
#[test]
fn an_output_in_a_folder_of_others_is_changed_in_place() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new();
    fs::create_dir_all(project.at("others/site")).unwrap();
    let allow = |mode| fs::set_permissions(project.at("others"), fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    if fs::create_dir(project.at("others/probe")).is_err() {
        for files in [OLD, NEW, OLD] {
            assert!(project.try_build("others/site", files).unwrap().in_place);
            assert_eq!(project.tree("others/site"), tree(files));
        }
    }
    allow(0o755);
}

#[test]
fn a_kill_of_the_first_build_leaves_nothing_or_the_site() {
    for steps in 0.. {
        let project = Project::new();
        let mut writer = project.open("public").unwrap();
        writer.disk.fuse = Arc::new(AtomicI64::new(steps));
        let fuse = Arc::clone(&writer.disk.fuse);
        let put = NEW.iter().try_for_each(|(path, text)| writer.put(Artifact::text(*path, *text)).map(drop));
        let killed = put.is_err() | writer.commit().is_err() | (fuse.load(Ordering::SeqCst) < 0);
        let found = project.tree("public");
        assert!(found.is_empty() || found == tree(NEW), "killed after {steps} steps: {found:?}");
        project.build(OLD);
        project.check(OLD);
        if !killed {
            break;
        }
    }
}

#[test]
fn a_full_disk_is_reported_with_path_and_operation() {
    let project = Project::new();
    project.build(OLD);
    let mut writer = project.open("public").unwrap();
    writer.disk.fuse = Arc::new(AtomicI64::new(0));
    let error = writer.put(Artifact::text("index.html", "new")).unwrap_err();
    assert!(error.to_string().starts_with("could not write `.rivage/output/public-"), "{error}");
    assert_eq!(error.source.kind(), std::io::ErrorKind::StorageFull);
    drop(writer);
    project.check(OLD);
}

#[test]
fn edits_by_hand_are_mended() {
    let project = Project::new();
    project.build(NEW);
    project.build(OLD);
    project.write("public/index.html", "HOME");
    project.write("public/strange/file.txt", "not ours");
    fs::remove_file(project.at("public/a/b/c.txt")).unwrap();
    assert_eq!(project.build(OLD), summary(2, 2, 1, 5));
    project.check(OLD);
    assert_eq!(project.build(OLD), summary(0, 4, 0, 0));
    project.build(NEW);
    project.check(NEW);
}

#[test]
fn an_edit_that_keeps_length_and_time_is_mended() {
    let project = Project::new();
    project.build(OLD);
    let path = project.at("public/index.html");
    let time = path.metadata().unwrap().modified().unwrap();
    fs::write(&path, "HOME").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    assert_eq!(project.build(OLD), summary(1, 3, 0, 4));
    project.check(OLD);
}

#[test]
fn a_restored_older_file_is_mended() {
    let project = Project::new();
    project.build(OLD);
    let path = project.at("public/index.html");
    fs::write(&path, "older text").unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    project.build(OLD);
    project.check(OLD);
}

#[test]
fn a_touched_file_is_not_rewritten() {
    let project = Project::new();
    project.build(OLD);
    let path = project.at("public/index.html");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    assert_eq!(project.build(OLD), summary(0, 4, 0, 0));
    assert_eq!(path.metadata().unwrap().modified().unwrap(), time);
}

#[test]
fn a_deleted_output_or_state_is_made_again() {
    let project = Project::new();
    project.build(OLD);
    fs::remove_dir_all(project.at("public")).unwrap();
    assert_eq!(project.build(OLD), summary(4, 0, 0, 12));
    project.check(OLD);

    let marked = &[("_headers", "# Written by rivage.\n"), ("index.html", "home")];
    project.build(marked);
    fs::remove_dir_all(project.at(".rivage")).unwrap();
    assert_eq!(project.build(marked), summary(0, 2, 0, 0));
}

#[test]
fn links_in_the_output_are_replaced_not_followed() {
    let project = Project::new();
    project.build(OLD);
    project.write("content/secret.txt", "home");
    fs::remove_file(project.at("public/index.html")).unwrap();
    std::os::unix::fs::symlink(project.at("content/secret.txt"), project.at("public/index.html")).unwrap();
    project.build(OLD);
    project.check(OLD);
    assert!(project.at("public/index.html").symlink_metadata().unwrap().is_file());
    project.build(NEW);
    project.build(OLD);
    assert_eq!(project.tree("content"), tree(&[("secret.txt", "home")]));
}

#[test]
fn a_linked_output_folder_is_written_where_it_leads() {
    let project = Project::new();
    fs::create_dir(project.at("elsewhere")).unwrap();
    std::os::unix::fs::symlink(project.at("elsewhere"), project.at("public")).unwrap();
    project.build(OLD);
    project.build(NEW);
    assert!(project.at("public").symlink_metadata().unwrap().is_symlink());
    assert_eq!(project.tree("elsewhere"), tree(NEW));
}

#[test]
fn a_link_that_leads_nowhere_is_an_error() {
    let project = Project::new();
    std::os::unix::fs::symlink(project.at("nowhere"), project.at("public")).unwrap();
    let error = project.try_build("public", OLD).unwrap_err();
    assert!(error.to_string().starts_with("could not open `"), "{error}");
}

#[test]
fn an_output_on_another_disk_keeps_its_state_beside_it() {
    use std::os::unix::fs::MetadataExt;
    let project = Project::new();
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
    if other.path().metadata().unwrap().dev() == project.root().metadata().unwrap().dev() {
        return;
    }
    let output = other.path().join("site");
    for files in [OLD, NEW, OLD] {
        project.try_build(output.to_str().unwrap(), files).unwrap();
        assert_eq!(project.tree(output.to_str().unwrap()), tree(files));
    }
    assert!(other.path().join(".site.rivage/previous").exists());
}

#[test]
fn two_outputs_of_a_project_do_not_mix() {
    let project = Project::new();
    project.build(OLD);
    project.try_build("build/public", NEW).unwrap();
    project.build(OLD);
    project.check(OLD);
    assert_eq!(project.tree("build/public"), tree(NEW));
}

fn refused(project: &Project, output: &str) -> String {
    let error = project.try_build(output, OLD).unwrap_err();
    format!("{error}\n{}", error.hint().unwrap_or_default())
}

#[test]
fn a_folder_that_rivage_did_not_write_is_left_alone() {
    let project = Project::new();
    project.write("public/thesis.txt", "ten years of work");
    insta::assert_snapshot!(refused(&project, "public"), @r"
    the output folder `public` holds files that rivage did not write
    choose another folder, delete this one, or replace what is in it with `--force`
    ");
    project.check(&[("thesis.txt", "ten years of work")]);

    let options = Options { force: true, ..Options::default() };
    let writer = Writer::open(project.root(), "public", options).unwrap();
    writer.put(Artifact::text("index.html", "home")).unwrap();
    assert_eq!(writer.commit().unwrap(), summary(1, 0, 1, 4));
    project.check(&[("index.html", "home")]);
}

#[test]
fn an_empty_folder_is_taken() {
    let project = Project::new();
    fs::create_dir(project.at("public")).unwrap();
    project.build(OLD);
    project.check(OLD);
}

#[test]
fn the_output_cannot_be_the_project_or_its_sources() {
    let project = Project::new();
    insta::assert_snapshot!(refused(&project, "."), @r"
    the output folder `.` holds the project itself
    choose a folder of its own, such as `public`, with `--out` or `[build] output`
    ");
    insta::assert_snapshot!(refused(&project, ".."), @r"
    the output folder `..` holds the project itself
    choose a folder of its own, such as `public`, with `--out` or `[build] output`
    ");
    insta::assert_snapshot!(refused(&project, "content/public"), @r"
    the output folder `content/public` overlaps with `content`, which the site is made of
    choose a folder of its own, such as `public`, with `--out` or `[build] output`
    ");
    std::os::unix::fs::symlink(project.at("content"), project.at("out")).unwrap();
    insta::assert_snapshot!(refused(&project, "out"), @r"
    the output folder `out` overlaps with `content`, which the site is made of
    choose a folder of its own, such as `public`, with `--out` or `[build] output`
    ");
    insta::assert_snapshot!(refused(&project, "themes/shore/static"), @r"
    the output folder `themes/shore/static` overlaps with `themes`, which the site is made of
    choose a folder of its own, such as `public`, with `--out` or `[build] output`
    ");
    // A folder that is not there yet, too.
    insta::assert_snapshot!(refused(&project, "api/public"), @r"
    the output folder `api/public` overlaps with `api`, which the site is made of
    choose a folder of its own, such as `public`, with `--out` or `[build] output`
    ");
    project.write("file", "x");
    insta::assert_snapshot!(refused(&project, "file"), @r"
    the output folder `file` is a file
    choose another folder with `--out`, or delete the file
    ");
}

#[test]
fn a_place_that_cannot_be_written_is_reported() {
    let project = Project::new();
    project.write("file", "x");
    let error = project.try_build("file/public", OLD).unwrap_err();
    assert_eq!(error.to_string(), "could not create `file`");
}

#[test]
fn a_second_build_is_told_or_waits() {
    let project = Project::new();
    let first = project.open("public").unwrap();
    insta::assert_snapshot!(refused(&project, "public"), @r"
    another build is writing to `public`
    wait until it is done, or choose another folder with `--out`
    ");
    let root = project.root().to_owned();
    let second = std::thread::spawn(move || {
        let writer = Writer::open(&root, "public", Options { wait: true, ..Options::default() }).unwrap();
        // Sees what the first one has written.
        writer.put(Artifact::text("index.html", "home")).unwrap();
        writer.commit().unwrap()
    });
    first.put(Artifact::text("index.html", "home")).unwrap();
    assert_eq!(first.commit().unwrap(), summary(1, 0, 0, 4));
    assert_eq!(second.join().unwrap(), summary(0, 1, 0, 0));
}

#[test]
fn artifacts_come_from_many_threads() {
    use rayon::prelude::*;
    let project = Project::new();
    let text = |n: usize, round: usize| if n.is_multiple_of(7) { format!("{n} {round}") } else { n.to_string() };
    for round in 0..3 {
        let writer = project.open("public").unwrap();
        (0..500).into_par_iter().for_each(|n| {
            writer.put(Artifact::text(format!("{}/{n}.html", n % 13), text(n, round))).unwrap();
        });
        let done = writer.commit().unwrap();
        assert_eq!(done.written, if round == 0 { 500 } else { 72 });
        let found = project.tree("public");
        assert!((0..500).all(|n| found[&format!("{}/{n}.html", n % 13)] == text(n, round)));
    }
}

#[test]
fn copies_follow_their_source() {
    fn built_in(path: &str) -> Option<&'static [u8]> {
        (path == "themes/shore/static/mark.svg").then_some(b"<svg/>")
    }
    let project = Project::new();
    let build = || {
        let options = Options { built_in: Some(built_in), ..Options::default() };
        let writer = Writer::open(project.root(), "public", options).unwrap();
        let copy =
            |path: &str, from: &str| Artifact { path: path.to_owned(), content: Content::CopyOf(from.to_owned()) };
        writer.put(copy("photo.jpg", "content/photo.jpg")).unwrap();
        writer.put(copy("mark.svg", "themes/shore/static/mark.svg")).unwrap();
        writer.commit().unwrap()
    };
    project.write("content/photo.jpg", "sea");
    assert_eq!(build(), summary(2, 0, 0, 9));
    assert_eq!(build(), summary(0, 2, 0, 0));
    project.write("content/photo.jpg", "bay");
    assert_eq!(build(), summary(1, 1, 0, 3));
    project.check(&[("photo.jpg", "bay"), ("mark.svg", "<svg/>")]);
    // An edit of the source must not reach the output before a build.
    project.write("content/photo.jpg", "fog");
    project.check(&[("photo.jpg", "bay"), ("mark.svg", "<svg/>")]);
}

#[test]
fn a_missing_source_is_reported() {
    let project = Project::new();
    let writer = project.open("public").unwrap();
    let copy = Artifact { path: "a.jpg".to_owned(), content: Content::CopyOf("content/a.jpg".to_owned()) };
    assert_eq!(writer.put(copy).unwrap_err().to_string(), "could not read `content/a.jpg`");
}

#[test]
fn paths_stay_inside() {
    let project = Project::new();
    for path in ["", "/a", "../a", "a/../../b", "a//b", "a/", "./a", "a\0b", "a\nb", "a\\b", &"x".repeat(256)] {
        let writer = project.open("public").unwrap();
        let error = writer.take(Artifact::text(path, "x")).unwrap_err();
        assert!(matches!(error, Error::BadPath { .. }), "{path:?}: {error}");
    }
    assert_eq!(project.tree("public"), tree(&[]));
}

#[test]
fn paths_that_exclude_each_other_are_reported() {
    let project = Project::new();
    project.build(OLD);
    insta::assert_snapshot!(project.try_build("public", &[("a", "1"), ("a", "2")]).unwrap_err(), @"two files of the output have the path `a`");
    insta::assert_snapshot!(project.try_build("public", &[("a", "1"), ("a-b", "2"), ("a/b/c", "3")]).unwrap_err(), @"`a` is a file of the output and the folder of `a/b/c`");
    project.check(OLD);
}

fn put_of(text: &str) -> Put {
    Put { digest: Fingerprint::of(text.as_bytes()), length: text.len() as u64 }
}

impl Project {
    /// Lets the clock of the disk pass by what was written last, so that the manifest is believed.
    fn settle(&self) {
        let tick = Duration::from_millis(12);
        std::thread::sleep(tick);
        self.write("probe", "");
        let now = self.at("probe").metadata().unwrap().modified().unwrap();
        for state in fs::read_dir(self.at(".rivage/output")).unwrap() {
            let manifest = state.unwrap().path().join("manifest");
            fs::File::options().write(true).open(manifest).unwrap().set_modified(now).unwrap();
        }
        fs::remove_file(self.at("probe")).unwrap();
        std::thread::sleep(tick);
    }

    /// Builds with what the output has already wherever it has it.
    fn rebuild(&self, files: &[(&str, &str)]) -> Summary {
        let writer = self.open("public").unwrap();
        reuse(&writer, files).unwrap();
        writer.commit().unwrap()
    }

    fn previous(&self) -> PathBuf {
        fs::read_dir(self.at(".rivage/output")).unwrap().next().unwrap().unwrap().path().join("previous")
    }
}

fn reuse(writer: &Writer, files: &[(&str, &str)]) -> Result<(), crate::fs::Error> {
    files.iter().try_for_each(|(path, text)| {
        let Put { digest, length } = put_of(text);
        if !writer.keep(path, digest, length)? {
            writer.put(Artifact::text(*path, *text))?;
        }
        Ok(())
    })
}

#[test]
fn what_was_put_is_told() {
    let project = Project::new();
    for files in [OLD, OLD, NEW] {
        let writer = project.open("public").unwrap();
        for (path, text) in files {
            assert_eq!(writer.put(Artifact::text(*path, *text)).unwrap(), Some(put_of(text)));
        }
        writer.commit().unwrap();
    }
    project.write("content/photo.jpg", "sea");
    let writer = project.open("public").unwrap();
    let copy = Artifact { path: "photo.jpg".to_owned(), content: Content::CopyOf("content/photo.jpg".to_owned()) };
    assert_eq!(writer.put(copy).unwrap(), Some(put_of("sea")));
}

#[test]
fn a_file_that_is_as_it_was_is_kept() {
    let project = Project::new();
    project.build(OLD);
    project.settle();
    let writer = project.open("public").unwrap();
    let keep = |path, text| {
        let Put { digest, length } = put_of(text);
        writer.keep(path, digest, length).unwrap()
    };
    assert!(keep("index.html", "home"));
    assert!(!keep("a/index.html", "b"), "other bytes");
    assert!(!keep("a/index.html", "longer"), "another length");
    assert!(!keep("new.txt", "n"), "no file");
    assert!(!keep("a", ""), "a folder");
    assert!(writer.keep("../index.html", put_of("home").digest, 4).is_err());
    drop(writer);
    project.check(OLD);
    assert_eq!(project.rebuild(OLD), summary(0, 4, 0, 0));
    project.check(OLD);
}

#[test]
fn a_file_that_was_edited_or_deleted_is_not_kept() {
    let project = Project::new();
    project.build(OLD);
    project.settle();
    let path = project.at("public/index.html");
    let time = path.metadata().unwrap().modified().unwrap();
    fs::write(&path, "HOME").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    fs::remove_file(project.at("public/a/b/c.txt")).unwrap();
    assert_eq!(project.rebuild(OLD), summary(2, 2, 0, 5));
    project.check(OLD);
    assert_eq!(project.rebuild(OLD), summary(0, 4, 0, 0));
}

#[test]
fn kept_files_survive_the_swap() {
    let project = Project::new();
    project.build(OLD);
    for (round, wait) in [true, true, true, true, false, false, false, false].into_iter().enumerate() {
        if wait {
            project.settle();
        }
        let files = [NEW, OLD][round % 2];
        let written = project.rebuild(files);
        assert_eq!((written.written, written.unchanged, written.removed), (3, 1, 2), "{round}");
        project.check(files);
    }
}

#[test]
fn what_is_as_noted_is_not_noted_again() {
    let project = Project::new();
    for files in [OLD, NEW, OLD] {
        project.rebuild(files);
        project.settle();
        let writer = project.open("public").unwrap();
        let current = writer.current().unwrap();
        assert!(!current.is_worth_noting());
        assert!(current.walk.as_ref().unwrap().files.iter().all(|path| !path.contains('/')), "only the top is listed");
        drop(writer);
        let manifest = Stamp::of(&writer_manifest(&project).metadata().unwrap());
        project.rebuild(files);
        assert_eq!(Stamp::of(&writer_manifest(&project).metadata().unwrap()), manifest);
    }
}

fn writer_manifest(project: &Project) -> PathBuf {
    project.previous().with_file_name("manifest")
}

#[test]
fn a_kept_file_may_be_put_but_nothing_comes_twice() {
    let project = Project::new();
    project.build(OLD);
    let writer = project.open("public").unwrap();
    let keep = |path: &str, text| {
        let Put { digest, length } = put_of(text);
        writer.keep_file(path, Put { digest, length })
    };
    assert!(keep("index.html", "home").unwrap() && keep("a/index.html", "a").unwrap());
    writer.take(Artifact::text("index.html", "home")).unwrap();
    writer.take(Artifact::text("a/index.html", "other")).unwrap();
    for path in ["index.html", "a/index.html"] {
        assert!(matches!(writer.take(Artifact::text(path, "x")), Err(Error::Duplicate { .. })), "{path}");
    }
    assert!(keep("x", "a file").unwrap());
    assert!(matches!(keep("x", "a file"), Err(Error::Duplicate { .. })));
    assert!(matches!(keep("index.html", "home"), Err(Error::Duplicate { .. })));
    drop(writer);

    let writer = project.open("public").unwrap();
    reuse(&writer, &[OLD[0], OLD[1], OLD[3]]).unwrap();
    writer.put(Artifact::text("a/index.html", "other")).unwrap();
    assert_eq!(writer.commit().unwrap(), summary(1, 2, 1, 5));
    project.check(&[("index.html", "home"), ("a/index.html", "other"), ("x", "a file")]);
}

#[test]
fn a_kept_file_and_a_new_one_below_it_are_reported() {
    let project = Project::new();
    project.build(OLD);
    for (path, expected) in [
        ("x/index.html", "`x` is a file of the output and the folder of `x/index.html`"),
        ("a/b", "`a/b` is a file of the output and the folder of `a/b/c.txt`"),
    ] {
        let writer = project.open("public").unwrap();
        reuse(&writer, OLD).unwrap();
        writer.put(Artifact::text(path, "?")).unwrap();
        assert_eq!(writer.commit().unwrap_err().to_string(), expected);
        project.check(OLD);
    }
}

#[test]
fn a_kill_at_any_step_of_a_rebuild_leaves_the_old_or_the_new_site() {
    for (can_exchange, wait) in [(true, true), (true, false), (false, true)] {
        for steps in 0.. {
            let project = Project::new();
            project.build(NEW);
            project.rebuild(OLD);
            if wait {
                project.settle();
            }
            let mut writer = project.open("public").unwrap();
            writer.disk.refusal = (!can_exchange).then_some(ErrorKind::Unsupported);
            writer.disk.fuse = Arc::new(AtomicI64::new(steps));
            let fuse = Arc::clone(&writer.disk.fuse);
            let killed = reuse(&writer, NEW).is_err() | writer.commit().is_err() | (fuse.load(Ordering::SeqCst) < 0);
            if !can_exchange && !project.at("public").exists() {
                drop(project.open("public").unwrap());
            }
            let found = project.tree("public");
            assert!(found == tree(OLD) || found == tree(NEW), "killed after {steps} steps: {found:?}");
            for (files, wait) in [(NEW, wait), (OLD, false), (NEW, false)] {
                if wait {
                    project.settle();
                }
                project.rebuild(files);
                project.check(files);
            }
            if !killed {
                break;
            }
        }
    }
}

#[test]
fn what_strangers_did_to_either_generation_is_mended() {
    let stray = |project: &Project, folder: &Path| {
        fs::create_dir_all(folder.join("a/b/deep")).unwrap();
        fs::write(folder.join("a/b/deep/stray.txt"), "stray").unwrap();
        fs::write(folder.join("a/stray.txt"), "stray").unwrap();
        let _ = fs::remove_file(folder.join("a/index.html"));
        fs::write(folder.join("a/index.html"), "?").unwrap();
        std::os::unix::fs::symlink(project.root(), folder.join("a/link")).unwrap();
    };
    for wait in [true, false] {
        for who in ["public", "previous"] {
            let project = Project::new();
            for files in [NEW, OLD] {
                project.build(files);
            }
            if wait {
                project.settle();
            }
            let folder = if who == "public" { project.at("public") } else { project.previous() };
            stray(&project, &folder);
            for (round, files) in [OLD, NEW, OLD, OLD, NEW].into_iter().enumerate() {
                if wait && round > 0 {
                    project.settle();
                }
                project.rebuild(files);
                project.check(files);
            }
        }
    }
}

#[test]
fn a_file_that_was_deleted_and_is_not_wanted_does_not_come_back() {
    let project = Project::new();
    let with = &[("index.html", "home"), ("a/keep", "1"), ("a/gone", "2")];
    let without = &with[..2];
    project.build(with);
    project.build(&[("index.html", "other"), with[1], with[2]]);
    project.settle();
    fs::remove_file(project.at("public/a/gone")).unwrap();
    project.rebuild(&[("index.html", "other"), with[1]]);
    project.settle();
    project.rebuild(without);
    project.check(without);
}

#[test]
fn a_folder_that_is_a_link_to_where_it_was_moved_is_made_again() {
    let project = Project::new();
    for files in [NEW, OLD] {
        project.build(files);
    }
    project.settle();
    fs::rename(project.at("public/a"), project.at("moved")).unwrap();
    std::os::unix::fs::symlink(project.at("moved"), project.at("public/a")).unwrap();
    assert_eq!(project.rebuild(OLD), summary(2, 2, 1, 2));
    assert!(!project.at("public/a").is_symlink());
    project.check(OLD);
    project.rebuild(NEW);
    project.check(NEW);
}

#[test]
fn a_copied_project_is_looked_at_anew() {
    let project = Project::new();
    project.build(OLD);
    project.settle();
    let copy = Project::new();
    for (path, text) in project.tree("public") {
        copy.write(&format!("public/{path}"), &text);
    }
    copy.write("public/index.html", "HOME");
    let state = project.previous().with_file_name("");
    let there = copy.at(state.strip_prefix(project.root()).unwrap().to_str().unwrap());
    fs::create_dir_all(&there).unwrap();
    fs::copy(state.join("manifest"), there.join("manifest")).unwrap();
    assert_eq!(copy.rebuild(OLD), summary(1, 3, 0, 4));
    copy.check(OLD);
}

/// `OLD` with another file.
const EDITED: &[(&str, &str)] =
    &[("index.html", "home"), ("a/index.html", "edited"), ("a/b/c.txt", "c"), ("x", "a file")];

#[test]
fn a_single_changed_file_is_moved_to_its_place() {
    use std::os::unix::fs::MetadataExt;
    for history in [&[OLD][..], &[NEW, OLD]] {
        let project = Project::new();
        for files in history {
            project.build(files);
        }
        project.settle();
        let inode = || project.at("public").metadata().unwrap().ino();
        let (before, previous) = (inode(), project.previous().exists().then(|| project.previous()));
        let former = previous.map(|path| path.metadata().unwrap().modified().unwrap());
        for (files, length) in [(EDITED, 6), (OLD, 1), (EDITED, 6)] {
            assert_eq!(project.rebuild(files), summary(1, 3, 0, length));
            project.check(files);
            project.settle();
            let writer = project.open("public").unwrap();
            assert!(!writer.current().unwrap().is_worth_noting(), "all of it is noted");
            drop(writer);
            assert_eq!(project.rebuild(files), summary(0, 4, 0, 0));
        }
        assert_eq!(inode(), before, "the generations have not changed places");
        let there = project.previous().exists().then(|| project.previous().metadata().unwrap().modified().unwrap());
        assert_eq!(there, former);
        for files in [NEW, OLD, EDITED, NEW, EDITED] {
            project.rebuild(files);
            project.check(files);
            project.settle();
        }
    }
}

#[test]
fn a_file_whose_place_is_empty_or_that_comes_instead_of_another_changes_the_generation() {
    use std::os::unix::fs::MetadataExt;
    let project = Project::new();
    project.build(OLD);
    let inode = || project.at("public").metadata().unwrap().ino();
    for files in [&[OLD, &[("a/new.txt", "n")]].concat(), &[&OLD[..3], &[("y", "y")]].concat(), &OLD[..3].to_vec()] {
        let before = inode();
        project.build(files);
        project.check(files);
        assert_ne!(inode(), before);
    }
}

#[test]
fn a_kill_while_a_single_file_is_replaced_leaves_the_old_or_the_new_site() {
    let mut outcomes = BTreeMap::new();
    for (history, wait) in [(&[OLD][..], true), (&[OLD], false), (&[NEW, OLD], true), (&[NEW, OLD], false)] {
        for steps in 0.. {
            let project = Project::new();
            for files in history {
                project.build(files);
            }
            if wait {
                project.settle();
            }
            let mut writer = project.open("public").unwrap();
            writer.disk.fuse = Arc::new(AtomicI64::new(steps));
            let fuse = Arc::clone(&writer.disk.fuse);
            let killed = reuse(&writer, EDITED).is_err() | writer.commit().is_err() | (fuse.load(Ordering::SeqCst) < 0);
            let found = project.tree("public");
            let outcome = if found == tree(OLD) { "old" } else { "new" };
            assert!(outcome == "old" || found == tree(EDITED), "killed after {steps} steps: {found:?}");
            *outcomes.entry(outcome).or_insert(0) += 1;
            for files in [EDITED, OLD, NEW, EDITED] {
                project.rebuild(files);
                project.check(files);
            }
            if !killed {
                break;
            }
        }
    }
    assert!(outcomes["old"] > 5 && outcomes["new"] > 5, "{outcomes:?}");
}

/// Another disk is mounted at `public/`.
#[test]
fn a_single_file_of_an_output_that_is_a_disk_is_replaced() {
    let project = Project::new();
    project.build(OLD);
    for files in [EDITED, OLD, EDITED] {
        let mut writer = project.open("public").unwrap();
        writer.disk.island = Some(writer.place.output.clone());
        reuse(&writer, files).unwrap();
        assert!(writer.commit().unwrap().in_place);
        project.check(files);
    }
}
