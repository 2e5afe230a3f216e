//! Bytes in any chunks → whole messages.
//!
//! In: what a socket gave. Out: each message once, from its tag to its last byte; where a chunk holds it whole, without a copy. Deliberately not
//! here: what messages mean.

use crate::error::Error;

/// Tag and length.
pub(crate) const HEADER: usize = 5;

/// The start of a message whose end has not come yet.
#[derive(Default)]
pub(crate) struct Frames {
    pending: Vec<u8>,
}

impl Frames {
    /// Gives each whole message to `take`, and keeps the rest for the next time.
    ///
    /// Memory grows with what came, not with what a header announces.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        limit: usize,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        loop {
            if self.pending.is_empty() {
                match length(bytes, limit)?.and_then(|len| bytes.split_at_checked(len)) {
                    Some((message, rest)) => {
                        take(message)?;
                        bytes = rest;
                    }
                    None => {
                        self.pending.extend_from_slice(bytes);
                        return Ok(());
                    }
                }
                continue;
            }
            let wanted = length(&self.pending, limit)?.unwrap_or(HEADER);
            let (more, rest) = bytes.split_at(bytes.len().min(wanted - self.pending.len()));
            self.pending.extend_from_slice(more);
            bytes = rest;
            match length(&self.pending, limit)? {
                Some(len) if len == self.pending.len() => {
                    let taken = take(&self.pending);
                    self.pending.clear();
                    taken?;
                }
                _ if bytes.is_empty() => return Ok(()),
                _ => {}
            }
        }
    }
}

/// Returns the length of the message that starts here, if its header is whole.
fn length(bytes: &[u8], limit: usize) -> Result<Option<usize>, Error> {
    let Some(len) = bytes.get(1..HEADER).and_then(|len| len.first_chunk::<4>()) else { return Ok(None) };
    let len = u32::from_be_bytes(*len);
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    if len < 4 {
        return Err(Error::Protocol(format!("a message of {len} bytes, shorter than its own header")));
    }
    if len > limit {
        return Err(Error::Limit { what: "bytes in one message", limit });
    }
    Ok(Some(len + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(chunks: &[&[u8]], limit: usize) -> Result<Vec<Vec<u8>>, Error> {
        let mut frames = Frames::default();
        let mut messages = Vec::new();
        for chunk in chunks {
            frames.feed(chunk, limit, |message| {
                messages.push(message.to_vec());
                Ok(())
            })?;
        }
        Ok(messages)
    }

    #[test]
    fn messages_are_whole_wherever_chunks_end() {
        let stream = b"A\0\0\0\x04B\0\0\0\x06xyC\0\0\0\x05z";
        let whole: [&[u8]; 3] = [b"A\0\0\0\x04", b"B\0\0\0\x06xy", b"C\0\0\0\x05z"];
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let chunks = [&stream[..first], &stream[first..second], &stream[second..]];
                assert_eq!(split(&chunks, 100).unwrap(), whole, "{first} {second}");
            }
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(split(&bytes, 100).unwrap(), whole);
    }

    #[test]
    fn lengths_are_checked_before_bytes_are_kept() {
        assert!(matches!(split(&[b"A\0\0\0\x03"], 100), Err(Error::Protocol(_))));
        assert!(matches!(split(&[b"A\0\0", b"\0\x66"], 100), Err(Error::Limit { limit: 100, .. })));
        assert!(matches!(split(&[b"A\xff\xff\xff\xff"], 100), Err(Error::Limit { .. })));
        assert!(split(&[b"A\0\0\0\x64"], 100).unwrap().is_empty());
    }
}
