//! The site as the HTML writer sees it: links, images, code, components, imports of one page.
//!
//! In: calls of [`super::html`]. Out: HTML and values; links and diagnostics are gathered. Deliberately not here: the tree
//! ([`super::html`]), what templates are ([`super::engine`]).

mod twin;

use std::borrow::Cow;

use indexmap::IndexMap;
use rivage_diag::{Diagnostic, FileId, Location};
use rivage_syntax::ast::Node;
use rivage_syntax::expr::Value;
use rustc_hash::FxHashSet;
use tera::Context;

use super::answers::{Mix, target_print};
use super::functions::translate;
use super::html::host::{
    At, Binding, Code, CodeBlock, ComponentCall, Host, ImageTarget, Item, LinkTarget, Prop, Treatment,
};
use super::html::{self, Names, Rendered};
use super::imports::{self, Kind};
use super::page::{Renderer, value_json};
use super::pictures::{self, Wish};
use super::props::{self, Check};
use super::values::map;
use super::{OutLink, assets, code, diagnostics, emoji, math, scope};
use crate::config::{Config, UnknownComponent};
use crate::inputs::{Inputs, SiteQuestion};
use crate::parse::Document;
use crate::resolve::{Page, Target, decode, join};

pub(super) use twin::TwinAnswers;

/// The host of one page.
pub(super) struct SiteHost<'r> {
    renderer: &'r Renderer,
    inputs: &'r Inputs<'r>,
    page: &'r Page,
    document: &'r Document,
    /// The document's text.
    source: &'r str,
    links: Vec<OutLink>,
    external: Vec<OutLink>,
    /// Site paths that were links here and have been judged, as they stand in the HTML.
    judged: FxHashSet<String>,
    diagnostics: Vec<Diagnostic>,
}

/// What a host has gathered.
pub(super) struct Gathered {
    /// Links to pages of this site.
    pub(super) links: Vec<OutLink>,
    /// Links to other sites.
    pub(super) external: Vec<OutLink>,
    /// Site paths that need no second look in the finished HTML.
    pub(super) judged: FxHashSet<String>,
    /// What is wrong.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'r> SiteHost<'r> {
    pub(super) fn new(
        renderer: &'r Renderer,
        inputs: &'r Inputs<'r>,
        page: &'r Page,
        document: &'r Document,
        source: &'r str,
    ) -> Self {
        let (links, external, judged, diagnostics) = (Vec::new(), Vec::new(), FxHashSet::default(), Vec::new());
        Self { renderer, inputs, page, document, source, links, external, judged, diagnostics }
    }

    pub(super) fn render(&mut self, root: &Node) -> (Rendered, Names) {
        let labels = html::Labels {
            anchor: self.text_of("anchor_label"),
            footnotes: self.text_of("footnotes"),
            back_to_reference: self.text_of("back_to_reference"),
            table: self.text_of("table"),
        };
        let taken_ids = self.renderer.surroundings.templates.layout_ids().to_vec();
        self.note(SiteQuestion::LayoutIds);
        let file = self.document.file.clone();
        html::render(&file, root, &html::Settings { plain: false, labels, taken_ids }, self)
    }

    fn note(&self, question: SiteQuestion) {
        let answer = self.renderer.surroundings.answer(&question);
        self.inputs.notes().note_site(question, answer);
    }

    /// Finds where a link of a file, the page's or a partial's, leads.
    fn target(&self, file: &FileId, url: &str) -> Target {
        let language = &self.page.language;
        let target = self.renderer.surroundings.values.site().link_target(file, language, url);
        // Where links to other sites and within the page lead is told by what is written; `?query` alone by the file as well.
        if !matches!(target, Target::External | Target::Anchor(_)) || url.trim_start().starts_with('?') {
            let (from, language, written) = (file.as_str().to_owned(), language.clone(), url.to_owned());
            let question = SiteQuestion::Link { from, language, written };
            self.inputs.notes().note_site(question, target_print(&target));
        }
        target
    }

    /// Ends the page.
    pub(super) fn finish(self) -> Gathered {
        let Self { links, external, judged, diagnostics, .. } = self;
        Gathered { links, external, judged, diagnostics }
    }

    fn config(&self) -> &'r Config {
        &self.renderer.surroundings.values.site().config
    }

    fn text_of(&self, key: &str) -> String {
        translate(&self.renderer.surroundings, key, &[])
    }

    /// Reports what links do not find, as loudly as the settings ask for.
    fn report_broken(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.extend(diagnostics::as_loud_as(self.config().links.broken, diagnostic));
    }

    /// Reports a component that is not used as it declares, or an expression without a value; tells whether the page can be shown all the
    /// same. A site that is being moved over uses components of the same names, but not ours: it is told so, and built.
    fn report_misuse(&mut self, mut diagnostic: Diagnostic) -> bool {
        let lenient = self.config().markdown.unknown_component == UnknownComponent::Element;
        if lenient {
            diagnostic.severity = rivage_diag::Severity::Warning;
        }
        self.diagnostics.push(diagnostic);
        lenient
    }

    /// Finds a link's target and notes it.
    fn resolve_link(&mut self, url: &str, at: At<'_>) -> LinkTarget {
        let target = self.find_link(url, at);
        if target.href.starts_with('/') && !self.judged.contains(&target.href) {
            // Links of Markdown are encoded by the writer, those of JSX and components are not.
            if let Cow::Owned(encoded) = html::encode_url(&target.href) {
                self.judged.insert(encoded);
            }
            self.judged.insert(target.href.clone());
        }
        target
    }

    fn find_link(&mut self, url: &str, at: At<'_>) -> LinkTarget {
        let values = &self.renderer.surroundings.values;
        let target = self.target(at.file, url);
        let plain = |href: String| LinkTarget { href, attributes: Vec::new() };
        match target {
            Target::Page { url: path, suffix } => {
                let anchor = decode(suffix.split_once('#').map_or("", |(_, anchor)| anchor)).into_owned();
                self.links.push(OutLink { target: path.clone(), anchor, location: at.location() });
                plain(format!("{}{suffix}", values.href(&path)))
            }
            Target::File { url: path, suffix } => plain(format!("{}{suffix}", values.href(&path))),
            Target::Anchor(anchor) => {
                let target = self.page.url.clone();
                self.links.push(OutLink { target, anchor: anchor.clone(), location: at.location() });
                plain(url.to_owned())
            }
            Target::External => {
                let mut attributes = Vec::new();
                if url.starts_with("http://") || url.starts_with("https://") || url.starts_with("//") {
                    let (target, anchor) = url.split_once('#').unwrap_or((url, ""));
                    let (target, anchor) = (target.to_owned(), anchor.to_owned());
                    self.external.push(OutLink { target, anchor, location: at.location() });
                    let settings = &self.config().markdown;
                    if settings.external_new_tab {
                        attributes.push(("target", "_blank".to_owned()));
                    }
                    let rel = settings.external_rel.clone();
                    // A new tab must not be able to steer the old one.
                    let rel = rel.or_else(|| settings.external_new_tab.then(|| "noopener".to_owned()));
                    attributes.extend(rel.map(|rel| ("rel", rel)));
                }
                LinkTarget { href: url.to_owned(), attributes }
            }
            Target::Hidden => {
                self.report_broken(diagnostics::hidden_link(at.file, at.span, url));
                plain(url.to_owned())
            }
            Target::Unknown { nearest } => {
                self.report_broken(diagnostics::broken_link(at.file, at.span, url, nearest.as_deref()));
                plain(url.to_owned())
            }
        }
    }

    /// Finds an image and its size, and where `in_sizes`, what is made of it.
    fn resolve_image(&mut self, url: &str, at: At<'_>, in_sizes: bool) -> ImageTarget {
        let written = ImageTarget { src: url.to_owned(), size: None, picture: None };
        if url.starts_with("//") || url.starts_with("data:") || url.contains("://") || url.is_empty() {
            return written;
        }
        let path = decode(url.split(['?', '#']).next().unwrap_or(url));
        let surroundings = &self.renderer.surroundings;
        let found = match path.strip_prefix('/') {
            Some(below) => {
                let base = self.config().site.base_path.trim_start_matches('/');
                let without = below.strip_prefix(base).and_then(|below| below.strip_prefix('/'));
                let below = without.unwrap_or(below).trim_start_matches('/');
                self.note(SiteQuestion::Served(below.to_owned()));
                let found = surroundings.statics.get(below).or_else(|| surroundings.beside.get(below));
                found.map(|file| (file.clone(), format!("/{below}")))
            }
            None => join(at.file.as_str(), &path).and_then(|file| {
                self.note(SiteQuestion::Beside(file.clone()));
                let url = surroundings.values.site().assets.get(&file)?;
                Some((file, url.clone()))
            }),
        };
        let Some((file, target)) = found else {
            self.report_broken(diagnostics::missing_asset(at.file, at.span, url));
            return written;
        };
        let src = surroundings.values.href(&target);
        if !assets::is_image(&file) {
            // A film, its captions: found, and that is all there is to know.
            return ImageTarget { src, size: None, picture: None };
        }
        if pictures::is_raster(&file) && self.config().images.enabled {
            return match pictures::facts(surroundings, self.inputs.world(), self.inputs.notes(), &file) {
                Ok(known) => {
                    let (width, height) = (known.facts.width, known.facts.height);
                    if let Some(told) = pictures::other_format(&file, known.facts.format) {
                        self.diagnostics.push(diagnostics::other_format(at.file, at.span, url, &told));
                    }
                    let picture = in_sizes.then(|| pictures::picture(surroundings, &file, &known, &Wish::default()));
                    ImageTarget { src, size: Some((width, height)), picture: picture.flatten() }
                }
                Err(why) => {
                    self.diagnostics.push(diagnostics::bad_image(at, url, &file, &why));
                    ImageTarget { src, size: None, picture: None }
                }
            };
        }
        match crate::theme::read(self.inputs, &file).map(|bytes| rivage_images::size(&bytes)) {
            Ok(Ok(size)) => ImageTarget { src, size, picture: None },
            Ok(Err(why)) => {
                self.diagnostics.push(diagnostics::bad_image(at, url, &file, &why.to_string()));
                ImageTarget { src, size: None, picture: None }
            }
            Err(error) => {
                self.diagnostics.push(diagnostics::unreadable(&file, &error).at(at.file, at.span));
                ImageTarget { src, size: None, picture: None }
            }
        }
    }

    /// Looks at the page's own image: lists and other sites show it, so that it is the page that tells what is wrong with it.
    pub(super) fn check_own_image(&mut self) {
        let Some(image) = &self.document.front_matter.image else { return };
        let written = image.value.as_str();
        let at = At { file: &self.document.file, span: image.span };
        let surroundings = &self.renderer.surroundings;
        let is_beside = |file: String| surroundings.values.site().assets.contains_key(&file);
        // A static file may be written without the slash at the start.
        let is_static = surroundings.statics.contains_key(written);
        self.note(SiteQuestion::Served(written.to_owned()));
        let asset = written.trim_start_matches('/');
        self.note(SiteQuestion::Asset(asset.to_owned()));
        if is_static && !join(at.file.as_str(), written).is_some_and(is_beside) {
            self.resolve_image(&format!("/{written}"), at, false);
        } else if surroundings.asset(asset).is_none() {
            self.resolve_image(written, at, false);
        }
    }

    /// A prop as templates get it; links and images in it are found as those of Markdown are.
    fn prop(&mut self, name: &str, value: &Value, at: At<'_>) -> Result<tera::Value, &'static str> {
        props::to_template(name, value, &mut |kind, url| match kind {
            props::Reference::Link => self.resolve_link(url, at).href,
            props::Reference::Image => self.resolve_image(url, at, false).src,
        })
    }

    /// Props of a component as its arguments, checked against what it declares.
    fn arguments(&mut self, call: &ComponentCall) -> Option<Context> {
        let renderer = self.renderer;
        let info = renderer.engine.get().component(&call.name)?;
        let mut arguments = Context::new();
        let mut good = true;
        for (name, prop) in &call.props {
            let at = At { file: &call.file, span: prop.span };
            let declared = match props::declared(info, name) {
                Check::Declared(declared) => declared,
                Check::Rest => name.clone(),
                Check::Ignored => continue,
                Check::Unknown => {
                    let known: Vec<_> = props::names(info);
                    let diagnostic = diagnostics::unknown_prop(&call.file, prop.span, &call.name, name, &known);
                    good &= self.report_misuse(diagnostic);
                    continue;
                }
            };
            let value = match self.prop(name, &prop.value, at) {
                Ok(value) if value.is_undefined() => continue,
                Ok(value) => value,
                Err(what) => {
                    let diagnostic = diagnostics::unusable_prop(&call.file, prop.span, &call.name, name, what);
                    good &= self.report_misuse(diagnostic);
                    continue;
                }
            };
            match props::typed(info, &declared, value) {
                Ok(value) => arguments.insert_value(declared, value),
                Err((wanted, found)) => {
                    let diagnostic =
                        diagnostics::wrong_prop_type(&call.file, prop.span, &call.name, name, wanted, found);
                    good &= self.report_misuse(diagnostic);
                }
            }
        }
        for missing in info.args().iter().filter(|arg| arg.is_required()) {
            if good && !arguments.contains_key(missing.name()) {
                let name = missing.name();
                self.report_misuse(diagnostics::missing_prop(&call.file, call.name_span, &call.name, name));
                good = false;
            }
        }
        good.then_some(arguments)
    }

    fn implicits(&mut self, call: &ComponentCall) -> Context {
        let mut implicits = Context::new();
        let values = &self.renderer.surroundings.values;
        let place = self.config().languages.iter().position(|language| language.code == self.page.language);
        let (site, lang) = &self.renderer.languages[place.unwrap_or(0)];
        implicits.insert_value("site", site.clone());
        implicits.insert_value("lang", lang.clone());
        implicits.insert_value("page", values.light(self.page.id));
        implicits.insert_value("slots", safe_map(&call.slots));
        implicits.insert_value("inline", call.inline.into());
        implicits.insert_value("uid", scope::uid().to_string().into());
        implicits.insert_value("code", code_values(&call.code));
        let items: Vec<_> = call.items.iter().map(|item| self.item(item, &call.file)).collect();
        implicits.insert_value("items", items.into());
        implicits
    }

    fn item(&mut self, item: &Item, file: &FileId) -> tera::Value {
        map([
            ("name", item.name.as_str().into()),
            ("props", self.item_props(&item.props, file)),
            ("body", tera::Value::safe_string(&item.body)),
            ("text", item.text.as_str().into()),
            ("slots", safe_map(&item.slots)),
            ("code", code_values(&item.code)),
        ])
    }

    fn item_props(&mut self, written: &IndexMap<String, Prop>, file: &FileId) -> tera::Value {
        let mut out = tera::Map::default();
        for (name, prop) in written {
            // What is wrong with an item's props is reported where the item itself is rendered.
            let (links, external, count) = (self.links.len(), self.external.len(), self.diagnostics.len());
            if let Ok(value) = self.prop(name, &prop.value, At { file, span: prop.span }) {
                out.insert(name.clone().into(), value);
            }
            self.links.truncate(links);
            self.external.truncate(external);
            self.diagnostics.truncate(count);
        }
        out.into()
    }
}

impl Host for SiteHost<'_> {
    fn link(&mut self, url: &str, at: At<'_>) -> LinkTarget {
        self.resolve_link(url, at)
    }

    fn image(&mut self, url: &str, at: At<'_>) -> ImageTarget {
        self.resolve_image(url, at, true)
    }

    fn image_file(&mut self, url: &str, at: At<'_>) -> ImageTarget {
        self.resolve_image(url, at, false)
    }

    fn is_first_image(&mut self) -> bool {
        scope::is_first_image()
    }

    fn code(&mut self, block: Code<'_>, at: At<'_>, out: &mut String) {
        let (copy, copied) = (self.text_of("copy_code"), self.text_of("copied"));
        let labels = code::Labels { copy: &copy, copied: &copied };
        let block =
            code::CodeBlock { lang: block.lang, meta: block.meta, value: block.value, file: at.file, span: at.span };
        let config = &self.config().code;
        let key = || {
            let settings = format!("{config:?} {copy:?} {copied:?} {:?} {:?}", block.lang, block.meta);
            Mix::default().text(&settings).text(block.value).finish()
        };
        let diagnostics = &mut self.diagnostics;
        self.inputs.remembered(key, out, |out| {
            // What is wrong with a block has a place, which is another elsewhere.
            let before = diagnostics.len();
            code::render(&block, config, &labels, out, diagnostics);
            diagnostics.len() == before
        });
    }

    fn math(&mut self, tex: &str, display: bool, at: At<'_>, out: &mut String) {
        let source = (at.file == &self.document.file).then(|| self.source.get(at.span.range())).flatten();
        match math::render(tex, display, at.file, at.span, source) {
            Ok(mathml) if display => {
                out.push_str("<div class=\"math\">");
                out.push_str(&mathml);
                out.push_str("</div>");
            }
            Ok(mathml) => out.push_str(&mathml),
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                out.push_str(&math::fallback(tex));
            }
        }
    }

    fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if self.config().markdown.emoji { emoji::replace(text) } else { Cow::Borrowed(text) }
    }

    fn treatment(&mut self, name: &str, at: At<'_>) -> Treatment {
        self.note(SiteQuestion::Component(name.to_owned()));
        if self.renderer.engine.get().component(name).is_some() {
            return Treatment::Template;
        }
        if name == "Fragment" {
            return Treatment::Children;
        }
        let as_warning = match self.config().markdown.unknown_component {
            UnknownComponent::Element => return Treatment::Element,
            UnknownComponent::Warn => true,
            UnknownComponent::Error => false,
        };
        self.note(SiteQuestion::ComponentNames);
        let nearest =
            diagnostics::nearest(name, self.renderer.engine.get().component_names().iter().map(String::as_str));
        let theme = &self.config().site.theme;
        self.diagnostics.push(diagnostics::unknown_component(at.file, at.span, name, theme, nearest, as_warning));
        Treatment::Children
    }

    fn component(&mut self, call: &ComponentCall, out: &mut String) {
        let Some(arguments) = self.arguments(call) else {
            // What is wrong has been reported; the writer still sees the text.
            out.push_str(&call.body);
            return;
        };
        let implicits = self.implicits(call);
        let rendered = self.renderer.engine.get().render_component(&call.name, &arguments, &implicits, &call.body);
        for mut told in scope::take_found() {
            let place = Location::new(&call.file, call.span);
            match told.primary {
                Some(_) => told.trace.push(place),
                None => told.primary = Some(place),
            }
            self.report_misuse(told);
        }
        match rendered {
            Ok(html) => out.push_str(if call.inline { html.trim() } else { &html }),
            Err(failure) => {
                let mut failure = *failure;
                failure.trace.push(Location::new(&call.file, call.span));
                if self.report_misuse(failure) {
                    out.push_str(&call.body);
                }
            }
        }
    }

    fn import(&mut self, source: &str, imported: &str, local: &str, at: At<'_>) -> Binding {
        let kind = imports::kind(source);
        if kind == Kind::Component {
            let name = if imported == "default" || imported == "*" { local } else { imported };
            return Binding::Component(name.to_owned());
        }
        let path = imports::path(at.file.as_str(), source);
        let known = path.as_deref().is_some_and(|path| self.inputs.kind(path).is_some());
        let Some(path) = path.filter(|_| known) else {
            if self.config().markdown.unknown_component == UnknownComponent::Element {
                // A site that is being moved over: what it imports may not have come along yet.
                let mut diagnostic = diagnostics::missing_import(at.file, at.span, source);
                diagnostic.severity = rivage_diag::Severity::Warning;
                self.diagnostics.push(diagnostic);
                return Binding::Component(local.to_owned());
            }
            self.diagnostics.push(diagnostics::missing_import(at.file, at.span, source));
            return Binding::Missing;
        };
        if kind == Kind::Image {
            let found = self.resolve_image(source, at, false);
            let (width, height) = found.size.unzip();
            return Binding::Value(Value::from_json(
                &serde_json::json!({ "src": found.src, "width": width, "height": height }),
            ));
        }
        let (binding, problems) = imports::load(self.inputs, self.config(), kind, &path, imported, at);
        self.diagnostics.extend(problems);
        binding
    }

    fn global(&mut self, name: &str) -> Option<Value> {
        let values = &self.renderer.surroundings.values;
        let json = match name {
            "frontmatter" => self.document.front_matter.raw.value(),
            "page" => value_json(&values.light(self.page.id)),
            "site" => {
                let place = self.config().languages.iter().position(|language| language.code == self.page.language);
                value_json(&self.renderer.languages[place.unwrap_or(0)].0)
            }
            _ => return None,
        };
        Some(Value::from_json(&json))
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn report_left_out(&mut self, diagnostic: Diagnostic) {
        // Of a site that is being moved over, the code that its pages call has not come along, or never will. What exceeds a limit is
        // another matter: it would do so with any code.
        if diagnostic.code.starts_with("expression-too-") {
            self.diagnostics.push(diagnostic);
        } else {
            self.report_misuse(diagnostic);
        }
    }
}

fn safe_map(slots: &IndexMap<String, String>) -> tera::Value {
    let mut out = tera::Map::default();
    for (name, html) in slots {
        out.insert(name.clone().into(), tera::Value::safe_string(html));
    }
    out.into()
}

fn code_values(blocks: &[CodeBlock]) -> tera::Value {
    let all = blocks.iter().map(|block| {
        let title = block.meta.as_deref().and_then(|meta| code::Meta::parse(meta).title);
        map([
            ("lang", block.lang.clone().into()),
            ("title", title.into()),
            ("text", block.value.as_str().into()),
            ("html", tera::Value::safe_string(&block.html)),
        ])
    });
    all.collect::<Vec<_>>().into()
}
