//! The sources of layouts and components, and what each of them is made of.
//!
//! In: the theme's files. Out: [`Sources`] for the engine, and [`Templates`]: fingerprints of a layout or component together with all that
//! it may extend, include or call, so that a change re-renders the pages it can show on and no others. Which templates one uses is
//! told by the names that stand in it: a name in a comment counts as well, which costs a rendering and is never wrong.
//! Deliberately not here: compiling and rendering ([`super::engine`]).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;

use rivage_diag::{Diagnostic, FileId};
use rustc_hash::FxHashMap;

use super::diagnostics;
use crate::discover::{ThemeFile, ThemeFiles};
use crate::inputs::{Fingerprint, Inputs};
use crate::theme;

/// The templates of a site as they are written.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Name and text; a theme's component that the site replaces has been renamed.
    pub texts: Vec<(String, String)>,
    /// Name → file.
    pub files: BTreeMap<String, FileId>,
}

impl Sources {
    /// Reads all templates.
    pub fn read(inputs: &Inputs<'_>, files: &ThemeFiles) -> (Self, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let mut sources = Self::default();
        let mut read = |file: &ThemeFile, name: String| match theme::read(inputs, &file.path) {
            Ok(bytes) => {
                let text = diagnostics::text_of(&file.path, &bytes, &mut problems);
                sources.files.insert(name.clone(), FileId::from(file.path.as_str()));
                sources.texts.push((name, text));
            }
            Err(error) => problems.push(diagnostics::unreadable(&file.path, &error)),
        };
        for file in files.layouts.iter().filter(|file| is_template(&file.name)) {
            read(file, file.name.clone());
        }
        for file in files.components.iter().filter(|file| is_template(&file.name)) {
            read(file, format!("components/{}", file.name));
        }
        shadow(&mut sources.texts, &sources.files);
        (sources, problems)
    }

    /// Returns the fingerprint of all of them.
    pub fn print(&self) -> Fingerprint {
        let all = (&self.texts, self.files.values().map(FileId::as_str).collect::<Vec<_>>());
        Fingerprint::of(format!("{all:?}").as_bytes())
    }
}

/// What can be told of templates without compiling them.
#[derive(Debug, Default)]
pub struct Templates {
    /// Template → fingerprint of it and all that it is made of.
    prints: FxHashMap<String, Fingerprint>,
    /// Component → the template that defines it.
    components: BTreeMap<String, String>,
    layout_ids: Vec<String>,
    /// While a template is broken, others may lack what it defines: then each depends on all.
    broken: OnceLock<Fingerprint>,
}

impl Templates {
    /// Looks through the templates.
    pub fn of(sources: &Sources) -> Self {
        let mut components = BTreeMap::new();
        for (name, text) in &sources.texts {
            // The last one wins, as it does in the engine.
            components.extend(definitions(text).map(|range| (text[range].to_owned(), name.clone())));
        }
        let texts: BTreeMap<&str, &str> =
            sources.texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let uses: FxHashMap<&str, BTreeSet<&str>> =
            texts.iter().map(|(name, text)| (*name, uses(text, &texts, &components))).collect();
        let prints =
            texts.keys().map(|name| ((*name).to_owned(), closure(name, &uses, &texts, &sources.files))).collect();
        // The ids of a drawing are not those of the page around it.
        let is_layout = |name: &str| !name.starts_with("components/") && !name.ends_with(".svg");
        let layouts = sources.texts.iter().filter(|(name, _)| is_layout(name));
        let mut layout_ids: Vec<_> = layouts.flat_map(|(_, text)| fixed_ids(text)).map(str::to_owned).collect();
        // The writer's own.
        layout_ids.push("footnotes".to_owned());
        layout_ids.sort();
        layout_ids.dedup();
        Self { prints, components, layout_ids, broken: OnceLock::new() }
    }

    /// Notes that some template is broken. `all` is the fingerprint of all templates.
    pub fn set_broken(&self, all: Fingerprint) {
        let _ = self.broken.set(all);
    }

    /// Returns the fingerprint of a layout with all that it is made of.
    pub fn layout(&self, name: &str) -> Fingerprint {
        let own = self.prints.get(name).copied().unwrap_or(Fingerprint::MISSING);
        match self.broken.get() {
            Some(all) => Fingerprint::of(&[own.bytes(), all.bytes()].concat()),
            None => own,
        }
    }

    /// Returns the fingerprint of a component with all that it is made of.
    pub fn component(&self, name: &str) -> Fingerprint {
        self.layout(self.components.get(name).map_or("", String::as_str))
    }

    /// Returns the ids that layouts use, sorted: content must not use them again.
    pub fn layout_ids(&self) -> &[String] {
        &self.layout_ids
    }

    /// Returns the fingerprint of the names of all components.
    pub fn names_print(&self) -> Fingerprint {
        Fingerprint::of(format!("{:?} {:?}", self.components.keys(), self.broken.get()).as_bytes())
    }
}

/// The templates that a template names.
fn uses<'t>(
    text: &str,
    texts: &BTreeMap<&'t str, &'t str>,
    components: &'t BTreeMap<String, String>,
) -> BTreeSet<&'t str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let words = text.split(|c| !is_part(c)).filter(|word| !word.is_empty());
    // Names with other characters are looked for as they are.
    let odd = texts.keys().copied().filter(|name| !name.chars().all(is_part) && text.contains(name));
    let found = words.flat_map(|word| {
        let template = texts.get_key_value(word).map(|(name, _)| *name);
        // `</Card>` and `Card.` at the end of a sentence.
        let bare = word.trim_matches(['/', '.', '-']);
        template.into_iter().chain(components.get(bare).map(String::as_str))
    });
    found.chain(odd).collect()
}

fn closure(
    name: &str,
    uses: &FxHashMap<&str, BTreeSet<&str>>,
    texts: &BTreeMap<&str, &str>,
    files: &BTreeMap<String, FileId>,
) -> Fingerprint {
    let mut found = BTreeSet::from([name]);
    let mut waiting = vec![name];
    while let Some(name) = waiting.pop() {
        for used in uses.get(name).into_iter().flatten() {
            if found.insert(used) {
                waiting.push(used);
            }
        }
    }
    let mut all = blake3::Hasher::new();
    for name in found {
        let text = texts.get(name).copied().unwrap_or_default();
        let file = files.get(name).map_or("", FileId::as_str);
        for part in [name, file, text] {
            all.update(&(part.len() as u64).to_le_bytes());
            all.update(part.as_bytes());
        }
    }
    all.finalize().into()
}

/// The ids that a template writes as they are.
fn fixed_ids(text: &str) -> impl Iterator<Item = &str> {
    let ids = text.match_indices(" id=\"").filter_map(|(at, found)| text[at + found.len()..].split('"').next());
    ids.filter(|id| !id.is_empty() && !id.contains('{'))
}

/// Makes room for the site's own components: a theme's component of the same name, in whatever file, is renamed out of the way.
fn shadow(sources: &mut [(String, String)], paths: &BTreeMap<String, FileId>) {
    let is_theme = |name: &str| paths.get(name).is_some_and(|file| file.as_str().starts_with("themes/"));
    let own: BTreeSet<String> = sources
        .iter()
        .filter(|(name, _)| name.starts_with("components/") && !is_theme(name))
        .flat_map(|(_, text)| definitions(text).map(|range| text[range].to_owned()).collect::<Vec<_>>())
        .collect();
    if own.is_empty() {
        return;
    }
    for (_, text) in sources.iter_mut().filter(|(name, _)| name.starts_with("components/") && is_theme(name)) {
        let taken: Vec<_> = definitions(text).filter(|range| own.contains(&text[range.clone()])).collect();
        for range in taken.into_iter().rev() {
            let name = text[range.clone()].to_owned();
            let end = format!("endcomponent {name}");
            if let Some(at) = text[range.end..].find(&end).map(|at| at + range.end + end.len()) {
                text.insert_str(at, SHADOWED);
            }
            text.insert_str(range.end, SHADOWED);
        }
    }
}

/// What the name of a component that the site replaces ends with.
const SHADOWED: &str = "__of_the_theme";

/// The places of the names of the components that a template defines.
pub(super) fn definitions(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.match_indices("{%").filter_map(|(at, _)| {
        let rest = text[at + 2..].trim_start_matches('-').trim_start();
        let rest = rest.strip_prefix("component")?;
        let name = rest.trim_start();
        if name.len() == rest.len() {
            return None;
        }
        let start = text.len() - name.len();
        let length = name.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(name.len());
        (length > 0).then_some(start..start + length)
    })
}

fn is_template(name: &str) -> bool {
    [".html", ".xml", ".txt", ".svg"].iter().any(|extension| name.ends_with(extension))
}

#[cfg(test)]
mod tests {
    use tera::{Context, Tera};

    use super::*;

    #[test]
    fn definitions_are_found_and_nothing_else() {
        let text = "{%- component A(x) -%}{{ <B /> }}{% endcomponent A %}{% component Tabs.Item() %}{% endcomponent %} component C(";
        let names: Vec<_> = definitions(text).map(|range| &text[range]).collect();
        assert_eq!(names, ["A", "Tabs.Item"]);
    }

    #[test]
    fn a_site_replaces_a_component_in_any_file_of_the_theme() {
        let mut sources = vec![
            (
                "components/all.html".to_owned(),
                "{% component A() %}theme{% endcomponent A %}{% component B() %}{{ <A /> }}{% endcomponent B %}"
                    .to_owned(),
            ),
            ("components/A.html".to_owned(), "{% component A() %}site{% endcomponent A %}".to_owned()),
        ];
        let paths = BTreeMap::from([
            ("components/all.html".to_owned(), FileId::from("themes/shore/components/all.html")),
            ("components/A.html".to_owned(), FileId::from("components/A.html")),
        ]);
        shadow(&mut sources, &paths);
        let mut tera = Tera::new();
        tera.add_raw_templates(sources.iter().map(|(name, text)| (name, text))).unwrap();
        let html = tera.render_component("B", &Context::new(), Some(""), true).unwrap();
        assert_eq!(html, "site");
    }

    fn templates(texts: &[(&str, &str)]) -> Templates {
        let texts = texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Templates::of(&Sources { texts, files: BTreeMap::new() })
    }

    const PAGE: (&str, &str) = ("page.html", "{% extends \"base.html\" %}{{ <Card /> }}");
    const BASE: (&str, &str) = ("base.html", "<p id=\"top\">{% block a %}{% endblock %}");
    const CARD: (&str, &str) = ("components/Card.html", "{% component Card() %}{{<Icon/>}}{% endcomponent Card %}");
    const ICON: (&str, &str) = ("components/Icon.html", "{% component Icon() %}i{% endcomponent Icon %}");
    const TABS: (&str, &str) = ("components/Tabs.html", "{% component Tabs() %}t{% endcomponent Tabs %}");

    #[test]
    fn a_layout_changes_with_what_it_is_made_of_and_nothing_else() {
        let before = templates(&[PAGE, BASE, CARD, ICON, TABS]);
        let with = |changed: (&'static str, &'static str)| {
            let all = [PAGE, BASE, CARD, ICON, TABS].map(|old| if old.0 == changed.0 { changed } else { old });
            templates(&all)
        };
        let icon = with(("components/Icon.html", "{% component Icon() %}j{% endcomponent Icon %}"));
        assert_ne!(before.layout("page.html"), icon.layout("page.html"));
        assert_ne!(before.component("Card"), icon.component("Card"));
        assert_eq!(before.component("Tabs"), icon.component("Tabs"));
        assert_eq!(before.layout("base.html"), icon.layout("base.html"));
        let base = with(("base.html", "<p>{% block a %}{% endblock %}"));
        assert_ne!(before.layout("page.html"), base.layout("page.html"));
        assert_eq!(before.component("Card"), base.component("Card"));
        let tabs = with(("components/Tabs.html", "{% component Tabs() %}u{% endcomponent Tabs %}"));
        assert_eq!(before.layout("page.html"), tabs.layout("page.html"));
    }

    #[test]
    fn names_may_have_any_characters() {
        let page = ("page.html", "{% include \"my parts/a+b.html\" %}");
        let part = |text| ("my parts/a+b.html", text);
        let (one, other) = (templates(&[page, part("one")]), templates(&[page, part("two")]));
        assert_ne!(one.layout("page.html"), other.layout("page.html"));
        assert_ne!(one.layout("page.html"), templates(&[page]).layout("page.html"));
    }

    #[test]
    fn what_is_missing_is_known_to_be() {
        let found = templates(&[PAGE]);
        assert_eq!(found.layout("other.html"), Fingerprint::MISSING);
        assert_eq!(found.component("Card"), Fingerprint::MISSING);
        assert_ne!(found.layout("page.html"), templates(&[PAGE, CARD]).layout("page.html"));
        assert_eq!(found.layout_ids(), ["footnotes"]);
        assert_eq!(templates(&[BASE]).layout_ids(), ["footnotes", "top"]);
    }

    #[test]
    fn while_one_is_broken_each_depends_on_all() {
        let (one, other) = (templates(&[PAGE, TABS]), templates(&[PAGE, TABS]));
        one.set_broken(Fingerprint::of(b"one"));
        assert_ne!(one.layout("page.html"), other.layout("page.html"));
        assert_ne!(one.component("Card"), other.component("Card"));
    }
}
