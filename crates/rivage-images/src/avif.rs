//! What an AVIF tells besides its picture: overwritten where it stands, so that nothing in the file moves.
//!
//! In: a file. Out: one of the same length in which EXIF says nothing and XMP is blank. An AVIF is a tree of boxes in which items are found by their
//! offsets; to take something out would mean to write all of them anew. Deliberately not here: pixels, and how the picture is turned, which AVIF tells
//! apart from EXIF.

/// What EXIF is overwritten with: where its TIFF begins, and a TIFF without entries. Programs that read it want one.
const NOTHING: &[u8] = b"\0\0\0\0MM\0\x2a\0\0\0\x08\0\0\0\0\0\0";

/// Boxes that the picture may need; others may tell anything.
const KEPT: [&[u8; 4]; 10] = [b"ftyp", b"styp", b"meta", b"mdat", b"moov", b"moof", b"sidx", b"mfra", b"free", b"skip"];

/// A box: its kind, where it starts, where its body does, and where it ends.
type Part = ([u8; 4], usize, usize, usize);

/// Reports whether a file is an AVIF, moving or not.
pub(crate) fn is_avif(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp") && matches!(bytes.get(8..12), Some(b"avif" | b"avis"))
}

/// Blanks what a file tells. None where it is not built as it should be, so that nobody knows what it tells.
pub(crate) fn without_metadata(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.to_vec();
    for part in parts(bytes, 0, bytes.len())? {
        let (kind, _, body, end) = part;
        match &kind {
            b"meta" => {
                for (_, is_exif, extents) in metadata(bytes, body, end)? {
                    blank(&mut out, is_exif, &extents)?;
                }
            }
            b"moov" => blank_tracks(&mut out, bytes, body, end)?,
            kind if !KEPT.contains(&kind) => free(&mut out, part),
            _ => {}
        }
    }
    Some(out)
}

/// Lists the boxes of a stretch.
fn parts(bytes: &[u8], start: usize, end: usize) -> Option<Vec<Part>> {
    let mut found = Vec::new();
    let mut at = start;
    while at < end {
        let length = number(bytes, at, 4)?;
        let kind = bytes.get(at + 4..at + 8)?.try_into().ok()?;
        let (body, stop) = match length {
            0 => (at + 8, end),
            1 => (at + 16, at.checked_add(number(bytes, at + 8, 8)?)?),
            length => (at + 8, at.checked_add(length)?),
        };
        if stop < body || stop > end {
            return None;
        }
        found.push((kind, at, body, stop));
        at = stop;
    }
    Some(found)
}

/// Reads a big-endian number of so many bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let digits = bytes.get(at..at.checked_add(length)?)?;
    let number = digits.iter().fold(0_u64, |number, digit| number << 8 | u64::from(*digit));
    usize::try_from(number).ok()
}

/// A film's own notes, and those of its tracks.
fn blank_tracks(out: &mut [u8], bytes: &[u8], start: usize, end: usize) -> Option<()> {
    for part in parts(bytes, start, end)? {
        match &part.0 {
            b"trak" => blank_tracks(out, bytes, part.2, part.3)?,
            b"udta" | b"meta" | b"uuid" => free(out, part),
            _ => {}
        }
    }
    Some(())
}

/// Makes room of a box that nobody looks at.
fn free(out: &mut [u8], (_, at, body, end): Part) {
    out[at + 4..at + 8].copy_from_slice(b"free");
    out[body..end].fill(0);
}

/// An item with whether it is EXIF, and where its parts are.
type Item = (usize, bool, Vec<(usize, usize)>);

/// Finds the items of `meta` that are no pictures.
fn metadata(bytes: &[u8], start: usize, end: usize) -> Option<Vec<Item>> {
    let children = parts(bytes, start.checked_add(4)?, end)?;
    let of_kind = |wanted: &[u8; 4]| children.iter().find(|part| part.0 == *wanted);
    let Some(information) = of_kind(b"iinf") else { return Some(Vec::new()) };
    let mut items = items(bytes, information.2, information.3)?;
    if items.is_empty() {
        return Some(items);
    }
    let (_, _, body, end) = *of_kind(b"iloc")?;
    let data = of_kind(b"idat").map(|part| part.2);
    locate(bytes.get(..end)?, body, data, &mut items)?;
    Some(items)
}

/// Lists items by what `iinf` says of them.
fn items(bytes: &[u8], body: usize, end: usize) -> Option<Vec<Item>> {
    let count = if number(bytes, body, 1)? == 0 { 2 } else { 4 };
    let mut found = Vec::new();
    for (kind, _, body, _) in parts(bytes, body + 4 + count, end)? {
        let version = number(bytes, body, 1)?;
        if &kind != b"infe" || version < 2 {
            continue;
        }
        let length = if version == 2 { 2 } else { 4 };
        let item = number(bytes, body + 4, length)?;
        // Behind the id stands how it is protected.
        let at = body + 4 + length + 2;
        match bytes.get(at..at + 4)? {
            b"Exif" => found.push((item, true, Vec::new())),
            b"mime" | b"uri " => found.push((item, false, Vec::new())),
            _ => {}
        }
    }
    Some(found)
}

/// Finds where items are by what `iloc` says.
fn locate(bytes: &[u8], body: usize, data: Option<usize>, items: &mut [Item]) -> Option<()> {
    let version = number(bytes, body, 1)?;
    let sizes = number(bytes, body + 4, 2)?;
    let [for_offset, for_length, for_base, for_index] = [12, 8, 4, 0].map(|shift| sizes >> shift & 15);
    let for_index = if version == 0 { 0 } else { for_index };
    let for_id = if version < 2 { 2 } else { 4 };
    let mut at = body + 6;
    let mut next = |length: usize| {
        let number = number(bytes, at, length);
        at += length;
        number
    };
    for _ in 0..next(for_id)? {
        let id = next(for_id)?;
        let method = if version == 0 { 0 } else { next(2)? & 15 };
        let _reference = next(2)?;
        let base = next(for_base)?;
        let extents = next(2)?;
        // Where nothing is said of them one is as good as many.
        let extents = if for_offset + for_length + for_index == 0 { extents.min(1) } else { extents };
        for _ in 0..extents {
            next(for_index)?;
            let (offset, length) = (next(for_offset)?, next(for_length)?);
            let Some((.., places)) = items.iter_mut().find(|(item, ..)| *item == id) else { continue };
            let start = match method {
                0 => 0,
                1 => data?,
                _ => return None,
            };
            places.push((start.checked_add(base)?.checked_add(offset)?, length));
        }
    }
    Some(())
}

fn blank(out: &mut [u8], is_exif: bool, extents: &[(usize, usize)]) -> Option<()> {
    for (place, (start, length)) in extents.iter().enumerate() {
        let stretch = out.get_mut(*start..start.checked_add(*length)?)?;
        stretch.fill(if is_exif { 0 } else { b' ' });
        if is_exif && place == 0 && stretch.len() >= NOTHING.len() {
            stretch[..NOTHING.len()].copy_from_slice(NOTHING);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], kind, body].concat()
    }

    fn information(version: u8, id: u8, kind: &[u8; 4]) -> Vec<u8> {
        let id = if version == 2 { vec![0, id] } else { vec![0, 0, 0, id] };
        part(b"infe", &[&[version, 0, 0, 0][..], &id, &[0, 0], kind, b"\0"].concat())
    }

    /// A file with a picture, EXIF and XMP, in `mdat` or in `meta` itself.
    fn file(version: u8, is_within: bool) -> Vec<u8> {
        let exif = b"\0\0\0\0MM\0\x2a\0\0\0\x08GPS 48.8584 N and more";
        let xmp = b"<x>shot by Jane</x>";
        let parts = [&b"the picture"[..], exif, xmp];
        let of_items = if version == 0 { 2 } else { 3 };
        let infos: Vec<u8> = [(1, b"av01"), (2, b"Exif"), (3, b"mime")]
            .iter()
            .flat_map(|(id, kind)| information(of_items, *id, kind))
            .collect();
        let iinf = part(b"iinf", &[&[0, 0, 0, 0, 0, 3][..], &infos].concat());
        let locations = |start: usize| {
            let mut body = vec![version, 0, 0, 0, 0x44, 0x00];
            let id = |id: u8| if version < 2 { vec![0, id] } else { vec![0, 0, 0, id] };
            body.extend(id(3));
            let mut at = start;
            for (number, bytes) in (1..).zip(parts) {
                body.extend(id(number));
                if version > 0 {
                    body.extend([0, u8::from(is_within)]);
                }
                body.extend([0, 0, 0, 1]);
                body.extend(u32::try_from(at).unwrap().to_be_bytes());
                body.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
                at += bytes.len();
            }
            part(b"iloc", &body)
        };
        let data = part(if is_within { b"idat" } else { b"mdat" }, &parts.concat());
        let meta = |start: usize| {
            let within = if is_within { data.clone() } else { Vec::new() };
            part(b"meta", &[&[0; 4][..], &iinf, &locations(start), &within].concat())
        };
        let head = part(b"ftyp", b"avif\0\0\0\0mif1");
        let start = if is_within { 0 } else { head.len() + meta(0).len() + 8 };
        let last = if is_within { Vec::new() } else { data.clone() };
        let note = part(b"uuid", b"0123456789abcdef shot by Jane");
        [head, meta(start), last, note].concat()
    }

    fn has(bytes: &[u8], text: &str) -> bool {
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    }

    #[test]
    fn the_picture_stays_and_nothing_moves() {
        for (version, is_within) in [(0, false), (1, false), (2, false), (1, true), (2, true)] {
            let before = file(version, is_within);
            assert!(is_avif(&before) && has(&before, "GPS") && has(&before, "Jane"));
            let after = without_metadata(&before).unwrap();
            assert_eq!(after.len(), before.len(), "{version} {is_within}");
            assert!(!has(&after, "GPS") && !has(&after, "Jane"), "{version} {is_within}");
            assert!(has(&after, "the picture"), "{version} {is_within}");
            // What is left is EXIF all the same.
            assert!(after.windows(NOTHING.len()).any(|part| part == NOTHING));
            assert_eq!(without_metadata(&after), Some(after));
        }
    }

    #[test]
    fn films_tell_nothing_either() {
        let note = part(b"udta", b"shot by Jane");
        let track = part(b"trak", &[part(b"tkhd", b"kept"), note.clone()].concat());
        let film = part(b"moov", &[part(b"mvhd", b"kept"), track, note].concat());
        let before = [part(b"ftyp", b"avis\0\0\0\0"), film].concat();
        let after = without_metadata(&before).unwrap();
        assert!(!has(&after, "Jane") && has(&after, "tkhdkept") && has(&after, "mvhdkept"));
        assert_eq!(after.len(), before.len());
    }

    #[test]
    fn of_what_is_cut_off_or_makes_no_sense_nothing_is_known() {
        let whole = file(1, false);
        for end in 0..whole.len() {
            // An answer, whatever it is; and never one that keeps what it has read.
            if let Some(after) = without_metadata(&whole[..end]) {
                assert!(!has(&after, "GPS 48"), "{end}");
            }
        }
        // Many extents of nothing.
        let body = [&[1, 0, 0, 0, 0, 0, 0xFF, 0xFF][..], &[0, 9, 0, 0, 0, 0, 0xFF, 0xFF].repeat(65_535)].concat();
        let iinf = part(b"iinf", &[&[0, 0, 0, 0, 0, 1][..], &information(2, 2, b"Exif")].concat());
        let meta = part(b"meta", &[&[0; 4][..], &iinf, &part(b"iloc", &body)].concat());
        assert!(without_metadata(&[part(b"ftyp", b"avif"), meta].concat()).is_some());
    }
}
