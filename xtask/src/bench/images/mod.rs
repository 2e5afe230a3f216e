//! Images: time and memory of sites full of photos, and what the settings of encoders are worth: `cargo xtask bench images`.
//!
//! ```text
//!  photos   scenes from a seed, or a folder of real ones
//!    │ site      pages and settings; a build, measured
//!    ▼           │ likeness   a made file beside its source
//!  mod ◄─────────┴───┘
//!    └──► report ──► benches/RESULTS-images.md
//! ```
//!
//! In: a program. Out: tables. All is measured from outside: a build with a format less a build without it is what the format takes. Deliberately not
//! here: anything that `cargo xtask test` runs.

mod likeness;
mod photos;
mod report;
mod site;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rivage_images::{Area, Format, Raster, decode};

use super::machine::Machine;
use super::measure::Program;
use super::{tools, work};
use crate::tools::{note, root, scratch};
use likeness::{Likeness, shown};
use photos::{Texture, jpeg, numbered, photo};
use report::{Card, Load, Quality, Results};
use site::Site;

const USAGE: &str = "\
cargo xtask bench images [OPTIONS]

  --rivage FILE     a rivage that is already built, instead of a release build
  --photos FOLDER   JPEG files for the table of qualities, instead of scenes from a seed
  --only PART       of loads, qualities, cards
  --write           write benches/RESULTS-images.md
";

/// The width of the images whose likeness is measured.
const WIDTH: u32 = 1200;
const HEIGHT: u32 = 800;
const SCENES: u32 = 3;
/// Pages with a card.
const CARDS: usize = 300;

#[derive(Debug, Default)]
struct Options {
    rivage: Option<PathBuf>,
    photos: Option<PathBuf>,
    only: Option<String>,
    write: bool,
}

impl Options {
    fn parse(words: &[&str]) -> anyhow::Result<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            let mut value = || words.next().copied().with_context(|| format!("`{word}` needs a value"));
            match word {
                "--rivage" => options.rivage = Some(PathBuf::from(value()?)),
                "--photos" => options.photos = Some(PathBuf::from(value()?)),
                "--only" => match value()? {
                    part @ ("loads" | "qualities" | "cards") => options.only = Some(part.to_owned()),
                    other => bail!("`{other}` is no part of `bench images`\n\n{USAGE}"),
                },
                "--write" => options.write = true,
                _ => bail!("`{word}` is no option of `bench images`\n\n{USAGE}"),
            }
        }
        ensure!(!(options.write && options.only.is_some()), "`--write` needs all parts, and `--only` leaves some out");
        Ok(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}

pub(super) fn run(words: &[&str]) -> anyhow::Result<()> {
    if matches!(words, ["--help" | "-h" | "help"]) {
        note(USAGE);
        return Ok(());
    }
    let options = Options::parse(words)?;
    let machine = Machine::ask();
    let rivage = tools::built(options.rivage.as_deref())?;
    let work = work()?;
    let work = work.path();
    let texture = Texture::new(1);
    let mut results = Results { photos: options.photos.is_some(), ..Results::default() };
    if options.wants("qualities") {
        let sources = sources(options.photos.as_deref(), &texture)?;
        results.images = sources.len();
        results.pixels = sources.iter().map(|(raster, _)| u64::from(raster.width()) * u64::from(raster.height())).sum();
        qualities(&rivage.program, work, &sources, &mut results.qualities)?;
    }
    if options.wants("cards") {
        results.card = Some(cards(&rivage.program, work)?);
    }
    if options.wants("loads") {
        loads(&rivage.program, work, &texture, &mut results.loads)?;
    }
    let text = report::markdown(&results, &machine, &rivage.version);
    let folder = if options.write { root().join("benches") } else { scratch("bench")? };
    let path = folder.join("RESULTS-images.md");
    std::fs::write(&path, text).with_context(|| format!("could not write `{}`", path.display()))?;
    note(&format!("the tables are in `{}`", path.display()));
    Ok(())
}

/// The images whose likeness is measured, with the files that they are read from: these are no larger than what is made of them, so that nothing but
/// an encoder stands between the two.
fn sources(folder: Option<&Path>, texture: &Texture) -> anyhow::Result<Vec<(Raster, Vec<u8>)>> {
    let mut rasters = Vec::new();
    match folder {
        None => rasters.extend((1..=SCENES).map(|place| photo(WIDTH, HEIGHT, place, texture))),
        Some(folder) => {
            let entries =
                std::fs::read_dir(folder).with_context(|| format!("could not list `{}`", folder.display()))?;
            let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
            paths.retain(|path| path.extension().is_some_and(|extension| extension == "jpg" || extension == "jpeg"));
            paths.sort();
            for path in paths {
                let bytes = std::fs::read(&path).with_context(|| format!("could not read `{}`", path.display()))?;
                let raster = decode(&bytes).with_context(|| format!("could not read `{}`", path.display()))?;
                let whole = Area::whole(raster.width(), raster.height());
                rasters.push(raster.resized(whole, WIDTH, whole.height_at(WIDTH))?);
            }
            ensure!(!rasters.is_empty(), "`{}` has no JPEG files", folder.display());
        }
    }
    let file = |raster: Raster| {
        let bytes = jpeg(&raster)?;
        Ok((decode(&bytes)?, bytes))
    };
    rasters.into_iter().map(file).collect()
}

/// One row: its name, the format, its quality, AVIF's speed.
fn rows() -> Vec<(Format, u8, u8)> {
    let speeds = (4..=10).rev().map(|speed| (Format::Avif, 60, speed));
    let avif = [50, 70].map(|quality| (Format::Avif, quality, 6));
    let others = [Format::Webp, Format::Jpeg].into_iter().flat_map(|format| [70, 78, 85].map(|q| (format, q, 6)));
    speeds.chain(avif).chain(others).collect()
}

fn qualities(
    rivage: &Program,
    work: &Path,
    sources: &[(Raster, Vec<u8>)],
    out: &mut Vec<Quality>,
) -> anyhow::Result<()> {
    let build = |images: &str| -> anyhow::Result<(Site<'_>, Duration)> {
        let site = Site::new("qualities", images, rivage, work)?;
        for (number, (_, file)) in sources.iter().enumerate() {
            site.add(number, file)?;
        }
        let cpu = site.build()?.usage.cpu;
        Ok((site, cpu))
    };
    let settings = |formats: &str, quality: &str, speed: u8| {
        format!("widths = [{WIDTH}]\nformats = [{formats}]\navif_speed = {speed}\n[images.quality]\n{quality}")
    };
    // What JPEG takes less than nothing being made at all has decoding in it, once more than to look at the image.
    let (site, nothing) = build("enabled = false")?;
    site.remove()?;
    let (site, jpeg_alone) = build(&settings("", "jpeg = 78", 6))?;
    site.remove()?;
    for (format, quality, speed) in rows() {
        let (formats, key, without) = match format {
            Format::Avif => ("\"avif\"", "avif", jpeg_alone),
            Format::Webp => ("\"webp\"", "webp", jpeg_alone),
            _ => ("", "jpeg", nothing),
        };
        let (site, cpu) = build(&settings(formats, &format!("{key} = {quality}"), speed))?;
        let (mut bytes, mut likeness) = (0, Likeness::default());
        for (number, (source, _)) in sources.iter().enumerate() {
            let file = site.shown(number, format)?;
            bytes += file.len() as u64;
            let one = Likeness::of(source, &shown(&file, format, work)?)?;
            likeness.ssim += one.ssim / sources.len() as f64;
            likeness.ssimulacra += one.ssimulacra / sources.len() as f64;
        }
        site.remove()?;
        note(&format!("{} quality {quality} speed {speed}: {bytes} bytes", format.name()));
        out.push(Quality { format, quality, speed, cpu: cpu.saturating_sub(without), bytes, likeness });
    }
    Ok(())
}

fn cards(rivage: &Program, work: &Path) -> anyhow::Result<Card> {
    let build = |setting: &str| -> anyhow::Result<_> {
        let site = Site::new("cards", setting, rivage, work)?;
        for number in 0..CARDS {
            site.add_text(number)?;
        }
        let built = site.build()?;
        let sums = if built.made > 0 { site.sums()? } else { Default::default() };
        site.remove()?;
        Ok((built, sums))
    };
    let (without, _) = build("cards = false")?;
    let (with, sums) = build("cards = true")?;
    let (count, bytes) = sums.get("png").copied().unwrap_or_default();
    ensure!(count >= CARDS, "{CARDS} pages have {count} cards");
    Ok(Card { count, bytes, cpu: with.usage.cpu.saturating_sub(without.usage.cpu) })
}

/// A site of the loads: what it is called, how many photos, how large, how many of them have pixels of their own, and settings.
struct Photos {
    name: &'static str,
    count: usize,
    size: (u32, u32),
    scenes: usize,
    images: &'static str,
}

const LOADS: [Photos; 3] = [
    Photos { name: "one photo of 50 megapixels", count: 1, size: (8660, 5774), scenes: 1, images: "" },
    Photos {
        name: "50 photos of 12 megapixels, widths 480 and 800",
        count: 50,
        size: (4240, 2832),
        scenes: 2,
        images: "widths = [480, 800]",
    },
    // With AVIF in all widths it would take hours.
    Photos {
        name: "1,000 photos of 2 megapixels, without AVIF, widths 480 and 800",
        count: 1000,
        size: (1800, 1200),
        scenes: 8,
        images: "widths = [480, 800]\nformats = [\"webp\"]",
    },
];

fn loads(rivage: &Program, work: &Path, texture: &Texture, out: &mut Vec<Load>) -> anyhow::Result<()> {
    for Photos { name, count, size: (width, height), scenes, images } in LOADS {
        let site = Site::new("loads", images, rivage, work)?;
        let mut files = Vec::new();
        for place in 0..scenes {
            files.push(jpeg(&photo(width, height, u32::try_from(place)?, texture))?);
        }
        for number in 0..count {
            site.add(number, &numbered(&files[number % scenes], u32::try_from(number)?))?;
        }
        drop(files);
        let cold = site.build()?;
        let warm = site.build()?;
        let sums = site.sums()?;
        note(&format!(
            "{name}: {:?}, {} KiB; nothing changed: {:?}",
            cold.usage.wall, cold.usage.peak, warm.usage.wall
        ));
        out.push(Load { name, cold, warm, bytes: sums.values().map(|(_, bytes)| bytes).sum() });
        site.remove()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options = Options::parse(&["--rivage", "/r", "--only", "cards"]).unwrap();
        assert!(options.wants("cards") && !options.wants("loads") && !options.write);
        assert!(Options::parse(&["--write"]).unwrap().wants("loads"));
        for wrong in [&["--only"][..], &["--only", "x"], &["--write", "--only", "cards"], &["-x"]] {
            assert!(Options::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_defaults_are_among_the_rows() {
        let rows = rows();
        for default in [(Format::Avif, 60, 6), (Format::Webp, 78, 6), (Format::Jpeg, 78, 6)] {
            assert_eq!(rows.iter().filter(|row| **row == default).count(), 1, "{default:?}");
        }
    }
}
