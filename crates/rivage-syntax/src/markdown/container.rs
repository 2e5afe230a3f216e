//! Quotes, list items and footnotes around a line: what each line in them has to begin with.
//!
//! In: the containers of a node and where a line starts. Out: where its content starts, or that it goes on lazily, which tags may
//! not (text may). Deliberately not here: Markdown that is no container.

/// A container of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// `>`
    Quote,
    /// A list item or footnote, whose content starts at this column.
    Indent(usize),
}

const TAB: usize = 4;

/// Returns where a line's content starts, or none if the line lacks what its containers ask for.
pub(super) fn content_start(containers: &[Container], bytes: &[u8], line_start: usize) -> Option<usize> {
    let mut at = line_start;
    let mut column = 0;
    for container in containers {
        let wanted = match container {
            Container::Quote => usize::MAX,
            Container::Indent(column) => *column,
        };
        while column < wanted {
            match bytes.get(at) {
                Some(b' ') => column += 1,
                Some(b'\t') => column += TAB - column % TAB,
                _ => break,
            }
            at += 1;
        }
        match (container, bytes.get(at)) {
            (Container::Quote, Some(b'>')) => {
                at += 1;
                column += 1;
                if bytes.get(at) == Some(&b' ') {
                    at += 1;
                    column += 1;
                }
            }
            (Container::Quote, _) => return None,
            // Empty lines need no indentation.
            (Container::Indent(_), None | Some(b'\n')) => return Some(at),
            (Container::Indent(_), Some(_)) if column < wanted => return None,
            (Container::Indent(_), Some(_)) => {}
        }
    }
    Some(at)
}

/// Returns the first line from `start` to `end` (without the one of `start`) that goes on lazily.
pub(super) fn lazy_line(containers: &[Container], bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    if containers.is_empty() {
        return None;
    }
    let line_ends = bytes[start..end].iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let mut line_starts = line_ends.map(|(index, _)| start + index + 1);
    line_starts.find(|&line_start| content_start(containers, bytes, line_start).is_none())
}

/// Returns the container that an item is, whose marker is at `marker`: its content starts after the marker and all white space.
pub(super) fn item(bytes: &[u8], marker: usize) -> Container {
    let line_start = bytes[..marker].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let mut column = 0;
    let mut at = line_start;
    let advance = |column: usize, byte: u8| match byte {
        b'\t' => column + TAB - column % TAB,
        // Only the first byte of a character counts.
        0x80..=0xbf => column,
        _ => column + 1,
    };
    while at < marker {
        column = advance(column, bytes[at]);
        at += 1;
    }
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        column += 1;
        at += 1;
    }
    column += 1;
    at += 1;
    let after_marker = column;
    while let Some(byte @ (b' ' | b'\t')) = bytes.get(at) {
        column = advance(column, *byte);
        at += 1;
    }
    match bytes.get(at) {
        None | Some(b'\n') => Container::Indent(after_marker + 1),
        Some(_) => Container::Indent(column),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_start_after_their_marker() {
        assert_eq!(item(b"- a", 0), Container::Indent(2));
        assert_eq!(item(b"x\n 10.  a", 3), Container::Indent(6));
        assert_eq!(item(b"> -\ta", 2), Container::Indent(4));
        assert_eq!(item(b"-\n  a", 0), Container::Indent(2));
        assert_eq!(item(b"-", 0), Container::Indent(2));
    }

    #[test]
    fn lazy_lines_are_found() {
        let find = |containers: &[Container], text: &str| lazy_line(containers, text.as_bytes(), 0, text.len());
        let (quote, indent) = (Container::Quote, Container::Indent(2));
        assert_eq!(find(&[], "a\nb"), None);
        assert_eq!(find(&[indent], "- a\n  b"), None);
        assert_eq!(find(&[indent], "- a\n\n\tb"), None);
        assert_eq!(find(&[indent], "- a\n b"), Some(4));
        assert_eq!(find(&[quote], "> a\n>b\n > c"), None);
        assert_eq!(find(&[quote], "> a\nb"), Some(4));
        assert_eq!(find(&[quote, Container::Indent(4)], "> - a\n>   b"), None);
        assert_eq!(find(&[quote, Container::Indent(4)], "> - a\n> b"), Some(6));
    }
}
