//! The templates of a site: layouts and components in one Tera instance, with rivage's functions and filters.
//!
//! In: the theme's files and what they may ask for ([`Surroundings`]). Out: [`Engine`], which renders layouts and components and turns
//! Tera's errors into diagnostics with the template's lines. Deliberately not here: what layouts are given ([`super::page`]).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId, Location, Span};
use rustc_hash::FxHashMap;
use tera::{ComponentInfo, Context, ErrorKind, Tera, Value};

use super::functions::{self, Surroundings};
use super::timing::{Clock, Part, Times};
use super::{diagnostics, filters};
use crate::discover::{ThemeFile, ThemeFiles};
use crate::inputs::Inputs;
use crate::theme;

/// Layouts and components, ready to render.
pub struct Engine {
    tera: Tera,
    /// Template name → file.
    files: BTreeMap<String, FileId>,
    /// Component → where it is defined.
    places: FxHashMap<String, Location>,
    components: FxHashMap<String, ComponentInfo>,
    names: Vec<String>,
    layout_ids: Vec<String>,
    /// The templates once more, with marks that measure; only if asked.
    measured: Option<(Tera, Arc<Clock>)>,
}

/// What went wrong in a template, still without the page it happened on.
pub type Failure = Box<Diagnostic>;

impl Engine {
    /// Reads and compiles all templates. Broken ones are reported and left out. With `measure` it notes how long each takes.
    pub fn load(
        inputs: &Inputs<'_>,
        files: &ThemeFiles,
        surroundings: &Arc<Surroundings>,
        measure: bool,
    ) -> (Self, Vec<Diagnostic>) {
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
                let text = diagnostics::text_of(&file.path, &bytes, &mut diagnostics);
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
        let places = places(&sources, &paths);
        let measured = if measure { marked(&tera, &sources) } else { None };
        diagnostics.extend(compile(&mut tera, sources, &paths));

        let components: FxHashMap<_, _> = tera
            .get_component_names()
            .filter_map(|name| Some((name.to_owned(), tera.get_component_definition(name)?)))
            .collect();
        let mut names: Vec<_> = tera.get_component_names().map(str::to_owned).collect();
        names.sort();
        (Self { tera, files: paths, places, components, names, layout_ids, measured }, diagnostics)
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
        if let Some((tera, clock)) = &self.measured
            && let Some(html) = clock.layout(layout, || tera.render(layout, context).ok())
        {
            return Ok(html);
        }
        // Also where that failed: the places of an error are those of the templates without marks.
        self.tera.render(layout, context).map_err(|error| {
            let place = self.files.get(layout).map(|file| Location::new(file, Span::at(0)));
            self.failure(&error, place)
        })
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
        let render = |tera: &Tera| tera.render_component_with_implicits(name, arguments, implicits, Some(body), true);
        if let Some((tera, clock)) = &self.measured
            && let Some(html) = clock.guarded(|| render(tera).ok())
        {
            return Ok(html);
        }
        render(&self.tera).map_err(|error| self.failure(&error, self.places.get(name).cloned()))
    }

    /// Returns how long layouts and components took, by name; nothing if it was not asked for.
    pub fn times(&self) -> BTreeMap<Part, Times> {
        self.measured.as_ref().map(|(_, clock)| clock.times()).unwrap_or_default()
    }

    /// An error of the template that is rendered at `place`, which Tera does not always tell.
    fn failure(&self, error: &tera::Error, place: Option<Location>) -> Failure {
        let mut diagnostic = template_error(error, &self.files);
        diagnostic.primary = diagnostic.primary.or(place);
        Box::new(diagnostic)
    }
}

/// Compiles all templates with marks that measure. Where one is broken, none is measured.
fn marked(tera: &Tera, sources: &[(String, String)]) -> Option<(Tera, Arc<Clock>)> {
    let mut tera = tera.clone();
    let mut clock = Clock::default();
    let marked: Vec<_> = sources.iter().map(|(name, text)| (name, clock.mark(text))).collect();
    let clock = Arc::new(clock);
    clock.register(&mut tera);
    tera.add_raw_templates(marked).ok()?;
    Some((tera, clock))
}

/// Compiles all templates. Tera takes all or none and stops at the first error; a writer wants to know all errors, and not to be told that
/// every other template is missing: what is broken is reported and replaced by an empty template.
fn compile(tera: &mut Tera, mut sources: Vec<(String, String)>, paths: &BTreeMap<String, FileId>) -> Vec<Diagnostic> {
    let add = |tera: &mut Tera, sources: &[(String, String)]| {
        tera.add_raw_templates(sources.iter().map(|(name, text)| (name, text)))
    };
    let mut found = Vec::new();
    if add(tera, &sources).is_ok() {
        return found;
    }
    for (name, text) in &mut sources {
        if let Err(error) = Tera::new().add_raw_template(name, text)
            && let ErrorKind::SyntaxError(_) = error.kind()
        {
            found.push(template_error(&error, paths));
            *text = stub(text);
        }
    }
    // Each round takes one template out.
    for _ in 0..=sources.len() {
        let Err(error) = add(tera, &sources) else { break };
        let diagnostic = template_error(&error, paths);
        let culprit = culprit(&error, &sources);
        // A stub that is broken, too, says nothing new.
        let is_new = culprit.is_none_or(|at| sources[at].1 != stub(&sources[at].1));
        if is_new {
            found.push(diagnostic);
        }
        match culprit {
            Some(at) if is_new => sources[at].1 = stub(&sources[at].1),
            Some(at) => drop(sources.remove(at)),
            None => break,
        }
    }
    found
}

/// The template that an error is about: its place among `sources`.
fn culprit(error: &tera::Error, sources: &[(String, String)]) -> Option<usize> {
    let name = match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => report.filename(),
        ErrorKind::CircularExtend { tpl, .. } | ErrorKind::CircularInclude { tpl, .. } => tpl,
        ErrorKind::MissingParent { current, .. } => current,
        // Messages name templates in words only.
        other => {
            let message = other.to_string();
            return sources.iter().rposition(|(name, _)| message.contains(&format!("`{name}`")));
        }
    };
    sources.iter().position(|(known, _)| known == name)
}

/// What stands for a broken template: its components without content, so that pages that use them are not blamed.
fn stub(text: &str) -> String {
    let names: BTreeSet<_> = definitions(text).map(|range| &text[range]).collect();
    names.into_iter().fold(String::new(), |mut out, name| {
        out.push_str(&format!("{{% component {name}(...rest) %}}{{{{ body }}}}{{% endcomponent {name} %}}"));
        out
    })
}

/// Where components are defined; the site's win.
fn places(sources: &[(String, String)], paths: &BTreeMap<String, FileId>) -> FxHashMap<String, Location> {
    let mut places = FxHashMap::default();
    for (name, text) in sources {
        let Some(file) = paths.get(name) else { continue };
        for range in definitions(text) {
            places.insert(text[range.clone()].to_owned(), Location::new(file, Span::new(range.start, range.end)));
        }
    }
    places
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
        other => {
            let message = diagnostics::template(&other.to_string());
            let name = match other {
                ErrorKind::CircularExtend { tpl, .. } | ErrorKind::CircularInclude { tpl, .. } => Some(tpl),
                ErrorKind::MissingParent { current, .. } => Some(current),
                _ => None,
            };
            match name.and_then(|name| files.get(name)) {
                Some(file) => message.at(file, Span::at(0)),
                None => message,
            }
        }
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
