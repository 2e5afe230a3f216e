//! The functions of templates: `pages()`, `menu()`, `asset()`, `t()`…
//!
//! In: [`Surroundings`] and the current [`scope`]. Out: Tera values; every look at the site or the disk is noted in the scope's
//! trace. Deliberately not here: filters, functions about images ([`super::image_functions`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rivage_api::describe::Reference;
use rivage_diag::{FileId, Span};
use rivage_syntax::data;
use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

use super::answers::Memo;
use super::assets::AssetMap;
use super::live;
use super::once;
use super::templates::Templates;
use super::values::{Values, json};
use super::{image_functions, scope};
use crate::config::SortBy;
use crate::images::Library;
use crate::inputs::{Fingerprint, PagesQuery, Question, SiteQuestion};
use crate::parse::Document;
use crate::resolve::PageId;

/// What templates may ask for.
pub struct Surroundings {
    /// Pages, menus, terms.
    pub values: Values,
    /// Fingerprinted files.
    pub assets: AssetMap,
    /// Inline drawings by name: `assets/icons/sun.svg` is `sun`.
    pub icons: BTreeMap<String, Icon>,
    /// Texts of the theme and site by language, then key.
    pub strings: BTreeMap<String, BTreeMap<String, String>>,
    /// Static files, by path below static/, with where they lie.
    pub statics: BTreeMap<String, String>,
    /// Files beside pages, by URL path without the first slash, with where they lie.
    pub beside: BTreeMap<String, String>,
    /// What layouts and components are made of.
    pub templates: Templates,
    /// Pages whose content a feed shows.
    pub feed_pages: BTreeSet<PageId>,
    /// What is known of images.
    pub images: Arc<Library>,
    /// Whether pages are for `rivage preview`.
    pub preview: bool,
    /// The content of the page about the API; none where the site has no API, or no such page.
    pub reference: Option<Reference>,
    /// Whether the site has a dashboard.
    pub admin: bool,
    /// Answers that many pages ask for.
    pub memo: Memo,
}

/// A drawing, made ready once: a page shows dozens.
pub struct Icon {
    svg: Value,
    print: Fingerprint,
}

impl Icon {
    /// Makes a drawing of SVG.
    pub fn new(svg: &str) -> Self {
        Self { svg: Value::safe_string(svg), print: Fingerprint::of(svg.as_bytes()) }
    }

    /// Returns what tells one state of it from another.
    pub fn print(&self) -> Fingerprint {
        self.print
    }
}

impl Surroundings {
    /// Returns a text of the theme in a language, else in the site's default language, else in English.
    pub fn string(&self, language: &str, key: &str) -> Option<&str> {
        let own = self.strings.get(language).and_then(|texts| texts.get(key));
        own.or_else(|| self.string_tables(language).find_map(|texts| texts.get(key))).map(String::as_str)
    }

    /// Returns the texts that a language's are looked for in, one after the other.
    pub(super) fn string_tables(&self, language: &str) -> impl Iterator<Item = &BTreeMap<String, String>> {
        let default = self.values.site().config.default_language().code.as_str();
        let base = language.split('-').next().unwrap_or(language);
        [language, base, default, "en"].map(|language| self.strings.get(language)).into_iter().flatten()
    }

    /// Puts a document in the place of a former one that has the same front matter and title. Reports whether that was possible.
    pub fn exchange_document(&mut self, before: &Arc<Document>, now: &Arc<Document>) -> bool {
        self.memo = Memo::default();
        self.values.exchange_document(before, now)
    }

    /// Reports whether the author wrote a file for a path of the output, given without the first slash: it takes the place of ours.
    pub fn is_written(&self, path: &str) -> bool {
        self.statics.contains_key(path) || self.beside.contains_key(path)
    }

    /// Returns the URL of a file below assets/.
    pub fn asset(&self, path: &str) -> Option<String> {
        self.assets.get(path).map(|asset| self.values.href(&format!("/{}", asset.url_path)))
    }
}

/// Returns a text of the current language, with `{name}` filled in.
pub(super) fn translate(surroundings: &Surroundings, key: &str, arguments: &[(&str, String)]) -> String {
    note_texts(surroundings);
    let text = scope::with(|scope| surroundings.string(&scope.language, key));
    let mut text = text.unwrap_or_else(|| surroundings.string("", key)).unwrap_or(key).to_owned();
    for (name, value) in arguments {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// Notes that the texts of the page's language are asked for: once, since a page asks for dozens.
pub(super) fn note_texts(env: &Surroundings) {
    scope::with(|scope| {
        if !std::mem::replace(&mut scope.has_asked_for_texts, true) {
            let question = SiteQuestion::Strings(scope.language.clone());
            let answer = env.answer(&question);
            scope.notes.note_site(question, answer);
        }
    });
}

/// Notes a question about the site and its answer.
pub(super) fn note(env: &Surroundings, question: SiteQuestion) {
    scope::with(|scope| {
        let answer = env.answer(&question);
        scope.notes.note_site(question, answer);
    });
}

/// Registers all functions. What they tell of comes from the [`scope`], so that templates that are compiled serve any site.
pub(super) fn register(tera: &mut Tera) {
    tera.register_function("pages", env(pages));
    tera.register_function("get_page", env(get_page));
    tera.register_function("get_section", env(get_section));
    tera.register_function("sidebar", env(sidebar));
    tera.register_function("menu", env(menu));
    tera.register_function("taxonomy", env(taxonomy));
    tera.register_function("asset", env(asset));
    tera.register_function("url", env(url));
    tera.register_function("static_url", env(static_url));
    tera.register_function("t", env(text));
    tera.register_function("texts", env(texts));
    tera.register_function("data", env(read_data));
    tera.register_function("chart", env(live::chart::chart));
    tera.register_function("map", env(live::map::map));
    tera.register_function("related", env(live::related));
    tera.register_function("icon", env(icon));
    image_functions::register(tera);
    tera.register_function("once", env(once::render));
    tera.register_function("uid", |_: Kwargs, _: &State| Value::from(scope::uid().to_string()));
}

/// Makes a function of templates of one that is told what may be asked for.
pub(super) fn env(
    function: fn(&Surroundings, &Kwargs) -> TeraResult<Value>,
) -> impl Fn(Kwargs, &State) -> TeraResult<Value> + Sync + Send + 'static {
    move |arguments: Kwargs, _: &State| function(&*surroundings()?, &arguments)
}

/// Returns what the page that is being rendered may ask for.
///
/// # Errors
/// No page is being rendered.
pub(super) fn surroundings() -> TeraResult<Arc<Surroundings>> {
    scope::surroundings().ok_or_else(|| Error::message("this can only be used while a page is rendered"))
}

fn language() -> String {
    scope::with(|scope| scope.language.clone()).unwrap_or_default()
}

/// Finds a page by its file or key, as shown in a language.
pub(super) fn find_page(env: &Surroundings, language: &str, path: &str) -> Option<PageId> {
    let site = env.values.site();
    let path = path.trim_start_matches('/');
    let file = if path.starts_with("content/") { path.to_owned() } else { format!("content/{path}") };
    if let Some(id) = site.by_file.get(&file) {
        // The page of the current language, where there is one.
        let page = site.page(*id);
        return Some(site.by_key.get(&(language.to_owned(), page.key.clone())).copied().unwrap_or(*id));
    }
    site.by_key.get(&(language.to_owned(), path.trim_end_matches('/').to_owned())).copied()
}

fn pages(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let text = |name: &str| TeraResult::Ok(arguments.get::<&str>(name)?.map(str::to_owned));
    let mut query = PagesQuery {
        language: arguments.get::<String>("lang")?.unwrap_or_else(language),
        section: text("section")?,
        kind: text("kind")?,
        terms: Vec::new(),
        sort_by: text("sort_by")?,
        limit: arguments.get::<usize>("limit")?,
    };
    for taxonomy in &env.values.site().config.taxonomies {
        // `tag="rust"` and `tags="rust"` for the taxonomy `tags`.
        let singular = taxonomy.name.trim_end_matches('s');
        for name in [taxonomy.name.as_str(), singular] {
            query.terms.extend(arguments.get::<&str>(name)?.map(|term| (taxonomy.name.clone(), term.to_owned())));
        }
    }
    let found = find_pages(env, &query);
    note(env, SiteQuestion::Pages(query));
    Ok(env.values.lights(&found.map_err(Error::message)?))
}

/// Finds the pages that a query asks for.
///
/// # Errors
/// There is no such section or order.
pub(super) fn find_pages(env: &Surroundings, query: &PagesQuery) -> Result<Vec<PageId>, String> {
    let site = env.values.site();
    let mut found: Vec<PageId> = match &query.section {
        Some(section) => {
            let key = (query.language.clone(), section.trim_matches('/').to_owned());
            let Some(id) = site.by_key.get(&key) else { return Err(format!("there is no section `{section}`")) };
            site.pages_in(*id, true)
        }
        None => {
            let shown = site.pages.iter().filter(|page| page.language == query.language && !page.is_section);
            shown.map(|page| page.id).collect()
        }
    };
    if let Some(kind) = &query.kind {
        found.retain(|id| site.page(*id).kind == *kind);
    }
    for (taxonomy, term) in &query.terms {
        let wanted: BTreeSet<_> = site.pages_with_term(&query.language, taxonomy, term).iter().copied().collect();
        found.retain(|id| wanted.contains(id));
    }
    if let Some(order) = &query.sort_by {
        let order = match order.as_str() {
            "date" => SortBy::Date,
            "updated" => SortBy::Updated,
            "weight" => SortBy::Weight,
            "title" => SortBy::Title,
            "path" => SortBy::Path,
            other => {
                return Err(format!("`sort_by` must be `date`, `updated`, `weight`, `title` or `path`, not `{other}`"));
            }
        };
        site.sort(&mut found, order);
    }
    found.truncate(query.limit.unwrap_or(usize::MAX));
    Ok(found)
}

fn get_page(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let path = arguments.must_get::<&str>("path")?;
    let language = language();
    let found = find_page(env, &language, path);
    note(env, SiteQuestion::Page(language, path.to_owned()));
    match found {
        Some(id) => Ok(env.values.light(id)),
        None => Err(Error::message(format!("there is no page `{path}`"))),
    }
}

fn get_section(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let path = arguments.must_get::<&str>("path")?;
    let language = language();
    let found = find_page(env, &language, path).filter(|id| env.values.site().page(*id).is_section);
    note(env, SiteQuestion::Section(language, path.to_owned()));
    match found {
        Some(id) => Ok(env.values.section(id)),
        None => Err(Error::message(format!("there is no section `{path}`"))),
    }
}

fn sidebar(env: &Surroundings, _: &Kwargs) -> TeraResult<Value> {
    let site = env.values.site();
    let found = scope::with(|scope| {
        let id = scope.page()?;
        let page = site.page(id);
        let section = page.sidebar.clone()?;
        let name = format!("sidebar {section}");
        let items = site.sidebars.get(&(page.language.clone(), section));
        let found = items.map(|items| env.values.navigation(&page.language, &name, items, Some(id), scope.url()));
        Some((page.language.clone(), name, found.flatten()))
    });
    Ok(noted_navigation(env, found.flatten()))
}

fn menu(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let name = arguments.must_get::<&str>("name")?;
    let site = env.values.site();
    let found = scope::with(|scope| {
        let (language, page) = (scope.language.clone(), scope.page());
        let items = site.menus.get(&language).and_then(|menus| menus.get(name));
        let name = format!("menu {name}");
        let found = items.map(|items| env.values.navigation(&language, &name, items, page, scope.url()));
        (language, name, found.flatten())
    });
    Ok(noted_navigation(env, found))
}

/// Notes a menu or sidebar; none there is an empty list.
fn noted_navigation(env: &Surroundings, found: Option<(String, String, Option<Value>)>) -> Value {
    let nothing = || Value::from(Vec::<Value>::new());
    let Some((language, name, value)) = found else { return nothing() };
    note(env, SiteQuestion::Navigation(language, name));
    value.unwrap_or_else(nothing)
}

fn taxonomy(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let name = arguments.must_get::<&str>("name")?;
    let site = env.values.site();
    if !site.config.taxonomies.iter().any(|taxonomy| taxonomy.name == name) {
        return Err(Error::message(format!("there is no taxonomy `{name}` in `rivage.toml`")));
    }
    let language = language();
    let index = site.taxonomies.iter().position(|index| index.name == name && index.language == language);
    note(env, SiteQuestion::Taxonomy(language, name.to_owned()));
    Ok(index.map_or_else(|| Value::from(Vec::<Value>::new()), |index| env.values.terms(index)))
}

fn asset(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let path = arguments.must_get::<&str>("path")?;
    note(env, SiteQuestion::Asset(path.to_owned()));
    match env.asset(path) {
        Some(url) => Ok(Value::from(url)),
        None => Err(Error::message(format!("there is no file `assets/{path}`"))),
    }
}

fn url(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    Ok(Value::from(env.values.link(arguments.must_get::<&str>("path")?)))
}

fn static_url(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let path = arguments.must_get::<&str>("path")?.trim_start_matches('/');
    note(env, SiteQuestion::Served(path.to_owned()));
    if !env.statics.contains_key(path) {
        return Err(Error::message(format!("there is no file `static/{path}`")));
    }
    Ok(Value::from(env.values.href(&format!("/{path}"))))
}

fn text(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let key = arguments.must_get::<&str>("key")?;
    let filled: Vec<_> = arguments
        .iter()
        .filter_map(|(name, value)| Some((name.as_str()?, value)))
        .filter(|(name, _)| *name != "key" && *name != "default")
        .map(|(name, value)| (name, value.to_string()))
        .collect();
    let text = translate(env, key, &filled);
    let missing = text == key;
    match arguments.get::<String>("default")? {
        Some(default) if missing => Ok(Value::from(default)),
        _ => Ok(Value::from(text)),
    }
}

/// All texts whose keys begin alike, by what follows: for scripts, which are handed them by an attribute.
fn texts(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let prefix = arguments.must_get::<&str>("prefix")?;
    let language = language();
    note(env, SiteQuestion::Strings(language.clone()));
    let mut found: BTreeMap<&str, &str> = BTreeMap::new();
    for table in env.string_tables(&language) {
        for (key, text) in table.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix)) {
            found.entry(&key[prefix.len()..]).or_insert(text);
        }
    }
    Ok(Value::from_serializable(&found))
}

fn read_data(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let _ = env;
    let path = arguments.must_get::<&str>("path")?;
    let format = data_format(path)
        .ok_or_else(|| Error::message(format!("`{path}` is not a .toml, .yaml, .json or .csv file")))?;
    if path.split('/').any(|part| part == ".." || part.is_empty()) {
        return Err(Error::message(format!("`{path}` must be a path below the project's folder")));
    }
    let bytes = match read_file(path) {
        Some(Ok(bytes)) => bytes,
        Some(Err(error)) => return Err(Error::message(format!("could not read `{path}`: {}", error.source))),
        None => return Err(Error::message("data can only be read while a page is rendered")),
    };
    let text = String::from_utf8_lossy(&bytes);
    let (parsed, problems) = data::parse(&FileId::from(path), &text, Span::new(0, text.len()), format);
    match problems.iter().find(|problem| problem.is_error()) {
        Some(problem) => {
            let at = problem.primary.as_ref().map_or(0, |location| location.span.range().start);
            let line = text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
            Err(Error::message(format!("{path}:{line}: {}", problem.message)))
        }
        None => Ok(json(&parsed.to_json())),
    }
}

/// Reads a file and notes it; none outside of any rendering.
pub(super) fn read_file(path: &str) -> Option<Result<Vec<u8>, crate::fs::Error>> {
    scope::with(|scope| {
        let (bytes, print) = scope.world.read(path);
        scope.notes.note_print(Question::File(path.to_owned()), print);
        bytes
    })
}

/// Returns the format of a data file by its name.
pub(super) fn data_format(path: &str) -> Option<data::Format> {
    match path.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "toml" => Some(data::Format::Toml),
        "yaml" | "yml" => Some(data::Format::Yaml),
        "json" => Some(data::Format::Json),
        "csv" => Some(data::Format::Csv),
        _ => None,
    }
}

fn icon(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let given = arguments.must_get::<Value>("name")?;
    // A site that is being moved over gives its own drawings as tags: `icon={<Star />}`.
    if given.is_safe() && given.as_str().is_some_and(|html| html.starts_with('<')) {
        return Ok(given);
    }
    let name = arguments.must_get::<&str>("name")?;
    note(env, SiteQuestion::Icon(name.to_owned()));
    match env.icons.get(name) {
        Some(icon) => Ok(icon.svg.clone()),
        None => Err(Error::message(format!("there is no drawing `assets/icons/{name}.svg`"))),
    }
}
