//! The meta of a fence: what follows the language.
//!
//! In: the text of the meta, escapes and references decoded. Out: [`Meta`], with what could not be read as [`Problem`]s: a fence is
//! never refused. Reads what Expressive Code, react.dev, rehype-pretty-code and Prism's plugins write. What is unknown is kept as it is.
//! Deliberately not here: whether the lines exist.
//!
//! ```text
//! title="src/main.rs" {1,3-4} ins={2} del="text" mark=/re/ "text" /re/ showLineNumbers startLine=5 wrap=false
//! collapse={1-4} frame="none" lang="js" copy=false        App.js active [[1, 4, "x"]]
//! ```

use std::str::FromStr;

/// The largest line number that is read; far above what a block can have.
const MAX_LINE: usize = 10_000_000;

/// Longer metas are not read: looking for the end of each quote in turn would take its time.
const MAX_LENGTH: usize = 8_192;

/// What the meta of a fence says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// The title, usually a file's name.
    pub title: Option<String>,
    /// The language below a `diff`.
    pub lang: Option<String>,
    /// The frame, where it is not left to the language.
    pub frame: Option<Frame>,
    /// Marked lines.
    pub lines: Vec<LineMark>,
    /// Marked words.
    pub words: Vec<WordMark>,
    /// Lines that may be shown closed, as written.
    pub collapse: Vec<(usize, usize)>,
    /// Whether lines are numbered.
    pub numbers: Option<bool>,
    /// The number of the first line.
    pub start: Option<usize>,
    /// Whether long lines wrap.
    pub wrap: Option<bool>,
    /// Whether there is a copy button.
    pub copy: Option<bool>,
    /// Words without a meaning here, as written.
    pub rest: Vec<String>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// What is drawn around a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Nothing.
    None,
    /// A terminal.
    Terminal,
    /// An editor.
    Code,
}

/// Why something is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// To be looked at.
    Highlight,
    /// Added.
    Insert,
    /// Removed.
    Delete,
    /// All else steps back.
    Focus,
}

/// Marked lines, the first is 1; both ends are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineMark {
    /// Why.
    pub mark: Mark,
    /// The first line.
    pub first: usize,
    /// The last line.
    pub last: usize,
}

/// A marked text.
#[derive(Clone, Debug, PartialEq)]
pub struct WordMark {
    /// Why.
    pub mark: Mark,
    /// Which.
    pub pattern: Pattern,
}

/// What a [`WordMark`] looks for in each line.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// This text.
    Text(String),
    /// What this regular expression finds, or its groups where it has any.
    Regexp(String),
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// More than anybody writes.
    TooLong,
    /// No list of lines.
    Lines(String),
    /// A quote or brace that stays open.
    Unclosed(String),
    /// A regular expression that does not compile.
    Regexp(String),
    /// A value that its key does not take.
    Value {
        /// The key.
        key: String,
        /// What was written.
        value: String,
        /// What it takes.
        expected: &'static str,
    },
}

/// A value as written.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Text(&'a str),
    Braces(&'a str),
    Regexp(&'a str),
}

impl Meta {
    /// Reads the meta of a fence.
    pub fn parse(text: &str) -> Self {
        let mut meta = Self::default();
        if text.len() > MAX_LENGTH {
            meta.problems.push(Problem::TooLong);
            return meta;
        }
        let mut rest = text.trim_start();
        let mut is_first = true;
        while let Some(first) = rest.chars().next() {
            rest = meta.item(first, rest, is_first).trim_start();
            is_first = false;
        }
        meta
    }

    /// Reads one item and returns what follows it.
    fn item<'a>(&mut self, first: char, text: &'a str, is_first: bool) -> &'a str {
        match first {
            '{' | '"' | '\'' | '/' | '[' => {
                if let Some((value, rest)) = value(text) {
                    match value {
                        Value::Text(word) => self.word(Mark::Highlight, Pattern::Text(word.to_owned())),
                        Value::Regexp(pattern) => self.word(Mark::Highlight, Pattern::Regexp(pattern.to_owned())),
                        Value::Braces(lines) if first == '{' => self.line_marks(Mark::Highlight, lines),
                        // react.dev's code steps, `[[1, 4, "x"]]`: the page's own business.
                        Value::Braces(inner) => self.rest.push(format!("[{inner}]")),
                    }
                    return rest;
                }
                // A path (`/usr/bin`) is a word; an open quote or brace is a mistake.
                let (word, rest) = split_word(text);
                match first {
                    '/' => self.bare(word, is_first),
                    _ => self.problems.push(Problem::Unclosed(text.trim_end().to_owned())),
                }
                if first == '/' { rest } else { "" }
            }
            _ => {
                let name_end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')));
                if let Some(end) = name_end
                    && text[end..].starts_with('=')
                    && end > 0
                {
                    let (key, after) = (&text[..end], &text[end + 1..]);
                    return self.pair(key, after);
                }
                let (word, rest) = split_word(text);
                self.bare(word, is_first);
                rest
            }
        }
    }

    fn pair<'a>(&mut self, key: &str, after: &'a str) -> &'a str {
        let (value, rest) = match after.chars().next() {
            Some('{' | '"' | '\'' | '/') => match value(after) {
                Some(found) => found,
                None if after.starts_with('/') => {
                    let (word, rest) = split_word(after);
                    (Value::Text(word), rest)
                }
                None => {
                    self.problems.push(Problem::Unclosed(format!("{key}={}", after.trim_end())));
                    return "";
                }
            },
            _ => {
                let (word, rest) = split_word(after);
                (Value::Text(word), rest)
            }
        };
        self.set(key, value);
        rest
    }

    fn set(&mut self, key: &str, value: Value<'_>) {
        let text = match value {
            Value::Text(text) | Value::Braces(text) | Value::Regexp(text) => text.trim(),
        };
        match key.to_ascii_lowercase().as_str() {
            "title" | "filename" | "file" => self.title = Some(text.to_owned()).filter(|title| !title.is_empty()),
            "lang" => self.lang = Some(unquote(text).to_owned()).filter(|lang| !lang.is_empty()),
            "frame" => match unquote(text) {
                "none" => self.frame = Some(Frame::None),
                "terminal" => self.frame = Some(Frame::Terminal),
                "code" => self.frame = Some(Frame::Code),
                "auto" => self.frame = None,
                _ => self.wrong_value(key, text, "`none`, `terminal`, `code` or `auto`"),
            },
            "mark" | "highlight" | "hl" | "hl_lines" => self.marks(Mark::Highlight, value),
            "ins" | "insert" | "inserted" | "add" => self.marks(Mark::Insert, value),
            "del" | "delete" | "deleted" | "remove" => self.marks(Mark::Delete, value),
            "focus" => self.marks(Mark::Focus, value),
            "collapse" => {
                self.collapse = lines(text).unwrap_or_else(|| {
                    self.problems.push(Problem::Lines(format!("collapse={{{text}}}")));
                    Vec::new()
                });
            }
            "wrap" => self.wrap = self.bool(key, text).or(self.wrap),
            "copy" => self.copy = self.bool(key, text).or(self.copy),
            "showlinenumbers" | "linenumbers" | "numbered" | "linenos" => match usize::from_str(unquote(text)) {
                Ok(start) => (self.numbers, self.start) = (Some(true), Some(start.min(MAX_LINE))),
                Err(_) => self.numbers = self.bool(key, text).or(self.numbers),
            },
            "startline" | "startlinenumber" | "firstline" | "linenostart" => match usize::from_str(unquote(text)) {
                Ok(start) => {
                    self.start = Some(start.min(MAX_LINE));
                    self.numbers = self.numbers.or(Some(true));
                }
                Err(_) => self.wrong_value(key, text, "a line number"),
            },
            _ => self.rest.push(match value {
                Value::Braces(text) => format!("{key}={{{text}}}"),
                Value::Regexp(text) => format!("{key}=/{text}/"),
                Value::Text(text) => format!("{key}=\"{text}\""),
            }),
        }
    }

    fn marks(&mut self, mark: Mark, value: Value<'_>) {
        match value {
            Value::Braces(text) => self.line_marks(mark, text),
            Value::Regexp(pattern) => self.word(mark, Pattern::Regexp(pattern.to_owned())),
            Value::Text(text) => match lines(text) {
                // `ins=2` means the line; `ins="2"` cannot be told from it and hardly ever means the digit.
                Some(found) if !text.trim().is_empty() => self.push_lines(mark, &found),
                _ => self.word(mark, Pattern::Text(text.to_owned())),
            },
        }
    }

    fn word(&mut self, mark: Mark, pattern: Pattern) {
        match &pattern {
            Pattern::Text(text) if text.is_empty() => return,
            Pattern::Regexp(text) if syntect::parsing::Regex::try_compile(text).is_some() => {
                self.problems.push(Problem::Regexp(format!("/{text}/")));
                return;
            }
            _ => {}
        }
        self.words.push(WordMark { mark, pattern });
    }

    fn line_marks(&mut self, mark: Mark, text: &str) {
        // Expressive Code labels lines (`{"1":5-8}`) and allows texts in braces (`{"text"}`).
        let bare = match text.trim().strip_prefix('"').and_then(|inner| inner.rsplit_once('"')) {
            Some((word, "")) => return self.word(mark, Pattern::Text(word.to_owned())),
            Some((_, after)) => after.trim_start().trim_start_matches(':'),
            None => text,
        };
        match lines(bare) {
            Some(found) => self.push_lines(mark, &found),
            None => self.problems.push(Problem::Lines(format!("{{{text}}}"))),
        }
    }

    fn push_lines(&mut self, mark: Mark, found: &[(usize, usize)]) {
        self.lines.extend(found.iter().map(|&(first, last)| LineMark { mark, first, last }));
    }

    /// Reads a word that stands alone.
    fn bare(&mut self, word: &str, is_first: bool) {
        let (name, argument) = match word.split_once('{') {
            Some((name, argument)) => (name, argument.strip_suffix('}')),
            None => (word, None),
        };
        match name.to_ascii_lowercase().as_str() {
            "showlinenumbers" | "linenumbers" | "line-numbers" | "numbered" | "linenos" => {
                self.numbers = Some(true);
                // rehype-pretty-code's `showLineNumbers{5}`.
                if let Some(start) = argument.and_then(|argument| usize::from_str(argument.trim()).ok()) {
                    self.start = Some(start.min(MAX_LINE));
                }
            }
            "nolinenumbers" => self.numbers = Some(false),
            "wrap" => self.wrap = Some(true),
            "nowrap" => self.wrap = Some(false),
            "copy" => self.copy = Some(true),
            "nocopy" => self.copy = Some(false),
            _ if is_first && self.title.is_none() && is_file_name(word) => self.title = Some(word.to_owned()),
            _ => self.rest.push(word.to_owned()),
        }
    }

    fn bool(&mut self, key: &str, text: &str) -> Option<bool> {
        match unquote(text) {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.wrong_value(key, text, "`true` or `false`");
                None
            }
        }
    }

    fn wrong_value(&mut self, key: &str, value: &str, expected: &'static str) {
        self.problems.push(Problem::Value { key: key.to_owned(), value: value.to_owned(), expected });
    }
}

/// Splits off a quoted, braced, bracketed or slashed value; none where it never ends.
fn value(text: &str) -> Option<(Value<'_>, &str)> {
    let open = text.chars().next()?;
    let inner = &text[open.len_utf8()..];
    match open {
        '{' | '[' => {
            let end = matching(inner, open)?;
            Some((Value::Braces(&inner[..end]), &inner[end + 1..]))
        }
        '"' | '\'' | '/' => {
            let end = closing(inner, open)?;
            let found = &inner[..end];
            let value = if open == '/' {
                if found.is_empty() {
                    return None;
                }
                Value::Regexp(found)
            } else {
                Value::Text(found)
            };
            Some((value, &inner[end + 1..]))
        }
        _ => None,
    }
}

/// Finds the quote that closes: one before white space or at the end. Markdown has taken the backslashes off
/// `\"`, so that a quote within the text can be told only by what follows it.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut first = None;
    for (at, _) in text.match_indices(quote) {
        let after = &text[at + quote.len_utf8()..];
        if after.is_empty() || after.starts_with(char::is_whitespace) {
            return Some(at);
        }
        first = first.or(Some(at));
    }
    // A path such as `/src/pages` is no regular expression; a quote directly before the next item is one.
    first.filter(|_| quote != '/')
}

/// Finds the bracket that closes, skipping nested ones and quoted text.
fn matching(text: &str, open: char) -> Option<usize> {
    let close = if open == '{' { '}' } else { ']' };
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == open => depth += 1,
            None if c == close && depth == 0 => return Some(at),
            None if c == close => depth -= 1,
            None => {}
        }
    }
    None
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

fn unquote(text: &str) -> &str {
    let text = text.trim();
    let inner = |quote| text.strip_prefix(quote).and_then(|text: &str| text.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// Reads `1,3-4`. An empty list is fine.
fn lines(text: &str) -> Option<Vec<(usize, usize)>> {
    let number = |text: &str| usize::from_str(text.trim()).ok().map(|line| line.min(MAX_LINE));
    let mut found = Vec::new();
    for part in text.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = match part.split_once('-').or_else(|| part.split_once("..")) {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(part)?, number(part)?),
        };
        found.push((first.min(last), first.max(last)));
    }
    Some(found)
}

/// Whether a word looks like `App.js`, `src/main.rs` or `Dockerfile.dev`.
pub(super) fn is_file_name(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    let Some((_, extension)) = name.rsplit_once('.') else {
        return false;
    };
    !extension.is_empty()
        && extension.len() <= 10
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && extension.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares all that was read with the expected parts, in words.
    fn check(text: &str, expect: &str) {
        let meta = Meta::parse(text);
        let mut parts = Vec::new();
        let mut flag = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                parts.push(format!("{name}:{value}"));
            }
        };
        flag("title", meta.title);
        flag("lang", meta.lang);
        flag("frame", meta.frame.map(|frame| format!("{frame:?}")));
        flag("numbers", meta.numbers.map(|on| on.to_string()));
        flag("start", meta.start.map(|start| start.to_string()));
        flag("wrap", meta.wrap.map(|on| on.to_string()));
        flag("copy", meta.copy.map(|on| on.to_string()));
        parts.extend(meta.lines.iter().map(|line| format!("{:?}:{}-{}", line.mark, line.first, line.last)));
        parts.extend(meta.words.iter().map(|word| format!("{:?}:{:?}", word.mark, word.pattern)));
        parts.extend(meta.collapse.iter().map(|lines| format!("collapse:{lines:?}")));
        parts.extend(meta.rest.iter().map(|word| format!("rest:{word}")));
        parts.extend(meta.problems.iter().map(|problem| format!("{problem:?}")));
        assert_eq!(parts.join(" | "), expect, "{text}");
    }

    #[test]
    fn titles_are_read_in_all_ways() {
        check(r#"title="src/pages/[slug].astro""#, "title:src/pages/[slug].astro");
        check("title='a b'", "title:a b");
        check("filename=main.rs", "title:main.rs");
        check("App.js active hidden", "title:App.js | rest:active | rest:hidden");
        check("src/App.js {3}", "title:src/App.js | Highlight:3-3");
        check("/src/App.js", "title:/src/App.js");
        check("active App.js", "rest:active | rest:App.js");
        check(r#"title="" wrap"#, "wrap:true");
    }

    #[test]
    fn lines_are_read_with_and_without_spaces() {
        check("{1,3-4}", "Highlight:1-1 | Highlight:3-4");
        check("{5, 8, 11}", "Highlight:5-5 | Highlight:8-8 | Highlight:11-11");
        check("ins={3, 7-9} del={2}", "Insert:3-3 | Insert:7-9 | Delete:2-2");
        check("{4-2}", "Highlight:2-4");
        check("focus={2} mark={1}", "Focus:2-2 | Highlight:1-1");
        check(r#"{"1":5-8}"#, "Highlight:5-8");
        check("{}", "");
    }

    #[test]
    fn words_and_regexps_are_read() {
        check(r#""data" ins="| string""#, r#"Highlight:Text("data") | Insert:Text("| string")"#);
        check(
            r#"'it is' del=/a+ b/ /x\d/"#,
            r#"Highlight:Text("it is") | Delete:Regexp("a+ b") | Highlight:Regexp("x\\d")"#,
        );
        check("/{props.(title|links)}/", "Highlight:Regexp(\"{props.(title|links)}\")");
        check(r#"ins={2} ins="vue()" title="a.mjs""#, r#"title:a.mjs | Insert:2-2 | Insert:Text("vue()")"#);
    }

    #[test]
    fn quotes_within_quotes_survive_the_loss_of_their_backslashes() {
        check(
            r#"del="transition:animate="fade"" {2}"#,
            r#"Highlight:2-2 | Delete:Text("transition:animate=\"fade\"")"#,
        );
        check(r#"title="a"{2}"#, "title:a | Highlight:2-2");
    }

    #[test]
    fn switches_are_read() {
        check("showLineNumbers startLine=5 wrap copy=false", "numbers:true | start:5 | wrap:true | copy:false");
        check("lineNumbers=false wrap=false nocopy", "numbers:false | wrap:false | copy:false");
        check("showLineNumbers{7}", "numbers:true | start:7");
        check("showLineNumbers={7} startLineNumber={9}", "numbers:true | start:9");
        check(r#"frame="none" lang="js""#, "lang:js | frame:None");
        check("collapse={1-4, 9-12}", "collapse:(1, 4) | collapse:(9, 12)");
    }

    #[test]
    fn what_others_mean_is_kept() {
        check(r#"[[1, 4, "x"], [2, 5, "a]b"]] active"#, r#"rest:[[1, 4, "x"], [2, 5, "a]b"]] | rest:active"#);
        check("twoslash theme=dark", "rest:twoslash | rest:theme=\"dark\"");
    }

    #[test]
    fn mistakes_are_told_and_never_stop_the_rest() {
        check("{a-b} {2}", "Highlight:2-2 | Lines(\"{a-b}\")");
        check("{2} {1,3", "Highlight:2-2 | Unclosed(\"{1,3\")");
        check("{2} \"abc", "Highlight:2-2 | Unclosed(\"\\\"abc\")");
        check("title=\"abc", "Unclosed(\"title=\\\"abc\")");
        check("/(/ wrap", "wrap:true | Regexp(\"/(/\")");
        check("frame=x", "Value { key: \"frame\", value: \"x\", expected: \"`none`, `terminal`, `code` or `auto`\" }");
        check("wrap=maybe", "Value { key: \"wrap\", value: \"maybe\", expected: \"`true` or `false`\" }");
        check("startLine=x", "Value { key: \"startLine\", value: \"x\", expected: \"a line number\" }");
        check("collapse={x}", "Lines(\"collapse={x}\")");
        check(&"{".repeat(10_000), "TooLong");
        check("{99999999999999999999}", "Lines(\"{99999999999999999999}\")");
    }

    #[test]
    fn any_text_can_be_read() {
        for text in ["=", "{", "\"", "'", "/", "//", "[", "é={", "a=", "a='", "=é", "{é}", "\u{0}", "ü\"", "/é", "{\"é"]
        {
            let _ = Meta::parse(text);
        }
        proptest::proptest!(|(text in "[a-z=\"'/{}\\[\\], é0-9-]{0,40}")| { let _ = Meta::parse(&text); });
    }
}
