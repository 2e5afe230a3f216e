//! The names of files in Cloudflare's store of assets.
//!
//! A name is the first 32 hexadecimal digits of the BLAKE3 hash of the file's bytes in base64 followed by the extension of its name. Cloudflare
//! takes any 32 digits; these are the ones that its own program makes, so that files uploaded by the one are known to the other.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::body::CHUNK;

/// Hashes bytes whose file has this name.
pub fn asset(name: &str, mut bytes: &[u8]) -> String {
    // Reading from a slice does not fail.
    read(name, &mut bytes).map(|(hash, _)| hash).unwrap_or_default()
}

/// Hashes a file without holding it in memory; returns the hash and the number of bytes read.
///
/// # Errors
/// The file cannot be read.
pub fn asset_file(name: &str, file: &Path) -> io::Result<(String, u64)> {
    read(name, &mut File::open(file)?)
}

fn read(name: &str, from: &mut dyn Read) -> io::Result<(String, u64)> {
    let mut hasher = blake3::Hasher::new();
    let mut chunk = vec![0; CHUNK];
    let mut encoded = vec![0; CHUNK / 3 * 4];
    let mut length = 0;
    loop {
        // A whole chunk, unless the file ends: only the last one may be padded.
        let mut filled = 0;
        while filled < CHUNK {
            match from.read(&mut chunk[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let written = STANDARD.encode_slice(&chunk[..filled], &mut encoded).unwrap_or(0);
        hasher.update(&encoded[..written]);
        length += filled as u64;
        if filled < CHUNK {
            break;
        }
    }
    hasher.update(extension(name).as_bytes());
    Ok((hasher.finalize().to_hex().as_str()[..32].to_owned(), length))
}

/// What stands after the last dot of a file's name, its case kept; nothing for `.html` and `a.`.
fn extension(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    match name.rfind('.') {
        Some(dot) if dot > 0 => &name[dot + 1..],
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions() {
        for (name, expect) in [
            ("a.html", "html"),
            ("x/a.b.JS", "JS"),
            (".html", ""),
            ("noext", ""),
            ("a.", ""),
            ("x.y/noext", ""),
            ("..a", "a"),
        ] {
            assert_eq!(extension(name), expect, "{name}");
        }
    }

    #[test]
    fn hashes_do_not_depend_on_how_the_file_is_read() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| u8::try_from(n % 253).unwrap()).collect();
        let expect = blake3::hash(format!("{}txt", STANDARD.encode(&bytes)).as_bytes()).to_hex();
        assert_eq!(asset("a.txt", &bytes), expect.as_str()[..32]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(asset_file("d/a.txt", &file).unwrap(), (expect.as_str()[..32].to_owned(), 200_000));
        assert_ne!(asset("a.TXT", &bytes), asset("a.txt", &bytes));
    }
}
