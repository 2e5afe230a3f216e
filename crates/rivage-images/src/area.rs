//! Which part of an image is shown.
//!
//! In: a size, a ratio, the point that matters. Out: a rectangle in pixels. All numbers are whole, so that equal wishes are equal.

use serde::{Deserialize, Serialize};

/// A ratio of width to height: `16:9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio {
    /// The width's part.
    pub width: u32,
    /// The height's part.
    pub height: u32,
}

/// The point that stays in sight, in thousandths of width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Focus {
    /// From the left.
    pub x: u16,
    /// From the top.
    pub y: u16,
}

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Area {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Its width, at least 1.
    pub width: u32,
    /// Its height, at least 1.
    pub height: u32,
}

impl Default for Focus {
    fn default() -> Self {
        Self { x: 500, y: 500 }
    }
}

impl Ratio {
    /// Reads `16:9`, `16/9` or `1`.
    pub fn parse(text: &str) -> Option<Self> {
        let (width, height) = text.split_once([':', '/']).unwrap_or((text, "1"));
        let part = |text: &str| text.trim().parse().ok().filter(|part| (1..=10_000).contains(part));
        Some(Self { width: part(width)?, height: part(height)? })
    }
}

impl Focus {
    /// Reads `30% 20%`, `0.3 0.2`, `0.3,0.2` or a word such as `top`, `bottom left`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut focus = Self::default();
        let mut numbers = Vec::new();
        for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
            match word {
                "center" | "centre" => {}
                "left" => focus.x = 0,
                "right" => focus.x = 1000,
                "top" => focus.y = 0,
                "bottom" => focus.y = 1000,
                number => numbers.push(thousandths(number)?),
            }
        }
        match numbers[..] {
            [] => {}
            [x, y] => focus = Self { x, y },
            _ => return None,
        }
        Some(focus)
    }
}

fn thousandths(text: &str) -> Option<u16> {
    let (number, of) = text.strip_suffix('%').map_or((text, 1000.0), |number| (number, 10.0));
    let value = number.parse::<f64>().ok()? * of;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within bounds as just compared")]
    (0.0..=1000.0).contains(&value).then(|| value.round() as u16)
}

impl Area {
    /// The whole of an image.
    pub fn whole(width: u32, height: u32) -> Self {
        Self { x: 0, y: 0, width, height }
    }

    /// The largest part of an image that has a ratio, with the focus as near to its middle as can be.
    pub fn of_ratio((width, height): (u32, u32), ratio: Ratio, focus: Focus) -> Self {
        let (wide, tall) = (u64::from(width), u64::from(height));
        let (by_width, by_height) = (u64::from(ratio.width), u64::from(ratio.height));
        let (area_width, area_height) = if wide * by_height > tall * by_width {
            ((tall * by_width / by_height).max(1), tall)
        } else {
            (wide, (wide * by_height / by_width).max(1))
        };
        let start = |whole: u64, part: u64, focus: u16| {
            let middle = whole * u64::from(focus) / 1000;
            middle.saturating_sub(part / 2).min(whole - part)
        };
        let to_u32 = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            x: to_u32(start(wide, area_width, focus.x)),
            y: to_u32(start(tall, area_height, focus.y)),
            width: to_u32(area_width),
            height: to_u32(area_height),
        }
    }

    /// The height of the area at a width, at least 1.
    pub fn height_at(self, width: u32) -> u32 {
        let (own, height) = (u64::from(self.width.max(1)), u64::from(self.height));
        let scaled = (u64::from(width) * height + own / 2) / own;
        u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crops_keep_the_focus_in_sight() {
        let check = |size, ratio, focus, expect: (u32, u32, u32, u32)| {
            let area = Area::of_ratio(size, Ratio::parse(ratio).unwrap(), Focus::parse(focus).unwrap());
            assert_eq!((area.x, area.y, area.width, area.height), expect, "{size:?} {ratio} {focus}");
        };
        check((400, 300), "1:1", "center", (50, 0, 300, 300));
        check((400, 300), "1", "left", (0, 0, 300, 300));
        check((400, 300), "1", "90% 50%", (100, 0, 300, 300));
        check((400, 300), "16/9", "bottom", (0, 75, 400, 225));
        check((400, 300), "4:3", "0.1,0.1", (0, 0, 400, 300));
        check((400, 300), "10000:1", "top right", (0, 0, 400, 1));
        check((1, 60_000), "1:10000", "", (0, 25_000, 1, 10_000));
    }

    #[test]
    fn wishes_that_mean_nothing_are_none() {
        for text in ["", "0:1", "16:", "a:b", "16:9:4", "-1:1", "1:10001", "NaN"] {
            assert_eq!(Ratio::parse(text), None, "{text}");
        }
        for text in ["0.5", "1.1 0", "101% 0%", "-1 0", "middle", "NaN NaN", "0 0 0"] {
            assert_eq!(Focus::parse(text), None, "{text}");
        }
    }

    #[test]
    fn heights_are_rounded() {
        assert_eq!(Area::whole(3, 2).height_at(100), 67);
        assert_eq!(Area::whole(60_000, 1).height_at(100), 1);
    }
}
