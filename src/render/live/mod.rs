//! What the components Chart, Map and Related are drawn from, when the site is built: `chart()`, `map()` and `related()` of templates.
//!
//! In: a data file of the site, or the links of its pages. Out: numbers and paths for templates; what is wrong with a file, at its line. The browser's
//! half (`assets/js/` of the theme) draws the same with newer values. Deliberately not here: HTML.

pub(super) mod chart;
pub(super) mod map;

use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::data::{self, Data, DataValue, Format};
use serde::Deserialize;
use serde_json::value::RawValue;
use tera::{Error, Kwargs, TeraResult, Value};

use super::functions::{Surroundings, data_format, note, read_file};
use super::{diagnostics, scope};
use crate::inputs::SiteQuestion;
use crate::resolve::{PageId, join};

/// Wrong rows that are told one by one.
const MOST_TOLD: usize = 5;

/// How wide drawings are.
const WIDTH: f64 = 640.0;

/// The rows of a file.
struct Rows {
    file: FileId,
    is_csv: bool,
    rows: Vec<Data>,
}

/// Reads the rows of a data file: a table, a list, or the list `items` of a map, which is what the API answers. None where it cannot be read, which
/// is told.
fn rows(env: &Surroundings, written: &str) -> TeraResult<Option<Rows>> {
    let Some(path) = data_path(env, written) else {
        return Err(Error::message(format!("`{written}` must be a path within the project's folder")));
    };
    let format = data_format(&path)
        .ok_or_else(|| Error::message(format!("`{path}` is not a .toml, .yaml, .json or .csv file")))?;
    let bytes = match read_file(&path) {
        Some(Ok(bytes)) => bytes,
        Some(Err(error)) => {
            // Without a place of its own it is told where the component stands.
            let told = diagnostics::unreadable(&path, &error);
            scope::report(Diagnostic { primary: None, ..told });
            return Ok(None);
        }
        None => return Err(Error::message("data can only be read while a page is rendered")),
    };
    let text = String::from_utf8_lossy(&bytes);
    let file = FileId::from(path.as_str());
    let (parsed, problems) = data::parse(&file, &text, Span::new(0, text.len()), format);
    let is_broken = problems.iter().any(Diagnostic::is_error);
    problems.into_iter().for_each(scope::report);
    if is_broken {
        return Ok(None);
    }
    let whole = parsed.span;
    let list = match parsed.value {
        DataValue::Map(entries) => {
            entries.into_iter().find(|entry| entry.key == "items").map(|entry| entry.value.value)
        }
        other => Some(other),
    };
    match list {
        Some(DataValue::Array(mut rows)) => {
            if format == Format::Json {
                place(&mut rows, &text);
            }
            Ok(Some(Rows { file, is_csv: format == Format::Csv, rows }))
        }
        _ => {
            scope::report(diagnostics::no_rows(&file, whole));
            Ok(None)
        }
    }
}

/// Says where the rows of a JSON file stand, which its reader does not.
fn place(rows: &mut [Data], text: &str) {
    #[derive(Deserialize)]
    struct List<'a> {
        #[serde(borrow)]
        items: Vec<&'a RawValue>,
    }
    let list = serde_json::from_str::<Vec<&RawValue>>(text);
    let raw = list.or_else(|_| serde_json::from_str::<List<'_>>(text).map(|list| list.items)).unwrap_or_default();
    for (row, raw) in rows.iter_mut().zip(raw) {
        let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
        row.span = Span::new(start, start + raw.get().len());
    }
}

/// The project's path of a file: beside the page with `./` or `../`, else from the project's folder.
fn data_path(env: &Surroundings, written: &str) -> Option<String> {
    if written.starts_with("./") || written.starts_with("../") {
        let page = scope::page()?;
        let document = env.values.site().page(page).document.as_ref()?;
        return join(document.file.as_str(), written);
    }
    join("", written.trim_start_matches('/'))
}

/// Tells what is wrong with some rows, the first few of them one by one.
fn tell(wrong: Vec<Diagnostic>) {
    let more = wrong.len().saturating_sub(MOST_TOLD);
    for (at, told) in wrong.into_iter().take(MOST_TOLD).enumerate() {
        let told = if at + 1 == MOST_TOLD && more > 0 {
            told.with_hint(format!("and {more} more rows of this file"))
        } else {
            told
        };
        scope::report(told);
    }
}

/// Rounds a coordinate to one digit after the point.
fn r(value: f64) -> f64 {
    (value * 10.0 + 0.5).floor() / 10.0
}

/// A number as it stands in an attribute: `12`, where templates would write `12.0`.
fn n(value: f64) -> Value {
    value.to_string().into()
}

/// The pages that are related to the one that is rendered: by links, then by terms.
pub(super) fn related(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let limit = arguments.get::<usize>("limit")?.unwrap_or(5);
    let Some(page) = scope::page() else { return Ok(Value::from(Vec::<Value>::new())) };
    let found = find_related(env, page, limit);
    let site = env.values.site();
    let shown = site.page(page);
    let question = SiteQuestion::Related(shown.language.clone(), shown.key.clone(), limit);
    note(env, question);
    Ok(env.values.lights(&found))
}

/// Finds related pages.
pub(super) fn find_related(env: &Surroundings, page: PageId, limit: usize) -> Vec<PageId> {
    let site = env.values.site();
    let mut found = env.memo.graph(site).related(site, page, limit);
    for id in &site.page(page).related {
        if found.len() < limit && !found.contains(id) {
            found.push(*id);
        }
    }
    found
}
