//! Rows as JSON, written from the text that the server sent.
//!
//! In: a [`ResultSet`] and its type OIDs. Out: UTF-8 in a buffer. Deliberately not here: pretty printing, reading JSON.
//!
//! | PostgreSQL | JSON |
//! | --- | --- |
//! | NULL | `null` |
//! | `boolean` | `true`, `false` |
//! | `smallint`, `integer`, `oid` | number |
//! | `bigint` | number; beyond ±(2⁵³ − 1) a string, since JavaScript would round it |
//! | `real`, `double precision` | number; `NaN`, `Infinity`, `-Infinity` are `null` |
//! | `numeric` | string, since JavaScript would round it |
//! | `json`, `jsonb` | as they are |
//! | `timestamptz`, `timestamp` | string, RFC 3339; a `timestamp` is taken for UTC; years before 1 and after 9999 and `infinity` as PostgreSQL has them |
//! | `bytea` | string, base64 |
//! | arrays of these and of text types | arrays |
//! | all else: text, `uuid`, `date`, `time`, `interval`, enums, `vector`, geometry, their arrays | string |
//!
//! A value that is not of its type's form, which only a broken server or one with `DateStyle` or `bytea_output` changed would send, is written as a string.

mod array;
mod escape;
mod scalar;

use crate::oid::Oid;
use crate::result::{Column, ResultSet, Row};
pub use escape::write_string;

/// Writes all rows: `[{"name":value,…},…]`.
pub fn write_many(result: &ResultSet, out: &mut Vec<u8>) {
    let keys = Keys::new(result.columns());
    // What a cell's length takes in the buffer of rows is about what its quotes take here.
    out.reserve(result.data.len() + result.len() * (keys.text.len() + 2) + 2);
    out.push(b'[');
    for (at, row) in result.rows().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        keys.write_row(row, out);
    }
    out.push(b']');
}

/// Writes the first row: `{"name":value,…}`. Returns whether there was one.
pub fn write_one(result: &ResultSet, out: &mut Vec<u8>) -> bool {
    let Some(row) = result.row(0) else { return false };
    Keys::new(result.columns()).write_row(row, out);
    true
}

/// Writes one value: the text of a cell of a type.
pub fn write_value(oid: Oid, cell: Option<&[u8]>, out: &mut Vec<u8>) {
    let Some(text) = cell else {
        out.extend_from_slice(b"null");
        return;
    };
    let start = out.len();
    let written = match crate::oid::element(oid) {
        Some(element) => array::write(element, text, out),
        None => scalar::write(oid, text, out),
    };
    if written.is_none() {
        out.truncate(start);
        write_string(text, out);
    }
}

/// The names of the columns, escaped once for all rows.
struct Keys<'a> {
    columns: &'a [Column],
    /// `{"first":`, `,"second":`…
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl<'a> Keys<'a> {
    fn new(columns: &'a [Column]) -> Self {
        let mut text = Vec::with_capacity(columns.len() * 12);
        let mut ends = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter().enumerate() {
            text.push(if at == 0 { b'{' } else { b',' });
            write_string(column.name.as_bytes(), &mut text);
            text.push(b':');
            ends.push(text.len());
        }
        Self { columns, text, ends }
    }

    fn write_row(&self, row: Row<'_>, out: &mut Vec<u8>) {
        let mut start = 0;
        for ((column, end), cell) in self.columns.iter().zip(&self.ends).zip(row) {
            out.extend_from_slice(&self.text[start..*end]);
            start = *end;
            write_value(column.oid, cell, out);
        }
        if self.columns.is_empty() {
            out.push(b'{');
        }
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oid;

    fn check(oid: Oid, text: &str, json: &str) {
        let mut out = b"x".to_vec();
        write_value(oid, Some(text.as_bytes()), &mut out);
        assert_eq!(str::from_utf8(&out).unwrap(), format!("x{json}"), "{oid}: {text}");
        serde_json::from_str::<serde_json::Value>(json).unwrap();
    }

    #[test]
    fn numbers_and_booleans() {
        check(oid::BOOL, "t", "true");
        check(oid::BOOL, "f", "false");
        check(oid::INT2, "-32768", "-32768");
        check(oid::INT4, "2147483647", "2147483647");
        check(oid::OID, "4294967295", "4294967295");
        check(oid::INT8, "9007199254740991", "9007199254740991");
        check(oid::INT8, "-9007199254740991", "-9007199254740991");
        check(oid::INT8, "9007199254740992", "\"9007199254740992\"");
        check(oid::INT8, "-9223372036854775808", "\"-9223372036854775808\"");
        check(oid::FLOAT8, "1e+300", "1e+300");
        check(oid::FLOAT8, "-0", "-0");
        check(oid::FLOAT8, "0.1", "0.1");
        check(oid::FLOAT4, "1e-05", "1e-05");
        check(oid::FLOAT8, "NaN", "null");
        check(oid::FLOAT8, "Infinity", "null");
        check(oid::FLOAT4, "-Infinity", "null");
        check(oid::NUMERIC, "0.100", "\"0.100\"");
        check(oid::NUMERIC, "NaN", "\"NaN\"");
    }

    #[test]
    fn times_are_rfc_3339() {
        check(oid::TIMESTAMPTZ, "2026-01-02 03:04:05.678+00", "\"2026-01-02T03:04:05.678Z\"");
        check(oid::TIMESTAMPTZ, "2026-01-02 03:04:05+02", "\"2026-01-02T03:04:05+02:00\"");
        check(oid::TIMESTAMPTZ, "2026-01-02 03:04:05-03:30", "\"2026-01-02T03:04:05-03:30\"");
        check(oid::TIMESTAMPTZ, "1800-01-02 03:04:05+00:09:21", "\"1800-01-02 03:04:05+00:09:21\"");
        check(oid::TIMESTAMP, "2026-01-02 03:04:05", "\"2026-01-02T03:04:05Z\"");
        check(oid::TIMESTAMP, "2026-01-02 03:04:05+00", "\"2026-01-02 03:04:05+00\"");
        check(oid::TIMESTAMP, "0044-03-15 12:00:00 BC", "\"0044-03-15 12:00:00 BC\"");
        check(oid::TIMESTAMP, "10000-01-01 00:00:00", "\"10000-01-01 00:00:00\"");
        check(oid::TIMESTAMPTZ, "infinity", "\"infinity\"");
        check(oid::TIMESTAMP, "Fri Jan 02 03:04:05 2026", "\"Fri Jan 02 03:04:05 2026\"");
        check(oid::DATE, "2026-01-02", "\"2026-01-02\"");
        check(oid::TIME, "24:00:00", "\"24:00:00\"");
    }

    #[test]
    fn bytes_are_base64() {
        check(oid::BYTEA, "\\x", "\"\"");
        check(oid::BYTEA, "\\x00ff10", "\"AP8Q\"");
        check(oid::BYTEA, "\\x00FF", "\"AP8=\"");
        check(oid::BYTEA, "\\xfb", "\"+w==\"");
        check(oid::BYTEA, "\\x0", r#""\\x0""#);
        check(oid::BYTEA, "\\xzz", r#""\\xzz""#);
        check(oid::BYTEA, "abc", "\"abc\"");
        check(oid::BYTEA, &format!("\\x{}", "00".repeat(100)), &format!("\"{}AA==\"", "A".repeat(132)));
    }

    #[test]
    fn json_and_text() {
        check(oid::JSONB, "{\"a\": [1, null]}", "{\"a\": [1, null]}");
        check(oid::TEXT, "a\"b\\c\n\u{1}é\u{2028}", "\"a\\\"b\\\\c\\n\\u0001é\u{2028}\"");
        check(oid::UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"");
        check(1_000_000, "[1,2,3]", "\"[1,2,3]\"");
        check(1_000_000, "", "\"\"");
    }

    #[test]
    fn arrays_nest() {
        check(1007, "{}", "[]");
        check(1007, "{1,NULL,-3}", "[1,null,-3]");
        check(1007, "{{1,2},{3,4}}", "[[1,2],[3,4]]");
        check(1007, "[0:1]={7,8}", "[7,8]");
        check(1007, "[-1:0][2:3]={{1,2},{3,4}}", "[[1,2],[3,4]]");
        check(1009, r#"{a,"b c","","NULL",NULL,"q\"\\x","{,}"}"#, r#"["a","b c","","NULL",null,"q\"\\x","{,}"]"#);
        check(1009, "{null}", "[null]");
        check(1016, "{9007199254740993}", "[\"9007199254740993\"]");
        check(3807, r#"{"{\"a\": [1, 2]}",NULL,3}"#, r#"[{"a": [1, 2]},null,3]"#);
        check(1185, "{\"2026-01-02 03:04:05+00\"}", "[\"2026-01-02T03:04:05Z\"]");
        check(1001, r#"{"\\x00ff"}"#, "[\"AP8=\"]");
        check(1000, "{t,f}", "[true,false]");
        check(1022, "{NaN,1.5}", "[null,1.5]");
    }

    #[test]
    fn what_is_not_of_its_form_is_a_string() {
        check(oid::BOOL, "true", "\"true\"");
        check(oid::INT4, "", "\"\"");
        check(oid::INT4, "12a", "\"12a\"");
        check(oid::INT4, "007", "\"007\"");
        check(oid::INT8, "-", "\"-\"");
        check(oid::FLOAT8, "1.", "\"1.\"");
        check(oid::FLOAT8, ".5", "\".5\"");
        check(oid::FLOAT8, "1e", "\"1e\"");
        for broken in ["", "{", "}", "{1", "{1,", "{1,}", "{,1}", "1}", "{1}x", "{{1}", "[0:1={1}", "{1}{2}", "{a"] {
            check(1007, broken, &format!("\"{broken}\""));
        }
        for broken in [r#"{"a"#, r#"{"a"b}"#, r#"{a"b"}"#, r"{a\", r#"{"a\"#, "{{{{{{{1}}}}}}}"] {
            check(1009, broken, &serde_json::to_string(broken).unwrap());
        }
    }

    #[test]
    fn text_that_is_no_utf_8_is_repaired() {
        let mut out = Vec::new();
        write_value(oid::TEXT, Some(b"a\xff\"b"), &mut out);
        write_value(oid::INT4, Some(b"\xff"), &mut out);
        write_value(1009, Some(b"{a,\xff}"), &mut out);
        assert_eq!(str::from_utf8(&out).unwrap(), "\"a\u{fffd}\\\"b\"\"\u{fffd}\"[\"a\",\"\u{fffd}\"]");
    }

    #[test]
    fn rows_are_objects() {
        let columns = [("id", oid::INT4), ("a \"b\"", oid::TEXT)];
        let columns = columns.map(|(name, oid)| Column { name: name.into(), oid });
        let mut result = ResultSet { columns: columns.into(), ..ResultSet::default() };
        let mut out = Vec::new();
        write_many(&result, &mut out);
        assert!(!write_one(&result, &mut out));
        result.push(b"\0\x02\0\0\0\x011\xff\xff\xff\xff").unwrap();
        result.push(b"\0\x02\0\0\0\x012\0\0\0\x01x").unwrap();
        write_many(&result, &mut out);
        assert!(write_one(&result, &mut out));
        let row = r#"{"id":1,"a \"b\"":null}"#;
        assert_eq!(str::from_utf8(&out).unwrap(), format!(r#"[][{row},{{"id":2,"a \"b\"":"x"}}]{row}"#));

        let mut bare = ResultSet::default();
        bare.push(b"\0\0").unwrap();
        out.clear();
        write_many(&bare, &mut out);
        assert_eq!(out, b"[{}]");
    }
}
