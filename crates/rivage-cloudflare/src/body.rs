//! Bodies of requests that are read from the disk while they are sent.
//!
//! In: pieces: bytes, files, files in base64. Out: a length that is known beforehand, and a reader that can be had again for each try.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::Error;

/// Bytes of a file that are encoded at once; a multiple of 3, so that the parts join without padding.
pub(crate) const CHUNK: usize = 48 * 1024;

#[derive(Clone, Debug)]
enum Piece {
    Bytes(Vec<u8>),
    File { file: PathBuf, offset: u64, length: u64 },
    Base64 { file: PathBuf, length: u64 },
}

/// A body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    pieces: Vec<Piece>,
    length: u64,
}

impl Body {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.length += bytes.len() as u64;
        if let Some(Piece::Bytes(last)) = self.pieces.last_mut() {
            last.extend_from_slice(bytes);
        } else {
            self.pieces.push(Piece::Bytes(bytes.to_vec()));
        }
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Adds a part of a file as it is.
    pub(crate) fn file(&mut self, file: &Path, offset: u64, length: u64) -> &mut Self {
        self.length += length;
        self.pieces.push(Piece::File { file: file.to_owned(), offset, length });
        self
    }

    /// Adds a file in base64.
    pub(crate) fn base64(&mut self, file: &Path, length: u64) -> &mut Self {
        self.length += length.div_ceil(3) * 4;
        self.pieces.push(Piece::Base64 { file: file.to_owned(), length });
        self
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { pieces: self.pieces.iter(), now: Now::Nothing, failed: None }
    }
}

/// Reads a body once.
pub(crate) struct Reader<'b> {
    pieces: std::slice::Iter<'b, Piece>,
    now: Now<'b>,
    failed: Option<(PathBuf, String)>,
}

enum Now<'b> {
    Nothing,
    Bytes(&'b [u8]),
    File { file: File, path: &'b Path, left: u64 },
    Base64 { file: File, path: &'b Path, left: u64, encoded: Vec<u8>, at: usize },
}

impl Reader<'_> {
    /// Returns the file that could not be read: what the network library says of it is no help.
    pub(crate) fn failure(&self, operation: &'static str) -> Option<Error> {
        let (file, reason) = self.failed.clone()?;
        Some(Error::File { operation, file, reason })
    }

    fn next(&mut self) -> Option<Result<(), (PathBuf, io::Error)>> {
        let piece = self.pieces.next()?;
        let now = match piece {
            Piece::Bytes(bytes) => Ok(Now::Bytes(bytes)),
            Piece::File { file: path, offset, length } => {
                open(path, *offset).map(|file| Now::File { file, path, left: *length }).map_err(|error| (path, error))
            }
            Piece::Base64 { file: path, length } => open(path, 0)
                .map(|file| Now::Base64 { file, path, left: *length, encoded: Vec::new(), at: 0 })
                .map_err(|error| (path, error)),
        };
        Some(match now {
            Ok(now) => {
                self.now = now;
                Ok(())
            }
            Err((path, error)) => Err((path.clone(), error)),
        })
    }

    fn step(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, (PathBuf, io::Error)> {
        match &mut self.now {
            Now::Nothing => {}
            Now::Bytes(bytes) => {
                let count = bytes.len().min(buffer.len());
                buffer[..count].copy_from_slice(&bytes[..count]);
                *bytes = &bytes[count..];
                if count > 0 {
                    return Ok(Some(count));
                }
            }
            Now::File { file, path, left } if *left > 0 => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                let count = file.read(&mut buffer[..most]).map_err(|error| (path.to_owned(), error))?;
                if count == 0 {
                    return Err((path.to_owned(), changed()));
                }
                *left -= count as u64;
                return Ok(Some(count));
            }
            Now::Base64 { file, path, left, encoded, at } if *left > 0 || *at < encoded.len() => {
                if *at == encoded.len() {
                    let most = usize::try_from(*left).unwrap_or(usize::MAX).min(CHUNK);
                    let mut chunk = vec![0; most];
                    file.read_exact(&mut chunk).map_err(|error| match error.kind() {
                        io::ErrorKind::UnexpectedEof => (path.to_owned(), changed()),
                        _ => (path.to_owned(), error),
                    })?;
                    *left -= most as u64;
                    encoded.resize(most.div_ceil(3) * 4, 0);
                    let written = STANDARD.encode_slice(&chunk, encoded).unwrap_or(0);
                    encoded.truncate(written);
                    *at = 0;
                }
                let count = (encoded.len() - *at).min(buffer.len());
                buffer[..count].copy_from_slice(&encoded[*at..*at + count]);
                *at += count;
                return Ok(Some(count));
            }
            Now::File { .. } | Now::Base64 { .. } => {}
        }
        Ok(None)
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let outcome = match self.step(buffer) {
                Ok(Some(count)) => return Ok(count),
                Ok(None) => match self.next() {
                    None => return Ok(0),
                    Some(outcome) => outcome,
                },
                Err(error) => Err(error),
            };
            if let Err((path, error)) = outcome {
                self.failed = Some((path, error.to_string()));
                return Err(error);
            }
        }
    }
}

fn open(path: &Path, offset: u64) -> io::Result<File> {
    use std::io::Seek;
    let mut file = File::open(path)?;
    if offset > 0 {
        file.seek(io::SeekFrom::Start(offset))?;
    }
    Ok(file)
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter while it was read")
}

/// A multipart body.
pub(crate) struct Multipart {
    body: Body,
    boundary: String,
}

impl Multipart {
    /// `seed` is what the boundary is made of: it must not stand in the parts, so it is a hash of something unforeseeable or of the parts.
    pub(crate) fn new(seed: &str) -> Self {
        let boundary = format!("rivage-{}", &blake3::hash(seed.as_bytes()).to_hex().as_str()[..32]);
        Self { body: Body::new(), boundary }
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    fn head(&mut self, name: &str, file_name: Option<&str>, content_type: Option<&str>) -> &mut Body {
        // As browsers write names that have quotes or ends of lines.
        let quote = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let mut head = format!("--{}\r\nContent-Disposition: form-data; name=\"{}\"", self.boundary, quote(name));
        if let Some(file_name) = file_name {
            head.push_str(&format!("; filename=\"{}\"", quote(file_name)));
        }
        if let Some(content_type) = content_type {
            head.push_str(&format!("\r\nContent-Type: {content_type}"));
        }
        head.push_str("\r\n\r\n");
        self.body.text(&head)
    }

    pub(crate) fn field(&mut self, name: &str, value: &str) {
        self.head(name, None, None).text(value).text("\r\n");
    }

    pub(crate) fn bytes(&mut self, name: &str, file_name: &str, content_type: &str, bytes: &[u8]) {
        self.head(name, Some(file_name), Some(content_type)).bytes(bytes).text("\r\n");
    }

    pub(crate) fn file(&mut self, name: &str, file_name: &str, content_type: &str, file: &Path, length: u64) {
        self.head(name, Some(file_name), Some(content_type)).file(file, 0, length).text("\r\n");
    }

    pub(crate) fn base64(&mut self, name: &str, file_name: &str, content_type: &str, file: &Path, length: u64) {
        self.head(name, Some(file_name), Some(content_type)).base64(file, length).text("\r\n");
    }

    pub(crate) fn finish(mut self) -> Body {
        let end = format!("--{}--\r\n", self.boundary);
        self.body.text(&end);
        self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Body) -> Vec<u8> {
        let mut out = Vec::new();
        body.reader().read_to_end(&mut out).unwrap();
        assert_eq!(out.len() as u64, body.length());
        out
    }

    #[test]
    fn files_become_base64_while_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        for size in [0, 1, 2, 3, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 2] {
            let bytes: Vec<u8> = (0..size).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let file = folder.path().join("file");
            std::fs::write(&file, &bytes).unwrap();
            let mut body = Body::new();
            body.text("<").base64(&file, size as u64).text(">").file(&file, 0, size as u64);
            let mut expect = format!("<{}>", STANDARD.encode(&bytes)).into_bytes();
            expect.extend(&bytes);
            assert_eq!(read(&body), expect, "{size}");
            // Once more: each try reads from the start.
            assert_eq!(read(&body), expect, "{size}");
        }
    }

    #[test]
    fn a_part_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "0123456789").unwrap();
        let mut body = Body::new();
        body.file(&file, 3, 4);
        assert_eq!(read(&body), b"3456");
    }

    #[test]
    fn a_file_that_shrank_or_went_away_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "abc").unwrap();
        for encoded in [true, false] {
            let mut body = Body::new();
            if encoded {
                body.base64(&file, 9)
            } else {
                body.file(&file, 0, 9)
            };
            let mut reader = body.reader();
            assert!(reader.read_to_end(&mut Vec::new()).is_err());
            let told = reader.failure("upload").unwrap().to_string();
            assert!(told.contains("file`: it became shorter"), "{told}");
        }
        let mut body = Body::new();
        body.file(&folder.path().join("gone"), 0, 1);
        assert!(body.reader().read(&mut [0; 8]).is_err());
    }

    #[test]
    fn multipart_bodies() {
        let mut parts = Multipart::new("a");
        parts.field("branch", "main");
        parts.bytes("_headers", "_headers", "application/octet-stream", b"/*\n");
        let boundary = parts.boundary.clone();
        let text = String::from_utf8(read(&parts.finish())).unwrap();
        let expect = "--B\r\nContent-Disposition: form-data; name=\"branch\"\r\n\r\nmain\r\n--B\r\nContent-Disposition: form-data; \
                      name=\"_headers\"; filename=\"_headers\"\r\nContent-Type: application/octet-stream\r\n\r\n/*\n\r\n--B--\r\n";
        assert_eq!(text.replace(&boundary, "B"), expect);
    }
}
