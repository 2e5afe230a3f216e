//! The promises of `src/cache/mod.rs`, and that a change renders what shows it and nothing else.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use rivage::cache::store::{Key, Store};
use rivage::cache::{Cache, FOLDER, Kind, PROGRAM};
use rivage::inputs::Fingerprint;
use rivage::pipeline::Options;

use super::check::{self, Preview};
use super::project::{Built, Project};
use super::site;

/// A project that has been built.
fn built() -> (Project, usize) {
    let project = Project::new(&site::whole().0);
    let all = build(&project).rendered;
    assert!(all > 40, "{all}");
    (project, all)
}

fn build(project: &Project) -> Built {
    let built = project.build(&Options::default()).unwrap();
    assert!(built.summary.is_some(), "{:#?}", built.diagnostics);
    built
}

/// Builds after an edit: how many routes were rendered, and which pages are others now.
fn rebuild(project: &Project) -> (usize, BTreeSet<String>) {
    let before = project.output("public");
    let built = build(project);
    let after = project.output("public");
    check::same_files(&project.cold(&Options::default()).files, &after).unwrap();
    let changed: BTreeSet<String> =
        after.iter().filter(|(path, bytes)| before.get(*path) != Some(*bytes)).map(|(path, _)| path.clone()).collect();
    assert_eq!(built.summary.unwrap().written, changed.len(), "{changed:?}");
    (built.rendered, changed.into_iter().filter(|path| path.ends_with(".html")).collect())
}

fn pages<const N: usize>(pages: [&str; N]) -> BTreeSet<String> {
    pages.into_iter().map(str::to_owned).collect()
}

#[test]
fn an_edited_body_renders_its_page_alone() {
    let (mut project, _) = built();
    // As many words as before, and not those that lists show.
    project.replace("content/blog/third.md", "Even more.", "Even less.");
    // French has no translation and shows the same text.
    let expected = pages(["blog/third/index.html", "fr/blog/third/index.html"]);
    assert_eq!(rebuild(&project), (2, expected));
}

#[test]
fn an_edited_summary_renders_the_lists_that_show_it() {
    let (mut project, all) = built();
    project.replace("content/blog/third.md", "The third.", "Third of all.");
    let (rendered, changed) = rebuild(&project);
    assert!(changed.contains("blog/index.html") && changed.contains("blog/third/index.html"), "{changed:?}");
    assert!(!changed.iter().any(|path| path.contains("docs/alpha") || path.contains("docs/deep")), "{changed:?}");
    assert!(rendered < all / 2, "{rendered} of {all}");
}

#[test]
fn a_title_renders_what_shows_it() {
    let (mut project, all) = built();
    project.replace("content/docs/deep/gamma.md", "title: Gamma", "title: Omega");
    let (rendered, changed) = rebuild(&project);
    // It stands in the sidebar of every page of docs.
    assert!(changed.contains("docs/alpha/index.html") && changed.contains("docs/deep/gamma/index.html"), "{changed:?}");
    assert!(changed.iter().all(|path| path.contains("docs/")), "{changed:?}");
    assert!(rendered < all / 2, "{rendered} of {all}");
}

#[test]
fn a_tag_renders_what_shows_it() {
    let (mut project, all) = built();
    project.replace("content/blog/second.md", "[sea]", "[shore]");
    let (rendered, changed) = rebuild(&project);
    for page in
        ["blog/second/index.html", "tags/index.html", "tags/sea/index.html", "tags/shore/index.html", "index.html"]
    {
        assert!(changed.contains(page), "{page} is not in {changed:?}");
    }
    let others = ["docs/alpha", "docs/deep", "tags/wind", "tags/rope", "404"];
    assert!(!changed.iter().any(|path| others.iter().any(|other| path.contains(other))), "{changed:?}");
    assert!(rendered < all * 3 / 4, "{rendered} of {all}");
}

#[test]
fn a_component_renders_what_uses_it() {
    let (mut project, _) = built();
    project.replace("themes/tiny/components/Tree.html", "<ul>", "<ul class=\"tree\">");
    let (rendered, changed) = rebuild(&project);
    assert!(changed.contains("docs/alpha/index.html") && !changed.contains("docs/index.html"), "{changed:?}");
    assert!(changed.iter().all(|path| path.contains("docs/")), "{changed:?}");
    // The layout of the section extends the one that uses it, and puts something else in its place.
    assert!(rendered < changed.len() + 6, "{rendered}: {changed:?}");
    project.write("components/Unused.html", "{% component Unused() %}u{% endcomponent Unused %}");
    assert_eq!(rebuild(&project), (0, BTreeSet::new()));
}

#[test]
fn a_component_with_a_computed_name_renders_what_shows_it() {
    let (mut project, _) = built();
    // No template says its name in one word.
    project.write("components/Buoy.html", "{% component Buoy(n: integer) %}<i>{{ n }}</i>{% endcomponent Buoy %}");
    project.replace("themes/tiny/layouts/404.html", "<h1>", "{{ once(component=\"Bu\" ~ \"oy\", n=1) }}<h1>");
    build(&project);
    project.replace("components/Buoy.html", "<i>{{ n }}</i>", "<b>{{ n }}</b>");
    let expected = pages(["404.html", "fr/404.html"]);
    assert_eq!(rebuild(&project), (2, expected));
}

#[test]
fn a_layout_renders_what_it_shows() {
    let (mut project, _) = built();
    project.replace("themes/tiny/layouts/taxonomy/term.html", "<h1>", "<h1 class=\"term\">");
    let (rendered, changed) = rebuild(&project);
    assert!(changed.contains("tags/sea/index.html") && changed.contains("tags/sea/page/2/index.html"), "{changed:?}");
    assert!(changed.iter().all(|path| path.contains("tags/")) && !changed.contains("tags/index.html"), "{changed:?}");
    assert_eq!(rendered, changed.len());
}

#[test]
fn data_render_their_readers() {
    let (mut project, _) = built();
    project.write("data/more.toml", "a = 2\n");
    assert_eq!(rebuild(&project), (0, BTreeSet::new()));
    project.write("data/rates.json", "{ \"eur\": 4, \"list\": [1, 2] }\n");
    let (rendered, changed) = rebuild(&project);
    // The pages of kind `marketing`.
    let readers = ["about/index.html", "index.html", "notes/index.html", "notes/loose/index.html"];
    let french = readers.map(|path| format!("fr/{path}"));
    assert_eq!(changed, readers.map(str::to_owned).into_iter().chain(french).collect());
    assert_eq!(rendered, changed.len());
}

#[test]
fn a_menu_renders_the_pages_of_its_language() {
    let (mut project, all) = built();
    let settings = String::from_utf8(project.files()["rivage.toml"].clone()).unwrap();
    project.write("rivage.toml", &format!("{settings}\n[[languages.fr.menus.main]]\nname = \"Un\"\nurl = \"/fr/\"\n"));
    let (rendered, changed) = rebuild(&project);
    assert!(changed.iter().all(|path| path.starts_with("fr/")), "{changed:?}");
    assert_eq!(rendered, changed.len());
    project.replace("rivage.toml", "name = \"About\"", "name = \"About us\"");
    let (others, changed) = rebuild(&project);
    assert!(!changed.iter().any(|path| path.starts_with("fr/")), "{changed:?}");
    assert_eq!(rendered + others, all);
}

#[test]
fn texts_render_the_pages_of_their_language() {
    let (mut project, _) = built();
    project.write("strings/fr.toml", "home = \"Chez nous\"\n");
    let (rendered, changed) = rebuild(&project);
    assert!(changed.contains("fr/index.html") && changed.iter().all(|path| path.starts_with("fr/")), "{changed:?}");
    assert_eq!(rendered, changed.len());
}

#[test]
fn another_theme_renders_everything() {
    let (mut project, all) = built();
    project.replace("rivage.toml", "theme = \"tiny\"", "theme = \"bare\"");
    assert_eq!(rebuild(&project).0, all);
    project.replace("rivage.toml", "theme = \"bare\"", "theme = \"tiny\"");
    check::build(&project, &Options::default()).unwrap();
}

#[test]
fn a_remark_in_the_settings_renders_nothing() {
    let (mut project, _) = built();
    let settings = String::from_utf8(project.files()["rivage.toml"].clone()).unwrap();
    project.write("rivage.toml", &format!("# A remark.\n{settings}"));
    assert_eq!(rebuild(&project), (0, BTreeSet::new()));
}

#[test]
fn a_page_that_is_gone_leaves_the_output() {
    let (mut project, _) = built();
    let mut files = project.files().clone();
    files.remove("content/notes/loose.md");
    project.set(files, super::project::Manner::default());
    rebuild(&project);
    assert!(!project.at("public/notes").exists());
}

/// The third promise.
#[test]
fn what_is_wrong_is_told_again() {
    let (project, _) = built();
    let again = build(&project);
    assert_eq!(again.rendered, 0);
    let codes: Vec<_> = again.diagnostics.iter().map(|diagnostic| diagnostic.code.as_ref()).collect::<Vec<&str>>();
    assert!(codes.contains(&"broken-link"), "{codes:?}");
    check::same_diagnostics(&project.cold(&Options::default()).outcome.diagnostics, &again.diagnostics).unwrap();
}

#[test]
fn builds_with_and_without_drafts_do_not_disturb_each_other() {
    let (project, all) = built();
    let drafts = Options { drafts: true, ..Options::default() };
    let with = project.build_into("drafts", &drafts).unwrap();
    assert!(with.rendered > all, "{}", with.rendered);
    assert_eq!(build(&project).rendered, 0);
    assert_eq!(project.build_into("drafts", &drafts).unwrap().rendered, 0);
    check::same_files(&project.cold(&drafts).files, &project.output("drafts")).unwrap();
}

#[test]
fn a_warm_build_reads_nothing_that_is_as_it_was() {
    let (mut project, _) = built();
    project.replace("content/blog/third.md", "Even more.", "Even less.");
    let (read, _) = project.reads(build);
    let always = |path: &str| {
        path.contains("/layouts/")
            || path.contains("/components/")
            || path.contains("strings/")
            || path.contains("/icons/")
            || path.ends_with(".toml")
    };
    let others: Vec<_> = read.iter().filter(|path| !always(path) && *path != "content/blog/third.md").collect();
    assert!(read.contains("content/blog/third.md") && others.is_empty(), "{others:?}");
    // Styles are not made again: their sources are not even read.
    assert!(!read.iter().any(|path| path.ends_with(".css")), "{read:?}");
}

/// The first promise.
#[test]
fn a_stored_value_never_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(folder.path());
    let key = Key { kind: 1, hash: Fingerprint::of(b"key") };
    store.put(key, &[], b"one", &[b"large one"]);
    let one = store.get(key).unwrap();
    store.put(key, &[], b"two", &[b"large two"]);
    assert_eq!((one.small(), one.large(0).as_deref()), (&b"one"[..], Some(&b"large one"[..])));
    let two = store.get(key).unwrap();
    assert_eq!((two.small(), two.large(0).as_deref()), (&b"two"[..], Some(&b"large two"[..])));
    drop((one, two));
    assert!(store.commit(&|_| true).is_empty());
    let (reopened, troubles) = Store::open(folder.path());
    assert!(troubles.is_empty());
    assert_eq!(reopened.get(key).unwrap().small(), b"two");
}

/// The second promise.
#[test]
fn a_document_depends_on_its_file_and_section_alone() {
    let (mut project, _) = built();
    let entry = |project: &Project, path: &str| {
        let cache = Cache::open(project.root(), Options::default().flavour());
        cache.common.get(Kind::Document.key(path)).map(|entry| entry.small().to_vec()).unwrap()
    };
    let (first, alpha) = ("content/blog/first.mdx", "content/docs/alpha.md");
    let before = (entry(&project, first), entry(&project, alpha));
    project.replace("content/blog/second.md", "title: Second", "title: Two");
    project.replace("rivage.toml", "sort_by = \"weight\"", "sort_by = \"title\"");
    project.write("components/Card.html", "{% component Card(...rest) %}c{% endcomponent Card %}");
    build(&project);
    assert_eq!(entry(&project, first), before.0);
    assert_ne!(entry(&project, alpha), before.1, "the settings of its section are others");
    let alpha_before = entry(&project, alpha);
    project.replace(first, "The first post.", "A first post.");
    build(&project);
    assert_ne!(entry(&project, first), before.0);
    assert_eq!(entry(&project, alpha), alpha_before);
}

#[test]
fn a_file_that_is_changed_within_a_tick_of_the_clock_is_not_missed() {
    // The clock of now, as in real builds; only so can a file be too young to be known.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let root = folder.path();
    std::fs::create_dir(root.join("content")).unwrap();
    std::fs::write(root.join("rivage.toml"), "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n").unwrap();
    let world = || {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        let now = jiff::Timestamp::from_nanosecond(i128::try_from(since.as_nanos()).unwrap()).unwrap();
        let disk = std::sync::Arc::new(rivage::fs::RealFs::new(root));
        rivage::inputs::World::new(disk, now, std::collections::BTreeMap::new())
    };
    let mut world = world();
    // A preview keeps what it knows of files from build to build.
    let known = std::sync::Arc::clone(&world.known);
    for number in 0..300 {
        world.known = std::sync::Arc::clone(&known);
        let text = format!("text {number:03}");
        std::fs::write(root.join("content/a.md"), &text).unwrap();
        assert_eq!(world.print("content/a.md"), Fingerprint::of(text.as_bytes()), "edit {number}");
    }
}

#[test]
fn caches_that_nobody_uses_go() {
    let (mut project, _) = built();
    let (programs, flavours) = (project.at(FOLDER), project.at(FOLDER).join(PROGRAM));
    for number in 0..9 {
        for folder in [&programs, &flavours] {
            std::fs::create_dir(folder.join(format!("old-{number}"))).unwrap();
        }
    }
    project.replace("content/blog/third.md", "Even more.", "Even less.");
    assert_eq!(rebuild(&project).0, 2, "its own is still there");
    let count = |folder: &std::path::Path| std::fs::read_dir(folder).unwrap().count();
    assert!(count(&programs) <= 4, "{}", count(&programs));
    assert!(count(&flavours) <= 5, "{}", count(&flavours));
}

/// A preview keeps no bytes of what it finds as it was. Every path it names, it can make.
#[test]
fn a_preview_makes_every_file_that_it_has_put_off() {
    let (mut files, _) = site::whole();
    for (path, text) in [
        ("content/assets-of-ours/_index.md", "---\ntitle: Ours\nkind: blog\nfeed: true\n---\n"),
        ("content/assets-of-ours/one.md", "---\ntitle: One\ndate: 2040-01-01\n---\n\nOne.\n"),
        ("content/old.md", "---\ntitle: Old\npath: /old/page.html\n---\n\nOld.\n"),
    ] {
        files.insert(path.to_owned(), text.into());
    }
    let project = Project::new(&files);
    let mut first = Preview::new(false);
    first.build(&project, &BTreeSet::new(), true).unwrap();
    // Another process, which finds all as it was.
    let mut second = Preview::new(false);
    second.build(&project, &BTreeSet::new(), true).unwrap();
    second.check_all(&project).unwrap();
}

#[test]
fn a_template_may_have_any_name() {
    let (mut project, _) = built();
    project.write("themes/tiny/layouts/parts/a + b.html", "one");
    project.replace("themes/tiny/layouts/taxonomy/list.html", "<h1>", "{% include \"parts/a + b.html\" %}<h1>");
    rebuild(&project);
    project.write("themes/tiny/layouts/parts/a + b.html", "two");
    assert_eq!(rebuild(&project).1, pages(["fr/tags/index.html", "tags/index.html"]));
}

#[test]
fn files_of_the_author_take_the_place_of_ours() {
    let (mut project, _) = built();
    let own = ["static/404.html", "static/docs/alpha/index.md", "static/blog/atom.xml", "static/robots.txt"];
    for path in own {
        project.write(path, "own");
        rebuild(&project);
        assert_eq!(
            std::fs::read(project.at("public").join(path.trim_start_matches("static/"))).unwrap(),
            b"own",
            "{path}"
        );
    }
    // One beside a page is the author's as well.
    project.write("content/docs/atom.xml", "own");
    project.replace("rivage.toml", "sidebar = true", "sidebar = true\nfeed = true");
    rebuild(&project);
    assert_eq!(std::fs::read(project.at("public/docs/atom.xml")).unwrap(), b"own");
    let mut files = project.files().clone();
    own.iter().for_each(|path| drop(files.remove(*path)));
    files.remove("content/docs/atom.xml");
    project.set(files, super::project::Manner::default());
    rebuild(&project);
    assert_ne!(std::fs::read(project.at("public/docs/atom.xml")).unwrap(), b"own");
}

#[test]
fn two_files_for_one_path_are_told_as_a_mistake_of_the_author() {
    let (mut project, _) = built();
    project.write("content/blog/both.txt", "one");
    project.write("static/blog/both.txt", "two");
    let built = project.build(&Options::default()).unwrap();
    assert!(built.summary.is_none());
    let errors: Vec<_> = built.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(
        errors[0].message,
        "`static/blog/both.txt` and `content/blog/both.txt` would both be written to `/blog/both.txt`"
    );
    let mut files = project.files().clone();
    files.remove("static/blog/both.txt");
    files.insert("static/blog/index.html".to_owned(), b"page".to_vec());
    project.set(files, super::project::Manner::default());
    let built = project.build(&Options::default()).unwrap();
    assert!(built.diagnostics.iter().any(|diagnostic| diagnostic.code == "duplicate-path"), "{:#?}", built.diagnostics);
}

fn rivage(project: &Project, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rivage"));
    command.arg("--root").arg(project.root()).args(arguments).env("NO_COLOR", "1");
    command.output().unwrap()
}

#[test]
fn verify_finds_a_result_that_does_not_hold() {
    let mut project = Project::new(&site::whole().0);
    let first = rivage(&project, &["build", "--verify"]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    // The entry of a page that forgets what it asked.
    let mut cache = Cache::open(project.root(), Options::default().flavour());
    let key = Kind::Route.key("/docs/beta/");
    {
        let entry = cache.own.get(key).unwrap();
        assert!(entry.trace().len() > 3);
        let parts: Vec<_> = (0..entry.large_len()).map(|part| entry.large(part).unwrap()).collect();
        let parts: Vec<_> = parts.iter().map(Vec::as_slice).collect();
        let small = entry.small().to_vec();
        cache.own.put(key, &[], &small, &parts);
    }
    assert!(cache.own.commit(&|_| true).is_empty());
    project.replace("content/docs/beta.mdx", "It is", "It was");
    let found = rivage(&project, &["build", "--verify"]);
    let told = String::from_utf8_lossy(&found.stderr);
    assert_eq!(found.status.code(), Some(1), "{told}");
    assert!(
        told.contains("error[stale]: `docs/beta/index.html` is not what a build without the cache makes"),
        "{told}"
    );
    assert!(told.contains("not asked, or answered differently: the page itself"), "{told}");
    let mended = rivage(&project, &["cache", "clear"]);
    if mended.status.success() {
        assert!(rivage(&project, &["build", "--verify"]).status.success());
    }
}

/// A page of the site that comes at one moment and one that goes at another; noon is when builds begin.
fn scheduled() -> Project {
    let (mut files, _) = site::whole();
    for (path, text) in [
        ("content/docs/comes.md", "---\ntitle: Comes\npublish_at: 2040-03-01T13:30:00+01:00\n---\n\nCome.\n"),
        ("content/docs/goes.md", "---\ntitle: Goes\nexpires_at: 2040-03-01 13:00\n---\n\nGone.\n"),
    ] {
        files.insert(path.to_owned(), text.into());
    }
    Project::new(&files)
}

fn later(project: &mut Project, minutes: i64) {
    project.now = project.now.checked_add(jiff::SignedDuration::from_mins(minutes)).unwrap();
}

#[test]
fn a_page_comes_and_goes_at_its_moment_and_nothing_is_made_before() {
    let mut project = scheduled();
    build(&project);
    let shown = |project: &Project, page: &str| project.at(&format!("public/docs/{page}/index.html")).exists();
    assert!(!shown(&project, "comes") && shown(&project, "goes"));
    later(&mut project, 1);
    assert_eq!(rebuild(&project), (0, BTreeSet::new()), "a minute later");
    later(&mut project, 28);
    assert_eq!(rebuild(&project), (0, BTreeSet::new()), "a minute before");
    later(&mut project, 1);
    let (rendered, changed) = rebuild(&project);
    assert!(rendered > 0 && changed.contains("docs/comes/index.html"), "{changed:?}");
    assert!(shown(&project, "comes") && shown(&project, "goes"));
    later(&mut project, 29);
    assert_eq!(rebuild(&project), (0, BTreeSet::new()), "a minute before");
    later(&mut project, 1);
    rebuild(&project);
    assert!(shown(&project, "comes") && !shown(&project, "goes"));
}

/// The short way of an edited text holds while no moment passes.
#[test]
fn a_preview_takes_the_time_at_each_build() {
    let mut project = scheduled();
    let mut preview = Preview::new(true);
    let mut random = super::random::Random::new(1);
    preview.build(&project, &BTreeSet::new(), true).unwrap();
    let mut text = "Even more.";
    // (minutes since the last build, what is written, builds that took the short way by then)
    for (minutes, written, short) in [(1, "Even less.", 1), (29, "Ever less.", 1), (1, "Never less.", 2)] {
        later(&mut project, minutes);
        project.replace("content/blog/third.md", text, written);
        text = written;
        let changed = BTreeSet::from(["content/blog/third.md".to_owned()]);
        preview.build(&project, &changed, true).unwrap();
        preview.check(&project, &mut random).unwrap();
        assert_eq!(preview.short, short, "{written}");
    }
}
