//! The templates of a site: layouts and components in one Tera instance, with rivage's functions and filters.
//!
//! In: the theme's files and what they may ask for ([`Surroundings`]). Out: [`Engine`], which renders layouts and components and turns
//! Tera's errors into diagnostics with the template's lines. Deliberately not here: what layouts are given ([`super::page`]).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId, Span};
use rustc_hash::FxHashMap;
use tera::{ComponentInfo, Context, ErrorKind, Tera, Value};

use super::functions::{self, Surroundings};
use super::{diagnostics, filters};
use crate::discover::{ThemeFile, ThemeFiles};
use crate::inputs::Inputs;
use crate::theme;

/// Layouts and components, ready to render.
pub struct Engine {
    tera: Tera,
    /// Template name → file.
    files: BTreeMap<String, FileId>,
    components: FxHashMap<String, ComponentInfo>,
    names: Vec<String>,
    layout_ids: Vec<String>,
    /// Whether all templates could be read.
    is_usable: bool,
}

/// What went wrong in a template, still without the page it happened on.
pub type Failure = Box<Diagnostic>;

impl Engine {
    /// Reads and compiles all templates. Broken ones are reported and left out.
    pub fn load(inputs: &Inputs<'_>, files: &ThemeFiles, surroundings: &Arc<Surroundings>) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut tera = Tera::new();
        functions::register(&mut tera, surroundings);
        filters::register(&mut tera, surroundings);
        // A component that is used in a layout has none of what MDX passes along.
        for (name, value) in [
            ("slots", Value::from(tera::Map::default())),
            ("items", Value::from(Vec::<Value>::new())),
            ("code", Value::from(Vec::<Value>::new())),
            ("inline", Value::from(false)),
            ("uid", Value::from("0")),
            ("page", Value::none()),
        ] {
            tera.global_context().insert_value(name, value);
        }

        let mut sources: Vec<(String, String)> = Vec::new();
        let mut paths = BTreeMap::new();
        let mut read = |file: &ThemeFile, name: String| match theme::read(inputs, &file.path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                paths.insert(name.clone(), FileId::from(file.path.as_str()));
                sources.push((name, text));
            }
            Err(error) => diagnostics.push(diagnostics::unreadable(&file.path, &error)),
        };
        for file in files.layouts.iter().filter(|file| is_template(&file.name)) {
            read(file, file.name.clone());
        }
        for file in files.components.iter().filter(|file| is_template(&file.name)) {
            read(file, format!("components/{}", file.name));
        }

        shadow(&mut sources, &paths);
        let layouts = sources.iter().filter(|(name, _)| !name.starts_with("components/"));
        let mut layout_ids: Vec<_> = layouts.flat_map(|(_, text)| fixed_ids(text)).map(str::to_owned).collect();
        // The writer's own.
        layout_ids.push("footnotes".to_owned());
        layout_ids.sort();
        layout_ids.dedup();

        let mut is_usable = true;
        if let Err(error) = tera.add_raw_templates(sources.iter().map(|(name, text)| (name, text))) {
            // Tera stops at the first error; a writer wants them all.
            let mut found = Vec::new();
            for (name, text) in &sources {
                let mut alone = Tera::new();
                if let Err(error) = alone.add_raw_template(name, text)
                    && let ErrorKind::SyntaxError(_) = error.kind()
                {
                    found.push(template_error(&error, &paths));
                }
            }
            if found.is_empty() {
                found.push(template_error(&error, &paths));
            }
            diagnostics.extend(found);
            is_usable = false;
        }
        let components: FxHashMap<_, _> = tera
            .get_component_names()
            .filter_map(|name| Some((name.to_owned(), tera.get_component_definition(name)?)))
            .collect();
        let mut names: Vec<_> = tera.get_component_names().map(str::to_owned).collect();
        names.sort();
        (Self { tera, files: paths, components, names, layout_ids, is_usable }, diagnostics)
    }

    /// Reports whether all templates could be read. Where one could not, none can be relied on: what is then missing is not its author's fault.
    pub fn is_usable(&self) -> bool {
        self.is_usable
    }

    /// Reports whether there is a layout of this name.
    pub fn has_layout(&self, name: &str) -> bool {
        self.tera.contains_template(name)
    }

    /// Returns what is known of a component.
    pub fn component(&self, name: &str) -> Option<&ComponentInfo> {
        self.components.get(name)
    }

    /// Returns the names of all components, sorted.
    pub fn component_names(&self) -> &[String] {
        &self.names
    }

    /// Returns the ids that layouts use, sorted: content must not use them again.
    pub fn layout_ids(&self) -> &[String] {
        &self.layout_ids
    }

    /// Renders a layout.
    ///
    /// # Errors
    /// The template's mistake, with its place in the template.
    pub fn render(&self, layout: &str, context: &Context) -> Result<String, Failure> {
        self.tera.render(layout, context).map_err(|error| Box::new(template_error(&error, &self.files)))
    }

    /// Renders a component: `arguments` are its props, `implicits` what it may ask for with `@`.
    ///
    /// # Errors
    /// The template's mistake, with its place in the template.
    pub fn render_component(
        &self,
        name: &str,
        arguments: &Context,
        implicits: &Context,
        body: &str,
    ) -> Result<String, Failure> {
        self.tera
            .render_component_with_implicits(name, arguments, implicits, Some(body), true)
            .map_err(|error| Box::new(template_error(&error, &self.files)))
    }
}

/// The ids that a template writes as they are.
fn fixed_ids(text: &str) -> impl Iterator<Item = &str> {
    let ids = text.match_indices(" id=\"").filter_map(|(at, found)| text[at + found.len()..].split('"').next());
    ids.filter(|id| !id.is_empty() && !id.contains('{'))
}

/// Makes room for the site's own components: a theme's component of the same name, in whatever file, is renamed out of the way.
fn shadow(sources: &mut [(String, String)], paths: &BTreeMap<String, FileId>) {
    let is_theme = |name: &str| paths.get(name).is_some_and(|file| file.as_str().starts_with("themes/"));
    let own: BTreeSet<String> = sources
        .iter()
        .filter(|(name, _)| name.starts_with("components/") && !is_theme(name))
        .flat_map(|(_, text)| definitions(text).map(|range| text[range].to_owned()).collect::<Vec<_>>())
        .collect();
    if own.is_empty() {
        return;
    }
    for (_, text) in sources.iter_mut().filter(|(name, _)| name.starts_with("components/") && is_theme(name)) {
        let taken: Vec<_> = definitions(text).filter(|range| own.contains(&text[range.clone()])).collect();
        for range in taken.into_iter().rev() {
            let name = text[range.clone()].to_owned();
            let end = format!("endcomponent {name}");
            if let Some(at) = text[range.end..].find(&end).map(|at| at + range.end + end.len()) {
                text.insert_str(at, SHADOWED);
            }
            text.insert_str(range.end, SHADOWED);
        }
    }
}

/// What the name of a component that the site replaces ends with.
const SHADOWED: &str = "__of_the_theme";

/// The places of the names of the components that a template defines.
fn definitions(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.match_indices("{%").filter_map(|(at, _)| {
        let rest = text[at + 2..].trim_start_matches('-').trim_start();
        let rest = rest.strip_prefix("component")?;
        let name = rest.trim_start();
        if name.len() == rest.len() {
            return None;
        }
        let start = text.len() - name.len();
        let length = name.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(name.len());
        (length > 0).then_some(start..start + length)
    })
}

fn is_template(name: &str) -> bool {
    name.ends_with(".html") || name.ends_with(".xml") || name.ends_with(".txt")
}

fn template_error(error: &tera::Error, files: &BTreeMap<String, FileId>) -> Diagnostic {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let mut message = report.message().to_owned();
            let mut source = std::error::Error::source(error);
            while let Some(cause) = source {
                message = format!("{message}: {cause}");
                source = cause.source();
            }
            match files.get(report.filename()) {
                Some(file) => {
                    let range = report.span().range.clone();
                    diagnostics::template(&message).at(file, Span::new(range.start, range.end))
                }
                None => diagnostics::template(&message),
            }
        }
        other => diagnostics::template(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_found_and_nothing_else() {
        let text = "{%- component A(x) -%}{{ <B /> }}{% endcomponent A %}{% component Tabs.Item() %}{% endcomponent %} component C(";
        let names: Vec<_> = definitions(text).map(|range| &text[range]).collect();
        assert_eq!(names, ["A", "Tabs.Item"]);
    }

    #[test]
    fn a_site_replaces_a_component_in_any_file_of_the_theme() {
        let mut sources = vec![
            (
                "components/all.html".to_owned(),
                "{% component A() %}theme{% endcomponent A %}{% component B() %}{{ <A /> }}{% endcomponent B %}"
                    .to_owned(),
            ),
            ("components/A.html".to_owned(), "{% component A() %}site{% endcomponent A %}".to_owned()),
        ];
        let paths = BTreeMap::from([
            ("components/all.html".to_owned(), FileId::from("themes/shore/components/all.html")),
            ("components/A.html".to_owned(), FileId::from("components/A.html")),
        ]);
        shadow(&mut sources, &paths);
        let layouts = sources.iter().filter(|(name, _)| !name.starts_with("components/"));
        let mut layout_ids: Vec<_> = layouts.flat_map(|(_, text)| fixed_ids(text)).map(str::to_owned).collect();
        // The writer's own.
        layout_ids.push("footnotes".to_owned());
        layout_ids.sort();
        layout_ids.dedup();
        let mut tera = Tera::new();
        tera.add_raw_templates(sources.iter().map(|(name, text)| (name, text))).unwrap();
        let html = tera.render_component("B", &Context::new(), Some(""), true).unwrap();
        assert_eq!(html, "site");
    }
}
