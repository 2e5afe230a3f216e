//! `once(component="Tree", items=…)` in templates: a component that is rendered once for all pages that give it the same branch of a menu
//! or sidebar.
//!
//! A documentation of a thousand pages prints a sidebar of a thousand links a thousand times, and but for the branch that leads to the
//! page all of it is the same. In: the arguments, and the site's values, which tell what branches pages share. Out: HTML; what was asked
//! while it was made is noted for each page that shows it. Deliberately not here: components whose arguments are the page's own, or that
//! ask what pages differ in: they are rendered each time, so that the result is always that of the component itself.
//!
//! Why a result is never shown where it does not belong:
//!
//! - A branch is known by its place in memory. That is as good as its content as long as nothing else can come to lie there, and nothing can: [`Values`] owns
//!   every branch that it takes for one, changes none, and owns the results as well, so that they are gone with it. A list that a template makes, or
//!   that a page sees differently, lies elsewhere, because the branches still lie where they do. Hashing a branch for each page that shows it
//!   would cost about what rendering it does.
//! - All other arguments are part of the key as they are written, with their kind and length.
//! - What a component asks of the site has to be the same for all pages of a language ([`is_for_all`]). It may also look at the page and ask nothing, as
//!   `sidebar()` does where there is none: looks at the page, and all that is given out once on a page, are counted ([`scope::Scope::given`]).
//! - The name of the component may be computed, so that it stands in no layout: the component itself is asked about, and whoever shows it is rendered
//!   again when it changes.
//! - An edited text is exchanged in place (`Values::exchange_document`): no branch shows one, and nothing that is for all pages asks for one.

use std::fmt::Write as _;
use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;
use tera::value::ValueKind;
use tera::{Context, Error, Kwargs, TeraResult, Value};

use super::functions::{self, Surroundings};
use super::scope;
use super::values::Values;
use crate::images::told;
use crate::inputs::{Fingerprint, Question, SiteQuestion};

/// What has been rendered, by component and arguments.
#[derive(Debug, Default)]
pub struct Once(RwLock<FxHashMap<String, Piece>>);

#[derive(Clone, Debug)]
struct Piece {
    html: Value,
    asked: Vec<(Question, Fingerprint)>,
}

/// The function of templates.
pub(super) fn render(env: &Surroundings, arguments: &Kwargs) -> TeraResult<Value> {
    let name = arguments.must_get::<&str>("component")?;
    // What stands in no trace below: texts, which a page notes once, and the component, whose name may be computed.
    functions::note_texts(env);
    functions::note(env, SiteQuestion::Component(name.to_owned()));
    let Some(key) = key(&env.values, name, arguments) else { return fresh(name, arguments) };
    let known = env.values.once.0.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    if let Some(piece) = known {
        scope::with(|scope| scope.notes.extend(&piece.asked));
        return Ok(piece.html);
    }
    let before = scope::with(|scope| (scope.notes.count(), scope.given()));
    let html = fresh(name, arguments)?;
    let after = scope::with(|scope| (scope.notes.since(before.map_or(0, |before| before.0)), scope.given()));
    if let (Some((_, given_before)), Some((mut asked, given))) = (before, after)
        && given_before == given
        && asked.iter().all(|(question, _)| is_for_all(question))
    {
        asked.sort_unstable();
        asked.dedup();
        let piece = Piece { html: html.clone(), asked };
        env.values.once.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, piece);
    }
    Ok(html)
}

fn fresh(name: &str, arguments: &Kwargs) -> TeraResult<Value> {
    let engine = scope::engine().ok_or_else(|| Error::message("this can only be used while a page is rendered"))?;
    let mut context = Context::new();
    for (key, value) in own(arguments) {
        context.insert_value(key.to_owned(), value.clone());
    }
    match engine.get().render_component(name, &context, &Context::new(), "") {
        Ok(html) => Ok(Value::safe_string(&html)),
        Err(failure) => {
            told::image_of(&failure).cloned().into_iter().for_each(scope::blame);
            Err(Error::message(format!("`{name}`: {}", failure.message)))
        }
    }
}

/// The arguments of the component.
fn own(arguments: &Kwargs) -> impl Iterator<Item = (&str, &Value)> {
    let named = arguments.iter().filter_map(|(key, value)| Some((key.as_str()?, value)));
    named.filter(|(key, _)| *key != "component")
}

/// What tells one call from another; none where an argument is the page's own.
fn key(values: &Values, name: &str, arguments: &Kwargs) -> Option<String> {
    let mut all: Vec<_> = own(arguments).collect();
    all.sort_by_key(|(key, _)| *key);
    let mut out = scope::with(|scope| format!("{}\n{name}", scope.language))?;
    for (key, value) in all {
        let written = match value.kind() {
            ValueKind::Array => write!(out, "\n{key}\n@{}", values.branch(value)?),
            ValueKind::Map | ValueKind::Bytes => return None,
            kind => {
                let text = value.to_string();
                write!(out, "\n{key}\n{kind:?} {} {} {text}", value.is_safe(), text.len())
            }
        };
        written.ok()?;
    }
    Some(out)
}

/// Reports whether all pages of a language get the same answer.
fn is_for_all(question: &Question) -> bool {
    matches!(
        question,
        Question::Site(
            SiteQuestion::Strings(_)
                | SiteQuestion::Icon(_)
                | SiteQuestion::Asset(_)
                | SiteQuestion::Served(_)
                | SiteQuestion::Component(_)
        )
    )
}
