//! Scripts: copied, with imports of each other renamed.
//!
//! In: the scripts among the assets. Out: the same scripts, whose relative imports (`import … from "./x.js"`, `export … from`, `import("./x.js")`)
//! name fingerprinted files. A script is done after those it imports, since its name depends on theirs. Deliberately not here: bundling,
//! other names and code ([`super::shorter`] only leaves out what says nothing to browsers), packages.

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use rivage_diag::{Diagnostic, Span};
use rivage_syntax::contain::contain;

use super::css::nearest;
use super::shorter::shorter;
use super::{Built, Sources, diagnostics, file_id, path};
use crate::discover::ThemeFile;

/// Adds all scripts.
pub(super) fn build(sources: &Sources<'_>, files: &[&ThemeFile], minify: bool, built: &mut Built) {
    let mut open = Vec::new();
    for file in files {
        add(sources, file, minify, &mut open, built);
    }
}

/// Adds a script after those it imports. `open` holds the scripts that import it.
fn add<'a>(sources: &Sources<'a>, file: &'a ThemeFile, minify: bool, open: &mut Vec<&'a str>, built: &mut Built) {
    if built.map.map.contains_key(&file.name) {
        return;
    }
    let Some(text) = sources.text(file, &mut built.diagnostics) else { return };
    let id = file_id(file);
    open.push(&file.name);
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for import in imports(&text, file, &mut built.diagnostics) {
        let specifier = &text[import.start..import.end];
        if !(specifier.starts_with("./") || specifier.starts_with("../")) {
            continue;
        }
        let span = Span::new(import.start, import.end);
        let name = path::resolve(&file.name, specifier);
        let target = name.as_deref().and_then(|name| sources.files.get(name).copied());
        if let Some(target) = target {
            if let Some(first) = open.iter().position(|name| *name == target.name) {
                let circle: Vec<&str> = open[first..].iter().copied().chain([target.name.as_str()]).collect();
                built.diagnostics.push(diagnostics::script_cycle(&id, span, &circle));
                continue;
            }
            if super::Kind::of(&target.name) == super::Kind::Script {
                add(sources, target, minify, open, built);
            }
        }
        match target.and_then(|target| built.map.map.get(&target.name)) {
            Some(asset) => {
                let from = format!("{}/{}", super::FOLDER, file.name);
                let to = path::relative(&from, &asset.url_path);
                out.push_str(&text[copied..import.start]);
                out.push_str(if to.starts_with("../") { "" } else { "./" });
                out.push_str(&to);
                copied = import.end;
            }
            // A file that is there but could not be made has been told of.
            None if target.is_some() => {}
            None => {
                let nearest = name.and_then(|name| nearest(&name, sources.files.keys().copied()));
                built.diagnostics.push(diagnostics::missing(&id, span, specifier, nearest.as_deref()));
            }
        }
    }
    out.push_str(&text[copied..]);
    open.pop();
    if minify {
        out = shorter(&out);
    }
    built.add(&file.name, out.into_bytes());
}

/// The text between the quotes of a specifier.
struct Import {
    start: usize,
    end: usize,
}

/// Finds what a script imports, in order.
fn imports(text: &str, file: &ThemeFile, diagnostics: &mut Vec<Diagnostic>) -> Vec<Import> {
    // Scripts without imports are most, and need not be read.
    if !text.contains("import") && !text.contains("from") {
        return Vec::new();
    }
    let allocator = Allocator::default();
    let read = |source_type| contain(|| Parser::new(&allocator, text, source_type).parse());
    let Ok(module) = read(SourceType::mjs()) else {
        let message = "the script makes the JavaScript parser fail";
        diagnostics.push(diagnostics::script_syntax(&file_id(file), Span::at(0), message));
        return Vec::new();
    };
    if let Some(error) = module.errors.first() {
        // Old scripts may use words that modules reserve; those have no static imports.
        if read(SourceType::cjs()).is_ok_and(|script| script.errors.is_empty()) {
            return Vec::new();
        }
        let label = error.labels.as_ref().and_then(|labels| labels.first());
        let span = label.map_or(Span::at(0), |label| Span::new(label.offset(), label.offset() + label.len()));
        diagnostics.push(diagnostics::script_syntax(&file_id(file), span, &error.message));
        return Vec::new();
    }
    let record = &module.module_record;
    let mut spans: Vec<(u32, u32)> =
        record.dynamic_imports.iter().map(|import| &import.module_request).map(|span| (span.start, span.end)).collect();
    // The order of the map does not matter: the spans are sorted.
    for requests in record.requested_modules.values() {
        spans.extend(requests.iter().map(|request| (request.span.start, request.span.end)));
    }
    spans.sort_unstable();
    spans.dedup();
    let inner = |(start, end): (u32, u32)| {
        let (start, end) = (start as usize, end as usize);
        let literal = text.get(start..end)?;
        let quote = literal.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let is_plain = literal.len() > 2 && literal.ends_with(quote) && !literal.contains(['\\', '$']);
        is_plain.then_some(Import { start: start + 1, end: end - 1 })
    };
    spans.into_iter().filter_map(inner).collect()
}
