//! Lines that have been read are remembered.
//!
//! The code of a site is made of the same lines again and again (`}`, imports, the start of an example in ten variants), and what a line becomes
//! depends on nothing but itself and the state before it.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::grammars::Grammars;
use crate::run::Runner;
use crate::state::State;

/// Bytes of lines and states, about, that are kept before all are forgotten.
const MAX_BYTES: usize = 4 << 20;

/// Lines longer than this are hardly written twice.
const MAX_KEPT_LINE: usize = 200;

/// A place between two lines: what the grammar is in. It is good until [`Highlighter::tidy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(usize);

/// Reads code line by line. Each thread has its own.
///
/// ```
/// use rivage_highlight::{Grammars, Highlighter};
///
/// let grammars = Grammars::new(two_face::syntax::extra_newlines());
/// let json = grammars.syntaxes().iter().position(|syntax| syntax.name == "JSON").unwrap();
/// let mut highlighter = Highlighter::new(&grammars);
/// let start = highlighter.start(json).unwrap();
/// let mut parts = Vec::new();
/// highlighter.line(start, "[true]\n", |end, class| parts.push((end, class)));
/// assert_eq!(parts, [(1, b'p'), (5, b'n'), (6, b'p'), (7, 0)]);
/// ```
pub struct Highlighter<'g> {
    grammars: &'g Grammars,
    runner: Runner<'g>,
    states: Vec<Known>,
    places: FxHashMap<Rc<State>, Place>,
    starts: FxHashMap<usize, Option<Place>>,
    bytes: usize,
}

struct Known {
    state: Rc<State>,
    lines: FxHashMap<Box<str>, Line>,
}

/// What a line becomes.
struct Line {
    /// Ends of parts within the line, with their classes.
    parts: Box<[(u32, u8)]>,
    /// The place after it.
    next: Place,
}

impl<'g> Highlighter<'g> {
    /// Makes a highlighter that has read nothing yet.
    #[must_use]
    pub fn new(grammars: &'g Grammars) -> Self {
        Self {
            grammars,
            runner: Runner::new(grammars),
            states: Vec::new(),
            places: FxHashMap::default(),
            starts: FxHashMap::default(),
            bytes: 0,
        }
    }

    /// Forgets what it knows if that has become much. To be called between two texts: their places are good for nothing afterwards.
    pub fn tidy(&mut self) {
        if self.bytes > MAX_BYTES || self.runner.is_full() {
            *self = Self::new(self.grammars);
        }
    }

    /// Returns the place where a grammar starts, by its number in [`Grammars::syntaxes`].
    pub fn start(&mut self, syntax: usize) -> Option<Place> {
        if let Some(known) = self.starts.get(&syntax) {
            return *known;
        }
        let start = self.runner.start(syntax).map(|state| self.keep(state));
        self.starts.insert(syntax, start);
        start
    }

    /// Reads a line, with or without its `\n`: gives the ends of its parts with their classes ([`PLAIN`](crate::PLAIN) for none), and
    /// returns the place after it.
    pub fn line(&mut self, place: Place, line: &str, mut part: impl FnMut(usize, u8)) -> Place {
        // Grammars look for the line end; a text's last line has lost its own.
        let bare = line.strip_suffix('\n').unwrap_or(line);
        if let Some(known) = self.states[place.0].lines.get(bare) {
            known.parts.iter().for_each(|(end, class)| part(*end as usize, *class));
            return known.next;
        }
        let mut state = State::clone(&self.states[place.0].state);
        let mut parts = Vec::new();
        if bare.len() < line.len() {
            self.runner.line(&mut state, line, &mut parts);
        } else {
            self.runner.line(&mut state, &format!("{line}\n"), &mut parts);
        }
        parts.iter().for_each(|(end, class)| part(*end as usize, *class));
        let next = self.keep(state);
        if line.len() <= MAX_KEPT_LINE {
            self.bytes += line.len() + 8 * parts.len() + 64;
            self.states[place.0].lines.insert(bare.into(), Line { parts: parts.into(), next });
        }
        next
    }

    /// Returns the place of a state, which is added unless an equal one is there.
    fn keep(&mut self, state: State) -> Place {
        if let Some(known) = self.places.get(&state) {
            return *known;
        }
        let place = Place(self.states.len());
        self.bytes += 256 + state.size();
        let state = Rc::new(state);
        self.states.push(Known { state: Rc::clone(&state), lines: FxHashMap::default() });
        self.places.insert(state, place);
        place
    }
}
