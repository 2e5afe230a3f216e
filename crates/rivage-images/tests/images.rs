//! Files as they come: every format in, every format out, and what is wrong with some.

#[path = "common/mod.rs"]
mod common;

use common::scene;
use image::{ExtendedColorType, ImageEncoder};
use rivage_images::{Area, Error, Format, Raster, Settings, decode, encode, probe};

const SETTINGS: Settings = Settings { quality: 80, speed: 10 };

fn file(width: u32, height: u32, format: Format) -> Vec<u8> {
    encode(&scene(width, height, 1), format, SETTINGS).unwrap()
}

/// The mean difference of the numbers of two images of one size.
fn difference(a: &Raster, b: &Raster) -> f64 {
    assert_eq!((a.width(), a.height(), a.has_alpha()), (b.width(), b.height(), b.has_alpha()));
    let sum: u64 = a.pixels().iter().zip(b.pixels()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.pixels().len() as f64
}

/// Puts segments between the first mark of a JPEG and the rest.
fn with_segment(jpeg: &[u8], kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, kind], &length, body, &jpeg[2..]].concat()
}

/// EXIF that tells how the camera was held, and where.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"GPS 48.8584 N 2.2945 E");
    exif
}

fn png(width: u32, height: u32, kind: ExtendedColorType, pixels: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::png::PngEncoder::new(&mut bytes).write_image(pixels, width, height, kind).unwrap();
    bytes
}

#[test]
fn formats_come_back_as_they_were_written() {
    let scene = scene(96, 64, 1);
    for (format, most) in [(Format::Png, 0.0), (Format::Jpeg, 6.0), (Format::Webp, 6.0)] {
        let bytes = encode(&scene, format, SETTINGS).unwrap();
        let info = probe(&bytes).unwrap();
        assert_eq!((info.format, info.width, info.height, info.has_alpha), (format, 96, 64, false));
        let found = difference(&scene, &decode(&bytes).unwrap());
        assert!(found <= most, "{format:?}: {found}");
    }
    let avif = encode(&scene, Format::Avif, SETTINGS).unwrap();
    assert_eq!(&avif[4..12], b"ftypavif");
    assert!(encode(&scene, Format::Gif, SETTINGS).is_err());
}

#[test]
fn the_same_pixels_give_the_same_bytes() {
    let scene = scene(80, 60, 3).resized(Area::whole(80, 60), 40, 30).unwrap();
    for format in [Format::Avif, Format::Webp, Format::Jpeg, Format::Png] {
        assert_eq!(encode(&scene, format, SETTINGS), encode(&scene, format, SETTINGS), "{format:?}");
    }
}

#[test]
fn quality_and_speed_count() {
    let scene = scene(160, 120, 1);
    let size = |format, quality, speed| encode(&scene, format, Settings { quality, speed }).unwrap().len();
    for format in [Format::Avif, Format::Webp, Format::Jpeg] {
        assert!(size(format, 30, 10) < size(format, 90, 10), "{format:?}");
    }
    assert_ne!(size(Format::Avif, 60, 10), size(Format::Avif, 60, 8));
}

#[test]
fn nothing_is_enlarged() {
    let small = scene(20, 10, 1).resized(Area::whole(20, 10), 100, 100).unwrap();
    assert_eq!((small.width(), small.height()), (20, 10));
    let beyond = Area { x: 15, y: 100, width: 100, height: 100 };
    let cut = scene(20, 10, 1).resized(beyond, 3, 3).unwrap();
    assert_eq!((cut.width(), cut.height()), (3, 1));
}

#[test]
fn scaling_keeps_light_and_not_numbers() {
    // Lines of black and white: half of the light, which is 188 and not 128.
    let lines = (0..64 * 64).flat_map(|at| if at % 2 == 0 { [0; 3] } else { [255; 3] }).collect();
    let lines = Raster::new(64, 64, false, lines);
    for side in [4, 8, 16, 31] {
        let small = lines.resized(Area::whole(64, 64), side, side).unwrap();
        let mean: f64 =
            small.pixels().iter().map(|number| f64::from(*number)).sum::<f64>() / small.pixels().len() as f64;
        assert!((mean - 188.0).abs() < 3.0, "{side}: {mean}");
    }
    assert_eq!(lines.color().map(|[red, ..]| (180..=195).contains(&red)), Some(true));
}

#[test]
fn colours_of_what_is_transparent_do_not_show() {
    // Transparent red beside opaque green.
    let pixels = (0..32 * 32).flat_map(|at| if at % 32 < 16 { [255, 0, 0, 0] } else { [0, 255, 0, 255] }).collect();
    let image = Raster::new(32, 32, true, pixels);
    let small = image.resized(Area::whole(32, 32), 5, 5).unwrap();
    for pixel in small.pixels().chunks_exact(4) {
        assert!(pixel[3] == 0 || pixel[0] < 3, "{pixel:?}");
    }
    assert_eq!(image.color(), None);
    // WebP and AVIF take it as it is.
    let webp = decode(&encode(&small, Format::Webp, SETTINGS).unwrap()).unwrap();
    assert!(webp.has_alpha());
    assert!(encode(&small, Format::Avif, SETTINGS).is_ok());
}

#[test]
fn photos_stand_upright_and_forget_where_they_were_taken() {
    let upright = scene(40, 24, 1);
    let jpeg = encode(&upright, Format::Jpeg, SETTINGS).unwrap();
    for orientation in 1..=8 {
        let bytes = with_segment(&jpeg, 0xE1, &exif(orientation));
        let info = probe(&bytes).unwrap();
        let expect = if orientation >= 5 { (24, 40) } else { (40, 24) };
        assert_eq!((info.width, info.height, info.orientation), (expect.0, expect.1, orientation));
        let raster = decode(&bytes).unwrap();
        assert_eq!((raster.width(), raster.height()), expect);
        // The sky is blue: it is at the top as it was taken, and elsewhere where the camera was held otherwise.
        let blue = |x: u32, y: u32| raster.pixels()[((y * raster.width() + x) * 3 + 2) as usize] > 150;
        let (right, bottom) = (raster.width() - 1, raster.height() - 1);
        let corners = [blue(0, 0), blue(right, 0), blue(0, bottom), blue(right, bottom)];
        let sky = match orientation {
            1 | 2 => [true, true, false, false],
            3 | 4 => [false, false, true, true],
            5 | 8 => [true, false, true, false],
            _ => [false, true, false, true],
        };
        assert_eq!(corners, sky, "{orientation}");
        for format in [Format::Avif, Format::Webp, Format::Jpeg, Format::Png] {
            let made = encode(&raster, format, SETTINGS).unwrap();
            assert!(!made.windows(4).any(|part| part == b"GPS " || part == b"Exif"), "{format:?}");
        }
    }
}

#[test]
fn profiles_are_turned_into_srgb() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let pixels = [200, 30, 30].repeat(16 * 16);
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(profile).unwrap();
    encoder.write_image(&pixels, 16, 16, ExtendedColorType::Rgb8).unwrap();
    assert!(probe(&bytes).unwrap().has_profile);
    let found = decode(&bytes).unwrap();
    // The same red has a larger number where the reddest red is less red.
    assert!(found.pixels()[0] > 210 && found.pixels()[1] < 30, "{:?}", &found.pixels()[..3]);
    let made = encode(&found, Format::Png, SETTINGS).unwrap();
    assert!(!probe(&made).unwrap().has_profile);
}

#[test]
fn colours_of_cameras_and_printers_become_those_of_the_web() {
    let file = |profile: moxcms::ColorProfile, colour: [u8; 3]| {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        encoder.set_icc_profile(profile.encode().unwrap()).unwrap();
        encoder.write_image(&colour.repeat(4), 2, 2, ExtendedColorType::Rgb8).unwrap();
        let found = decode(&bytes).unwrap();
        [found.pixels()[0], found.pixels()[1], found.pixels()[2]]
    };
    let check = |found: [u8; 3], expect: [u8; 3]| {
        assert!(found.iter().zip(expect).all(|(found, expect)| found.abs_diff(expect) <= 3), "{found:?} {expect:?}");
    };
    // Reckoned by hand, with the matrices that the profiles stand for.
    check(file(moxcms::ColorProfile::new_adobe_rgb(), [100, 200, 100]), [0, 201, 92]);
    check(file(moxcms::ColorProfile::new_display_p3(), [200, 30, 30]), [218, 0, 6]);
    check(file(moxcms::ColorProfile::new_srgb(), [12, 130, 240]), [12, 130, 240]);
}

#[test]
fn a_profile_of_nonsense_changes_nothing() {
    let pixels = [200, 30, 30].repeat(4);
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(b"no profile".to_vec()).unwrap();
    encoder.write_image(&pixels, 2, 2, ExtendedColorType::Rgb8).unwrap();
    assert_eq!(decode(&bytes).unwrap().pixels(), pixels);
}

#[test]
fn sixteen_bits_and_grey_are_understood() {
    let pixels: Vec<u8> = (0..64_u16).flat_map(|number| (number * 1000).to_ne_bytes()).collect();
    let raster = decode(&png(8, 8, ExtendedColorType::L16, &pixels)).unwrap();
    assert_eq!((raster.width(), raster.has_alpha()), (8, false));
    assert_eq!(&raster.pixels()[..6], [0, 0, 0, 4, 4, 4]);
    let deep: Vec<u8> = (0..4_u16).flat_map(|_| [65_535_u16, 0, 32_768, 65_535]).flat_map(u16::to_ne_bytes).collect();
    let raster = decode(&png(2, 2, ExtendedColorType::Rgba16, &deep)).unwrap();
    assert_eq!((raster.has_alpha(), &raster.pixels()[..3]), (false, &[255, 0, 128][..]));
}

#[test]
fn printers_colours_are_turned_into_ours() {
    let raster = decode(include_bytes!("cyan-cmyk.jpg")).unwrap();
    let [red, green, blue] = [raster.pixels()[0], raster.pixels()[1], raster.pixels()[2]];
    assert!(red < 30 && green > 200 && blue > 200, "{red} {green} {blue}");
}

#[test]
fn what_moves_is_known_to() {
    use image::codecs::gif::GifEncoder;
    let frame = image::Frame::new(image::RgbaImage::new(4, 4));
    let mut still = Vec::new();
    GifEncoder::new(&mut still).encode_frame(frame.clone()).unwrap();
    assert!(!probe(&still).unwrap().is_animated);
    let mut moving = Vec::new();
    GifEncoder::new(&mut moving).encode_frames([frame.clone(), frame]).unwrap();
    assert!(probe(&moving).unwrap().is_animated);
}

#[test]
fn bad_files_are_told_apart() {
    assert_eq!(probe(b""), Err(Error::Empty));
    assert_eq!(decode(b""), Err(Error::Empty));
    for bytes in [&b"no image"[..], b"<svg/>", b"\0\0\0\x1cftypavif\0\0\0\0", b"II*\0", b"\0"] {
        assert_eq!(probe(bytes), Err(Error::Unknown), "{bytes:?}");
    }
    for format in [Format::Png, Format::Jpeg, Format::Webp] {
        let whole = file(48, 32, format);
        for end in [whole.len() / 2, whole.len() * 9 / 10, whole.len() - 12] {
            let error = decode(&whole[..end]).unwrap_err();
            assert!(matches!(error, Error::Truncated | Error::Damaged { .. }), "{format:?} {end}: {error:?}");
        }
        // Of whatever is cut off, there is an answer.
        for end in 0..whole.len().min(200) {
            assert!(decode(&whole[..end]).is_err(), "{format:?} {end}");
        }
    }
    let jpeg = file(48, 32, Format::Jpeg);
    assert_eq!(decode(&jpeg[..jpeg.len() * 9 / 10]), Err(Error::Truncated));
}

#[test]
fn bombs_are_refused_before_they_are_decoded() {
    // The header of a PNG, with the sum that it must have.
    let header = |width: u32, height: u32| {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 2, 0, 0, 0]);
        let crc = bytes[12..].iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
        });
        bytes.extend((!crc).to_be_bytes());
        bytes.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
        bytes
    };
    for (width, height) in [(60_000, 60_000), (1_000_000, 1_000_000), (30_001, 1), (10_001, 10_000)] {
        let error = Error::TooLarge { width, height };
        assert_eq!(probe(&header(width, height)), Err(error.clone()));
        assert_eq!(decode(&header(width, height)), Err(error));
    }
    assert!(probe(&header(10_000, 10_000)).is_ok());
    // A JPEG that claims what it has not.
    let mut jpeg = file(16, 16, Format::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    assert_eq!(probe(&jpeg), Err(Error::TooLarge { width: 60_000, height: 60_000 }));
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0, 0, 0, 0]);
    assert!(decode(&jpeg).is_err());
}

#[test]
fn encoders_are_named_with_their_versions() {
    let lock = include_str!("../../../Cargo.lock");
    let named = [rivage_images::ENCODERS, rivage_images::DRAWERS];
    for encoder in named.iter().flat_map(|all| all.split(", ").skip(1)) {
        let (name, version) = encoder.split_once(' ').unwrap();
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        assert!(lock.contains(&entry), "the crate tells of {encoder}, and Cargo.lock of another version");
    }
}
