//! What git and the machine that builds know of the sources: branch, commit, message.
//!
//! In: variables of CI services, and the program `git` where there is one. Out: names and a [`Commit`]. A project without git has none, which is no
//! failure. A detached checkout has no branch: none is guessed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::deploy::Commit;

/// Returns the branch that is built: that of a pull request, else that of the checkout.
pub(super) fn branch(root: &Path, environment: &BTreeMap<String, String>) -> Option<String> {
    let set = |name: &str| environment.get(name).filter(|value| !value.is_empty()).cloned();
    let of_github = || set("GITHUB_REF_NAME").filter(|_| set("GITHUB_REF_TYPE").as_deref() == Some("branch"));
    let of_ci = set("GITHUB_HEAD_REF").or_else(of_github).or_else(|| set("CI_COMMIT_BRANCH"));
    of_ci.or_else(|| git(root, &["symbolic-ref", "--quiet", "--short", "HEAD"])).filter(|name| !name.is_empty())
}

/// Returns the commit that is built.
pub(super) fn commit(root: &Path) -> Commit {
    Commit {
        hash: git(root, &["rev-parse", "HEAD"]),
        message: git(root, &["log", "-1", "--format=%s"]).unwrap_or_default(),
        dirty: git(root, &["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty()),
    }
}

/// Returns the short name of the commit that is checked out.
pub(super) fn revision(root: &Path) -> Option<String> {
    git(root, &["rev-parse", "--short=12", "HEAD"]).filter(|name| !name.is_empty())
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_request_is_the_branch_it_comes_from() {
        let environment = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let folder = tempfile::tempdir().unwrap();
        let check = |pairs: &[(&str, &str)], expect: Option<&str>| {
            assert_eq!(branch(folder.path(), &environment(pairs)).as_deref(), expect, "{pairs:?}");
        };
        check(
            &[("GITHUB_HEAD_REF", "fix"), ("GITHUB_REF_NAME", "7/merge"), ("GITHUB_REF_TYPE", "branch")],
            Some("fix"),
        );
        check(&[("GITHUB_HEAD_REF", ""), ("GITHUB_REF_NAME", "main"), ("GITHUB_REF_TYPE", "branch")], Some("main"));
        // A tag is no branch.
        check(&[("GITHUB_REF_NAME", "v1"), ("GITHUB_REF_TYPE", "tag")], None);
        check(&[], None);
        assert_eq!(commit(folder.path()), Commit::default());
    }
}
