//! The list of a store's segments, oldest first.
//!
//! In: a file. Out: names, and back. The file ends with its own checksum, and is always replaced as a whole.
//!
//! ```text
//! rivage cache 1
//! <32 hexadecimal digits>.segment
//! check <32 hexadecimal digits>
//! ```

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::trouble::Trouble;
use crate::inputs::Fingerprint;

const FILE: &str = "manifest";
const WORD: &str = "rivage cache ";
const HEAD: &str = "rivage cache 1\n";
const CHECK: &str = "check ";
/// How segments end.
const EXTENSION: &str = ".segment";
/// Nobody has 20,000 segments.
const LONGEST: u64 = 1 << 20;

/// Where the list of a folder is.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Makes a segment's file name from the fingerprint of what is in it.
pub(super) fn segment_name(contents: Fingerprint) -> String {
    contents.hex() + EXTENSION
}

/// Returns the digits in the name of a segment; `None` where it is no such name.
pub(super) fn digits(name: &str) -> Option<&str> {
    let digits = name.strip_suffix(EXTENSION)?;
    (digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))).then_some(digits)
}

/// Reads the list; none where there is no store yet.
///
/// # Errors
/// The disk refuses, or the list is not as it was written.
pub(super) fn read(folder: &Path) -> Result<Vec<String>, Trouble> {
    let path = path(folder);
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Trouble::disk("read", &path, error)),
        Ok(_) => {}
    }
    let Ok(text) = std::str::from_utf8(&bytes) else { return Err(Trouble::damaged(&path, "it is no text")) };
    if text.starts_with(WORD) && !text.starts_with(HEAD) {
        return Err(Trouble::foreign(&path));
    }
    parse(text).ok_or_else(|| Trouble::damaged(&path, "its checksum does not match"))
}

fn parse(text: &str) -> Option<Vec<String>> {
    let names = text.strip_suffix('\n')?;
    let (listed, check) = names.rsplit_once('\n')?;
    let listed = &text[..=listed.len()];
    if check.strip_prefix(CHECK)? != Fingerprint::of(listed.as_bytes()).hex() {
        return None;
    }
    listed.strip_prefix(HEAD)?.lines().map(|name| digits(name).map(|_| name.to_owned())).collect()
}

/// Writes the list down.
pub(super) fn to_text(names: &[String]) -> String {
    let mut text = HEAD.to_owned();
    for name in names {
        text.push_str(name);
        text.push('\n');
    }
    let check = Fingerprint::of(text.as_bytes()).hex();
    text + CHECK + &check + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: u8) -> Vec<String> {
        (0..count).map(|number| segment_name(Fingerprint::of(&[number]))).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        for count in 0..3 {
            assert_eq!(parse(&to_text(&names(count))), Some(names(count)));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let text = to_text(&names(2));
        for length in 0..text.len() {
            assert_eq!(parse(&text[..length]), None, "{length}");
        }
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert_eq!(parse(&String::from_utf8(bytes).unwrap()), None, "{at}");
        }
        let outside = to_text(&["../../../etc/passwd".to_owned()]);
        assert_eq!(parse(&outside), None);
        assert_eq!(parse(&text.to_uppercase()), None);
    }
}
