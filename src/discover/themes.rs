//! The files of the theme with the site's own laid over them.
//!
//! In: the site's folders, `themes/NAME` on the disk, the themes that are built in. Out: [`ThemeFiles`], without what the site has no use for.
//! Deliberately not here: reading of the files ([`crate::theme::read`]).

use std::collections::BTreeMap;

use super::walk::{Take, Walk};
use super::{ThemeFile, ThemeFiles, diagnostics};
use crate::config::Config;
use crate::theme;

pub(super) fn discover(walk: &mut Walk<'_>, config: &Config) -> ThemeFiles {
    let name = &config.site.theme;
    let files = theme_files(walk, name);
    let root = format!("themes/{name}/");
    let of = |folder: &str| -> Vec<ThemeFile> {
        let prefix = format!("{root}{folder}/");
        let below = files.iter().filter_map(|path| {
            let name = path.strip_prefix(&prefix)?.to_owned();
            Some(ThemeFile { name, path: path.clone() })
        });
        below.collect()
    };
    let own_assets = own(walk, "assets", Take::Named);
    ThemeFiles {
        layouts: overlay(of("layouts"), own(walk, "layouts", Take::Any)),
        components: overlay(of("components"), own(walk, "components", Take::Any)),
        assets: overlay(used(config, of("assets"), &own_assets), own_assets),
        statics: overlay(of("static"), own(walk, "static", Take::NamedAndHidden)),
        strings: both(of("strings"), own(walk, "strings", Take::Any)),
        archetypes: overlay(of("archetypes"), own(walk, "archetypes", Take::Any)),
    }
}

/// The theme's assets without those that only the dashboard needs, where the site has none. A site with an asset of its own among them uses them in a way
/// that nobody knows here: it gets all.
fn used(config: &Config, theme: Vec<ThemeFile>, own: &[ThemeFile]) -> Vec<ThemeFile> {
    let names = &config.site.dashboard_assets;
    let is_of_dashboard = |file: &ThemeFile| {
        names.iter().any(|name| file.name == *name || name.ends_with('/') && file.name.starts_with(name.as_str()))
    };
    if config.api.admin || own.iter().any(is_of_dashboard) {
        return theme;
    }
    theme.into_iter().filter(|file| !is_of_dashboard(file)).collect()
}

/// The paths of a theme's files. A folder with a `theme.toml` is a whole theme; one without it is laid over the built-in theme
/// of its name.
fn theme_files(walk: &mut Walk<'_>, name: &str) -> Vec<String> {
    let built_in = theme::files(name);
    let usable = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\']);
    let folder = format!("themes/{name}");
    let on_disk = usable && walk.is_folder(&folder);
    if !on_disk && built_in.is_empty() {
        let mut known = walk.folder_names("themes");
        known.extend(theme::names());
        known.sort();
        known.dedup();
        walk.report(diagnostics::unknown_theme(name, &known));
        return Vec::new();
    }
    let mut files = Vec::new();
    if on_disk {
        files = walk.files(&folder, Take::NamedAndHidden).unwrap_or_default();
    }
    if !walk.is_file(&format!("{folder}/theme.toml")) {
        files.extend(built_in);
        files.sort();
        files.dedup();
    }
    files
}

fn own(walk: &mut Walk<'_>, folder: &str, take: Take) -> Vec<ThemeFile> {
    let files = walk.files(folder, take).unwrap_or_default();
    let below = files.into_iter().filter_map(|path| {
        let name = path.strip_prefix(folder)?.strip_prefix('/')?.to_owned();
        Some(ThemeFile { name, path })
    });
    below.collect()
}

/// The site's file instead of the theme's where both have one of a name.
fn overlay(theme: Vec<ThemeFile>, own: Vec<ThemeFile>) -> Vec<ThemeFile> {
    let all = theme.into_iter().chain(own).map(|file| (file.name.clone(), file));
    all.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Both files, the theme's first: texts are laid over each other key by key.
fn both(theme: Vec<ThemeFile>, own: Vec<ThemeFile>) -> Vec<ThemeFile> {
    let mut all: Vec<_> = theme.into_iter().chain(own).collect();
    // The sort is stable, which keeps the theme's before the site's.
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}
