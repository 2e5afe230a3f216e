//! Files of images, made by a pool of threads.
//!
//! A thread that opens an image decodes it, scales it to all sizes that are wanted and lets go of the large pixels; the sizes are then encoded one
//! by one, by whoever is free. Nobody opens an image while there is something to encode, so that there are never more open ones than threads.
//! Decoders and encoders share a bound for memory.
//! Drawings are made in one go. A panic costs the file that it happened at, and nobody waits for it.
//! The pool is not rayon's: a thread that waits for memory there could have taken what others wait for.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rivage_diag::{Diagnostic, FileId, Span};
use rivage_images::{Area, Error, Raster, decode, encode, encoding_memory, memory, probe};

use super::library::contained;
use super::{Derivative, gate};
use crate::inputs::World;

/// A file that was made.
pub struct Made<'d> {
    /// Which.
    pub derivative: &'d Derivative,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a file was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The project's file.
    pub source: String,
    /// What is wrong.
    pub why: String,
}

impl Failure {
    /// Says it.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error("bad-image", format!("nothing can be made of this image: {}", self.why))
            .at(&FileId::from(self.source.as_str()), Span::at(0))
            .with_hint("see whether another program opens it; `[images] enabled = false` shows images as they are")
    }
}

/// Makes files and gives each to `take` as soon as it is made, from any thread. Returns what could not be made, sorted.
///
/// # Errors
/// The first of `take`; what is not made by then is left.
pub fn make<'d, E: Send>(
    world: &World,
    derivatives: impl IntoIterator<Item = &'d Derivative>,
    take: &(dyn Fn(Made<'d>) -> Result<(), E> + Sync),
) -> Result<Vec<Failure>, E> {
    let mut groups: BTreeMap<&str, Vec<&Derivative>> = BTreeMap::new();
    let mut drawings = Vec::new();
    for derivative in derivatives {
        if derivative.drawing.is_some() {
            drawings.push(derivative);
        } else {
            groups.entry(&derivative.source).or_default().push(derivative);
        }
    }
    if groups.is_empty() && drawings.is_empty() {
        return Ok(Vec::new());
    }
    let threads = std::thread::available_parallelism().map_or(2, NonZero::get);
    let pool = Pool {
        world,
        take,
        state: Mutex::new(State {
            groups: groups.into_values().collect(),
            drawings,
            encodings: Vec::new(),
            busy: 0,
            failures: Vec::new(),
            error: None,
        }),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| pool.work());
        }
    });
    let State { mut failures, error, .. } = pool.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    failures.sort_by(|a, b| (&a.source, &a.why).cmp(&(&b.source, &b.why)));
    failures.dedup();
    error.map_or(Ok(failures), Err)
}

/// Makes one file.
///
/// # Errors
/// The image is damaged, or cannot be written.
pub fn encode_one(world: &World, derivative: &Derivative) -> Result<Vec<u8>, Error> {
    if let Some(drawing) = &derivative.drawing {
        return drawing.draw(world);
    }
    let rasters = open(world, &[derivative])?;
    let Some(raster) = rasters.into_values().next() else { return Err(Error::Empty) };
    write(&raster, derivative)
}

/// Encodes pixels as soon as there is memory for it.
fn write(raster: &Raster, derivative: &Derivative) -> Result<Vec<u8>, Error> {
    let _permit = gate::enter(encoding_memory(raster, derivative.format));
    contained(|| encode(raster, derivative.format, derivative.settings()))
}

type Take<'t, 'd, E> = dyn Fn(Made<'d>) -> Result<(), E> + Sync + 't;

struct Pool<'p, 'd, E> {
    world: &'p World,
    take: &'p Take<'p, 'd, E>,
    state: Mutex<State<'d, E>>,
    /// Told when there is something to do, or nothing any more.
    changed: Condvar,
}

struct State<'d, E> {
    /// Files of one image each.
    groups: VecDeque<Vec<&'d Derivative>>,
    drawings: Vec<&'d Derivative>,
    encodings: Vec<(Arc<Raster>, &'d Derivative)>,
    /// Threads that may still find more to do.
    busy: usize,
    failures: Vec<Failure>,
    error: Option<E>,
}

enum Task<'d> {
    Open(Vec<&'d Derivative>),
    Encode(Arc<Raster>, &'d Derivative),
    Draw(&'d Derivative),
}

/// What came of a task.
enum Done<'d, E> {
    Opened(Vec<(Arc<Raster>, &'d Derivative)>),
    Taken(Result<(), E>),
}

impl<'d, E: Send> Pool<'_, 'd, E> {
    fn lock(&self) -> MutexGuard<'_, State<'d, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(task) = self.next() {
            let derivative = match &task {
                Task::Open(group) => group.first().copied(),
                Task::Encode(_, derivative) | Task::Draw(derivative) => Some(*derivative),
            };
            // Whoever waits for this task to end would wait for ever if it ended in a panic. Those of decoders and encoders never get
            // here; one that does is a mistake of ours, and printed.
            let done = catch_unwind(AssertUnwindSafe(|| self.carry_out(task)));
            let mut state = self.lock();
            match done {
                Ok(Ok(Done::Opened(encodings))) => state.encodings.extend(encodings),
                Ok(Ok(Done::Taken(Ok(())))) => {}
                Ok(Ok(Done::Taken(Err(error)))) => {
                    state.error.get_or_insert(error);
                }
                Ok(Err(error)) => state.failures.extend(failure(derivative, error.to_string())),
                Err(_) => state
                    .failures
                    .extend(failure(derivative, "rivage failed at it, which is a mistake of rivage".to_owned())),
            }
            state.busy -= 1;
            drop(state);
            self.changed.notify_all();
        }
    }

    fn carry_out(&self, task: Task<'d>) -> Result<Done<'d, E>, Error> {
        match task {
            Task::Open(group) => {
                let rasters = open(self.world, &group)?;
                let encodings = group
                    .into_iter()
                    .filter_map(|derivative| Some((Arc::clone(rasters.get(&size(derivative))?), derivative)));
                Ok(Done::Opened(encodings.collect()))
            }
            Task::Encode(raster, derivative) => {
                let bytes = write(&raster, derivative)?;
                drop(raster);
                Ok(Done::Taken((self.take)(Made { derivative, bytes })))
            }
            Task::Draw(derivative) => {
                let bytes = encode_one(self.world, derivative)?;
                Ok(Done::Taken((self.take)(Made { derivative, bytes })))
            }
        }
    }

    fn next(&self) -> Option<Task<'d>> {
        let mut state = self.lock();
        loop {
            if state.error.is_some() {
                return None;
            }
            let task = match state.encodings.pop() {
                Some((raster, derivative)) => Some(Task::Encode(raster, derivative)),
                None => match state.drawings.pop() {
                    Some(drawing) => Some(Task::Draw(drawing)),
                    None => state.groups.pop_front().map(Task::Open),
                },
            };
            if task.is_some() {
                state.busy += 1;
                return task;
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn failure(derivative: Option<&Derivative>, why: String) -> Option<Failure> {
    derivative.map(|derivative| Failure { source: derivative.source.clone(), why })
}

type Size = (Area, u32, u32);

fn size(derivative: &Derivative) -> Size {
    (derivative.area, derivative.width, derivative.height)
}

/// Decodes an image and scales it to all sizes that are wanted of it.
fn open(world: &World, group: &[&Derivative]) -> Result<BTreeMap<Size, Arc<Raster>>, Error> {
    let Some(first) = group.first() else { return Ok(BTreeMap::new()) };
    let bytes = match world.fs.read(&first.source) {
        Ok(bytes) => bytes,
        Err(_) => crate::theme::built_in(&first.source).unwrap_or_default().to_vec(),
    };
    let _permit = gate::enter(memory(&contained(|| probe(&bytes))?));
    let whole = contained(|| decode(&bytes))?;
    drop(bytes);
    let mut sizes = BTreeMap::new();
    for derivative in group {
        let (area, width, height) = size(derivative);
        if let Entry::Vacant(place) = sizes.entry((area, width, height)) {
            place.insert(Arc::new(whole.resized(area, width, height)?));
        }
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::convert::Infallible;

    use rivage_images::{Fonts, Format, Settings};

    use super::*;
    use crate::fs::MemoryFs;
    use crate::images::drawing::Drawing;
    use crate::inputs::Fingerprint;

    const SETTINGS: Settings = Settings { quality: 50, speed: 10 };

    fn world() -> World {
        let photo = encode(&Raster::new(60, 40, false, vec![90; 60 * 40 * 3]), Format::Png, SETTINGS).unwrap();
        let mut fs = MemoryFs::default();
        fs.write("a.png", photo.clone());
        fs.write("b.png", photo);
        World::new(Arc::new(fs), jiff::Timestamp::UNIX_EPOCH, BTreeMap::new())
    }

    fn of(source: &str, width: u32) -> Derivative {
        let print = Fingerprint::of(source.as_bytes());
        Derivative::new(source, print, (Area::whole(60, 40), width), Format::Webp, SETTINGS)
    }

    fn drawn(svg: &str) -> Derivative {
        let drawing = Drawing { svg: Arc::from(svg), fonts: Arc::default() };
        Derivative::drawn("card.svg", drawing, &Fonts::new(Vec::new()).unwrap(), (4, 2))
    }

    #[test]
    fn all_is_made_but_what_cannot_be() {
        let card =
            drawn("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='2'><rect width='4' height='2'/></svg>");
        let wanted = [of("a.png", 10), of("a.png", 20), of("b.png", 10), of("gone.png", 10), card, drawn("<svg")];
        let names = Mutex::new(BTreeSet::new());
        let failures = make(&world(), &wanted, &|made| {
            assert!(!made.bytes.is_empty());
            names.lock().unwrap().insert(made.derivative.name.clone());
            Ok::<(), Infallible>(())
        });
        let Ok(failures) = failures;
        let sources: Vec<_> = failures.iter().map(|failure| failure.source.as_str()).collect();
        assert_eq!((names.into_inner().unwrap().len(), sources), (4, vec!["card.svg", "gone.png"]));
    }

    #[test]
    fn a_panic_costs_one_file_and_nobody_waits_for_it() {
        let wanted: Vec<_> = (1..30).map(|width| of("a.png", width)).collect();
        let taken = Mutex::new(0);
        let failures = make(&world(), &wanted, &|made| {
            if made.derivative.width == 7 {
                panic!("at one of them");
            }
            *taken.lock().unwrap() += 1;
            Ok::<(), Infallible>(())
        });
        let Ok(failures) = failures;
        assert_eq!((taken.into_inner().unwrap(), failures.len()), (28, 1));
        assert!(failures[0].diagnostic().message.contains("a mistake of rivage"), "{failures:?}");
    }

    #[test]
    fn the_first_error_of_who_takes_them_ends_it() {
        let wanted: Vec<_> = (1..30).map(|width| of("a.png", width)).collect();
        let made = make(&world(), &wanted, &|made| if made.derivative.width == 7 { Err("full") } else { Ok(()) });
        assert_eq!(made, Err("full"));
    }
}
