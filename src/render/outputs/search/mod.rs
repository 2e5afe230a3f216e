//! The search index: static files of which a browser loads a few small ones for a query.
//!
//! In: what each page says ([`SearchPage`]). Out: JSON files. Deliberately not here: the client, `themes/shore/assets/js/search-index.js`, which
//! must cut text into words exactly as [`words`] does.
//!
//! # Format, version 1
//!
//! `search/index.LANG.json`, one for each language, is loaded first:
//!
//! ```json
//! { "version": 1, "terms": ["a", "0f3b…", "ma", "77c2…"], "pages": [0, "91aa…", 17, "5d0e…"] }
//! ```
//!
//! Both lists hold pairs. A pair of `terms` is the first term of a shard and its hash: a shard has all terms from its first one up to
//! that of the next shard, in the order of UTF-16 units (that of JavaScript's `<`). A pair of `pages` is the number of the first page of a
//! chunk and its hash. The file of a hash is `search/data/LANG-HASH.json`; its name changes with what is in it, so it may be kept for ever.
//!
//! A shard maps each of its terms to its postings, two numbers each, by page:
//!
//! ```json
//! { "mast": [3, 1473, 12, 640], "moor": [0, 832] }
//! ```
//!
//! The first number is the page's number less that of the posting before (the first: less 0). The second is `64 * weight + section`: the weight
//! (1 to 511) is what the term is worth on this page, its rarity (as in BM25) times its frequency with a bonus for title and
//! headings; `section` is where on the page it is at its best. Only the 1,000 heaviest postings of a term are kept: who asks for a word
//! of every page is not helped by the rest.
//!
//! A chunk is a list of pages, each with its sections in threes: id, heading, start of the text. Section 0 is the page's start and has
//! neither id nor heading:
//!
//! ```json
//! [ ["/docs/sails/", "Sails", "Docs", ["", "", "A sail is…", "jib", "The jib", "In front of…"]] ]
//! ```
//!
//! A client finds the words of a query (also as starts of terms, and with one wrong letter) in the shards around them, adds up weights page
//! by page, and loads the chunks of the best pages. Shards are at most 50 kB, chunks mostly 24 kB.

mod words;

use std::borrow::Cow;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde_json::json;

use super::{Outputs, Take};
use crate::inputs::Fingerprint;
use crate::render::answers::Mix;
use crate::render::facts::AllTold;
use crate::render::{Artifact, SearchPage};
pub use words::words;

/// The folder of files whose names have a hash.
pub const HASHED: &str = "search/data/";

/// Pages whose words are counted at a time.
const COUNTED: usize = 500;
/// Bytes of a shard, after which another one is begun. A term adds at most a fifth of it.
const SHARD: usize = 40_000;
/// Bytes of a chunk, after which another one is begun.
const CHUNK: usize = 24_000;
/// Postings of a term.
const POSTINGS: usize = 1_000;
/// Sections of a page that can be told apart.
const SECTIONS: usize = 64;
/// Characters of a section that results show.
const SHOWN: usize = 320;
/// The greatest weight.
const HEAVIEST: u32 = 511;

/// Makes the index of all languages, also of those without pages.
pub(super) fn render(outputs: &Outputs<'_>, take: &dyn Take) -> Result<(), crate::fs::Error> {
    for language in &outputs.site.config.languages {
        let is_found = |place: &usize| {
            let told = outputs.told.all().get(*place);
            told.is_some_and(|told| told.search.is_some()) && outputs.site.routes[*place].language == language.code
        };
        let routes: Vec<usize> = (0..outputs.site.routes.len()).filter(is_found).collect();
        let mut input = Mix::default();
        for told in routes.iter().filter_map(|place| outputs.told.all().get(*place)) {
            input.print(told.search.unwrap_or(Fingerprint::MISSING));
        }
        let pages = Found { told: outputs.told, routes };
        take.take_known(&format!("search {}", language.code), input.finish(), &|| index(&language.code, &pages))?;
    }
    Ok(())
}

/// The pages of an index, in its order. They are asked for one by one: all of them together are most of what a large build knows.
trait Pages: Sync {
    fn len(&self) -> usize;
    fn get(&self, number: usize) -> Cow<'_, SearchPage>;
}

/// Pages by their routes.
struct Found<'f> {
    told: &'f AllTold<'f>,
    routes: Vec<usize>,
}

impl Pages for Found<'_> {
    fn len(&self) -> usize {
        self.routes.len()
    }

    fn get(&self, number: usize) -> Cow<'_, SearchPage> {
        self.told.search(self.routes[number]).unwrap_or_default()
    }
}

fn index(language: &str, pages: &dyn Pages) -> Vec<Artifact> {
    let mut files = Vec::new();
    let mut add = |text: String| {
        let hash = Fingerprint::of(text.as_bytes()).hex()[..12].to_owned();
        files.push(Artifact::text(format!("{HASHED}{language}-{hash}.json"), text));
        hash
    };
    let (shards, entries) = count_all(pages);
    let mut terms = Vec::new();
    for (first, text) in shards {
        terms.push(json!(first));
        terms.push(json!(add(text)));
    }
    let mut chunks = Vec::new();
    for (first, text) in pack(entries.into_iter(), CHUNK, ('[', ']')) {
        chunks.push(json!(first));
        chunks.push(json!(add(text)));
    }
    let manifest = json!({ "version": 1, "terms": terms, "pages": chunks });
    files.push(Artifact::text(format!("search/index.{language}.json"), manifest.to_string()));
    files
}

/// Puts pieces of JSON together to files of about `size` bytes. Returns each with the number of its first piece.
fn pack(pieces: impl Iterator<Item = String>, size: usize, (open, close): (char, char)) -> Vec<(usize, String)> {
    let mut files: Vec<(usize, String)> = Vec::new();
    for (number, piece) in pieces.enumerate() {
        match files.last_mut() {
            Some((_, file)) if file.len() + piece.len() < size => {
                file.push(',');
                file.push_str(&piece);
            }
            _ => files.push((number, format!("{open}{piece}"))),
        }
    }
    for (_, file) in &mut files {
        file.push(close);
    }
    files
}

/// A page as results show it.
fn entry(page: &SearchPage) -> String {
    let mut parts = Vec::new();
    if page.sections.first().is_none_or(|first| !first.id.is_empty()) {
        parts.extend(["", "", ""]);
    }
    for section in &page.sections {
        parts.extend([section.id.as_str(), section.title.as_str(), start_of(&section.text)]);
    }
    parts.truncate(3 * SECTIONS);
    json!([page.url, page.title, page.breadcrumb, parts]).to_string()
}

/// The start of a text, up to the end of a word.
fn start_of(text: &str) -> &str {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => text[..end].rsplit_once(' ').map_or(&text[..end], |(whole, _)| whole),
        None => text,
    }
}

/// What a term is on one page.
#[derive(Clone, Copy, Default)]
struct Use {
    page: u32,
    count: u32,
    in_title: bool,
    in_heading: bool,
    /// The section where it is at its best, and how much it is there.
    best: (u32, u32),
    /// The same of the section that is being read.
    here: (u32, u32),
}

impl Use {
    fn add(&mut self, section: u32, worth: u32) {
        // Sections beyond the last one that can be told: results lead to the page's start.
        if section as usize >= SECTIONS {
            return;
        }
        if self.here.0 != section {
            self.here = (section, 0);
        }
        self.here.1 += worth;
        // The earlier of two equals.
        if self.here.1 > self.best.1 {
            self.best = self.here;
        }
    }
}

/// A page's words.
#[derive(Default)]
struct Counted {
    terms: FxHashMap<String, Use>,
    length: u32,
    title_length: u32,
}

impl Counted {
    /// Most words are there already: a string is made only for those that are not.
    fn note(&mut self, word: &str, note: impl FnOnce(&mut Use)) {
        if let Some(found) = self.terms.get_mut(word) {
            return note(found);
        }
        let mut found = Use::default();
        note(&mut found);
        self.terms.insert(word.to_owned(), found);
    }
}

fn count(page: &SearchPage) -> Counted {
    let mut counted = Counted::default();
    words(&page.title, |word| {
        counted.title_length += 1;
        counted.note(word, |found| found.in_title = true);
    });
    words(&page.breadcrumb, |word| counted.note(word, |found| found.count += 1));
    let mut number = u32::from(page.sections.first().is_none_or(|first| !first.id.is_empty()));
    for section in &page.sections {
        words(&section.title, |word| {
            counted.note(word, |found| {
                found.in_heading = true;
                // A heading says what its section is about.
                found.add(number, 8);
            });
        });
        words(&section.text, |word| {
            counted.length += 1;
            counted.note(word, |found| {
                found.count += 1;
                found.add(number, 1);
            });
        });
        number = number.saturating_add(1);
    }
    counted
}

/// The shards with their first terms, and all pages as results show them.
fn count_all(pages: &dyn Pages) -> (Vec<(String, String)>, Vec<String>) {
    let mut lengths = Vec::with_capacity(pages.len());
    let mut entries = Vec::with_capacity(pages.len());
    let mut postings: FxHashMap<String, Vec<Use>> = FxHashMap::default();
    // A few pages at a time: the words of all pages, counted apart, would be most of what a build holds in memory.
    for start in (0..pages.len()).step_by(COUNTED) {
        let numbers = start..pages.len().min(start + COUNTED);
        let counted: Vec<(Counted, String)> = numbers
            .into_par_iter()
            .map(|number| {
                let page = pages.get(number);
                (count(&page), entry(&page))
            })
            .collect();
        for (page, entry) in counted {
            entries.push(entry);
            let number = u32::try_from(lengths.len()).unwrap_or(u32::MAX);
            lengths.push((page.length, page.title_length));
            #[expect(clippy::iter_over_hash_type, reason = "each term has a list of its own; terms are sorted below")]
            for (term, found) in page.terms {
                postings.entry(term).or_default().push(Use { page: number, ..found });
            }
        }
    }
    let total: u64 = lengths.iter().map(|(length, _)| u64::from(*length)).sum();
    let average = (total as f64 / pages.len().max(1) as f64).max(1.0);
    let lengths: Vec<_> =
        lengths.into_iter().map(|(length, title_length)| (f64::from(length) / average, title_length)).collect();

    let mut terms: Vec<_> = postings.into_iter().collect();
    terms.par_sort_unstable_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    let lists: Vec<_> = terms.par_iter().map(|(term, uses)| posting_list(term, uses, &lengths)).collect();
    let packed = pack(lists.into_iter(), SHARD, ('{', '}'));
    (packed.into_iter().map(|(first, text)| (terms[first].0.clone(), text)).collect(), entries)
}

fn posting_list(term: &str, uses: &[Use], lengths: &[(f64, u32)]) -> String {
    let rarity = rarity(uses.len(), lengths.len());
    let mut postings: Vec<_> =
        uses.iter().map(|found| (found.page, weight(found, rarity, lengths), found.best.0)).collect();
    if postings.len() > POSTINGS {
        postings.sort_unstable_by_key(|(page, weight, _)| (std::cmp::Reverse(*weight), *page));
        postings.truncate(POSTINGS);
        postings.sort_unstable();
    }
    let mut list = Vec::with_capacity(2 * postings.len());
    let mut before = 0;
    for (page, weight, section) in postings {
        list.push(page - before);
        list.push(weight * 64 + section);
        before = page;
    }
    format!("{}:{}", json!(term), json!(list))
}

/// BM25 with its usual constants, and a bonus for title and headings that does not grow with how often a word is there.
fn weight(found: &Use, rarity: f64, lengths: &[(f64, u32)]) -> u32 {
    let (length, title_length) = lengths[found.page as usize];
    let count = f64::from(found.count);
    let frequency = 2.2 * count / (count + 1.2 * (0.25 + 0.75 * length));
    // In a title of one word the word is the topic.
    let title = if found.in_title { 4.0 / (1.0 + 0.15 * f64::from(title_length.saturating_sub(1))) } else { 0.0 };
    let heading = if found.in_heading { 1.2 } else { 0.0 };
    let weight = rarity * (frequency + title + heading) * 8.0;
    (weight as u32).clamp(1, HEAVIEST)
}

/// How much a term tells that is on `count` of `total` pages: a logarithm, by additions and multiplications alone, which give the same
/// on every machine.
fn rarity(count: usize, total: usize) -> f64 {
    let (count, total) = (count as f64, total as f64);
    let ratio = 1.0 + (total - count + 0.5) / (count + 0.5);
    let exponent = (ratio as u64).max(1).ilog2();
    let mantissa = ratio / (1_u64 << exponent) as f64;
    let logarithm = f64::from(exponent) + (mantissa * (2.0 - mantissa / 3.0) - 5.0 / 3.0);
    0.1 + logarithm * 0.7
}

#[cfg(test)]
mod tests;
