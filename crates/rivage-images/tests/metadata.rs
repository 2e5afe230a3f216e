//! What files tell besides their picture, and what is left of it.

#[path = "common/mod.rs"]
mod common;

use common::scene;
use rivage_images::{Error, Format, Raster, Settings, decode, encode, probe, without_metadata};

const SETTINGS: Settings = Settings { quality: 80, speed: 10 };
/// What nobody shall find.
const SECRETS: [&str; 4] = ["GPS 48.8584 N", "shot by Jane", "a preview", "behind the end"];

fn file(format: Format) -> Vec<u8> {
    encode(&scene(48, 32, 1), format, SETTINGS).unwrap()
}

fn tells(bytes: &[u8]) -> Vec<&'static str> {
    let is_in = |secret: &&str| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
    SECRETS.into_iter().filter(is_in).collect()
}

/// EXIF that tells how the camera was held, and where.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"GPS 48.8584 N");
    exif
}

fn profile() -> Vec<u8> {
    moxcms::ColorProfile::new_display_p3().encode().unwrap()
}

fn segment(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&[0xFF, kind], &length[..], body].concat()
}

fn jpeg(orientation: u8) -> Vec<u8> {
    let plain = file(Format::Jpeg);
    let parts = [
        segment(0xE1, &[b"Exif\0\0", &exif(orientation)[..]].concat()),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>shot by Jane</x>"),
        segment(0xE2, &[b"ICC_PROFILE\0\x01\x01", &profile()[..]].concat()),
        segment(0xE2, b"MPF\0a preview"),
        segment(0xED, b"Photoshop 3.0\0shot by Jane"),
        segment(0xFE, b"shot by Jane"),
    ];
    [&plain[..2], &parts.concat(), &plain[2..], b"behind the end", &plain].concat()
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [&kind[..], body].concat();
    let crc = named.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    });
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &named, &(!crc).to_be_bytes()].concat()
}

fn png(orientation: u8) -> Vec<u8> {
    use image::ImageEncoder;
    let scene = scene(48, 32, 1);
    let mut plain = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut plain);
    encoder.set_icc_profile(profile()).unwrap();
    encoder.write_image(scene.pixels(), 48, 32, image::ExtendedColorType::Rgb8).unwrap();
    let parts = [
        chunk(b"eXIf", &exif(orientation)),
        chunk(b"tEXt", b"Author\0shot by Jane"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0shot by Jane"),
        chunk(b"prVt", b"a preview"),
    ];
    // Behind the first chunk, which has 13 bytes.
    [&plain[..33], &parts.concat(), &plain[33..], b"behind the end"].concat()
}

fn riff(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let padding = vec![0; body.len() % 2];
    [kind, &u32::try_from(body.len()).unwrap().to_le_bytes()[..], body, &padding].concat()
}

fn webp(orientation: u8) -> Vec<u8> {
    let plain = file(Format::Webp);
    // Flags: profile, EXIF, XMP; then width and height, less one.
    let head = riff(b"VP8X", &[0x20 | 0x08 | 0x04, 0, 0, 0, 47, 0, 0, 31, 0, 0]);
    let chunks = [
        head,
        riff(b"ICCP", &profile()),
        plain[12..].to_vec(),
        riff(b"EXIF", &exif(orientation)),
        riff(b"XMP ", b"<x>shot by Jane</x>"),
        riff(b"ZZZZ", b"a preview"),
    ];
    let body = [b"WEBP", &chunks.concat()[..]].concat();
    [b"RIFF", &u32::try_from(body.len()).unwrap().to_le_bytes()[..], &body, b"behind the end"].concat()
}

#[test]
fn the_picture_stays_and_all_else_goes() {
    for orientation in [1, 3, 6, 8] {
        for before in [jpeg(orientation), png(orientation), webp(orientation)] {
            let info = probe(&before).unwrap();
            assert!(tells(&before).len() == 4 && info.has_profile, "{:?}", info.format);
            let after = without_metadata(&before).unwrap().unwrap();
            assert_eq!(tells(&after), [""; 0], "{:?}", info.format);
            assert_eq!(probe(&after).unwrap(), info, "it stands as before, in its own colours");
            assert_eq!(decode(&after), decode(&before), "{:?}", info.format);
            // Nothing more can be left out.
            assert_eq!(without_metadata(&after), Ok(None), "{:?}", info.format);
        }
    }
}

/// The mean difference of the numbers of two images.
fn difference(a: &Raster, b: &Raster) -> f64 {
    assert_eq!((a.width(), a.height(), a.has_alpha()), (b.width(), b.height(), b.has_alpha()));
    let sum: u64 = a.pixels().iter().zip(b.pixels()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.pixels().len() as f64
}

#[test]
fn whatever_its_format_a_photo_stands_upright_in_our_colours_and_tells_nothing() {
    let plain = scene(48, 32, 1);
    for orientation in 1..=8 {
        // What a PNG has is exact: the others are compared with it.
        let exact = decode(&png(orientation)).unwrap();
        let expect = if orientation >= 5 { (32, 48) } else { (48, 32) };
        assert_eq!((exact.width(), exact.height()), expect, "{orientation}");
        if orientation == 1 {
            assert!(difference(&exact, &plain) > 2.0, "the profile counts");
        }
        for file in [jpeg(orientation), png(orientation), webp(orientation)] {
            let format = probe(&file).unwrap().format;
            let upright = decode(&file).unwrap();
            let found = difference(&upright, &exact);
            assert!(found < 7.0, "{format:?} {orientation}: {found}");
            for made in [Format::Avif, Format::Webp, Format::Jpeg, Format::Png] {
                let bytes = encode(&upright, made, SETTINGS).unwrap();
                assert_eq!(tells(&bytes), [""; 0], "{format:?} as {made:?}");
                let is_in = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
                assert!(!is_in(b"Exif") && !is_in(b"ICC_PROFILE") && !is_in(b"iCCP") && !is_in(b"ICCP"), "{made:?}");
            }
        }
    }
}

#[test]
fn files_that_tell_nothing_stay_as_they_are() {
    for format in [Format::Jpeg, Format::Png, Format::Webp, Format::Avif] {
        assert_eq!(without_metadata(&file(format)), Ok(None), "{format:?}");
    }
    assert_eq!(without_metadata(b"<svg/>"), Ok(None));
    assert_eq!(without_metadata(b"\0\0\0\x1cftypavif\0\0\0\0"), Err(Error::Truncated));
}

#[test]
fn what_moves_goes_on_moving() {
    let head = b"GIF89a\x03\0\x02\0\0\0\0";
    let loops = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
    let picture = b"!\xf9\x04\0\x0a\0\0\0,\0\0\0\0\x03\0\x02\0\0\x02\x01\0\0";
    let comment = b"!\xfe\x0cshot by Jane\0";
    let xmp = b"!\xff\x0bXMP DataXMP\x0cshot by Jane\0";
    let before = [&head[..], loops, comment, picture, xmp, picture, b";behind the end"].concat();
    let after = without_metadata(&before).unwrap().unwrap();
    assert_eq!(after, [&head[..], loops, picture, picture, b";"].concat());
    assert!(probe(&after).unwrap().is_animated);
}

#[test]
fn pictures_in_many_scans_are_whole() {
    // Between the scans of a progressive JPEG stand tables, and in old files comments.
    let plain = file(Format::Jpeg);
    let end = plain.len() - 2;
    let before = [&plain[..end], &segment(0xFE, b"shot by Jane"), &plain[end..]].concat();
    let after = without_metadata(&before).unwrap().unwrap();
    assert_eq!(after, plain);
}

#[test]
fn of_files_that_are_cut_off_nothing_is_known() {
    assert_eq!(without_metadata(b""), Err(Error::Empty));
    for whole in [jpeg(6), png(6), webp(6)] {
        for end in 16..whole.len().min(400) {
            // An answer, whatever it is; and never one that keeps what it has read.
            if let Ok(Some(after)) = without_metadata(&whole[..end]) {
                assert_eq!(tells(&after), [""; 0]);
            }
        }
    }
    let whole = file(Format::Jpeg);
    assert_eq!(without_metadata(&whole[..whole.len() / 2]), Err(Error::Truncated));
}

#[test]
fn one_way_to_hold_a_camera_is_enough() {
    let plain = encode(&Raster::new(8, 4, false, vec![90; 96]), Format::Jpeg, SETTINGS).unwrap();
    let twice = segment(0xE1, &[b"Exif\0\0", &exif(6)[..]].concat()).repeat(2);
    let after = without_metadata(&[&plain[..2], &twice, &plain[2..]].concat()).unwrap().unwrap();
    assert_eq!(after.windows(4).filter(|part| part == b"Exif").count(), 1);
    assert_eq!(probe(&after).unwrap().orientation, 6);
}
