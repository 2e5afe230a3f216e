//! What `import … from "…"` binds: partials, data, text; components are known by name.
//!
//! In: the source as written and the file it stands in. Out: a [`Binding`]. Deliberately not here: images (they need the site).

use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::ast::Syntax;
use rivage_syntax::expr::Value;
use rivage_syntax::{data, front_matter, markdown};

use super::diagnostics;
use super::functions::data_format;
use super::html::host::{At, Binding, Partial};
use crate::config::Config;
use crate::inputs::Inputs;
use crate::parse::{markdown_options, normalize};
use crate::resolve::join;

/// What kind of thing a source names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A component by any specifier: a package, a `.astro`, `.jsx`, `.tsx`, `.vue`, `.svelte`, `.js` or `.ts` file.
    Component,
    /// A content file used as a tag.
    Partial,
    /// JSON, YAML, TOML or CSV.
    Data(data::Format),
    /// `?raw`: a file's text.
    Text,
    /// A picture.
    Image,
}

/// Tells what a source names, by its ending.
pub(super) fn kind(source: &str) -> Kind {
    if source.ends_with("?raw") {
        return Kind::Text;
    }
    let path = source.split('?').next().unwrap_or(source);
    if let Some(format) = data_format(path) {
        return Kind::Data(format);
    }
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "mdx" | "md" => Kind::Partial,
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "avif" | "svg" => Kind::Image,
        _ => Kind::Component,
    }
}

/// The project's path that a source stands for: from the importing file, or with a leading slash from the project's folder.
pub(super) fn path(file: &str, source: &str) -> Option<String> {
    let path = source.split('?').next().unwrap_or(source);
    match path.strip_prefix('/') {
        Some(path) => join("", path),
        None if path.starts_with('.') => join(file, path),
        None => None,
    }
}

/// Reads an import of a partial, data or text.
pub(super) fn load(
    inputs: &Inputs<'_>,
    config: &Config,
    kind: Kind,
    path: &str,
    imported: &str,
    at: At<'_>,
) -> (Binding, Vec<Diagnostic>) {
    let bytes = match inputs.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let mut diagnostic = diagnostics::unreadable(path, &error);
            diagnostic.primary = Some(at.location());
            return (Binding::Missing, vec![diagnostic]);
        }
    };
    let file = FileId::from(path);
    let (text, mut problems) = normalize(&file, &bytes);
    match kind {
        Kind::Partial => {
            let (fence, found) = front_matter::split(&file, &text);
            problems.extend(found);
            let format = match fence.language {
                Some(front_matter::Language::Toml) => Some(data::Format::Toml),
                Some(front_matter::Language::Yaml) => Some(data::Format::Yaml),
                None => None,
            };
            let matter = format.map(|format| data::parse(&file, &text, fence.content, format));
            let (matter, found) = matter.map_or_else(Default::default, |(data, found)| (data.to_json(), found));
            problems.extend(found);
            let syntax = config.markdown.syntax(path).unwrap_or(Syntax::Markdown);
            let (tree, found) = markdown::parse(&file, &text, fence.body_start, &markdown_options(config, syntax));
            problems.extend(found);
            let front_matter = if matter.is_null() { serde_json::json!({}) } else { matter };
            let front_matter = Value::from_json(&front_matter);
            (Binding::Partial(Partial { file, tree: Arc::new(tree), front_matter }), problems)
        }
        Kind::Data(format) => {
            let (parsed, found) = data::parse(&file, &text, Span::new(0, text.len()), format);
            problems.extend(found);
            if problems.iter().any(Diagnostic::is_error) {
                return (Binding::Missing, problems);
            }
            let json = parsed.to_json();
            let value = match imported {
                "default" | "*" => Value::from_json(&json),
                name => json.get(name).map_or(Value::Undefined, Value::from_json),
            };
            (Binding::Value(value), problems)
        }
        Kind::Text => (Binding::Value(Value::string(text)), problems),
        Kind::Component | Kind::Image => (Binding::Missing, problems),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart_by_their_ending() {
        assert_eq!(kind("@astrojs/starlight/components"), Kind::Component);
        assert_eq!(kind("~/components/Since.astro"), Kind::Component);
        assert_eq!(kind("./_intro.mdx"), Kind::Partial);
        assert_eq!(kind("./rates.json"), Kind::Data(data::Format::Json));
        assert_eq!(kind("./example.js?raw"), Kind::Text);
        assert_eq!(kind("./logo.png"), Kind::Image);
    }

    #[test]
    fn paths_stay_in_the_project() {
        assert_eq!(path("content/a/b.mdx", "../c.json").as_deref(), Some("content/c.json"));
        assert_eq!(path("content/a.mdx", "/data/x.toml").as_deref(), Some("data/x.toml"));
        assert_eq!(path("content/a.mdx", "../../x.json"), None);
        assert_eq!(path("content/a.mdx", "package/x.json"), None);
    }
}
