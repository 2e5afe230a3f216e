//! One route → its HTML page: content, layout, facts.
//!
//! In: a [`Route`] and the [`Renderer`] all routes share. Out: artifacts to the sink, [`PageFacts`], diagnostics. A pure function of
//! the route and what it asks of [`Inputs`]. Deliberately not here: what is written once per site ([`super::outputs`]).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rivage_api::describe::Heading;
use rivage_diag::{Diagnostic, FileId, Location};
use rivage_syntax::Span;
use rivage_syntax::ast::Node;
use rustc_hash::FxHashSet;
use tera::{Context, Value};

use super::engine::Engine;
use super::functions::{Surroundings, translate};
use super::host::{Gathered, SiteHost, TwinAnswers};
use super::html::TocEntry;
use super::outputs::{jsonld, twin};
use super::scope::{self, Scope};
use super::templates::Sources;
use super::timing::{Part, Times};
use super::values::{Values, map};
use super::{Artifact, PageFacts, SearchPage, Sink, diagnostics, minify, scan};
use crate::api;
use crate::config::{Config, Language, UnknownComponent};
use crate::images::Derivative;
use crate::inputs::{Fingerprint, Inputs, SiteQuestion};
use crate::parse::Document;
use crate::resolve::{Page, PageId, Route, Site, View, output_path};

/// Parts of a list that its pager shows on each side of the current one.
const NEAR: usize = 2;

/// The layout of the page about the API. A theme without it has no such page.
pub const REFERENCE_LAYOUT: &str = "api.html";

/// The layout of the dashboard. A theme without it has none.
pub const ADMIN_LAYOUT: &str = "admin.html";

/// The dashboard in the output.
pub const ADMIN: &str = "admin/index.html";

/// What all routes of a build share.
pub struct Renderer {
    /// Layouts and components.
    pub engine: Arc<LazyEngine>,
    /// What is wrong with them.
    pub engine_problems: Vec<Diagnostic>,
    /// What templates may ask for.
    pub surroundings: Arc<Surroundings>,
    /// `site` and `lang` of each language, in the order of the settings.
    pub languages: Vec<(Value, Value)>,
}

/// Layouts and components, compiled when the first of them is needed: a build in which nothing changed needs none.
pub struct LazyEngine {
    engine: OnceLock<Engine>,
    sources: Sources,
    print: Fingerprint,
    measure: bool,
}

impl LazyEngine {
    /// Puts compiling off. With `measure` it notes how long each template takes.
    pub fn new(sources: Sources, measure: bool) -> Self {
        Self { engine: OnceLock::new(), print: sources.print(), sources, measure }
    }

    /// Returns the fingerprint of all templates.
    pub fn print(&self) -> Fingerprint {
        self.print
    }

    /// Compiles the templates and returns what is wrong with them.
    pub fn compile(&self) -> Vec<Diagnostic> {
        let (engine, problems) = Engine::new(self.sources.clone(), self.measure);
        let _ = self.engine.set(engine);
        problems
    }

    /// Returns how long templates took so far, if that is measured.
    pub fn times(&self) -> BTreeMap<Part, Times> {
        self.engine.get().map(Engine::times).unwrap_or_default()
    }

    /// Returns the engine.
    pub fn get(&self) -> &Engine {
        self.engine.get_or_init(|| Engine::new(self.sources.clone(), self.measure).0)
    }
}

/// What of a page was made before its layout.
#[derive(Default)]
struct Body {
    html: String,
    toc: Vec<TocEntry>,
    twin: Option<String>,
    facts: PageFacts,
    /// Site paths that need no second look in the HTML.
    judged: FxHashSet<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Renderer {
    fn values(&self) -> &Values {
        &self.surroundings.values
    }

    fn site(&self) -> &Site {
        self.surroundings.values.site()
    }

    fn config(&self) -> &Config {
        &self.site().config
    }

    fn scope(&self, inputs: &Inputs<'_>, language: &str, url: &str, page: Option<PageId>) -> Scope {
        let (notes, world) = (inputs.notes().clone(), inputs.world().clone());
        let (surroundings, engine) = (Arc::clone(&self.surroundings), Arc::clone(&self.engine));
        Scope::new(notes, world, surroundings, engine, (language, url), page)
    }

    /// Renders one route.
    ///
    /// # Errors
    /// The sink refused a file.
    pub fn render_route(
        &self,
        inputs: &Inputs<'_>,
        route: &Route,
        sink: &dyn Sink,
    ) -> Result<(PageFacts, Vec<Diagnostic>), crate::fs::Error> {
        self.note(inputs, SiteQuestion::Settings);
        self.note(inputs, SiteQuestion::Route(route.url.clone()));
        let page = match route.view {
            View::Page(id) | View::Pager(id, _) => Some(id),
            View::Taxonomy(_) | View::Term(..) => None,
        };
        scope::enter(self.scope(inputs, &route.language, &route.url, page), || {
            let mut body = match route.view {
                View::Page(id) => self.render_body(inputs, self.site().page(id))?,
                _ => Body::default(),
            };
            let (candidates, mut context) = self.route_context(route, &body);
            let wanted = page.and_then(|id| wanted_template(self.site().page(id)));
            let html = self.layout(inputs, &candidates, &mut context, wanted, &mut body);
            let (html, ids) = self.finish(html);
            let mut facts = self.facts(route, PageFacts { ids, ..std::mem::take(&mut body.facts) }, &body);
            if let View::Page(id) = route.view
                && self.surroundings.feed_pages.contains(&id)
            {
                facts.content = Some(Arc::from(body.html.as_str()));
            }
            facts.derivatives = derivatives();
            sink.put(Artifact::text(output_path(&route.url), html))?;
            // That no other file is in its place is part of the answer about the route.
            let path = twin::path(&route.url);
            if let Some(twin) = body.twin.filter(|_| !self.surroundings.is_written(&path)) {
                sink.put(Artifact::text(path, twin))?;
            }
            Ok((facts, body.diagnostics))
        })
    }

    /// Renders `404.html` of a language.
    ///
    /// # Errors
    /// The sink refused a file.
    pub fn render_not_found(
        &self,
        inputs: &Inputs<'_>,
        language: &Language,
        sink: &dyn Sink,
    ) -> Result<(PageFacts, Vec<Diagnostic>), crate::fs::Error> {
        let url = match &language.prefix {
            Some(prefix) => format!("/{prefix}/404.html"),
            None => "/404.html".to_owned(),
        };
        self.note(inputs, SiteQuestion::Settings);
        scope::enter(self.scope(inputs, &language.code, &url, None), || {
            let mut body = Body::default();
            let mut context = self.base_context(&language.code, &url);
            let title = translate(&self.surroundings, "not_found", &[]);
            context.insert("title", &title);
            let html = self.layout(inputs, &["404.html".to_owned()], &mut context, None, &mut body);
            let path = url.trim_start_matches('/');
            self.note(inputs, SiteQuestion::Served(path.to_owned()));
            if !self.surroundings.is_written(path) {
                sink.put(Artifact::text(path, self.finish(html).0))?;
            }
            Ok((PageFacts { derivatives: derivatives(), ..PageFacts::default() }, body.diagnostics))
        })
    }

    /// Renders the page about the API, where there is one.
    ///
    /// # Errors
    /// The sink refused a file.
    pub fn render_reference(
        &self,
        inputs: &Inputs<'_>,
        sink: &dyn Sink,
    ) -> Result<(PageFacts, Vec<Diagnostic>), crate::fs::Error> {
        const URL: &str = "/api/";
        let language = &self.config().default_language().code;
        self.note(inputs, SiteQuestion::Settings);
        self.note(inputs, SiteQuestion::Reference);
        let Some(reference) = &self.surroundings.reference else { return Ok(Default::default()) };
        scope::enter(self.scope(inputs, language, URL, None), || {
            let mut body = Body::default();
            let mut context = self.base_context(language, URL);
            context.insert("title", &translate(&self.surroundings, "api_reference", &[]));
            context.insert("description", &translate(&self.surroundings, "api_reference_text", &[]));
            context.insert_value("content", Value::safe_string(&reference.html));
            let location = Location::new(&FileId::from(crate::config::FILE), Span::at(0));
            let entry = |heading: &Heading| TocEntry {
                depth: heading.depth,
                id: heading.id.clone(),
                title: heading.title.clone(),
                location: location.clone(),
            };
            let toc: Vec<_> = reference.headings.iter().map(entry).collect();
            context.insert_value("toc", nested_toc(&toc, 2, 3));
            let html = self.layout(inputs, &[REFERENCE_LAYOUT.to_owned()], &mut context, None, &mut body);
            sink.put(Artifact::text(api::REFERENCE, self.finish(html).0))?;
            Ok((PageFacts { derivatives: derivatives(), ..PageFacts::default() }, body.diagnostics))
        })
    }

    /// Renders the dashboard: a page without data, which its script asks of the API.
    ///
    /// # Errors
    /// The sink refused a file.
    pub fn render_admin(
        &self,
        inputs: &Inputs<'_>,
        sink: &dyn Sink,
    ) -> Result<(PageFacts, Vec<Diagnostic>), crate::fs::Error> {
        const URL: &str = "/admin/";
        let language = &self.config().default_language().code;
        self.note(inputs, SiteQuestion::Settings);
        scope::enter(self.scope(inputs, language, URL, None), || {
            let mut body = Body::default();
            let mut context = self.base_context(language, URL);
            context.insert("title", &translate(&self.surroundings, "admin_title", &[]));
            let html = self.layout(inputs, &[ADMIN_LAYOUT.to_owned()], &mut context, None, &mut body);
            sink.put(Artifact::text(ADMIN, self.finish(html).0))?;
            Ok((PageFacts { derivatives: derivatives(), ..PageFacts::default() }, body.diagnostics))
        })
    }

    /// Returns a page as it is written, and the ids in it.
    fn finish(&self, html: String) -> (String, Vec<String>) {
        if self.config().build.minify {
            return minify::minify_and_list(&html);
        }
        let ids = scan::ids(&html);
        (html, ids)
    }

    /// Reads and renders the content of a document without a page around it: what `rivage render` prints.
    ///
    /// # Errors
    /// The document cannot be read any more.
    pub fn render_content(
        &self,
        inputs: &Inputs<'_>,
        page: &Page,
    ) -> Result<(String, Vec<Diagnostic>), crate::fs::Error> {
        scope::enter(self.scope(inputs, &page.language, &page.url, Some(page.id)), || {
            let body = self.render_body(inputs, page)?;
            Ok((body.html, body.diagnostics))
        })
    }

    fn note(&self, inputs: &Inputs<'_>, question: SiteQuestion) {
        let answer = self.surroundings.answer(&question);
        inputs.notes().note_site(question, answer);
    }

    fn render_body(&self, inputs: &Inputs<'_>, page: &Page) -> Result<Body, crate::fs::Error> {
        let Some(document) = &page.document else { return Ok(Body::default()) };
        let text = document.text(inputs.world())?;
        let (root, mut problems) = parse_body(self.config(), document, &text);
        let mut host = SiteHost::new(self, inputs, page, document, &text);
        let (rendered, names) = host.render(&root);
        host.check_own_image();
        let twin = (self.config().build.markdown_twins && !page.is_fallback).then(|| {
            let description = document.front_matter.description.as_deref().unwrap_or_default();
            twin::write(&page.title, description, &root, &mut TwinAnswers::new(&mut host, names))
        });
        let Gathered { links, external, judged, mut diagnostics } = host.finish();
        problems.append(&mut diagnostics);
        let headings =
            rendered.toc.iter().map(|entry| (entry.depth, entry.title.clone(), entry.location.clone())).collect();
        Ok(Body {
            html: rendered.html,
            toc: rendered.toc,
            twin,
            facts: PageFacts { links, external, headings, ..PageFacts::default() },
            judged,
            diagnostics: problems,
        })
    }

    fn facts(&self, route: &Route, mut facts: PageFacts, body: &Body) -> PageFacts {
        facts.url.clone_from(&route.url);
        if let View::Page(id) = route.view {
            let page = self.site().page(id);
            if self.values().is_searched(page) && !is_hidden_from_robots(page) {
                let trail = page.ancestors.iter().skip(1).map(|id| self.site().page(*id).title.as_str());
                facts.search = Some(SearchPage {
                    url: self.values().href(&page.url),
                    language: page.language.clone(),
                    title: page.title.clone(),
                    breadcrumb: trail.collect::<Vec<_>>().join(" › "),
                    sections: scan::sections(&body.html),
                });
            }
            let hrefs = scan::hrefs(&body.html).into_iter();
            facts.internal_hrefs = hrefs.filter(|href| is_site_path(href) && !body.judged.contains(href)).collect();
        }
        facts
    }

    fn layout(
        &self,
        inputs: &Inputs<'_>,
        candidates: &[String],
        context: &mut Context,
        wanted: Option<Location>,
        body: &mut Body,
    ) -> String {
        let place = wanted.as_ref().map(|location| (&location.file, location.span));
        let lenient = self.config().markdown.unknown_component == UnknownComponent::Element;
        // A layout that somebody asked for by name must exist: falling back would hide the mistake. A site that is being moved over asks
        // for layouts that it has not got yet: it is told so, and shown in those that its kind has.
        let asked = if place.is_some() && !lenient { &candidates[..1] } else { candidates };
        let has_layout = |name: &String| {
            self.note(inputs, SiteQuestion::Layout(name.clone()));
            self.engine.get().has_layout(name)
        };
        let found = asked.iter().position(has_layout);
        if found.is_none() || (found != Some(0) && place.is_some()) {
            let mut diagnostic = diagnostics::unknown_template(place, asked);
            if found.is_some() {
                diagnostic.severity = rivage_diag::Severity::Warning;
            }
            body.diagnostics.push(diagnostic);
        }
        let Some(layout) = found.map(|place| &asked[place]) else { return body.html.clone() };
        let rendered = self.engine.get().render(layout, context);
        let page = scope::page();
        let document = page.and_then(|id| self.site().page(id).document.as_ref());
        let place = document.map(|document| Location::new(&document.file, Span::at(0)));
        for mut told in scope::take_found() {
            // What is wrong with a file is told with its place; what a page asks for in vain, with the page's.
            match told.primary {
                Some(_) => told.trace.extend(place.clone()),
                None => told.primary.clone_from(&place),
            }
            body.diagnostics.push(told);
        }
        rendered.unwrap_or_else(|failure| {
            let mut failure = *failure;
            failure.trace.extend(place);
            body.diagnostics.push(failure);
            String::new()
        })
    }

    fn base_context(&self, language: &str, url: &str) -> Context {
        let place = self.config().languages.iter().position(|known| known.code == language).unwrap_or(0);
        let (site, lang) = &self.languages[place];
        let mut context = Context::new();
        let empty = || Value::from(Vec::<Value>::new());
        for (name, value) in [
            ("site", site.clone()),
            ("lang", lang.clone()),
            ("preview", self.surroundings.preview.into()),
            ("generator", concat!("rivage ", env!("CARGO_PKG_VERSION")).into()),
            ("current_url", self.values().href(url).into()),
            ("canonical", self.values().absolute(url).into()),
            ("page", Value::none()),
            ("content", Value::safe_string("")),
            ("toc", empty()),
            ("pages", empty()),
            ("subsections", empty()),
            ("pager", Value::none()),
            ("taxonomy", Value::none()),
            ("term", Value::none()),
            ("terms", empty()),
            ("feeds", empty()),
            ("title", "".into()),
            ("description", Value::none()),
        ] {
            context.insert_value(name, value);
        }
        context
    }

    fn route_context(&self, route: &Route, body: &Body) -> (Vec<String>, Context) {
        let mut context = self.base_context(&route.language, &route.url);
        let site = self.site();
        let values = self.values();
        let candidates = match route.view {
            View::Page(id) | View::Pager(id, _) => {
                let page = site.page(id);
                let part = if let View::Pager(_, part) = route.view { part } else { 1 };
                context.insert_value("title", page.title.as_str().into());
                let description = page.document.as_ref().and_then(|document| document.front_matter.description.clone());
                context.insert_value("description", description.into());
                context.insert_value("content", Value::safe_string(&body.html));
                let (low, high) = self.config().markdown.toc_depth;
                context.insert_value("toc", nested_toc(&body.toc, low, high));
                let feeds = self.feeds_of(page);
                context.insert_value("feeds", feeds.clone());
                context.insert_value("page", self.full_page(page, feeds));
                if page.is_section {
                    let size = page.defaults.paginate_by.unwrap_or(0);
                    let (shown, pager) = self.paginate(&page.pages, size, part, &page.url);
                    context.insert_value("pages", shown);
                    context.insert_value("pager", pager);
                    context.insert_value("subsections", values.lights(&page.subsections));
                }
                page.template_candidates()
            }
            View::Taxonomy(index) => {
                let name = &site.taxonomies[index].name;
                context.insert_value("title", values.taxonomy_title(index).into());
                context.insert_value("taxonomy", values.taxonomy(index));
                context.insert_value("terms", values.terms(index));
                vec![format!("taxonomy/{name}.html"), "taxonomy/list.html".to_owned()]
            }
            View::Term(index, place, part) => {
                let taxonomy = &site.taxonomies[index];
                let term = &taxonomy.terms[place];
                let settings = self.config().taxonomies.iter().find(|known| known.name == taxonomy.name);
                let size = settings.map_or(0, |settings| settings.paginate_by);
                let (shown, pager) = self.paginate(&term.pages, size, part, &term.url);
                context.insert_value("title", format!("{}: {}", values.taxonomy_title(index), term.name).into());
                context.insert_value("taxonomy", values.taxonomy(index));
                context.insert_value("term", values.term(index, place));
                context.insert_value("pages", shown);
                context.insert_value("pager", pager);
                if settings.is_some_and(|settings| settings.feed) {
                    context.insert_value("feeds", self.feeds_at(&term.url, &term.name));
                }
                vec![format!("taxonomy/{}-term.html", taxonomy.name), "taxonomy/term.html".to_owned()]
            }
        };
        (candidates, context)
    }

    fn paginate(&self, ids: &[PageId], size: usize, part: usize, url: &str) -> (Value, Value) {
        if size == 0 || ids.len() <= size {
            return (self.values().lights(ids), Value::none());
        }
        let count = ids.len().div_ceil(size);
        let shown = slice_of(ids, size, part);
        let address = |part: usize| self.values().pager_url(url, part);
        // What a pager shows: the first and the last part, and those about this one. Going through all of them on each part would take
        // quadratic time.
        let near = (part.saturating_sub(NEAR + 1)..=part + NEAR + 1).filter(|n| (2..count).contains(n));
        let near = std::iter::once(1).chain(near).chain([count]).map(|n| {
            map([
                ("n", n.into()),
                ("url", address(n)),
                ("current", (n == part).into()),
                ("gap", (n != 1 && n != count && n.abs_diff(part) > NEAR).into()),
            ])
        });
        let pager = map([
            ("index", part.into()),
            ("count", count.into()),
            ("total", ids.len().into()),
            ("url_first", address(1)),
            ("url_last", address(count)),
            ("url_previous", if part > 1 { address(part - 1) } else { Value::none() }),
            ("url_next", if part < count { address(part + 1) } else { Value::none() }),
            ("near", Value::from(near.collect::<Vec<_>>())),
            ("urls", self.values().pager_links(url, count)),
        ]);
        (self.values().lights(shown), pager)
    }

    fn feeds_at(&self, url: &str, title: &str) -> Value {
        let feeds = &self.config().feeds;
        let kinds = [
            (feeds.atom, "application/atom+xml", "atom.xml"),
            (feeds.rss, "application/rss+xml", "rss.xml"),
            (feeds.json, "application/feed+json", "feed.json"),
        ];
        let all = kinds.into_iter().filter(|(on, ..)| *on).map(|(_, kind, file)| {
            let url = self.values().href(&format!("{url}{file}"));
            map([("type", kind.into()), ("title", title.into()), ("url", url.into())])
        });
        Value::from(all.collect::<Vec<_>>())
    }

    /// The feeds of the nearest section that has some.
    fn feeds_of(&self, page: &Page) -> Value {
        let own = page.is_section.then_some(page.id);
        let found = own.into_iter().chain(page.ancestors.iter().rev().copied()).find(|id| {
            let section = self.site().page(*id);
            section.defaults.feed == Some(true) && !section.is_fallback
        });
        match found {
            Some(id) => {
                let section = self.site().page(id);
                self.feeds_at(&section.url, &section.title)
            }
            None => Value::from(Vec::<Value>::new()),
        }
    }

    fn full_page(&self, page: &Page, feeds: Value) -> Value {
        let values = self.values();
        let site = self.site();
        let config = self.config();
        let mut all = values.light(page.id).into_map().unwrap_or_default();
        let mut set = |key: &'static str, value: Value| all.insert(tera::value::Key::Str(key), value);
        let edit = page.document.as_ref().zip(config.site.edit_url.as_ref());
        set("edit_url", edit.map(|(document, pattern)| pattern.replace("{path}", &document.source.path)).into());
        let twin = config.build.markdown_twins && page.document.is_some() && !page.is_fallback;
        let twin = twin.then(|| values.href(&format!("/{}", twin::path(&page.url))));
        set("markdown_url", twin.into());
        set("breadcrumbs", Value::from(page.ancestors.iter().map(|id| values.reference(*id)).collect::<Vec<_>>()));
        set("previous", page.previous.map(|id| values.reference(id)).into());
        set("next", page.next.map(|id| values.reference(id)).into());
        let translation = |id: &PageId| {
            let page = site.page(*id);
            let name = config.language(&page.language).map_or(page.language.as_str(), |language| &language.name);
            map([
                ("language", page.language.as_str().into()),
                ("name", name.into()),
                ("url", values.href(&page.url).into()),
                ("title", page.title.as_str().into()),
            ])
        };
        set("translations", Value::from(page.translations.iter().map(translation).collect::<Vec<_>>()));
        set("alternates", self.alternates(page));
        set("related", values.lights(&page.related));
        let series = page.document.as_ref().and_then(|document| document.front_matter.series.clone());
        let series = series.and_then(|name| site.series.get(&(page.language.clone(), name)));
        set("series_pages", values.lights(series.map_or(&[], Vec::as_slice)));
        let original = page.is_fallback.then(|| {
            let key = (config.default_language().code.clone(), page.key.clone());
            site.by_key.get(&key).map(translation)
        });
        set("original", original.flatten().into());
        set("sidebar", page.sidebar.is_some().into());
        set("feeds", feeds);
        set("json_ld", Value::safe_string(&jsonld::write(site, page)));
        Value::from(all)
    }

    fn alternates(&self, page: &Page) -> Value {
        if page.translations.is_empty() || page.is_fallback {
            return Value::from(Vec::<Value>::new());
        }
        let mut pages = vec![page];
        pages.extend(page.translations.iter().map(|id| self.site().page(*id)));
        let order = |page: &&Page| self.config().languages.iter().position(|language| language.code == page.language);
        pages.sort_by_key(order);
        let alternate = |hreflang: &str, page: &Page| {
            map([("hreflang", hreflang.into()), ("url", self.values().absolute(&page.url).into())])
        };
        let mut all: Vec<_> = pages.iter().map(|page| alternate(&page.language, page)).collect();
        let default = &self.config().default_language().code;
        if let Some(page) = pages.iter().find(|page| page.language == *default) {
            all.push(alternate("x-default", page));
        }
        Value::from(all)
    }
}

/// Returns what a part of a list shows; the first part is 1, and 0 pages a part are all.
pub(super) fn slice_of(ids: &[PageId], size: usize, part: usize) -> &[PageId] {
    if size == 0 || ids.len() <= size {
        return ids;
    }
    let start = (part.max(1) - 1).saturating_mul(size).min(ids.len());
    &ids[start..ids.len().min(start.saturating_add(size))]
}

/// Reads the body of a document: the tree is made again for each rendering, which is cheaper than keeping it.
pub(super) fn parse_body(config: &Config, document: &Document, text: &str) -> (Node, Vec<Diagnostic>) {
    let options = crate::parse::markdown_options(config, document.source.syntax);
    rivage_syntax::markdown::parse(&document.file, text, document.body_start, &options)
}

/// Takes the files of images that the current page shows.
fn derivatives() -> Vec<Derivative> {
    let mut all = scope::with(|scope| std::mem::take(&mut scope.derivatives)).unwrap_or_default();
    all.sort_unstable();
    all.dedup();
    all
}

fn wanted_template(page: &Page) -> Option<Location> {
    let document = page.document.as_ref()?;
    let template = document.front_matter.template.as_ref()?;
    Some(Location::new(&document.file, template.span))
}

/// Reports whether a page asks robots to leave it alone.
pub fn is_hidden_from_robots(page: &Page) -> bool {
    let robots = page.document.as_ref().and_then(|document| document.front_matter.robots.as_deref());
    robots.is_some_and(|robots| robots.contains("noindex") || robots.contains("none"))
}

fn is_site_path(href: &str) -> bool {
    href.starts_with('/') && !href.starts_with("//")
}

/// Headings as a tree: those of greater depth below the one before them.
fn nested_toc(entries: &[TocEntry], low: u8, high: u8) -> Value {
    fn take(entries: &mut std::iter::Peekable<std::slice::Iter<'_, TocEntry>>, above: u8) -> Vec<Value> {
        let mut out = Vec::new();
        while let Some(entry) = entries.next_if(|entry| entry.depth > above) {
            let children = take(entries, entry.depth);
            out.push(map([
                ("id", entry.id.as_str().into()),
                ("title", entry.title.as_str().into()),
                ("level", u64::from(entry.depth).into()),
                ("children", Value::from(children)),
            ]));
        }
        out
    }
    let shown: Vec<_> = entries.iter().filter(|entry| (low..=high).contains(&entry.depth)).cloned().collect();
    Value::from(take(&mut shown.iter().peekable(), 0))
}

/// Turns a light page value into JSON for expressions.
pub(super) fn value_json(value: &Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}
