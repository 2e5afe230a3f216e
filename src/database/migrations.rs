//! Migrations: numbered files of SQL, forward only, each in one transaction, of rivage itself and of the site.
//!
//! In: files `V1__name.sql` and a connection. Out: tables, and rows of `public.rivage_migrations`: what was run, with a checksum. A lock of the
//! database keeps two runners apart. A runner of our own over the connection that rivage has anyway: refinery and tokio-postgres would be a second
//! one, and a hundred crates. Deliberately not here: going back; statements that refuse to run in a transaction.

use std::borrow::Cow;

use include_dir::{Dir, include_dir};
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_postgres::{Client, Error as DatabaseError, Param, Statement};

use super::split::split;
use crate::fs::EntryKind;
use crate::inputs::{Fingerprint, Inputs};

/// The folder of a site's own migrations.
pub const FOLDER: &str = "migrations";

static OWN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// The number of the lock: any that nobody else uses.
const LOCK: &str = "select pg_advisory_lock(7465737172)";
const UNLOCK: &str = "select pg_advisory_unlock(7465737172)";

const TABLE: &str = "create table if not exists public.rivage_migrations (
  owner text not null,
  version integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now(),
  primary key (owner, version)
)";

const EXISTS: &str = "select to_regclass('public.rivage_migrations') is not null";
const LIST: &str = "select owner, version, checksum, to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') from public.rivage_migrations";
const HAS_EXTENSIONS: &str = "select to_regprocedure('public.rivage_use_extensions()') is not null";
/// Makes the settings of `pg_trgm` known to the connection: a role that is no administrator may not name one that is not known yet.
const LOAD_TRIGRAMS: &str =
    "do $$ begin if to_regproc('similarity') is not null then perform similarity('', ''); end if; end $$";
const USE_EXTENSIONS: &str = "select unnest(public.rivage_use_extensions())";
const NOTE: &str = "insert into public.rivage_migrations (owner, version, name, checksum) values ($1, $2, $3, $4)";

/// Whose a migration is. Those of rivage run first: the site's may refer to its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// Part of rivage.
    Rivage,
    /// In `migrations/` of the site.
    Site,
}

impl Owner {
    fn word(self) -> &'static str {
        match self {
            Self::Rivage => "rivage",
            Self::Site => "site",
        }
    }
}

/// A migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Whose it is.
    pub owner: Owner,
    /// Its number.
    pub version: u32,
    /// Its name: `add_posts`.
    pub name: String,
    /// Its file, as messages name it.
    pub file: FileId,
    text: Cow<'static, str>,
}

/// How a migration stands to a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It was run; carries when, in UTC.
    Applied(String),
    /// It was not run.
    Pending,
    /// It was run, and its file was changed since.
    Changed,
}

/// Why migrations stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A migration is wrong; those before it were run.
    #[error("{}", .0.message)]
    Wrong(Box<Diagnostic>),
}

/// Returns rivage's own migrations.
pub fn own() -> Vec<Migration> {
    let mut all: Vec<_> = OWN
        .files()
        .filter_map(|file| {
            let name = file.path().file_name()?.to_str()?;
            let (version, title) = parse_name(name)?;
            let text = file.contents_utf8()?;
            let file = FileId::from(format!("rivage's own {name}").as_str());
            Some(Migration { owner: Owner::Rivage, version, name: title.to_owned(), file, text: Cow::Borrowed(text) })
        })
        .collect();
    all.sort_by_key(|migration| migration.version);
    all
}

/// Returns all migrations in the order in which they run, and what is wrong with those of the site.
pub fn all(inputs: &Inputs<'_>) -> (Vec<Migration>, Vec<Diagnostic>) {
    let (of_site, problems) = of_site(inputs);
    (own().into_iter().chain(of_site).collect(), problems)
}

/// Returns the site's migrations, by number. rivage's own are none of the site, which matters in their own repository.
fn of_site(inputs: &Inputs<'_>) -> (Vec<Migration>, Vec<Diagnostic>) {
    let mut all: Vec<Migration> = Vec::new();
    let own = own();
    let mut problems = Vec::new();
    if inputs.kind(FOLDER) != Some(EntryKind::Folder) {
        return (all, problems);
    }
    for entry in inputs.list(FOLDER).unwrap_or_default() {
        if entry.kind != EntryKind::File || !entry.name.ends_with(".sql") {
            continue;
        }
        let path = format!("{FOLDER}/{}", entry.name);
        let file = FileId::from(path.as_str());
        let Some((version, name)) = parse_name(&entry.name) else {
            let wrong = Diagnostic::error("bad-migration", "the name of a migration is a number and a word")
                .at(&file, Span::at(0))
                .with_hint("call it `V1__add_posts.sql`");
            problems.push(wrong);
            continue;
        };
        if let Some(other) = all.iter().find(|other| other.version == version) {
            let wrong = Diagnostic::error("bad-migration", format!("`{}` has the number {version}, too", other.file))
                .at(&file, Span::at(0))
                .with_hint("give the one that was run nowhere yet the next number");
            problems.push(wrong);
            continue;
        }
        match inputs.read(&path).map(String::from_utf8) {
            Ok(Ok(text))
                if own.iter().any(|own| (own.version, &*own.name, &*own.text) == (version, name, text.as_str())) => {}
            Ok(Ok(text)) => {
                let (name, text) = (name.to_owned(), Cow::Owned(text));
                all.push(Migration { owner: Owner::Site, version, name, file, text });
            }
            Ok(Err(_)) | Err(_) => problems.push(
                Diagnostic::error("unreadable-file", format!("`{file}` cannot be read as UTF-8 text"))
                    .at(&file, Span::at(0)),
            ),
        }
    }
    all.sort_by_key(|migration| migration.version);
    (all, problems)
}

/// `V12__add_posts.sql` → 12, `add_posts`
fn parse_name(name: &str) -> Option<(u32, &str)> {
    let (version, title) = name.strip_prefix('V')?.strip_suffix(".sql")?.split_once("__")?;
    let is_title = !title.is_empty() && title.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let is_number = version.bytes().all(|byte| byte.is_ascii_digit()) && !version.starts_with('0');
    let version = version.parse().ok().filter(|version: &u32| i32::try_from(*version).is_ok())?;
    (is_title && is_number).then_some((version, title))
}

/// Tells how migrations stand. Changes nothing.
///
/// # Errors
/// The connection failed.
pub async fn status(client: &mut Client, migrations: &[Migration]) -> Result<Vec<State>, DatabaseError> {
    let exists = client.query(&[Statement::new(EXISTS, &[])]).await?;
    let is_there = exists.first().and_then(|result| result.row(0)).is_some_and(|row| row.text(0) == Some("t"));
    if !is_there {
        return Ok(vec![State::Pending; migrations.len()]);
    }
    let results = client.query(&[Statement::new(LIST, &[])]).await?;
    let rows: Vec<Vec<String>> = results
        .iter()
        .flat_map(|result| result.rows())
        .map(|row| (0..4).map(|column| row.text(column).unwrap_or_default().to_owned()).collect())
        .collect();
    let state = |migration: &Migration| {
        let version = migration.version.to_string();
        match rows.iter().find(|row| row[0] == migration.owner.word() && row[1] == version) {
            None => State::Pending,
            Some(row) if row[2] == migration.checksum() => State::Applied(row[3].clone()),
            Some(_) => State::Changed,
        }
    };
    Ok(migrations.iter().map(state).collect())
}

/// Has rivage's tables make use of the extensions that the database has by now, and returns their names. Nothing where the tables are not there.
///
/// # Errors
/// The connection failed, or the role does not own the tables.
pub async fn use_extensions(client: &mut Client) -> Result<Vec<String>, DatabaseError> {
    let results = client.query(&[Statement::new(HAS_EXTENSIONS, &[])]).await?;
    if results.first().and_then(|result| result.row(0)?.text(0)) != Some("t") {
        return Ok(Vec::new());
    }
    client.query(&[Statement::new(LOAD_TRIGRAMS, &[])]).await?;
    let results = client.query(&[Statement::new(USE_EXTENSIONS, &[])]).await?;
    let names = results.iter().flat_map(|result| result.rows());
    Ok(names.filter_map(|row| row.text(0).map(str::to_owned)).collect())
}

/// Runs what was not run yet, in order, and returns it. Waits while another runner is at work.
///
/// # Errors
/// The connection failed; or a migration is wrong, or was changed after it was run.
pub async fn migrate<'m>(client: &mut Client, migrations: &'m [Migration]) -> Result<Vec<&'m Migration>, Error> {
    client.query(&[Statement::new(LOCK, &[])]).await?;
    let done = run(client, migrations).await;
    if client.is_usable() {
        // A connection that is closed has no locks.
        client.query(&[Statement::new(UNLOCK, &[])]).await?;
    }
    done
}

async fn run<'m>(client: &mut Client, migrations: &'m [Migration]) -> Result<Vec<&'m Migration>, Error> {
    let states = status(client, migrations).await?;
    if let Some((migration, _)) = migrations.iter().zip(&states).find(|(_, state)| **state == State::Changed) {
        let changed = Diagnostic::error("changed-migration", "the migration was run before, and is another now")
            .at(&migration.file, Span::at(0))
            .with_hint("write it as it was, and put what is new into a migration with the next number");
        return Err(Error::Wrong(Box::new(changed)));
    }
    let newest = |owner: Owner| {
        let applied = migrations
            .iter()
            .zip(&states)
            .filter(|(other, state)| other.owner == owner && matches!(state, State::Applied(_)));
        applied.map(|(migration, _)| migration.version).max().unwrap_or(0)
    };
    let pending: Vec<_> =
        migrations.iter().zip(&states).filter(|(_, state)| **state == State::Pending).map(|(one, _)| one).collect();
    if let Some(late) = pending.iter().find(|late| late.version < newest(late.owner)) {
        let newest = newest(late.owner);
        let late = Diagnostic::error("late-migration", format!("the database is at number {newest} already"))
            .at(&late.file, Span::at(0))
            .with_hint(format!("give it the number {}", newest + 1));
        return Err(Error::Wrong(Box::new(late)));
    }
    if !pending.is_empty() {
        client.query(&[Statement::new(TABLE, &[])]).await?;
    }
    for migration in &pending {
        apply(client, migration).await?;
    }
    Ok(pending)
}

/// Runs a migration and notes it, in one transaction.
async fn apply(client: &mut Client, migration: &Migration) -> Result<(), Error> {
    let parts = split(&migration.text);
    let (version, checksum) = (migration.version.to_string(), migration.checksum());
    let note = [migration.owner.word(), &version, &migration.name, &checksum].map(Param::text);
    let mut statements: Vec<_> = parts.iter().map(|part| Statement::new(part.text, &[])).collect();
    statements.push(Statement::new(NOTE, &note));
    match client.query(&statements).await {
        Ok(_) => Ok(()),
        Err(DatabaseError::Server(refusal)) if !refusal.is_fatal() => {
            let at = refusal.statement.and_then(|index| parts.get(index)).map_or(Span::at(0), |part| {
                let position = refusal.position.and_then(|position| usize::try_from(position).ok()).unwrap_or(1);
                let at = part.text.char_indices().nth(position.saturating_sub(1)).map_or(0, |(at, _)| at);
                let word =
                    part.text[at..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(part.text.len() - at);
                Span::new(part.start + at, part.start + at + word)
            });
            let mut wrong =
                Diagnostic::error("refused-migration", format!("the database refuses it: {}", refusal.message))
                    .at(&migration.file, at);
            for more in [&refusal.detail, &refusal.hint].into_iter().flatten() {
                wrong = wrong.with_hint(more.trim_end_matches('.'));
            }
            Err(Error::Wrong(Box::new(wrong)))
        }
        Err(error) => Err(error.into()),
    }
}

impl Migration {
    /// Line endings are not told apart: a checkout on another system is no change.
    fn checksum(&self) -> String {
        Fingerprint::of(self.text.replace("\r\n", "\n").as_bytes()).hex()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbers_and_words() {
        assert_eq!(parse_name("V1__content.sql"), Some((1, "content")));
        assert_eq!(parse_name("V20__add-posts_2.sql"), Some((20, "add-posts_2")));
        for wrong in [
            "V1_a.sql",
            "1__a.sql",
            "Vx__a.sql",
            "V1__.sql",
            "V1__a.txt",
            "V01__a.sql",
            "V+1__a.sql",
            "V9999999999__a.sql",
            "V1__ä.sql",
        ] {
            assert_eq!(parse_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn own_migrations_are_numbered_without_gaps() {
        let versions: Vec<_> = own().iter().map(|migration| migration.version).collect();
        assert!(!versions.is_empty());
        assert_eq!(versions, (1..=u32::try_from(versions.len()).unwrap()).collect::<Vec<_>>());
    }

    #[test]
    fn own_migrations_are_none_of_a_site() {
        let first = &own()[0];
        let files =
            [("migrations/V1__content.sql", &*first.text), ("migrations/V2__boats.sql", "create table boat ()")];
        let fs = std::sync::Arc::new(crate::fs::MemoryFs::new(files));
        let world = crate::inputs::World::new(fs, jiff::Timestamp::UNIX_EPOCH, std::collections::BTreeMap::new());
        let (all, problems) = of_site(&Inputs::new(&world));
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(all.iter().map(|one| (one.version, one.name.as_str())).collect::<Vec<_>>(), [(2, "boats")]);
    }
}
