//! What drawing a card costs, part by part: `cargo run --release -p rivage-images --example cards`.
//!
//! Draws a hundred cards of different titles, as the theme's `partials/card.svg` has them, and prints milliseconds of CPU time and bytes of each.
//! Under `valgrind --tool=callgrind` it tells where instructions go.

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::time::Instant;

use rivage_images::{Fit, Fonts, draw, drawing_size};

const COUNT: u32 = 100;

fn main() {
    let start = Instant::now();
    let Ok(fonts) = Fonts::new(Vec::new()) else { return };
    println!("fonts: {:.2} ms, once", start.elapsed().as_secs_f64() * 1e3);
    let (mut fitting, mut looking, mut drawing, mut bytes) = (0.0, 0.0, 0.0, 0);
    for number in 0..COUNT {
        let title = format!(
            "How a site of {number} thousand pages is built in a second, and what that takes of those who write it"
        );
        let start = Instant::now();
        let fit = Fit { width: 1000.0, size: 92, least: 52, lines: 4, bold: true };
        let writable = fonts.writable(&title).unwrap_or_default();
        let fitted = fonts.fit(&writable, &fit);
        fitting += start.elapsed().as_secs_f64();
        let svg = card(&fitted.lines, fitted.size);
        let start = Instant::now();
        let size = drawing_size(&svg);
        looking += start.elapsed().as_secs_f64();
        assert_eq!(size, Ok((1200, 630)));
        let start = Instant::now();
        bytes += draw(&svg, &fonts).map_or(0, |png| png.len());
        drawing += start.elapsed().as_secs_f64();
    }
    let each = |seconds: f64| seconds * 1e3 / f64::from(COUNT);
    println!("fitting its title: {:.3} ms", each(fitting));
    println!("looking at its size: {:.3} ms", each(looking));
    println!("drawing and writing it: {:.2} ms, {} bytes", each(drawing), bytes / COUNT as usize);
}

fn card(lines: &[String], size: u16) -> String {
    let mut text = String::new();
    for (place, line) in lines.iter().enumerate() {
        let y = 476.0 - (lines.len() - place - 1) as f64 * f64::from(size) * 1.13;
        text += &format!("<text x=\"80\" y=\"{y}\">{line}</text>");
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1200\" height=\"630\" viewBox=\"0 0 1200 630\" font-family=\"Inter Display\">\
         <rect width=\"1200\" height=\"630\" fill=\"#082f3a\"/><g fill=\"none\" stroke=\"#3f7b84\">\
         <path id=\"depth\" stroke-width=\"2\" stroke-opacity=\".9\" d=\"M980-20C1010 60 1150 70 1150 180S1000 300 960 390S800 520 700 660\"/>\
         <g stroke-width=\"1.2\"><use href=\"#depth\" x=\"60\" y=\"18\" stroke-opacity=\".55\"/><use href=\"#depth\" x=\"120\" y=\"44\" stroke-opacity=\".7\"/>\
         <use href=\"#depth\" x=\"190\" y=\"78\" stroke-opacity=\".45\"/><use href=\"#depth\" x=\"270\" y=\"120\" stroke-opacity=\".6\"/>\
         <use href=\"#depth\" x=\"360\" y=\"170\" stroke-opacity=\".4\"/></g></g>\
         <text x=\"156\" y=\"102\" font-size=\"34\" font-weight=\"700\" fill=\"#e3ecea\">Notes from the coast</text>\
         <g font-size=\"{size}\" font-weight=\"700\" fill=\"#ffffff\" letter-spacing=\"-.5\">{text}</g>\
         <text x=\"80\" y=\"564\" font-size=\"30\" fill=\"#b3c8c9\">Blog · 23 November 2026</text></svg>"
    )
}
