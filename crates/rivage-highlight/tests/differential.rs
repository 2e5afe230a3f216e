//! Our parts of code are those of syntect, and whatever the code is they cover it.
//!
//! Differences that are meant, none of which code that people write comes near:
//!
//! - A line has a budget: where syntect goes on for minutes or for ever, the rest of the line is read as nothing.
//! - Contexts are at most 100 deep. There syntect ignores patterns that push, or gives up on the line, depending on what it has searched for
//!   before; we ignore them always.
//! - A line that opens 2,000 scopes and closes none is broken.
//!
//! The long versions run with `cargo test -p rivage-highlight --test differential -- --ignored`.

mod reference;

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRng, TestRunner};
use reference::{Parts, Reference};
use rivage_highlight::{Grammars, Highlighter};

/// Sublime's JavaScript does not end on some lines; nothing leads to it.
const ENDLESS: &str = "JavaScript";

const SNIPPETS: &[(&str, &str)] = &[
    ("Rust", include_str!("snippets/rust.rs")),
    ("JavaScript (Babel)", include_str!("snippets/script.js")),
    ("TypeScript", include_str!("snippets/typed.ts")),
    ("TypeScriptReact", include_str!("snippets/view.tsx")),
    ("Bourne Again Shell (bash)", include_str!("snippets/run.sh")),
    ("JSON", include_str!("snippets/data.json")),
    ("CSS", include_str!("snippets/style.css")),
    ("HTML", include_str!("snippets/page.html")),
    ("Python", include_str!("snippets/module.py")),
    ("YAML", include_str!("snippets/conf.yaml")),
    ("Go", include_str!("snippets/main.go")),
    ("C++", include_str!("snippets/lib.cpp")),
    ("Markdown", include_str!("snippets/notes.md")),
    ("SQL", include_str!("snippets/query.sql")),
    ("PHP", include_str!("snippets/page.php")),
    ("Ruby", include_str!("snippets/app.rb")),
    ("TOML", include_str!("snippets/conf.toml")),
    ("Diff", include_str!("snippets/change.diff")),
    ("Vue Component", include_str!("snippets/view.vue")),
];

/// Lines in many other languages.
const OTHERS: &str = include_str!("snippets/other.txt");

fn our_lines(highlighter: &mut Highlighter<'_>, syntax: usize, text: &str) -> Vec<Parts> {
    highlighter.tidy();
    let mut place = highlighter.start(syntax).unwrap();
    let read = |line| {
        let mut parts = Vec::new();
        place = highlighter.line(place, line, |end, class| parts.push((end, class)));
        parts
    };
    text.split_inclusive('\n').map(read).collect()
}

struct Both {
    grammars: &'static Grammars,
    ours: Highlighter<'static>,
    theirs: Reference,
}

impl Both {
    fn new() -> Self {
        let grammars: &Grammars = Box::leak(Box::new(Grammars::new(two_face::syntax::extra_newlines())));
        let theirs = Reference::new(two_face::syntax::extra_newlines());
        Self { grammars, ours: Highlighter::new(grammars), theirs }
    }

    fn named(&self, name: &str) -> usize {
        self.grammars.syntaxes().iter().position(|syntax| syntax.name == name).unwrap_or_else(|| panic!("no {name}"))
    }

    /// All grammars that a name leads to.
    fn all(&self) -> Vec<usize> {
        let syntaxes = self.grammars.syntaxes().iter().enumerate();
        syntaxes.filter(|(_, syntax)| !syntax.hidden && syntax.name != ENDLESS).map(|(index, _)| index).collect()
    }

    fn check(&mut self, syntax: usize, text: &str) -> Result<(), String> {
        let ours = our_lines(&mut self.ours, syntax, text);
        let theirs = self.theirs.lines(syntax, text);
        for ((line, ours), theirs) in text.split_inclusive('\n').zip(&ours).zip(&theirs) {
            if ours != theirs {
                let name = &self.grammars.syntaxes()[syntax].name;
                return Err(format!("{name}: {line:?} of {text:?}\n  ours:   {ours:?}\n  theirs: {theirs:?}"));
            }
        }
        Ok(())
    }
}

#[test]
fn snippets_have_the_classes_of_syntect() {
    let mut both = Both::new();
    for (name, text) in SNIPPETS {
        let syntax = both.named(name);
        both.check(syntax, text).unwrap();
        both.check(syntax, OTHERS).unwrap();
    }
}

#[test]
fn every_grammar_has_the_classes_of_syntect() {
    let mut both = Both::new();
    for (nth, syntax) in both.all().into_iter().enumerate() {
        let (_, text) = SNIPPETS[nth % SNIPPETS.len()];
        both.check(syntax, &format!("{OTHERS}{text}")).unwrap();
    }
}

/// Blocks of code in Markdown, with the names of their languages.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, String, String)> = None;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        match &mut open {
            Some((fence, language, block)) => {
                if bare == *fence {
                    blocks.push((std::mem::take(language), std::mem::take(block)));
                    open = None;
                } else {
                    block.push_str(line);
                }
            }
            None if bare.starts_with("```") => {
                let (fence, meta) = bare.split_at(bare.len() - bare.trim_start_matches('`').len());
                let language = meta.split(|c: char| c.is_whitespace() || c == '{').next().unwrap_or_default();
                open = Some((fence, language.to_lowercase(), String::new()));
            }
            None => {}
        }
    }
    blocks
}

fn check_folder(both: &mut Both, folder: &Path) -> usize {
    let mut count = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            for (language, block) in blocks(&text) {
                let name = match language.as_str() {
                    "js" | "jsx" | "mjs" | "javascript" => "JavaScript (Babel)",
                    "ts" | "typescript" => "TypeScript",
                    // What stands for a grammar of their own.
                    "astro" | "tsx" => "TypeScriptReact",
                    "sh" | "shell" | "bash" | "console" => "Bourne Again Shell (bash)",
                    "mdx" => "Markdown",
                    name => name,
                };
                let is_meant = |syntax: &syntect::parsing::SyntaxReference| {
                    syntax.name.eq_ignore_ascii_case(name)
                        || syntax.file_extensions.iter().any(|extension| extension == name)
                };
                let syntaxes = both.grammars.syntaxes();
                if let Some(syntax) = syntaxes.iter().position(|it| is_meant(it) && it.name != ENDLESS) {
                    both.check(syntax, &block).unwrap_or_else(|difference| panic!("{}: {difference}", path.display()));
                    count += 1;
                }
            }
        }
    }
    count
}

#[test]
fn code_of_our_documentation_has_the_classes_of_syntect() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content"));
    assert!(check_folder(&mut Both::new(), folder) > 100);
}

/// Documentation of others, which lies beside this repository.
#[test]
#[ignore = "takes minutes without optimisation"]
#[expect(clippy::print_stderr, reason = "to say that it is skipped")]
fn code_of_a_corpus_has_the_classes_of_syntect() {
    let beside = ["/../../../shared/corpus", "/../../../../shared/corpus"];
    let folders = beside.map(|folder| format!("{}{folder}", env!("CARGO_MANIFEST_DIR")));
    let Some(folder) = folders.iter().map(Path::new).find(|folder| folder.is_dir()) else {
        eprintln!("skipped: ../shared/corpus is absent");
        return;
    };
    assert!(check_folder(&mut Both::new(), folder) > 2_000);
}

/// What may happen to a text.
#[derive(Clone, Debug)]
enum Edit {
    Insert(Index, &'static str),
    Remove(Index, usize),
    Cut(Index),
    MoveLine(Index, Index),
    RepeatLine(Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let pieces = [
        "\"",
        "'",
        "`",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        "/",
        "*",
        "\\",
        "$",
        "#",
        "@",
        "=",
        ":",
        ";",
        ",",
        ".",
        "-",
        "+",
        "&",
        "|",
        "!",
        "?",
        "%",
        "~",
        "^",
        "_",
        "0",
        "1e5",
        "x",
        "EOF",
        " ",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        "\u{c}",
        "é",
        "→",
        "日本",
        "ſ",
        "K",
        "\u{0}",
        "\u{a0}",
        "if",
        "end",
        "<!--",
        "-->",
        "/*",
        "*/",
        "//",
        "${",
        "#{",
        "{{",
        "}}",
        "<?php",
        "?>",
        "</script>",
        "\"\"\"",
        "'''",
        "<<EOF",
        "r#\"",
        "=>",
        "::",
        "async",
        "class",
    ];
    prop_oneof![
        4 => (any::<Index>(), proptest::sample::select(pieces.to_vec())).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        3 => (any::<Index>(), 1..8usize).prop_map(|(at, count)| Edit::Remove(at, count)),
        1 => any::<Index>().prop_map(Edit::Cut),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::MoveLine(from, to)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::RepeatLine(from, to)),
    ]
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        if lines.is_empty() {
            lines.push("");
        }
        match edit {
            Edit::Insert(at, piece) => text.insert_str(*at.get(&places), piece),
            Edit::Remove(at, count) => {
                let from = at.index(places.len());
                let to = (from + count).min(places.len() - 1);
                text.replace_range(places[from]..places[to], "");
            }
            Edit::Cut(at) => text.truncate(*at.get(&places)),
            Edit::MoveLine(from, to) => {
                let line = lines.remove(from.index(lines.len()));
                lines.insert(to.index(lines.len() + 1), line);
                text = lines.concat();
            }
            Edit::RepeatLine(from, to) => {
                let line = *from.get(&lines);
                lines.insert(to.index(lines.len() + 1), line);
                text = lines.concat();
            }
        }
    }
    text
}

/// Always the same texts, since on a few of all that there are syntect does not end.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let algorithm = config.rng_algorithm;
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(algorithm))
}

fn check_edited(cases: u32) {
    let both = std::cell::RefCell::new(Both::new());
    let all = both.borrow().all();
    // A text in its own language three times of four, in any other one else.
    let cases_ = (any::<Index>(), any::<Index>(), 0..4u8, prop::collection::vec(edit(), 1..10));
    let checked = runner(cases).run(&cases_, |(snippet, other, own, edits)| {
        let (name, text) = snippet.get(SNIPPETS);
        let mut both = both.borrow_mut();
        let syntax = if own > 0 { both.named(name) } else { *other.get(&all) };
        both.check(syntax, &edited(text, &edits)).map_err(TestCaseError::fail)
    });
    checked.unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn edited_code_has_the_classes_of_syntect() {
    check_edited(60);
}

#[test]
#[ignore = "takes minutes"]
fn much_edited_code_has_the_classes_of_syntect() {
    check_edited(std::env::var("CASES").map_or(5_000, |cases| cases.parse().unwrap()));
}

/// Checks that parts follow each other and end with the line.
fn check_cover(lines: &[Parts], text: &str) {
    for (line, parts) in text.split_inclusive('\n').zip(lines) {
        assert!(parts.is_sorted_by(|a, b| a.0 < b.0), "{line:?}: {parts:?}");
        let length = line.trim_end_matches('\n').len() + 1;
        assert!(
            parts.last().is_none_or(|(end, _)| *end <= length && line.is_char_boundary((*end).min(line.len()))),
            "{line:?}: {parts:?}"
        );
    }
}

fn check_any_text(cases: u32) {
    let both = std::cell::RefCell::new(Both::new());
    let count = both.borrow().grammars.syntaxes().len();
    let texts =
        prop_oneof![".{0,200}", "[ -~\n\t]{0,400}", "[(){}\\[\\]<>\"'`$#/*=.,;:a\n]{0,400}", "(\\PC|\n){0,200}"];
    let checked = runner(cases).run(&(any::<Index>(), texts), |(syntax, text)| {
        let lines = our_lines(&mut both.borrow_mut().ours, syntax.index(count), &text);
        check_cover(&lines, &text);
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn any_text_is_read_by_any_grammar() {
    check_any_text(300);
}

#[test]
#[ignore = "takes minutes"]
fn much_text_is_read_by_any_grammar() {
    check_any_text(std::env::var("CASES").map_or(20_000, |cases| cases.parse().unwrap()));
}

/// What makes regular expressions try again and again, and grammars go deep.
#[test]
fn long_lines_come_to_an_end() {
    let mut both = Both::new();
    let grammars = both.grammars.syntaxes().len();
    for (nth, piece) in ["(", "a", "{[", "<a ", "\"", "a, ", "a.b(", "`${", "/*", " ", "\\", "=> "].iter().enumerate() {
        let line = piece.repeat(2_000 / piece.len());
        for syntax in (nth..grammars).step_by(12) {
            check_cover(&our_lines(&mut both.ours, syntax, &line), &line);
        }
    }
}
