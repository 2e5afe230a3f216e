//! CSS, Sass, scripts, images: bundled, minified and fingerprinted.
//!
//! In: the files below `assets/`, the site's laid over the theme's. Out: an [`AssetMap`] from names to URLs, the files under names
//! that change with their content (`assets/css/main.3f2a9c1b.css`, so that browsers may keep them for ever), and diagnostics.
//! Names whose file starts with `_` are parts of other styles and not written. Deliberately not here: bundling of scripts, files
//! below `static/`, resizing of images.

mod css;
mod diagnostics;
mod path;
mod sass;
mod script;
mod shorter;

use std::collections::BTreeMap;

use rivage_diag::{Diagnostic, FileId};
use serde::{Deserialize, Serialize};

use super::{Artifact, Content};
use crate::discover::ThemeFile;
use crate::images::original::Cleaning;
use crate::inputs::Inputs;

/// The folder of the output that all assets are in.
pub const FOLDER: &str = "assets";

/// A file under its fingerprinted name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// The project's file that it is, or is made of.
    pub file: String,
    /// Where it is, without base path and leading slash: `assets/css/main.3f2a9c1b.css`.
    pub url_path: String,
    /// Its length in bytes.
    pub size: u64,
    /// Width and height, for images that tell.
    pub dimensions: Option<(u32, u32)>,
}

/// All assets by their name below `assets/`: `css/main.css`. A Sass file is found by its own name and by the one with `.css`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetMap {
    /// The assets.
    pub map: BTreeMap<String, Asset>,
}

impl AssetMap {
    /// Returns an asset by its name below `assets/`; a leading slash or `assets/` is fine.
    pub fn get(&self, name: &str) -> Option<&Asset> {
        let name = name.trim_start_matches('/');
        self.map.get(name).or_else(|| self.map.get(name.strip_prefix("assets/")?))
    }
}

/// What a file is by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Style,
    Script,
    Other,
}

impl Kind {
    fn of(name: &str) -> Self {
        match path::extension(name) {
            "css" | "scss" | "sass" => Self::Style,
            "js" | "mjs" => Self::Script,
            _ => Self::Other,
        }
    }
}

/// Reports whether a name is an image's whose size can be read.
pub fn is_image(name: &str) -> bool {
    let extension = path::extension(name).to_ascii_lowercase();
    ["png", "jpg", "jpeg", "gif", "webp", "svg"].contains(&extension.as_str())
}

/// Makes the output files of all assets.
pub fn build(
    inputs: &Inputs<'_>,
    files: &[ThemeFile],
    minify: bool,
    cleaning: Cleaning,
) -> (AssetMap, Vec<Artifact>, Vec<Diagnostic>) {
    let sources = Sources { inputs, files: files.iter().map(|file| (file.name.as_str(), file)).collect() };
    let mut built = Built::default();
    let of = |kind| sources.files.values().copied().filter(move |file| Kind::of(&file.name) == kind);
    // Images and fonts first, since styles and scripts name them; then scripts, which may import each other.
    for file in of(Kind::Other) {
        other(&sources, file, cleaning, &mut built);
    }
    for file in of(Kind::Style).filter(|file| !path::file_name(&file.name).starts_with('_')) {
        let text = css::build(&sources, file, &built.map, minify, &mut built.diagnostics);
        let Some(text) = text else { continue };
        let name = path::with_extension(&file.name, "css");
        let asset = built.add(&name, text.into_bytes());
        if name != file.name {
            built.map.map.insert(file.name.clone(), asset);
        }
    }
    script::build(&sources, &of(Kind::Script).collect::<Vec<_>>(), minify, &mut built);
    built.artifacts.sort_by(|a, b| a.path.cmp(&b.path));
    built.artifacts.dedup_by(|a, b| a.path == b.path);
    rivage_diag::sort(&mut built.diagnostics);
    (built.map, built.artifacts, built.diagnostics)
}

/// The files that assets are made of.
struct Sources<'a> {
    inputs: &'a Inputs<'a>,
    files: BTreeMap<&'a str, &'a ThemeFile>,
}

impl Sources<'_> {
    fn bytes(&self, file: &ThemeFile, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<u8>> {
        crate::theme::read(self.inputs, &file.path)
            .map_err(|error| diagnostics.push(diagnostics::unreadable(&file.path, &error)))
            .ok()
    }

    /// Returns a text file, without a BOM.
    fn text(&self, file: &ThemeFile, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
        match String::from_utf8(self.bytes(file, diagnostics)?) {
            Ok(text) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
            Err(error) => {
                diagnostics.push(diagnostics::not_utf8(&file.path, error.utf8_error().valid_up_to()));
                None
            }
        }
    }
}

/// What has been made so far.
#[derive(Default)]
struct Built {
    map: AssetMap,
    artifacts: Vec<Artifact>,
    diagnostics: Vec<Diagnostic>,
}

impl Built {
    /// Adds a file that was made here.
    fn add(&mut self, name: &str, bytes: Vec<u8>) -> Asset {
        let file = format!("{FOLDER}/{name}");
        let asset = Asset { file, url_path: fingerprinted(name, &bytes), size: bytes.len() as u64, dimensions: None };
        self.artifacts.push(Artifact { path: asset.url_path.clone(), content: Content::Bytes(bytes) });
        self.map.map.insert(name.to_owned(), asset.clone());
        asset
    }
}

/// Adds a file that is copied. Its name changes with what is published of it; whoever copies it leaves out the rest.
fn other(sources: &Sources<'_>, file: &ThemeFile, cleaning: Cleaning, built: &mut Built) {
    let Some(bytes) = sources.bytes(file, &mut built.diagnostics) else { return };
    let bytes = cleaning.clean(&file.name, &bytes).ok().flatten().unwrap_or(bytes);
    let dimensions = if is_image(&file.name) {
        rivage_images::size(&bytes).unwrap_or_else(|why| {
            built.diagnostics.push(diagnostics::unreadable_image(&file.path, &why.to_string()));
            None
        })
    } else {
        None
    };
    let asset = Asset {
        file: file.path.clone(),
        url_path: fingerprinted(&file.name, &bytes),
        size: bytes.len() as u64,
        dimensions,
    };
    built.artifacts.push(Artifact { path: asset.url_path.clone(), content: Content::CopyOf(file.path.clone()) });
    built.map.map.insert(file.name.clone(), asset);
}

/// Returns `assets/css/main.3f2a9c1b.css` for `css/main.css`.
fn fingerprinted(name: &str, bytes: &[u8]) -> String {
    let hash = blake3::hash(bytes).to_hex();
    let hash = &hash.as_str()[..8];
    let folder_end = name.len() - path::file_name(name).len();
    match name[folder_end..].rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => {
            format!("{FOLDER}/{}{stem}.{hash}.{extension}", &name[..folder_end])
        }
        _ => format!("{FOLDER}/{name}.{hash}"),
    }
}

/// Returns the byte offset of a line and a column, both from 0; columns are counted by `width`.
fn offset(text: &str, line: usize, column: usize, width: fn(char) -> usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let mut left = column;
    let mut at = start;
    for c in text[start..].chars().take_while(|&c| c != '\n') {
        if left == 0 {
            break;
        }
        left = left.saturating_sub(width(c));
        at += c.len_utf8();
    }
    at
}

fn file_id(file: &ThemeFile) -> FileId {
    FileId::from(file.path.as_str())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fs::MemoryFs;
    use crate::inputs::World;

    /// Builds assets, given by name below `assets/`, and shows maps, texts and diagnostics with every hash as `#`.
    fn show(files: &[(&str, &str)], minify: bool) -> String {
        let (map, artifacts, diagnostics) = run(files, minify);
        let mut out = String::new();
        for (name, asset) in &map.map {
            out.push_str(&format!("{name} -> {}\n", mask(&asset.url_path)));
        }
        for artifact in &artifacts {
            let text = match &artifact.content {
                Content::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Content::CopyOf(path) => format!("copy of {path}"),
            };
            out.push_str(&format!("== {}\n{}\n", mask(&artifact.path), mask(&text)));
        }
        for d in &diagnostics {
            let place = d.primary.as_ref().map_or(String::new(), |place| {
                let text = files
                    .iter()
                    .find(|(name, _)| place.file.as_str() == format!("assets/{name}"))
                    .map_or("", |(_, text)| text);
                let end = text.len().min(place.span.end as usize);
                format!(
                    " at {}:{} `{}`",
                    place.file,
                    place.span.start,
                    text.get(place.span.start as usize..end).unwrap_or("?")
                )
            });
            out.push_str(&format!("{}[{}]: {}{place}\n", d.severity.as_str(), d.code, d.message));
        }
        out
    }

    fn run(files: &[(&str, &str)], minify: bool) -> (AssetMap, Vec<Artifact>, Vec<Diagnostic>) {
        let mut fs = MemoryFs::default();
        let mut list = Vec::new();
        for (name, text) in files {
            let path = format!("assets/{name}");
            if *text != "MISSING" {
                fs.write(&path, text.as_bytes());
            }
            list.push(ThemeFile { name: (*name).to_owned(), path });
        }
        let world = World::new(Arc::new(fs), jiff::Timestamp::UNIX_EPOCH, BTreeMap::new());
        build(&Inputs::new(&world), &list, minify, Cleaning::default())
    }

    /// Puts `#` for eight hexadecimal digits between dots.
    fn mask(text: &str) -> String {
        let is_hash = |part: &str| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        text.split('.').map(|part| if is_hash(part) { "#" } else { part }).collect::<Vec<_>>().join(".")
    }

    fn check(files: &[(&str, &str)], expect: &str) {
        assert_eq!(show(files, true).trim_end(), expect);
    }

    #[test]
    fn files_have_names_that_change_with_their_content() {
        assert_eq!(
            fingerprinted("a/b.min.js", b"x"),
            format!("assets/a/b.min.{}.js", &blake3::hash(b"x").to_hex()[..8])
        );
        assert!(fingerprinted("LICENSE", b"x").starts_with("assets/LICENSE."));
        assert!(fingerprinted("a/.x", b"x").starts_with("assets/a/.x."));
        assert_ne!(fingerprinted("a.js", b"x"), fingerprinted("a.js", b"y"));
    }

    #[test]
    fn styles_are_minified_and_lowered() {
        check(
            &[("css/main.css", ".a {\n  & .b { color: red; user-select: none }\n}\n")],
            "css/main.css -> assets/css/main.#.css\n== assets/css/main.#.css\n.a .b{color:red;-webkit-user-select:none;user-select:none}",
        );
        assert!(show(&[("a.css", ".a { color: red }")], false).contains(".a {\n  color: red;\n}\n"));
    }

    #[test]
    fn imports_are_bundled_in_order_and_urls_fingerprinted() {
        check(
            &[
                ("css/_base.css", "@import './deep/c.css' print;\n.base { background: url('../img/x.svg?a#b') }"),
                ("css/deep/c.css", ".c { background: url(../../img/x.svg) }"),
                (
                    "css/main.css",
                    "@layer z;\n@import '_base.css';\n@import url(https://x.y/z.css);\n@import \"deep/c.css\" layer(l) supports(display: grid);\n.m { color: red; background: url(data:,x) } .n { background: url(#f) }",
                ),
                ("img/x.svg", "<svg width=\"1\" height=\"2\"/>"),
            ],
            "css/deep/c.css -> assets/css/deep/c.#.css\n\
             css/main.css -> assets/css/main.#.css\n\
             img/x.svg -> assets/img/x.#.svg\n\
             == assets/css/deep/c.#.css\n\
             .c{background:url(../../img/x.#.svg)}\n\
             == assets/css/main.#.css\n\
             @import \"https://x.y/z.css\";@layer z;@media print{.c{background:url(../img/x.#.svg)}}.base{background:url(../img/x.#.svg?a#b)}@supports (display:grid){@layer l{.c{background:url(../img/x.#.svg)}}}.m{color:red;background:url(data:,x)}.n{background:url(#f)}\n\
             == assets/img/x.#.svg\n\
             copy of assets/img/x.svg",
        );
    }

    #[test]
    fn sass_is_compiled_with_its_partials() {
        check(
            &[
                ("css/_vars.scss", "$c: red; @mixin m { color: $c; }"),
                ("css/main.scss", "@use 'vars'; @use '../lib/x'; .a { .b { @include vars.m; } }"),
                ("lib/_x.scss", ".x { y: z }"),
            ],
            "css/main.css -> assets/css/main.#.css\n\
             css/main.scss -> assets/css/main.#.css\n\
             == assets/css/main.#.css\n\
             .x{y:z}.a .b{color:red}",
        );
    }

    #[test]
    fn modules_import_fingerprinted_names() {
        check(
            &[
                (
                    "js/a.js",
                    "// import './no.js'\nimport { b } from \"./lib/b.js\";\nimport('./lib/b.js'); import 'pkg'; const s = \"import './b.js'\";",
                ),
                ("js/lib/b.js", "export * from '../c.mjs'; export const b = 1;"),
                ("js/c.mjs", "export default 1;"),
                ("js/old.js", "var await = 1; with (a) { b }"),
            ],
            "js/a.js -> assets/js/a.#.js\n\
             js/c.mjs -> assets/js/c.#.mjs\n\
             js/lib/b.js -> assets/js/lib/b.#.js\n\
             js/old.js -> assets/js/old.#.js\n\
             == assets/js/a.#.js\n\
             \n\
             import{b}from \"./lib/b.#.js\";\n\
             import('./lib/b.#.js');import 'pkg';const s=\"import './b.js'\";\n\
             == assets/js/c.#.mjs\n\
             export default 1;\n\
             == assets/js/lib/b.#.js\n\
             export * from '../c.#.mjs';export const b=1;\n\
             == assets/js/old.#.js\n\
             var await=1;with(a){b}",
        );
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        check(
            &[
                ("a.css", "a { color: red; }\nb { color: ; @ }\n}"),
                ("b.css", "@import './nosuch.css'; é { background: url(no.png) }"),
                ("c.css", "@import '../../up.css'; a { --x: url(no.png) }"),
                ("d.scss", "a {\n  b: $nosuch;\n}"),
                ("e.js", "import './nosuch.js';"),
                ("f.js", "import './g.js';"),
                ("g.js", "import './f.js';"),
                ("h.js", "import a; let = = 3;"),
                ("i.png", "no image"),
                ("j.txt", "MISSING"),
            ],
            "b.css -> assets/b.#.css\n\
             c.css -> assets/c.#.css\n\
             e.js -> assets/e.#.js\n\
             f.js -> assets/f.#.js\n\
             g.js -> assets/g.#.js\n\
             h.js -> assets/h.#.js\n\
             i.png -> assets/i.#.png\n\
             == assets/b.#.css\n\
             é{background:url(no.png)}\n\
             == assets/c.#.css\n\
             \n\
             == assets/e.#.js\n\
             import './nosuch.js';\n\
             == assets/f.#.js\n\
             import './g.#.js';\n\
             == assets/g.#.js\n\
             import './f.js';\n\
             == assets/h.#.js\n\
             import a; let = = 3;\n\
             == assets/i.#.png\n\
             copy of assets/i.png\n\
             error[style]: unexpected end of input at assets/a.css:33 `}`\n\
             error[missing-asset]: no asset is at `./nosuch.css` at assets/b.css:0 `@import`\n\
             error[missing-asset]: no asset is at `no.png` at assets/b.css:45 `no.png`\n\
             error[missing-asset]: no asset is at `../../up.css` at assets/c.css:0 `@import`\n\
             error[style]: `no.png` in a custom property is looked for from where the property is used at assets/c.css:33 `u`\n\
             error[style]: undefined variable at assets/d.scss:9 `$nosuch`\n\
             error[missing-asset]: no asset is at `./nosuch.js` at assets/e.js:8 `./nosuch.js`\n\
             error[script-cycle]: scripts import each other in a circle: `f.js` → `g.js` → `f.js` at assets/g.js:8 `./f.js`\n\
             warning[script-syntax]: the script cannot be read: expected `from` but found `;` at assets/h.js:8 `;`\n\
             warning[unreadable-image]: the size of the image cannot be read: it is none of the formats that are known at assets/i.png:0 ``\n\
             error[unreadable-file]: could not read `assets/j.txt`: entity not found at assets/j.txt:0 ``",
        );
    }

    #[test]
    fn external_imports_need_no_condition() {
        check(
            &[("_a.css", "@import 'https://x.y/z.css'; a { color: red }"), ("b.css", "@import '_a.css' print;")],
            "b.css -> assets/b.#.css\n\
             == assets/b.#.css\n\
             @media print{a{color:red}}\n\
             error[style]: `https://x.y/z.css` cannot be imported by a style that is itself imported with a condition at assets/_a.css:0 `@import`",
        );
    }

    #[test]
    fn text_must_be_utf_8() {
        let mut fs = MemoryFs::default();
        fs.write("assets/a.css", b"a{}\xff".to_vec());
        let world = World::new(Arc::new(fs), jiff::Timestamp::UNIX_EPOCH, BTreeMap::new());
        let files = [ThemeFile { name: "a.css".to_owned(), path: "assets/a.css".to_owned() }];
        let (map, artifacts, diagnostics) = build(&Inputs::new(&world), &files, true, Cleaning::default());
        assert!(map.map.is_empty() && artifacts.is_empty());
        assert_eq!(diagnostics[0].code, "invalid-utf8");
        assert_eq!(diagnostics[0].primary.as_ref().unwrap().span, rivage_diag::Span::at(3));
    }

    #[test]
    fn imports_in_circles_end() {
        check(
            &[("a.css", "@import 'b.css';a{color:red}"), ("b.css", "@import 'a.css' layer(x);b{color:red}")],
            "a.css -> assets/a.#.css\n\
             b.css -> assets/b.#.css\n\
             == assets/a.#.css\n\
             b,a{color:red}\n\
             == assets/b.#.css\n\
             @layer x{a{color:red}}b{color:red}",
        );
    }

    #[test]
    fn assets_are_found_by_name() {
        let (map, ..) = run(&[("css/a.css", "a{color:red}")], true);
        assert!(map.get("css/a.css").is_some() && map.get("/assets/css/a.css").is_some());
        assert_eq!(map.get("a.css"), None);
        assert_eq!(map, run(&[("css/a.css", "a { color: red }")], true).0);
    }
}
