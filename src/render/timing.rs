//! How long templates and components take, for `rivage build --profile`.
//!
//! In: the sources of all templates. Out: the same with marks at the start and end of each component and around each included template,
//! the functions that the marks call, and what was measured: [`Times`] by name. Tera tells nobody when a component that a template uses
//! begins or ends; hence the marks. Deliberately not here: a build that does not ask, which has no marks and pays nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tera::{Kwargs, State, Tera, TeraResult, Value};

/// The functions of the marks. No template has such a name by chance.
const BEGIN: &str = "__measure_begin";
const END: &str = "__measure_end";

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A layout or a template that another one includes, by name.
    Template(String),
    /// A component, by name.
    Component(String),
}

/// How often something was rendered, and how long it took in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// How often it was rendered.
    pub count: u64,
    /// The time from begin to end. What a component that uses itself takes is counted once.
    pub total: Duration,
    /// The time without what was rendered inside by other parts.
    pub own: Duration,
}

/// The clock of a build: threads measure on their own and add up here.
#[derive(Default)]
pub struct Clock {
    /// The parts that marks name by their place.
    parts: Vec<Part>,
    times: Mutex<BTreeMap<Part, Times>>,
}

/// A part that a thread is rendering.
struct Frame {
    part: Part,
    start: Instant,
    /// What parts inside took.
    inside: Duration,
}

thread_local! {
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

impl Clock {
    /// Registers the functions that the marks of these sources call.
    pub fn register(self: &Arc<Self>, tera: &mut Tera) {
        let clock = Arc::clone(self);
        tera.register_function(BEGIN, move |arguments: Kwargs, _: &State| -> TeraResult<Value> {
            let place: u64 = arguments.must_get("part")?;
            if let Some(part) = usize::try_from(place).ok().and_then(|place| clock.parts.get(place)) {
                begin(part.clone());
            }
            Ok(Value::safe_string(""))
        });
        let clock = Arc::clone(self);
        tera.register_function(END, move |_: Kwargs, _: &State| -> TeraResult<Value> {
            clock.end();
            Ok(Value::safe_string(""))
        });
    }

    /// Measures `work` as a rendering of the layout of this name. `None` if it failed: a failed rendering is not counted.
    pub fn layout<R>(&self, name: &str, work: impl FnOnce() -> Option<R>) -> Option<R> {
        self.guarded(|| {
            begin(Part::Template(name.to_owned()));
            let result = work()?;
            self.end();
            Some(result)
        })
    }

    /// Runs `work`, whose marks measure. Where it fails the marks of ends are not reached; what they would have ended is forgotten.
    pub fn guarded<R>(&self, work: impl FnOnce() -> Option<R>) -> Option<R> {
        let depth = FRAMES.with_borrow(Vec::len);
        let result = work();
        FRAMES.with_borrow_mut(|frames| frames.truncate(depth));
        result
    }

    /// Returns what was measured.
    pub fn times(&self) -> BTreeMap<Part, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn end(&self) {
        let ended = FRAMES.with_borrow_mut(|frames| {
            let frame = frames.pop()?;
            let total = frame.start.elapsed();
            if let Some(around) = frames.last_mut() {
                around.inside += total;
            }
            let is_outermost = frames.iter().all(|around| around.part != frame.part);
            Some((frame.part, total, total.saturating_sub(frame.inside), is_outermost))
        });
        let Some((part, total, own, is_outermost)) = ended else { return };
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let times = times.entry(part).or_default();
        times.count += 1;
        times.own += own;
        if is_outermost {
            times.total += total;
        }
    }

    /// Returns a template's source with marks. Not one byte of what it renders changes.
    pub fn mark(&mut self, text: &str) -> String {
        // What is raw is not a tag, and marks would be printed.
        if tags(text).any(|tag| tag.word == "raw") {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len() + 256);
        let mut copied = 0;
        let mut is_open = false;
        for tag in tags(text) {
            let (before, after) = match tag.word {
                "component" if !is_open => (None, Some(self.begin_mark(Part::Component(component_name(tag.rest))))),
                "endcomponent" if is_open => (Some(format!("{END}()")), None),
                "include" => match quoted(tag.rest) {
                    Some(name) => (Some(self.begin_mark(Part::Template(name.to_owned()))), Some(format!("{END}()"))),
                    None => continue,
                },
                _ => continue,
            };
            if tag.word != "include" {
                is_open = !is_open;
            }
            out.push_str(&text[copied..tag.start]);
            // A mark takes over what the tag says of the white space on that side.
            if let Some(before) = before {
                out.push_str(if text[tag.start..].starts_with("{%-") { "{{- " } else { "{{ " });
                out.push_str(&before);
                out.push_str(" }}");
            }
            out.push_str(&text[tag.start..tag.end]);
            if let Some(after) = after {
                out.push_str("{{ ");
                out.push_str(&after);
                out.push_str(if text[..tag.end].ends_with("-%}") { " -}}" } else { " }}" });
            }
            copied = tag.end;
        }
        out.push_str(&text[copied..]);
        out
    }

    fn begin_mark(&mut self, part: Part) -> String {
        self.parts.push(part);
        format!("{BEGIN}(part={})", self.parts.len() - 1)
    }
}

fn begin(part: Part) {
    FRAMES.with_borrow_mut(|frames| frames.push(Frame { part, start: Instant::now(), inside: Duration::ZERO }));
}

/// A tag of a template: `{% word rest %}`.
struct Tag<'t> {
    start: usize,
    end: usize,
    word: &'t str,
    rest: &'t str,
}

/// The tags of a template, but not those in comments.
fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + text[at..].find('{')?;
            at = start + 1;
            if text[at..].starts_with('#') {
                at += text[at..].find("#}")?;
            } else if text[at..].starts_with('%') {
                let inner = text[at + 1..].strip_prefix('-').unwrap_or(&text[at + 1..]);
                let length = end_of_tag(inner)?;
                at = text.len() - inner.len() + length + 2;
                let inner = inner[..length].trim_end_matches('-').trim();
                let (word, rest) = inner.split_once(|c: char| c.is_whitespace()).unwrap_or((inner, ""));
                return Some(Tag { start, end: at, word, rest: rest.trim_start() });
            }
        }
    })
}

/// Where `%}` stands that is not in a string.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '%') if text[at..].starts_with("%}") => return Some(at),
            _ => {}
        }
    }
    None
}

fn component_name(rest: &str) -> String {
    rest.chars().take_while(|&c| c.is_alphanumeric() || c == '_' || c == '.').collect()
}

fn quoted(rest: &str) -> Option<&str> {
    let open = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    rest[1..].split(open).next()
}

#[cfg(test)]
mod tests {
    use tera::Context;

    use super::*;

    /// Renders `page.html` without and with marks, says that both are equal, and returns what was measured.
    fn measure(sources: &[(&str, &str)]) -> BTreeMap<Part, Times> {
        let mut plain = Tera::new();
        plain.add_raw_templates(sources.iter().copied()).unwrap();
        let expected = plain.render("page.html", &Context::new()).unwrap();

        let mut clock = Clock::default();
        let marked: Vec<_> = sources.iter().map(|(name, text)| (*name, clock.mark(text))).collect();
        let clock = Arc::new(clock);
        let mut tera = Tera::new();
        clock.register(&mut tera);
        tera.add_raw_templates(marked).unwrap();
        let html = clock.layout("page.html", || tera.render("page.html", &Context::new()).ok()).unwrap();
        assert_eq!(html, expected);
        clock.times()
    }

    fn counts(times: &BTreeMap<Part, Times>) -> Vec<(&str, u64)> {
        let name = |part: &Part| match part {
            Part::Template(_) => "template",
            Part::Component(_) => "component",
        };
        times.iter().map(|(part, times)| (name(part), times.count)).collect()
    }

    #[test]
    fn layouts_includes_and_components_in_components_are_counted_and_rendered_as_ever() {
        let times = measure(&[
            (
                "page.html",
                "a {% include \"part.html\" %} b\n{%- include \"part.html\" -%}\n c {{ <Outer/> }} {{ <Inner/> }}",
            ),
            ("part.html", "\n part \n"),
            (
                "all.html",
                "{# {% component No() %} #}{% component Outer() -%}\n  <b>{{ <Inner/> }}</b>\n{%- endcomponent Outer %}\n\
                 {%- component Inner(x: string = \"%}\") %}\n <i/>\n {% endcomponent Inner %}",
            ),
        ]);
        let part = |name: &str| times[&Part::Template(name.to_owned())];
        let component = |name: &str| times[&Part::Component(name.to_owned())];
        assert_eq!(part("page.html").count, 1);
        assert_eq!(part("part.html").count, 2);
        assert_eq!(component("Outer").count, 1);
        assert_eq!(component("Inner").count, 2);
        assert_eq!(counts(&times).len(), 4);
        // What is inside is part of the total, not of a part's own time.
        let own: Duration = times.values().map(|times| times.own).sum();
        assert_eq!(own, part("page.html").total);
        assert!(component("Outer").own < component("Outer").total);
    }

    #[test]
    fn what_a_component_that_uses_itself_takes_is_counted_once() {
        let times = measure(&[(
            "page.html",
            "{% component Tree(depth: integer) %}{{ depth }}{% if depth > 0 %}{{ <Tree depth={depth - 1}/> }}{% endif %}\
             {% endcomponent Tree %}{{ <Tree depth={5}/> }}",
        )]);
        let tree = times[&Part::Component("Tree".to_owned())];
        assert_eq!(tree.count, 6);
        assert_eq!(tree.own, tree.total);
    }

    #[test]
    fn raw_text_is_left_alone() {
        let text = "{% raw %}{% component A() %}{% endcomponent A %}{% endraw %}";
        assert_eq!(Clock::default().mark(text), text);
    }

    #[test]
    fn a_failed_rendering_leaves_nothing_behind() {
        let mut clock = Clock::default();
        let text = clock.mark("{% component A() %}{{ throw(message=\"no\") }}{% endcomponent A %}{{ <A/> }}");
        let clock = Arc::new(clock);
        let mut tera = Tera::new();
        clock.register(&mut tera);
        tera.add_raw_template("page.html", &text).unwrap();
        assert_eq!(clock.layout("page.html", || tera.render("page.html", &Context::new()).ok()), None);
        assert!(clock.times().is_empty());
        assert!(FRAMES.with_borrow(Vec::is_empty));
    }
}
