//! `rivage init`: a new site that builds at once.
//!
//! The files lie in `templates/`, one folder for each template; `full` is its own settings and home page with the other
//! pages of all. Placeholders are those of archetypes ([`super::new`]); workflows (`github`) have the program's version and repository besides.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use include_dir::{Dir, include_dir};

use super::Exit;
use super::args::{Init, Template};
use super::new::{self, Values};
use super::printer::{Printer, count, failure};
use super::project::now;

/// The workflows.
const GITHUB: &str = "github";

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/cli/templates");

const GITIGNORE: &str = "/public\n/.rivage\n";

pub(super) fn run(args: &Init, printer: &Printer) -> anyhow::Result<Exit> {
    let folder = &args.dir;
    if !args.force && !is_free(folder)? {
        return Err(failure(
            format!("`{}` is not empty", folder.display()),
            "choose another folder, or let `--force` write into this one",
        ));
    }
    let title = match &args.title {
        Some(title) => title.clone(),
        None => title_of(folder),
    };
    let today = now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let mut files = files(args.template, &title, &today);
    if args.github {
        files.extend(workflows());
    }
    for (path, text) in &files {
        let file = folder.join(path);
        let write = || {
            file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&file, text)
        };
        write().with_context(|| format!("could not write `{}`", file.display()))?;
    }
    printer.summary(&format!("made {} in `{}`", count(files.len(), "file"), folder.display()))?;
    let enter = if folder == Path::new(".") { String::new() } else { format!("cd {} && ", folder.display()) };
    printer.note(&format!("now run `{enter}rivage preview`"));
    Ok(Exit::Done)
}

/// A folder is free if there is nothing in it but a repository.
fn is_free(folder: &Path) -> anyhow::Result<bool> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error).with_context(|| format!("could not look into `{}`", folder.display())),
    };
    for entry in entries {
        if entry.with_context(|| format!("could not look into `{}`", folder.display()))?.file_name() != ".git" {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The folder's own name, even where it was written as `.`.
fn title_of(folder: &Path) -> String {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| PathBuf::from(folder));
    let name = absolute.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let title = new::title(&name);
    if title.is_empty() { "My site".to_owned() } else { title }
}

/// The files of a template by path.
fn files(template: Template, title: &str, date: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let parts: &[&str] = match template {
        Template::Marketing => &["marketing"],
        Template::Blog => &["blog"],
        Template::Docs => &["docs"],
        // The later ones replace files of the former: settings and home page are those of `full`.
        Template::Full => &["marketing", "blog", "docs", "full"],
    };
    let values = Values { title, date, name: "", section: "" };
    for part in parts {
        if let Some(folder) = TEMPLATES.get_dir(part) {
            gather(folder, part, &values, &mut files);
        }
    }
    files.insert(".gitignore".to_owned(), GITIGNORE.to_owned());
    files
}

/// What checks, previews and deploys a site at GitHub, by path.
fn workflows() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let values = Values { title: "", date: "", name: "", section: "" };
    if let Some(folder) = TEMPLATES.get_dir(GITHUB) {
        gather(folder, GITHUB, &values, &mut files);
    }
    let filled = |text: String| {
        let text = text.replace("{{ version }}", env!("CARGO_PKG_VERSION"));
        text.replace("{{ repository }}", env!("CARGO_PKG_REPOSITORY"))
    };
    files.into_iter().map(|(path, text)| (path, filled(text))).collect()
}

fn gather(folder: &Dir<'_>, part: &str, values: &Values<'_>, files: &mut BTreeMap<String, String>) {
    for file in folder.files() {
        let path = file.path().strip_prefix(part).unwrap_or_else(|_| file.path());
        let path: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let text = String::from_utf8_lossy(file.contents());
        files.insert(path.join("/"), new::fill(&text, values));
    }
    for below in folder.dirs() {
        gather(below, part, values, files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_a_site() {
        for template in [Template::Marketing, Template::Blog, Template::Docs, Template::Full] {
            let files = files(template, "A \"quoted\" name", "2026-11-23");
            let settings: toml_edit::DocumentMut = files["rivage.toml"].parse().unwrap();
            assert_eq!(settings["site"]["title"].as_str(), Some("A \"quoted\" name"), "{template:?}");
            assert!(files.contains_key("content/_index.mdx"), "{template:?}");
            assert_eq!(files[".gitignore"], GITIGNORE);
            for (path, text) in &files {
                for placeholder in ["{{ title }}", "{{ date }}"] {
                    assert!(!text.contains(placeholder), "{path}");
                }
            }
        }
    }

    #[test]
    fn the_full_template_holds_the_others() {
        let full = files(Template::Full, "A", "2026-11-23");
        for part in [Template::Marketing, Template::Blog, Template::Docs] {
            for path in files(part, "A", "2026-11-23").keys() {
                assert!(full.contains_key(path), "{path}");
            }
        }
    }

    #[test]
    fn workflows_are_filled_in() {
        let files = workflows();
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        assert_eq!(names, [".github/dependabot.yml", ".github/workflows/site.yml", ".github/workflows/uptime.yml"]);
        let site = &files[".github/workflows/site.yml"];
        assert!(site.contains(&format!("RIVAGE_VERSION: \"{}\"", env!("CARGO_PKG_VERSION"))));
        // All other braces are GitHub's own.
        assert_eq!(site.matches("{{").count(), site.matches("${{").count());
    }

    #[test]
    fn only_an_empty_folder_is_free() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_free(folder.path()).unwrap());
        assert!(is_free(&folder.path().join("new")).unwrap());
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        assert!(is_free(folder.path()).unwrap());
        std::fs::write(folder.path().join("a"), "").unwrap();
        assert!(!is_free(folder.path()).unwrap());
        assert!(is_free(&folder.path().join("a")).is_err());
    }

    #[test]
    fn titles_come_from_folders() {
        assert_eq!(title_of(Path::new("/tmp/my-site")), "My site");
        assert_eq!(title_of(Path::new("/")), "My site");
    }
}
