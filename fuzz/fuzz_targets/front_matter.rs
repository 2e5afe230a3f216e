//! Any text as a file with front matter; and what follows its first byte as data in the language that the byte chooses.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rivage_syntax::data::{self, Data, DataValue, Format};
use rivage_syntax::expr::Value;
use rivage_syntax::{FileId, Span, front_matter};

fuzz_target!(|text: &str| {
    let file = FileId::from("a.mdx");
    let (fence, _) = front_matter::split(&file, text);
    assert!(text.is_char_boundary(fence.body_start));
    assert!(text.get(fence.content.range()).is_some());
    let format = match fence.language {
        Some(front_matter::Language::Yaml) => Some(Format::Yaml),
        Some(front_matter::Language::Toml) => Some(Format::Toml),
        None => None,
    };
    if let Some(format) = format {
        read(&file, text, fence.content, format);
    }
    let Some(first) = text.chars().next() else { return };
    let format = match first {
        'y' => Format::Yaml,
        't' => Format::Toml,
        'j' => Format::Json,
        'c' => Format::Csv,
        other => [Format::Yaml, Format::Toml, Format::Json, Format::Csv][other as usize % 4],
    };
    read(&file, text, Span::new(first.len_utf8(), text.len()), format);
});

fn read(file: &FileId, text: &str, span: Span, format: Format) {
    let (data, problems) = data::parse(file, text, span, format);
    check(text, &data);
    let _ = data.to_json();
    let _ = Value::from_data(&data).to_json_text();
    for problem in problems {
        let place = problem.primary.expect("an error in data has a place").span;
        assert!(text.get(place.range()).is_some(), "{place:?} is not within the text");
    }
}

fn check(text: &str, data: &Data) {
    assert!(text.get(data.span.range()).is_some(), "{:?} is not within the text", data.span);
    match &data.value {
        DataValue::Array(items) => items.iter().for_each(|item| check(text, item)),
        DataValue::Map(entries) => entries.iter().for_each(|entry| {
            assert!(text.get(entry.key_span.range()).is_some(), "{:?} is not within the text", entry.key_span);
            check(text, &entry.value);
        }),
        _ => {}
    }
}
