//! Any text as an MDX and as a Markdown file, with and without the extensions of a site.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rivage_syntax::ast::Syntax;
use rivage_syntax::markdown::{self, Options};
use rivage_syntax::{FileId, front_matter};

fuzz_target!(|text: &str| {
    let file = FileId::from("a.mdx");
    let (fence, _) = front_matter::split(&file, text);
    for syntax in [Syntax::Mdx, Syntax::Markdown] {
        for options in [Options::site(syntax), Options::plain(syntax)] {
            let (root, problems) = markdown::parse(&file, text, fence.body_start, &options);
            root.walk(&mut |node| {
                assert!(node.span.end as usize <= text.len(), "{:?} is not within the text", node.span);
            });
            for problem in problems {
                let place = problem.primary.map(|primary| primary.span).unwrap_or_default();
                assert!(place.end as usize <= text.len(), "{place:?} is not within the text");
            }
        }
    }
});
