//! How fast code is highlighted, by us and by syntect: `cargo run --release -p rivage-highlight --example speed -- FOLDER`.
//!
//! Reads the blocks of code of all Markdown below a folder, of a generated site for instance. Prints for each language bytes, CPU time and MB/s
//! of both, lines that are written twice read twice.

#![expect(clippy::print_stdout, reason = "it is a program")]

#[path = "../tests/reference/mod.rs"]
mod reference;

use std::collections::BTreeMap;
use std::path::Path;

use reference::Reference;
use rivage_highlight::{Grammars, Highlighter};
use rustix::time::{ClockId, clock_gettime};

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "content".to_owned());
    let mut blocks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    gather(Path::new(&folder), &mut blocks);
    let grammars = Grammars::new(two_face::syntax::extra_newlines());
    let mut theirs = Reference::new(two_face::syntax::extra_newlines());
    let mut sums = (0, 0.0, 0.0, 0);
    println!(
        "| language | blocks | bytes | ours | MB/s | syntect | MB/s | ratio |\n| --- | --- | --- | --- | --- | --- | --- | --- |"
    );
    for (language, blocks) in &blocks {
        let name = match language.as_str() {
            "js" | "jsx" | "mjs" | "javascript" => "JavaScript (Babel)",
            "ts" => "TypeScript",
            "tsx" | "astro" => "TypeScriptReact",
            "sh" | "shell" | "bash" | "console" => "Bourne Again Shell (bash)",
            name => name,
        };
        let is_meant = |syntax: &syntect::parsing::SyntaxReference| {
            syntax.name.eq_ignore_ascii_case(name) || syntax.file_extensions.iter().any(|extension| extension == name)
        };
        let Some(syntax) = grammars.syntaxes().iter().position(is_meant) else { continue };
        let bytes: usize = blocks.iter().map(String::len).sum();
        let start = seconds();
        // Anew for each language: what reading its grammar takes belongs to it.
        let mut highlighter = Highlighter::new(&grammars);
        let mut parts = 0;
        for block in blocks {
            highlighter.tidy();
            let Some(mut place) = highlighter.start(syntax) else { continue };
            for line in block.split_inclusive('\n') {
                place = highlighter.line(place, line, |_, _| parts += 1);
            }
        }
        let ours = seconds() - start;
        let start = seconds();
        for block in blocks {
            parts += theirs.lines(syntax, block).len();
        }
        let syntect = seconds() - start;
        row(language, blocks.len(), bytes, ours, syntect);
        assert!(parts > 0);
        sums = (sums.0 + bytes, sums.1 + ours, sums.2 + syntect, sums.3 + blocks.len());
    }
    row("all", sums.3, sums.0, sums.1, sums.2);
}

/// CPU time of this thread.
fn seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn row(language: &str, blocks: usize, bytes: usize, ours: f64, syntect: f64) {
    let speed = |seconds: f64| bytes as f64 / 1e6 / seconds;
    println!(
        "| {language} | {blocks} | {bytes} | {:.0} ms | {:.1} | {:.0} ms | {:.1} | {:.1} |",
        ours * 1e3,
        speed(ours),
        syntect * 1e3,
        speed(syntect),
        syntect / ours
    );
}

fn gather(folder: &Path, blocks: &mut BTreeMap<String, Vec<String>>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather(&path, blocks);
        } else if path.extension().is_some_and(|extension| extension == "md" || extension == "mdx") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let mut open: Option<(String, String)> = None;
            for line in text.split_inclusive('\n') {
                match (&mut open, line.trim_start().strip_prefix("```")) {
                    (Some(_), Some(_)) => {
                        let (language, block) = open.take().unwrap_or_default();
                        blocks.entry(language).or_default().push(block);
                    }
                    (Some((_, block)), None) => block.push_str(line),
                    (None, Some(language)) => {
                        let name = language.split(|c: char| c.is_whitespace() || c == '{').next().unwrap_or_default();
                        open = Some((name.to_owned(), String::new()));
                    }
                    (None, None) => {}
                }
            }
        }
    }
}
