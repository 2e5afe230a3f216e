//! `rivage render`: content HTML of single files, for editors, scripts and tests.

use std::path::Path;

use anyhow::Context;
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::ast::Syntax;
use serde_json::json;

use super::Exit;
use super::args::{Global, Render, Selection, Unknown};
use super::build::options;
use super::printer::{Printer, failure};
use super::project::{Project, SiteSources};
use crate::diag::emit;
use crate::fs::{Fs, RealFs};
use crate::pipeline::{self, Mode};
use crate::render::plain::render_plain;

pub(super) fn run(global: &Global, args: &Render, printer: &Printer) -> anyhow::Result<Exit> {
    if args.plain { plain(args, printer) } else { in_site(global, args, printer) }
}

/// What became of a file.
struct Rendered {
    /// None where nothing could be rendered.
    html: Option<String>,
    diagnostics: Vec<Diagnostic>,
}

/// Without a project: each file by itself.
fn plain(args: &Render, printer: &Printer) -> anyhow::Result<Exit> {
    if args.unknown_component.is_some_and(|unknown| unknown != Unknown::Element) {
        return Err(failure(
            "`--plain` knows no component, so that each becomes an element",
            "leave `--unknown-component` out, or `--plain`",
        ));
    }
    let disk = RealFs::new("");
    let mut exit = Exit::Done;
    for path in &args.files {
        let given = path.to_string_lossy();
        let bytes = std::fs::read(path).with_context(|| format!("could not read `{given}`"))?;
        let syntax = syntax(path)?;
        let file = FileId::from(&*given);
        let rendered = match String::from_utf8(bytes) {
            Ok(text) => {
                let (html, diagnostics) = render_plain(&file, &text, syntax);
                Rendered { html, diagnostics }
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let message = format!("the file is not UTF-8: byte {at} does not belong to a character");
                let problem = Diagnostic::error("invalid-utf8", message).with_hint("save it as UTF-8 in your editor");
                Rendered { html: None, diagnostics: vec![problem] }
            }
        };
        line(printer, &disk, &given, &rendered, &mut exit)?;
    }
    Ok(exit)
}

/// As pages of a project, with all that its settings say.
fn in_site(global: &Global, args: &Render, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let root = project.root.canonicalize().with_context(|| format!("could not find `{}`", project.root.display()))?;
    let mut options = options(&Selection { drafts: true, future: true, base_url: None }, false, Mode::Check);
    options.unknown_component = args.unknown_component.map(Into::into);
    let paths = args.files.iter().map(|path| in_project(&root, path)).collect::<anyhow::Result<Vec<_>>>()?;
    let (pages, problems) = pipeline::render_content(&project.world, &options, &paths);
    let mut exit = Exit::Done;
    for ((given, path), page) in args.files.iter().zip(&paths).zip(pages) {
        let (html, mut diagnostics) = match page {
            Some((html, diagnostics)) => (Some(html), diagnostics),
            None => {
                let problem = Diagnostic::error("no-page", "the file is no page of the site");
                (None, vec![problem.at(&FileId::from(path.as_str()), Span::at(0))])
            }
        };
        // What earlier stages found in the same file.
        let here = |problem: &&Diagnostic| problem.primary.as_ref().is_some_and(|place| place.file.as_str() == path);
        diagnostics.extend(problems.iter().filter(here).cloned());
        rivage_diag::sort(&mut diagnostics);
        line(printer, &*project.world.fs, &given.to_string_lossy(), &Rendered { html, diagnostics }, &mut exit)?;
    }
    Ok(exit)
}

fn line(printer: &Printer, fs: &dyn Fs, given: &str, rendered: &Rendered, exit: &mut Exit) -> anyhow::Result<()> {
    let ok = !rendered.diagnostics.iter().any(Diagnostic::is_error);
    if !ok {
        *exit = Exit::SiteHasErrors;
    }
    let diagnostics = emit::json(&rendered.diagnostics, &SiteSources { fs, outcome: None });
    let object = json!({ "file": given, "ok": ok, "html": rendered.html, "diagnostics": diagnostics });
    Ok(printer.result(&format!("{object}\n"))?)
}

/// Returns a file's path from the project's root. It may be given from the current folder or from the root.
fn in_project(root: &Path, path: &Path) -> anyhow::Result<String> {
    let found = [path.to_owned(), root.join(path)].into_iter().find_map(|path| path.canonicalize().ok());
    let Some(found) = found else {
        anyhow::bail!("could not find `{}`", path.display());
    };
    syntax(&found)?;
    let inside = found.strip_prefix(root).ok().filter(|path| path.starts_with("content"));
    match inside {
        Some(path) => {
            Ok(path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
        }
        None => Err(failure(
            format!("`{}` is not below `{}`", path.display(), root.join("content").display()),
            "`--plain` renders files that belong to no site",
        )),
    }
}

fn syntax(path: &Path) -> anyhow::Result<Syntax> {
    match path.extension().and_then(std::ffi::OsStr::to_str) {
        Some("mdx") => Ok(Syntax::Mdx),
        Some("md" | "markdown") => Ok(Syntax::Markdown),
        _ => Err(failure(format!("`{}` is no content file", path.display()), "content files end in `.mdx` or `.md`")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::UnknownComponent;

    #[test]
    fn files_are_found_from_here_and_from_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("content/a")).unwrap();
        std::fs::write(root.join("content/a/b.mdx"), "").unwrap();
        std::fs::write(root.join("c.mdx"), "").unwrap();
        let find = |path: PathBuf| in_project(&root, &path).map_err(|error| error.to_string());
        assert_eq!(find(root.join("content/a/b.mdx")), Ok("content/a/b.mdx".to_owned()));
        assert_eq!(find("content/a/b.mdx".into()), Ok("content/a/b.mdx".to_owned()));
        assert!(find("c.mdx".into()).unwrap_err().contains("is not below"));
        assert!(find("content/x.mdx".into()).unwrap_err().contains("could not find"));
    }

    #[test]
    fn only_content_files_are_rendered() {
        assert_eq!(syntax(Path::new("a.mdx")).unwrap(), Syntax::Mdx);
        assert_eq!(syntax(Path::new("a.md")).unwrap(), Syntax::Markdown);
        assert!(syntax(Path::new("a.html")).is_err());
        assert_eq!(UnknownComponent::from(Unknown::Warn), UnknownComponent::Warn);
    }
}
