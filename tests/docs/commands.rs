//! What operators are told to run is run: every block of commands below content/docs/operate.
//!
//! A block whose fence has a title that begins with `not run by the tests: ` is not run, and readers see why. All others are run by `sh -eu`, in the
//! order of the page, with a few harmless programs and in one small world: a project on Pages with a Worker beside it, deployed twice to the stand-in for Cloudflare; a private
//! PostgreSQL; and the site and its API, served. Commands find it by the variables that the pages speak of: SITE, DATABASE_URL,
//! ACCESS_LOG, KEYS.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use fake_cloudflare::{ACCOUNT, TOKEN};
use postgres_fixture::Postgres;

use crate::cloudflare::project::Project;
use crate::place::{KEEPER, query};

/// The languages whose blocks are commands.
const SHELLS: [&str; 5] = ["sh", "bash", "shell", "console", "shellsession"];

/// What the title of a block begins with that is not run.
const MARK: &str = "not run by the tests: ";

/// All that blocks can call. A page for operators is full of commands that stop servers and remove data, and one whose mark was forgotten must not do
/// that to the machine of the tests. `git` is for `rivage` itself.
const PROGRAMS: [&str; 12] =
    ["psql", "pg_dump", "pg_restore", "pg_isready", "curl", "awk", "sed", "sort", "head", "tail", "grep", "git"];

/// Far longer than any command takes: what is still running then never ends.
const PATIENCE: Duration = Duration::from_secs(300);

/// A block of commands.
struct Block {
    /// File and line of its fence.
    place: String,
    commands: String,
    /// Why it is not run, where its title says so.
    mark: Option<String>,
}

/// The blocks of commands of a page.
fn blocks(path: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let indent = line.len() - unlisted(line).len();
        let ticks = line[indent..].bytes().take_while(|byte| *byte == b'`').count();
        if ticks < 3 {
            continue;
        }
        let fence = &line[indent..indent + ticks];
        let info = line[indent + ticks..].trim();
        let body = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != fence);
        let body: Vec<&str> = body.map(|line| line.get(indent..).unwrap_or_default()).collect();
        let (language, meta) = info.split_once(' ').unwrap_or((info, ""));
        if !SHELLS.contains(&language) || is_sent_elsewhere(path, &body) {
            continue;
        }
        let title = meta.split_once("title=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(title, _)| title);
        let is_session = body.iter().any(|line| line.starts_with("$ "));
        let commands: Vec<&str> = match is_session {
            true => body.iter().filter_map(|line| line.strip_prefix("$ ")).collect(),
            false => body,
        };
        blocks.push(Block {
            place: format!("{}:{}", path.file_name().unwrap().to_string_lossy(), index + 1),
            commands: commands.join("\n"),
            mark: title.and_then(|title| title.strip_prefix(MARK)).map(str::to_owned),
        });
    }
    blocks
}

/// Reports whether a block is requests that the tests of the API send: those know the tokens that they need.
fn is_sent_elsewhere(page: &Path, body: &[&str]) -> bool {
    let is_request = |line: &&str| line.starts_with("curl ") || line.starts_with("  -");
    page.ends_with("operate/monitoring.mdx") && body.iter().all(is_request)
}

/// What a line holds behind the markers of lists: a fence may stand right behind one.
fn unlisted(line: &str) -> &str {
    let rest = line.trim_start();
    let numbered = rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).strip_prefix(". ");
    let item = numbered.filter(|_| rest.starts_with(|digit: char| digit.is_ascii_digit()));
    match item.or(rest.strip_prefix("- ")).or(rest.strip_prefix("[ ] ")) {
        Some(rest) => unlisted(rest),
        None => rest,
    }
}

/// The pages for operators, by name.
fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/docs/operate");
    let mut pages: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "mdx" || extension == "md"));
    pages.sort();
    pages
}

#[test]
fn blocks_of_commands_are_found_with_their_marks() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.mdx");
    let text = "a\n```sh\nrivage check\n```\n\n1. b\n\n   ````sh title=\"not run by the tests: it needs a server\" wrap\n   ssh db\n   ```\n   ````\n\n\
                ```text\nno\n```\n```console\n$ ls\na\n$ pwd\n```\n```sh title=\"a.sh\"\nls\n```\n\
                12. ```sh\n    cd a\n    ```\n";
    std::fs::write(&page, text).unwrap();
    let found: Vec<_> = blocks(&page).into_iter().map(|block| (block.place, block.commands, block.mark)).collect();
    let block = |line, commands: &str, mark: Option<&str>| {
        (format!("page.mdx:{line}"), commands.to_owned(), mark.map(str::to_owned))
    };
    assert_eq!(
        found,
        [
            block(2, "rivage check", None),
            block(8, "ssh db\n```", Some("it needs a server")),
            block(16, "ls\npwd", None),
            block(21, "ls", None),
            block(24, "cd a", None),
        ]
    );
}

#[test]
fn no_block_reaches_programs_that_could_harm_the_machine() {
    let folder = programs();
    let can = |name: &str| {
        let mut sh = Command::new("/bin/sh");
        sh.args(["-c", &format!("command -v {name}")]).env_clear().env("PATH", folder.path());
        sh.stdout(Stdio::null()).status().unwrap().success()
    };
    assert!(can("rivage") && can("sed"));
    for name in ["rm", "systemctl", "dropdb", "apt-get", "ssh", "runuser", "cp", "sudo", "bash"] {
        assert!(!can(name), "{name}");
    }
}

#[test]
fn a_mark_says_why() {
    let blocks: Vec<Block> = pages().iter().flat_map(|page| blocks(page)).collect();
    for Block { place, mark, .. } in &blocks {
        // The sentence is for readers: what a block needs that a test does not have.
        assert!(mark.as_deref().is_none_or(|why| why.len() > 10), "{place}: say why it is not run");
    }
    let run = blocks.iter().filter(|block| block.mark.is_none()).count();
    assert!(run * 2 > blocks.len(), "{run} of {} blocks are run", blocks.len());
}

#[test]
fn what_operators_are_told_to_run_is_run() {
    if postgres_fixture::shared().is_none() {
        return;
    }
    let postgres = Postgres::start_with(&["shared_preload_libraries=pg_stat_statements"]).unwrap();
    let world = World::new(&postgres);
    let mut failures = Vec::new();
    for page in pages() {
        let blocks = blocks(&page);
        if blocks.iter().all(|block| block.mark.is_some()) {
            continue;
        }
        world.deploy_twice(&page.to_string_lossy());
        for Block { place, commands, mark } in blocks {
            if commands.contains("rivage rollback") {
                // Blocks before it may have changed what a former version would run with.
                world.deploy_twice(&place);
            }
            if mark.is_none()
                && let Err(told) = world.run(&commands)
            {
                failures.push(format!("{place}\n{commands}\n--- {told}"));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "these blocks fail; one that cannot be run by a test, or calls other programs than rivage and {PROGRAMS:?}, says so: \
         ```sh title=\"{MARK}it needs …\"\n\n{}",
        failures.join("\n\n")
    );
}

/// Makes a folder with [`PROGRAMS`] and `rivage`, and nothing else.
fn programs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let link = |program: &Path, name: &str| std::os::unix::fs::symlink(program, folder.path().join(name)).unwrap();
    link(Path::new(env!("CARGO_BIN_EXE_rivage")), "rivage");
    let path = std::env::var_os("PATH").unwrap_or_default();
    // PostgreSQL's own ones first: what Debian has in /usr/bin looks for them anew, with more programs than these.
    let folders: Vec<PathBuf> = postgres_fixture::programs().into_iter().chain(std::env::split_paths(&path)).collect();
    for name in PROGRAMS {
        let found = folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file());
        if let Some(found) = found {
            link(&found, name);
        }
    }
    folder
}

/// What the commands find.
struct World {
    project: Project,
    programs: tempfile::TempDir,
    database: String,
    site: String,
    keeper: Option<Child>,
    /// The server ends when this pipe does, however this process ends.
    pipe: Option<ChildStdin>,
}

impl World {
    fn new(postgres: &Postgres) -> Self {
        query(&postgres.url("postgres", "postgres"), "create database operate");
        let database = postgres.url("postgres", "operate");
        query(&database, "create extension pg_stat_statements");
        query(&database, "create role rivage_rw login");
        query(&database, "create role rivage_ro login");
        let project = Project::new();
        let settings =
            "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[deploy]\nproject = \"site\"\n[api]\n";
        project.write("rivage.toml", settings);
        project.write(
            "wrangler.toml",
            "name = \"harbour\"\nmain = \"worker/index.js\"\ncompatibility_date = \"2026-07-30\"\n",
        );
        project.write("worker/index.js", "export default {}");
        project.write("worker/manifest.bin", "of another site");
        project.write("migrations/V1__ships.sql", "create table ship (name text primary key);\n");
        let mut world = Self { project, programs: programs(), database, site: String::new(), keeper: None, pipe: None };
        world.run("rivage build && rivage db migrate && rivage publish").unwrap();
        query(&world.database, "insert into account (email, password) values ('me@example.org', '')");
        world.run("rivage deploy --production --create").unwrap();
        world.run("rivage secrets rotate && rivage secrets rotate --file \"$KEYS\"").unwrap();
        world.serve();
        world
    }

    /// Serves the site and its API beside it.
    fn serve(&mut self) {
        let path = self.project.path();
        let mut keeper = Command::new("/bin/sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(path.join("pid"))
            .arg(env!("CARGO_BIN_EXE_rivage"))
            .args(["serve", "--port", "0", "--db", &self.database, "--root"])
            .arg(path)
            .env_remove("DATABASE_READ_URL")
            .env_remove("RIVAGE_API_KEYS")
            .env("RIVAGE_API_KEYS_FILE", self.keys())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(path.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line.trim().trim_end_matches('/').clone_into(&mut self.site);
        let log = || std::fs::read_to_string(path.join("log")).unwrap();
        assert!(self.site.starts_with("http://"), "{}", log());
        self.pipe = keeper.stdin.take();
        self.keeper = Some(keeper);
    }

    fn keys(&self) -> PathBuf {
        self.project.path().join("keys")
    }

    /// Makes a former deployment, which a page may go back to.
    fn deploy_twice(&self, page: &str) {
        for words in ["one", "other"] {
            self.project.write("worker/index.js", &format!("export default {{}} // {words} {page}"));
            self.project.write("content/_index.md", &format!("---\ntitle: Home\n---\n{words} {page}\n"));
            self.run("rivage deploy --production").unwrap();
        }
    }

    /// Runs commands; what they said, if they failed.
    fn run(&self, commands: &str) -> Result<(), String> {
        let told = self.project.path().join("told");
        let output = std::fs::File::create(&told).unwrap();
        let mut child = Command::new("/bin/sh")
            .args(["-eu", "-c", commands])
            .current_dir(self.project.path())
            .env_clear()
            .env("PATH", self.programs.path())
            .env("HOME", self.project.path())
            .env("CLOUDFLARE_API_TOKEN", TOKEN)
            .env("CLOUDFLARE_ACCOUNT_ID", ACCOUNT)
            .env("CLOUDFLARE_API_BASE_URL", self.project.fake.base())
            .env("DATABASE_URL", &self.database)
            .env("SITE", &self.site)
            .env("KEYS", self.keys())
            .env("ACCESS_LOG", self.project.path().join("log"))
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();
        let started = Instant::now();
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status.to_string(),
                None if started.elapsed() > PATIENCE => {
                    child.kill().unwrap();
                    break "it does not end".to_owned();
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        if status == "exit status: 0" {
            Ok(())
        } else {
            Err(format!("{status}\n{}", std::fs::read_to_string(told).unwrap()))
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.pipe = None;
        if let Some(keeper) = &mut self.keeper {
            let _ = keeper.wait();
        }
    }
}
