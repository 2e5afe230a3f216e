//! What was sent in a form, as a table that spreadsheets read: CSV (RFC 4180).
//!
//! In: rows of `submission`, some at a time, so that no answer of the database is too large. Out: one file with the fields of the form as columns. What a
//! visitor wrote must not become a formula in somebody's spreadsheet: such cells begin with an apostrophe. That somebody has taken all of it away is noted
//! in `audit` before it goes out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::sessions::caller;
use super::value;
use crate::drive::{Failure, Run};
use crate::fixed::{Fixed, oid};
use crate::http::{Problem, Response, date};
use crate::manifest::Action;
use crate::ports::{Ports, Shape, Target};

/// Bytes of what was sent after which the file ends; a link leads to the rest.
const MOST: usize = 4 * 1024 * 1024;

/// Some rows, as many as an answer of the database may have.
pub(super) const ROWS: Fixed = Fixed {
    name: "export_rows",
    types: &[oid::TEXT, oid::TEXT, oid::TEXT],
    sql: "\
select id, at, state, starred, data
  from (select id, to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as at, state, starred::text as starred, data,
               row_number() over (order by part.at desc, id desc) as place,
               sum(octet_length(data::text)) over (order by part.at desc, id desc) as bytes
          from (select id, at, state, starred, data from submission
                 where form = $1 and ($2 = '' or state = $2)
                   and ($3 = '' or (at, id) < (select at, id from submission where id = nullif($3, '')::uuid))
                 order by at desc, id desc limit 500) as part) as sized
 where place = 1 or bytes < 300000 order by place",
};

pub(super) const NOTE: Fixed = Fixed {
    name: "note_export",
    types: &[oid::TEXT, oid::TEXT, oid::JSONB, oid::TEXT],
    sql: "insert into audit (account_id, action, target, detail, request) values ($1::uuid, 'admin_export_submissions', $2, $3, $4)",
};

struct Row {
    id: String,
    /// Time, state and star.
    facts: [String; 3],
    data: Value,
}

pub(super) async fn export<P: Ports>(run: &mut Run<'_, P>) -> Result<Response, Failure> {
    let given = |name| value(run, name).unwrap_or_default().to_owned();
    let (form, state, mut after) = (given("form"), given("state"), given("after"));
    let (mut rows, mut bytes) = (Vec::new(), 0);
    let is_all = loop {
        let query = ROWS.query([form.clone(), state.clone(), after.clone()], Shape::Rows);
        let mut outcomes = run.trip(Target::Write, &[query]).await?;
        let part: Vec<Row> = outcomes.swap_remove(0).texts.into_iter().filter_map(row).collect();
        let Some(last) = part.last() else { break true };
        after.clone_from(&last.id);
        bytes += part.iter().map(|row| row.data.to_string().len()).sum::<usize>();
        rows.extend(part);
        if bytes >= MOST {
            break false;
        }
    };
    let declared = fields(run, &form);
    if rows.is_empty() && declared.is_none() {
        return Err(Problem::new(404, "not-found", "there is no such form, and nothing was sent in it").into());
    }
    let detail = json!({"rows": rows.len(), "state": state}).to_string();
    let note = NOTE.query([caller(run)?, form.clone(), detail, run.plan.facts.id.clone()], Shape::None);
    run.trip(Target::Write, &[note]).await?;

    let day = date::rfc3339(run.ports.now() / 1000);
    let day = day.split('T').next().unwrap_or_default();
    let mut response = Response::new(200).with("content-type", "text/csv; charset=utf-8");
    response.set("content-disposition", format!("attachment; filename=\"{form}-{day}.csv\""));
    if !is_all {
        let state = if state.is_empty() { state } else { format!("&state={state}") };
        let next = format!("</api/v1/admin/submissions/export?form={form}{state}&after={after}>; rel=\"next\"");
        response.set("link", next);
    }
    response.body = table(&rows, declared.unwrap_or_default()).into_bytes();
    Ok(response)
}

fn row(cells: Vec<Option<String>>) -> Option<Row> {
    let [id, at, state, starred, data]: [Option<String>; 5] = cells.try_into().ok()?;
    Some(Row { id: id?, facts: [at?, state?, starred?], data: serde_json::from_str(&data?).ok()? })
}

/// The fields of a form that the site declares.
fn fields<P>(run: &Run<'_, P>, form: &str) -> Option<Vec<String>> {
    let is_form = |action: &Action| matches!(action, Action::Form(known) if known.name == form);
    let route = run.api.manifest().routes.iter().find(|route| is_form(&route.action))?;
    Some(route.params.iter().map(|param| param.name.clone()).collect())
}

/// Writes the table. Fields that the form had once, and has no more, come last.
fn table(rows: &[Row], mut fields: Vec<String>) -> String {
    let all = rows.iter().filter_map(|row| row.data.as_object()).flat_map(|data| data.keys());
    let old: BTreeSet<&String> = all.filter(|key| !fields.contains(key)).collect();
    let old: Vec<String> = old.into_iter().cloned().collect();
    fields.extend(old);
    let mut out = String::new();
    let head = ["id", "at", "state", "starred"].into_iter().chain(fields.iter().map(String::as_str));
    line(&mut out, head.map(text));
    for row in rows {
        let facts = [row.id.as_str()].into_iter().chain(row.facts.iter().map(String::as_str)).map(str::to_owned);
        line(&mut out, facts.chain(fields.iter().map(|field| cell(&row.data[field]))));
    }
    out
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push_str(&cells.collect::<Vec<_>>().join(","));
    out.push_str("\r\n");
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        // Numbers and words of JSON are no formulas, whatever their sign.
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::String(value) => text(value),
        Value::Array(_) | Value::Object(_) => text(&value.to_string()),
    }
}

/// A text as a cell: never a formula, in quotes where it has to be.
fn text(value: &str) -> String {
    // What spreadsheets take for the beginning of a formula, also behind blanks.
    let is_formula = value.starts_with(['\t', '\r', '\n']) || value.trim_start().starts_with(['=', '+', '-', '@']);
    let guard = if is_formula { "'" } else { "" };
    if is_formula || value.contains([',', '"', '\r', '\n', ';']) || value.trim() != value {
        format!("\"{guard}{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_a_formula() {
        for (value, expected) in [
            ("plain", "plain"),
            ("=1+1", "\"'=1+1\""),
            ("+33 6 12", "\"'+33 6 12\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("  =1", "\"'  =1\""),
            ("\r\n=1", "\"'\r\n=1\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("a,b", "\"a,b\""),
            ("say \"so\"", "\"say \"\"so\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            (" blank", "\" blank\""),
            ("1 - 2 = -1", "1 - 2 = -1"),
            ("", ""),
        ] {
            assert_eq!(text(value), expected, "{value:?}");
        }
    }

    #[test]
    fn the_fields_of_the_form_are_columns() {
        let row = |id: &str, data: Value| Row {
            id: id.to_owned(),
            facts: ["2026-11-29T10:00:00Z", "new", "false"].map(str::to_owned),
            data,
        };
        let rows = [
            row("1", json!({"email": "a@b.c", "age": -7, "ok": true})),
            row("2", json!({"email": "=x", "old": [1, 2]})),
        ];
        let fields = ["email", "age", "ok"].map(str::to_owned).to_vec();
        assert_eq!(
            table(&rows, fields),
            "id,at,state,starred,email,age,ok,old\r\n\
             1,2026-11-29T10:00:00Z,new,false,a@b.c,-7,true,\r\n\
             2,2026-11-29T10:00:00Z,new,false,\"'=x\",,,\"[1,2]\"\r\n"
        );
        assert_eq!(table(&[], Vec::new()), "id,at,state,starred\r\n");
    }
}
