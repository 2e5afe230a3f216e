//! Any text as an MDX and as a Markdown file: read with and without the extensions of a site, and rendered.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rivage::render::plain::render_plain;
use rivage_syntax::ast::Syntax;
use rivage_syntax::markdown::{self, Options};
use rivage_syntax::{Diagnostic, FileId, front_matter};

fuzz_target!(|text: &str| {
    let file = FileId::from("a.mdx");
    let (fence, _) = front_matter::split(&file, text);
    for syntax in [Syntax::Mdx, Syntax::Markdown] {
        let options = Options::site(syntax);
        let (root, problems) = markdown::parse(&file, text, fence.body_start, &options);
        root.walk(&mut |node| {
            assert!(text.get(node.span.range()).is_some(), "{:?} is not within the text", node.span);
        });
        for problem in problems {
            let place = problem.primary.map(|primary| primary.span).unwrap_or_default();
            assert!(place.end as usize <= text.len(), "{place:?} is not within the text");
        }
        let (html, problems) = render_plain(&file, text, syntax);
        assert_eq!(html.is_none(), problems.iter().any(Diagnostic::is_error));
    }
});
