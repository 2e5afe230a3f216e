//! `api/columns.json`: what the database said of the columns of answers, committed, so that a build knows them without a database.
//!
//! In: the file. Out: [`Columns`] of all routes whose statements are those that were described; [`write`] makes the file. Deliberately not here:
//! asking the database ([`super::check`]).

use std::collections::BTreeMap;

use rivage_api::describe::{Column, Columns};
use rivage_api::manifest::{Action, Manifest, Route};
use rivage_diag::{Diagnostic, FileId, Span};
use serde::{Deserialize, Serialize};

use super::diagnostics;
use crate::inputs::{Fingerprint, Inputs};

/// The file.
pub(super) const FILE: &str = "api/columns.json";

/// A route's columns, and the fingerprint of the statements that have them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Noted {
    statements: String,
    /// Name and type number.
    columns: Vec<(String, u32)>,
}

pub(super) fn read(
    inputs: &Inputs<'_>,
    manifest: &Manifest,
    files: &BTreeMap<String, FileId>,
) -> (Columns, Vec<Diagnostic>) {
    let Ok(bytes) = inputs.read(FILE) else { return (Columns::new(), Vec::new()) };
    let noted: BTreeMap<String, Noted> = match serde_json::from_slice(&bytes) {
        Ok(noted) => noted,
        Err(error) => {
            let text = String::from_utf8_lossy(&bytes);
            let line = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
            let at = Span::at((line + error.column().saturating_sub(1)).min(text.len()));
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            return (Columns::new(), vec![diagnostics::broken_columns(&FileId::from(FILE), at, reason)]);
        }
    };
    let mut columns = Columns::new();
    let mut stale = Vec::new();
    for (id, noted) in noted {
        let route = manifest.routes.iter().find(|route| route.id == id);
        if route.and_then(print).is_some_and(|print| print == noted.statements) {
            let of_route = noted.columns.into_iter().map(|(name, oid)| Column { name, oid }).collect();
            columns.insert(id, of_route);
        } else if let Some(file) = files.get(&id) {
            stale.push(diagnostics::stale_columns(file, &id));
        }
    }
    (columns, stale)
}

/// Writes the columns of routes that have files.
pub(super) fn write(manifest: &Manifest, columns: &Columns) -> String {
    let noted: BTreeMap<&str, Noted> = manifest
        .routes
        .iter()
        .filter_map(|route| {
            let columns = columns.get(&route.id)?.iter().map(|column| (column.name.clone(), column.oid)).collect();
            Some((route.id.as_str(), Noted { statements: print(route)?, columns }))
        })
        .collect();
    // Maps with string keys and plain values are always JSON.
    serde_json::to_string_pretty(&noted).unwrap_or_default() + "\n"
}

fn print(route: &Route) -> Option<String> {
    match &route.action {
        Action::Sql(statements) => {
            let text = format!("{:?} {:?}", route.params, statements);
            Some(Fingerprint::of(text.as_bytes()).hex()[..16].to_owned())
        }
        Action::Form(_) | Action::Routine(_) => None,
    }
}
