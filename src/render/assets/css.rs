//! CSS: imports bundled, URLs fingerprinted, new syntax lowered, minified.
//!
//! In: a style sheet among the assets. Out: one text. Each file is read by itself, so that mistakes are told at their place; its imports become
//! texts in front of it, in the layers and conditions they were imported with. Of a file imported twice the last place counts, as in browsers.
//! Deliberately not here: Sass ([`super::sass`]), CSS modules.

use lightningcss::dependencies::{Dependency, DependencyOptions};
use lightningcss::error::{ErrorLocation, PrinterErrorKind};
use lightningcss::printer::PrinterOptions;
use lightningcss::rules::CssRule;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, StyleSheet};
use lightningcss::targets::{Browsers, Targets};
use lightningcss::traits::ToCss;
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::contain::{Panicked, contain};

use super::{AssetMap, FOLDER, Kind, Sources, diagnostics, file_id, offset, path, sass};
use crate::discover::ThemeFile;

/// What the CSS must work in: all that has been current since spring 2022.
fn targets() -> Targets {
    let version = |major: u32, minor: u32| Some((major << 16) | (minor << 8));
    Targets::from(Browsers {
        chrome: version(100, 0),
        edge: version(100, 0),
        firefox: version(100, 0),
        safari: version(15, 4),
        ios_saf: version(15, 4),
        ..Browsers::default()
    })
}

/// Makes the text of a style sheet; none where nothing of it can be used.
pub(super) fn build(
    sources: &Sources<'_>,
    file: &ThemeFile,
    assets: &AssetMap,
    minify: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<String> {
    let mut bundle = Bundle {
        sources,
        assets,
        diagnostics,
        entry: &file.name,
        external: Vec::new(),
        seen: Vec::new(),
        open: Vec::new(),
    };
    let text = bundle.file(file, "")?;
    let external = std::mem::take(&mut bundle.external);
    let text = external.concat() + &text;

    let id = file_id(file);
    let made =
        contain(|| finish(&text, file, minify)).unwrap_or_else(|Panicked| Err(diagnostics::CSS_FAILED.to_owned()));
    made.map_err(|message| diagnostics.push(diagnostics::style(&id, Span::at(0), &message))).ok()
}

/// Makes the final text of a style sheet whose imports are in it, or says what is wrong.
fn finish(text: &str, file: &ThemeFile, minify: bool) -> Result<String, String> {
    let mut sheet = StyleSheet::parse(text, options(&file.path)).map_err(|error| error.kind.to_string())?;
    if minify {
        let options = MinifyOptions { targets: targets(), ..MinifyOptions::default() };
        sheet.minify(options).map_err(|error| error.kind.to_string())?;
    }
    let options = PrinterOptions { minify, targets: targets(), ..PrinterOptions::default() };
    sheet.to_css(options).map(|result| result.code).map_err(|error| error.kind.to_string())
}

fn options<'i>(path: &str) -> ParserOptions<'i> {
    ParserOptions { filename: path.to_owned(), ..ParserOptions::default() }
}

/// A style sheet with its imports.
struct Bundle<'a> {
    sources: &'a Sources<'a>,
    assets: &'a AssetMap,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The name of the file that is written: URLs are relative to it.
    entry: &'a str,
    /// Imports of other sites' styles, which must come first.
    external: Vec<String>,
    /// Files and the conditions they were imported with.
    seen: Vec<(String, String)>,
    /// The file being read and those that import it.
    open: Vec<String>,
}

impl Bundle<'_> {
    /// Returns the text of a file and its imports. `conditions` are those it was reached with.
    fn file(&mut self, file: &ThemeFile, conditions: &str) -> Option<String> {
        let text = match path::extension(&file.name) {
            "css" => self.sources.text(file, self.diagnostics)?,
            _ => sass::compile(self.sources, file, self.diagnostics)?,
        };
        // Places in what Sass made mean nothing in the source.
        let place = Place { id: file_id(file), text: (path::extension(&file.name) == "css").then_some(text.as_str()) };
        let sheet = match contain(|| StyleSheet::parse(&text, options(&file.path))) {
            Ok(Ok(sheet)) => sheet,
            Err(Panicked) => {
                self.diagnostics.push(diagnostics::style(&place.id, Span::at(0), diagnostics::CSS_FAILED));
                return None;
            }
            Ok(Err(error)) => {
                let span = place.at_error(error.loc.as_ref());
                self.diagnostics.push(diagnostics::style(&place.id, span, &error.kind.to_string()));
                return None;
            }
        };
        self.open.push(file.name.clone());
        let own = self.own(file, &sheet, &place);
        // The last import of a file counts, so they are visited from the last to the first.
        let mut parts = vec![own.unwrap_or_default()];
        for rule in sheet.rules.0.iter().rev() {
            match rule {
                CssRule::Import(import) => {
                    let at = (import.loc.line as usize, import.loc.column.saturating_sub(1) as usize);
                    let span = place.at(at, "@import".len());
                    parts.extend(self.import(file, import, conditions, &place.id, span));
                }
                // The order of layers is the order of their first names, which may be told before the imports.
                CssRule::LayerStatement(layers) => {
                    parts.extend(layers.to_css_string(PrinterOptions::default()).ok());
                }
                _ => {}
            }
        }
        self.open.pop();
        parts.reverse();
        Some(parts.join("\n"))
    }

    /// Returns the text of a file without its imports, with URLs that hold in the entry.
    fn own(&mut self, file: &ThemeFile, sheet: &StyleSheet<'_>, place: &Place<'_>) -> Option<String> {
        let printer = PrinterOptions {
            analyze_dependencies: Some(DependencyOptions { remove_imports: true }),
            ..PrinterOptions::default()
        };
        let printed = match contain(|| sheet.to_css(printer)) {
            Ok(Ok(printed)) => printed,
            Err(Panicked) => {
                self.diagnostics.push(diagnostics::style(&place.id, Span::at(0), diagnostics::CSS_FAILED));
                return None;
            }
            Ok(Err(error)) => {
                let span = place.at_error(error.loc.as_ref());
                self.diagnostics.push(match &error.kind {
                    PrinterErrorKind::AmbiguousUrlInCustomProperty { url } => {
                        diagnostics::ambiguous_url(&place.id, span, url)
                    }
                    kind => diagnostics::style(&place.id, span, &kind.to_string()),
                });
                return None;
            }
        };
        let mut urls = Vec::new();
        for dependency in printed.dependencies.unwrap_or_default() {
            let Dependency::Url(url) = dependency else { continue };
            let at = (url.loc.start.line.saturating_sub(1) as usize, url.loc.start.column.saturating_sub(1) as usize);
            let span = place.at(at, url.url.len());
            let target = self.url(file, &url.url, &place.id, span);
            urls.push((url.placeholder, target));
        }
        Some(put_urls(&printed.code, &urls))
    }

    fn url(&mut self, file: &ThemeFile, url: &str, id: &FileId, span: Span) -> String {
        if !path::is_relative(url) {
            return url.to_owned();
        }
        let (target, rest) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
        let name = path::resolve(&file.name, target);
        match name.as_deref().and_then(|name| self.assets.map.get(name)) {
            Some(asset) => path::relative(&format!("{FOLDER}/{}", self.entry), &asset.url_path) + rest,
            None => {
                let nearest = name.and_then(|name| nearest(&name, self.assets.map.keys().map(String::as_str)));
                self.diagnostics.push(diagnostics::missing(id, span, target, nearest.as_deref()));
                url.to_owned()
            }
        }
    }

    fn import(
        &mut self,
        file: &ThemeFile,
        import: &lightningcss::rules::import::ImportRule<'_>,
        conditions: &str,
        id: &FileId,
        span: Span,
    ) -> Option<String> {
        let url = import.url.as_ref();
        if !path::is_relative(url) {
            if conditions.is_empty() {
                let text = import.to_css_string(PrinterOptions::default()).ok()?;
                self.external.insert(0, text + "\n");
            } else {
                self.diagnostics.push(diagnostics::conditional_external_import(id, span, url));
            }
            return None;
        }
        let name = path::resolve(&file.name, url);
        let found = name.as_deref().and_then(|name| self.sources.files.get(name));
        let Some(target) = found.filter(|target| Kind::of(&target.name) == Kind::Style) else {
            let styles = self.sources.files.keys().copied().filter(|name| Kind::of(name) == Kind::Style);
            let nearest = name.and_then(|name| nearest(&name, styles));
            self.diagnostics.push(diagnostics::missing(id, span, url, nearest.as_deref()));
            return None;
        };
        // What surrounds the imported text, outermost first.
        let mut around = Vec::new();
        if !import.media.media_queries.is_empty() {
            around.push(format!("@media {}", import.media.to_css_string(PrinterOptions::default()).ok()?));
        }
        if let Some(supports) = &import.supports {
            around.push(format!("@supports {}", supports.to_css_string(PrinterOptions::default()).ok()?));
        }
        match &import.layer {
            Some(Some(layer)) => {
                around.push(format!("@layer {}", layer.to_css_string(PrinterOptions::default()).ok()?))
            }
            Some(None) => around.push("@layer".to_owned()),
            None => {}
        }
        let conditions = around.iter().fold(conditions.to_owned(), |all, condition| format!("{all}{condition};"));
        let key = (target.name.clone(), conditions);
        if self.open.contains(&key.0) || self.seen.contains(&key) {
            return None;
        }
        let text = self.file(target, &key.1);
        self.seen.push(key);
        let open: String = around.iter().map(|condition| format!("{condition} {{\n")).collect();
        Some(format!("{open}{}\n{}", text?, "}".repeat(around.len())))
    }
}

/// Puts URLs in the place of their placeholders.
fn put_urls(code: &str, urls: &[(String, String)]) -> String {
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find("url(\"") {
        let (before, after) = rest.split_at(start + "url(\"".len());
        out.push_str(before);
        let end = after.find('"').unwrap_or(after.len());
        match urls.iter().find(|(placeholder, _)| *placeholder == after[..end]) {
            Some((_, url)) => {
                for c in url.chars() {
                    match c {
                        '"' | '\\' => out.extend(['\\', c]),
                        '\n' => out.push_str("\\a "),
                        _ => out.push(c),
                    }
                }
            }
            None => out.push_str(&after[..end]),
        }
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

/// Returns the name most like one that does not exist.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let file = path::file_name(name);
    names
        .map(|known| (strsim::damerau_levenshtein(file, path::file_name(known)), known))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, known)| known.to_owned())
}

/// A file for diagnostics.
struct Place<'t> {
    id: FileId,
    /// The text that lines and columns count in; none where it was made by Sass.
    text: Option<&'t str>,
}

impl Place<'_> {
    fn at(&self, (line, column): (usize, usize), length: usize) -> Span {
        let Some(text) = self.text else { return Span::at(0) };
        let start = offset(text, line, column, char::len_utf16);
        let start = start + usize::from(text[start..].starts_with(['"', '\'']));
        Span::new(start, (start + length).min(text.len()))
    }

    fn at_error(&self, location: Option<&ErrorLocation>) -> Span {
        location.map_or(Span::at(0), |location| {
            self.at((location.line as usize, location.column.saturating_sub(1) as usize), 1)
        })
    }
}
