//! The HTML of a block of code.
//!
//! In: a [`CodeBlock`], settings, labels. Out: HTML as in [the module's picture](super), and diagnostics. Deliberately not here: what is
//! highlighted how ([`super::highlight`]), reading of the meta ([`super::meta`]).

use std::borrow::Cow;
use std::fmt::Write;
use std::iter;
use std::sync::Arc;

use rivage_diag::{Diagnostic, FileId, Span};
use rivage_highlight::PLAIN;
use syntect::parsing::{Regex, Region};

use super::highlight::{self, ConsoleLine, Run, highlight};
use super::language::{self, Grammar, Language};
use super::meta::{self, Frame, Mark, Meta, Pattern, WordMark};
use super::{diagnostics, escape};
use crate::config;

/// Words are not looked for in lines longer than this.
const MAX_MARKED_LINE: usize = 10_000;

/// A fence.
#[derive(Clone, Copy, Debug)]
pub struct CodeBlock<'a> {
    /// The first word behind the fence.
    pub lang: Option<&'a str>,
    /// What follows it.
    pub meta: Option<&'a str>,
    /// The code, without the last line end.
    pub value: &'a str,
    /// The file it stands in.
    pub file: &'a FileId,
    /// Where diagnostics point; best the line of the fence.
    pub span: Span,
}

/// Texts in the page's language.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// Names the copy button: `Copy`.
    pub copy: &'a str,
    /// What it says when it has copied: `Copied`.
    pub copied: &'a str,
}

/// Appends the HTML of a block.
pub fn render(
    block: &CodeBlock<'_>,
    settings: &config::Code,
    labels: &Labels<'_>,
    out: &mut String,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (name, meta) = info(block);
    for problem in &meta.problems {
        diagnostics.push(diagnostics::meta(block.file, block.span, problem));
    }
    let mut find = |name: &str| find_language(name, block, settings, diagnostics);
    let language = find(name);
    let inner = meta.lang.as_deref().filter(|_| name == "diff" || name == "patch").map(&mut find);

    let mut body = match inner {
        Some(inner) => Body::of_diff(block.value, inner, settings),
        None => Body::new(block.value, language, settings),
    };
    body.mark_lines(&meta);
    let words: Vec<Word<'_>> = meta.words.iter().map(Word::new).collect();

    open_figure(out, name, language, &meta, settings, block.value);
    out.push_str("<pre tabindex=\"0\"><code>");
    body.write(out, &words, meta.start.filter(|&start| start != 1));
    out.push_str("</code></pre>");
    if meta.copy.unwrap_or(settings.copy) {
        out.push_str("<button class=\"copy\" type=\"button\" aria-label=\"");
        escape(labels.copy, out);
        out.push_str("\" data-copied=\"");
        escape(labels.copied, out);
        out.push_str("\"></button>");
    }
    out.push_str("</figure>");
}

/// Appends the HTML of inline code that ends in a language, `` `let a = 1{:js}` ``; otherwise appends nothing and returns false.
pub fn render_inline(code: &str, settings: &config::Code, out: &mut String) -> bool {
    let Some((text, name)) = code.strip_suffix('}').and_then(|code| code.rsplit_once("{:")) else { return false };
    let Some(language) = language::find(name, &settings.aliases).filter(|_| settings.highlight) else { return false };
    out.push_str("<code data-lang=\"");
    escape(name, out);
    out.push_str("\">");
    let runs = highlight(language.grammar, false, text);
    Writer { text, runs: &runs, next: 0 }.write(0..text.len(), &[], out);
    out.push_str("</code>");
    true
}

/// Splits the info string. Some write the meta right behind the language (`js{1,3}`), rustdoc more words (`rust,ignore`).
fn info<'a>(block: &CodeBlock<'a>) -> (&'a str, Meta) {
    let lang = block.lang.unwrap_or_default();
    let end = lang.find(['{', ',']).unwrap_or(lang.len());
    let (name, attached) = lang.split_at(end);
    let meta = block.meta.unwrap_or_default();
    let meta = if attached.starts_with('{') {
        Meta::parse(&format!("{attached} {meta}"))
    } else if meta.is_empty() {
        Meta::default()
    } else {
        Meta::parse(meta)
    };
    (name, meta)
}

fn find_language(
    name: &str,
    block: &CodeBlock<'_>,
    settings: &config::Code,
    diagnostics: &mut Vec<Diagnostic>,
) -> Language {
    if name.is_empty() {
        return Language::PLAIN;
    }
    language::find(name, &settings.aliases).unwrap_or_else(|| {
        let nearest = language::nearest(name, &settings.aliases);
        diagnostics.push(diagnostics::unknown_language(block.file, block.span, name, nearest.as_deref()));
        Language::PLAIN
    })
}

fn open_figure(out: &mut String, name: &str, language: Language, meta: &Meta, settings: &config::Code, value: &str) {
    let is_file = value.starts_with("#!") || meta.title.as_deref().is_some_and(meta::is_file_name);
    let is_terminal = match meta.frame {
        Some(frame) => frame == Frame::Terminal,
        None => language.is_shell && !is_file,
    };
    let is_numbered = meta.numbers.unwrap_or(settings.line_numbers);
    out.push_str("<figure class=\"code");
    for (class, is_set) in [
        (" terminal", is_terminal),
        (" frameless", meta.frame == Some(Frame::None)),
        (" numbered", is_numbered),
        (" wrap", meta.wrap.unwrap_or(settings.wrap)),
        (" has-focus", meta.lines.iter().any(|line| line.mark == Mark::Focus)),
    ] {
        if is_set {
            out.push_str(class);
        }
    }
    out.push('"');
    if !name.is_empty() {
        out.push_str(" data-lang=\"");
        escape(name, out);
        out.push('"');
    }
    if let Some(start) = meta.start.filter(|&start| start != 1 && is_numbered) {
        let _ = write!(out, " data-start=\"{start}\"");
    }
    out.push('>');
    if let Some(title) = meta.title.as_deref().filter(|_| meta.frame != Some(Frame::None)) {
        out.push_str("<figcaption>");
        escape(title, out);
        out.push_str("</figcaption>");
    }
}

/// What a line is, as bits.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    classes: u8,
    /// Bytes of the prompt it starts with.
    prompt: usize,
}

/// The classes of a line with their bits.
const CLASSES: [(&str, u8); 5] =
    [("hl", HIGHLIGHT), ("ins", INSERT), ("del", DELETE), ("focus", FOCUS), ("out", OUTPUT)];
const HIGHLIGHT: u8 = 1;
const INSERT: u8 = 2;
const DELETE: u8 = 4;
const FOCUS: u8 = 8;
const OUTPUT: u8 = 16;

fn bit(mark: Mark) -> u8 {
    match mark {
        Mark::Highlight => HIGHLIGHT,
        Mark::Insert => INSERT,
        Mark::Delete => DELETE,
        Mark::Focus => FOCUS,
    }
}

/// The code as it is shown.
struct Body<'a> {
    text: Cow<'a, str>,
    lines: Vec<Line>,
    runs: Arc<[Run]>,
}

impl<'a> Body<'a> {
    fn new(text: &'a str, language: Language, settings: &config::Code) -> Self {
        let lines = match language {
            Language { grammar: Grammar::Console, .. } => {
                let line = |(kind, line): (ConsoleLine, &str)| match kind {
                    ConsoleLine::Command(prompt) => Line { prompt: prompt.min(line.len()), classes: 0 },
                    ConsoleLine::Output => Line { classes: OUTPUT, prompt: 0 },
                };
                highlight::console_lines(text).into_iter().zip(text.split('\n')).map(line).collect()
            }
            Language { is_shell: true, .. } => {
                let line = |line| Line { prompt: highlight::script_prompt(line).unwrap_or(0), classes: 0 };
                text.split('\n').map(line).collect()
            }
            _ => vec![Line::default(); text.split('\n').count()],
        };
        Self { runs: runs(text, language, settings), text: Cow::Borrowed(text), lines }
    }

    /// Takes the first column off a diff and marks its lines instead.
    fn of_diff(diff: &str, inner: Language, settings: &config::Code) -> Self {
        let is_aligned = diff.split('\n').all(|line| line.is_empty() || line.starts_with(['+', '-', ' ', '@', '\\']));
        let mut text = String::with_capacity(diff.len());
        let mut lines = Vec::new();
        for line in diff.split('\n') {
            let (shown, classes) = match line.as_bytes().first() {
                Some(b'+') if !line.starts_with("+++ ") => (&line[1..], INSERT),
                Some(b'-') if !line.starts_with("--- ") => (&line[1..], DELETE),
                Some(b' ') if is_aligned => (&line[1..], 0),
                _ => (line, 0),
            };
            if !lines.is_empty() {
                text.push('\n');
            }
            text.push_str(shown);
            lines.push(Line { classes, prompt: 0 });
        }
        let language = Language { is_shell: false, ..inner };
        Self { runs: runs(&text, language, settings), text: Cow::Owned(text), lines }
    }

    /// Gives the lines the meta's classes. Counting where ranges start and end keeps a thousand overlapping ones cheap.
    fn mark_lines(&mut self, meta: &Meta) {
        for mark in [Mark::Highlight, Mark::Insert, Mark::Delete, Mark::Focus] {
            let mut steps = vec![0_i32; 0];
            for range in meta.lines.iter().filter(|range| range.mark == mark && range.first <= self.lines.len()) {
                steps.resize(self.lines.len() + 1, 0);
                steps[range.first.max(1) - 1] += 1;
                steps[range.last.min(self.lines.len())] -= 1;
            }
            let mut open = 0;
            for (line, step) in self.lines.iter_mut().zip(steps) {
                open += step;
                if open > 0 {
                    line.classes |= bit(mark);
                }
            }
        }
    }

    fn write(&self, out: &mut String, words: &[Word<'_>], first_number: Option<usize>) {
        out.reserve(self.text.len() * 2 + self.lines.len() * 32);
        let mut writer = Writer { text: &self.text, runs: &self.runs, next: 0 };
        let mut start = 0;
        let mut found = Vec::new();
        for (index, (text, line)) in iter::zip(self.text.split('\n'), &self.lines).enumerate() {
            out.push_str("<span class=\"l");
            for (class, bit) in CLASSES {
                if line.classes & bit != 0 {
                    out.push(' ');
                    out.push_str(class);
                }
            }
            out.push('"');
            if let Some(first) = first_number {
                let _ = write!(out, " data-n=\"{}\"", first.saturating_add(index));
            }
            out.push('>');
            if line.prompt > 0 {
                out.push_str("<span class=\"prompt\">");
                escape(&text[..line.prompt], out);
                out.push_str("</span>");
            }
            find_words(words, text, line.prompt, start, &mut found);
            writer.write(start + line.prompt..start + text.len(), &found, out);
            out.push_str("\n</span>");
            start += text.len() + 1;
        }
    }
}

fn runs(text: &str, language: Language, settings: &config::Code) -> Arc<[Run]> {
    let grammar = if settings.highlight { language.grammar } else { Grammar::Plain };
    highlight(grammar, language.is_shell, text)
}

/// A mark that is looked for.
struct Word<'m> {
    mark: Mark,
    needle: Needle<'m>,
}

enum Needle<'m> {
    Text(&'m str),
    Regexp(Box<Regex>),
}

impl<'m> Word<'m> {
    fn new(word: &'m WordMark) -> Self {
        let needle = match &word.pattern {
            Pattern::Text(text) => Needle::Text(text),
            // The meta holds only those that compile.
            Pattern::Regexp(pattern) => Needle::Regexp(Box::new(Regex::new(pattern.clone()))),
        };
        Self { mark: word.mark, needle }
    }
}

/// A mark that was found: its bytes in the block's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    start: usize,
    end: usize,
    mark: Mark,
}

/// Finds the marks of a line, in order, without overlaps: the one that starts first, then the longest, wins.
fn find_words(words: &[Word<'_>], line: &str, prompt: usize, offset: usize, found: &mut Vec<Found>) {
    found.clear();
    if words.is_empty() || line.len() > MAX_MARKED_LINE {
        return;
    }
    for word in words {
        let mut push = |start: usize, end: usize| {
            if start < end && start >= prompt {
                found.push(Found { start: offset + start, end: offset + end, mark: word.mark });
            }
        };
        match &word.needle {
            Needle::Text(text) => line.match_indices(text).for_each(|(at, text)| push(at, at + text.len())),
            Needle::Regexp(regex) => {
                let mut region = Region::new();
                let mut from = 0;
                while from <= line.len() && regex.search(line, from, line.len(), Some(&mut region)) {
                    let Some((start, end)) = region.pos(0) else { break };
                    // Where a pattern has groups they are what is meant; the rest says where.
                    let mut has_groups = false;
                    for (start, end) in (1..=9).filter_map(|group| region.pos(group)) {
                        has_groups = true;
                        push(start, end);
                    }
                    if !has_groups {
                        push(start, end);
                    }
                    let step = line[end..].chars().next().map_or(1, char::len_utf8);
                    from = if end > from { end } else { end + step };
                }
            }
        }
    }
    found.sort_by_key(|found| (found.start, usize::MAX - found.end));
    let mut last = 0;
    found.retain(|found| {
        let is_free = found.start >= last;
        if is_free {
            last = found.end;
        }
        is_free
    });
}

/// Writes parts of a text, from its start to its end.
struct Writer<'a> {
    text: &'a str,
    runs: &'a [Run],
    /// The first run that does not end before what is written next.
    next: usize,
}

impl Writer<'_> {
    fn write(&mut self, range: std::ops::Range<usize>, marks: &[Found], out: &mut String) {
        let mut marks = marks.iter().copied().peekable();
        let mut at = range.start;
        let mut class = PLAIN;
        let mut marked = None;
        while at < range.end {
            while self.runs.get(self.next).is_some_and(|run| run.end as usize <= at) {
                self.next += 1;
            }
            let run = self.runs.get(self.next).copied();
            let new_class = run.map_or(PLAIN, |run| run.class);
            let mut end = run.map_or(range.end, |run| run.end as usize).min(range.end);
            while marks.next_if(|mark| mark.end <= at).is_some() {}
            let new_mark = match marks.peek() {
                Some(mark) if mark.start <= at => {
                    end = end.min(mark.end);
                    Some(*mark)
                }
                Some(mark) => {
                    end = end.min(mark.start);
                    None
                }
                None => None,
            };
            // Marks lie around the spans of classes, which end and start again at their borders.
            if class != PLAIN && (class != new_class || marked != new_mark) {
                out.push_str("</span>");
                class = PLAIN;
            }
            if marked != new_mark {
                if marked.is_some() {
                    out.push_str("</mark>");
                }
                out.push_str(match new_mark.map(|found| found.mark) {
                    None => "",
                    Some(Mark::Insert) => "<mark class=\"ins\">",
                    Some(Mark::Delete) => "<mark class=\"del\">",
                    Some(Mark::Highlight | Mark::Focus) => "<mark>",
                });
                marked = new_mark;
            }
            if class != new_class {
                out.push_str("<span class=\"");
                out.push(char::from(new_class));
                out.push_str("\">");
                class = new_class;
            }
            escape(&self.text[at..end], out);
            at = end;
        }
        if class != PLAIN {
            out.push_str("</span>");
        }
        if marked.is_some() {
            out.push_str("</mark>");
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;

    fn settings() -> config::Code {
        config::Code { highlight: true, wrap: false, line_numbers: false, copy: false, aliases: IndexMap::new() }
    }

    fn html_with(settings: &config::Code, lang: &str, meta: &str, value: &str) -> (String, Vec<Diagnostic>) {
        let file = FileId::from("content/a.md");
        let block = CodeBlock {
            lang: Some(lang).filter(|lang| !lang.is_empty()),
            meta: Some(meta).filter(|meta| !meta.is_empty()),
            value,
            file: &file,
            span: Span::new(3, 9),
        };
        let (mut out, mut diagnostics) = (String::new(), Vec::new());
        render(&block, settings, &Labels { copy: "Copy", copied: "Copied" }, &mut out, &mut diagnostics);
        (out, diagnostics)
    }

    fn check(lang: &str, meta: &str, value: &str, expect: &str) {
        let (html, diagnostics) = html_with(&settings(), lang, meta, value);
        assert_eq!(html, expect);
        assert_eq!(diagnostics, []);
    }

    /// As [`check`], for what stands in `<code>`.
    fn check_code(lang: &str, meta: &str, value: &str, expect: &str) {
        let (html, diagnostics) = html_with(&settings(), lang, meta, value);
        let code = html.split_once("<code>").and_then(|(_, code)| code.split_once("</code>")).map(|(code, _)| code);
        assert_eq!(code, Some(expect));
        assert_eq!(diagnostics, []);
    }

    fn check_problem(lang: &str, meta: &str, expect: &str) {
        let (html, diagnostics) = html_with(&settings(), lang, meta, "a");
        assert!(html.contains("a\n</span></code></pre></figure>"), "{html}");
        let shown: Vec<_> = diagnostics
            .iter()
            .map(|d| {
                format!(
                    "{}[{}]: {} ({:?}): {}",
                    d.severity.as_str(),
                    d.code,
                    d.message,
                    d.primary.as_ref().map(|p| p.span),
                    d.hints.join("; ")
                )
            })
            .collect();
        assert_eq!(shown.join("\n"), expect);
    }

    #[test]
    fn a_block_is_a_figure_with_lines() {
        check(
            "rust",
            "title=\"src/<a>.rs\"",
            "fn a() {}\n\n// <b>",
            "<figure class=\"code\" data-lang=\"rust\"><figcaption>src/&lt;a&gt;.rs</figcaption><pre tabindex=\"0\"><code>\
             <span class=\"l\"><span class=\"k\">fn</span> <span class=\"f\">a</span><span class=\"p\">() {}</span>\n</span>\
             <span class=\"l\">\n</span><span class=\"l\"><span class=\"c\">// &lt;b&gt;</span>\n</span></code></pre></figure>",
        );
        check(
            "",
            "",
            "",
            "<figure class=\"code\"><pre tabindex=\"0\"><code><span class=\"l\">\n</span></code></pre></figure>",
        );
    }

    #[test]
    fn text_is_never_lost() {
        for (lang, value) in [
            ("rust", "a\r\n\tb  \n"),
            ("astro", "---\n"),
            ("astro", "---\n---"),
            ("md", "---\n"),
            ("md", "+++"),
            ("console", "$ "),
            ("console", "$\n\\"),
            ("html", "<a\n<b>é"),
            ("js", "`${"),
            ("astro", "<style>\np{}\n"),
            ("sh", "$ a\n> b"),
        ] {
            let (html, _) = html_with(&settings(), lang, "", value);
            let mut text = String::new();
            let mut in_tag = false;
            for c in html.chars() {
                match c {
                    '<' => in_tag = true,
                    '>' => in_tag = false,
                    c if !in_tag => text.push(c),
                    _ => {}
                }
            }
            let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            assert_eq!(text, format!("{value}\n"), "{lang}");
        }
    }

    #[test]
    fn lines_have_the_classes_of_the_meta() {
        check_code(
            "txt",
            "{1,3-9} ins={2} del={2-3} focus={1}",
            "a\nb\nc",
            "<span class=\"l hl focus\">a\n</span><span class=\"l ins del\">b\n</span><span class=\"l hl del\">c\n</span>",
        );
        check_code("js{2}", "", "", "<span class=\"l\">\n</span>");
        check_code("text{0,1}", "", "a", "<span class=\"l hl\">a\n</span>");
    }

    #[test]
    fn marked_words_may_cross_spans_and_are_escaped() {
        check_code(
            "js",
            "\"t a = <\"",
            "let a = <b",
            "<span class=\"l\"><span class=\"k\">le</span><mark><span class=\"k\">t</span> a <span class=\"o\">=</span> \
             <span class=\"p\">&lt;</span></mark><span class=\"g\">b</span>\n</span>",
        );
        check_code(
            "text",
            "ins=\"aa\" del=/(b)c/ \"a\"",
            "aaa bc b",
            "<span class=\"l\"><mark class=\"ins\">aa</mark><mark>a</mark> <mark class=\"del\">b</mark>c b\n</span>",
        );
        check_code("text", "/x*/", "éxé", "<span class=\"l\">é<mark>x</mark>é\n</span>");
    }

    #[test]
    fn prompts_and_output_are_told_apart() {
        check_code(
            "console",
            "",
            "$ ls \\\n  -l\ntotal <1>",
            "<span class=\"l\"><span class=\"prompt\">$ </span><span class=\"f\">ls</span> <span class=\"p\">\\</span>\n</span>\
             <span class=\"l\"><span class=\"a\">  -l</span>\n</span><span class=\"l out\">total &lt;1&gt;\n</span>",
        );
        check_code(
            "sh",
            "",
            "$ ls",
            "<span class=\"l\"><span class=\"prompt\">$ </span><span class=\"f\">ls</span>\n</span>",
        );
        check_code("sh", "", "# c", "<span class=\"l\"><span class=\"c\"># c</span>\n</span>");
    }

    #[test]
    fn a_diff_of_a_language_is_highlighted_and_marked() {
        check_code(
            "diff",
            "lang=\"js\"",
            "-let a;\n+let b;\n c;",
            "<span class=\"l del\"><span class=\"k\">let</span> a<span class=\"p\">;</span>\n</span>\
             <span class=\"l ins\"><span class=\"k\">let</span> b<span class=\"p\">;</span>\n</span>\
             <span class=\"l\">c<span class=\"p\">;</span>\n</span>",
        );
        check_code("diff", "", "-a", "<span class=\"l\"><span class=\"d\">-a</span>\n</span>");
    }

    #[test]
    fn the_figure_says_how_it_is_shown() {
        for (lang, meta, value, expect) in [
            ("sh", "", "ls", "code terminal\" data-lang=\"sh\">"),
            ("sh", "title=\"a.sh\"", "ls", "code\" data-lang=\"sh\"><figcaption>a.sh</figcaption>"),
            ("sh", "", "#!/bin/sh", "code\" data-lang=\"sh\">"),
            ("sh", "frame=none title=x", "ls", "code frameless\" data-lang=\"sh\">"),
            ("js", "frame=terminal wrap", "a", "code terminal wrap\" data-lang=\"js\">"),
            ("js", "showLineNumbers", "a", "code numbered\" data-lang=\"js\">"),
            ("js", "startLine=5 focus={1}", "a", "code numbered has-focus\" data-lang=\"js\" data-start=\"5\">"),
        ] {
            let (html, _) = html_with(&settings(), lang, meta, value);
            let figure = html.split_once("<pre").map(|(figure, _)| figure.trim_start_matches("<figure class=\""));
            assert_eq!(figure, Some(expect));
        }
        check_code(
            "txt",
            "startLine=9",
            "a\nb",
            "<span class=\"l\" data-n=\"9\">a\n</span><span class=\"l\" data-n=\"10\">b\n</span>",
        );
    }

    #[test]
    fn settings_are_defaults_that_the_meta_overrides() {
        let settings = config::Code { wrap: true, line_numbers: true, copy: true, highlight: false, ..settings() };
        let (html, _) = html_with(&settings, "js", "", "let a");
        assert_eq!(
            html,
            "<figure class=\"code numbered wrap\" data-lang=\"js\"><pre tabindex=\"0\"><code><span class=\"l\">let a\n</span></code></pre>\
             <button class=\"copy\" type=\"button\" aria-label=\"Copy\" data-copied=\"Copied\"></button></figure>"
        );
        let (html, _) = html_with(&settings, "js", "wrap=false lineNumbers=false copy=false", "a");
        assert!(
            html.starts_with("<figure class=\"code\" data-lang=\"js\">") && html.ends_with("</pre></figure>"),
            "{html}"
        );
    }

    #[test]
    fn mistakes_warn_at_their_place_and_the_code_is_shown() {
        check_problem(
            "pyhton",
            "",
            "warning[unknown-language]: no language is named `pyhton` (Some(3..9)): a language with a similar name exists: `python`; \
             write `text`, or name a language that is highlighted the same way in `[code.aliases]`: `pyhton = \"…\"`",
        );
        check_problem(
            "diff",
            "lang=klingon",
            "warning[unknown-language]: no language is named `klingon` (Some(3..9)): \
             write `text`, or name a language that is highlighted the same way in `[code.aliases]`: `klingon = \"…\"`",
        );
        check_problem(
            "text",
            "{x} /(/ wrap=1 \"",
            "warning[code-meta]: `{x}` is no list of lines (Some(3..9)): write line numbers and ranges such as `{1,3-4}`\n\
             warning[code-meta]: `/(/` is no regular expression (Some(3..9)): mend it, or quote it to mark its text\n\
             warning[code-meta]: `wrap` cannot be `1` (Some(3..9)): write `true` or `false`\n\
             warning[code-meta]: `\"` is never closed (Some(3..9)): close the quote or brace, or remove it",
        );
    }

    #[test]
    fn inline_code_may_name_its_language() {
        let mut out = String::new();
        assert!(render_inline("let a{:js}", &settings(), &mut out));
        assert_eq!(out, "<code data-lang=\"js\"><span class=\"k\">let</span> a</code>");
        for code in ["let a", "{:klingon}", "a{:js} b"] {
            assert!(!render_inline(code, &settings(), &mut out), "{code}");
        }
    }
}
