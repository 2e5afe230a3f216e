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
    out.reserve(rest.len());
    // Most text needs no escape: look for one, and copy what is before it at once.
    while let Some(at) = rest.iter().position(|byte| ESCAPES[usize::from(*byte)] != 0) {
        out.extend_from_slice(&rest[..at]);
        let byte = rest[at];
        match ESCAPES[usize::from(byte)] {
            b'u' => {
                let digits = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend([digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
            }
            short => out.extend([b'\\', short]),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
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
}
