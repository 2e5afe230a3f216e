//! What is known of expressions against what Oniguruma does with them.

use onig::{MatchParam, RegexOptions, SearchOptions};

use super::*;
use crate::grammars::Grammars;
use crate::load::Pattern;

/// Checks each place of a line: no expression matches where it is said not to, and where that is said to be enough, it does.
fn check(expressions: &[Expression], line: &str) {
    let trees = expressions.iter().map(|expression| expression.understood().map(|known| &known.tree));
    let mut filter = Filter::new(trees).unwrap();
    let regexes: Vec<_> = expressions.iter().map(|expression| expression.regex().unwrap()).collect();
    let mut may = vec![0; expressions.len().div_ceil(64)];
    for (at, _) in line.char_indices().chain([(line.len(), ' ')]) {
        let before = line.as_bytes()[..at].last().copied();
        let place = (kind(before), next(line.as_bytes().get(at).copied()).unwrap());
        let is_filtered = filter.at(line.as_bytes(), at, &mut may, &mut Budget::of(1 << 20)).is_some();
        for (nth, (expression, regex)) in expressions.iter().zip(&regexes).enumerate() {
            let Some(known) = expression.understood() else { continue };
            let none = SearchOptions::SEARCH_OPTION_NONE;
            // Some try for too long.
            let Ok(length) = regex.match_with_param(line, at, none, None, MatchParam::default()) else { continue };
            let may_start = known.start.allows(place.0, place.1);
            let may_match = !is_filtered || may[nth / 64] >> (nth % 64) & 1 == 1;
            let text = expression.text();
            if length.is_some() {
                assert!(may_start, "{text:?} starts at {at} of {line:?}");
                assert!(may_match, "{text:?} matches at {at} of {line:?}");
            }
            if known.length.is_some() && is_filtered && may_start && may_match {
                assert_eq!(length, known.length, "{text:?} at {at} of {line:?}");
            }
        }
    }
}

fn expressions(texts: &[&str]) -> Vec<Expression> {
    texts.iter().map(|text| Expression::new((*text).to_owned())).collect()
}

const LINES: [&str; 12] = [
    "\n",
    "let x_1 = \"a\\n\"; // b + 2.5e3 (c)\n",
    "  <a href='/x?y=1&z'>é &amp; É</a> <!-- ſ K ß -->\n",
    "if (a[0] && !b || c) { return `x ${y}`; } else {}\n",
    "\t#define FOO(bar) bar ## 1 \\\n",
    "@media (min-width: 10px) { .a > #b:hover { color: #fff } }\n",
    "key: &anchor [1, 'two', \"three\"] # c\n",
    "SELECT a.*, COUNT(b) FROM t WHERE c IS NOT NULL;\n",
    "foo::bar<Baz>(&mut self, '\\'') -> Option<()> { .. }\n",
    "$x->y = @{a => 1}; %z{b} ~= /c+/g; ^d | e $\n",
    "def f(a, *b): return f\"{a!r}\" if a in b else None\r\n",
    "日本 x→y a\u{b}b\u{c}c \u{0}\u{7f}~\n",
];

#[test]
fn expressions_match_only_where_they_may() {
    let texts = [
        "a",
        "[a-c]",
        "[^a-c]",
        ".",
        "(?m:.)",
        r"\w",
        r"\W",
        r"\s",
        r"\S",
        r"\d",
        r"\D",
        r"\h",
        r"\H",
        r"\bx\b",
        r"\B.",
        r"^\s*#",
        r"$",
        r"(?=\S)",
        "",
        r"(?<=\w)\(",
        r"(?<!\w)\(",
        r"(?<![\w\s])[a-z]",
        r"(?!a)\w",
        r"\b(?:if|else)\b",
        r"(?i)SELECT\b",
        r"(?i:k|ß|s)",
        r"(?x) a # b
        | c",
        r"a(?i)B|c",
        r"a{2}?b",
        r"x{0,1}y",
        r"x{,2}=",
        r"x{1",
        r"(?:\s+|^)-",
        r#"(["'])[^"']*\1"#,
        r"[[:alpha:]_]+",
        r"[[:^space:]]",
        r"[\w&&[^\d]]+",
        r"[]a]",
        r"[^]a]",
        r"[a\]]",
        r"[-+]?\d",
        r"\p{L}+",
        r"[\p{Lu}_]\w*",
        r"(?>a|ab)c",
        r"\s*+x",
        r"(\()(\g<1>|x)?",
        r"\x41",
        r"\x{e9}",
        r"\u00e9",
        r"\t",
        r"\/\*",
        r"(?=\s*\()",
        r"(?=a)b?",
        r"\z",
        r"\Z",
        r"\A.",
        r"(?<name>a)\k<name>?",
        r"(?#remark)a",
        r"a*?b",
        r"\R",
        r"[\x00-\x1f]",
        r"(?:a|b(?=c))+",
        r"a(?!b)",
        r"\$\{",
        r"(?:(?:a|b){2}){3}",
        r"a|",
        r"\(\s*(?=[a-z])(?!b)",
        r"[a-z&&[^aeiou]]",
    ];
    for line in LINES {
        check(&expressions(&texts), line);
    }
}

/// The parts of classes that are known exactly, against all ASCII characters.
#[test]
fn classes_are_those_of_oniguruma() {
    let names = [
        "alpha", "digit", "alnum", "upper", "lower", "space", "punct", "xdigit", "blank", "word", "cntrl", "graph",
        "print", "ascii",
    ];
    let mut texts = [
        r"\w",
        r"\W",
        r"\s",
        r"\S",
        r"\d",
        r"\D",
        r"\h",
        r"\H",
        ".",
        r"\R",
        r"\p{L}",
        r"\P{L}",
        r"\p{Lu}",
        r"\p{N}",
        r"\p{Nd}",
        r"\p{Alnum}",
        r"\p{M}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.extend(names.iter().flat_map(|name| [format!("[[:{name}:]]"), format!("[[:^{name}:]]")]));
    for text in texts {
        let (tree, _) = tree::parse(&text).unwrap();
        let Node::One(class) = tree else { panic!("{text}") };
        let regex = Regex::with_options(&text, RegexOptions::REGEX_OPTION_NONE, Syntax::default()).unwrap();
        for byte in 0..128u8 {
            let is_match =
                regex.match_with_options(&(byte as char).to_string(), 0, SearchOptions::SEARCH_OPTION_NONE, None)
                    == Some(1);
            let (may, must) = (class.may >> byte & 1 == 1, class.must >> byte & 1 == 1);
            assert!((!is_match || may) && (is_match || !must), "{text} {byte:#x}");
        }
    }
}

#[test]
fn what_is_not_understood_is_left_alone() {
    for text in [r"\Ga", r"a\Kb", r"(?~a)", "(?(1)a)", "*a", "[a", "(a", r"[\w-z]", r"\X", "(?x) a {2}"] {
        assert!(tree::parse(text).is_none(), "{text}");
    }
}

#[test]
fn only_what_a_filter_knows_in_full_has_a_length() {
    let length = |text: &str| Expression::new(text.to_owned()).understood().and_then(|known| known.length);
    for (text, expect) in [
        ("", Some(0)),
        (r"\bif\b", Some(2)),
        (r"(?=\S)", Some(0)),
        (r"[{}]", Some(1)),
        (r"a(?!b)", Some(1)),
        (r"(?=\s*\})", Some(0)),
        (r"\d{4}", Some(4)),
        // Too long to be known in full.
        (&format!("(?={})", "a|b".repeat(100)), None),
        ("(?i)a", None),
        ("a+", None),
        ("a|bc", None),
        (r"(?>a)", None),
        (r"(?<=a)b", None),
        ("^", None),
        (r"\p{Sm}", None),
        (r"(?=a)b", None),
        (r"(a)\1", None),
    ] {
        assert_eq!(length(text), expect, "{text}");
    }
}

/// Takes each `nth` expression of all grammars.
fn check_grammars(nth: usize) {
    let grammars = Grammars::new(two_face::syntax::extra_newlines());
    let mut texts = std::collections::BTreeSet::new();
    for syntax in 0..grammars.syntaxes().len() {
        for pattern in grammars.grammar(syntax).unwrap().contexts.iter().flat_map(|context| &context.patterns) {
            let Pattern::Match(pattern) = pattern else { continue };
            texts.insert(pattern.regex.text());
        }
    }
    let valid: Vec<_> = texts
        .into_iter()
        .step_by(nth)
        .map(|text| Expression::new(text.to_owned()))
        .filter(|it| it.regex().is_ok())
        .collect();
    assert!(valid.iter().filter(|expression| expression.understood().is_some()).count() * 100 > valid.len() * 95);
    let mut chunks = valid;
    while !chunks.is_empty() {
        let chunk: Vec<_> = chunks.drain(..chunks.len().min(100)).collect();
        LINES.iter().for_each(|line| check(&chunk, line));
    }
}

#[test]
fn expressions_of_grammars_match_only_where_they_may() {
    check_grammars(29);
}

#[test]
#[ignore = "takes a minute"]
fn all_expressions_of_grammars_match_only_where_they_may() {
    check_grammars(1);
}
