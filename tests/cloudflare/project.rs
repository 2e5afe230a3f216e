//! A project, and the program run in it against the stand-in.

use std::path::Path;
use std::process::{Command, Output};

use fake_cloudflare::{ACCOUNT, Fake, TOKEN};

/// A project in a folder.
pub(crate) struct Project {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) fake: Fake,
}

impl Project {
    pub(crate) fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), fake: Fake::start() };
        project.fake.add_project(super::PROJECT, "main");
        project.write(
            "rivage.toml",
            "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[deploy]\nproject = \"site\"\n",
        );
        project.write("content/_index.md", "---\ntitle: Home\n---\nThe tide is high.\n");
        project.write("content/docs/_index.md", "---\ntitle: Docs\n---\n");
        project.write("content/docs/install.md", "---\ntitle: Install\n---\n## First\n\ntext\n");
        project
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rivage"));
        command
            .args(words)
            .arg("--root")
            .arg(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CLOUDFLARE_API_TOKEN", TOKEN)
            .env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
            .env("CLOUDFLARE_API_BASE_URL", self.fake.base());
        command
    }

    /// Runs it with something on the standard input.
    pub(crate) fn run_with(&self, words: &[&str], input: &str) -> Ran {
        use std::io::Write;
        use std::process::Stdio;
        let mut command = self.command(words);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // What refuses to run does not read.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::of(child.wait_with_output().unwrap())
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words).output().unwrap())
    }
}

/// A run that has ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        let ran = Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!ran.out.contains(TOKEN) && !ran.err.contains(TOKEN), "the token was printed");
        ran
    }

    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }
}
