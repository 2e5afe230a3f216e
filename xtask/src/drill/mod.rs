//! A disaster and the way back from it: backups, kill -9, deleted data, a restore to a chosen second.
//!
//! In: the scripts and settings of deploy/postgres, pgBackRest, PostgreSQL. Out: how long each step took, or the first thing that was not as it has to
//! be. Twice: with a repository in a folder and with one on an S3 server that speaks TLS. Deliberately not here: R2 itself, which no test can reach.

mod cluster;
mod repository;

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use cluster::Cluster;
use repository::Repository;

use crate::tools::{need, note, postgres};

/// Rows before the full backup, between it and the incremental one, and after that: the last are in WAL alone.
const ROWS: [u32; 3] = [100_000, 30_000, 30_000];

const MAKE: &str =
    "create table entry (id bigint primary key, at timestamptz not null default clock_timestamp(), body text not null)";
/// All rows in one word.
const ALL: &str = "select count(*) || ' ' || md5(string_agg(concat_ws('|', id, at, body), ',' order by id)) from entry";

/// Runs both.
pub(crate) fn run() -> anyhow::Result<()> {
    postgres()?;
    need(&["pgbackrest"], "pgbackrest")?;
    drill(&Repository::folder()?).context("with a repository in a folder")?;
    drill(&Repository::s3()?).context("with a repository on an S3 server")
}

/// How long each step took.
#[derive(Default)]
struct Times(Vec<String>);

impl Times {
    fn measure<T>(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let started = Instant::now();
        let done = step().with_context(|| name.to_owned())?;
        self.0.push(format!("{name} {:.1} s", started.elapsed().as_secs_f64()));
        Ok(done)
    }
}

fn drill(repository: &Repository) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut times = Times::default();
    let mut cluster = Cluster::make(repository)?;
    cluster.start()?;
    cluster.sql(MAKE)?;
    let mut next = 1;
    let mut add = |cluster: &Cluster, count: u32| {
        let sql = format!(
            "insert into entry (id, body) select n, 'entry ' || md5(n::text) from generate_series({next}, {}) n",
            next + count - 1
        );
        next += count;
        cluster.sql(&sql).map(drop)
    };
    add(&cluster, ROWS[0])?;
    times.measure("init", || cluster.backup(&["init"]))?;
    times.measure("full", || cluster.backup(&["full"]))?;
    add(&cluster, ROWS[1])?;
    times.measure("incremental", || cluster.backup(&["incr"]))?;
    add(&cluster, ROWS[2])?;

    // A whole second, as somebody would write it who knows when the harm was done.
    let target = cluster.sql("select date_trunc('second', clock_timestamp()) + interval '1 second'")?;
    let before = cluster.sql(ALL)?;
    let expected: u32 = ROWS.iter().sum();
    ensure!(before.starts_with(&format!("{expected} ")), "{before} rows were made");
    cluster.sql(&format!(
        "select pg_sleep(extract(epoch from timestamptz '{target}' - clock_timestamp()) + 0.05) where timestamptz '{target}' > clock_timestamp()"
    ))?;
    add(&cluster, 1_000)?;
    cluster.sql("delete from entry where id % 10 = 0; update entry set body = 'harm' where id % 7 = 0")?;
    ensure!(cluster.sql(ALL)? != before, "the harm did nothing");
    cluster.wait_for_archive()?;

    cluster.kill()?;
    cluster.delete_data()?;
    times.measure("restore", || cluster.backup(&["restore", &target]))?;
    times.measure("start and recovery", || {
        cluster.start()?;
        cluster.wait_for_promotion()
    })?;
    let after = cluster.sql(ALL)?;
    ensure!(after == before, "the rows are not those of {target}: {before} then, {after} now");
    ensure!(cluster.sql("select count(*) from entry where body = 'harm'")? == "0", "harm was restored");

    times.measure("full again", || cluster.backup(&["full"]))?;
    times.measure("verify", || cluster.backup(&["verify"]))?;
    let dump = times.measure("dump", || cluster.backup(&["dump"]))?;
    let copy = times.measure("restore of the dump", || cluster.load_dump(dump.trim(), ALL))?;
    ensure!(copy == before, "the dump has other rows: {copy}");

    repository.must_be_encrypted()?;
    cluster.must_not_read_with_another_passphrase()?;
    if repository.damage()? {
        ensure!(cluster.backup(&["verify"]).is_err(), "`verify` does not find a damaged file");
    }
    cluster.stop()?;
    let whole = started.elapsed().as_secs_f64();
    note(&format!(
        "drill, {}: {expected} rows are back; {}; all of it {whole:.1} s",
        repository.name(),
        times.0.join(", ")
    ));
    Ok(())
}

/// Asks again and again, until the answer is yes.
fn wait_until(what: &str, mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so()? {
        if Instant::now() > deadline {
            bail!("gave up waiting: {what}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
