//! A site to measure with: as many posts as wanted, always the same ones.
//!
//! In: how many posts, a folder. Out: the site's sources in it. Each post has 3.7 KB in four sections, two blocks of code and three tags.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, bail};

use crate::tools::note;

const WORDS: [&str; 25] = [
    "tide", "shore", "sand", "water", "rock", "moon", "ebb", "flood", "wind", "salt", "gull", "pier", "rope", "mast",
    "sail", "anchor", "harbor", "light", "wave", "foam", "drift", "shell", "stone", "reef", "fog",
];

const SETTINGS: &str = "\
[site]
title = \"Bench\"
base_url = \"https://example.org\"

[content.blog]
kind = \"blog\"
sort_by = \"date\"
paginate_by = 10
feed = true
";

pub(crate) fn run(count: &str, folder: &str) -> anyhow::Result<()> {
    let Ok(count) = count.parse::<u32>() else { bail!("`{count}` is no number of posts") };
    let folder = Path::new(folder);
    let posts = folder.join("content/blog");
    std::fs::create_dir_all(&posts).with_context(|| format!("could not create `{}`", posts.display()))?;
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::write(&path, text).with_context(|| format!("could not write `{}`", path.display()))
    };
    write("rivage.toml", SETTINGS)?;
    write("content/_index.md", "---\ntitle: Home\n---\nhi\n")?;
    write("content/blog/_index.md", "---\ntitle: Blog\n---\n")?;
    let mut dice = Dice(7);
    for number in 0..count {
        write(&format!("content/blog/post-{number}.md"), &post(number, &mut dice))?;
    }
    note(&format!("{count} posts in `{}`", folder.display()));
    Ok(())
}

fn post(number: u32, dice: &mut Dice) -> String {
    let tags = [dice.word(0, 8), dice.word(8, 8), dice.word(16, 9)];
    let date = format!("{}-{:02}-{:02}", 2000 + number % 26, 1 + number % 12, 1 + number % 28);
    let mut text = format!(
        "---\ntitle: Post {number}\ndescription: About {}\ndate: {date}\ntags: [{}]\n---\n\n",
        tags[0],
        tags.join(", ")
    );
    for section in 0..4 {
        let heading = dice.any_word();
        let (one, other) = (paragraph(dice), paragraph(dice));
        let _ = write!(
            text,
            "## Heading {section} {heading}\n\n{one}\n\n{other} *Em* and **strong** and [link](https://example.org/{number}).\n\n"
        );
    }
    let _ = write!(
        text,
        "```rust\nfn tide_{number}(hours: f64) -> Option<f64> {{\n    let value = (hours * {number}.0 / 12.42).sin();\n    \
         // the moon pulls\n    if value > 0.0 {{ Some(value) }} else {{ None }}\n}}\n```\n\n\
         ```js\nexport function tide{number}(hours) {{\n  const value = Math.sin(hours * {number} / 12.42);\n  \
         return value > 0 ? `high ${{value}}` : null; // moon\n}}\n```\n"
    );
    text
}

fn paragraph(dice: &mut Dice) -> String {
    let words: Vec<_> = (0..70).map(|_| dice.any_word()).collect();
    let text = words.join(" ");
    let (first, rest) = text.split_at(1);
    format!("{}{rest}.", first.to_uppercase())
}

/// Numbers that look like chance and are the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % sides
    }

    fn word(&mut self, first: usize, count: u64) -> &'static str {
        WORDS[first + self.roll(count) as usize]
    }

    fn any_word(&mut self) -> &'static str {
        self.word(0, WORDS.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_are_the_same_every_time() {
        let text = post(3, &mut Dice(7));
        assert_eq!(text, post(3, &mut Dice(7)));
        assert!(text.starts_with("---\ntitle: Post 3\n"), "{text}");
        assert!((3_000..4_500).contains(&text.len()), "{}", text.len());
    }
}
