//! What expressions evaluate to, and which errors they cause.

use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Child, Evaluator, Scope, Value, parse_expression, parse_module, parse_spread};
use crate::{Diagnostic, FileId, Span};

/// The names that the tests know.
struct Names;

impl Scope for Names {
    fn lookup(&mut self, name: &str) -> Option<Value> {
        let json = match name {
            "frontmatter" => serde_json::json!({"title": "Hello", "tags": ["b", "a"], "nested": {"n": 1}}),
            "Card" => return Some(Value::Component("Card".into())),
            _ => return None,
        };
        Some(Value::from_json(&json))
    }

    fn names(&self) -> Vec<String> {
        vec!["frontmatter".to_owned(), "Card".to_owned()]
    }
}

fn file() -> FileId {
    FileId::from("a.mdx")
}

/// Evaluates an expression, after a module's lines and a line with `---`, if there are any.
fn evaluate(source: &str) -> Result<Value, Diagnostic> {
    let (module, text, start) = match source.split_once("\n---\n") {
        Some((module, text)) => (module, text, module.len() + 5),
        None => ("", source, 0),
    };
    let file = file();
    let (module, problems) = parse_module(&file, module, Span::new(0, module.len()));
    let mut evaluator = Evaluator::new(&file);
    let problems = [problems, evaluator.declare(&Arc::new(module))].concat();
    if let Some(problem) = problems.into_iter().next() {
        return Err(problem);
    }
    let (expr, problems) = parse_expression(&file, text, Span::new(start, start + text.len()));
    if let Some(problem) = problems.into_iter().next() {
        return Err(problem);
    }
    evaluator.eval(&expr, &mut Names).map_err(|problem| *problem)
}

/// Checks rows of `expression → result as JavaScript's JSON`.
fn check(rows: &str) {
    let mut wrong = String::new();
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let Some((source, expect)) = row.rsplit_once(" → ") else { panic!("no arrow: {row}") };
        let result = match evaluate(&source.replace(" ⏎ ", "\n")) {
            Ok(value) => match &value {
                Value::Undefined => "undefined".to_owned(),
                Value::Number(number) if !number.is_finite() => super::number_to_string(*number),
                value => value.to_json().map_or_else(|| value.type_name().to_owned(), |json| json.to_string()),
            },
            Err(problem) => problem.message,
        };
        if result != expect {
            let _ = writeln!(wrong, "{source}\n    expected {expect}\n    got      {result}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Checks rows of `expression → code @ text the error points at: message`.
fn check_errors(rows: &str) {
    let mut wrong = String::new();
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let Some((source, expect)) = row.rsplit_once(" → ") else { panic!("no arrow: {row}") };
        let source = source.replace(" ⏎ ", "\n");
        let result = match evaluate(&source) {
            Ok(value) => format!("{value:?}"),
            Err(problem) => {
                let span = problem.primary.as_ref().map(|primary| primary.span.range()).unwrap_or_default();
                let place = source.get(span).unwrap_or("?").replace('\n', " ⏎ ");
                format!("{} @ {place}: {}", problem.code, problem.message)
            }
        };
        if result != expect {
            let _ = writeln!(wrong, "{source}\n    expected {expect}\n    got      {result}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
