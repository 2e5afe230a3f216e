//! Images made for tests: a scene with smooth and fine parts.

use rivage_images::Raster;

/// Makes a scene: sky, hills, grass with fine detail. The same numbers give the same scene.
pub(crate) fn scene(width: u32, height: u32, seed: u32) -> Raster {
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let (fx, fy) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
            let hill = 0.55 + 0.1 * (fx * 7.0 + f64::from(seed)).sin() + 0.03 * (fx * 31.0).sin();
            let noise = f64::from(hash(x, y, seed) % 64) / 64.0;
            let colour = if fy < hill {
                [90.0 + 100.0 * fy, 140.0 + 80.0 * fy, 220.0 - 30.0 * fy]
            } else {
                let shade = 0.6 + 0.4 * noise;
                [90.0 * shade, 130.0 * shade, 50.0 * shade + 20.0 * fx]
            };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
            pixels.extend(colour.map(|value| value as u8));
        }
    }
    Raster::new(width, height, false, pixels)
}

fn hash(x: u32, y: u32, seed: u32) -> u32 {
    let mut hash = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77) ^ seed.wrapping_mul(0xC2B2_AE3D);
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x2C1B_3C6D);
    hash ^ (hash >> 12)
}
