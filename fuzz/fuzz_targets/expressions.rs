//! Any text as an expression, a spread and a module; what can be read is evaluated and shown.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use rivage_syntax::expr::{self, Evaluator};
use rivage_syntax::{FileId, Span};

fuzz_target!(|text: &str| {
    let file = FileId::from("a.mdx");
    let span = Span::new(0, text.len());
    let (module, problems) = expr::parse_module(&file, text, span);
    let mut evaluator = Evaluator::new(&file);
    if problems.is_empty() {
        let mut names = Vec::new();
        for declaration in &module.declarations {
            declaration.pattern.names(&mut |name, _| names.push(name.to_string()));
        }
        evaluator.declare(&Arc::new(module));
        for name in names {
            let _ = evaluator.lookup(&name, &mut ());
        }
    }
    let _ = expr::parse_spread(&file, text, span);
    let (tree, problems) = expr::parse_expression(&file, text, span);
    if problems.is_empty()
        && let Ok(value) = evaluator.eval(&tree, &mut ())
    {
        let _ = value.to_json();
        let _ = value.to_json_text();
        let _ = value.children(&mut |_| {});
    }
    for problem in problems {
        let place = problem.primary.expect("a syntax error has a place").span;
        assert!(place.start <= place.end && place.end <= span.end, "{place:?} is not within the text");
    }
});
