//! The tables of the benchmark of images.

use std::fmt::Write as _;
use std::time::Duration;

use rivage_images::Format;

use super::likeness::Likeness;
use super::site::Built;
use crate::bench::machine::Machine;
use crate::bench::report::{bytes, seconds, thousands};

/// The most memory that a site of photos may take.
const MOST: u64 = 1_000_000_000;

/// All that was measured.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) loads: Vec<Load>,
    pub(super) qualities: Vec<Quality>,
    /// Images of the table of qualities, and their pixels together.
    pub(super) images: usize,
    pub(super) pixels: u64,
    /// Whether these are photos, and not scenes from a seed.
    pub(super) photos: bool,
    pub(super) card: Option<Card>,
}

/// A site of photos.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) name: &'static str,
    pub(super) cold: Built,
    pub(super) warm: Built,
    /// Of what was made.
    pub(super) bytes: u64,
}

/// What a setting of an encoder is worth.
#[derive(Debug)]
pub(super) struct Quality {
    pub(super) format: Format,
    pub(super) quality: u8,
    pub(super) speed: u8,
    pub(super) cpu: Duration,
    pub(super) bytes: u64,
    pub(super) likeness: Likeness,
}

/// Cards together.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) count: usize,
    pub(super) bytes: u64,
    pub(super) cpu: Duration,
}

pub(super) fn markdown(results: &Results, machine: &Machine, rivage: &str) -> String {
    let mut out = format!(
        "# Benchmark of images\n\nMade by `cargo xtask bench images`. Machine: {machine}; load when it began: {}. rivage {rivage}. \
         CPU is user and system time, memory the peak of the process. Wall times of a machine that others use say little.\n",
        machine.load,
    );
    if !results.loads.is_empty() {
        loads(&results.loads, &mut out);
    }
    if !results.qualities.is_empty() {
        qualities(results, &mut out);
    }
    if let Some(card) = &results.card {
        let _ = write!(
            out,
            "\n## Cards\n\n{} cards of 1200×630 from the theme's drawing: {} of CPU and {} each.\n",
            card.count,
            seconds(card.cpu / u32::try_from(card.count.max(1)).unwrap_or(1)),
            kilobytes(card.bytes, card.count),
        );
    }
    out
}

fn loads(loads: &[Load], out: &mut String) {
    out.push_str(
        "\n## Sites of photos\n\nPhotos are JPEG of scenes from a seed. Where nothing else is said they become AVIF, WebP and JPEG of 480, 800, 1200 and 1600 \
         pixels, as by default. Of the many only a few have pixels of their own; the program does not know that.\n\n\
         | site | build | wall | CPU | memory | ≤ 1 GB | files made | their size |\n| --- | --- | ---: | ---: | ---: | --- | ---: | ---: |\n",
    );
    for load in loads {
        for (case, built) in [("cold", load.cold), ("nothing changed", load.warm)] {
            let peak = built.usage.peak * 1024;
            let _ = writeln!(
                out,
                "| {} | {case} | {} | {} | {} | {} | {} | {} |",
                load.name,
                seconds(built.usage.wall),
                seconds(built.usage.cpu),
                bytes(peak),
                if peak <= MOST { "yes" } else { "no" },
                thousands(built.made as u64),
                if built.made == 0 { String::new() } else { bytes(load.bytes) },
            );
        }
    }
}

fn qualities(results: &Results, out: &mut String) {
    let kind = if results.photos { "photos" } else { "scenes from a seed, with the noise of a sensor," };
    let megapixels = results.pixels as f64 / 1e6;
    let _ = write!(
        out,
        "\n## Formats, qualities, speeds\n\n{} {kind} of 1200 pixels, {megapixels:.1} megapixels together. CPU is for each megapixel; that of JPEG has one decoding \
         in it. SSIM is of the brightness (1 is equal); of SSIMULACRA 2, which was made to agree with people, 90 is as good as equal, 70 high, 50 medium. AVIF was decoded by libavif.\n\n\
         | format | quality | speed | CPU | KB for each image | SSIM | SSIMULACRA 2 |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        results.images,
    );
    for row in &results.qualities {
        let speed = if row.format == Format::Avif { row.speed.to_string() } else { String::new() };
        let _ = writeln!(
            out,
            "| {} | {} | {speed} | {} | {} | {:.4} | {:.1} |",
            row.format.name(),
            row.quality,
            seconds(Duration::from_secs_f64(row.cpu.as_secs_f64() / megapixels.max(f64::MIN_POSITIVE))),
            kilobytes(row.bytes, results.images),
            row.likeness.ssim,
            row.likeness.ssimulacra,
        );
    }
}

/// Writes the mean of some files' sizes.
fn kilobytes(bytes: u64, files: usize) -> String {
    format!("{:.1} KB", bytes as f64 / files.max(1) as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measure::Usage;

    fn built(seconds: u64, peak: u64, made: usize) -> Built {
        Built { usage: Usage { wall: Duration::from_secs(seconds), cpu: Duration::from_secs(2 * seconds), peak }, made }
    }

    #[test]
    fn tables_tell_what_was_measured_and_no_more() {
        let machine = Machine::ask();
        let load =
            Load { name: "some", cold: built(12, 1_000_000, 1200), warm: built(1, 50_000, 0), bytes: 34_000_000 };
        let likeness = Likeness { ssim: 0.98761, ssimulacra: 71.26 };
        let quality = |format, speed| Quality {
            format,
            quality: 60,
            speed,
            cpu: Duration::from_secs(4),
            bytes: 99_000,
            likeness,
        };
        let results = Results {
            loads: vec![load],
            qualities: vec![quality(Format::Avif, 6), quality(Format::Webp, 6)],
            images: 2,
            pixels: 2_000_000,
            ..Results::default()
        };
        let text = markdown(&results, &machine, "0.1.0");
        for line in [
            "| some | cold | 12.0 s | 24.0 s | 1.0 GB | no | 1,200 | 34 MB |",
            "| some | nothing changed | 1.00 s | 2.00 s | 51 MB | yes | 0 |  |",
            "2 scenes from a seed, with the noise of a sensor, of 1200 pixels, 2.0 megapixels together",
            "| AVIF | 60 | 6 | 2.00 s | 49.5 KB | 0.9876 | 71.3 |",
            "| WebP | 60 |  | 2.00 s | 49.5 KB | 0.9876 | 71.3 |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("## Cards"));
        let card = Some(Card { count: 4, bytes: 80_000, cpu: Duration::from_millis(200) });
        let text = markdown(&Results { card, ..Results::default() }, &machine, "0.1.0");
        assert!(text.contains("4 cards of 1200×630 from the theme's drawing: 50 ms of CPU and 20.0 KB each"), "{text}");
        assert!(!text.contains("## Sites"));
    }
}
