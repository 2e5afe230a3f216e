//! Diagnostics as HTML, for the overlay of the preview: escaped, with classes, without styles.

use rivage_diag::{Diagnostic, Location, Severity};

use super::Sources;
use super::text::{Text, Texts, excerpt};

/// Lines shown before and after the place.
const CONTEXT: usize = 2;

/// Most lines of the place itself that are shown.
const MOST_LINES: usize = 6;

/// Returns an `<article class="diagnostic error">` for each diagnostic: message, place, frame, labels, hints and trace.
pub fn html(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let texts = Texts::new(sources);
    diagnostics.iter().fold(String::new(), |mut out, diagnostic| {
        article(&mut out, diagnostic, &texts);
        out
    })
}

fn article(out: &mut String, diagnostic: &Diagnostic, texts: &Texts<'_>) {
    let severity = diagnostic.severity.as_str();
    *out += &format!("<article class=\"diagnostic {severity}\">\n");
    *out += &format!(
        "<h2><span class=\"severity\">{severity}</span> <span class=\"message\">{}</span> <code class=\"code\">{}</code></h2>\n",
        marked_up(&diagnostic.message),
        escape(&diagnostic.code)
    );
    if let Some(place) = &diagnostic.primary {
        frame(out, place, diagnostic.label.as_deref().unwrap_or_default(), diagnostic.severity, texts);
    }
    for label in &diagnostic.labels {
        frame(out, &label.location, &label.text, diagnostic.severity, texts);
    }
    for hint in &diagnostic.hints {
        *out += &format!("<p class=\"hint\">{}</p>\n", marked_up(hint));
    }
    if !diagnostic.trace.is_empty() {
        *out += "<ol class=\"trace\">\n";
        for step in diagnostic.trace.iter().rev() {
            *out += &format!("<li>{}</li>\n", escape(&texts.show(step)));
        }
        *out += "</ol>\n";
    }
    *out += "</article>\n";
}

fn frame(out: &mut String, place: &Location, label: &str, severity: Severity, texts: &Texts<'_>) {
    *out += &format!("<p class=\"place\">{}</p>\n", escape(&texts.show(place)));
    if let Some(text) = texts.get(&place.file) {
        lines(out, &text, place, severity);
    }
    if !label.is_empty() {
        *out += &format!("<p class=\"label\">{}</p>\n", marked_up(label));
    }
}

fn lines(out: &mut String, text: &Text, place: &Location, severity: Severity) {
    let range = text.clamp(place.span);
    let first = text.line_of(range.start);
    let last = text.line_of(range.end).min(first + MOST_LINES - 1);
    let shown = first.saturating_sub(CONTEXT)..(last + CONTEXT + 1).min(text.line_count());
    *out += "<pre class=\"frame\">";
    for index in shown {
        let line = text.line(index);
        let is_marked = (first..=last).contains(&index);
        let start = range.start.clamp(line.start, line.end);
        let end = range.end.clamp(start, line.end);
        let part = excerpt(text, line.clone(), if is_marked { start..end } else { line.start..line.start });
        let class = if is_marked { "line marked" } else { "line" };
        *out += &format!("<span class=\"{class}\"><span class=\"number\">{}</span> ", index + 1);
        if part.start > line.start {
            out.push('…');
        }
        if is_marked {
            let (start, end) = (start.clamp(part.start, part.end), end.clamp(part.start, part.end));
            *out += &escape(text.slice(part.start..start));
            *out += &format!("<mark class=\"{}\">{}</mark>", severity.as_str(), escape(text.slice(start..end)));
            *out += &escape(text.slice(end..part.end));
        } else {
            *out += &escape(text.slice(part.clone()));
        }
        if part.end < line.end {
            out.push('…');
        }
        *out += "</span>\n";
    }
    *out += "</pre>\n";
}

/// Escapes a message and makes what stands in backticks code.
fn marked_up(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('`').peekable();
    let mut is_code = false;
    while let Some(part) = parts.next() {
        // A backtick that none follows is just one.
        match (is_code, parts.peek().is_some()) {
            (true, true) => out += &format!("<code>{}</code>", escape(part)),
            (true, false) => out += &format!("`{}", escape(part)),
            (false, _) => out += &escape(part),
        }
        is_code = !is_code;
    }
    out
}

/// Escapes text for HTML. Control characters become a visible sign: a NUL would make the page invalid.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
