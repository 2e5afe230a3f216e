//! Preconditions and ranges of RFC 9110, over what a store tells of an object.
//!
//! In: headers of a request, an object's entity tag, time and length. Out: which answer they lead to. Deliberately not here: bodies.

use crate::http::{Headers, date};
use crate::ports::ObjectInfo;
use crate::respond::matches;

/// What a request says of the answer that it wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(super) accept: Option<String>,
    if_match: Option<String>,
    if_none_match: Option<String>,
    if_modified_since: Option<String>,
    if_unmodified_since: Option<String>,
    if_range: Option<String>,
    range: Option<String>,
}

/// Which answer a request gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of the object.
    Whole,
    /// These bytes of it.
    Part(std::ops::Range<u64>),
    /// 304.
    NotModified,
    /// 412.
    Failed,
    /// 416.
    Unsatisfiable,
}

impl Asked {
    pub(super) fn read(headers: &dyn Headers) -> Self {
        Self {
            accept: headers.get("accept"),
            if_match: headers.get("if-match"),
            if_none_match: headers.get("if-none-match"),
            if_modified_since: headers.get("if-modified-since"),
            if_unmodified_since: headers.get("if-unmodified-since"),
            if_range: headers.get("if-range"),
            range: headers.get("range"),
        }
    }

    /// Reports whether the answer depends on more than the object's name: then the store is asked about it before it is opened.
    pub(super) fn has_conditions(&self) -> bool {
        let all = [
            &self.if_match,
            &self.if_none_match,
            &self.if_modified_since,
            &self.if_unmodified_since,
            &self.if_range,
            &self.range,
        ];
        all.into_iter().any(Option::is_some)
    }

    /// In the order of RFC 9110, section 13.2.2. A date that cannot be read is as if it were not there.
    pub(super) fn verdict(&self, object: &ObjectInfo) -> Verdict {
        let time = |header: &Option<String>| header.as_deref().and_then(date::parse);
        if let Some(header) = &self.if_match {
            if !strongly_matches(header, &object.etag) {
                return Verdict::Failed;
            }
        } else if time(&self.if_unmodified_since).is_some_and(|since| object.modified > since) {
            return Verdict::Failed;
        }
        if let Some(header) = &self.if_none_match {
            if matches(header, &object.etag) {
                return Verdict::NotModified;
            }
        } else if time(&self.if_modified_since).is_some_and(|since| object.modified <= since) {
            return Verdict::NotModified;
        }
        let is_same = self.if_range.as_deref().is_none_or(|validator| {
            if validator.contains('"') {
                validator == object.etag
            } else {
                date::parse(validator) == Some(object.modified)
            }
        });
        match self.range.as_deref().filter(|_| is_same) {
            Some(range) => part(range, object.size),
            None => Verdict::Whole,
        }
    }
}

/// As RFC 9110 asks for `If-Match`: a weak tag never matches.
fn strongly_matches(header: &str, etag: &str) -> bool {
    header.trim() == "*" || header.split(',').any(|tag| tag.trim() == etag)
}

/// One range of bytes. Several at once, other units and what is wrong are passed over, as RFC 9110 allows: the answer is the whole.
fn part(range: &str, size: u64) -> Verdict {
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Verdict::Whole;
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(from) || !is_number(to) {
        return Verdict::Whole;
    }
    // A number beyond all objects is as good as the greatest.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let range = match (from, to) {
        ("", "") => return Verdict::Whole,
        ("", count) => size.saturating_sub(number(count))..size,
        (from, "") => number(from)..size,
        (from, to) if number(to) < number(from) => return Verdict::Whole,
        (from, to) => number(from)..number(to).saturating_add(1).min(size),
    };
    if range.start < range.end { Verdict::Part(range) } else { Verdict::Unsatisfiable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::List;

    const TIME: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    fn verdict(headers: &[(&str, &str)]) -> Verdict {
        let object = ObjectInfo { etag: "\"a\"".to_owned(), size: 10, modified: 784_111_777, content_type: None };
        Asked::read(&List(headers)).verdict(&object)
    }

    #[test]
    fn ranges() {
        for (range, expected) in [
            ("bytes=0-3", Verdict::Part(0..4)),
            ("bytes=4-", Verdict::Part(4..10)),
            ("bytes=-3", Verdict::Part(7..10)),
            ("bytes=-30", Verdict::Part(0..10)),
            ("bytes=9-99999999999999999999999", Verdict::Part(9..10)),
            ("bytes=10-", Verdict::Unsatisfiable),
            ("bytes=99999999999999999999999-", Verdict::Unsatisfiable),
            ("bytes=-0", Verdict::Unsatisfiable),
            ("bytes=3-1", Verdict::Whole),
            ("bytes=0-1,3-4", Verdict::Whole),
            ("bytes=a-b", Verdict::Whole),
            ("bytes=-", Verdict::Whole),
            ("bytes=+1-2", Verdict::Whole),
            ("lines=0-3", Verdict::Whole),
        ] {
            assert_eq!(verdict(&[("range", range)]), expected, "{range}");
        }
    }

    #[test]
    fn preconditions_in_their_order() {
        let none = ("if-none-match", "\"a\"");
        assert_eq!(verdict(&[]), Verdict::Whole);
        assert_eq!(verdict(&[none]), Verdict::NotModified);
        assert_eq!(verdict(&[("if-none-match", "\"b\"")]), Verdict::Whole);
        assert_eq!(verdict(&[("if-modified-since", TIME)]), Verdict::NotModified);
        assert_eq!(verdict(&[("if-modified-since", EARLIER)]), Verdict::Whole);
        assert_eq!(verdict(&[("if-modified-since", "yesterday")]), Verdict::Whole);
        assert_eq!(verdict(&[("if-none-match", "\"b\""), ("if-modified-since", LATER)]), Verdict::Whole, "tags win");
        assert_eq!(verdict(&[("if-match", "\"a\"")]), Verdict::Whole);
        assert_eq!(verdict(&[("if-match", "W/\"a\"")]), Verdict::Failed);
        assert_eq!(verdict(&[("if-match", "\"b\""), none]), Verdict::Failed, "before all else");
        assert_eq!(verdict(&[("if-unmodified-since", EARLIER)]), Verdict::Failed);
        assert_eq!(verdict(&[("if-match", "*"), ("if-unmodified-since", EARLIER)]), Verdict::Whole, "tags win");
    }

    #[test]
    fn a_range_of_another_version_is_the_whole() {
        let range = ("range", "bytes=0-3");
        assert_eq!(verdict(&[range, ("if-range", "\"a\"")]), Verdict::Part(0..4));
        assert_eq!(verdict(&[range, ("if-range", "W/\"a\"")]), Verdict::Whole);
        assert_eq!(verdict(&[range, ("if-range", "\"b\"")]), Verdict::Whole);
        assert_eq!(verdict(&[range, ("if-range", TIME)]), Verdict::Part(0..4));
        assert_eq!(verdict(&[range, ("if-range", LATER)]), Verdict::Whole);
    }
}
