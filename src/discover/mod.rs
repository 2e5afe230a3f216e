//! Finds and classifies the files of a project.
//!
//! In: the project's folders. Out: a [`SourceTree`], sorted by path. Deliberately not here: reading of content files.

mod content;
mod diagnostics;
mod themes;
mod walk;

use rivage_diag::Diagnostic;
use rivage_syntax::ast::Syntax;

use crate::config::Config;
use crate::inputs::Inputs;

/// The files of a project, each list sorted by path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceTree {
    /// Pages and sections below content/.
    pub content: Vec<ContentFile>,
    /// Files below content/ that travel with the page or section of their folder.
    pub assets: Vec<AssetFile>,
    /// `content/**/data.*` and `data/*`, by path.
    pub data: Vec<String>,
    /// Partials: content files whose name starts with `_` (but `_index`); imported, never pages.
    pub partials: Vec<String>,
    /// Layouts, components, assets, static files, strings and archetypes, the site's own before the theme's.
    pub theme: ThemeFiles,
}

/// A file that becomes a page.
#[derive(Clone, Debug, PartialEq)]
pub struct ContentFile {
    /// The path: `content/blog/first.fr.mdx`.
    pub path: String,
    /// The rules it is read by.
    pub syntax: Syntax,
    /// The language's code.
    pub language: String,
    /// The path that all translations share: `blog/first` (`blog` for `blog/_index.mdx`, `""` for the home page,
    /// `blog/first` for the bundle `blog/first/index.mdx`).
    pub key: String,
    /// What it describes.
    pub role: Role,
    /// The folder below content/ that it belongs to: `blog`; the folder itself for a section. Language folders (`content/fr/`) are left out.
    pub section: String,
}

/// What a content file describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A page of its own name.
    Page,
    /// `index.mdx` in a folder: a page with assets.
    Bundle,
    /// `_index.mdx`: the section of its folder.
    Section,
}

/// A file that is copied beside a page.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetFile {
    /// The path: `content/blog/first/photo.jpg`.
    pub path: String,
    /// The `key` of the page or section it travels with: `blog/first`.
    pub owner: String,
    /// The path below that page's URL: `photo.jpg`.
    pub name: String,
    /// The language of the folder it lies in; the default one unless that is `content/fr/…`.
    pub language: String,
}

/// Files of the theme with the site's own laid over them: path within the theme (`layouts/page.html`) with where it lies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThemeFiles {
    /// Tera layouts, by name below `layouts/`.
    pub layouts: Vec<ThemeFile>,
    /// Tera components.
    pub components: Vec<ThemeFile>,
    /// CSS, Sass, scripts and images that are fingerprinted; without those of a dashboard that the site does not have.
    pub assets: Vec<ThemeFile>,
    /// Files that are copied as they are.
    pub statics: Vec<ThemeFile>,
    /// Texts: `strings/fr.toml`; both the theme's and the site's.
    pub strings: Vec<ThemeFile>,
    /// Models of new pages: `archetypes/blog.mdx`.
    pub archetypes: Vec<ThemeFile>,
}

/// A file of the theme.
#[derive(Clone, Debug, PartialEq)]
pub struct ThemeFile {
    /// The path below its folder: `blog/page.html`.
    pub name: String,
    /// Where it lies: `layouts/blog/page.html` or `themes/shore/layouts/blog/page.html`.
    pub path: String,
}

/// Finds and classifies the files of a project.
///
/// What cannot be read or used is reported; the tree holds the rest.
pub fn discover(inputs: &Inputs<'_>, config: &Config) -> (SourceTree, Vec<Diagnostic>) {
    let mut walk = walk::Walk::new(inputs);
    let mut tree = SourceTree::default();
    content::discover(&mut walk, config, &mut tree);
    tree.theme = themes::discover(&mut walk, config);
    (tree, walk.into_diagnostics())
}

#[cfg(test)]
mod tests;
