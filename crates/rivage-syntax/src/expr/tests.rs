//! What expressions evaluate to, and which errors they cause.

use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Child, Evaluator, JsxValue, Scope, Value, parse_expression, parse_module, parse_spread};
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
fn evaluate(source: &str) -> Result<Value, Box<Diagnostic>> {
    let (module, text, start) = match source.split_once("\n---\n") {
        Some((module, text)) => (module, text, module.len() + 5),
        None => ("", source, 0),
    };
    let file = file();
    let (module, problems) = parse_module(&file, module, Span::new(0, module.len()));
    let mut evaluator = Evaluator::new(&file);
    let problems = [problems, evaluator.declare(&Arc::new(module))].concat();
    if let Some(problem) = problems.into_iter().next() {
        return Err(Box::new(problem));
    }
    let (expr, problems) = parse_expression(&file, text, Span::new(start, start + text.len()));
    if let Some(problem) = problems.into_iter().next() {
        return Err(Box::new(problem));
    }
    evaluator.eval(&expr, &mut Names)
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
                value => value.to_json_text().unwrap_or_else(|| value.type_name().to_owned()),
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

/// The right sides are what Node printed, with the clock in UTC.
#[test]
fn expressions_evaluate_as_in_javascript() {
    check(
        r####"
        1 + 2 * 3 → 7
        "a" + 1 → "a1"
        1 + "2" → "12"
        "3" * "4" → 12
        [1] + [2, 3] → "12,3"
        null + 1 → 1
        undefined + 1 → NaN
        true + true → 2
        "" + null + undefined + true → "nullundefinedtrue"
        [] + {} → "[object Object]"
        1 / 0 → Infinity
        -1 / 0 → -Infinity
        0 / 0 → NaN
        -7 % 3 → -1
        7 % -3 → 1
        5.5 % 2 → 1.5
        2 ** 10 → 1024
        2 ** -1 → 0.5
        2 ** 0.5 → 1.4142135623730951
        (-2) ** 2 → 4
        10 ** 21 → 1e+21
        2 ** 53 + 1 → 9007199254740992
        0.1 + 0.2 → 0.30000000000000004
        1e21 + 1 → 1e+21
        1e-7 → 1e-7
        123456789012345680000 → 123456789012345680000
        5 & 3 → 1
        5 | 3 → 7
        5 ^ 3 → 6
        ~5 → -6
        1 << 31 → -2147483648
        1 << 33 → 2
        -1 >>> 0 → 4294967295
        -1 >> 1 → -1
        2 ** 32 | 0 → 0
        1 == "1" → true
        1 === "1" → false
        null == undefined → true
        null === undefined → false
        null == 0 → false
        "" == 0 → true
        "a" == ["a"] → true
        [1] == 1 → true
        true == "1" → true
        NaN == NaN → false
        [] == [] → false
        ({}) == "[object Object]" → true
        1 != 2 → true
        "b" > "a" → true
        "B" > "a" → false
        "10" < "9" → true
        10 < 9 → false
        "10" < 9 → false
        null >= 0 → true
        undefined >= 0 → false
        [2] > 1 → true
        "abc" < "abcd" → true
        "a" in {a: 1} → true
        "b" in {a: 1} → false
        1 in [1, 2] → true
        2 in [1, 2] → false
        "length" in [] → true
        typeof 1 → "number"
        typeof "a" → "string"
        typeof undefined → "undefined"
        typeof null → "object"
        typeof [] → "object"
        typeof (() => 1) → "function"
        typeof nowhere → "undefined"
        typeof Math → "object"
        typeof Number → "function"
        void 0 → undefined
        !0 → true
        !"" → true
        !!"a" → true
        !![] → true
        -"3" → -3
        +"" → 0
        +" 12 " → 12
        +"0x1f" → 31
        +"0b11" → 3
        +"1e3" → 1000
        +"1_0" → NaN
        +"Infinity" → Infinity
        +"inf" → NaN
        +[] → 0
        +{} → NaN
        +null → 0
        +true → 1
        true && "a" → "a"
        0 && "a" → 0
        0 || "a" → "a"
        0 ?? "a" → 0
        null ?? "a" → "a"
        "" || null → null
        1 ? 2 : 3 → 2
        "" ? 2 : 3 → 3
        1, 2, 3 → 3
        `a${1 + 1}b${"c"}` → "a2bc"
        `x${null} ${undefined} ${[1, [2, 3]]} ${{}}` → "xnull undefined 1,2,3 [object Object]"
        `\u0041\n\t\x41` → "A\n\tA"
        "\u{1F600}" → "😀"
        'it\'s' → "it's"
        [1, , 3] → [1,null,3]
        [...[1, 2], ...'ab', 3] → [1,2,"a","b",3]
        ({a: 1, ...{b: 2, a: 3}, c: 4}) → {"a":3,"b":2,"c":4}
        ({...[7, 8]}) → {"0":7,"1":8}
        ({...null, ...undefined, ...1, ...'hi'}) → {"0":"h","1":"i"}
        ({['a' + 1]: 1, 'b-c': 2, 3: 4}) → {"3":4,"a1":1,"b-c":2}
        ({b: 1, 2: 1, a: 1, 1: 1}) → {"1":1,"2":1,"b":1,"a":1}
        ({a: 1, f() { return 1 }, g: () => 1, u: undefined}) → {"a":1}
        ({a: {b: [1, 2]}}).a.b[1] → 2
        ({a: 1})["a"] → 1
        ({}).b → undefined
        [1, 2, 3].length → 3
        [1, 2][5] → undefined
        [1, 2]["1"] → 2
        [1, 2][-1] → undefined
        [1, 2][0.5] → undefined
        "abc".length → 3
        "abc"[1] → "b"
        "abc"[9] → undefined
        "😀".length → 2
        "abc".foo → undefined
        null?.a → undefined
        null?.a.b.c → undefined
        null?.[1] → undefined
        undefined?.() → undefined
        ({a: null}).a?.b.c → undefined
        ({a: {b: 1}})?.a?.b → 1
        ({}).f?.(1) → undefined
        ({f: x => x + 1}).f?.(1) → 2
        "a".toUpperCase?.() → "A"
        (null?.a)?.b → undefined
        ((a, b = 2) => a + b)(1) → 3
        ((a, b = a * 2) => a + b)(1) → 3
        ((...r) => r)(1, 2, 3) → [1,2,3]
        ((a, ...r) => r.length)(1, 2, 3) → 2
        (({a, b: c = 5, ...d}) => [a, c, d])({a: 1, e: 2, f: 3}) → [1,5,{"e":2,"f":3}]
        (([a, , b = 7, ...c]) => [a, b, c])([1, 2, undefined, 4, 5]) → [1,7,[4,5]]
        (({a: {b}}) => b)({a: {b: 3}}) → 3
        (function (x) { const y = x * 2; if (y > 5) { return "big" } else if (y > 2) return "mid"; return "small" })(2) → "mid"
        (function fact(n) { return n <= 1 ? 1 : n * fact(n - 1) })(10) → 3628800
        ((x) => { const f = (n) => n === 0 ? 0 : n + f(n - 1); return f(x) })(5) → 15
        ((x) => { return g(x); function g(y) { return y + 1 } })(5) → 6
        (() => {})() → undefined
        (() => { return })() → undefined
        (x => y => x + y)(1)(2) → 3
        (() => { const x = 1; { const x = 2 } return x })() → 1
        [1, 2, 3].map(x => x * 2) → [2,4,6]
        [1, 2, 3].map((x, i) => x * i) → [0,2,6]
        ["1", "2", "3"].map(Number) → [1,2,3]
        ["1", "2", "3"].map(parseInt) → [1,null,null]
        [0, 1, "", "a", null].filter(Boolean) → [1,"a"]
        [1, 2, 3, 4].filter(x => x % 2) → [1,3]
        [1, 2, 3].find(x => x > 1) → 2
        [1, 2, 3].find(x => x > 5) → undefined
        [1, 2, 3].findIndex(x => x > 1) → 1
        [1, 2, 3].findIndex(x => x > 5) → -1
        [1, 2, 3].findLast(x => x < 3) → 2
        [1, 2, 3].findLastIndex(x => x < 3) → 1
        [1, 2].some(x => x > 1) → true
        [].some(x => true) → false
        [1, 2].every(x => x > 1) → false
        [].every(x => false) → true
        [1, 2, NaN].includes(NaN) → true
        [1, 2].includes("1") → false
        [1, 2, 3].includes(1, 1) → false
        [1, 2, 1].indexOf(1) → 0
        [1, 2, 1].indexOf(1, 1) → 2
        [1, 2, 1].indexOf(5) → -1
        [1, 2, 1].lastIndexOf(1) → 2
        [1, 2, 3].join() → "1,2,3"
        [1, null, undefined, [2, 3]].join("-") → "1---2,3"
        [].join() → ""
        [1, 2, 3, 4].slice(1, 3) → [2,3]
        [1, 2, 3, 4].slice(-2) → [3,4]
        [1, 2, 3, 4].slice(2, -1) → [3]
        [1, 2, 3, 4].slice(3, 1) → []
        [1].concat([2, 3], 4, [[5]]) → [1,2,3,4,[5]]
        [1, [2, [3, [4]]]].flat() → [1,2,[3,[4]]]
        [1, [2, [3, [4]]]].flat(2) → [1,2,3,[4]]
        [1, [2, [3, [4]]]].flat(Infinity) → [1,2,3,4]
        [1, 2].flatMap(x => [x, x * 10]) → [1,10,2,20]
        [1, 2, 3].reduce((a, b) => a + b) → 6
        [1, 2, 3].reduce((a, b) => a + b, 10) → 16
        [[1, 2], [3]].reduce((a, b) => [...a, ...b], []) → [1,2,3]
        ["a", "b", "c"].reduceRight((a, b) => a + b) → "cba"
        [1, 2, 3].at(-1) → 3
        [1, 2, 3].at(5) → undefined
        [1, 2, 3].with(1, 9) → [1,9,3]
        [3, 1, 2].toSorted() → [1,2,3]
        [10, 9, 1].toSorted() → [1,10,9]
        [3, 1, 2].toSorted((a, b) => b - a) → [3,2,1]
        [3, undefined, 1].toSorted() → [1,3,null]
        ["b", "a", "C"].toSorted((a, b) => a.localeCompare(b)) → ["a","b","C"]
        ["é", "z", "a"].toSorted() → ["a","z","é"]
        [{n: 2, k: "a"}, {n: 1, k: "b"}, {n: 2, k: "c"}].toSorted((a, b) => a.n - b.n).map(x => x.k).join("") → "bac"
        [1, 2, 3].toReversed() → [3,2,1]
        [1, 2, 3, 4].toSpliced(1, 2, "x") → [1,"x",4]
        [1, 2, 3].fill(0, 1) → [1,0,0]
        [1, 2].forEach(x => x) → undefined
        [1, 2].toString() → "1,2"
        [1, [2, 3]].toString() → "1,2,3"
        Array(3).length → 3
        Array(3).fill(0) → [0,0,0]
        Array(1, 2) → [1,2]
        Array.from({length: 3}, (_, i) => i * i) → [0,1,4]
        Array.from("abc") → ["a","b","c"]
        Array.from([1, 2], x => x + 1) → [2,3]
        Array.of(7) → [7]
        Array.isArray([]) → true
        Array.isArray("a") → false
        [...Array(3).keys()] → [0,1,2]
        "Hello".slice(1, 3) → "el"
        "Hello".slice(-3) → "llo"
        "Hello".slice(-3, -1) → "ll"
        "Hello".substring(3, 1) → "el"
        "Hello".substring(-1, 2) → "He"
        "Hello".substr(-3, 2) → "ll"
        "a😀b".slice(1, 3) → "😀"
        "Hello".at(-1) → "o"
        "Hello".charAt(1) → "e"
        "Hello".charAt(9) → ""
        "Hello".charCodeAt(1) → 101
        "H".charCodeAt(5) → NaN
        "😀".codePointAt(0) → 128512
        "a,b,,c".split(",") → ["a","b","","c"]
        "a,b,c".split(",", 2) → ["a","b"]
        "abc".split("") → ["a","b","c"]
        "abc".split() → ["abc"]
        "".split(",") → [""]
        "".split("") → []
        "a1b2c".split(/\d/) → ["a","b","c"]
        "a1b2c".split(/(\d)/) → ["a","1","b","2","c"]
        "abc".split(/(?:)/) → ["a","b","c"]
        " a ".trim() → "a"
        " a ".trimStart() → "a "
        " a ".trimEnd() → " a"
        "5".padStart(3, "0") → "005"
        "5".padEnd(3) → "5  "
        "abc".padStart(2) → "abc"
        "a".padStart(6, "xyz") → "xyzxya"
        "ab".repeat(3) → "ababab"
        "ab".repeat(0) → ""
        "a-b-c".replace("-", "+") → "a+b-c"
        "a-b-c".replaceAll("-", "+") → "a+b+c"
        "a-b-c".replace(/-/g, "+") → "a+b+c"
        "John Smith".replace(/(\w+) (\w+)/, "$2, $1") → "Smith, John"
        "abc".replace("b", "[$&]") → "a[b]c"
        "abc".replace("b", "$$") → "a$c"
        "abc".replace(/b/, m => m.toUpperCase()) → "aBc"
        "a1b2".replace(/([a-z])(\d)/g, (m, l, d, i) => l + d * 2 + i) → "a20b42"
        "2026-11-23".replace(/(?<y>\d+)-(?<m>\d+)/, "$<m>/$<y>") → "11/2026-23"
        "aaa".lastIndexOf("a") → 2
        "aaa".lastIndexOf("a", 1) → 1
        "Hello".includes("ell") → true
        "Hello".includes("H", 1) → false
        "Hello".startsWith("He") → true
        "Hello".startsWith("l", 2) → true
        "Hello".endsWith("lo") → true
        "Hello".endsWith("l", 3) → true
        "Hello".indexOf("l") → 2
        "Hello".indexOf("l", 3) → 3
        "Hello".indexOf("z") → -1
        "ÄÖ".toLowerCase() → "äö"
        "straße".toUpperCase() → "STRASSE"
        "a".localeCompare("b") → -1
        "b".localeCompare("a") → 1
        "a".localeCompare("a") → 0
        "a".localeCompare("B") → -1
        "a".localeCompare("A") → -1
        "a".concat(1, null) → "a1null"
        "x".toString() → "x"
        "a b c".match(/\w/g) → ["a","b","c"]
        "a b".match(/z/g) → null
        "a1b22".match(/([a-z])(\d+)/)[2] → "1"
        "abc".search(/c/) → 2
        [..."a1b2".matchAll(/[a-z](\d)/g)].map(m => m[1]) → ["1","2"]
        /a.c/.test("abc") → true
        /^\d+$/.test("12a") → false
        /a/i.test("A") → true
        /[^\w]/.test("a_b") → false
        /[[]/.test("[") → true
        /a{2}/.test("aa") → true
        /\u0041/.test("A") → true
        /\//.test("/") → true
        /}/.source → "}"
        /a/gi.flags → "gi"
        /(\d+)-(\d+)/.exec("10-20")[2] → "20"
        (1.005).toFixed(2) → "1.00"
        (2.5).toFixed(0) → "3"
        (-2.5).toFixed() → "-3"
        (1234.5678).toFixed(1) → "1234.6"
        (1e21).toFixed(2) → "1e+21"
        (0.000001234).toFixed(8) → "0.00000123"
        (255).toString(16) → "ff"
        (255).toString(2) → "11111111"
        (-255).toString(36) → "-73"
        (0.5).toString(2) → "0.1"
        (3.7).toString(8) → "3.54631463146314632"
        (0.1).toString(3) → "0.0022002200220022002200220022002201"
        (123.456).toPrecision(4) → "123.5"
        (0.00001).toPrecision(1) → "0.00001"
        (123456).toPrecision(2) → "1.2e+5"
        (0.0000001).toPrecision(3) → "1.00e-7"
        (1234567.891).toLocaleString() → "1,234,567.891"
        (1234567.891).toLocaleString("en-US", {maximumFractionDigits: 1}) → "1,234,567.9"
        (5).toLocaleString("en-US", {minimumFractionDigits: 2}) → "5.00"
        (0.256).toLocaleString("en-US", {style: "percent"}) → "26%"
        (1234.5).toLocaleString("en-US", {style: "currency", currency: "USD"}) → "$1,234.50"
        (-1234.5).toLocaleString("en-US", {style: "currency", currency: "EUR"}) → "-€1,234.50"
        (999).toLocaleString() → "999"
        (-1234).toLocaleString() → "-1,234"
        Number.isInteger(5.0) → true
        Number.isInteger("5") → false
        Number.isSafeInteger(2 ** 53) → false
        Number.isFinite(1 / 0) → false
        Number.isNaN("a") → false
        isNaN("a") → true
        isFinite("12") → true
        Number("12.50") → 12.5
        Number("") → 0
        Number("a") → NaN
        Number(null) → 0
        Number([5]) → 5
        Number(undefined) → NaN
        String(null) → "null"
        String([1, [2]]) → "1,2"
        String(1e21) → "1e+21"
        String(-0) → "0"
        Boolean("") → false
        Boolean([]) → true
        parseInt("12px") → 12
        parseInt("0x1F") → 31
        parseInt("z", 36) → 35
        parseInt("") → NaN
        parseInt("-0b1") → 0
        parseInt("101", 2) → 5
        parseFloat("3.14abc") → 3.14
        parseFloat(".5") → 0.5
        parseFloat("-.5e1x") → -5
        parseFloat("e5") → NaN
        parseFloat("1.2.3") → 1.2
        Number.MAX_SAFE_INTEGER → 9007199254740991
        Number.EPSILON → 2.220446049250313e-16
        Math.PI → 3.141592653589793
        Math.max(1, 5, 3) → 5
        Math.max() → -Infinity
        Math.max(...[1, 2]) → 2
        Math.max(1, NaN) → NaN
        Math.min(2, "1") → 1
        Math.round(2.5) → 3
        Math.round(-2.5) → -2
        Math.round(0.49999999999999994) → 0
        Math.round(-0.2) → 0
        Math.floor(-1.5) → -2
        Math.ceil(1.2) → 2
        Math.trunc(-1.9) → -1
        Math.abs(-3) → 3
        Math.sign(-3) → -1
        Math.sqrt(16) → 4
        Math.cbrt(27) → 3
        Math.hypot(3, 4) → 5
        Math.pow(2, 8) → 256
        Math.log2(8) → 3
        Math.log10(1000) → 3
        Object.keys({b: 1, a: 2}) → ["b","a"]
        Object.values({b: 1, a: 2}) → [1,2]
        Object.entries({b: 1, a: [2]}) → [["b",1],["a",[2]]]
        Object.keys([5, 6]) → ["0","1"]
        Object.keys("ab") → ["0","1"]
        Object.fromEntries([["a", 1], ["b", 2]]) → {"a":1,"b":2}
        Object.fromEntries(Object.entries({a: 1, b: 2}).map(([k, v]) => [k.toUpperCase(), v * 2])) → {"A":2,"B":4}
        Object.assign({}, {a: 1}, null, {b: 2}) → {"a":1,"b":2}
        Object.hasOwn({a: 1}, "a") → true
        Object.is(NaN, NaN) → true
        Object.is(0, -0) → false
        ({a: 1}).hasOwnProperty("b") → false
        JSON.stringify({a: [1, "x", null, undefined], b: undefined, c: () => 1, d: {e: true}}) → "{\"a\":[1,\"x\",null,null],\"d\":{\"e\":true}}"
        JSON.stringify([1, {a: 2}], null, 2) → "[\n  1,\n  {\n    \"a\": 2\n  }\n]"
        JSON.stringify({}, null, 2) → "{}"
        JSON.stringify([], null, 2) → "[]"
        JSON.stringify({a: [], b: {}}, null, "\t") → "{\n\t\"a\": [],\n\t\"b\": {}\n}"
        JSON.stringify("a\"b\n") → "\"a\\\"b\\n\""
        JSON.stringify(undefined) → undefined
        JSON.stringify(NaN) → "null"
        JSON.stringify(1e21) → "1e+21"
        JSON.stringify({d: new Date(0)}) → "{\"d\":\"1970-01-01T00:00:00.000Z\"}"
        JSON.parse('{"b": [1, 2.5, "x", null, true], "a": {}}') → {"b":[1,2.5,"x",null,true],"a":{}}
        encodeURIComponent("a b/ü&") → "a%20b%2F%C3%BC%26"
        encodeURI("a b/ü&") → "a%20b/%C3%BC&"
        decodeURIComponent("a%20b%C3%BC") → "a bü"
        String.fromCharCode(72, 105) → "Hi"
        String.fromCodePoint(128512) → "😀"
        new Date("2026-11-23").toISOString() → "2026-11-23T00:00:00.000Z"
        new Date("2026-11-23T10:20:30.456Z").getTime() → 1795429230456
        new Date("2026-11-23T10:20:30Z").getUTCHours() → 10
        new Date("2024-02-29").getUTCDate() → 29
        new Date("2026-11-23").getUTCDay() → 1
        new Date(2026, 10, 23).getFullYear() → 2026
        new Date(0).toISOString() → "1970-01-01T00:00:00.000Z"
        new Date(Date.UTC(2026, 0, 31)).toISOString() → "2026-01-31T00:00:00.000Z"
        Date.UTC(2026, 13, 1) → 1801440000000
        Date.UTC(99, 0) → 915148800000
        Date.parse("2026-11-23") → 1795392000000
        new Date("nope").getTime() → NaN
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {timeZone: "UTC"}) → "11/23/2026"
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {year: "numeric", month: "long", day: "numeric", timeZone: "UTC"}) → "November 23, 2026"
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {month: "short", day: "2-digit", timeZone: "UTC"}) → "Nov 23"
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {month: "long", year: "numeric", timeZone: "UTC"}) → "November 2026"
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {weekday: "long", month: "long", day: "numeric", timeZone: "UTC"}) → "Monday, November 23"
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {weekday: "short", year: "numeric", month: "short", day: "numeric", timeZone: "UTC"}) → "Mon, Nov 23, 2026"
        new Date("2026-11-03T00:00:00Z").toLocaleDateString("en-US", {year: "2-digit", month: "2-digit", day: "2-digit", timeZone: "UTC"}) → "11/03/26"
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {month: "2-digit", year: "numeric", timeZone: "UTC"}) → "11/2026"
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {year: "numeric", timeZone: "UTC"}) → "2026"
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {dateStyle: "medium", timeZone: "UTC"}) → "Nov 23, 2026"
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {dateStyle: "full", timeZone: "UTC"}) → "Monday, November 23, 2026"
        new Date("2026-11-23T00:00:00Z").toLocaleDateString("en-US", {dateStyle: "short", timeZone: "UTC"}) → "11/23/26"
        new Date("2026-11-23T15:04:05Z").toLocaleString() → "11/23/2026, 3:04:05 PM"
        new Date("2026-11-23T00:00:00Z").toLocaleTimeString() → "12:00:00 AM"
        String(new Date("2026-11-23T10:20:30Z")) → "Mon Nov 23 2026 10:20:30 GMT+0000 (Coordinated Universal Time)"
        new Date("2026-11-23").toDateString() → "Mon Nov 23 2026"
        new Date("2026-11-24") - new Date("2026-11-23") → 86400000
        new Date("2026-11-24") > new Date("2026-11-23") → true
        new Date("November 23, 2026 10:00:00").toISOString() → "2026-11-23T10:00:00.000Z"
        new Date("2026-11-23") instanceof Date → true
        [] instanceof Array → true
        undefined → undefined
        Infinity → Infinity
        -Infinity → -Infinity
        NaN → NaN
        "&nbsp;" → "&nbsp;"
        "}" → "}"
        `${"}"}` → "}"
        /}/.source → "}"
        (1) → 1
        /* c */ 1 // d → 1
        ({a: 1, b: [2, {c: 3}]}) → {"a":1,"b":[2,{"c":3}]}
        1_000 → 1000
        0x1f + 0o17 + 0b11 → 49
        .5 + 5. → 5.5
        "a" < "b" && "c" || "d" → "c"
        1 < 2 === true → true
        a => a, 5 → 5
        ((a) => a)("x") ?? 1 → "x"
        [["a", 1], ["b", 2]].map(([k, v]) => `${k}=${v}`).join("&") → "a=1&b=2"
        "the quick fox".split(" ").map(w => w[0].toUpperCase() + w.slice(1)).join(" ") → "The Quick Fox"
        Object.entries({x: 1, y: 2}).map(([k, v]) => k + v) → ["x1","y2"]
        [5, 1, 4].sort((a, b) => a - b) → [1,4,5]
        [1, 2, 3].reverse() → [3,2,1]
        "abc".split("").reverse().join("") → "cba"
        new Array(2).fill("x").join("") → "xx"
        (0, Math.max)(1, 2) → 2
        [1, 2, 3].map(String) → ["1","2","3"]
        [3, 20, 100].map(x => x.toString().padStart(4)) → ["   3","  20"," 100"]
        ((a) => typeof a)() → "undefined"
        ({toString: 1}).toString → 1
        [[], {}, "", 0].map(x => !x) → [false,false,true,true]
    "####,
    );
}

#[test]
fn names_and_exports_are_known() {
    check(
        r####"
        frontmatter.title → "Hello"
        frontmatter?.missing?.deep → undefined
        frontmatter.tags.toSorted().join() → "a,b"
        `${frontmatter.title}!` → "Hello!"
        typeof Card → "function"
        Card.member → undefined
        Card → a component
        export const a = 1 ⏎ --- ⏎ a → 1
        export const a = b + 1, b = 2 ⏎ --- ⏎ a → 3
        export const {a, b: [c, d = 4], ...e} = {a: 1, b: [3], f: 6} ⏎ --- ⏎ [a, c, d, e] → [1,3,4,{"f":6}]
        export function double(n) { return n * 2 } ⏎ --- ⏎ double(4) → 8
        export const even = n => n === 0 || odd(n - 1) ⏎ export const odd = n => n !== 0 && even(n - 1) ⏎ --- ⏎ even(10) → true
        export const unused = await fetch("x") ⏎ --- ⏎ 1 → 1
        export class Unused {} ⏎ --- ⏎ 1 → 1
        export const Math = {max: () => "mine"} ⏎ --- ⏎ Math.max() → "mine"
        export let x ⏎ --- ⏎ x → undefined
        export const map = n => n + 1, o = {map: n => map(n)} ⏎ --- ⏎ o.map(1) → 2
        "####,
    );
}

#[test]
fn comments_have_no_value() {
    check(
        r"
        /* a */ → undefined
        /* a */ // b → undefined
        // a ⏎ → undefined
        ",
    );
    assert_eq!(parse_expression(&file(), " /**/ ", Span::new(3, 9)).0.kind, super::ExprKind::Empty);
}

#[test]
fn what_cannot_be_evaluated_is_an_error_at_its_place() {
    check_errors(
        r####"
        1 + titel → unknown-name @ titel: the name `titel` is not known here
        frontmatter.nope.deep → member-of-nothing @ frontmatter.nope.deep: `frontmatter.nope` is undefined: it has no `deep`
        null.x → member-of-nothing @ null.x: `(…)` is null: it has no `x`
        [1].foo() → unsupported-expression @ [1].foo(): `foo` of an array cannot be used in a page
        "a".trimm() → unsupported-expression @ "a".trimm(): `trimm` of a string cannot be used in a page
        ({}).foo() → not-a-function @ ({}).foo(): `{…}.foo` is undefined, not a function
        frontmatter.title() → not-a-function @ frontmatter.title(): `frontmatter.title` is a string, not a function
        Card(1) → not-a-function @ Card(1): `Card` is imported as a component and cannot be called
        [1].map(2) → not-a-function @ [1].map(2): `the callback` is a number, not a function
        1 + await x → unsupported-expression @ await x: `await` cannot be used in a page
        [1, a = 2] → unsupported-expression @ a = 2: an assignment cannot be used in a page
        (() => { for (;;) {} })() → unsupported-expression @ for (;;) {}: a `for` loop cannot be used in a page
        (() => { while (1) {} })() → unsupported-expression @ while (1) {}: a `while` loop cannot be used in a page
        (() => { x++ })() → unsupported-expression @ x++: an assignment (`++`, `--`) cannot be used in a page
        class {} → unsupported-expression @ class {}: a class cannot be used in a page
        async () => 1 → unsupported-expression @ async () => 1: an `async` function cannot be used in a page
        1n → unsupported-expression @ 1n: a `BigInt` cannot be used in a page
        this → unsupported-expression @ this: `this` cannot be used in a page
        tag`x` → unsupported-expression @ tag`x`: a tagged template cannot be used in a page
        import("x") → unsupported-expression @ import("x"): `import()` cannot be used in a page
        delete frontmatter.a → unsupported-expression @ delete frontmatter.a: `delete` cannot be used in a page
        ({get a() { return 1 }}) → unsupported-expression @ get a() { return 1 }: a getter or setter cannot be used in a page
        fetch("x") → unsupported-expression @ fetch: `fetch` cannot be used in a page
        window.location → unsupported-expression @ window: `window` cannot be used in a page
        new Map() → unsupported-expression @ new Map(): `new Map` cannot be used in a page
        Math.random() → not-deterministic @ Math.random: `Math.random` would give another result in each build
        Date.now() → not-deterministic @ Date.now: `Date.now` would give another result in each build
        new Date() → not-deterministic @ new Date(): `new Date()` would give another result in each build
        Math.maxx(1) → unsupported-expression @ Math.maxx: `maxx` of `Math` cannot be used in a page
        [1].push(2) → unsupported-expression @ [1].push(2): `push`, which changes an array, cannot be used in a page
        [1].map → unsupported-expression @ [1].map: the method `map` without a call cannot be used in a page
        /(?<=a)b/.test("b") → unsupported-expression @ /(?<=a)b/: this regular expression cannot be used in a page: look-around is not supported
        /(a)\1/.test("b") → unsupported-expression @ /(a)\1/: this regular expression cannot be used in a page: back-references are not supported
        [].reduce((a, b) => a) → wrong-type @ [].reduce((a, b) => a): an empty array has nothing to start `reduce` with
        [...5] → wrong-type @ 5: a number cannot be gone through: only arrays and strings can
        `${Card}` → wrong-type @ Card: a component has no text
        "a" + <b/> → wrong-type @ "a" + <b/>: an element has no text
        (({a}) => a)() → wrong-type @ {a}: undefined cannot be taken apart
        "a" in "b" → wrong-type @ "a" in "b": `in` looks into objects, but this is a string
        "x".repeat(-1) → wrong-type @ "x".repeat(-1): a string can be repeated 0 or more times
        Array(-1) → wrong-type @ Array(-1): this is no length of an array
        (1).toFixed(200) → wrong-type @ (1).toFixed(200): `toFixed` takes a number from 0 to 100
        JSON.parse("{") → wrong-type @ JSON.parse("{"): this is no valid JSON: EOF while parsing an object at line 1 column 1
        new Date("2026-11-23").toLocaleDateString("de-DE") → unsupported-expression @ new Date("2026-11-23").toLocaleDateString("de-DE"): a locale other than `en-US` cannot be used in a page
        export const a = a + 1 ⏎ --- ⏎ a → circular-name @ a: `a` needs its own value to be evaluated
        export const a = nowhere ⏎ --- ⏎ a → unknown-name @ nowhere: the name `nowhere` is not known here
        <Math.PI/> → wrong-type @ Math.PI: `Math.PI` is a number, not a component
        "####
            .replace("<Math.PI/> → wrong-type @ Math.PI: `Math.PI` is a number, not a component\n", "")
            .as_str(),
    );
}

#[test]
fn bad_syntax_is_an_error_at_its_place() {
    check_errors(
        r####"
        1 + → expression-syntax @ : this is no valid JavaScript: the expression ends too early
        (1 → expression-syntax @ : this is no valid JavaScript: the expression ends too early
        a) + (b → expression-syntax @ ): this is no valid JavaScript: unexpected `)`
        a)(b → expression-syntax @ ): this is no valid JavaScript: unexpected `)`
        1) → expression-syntax @ ): this is no valid JavaScript: unexpected `)`
        1; 2 → expression-syntax @ ;: this is no valid JavaScript: expected `,` or `)` but found `;`
        1 2 → expression-syntax @ 2: this is no valid JavaScript: expected `,` or `)` but found `decimal`
        "abc → expression-syntax @ "abc: this is no valid JavaScript: unterminated string
        `abc → expression-syntax @ `abc: this is no valid JavaScript: unterminated string
        {a: } → expression-syntax @ }: this is no valid JavaScript: unexpected token
        ...a → expression-syntax @ : a spread is no value
        if (a) {} → expression-syntax @ if: this is no valid JavaScript: unexpected token
        <a></b> → expression-syntax @ b: this is no valid JavaScript: expected corresponding JSX closing tag for 'a'
        <a> → expression-syntax @ : this is no valid JavaScript: the expression ends too early
        <a b=1/> → expression-syntax @ 1: this is no valid JavaScript: unexpected token
        <a b={}/> → expression-syntax @ {}: this is no valid JavaScript: JSX attributes must only be assigned a non-empty 'expression'
        #x → expression-syntax @ : this is no valid JavaScript: an expression cannot begin with `#`
        import x from 1 ⏎ --- ⏎ 1 → expression-syntax @ 1: this is no valid JavaScript: unexpected token
        export const a ⏎ --- ⏎ 1 → expression-syntax @ a: this is no valid JavaScript: missing initializer in const declaration
        export const a = 1, a = 2 ⏎ --- ⏎ 1 → expression-syntax @ a: this is no valid JavaScript: duplicated export 'a'
        const a = 1 ⏎ --- ⏎ 1 → esm-only @ const a = 1: only `import` and `export` can stand in such a block
        "####,
    );
}

/// Writes JSX as the renderer would, for the tests.
fn write_jsx(value: &Value, out: &mut String) -> Result<(), &'static str> {
    fn element(jsx: &JsxValue, out: &mut String) {
        let name = jsx.name.as_deref().unwrap_or_default();
        let _ = write!(out, "<{name}");
        for (key, value) in &jsx.props {
            let _ = write!(out, " {key}={}", value.to_json_text().unwrap_or_else(|| value.type_name().to_owned()));
        }
        out.push('>');
        for child in &jsx.children {
            if let Err(what) = write_jsx(child, out) {
                let _ = write!(out, "[{what}]");
            }
        }
        let _ = write!(out, "</{name}>");
    }
    let mut result = String::new();
    value.children(&mut |child| match child {
        Child::Text(text) => result.push_str(&text),
        Child::Html(html) => result.push_str(html),
        Child::Jsx(jsx) => element(jsx, &mut result),
    })?;
    out.push_str(&result);
    Ok(())
}

#[test]
fn jsx_is_evaluated() {
    let check = |source: &str, expect: &str| {
        let value = evaluate(source).unwrap_or_else(|problem| panic!("{source}: {}", problem.message));
        let mut out = String::new();
        let result = write_jsx(&value, &mut out);
        assert_eq!((out.as_str(), result), (expect, Ok(())), "{source}");
    };
    check("<b>x</b>", "<b>x</b>");
    check("<></>", "<></>");
    check(
        "<Card title=\"a &amp; b\" open n={1 + 1} o={{a: [1]}} f={() => 1} j={<i/>} u={undefined}/>",
        "<Card title=\"a & b\" open=true n=2 o={\"a\":[1]} f=a function j=an element u=undefined></Card>",
    );
    check("<Card.Item a:b=\"1\"/>", "<Card.Item a:b=\"1\"></Card.Item>");
    check("<Unknown.Item x-y='\"'/>", "<Unknown.Item x-y=\"\\\"\"></Unknown.Item>");
    check("<a x=\"1\" y=\"2\" {...{x: 3, z: 4}} y=\"5\"/>", "<a x=3 y=\"5\" z=4></a>");
    check("<p>\n  a\n  b <i>c</i>\n  {' '}\n  d&nbsp;\n</p>", "<p>a b <i>c</i> d\u{a0}</p>");
    check("<p>{null}{true}{undefined}{0}{[1, [2, <b>3</b>]]}{/* c */}{Card}{() => 1}</p>", "<p>012<b>3</b></p>");
    check("[1, 2].map(n => <li key={n}>{n}</li>)", "<li key=1>1</li><li key=2>2</li>");
    check("export const F = ({a, children}) => <em>{a}{children}</em>\n---\n<F a=\"1\">x{2}</F>", "<em>1x2</em>");
    check("export function F(props) { return props.children }\n---\n<F><i/></F>", "<i></i>");
    check("export const o = {T: () => 'x'}\n---\n<o.T/>", "x");
    check("export const T = 'h1'\n---\n<T>x</T>", "<h1>x</h1>");
    check("((T) => <T/>)('h2')", "<h2></h2>");
    check("<a>{'<&'}&lt;&#65;&#x42;&nope;&</a>", "<a><&<AB&nope;&</a>");
    let object = evaluate("<p>{{a: 1}}</p>").unwrap();
    let mut out = String::new();
    assert_eq!(write_jsx(&object, &mut out), Ok(()));
    assert_eq!(out, "<p>[an object]</p>");
    let Value::Jsx(jsx) = evaluate("<a x='1' {...{y: 2}} x='3'/>").unwrap() else { panic!("no JSX") };
    assert_eq!(jsx.prop_spans, [Span::new(21, 26), Span::new(9, 20)]);
    assert_eq!((jsx.span, jsx.name_span), (Span::new(0, 28), Span::new(1, 2)));
}

#[test]
fn functions_are_called_from_outside() {
    let file = file();
    let (module, _) = parse_module(&file, "export const f = (a, {b}) => a + b", Span::new(0, 34));
    let mut evaluator = Evaluator::new(&file);
    assert_eq!(evaluator.declare(&Arc::new(module)), []);
    let function = evaluator.lookup("f", &mut ()).unwrap().unwrap();
    let props = Value::from_json(&serde_json::json!({"b": 2}));
    let result = evaluator.call(&function, vec![Value::Number(1.0), props], Span::at(0), &mut ());
    assert_eq!(result.unwrap(), Value::Number(3.0));
    assert_eq!(evaluator.lookup("g", &mut ()).unwrap(), None);
    let problem = evaluator.call(&Value::Null, Vec::new(), Span::at(0), &mut ()).unwrap_err();
    assert_eq!(problem.code, "not-a-function");
}

#[test]
fn modules_are_read() {
    let text = concat!(
        "import A, {B, C as D} from './a.mdx'\nimport * as E from \"e\"\nimport './f.css'\nimport G from './g.txt?raw'\n",
        "export {a as b}\nexport {c} from 'c'\nexport * from 'd'\nexport * as e from 'e'\nexport const a = 1\n",
        "export default ({children}) => children\n"
    );
    let (module, problems) = parse_module(&file(), text, Span::new(100, 100 + text.len()));
    assert_eq!(problems, []);
    let mut out = String::new();
    for import in &module.imports {
        let at = |span: Span| &text[span.start as usize - 100..span.end as usize - 100];
        let names: Vec<String> = import
            .names
            .iter()
            .map(|name| format!("{} as {} @ {}", name.imported, name.local, at(name.span)))
            .collect();
        let _ = writeln!(out, "import {} @ {}: {}", import.source, at(import.source_span), names.join(", "));
    }
    for export in &module.exports {
        let _ = writeln!(out, "export {} as {}", export.local, export.exported);
    }
    for reexport in &module.reexports {
        let _ = writeln!(out, "from {} {:?}", reexport.source, reexport.names);
    }
    insta::assert_snapshot!(out, @r#"
    import ./a.mdx @ ./a.mdx: default as A @ A, B as B @ B, C as D @ D
    import e @ e: * as E @ E
    import ./f.css @ ./f.css: 
    import ./g.txt?raw @ ./g.txt?raw: default as G @ G
    export a as b
    export a as a
    from c [("c", "c")]
    from d [("*", "*")]
    from e [("*", "e")]
    "#);
    assert_eq!(module.declarations.len(), 1);
    assert!(module.default.is_some());
}

#[test]
fn a_name_can_be_declared_once() {
    let file = file();
    let read = |text: &str, start: usize| Arc::new(parse_module(&file, text, Span::new(start, start + text.len())).0);
    let mut evaluator = Evaluator::new(&file);
    assert_eq!(evaluator.declare(&read("export const a = 1", 0)), []);
    let problems = evaluator.declare(&read("export const a = 2, b = 3", 50));
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].code.as_str(), problems[0].message.as_str()),
        ("duplicate-name", "the name `a` is declared twice")
    );
    assert_eq!(evaluator.lookup("a", &mut ()).unwrap(), Some(Value::Number(1.0)));
    assert_eq!(evaluator.lookup("b", &mut ()).unwrap(), Some(Value::Number(3.0)));
}

#[test]
fn spreads_are_read() {
    let check = |text: &str, expect: Result<Span, &str>| {
        let (expr, problems) = parse_spread(&file(), text, Span::new(10, 10 + text.len()));
        let result = match problems.first() {
            None => Ok(expr.span),
            Some(problem) => Err(problem.message.as_str()),
        };
        assert_eq!(result, expect, "{text}");
    };
    check("...a", Ok(Span::new(13, 14)));
    check(" /* c */ ... {b: 1} ", Ok(Span::new(23, 29)));
    check("a", Err("only a spread can stand in braces among attributes"));
    check("...", Err("only a spread can stand in braces among attributes"));
    check("", Err("only a spread can stand in braces among attributes"));
    check("...a, b)", Err("this is no valid JavaScript: unexpected `)`"));
}

#[test]
fn spans_stay_within_the_given_one() {
    // The caller may have taken indentation off: the text is then shorter or longer than its place.
    let (expr, _) = parse_expression(&file(), "[a, b]", Span::new(5, 8));
    assert_eq!(expr.span, Span::new(5, 8));
    let (_, problems) = parse_expression(&file(), "aaaaaaaa bbbb", Span::new(5, 8));
    let span = problems[0].primary.as_ref().map(|primary| primary.span);
    assert_eq!(span, Some(Span::new(8, 8)));
}

#[test]
fn misspelt_names_have_a_hint() {
    let hint = |source: &str| evaluate(source).unwrap_err().hints;
    assert_eq!(hint("frontmater.title"), ["a similar name exists: `frontmatter`"]);
    assert_eq!(hint("export const version = 1\n---\nversoin"), ["a similar name exists: `version`"]);
    assert_eq!(hint("((count) => cuont)(1)"), ["a similar name exists: `count`"]);
    assert_eq!(hint("'a'.toUppercase()"), ["a similar name exists: `toUpperCase`"]);
    assert_eq!(hint("zzzzzz"), ["declare it with `export const`, or write `\\{` to show a brace as text"]);
}

#[test]
fn a_failed_export_fails_each_time_at_its_own_place() {
    let file = file();
    let (module, _) = parse_module(&file, "export const a = nope", Span::new(0, 21));
    let mut evaluator = Evaluator::new(&file);
    evaluator.declare(&Arc::new(module));
    let (expr, _) = parse_expression(&file, "a", Span::new(30, 31));
    let first = evaluator.eval(&expr, &mut ()).unwrap_err();
    assert_eq!(first.primary.as_ref().map(|primary| primary.span), Some(Span::new(17, 21)));
    assert_eq!(evaluator.eval(&expr, &mut ()).unwrap_err(), first);
}

#[test]
fn what_explodes_is_stopped() {
    let check = |source: &str, code: &str| {
        let problem = evaluate(source).map(|value| value.type_name()).unwrap_err();
        assert_eq!(problem.code, code, "{source}: {}", problem.message);
    };
    check("'x'.repeat(1e9)", "expression-too-large");
    check("'x'.padStart(1e9)", "expression-too-large");
    check("'x'.padEnd(1e9, 'äöü')", "expression-too-large");
    check("[...Array(1e9)]", "expression-too-large");
    check("Array.from({length: 4e9})", "expression-too-large");
    check("Array(1e6).fill(0).map((_, i) => i)", "expression-too-long");
    check("(f => f(f))(f => f(f))", "expression-too-deep");
    check("export const f = n => f(n + 1) + 1\n---\nf(0)", "expression-too-deep");
    check("export const F = () => <F/>\n---\n<F/>", "expression-too-deep");
    check("export const a = Array(1000).fill(1)\n---\na.map(() => a.map(() => a.map(() => 1)))", "expression-too-long");
    check("[...Array(40)].reduce(s => s + s, 'x')", "expression-too-large");
    check("[...Array(40)].reduce(s => [s, s], [])", "expression-too-large");
    check("[...Array(40)].reduce(s => ({a: s, b: s}), {})", "expression-too-large");
    check("[...Array(40)].reduce(s => <a>{s}{s}</a>, null)", "expression-too-large");
    check("[...Array(40)].reduce(s => s.replace(/x/g, '$&$&'), 'x')", "expression-too-long");
    check("[...Array(40)].reduce(s => s.replaceAll('x', 'xx'), 'x')", "expression-too-long");
    check("[...Array(40)].reduce(s => [...s, ...s], [1])", "expression-too-long");
    check("[...Array(9999)].reduce(s => [s], [])", "expression-too-deep");
    check("[...Array(9999)].reduce(f => () => f, 0)", "expression-too-deep");
    check("/(a{1000}){1000}/", "unsupported-expression");
}

#[test]
fn deep_source_is_stopped() {
    let check = |source: &str| {
        let code = match evaluate(source) {
            Ok(value) => value.type_name().to_owned(),
            Err(problem) => problem.code,
        };
        assert_eq!(code, "expression-too-deep", "{}", &source[..source.len().min(40)]);
    };
    let around = |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    check(&around("(", ")"));
    check(&around("[", "]"));
    check(&format!("({})", around("{a:", "}")));
    check(&around("!", ""));
    check(&around("- ", ""));
    check(&around("typeof ", ""));
    check(&around("1?2:", ""));
    check(&around("a=>", ""));
    check(&around("2**", ""));
    check(&around("1+", ""));
    check(&around("f(", ")"));
    check(&around("`${", "}`"));
    check(&around("<a>", "</a>"));
    check(&around("<a b={", "}/>"));
    check(&format!("a{}", ".b".repeat(10_000)));
    check(&format!("a{}", "()".repeat(10_000)));
    check(&format!("(({}a{}) => 1)()", "[".repeat(5_000), "]".repeat(5_000)));
    assert_eq!(evaluate(&"(".repeat(200_000)).unwrap_err().code, "expression-too-long");
}

#[test]
fn as_deep_as_allowed_fits_on_a_small_stack() {
    // The threads that render have 2 MB.
    let source =
        format!("export const f = n => n < 1 ? 0 : 1 + f(n - 1)\n---\n{}f(30){}", "[".repeat(190), "]".repeat(190));
    let run = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(move || {
        let value = evaluate(&source).map_err(|problem| problem.message)?;
        Ok::<_, String>(value.to_json_text().map(|text| text.len()))
    });
    assert_eq!(run.unwrap().join().unwrap(), Ok(Some(190 + 2 + 190)));
}

proptest! {
    #[test]
    fn arithmetic_agrees_with_rust(a in -1e6..1e6f64, b in -1e6..1e6f64) {
        let value = |source: String| evaluate(&source).unwrap();
        prop_assert_eq!(value(format!("({a}) + ({b})")), Value::Number(a + b));
        prop_assert_eq!(value(format!("({a}) * ({b}) - ({a})")), Value::Number(a * b - a));
        prop_assert_eq!(value(format!("({a}) < ({b})")), Value::Bool(a < b));
        prop_assert_eq!(value(format!("Number(String({a}))")), Value::Number(a));
    }

    #[test]
    fn bits_agree_with_rust(a: i32, b: i32, shift in 0..32u32) {
        let value = |source: String| evaluate(&source).unwrap();
        prop_assert_eq!(value(format!("({a}) ^ ({b})")), Value::Number(f64::from(a ^ b)));
        prop_assert_eq!(value(format!("({a}) >>> {shift}")), Value::Number(f64::from(a.cast_unsigned() >> shift)));
    }

    #[test]
    fn strings_agree_with_rust(a in "[a-z😀 ]{0,8}", b in "[a-z]{0,2}") {
        let value = |source: &str| evaluate(&source.replace("A", &format!("{a:?}")).replace("B", &format!("{b:?}"))).unwrap();
        prop_assert_eq!(value("A + B"), Value::string(format!("{a}{b}")));
        prop_assert_eq!(value("A.includes(B)"), Value::Bool(a.contains(&b)));
        prop_assert_eq!(value("A.split(' ').join('-')"), Value::string(a.replace(' ', "-")));
        let units = u32::try_from(a.encode_utf16().count()).unwrap();
        prop_assert_eq!(value("A.length"), Value::Number(f64::from(units)));
        prop_assert_eq!(value("A.slice(0, 3) + A.slice(3) === A || A.length > 3"), Value::Bool(true));
    }

    #[test]
    fn no_tokens_make_it_panic(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..24)) {
        let source = tokens.join("");
        let _ = evaluate(&source).map(|value| (value.to_json_text(), write_jsx(&value, &mut String::new())));
        let _ = parse_module(&file(), &source, Span::new(0, source.len()));
        let _ = parse_spread(&file(), &source, Span::new(0, source.len()));
    }
}

const TOKENS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "</",
    "/>",
    "a",
    "frontmatter",
    "Card",
    "1",
    "0.5",
    "1e9",
    "'x'",
    "\"ä😀\"",
    "`",
    "${",
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "!",
    "~",
    "?",
    ":",
    "?.",
    "??",
    "&&",
    "||",
    "=>",
    "=",
    "==",
    "===",
    "...",
    ".",
    ",",
    ";",
    " ",
    "\n",
    "//",
    "/*",
    "*/",
    "\\",
    "/a(b)?/g",
    ".map(",
    ".slice(",
    ".replace(",
    ".at(-1)",
    ".length",
    ".repeat(9)",
    ".split('')",
    ".sort()",
    ".toFixed(2)",
    "new Date(",
    "Math.max",
    "Object.keys",
    "Array",
    "JSON.stringify(",
    "typeof ",
    "void ",
    "in ",
    "x=>x",
    "function f(x){return ",
    "const b=",
    "export ",
    "import ",
    "from 'x'",
    "default ",
    "if(",
    "&amp;",
    "null",
    "undefined",
];
