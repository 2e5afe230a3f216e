//! Photos of places that do not exist, from a number: sky with clouds, hills behind each other, stones on a ground, and the noise of a sensor.
//!
//! In: a size and a seed. Out: pixels; JPEG files that differ though their pixels may not. What makes encoders work is what photos have: as much
//! contrast in each scale, hard edges, smooth parts and noise. Deliberately not here: a claim that numbers of such photos are those of yours.

use rivage_images::{Error, Format, Raster, Settings, encode};

use crate::generate::dice::Dice;

/// The side of the texture, a power of two.
const SIDE: usize = 2048;
const MASK: usize = SIDE - 1;

/// How much a scale's contrast is less than that of the scale twice as large, in 1/256: photos have nearly as much in each.
const FALL: i32 = 176;

/// The quality that cameras write with.
const CAMERA: Settings = Settings { quality: 92, speed: 10 };

/// A texture with contrast in each scale, which goes on where it ends.
pub(super) struct Texture(Vec<i16>);

impl Texture {
    /// Makes one: each pixel is the mean of four around it, and some chance.
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::of_page(seed, 0);
        let mut grid = vec![0_i32; SIDE * SIDE];
        let mut step = SIDE / 4;
        let mut contrast = 6000;
        for y in (0..SIDE).step_by(step) {
            for x in (0..SIDE).step_by(step) {
                grid[y * SIDE + x] = chance(&mut dice, contrast);
            }
        }
        while step > 1 {
            let half = step / 2;
            contrast = contrast * FALL / 256;
            // The middles of squares, then those of the squares' sides.
            for y in (half..SIDE).step_by(step) {
                for x in (half..SIDE).step_by(step) {
                    let (left, right, up, down) = (x - half, (x + half) & MASK, y - half, (y + half) & MASK);
                    let sum = grid[up * SIDE + left]
                        + grid[up * SIDE + right]
                        + grid[down * SIDE + left]
                        + grid[down * SIDE + right];
                    grid[y * SIDE + x] = sum / 4 + chance(&mut dice, contrast);
                }
            }
            for y in (0..SIDE).step_by(half) {
                let first = if (y / half).is_multiple_of(2) { half } else { 0 };
                for x in (first..SIDE).step_by(step) {
                    let (left, right) = (x.wrapping_sub(half) & MASK, (x + half) & MASK);
                    let (up, down) = (y.wrapping_sub(half) & MASK, (y + half) & MASK);
                    let sum =
                        grid[y * SIDE + left] + grid[y * SIDE + right] + grid[up * SIDE + x] + grid[down * SIDE + x];
                    grid[y * SIDE + x] = sum / 4 + chance(&mut dice, contrast);
                }
            }
            step = half;
        }
        let small = |value: i32| i16::try_from(value.clamp(-16_000, 16_000) / 64).unwrap_or_default();
        Self(grid.into_iter().map(small).collect())
    }

    /// From -250 to 250, mostly within 120.
    fn at(&self, x: usize, y: usize) -> i32 {
        i32::from(self.0[(y & MASK) * SIDE + (x & MASK)])
    }
}

fn chance(dice: &mut Dice, most: i32) -> i32 {
    i32::try_from(dice.roll(2 * u64::from(most.unsigned_abs()) + 1)).unwrap_or_default() - most
}

/// A stone: its middle and its radius.
struct Stone {
    x: i32,
    y: i32,
    radius: i32,
    shade: i32,
}

/// Takes a photo of a place.
#[expect(clippy::cast_possible_wrap, reason = "sizes of photos are far below the bound")]
pub(super) fn photo(width: u32, height: u32, place: u32, texture: &Texture) -> Raster {
    let mut dice = Dice::of_page(7, place);
    let (wide, tall) = (width as usize, height as usize);
    let (off, other) = (dice.roll(SIDE as u64) as usize, dice.roll(SIDE as u64) as usize);
    // Three ridges, from far to near: where they begin in each column.
    let line = |ridge: usize, x: usize| {
        let (base, rough) = (tall * [38, 52, 66][ridge] / 100, (tall * [9, 7, 4][ridge] / 100) as i32);
        let at = x * SIDE * (ridge + 1) / wide + other;
        let height = base as i32 + texture.at(at, 97 * (ridge + 1)) * rough / 110;
        usize::try_from(height).unwrap_or_default()
    };
    let ridges: Vec<[usize; 3]> = (0..wide).map(|x| std::array::from_fn(|ridge| line(ridge, x))).collect();
    let mut pixels = Vec::with_capacity(wide * tall * 3);
    for y in 0..tall {
        let sky = (y * 100 / tall) as i32;
        for (x, [far, middle, near]) in ridges.iter().enumerate() {
            let (rough, tint) = (texture.at(x + off, y + other), texture.at(y + off, x));
            let [red, green, blue] = if y < *far {
                let cloud = texture.at(x / 2 + other, y + off).max(0) / 2;
                [70 + sky + cloud, 120 + sky + cloud, 205 + sky / 3 + cloud / 3]
            } else if y < *middle {
                [92 + rough / 6, 108 + rough / 6, 130 + rough / 8 + tint / 12]
            } else if y < *near {
                [70 + rough / 3 + tint / 6, 92 + rough / 3, 58 + rough / 4 - tint / 8]
            } else {
                [128 + rough * 2 / 3 + tint / 5, 108 + rough * 2 / 3, 74 + rough / 2 - tint / 5]
            };
            // Two throws of a sensor, as like to noise as is cheap.
            let noise = grain(x, y, place);
            pixels.extend([to_u8(red + noise), to_u8(green + noise), to_u8(blue + noise)]);
        }
    }
    let low = tall as u64 * 70 / 100;
    for _ in 0..90 {
        let y = low + dice.roll(tall as u64 - low);
        // What is nearer is larger.
        let radius = 3 + (y - low) / 12 + dice.roll(1 + tall as u64 / 60);
        let stone =
            Stone { x: dice.roll(wide as u64) as i32, y: y as i32, radius: radius as i32, shade: dice.roll(60) as i32 };
        draw(&stone, (wide, tall), texture, &mut pixels);
    }
    Raster::new(width, height, false, pixels)
}

/// Draws a stone, lit from the upper left.
#[expect(clippy::cast_possible_wrap, reason = "sizes of photos are far below the bound")]
#[expect(clippy::cast_sign_loss, reason = "places are within the photo, as their bounds say")]
fn draw(stone: &Stone, (wide, tall): (usize, usize), texture: &Texture, pixels: &mut [u8]) {
    let Stone { x, y, radius, shade } = *stone;
    for row in (y - radius).max(0)..(y + radius).min(tall as i32) {
        for column in (x - radius).max(0)..(x + radius).min(wide as i32) {
            let (dx, dy) = (column - x, row - y);
            if dx * dx + dy * dy >= radius * radius {
                continue;
            }
            let (row, column) = (row as usize, column as usize);
            let light = 130 + shade - (dx + dy) * 60 / radius.max(1) + texture.at(row, column + 31) / 3;
            let at = (row * wide + column) * 3;
            let noise = grain(column, row, 5);
            for (place, part) in [0, 4, 12].into_iter().enumerate() {
                pixels[at + place] = to_u8(light - part + noise);
            }
        }
    }
}

/// The noise of a sensor: from -4 to 4, mostly near 0.
fn grain(x: usize, y: usize, place: u32) -> i32 {
    let mut bits = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77) ^ place;
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x2C1B_3C6D);
    bits ^= bits >> 13;
    let [first, second, ..] = bits.to_le_bytes();
    i32::from(first % 5) + i32::from(second % 5) - 4
}

fn to_u8(value: i32) -> u8 {
    u8::try_from(value.clamp(0, 255)).unwrap_or_default()
}

/// Writes a photo as cameras do.
pub(super) fn jpeg(raster: &Raster) -> Result<Vec<u8>, Error> {
    encode(raster, Format::Jpeg, CAMERA)
}

/// Makes another file of the same photo, by a comment: for the program that is another photo, with all that is to be made of it.
pub(super) fn numbered(jpeg: &[u8], number: u32) -> Vec<u8> {
    let (start, rest) = jpeg.split_at(2);
    [start, &[0xFF, 0xFE, 0, 6], &number.to_be_bytes(), rest].concat()
}

#[cfg(test)]
mod tests {
    use rivage_images::decode;

    use super::*;

    #[test]
    fn photos_are_always_the_same_and_each_is_another() {
        let texture = Texture::new(1);
        let one = photo(120, 80, 1, &texture);
        assert_eq!(one, photo(120, 80, 1, &Texture::new(1)));
        assert_ne!(one, photo(120, 80, 2, &texture));
        assert_eq!((one.width(), one.height()), (120, 80));
    }

    #[test]
    fn they_have_dark_and_bright_parts_and_noise() {
        let photo = photo(300, 200, 3, &Texture::new(1));
        let (least, most) = (photo.pixels().iter().min().unwrap(), photo.pixels().iter().max().unwrap());
        assert!(*least < 40 && *most > 215, "{least} {most}");
        let same = photo.pixels().windows(4).filter(|pair| pair[0] == pair[3]).count();
        assert!(same < photo.pixels().len() / 3, "{same}");
    }

    #[test]
    fn numbered_files_have_the_same_pixels() {
        let file = jpeg(&photo(40, 30, 1, &Texture::new(1))).unwrap();
        let (one, two) = (numbered(&file, 1), numbered(&file, 2));
        assert_ne!(one, two);
        assert_eq!(decode(&one), decode(&file));
        assert_eq!(decode(&two), decode(&file));
    }
}
