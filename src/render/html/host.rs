//! What the HTML writer asks of the world around it.
//!
//! In: questions of [`super::render`] while it walks a tree: where a link leads, how code looks, what a component makes
//! of its children. Out: answers, mostly HTML appended to the writer's string. One [`Host`] serves one page (with its partials).
//! Deliberately not here: Markdown, expressions, ids; the writer knows those.

use std::borrow::Cow;
use std::sync::Arc;

use super::picture::Picture;
use indexmap::IndexMap;
use rivage_diag::{Diagnostic, FileId, Location, Span};
use rivage_syntax::ast::Node;
use rivage_syntax::expr::Value;

/// A place in the page or one of its partials.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The file: a partial's where the place is in one.
    pub file: &'a FileId,
    /// The bytes in it.
    pub span: Span,
}

impl At<'_> {
    /// Returns the place as one that owns its file's name.
    pub fn location(self) -> Location {
        Location::new(self.file, self.span)
    }
}

/// Where a link leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkTarget {
    /// The `href`, not escaped yet. What is percent-encoded stays so; the rest may be, by the writer.
    pub href: String,
    /// Further attributes, such as `rel` and `target`.
    pub attributes: Vec<(&'static str, String)>,
}

/// Where an image is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageTarget {
    /// The `src`, as a link's `href`.
    pub src: String,
    /// Width and height in pixels, where known.
    pub size: Option<(u32, u32)>,
    /// The image in several sizes and formats, where there are.
    pub picture: Option<Picture>,
}

/// A fenced (or indented) block of code, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code<'a> {
    /// The first word of the info string.
    pub lang: Option<&'a str>,
    /// The rest of it, unparsed.
    pub meta: Option<&'a str>,
    /// The code, without the last line end.
    pub value: &'a str,
}

/// A block of code among the direct children of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBlock {
    /// The first word of the info string.
    pub lang: Option<String>,
    /// The rest of it, unparsed.
    pub meta: Option<String>,
    /// The code, without the last line end.
    pub value: String,
    /// What [`Host::code`] made of it.
    pub html: String,
}

/// What an import binds a name to.
#[derive(Clone, Debug)]
pub enum Binding {
    /// A `.mdx` or `.md` file, usable as a tag.
    Partial(Partial),
    /// Data, or an image's `{src, width, height}`.
    Value(Value),
    /// The component of this name here, whatever the local name is.
    Component(String),
    /// Nothing; the host has reported why. Uses of the name are then not reported again.
    Missing,
}

/// A file that is used as a component.
#[derive(Clone, Debug)]
pub struct Partial {
    /// Its name in diagnostics. Two imports of one file have the same.
    pub file: FileId,
    /// Its tree, parsed by [`rivage_syntax::markdown::parse`]; the host reports what was wrong with it.
    pub tree: Arc<Node>,
    /// Its front matter, which is `frontmatter` in its expressions.
    pub front_matter: Value,
}

/// What to do with a component's tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Gather its children and call [`Host::component`].
    Template,
    /// Write `<x-name …>children</x-name>`.
    Element,
    /// Write only its children. The host has reported the unknown name, if it is to be.
    Children,
}

/// A prop of a component and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Prop {
    /// Its value. JSX and HTML values have been made [`Value::Html`].
    pub value: Value,
    /// The attribute; the whole tag's for props without a place, such as those of an alert.
    pub span: Span,
}

/// A component with all that it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentCall {
    /// The component's own name (that of the registry, not of an import's alias): `Callout`, `Tabs.Item`.
    pub name: String,
    /// Its props in the order first written; the last of a name wins. Neither `children` nor `slot` is among them.
    pub props: IndexMap<String, Prop>,
    /// The HTML of its children but those with a `slot`.
    pub body: String,
    /// The HTML of its children with `slot="name"`, by name, in order of first use.
    pub slots: IndexMap<String, String>,
    /// Components among its direct children, in order. They are rendered in `body`, too.
    pub items: Vec<Item>,
    /// Blocks of code among its direct children, in order. They are rendered in `body`, too.
    pub code: Vec<CodeBlock>,
    /// The file that it was written in.
    pub file: FileId,
    /// The whole element.
    pub span: Span,
    /// Its name in the opening tag.
    pub name_span: Span,
    /// Whether it stands in text.
    pub inline: bool,
}

/// A component among the direct children of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Its props.
    pub props: IndexMap<String, Prop>,
    /// The HTML of its children but those with a `slot`.
    pub body: String,
    /// Its children's text, without markup.
    pub text: String,
    /// The HTML of its children with a `slot`.
    pub slots: IndexMap<String, String>,
    /// Blocks of code among its direct children.
    pub code: Vec<CodeBlock>,
    /// The whole element.
    pub span: Span,
}

/// What the writer asks for while it renders one page.
///
/// Methods that take `out` append HTML to it and never read or cut it. A method that cannot do what is asked reports why
/// itself (to wherever [`Host::report`] goes) and writes what is best without it.
pub trait Host {
    /// Returns where a link leads. `url` is decoded, as the author meant it.
    fn link(&mut self, url: &str, at: At<'_>) -> LinkTarget;

    /// Returns where an image is.
    fn image(&mut self, url: &str, at: At<'_>) -> ImageTarget;

    /// Returns where the file of an image is, for an element that shows it as its author wrote it.
    fn image_file(&mut self, url: &str, at: At<'_>) -> ImageTarget {
        self.image(url, at)
    }

    /// Reports whether this is the page's first image, which is likely to be in sight. Asked once for each image that is written.
    fn is_first_image(&mut self) -> bool;

    /// Writes a block of code.
    fn code(&mut self, code: Code<'_>, at: At<'_>, out: &mut String);

    /// Writes a formula: as a block where `display`, else in text. The writer puts nothing around it.
    fn math(&mut self, tex: &str, display: bool, at: At<'_>, out: &mut String);

    /// Returns what is shown for text, before escaping: emoji for shortcodes.
    fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        Cow::Borrowed(text)
    }

    /// Tells what becomes of a component's tag, before its children are rendered. `at` is the name in the opening tag.
    fn treatment(&mut self, name: &str, at: At<'_>) -> Treatment;

    /// Writes a component whose treatment is [`Treatment::Template`].
    fn component(&mut self, call: &ComponentCall, out: &mut String);

    /// Resolves one name of an import: `imported` of (`default`, `*` or a name) `source`, which is known as `local` here.
    /// Called once for every imported name of a file, used or not; `at` is the source's place.
    fn import(&mut self, source: &str, imported: &str, local: &str, at: At<'_>) -> Binding;

    /// Returns a variable that every page has: `page`, `site` and the page's own `frontmatter`.
    fn global(&mut self, name: &str) -> Option<Value>;

    /// Takes a diagnostic.
    fn report(&mut self, diagnostic: Diagnostic);

    /// Takes the reason why an expression, or a tag that an expression stands for, is left out.
    fn report_left_out(&mut self, diagnostic: Diagnostic) {
        self.report(diagnostic);
    }
}
