//! What people do to a site: edits of every kind, chosen by numbers.
//!
//! In: the files of now. Out: the files of then, and what else happens (time goes by, the cache is deleted…). An edit looks at what is
//! there, so that any sequence of edits makes sense, also one from which a smaller failing case has been cut.

use super::project::{Files, Manner};
use super::random::Random;
use super::site::{self, SETTINGS};

/// An edit: which sort, and a number that chooses the rest.
pub(crate) type Edit = (u8, u64);

/// What the edits of a sequence are about.
pub(crate) struct State {
    pub(crate) files: Files,
    /// The site as it was at first.
    pub(crate) base: Files,
    /// The variant of each group of settings.
    pub(crate) chosen: Vec<usize>,
}

/// What else an edit does.
#[derive(Debug, Default)]
pub(crate) struct Effect {
    /// What was done, for messages.
    pub(crate) what: String,
    pub(crate) manner: Manner,
    /// Days that go by.
    pub(crate) hours: i64,
    /// The cache is deleted.
    pub(crate) no_cache: bool,
    /// All that rivage keeps is deleted.
    pub(crate) no_memory: bool,
    /// Somebody changes the output; the number chooses how.
    pub(crate) output: Option<u64>,
    /// A build with drafts is made in between.
    pub(crate) drafts: bool,
    /// The preview is told of a folder rather than of files.
    pub(crate) tells_folder: bool,
    /// The preview is told of a file that did not change as well.
    pub(crate) tells_more: bool,
    /// No moment of rest follows, in which a preview makes what it puts off.
    pub(crate) hurried: bool,
}

/// How many sorts of edits there are.
pub(crate) const SORTS: u8 = 48;

/// Does an edit.
pub(crate) fn apply(state: &mut State, (sort, number): Edit) -> Effect {
    let mut random = Random::new(number);
    let random = &mut random;
    let mut effect = Effect {
        manner: Manner { moved: random.once_in(3), old: random.once_in(6) },
        tells_folder: random.once_in(8),
        tells_more: random.once_in(8),
        hurried: random.once_in(4),
        ..Effect::default()
    };
    effect.what = match sort % SORTS {
        // The most frequent edit of all.
        0..=5 => edit_body(state, random),
        6 => same_length(state, random),
        7 => edit_one(
            state,
            random,
            &|path| path.contains("/_") && path.starts_with("content/") && !path.contains("_index"),
            "partial",
            &|text, random| format!("{text}\n{}\n", word(random)),
        ),
        8 => key(state, random, "title", |random| Some(title(random))),
        9 => key(state, random, "tags", tags),
        10 => key(state, random, "date", |random| Some(date(random))),
        11 => key(state, random, "draft", |random| random.once_in(2).then(|| "true".to_owned())),
        12 => key(state, random, "slug", |random| {
            random.once_in(2).then(|| random.pick(&["one", "two", "three"]).to_string())
        }),
        13 => key(state, random, "aliases", |random| {
            random.once_in(2).then(|| format!("[/was/{}, /blog/{}]", random.below(3), word(random)))
        }),
        14 => key(state, random, "weight", |random| {
            random.once_in(4).then(|| random.below(4).to_string()).or_else(|| Some("2".to_owned()))
        }),
        15 => key(state, random, "publish_at", |random| random.once_in(2).then(|| date(random))),
        16 => key(state, random, "expires_at", |random| random.once_in(2).then(|| date(random))),
        17 => {
            let (name, value): (&str, &[&str]) = *random.pick(&[
                ("description", &["A sentence", "Another"] as &[&str]),
                ("updated", &["2040-02-15", "2040-02-16T10:00:00Z"]),
                ("authors", &["[ada]", "[ada, Bo]", "[Bo]"]),
                ("series", &["log", "tales"]),
                ("toc", &["false", "true"]),
                ("search", &["false", "true"]),
                ("robots", &["noindex", "nofollow"]),
                ("sidebar", &["false", "{ label: Side }", "{ badge: hot }"]),
                ("extra", &["{ level: 1 }", "{ mood: calm }"]),
                ("mood", &["calm", "wild"]),
                ("template", &["page.html", "blog/short.html", "docs/page.html"]),
                ("image", &["photo.svg", "/img/pic.svg", "nothing.png"]),
                ("path", &["/elsewhere/", "/docs/one/"]),
            ]);
            let value = (!random.once_in(3)).then(|| random.pick(value).to_string());
            key(state, random, name, |_| value.clone())
        }
        18 => edit_one(state, random, &|path| path.contains("components/"), "component", &edit_template),
        19 => edit_one(state, random, &|path| path.contains("layouts/"), "layout", &edit_template),
        20 => edit_one(state, random, &|path| path.contains("strings/"), "strings", &|text, random| {
            let line = format!(
                "{} = \"{}\"\n",
                random.pick(&["home", "foot", "note", "tip", "not_found", "months"]),
                word(random)
            );
            let kept: String = text
                .lines()
                .filter(|old| old.split(' ').next() != line.split(' ').next())
                .map(|old| format!("{old}\n"))
                .collect();
            kept + &line
        }),
        21 => {
            let name = *random.pick(&["mark", "mark", "star", "sun"]);
            let root = *random.pick(&["assets", "themes/tiny/assets"]);
            toggle(
                state,
                &format!("{root}/icons/{name}.svg"),
                site::svg(random.below(3), "icon").into_bytes(),
                random.once_in(3),
            )
        }
        22 => edit_one(state, random, &|path| path.ends_with(".css"), "css", &|text, random| {
            format!("{text}.x{} {{ color: blue }}\n", random.below(9))
        }),
        23 => edit_one(state, random, &|path| path.starts_with("data/"), "data", &|text, random| {
            if text.starts_with('{') {
                format!("{{ \"eur\": {}, \"list\": [{}] }}\n", random.below(5), random.below(5))
            } else {
                format!("a = {}\n", random.below(9))
            }
        }),
        24..=27 => settings(state, random),
        28 => rename(state, random),
        29 => {
            let page = page(state, random);
            state.files.remove(&page);
            format!("delete `{page}`")
        }
        30 => move_page(state, random),
        31 => bundle(state, random),
        32 => section(state, random),
        33 => {
            let path = *random.pick(&[
                "static/atom.xml",
                "static/blog/atom.xml",
                "static/sitemap.xml",
                "static/robots.txt",
                "static/llms.txt",
                "static/_headers",
                "static/search/index.en.json",
                "static/docs/alpha/index.md",
                "static/extra.txt",
                "static/404.html",
                "static/tags/sea/atom.xml",
            ]);
            toggle(state, path, word(random).into_bytes(), random.once_in(2))
        }
        34 | 35 => restore(state, &mut effect, random),
        36 | 37 => {
            effect.hours = 1 + random.below(60) as i64;
            format!("{} hours go by", effect.hours)
        }
        38 => break_something(state, random),
        39 => {
            effect.output = Some(random.next());
            "the output is changed by hand".to_owned()
        }
        40 => {
            effect.no_cache = true;
            effect.no_memory = random.once_in(3);
            edit_body(state, random) + ", and the cache is deleted"
        }
        41 => {
            let path = format!(
                "content/{}/{}.{}",
                random.pick(&["blog", "docs", "docs/deep", "news", "fr/blog"]),
                word(random),
                random.pick(&["md", "mdx"])
            );
            let text = new_page(state, &path, random);
            state.files.insert(path.clone(), text.into_bytes());
            format!("new page `{path}`")
        }
        42 => translate(state, random),
        43 => edit_one(state, random, &|path| path.ends_with(".svg"), "picture", &|_, random| {
            site::svg(1 + random.below(9), "new")
        }),
        44 => overlay(state, random),
        45 => {
            effect.drafts = true;
            edit_body(state, random) + ", and a build with drafts"
        }
        46 => {
            let path = *random.pick(&[
                "content/blog/extra.txt",
                "content/docs/picture.svg",
                "content/blog/trip/notes.txt",
                "content/blog/atom.xml",
                "content/blog/_part.mdx",
            ]);
            toggle(state, path, site::svg(random.below(9), "beside").into_bytes(), random.once_in(2))
        }
        _ => "nothing".to_owned(),
    };
    effect
}

fn word(random: &mut Random) -> String {
    random.pick(&["salt", "tide", "foam", "keel", "mast", "reef", "gulls", "rope"]).to_string()
}

fn title(random: &mut Random) -> String {
    let title = *random.pick(&["Salt", "A tide", "Foam & keel", "Gulls", "Étoile", "First", "Rope"]);
    format!("\"{title}\"")
}

fn tags(random: &mut Random) -> Option<String> {
    let all = [None, Some("[sea]"), Some("[wind]"), Some("[Sea, rope]"), Some("[new, sea]"), Some("[C++, rope]")];
    random.pick(&all).map(str::to_owned)
}

fn date(random: &mut Random) -> String {
    let day = 1 + random.below(9);
    format!("2040-0{}-0{day}", 2 + random.below(2)) + if random.once_in(4) { "T23:30:00-05:00" } else { "" }
}

/// Content files that are pages, or sections.
fn pages(files: &Files) -> Vec<String> {
    let is_page = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        path.starts_with("content/")
            && (path.ends_with(".md") || path.ends_with(".mdx"))
            && (!name.starts_with('_') || name.starts_with("_index"))
    };
    files.keys().filter(is_page).cloned().collect()
}

/// One of the pages; a path that is free where there is none.
fn page(state: &State, random: &mut Random) -> String {
    let all = pages(&state.files);
    if all.is_empty() { "content/only.md".to_owned() } else { random.pick(&all).clone() }
}

fn text(files: &Files, path: &str) -> String {
    files.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}

fn put(state: &mut State, path: &str, text: String) {
    state.files.insert(path.to_owned(), text.into_bytes());
}

/// Adds a file, or removes it where it is there and `or_remove`.
fn toggle(state: &mut State, path: &str, bytes: Vec<u8>, or_remove: bool) -> String {
    if or_remove && state.files.remove(path).is_some() {
        return format!("remove `{path}`");
    }
    // A folder may be in the way.
    let below = format!("{path}/");
    if state.files.keys().any(|other| other.starts_with(&below)) {
        return "nothing".to_owned();
    }
    state.files.insert(path.to_owned(), bytes);
    format!("write `{path}`")
}

fn edit_one(
    state: &mut State,
    random: &mut Random,
    is_one: &dyn Fn(&str) -> bool,
    what: &str,
    edit: &dyn Fn(&str, &mut Random) -> String,
) -> String {
    let all: Vec<String> = state.files.keys().filter(|path| is_one(path)).cloned().collect();
    if all.is_empty() {
        return "nothing".to_owned();
    }
    let path = random.pick(&all).clone();
    let edited = edit(&text(&state.files, &path), random);
    put(state, &path, edited);
    format!("edit the {what} `{path}`")
}

/// Where the body of a page begins.
fn body_start(text: &str) -> usize {
    let fence = text.strip_prefix("---\n").and_then(|rest| rest.find("\n---\n"));
    fence.map_or(0, |end| "---\n".len() + end + "\n---\n".len())
}

fn edit_body(state: &mut State, random: &mut Random) -> String {
    let path = page(state, random);
    let before = text(&state.files, &path);
    let (matter, body) = before.split_at(body_start(&before));
    let piece = snippet(state, &path, random);
    let mut parts: Vec<&str> = body.split("\n\n").collect();
    let at = random.below(parts.len() + 1);
    match random.below(3) {
        0 if parts.len() > 1 => drop(parts.remove(at.min(parts.len() - 1))),
        1 => parts.insert(at, &piece),
        _ => {
            let at = at.min(parts.len() - 1);
            parts[at] = &piece;
        }
    }
    let body = parts.join("\n\n");
    put(state, &path, format!("{matter}\n{}\n", body.trim_matches('\n')));
    format!("edit the body of `{path}`")
}

/// Another letter for one of them: the length stays.
fn same_length(state: &mut State, random: &mut Random) -> String {
    let path = page(state, random);
    let before = text(&state.files, &path);
    let start = body_start(&before);
    let letters: Vec<usize> = before
        .bytes()
        .enumerate()
        .skip(start)
        .filter(|(_, byte)| byte.is_ascii_lowercase())
        .map(|(at, _)| at)
        .collect();
    if letters.is_empty() {
        return "nothing".to_owned();
    }
    let at = *random.pick(&letters);
    let mut bytes = before.into_bytes();
    bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
    state.files.insert(path.clone(), bytes);
    format!("change one letter of `{path}`")
}

/// Sets a key of a page's front matter, or takes it out.
fn key(state: &mut State, random: &mut Random, name: &str, value: impl Fn(&mut Random) -> Option<String>) -> String {
    let path = page(state, random);
    let before = text(&state.files, &path);
    let value = value(random);
    let edited = with_key(&before, name, value.as_deref());
    put(state, &path, edited);
    format!("`{name}` of `{path}` is {value:?}")
}

fn with_key(text: &str, name: &str, value: Option<&str>) -> String {
    let line = value.map(|value| format!("{name}: {value}\n")).unwrap_or_default();
    let start = body_start(text);
    if start == 0 {
        return format!("---\n{line}---\n{text}");
    }
    let (matter, body) = text.split_at(start);
    let lines = matter["---\n".len()..matter.len() - "---\n".len()].lines();
    let prefix = format!("{name}:");
    let mut is_below = false;
    let kept = lines.filter(|old| {
        // What belongs to the key is indented.
        is_below = old.starts_with(&prefix) || is_below && old.starts_with(' ');
        !is_below
    });
    let kept: String = kept.map(|line| format!("{line}\n")).collect();
    format!("---\n{kept}{line}---\n{body}")
}

fn new_page(state: &State, path: &str, random: &mut Random) -> String {
    let tags = tags(random).map(|tags| format!("tags: {tags}\n")).unwrap_or_default();
    format!(
        "---\ntitle: {}\ndate: {}\n{tags}---\n\n{}\n\n{}\n",
        title(random),
        date(random),
        snippet(state, path, random),
        snippet(state, path, random)
    )
}

/// From one file to another, as links are written.
fn relative(from: &str, to: &str) -> String {
    let up = from.matches('/').count() - 1;
    let below = to.strip_prefix("content/").unwrap_or(to);
    if up == 0 { format!("./{below}") } else { format!("{}{below}", "../".repeat(up)) }
}

/// Something that may stand in a body.
fn snippet(state: &State, path: &str, random: &mut Random) -> String {
    let other = page(state, random);
    let address = other
        .trim_start_matches("content/")
        .trim_end_matches(".mdx")
        .trim_end_matches(".md")
        .trim_end_matches("_index")
        .trim_end_matches("index");
    let address = format!("/{}/", address.trim_matches('/')).replace("//", "/");
    let anchor = *random.pick(&["", "#one", "#two", "#salt", "#nothing", "?q=1#top"]);
    let plain = 14;
    let choices = if path.ends_with(".mdx") { 27 } else { plain };
    match random.below(choices) {
        0 => format!("## {}", word(random)),
        1 => format!("A link to [{}]({}{anchor}).", word(random), relative(path, &other)),
        2 => format!("A link to [{}]({address}{anchor}).", word(random)),
        3 => format!("[{}]({anchor})", word(random)),
        4 => {
            format!("```{}\nlet {} = {};\n```", random.pick(&["rust", "js", "text", ""]), word(random), random.below(9))
        }
        5 => format!(
            "![{}]({})",
            word(random),
            random.pick(&["/img/pic.svg", "/logo.svg", "./photo.svg", "missing.png"])
        ),
        6 => format!("Some *{}* :smile: \"{}\" -- {}", word(random), word(random), word(random)),
        7 => "<!-- more -->".to_owned(),
        8 => format!("# {}", word(random)),
        9 => format!("- {}\n- {}\n\n> {}", word(random), word(random), word(random)),
        10 | 11 => format!("{} {} {} {}.", word(random), word(random), word(random), word(random)),
        12 => format!("<a href=\"{address}\">{}</a>", word(random)),
        13 => format!("Term\n: {}", word(random)),
        14 => format!("<Card title=\"{}\" href=\"{}\">{}</Card>", word(random), relative(path, &other), word(random)),
        15 if random.once_in(2) => format!("<Near n={{{}}} />", 1 + random.below(4)),
        15 => format!("<Latest n={{{}}} />", 1 + random.below(3)),
        16 => {
            let seen = if random.once_in(3) { other.trim_start_matches("content/") } else { "about.mdx" };
            format!("<Peek path=\"{seen}\" />")
        }
        17 => format!("<Shelf path=\"{}\" />", random.pick(&["blog", "docs", "docs/deep", ""])),
        18 => "{page.title} {page.words} {site.title}".to_owned(),
        19 => {
            let source =
                if random.once_in(4) { relative(path, "content/_bit.mdx") } else { "/content/_bit.mdx".to_owned() };
            format!("import Bit from \"{source}\"\n\n<Bit />")
        }
        20 => "import rates from \"/data/rates.json\"\n\n{rates.eur} {rates.list[0]}".to_owned(),
        21 => "<Rates file=\"data/more.toml\" />".to_owned(),
        22 => "<Me />".to_owned(),
        23 => format!("<Note kind=\"{}\">{}</Note>", random.pick(&["note", "tip", "odd"]), word(random)),
        24 => format!("<Calout>{}</Calout>", word(random)),
        25 => "import logo from \"/static/logo.svg?raw\"\n\n{logo}".to_owned(),
        _ => format!("<Card icon=\"{}\">{}</Card>", random.pick(&["mark", "mark", "star"]), word(random)),
    }
}

fn edit_template(text: &str, random: &mut Random) -> String {
    let piece = *random.pick(&[
        "<hr>",
        "{{ title or \"\" }}",
        "{{ t(key=\"tip\") }}",
        "{{ icon(name=\"mark\") }}",
        "{{ <Card title=\"x\"/> }}",
        "{{ lang.name }}",
        "{% for p in pages(kind=\"docs\", limit=2) %}{{ p.title }}{% endfor %}",
        "{# a note #}",
        "<p id=\"one\"></p>",
        "{{ site.extra.note or \"\" }}",
    ]);
    // Inside of the block or component, where it shows.
    let end = text
        .rfind("{% endblock")
        .or_else(|| text.find("{%- endcomponent"))
        .or_else(|| text.find("{% endcomponent"))
        .unwrap_or(text.len());
    match random.below(3) {
        0 => format!("{}{piece}{}", &text[..end], &text[end..]),
        1 => text.replacen("<p>", "<p class=\"new\">", 1),
        _ => text.replacen("<hr>", "", 1),
    }
}

fn settings(state: &mut State, random: &mut Random) -> String {
    let group = random.below(SETTINGS.len());
    state.chosen[group] = if random.once_in(3) { 0 } else { random.below(SETTINGS[group].1.len()) };
    let mut text = site::settings(&state.chosen);
    if random.once_in(6) {
        text = format!("# A remark.\n{text}");
    }
    put(state, "rivage.toml", text);
    format!("settings: [{}] is variant {}", SETTINGS[group].0, state.chosen[group])
}

/// Moves one file, where nothing is in the way.
fn move_file(state: &mut State, from: &str, to: &str) -> String {
    if from == to || state.files.contains_key(to) {
        return "nothing".to_owned();
    }
    match state.files.remove(from) {
        Some(bytes) => {
            state.files.insert(to.to_owned(), bytes);
            format!("move `{from}` to `{to}`")
        }
        None => "nothing".to_owned(),
    }
}

fn rename(state: &mut State, random: &mut Random) -> String {
    let from = page(state, random);
    let (folder, name) = from.rsplit_once('/').unwrap_or(("content", &from));
    let (_, ending) = name.split_once('.').unwrap_or((name, "md"));
    let stem =
        if random.once_in(4) { format!("2040-02-0{}-{}", 1 + random.below(9), word(random)) } else { word(random) };
    let ending = if random.once_in(5) { if ending.ends_with("mdx") { "md" } else { "mdx" } } else { ending };
    let to = format!("{folder}/{stem}.{ending}");
    move_file(state, &from, &to)
}

fn move_page(state: &mut State, random: &mut Random) -> String {
    let from = page(state, random);
    let name = from.rsplit('/').next().unwrap_or_default().to_owned();
    let to = format!("content/{}/{name}", random.pick(&["blog", "docs", "docs/deep", "notes", "fr/blog", "news"]));
    move_file(state, &from, &to)
}

/// `name.md` becomes `name/index.md`, or the other way round.
fn bundle(state: &mut State, random: &mut Random) -> String {
    let from = page(state, random);
    let (stem, ending) = from.rsplit_once('.').unwrap_or((&from, "md"));
    let to = match stem.strip_suffix("/index") {
        Some(folder) => format!("{folder}.{ending}"),
        None if stem.ends_with("_index") || stem.contains('.') => return "nothing".to_owned(),
        None => format!("{stem}/index.{ending}"),
    };
    move_file(state, &from, &to)
}

fn section(state: &mut State, random: &mut Random) -> String {
    let sections: Vec<String> = state
        .files
        .keys()
        .filter_map(|path| {
            path.strip_prefix("content/")?.rsplit_once('/').map(|(folder, _)| format!("content/{folder}/"))
        })
        .collect();
    if sections.is_empty() || random.once_in(4) {
        return toggle(
            state,
            "content/news/_index.md",
            b"---\ntitle: News\nkind: blog\npaginate_by: 2\nfeed: true\n---\n\nNew.\n".to_vec(),
            false,
        );
    }
    let from = random.pick(&sections).clone();
    let below: Vec<String> = state.files.keys().filter(|path| path.starts_with(&from)).cloned().collect();
    if random.once_in(3) {
        below.iter().for_each(|path| drop(state.files.remove(path)));
        return format!("delete `{from}`");
    }
    let to = format!("content/{}/", random.pick(&["journal", "manual", "news", "blog/old"]));
    if to.starts_with(&from) || from.starts_with(&to) || state.files.keys().any(|path| path.starts_with(&to)) {
        return "nothing".to_owned();
    }
    for path in below {
        if let Some(bytes) = state.files.remove(&path) {
            state.files.insert(format!("{to}{}", &path[from.len()..]), bytes);
        }
    }
    format!("rename `{from}` to `{to}`")
}

/// Brings files back as they were at first, as `git checkout` does.
fn restore(state: &mut State, effect: &mut Effect, random: &mut Random) -> String {
    effect.manner.old = random.once_in(2);
    if random.once_in(5) {
        return restore_all(state, false);
    }
    let others: Vec<String> = state
        .base
        .iter()
        .filter(|(path, bytes)| state.files.get(*path) != Some(bytes))
        .map(|(path, _)| path.clone())
        .collect();
    if others.is_empty() {
        return "nothing".to_owned();
    }
    let path = random.pick(&others).clone();
    let below = format!("{path}/");
    if state.files.keys().any(|other| other.starts_with(&below)) || is_below_file(&state.files, &path) {
        return "nothing".to_owned();
    }
    state.files.insert(path.clone(), state.base[&path].clone());
    format!("restore `{path}`")
}

fn is_below_file(files: &Files, path: &str) -> bool {
    path.match_indices('/').any(|(at, _)| files.contains_key(&path[..at]))
}

/// Brings the whole site back; where it was broken from the start, whole.
pub(crate) fn restore_all(state: &mut State, is_whole: bool) -> String {
    if is_whole {
        (state.base, state.chosen) = site::whole();
    }
    state.files = state.base.clone();
    "restore everything".to_owned()
}

fn translate(state: &mut State, random: &mut Random) -> String {
    let from = page(state, random);
    let to = match from.rsplit_once('.') {
        Some((stem, ending)) if !stem.ends_with(".fr") && !from.starts_with("content/fr/") => {
            if random.once_in(2) {
                format!("{stem}.fr.{ending}")
            } else {
                from.replacen("content/", "content/fr/", 1)
            }
        }
        _ => {
            state.files.remove(&from);
            return format!("delete the translation `{from}`");
        }
    };
    let text = text(&state.files, &from).replace("title: ", "title: fr ");
    toggle(state, &to, text.into_bytes(), random.once_in(2))
}

/// A file of the site in the place of one of the theme.
fn overlay(state: &mut State, random: &mut Random) -> String {
    let (path, text) = *random.pick(&[
        ("layouts/parts/foot.html", "<footer>own</footer>"),
        ("layouts/docs/page.html", "{% extends \"page.html\" %}{% block main %}own {{ content }}{% endblock %}"),
        ("components/Card.html", "{% component Card(title: string = \"\", ...rest) -%}<b>{{ title }}{{ body or \"\" }}</b>{%- endcomponent Card %}"),
        ("components/Calout.html", "{% component Calout() -%}<b>{{ body }}</b>{%- endcomponent Calout %}"),
        ("components/Row.html", "{% component Row(page: map) -%}<i>{{ page.title }}</i>{%- endcomponent Row %}"),
        ("assets/css/main.css", ".own { color: green }"),
        ("assets/img/pic.svg", "<svg width=\"2\" height=\"3\"/>"),
        ("strings/fr.toml", "home = \"Chez nous\"\n"),
        ("layouts/tags.html", "unused"),
        ("layouts/taxonomy/tags-term.html", "{% extends \"base.html\" %}{% block main %}own {{ term.name }}{% endblock %}"),
    ]);
    toggle(state, path, text.as_bytes().to_vec(), random.once_in(2))
}

/// Breaks a file, until it is restored.
fn break_something(state: &mut State, random: &mut Random) -> String {
    let all: Vec<String> = state
        .files
        .keys()
        .filter(|path| {
            path.ends_with(".md")
                || path.ends_with(".mdx")
                || path.ends_with(".html")
                || path.ends_with(".css")
                || path.starts_with("data/")
                || path.ends_with(".toml")
        })
        .cloned()
        .collect();
    if all.is_empty() {
        return "nothing".to_owned();
    }
    let path = random.pick(&all).clone();
    let before = text(&state.files, &path);
    let broken = match path.rsplit('.').next().unwrap_or_default() {
        "html" => format!(
            "{before}{}",
            random.pick(&["{% if %}", "{{ nosuch() }}", "{{ <Nosuch/> }}", "{% extends \"no.html\" %}"])
        ),
        "css" => format!("{before}\n}} a {{"),
        "json" | "toml" => format!("{before}\n[["),
        "mdx" if random.once_in(2) => format!("{before}\n\n<Card {{\n"),
        _ => with_key(&before, "title", Some("[")),
    };
    put(state, &path, broken);
    format!("break `{path}`")
}
