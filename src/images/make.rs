//! Files of images, made by a pool of threads.
//!
//! A thread that opens an image decodes it, scales it to all sizes that are wanted and lets go of the large pixels; the sizes are then encoded one
//! by one, by whoever is free. Nobody opens an image while there is something to encode, so that there are never more open ones than threads.
//! The pool is not rayon's: a thread that waits for memory there could have taken what others wait for.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rivage_diag::{Diagnostic, FileId, Span};
use rivage_images::{Area, Error, Raster, decode, encode, memory, probe};

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
    for derivative in derivatives {
        groups.entry(&derivative.source).or_default().push(derivative);
    }
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let threads = std::thread::available_parallelism().map_or(2, NonZero::get);
    let pool = Pool {
        world,
        take,
        state: Mutex::new(State {
            groups: groups.into_values().collect(),
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
    let rasters = open(world, &[derivative])?;
    let Some(raster) = rasters.into_values().next() else { return Err(Error::Empty) };
    contained(|| encode(&raster, derivative.format, derivative.settings()))
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
    encodings: Vec<(Arc<Raster>, &'d Derivative)>,
    /// Threads that may still find more to do.
    busy: usize,
    failures: Vec<Failure>,
    error: Option<E>,
}

enum Task<'d> {
    Open(Vec<&'d Derivative>),
    Encode(Arc<Raster>, &'d Derivative),
}

impl<'d, E: Send> Pool<'_, 'd, E> {
    fn lock(&self) -> MutexGuard<'_, State<'d, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(task) = self.next() {
            match task {
                Task::Open(group) => {
                    let opened = open(self.world, &group);
                    let mut state = self.lock();
                    match opened {
                        Ok(rasters) => {
                            state.encodings.extend(group.into_iter().filter_map(|derivative| {
                                Some((Arc::clone(rasters.get(&size(derivative))?), derivative))
                            }))
                        }
                        Err(error) => state.failures.extend(failure(group.first().copied(), &error)),
                    }
                }
                Task::Encode(raster, derivative) => {
                    let made = contained(|| encode(&raster, derivative.format, derivative.settings()));
                    drop(raster);
                    let taken = made.map(|bytes| (self.take)(Made { derivative, bytes }));
                    let mut state = self.lock();
                    match taken {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => {
                            state.error.get_or_insert(error);
                        }
                        Err(error) => state.failures.extend(failure(Some(derivative), &error)),
                    }
                }
            }
            self.lock().busy -= 1;
            self.changed.notify_all();
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
                None => state.groups.pop_front().map(Task::Open),
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

fn failure(derivative: Option<&Derivative>, error: &Error) -> Option<Failure> {
    derivative.map(|derivative| Failure { source: derivative.source.clone(), why: error.to_string() })
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
