//! What is below content/ and data/: pages, sections, bundles with their assets, partials, data.
//!
//! In: the lists of files. Out: those parts of the [`SourceTree`]. Deliberately not here: front matter; a page's URL.
//!
//! A folder is a section. It is described by `_index.mdx`, or by `index.mdx` where other pages lie beside or below it, or by a page
//! of its name beside the folder (`guide.mdx` and `guide/`). An `index.mdx` alone in its folder is a bundle.

use rivage_syntax::ast::Syntax;
use rustc_hash::{FxHashMap, FxHashSet};

use super::walk::{Take, Walk};
use super::{AssetFile, ContentFile, Role, SourceTree, diagnostics};
use crate::config::Config;

const FOLDER: &str = "content";

pub(super) fn discover(walk: &mut Walk<'_>, config: &Config, tree: &mut SourceTree) {
    match walk.files(FOLDER, Take::Named) {
        Some(files) => sort_out(walk, config, files, tree),
        None => walk.report(diagnostics::no_content()),
    }
    let data = walk.files("data", Take::Any).unwrap_or_default();
    tree.data.extend(data.into_iter().filter(|path| is_data(path)));
    tree.data.sort();
}

/// A file below content/ with its language taken off.
struct Found {
    path: String,
    /// The folder below content/, without a language's.
    folder: String,
    language: String,
    /// The name without language and extension.
    stem: String,
    syntax: Syntax,
}

fn sort_out(walk: &mut Walk<'_>, config: &Config, files: Vec<String>, tree: &mut SourceTree) {
    let mut pages = Vec::new();
    let mut others = Vec::new();
    for path in files {
        let Some(below) = path.strip_prefix(FOLDER).and_then(|path| path.strip_prefix('/')) else { continue };
        let (folder, name) = below.rsplit_once('/').unwrap_or(("", below));
        let (language, folder) = language_folder(config, folder);
        let Some((stem, syntax)) = content_name(config, name) else {
            if stem_of(name) == "data" && is_data(name) {
                tree.data.push(path);
            } else {
                others.push((folder.to_owned(), name.to_owned(), language.to_owned(), path));
            }
            continue;
        };
        let (stem, language) = language_suffix(config, stem).unwrap_or((stem, language));
        let is_partial =
            stem.starts_with('_') && stem != "_index" || folder.split('/').any(|part| part.starts_with('_'));
        if is_partial {
            tree.partials.push(path);
        } else {
            let (folder, stem, language) = (folder.to_owned(), stem.to_owned(), language.to_owned());
            pages.push(Found { path, folder, language, stem, syntax });
        }
    }

    let sections = sections(&pages);
    let pages: Vec<ContentFile> = pages.into_iter().map(|found| classify(found, &sections)).collect();
    let mut seen: FxHashMap<(&str, &str), &str> = FxHashMap::default();
    seen.reserve(pages.len());
    let mut is_twice = Vec::with_capacity(pages.len());
    for page in &pages {
        let first = *seen.entry((page.language.as_str(), page.key.as_str())).or_insert(&page.path);
        is_twice.push(first != page.path);
        if first != page.path {
            walk.report(diagnostics::duplicate(&page.path, first, &page.key));
        }
    }
    let pages = pages.into_iter().zip(is_twice).filter(|(_, is_twice)| !is_twice).map(|(page, _)| page);
    tree.content.extend(pages);
    let bundles: FxHashSet<&str> =
        tree.content.iter().filter(|page| page.role == Role::Bundle).map(|page| page.key.as_str()).collect();
    let owned = |folder: &str| sections.contains(folder) || bundles.contains(folder);
    tree.assets = others.into_iter().map(|file| asset(file, owned)).collect();
}

/// The folders that hold pages, other than a lone `index`, in themselves or below.
fn sections(pages: &[Found]) -> FxHashSet<String> {
    let mut sections = FxHashSet::default();
    // The root is the home page's section, whatever it holds.
    sections.insert(String::new());
    for page in pages {
        let mut folder = page.folder.as_str();
        if page.stem == "index" {
            folder = parent(folder);
        }
        while !folder.is_empty() && !sections.contains(folder) {
            sections.insert(folder.to_owned());
            folder = parent(folder);
        }
    }
    sections
}

fn classify(found: Found, sections: &FxHashSet<String>) -> ContentFile {
    let Found { path, folder, language, stem, syntax } = found;
    let (key, role) = match stem.as_str() {
        "_index" => (folder.clone(), Role::Section),
        "index" if sections.contains(&folder) => (folder.clone(), Role::Section),
        "index" => (folder.clone(), Role::Bundle),
        _ => {
            let key = if folder.is_empty() { stem } else { format!("{folder}/{stem}") };
            let role = if sections.contains(&key) { Role::Section } else { Role::Page };
            (key, role)
        }
    };
    let section = match role {
        Role::Section => key.clone(),
        Role::Bundle => parent(&folder).to_owned(),
        Role::Page => folder,
    };
    ContentFile { path, syntax, language, key, role, section }
}

/// Gives a file to the nearest folder around it that is a page.
fn asset(file: (String, String, String, String), owned: impl Fn(&str) -> bool) -> AssetFile {
    let (folder, mut name, language, path) = file;
    let mut owner = folder.as_str();
    while !owner.is_empty() && !owned(owner) {
        let (above, last) = owner.rsplit_once('/').unwrap_or(("", owner));
        name = format!("{last}/{name}");
        owner = above;
    }
    AssetFile { path, owner: owner.to_owned(), name, language }
}

fn parent(folder: &str) -> &str {
    folder.rsplit_once('/').map_or("", |(above, _)| above)
}

fn stem_of(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Splits the extension off the name of a page.
fn content_name<'a>(config: &Config, name: &'a str) -> Option<(&'a str, Syntax)> {
    let (stem, _) = name.rsplit_once('.')?;
    let syntax = config.markdown.syntax(name)?;
    (!stem.is_empty()).then_some((stem, syntax))
}

/// `first.fr` → `first`, `fr`.
fn language_suffix<'a>(config: &'a Config, stem: &'a str) -> Option<(&'a str, &'a str)> {
    let (bare, code) = stem.rsplit_once('.')?;
    let language = config.languages.iter().find(|language| language.code.eq_ignore_ascii_case(code))?;
    (!bare.is_empty()).then_some((bare, &language.code))
}

/// `fr/blog` → `fr`, `blog`. In a site of one language `content/en/` is a section like any other.
fn language_folder<'a>(config: &'a Config, folder: &'a str) -> (&'a str, &'a str) {
    let default = &config.default_language().code;
    let (first, rest) = folder.split_once('/').unwrap_or((folder, ""));
    let several = config.languages.len() > 1;
    match config.languages.iter().find(|language| several && language.code.eq_ignore_ascii_case(first)) {
        Some(language) => (&language.code, rest),
        None => (default, folder),
    }
}

fn is_data(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| matches!(extension, "toml" | "yaml" | "yml" | "json" | "csv"))
}
