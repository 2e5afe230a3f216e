//! Any text as front matter, and as data in each language.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rivage_syntax::data::{self, Format};
use rivage_syntax::{FileId, Span, front_matter};

fuzz_target!(|text: &str| {
    let file = FileId::from("a.mdx");
    let (fence, _) = front_matter::split(&file, text);
    assert!(text.is_char_boundary(fence.body_start));
    assert!(text.get(fence.content.range()).is_some());
    let format = match fence.language {
        Some(front_matter::Language::Yaml) => Format::Yaml,
        Some(front_matter::Language::Toml) => Format::Toml,
        None => Format::Json,
    };
    let _ = data::parse(&file, text, fence.content, format);
    let whole = Span::new(0, text.len());
    for format in [Format::Yaml, Format::Toml, Format::Json, Format::Csv] {
        let (data, _) = data::parse(&file, text, whole, format);
        let _ = data.to_json();
    }
});
