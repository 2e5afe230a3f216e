//! The site's side of its API: route files, forms and settings → a manifest.
//!
//! In: `api/**/*.sql`, what [`crate::config`] read of `[api]` and `[forms]`, and `api/columns.json`, where it was committed. Out: [`Api`] and
//! diagnostics; from it the generated `api/openapi.json`, the TypeScript client, and what [`crate::serve`] answers by. A site has an API when it
//! has route files or one of the tables. Deliberately not here: the rules of route files ([`rivage_api::sql`]); answering requests.

pub mod check;
mod columns;
mod diagnostics;
pub mod program;

use std::collections::BTreeMap;

use rivage_api::describe::{self, Columns};
use rivage_api::manifest::{Manifest, Parts, assemble};
use rivage_api::sql;
use rivage_diag::{Diagnostic, FileId};

use crate::config::{self, Config};
use crate::fs::EntryKind;
use crate::inputs::{Fingerprint, Inputs};
use crate::render::{Artifact, Content};

/// The folder of route files.
pub const FOLDER: &str = "api";

/// The description of the API in the output.
pub const DESCRIPTION: &str = "api/openapi.json";

/// The page about the API in the output.
pub const REFERENCE: &str = "api/index.html";

/// How deep folders of route files may be.
const DEEPEST: usize = 16;

/// The API of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    /// All routes and settings.
    pub manifest: Manifest,
    /// The file of each route that has one, by the route's name.
    pub files: BTreeMap<String, FileId>,
    /// The columns of answers, as far as the committed snapshot tells.
    pub columns: Columns,
}

/// Reads the API of a site; none where it has none. Files with errors are left out of it.
pub fn read(inputs: &Inputs<'_>, config: &Config) -> (Option<Api>, Vec<Diagnostic>) {
    let mut paths = Vec::new();
    collect(inputs, FOLDER, 0, &mut paths);
    if paths.is_empty() && !config.api.is_declared {
        return (None, Vec::new());
    }
    let mut diagnostics = Vec::new();
    let mut settings = config.api.settings.clone();
    let own = config::origin(&config.site.base_url);
    settings.origins.retain(|origin| *origin != own);
    settings.origins.insert(0, own);
    if settings.title.is_empty() {
        settings.title.clone_from(&config.site.title);
    }
    let classes: Vec<String> = settings.limits.iter().map(|class| class.name.clone()).collect();
    let classes: Vec<&str> = classes.iter().map(String::as_str).collect();
    let context = sql::Context { limits: &classes };
    let mut texts = Vec::new();
    let mut files = BTreeMap::new();
    for path in paths {
        let file = FileId::from(path.as_str());
        match inputs.read(&path).map(String::from_utf8) {
            Ok(Ok(text)) => {
                // Only for its name; what is wrong with it is told below.
                let (route, _) = sql::parse(&file, &text, &context);
                files.extend(route.map(|route| (route.id, file.clone())));
                texts.push((file, text));
            }
            Ok(Err(error)) => diagnostics.push(diagnostics::not_utf8(&file, error.utf8_error().valid_up_to())),
            Err(error) => diagnostics.push(diagnostics::unreadable(&file, &error)),
        }
    }
    let forms = config.api.forms.iter().map(|form| (form.form.clone(), form.fields.clone())).collect();
    let (mut manifest, problems) = assemble(Parts { settings, files: texts, forms });
    diagnostics.extend(problems);
    let print = Fingerprint::of(&manifest.encode()).hex();
    manifest.settings.build = print[..16].to_owned();
    let (columns, problems) = columns::read(inputs, &manifest, &files);
    diagnostics.extend(problems);
    (Some(Api { manifest, files, columns }), diagnostics)
}

/// Finds route files. Names that begin with `.` or `_` are not for us.
fn collect(inputs: &Inputs<'_>, folder: &str, depth: usize, paths: &mut Vec<String>) {
    if depth > DEEPEST || inputs.kind(folder) != Some(EntryKind::Folder) {
        return;
    }
    for entry in inputs.list(folder).unwrap_or_default() {
        let path = format!("{folder}/{}", entry.name);
        match entry.kind {
            _ if entry.name.starts_with(['.', '_']) => {}
            EntryKind::Folder => collect(inputs, &path, depth + 1, paths),
            EntryKind::File if entry.name.ends_with(".sql") => paths.push(path),
            EntryKind::File | EntryKind::BrokenLink => {}
        }
    }
}

impl Api {
    /// Returns the description of the API as a file of the output.
    pub fn artifact(&self) -> Artifact {
        Artifact { path: DESCRIPTION.to_owned(), content: Content::Bytes(self.openapi().into_bytes()) }
    }

    /// Returns OpenAPI 3.1.
    pub fn openapi(&self) -> String {
        describe::openapi(&self.manifest, &self.columns)
    }

    /// Returns the content of the page about the API.
    pub fn reference(&self) -> describe::Reference {
        describe::reference(&self.manifest, &self.columns)
    }

    /// Returns a client in TypeScript.
    pub fn client(&self) -> String {
        describe::client(&self.manifest, &self.columns)
    }
}

#[cfg(test)]
mod tests;
