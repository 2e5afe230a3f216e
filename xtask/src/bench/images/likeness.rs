//! How like a file is to what it was made of.
//!
//! In: pixels, and a file as browsers get it. Out: SSIM of the brightness, and SSIMULACRA 2, which sees colours and more than one scale and was made
//! to agree with people. AVIF is decoded by libavif's program: what has encoded a file shall not judge it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use rivage_images::{Format, Raster, decode};
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

use crate::tools::need;

/// How like two images are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Likeness {
    /// From 0 to 1: equal.
    pub(super) ssim: f64,
    /// Up to 100: equal. From 90 nobody sees a difference, 70 is called high quality, 50 medium.
    pub(super) ssimulacra: f64,
}

impl Likeness {
    /// Compares two images of one size.
    pub(super) fn of(source: &Raster, made: &Raster) -> anyhow::Result<Self> {
        ensure!(
            (source.width(), source.height()) == (made.width(), made.height()),
            "{}×{} pixels became {}×{}",
            source.width(),
            source.height(),
            made.width(),
            made.height()
        );
        let ssimulacra = compute_frame_ssimulacra2(rgb(source)?, rgb(made)?).context("SSIMULACRA 2 gave no answer")?;
        Ok(Self { ssim: ssim(source, made), ssimulacra })
    }
}

/// What a browser shows of a file.
pub(super) fn shown(bytes: &[u8], format: Format, work: &Path) -> anyhow::Result<Raster> {
    if format != Format::Avif {
        return Ok(decode(bytes)?);
    }
    let (avif, png) = (work.join("shown.avif"), work.join("shown.png"));
    std::fs::write(&avif, bytes).with_context(|| format!("could not write `{}`", avif.display()))?;
    let decoder = need(&["avifdec"], "libavif-bin")?;
    let done = Command::new(decoder).args(["--png-compress", "0"]).args([&avif, &png]).output();
    let done = done.context("could not run `avifdec`")?;
    ensure!(done.status.success(), "`avifdec` failed: {}", String::from_utf8_lossy(&done.stderr));
    let bytes = std::fs::read(&png).with_context(|| format!("could not read `{}`", png.display()))?;
    Ok(decode(&bytes)?)
}

fn channels(raster: &Raster) -> usize {
    if raster.has_alpha() { 4 } else { 3 }
}

fn rgb(raster: &Raster) -> anyhow::Result<Rgb> {
    let part = |number: u8| f32::from(number) / 255.0;
    let pixels = raster.pixels().chunks_exact(channels(raster));
    let pixels = pixels.map(|pixel| [part(pixel[0]), part(pixel[1]), part(pixel[2])]).collect();
    let (width, height) = (raster.width() as usize, raster.height() as usize);
    Rgb::new(pixels, width, height, TransferCharacteristic::SRGB, ColorPrimaries::BT709).context("could not compare")
}

/// The structural similarity of the brightness of two images, over windows of 8×8 pixels.
fn ssim(a: &Raster, b: &Raster) -> f64 {
    let luma = |raster: &Raster| -> Vec<f64> {
        let luma =
            |pixel: &[u8]| 0.2126 * f64::from(pixel[0]) + 0.7152 * f64::from(pixel[1]) + 0.0722 * f64::from(pixel[2]);
        raster.pixels().chunks_exact(channels(raster)).map(luma).collect()
    };
    let (width, height) = (a.width() as usize, a.height() as usize);
    let (a, b) = (luma(a), luma(b));
    let (mut sum, mut windows) = (0.0, 0.0);
    for y in (0..height.saturating_sub(7)).step_by(4) {
        for x in (0..width.saturating_sub(7)).step_by(4) {
            let (mut sa, mut sb, mut saa, mut sbb, mut sab) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for line in y..y + 8 {
                let at = line * width + x;
                for (a, b) in a[at..at + 8].iter().zip(&b[at..at + 8]) {
                    sa += a;
                    sb += b;
                    saa += a * a;
                    sbb += b * b;
                    sab += a * b;
                }
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

#[cfg(test)]
mod tests {
    use rivage_images::{Settings, encode};

    use super::super::photos::{Texture, photo};
    use super::*;

    #[test]
    fn what_is_equal_is_alike_and_worse_is_less_so() {
        let scene = photo(96, 64, 1, &Texture::new(1));
        let same = Likeness::of(&scene, &scene).unwrap();
        assert!((same.ssim - 1.0).abs() < 1e-9 && same.ssimulacra > 99.9, "{same:?}");
        let at = |quality| {
            let bytes = encode(&scene, Format::Jpeg, Settings { quality, speed: 10 }).unwrap();
            Likeness::of(&scene, &decode(&bytes).unwrap()).unwrap()
        };
        let (good, bad) = (at(90), at(20));
        assert!(good.ssim > bad.ssim && good.ssimulacra > bad.ssimulacra, "{good:?} {bad:?}");
        assert!(bad.ssim < 1.0 && good.ssimulacra < 100.0);
    }

    #[test]
    fn other_sizes_are_refused() {
        let scene = |width| photo(width, 64, 1, &Texture::new(1));
        assert!(Likeness::of(&scene(96), &scene(97)).is_err());
    }
}
