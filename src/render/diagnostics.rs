//! The wording of what is wrong while pages are rendered.

use rivage_diag::{Diagnostic, FileId, Severity, Span};

use super::html::host::At;
use crate::config::BrokenLinks;
use crate::images::told::BAD_IMAGE;

/// Returns the name that is most like `written`, if one is like it at all.
pub(super) fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// A file that could not be read.
pub(super) fn unreadable(path: &str, error: &crate::fs::Error) -> Diagnostic {
    Diagnostic::error("unreadable-file", format!("could not read `{path}`: {}", error.source))
        .at(&FileId::from(path), Span::at(0))
}

/// The text of a template or of a file of texts, with a report if it is none.
pub(super) fn text_of(path: &str, bytes: &[u8], found: &mut Vec<Diagnostic>) -> String {
    if let Err(error) = std::str::from_utf8(bytes) {
        let diagnostic = Diagnostic::error("invalid-utf8", "the file is not UTF-8 text")
            .at(&FileId::from(path), Span::at(error.valid_up_to()))
            .with_hint("save it with the encoding UTF-8");
        found.push(diagnostic);
    }
    let text = String::from_utf8_lossy(bytes);
    text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
}

/// A mistake in a template; `message` is the engine's.
pub(super) fn template(message: &str) -> Diagnostic {
    let mut chars = message.trim_end_matches('.').chars();
    let first: String = chars.next().into_iter().flat_map(char::to_lowercase).collect();
    Diagnostic::error("template", format!("{first}{}", chars.as_str()))
}

/// A page whose layout does not exist.
pub(super) fn unknown_template(file: Option<(&FileId, Span)>, tried: &[String]) -> Diagnostic {
    let wanted = tried.first().map_or("", String::as_str);
    let diagnostic = Diagnostic::error("unknown-template", format!("there is no layout `{wanted}`"))
        .with_hint(format!("looked for {} in `layouts/` and the theme", quoted(tried)));
    match file {
        Some((file, span)) => diagnostic.at(file, span),
        None => diagnostic,
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A tag that stands for nothing.
pub(super) fn unknown_component(
    file: &FileId,
    span: Span,
    name: &str,
    theme: &str,
    nearest: Option<&str>,
    as_warning: bool,
) -> Diagnostic {
    let message = format!("no component is named `{name}`");
    let diagnostic = if as_warning {
        Diagnostic::warning("unknown-component", message)
    } else {
        Diagnostic::error("unknown-component", message)
    };
    let diagnostic = diagnostic.at(file, span).with_label(format!("not found in `components/` or theme `{theme}`"));
    match nearest {
        Some(nearest) => diagnostic.with_hint(format!("a component with a similar name exists: `{nearest}`")),
        None => diagnostic.with_hint(
            "add it as a file in `components/`, or set `[markdown] unknown_component = \"element\"` in `rivage.toml`",
        ),
    }
}

/// A prop that the component does not declare.
pub(super) fn unknown_prop(file: &FileId, span: Span, component: &str, prop: &str, known: &[&str]) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("unknown-prop", format!("component `{component}` has no prop `{prop}`")).at(file, span);
    match nearest(prop, known.iter().copied()) {
        Some(nearest) => diagnostic.with_hint(format!("a similar prop exists: `{nearest}`")),
        None if known.is_empty() => diagnostic.with_hint(format!("`{component}` takes no props")),
        None => {
            let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            diagnostic.with_hint(format!("it has {}", known.join(", ")))
        }
    }
}

/// A prop of the wrong type.
pub(super) fn wrong_prop_type(
    file: &FileId,
    span: Span,
    component: &str,
    prop: &str,
    wanted: &str,
    found: &str,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "wrong-prop-type",
        format!("prop `{prop}` of `{component}` must be {}, not {}", article(wanted), article(found)),
    )
    .at(file, span);
    match (wanted, found) {
        ("bool" | "integer" | "float" | "number" | "array" | "map", "string") => {
            diagnostic.with_hint(format!("write it in braces: `{prop}={{…}}`"))
        }
        ("string", "bool") => diagnostic.with_hint(format!("give it a value: `{prop}=\"…\"`")),
        _ => diagnostic,
    }
}

fn article(kind: &str) -> String {
    match kind {
        "integer" => "a whole number".to_owned(),
        "bool" => "`true` or `false`".to_owned(),
        "array" => "a list".to_owned(),
        "float" => "a number".to_owned(),
        "none" => "nothing".to_owned(),
        other => format!("a {other}"),
    }
}

/// A prop that must be given.
pub(super) fn missing_prop(file: &FileId, span: Span, component: &str, prop: &str) -> Diagnostic {
    Diagnostic::error("missing-prop", format!("component `{component}` needs the prop `{prop}`")).at(file, span)
}

/// A value that no component can take.
pub(super) fn unusable_prop(file: &FileId, span: Span, component: &str, prop: &str, what: &str) -> Diagnostic {
    Diagnostic::error("wrong-prop-type", format!("prop `{prop}` of `{component}` cannot be {what}"))
        .at(file, span)
        .with_hint("components are rendered at build: pass text, numbers, lists or maps")
}

/// What `[links] broken` makes of a link's diagnostic.
pub(super) fn as_loud_as(broken: BrokenLinks, mut diagnostic: Diagnostic) -> Option<Diagnostic> {
    match broken {
        BrokenLinks::Error => {}
        BrokenLinks::Warn => diagnostic.severity = Severity::Warning,
        BrokenLinks::Ignore => return None,
    }
    Some(diagnostic)
}

/// A link to a page that does not exist.
pub(super) fn broken_link(file: &FileId, span: Span, written: &str, nearest: Option<&str>) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("broken-link", format!("link to `{written}`, which does not exist")).at(file, span);
    match nearest {
        Some(nearest) => diagnostic.with_hint(format!("did you mean `{nearest}`?")),
        None => diagnostic
            .with_hint("links are paths of content files (`../guide/install.mdx`) or of the site (`/guide/install/`)"),
    }
}

/// A link to a page that this build leaves out.
pub(super) fn hidden_link(file: &FileId, span: Span, written: &str) -> Diagnostic {
    Diagnostic::error(
        "link-to-hidden-page",
        format!("link to `{written}`, which is a draft, not yet published or expired"),
    )
    .at(file, span)
    .with_hint("publish that page too, or build with `--drafts` or `--future`")
}

/// A link to a place that the target page does not have.
pub(super) fn broken_anchor(
    location: &rivage_diag::Location,
    target: &str,
    anchor: &str,
    nearest: Option<&str>,
) -> Diagnostic {
    Diagnostic::error("broken-anchor", format!("`{target}` has no `#{anchor}`"))
        .at(&location.file, location.span)
        .with_hint_if(nearest.map(|nearest| format!("the nearest is `#{nearest}`")))
}

/// A data file that holds no list of rows.
pub(super) fn no_rows(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("bad-data", "the file has no rows")
        .at(file, Span::at(span.range().start))
        .with_hint("write a table (`.csv`), a list, or a map with a list `items`")
}

/// A row of a data file that is no bar of a time series.
pub(super) fn bad_bar(file: &FileId, span: Span, field: &str, detail: &str) -> Diagnostic {
    Diagnostic::error("bad-data", format!("`{field}` {detail}"))
        .at(file, span)
        .with_hint("a row of a chart has `ts`, `open`, `high`, `low`, `close` and maybe `volume`")
}

/// A data file with too few bars for a chart.
pub(super) fn few_bars(file: &FileId) -> Diagnostic {
    Diagnostic::error("bad-data", "a chart needs at least two rows").at(file, Span::at(0))
}

/// A row of a data file that is no place.
pub(super) fn bad_place(file: &FileId, span: Span, field: &str, detail: &str) -> Diagnostic {
    Diagnostic::error("bad-data", format!("`{field}` {detail}"))
        .at(file, span)
        .with_hint("a row of a map has `name`, `lat`, `lon` and maybe `kind` and `text`")
}

/// An image or other file that does not exist.
pub(super) fn missing_asset(file: &FileId, span: Span, written: &str) -> Diagnostic {
    Diagnostic::error("missing-file", format!("`{written}` does not exist"))
        .at(file, span)
        .with_hint("files lie beside the page, or in `static/` and are then written with a leading slash")
}

/// A text of a drawing that no font can write.
pub(super) fn missing_glyph(text: &str, missing: char) -> Diagnostic {
    Diagnostic::warning(
        "missing-glyph",
        format!("`{missing}` of `{text}` is in no font of drawings: the text is left out of the card"),
    )
    .with_hint("name a font that has it in `[images] card_fonts`, or give the page a `cover`")
}

/// A file that says it is an image and is none. The second place is the image itself, by which others know that it has been told.
pub(super) fn bad_image(at: At<'_>, written: &str, image: &str, why: &str) -> Diagnostic {
    Diagnostic::error("bad-image", format!("`{written}` cannot be read as an image: {why}"))
        .at(at.file, at.span)
        .with_other(&FileId::from(image), Span::at(0), "the image")
}

/// What a template cannot be rendered for: `diagnostic` has message and place.
pub(super) fn bad_image_of_template(mut diagnostic: Diagnostic, image: &FileId) -> Diagnostic {
    BAD_IMAGE.clone_into(&mut diagnostic.code);
    diagnostic.with_other(image, Span::at(0), "the image")
}

/// A file that a template shows, and that says it is an image and is none. Templates take images from anywhere: the file is the place.
pub(super) fn bad_image_file(image: &str, why: &str) -> Diagnostic {
    Diagnostic::error("bad-image", format!("it cannot be read as an image: {why}"))
        .at(&FileId::from(image), Span::at(0))
}

/// A file whose name promises another format.
pub(super) fn other_format(file: &FileId, span: Span, written: &str, told: &str) -> Diagnostic {
    Diagnostic::warning("image-format", format!("`{written}` is {told}"))
        .at(file, span)
        .with_hint("rename the file: servers tell browsers what its name promises")
}

/// An import of a file that does not exist.
pub(super) fn missing_import(file: &FileId, span: Span, written: &str) -> Diagnostic {
    Diagnostic::error("missing-import", format!("`{written}` does not exist"))
        .at(file, span)
        .with_hint("imports are paths from this file, such as `./_intro.mdx` or `./rates.json`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("Calout", ["Card", "Callout", "Tabs"]), Some("Callout"));
        assert_eq!(nearest("Zebra", ["Card", "Callout", "Tabs"]), None);
    }

    #[test]
    fn template_messages_start_in_lower_case_and_end_without_a_stop() {
        assert_eq!(template("Variable `x` is undefined.").message, "variable `x` is undefined");
    }
}
