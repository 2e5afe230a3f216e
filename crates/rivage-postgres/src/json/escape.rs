//! Text → a JSON string.
//!
//! Deliberately not here: escapes that JSON does not demand; non-ASCII characters stay as they are.

/// For each byte what follows the backslash; 0 for a byte that stays, `u` for one that has no short form.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = b'u';
        byte += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Writes text as a JSON string, in quotes. What is no UTF-8 becomes U+FFFD.
pub fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    match std::str::from_utf8(text) {
        Ok(text) => write_escaped(text, out),
        Err(_) => write_escaped(&String::from_utf8_lossy(text), out),
    }
    out.push(b'"');
}

fn write_escaped(text: &str, out: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    out.reserve(rest.len() + 1);
    // Most text needs no escape: look for one, and copy what is before it at once.
    while let Some(at) = find_escape(rest) {
        out.extend_from_slice(&rest[..at]);
        let byte = rest[at];
        match ESCAPES[usize::from(byte)] {
            b'u' => {
                let digits = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
            }
            short => out.extend_from_slice(&[b'\\', short]),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Returns where the first byte is that has to be escaped. Eight bytes are looked at as one number; each subtraction sets the top bit of a byte
/// that is less than what is subtracted, and a borrow reaches only bytes after one that was found.
fn find_escape(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    let (words, tail) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quotes = word ^ (ONES * b'"' as u64);
        let slashes = word ^ (ONES * b'\\' as u64);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (control | quotes.wrapping_sub(ONES) & !quotes | slashes.wrapping_sub(ONES) & !slashes) & TOPS;
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let in_tail = tail.iter().position(|byte| ESCAPES[usize::from(*byte)] != 0);
    in_tail.map(|at| words.len() * 8 + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_comes_back() {
        let all: String = (0..=0x2fff).chain([0xffff, 0x1f600, 0x10ffff]).filter_map(char::from_u32).collect();
        let mut out = Vec::new();
        write_string(all.as_bytes(), &mut out);
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), all);
        assert_eq!(out, serde_json::to_vec(&all).unwrap());
    }

    #[test]
    fn the_first_escape_is_found_wherever_it_is() {
        for byte in 0..=255u8 {
            for other in [b'x', 0x80, 0xff, 0x21, 0x23, 0x5b, 0x5d, byte] {
                for len in 1..20 {
                    for at in 0..len {
                        let mut text = vec![other; len];
                        text[at] = byte;
                        let expected = text.iter().position(|byte| ESCAPES[usize::from(*byte)] != 0);
                        assert_eq!(find_escape(&text), expected, "{}", text.escape_ascii());
                    }
                }
            }
        }
    }
}
