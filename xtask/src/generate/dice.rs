//! Numbers and words that look like chance and are the same every time (SplitMix64).

const WORDS: [&str; 25] = [
    "tide", "shore", "sand", "water", "rock", "moon", "ebb", "flood", "wind", "salt", "gull", "pier", "rope", "mast",
    "sail", "anchor", "harbor", "light", "wave", "foam", "drift", "shell", "stone", "reef", "fog",
];

pub(crate) struct Dice(u64);

impl Dice {
    /// Dice for one page: pages do not depend on each other, so that more pages leave the first ones as they are.
    pub(crate) fn of_page(seed: u64, number: u32) -> Self {
        let mut dice = Self(seed);
        let start = dice.bits();
        Self(start ^ (u64::from(number) << 20))
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.bits() % sides
    }

    pub(super) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len() as u64) as usize]
    }

    pub(super) fn word(&mut self) -> &'static str {
        self.one(&WORDS)
    }

    /// One word of each third, so that a post's tags differ from each other.
    pub(super) fn tags(&mut self) -> Vec<String> {
        [&WORDS[..8], &WORDS[8..16], &WORDS[16..]].iter().map(|third| self.one(third).to_owned()).collect()
    }

    /// A sentence of so many words.
    pub(super) fn sentence(&mut self, words: usize) -> String {
        let words: Vec<_> = (0..words).map(|_| self.word()).collect();
        format!("{}.", capital(&words.join(" ")))
    }

    /// A few words that start with a capital, without a full stop.
    pub(super) fn title(&mut self, words: usize) -> String {
        let mut text = self.sentence(words);
        text.pop();
        text
    }

    /// A paragraph in sentences of five to fourteen words.
    pub(super) fn paragraph(&mut self, words: usize) -> String {
        let mut sentences = Vec::new();
        let mut left = words;
        while left > 0 {
            let take = left.min(5 + self.roll(10) as usize);
            sentences.push(self.sentence(take));
            left -= take;
        }
        sentences.join(" ")
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
