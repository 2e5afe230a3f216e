//! Everything that writers and their disks can get wrong: no panic, no overflow, a clear error at its place.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rivage::fs::{Entry, EntryKind, Error, Fs, MemoryFs};
use rivage::pipeline::{self, Options, Silent};
use rivage::render::{Artifact, Put, Sink};
use support::{build, build_on, build_with, world};

/// Builds a site with one page (and what else is given) and compares what is wrong with `expected`, part by part: each
/// expected line must be contained in the reported one.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let built = build(files.iter().copied());
    let problems = built.problems(files);
    let matches = problems.len() == expected.len()
        && problems.iter().zip(expected).all(|(problem, expected)| problem.contains(expected));
    assert!(matches, "expected {expected:#?}, found {problems:#?}");
}

#[track_caller]
fn check_page(text: &str, expected: &[&str]) {
    check(&[("content/a.mdx", text)], expected);
}

#[test]
fn unclosed_tag() {
    check_page("x\n\n<Callout>\n\ny\n", &["content/a.mdx:3: error[unclosed-tag]"]);
}

#[test]
fn crossed_tags() {
    check_page("<Callout>*a</Callout>*\n", &["content/a.mdx:1: error[crossed-tag]"]);
}

#[test]
fn mismatched_tags() {
    check_page("<Callout>\n\nx\n\n</Card>\n", &["content/a.mdx:5: error[mismatched-tag]"]);
}

#[test]
fn bad_attribute() {
    check_page("a\n\n<Callout kind=tip />\n", &["content/a.mdx:3: error[bad-attribute]"]);
}

#[test]
fn open_brace() {
    check_page("a\n\nb {c\n", &["content/a.mdx:3: error[unclosed-brace]"]);
}

#[test]
fn unknown_component_names_the_nearest() {
    let files = [("content/a.mdx", "# A\n\n<Calout kind=\"tip\">x</Calout>\n")];
    let built = build(files);
    assert_eq!(built.outcome.diagnostics.len(), 1, "{:?}", built.problems(&files));
    let diagnostic = &built.outcome.diagnostics[0];
    assert_eq!(diagnostic.code, "unknown-component");
    assert!(diagnostic.hints.iter().any(|hint| hint.contains("`Callout`")), "{:?}", diagnostic.hints);
}

#[test]
fn unknown_prop_and_wrong_type() {
    check_page(
        "# A\n\n<Callout kindd=\"tip\">x</Callout>\n\n<Callout title={3}>y</Callout>\n",
        &["content/a.mdx:3: error[unknown-prop]", "content/a.mdx:5: error[wrong-prop-type]"],
    );
}

#[test]
fn recursive_function() {
    check_page("export const f = (n) => f(n + 1)\n\n{f(1)}\n", &["error[expression-too-deep]"]);
}

#[test]
fn exploding_expression() {
    check_page("{\"x\".repeat(1e9)}\n", &["content/a.mdx:1: error[expression-too-large]"]);
}

#[test]
fn forbidden_calls() {
    check_page(
        "{Math.random()}\n\n{fetch(\"x\")}\n",
        &["content/a.mdx:1: error[not-deterministic]", "content/a.mdx:3: error[unsupported-expression]"],
    );
}

#[test]
fn import_of_a_missing_file() {
    check_page("import X from './_x.mdx'\n\n<X />\n", &["content/a.mdx:1: error[missing-import]"]);
}

#[test]
fn partial_that_includes_itself() {
    check(
        &[
            ("content/a.mdx", "import X from './_x.mdx'\n\n<X />\n"),
            ("content/_x.mdx", "import Y from './_y.mdx'\n\n<Y />\n"),
            ("content/_y.mdx", "import X from './_x.mdx'\n\n<X />\n"),
        ],
        &["content/_y.mdx:3: error[partial-cycle]"],
    );
}

#[test]
fn two_pages_with_one_path() {
    check(
        &[("content/a.mdx", "x"), ("content/b.mdx", "---\nslug: a\n---\nx")],
        &["content/b.mdx:2: error[duplicate-path]"],
    );
}

#[test]
fn alias_that_shadows_a_page() {
    check(
        &[("content/a.mdx", "x"), ("content/b.mdx", "---\naliases: [/a/]\n---\nx")],
        &["content/b.mdx:2: error[alias-shadows-page]"],
    );
}

#[test]
fn paths_that_cannot_be() {
    for path in ["..", "/../x/", "a\\\\b", "/a?b/", "/a#b/", "a\\0b"] {
        let text = format!("---\npath: \"{path}\"\n---\nx");
        check_page(&text, &["content/a.mdx:2: error["]);
    }
}

#[test]
fn file_names_that_cannot_be() {
    for name in ["content/a?b.mdx", "content/a#b.mdx", "content/a\u{1}b.mdx"] {
        let built = build([(name, "x")]);
        assert_eq!(built.outcome.diagnostics.len(), 1, "{name}: {:?}", built.outcome.diagnostics);
    }
}

#[test]
fn invalid_utf8() {
    let mut disk = MemoryFs::default();
    disk.write("content/a.mdx", b"# A\n\nb\xff\n".to_vec());
    let built = build_with(disk, &Options::default());
    let diagnostic = &built.outcome.diagnostics[0];
    assert_eq!((diagnostic.code.as_str(), built.outcome.diagnostics.len()), ("invalid-utf8", 1));
    assert_eq!(diagnostic.primary.as_ref().map(|location| location.span.start), Some(6));
}

#[test]
fn templates_that_are_no_text() {
    for path in ["layouts/page.html", "components/X.html", "strings/en.toml"] {
        let mut disk = MemoryFs::new([("content/a.mdx", "# A\n")]);
        disk.write(path, b"# \xff\n".to_vec());
        let told = build_with(disk, &Options::default()).problems(&[]);
        assert_eq!(told, [format!("{path}:1: error[invalid-utf8]: the file is not UTF-8 text")]);
    }
}

#[test]
fn byte_order_mark_and_carriage_returns_are_fine() {
    let files = [("content/a.mdx", "\u{feff}---\r\ntitle: T\r\n---\r\n\r\n## One\r\n\r\ntext\r\nmore\r\n")];
    let built = build(files);
    assert_eq!(built.problems(&files), Vec::<String>::new());
    assert!(built.main("a/index.html").contains("id=\"one\""));
    assert!(!built.files["a/index.html"].contains('\r'));
}

#[test]
fn empty_file() {
    check_page("", &[]);
}

#[test]
fn huge_file() {
    let mut text = String::from("---\ntitle: Big\n---\n");
    // 20 MB are enough to show what grows faster than its input; 50 MB take twice to three times as long.
    while text.len() < 20_000_000 {
        text.push_str("A paragraph of *text* with a [link](https://example.org) and `code`, again and again.\n\n");
    }
    let mut disk = MemoryFs::default();
    disk.write("content/a.md", text);
    let built = build_with(disk, &Options::default());
    assert!(!built.outcome.has_errors(), "{:?}", built.outcome.diagnostics.first());
}

#[test]
fn deep_nesting() {
    let mut lists = String::new();
    for depth in 0..1_000 {
        let _ = writeln!(lists, "{}- x", "  ".repeat(depth));
    }
    let quotes = "> ".repeat(1_000) + "x\n";
    let tags = "<div>\n".repeat(1_000) + "x\n" + &"</div>\n".repeat(1_000);
    let inline = "<b>".repeat(1_000) + "x" + &"</b>".repeat(1_000) + "\n";
    let brackets = "[".repeat(20_000) + "\n";
    let stars = "*a ".repeat(20_000) + "\n";
    let braces = format!("{{{}1{}}}\n", "(".repeat(20_000), ")".repeat(20_000));
    for (name, text) in [
        ("lists", &lists),
        ("quotes", &quotes),
        ("tags", &tags),
        ("inline", &inline),
        ("brackets", &brackets),
        ("stars", &stars),
        ("braces", &braces),
    ] {
        for path in ["content/a.mdx", "content/a.md"] {
            let built = build([(path, text.as_str())]);
            for diagnostic in &built.outcome.diagnostics {
                assert!(
                    ["nesting-too-deep", "expression-too-deep", "unsafe-nesting"].contains(&diagnostic.code.as_str()),
                    "{name} in {path}: {diagnostic:?}"
                );
            }
        }
    }
}

#[test]
fn front_matter_that_never_ends() {
    check_page("---\ntitle: x\n\ntext\n", &["content/a.mdx:1: error[unclosed-front-matter]"]);
}

#[test]
fn front_matter_of_wrong_types() {
    check_page(
        "---\ntitle: [a]\ndraft: 3\ndesciption: x\n---\n",
        &[
            "content/a.mdx:2: error[wrong-type]",
            "content/a.mdx:3: error[wrong-type]",
            "content/a.mdx:4: error[unknown-key]",
        ],
    );
}

#[test]
fn front_matter_with_duplicate_keys() {
    check_page("---\ntitle: a\ntitle: b\n---\n", &["content/a.mdx:3: error[duplicate-key]"]);
}

#[test]
fn yaml_bomb() {
    let mut text = String::from("---\nextra:\n  a: &a [x,x,x,x,x,x,x,x,x]\n");
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    for pair in names.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let list = vec![format!("*{from}"); 9].join(",");
        let _ = writeln!(text, "  {to}: &{to} [{list}]");
    }
    text.push_str("---\nx\n");
    check_page(&text, &["content/a.mdx:9: error[yaml-too-large]"]);
}

#[test]
fn template_that_recurses() {
    check(
        &[
            ("content/a.mdx", "# A\n\n<Loop />\n"),
            (
                "components/Loop.html",
                "{# again and again #}\n{% component Loop() %}{{ <Loop /> }}{% endcomponent Loop %}",
            ),
        ],
        &["components/Loop.html:2: error[template]: maximum render recursion depth"],
    );
}

#[test]
fn layouts_that_include_or_extend_each_other() {
    check(
        &[
            ("content/a.mdx", "# A\n"),
            ("layouts/page.html", "<main>{% include \"part.html\" %}</main>"),
            ("layouts/part.html", "{% include \"page.html\" %}"),
        ],
        &["layouts/page.html:1: error[template]: circular include"],
    );
    check(
        &[
            ("content/a.mdx", "# A\n"),
            ("layouts/page.html", "{% extends \"other.html\" %}"),
            ("layouts/other.html", "{% extends \"page.html\" %}"),
        ],
        &["layouts/other.html:1: error[template]: circular extend"],
    );
    check(
        &[("content/a.mdx", "# A\n"), ("layouts/page.html", "{% extends \"nowhere.html\" %}")],
        &["layouts/page.html:1: error[template]"],
    );
}

#[test]
fn a_broken_template_does_not_blame_pages_and_other_templates() {
    check(
        &[
            ("content/a.mdx", "# A\n\n<Good /> <Bad x=\"1\">y</Bad>\n"),
            ("content/b.mdx", "# B\n\n{nothing}\n"),
            ("components/Good.html", "{% component Good() %}good{% endcomponent Good %}"),
            ("components/Bad.html", "{% component Bad(x: string) %}\n{{ x | }}\n{% endcomponent Bad %}"),
            ("layouts/section.html", "<main>\n{% if %}</main>"),
        ],
        &[
            "components/Bad.html:2: error[template]",
            "content/b.mdx:3: error[unknown-name]",
            "layouts/section.html:2: error[template]",
        ],
    );
}

#[test]
fn template_errors_show_the_page() {
    let files = [
        ("content/a.mdx", "# A\n"),
        ("layouts/marketing/page.html", ""),
        ("layouts/page.html", "<main>\n{{ nothing }}\n</main>"),
    ];
    let built = build(files);
    let problems = built.problems(&files);
    assert!(problems.iter().any(|problem| problem.starts_with("layouts/page.html:2: error[template]")), "{problems:?}");
    assert!(built.outcome.diagnostics.iter().any(|d| d.trace.iter().any(|at| at.file.as_str() == "content/a.mdx")));
}

#[test]
fn content_that_is_missing() {
    check(&[("rivage.toml", "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n")], &["error[no-content]"]);
}

#[test]
fn output_inside_content() {
    let settings = "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n\n[build]\noutput = \"content/out\"\n";
    check(&[("rivage.toml", settings), ("content/a.mdx", "x")], &["rivage.toml:6: error["]);
}

#[test]
fn broken_links_and_anchors() {
    check(
        &[
            ("content/a.mdx", "# A\n\n[x](./bb.mdx)\n\n[y](./b.mdx#onee)\n\n[z](/nowhere/)\n\n![w](./w.png)\n"),
            ("content/b.mdx", "# B\n\n## One\n"),
        ],
        &[
            "content/a.mdx:3: error[broken-link]",
            "content/a.mdx:5: error[broken-anchor]",
            "content/a.mdx:7: error[broken-link]",
            "content/a.mdx:9: error[missing-file]",
        ],
    );
}

#[test]
fn every_problem_of_every_file_is_reported_sorted() {
    check(
        &[("content/b.mdx", "{x}\n\n{y}\n"), ("content/a.mdx", "<X />\n")],
        &["content/a.mdx:1: error[", "content/b.mdx:1: error[unknown-name]", "content/b.mdx:3: error[unknown-name]"],
    );
}

#[test]
fn links_that_raw_html_and_components_write_are_judged_once() {
    let pages = [
        ("content/a.md", "# A\n\n<a href=\"/nowhere/\">x</a> [y](/nowhere-else/)\n"),
        ("content/b.mdx", "# B\n\n<a href=\"/nowhere/\">x</a> <LinkButton href=\"/nowhere-else/\">y</LinkButton>\n"),
        ("content/c.mdx", "---\ndraft: true\n---\n"),
        ("content/d.md", "<a href=\"/c/\">c</a> <a href=\"/%C3%BC/\">ok</a> <a href=\"/llms.txt\">ok</a>\n"),
        ("content/\u{fc}.md", "# \u{dc}\n"),
    ];
    let errors = [
        "content/a.md:3: error[broken-link]: link to `/nowhere/`",
        "content/a.md:3: error[broken-link]: link to `/nowhere-else/`",
        "content/b.mdx:3: error[broken-link]: link to `/nowhere/`",
        "content/b.mdx:3: error[broken-link]: link to `/nowhere-else/`",
        "content/d.md:1: error[link-to-hidden-page]",
    ];
    check(&pages, &errors);
    let site = "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[links]\nbroken = ";
    for (how, level) in [("\"warn\"", Some("warning[")), ("\"ignore\"", None)] {
        let settings = format!("{site}{how}\n");
        let mut files = vec![("rivage.toml", settings.as_str())];
        files.extend(pages);
        let expected: Vec<_> =
            level.map(|level| errors.map(|error| error.replace("error[", level))).into_iter().flatten().collect();
        check(&files, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn slugs_and_aliases_that_cannot_be() {
    for slug in ["..", "a/b", "a?b", "a#b", "a\\0b"] {
        check_page(&format!("---\nslug: \"{slug}\"\n---\nx"), &["content/a.mdx:2: error[bad-path]"]);
    }
    for alias in ["../x", "/a?b/", "https://example.org/a/", "/x\\0/"] {
        check_page(&format!("---\naliases: [\"{alias}\"]\n---\nx"), &["content/a.mdx:2: error[bad-path]"]);
    }
}

#[test]
fn imports_that_leave_the_project_or_are_broken() {
    check_page("import x from '../../etc/x.json'\n\n{x.a}\n", &["content/a.mdx:1: error[missing-import]"]);
    check(
        &[("content/a.mdx", "import x from './x.json'\n\n{x.a}\n"), ("content/x.json", "{\n  \"a\": ,\n}")],
        &["content/x.json:2: error[json-syntax]"],
    );
    check(
        &[("content/a.mdx", "import X from './_x.mdx'\n\n<X />\n"), ("content/_x.mdx", "a\n\n<b>\n")],
        &["content/_x.mdx:3: error[unclosed-tag]"],
    );
    check(&[("content/a.mdx", "import A from './a.mdx'\n\n<A />\n")], &["content/a.mdx:3: error[partial-cycle]"]);
}

#[test]
fn data_bombs_in_imports() {
    let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for pair in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].windows(2) {
        let _ = writeln!(bomb, "{}: &{} [{}]", pair[1], pair[1], vec![format!("*{}", pair[0]); 9].join(","));
    }
    let deep = "[".repeat(100_000);
    check(
        &[
            ("content/a.mdx", "import x from './x.yaml'\nimport y from './y.json'\n\n{x.a}{y.a}\n"),
            ("content/x.yaml", &bomb),
            ("content/y.json", &deep),
        ],
        &["content/x.yaml:7: error[yaml-too-large]", "content/y.json:1: error[data-too-deep]"],
    );
}

/// A disk that refuses to read one file.
struct Refusing {
    files: MemoryFs,
    refused: &'static str,
}

impl Fs for Refusing {
    fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        if path == self.refused {
            return Err(Error::new("read", path, std::io::ErrorKind::PermissionDenied.into()));
        }
        self.files.read(path)
    }

    fn list(&self, path: &str) -> Result<Vec<Entry>, Error> {
        self.files.list(path)
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        self.files.kind(path)
    }

    fn len(&self, path: &str) -> Result<u64, Error> {
        self.files.len(path)
    }
}

#[test]
fn unreadable_files_are_named() {
    let files = [
        ("rivage.toml", "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n"),
        ("content/a.mdx", "import x from './x.json'\n\n# A\n\n{x.a}{data}\n"),
        ("content/b.mdx", "# B\n"),
        ("content/x.json", "{\"a\": 1}"),
        ("layouts/extra.html", "x"),
        ("components/Extra.html", "{% component Extra() %}{% endcomponent Extra %}"),
        ("assets/extra.css", "a {}"),
        ("strings/en.toml", "home = \"Start\""),
    ];
    for (refused, place) in [
        ("content/b.mdx", "content/b.mdx"),
        ("content/x.json", "content/a.mdx"),
        ("layouts/extra.html", "layouts/extra.html"),
        ("components/Extra.html", "components/Extra.html"),
        ("assets/extra.css", "assets/extra.css"),
        ("strings/en.toml", "strings/en.toml"),
    ] {
        let mut disk = MemoryFs::new(files);
        disk.write("content/a.mdx", "import x from './x.json'\n\n# A\n\n{x.a}\n");
        let built = build_on(Arc::new(Refusing { files: disk, refused }), &Options::default());
        let problems = built.problems(&files);
        assert_eq!(problems.len(), 1, "{refused}: {problems:?}");
        assert!(problems[0].starts_with(&format!("{place}:1: error[unreadable-file]")), "{problems:?}");
        assert!(problems[0].contains(&format!("`{refused}`")), "{problems:?}");
    }
}

/// A sink whose disk is full after a number of files.
struct Full(AtomicUsize);

impl Sink for Full {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, Error> {
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map(|_| None).map_err(|_| Error::new("write", artifact.path, std::io::ErrorKind::StorageFull.into()))
    }
}

#[test]
fn a_full_disk_ends_the_run_with_the_file_at_fault() {
    let settings = "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n";
    let disk = Arc::new(MemoryFs::new([("rivage.toml", settings), ("content/a.mdx", "# A\n")]));
    for files in [0, 1, 5, 20] {
        let disk: Arc<dyn Fs> = disk.clone();
        let result = pipeline::run(&world(disk), &Options::default(), &Full(files.into()), &Silent);
        let Err(error) = result else { panic!("{files} files are not the whole site") };
        assert!(error.to_string().starts_with("could not write `"), "{error}");
        assert_eq!(error.source.kind(), std::io::ErrorKind::StorageFull);
    }
}

/// A site on the disk, built by the program.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("rivage.toml", "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n");
        project.write("content/_index.md", "# Home\n");
        project
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs `rivage build` and returns its exit code with what it told.
    fn build(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rivage"));
        command.arg("--root").arg(self.0.path()).arg("build").args(arguments).env("NO_COLOR", "1");
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Every file below `public/` with its bytes.
    fn public(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut open = vec![self.at("public")];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    files.insert(path.clone(), std::fs::read(path).unwrap());
                }
            }
        }
        files
    }
}

#[test]
fn a_failed_build_leaves_the_former_site() {
    let project = Project::new();
    assert_eq!(project.build(&[]).0, Some(0));
    let former = project.public();
    assert!(former.contains_key(&project.at("public/index.html")));

    project.write("content/_index.md", "# New home\n");
    project.write("content/b.mdx", "<Callout>\n");
    let (code, told) = project.build(&[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("error[unclosed-tag]") && told.contains("`public` is as before"), "{told}");
    assert_eq!(project.public(), former);
}

#[test]
fn places_that_cannot_be_written_end_the_program_with_2() {
    let project = Project::new();
    project.write("file", "x");
    for (output, message) in [
        ("file/public", "`file`"),
        ("file", "is a file"),
        ("content/public", "overlaps with `content`"),
        (".", "the project itself"),
    ] {
        let (code, told) = project.build(&["--out", output]);
        assert_eq!(code, Some(2), "{output}: {told}");
        assert!(told.contains(message), "{output}: {told}");
    }
    assert!(!project.at("content/public").exists());
}

#[cfg(unix)]
#[test]
fn links_that_go_in_circles_or_nowhere() {
    use std::os::unix::fs::symlink;
    let project = Project::new();
    project.write("content/docs/a.md", "# A\n");
    symlink(project.at("content"), project.at("content/docs/up")).unwrap();
    symlink("self", project.at("content/self")).unwrap();
    symlink(project.at("nowhere.md"), project.at("content/gone.md")).unwrap();
    let (code, told) = project.build(&[]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(told.matches("warning[broken-symlink]").count(), 3, "{told}");
    assert!(project.at("public/docs/a/index.html").exists());
    assert!(!project.at("public/docs/up").exists());
}

#[test]
fn a_folder_with_the_name_of_a_file_is_a_section() {
    let project = Project::new();
    project.write("content/a.mdx/b.md", "# B\n");
    let (code, told) = project.build(&[]);
    assert_eq!(code, Some(0), "{told}");
}
