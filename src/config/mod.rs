//! The settings in `rivage.toml`, checked and with defaults filled in.
//!
//! In: the text of the file, which [`raw`] walks as written. Out: [`Config`] and diagnostics with places. What is wrong is reported and
//! left at its default, so that the rest of the site can still be built and judged.
//! Deliberately not here: flags of the command line (applied by `cli`), wrangler.toml.

pub mod api;
pub(crate) mod check;
mod diagnostics;
pub mod images;
mod json;
mod languages;
mod raw;
pub(crate) mod reader;
pub mod schema;
pub(crate) mod section;
#[cfg(test)]
mod tests;
pub mod theme;

use indexmap::IndexMap;
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::ast::Syntax;
use rivage_syntax::data::{self, Format};

use crate::inputs::Inputs;
pub use check::base_url as check_base_url;
pub use check::{branch as check_branch, origin as check_origin, project as check_project};
use reader::Report;
use schema::Schema;
use serde::{Deserialize, Serialize};

/// The name of the settings file.
pub const FILE: &str = "rivage.toml";

/// The settings of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `[site]`
    pub site: SiteConfig,
    /// The languages, the default one first. Never empty.
    pub languages: Vec<Language>,
    /// `[taxonomies.NAME]`, in the order written. Tags and categories where nothing is written.
    pub taxonomies: Vec<Taxonomy>,
    /// `[content.SECTION]`: defaults for a section and all below it, by the folder below content/ (`""` for all pages,
    /// `blog`, `docs/api`), in the order written.
    pub content: Vec<SectionDefaults>,
    /// `[authors.KEY]`: name, url, email, image, bio and whatever else, as JSON, for templates.
    pub authors: IndexMap<String, serde_json::Value>,
    /// `[markdown]`
    pub markdown: Markdown,
    /// `[links]`
    pub links: Links,
    /// `[code]`
    pub code: Code,
    /// `[feeds]`
    pub feeds: Feeds,
    /// `[search]`
    pub search: Search,
    /// `[images]`
    pub images: images::Images,
    /// `[build]`
    pub build: Build,
    /// `[deploy]`
    pub deploy: Deploy,
    /// `[headers]`: further lines for `_headers`: path pattern → header → value.
    pub headers: IndexMap<String, IndexMap<String, String>>,
    /// `[[redirects]]`
    pub redirects: Vec<Redirect>,
    /// `[api]` and `[forms.NAME]`
    pub api: api::Api,
    /// `[extra]`: free data for templates.
    pub extra: serde_json::Value,
}

/// `[site]`
#[derive(Clone, Debug, PartialEq)]
pub struct SiteConfig {
    /// The name of the site.
    pub title: String,
    /// One sentence.
    pub description: String,
    /// Where the site will be: `https://example.org` or `https://example.org/docs`, without a slash at the end.
    pub base_url: String,
    /// The path part of `base_url`: `""` or `/docs`.
    pub base_path: String,
    /// The folder below themes/, or the name of a built-in theme.
    pub theme: String,
    /// Where pages are edited: a URL with `{path}` for the page's file.
    pub edit_url: Option<String>,
    /// The repository's address, for a link in the header.
    pub repository: Option<String>,
    /// A logo: a path below static/ or assets/.
    pub logo: Option<String>,
    /// The default Open Graph image.
    pub image: Option<String>,
    /// The line at the bottom.
    pub copyright: Option<String>,
    /// The theme's own settings: `[theme]` as JSON.
    pub theme_settings: serde_json::Value,
    /// What of the theme's assets only its dashboard needs: files, and folders that end with a slash.
    pub dashboard_assets: Vec<String>,
}

/// `[languages.CODE]`; a site without any has the one of `[site] language`, `en`.
#[derive(Clone, Debug, PartialEq)]
pub struct Language {
    /// A BCP 47 tag: `en`, `fr`, `pt-BR`.
    pub code: String,
    /// Its name in itself: `Français`.
    pub name: String,
    /// Whether text runs from right to left.
    pub rtl: bool,
    /// The first part of its URLs; none for the default language.
    pub prefix: Option<String>,
    /// The site's title in it, where it differs.
    pub title: Option<String>,
    /// The site's description in it, where it differs.
    pub description: Option<String>,
    /// `strings`: texts of the theme in it, by key. The theme's own come from its `strings/CODE.toml`.
    pub strings: IndexMap<String, String>,
    /// `[[languages.CODE.menus.NAME]]`, or `[[menus.NAME]]` for the default language.
    pub menus: IndexMap<String, Vec<MenuItem>>,
}

/// An item of a menu.
#[derive(Clone, Debug, PartialEq)]
pub struct MenuItem {
    /// What is shown.
    pub name: String,
    /// A site path (`/docs/`), a content file (`docs/_index.mdx`), or a full URL.
    pub url: String,
    /// Items below it.
    pub children: Vec<MenuItem>,
    /// Where it stands in the settings file.
    pub span: rivage_diag::Span,
    /// Free data for templates: icon, badge…
    pub extra: serde_json::Value,
}

/// `[taxonomies.NAME]`
#[derive(Clone, Debug, PartialEq)]
pub struct Taxonomy {
    /// The key in front matter and the first part of the URL: `tags`.
    pub name: String,
    /// What is shown: `Tags`.
    pub title: String,
    /// Pages a term's list shows at once; 0 for all.
    pub paginate_by: usize,
    /// Whether each term has feeds.
    pub feed: bool,
    /// Whether the lists are rendered at all.
    pub render: bool,
}

/// `[content.SECTION]`: what holds for a section and all below it. `None` leaves it to the section above.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SectionDefaults {
    /// The folder below content/, `""` for all pages.
    pub section: String,
    /// A kind of pages: a name that templates and the theme know, such as `marketing`, `blog` or `docs`. Layouts are looked for as
    /// `KIND/page.html`, `KIND/section.html`.
    pub kind: Option<String>,
    /// The layout of pages below.
    pub template: Option<String>,
    /// The layout of the section's own page.
    pub section_template: Option<String>,
    /// How pages are sorted.
    pub sort_by: Option<SortBy>,
    /// Pages a list shows at once; 0 for all.
    pub paginate_by: Option<usize>,
    /// Whether the section has feeds.
    pub feed: Option<bool>,
    /// Whether pages show a table of contents.
    pub toc: Option<bool>,
    /// Whether pages are found by search.
    pub search: Option<bool>,
    /// The sidebar of the section and all below it.
    pub sidebar: Option<SectionSidebar>,
    /// A pattern for URLs of pages below: `/:section/:year/:month/:slug/`.
    pub permalink: Option<String>,
    /// Free data for pages below; what a page says in its own `extra` wins, key by key.
    pub extra: serde_json::Value,
    /// What happens to front matter that nobody knows.
    pub unknown_keys: Option<UnknownKeys>,
    /// What front matter must be like.
    pub schema: Option<Schema>,
}

/// `sidebar` of a section.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SectionSidebar {
    /// None, even if the section above has one.
    Off,
    /// One from the tree.
    Tree,
    /// One made by hand.
    Items(Vec<SidebarItem>),
}

/// An item of a sidebar made by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SidebarItem {
    /// What is shown; the page's title where none.
    pub label: Option<String>,
    /// A content file or site path or URL.
    pub link: Option<String>,
    /// A folder below content/ whose tree stands here.
    pub from: Option<String>,
    /// A word beside the label.
    pub badge: Option<String>,
    /// Whether the group is shown closed.
    pub collapsed: bool,
    /// Items below it.
    pub items: Vec<SidebarItem>,
    /// Where it stands in the settings file.
    pub span: rivage_diag::Span,
}

/// How the pages of a section are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortBy {
    /// Newest first; pages without a date last, by title.
    Date,
    /// Latest `updated` (else `date`) first.
    Updated,
    /// By weight, lowest first; then by title. Pages without a weight last.
    Weight,
    /// By title.
    Title,
    /// By file name.
    Path,
}

/// What happens to a key of front matter that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnknownKeys {
    /// An error at its place.
    Error,
    /// It becomes one of `extra`, as does a known key whose value has another shape than ours: a map or list where
    /// we expect one value. For sites that are moved over.
    Extra,
}

/// What happens to a component that nobody defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownComponent {
    /// An error at its place.
    Error,
    /// A warning; its children are shown.
    Warn,
    /// It becomes `<x-name …>`.
    Element,
}

/// `[markdown]`
#[derive(Clone, Debug, PartialEq)]
pub struct Markdown {
    /// `unknown_component`
    pub unknown_component: UnknownComponent,
    /// `md_as_mdx`, false: whether `.md` files are read as `.mdx` files are
    pub md_as_mdx: bool,
    /// `smart_punctuation`, false
    pub smart_punctuation: bool,
    /// `math`, true
    pub math: bool,
    /// `emoji`, true: `:rocket:`
    pub emoji: bool,
    /// `directives`, true
    pub directives: bool,
    /// `definition_lists`, true
    pub definition_lists: bool,
    /// `external_links`: attributes for links to other sites: `rel`, `target`; none by default.
    pub external_rel: Option<String>,
    /// Whether links to other sites open in a new tab.
    pub external_new_tab: bool,
    /// Lowest and highest heading that the table of contents shows, (2, 3).
    pub toc_depth: (u8, u8),
}

impl Markdown {
    /// Returns how a content file is read, by its name; none for other files.
    pub fn syntax(&self, name: &str) -> Option<Syntax> {
        match name.rsplit_once('.')?.1 {
            "mdx" => Some(Syntax::Mdx),
            "md" if self.md_as_mdx => Some(Syntax::Mdx),
            "md" => Some(Syntax::Markdown),
            _ => None,
        }
    }
}

/// `[links]`
#[derive(Clone, Debug, PartialEq)]
pub struct Links {
    /// `broken`: what happens to links and images that lead nowhere.
    pub broken: BrokenLinks,
}

/// What happens to links and images that lead nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenLinks {
    /// An error at their place.
    Error,
    /// A warning.
    Warn,
    /// Nothing.
    Ignore,
}

/// `[code]`
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// Whether code is highlighted, true.
    pub highlight: bool,
    /// Whether long lines wrap unless a block says otherwise, false.
    pub wrap: bool,
    /// Whether lines are numbered unless a block says otherwise, false.
    pub line_numbers: bool,
    /// Whether blocks get a copy button, true.
    pub copy: bool,
    /// Further names of languages: `astro = "html"`.
    pub aliases: IndexMap<String, String>,
}

/// `[feeds]`
#[derive(Clone, Debug, PartialEq)]
pub struct Feeds {
    /// Atom: `atom.xml`, true.
    pub atom: bool,
    /// RSS: `rss.xml`, true.
    pub rss: bool,
    /// JSON Feed: `feed.json`, true.
    pub json: bool,
    /// Entries of a feed, 20.
    pub limit: usize,
    /// Whether entries hold the whole content rather than the summary, true.
    pub full_content: bool,
}

/// `[search]`
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Whether an index is made, true.
    pub enabled: bool,
}

/// `[build]`
#[derive(Clone, Debug, PartialEq)]
pub struct Build {
    /// Where the site is written, `public`.
    pub output: String,
    /// Whether HTML and CSS are minified, true.
    pub minify: bool,
    /// Whether pages have an `index.md` twin, true.
    pub markdown_twins: bool,
    /// Whether `llms.txt` is written, true.
    pub llms_txt: bool,
    /// Whether a sitemap is written, true.
    pub sitemap: bool,
    /// The Content-Security-Policy of `_headers`; none for none.
    pub csp: Option<String>,
}

/// `[deploy]`: where `rivage deploy` puts the site.
#[derive(Clone, Debug, PartialEq)]
pub struct Deploy {
    /// `target`, `pages`
    pub target: DeployTarget,
    /// The Pages project; for `workers`, the Worker's name where wrangler.toml has none.
    pub project: Option<String>,
    /// The branch that is production, `main`.
    pub branch: String,
    /// The host name that visitors use; `doctor` looks whether it is there.
    pub domain: Option<String>,
    /// Whether a deployment carries a record of its files, URLs and anchors, true.
    pub record: bool,
    /// An R2 bucket for media.
    pub bucket: Option<String>,
    /// What the names of objects in the bucket start with, nothing.
    pub bucket_prefix: String,
    /// The address of the bucket's S3 API, where it is not the account's own.
    pub bucket_endpoint: Option<String>,
    /// The folder of media, `media`.
    pub media: String,
}

/// What serves the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployTarget {
    /// Cloudflare Pages.
    Pages,
    /// A Worker with static assets.
    Workers,
}

/// `[[redirects]]`
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    /// A path, maybe with `*` and `:name`.
    pub from: String,
    /// A path or URL.
    pub to: String,
    /// 301, 302, 303, 307, 308 or 200.
    pub status: u16,
    /// Where it stands in the settings file.
    pub span: rivage_diag::Span,
}

/// Reads and checks the settings. A missing file gives the defaults and an error.
pub fn load(inputs: &Inputs<'_>) -> (Config, Vec<Diagnostic>) {
    let file = FileId::from(FILE);
    let bytes = match inputs.read(FILE) {
        Ok(bytes) => bytes,
        Err(error) if error.is_not_found() => return (Config::default(), vec![diagnostics::missing_file(&file)]),
        Err(error) => return (Config::default(), vec![diagnostics::unreadable_file(&file, &error)]),
    };
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(error) => return (Config::default(), vec![diagnostics::not_utf8(&file, error.valid_up_to())]),
    };
    read(&file, text)
}

/// Reports whether a text is an http or https URL.
pub(crate) fn is_web_url(text: &str) -> bool {
    check::web_url(text).is_ok()
}

/// Returns the origin of a base URL: scheme, host and port, as browsers write it.
pub(crate) fn origin(base_url: &str) -> String {
    check::web_url(base_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// Reads and checks the text of a settings file.
pub fn read(file: &FileId, text: &str) -> (Config, Vec<Diagnostic>) {
    let (data, mut diagnostics) = data::parse(file, text, Span::new(0, text.len()), Format::Toml);
    let report = Report::new(file);
    // A file that is no TOML gives one error, not a second one for each setting that it then lacks.
    let config = if diagnostics.is_empty() { raw::read(&report, &data) } else { Config::default() };
    diagnostics.extend(report.finish());
    (config, diagnostics)
}

impl Default for Config {
    fn default() -> Self {
        Self {
            site: SiteConfig {
                title: String::new(),
                description: String::new(),
                base_url: "http://localhost:3000".to_owned(),
                base_path: String::new(),
                theme: "shore".to_owned(),
                edit_url: None,
                repository: None,
                logo: None,
                image: None,
                copyright: None,
                theme_settings: serde_json::Value::Null,
                dashboard_assets: Vec::new(),
            },
            languages: vec![Language::of("en")],
            taxonomies: ["tags", "categories"].map(Taxonomy::named).to_vec(),
            content: Vec::new(),
            authors: IndexMap::new(),
            markdown: Markdown {
                unknown_component: UnknownComponent::Error,
                md_as_mdx: false,
                smart_punctuation: false,
                math: true,
                emoji: true,
                directives: true,
                definition_lists: true,
                external_rel: None,
                external_new_tab: false,
                toc_depth: (2, 3),
            },
            links: Links { broken: BrokenLinks::Error },
            code: Code { highlight: true, wrap: false, line_numbers: false, copy: true, aliases: IndexMap::new() },
            feeds: Feeds { atom: true, rss: true, json: true, limit: 20, full_content: true },
            search: Search { enabled: true },
            images: images::Images::default(),
            build: Build {
                output: "public".to_owned(),
                minify: true,
                markdown_twins: true,
                llms_txt: true,
                sitemap: true,
                csp: Some(
                    "default-src 'self'; img-src 'self' data: https:; media-src 'self' https:; style-src 'self'; \
                     script-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
                        .to_owned(),
                ),
            },
            deploy: Deploy {
                target: DeployTarget::Pages,
                project: None,
                branch: "main".to_owned(),
                domain: None,
                record: true,
                bucket: None,
                bucket_prefix: String::new(),
                bucket_endpoint: None,
                media: "media".to_owned(),
            },
            headers: IndexMap::new(),
            redirects: Vec::new(),
            api: api::Api::default(),
            extra: serde_json::Value::Null,
        }
    }
}

impl Taxonomy {
    /// Makes a taxonomy with defaults.
    pub fn named(name: &str) -> Self {
        let mut title = name.to_owned();
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self { name: name.to_owned(), title, paginate_by: 20, feed: true, render: true }
    }
}

impl Config {
    /// Sets where the site will be: an http or https URL that has been checked ([`check_base_url`]).
    pub fn set_base_url(&mut self, url: &str) {
        let url = url.trim_end_matches('/');
        let after_scheme = url.find("://").map_or(0, |at| at + 3);
        let path = url.get(after_scheme..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| after_scheme + at);
        self.site.base_url = url.to_owned();
        self.site.base_path = url.get(path..).unwrap_or_default().to_owned();
    }

    /// Returns the default language.
    pub fn default_language(&self) -> &Language {
        &self.languages[0]
    }

    /// Returns a language by its code.
    pub fn language(&self, code: &str) -> Option<&Language> {
        self.languages.iter().find(|language| language.code == code)
    }
}
