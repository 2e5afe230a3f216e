//! Pixels, and how they are cut and scaled.
//!
//! Scaling works on amounts of light, not on the numbers that stand for them, and on colours that weigh as much as they are opaque: fine lines keep
//! their brightness, and nothing shines through at edges.

use std::sync::LazyLock;

use fast_image_resize::images::Image;
use fast_image_resize::pixels::{U16x3, U16x4};
use fast_image_resize::{FilterType, PixelTrait, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::{Area, Error};

/// Pixels in sRGB, upright, eight bits a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    width: u32,
    height: u32,
    has_alpha: bool,
    pixels: Vec<u8>,
}

/// Light for each of the 256 numbers of sRGB.
static LIGHT: LazyLock<[u16; 256]> = LazyLock::new(|| {
    let light = |value: f64| if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
    std::array::from_fn(|number| to_u16(light(number as f64 / 255.0) * 65_535.0))
});

/// The number of sRGB for each amount of light.
static NUMBER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let number = |light: f64| if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    (0..=u16::MAX).map(|light| to_u8(number(f64::from(light) / 65_535.0) * 255.0)).collect()
});

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
fn to_u16(value: f64) -> u16 {
    value.round() as u16
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
fn to_u8(value: f64) -> u8 {
    value.round() as u8
}

impl Raster {
    /// Takes pixels, row by row, three or four bytes each. What is missing is black.
    pub fn new(width: u32, height: u32, has_alpha: bool, mut pixels: Vec<u8>) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        pixels.resize(width as usize * height as usize * if has_alpha { 4 } else { 3 }, 0);
        Self { width, height, has_alpha, pixels }
    }

    /// The width.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The height.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Whether pixels have a fourth number, for how opaque they are.
    pub fn has_alpha(&self) -> bool {
        self.has_alpha
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    fn channels(&self) -> usize {
        if self.has_alpha { 4 } else { 3 }
    }

    /// Drops the fourth number where it tells nothing.
    pub(crate) fn without_idle_alpha(mut self) -> Self {
        if self.has_alpha && self.pixels.chunks_exact(4).all(|pixel| pixel[3] == u8::MAX) {
            // In place: a copy would be the second of a large image.
            for pixel in 0..self.pixels.len() / 4 {
                self.pixels.copy_within(pixel * 4..pixel * 4 + 3, pixel * 3);
            }
            self.pixels.truncate(self.pixels.len() / 4 * 3);
            self.has_alpha = false;
        }
        self
    }

    /// The colour of all of its light together; none where something is transparent.
    pub fn color(&self) -> Option<[u8; 3]> {
        if self.has_alpha {
            return None;
        }
        // Some ten thousand pixels tell as much as all.
        let (across, down) = ((self.width / 100).max(1), (self.height / 100).max(1));
        let mut sums = [0_u64; 3];
        let mut count = 0;
        for y in (0..self.height).step_by(down as usize) {
            for x in (0..self.width).step_by(across as usize) {
                let at = (y as usize * self.width as usize + x as usize) * 3;
                for (sum, number) in sums.iter_mut().zip(&self.pixels[at..at + 3]) {
                    *sum += u64::from(LIGHT[usize::from(*number)]);
                }
                count += 1;
            }
        }
        Some(sums.map(|sum| NUMBER[usize::try_from(sum / count).unwrap_or_default()]))
    }

    /// Cuts an area out and scales it. What is asked for beyond the image is left out, and nothing is enlarged.
    ///
    /// # Errors
    /// The scaler refuses.
    pub fn resized(&self, area: Area, width: u32, height: u32) -> Result<Self, Error> {
        let (x, y) = (area.x.min(self.width - 1), area.y.min(self.height - 1));
        let (wide, tall) = (area.width.clamp(1, self.width - x), area.height.clamp(1, self.height - y));
        let area = Area { x, y, width: wide, height: tall };
        let (width, height) = (width.clamp(1, wide), height.clamp(1, tall));
        if (width, height) == (wide, tall) {
            return Ok(self.cut(area));
        }
        // Whole blocks are put together first: a photo of 50 million pixels would take 300 MB as light. The scaler, which weighs each pixel,
        // still gets twice of what it makes.
        let block = (wide / width).min(tall / height).div_euclid(2).max(1);
        let light = self.light(area, block);
        let mut made = Image::new(width, height, light.pixel_type());
        if self.has_alpha {
            scale::<U16x4>(&light, &mut made)?
        } else {
            scale::<U16x3>(&light, &mut made)?
        }
        drop(light);
        Ok(Self { width, height, has_alpha: self.has_alpha, pixels: self.numbers(made.buffer()) })
    }

    fn cut(&self, area: Area) -> Self {
        let channels = self.channels();
        let mut pixels = Vec::with_capacity(area.width as usize * area.height as usize * channels);
        for row in self.rows(area) {
            pixels.extend_from_slice(row);
        }
        Self { width: area.width, height: area.height, has_alpha: self.has_alpha, pixels }
    }

    fn rows(&self, area: Area) -> impl Iterator<Item = &[u8]> {
        let channels = self.channels();
        let line = self.width as usize * channels;
        let (start, end) = (area.x as usize * channels, (area.x + area.width) as usize * channels);
        self.pixels.chunks_exact(line).skip(area.y as usize).take(area.height as usize).map(move |row| &row[start..end])
    }

    /// Returns the light of an area, blocks of `block`×`block` pixels as one. A remainder at the right or the bottom counts to the last block.
    fn light(&self, area: Area, block: u32) -> Image<'static> {
        let channels = self.channels();
        let (width, height) = (area.width / block, area.height / block);
        let kind = if self.has_alpha { PixelType::U16x4 } else { PixelType::U16x3 };
        let mut made = Image::new(width, height, kind);
        let buffer = made.buffer_mut();
        let mut sums = vec![0_u64; width as usize * channels];
        let mut counts = vec![0_u64; width as usize];
        for (y, row) in self.rows(area).enumerate() {
            let line = (y as u32 / block).min(height - 1);
            for (x, pixel) in row.chunks_exact(channels).enumerate() {
                let column = (x as u32 / block).min(width - 1) as usize;
                let sums = &mut sums[column * channels..(column + 1) * channels];
                counts[column] += 1;
                if let [.., alpha] = pixel
                    && self.has_alpha
                {
                    let opaque = u64::from(*alpha);
                    for (sum, number) in sums.iter_mut().zip(&pixel[..3]) {
                        *sum += (u64::from(LIGHT[usize::from(*number)]) * opaque + 127) / 255;
                    }
                    sums[3] += opaque * 257;
                } else {
                    for (sum, number) in sums.iter_mut().zip(pixel) {
                        *sum += u64::from(LIGHT[usize::from(*number)]);
                    }
                }
            }
            let is_last = y as u32 + 1 == area.height;
            let next = ((y as u32 + 1) / block).min(height - 1);
            if is_last || next != line {
                let start = line as usize * width as usize * channels * 2;
                let out = &mut buffer[start..start + width as usize * channels * 2];
                for (place, (sum, out)) in sums.iter().zip(out.chunks_exact_mut(2)).enumerate() {
                    let count = counts[place / channels];
                    let mean = u16::try_from((sum + count / 2) / count).unwrap_or(u16::MAX);
                    out.copy_from_slice(&mean.to_ne_bytes());
                }
                sums.fill(0);
                counts.fill(0);
            }
        }
        made
    }

    /// Returns the numbers of sRGB of light.
    fn numbers(&self, light: &[u8]) -> Vec<u8> {
        let channels = self.channels();
        let mut pixels = Vec::with_capacity(light.len() / 2);
        for pixel in light.chunks_exact(channels * 2) {
            let channel = |place: usize| u16::from_ne_bytes([pixel[place * 2], pixel[place * 2 + 1]]);
            if self.has_alpha {
                let alpha = channel(3);
                let whole = |light: u16| match alpha {
                    0 => 0,
                    // The filter may leave more light than there is room for.
                    alpha => (u32::from(light) * 65_535 / u32::from(alpha)).min(65_535) as usize,
                };
                pixels.extend((0..3).map(|place| NUMBER[whole(channel(place))]));
                pixels.push(u8::try_from((u32::from(alpha) + 128) / 257).unwrap_or(u8::MAX));
            } else {
                pixels.extend((0..3).map(|place| NUMBER[usize::from(channel(place))]));
            }
        }
        pixels
    }
}

/// Scales an image of pixels of one kind. The scaler can find out the kind by itself, but then has code for all of them, three megabytes.
fn scale<P: PixelTrait>(light: &Image<'_>, made: &mut Image<'_>) -> Result<(), Error> {
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(false);
    let refused = |reason: String| Error::Encode { format: "a smaller image", reason };
    let (Some(from), Some(mut to)) = (light.typed_image::<P>(), made.typed_image_mut::<P>()) else {
        return Err(refused("the kinds of pixels differ".to_owned()));
    };
    Resizer::new().resize_typed(&from, &mut to, &options).map_err(|error| refused(error.to_string()))
}
