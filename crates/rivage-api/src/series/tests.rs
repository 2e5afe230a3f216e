use super::*;

fn csv(text: &str) -> Result<Batch, Problem> {
    read(text.as_bytes(), true, &Bounds::default())
}

fn told(batch: &Batch) -> Vec<String> {
    batch.rejected.iter().map(|row| format!("{} {} {}", row.row, row.wrong.field, row.wrong.code)).collect()
}

fn detail(read: Result<Batch, Problem>) -> String {
    read.expect_err("no batch").detail.into_owned()
}

const HEAD: &str = "ts,open,high,low,close,volume\n";

#[test]
fn json_and_csv_say_the_same() {
    let json = r#"{"bars": [
        {"ts": "2026-11-02T09:00:00Z", "open": 1, "high": 2.5, "low": 0.5, "close": 2, "volume": 10},
        {"ts": "2026-11-03", "open": -1.5, "high": -1, "low": -2, "close": -1}]}"#;
    let json = read(json.as_bytes(), false, &Bounds::default()).expect("a batch");
    let plain =
        csv(&format!("{HEAD}2026-11-02T09:00:00Z,1,2.5,0.5,2,10\n2026-11-03,-1.5,-1,-2,-1,\n")).expect("a batch");
    assert_eq!(json, plain);
    assert_eq!(json.bars[1].ts, "2026-11-03T00:00:00Z");
    assert_eq!((json.bars[1].volume, json.rejected.len()), (0.0, 0));
    // Another order of columns, a BOM, CRLF, quotes, no line end at the end, an empty line.
    let other = "\u{feff}\"close\",low,high,open,ts,volume\r\n2,0.5,\"2.5\",1,2026-11-02T09:00:00Z,\"10\"\r\n\r\n-1,-2,-1,-1.5,\"2026-11-03\",";
    assert_eq!(csv(other).expect("a batch"), plain);
    let without = csv("ts,open,high,low,close\n2026-11-03,1,1,1,1").expect("a batch");
    assert_eq!(without.bars[0].volume, 0.0);
}

#[test]
fn wrong_rows_are_told_one_by_one_and_the_others_stay() {
    let rows = [
        ("2026-11-02T09:00:00Z,1,2,1,2,0", ""),
        ("yesterday,1,2,1,2,0", "ts wrong-type"),
        ("2026-02-30,1,2,1,2,0", "ts wrong-type"),
        ("2026-11-02T09:00:00,1,2,1,2,0", "ts wrong-type"),
        (",1,2,1,2,0", "ts missing"),
        ("2026-11-02,one,2,1,2,0", "open wrong-type"),
        ("2026-11-02,1,,1,2,0", "high missing"),
        ("2026-11-02,1,NaN,1,2,0", "high wrong-type"),
        ("2026-11-02,1,1e999,1,2,0", "high wrong-type"),
        ("2026-11-02,1, 2,1,2,0", "high wrong-type"),
        ("2026-11-02,3,2,1,2,0", "high out-of-range"),
        ("2026-11-02,1,0.5,1,1,0", "high out-of-range"),
        ("2026-11-02,1,2,1.5,2,0", "low out-of-range"),
        ("2026-11-02,1,2,1,2,-1", "volume out-of-range"),
        ("2026-11-02,1,2,1,2", " wrong-length"),
        ("2026-11-02,1,2,1,2,0,7", " wrong-length"),
        ("2026-11-03,1,2,1,2,0", ""),
    ];
    let text: String = rows.iter().map(|(row, _)| format!("{row}\n")).collect();
    let batch = csv(&format!("{HEAD}{text}")).expect("a batch");
    let wrong = rows.iter().enumerate().filter(|(_, (_, told))| !told.is_empty());
    let expected: Vec<String> = wrong.map(|(at, (_, told))| format!("{} {told}", at + 1)).collect();
    assert_eq!(told(&batch), expected);
    assert_eq!((batch.bars.len(), batch.rows()), (2, rows.len()));

    let json = r#"{"bars": [7, {"ts": 1}, {"ts": "2026-11-02", "open": "1", "high": 1, "low": 1, "close": 1},
        {"ts": "2026-11-02", "open": 1, "high": 1, "low": 1, "close": 1, "colour": 1},
        {"ts": "2026-11-02", "open": 1, "high": [], "low": 1, "close": 1},
        {"ts": "2026-11-02", "open": 1, "high": 1, "low": 1, "close": 1, "volume": null}]}"#;
    let batch = read(json.as_bytes(), false, &Bounds::default()).expect("a batch");
    assert_eq!(
        told(&batch),
        ["1  wrong-type", "2 ts wrong-type", "3 open wrong-type", "4 colour unknown", "5 high wrong-type"]
    );
    assert_eq!(batch.bars.len(), 1);
}

#[test]
fn what_is_no_table_is_refused_as_a_whole() {
    for (text, why) in [
        ("", "the body is empty: its first line has to name the columns"),
        ("\n\n", "the body is empty: its first line has to name the columns"),
        ("ts,open,high,low\n", "the header has no column `close`"),
        ("ts,open,high,low,close,ts\n", "the header has the column `ts` twice"),
        (
            "2026-11-02,1,2,1,2\n",
            "the header has the column `2026-11-02`; columns are `ts`, `open`, `high`, `low`, `close`, `volume`, each once",
        ),
        (
            "ts;open;high;low;close\n",
            "the header has the column `ts;open;high;low;close`; columns are `ts`, `open`, `high`, `low`, `close`, `volume`, each once",
        ),
        ("ts,open,high,low,close\n2026-11-02,1,2,1,2\n\"2026-11-03,1,2,1,2\n", "row 2 has a quote that is not closed"),
        ("ts,open,high,low,close\n\"2026-11-02\"x,1,2,1,2\n", "row 1 has text after a closing quote"),
        (
            "ts,open,high,low,close\n2026-11-02,1\",2,1,2\n",
            "row 1 has a quote within a field that does not begin with one",
        ),
        ("\"ts,open", "the header has a quote that is not closed"),
        ("ts,open,high,low,close\n\0", "the body has the character U+0000"),
    ] {
        assert_eq!(detail(csv(text)), why, "{text:?}");
    }
    assert_eq!(detail(read(b"ts\xff", true, &Bounds::default())), "the body is not UTF-8");
    for json in ["[]", "{}", r#"{"bars": {}}"#, r#"{"bars": [], "more": 1}"#, "{", r#"{"bars": [], "bars": []}"#] {
        let problem = read(json.as_bytes(), false, &Bounds::default()).expect_err(json);
        assert_eq!((problem.status, problem.code), (400, "invalid-body"), "{json}");
    }
}

#[test]
fn a_batch_has_ten_thousand_rows_and_no_more() {
    let row = "2026-11-02T09:00:00Z,1,2,1,2,0\n";
    let most = csv(&format!("{HEAD}{}", row.repeat(MOST_ROWS))).expect("a batch");
    assert_eq!(most.bars.len(), MOST_ROWS);
    let more = csv(&format!("{HEAD}{}", row.repeat(MOST_ROWS + 1))).expect_err("too many");
    assert_eq!((more.status, more.code), (413, "too-many-rows"));
    let bar = r#"{"ts":"2026-11-02","open":1,"high":1,"low":1,"close":1,"volume":1}"#;
    let json = |rows: usize| format!("{{\"bars\":[{}]}}", vec![bar; rows].join(","));
    assert_eq!(read(json(MOST_ROWS).as_bytes(), false, &Bounds::default()).expect("a batch").bars.len(), MOST_ROWS);
    let more = read(json(MOST_ROWS + 1).as_bytes(), false, &Bounds::default()).expect_err("too many");
    assert_eq!((more.status, more.code), (413, "too-many-rows"));
    assert!(json(MOST_ROWS).len() < MOST_BYTES);
}

#[test]
fn any_text_is_read_or_refused_and_quoting_loses_nothing() {
    // Every sequence of these pieces: what a splitter can get wrong is at their borders.
    let pieces = ["\"", ",", "\n", "\r\n", "1", ""];
    for number in 0..pieces.len().pow(5) {
        let text: String = (0..5).map(|place| pieces[number / pieces.len().pow(place) % pieces.len()]).collect();
        let _ = csv(&format!("{HEAD}{text}"));
    }
    let quoted = csv("ts,open,high,low,close\n\"a\"\"b,\nc\",1,2,1,2\n2026-11-02,1,2,1,2").expect("a batch");
    assert_eq!((told(&quoted), quoted.bars.len()), (vec!["1 ts wrong-type".to_owned()], 1));
}
