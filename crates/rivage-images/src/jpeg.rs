//! What decoders of JPEG do not tell: whether the file is whole, and how many colours it has.

/// What the segments of a JPEG tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segments {
    /// Numbers of a pixel: 1, 3, or 4 for printers' colours.
    pub(crate) components: u8,
    /// Whether the picture has an end. Decoders make up what is missing.
    pub(crate) is_whole: bool,
}

/// Walks the segments up to the picture.
pub(crate) fn segments(bytes: &[u8]) -> Segments {
    let mut found = Segments::default();
    let mut at = 2;
    while let Some(&[mark, kind]) = bytes.get(at..at + 2).and_then(|pair| <&[u8; 2]>::try_from(pair).ok()) {
        if mark != 0xFF {
            break;
        }
        match kind {
            // Filling, and marks without a body.
            0xFF => at += 1,
            0x01 | 0xD0..=0xD8 => at += 2,
            0xD9 => break,
            _ => {
                let Some(length) = bytes.get(at + 2..at + 4) else { break };
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                let is_frame = matches!(kind, 0xC0..=0xCF) && !matches!(kind, 0xC4 | 0xC8 | 0xCC);
                if is_frame {
                    found.components = bytes.get(at + 9).copied().unwrap_or_default();
                }
                at += 2 + length.max(2);
                if kind == 0xDA {
                    // Cameras write more behind the end; a preview in the head has an end of its own.
                    let rest = bytes.get(at..).unwrap_or_default();
                    found.is_whole = rest.windows(2).rev().any(|pair| pair == [0xFF, 0xD9]);
                    break;
                }
            }
        }
    }
    found
}
