//! Bytes of a file → its text.
//!
//! In: bytes as they lie on the disk. Out: UTF-8 text without a BOM, with `\n` as the only line end and without NUL; and what was wrong with
//! it. Deliberately not here: what the text means.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use rivage_diag::{Diagnostic, FileId, Span};

use super::diagnostics;

/// A text that is in memory, or can be read again. Seen as a string, one that has not been read is empty.
#[derive(Clone, Debug, Default)]
pub struct Text(OnceLock<Arc<str>>);

impl Text {
    /// Keeps a text.
    pub fn new(text: Arc<str>) -> Self {
        Self(OnceLock::from(text))
    }

    /// Returns the text if it is in memory.
    pub fn get(&self) -> Option<Arc<str>> {
        self.0.get().cloned()
    }

    /// Returns the text, which `read` reads if it is not in memory. It is not kept: few texts are asked for twice.
    pub(super) fn get_or_read<E>(&self, read: impl FnOnce() -> Result<Arc<str>, E>) -> Result<Arc<str>, E> {
        self.get().map_or_else(read, Ok)
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.get().map_or("", |text| text)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

/// Largest file that becomes a page. Far more than anybody reads; a database that slipped into content/ is told apart from a text.
const MAX_BYTES: usize = 256 << 20;

/// Returns the text of a file. Bytes that are no text become `\u{fffd}`.
pub fn normalize(file: &FileId, bytes: &[u8]) -> (String, Vec<Diagnostic>) {
    normalize_up_to(MAX_BYTES, file, bytes)
}

fn normalize_up_to(limit: usize, file: &FileId, bytes: &[u8]) -> (String, Vec<Diagnostic>) {
    if bytes.len() > limit {
        return (String::new(), vec![diagnostics::too_large(file, bytes.len(), limit)]);
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return (String::new(), vec![diagnostics::utf16(file)]);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut found = Vec::new();
    let place = |at: usize| Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8());
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) => {
            let text = String::from_utf8_lossy(bytes);
            // What comes before the first bad byte is the same in both.
            let good = text.get(..error.valid_up_to()).unwrap_or_default();
            found.push(diagnostics::not_utf8(file, place(clean(good).len())));
            text
        }
    };
    if memchr::memchr2(b'\r', b'\0', text.as_bytes()).is_none() {
        return (text.into_owned(), found);
    }
    if let Some(at) = text.find('\0') {
        found.push(diagnostics::nul(file, place(clean(text.get(..at).unwrap_or_default()).len())));
    }
    (clean(&text), found)
}

/// Makes `\r\n` and lone `\r`, which is a line end in CommonMark as well, `\n`, and NUL what Markdown makes of it.
fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], text: &str, code: Option<(&str, usize)>) {
        let (found, diagnostics) = normalize_up_to(64, &FileId::from("a.md"), bytes);
        assert_eq!(found, text, "{bytes:?}");
        let codes: Vec<_> = diagnostics
            .iter()
            .map(|diagnostic| (diagnostic.code.as_str(), diagnostic.primary.as_ref().unwrap().span.start as usize))
            .collect();
        assert_eq!(codes, code.into_iter().collect::<Vec<_>>(), "{bytes:?}");
    }

    #[test]
    fn line_ends_and_marks_are_normalised() {
        check(b"", "", None);
        check(b"a\nb", "a\nb", None);
        check(b"\xef\xbb\xbfa\r\n\r\nb\rc\n", "a\n\nb\nc\n", None);
    }

    #[test]
    fn bytes_that_are_no_text_are_reported_once_at_their_place() {
        check(b"\xef\xbb\xbfa\r\nb\xffc\xfe", "a\nb\u{fffd}c\u{fffd}", Some(("invalid-utf8", 3)));
        check(b"caf\xe9", "caf\u{fffd}", Some(("invalid-utf8", 3)));
        check(b"\xff\xfea\0", "", Some(("invalid-utf8", 0)));
        check(b"\xfe\xff\0a", "", Some(("invalid-utf8", 0)));
        let (_, both) = normalize(&FileId::from("a.md"), b"\0\x80");
        let places: Vec<_> = both.iter().map(|one| one.primary.as_ref().unwrap().span.start).collect();
        assert_eq!(places, [3, 0]);
        check(b"a\r\n\0b\0", "a\n\u{fffd}b\u{fffd}", Some(("nul-byte", 2)));
    }

    #[test]
    fn files_beyond_the_limit_are_refused() {
        check(&[b'a'; 64], &"a".repeat(64), None);
        check(&[b'a'; 65], "", Some(("file-too-large", 0)));
        let (_, found) = normalize_up_to(1 << 20, &FileId::from("a"), &vec![b'a'; (1 << 20) + 1]);
        assert_eq!(found[0].message, "the file is too large for a page: 2 MB of at most 1");
    }
}
