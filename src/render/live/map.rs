//! Places → points of a map, with their names where there is room.
//!
//! A place is marked by its number. Marks never lie upon each other: neighbours move apart, and a line leads back to where a mark comes from. What a
//! crowd leaves no room for stays a dot; the list below the map has all of them.
//!
//! The projection is plate carrée with the width of the middle latitude: for a town or a country it looks as maps do, and needs neither tiles nor anybody's
//! server. Deliberately not here: coastlines.

use std::fmt::Write;

use rivage_diag::{FileId, Span};
use rivage_syntax::data::{Data, DataValue};
use tera::{Kwargs, TeraResult, Value};

use super::super::diagnostics;
use super::super::functions::Surroundings;
use super::super::values::map as value_of;
use super::{Rows, WIDTH, n, r, rows, tell};

const LEAST_HEIGHT: f64 = 220.0;
const MOST_HEIGHT: f64 = 480.0;
/// Room around the outermost points.
const MARGIN: f64 = 46.0;
/// About the width of a letter, and the height of a line.
const LETTER: f64 = 6.9;
const LINE: f64 = 15.0;
/// From a point to its name.
const GAP: f64 = 10.0;

/// From mark to mark, with the circles that are drawn where the box is shown small (`_live.css`).
const APART: f64 = 34.0;
/// A mark that is farther from its place than this has a line to it: nearer ones cover it.
const AWAY: f64 = 10.0;
/// Of more places a picture is not made any clearer.
const MOST_MOVED: usize = 200;

struct Place {
    name: String,
    kind: String,
    text: String,
    lon: f64,
    lat: f64,
}

/// A box that is taken: left, top, right, bottom.
type Area = [f64; 4];

/// Draws a map of a data file.
pub(in crate::render) fn map(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let written = arguments.must_get::<&str>("data")?;
    let Some(found) = rows(env, written)? else { return Ok(Value::none()) };
    let mut places = Vec::with_capacity(found.rows.len());
    let mut wrong = Vec::new();
    for row in &found.rows {
        match place(row, &found) {
            Ok(place) => places.push(place),
            Err((field, detail)) => wrong.push(diagnostics::bad_place(&found.file, row.span, field, detail)),
        }
    }
    if wrong.is_empty() && places.is_empty() {
        let file: &FileId = &found.file;
        wrong.push(diagnostics::bad_place(file, Span::at(0), "name", "has to be given: there is no place"));
    }
    if !wrong.is_empty() {
        tell(wrong);
        return Ok(Value::none());
    }
    Ok(draw(&places))
}

fn place(row: &Data, rows: &Rows) -> Result<Place, (&'static str, &'static str)> {
    let text = |field: &'static str| match row.get(field).map(|cell| &cell.value) {
        None | Some(DataValue::Null) => Ok(String::new()),
        Some(DataValue::String(text)) => Ok(text.clone()),
        Some(_) => Err((field, "has to be text")),
    };
    let number = |field: &'static str, most: f64| {
        #[expect(clippy::cast_precision_loss, reason = "beyond the bound all are refused")]
        let number = match row.get(field).map(|cell| &cell.value) {
            None | Some(DataValue::Null) => return Err((field, "has to be given")),
            Some(DataValue::Int(number)) => Some(*number as f64),
            Some(DataValue::Float(number)) => Some(*number),
            Some(DataValue::String(text)) if rows.is_csv => text.parse().ok(),
            Some(_) => None,
        };
        let number = number.ok_or((field, "has to be a number of degrees"))?;
        if number.abs() <= most {
            Ok(number)
        } else if most > 90.0 {
            Err((field, "has to be from -180 to 180"))
        } else {
            Err((field, "has to be from -90 to 90"))
        }
    };
    let name = text("name")?;
    if name.trim().is_empty() {
        return Err(("name", "has to be given"));
    }
    Ok(Place { name, kind: text("kind")?, text: text("text")?, lon: number("lon", 180.0)?, lat: number("lat", 90.0)? })
}

/// What is between two edges, with some room where they are one.
fn range(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    if high - low < 0.02 { (low - 0.01, high + 0.01) } else { (low, high) }
}

fn draw(places: &[Place]) -> Value {
    let (west, east) = range(places.iter().map(|place| place.lon));
    let (south, north) = range(places.iter().map(|place| place.lat));
    let shrink = f64::midpoint(south, north).to_radians().cos().max(0.05);
    // As wide as the box, unless that would be too high.
    let inner = WIDTH - 2.0 * MARGIN;
    let scale = (inner / ((east - west) * shrink)).min((MOST_HEIGHT - 2.0 * MARGIN) / (north - south));
    let height = r(((north - south) * scale + 2.0 * MARGIN).max(LEAST_HEIGHT));
    let (middle_lon, middle_lat) = (f64::midpoint(west, east), f64::midpoint(south, north));
    let x = |lon: f64| WIDTH / 2.0 + (lon - middle_lon) * shrink * scale;
    let y = |lat: f64| height / 2.0 - (lat - middle_lat) * scale;

    let spots: Vec<(f64, f64)> = places.iter().map(|place| (r(x(place.lon)), r(y(place.lat)))).collect();
    let marks = marks(&spots, height);
    let around = |(x, y): (f64, f64), half: f64| [x - half, y - half, x + half, y + half];
    let mut taken: Vec<Area> = marks
        .iter()
        .zip(&spots)
        .map(|(mark, spot)| mark.map_or(around(*spot, 4.0), |mark| around(mark, 9.0)))
        .collect();
    let labels = places.iter().zip(&marks).map(|(place, mark)| label(&place.name, (*mark)?, height, &mut taken));
    let labels: Vec<Option<(f64, f64, &str)>> = labels.collect();
    let mut leads = String::new();
    for (mark, spot) in marks.iter().zip(&spots).filter_map(|(mark, spot)| Some(((*mark)?, *spot))) {
        if distance(mark, spot) > AWAY {
            let _ = write!(leads, "M{} {}L{} {}", spot.0, spot.1, mark.0, mark.1);
        }
    }
    let points: Vec<Value> = places
        .iter()
        .zip(spots.iter().zip(&marks))
        .zip(labels)
        .enumerate()
        .map(|(index, ((place, (spot, mark)), label))| {
            let at = mark.unwrap_or(*spot);
            let label = label.map(|(x, y, anchor)| value_of([("x", n(x)), ("y", n(y)), ("anchor", anchor.into())]));
            value_of([
                ("n", (index as u64 + 1).into()),
                ("x", n(at.0)),
                ("y", n(at.1)),
                ("marked", mark.is_some().into()),
                ("label", label.into()),
                ("name", place.name.as_str().into()),
                ("kind", place.kind.as_str().into()),
                ("text", place.text.as_str().into()),
                ("lon", n(place.lon)),
                ("lat", n(place.lat)),
                ("position", position(place.lat, place.lon).into()),
            ])
        })
        .collect();

    let mut grid = String::new();
    let mut lines_at = Vec::new();
    let degrees = (WIDTH / (shrink * scale)).max(height / scale);
    let step = step(degrees / 4.0);
    for lon in lines(middle_lon - WIDTH / 2.0 / (shrink * scale), middle_lon + WIDTH / 2.0 / (shrink * scale), step) {
        let _ = write!(grid, "M{} 0V{height}", r(x(lon)));
        // Where its letters fit, too.
        if x(lon) < WIDTH - 6.0 * LETTER {
            let text = degree(lon, step, 'E', 'W');
            lines_at.push(value_of([("x", n(r(x(lon) + 4.0))), ("y", n(r(height - 6.0))), ("text", text.into())]));
        }
    }
    for lat in lines(middle_lat - height / 2.0 / scale, middle_lat + height / 2.0 / scale, step) {
        let _ = write!(grid, "M0 {}H{WIDTH}", r(y(lat)));
        if y(lat) > LINE && y(lat) < height - 1.5 * LINE {
            let text = degree(lat, step, 'N', 'S');
            lines_at.push(value_of([("x", n(4.0)), ("y", n(r(y(lat) - 4.0))), ("text", text.into())]));
        }
    }
    value_of([
        ("width", n(WIDTH)),
        ("height", n(height)),
        ("grid", grid.into()),
        ("marks", lines_at.into()),
        ("leads", leads.into()),
        ("points", points.into()),
    ])
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (x, y) = (a.0 - b.0, a.1 - b.1);
    (x * x + y * y).sqrt()
}

/// Where the marks of places are: neighbours push each other apart until there is room between all of them. None for what there is none for.
fn marks(spots: &[(f64, f64)], height: f64) -> Vec<Option<(f64, f64)>> {
    // Places that are one go in ways that differ.
    const WAYS: [(f64, f64); 8] =
        [(1.0, 0.0), (0.6, 0.8), (0.0, 1.0), (-0.6, 0.8), (-1.0, 0.0), (-0.8, -0.6), (0.0, -1.0), (0.8, -0.6)];
    let edge = APART / 2.0;
    let inside = |(x, y): (f64, f64)| (x.clamp(edge, WIDTH - edge), y.clamp(edge, height - edge));
    let mut at: Vec<(f64, f64)> = spots.iter().copied().map(inside).collect();
    let rounds = if at.len() > MOST_MOVED { 0 } else { 200 };
    for _ in 0..rounds {
        let mut is_done = true;
        for one in 0..at.len() {
            for other in one + 1..at.len() {
                let (from, to) = (at[one], at[other]);
                let between = distance(from, to);
                if between >= APART {
                    continue;
                }
                is_done = false;
                let way = if between > 0.01 {
                    ((to.0 - from.0) / between, (to.1 - from.1) / between)
                } else {
                    WAYS[(one + other) % WAYS.len()]
                };
                // A little more than half of what is missing, or the last of it would take for ever.
                let push = (APART - between) / 2.0 + 0.1;
                at[one] = inside((from.0 - way.0 * push, from.1 - way.1 * push));
                at[other] = inside((to.0 + way.0 * push, to.1 + way.1 * push));
            }
        }
        if is_done {
            break;
        }
    }
    let mut marks: Vec<Option<(f64, f64)>> = Vec::with_capacity(at.len());
    for mark in at {
        // Rounding costs a tenth.
        let is_free = marks.iter().flatten().all(|other| distance(*other, mark) >= APART - 0.3);
        marks.push(is_free.then(|| (r(mark.0), r(mark.1))));
    }
    marks
}

/// Finds room for a name: right, left, above or below its point. None where there is none: the list has it.
fn label(name: &str, (x, y): (f64, f64), height: f64, taken: &mut Vec<Area>) -> Option<(f64, f64, &'static str)> {
    #[expect(clippy::cast_precision_loss, reason = "a name")]
    let width = name.chars().count() as f64 * LETTER;
    let half = LINE / 2.0;
    let places = [
        ("start", x + GAP, y, [x + GAP, y - half, x + GAP + width, y + half]),
        ("end", x - GAP, y, [x - GAP - width, y - half, x - GAP, y + half]),
        ("middle", x, y - 18.0, [x - width / 2.0, y - 18.0 - half, x + width / 2.0, y - 18.0 + half]),
        ("middle", x, y + 18.0, [x - width / 2.0, y + 18.0 - half, x + width / 2.0, y + 18.0 + half]),
    ];
    let is_free = |area: &Area| {
        let is_inside = area[0] >= 2.0 && area[1] >= 2.0 && area[2] <= WIDTH - 2.0 && area[3] <= height - LINE;
        is_inside
            && taken
                .iter()
                .all(|other| area[2] <= other[0] || area[0] >= other[2] || area[3] <= other[1] || area[1] >= other[3])
    };
    let (anchor, x, y, area) = places.into_iter().find(|(.., area)| is_free(area))?;
    taken.push(area);
    Some((r(x), r(y + 4.0), anchor))
}

/// A round number of degrees that is at least as great.
fn step(least: f64) -> f64 {
    const STEPS: [f64; 13] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 45.0];
    STEPS.into_iter().find(|step| *step >= least).unwrap_or(90.0)
}

fn lines(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    std::iter::successors(Some(first), |at| Some(at + 1.0))
        .take_while(move |at| *at <= last)
        .take(40)
        .map(move |at| at * step)
}

fn degree(value: f64, step: f64, positive: char, negative: char) -> String {
    let digits = if step >= 1.0 {
        0
    } else if step >= 0.1 {
        1
    } else if step >= 0.01 {
        2
    } else {
        3
    };
    let text = format!("{:.digits$}°", value.abs());
    // The equator and the first meridian are on neither side.
    if value.abs() < step / 2.0 { text } else { format!("{text}{}", if value > 0.0 { positive } else { negative }) }
}

/// `48.390° N, 4.490° W`
fn position(lat: f64, lon: f64) -> String {
    let side = |value: f64, positive: char, negative: char| {
        format!("{:.3}° {}", value.abs(), if value < 0.0 { negative } else { positive })
    };
    format!("{}, {}", side(lat, 'N', 'S'), side(lon, 'E', 'W'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str, lat: f64, lon: f64) -> Place {
        Place { name: name.to_owned(), kind: String::new(), text: String::new(), lon, lat }
    }

    fn drawn(places: &[Place]) -> serde_json::Value {
        serde_json::to_value(draw(places)).unwrap()
    }

    fn number(value: &serde_json::Value) -> f64 {
        value.as_str().unwrap().parse().unwrap()
    }

    #[test]
    fn a_map_of_three_places() {
        let map = draw(&[at("Brest", 48.39, -4.49), at("Ushant", 48.46, -5.1), at("Molène", 48.396, -4.957)]);
        insta::assert_snapshot!(serde_json::to_string_pretty(&map).unwrap());
    }

    #[test]
    fn every_point_is_within_the_box() {
        for places in [
            vec![at("A", 0.0, 0.0)],
            vec![at("North", 90.0, 0.0), at("South", -90.0, 0.0)],
            vec![at("East", 0.0, 180.0), at("West", 0.0, -180.0)],
            vec![at("Here", 48.0, 2.0), at("There", 48.0001, 2.0001)],
        ] {
            let map = drawn(&places);
            let height = number(&map["height"]);
            assert!((LEAST_HEIGHT..=MOST_HEIGHT).contains(&height), "{map}");
            for point in map["points"].as_array().unwrap() {
                let (x, y) = (number(&point["x"]), number(&point["y"]));
                assert!((0.0..=WIDTH).contains(&x) && (0.0..=height).contains(&y), "{map}");
            }
        }
    }

    #[test]
    fn marks_do_not_lie_upon_each_other() {
        let check = |places: &[Place], least: usize| {
            let map = drawn(places);
            let points = map["points"].as_array().unwrap();
            let marks: Vec<_> = points
                .iter()
                .filter(|point| point["marked"] == true)
                .map(|point| (number(&point["x"]), number(&point["y"])))
                .collect();
            for (at, mark) in marks.iter().enumerate() {
                assert!(marks[at + 1..].iter().all(|other| distance(*mark, *other) > 33.0), "{map}");
                assert!((16.0..=WIDTH - 16.0).contains(&mark.0), "{map}");
            }
            assert!((least..=places.len()).contains(&marks.len()), "{} of {}", marks.len(), places.len());
            map
        };
        // Lighthouses of one island, and one far away.
        let island =
            [(48.4592, -5.1294), (48.4744, -5.0567), (48.4456, -5.1506), (48.4219, -5.1339), (48.0408, -4.7564)];
        let island = island.map(|(lat, lon)| at("L", lat, lon));
        let map = check(&island, 5);
        // What has room stays where it is.
        assert_eq!(
            map["points"][4]["x"],
            drawn(&[at("L", 48.4744, -5.1506), at("L", 48.0408, -4.7564)])["points"][1]["x"]
        );
        let one: Vec<Place> = (0..9).map(|_| at("Here", 48.0, 2.0)).collect();
        let map = check(&one, 9);
        assert!(map["leads"].as_str().unwrap().starts_with('M'), "{map}");
        let crowd: Vec<Place> = (0..150).map(|n| at("Here", 48.0, 2.0 + f64::from(n % 2))).collect();
        check(&crowd, 40);
        let many: Vec<Place> = (0..MOST_MOVED + 1).map(|_| at("Here", 48.0, 2.0)).collect();
        assert_eq!(
            drawn(&many)["points"].as_array().unwrap().iter().filter(|point| point["marked"] == true).count(),
            1
        );
    }

    #[test]
    fn names_do_not_lie_upon_each_other() {
        let crowd: Vec<Place> = (0..12).map(|n| at("A rather long name", 48.0 + f64::from(n) * 1e-6, 2.0)).collect();
        let map = drawn(&crowd);
        let shown = map["points"].as_array().unwrap().iter().filter(|point| !point["label"].is_null()).count();
        assert!((1..12).contains(&shown), "{shown}");
    }
}
