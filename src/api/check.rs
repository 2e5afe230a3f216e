//! Whether a database has what the API's statements ask for.
//!
//! In: an [`Api`] and a connection. Out: the columns of answers, and diagnostics at the word of the route file that the database stumbles over.
//! Every variant of every statement is described; none is run. Deliberately not here: rows, rights of roles.

use rivage_api::describe::{Column, Columns};
use rivage_api::fixed;
use rivage_api::manifest::{Action, Bind, Returns, Route, Statement};
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_postgres::{Client, Error, ServerError};

use super::{Api, columns, diagnostics};

/// Where the snapshot of columns is.
pub const SNAPSHOT: &str = columns::FILE;

/// What a database says of an API.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The columns of the answers of routes that have files.
    pub columns: Columns,
    /// Statements that were described.
    pub statements: usize,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Has a database describe all statements. `read` returns the text of a route file.
///
/// # Errors
/// The connection failed.
pub async fn check(api: &Api, client: &mut Client, read: &dyn Fn(&FileId) -> String) -> Result<Checked, Error> {
    let mut checked = Checked::default();
    let mut built_in = None;
    for route in &api.manifest.routes {
        let Action::Sql(statements) = &route.action else { continue };
        let file = api.files.get(&route.id);
        let text = file.map(read).unwrap_or_default();
        let mut known: Option<Vec<Column>> = None;
        'variants: for variant in &statements.variants {
            for (index, statement) in variant.iter().enumerate() {
                checked.statements += 1;
                match client.describe(&statement.sql, &types(route, statement)).await {
                    Ok(description) if index + 1 == variant.len() && route.returns != Returns::None => {
                        let columns = description.columns.iter();
                        let columns: Vec<_> =
                            columns.map(|column| Column { name: column.name.to_string(), oid: column.oid }).collect();
                        let differs = known.as_ref().is_some_and(|known| *known != columns);
                        if let Some(file) = file.filter(|_| differs) {
                            let span = Span::at(start(&text));
                            checked.diagnostics.push(diagnostics::differing_columns(file, span, &route.id));
                            break 'variants;
                        }
                        known = Some(columns);
                    }
                    Ok(_) => {}
                    Err(Error::Server(error)) => {
                        match file {
                            Some(file) => {
                                let span = place(&text, &statement.sql, error.position);
                                let found = refusal(Some((file, span)), &route.id, &error);
                                checked.diagnostics.push(found);
                            }
                            // One says it: what is missing is missing for all.
                            None => {
                                built_in.get_or_insert_with(|| refusal(None, &route.id, &error));
                            }
                        }
                        break 'variants;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        if file.is_some() {
            checked.columns.extend(known.map(|columns| (route.id.clone(), columns)));
        }
    }
    for fixed in fixed::all() {
        checked.statements += 1;
        match client.describe(fixed.sql, fixed.types).await {
            Ok(_) => {}
            Err(Error::Server(error)) => {
                built_in.get_or_insert_with(|| refusal(None, fixed.name, &error));
            }
            Err(error) => return Err(error),
        }
    }
    checked.diagnostics.extend(built_in);
    checked.diagnostics.extend(drift(api, &checked.columns));
    rivage_diag::sort(&mut checked.diagnostics);
    Ok(checked)
}

/// Writes the snapshot of columns.
pub fn snapshot(api: &Api, checked: &Checked) -> String {
    columns::write(&api.manifest, &checked.columns)
}

/// Columns that were noted for the same statements, and are others now.
fn drift(api: &Api, now: &Columns) -> Vec<Diagnostic> {
    let changed = api.columns.iter().filter_map(|(id, was)| {
        let (is, file) = (now.get(id)?, api.files.get(id)?);
        (was != is).then(|| diagnostics::other_columns(file, id, &in_words(was), &in_words(is)))
    });
    changed.collect()
}

fn in_words(columns: &[Column]) -> String {
    let words: Vec<_> = columns.iter().map(|column| format!("`{}` of type {}", column.name, column.oid)).collect();
    words.join(", ")
}

fn types(route: &Route, statement: &Statement) -> Vec<u32> {
    let of = |bind: &Bind| match bind {
        Bind::Param(index) => route.params[*index].ty.oid(),
        Bind::AuthSub => 0,
        Bind::AuthRole | Bind::RequestId => 25,
    };
    statement.binds.iter().map(of).collect()
}

fn refusal(file: Option<(&FileId, Span)>, route: &str, error: &ServerError) -> Diagnostic {
    let hint = match (&error.hint, error.code.as_str()) {
        (Some(hint), _) => Some(lowered(hint)),
        // No such table, function or schema.
        (None, "42P01" | "42883" | "3F000") if file.is_none() => {
            Some("`rivage db migrate --db URL` makes rivage's own tables".to_owned())
        }
        (None, "42P01") => Some("a migration in `migrations/` makes tables; `rivage db migrate` runs it".to_owned()),
        _ => None,
    };
    diagnostics::refused(file, route, &error.message, hint.as_deref())
}

/// PostgreSQL writes sentences, and diagnostics are none.
fn lowered(sentence: &str) -> String {
    let mut chars = sentence.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// Finds what a database's position means in the file: the same word, as often as it stood before in the statement, else the first line of SQL.
fn place(text: &str, sql: &str, position: Option<u32>) -> Span {
    let begin = start(text);
    let word = position.and_then(|position| {
        let at = sql.char_indices().nth(usize::try_from(position).ok()?.checked_sub(1)?)?.0;
        let rest = &sql[at..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '"')).unwrap_or(rest.len());
        (end > 0).then(|| (&rest[..end], at))
    });
    let found = word.and_then(|(word, at)| {
        let before = words(&sql[..at], word).count();
        // Parts that are left out of this variant stand in the file all the same: the last one is near enough then.
        let all: Vec<usize> = words(&text[begin..], word).collect();
        let at = all.get(before).or(all.last())?;
        Some(Span::new(begin + at, begin + at + word.len()))
    });
    found.unwrap_or_else(|| {
        let line = text[begin..].lines().next().map_or(0, |line| line.trim_end().len());
        Span::new(begin, begin + line)
    })
}

/// The places of a whole word.
fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        !text[..*at].ends_with(is_part)
            && !text[at + word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
    })
}

/// Where the SQL begins: below the header's comments.
fn start(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim_start().starts_with("--") && !line.trim().is_empty() {
            return at;
        }
        at += line.len();
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_becomes_a_place_in_the_file() {
        let file = "-- GET /api/a\n-- @auth none title\n\nselect id, title, titel from post\n where title = :titel /*?x and titel > 1 ?*/";
        let sql = "select id, title, titel from post where title = $1";
        let at = |word: &str| u32::try_from(sql.find(word).unwrap() + 1).ok();
        let shown = |position| {
            let span = place(file, sql, position);
            (span.start as usize, &file[span.range()])
        };
        assert_eq!(shown(at("titel")), (file.find("titel from").unwrap(), "titel"));
        assert_eq!(shown(at("post")), (file.find("post\n").unwrap(), "post"));
        assert_eq!(shown(at("title = ")).1, "title");
        assert_eq!(shown(at("title = ")).0, file.find("title = :").unwrap());
        assert_eq!(shown(None).1, "select id, title, titel from post");
        assert_eq!(shown(Some(9999)).1, "select id, title, titel from post");
    }

    #[test]
    fn hints_become_lower_case() {
        assert_eq!(
            lowered("Perhaps you meant to reference the column \"post.title\"."),
            "perhaps you meant to reference the column \"post.title\""
        );
        assert_eq!(lowered(""), "");
    }
}
