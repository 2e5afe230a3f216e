//! The image's files and first process, in a machine of its own.
//!
//! In: the Dockerfile, whose `COPY`, `ENV` and `CMD` lines are followed. Out: nothing, or what is wrong: TCP that is open too early, a way in without a
//! password, an extension that is missing, a migration that fails, a row that a kill has lost. Deliberately not here: `RUN`, which made the chroot.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::machine::{Machine, Setting};
use crate::tools::{copy_folder, need, note, program, rivage, root as repository, scratch};

const PASSWORD: &str = "a-password-of-the-tests";
const SECRET: &str = "/etc/rivage-password";
const OPENS: &str = "now TCP opens";
const EXTENSIONS: [&str; 6] = ["pg_cron", "pg_stat_statements", "pg_trgm", "postgis", "timescaledb", "vector"];

pub(super) fn run(under: &Path) -> anyhow::Result<()> {
    let image = Image::read()?;
    image.refuses_without_password(under)?;

    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let started = Instant::now();
    let machine = image.start(under, port, Some(PASSWORD))?;
    let machine = wait_for_tcp(machine, port)?;
    let first = started.elapsed();
    machine.run(&["rivage-db-health"])?;
    has_extensions(&machine)?;
    needs_passwords(&machine)?;
    migrates(&machine, port)?;

    // What was acknowledged is there after everything was killed in the middle of its work.
    machine.sql("create table kept (id int primary key); insert into kept select generate_series(1, 1000)")?;
    let machine = machine.restart()?;
    let started = Instant::now();
    let machine = wait_for_tcp(machine, port)?;
    let again = started.elapsed();
    machine.run(&["rivage-db-health"])?;
    ensure!(machine.sql("select count(*) from kept")? == "1000", "rows were lost");
    has_extensions(&machine)?;
    note(&format!(
        "image: ready after {:.1} s the first time, {:.1} s after a kill",
        first.as_secs_f64(),
        again.as_secs_f64()
    ));
    Ok(())
}

/// What the Dockerfile says besides its `RUN`.
struct Image {
    /// Files of deploy/postgres, and where they go.
    copies: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    command: Vec<String>,
}

impl Image {
    fn read() -> anyhow::Result<Self> {
        let text = fs::read_to_string(repository().join("deploy/postgres/Dockerfile"))?;
        let (mut copies, mut environment, mut command) = (Vec::new(), Vec::new(), Vec::new());
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "COPY" => {
                    let words: Vec<&str> = rest.split_whitespace().collect();
                    let Some((to, files)) = words.split_last() else { bail!("`COPY` without words") };
                    for file in files {
                        let place = if to.ends_with('/') { format!("{to}{file}") } else { (*to).to_owned() };
                        copies.push(((*file).to_owned(), place));
                    }
                }
                "ENV" => {
                    let pairs = rest.split_whitespace().filter_map(|pair| pair.split_once('='));
                    environment.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
                }
                "CMD" => command = serde_json::from_str(rest).context("`CMD` of the Dockerfile")?,
                _ => {}
            }
        }
        ensure!(
            copies.len() > 5 && !environment.is_empty() && !command.is_empty(),
            "the Dockerfile was not understood"
        );
        Ok(Self { copies, environment, command })
    }

    fn start(&self, under: &Path, port: u16, password: Option<&str>) -> anyhow::Result<Machine> {
        let mut setting = Setting { under: under.to_owned(), command: self.command.clone(), ..Setting::default() };
        setting.environment.clone_from(&self.environment);
        setting.environment.push(("PGPORT".to_owned(), port.to_string()));
        setting.environment.push(("POSTGRES_PASSWORD_FILE".to_owned(), SECRET.to_owned()));
        // Only a container may listen to all that reaches it.
        setting.command.extend(["-c", "listen_addresses=127.0.0.1"].map(str::to_owned));
        Machine::start(setting, |changes| {
            for (file, place) in &self.copies {
                let to = changes.join(place.trim_start_matches('/'));
                fs::create_dir_all(to.parent().unwrap_or(changes))?;
                fs::copy(repository().join("deploy/postgres").join(file), &to)
                    .with_context(|| format!("could not copy `{file}`"))?;
            }
            if let Some(password) = password {
                let secret = changes.join(SECRET.trim_start_matches('/'));
                fs::create_dir_all(secret.parent().unwrap_or(changes))?;
                fs::write(&secret, format!("{password}\n"))?;
                fs::set_permissions(&secret, fs::Permissions::from_mode(0o600))?;
            }
            Ok(())
        })
    }

    fn refuses_without_password(&self, under: &Path) -> anyhow::Result<()> {
        let cases = [
            (None, "there is no password"),
            (Some("short"), "fewer than 16"),
            (Some("with spaces in between"), "letters, digits"),
        ];
        for (password, told) in cases {
            let (is_well, log) = self.start(under, 5432, password)?.wait()?;
            ensure!(!is_well && log.contains(told), "with the password {password:?} the image says:\n{log}");
        }
        Ok(())
    }
}

/// Waits until TCP is open. It may be only after everything is set up.
fn wait_for_tcp(mut machine: Machine, port: u16) -> anyhow::Result<Machine> {
    let mut refused = 0;
    machine.wait_for("a server", |machine| {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            refused += 1;
            return Ok(None);
        }
        ensure!(machine.log().contains(OPENS), "TCP is open before set-up is done:\n{}", machine.log());
        Ok(Some(()))
    })?;
    ensure!(refused > 0, "TCP was open from the start");
    Ok(machine)
}

fn has_extensions(machine: &Machine) -> anyhow::Result<()> {
    let found = machine.sql("select string_agg(extname || ' ' || extversion, ', ' order by extname) from pg_extension where extname <> 'plpgsql'")?;
    let names: Vec<&str> = found.split(", ").filter_map(|one| one.split(' ').next()).collect();
    ensure!(names == EXTENSIONS, "the extensions are {found}");
    let is_old = machine.sql(
        "select string_to_array(extversion, '.')::int[] < array[0, 8, 2] from pg_extension where extname = 'vector'",
    )?;
    if is_old == "t" {
        let workers = machine.sql("show max_parallel_maintenance_workers")?;
        ensure!(workers == "0", "this `vector` has a flaw in parallel builds, which {workers} workers could do");
    }
    note(&format!("image: {found}"));
    Ok(())
}

/// Nobody comes in over TCP without the right password; the superuser not at all.
fn needs_passwords(machine: &Machine) -> anyhow::Result<()> {
    let come_in = |user: &str, password: &str| {
        machine.sh(&format!(
            "PGPASSWORD='{password}' psql -w -qAtX -h 127.0.0.1 -U {user} -d rivage -c 'select current_user'"
        ))
    };
    for user in ["rivage_owner", "rivage_rw", "rivage_ro"] {
        ensure!(come_in(user, PASSWORD)? == user, "{user} cannot come in");
        for wrong in ["", "password", "another-password-of-tests"] {
            ensure!(come_in(user, wrong).is_err(), "{user} comes in with {wrong:?}");
        }
    }
    ensure!(come_in("postgres", PASSWORD).is_err(), "the superuser comes in over TCP");
    let kinds =
        machine.sql("select distinct split_part(rolpassword, '$', 1) from pg_authid where rolpassword is not null")?;
    ensure!(kinds == "SCRAM-SHA-256", "passwords are kept as {kinds}");
    let counted = machine.sql("select count(*) from pg_stat_statements where query ilike '%alter role%'")?;
    ensure!(counted == "0", "passwords are kept with the statements");
    Ok(())
}

/// A site's tables and content, by the roles that are meant for them; then a preview that finds the database by docker-compose.yml.
fn migrates(machine: &Machine, port: u16) -> anyhow::Result<()> {
    let rivage = rivage()?;
    let folder = scratch("stack-site")?;
    fs::remove_dir_all(&folder).with_context(|| format!("could not empty `{}`", folder.display()))?;
    copy_folder(&repository().join("tests/api/site"), &folder, &[])?;
    let database = format!("postgres://rivage_owner:{PASSWORD}@127.0.0.1:{port}/rivage");
    for words in [&["db", "migrate"][..], &["db", "migrate"], &["db", "status"], &["publish"]] {
        program(&rivage, words).folder(&folder).env("DATABASE_URL", &database).run()?;
    }
    let as_role = |role: &str, sql: &str| {
        machine.sh(&format!(
            "PGPASSWORD={PASSWORD} psql -w -qAtX -v ON_ERROR_STOP=1 -h 127.0.0.1 -U {role} -d rivage -c \"{sql}\""
        ))
    };
    let pages: u32 = as_role("rivage_ro", "select count(*) from page")?.parse()?;
    ensure!(pages > 0, "nothing was published");
    as_role("rivage_rw", "update page set meta = meta")?;
    for (role, refused) in [
        ("rivage_ro", "update page set meta = meta"),
        ("rivage_ro", "set default_transaction_read_only = off; delete from page"),
        ("rivage_rw", "create table more (id int)"),
        ("rivage_rw", "alter table page add column more int"),
        ("rivage_owner", "create role more"),
    ] {
        ensure!(as_role(role, refused).is_err(), "{role} may do this: {refused}");
    }

    let compose = fs::read_to_string(repository().join("docker-compose.yml"))?;
    let ours = format!("127.0.0.1:{port}:5432");
    ensure!(compose.contains("127.0.0.1:5432:5432"), "docker-compose.yml maps no port");
    fs::write(folder.join("docker-compose.yml"), compose.replace("127.0.0.1:5432:5432", &ours))?;
    fs::create_dir_all(folder.join(".rivage"))?;
    fs::write(folder.join(".rivage/postgres-password"), PASSWORD)?;
    let log = folder.join("preview.log");
    let mut preview = Preview(
        Command::new(&rivage)
            .args(["preview", "--port", "0", "--db", "compose"])
            .current_dir(&folder)
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log)?)
            .spawn()
            .context("could not start `rivage preview`")?,
    );
    let mut line = String::new();
    if let Some(out) = preview.0.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    let url = format!("{}/api/v1/search?q=light", line.trim().trim_end_matches('/'));
    let curl = need(&["curl"], "curl")?;
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let done = Command::new(&curl).args(["-fsS", &url]).output()?;
        let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap_or_default();
        if found["items"].as_array().is_some_and(|list| !list.is_empty()) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!(
                "`rivage preview --db compose` finds nothing: {found}\n{}",
                fs::read_to_string(&log).unwrap_or_default()
            );
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A running preview. Dropped, it ends.
struct Preview(Child);

impl Drop for Preview {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
