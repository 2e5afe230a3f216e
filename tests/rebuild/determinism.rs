//! The same input gives the same bytes: on any day, in any folder, on any number of threads.

use std::process::Command;

use rivage::pipeline::Options;

use super::check;
use super::project::Project;
use super::site;

#[test]
fn the_day_does_not_show_where_nothing_is_scheduled() {
    let (mut files, _) = site::whole();
    for scheduled in ["content/blog/later.md", "content/docs/deep/gamma.md", "content/docs/deep/delta.mdx"] {
        files.remove(scheduled);
    }
    let options = Options::default();
    let one = Project::new(&files);
    let mut other = Project::new(&files);
    assert_ne!(one.root(), other.root());
    other.now = "2051-12-31T23:59:59Z".parse().unwrap();
    let (one, other) = (one.cold(&options), other.cold(&options));
    check::same_files(&one.files, &other.files).unwrap();
    check::same_diagnostics(&one.outcome.diagnostics, &other.outcome.diagnostics).unwrap();
}

#[test]
fn folders_and_threads_do_not_show() {
    let built = ["1", "4", "3"].map(|threads| {
        let project = Project::new(&site::whole().0);
        let output = Command::new(env!("CARGO_BIN_EXE_rivage"))
            .arg("--root")
            .arg(project.root())
            .args(["build", "--future", "--drafts"])
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // What is told of the site, without the line that says how long it took.
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let told: Vec<_> =
            told.lines().filter(|line| !line.contains(" s)") && !line.contains(" s,")).map(str::to_owned).collect();
        (project.output("public"), told)
    });
    assert!(built[0].0.len() > 60);
    check::same_files(&built[0].0, &built[1].0).unwrap();
    check::same_files(&built[0].0, &built[2].0).unwrap();
    assert_eq!(built[0].1, built[1].1);
}
