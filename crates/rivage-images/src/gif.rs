//! How many pictures a GIF has, from its blocks alone.

/// Reports whether a GIF has more than one picture.
pub(crate) fn is_animated(bytes: &[u8]) -> bool {
    pictures(bytes).is_some_and(|count| count > 1)
}

/// Counts pictures, at most two; none where the file ends in between.
fn pictures(bytes: &[u8]) -> Option<usize> {
    let flags = *bytes.get(10)?;
    let mut at = 13 + table(flags);
    let mut count = 0;
    loop {
        match *bytes.get(at)? {
            // An extension: its label, then blocks.
            0x21 => at = after_blocks(bytes, at + 2)?,
            // A picture: place, flags, colours, code size, blocks.
            0x2C => {
                count += 1;
                if count > 1 {
                    return Some(count);
                }
                at = after_blocks(bytes, at + 11 + table(*bytes.get(at + 9)?))?;
            }
            _ => return Some(count),
        }
    }
}

/// Bytes of a table of colours.
pub(crate) fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

pub(crate) fn after_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            length => at += 1 + usize::from(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"GIF89a\x03\0\x02\0\0\0\0";
    const PICTURE: &[u8] = b",\0\0\0\0\x03\0\x02\0\0\x02\x01\0\0";

    #[test]
    fn pictures_are_counted() {
        let one = [HEAD, PICTURE, b";"].concat();
        assert!(!is_animated(&one));
        let comment = b"!\xfe\x02ab\0";
        assert!(is_animated(&[HEAD, comment, PICTURE, comment, PICTURE, b";"].concat()));
        for end in 0..one.len() {
            assert!(!is_animated(&one[..end]), "{end}");
        }
    }
}
