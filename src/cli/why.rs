//! `rivage why`: what a page depends on, and why it was last rendered.
//!
//! In: a URL, the build cache. Out: the questions that its rendering asked, those first whose answer has changed since.

use rivage_diag::Diagnostic;
use serde_json::json;

use super::Exit;
use super::args::{Global, Why};
use super::build::{open_cache, options, tell_troubles};
use super::printer::{Printer, failure};
use super::project::Project;
use crate::pipeline::{self, Explained, Mode};

pub(super) fn run(global: &Global, args: &Why, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let world = &*project.world;
    let options = options(&args.selection, false, Mode::Build);
    let mut cache = open_cache(&project.root, world, &options);
    tell_troubles(&mut cache, printer);
    let explained = pipeline::explain(world, &options, &cache, &args.url)?;
    let Some(explained) = explained else {
        let hint =
            "`rivage build` with the same flags notes what each page depends on; `404 en` is the 404 page of English";
        return Err(failure(format!("the build cache has no page `{}`", args.url), hint));
    };
    if args.json {
        printer.result(&format!("{}\n", to_json(&explained)))?;
    } else {
        printer.result(&to_text(&explained))?;
    }
    Ok(Exit::Done)
}

fn to_json(explained: &Explained) -> serde_json::Value {
    let Explained { url, files, cause, asked, diagnostics } = explained;
    json!({
        "url": url,
        "files": files,
        "rendered_because": cause.as_ref().map(ToString::to_string),
        "asked": asked.iter().map(|(question, changed)| json!({ "what": question.to_string(), "changed": changed })).collect::<Vec<_>>(),
        "diagnostics": diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect::<Vec<_>>(),
    })
}

fn to_text(explained: &Explained) -> String {
    let Explained { url, files, cause, asked, diagnostics } = explained;
    let mut out = format!("{url}\n");
    match cause {
        Some(cause) => out.push_str(&format!("  was last rendered because this had changed: {cause}\n")),
        None => {
            out.push_str("  was last rendered because nothing was known of it, or its file was missing in the output\n")
        }
    }
    let changed: Vec<_> = asked.iter().filter(|(_, changed)| *changed).collect();
    if !changed.is_empty() {
        out.push_str("  the next build renders it again, because this has changed:\n");
        changed.iter().for_each(|(question, _)| out.push_str(&format!("    {question}\n")));
    }
    out.push_str("  depends on\n");
    asked.iter().for_each(|(question, _)| out.push_str(&format!("    {question}\n")));
    out.push_str("  makes\n");
    files.iter().for_each(|file| out.push_str(&format!("    {file}\n")));
    if !diagnostics.is_empty() {
        out.push_str("  reports\n");
        let line = |diagnostic: &Diagnostic| {
            format!("    {}[{}]: {}\n", diagnostic.severity.as_str(), diagnostic.code, diagnostic.message)
        };
        diagnostics.iter().for_each(|diagnostic| out.push_str(&line(diagnostic)));
    }
    out
}
