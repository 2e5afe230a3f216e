//! Measures AVIF's speeds and the other formats: bytes, time and likeness, as the documentation's table tells them.
//!
//! `cargo run --profile quick -p rivage-images --example measure -- photo.jpg …`; without photos it takes scenes of its own.

use std::time::Instant;

use rivage_images::{Area, Format, Raster, Settings, decode, encode};

#[path = "../tests/common/mod.rs"]
mod common;

/// The width of the images.
const WIDTH: u32 = 1280;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut images = Vec::new();
    for path in std::env::args().skip(1) {
        let raster = decode(&std::fs::read(&path)?)?;
        let height = Area::whole(raster.width(), raster.height()).height_at(WIDTH);
        images.push(raster.resized(Area::whole(raster.width(), raster.height()), WIDTH, height)?);
    }
    if images.is_empty() {
        images = vec![common::scene(WIDTH, 853, 1), common::scene(WIDTH, 853, 2)];
    }
    let settings = (1..=10).map(|speed| (Format::Avif, Settings { quality: 70, speed }));
    let others = [(Format::Webp, 80), (Format::Jpeg, 80), (Format::Png, 100)];
    let others = others.map(|(format, quality)| (format, Settings { quality, speed: 6 }));
    let qualities = [50, 60, 65, 75, 80].map(|quality| (Format::Avif, Settings { quality, speed: 6 }));
    let mut out = std::io::stdout().lock();
    for (format, settings) in settings.chain(qualities).chain(others) {
        let (mut bytes, mut seconds, mut likeness) = (0, 0.0, 0.0);
        for image in &images {
            let start = Instant::now();
            let made = encode(image, format, settings)?;
            seconds += start.elapsed().as_secs_f64();
            bytes += made.len();
            likeness += shown(&made, format)?.map_or(f64::NAN, |shown| ssim(image, &shown));
        }
        let count = images.len() as f64;
        std::io::Write::write_fmt(
            &mut out,
            format_args!(
                "{:5} q{:3} s{:2}: {:7.1} KB {:6.2} s SSIM {:.4}\n",
                format.name(),
                settings.quality,
                settings.speed,
                bytes as f64 / count / 1000.0,
                seconds / count,
                likeness / count
            ),
        )?;
    }
    Ok(())
}

/// What a browser shows. AVIF is decoded by `avifdec` of libavif, if that is here: the encoder's library has no decoder.
fn shown(bytes: &[u8], format: Format) -> Result<Option<Raster>, Box<dyn std::error::Error>> {
    if format != Format::Avif {
        return Ok(Some(decode(bytes)?));
    }
    let folder = std::env::temp_dir().join(format!("rivage-measure-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let (avif, png) = (folder.join("a.avif"), folder.join("a.png"));
    std::fs::write(&avif, bytes)?;
    let done = std::process::Command::new("avifdec").arg(&avif).arg(&png).stdout(std::process::Stdio::null()).status();
    let shown = done.is_ok_and(|status| status.success()).then(|| decode(&std::fs::read(&png)?).map_err(Box::from));
    std::fs::remove_dir_all(&folder)?;
    shown.transpose()
}

/// The structural similarity of the brightness of two images, over windows of 8×8 pixels.
fn ssim(a: &Raster, b: &Raster) -> f64 {
    let luma = |raster: &Raster| -> Vec<f64> {
        let channels = if raster.has_alpha() { 4 } else { 3 };
        let luma =
            |pixel: &[u8]| 0.2126 * f64::from(pixel[0]) + 0.7152 * f64::from(pixel[1]) + 0.0722 * f64::from(pixel[2]);
        raster.pixels().chunks_exact(channels).map(luma).collect()
    };
    let (width, height) = (a.width() as usize, a.height() as usize);
    let (a, b) = (luma(a), luma(b));
    let (mut sum, mut windows) = (0.0, 0.0);
    for y in (0..height.saturating_sub(8)).step_by(4) {
        for x in (0..width.saturating_sub(8)).step_by(4) {
            let (mut sa, mut sb, mut saa, mut sbb, mut sab) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for at in (y..y + 8).flat_map(|y| (x..x + 8).map(move |x| y * width + x)) {
                sa += a[at];
                sb += b[at];
                saa += a[at] * a[at];
                sbb += b[at] * b[at];
                sab += a[at] * b[at];
            }
            let (ma, mb) = (sa / 64.0, sb / 64.0);
            let (va, vb, cov) = (saa / 64.0 - ma * ma, sbb / 64.0 - mb * mb, sab / 64.0 - ma * mb);
            let (c1, c2) = (6.5025, 58.5225);
            sum += ((2.0 * ma * mb + c1) * (2.0 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
            windows += 1.0;
        }
    }
    sum / windows
}
