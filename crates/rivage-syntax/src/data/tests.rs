//! What data in each format become, and what is said of broken ones.

use insta::assert_snapshot;

use super::*;

/// Shows the JSON of the data, then each diagnostic with the text it points at.
fn check(format: Format, text: &str) -> String {
    let (data, diagnostics) = parse(&FileId::from("a"), text, Span::new(0, text.len()), format);
    let mut out = data.to_json().to_string();
    for diagnostic in diagnostics {
        let place = diagnostic.primary.as_ref().unwrap().span;
        out += &format!("\n{}: {} @{}", diagnostic.code, diagnostic.message, show(text, place));
        for label in &diagnostic.labels {
            out += &format!("\n  {} @{}", label.text, show(text, label.location.span));
        }
        for hint in &diagnostic.hints {
            out += &format!("\n  help: {hint}");
        }
    }
    out
}

fn show(text: &str, span: Span) -> String {
    let line = text[..span.range().start].matches('\n').count() + 1;
    format!("{line}:{:?}", &text[span.range()])
}

fn yaml(text: &str) -> String {
    check(Format::Yaml, text)
}

/// Shows each key and scalar of YAML or TOML with the text at its place.
fn places(format: Format, text: &str) -> String {
    fn walk(text: &str, data: &Data, out: &mut String) {
        match &data.value {
            DataValue::Array(items) => {
                *out += &format!("[{:?}]\n", &text[data.span.range()]);
                items.iter().for_each(|item| walk(text, item, out));
            }
            DataValue::Map(entries) => {
                *out += &format!("{{{:?}}}\n", &text[data.span.range()]);
                for entry in entries {
                    *out += &format!("{:?} = ", &text[entry.key_span.range()]);
                    walk(text, &entry.value, out);
                }
            }
            _ => *out += &format!("{:?}\n", &text[data.span.range()]),
        }
    }
    let (data, diagnostics) = parse(&FileId::from("a"), text, Span::new(0, text.len()), format);
    assert_eq!(diagnostics, []);
    let mut out = String::new();
    walk(text, &data, &mut out);
    out
}

#[test]
fn yaml_scalars_follow_the_core_schema() {
    assert_snapshot!(
        yaml("[~, null, , true, False, 1, -2, +3, 0x1F, 0o17, 1.5, -1e3, .5, no, on, 2026-11-23, 12:30, 1_000, 'true', \"1\", +, ., -]"
            .replace(", ,", ",").replace(", -]", "]").as_str()),
        @r#"[null,null,true,false,1,-2,3,31,15,1.5,-1000.0,0.5,"no","on","2026-11-23","12:30","1_000","true","1","+","."]"#
    );
    assert_snapshot!(yaml("a:\nb: 99999999999999999999\nc: .inf\nd: inf"), @r#"{"a":null,"b":1e+20,"c":null,"d":"inf"}"#);
    assert_snapshot!(yaml("a: |\n  one\n  two\nb: >\n  three\n  four\n"), @r#"{"a":"one\ntwo\n","b":"three four\n"}"#);
    assert_snapshot!(yaml("a: !!str 1\nb: !!float 2\nc: ! 3"), @r#"
    {"a":"1","b":2.0,"c":null}
    yaml-tag: the tag `!` is not supported @3:"! 3"
      help: a value that starts with `!` needs quotes
    "#);
    assert_snapshot!(yaml(""), @"null");
    assert_snapshot!(yaml("# nothing\n"), @"null");
}

#[test]
fn yaml_keeps_places() {
    assert_snapshot!(places(Format::Yaml, "title: Grüße, Ödön\ntags:\n  - 'é'\n  - b # c\nempty:\nmap: { x: 1, y: [2] }\ntext: |\n  über\n  alles\nlast: ü\n"), @r#"
    {"title: Grüße, Ödön\ntags:\n  - 'é'\n  - b # c\nempty:\nmap: { x: 1, y: [2] }\ntext: |\n  über\n  alles\nlast: ü"}
    "title" = "Grüße, Ödön"
    "tags" = ["- 'é'\n  - b"]
    "'é'"
    "b"
    "empty" = ""
    "map" = {"{ x: 1, y: [2] }"}
    "x" = "1"
    "y" = ["[2]"]
    "2"
    "text" = "über\n  alles"
    "last" = "ü"
    "#);
}

#[test]
fn yaml_places_survive_long_text_and_crlf() {
    let text = format!("a: {}\r\nb: ü\r\n", "é".repeat(500));
    let (data, _) = parse(&FileId::from("a"), &text, Span::new(0, text.len()), Format::Yaml);
    assert_eq!(&text[data.get("b").unwrap().span.range()], "ü");
}

#[test]
fn places_are_those_of_the_whole_file() {
    let text = "---\na: ü\n---\nbody";
    let (data, _) = parse(&FileId::from("a"), text, Span::new(4, 10), Format::Yaml);
    assert_eq!(&text[data.get("a").unwrap().span.range()], "ü");
    let text = "+++\na = 'ü'\n+++\nbody";
    let (data, _) = parse(&FileId::from("a"), text, Span::new(4, 13), Format::Toml);
    assert_eq!(&text[data.get("a").unwrap().span.range()], "'ü'");
    let text = "\u{feff}a: b";
    let (data, _) = parse(&FileId::from("a"), text, Span::new(0, text.len()), Format::Yaml);
    assert_eq!(&text[data.get("a").unwrap().span.range()], "b");
}

#[test]
fn yaml_anchors_aliases_and_merge_keys() {
    assert_snapshot!(yaml("a: &x { k: 1, l: 2 }\nb: *x\nc: { <<: *x, k: 3 }\nd: { <<: [*x, { m: 4 }] }\n*e : 1".replace("\n*e : 1", "").as_str()),
        @r#"{"a":{"k":1,"l":2},"b":{"k":1,"l":2},"c":{"k":3,"l":2},"d":{"k":1,"l":2,"m":4}}"#);
    assert_snapshot!(yaml("&k key: v\nb: { *k : 1 }"), @r#"{"key":"v","b":{"key":1}}"#);
    assert_snapshot!(yaml("'<<': 1"), @r#"{"<<":1}"#);
    assert_snapshot!(yaml("a:\n  <<: 7"), @"
    {\"a\":{}}
    yaml-merge: `<<` needs a map or a list of maps @2:\"7\"
      help: write the alias of a map: `<<: *name`
    ");
}

#[test]
fn yaml_bombs_are_refused() {
    let mut bomb = String::from("a0: &a0 [lol, lol, lol]\n");
    for level in 1..40 {
        let one = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{one}, {one}, {one}, {one}, {one}, {one}, {one}, {one}, {one}]\n");
    }
    let (data, diagnostics) = parse(&FileId::from("a"), &bomb, Span::new(0, bomb.len()), Format::Yaml);
    assert_eq!(diagnostics[0].code, "yaml-too-large");
    assert!(data.get("a0").is_some());

    let text = format!("a: &a {}\nb: [{}]", "x".repeat(100_000), "*a, ".repeat(1000));
    assert_eq!(parse(&FileId::from("a"), &text, Span::new(0, text.len()), Format::Yaml).1[0].code, "yaml-too-large");

    // Each alias is small, but they lie in each other.
    let mut chain = String::from("a0: &a0 [1]\n");
    for level in 1..1000 {
        chain += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    assert_eq!(parse(&FileId::from("a"), &chain, Span::new(0, chain.len()), Format::Yaml).1[0].code, "data-too-deep");

    assert_snapshot!(yaml("a: &a [*a]"), @r#"
    {"a":[]}
    yaml-alias: this alias stands for a value that contains it @1:"*a"
    "#);
}

#[test]
fn deep_data_are_refused() {
    for (format, text) in [
        (Format::Yaml, "[".repeat(50_000)),
        (Format::Yaml, "{a: ".repeat(50_000)),
        (Format::Yaml, "- ".repeat(50_000)),
        (Format::Yaml, (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect()),
        (Format::Toml, format!("a = {}", "[".repeat(50_000))),
        (Format::Toml, format!("a = {}", "{a = ".repeat(50_000))),
        (Format::Toml, format!("a{} = 1", ".a".repeat(50_000))),
        (Format::Json, "[".repeat(50_000)),
        (Format::Json, "{\"a\":".repeat(50_000)),
    ] {
        let (_, diagnostics) = parse(&FileId::from("a"), &text, Span::new(0, text.len()), format);
        assert_eq!(diagnostics.len(), 1, "{format:?} {}", &text[..20]);
        assert_eq!(diagnostics[0].code, "data-too-deep", "{format:?} {}: {}", &text[..20], diagnostics[0].message);
    }
}

#[test]
fn yaml_reads_what_comes_before_an_error() {
    assert_snapshot!(yaml("title: One\ntags: [a, b\ndraft: true\n"), @r#"
    {"title":"One","tags":["a"]}
    yaml-syntax: expected `,` or `]` @3:":"
      help: close the list with `]`; text that starts with `[` needs quotes
    "#);
}

#[test]
fn yaml_errors() {
    let cases = [
        "title: Rust: a guide",
        "a: 1\n\tb: 2",
        "a:\n\t- b",
        "a: \"x",
        "a: 'x\nb: 1",
        "a: \"x\" y",
        "a: \"\\q\"",
        "a: \"\\uZZZZ\"",
        "a: @x",
        "a: `x`",
        "a: *x",
        "a: * x",
        "a: {{ name }}",
        "a: { b: 1",
        "a: [1, 2",
        "a: ]",
        "a: b\n c: d",
        "a: 1\n  - b",
        "a:\n  b: 1\n c: 2",
        "a: 1\nb",
        "just text\nmore: 1",
        "a: !include b",
        "a: !!int x",
        "a: !!binary x",
        "a: 1\n---\nb: 2",
        "a: 1\na: 2",
        "a: {b: 1, c: 2, b: 3}",
        "? [a]\n: b",
        ": b",
        "a: %b",
        "a: \u{1}",
        "a: \0",
        "- a\nb: 1",
        "a: |\n b\nc\n",
        "a: - b",
        "a: [b]]",
        "a: b]\n...\nc",
    ];
    let out: Vec<String> = cases.iter().map(|text| format!("{text:?}\n{}", yaml(text))).collect();
    assert_snapshot!(out.join("\n"), @r#"
    "title: Rust: a guide"
    {"title":"Rust"}
    yaml-syntax: a value with `: ` in it needs quotes @1:":"
      help: write `title: "Rust: a guide"`
    "a: 1\n\tb: 2"
    {}
    yaml-syntax: a tab is not allowed here @2:"\t"
      help: indent with spaces
    "a:\n\t- b"
    {}
    yaml-syntax: a tab is not allowed here @2:"\t"
      help: indent with spaces
    "a: \"x"
    {}
    yaml-syntax: this quote is never closed @1:"\""
      help: add the closing quote, or put the whole value in the other kind of quotes
    "a: 'x\nb: 1"
    {}
    yaml-syntax: this quote is never closed @1:"'"
      help: add the closing quote, or put the whole value in the other kind of quotes
    "a: \"x\" y"
    {}
    yaml-syntax: text follows a closed quote @1:"y"
      help: put the whole value in quotes; inside double quotes write `\"`
    "a: \"\\q\""
    {}
    yaml-syntax: unknown escape in a double-quoted string @1:"\""
      help: write `\\` for a backslash, or use single quotes
    "a: \"\\uZZZZ\""
    {}
    yaml-syntax: this escape names no character @1:"\""
      help: write `\u` with four hexadecimal digits
    "a: @x"
    {}
    yaml-syntax: a value may not start with `@` @1:"@"
      help: put the value in quotes
    "a: `x`"
    {}
    yaml-syntax: a value may not start with a backtick @1:"`"
      help: put the value in quotes
    "a: *x"
    {}
    yaml-syntax: no anchor of this name stands above @1:"*"
      help: a value that starts with `*` needs quotes
    "a: * x"
    {}
    yaml-syntax: a name must follow `&` and `*` @1:"*"
      help: a value that starts with `&` or `*` needs quotes
    "a: {{ name }}"
    {"a":{}}
    yaml-key: a key must be text @1:"{"
      help: a value that starts with `{` or `[` needs quotes
    "a: { b: 1"
    {"a":{"b":1}}
    yaml-syntax: expected `,` or `}` @1:"a: { b: 1"
      help: close the map with `}`; text that starts with `{` needs quotes
    "a: [1, 2"
    {"a":[1,2]}
    yaml-syntax: expected `,` or `]` @1:"a: [1, 2"
      help: close the list with `]`; text that starts with `[` needs quotes
    "a: ]"
    {}
    yaml-syntax: expected `,` or `]` @1:"]"
      help: close the list with `]`; text that starts with `[` needs quotes
    "a: b\n c: d"
    {"a":"b c"}
    yaml-syntax: a value with `: ` in it needs quotes @2:":"
      help: put the value in quotes, or start the key in the column of the others
    "a: 1\n  - b"
    {"a":"1 - b"}
    "a:\n  b: 1\n c: 2"
    {"a":{"b":1}}
    yaml-syntax: expected `key: value` @3:"c"
      help: a `:` after a key needs a space, and lines of one map start in one column
    "a: 1\nb"
    {"a":1}
    yaml-syntax: expected `key: value` @2:"b"
      help: a `:` after a key needs a space, and lines of one map start in one column
    "just text\nmore: 1"
    "just text more"
    yaml-syntax: a value with `: ` in it needs quotes @2:":"
      help: put the value in quotes, or start the key in the column of the others
    "a: !include b"
    {"a":null}
    yaml-tag: the tag `!include` is not supported @1:"!include b"
      help: a value that starts with `!` needs quotes
    "a: !!int x"
    {"a":null}
    yaml-tag: `x` is not a value of the tag `!!int` @1:"!!int x"
    "a: !!binary x"
    {"a":null}
    yaml-tag: the tag `!!binary` is not supported @1:"!!binary x"
      help: a value that starts with `!` needs quotes
    "a: 1\n---\nb: 2"
    {"a":1}
    yaml-documents: a second YAML document starts here @2:"---"
      help: only one document is read: remove the `---` or make it a file of its own
    "a: 1\na: 2"
    {"a":1}
    duplicate-key: the key `a` is there twice @2:"a"
      first written here @1:"a"
      help: remove one of the two
    "a: {b: 1, c: 2, b: 3}"
    {"a":{"b":1,"c":2}}
    duplicate-key: the key `b` is there twice @1:"b"
      first written here @1:"b"
      help: remove one of the two
    "? [a]\n: b"
    {}
    yaml-key: a key must be text @1:"["
      help: a value that starts with `{` or `[` needs quotes
    ": b"
    {}
    yaml-key: a value without a key @1:""
      help: write the key before the `:`
    "a: %b"
    {}
    yaml-syntax: a value may not start with `%` @1:"%"
      help: put the value in quotes
    "a: \u{1}"
    {"a":"\u0001"}
    "a: \0"
    null
    data-nul: a NUL byte is not allowed in data @1:"\0"
    "- a\nb: 1"
    ["a"]
    yaml-syntax: expected a list item @2:"b"
      help: items start with `- `; they and `key: value` lines cannot stand side by side
    "a: |\n b\nc\n"
    {"a":"b\n"}
    yaml-syntax: expected `key: value` @3:"c"
      help: a `:` after a key needs a space, and lines of one map start in one column
    "a: - b"
    {}
    yaml-syntax: a list item is not expected here @1:"-"
      help: write each item on its own line below the key
    "a: [b]]"
    {"a":["b"]}
    yaml-syntax: expected `,` or `]` @1:"]"
      help: close the list with `]`; text that starts with `[` needs quotes
    "a: b]\n...\nc"
    {"a":"b]"}
    yaml-documents: a second YAML document starts here @3:"c"
      help: only one document is read: remove the `---` or make it a file of its own
    "#);
}

#[test]
fn toml_values() {
    assert_snapshot!(
        check(Format::Toml, "a = 1\nb = 1.5\nc = true\nd = 2026-11-23\ne = 2026-11-23T10:00:00Z\nf = [1, 'x']\ng.h = 1\n[i]\nj = '''k'''\n[[l]]\nm = 1\n[[l]]\n[l.n]\no = {p = 1}\n"),
        @r#"{"a":1,"b":1.5,"c":true,"d":"2026-11-23","e":"2026-11-23T10:00:00Z","f":[1,"x"],"g":{"h":1},"i":{"j":"k"},"l":[{"m":1},{"n":{"o":{"p":1}}}]}"#
    );
    assert_snapshot!(places(Format::Toml, "a = 'ü'\n[b]\nc.d = [2]\n[[e]]\nf = { g = 1 }\n"), @r#"
    {"a = 'ü'\n[b]\nc.d = [2]\n[[e]]\nf = { g = 1 }\n"}
    "a" = "'ü'"
    "b" = {"[b]"}
    "c" = {"c"}
    "d" = ["[2]"]
    "2"
    "e" = ["[[e]]"]
    {"[[e]]"}
    "f" = {"{ g = 1 }"}
    "g" = "1"
    "#);
}

#[test]
fn toml_errors() {
    let cases = [
        "a = b",
        "a",
        "a = 1\nb = [1\nc = 2",
        "a = 1\nb = 2\na = 3",
        "[x]\na = 1\n[y]\na = 1\nb.c = 1\nb.c = 2",
        "[a]\nb = 1\n[c]\n[a]",
        "[[a]]\nb = 1\n[[a]]\nb = 1\nb = 2",
        "a = { b = 1, b = 2 }",
        "a = 1\na.b = 2",
        "a b = 1",
        "a = 007",
        "a = \"x",
        "a = 'x'\ny",
        "a = \"\\q\"",
        "a = 99999999999999999999",
        "[a",
        "a = 2026-13-01",
    ];
    let out: Vec<String> = cases.iter().map(|text| format!("{text:?}\n{}", check(Format::Toml, text))).collect();
    assert_snapshot!(out.join("\n"), @r#"
    "a = b"
    null
    toml-syntax: text must stand in quotes @1:"b"
      help: put the text in double quotes
    "a"
    null
    toml-syntax: expected `key = value` @1:"a"
      help: a line is a table `[name]` or `key = value`
    "a = 1\nb = [1\nc = 2"
    null
    toml-syntax: expected `,` or `]` @3:"c"
      help: close the list with `]`
    "a = 1\nb = 2\na = 3"
    null
    duplicate-key: the key `a` is there twice @3:"a"
      first written here @1:"a"
      help: remove one of the two
    "[x]\na = 1\n[y]\na = 1\nb.c = 1\nb.c = 2"
    null
    duplicate-key: the key `c` is there twice @6:"c"
      first written here @5:"c"
      help: remove one of the two
    "[a]\nb = 1\n[c]\n[a]"
    null
    duplicate-key: the key `a` is there twice @4:"a"
      first written here @1:"a"
      help: remove one of the two
    "[[a]]\nb = 1\n[[a]]\nb = 1\nb = 2"
    null
    duplicate-key: the key `b` is there twice @5:"b"
      first written here @4:"b"
      help: remove one of the two
    "a = { b = 1, b = 2 }"
    null
    duplicate-key: the key `b` is there twice @1:"b"
      first written here @1:"b"
      help: remove one of the two
    "a = 1\na.b = 2"
    null
    toml-syntax: a key of a value that is not a table @2:"a"
    "a b = 1"
    null
    toml-syntax: expected `key = value` @1:"b"
      help: a line is a table `[name]` or `key = value`
    "a = 007"
    null
    toml-syntax: a number may not start with 0 @1:"0"
      help: put it in quotes if it is text
    "a = \"x"
    null
    toml-syntax: this quote is never closed @1:"a = \"x"
      help: add the closing quote; a text of several lines stands in `"""`
    "a = 'x'\ny"
    null
    toml-syntax: expected `key = value` @2:"y"
      help: a line is a table `[name]` or `key = value`
    "a = \"\\q\""
    null
    toml-syntax: unknown escape in a double-quoted string @1:"q"
      help: write `\\` for a backslash, or use single quotes
    "a = 99999999999999999999"
    null
    toml-syntax: integer number overflowed @1:"99999999999999999999"
    "[a"
    null
    toml-syntax: unclosed table, expected `]` @1:"[a"
      help: add the closing bracket
    "a = 2026-13-01"
    null
    toml-syntax: invalid date, expected month between 01 and 12 @1:"2026-13-01"
    "#);
}

#[test]
fn json_values_and_errors() {
    assert_snapshot!(
        check(Format::Json, r#"{"a": [1, -2.5, true, null, "\ud83d\ude00"], "b": {}}"#),
        @r#"{"a":[1,-2.5,true,null,"😀"],"b":{}}"#
    );
    let cases = [
        "",
        "{\"a\": 1,}",
        "{a: 1}",
        "[1, 2",
        "{\"a\": 1} x",
        "{\"a\": 1,\n\"ü\": 2, \"a\": 3}",
        "[tru]",
        "['a']",
        "[\"a\nb\"]",
        "[01]",
    ];
    let out: Vec<String> = cases.iter().map(|text| format!("{text:?}\n{}", check(Format::Json, text))).collect();
    assert_snapshot!(out.join("\n"), @r#"
    ""
    null
    json-syntax: the data end too early @1:""
      help: add what is not closed
    "{\"a\": 1,}"
    null
    json-syntax: a comma is not allowed before `]` or `}` @1:"}"
      help: remove the comma
    "{a: 1}"
    null
    json-syntax: expected a key in double quotes @1:"a"
    "[1, 2"
    null
    json-syntax: the data end too early @1:"2"
      help: add what is not closed
    "{\"a\": 1} x"
    null
    json-syntax: unexpected text after the end of the data @1:"x"
    "{\"a\": 1,\n\"ü\": 2, \"a\": 3}"
    null
    duplicate-key: the key `a` is there twice @2:"\"a\""
      help: remove one of the two
    "[tru]"
    null
    json-syntax: expected `true`, `false` or `null` @1:"]"
    "['a']"
    null
    json-syntax: expected a value @1:"'"
      help: text stands in double quotes; JSON has no comments
    "[\"a\nb\"]"
    null
    json-syntax: a control character is not allowed in a string @2:"b"
      help: write a line end as `\n`, a tab as `\t`
    "[01]"
    null
    json-syntax: invalid number @1:"1"
    "#);
}

#[test]
fn csv_tables_and_errors() {
    assert_snapshot!(check(Format::Csv, "name,price\r\n\"a, b\",1\r\nc,2\r\n"), @r#"[{"name":"a, b","price":"1"},{"name":"c","price":"2"}]"#);
    assert_snapshot!(check(Format::Csv, ""), @"[]");
    assert_snapshot!(check(Format::Csv, "a,b\n1,2,3\n4,5\n6\n"), @r#"
    [{"a":"4","b":"5"}]
    csv-width: this row has 3 cells, the head line has 2 @2:"1,2,3"
      help: put a cell with a comma in it in double quotes
    csv-width: this row has 1 cell, the head line has 2 @4:"6"
      help: put a cell with a comma in it in double quotes
    "#);
    assert_snapshot!(check(Format::Csv, "a,b,a\n1,2,3\n"), @r#"
    []
    duplicate-key: the column `a` is there twice @1:"a,b,a"
    "#);
}

#[test]
fn large_maps_know_their_duplicates() {
    let mut text: String = (0..2000).map(|at| format!("k{at}: {at}\n")).collect();
    text += "k3: 1\nk1999: 2\n";
    let (data, diagnostics) = parse(&FileId::from("a"), &text, Span::new(0, text.len()), Format::Yaml);
    assert_eq!(
        diagnostics.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(),
        ["the key `k3` is there twice", "the key `k1999` is there twice"]
    );
    assert_eq!(data.get("k3").unwrap().value, DataValue::Int(3));
}

#[test]
fn formats_by_name() {
    assert_eq!(Format::of("data/a.yml"), Some(Format::Yaml));
    assert_eq!(Format::of("data/a.b.csv"), Some(Format::Csv));
    assert_eq!(Format::of("data/yaml"), None);
}

proptest::proptest! {
    #[test]
    fn any_text_gives_data_with_places_in_it(text in "([-a1:&*!|>%@`'\"\\[\\]{},#?~<=. \n\r\tü\u{feff}]|: |- |&a |\\*a |<<: ){0,40}") {
        for format in [Format::Yaml, Format::Toml, Format::Json, Format::Csv] {
            let (data, diagnostics) = parse(&FileId::from("a"), &text, Span::new(0, text.len()), format);
            let mut places = vec![data.span];
            for diagnostic in &diagnostics {
                places.extend(diagnostic.primary.as_ref().map(|place| place.span));
                places.extend(diagnostic.labels.iter().map(|label| label.location.span));
            }
            if let DataValue::Map(entries) = &data.value {
                places.extend(entries.iter().flat_map(|entry| [entry.key_span, entry.value.span]));
            }
            for place in places {
                proptest::prop_assert!(text.get(place.range()).is_some(), "{format:?} {place:?} {diagnostics:?}");
            }
        }
    }
}
