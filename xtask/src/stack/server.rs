//! setup.sh on a server of its own: once, and again without a change; then what a server is for.
//!
//! In: deploy/postgres. Out: nothing, or what is wrong: a second run that changes something, a way in that should be closed, memory that does not fit, a
//! backup or a restore that fails. Deliberately not here: systemd, which a chroot has not; Debian 12, whose PostgreSQL 17 comes from a repository that
//! tests need not reach.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};

use super::machine::{ADDRESS, Machine, Setting};
use crate::tools::{note, root as repository};

const SETUP: &str = "RIVAGE_APT=debian /root/postgres/setup.sh";
const AS_POSTGRES: &str = "setpriv --reuid=postgres --regid=postgres --init-groups env -C / ";

/// All files that a set-up may write, with owner, mode, time and content; packages; roles, tables, settings and the server's start.
const STATE: &str = r#"
find /etc /usr/local /root /var/backups -printf '%p %y %m %u %g %T@\n' | sort
find /etc /usr/local /root /var/backups -type f -exec sha256sum {} +
dpkg-query -W
as_postgres="setpriv --reuid=postgres --regid=postgres --init-groups env -C / PGHOST=/run/postgresql"
$as_postgres psql -qAtX -c 'select pg_postmaster_start_time()' -c 'select name, setting from pg_settings order by 1' rivage
{ $as_postgres pg_dumpall --globals-only; $as_postgres pg_dump --schema-only rivage; } | grep -v -e '^.restrict ' -e '^.unrestrict '
"#;

pub(super) fn run(under: &Path) -> anyhow::Result<()> {
    let command = ["sleep", "infinity"].map(str::to_owned).into();
    let setting = Setting { under: under.to_owned(), alone: true, command, ..Setting::default() };
    let mut machine = Machine::start(setting, |changes| {
        std::fs::create_dir_all(changes.join("root"))?;
        let from = repository().join("deploy/postgres");
        crate::tools::program("cp", &["-r", &from.to_string_lossy(), &changes.join("root").to_string_lossy()]).run()
    })?;
    machine.wait_until_inside()?;
    let started = Instant::now();
    let told = machine.sh(&format!("{SETUP} --domain db.example.org"))?;
    let first = started.elapsed();
    for expected in ["made the cluster 17/main", "The database runs at db.example.org:5432", "NOTHING IS BACKED UP YET"]
    {
        ensure!(told.contains(expected), "setup.sh does not say `{expected}`:\n{told}");
    }
    changes_nothing(&machine).context("the second run")?;
    ways_in(&machine)?;
    for (memory, buffers) in [("1024", "256MB"), ("2048", "512MB"), ("4096", "1GB")] {
        machine.sh(&format!("sed -i 's/^MEMORY=.*/MEMORY={memory}/' /etc/rivage/database.env && {SETUP}"))?;
        let found = machine.sql("show shared_buffers")?;
        ensure!(found == buffers, "a machine of {memory} MB has buffers of {found}");
    }
    changes_nothing(&machine).context("a run after other settings")?;
    backups(&machine)?;
    note(&format!("server: set up in {:.1} s, and unchanged by a second run", first.as_secs_f64()));
    Ok(())
}

fn changes_nothing(machine: &Machine) -> anyhow::Result<()> {
    let before = machine.sh(STATE)?;
    ensure!(before.lines().count() > 500, "the state is not seen:\n{before}");
    let told = machine.sh(SETUP)?;
    ensure!(told == "setup.sh: nothing to change", "it says:\n{told}");
    let after = machine.sh(STATE)?;
    if before != after {
        let changed: Vec<&str> = after.lines().filter(|line| !before.contains(line)).take(20).collect();
        anyhow::bail!("it changes something:\n{}", changed.join("\n"));
    }
    Ok(())
}

/// Who comes in from where: over the network by TLS and as the two roles of the API alone.
fn ways_in(machine: &Machine) -> anyhow::Result<()> {
    let come_in = |role: &str, way: &str| {
        let line = format!(
            "PGPASSWORD=$(awk '$1 == \"{role}\" {{ print $2 }}' /etc/rivage/passwords) psql -w -qAtX 'user={role} dbname=rivage {way}' -c 'select current_user'"
        );
        machine.sh(&line)
    };
    let checked =
        format!("host=db.example.org hostaddr={ADDRESS} sslmode=verify-full sslrootcert=/etc/rivage/tls/server.crt");
    let encrypted = format!("host={ADDRESS} sslmode=require");
    let open = format!("host={ADDRESS} sslmode=disable");
    for (role, way, may) in [
        ("rivage_ro", checked.as_str(), true),
        ("rivage_rw", &encrypted, true),
        ("rivage_rw", &open, false),
        ("rivage_owner", &encrypted, false),
        ("rivage_owner", "host=127.0.0.1", true),
        ("postgres", "host=127.0.0.1", false),
        ("postgres", &encrypted, false),
    ] {
        let done = come_in(role, way);
        ensure!(done.is_ok() == may, "{role} by `{way}`: {done:?}");
    }
    ensure!(
        machine.sh(&format!("PGPASSWORD=wrong psql -w -c '' 'user=rivage_rw dbname=rivage {encrypted}'")).is_err(),
        "any password will do"
    );
    let modes = machine
        .sh("stat -c '%a %U:%G' /etc/rivage/passwords /etc/rivage/tls/server.key /etc/pgbackrest/conf.d/cipher.conf")?;
    ensure!(modes.lines().all(|mode| mode == "640 root:postgres"), "secrets can be read: {modes}");
    let updates = machine.sh("apt-config dump | grep -c -e 'Unattended-Upgrade \"1\"' -e apt.postgresql.org")?;
    ensure!(updates == "2", "security updates are not installed by themselves");
    Ok(())
}

/// The steps of the documentation, with a repository in a folder.
fn backups(machine: &Machine) -> anyhow::Result<()> {
    let backup = |words: &str| machine.sh(&format!("{AS_POSTGRES} rivage-backup {words}"));
    ensure!(backup("full").is_err(), "a backup without a repository goes well");
    machine.sh(
        "install -m 640 -o root -g postgres /root/postgres/repo-path.conf.example /etc/pgbackrest/conf.d/repo.conf",
    )?;
    for words in ["init", "full", "incr", "verify"] {
        backup(words)?;
    }
    let told = machine.sh(SETUP)?;
    ensure!(told == "setup.sh: nothing to change", "with a repository it says:\n{told}");
    machine.sql("create table kept as select generate_series(1, 1000) as id")?;
    let time = machine.sql("select clock_timestamp()")?;
    machine.sql("select pg_sleep(1)")?;
    machine.sql("drop table kept")?;
    machine.sql("select pg_switch_wal()")?;
    machine.sql("select pg_sleep(1)")?;
    machine.sh("pg_ctlcluster 17 main stop -m immediate && rm -rf /var/lib/postgresql/17/main/*")?;
    let started = Instant::now();
    backup(&format!("restore '{time}'"))?;
    machine.sh("pg_ctlcluster 17 main start")?;
    let count = machine.sql("select count(*) from kept")?;
    ensure!(count == "1000", "{count} rows are back");
    note(&format!("server: restored in {:.1} s", started.elapsed().as_secs_f64()));

    // The second copy, into a database that is made anew.
    let dump = backup("dump")?;
    machine
        .sh(&format!("{AS_POSTGRES} dropdb --force rivage && {AS_POSTGRES} createdb --owner rivage_owner rivage"))?;
    machine.sql("create extension timescaledb")?;
    machine.sql("select timescaledb_pre_restore()")?;
    machine.sh(&format!("{AS_POSTGRES} pg_restore --exit-on-error --dbname rivage '{dump}'"))?;
    machine.sql("select timescaledb_post_restore()")?;
    let count = machine.sql("select count(*) from kept")?;
    ensure!(count == "1000", "{count} rows are back from the dump");
    let told = machine.sh(SETUP)?;
    ensure!(told == "setup.sh: nothing to change", "after a dump it says:\n{told}");
    Ok(())
}
