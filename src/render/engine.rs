//! The templates of a site: layouts and components in one Tera instance, with rivage's functions and filters.
//!
//! In: the theme's files and what they may ask for ([`Surroundings`]). Out: [`Engine`], which renders layouts and components and turns
//! Tera's errors into diagnostics with the template's lines. Deliberately not here: what layouts are given ([`super::page`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId, Location, Span};
use rustc_hash::FxHashMap;
use tera::{ComponentInfo, Context, ErrorKind, Tera, Value};

use super::functions;
use super::scope;
use super::templates::{Sources, definitions};
use super::timing::{Clock, Part, Times};
use super::{diagnostics, filters};

/// Layouts and components, ready to render.
pub struct Engine {
    tera: Tera,
    /// Template name → file.
    files: BTreeMap<String, FileId>,
    /// Component → where it is defined.
    places: FxHashMap<String, Location>,
    components: FxHashMap<String, ComponentInfo>,
    names: Vec<String>,
    /// The templates once more, with marks that measure; only if asked.
    measured: Option<(Tera, Arc<Clock>)>,
}

/// What went wrong in a template, still without the page it happened on.
pub type Failure = Box<Diagnostic>;

impl Engine {
    /// Compiles all templates. Broken ones are reported and left out. With `measure` it notes how long each takes.
    pub fn new(sources: Sources, measure: bool) -> (Self, Vec<Diagnostic>) {
        let mut tera = Tera::new();
        // Drawings are XML, too.
        tera.autoescape_on(vec![".html", ".htm", ".xml", ".svg"]);
        functions::register(&mut tera);
        filters::register(&mut tera);
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

        let Sources { texts, files } = sources;
        let places = places(&texts, &files);
        let measured = if measure { marked(&tera, &texts) } else { None };
        let diagnostics = compile(&mut tera, texts, &files);

        let components: FxHashMap<_, _> = tera
            .get_component_names()
            .filter_map(|name| Some((name.to_owned(), tera.get_component_definition(name)?)))
            .collect();
        let mut names: Vec<_> = tera.get_component_names().map(str::to_owned).collect();
        names.sort();
        (Self { tera, files, places, components, names, measured }, diagnostics)
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

    /// Returns how long layouts and components took; nothing if it was not asked for.
    pub fn times(&self) -> BTreeMap<Part, Times> {
        self.measured.as_ref().map(|(_, clock)| clock.times()).unwrap_or_default()
    }

    /// An error of the template that is rendered at `place`, which Tera does not always tell. What an image is to blame for is no mistake of the template.
    fn failure(&self, error: &tera::Error, place: Option<Location>) -> Failure {
        let mut diagnostic = template_error(error, &self.files);
        diagnostic.primary = diagnostic.primary.or(place);
        Box::new(match scope::take_blamed() {
            Some(image) => diagnostics::bad_image_of_template(diagnostic, &image),
            None => diagnostic,
        })
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
