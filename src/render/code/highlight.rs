//! Code → runs of classes.
//!
//! In: a [`Grammar`] and a text. Out: [`Run`]s that cover the text, neighbours of one class merged. Equal blocks are parsed once in
//! a run of the program, equal lines in equal places once by each thread. Deliberately not here: HTML, lines.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rivage_highlight::{Highlighter, PLAIN, Place};
use rivage_syntax::contain::{Panicked, contain};
use rustc_hash::FxHashMap;

use super::language::{GRAMMARS, Grammar, grammar};

/// Blocks longer than this are data; parsing them would hold up the build for nobody's eyes.
const MAX_BLOCK: usize = 1 << 20;

/// Lines longer than this are minified or generated, and regular expressions are slow on them.
const MAX_LINE: usize = 10_000;

/// A part of a text that has one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The byte after its last one; it starts where the one before ends.
    pub(super) end: u32,
    /// The class, [`PLAIN`] for none.
    pub(super) class: u8,
}

/// A part of a text that one grammar reads.
struct Segment {
    range: Range<usize>,
    grammar: Grammar,
    /// Whether it starts afresh rather than going on where the last segment of this grammar ended.
    fresh: bool,
}

/// Which lines of a console are commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConsoleLine {
    /// A command; the prompt has this many bytes.
    Command(usize),
    /// What a command printed.
    Output,
}

/// Returns the runs of a text.
pub(super) fn highlight(grammar: Grammar, is_shell: bool, text: &str) -> Arc<[Run]> {
    if text.is_empty() || text.len() > MAX_BLOCK || grammar == Grammar::Plain {
        return Arc::new(plain(text));
    }
    MEMO.get_or_make(grammar, text, || parse(&segments(grammar, is_shell, text), text))
}

/// Tells commands from output. A prompt is `$`, `%`, `#` or `>` (or PowerShell's) and a space; after a backslash the command goes on.
pub(super) fn console_lines(text: &str) -> Vec<ConsoleLine> {
    let mut goes_on = false;
    let has_prompt = text.split('\n').any(|line| prompt(line).is_some());
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let kind = match prompt(line) {
            // `> ` continues a command; alone it may as well be output.
            Some(length) if !line.starts_with('>') || goes_on || !text.contains("$ ") => ConsoleLine::Command(length),
            _ if goes_on || !has_prompt => ConsoleLine::Command(0),
            _ => ConsoleLine::Output,
        };
        goes_on = matches!(kind, ConsoleLine::Command(_)) && line.ends_with('\\');
        lines.push(kind);
    }
    lines
}

/// Returns the length of the prompt a line starts with.
pub(super) fn prompt(line: &str) -> Option<usize> {
    let rest = line.strip_prefix(['$', '%', '#', '>', '❯', '➜']);
    match rest {
        Some(rest) if rest.starts_with(' ') => Some(line.len() - rest.len() + 1),
        Some("") if line.starts_with(['$', '%']) => Some(line.len()),
        _ => {
            let path = line.strip_prefix("PS ")?;
            let end = path.find("> ")?;
            (end < 80).then_some("PS ".len() + end + "> ".len())
        }
    }
}

/// Returns the length of the prompt in a script: only `$ `, since `#` starts a comment and `>` writes to a file.
pub(super) fn script_prompt(line: &str) -> Option<usize> {
    line.starts_with("$ ").then_some(2)
}

fn segments(language: Grammar, is_shell: bool, text: &str) -> Vec<Segment> {
    match language {
        Grammar::Plain | Grammar::Jsx => Vec::new(),
        Grammar::Syntax(_) if is_shell && text.split('\n').any(|line| script_prompt(line).is_some()) => {
            let mut segments = Vec::new();
            for range in line_ranges(text) {
                let start = range.start + script_prompt(&text[range.clone()]).unwrap_or(0);
                segments.push(Segment { range: start..range.end, grammar: language, fresh: start > range.start });
            }
            segments
        }
        Grammar::Syntax(_) if language == grammar("markdown") => {
            let fence = text.get(..4).unwrap_or_default();
            let front_matter = match fence {
                "---\n" => grammar("yaml"),
                "+++\n" => grammar("toml"),
                _ => Grammar::Plain,
            };
            match front_matter_end(text, fence.trim_end()) {
                Some((end, after)) if front_matter != Grammar::Plain => vec![
                    Segment { range: 4..end, grammar: front_matter, fresh: true },
                    Segment { range: after..text.len(), grammar: language, fresh: true },
                ],
                _ => vec![Segment { range: 0..text.len(), grammar: language, fresh: true }],
            }
        }
        Grammar::Syntax(_) => vec![Segment { range: 0..text.len(), grammar: language, fresh: true }],
        Grammar::Astro => astro_segments(text),
        Grammar::Console => {
            let shell = grammar("bash");
            let mut goes_on = false;
            let mut segments = Vec::new();
            for (range, kind) in line_ranges(text).zip(console_lines(text)) {
                if let ConsoleLine::Command(prompt) = kind {
                    segments.push(Segment { range: range.start + prompt..range.end, grammar: shell, fresh: !goes_on });
                }
                goes_on = matches!(kind, ConsoleLine::Command(_)) && text[range].trim_end_matches('\n').ends_with('\\');
            }
            segments
        }
    }
}

/// Finds the end of the front matter and the start of what follows its closing fence.
fn front_matter_end(text: &str, fence: &str) -> Option<(usize, usize)> {
    let mut ranges = line_ranges(text).filter(|range| text[range.clone()].trim_end() == fence);
    let (open, close) = (ranges.next()?, ranges.next()?);
    (open.start == 0).then_some((close.start, close.end))
}

/// No grammar knows Astro: its front matter is TypeScript, its template is JSX but for styles, scripts and comments.
fn astro_segments(text: &str) -> Vec<Segment> {
    let (typescript, css, html) = (grammar("typescript"), grammar("css"), grammar("html"));
    let mut segments = Vec::new();
    let mut template = 0;
    if let Some((end, after)) = front_matter_end(text, "---") {
        segments.push(Segment { range: 4..end, grammar: typescript, fresh: true });
        template = after;
    }
    // What the lines are until one holds the given end, which is itself template again but for comments.
    let mut within: Option<(Grammar, &str)> = None;
    let mut fresh = true;
    for range in line_ranges(&text[template..]) {
        let range = template + range.start..template + range.end;
        let line = text[range.clone()].trim();
        let (grammar, starts) = match within {
            Some((_, end)) if line.contains(end) => {
                let is_comment = end == "-->";
                within = None;
                (if is_comment { html } else { Grammar::Jsx }, false)
            }
            Some((grammar, _)) => (grammar, std::mem::take(&mut fresh)),
            None if line.starts_with("<!") => {
                if line.starts_with("<!--") && !line.contains("-->") {
                    within = Some((html, "-->"));
                }
                (html, true)
            }
            None => {
                for (open, close, grammar) in [("<style", "</style", css), ("<script", "</script", typescript)] {
                    if line.starts_with(open) && !line.contains(close) && line.ends_with('>') && !line.ends_with("/>") {
                        within = Some((grammar, close));
                        fresh = true;
                    }
                }
                (Grammar::Jsx, false)
            }
        };
        segments.push(Segment { range, grammar, fresh: starts });
    }
    segments
}

/// The lines of a text, line ends included.
fn line_ranges(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end;
        range
    })
}

fn parse(segments: &[Segment], text: &str) -> Vec<Run> {
    HIGHLIGHTER.with_borrow_mut(|kept| {
        let mut highlighter = kept.take().unwrap_or_else(|| Highlighter::new(&GRAMMARS));
        highlighter.tidy();
        // A grammar that fails leaves its block plain; the code is still shown. What has failed is not used again.
        let runs = contain(|| parse_lines(&mut highlighter, segments, text));
        match runs {
            Ok(runs) => {
                *kept = Some(highlighter);
                runs
            }
            Err(Panicked) => plain(text).to_vec(),
        }
    })
}

fn plain(text: &str) -> [Run; 1] {
    [Run { end: u32::try_from(text.len()).unwrap_or(u32::MAX), class: PLAIN }]
}

fn parse_lines(highlighter: &mut Highlighter<'_>, segments: &[Segment], text: &str) -> Vec<Run> {
    let mut runs = Runs { runs: Vec::new(), text };
    // The places in a handful of grammars at most, in the order they were met.
    let mut places: Vec<(Grammar, Place)> = Vec::new();
    for segment in segments {
        runs.push(segment.range.start, PLAIN);
        if segment.fresh {
            places.retain(|(grammar, _)| *grammar != segment.grammar);
        }
        let known = places.iter().position(|(grammar, _)| *grammar == segment.grammar);
        let index = match known {
            Some(index) => index,
            None => {
                let Some(start) = start(highlighter, segment.grammar) else { continue };
                places.push((segment.grammar, start));
                places.len() - 1
            }
        };
        let place = &mut places[index].1;
        let mut at = segment.range.start;
        for line in text[segment.range.clone()].split_inclusive('\n') {
            if line.len() > MAX_LINE {
                runs.push(at + line.len(), PLAIN);
            } else {
                *place = highlighter.line(*place, line, |end, class| runs.push(at + end, class));
            }
            at += line.len();
            runs.push(at, PLAIN);
        }
    }
    runs.push(text.len(), PLAIN);
    runs.runs
}

thread_local! {
    static HIGHLIGHTER: RefCell<Option<Highlighter<'static>>> = const { RefCell::new(None) };
}

/// Returns the place where a grammar starts.
fn start(highlighter: &mut Highlighter<'_>, language: Grammar) -> Option<Place> {
    match language {
        Grammar::Syntax(index) => highlighter.start(index as usize),
        // An open fragment: text and elements follow, with expressions in braces.
        Grammar::Jsx => {
            let Grammar::Syntax(index) = grammar("tsx") else { return None };
            let start = highlighter.start(index as usize)?;
            Some(highlighter.line(start, "<>\n", |_, _| ()))
        }
        Grammar::Plain | Grammar::Astro | Grammar::Console => None,
    }
}

struct Runs<'t> {
    runs: Vec<Run>,
    text: &'t str,
}

impl Runs<'_> {
    /// Gives a class to the text up to `end`. White space between two runs of one class joins them: it shows no colour.
    fn push(&mut self, end: usize, class: u8) {
        let end = end.min(self.text.len());
        let start = self.runs.last().map_or(0, |run| run.end as usize);
        if end <= start {
            return;
        }
        let is_blank = self.text.as_bytes()[start..end].iter().all(u8::is_ascii_whitespace);
        let class = if is_blank { PLAIN } else { class };
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        match self.runs.as_mut_slice() {
            [.., last] if last.class == class => last.end = end,
            [.., before, last]
                if last.class == PLAIN
                    && before.class == class
                    && self.text.as_bytes()[before.end as usize..start].iter().all(u8::is_ascii_whitespace) =>
            {
                before.end = end;
                self.runs.pop();
            }
            _ => self.runs.push(Run { end, class }),
        }
    }
}

/// What has been highlighted. Sites repeat blocks (tabs, translations, previews that are built again and again), and
/// parsing is what costs; the runs are a pure function of grammar and text, so that sharing them changes nothing.
static MEMO: LazyLock<Memo> = LazyLock::new(Memo::default);

/// Runs that a shard holds before it is emptied, a quarter of a megabyte: equal blocks mostly stand close to each other, and to make one again
/// takes little.
const SHARD_RUNS: usize = 1 << 15;

#[derive(Default)]
struct Memo {
    shards: [Mutex<Shard>; 16],
}

#[derive(Default)]
struct Shard {
    blocks: FxHashMap<Key, Arc<[Run]>>,
    runs: usize,
}

type Key = (Grammar, [u8; 32]);

impl Memo {
    fn get_or_make(&self, grammar: Grammar, text: &str, make: impl FnOnce() -> Vec<Run>) -> Arc<[Run]> {
        let key: Key = (grammar, *blake3::hash(text.as_bytes()).as_bytes());
        let shard = &self.shards[usize::from(key.1[0]) % self.shards.len()];
        let lock = || shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().blocks.get(&key) {
            return Arc::clone(known);
        }
        // Two threads may make the same block at once; waiting for each other would cost more.
        let made: Arc<[Run]> = make().into();
        let mut shard = lock();
        if shard.runs + made.len() > SHARD_RUNS {
            *shard = Shard::default();
        }
        shard.runs += made.len();
        shard.blocks.insert(key, Arc::clone(&made));
        made
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::super::language::find;
    use super::*;

    /// Shows runs as `[k:fn]`, plain text bare.
    fn show(lang: &str, text: &str) -> String {
        let language = find(lang, &IndexMap::new()).unwrap();
        let mut out = String::new();
        let mut start = 0;
        for run in highlight(language.grammar, language.is_shell, text).iter() {
            let part = &text[start..run.end as usize];
            start = run.end as usize;
            match run.class {
                PLAIN => out.push_str(part),
                class => out.push_str(&format!("[{}:{part}]", class as char)),
            }
        }
        assert_eq!(start, text.len());
        out
    }

    #[test]
    fn code_has_the_classes_of_its_language() {
        for (lang, text, expect) in [
            (
                "rust",
                "pub fn f() -> T {\n    p!(\"a\\n\"); // c\n}",
                "[k:pub fn] [f:f][p:() ->] T [p:{]\n    [f:p!][p:(][s:\"a][r:\\n][s:\"][p:);] [c:// c\n][p:}]",
            ),
            ("js", "import a from './b.js';", "[k:import] a [k:from] [s:'./b.js'][p:;]"),
            ("js", "f(`a ${x.y} b`)", "[f:f][p:(][s:`a] [p:${]x[o:.]y[p:}] [s:b`][p:)]"),
            (
                "tsx",
                "let a: number = <A b=\"c\" />;",
                "[k:let] a[o::] [t:number] [o:=] [p:<][g:A] [a:b][o:=][s:\"c\"] [p:/>;]",
            ),
            (
                "json",
                "{\"a\": [1, true, \"x\\n\"]}",
                "[p:{][a:\"a\"][p:: [][n:1][p:,] [n:true][p:,] [s:\"x][r:\\n][s:\"][p:]}]",
            ),
            ("jsonc", "{\n  // c\n}", "[p:{]\n  [c:// c\n][p:}]"),
            ("yaml", "a: b\nc:\n  - 1 # x", "[a:a][p::] [s:b]\n[a:c][p::\n  -] [n:1] [c:# x]"),
            ("toml", "[a.b]\nc = \"d\"", "[[t:a][p:.][t:b]]\n[a:c] = [s:\"d\"]"),
            (
                "html",
                "<p class=\"a\">b &amp; c</p>",
                "[p:<][g:p] [a:class][p:=][s:\"a\"][p:>]b [r:&amp;] c[p:</][g:p][p:>]",
            ),
            ("css", ".a:hover { color: #fff; }", "[a:.a:hover] [p:{] [a:color][p::] [n:#fff][p:; }]"),
            (
                "sh",
                "npm i x # c\necho \"$A\" | grep -v a",
                "[f:npm] i x [c:# c]\n[f:echo] [s:\"$][v:A][s:\"] [o:|] [f:grep][a: -v] a",
            ),
            (
                "python",
                "def f(a: int = 1):\n    return f\"{a}\"",
                "[k:def] [f:f][p:(][v:a][p::] [t:int] [o:=] [n:1][p:):]\n    [k:return] [s:f\"][p:{]a[p:}][s:\"]",
            ),
            ("diff", "@@ -1 +1 @@\n-x\n+y\n z", "[n:@@ -1 +1 @@]\n[d:-x\n][i:+y\n] z"),
            ("ini", "[a]\nb=c", "[[h:a]]\n[a:b]=[s:c]"),
            ("sql", "SELECT a FROM b;", "[k:SELECT] a [k:FROM] b;"),
        ] {
            assert_eq!(show(lang, text), expect, "{lang}");
        }
    }

    #[test]
    fn front_matter_is_read_by_its_own_grammar() {
        assert_eq!(show("mdx", "---\ntitle: x\n---\n# Hi"), "---\n[a:title][p::] [s:x]\n---\n[h:# Hi]");
        assert_eq!(show("md", "+++\na = 1\n+++\n**b**"), "+++\n[a:a] = [n:1]\n+++\n[h:**b**]");
        assert_eq!(show("md", "---\nx"), "---\nx");
    }

    #[test]
    fn astro_is_read_in_its_parts() {
        assert_eq!(
            show(
                "astro",
                "---\nconst a = 1;\n---\n<A b={a}>{c.map((x) => <li>{x}</li>)}</A>\n<!-- c\n{d} -->\n<p>e</p>"
            ),
            "---\n[k:const] a [o:=] [n:1][p:;]\n---\n[p:<][g:A] [a:b][o:=][p:{]a[p:}>{]c[p:.][f:map][p:((][v:x][p:)] [o:=>] \
             [p:<][g:li][p:>{]x[p:}</][g:li][p:>)}</][g:A][p:>]\n[c:<!-- c\n{d} -->]\n[p:<][g:p][p:>]e[p:</][g:p][p:>]"
        );
        assert_eq!(
            show("astro", "<style>\n  p { color: red }\n</style>\n<i/>"),
            "[p:<][g:style][p:>]\n  [g:p] [p:{] [a:color][p::] [n:red] [p:}\n</][g:style][p:>\n<][g:i][p:/>]"
        );
    }

    #[test]
    fn a_console_is_commands_and_their_output() {
        assert_eq!(show("console", "$ ls -l\nif x\n$ pwd"), "$ [f:ls][a: -l]\nif x\n$ [f:pwd]");
        assert_eq!(show("console", "ls\npwd"), "[f:ls\npwd]");
        assert_eq!(show("console", "PS C:\\> ls\nx"), "PS C:\\> [f:ls]\nx");
    }

    #[test]
    fn what_is_too_long_stays_plain() {
        let line = "let a;".repeat(2_000);
        assert_eq!(show("js", &format!("let b\n{line}\nlet c")), format!("[k:let] b\n{line}\n[k:let] c"));
        let block = "let a;\n".repeat(200_000);
        assert_eq!(highlight(grammar("javascript"), false, &block).len(), 1);
    }

    #[test]
    fn equal_blocks_share_their_runs() {
        let text = "let shared = 1;";
        let first = highlight(grammar("javascript"), false, text);
        assert!(Arc::ptr_eq(&first, &highlight(grammar("javascript"), false, text)));
        assert!(!Arc::ptr_eq(&first, &highlight(grammar("typescript"), false, text)));
    }
}
