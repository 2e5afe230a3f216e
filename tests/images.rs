//! Images of sites: what HTML offers, what is made, what is not made again, and what is said of bad files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rivage::cache::Cache;
use rivage::database::publish;
use rivage::fs::RealFs;
use rivage::inputs::World;
use rivage::pipeline::{Mode, Options, Outcome, Session, Silent};
use rivage::render::{Artifact, Content, Put, Sink};
use rivage::write::{LookSink, NullSink};
use rivage_images::{Format, Raster, Settings, encode};

const SETTINGS: &str = "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[build]\nmarkdown_twins = false\n\
    [images]\nwidths = [40, 80]\navif_speed = 10\nsizes = \"100vw\"\n";

/// A photo of so many pixels: stripes that no encoder makes small.
fn photo(width: u32, height: u32, format: Format) -> Vec<u8> {
    let noise = |x: u32, y: u32| x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) >> 13;
    let pixels = (0..height).flat_map(|y| {
        (0..width)
            .flat_map(move |x| [(noise(x, y) % 200) as u8 + 30, (x * 255 / width) as u8, (y * 255 / height) as u8])
    });
    encode(&Raster::new(width, height, false, pixels.collect()), format, Settings { quality: 95, speed: 10 }).unwrap()
}

struct Project(tempfile::TempDir);

struct Built {
    files: BTreeMap<String, Vec<u8>>,
    outcome: Outcome,
    session: Session,
}

#[derive(Default)]
struct Gather(Mutex<BTreeMap<String, Content>>);

impl Sink for Gather {
    fn put(&self, artifact: Artifact) -> Result<Option<Put>, rivage::fs::Error> {
        let put = match &artifact.content {
            Content::Bytes(bytes) => {
                Some(Put { digest: rivage::inputs::Fingerprint::of(bytes), length: bytes.len() as u64 })
            }
            Content::CopyOf(_) => None,
        };
        self.0.lock().unwrap().insert(artifact.path, artifact.content);
        Ok(put)
    }
}

impl Project {
    fn new(page: &str, files: &[(&str, &[u8])]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("rivage.toml", SETTINGS.as_bytes());
        project.write("content/_index.mdx", format!("---\ntitle: Home\n---\n\n{page}\n").as_bytes());
        for (path, bytes) in files {
            project.write(path, bytes);
        }
        project
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn build(&self, mode: Mode, is_cached: bool) -> Built {
        let fs = Arc::new(RealFs::new(self.root()));
        let world = World::new(fs, "2026-11-23T12:00:00Z".parse().unwrap(), BTreeMap::new());
        let options = Options { mode, ..Options::default() };
        let cache = is_cached.then(|| Cache::open(self.root(), options.flavour()));
        let mut session = Session::new(options, cache);
        let sink = Gather::default();
        session.pages(&world, None, &sink, &Silent).unwrap();
        session.finish(&sink, None, &Silent).unwrap();
        session.save();
        let files = sink.0.into_inner().unwrap().into_iter().map(|(path, content)| match content {
            Content::Bytes(bytes) => (path, bytes),
            Content::CopyOf(from) => (path, std::fs::read(self.root().join(from)).unwrap_or_default()),
        });
        Built { files: files.collect(), outcome: session.outcome().unwrap(), session }
    }
}

impl Built {
    /// The images of the home page's content, each hash as its place among all hashes.
    fn images(&self) -> String {
        let html = String::from_utf8(self.files["index.html"].clone()).unwrap();
        let main = &html[html.find("<main").unwrap()..html.find("</main>").unwrap()];
        let mut out = String::new();
        let mut rest = main;
        while let Some(start) = rest.find("<picture>").into_iter().chain(rest.find("<img")).min() {
            let is_picture = rest[start..].starts_with("<picture>");
            let end =
                if is_picture { rest[start..].find("</picture>").unwrap() } else { rest[start..].find('>').unwrap() };
            out += &rest[start..start + end];
            out.push('\n');
            rest = &rest[start + end..];
        }
        let mut names: Vec<String> = Vec::new();
        let mut masked = String::new();
        let mut parts = out.split("/media/");
        masked += parts.next().unwrap_or_default();
        for part in parts {
            let place = names.iter().position(|name| *name == part[..32]).unwrap_or_else(|| {
                names.push(part[..32].to_owned());
                names.len() - 1
            });
            masked += &format!("/media/#{place}{}", &part[32..]);
        }
        masked
    }

    fn problems(&self) -> Vec<String> {
        let show = |diagnostic: &rivage_diag::Diagnostic| {
            let place = diagnostic.primary.as_ref().map_or(String::new(), |place| format!("{}: ", place.file));
            format!("{place}{}[{}]: {}", diagnostic.severity.as_str(), diagnostic.code, diagnostic.message)
        };
        self.outcome.diagnostics.iter().map(show).collect()
    }

    /// The `<meta>` of the home page that other sites read, each hash as `#`.
    fn social(&self) -> String {
        let html = String::from_utf8(self.files["index.html"].clone()).unwrap();
        let metas = html.match_indices("<meta ").map(|(at, _)| &html[at..at + html[at..].find('>').unwrap() + 1]);
        let found = metas.filter(|meta| meta.contains("og:image") || meta.contains("twitter:"));
        let masked = found.map(|meta| match meta.split_once("/media/") {
            Some((before, after)) => format!("{before}/media/#{}", &after[32..]),
            None => meta.to_owned(),
        });
        masked.collect::<Vec<_>>().join("\n")
    }

    fn media(&self) -> BTreeMap<&str, &[u8]> {
        let media =
            self.files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix("media/")?, bytes.as_slice())));
        media.collect()
    }
}

#[test]
fn browsers_choose_from_sizes_and_formats() {
    let project = Project::new(
        "![A b](a.jpg \"T\")\n\n![C](a.jpg)\n\n![D](c.png)",
        &[("content/a.jpg", &photo(240, 144, Format::Jpeg)), ("content/c.png", &photo(400, 400, Format::Png))],
    );
    let built = project.build(Mode::Build, false);
    assert_eq!(built.problems(), [""; 0]);
    insta::assert_snapshot!(built.images(), @r##"
    <picture><source type="image/avif" srcset="/media/#0.avif 40w, /media/#1.avif 80w" sizes="100vw"><source type="image/webp" srcset="/media/#2.webp 40w, /media/#3.webp 80w" sizes="100vw"><img src="/media/#4.jpg" srcset="/media/#5.jpg 40w, /media/#4.jpg 80w" sizes="100vw" alt="A b" width="80" height="48" decoding="async" data-color="#919696" title="T">
    <picture><source type="image/avif" srcset="/media/#0.avif 40w, /media/#1.avif 80w" sizes="auto, 100vw"><source type="image/webp" srcset="/media/#2.webp 40w, /media/#3.webp 80w" sizes="auto, 100vw"><img src="/media/#4.jpg" srcset="/media/#5.jpg 40w, /media/#4.jpg 80w" sizes="auto, 100vw" alt="C" width="80" height="48" loading="lazy" decoding="async" data-color="#919696">
    <picture><source type="image/avif" srcset="/media/#6.avif 40w, /media/#7.avif 80w" sizes="auto, 100vw"><source type="image/webp" srcset="/media/#8.webp 40w, /media/#9.webp 80w" sizes="auto, 100vw"><img src="/media/#10.png" srcset="/media/#11.png 40w, /media/#10.png 80w" sizes="auto, 100vw" alt="D" width="80" height="80" loading="lazy" decoding="async" data-color="#909696">
    "##);
    let media = built.media();
    // 40 and 80 of both, in three formats.
    assert_eq!(media.len(), 12);
    for (name, bytes) in media {
        let extension = name.rsplit_once('.').unwrap().1;
        match extension {
            "avif" => assert_eq!(&bytes[4..12], b"ftypavif"),
            other => assert_eq!(rivage_images::probe(bytes).unwrap().format.extension(), other),
        }
    }
}

#[test]
fn a_warm_build_encodes_nothing() {
    let project = Project::new("![A](a.jpg)", &[("content/a.jpg", &photo(240, 144, Format::Jpeg))]);
    let cold = project.build(Mode::Build, true);
    let names: Vec<String> = cold.media().into_keys().map(str::to_owned).collect();
    assert_eq!(names.len(), 6);
    // What is kept is what is written: bytes that no encoder would make show that none ran.
    for name in &names {
        project.write(&format!(".rivage/cache/images/{}/{name}", &name[..2]), name.as_bytes());
    }
    let warm = project.build(Mode::Build, true);
    for (name, bytes) in warm.media() {
        assert_eq!(bytes, name.as_bytes());
    }
    // Where the page is rendered anew, too.
    project.write("content/_index.mdx", b"---\ntitle: Home\n---\n\nNew. ![A](a.jpg)\n");
    let edited = project.build(Mode::Build, true);
    assert!(edited.outcome.rendered > 0);
    assert_eq!(edited.media(), warm.media());
}

#[test]
fn builds_with_and_without_a_cache_are_equal() {
    let project = Project::new(
        "![A](a.jpg)\n\n<Figure src=\"b.png\" alt=\"B\" crop=\"1:1\" />",
        &[("content/a.jpg", &photo(210, 140, Format::Jpeg)), ("content/b.png", &photo(120, 90, Format::Png))],
    );
    let without = project.build(Mode::Build, false);
    let cold = project.build(Mode::Build, true);
    let warm = project.build(Mode::Build, true);
    assert!(without.files == cold.files && cold.files == warm.files);
    // Another photo under the name: other files.
    project.write("content/a.jpg", &photo(210, 141, Format::Jpeg));
    let changed = project.build(Mode::Build, true);
    assert!(changed.files == project.build(Mode::Build, false).files);
    assert_ne!(changed.media().keys().collect::<Vec<_>>(), warm.media().keys().collect::<Vec<_>>());
}

#[test]
fn crops_and_sizes_are_wished_for() {
    let project = Project::new(
        "<Image src=\"a.jpg\" alt=\"A\" crop=\"1:1\" focus=\"left\" widths={[30]} sizes=\"30px\" quality={50} />\n\n\
         <Figure src=\"a.jpg\" alt=\"B\" dark=\"a.jpg\" width={50}/>\n\n<Image src=\"https://x.org/a.jpg\" alt=\"C\" eager />",
        &[("content/a.jpg", &photo(240, 144, Format::Jpeg))],
    );
    let built = project.build(Mode::Build, false);
    assert_eq!(built.problems(), [""; 0]);
    insta::assert_snapshot!(built.images(), @r##"
    <picture><source type="image/avif" srcset="/media/#0.avif 30w" sizes="30px"><source type="image/webp" srcset="/media/#1.webp 30w" sizes="30px"><img src="/media/#2.jpg" alt="A" width="30" height="30" decoding="async" data-color="#919696">
    <picture><source type="image/avif" srcset="/media/#3.avif 40w, /media/#4.avif 80w" sizes="auto, (max-width: 50px) 100vw, 50px"><source type="image/webp" srcset="/media/#5.webp 40w, /media/#6.webp 80w" sizes="auto, (max-width: 50px) 100vw, 50px"><img class="only-light" src="/media/#7.jpg" srcset="/media/#8.jpg 40w, /media/#7.jpg 80w" sizes="auto, (max-width: 50px) 100vw, 50px" alt="B" width="50" height="30" loading="lazy" decoding="async" data-color="#919696">
    <picture><source type="image/avif" srcset="/media/#3.avif 40w, /media/#4.avif 80w" sizes="auto, (max-width: 50px) 100vw, 50px"><source type="image/webp" srcset="/media/#5.webp 40w, /media/#6.webp 80w" sizes="auto, (max-width: 50px) 100vw, 50px"><img class="only-dark" src="/media/#7.jpg" srcset="/media/#8.jpg 40w, /media/#7.jpg 80w" sizes="auto, (max-width: 50px) 100vw, 50px" alt="B" width="50" height="30" loading="lazy" decoding="async" data-color="#919696">
    <img src="https://x.org/a.jpg" alt="C" decoding="async"
    "##);
    let square = built.media().into_values().filter_map(|bytes| rivage_images::probe(bytes).ok());
    assert!(square.into_iter().any(|info| (info.width, info.height) == (30, 30)));
}

#[test]
fn templates_ask_for_images() {
    let layout = "<main>{% set a = image(path=\"img/a.jpg\") %}{{ a.src }} {% set i = image(path=\"/b.png\", alt=\"B\") %}{{ i.html }}\
        {% set c = image(path=\"/b.png\", width=30, height=20, format=\"jpg\") %}{{ c.src }} {% set card = card(src=\"/b.png\") %}{{ card.src }}</main>";
    let project = Project::new(
        "Text",
        &[
            ("assets/img/a.jpg", &photo(200, 200, Format::Jpeg)),
            ("static/b.png", &photo(120, 120, Format::Png)),
            ("layouts/section.html", layout.as_bytes()),
            ("layouts/marketing/section.html", layout.as_bytes()),
        ],
    );
    let built = project.build(Mode::Build, false);
    assert_eq!(built.problems(), [""; 0]);
    insta::assert_snapshot!(built.images(), @r##"<img src="/b.png" alt="B" width="120" height="120" decoding="async""##);
    let html = String::from_utf8(built.files["index.html"].clone()).unwrap();
    assert!(html.contains("/assets/img/a."), "{html}");
    let card = built.media().into_iter().find(|(name, _)| name.ends_with(".jpg")).unwrap();
    let info = rivage_images::probe(card.1).unwrap();
    assert_eq!((info.width, info.height), (30, 20));
}

#[test]
fn what_is_small_moves_or_scales_by_itself_stays_as_it_is() {
    let gif = {
        let picture = b",\0\0\0\0\x03\0\x02\0\0\x02\x01\0\0";
        let mut gif = [&b"GIF89a\x03\0\x02\0\0\0\0"[..], picture, picture, b";"].concat();
        gif.resize(8000, 0);
        gif
    };
    let project = Project::new(
        "![S](s.svg)\n![G](g.gif)\n![P](p.png)",
        &[
            ("content/s.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"3\"/>"),
            ("content/g.gif", &gif),
            ("content/p.png", &photo(20, 10, Format::Png)),
        ],
    );
    let built = project.build(Mode::Build, false);
    assert_eq!(built.problems(), [""; 0]);
    insta::assert_snapshot!(built.images(), @r##"
    <img src="/s.svg" alt="S" width="4" height="3" decoding="async"
    <img src="/g.gif" alt="G" width="3" height="2" loading="lazy" decoding="async"
    <img src="/p.png" alt="P" width="20" height="10" loading="lazy" decoding="async"
    "##);
    assert!(built.media().is_empty());
}

#[test]
fn switched_off_nothing_is_made() {
    let project = Project::new("![A](a.jpg)", &[("content/a.jpg", &photo(240, 144, Format::Jpeg))]);
    project.write("rivage.toml", format!("{SETTINGS}enabled = false\n").as_bytes());
    let built = project.build(Mode::Build, false);
    assert!(built.media().is_empty());
    insta::assert_snapshot!(built.images(), @r##"<img src="/a.jpg" alt="A" width="240" height="144" decoding="async""##);
}

#[test]
fn a_preview_makes_what_is_looked_at() {
    let project = Project::new("![A](a.jpg)", &[("content/a.jpg", &photo(240, 144, Format::Jpeg))]);
    let built = project.build(Mode::Preview, true);
    assert!(built.media().is_empty());
    let html = String::from_utf8(built.files["index.html"].clone()).unwrap();
    assert!(!html.contains(".avif"));
    let at = html.find("/media/").unwrap() + 1;
    let name = html[at..].split(' ').next().unwrap();
    let made = built.session.make(name);
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].0, name);
    assert_eq!(rivage_images::probe(&made[0].1).unwrap().width, 40);
    let unknown = format!("media/{}.webp", "0".repeat(32));
    assert!(!built.session.make(&unknown).iter().any(|(path, _)| *path == unknown));
}

#[test]
fn a_check_looks_and_makes_nothing() {
    let project = Project::new("![A](a.jpg)", &[("content/a.jpg", &photo(240, 144, Format::Jpeg))]);
    let built = project.build(Mode::Check, true);
    assert!(built.media().is_empty());
    assert_eq!(built.session.derivatives().len(), 6);
}

#[test]
fn a_bucket_has_its_own_address() {
    let project = Project::new("![A](a.jpg)", &[("content/a.jpg", &photo(240, 144, Format::Jpeg))]);
    let settings =
        format!("{SETTINGS}store = \"r2\"\nurl = \"https://img.example.org/\"\n[deploy]\nbucket_prefix = \"m\"\n");
    project.write("rivage.toml", settings.as_bytes());
    let built = project.build(Mode::Build, true);
    assert_eq!(built.problems(), [""; 0]);
    assert!(built.media().is_empty(), "visitors get them from the bucket");
    let html = String::from_utf8(built.files["index.html"].clone()).unwrap();
    assert!(html.contains("srcset=\"https://img.example.org/m/"), "{html}");
    // A preview needs no bucket.
    let preview = project.build(Mode::Preview, true);
    let html = String::from_utf8(preview.files["index.html"].clone()).unwrap();
    assert!(html.contains("srcset=\"/media/"));
}

/// What a bucket and a database get of a site whose pages are all in the cache: nothing is rendered again for it.
#[test]
fn a_built_site_is_looked_at_without_rendering() {
    let project = Project::new("![A](a.jpg) and [b](b.mdx#part)", &[("content/a.jpg", &photo(240, 144, Format::Jpeg))]);
    project.write("content/b.mdx", b"---\ntitle: B\n---\n\n## Part\n\nSome text, and [home](_index.mdx).\n");
    project.build(Mode::Build, true);
    let fs = Arc::new(RealFs::new(project.root()));
    let world = World::new(fs, "2026-11-23T12:00:00Z".parse().unwrap(), BTreeMap::new());
    let look = |cache: Option<Cache>, sink: &dyn Sink| {
        let mut session = Session::new(Options::default(), cache);
        session.pages(&world, None, sink, &Silent).unwrap();
        let rendered = session.outcome().unwrap().rendered;
        let content = session.told(|site, told| publish::gather(site, told).build).unwrap();
        (rendered, session.derivatives().to_vec(), content)
    };
    let warm = look(Some(Cache::open(project.root(), Options::default().flavour())), &LookSink);
    let cold = look(None, &NullSink);
    assert!(warm.0 == 0 && cold.0 > 1, "{} {}", warm.0, cold.0);
    assert!(!cold.1.is_empty() && warm.1 == cold.1);
    assert_eq!(warm.2, cold.2);
    // The fingerprint covers links.
    project.write("content/b.mdx", b"---\ntitle: B\n---\n\n## Part\n\nSome text, and home.\n");
    assert_ne!(look(None, &NullSink).2, cold.2);
}

#[test]
fn bad_files_are_told_with_their_place() {
    let jpeg = photo(240, 144, Format::Jpeg);
    let mut bomb = jpeg.clone();
    let frame = bomb.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    bomb[frame + 5..frame + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    let page = "![A](cut.jpg)\n![A](empty.png)\n![A](bomb.jpg)\n![A](text.webp)\n![A](../../../up.jpg)\n![A](gone.jpg)\n\n\
        ![A](other.png)\n\n<Image src=\"cut.jpg\" alt=\"A\" />\n";
    let project = Project::new(
        page,
        &[
            ("content/cut.jpg", &jpeg[..jpeg.len() / 2]),
            ("content/empty.png", b""),
            ("content/bomb.jpg", &bomb),
            ("content/text.webp", b"not an image at all"),
            ("content/other.png", &jpeg),
        ],
    );
    insta::assert_snapshot!(project.build(Mode::Build, true).problems().join("\n"), @r##"
    content/_index.mdx: error[bad-image]: `cut.jpg` cannot be read as an image: the file is cut off
    content/_index.mdx: error[bad-image]: `empty.png` cannot be read as an image: the file is empty
    content/_index.mdx: error[bad-image]: `bomb.jpg` cannot be read as an image: it has 60000×60000 pixels, and images may have 100 million, at most 30000 on a side
    content/_index.mdx: error[bad-image]: `text.webp` cannot be read as an image: it is none of the formats that are known
    content/_index.mdx: error[missing-file]: `../../../up.jpg` does not exist
    content/_index.mdx: error[missing-file]: `gone.jpg` does not exist
    content/_index.mdx: warning[image-format]: `other.png` is in fact a JPEG, and not a PNG
    content/_index.mdx: error[bad-image]: `cut.jpg` cannot be read as an image: the file is cut off
    "##);
    // The second build has read what the first one kept of the page.
    assert_eq!(project.build(Mode::Build, true).problems().len(), 8);
    let built = project.build(Mode::Build, true);
    let place = built.outcome.diagnostics[0].primary.as_ref().unwrap();
    assert_eq!((place.file.as_str(), place.span.start), ("content/_index.mdx", 21));
}

/// Problems with what stands beside them: where rendering came from, and the hints.
fn told(built: &Built) -> Vec<String> {
    let told = built.outcome.diagnostics.iter().zip(built.problems()).map(|(diagnostic, problem)| {
        let trace: Vec<_> = diagnostic.trace.iter().map(|place| place.file.as_str()).collect();
        format!("{problem} | {} | {}", trace.join(", "), diagnostic.hints.join(", "))
    });
    told.collect()
}

#[test]
fn damage_that_a_layout_shows_on_all_pages_is_told_once() {
    let jpeg = photo(240, 144, Format::Jpeg);
    let cut = &jpeg[..jpeg.len() / 2];
    let layout = "<main>\n{% set a = image(path=\"img/cut.jpg\", width=40) %}<img src=\"{{ a.src }}\" alt=\"\"></main>";
    let files = [("assets/img/cut.jpg", cut), ("layouts/page.html", layout.as_bytes())];
    let project = Project::new("Text", &files);
    for name in ["a", "b", "c"] {
        project.write(&format!("content/{name}.mdx"), b"---\ntitle: A page\n---\n\nText\n");
    }
    let at_template = "layouts/page.html: error[bad-image]: `img/cut.jpg` cannot be read as an image: the file is cut off \
        | content/a.mdx | it happens on 2 more pages";
    // The second build tells what the first one kept.
    for _ in 0..2 {
        let built = project.build(Mode::Build, true);
        assert_eq!(told(&built), [at_template]);
        let place = built.outcome.diagnostics[0].primary.as_ref().unwrap();
        assert!(layout[place.span.range()].starts_with("image(path=\"img/cut.jpg\""), "{place:?}");
    }
    // A component that is rendered once for all pages.
    let once = "<main>{{ once(component=\"Team\") }}</main>";
    project.write("layouts/page.html", once.as_bytes());
    let team =
        "{% component Team() %}{% set a = image(path=\"img/cut.jpg\", width=40) %}{{ a.src }}{% endcomponent Team %}";
    project.write("components/team.html", team.as_bytes());
    let built = project.build(Mode::Build, true);
    assert_eq!(
        told(&built),
        ["layouts/page.html: error[bad-image]: `Team`: `img/cut.jpg` cannot be read as an image: the file is cut off \
            | content/a.mdx | it happens on 2 more pages"]
    );
    // What shows an image that may be anywhere shows it as it is.
    let picture = "<main>{{ picture(src=\"/img/cut.jpg\", alt=\"A\") }}</main>";
    project.write("layouts/page.html", picture.as_bytes());
    let built = project.build(Mode::Build, true);
    assert_eq!(
        told(&built),
        [
            "assets/img/cut.jpg: error[bad-image]: it cannot be read as an image: the file is cut off | content/a.mdx | it happens on 2 more pages"
        ]
    );
    assert!(String::from_utf8_lossy(&built.files["a/index.html"]).contains("<img src=\"/img/cut.jpg\""));
}

#[test]
fn damage_is_told_by_the_page_that_shows_it_before_all_others() {
    let jpeg = photo(240, 144, Format::Jpeg);
    let cut = &jpeg[..jpeg.len() / 2];
    // The component asks for what the page has named.
    let face = "{% component Face(src: string) %}{% set a = image(path=src, width=40) %}{{ a.src }}{{ picture(src=src, alt=\"A\") }}{% endcomponent Face %}";
    let page = "Text\n\n<Face src=\"cut.jpg\" />";
    let project = Project::new(page, &[("content/cut.jpg", cut), ("components/face.html", face.as_bytes())]);
    let problem =
        "content/_index.mdx: error[bad-image]: `cut.jpg` cannot be read as an image: the file is cut off |  | ";
    for _ in 0..2 {
        assert_eq!(told(&project.build(Mode::Build, true)), [problem]);
    }
}

#[test]
fn what_is_wrong_with_a_cover_is_told_by_its_page() {
    let jpeg = photo(240, 144, Format::Jpeg);
    let cut = &jpeg[..jpeg.len() / 2];
    let project = Project::new(
        "Text",
        &[("content/blog/cut.jpg", cut), ("static/img/good.jpg", &jpeg), ("content/shared.jpg", &jpeg)],
    );
    let list = "<main>{% for post in pages %}{{ picture(src=post.image, alt=\"\") }}{% endfor %}</main>";
    project.write("layouts/section.html", list.as_bytes());
    let post = |cover: &str| format!("---\ntitle: Post\ncover: {cover}\n---\n\nText\n");
    let check = |cover: &str, expect: &[&str]| {
        project.write("content/blog/post.mdx", post(cover).as_bytes());
        project.write("content/blog/_index.mdx", b"---\ntitle: Blog\n---\n");
        let built = project.build(Mode::Build, true);
        assert_eq!(told(&built), expect, "{cover}");
        for diagnostic in &built.outcome.diagnostics {
            let place = diagnostic.primary.as_ref().unwrap();
            assert_eq!(&post(cover)[place.span.range()], cover);
        }
    };
    check(
        "cut.jpg",
        &["content/blog/post.mdx: error[bad-image]: `cut.jpg` cannot be read as an image: the file is cut off |  | "],
    );
    std::fs::remove_file(project.root().join("content/blog/cut.jpg")).unwrap();
    check(
        "gone.jpg",
        &[
            "content/blog/post.mdx: error[missing-file]: `gone.jpg` does not exist |  | files lie beside the page, or in `static/` and are then written with a leading slash",
        ],
    );
    check("https://example.net/elsewhere.jpg", &[]);
    for cover in ["img/good.jpg", "/img/good.jpg", "../shared.jpg"] {
        check(cover, &[]);
        let html = project.build(Mode::Build, true).files["blog/post/index.html"].clone();
        assert!(String::from_utf8_lossy(&html).contains("og:image:width"), "{cover}");
    }
}

#[test]
fn wishes_that_mean_nothing_are_told() {
    let project = Project::new(
        "<Image src=\"a.jpg\" alt=\"A\" crop=\"wide\" />",
        &[("content/a.jpg", &photo(240, 144, Format::Jpeg))],
    );
    let problems = project.build(Mode::Build, false).problems().join("\n");
    assert!(problems.contains("`crop` must be a ratio such as `16:9`, and is `wide`"), "{problems}");
}

#[test]
fn metadata_is_dropped() {
    let jpeg = photo(240, 144, Format::Jpeg);
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend(b"GPS 48.8584 N");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let photo = [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat();
    let built = Project::new("![A](a.jpg)", &[("content/a.jpg", &photo)]).build(Mode::Build, false);
    // It stands upright.
    assert!(built.images().contains("width=\"80\" height=\"133\""), "{}", built.images());
    for (name, bytes) in built.media() {
        assert!(!bytes.windows(3).any(|part| part == b"GPS"), "{name}");
    }
}

#[test]
fn the_cover_of_a_page_is_its_card() {
    let project = Project::new(
        "Text",
        &[("content/a.jpg", &photo(2000, 1000, Format::Jpeg)), ("content/w.webp", &photo(1300, 1300, Format::Webp))],
    );
    project.write("content/_index.mdx", b"---\ntitle: Home\ncover: a.jpg\n---\n\nText\n");
    let built = project.build(Mode::Build, true);
    assert_eq!(built.problems(), [""; 0]);
    let social = built.social();
    for part in [
        "content=\"https://example.org/media/#.jpg\"",
        "\"og:image:width\" content=\"1200\"",
        "\"og:image:height\" content=\"630\"",
        "\"og:image:alt\" content=\"Home\"",
        "summary_large_image",
    ] {
        assert!(social.contains(part), "`{part}` is missing: {social}");
    }
    let card = rivage_images::probe(built.media().into_values().next().unwrap()).unwrap();
    assert_eq!((card.format, card.width, card.height), (Format::Jpeg, 1200, 630));
    // Not every program that shows cards knows WebP.
    project.write("content/_index.mdx", b"---\ntitle: Home\nimage: w.webp\n---\n\nText\n");
    let built = project.build(Mode::Build, true);
    assert_eq!(rivage_images::probe(built.media().into_values().next().unwrap()).unwrap().format, Format::Jpeg);
    // A photo that is too small is not enlarged.
    project.write("content/a.jpg", &photo(600, 400, Format::Jpeg));
    project.write("content/_index.mdx", b"---\ntitle: Home\ncover: a.jpg\n---\n\nText\n");
    let card = project.build(Mode::Build, true);
    assert!(
        card.social().contains("content=\"600\"") && card.social().contains("content=\"315\""),
        "{}",
        card.social()
    );
}

#[test]
fn pages_without_a_picture_get_a_card_where_that_is_wished_for() {
    let project = Project::new("Text", &[]);
    assert_eq!(project.build(Mode::Build, false).social(), "<meta name=\"twitter:card\" content=\"summary\">");
    project.write("rivage.toml", format!("{SETTINGS}cards = true\n").as_bytes());
    project.write("content/_index.mdx", "---\ntitle: \"Tea & <Ça va> 👋\"\n---\n\nText\n".as_bytes());
    let cold = project.build(Mode::Build, true);
    assert_eq!(cold.problems(), [""; 0]);
    let social = cold.social();
    for part in
        ["content=\"https://example.org/media/#.png\"", "\"og:image:width\" content=\"1200\"", "summary_large_image"]
    {
        assert!(social.contains(part), "`{part}` is missing: {social}");
    }
    let (name, bytes) = cold.media().into_iter().next().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).unwrap();
    let info = rivage_images::probe(&bytes).unwrap();
    assert_eq!((info.format, info.width, info.height, info.has_alpha), (Format::Png, 1200, 630, false));
    assert!(bytes.len() < 100_000, "{}", bytes.len());
    // The same without a cache, and drawn once: bytes that nobody would draw show that nobody did.
    assert!(project.build(Mode::Build, false).files == cold.files);
    project.write(&format!(".rivage/cache/images/{}/{name}", &name[..2]), b"kept");
    assert_eq!(project.build(Mode::Build, true).media()[name.as_str()], b"kept");
    // Another title is another card.
    project.write("content/_index.mdx", b"---\ntitle: Other\n---\n\nText\n");
    let other = project.build(Mode::Build, true);
    assert!(!other.media().contains_key(name.as_str()) && other.media().len() == 1);
}

#[test]
fn a_preview_draws_cards_that_are_looked_at() {
    let project = Project::new("Text", &[]);
    project.write("rivage.toml", format!("{SETTINGS}cards = true\n").as_bytes());
    let built = project.build(Mode::Preview, true);
    assert!(built.media().is_empty());
    let html = String::from_utf8(built.files["index.html"].clone()).unwrap();
    let at = html.find("/media/").unwrap() + 1;
    let name = html[at..].split('"').next().unwrap();
    let made = built.session.image(name).unwrap().make().unwrap();
    assert_eq!(rivage_images::probe(&made).unwrap().width, 1200);
}

#[test]
fn titles_that_no_font_can_write_are_told() {
    let project = Project::new("Text", &[]);
    project.write("rivage.toml", format!("{SETTINGS}cards = true\n").as_bytes());
    project.write("content/_index.mdx", "---\ntitle: 画像\n---\n\nText\n".as_bytes());
    let built = project.build(Mode::Build, true);
    assert_eq!(
        built.problems(),
        [
            "content/_index.mdx: warning[missing-glyph]: `画` of `画像` is in no font of drawings: the text is left out of the card"
        ]
    );
    assert_eq!(built.media().len(), 1, "a card with the name of the site");
    // It is told again when nothing is rendered.
    assert_eq!(project.build(Mode::Build, true).problems(), built.problems());
    project.write("rivage.toml", format!("{SETTINGS}cards = true\ncard_fonts = [\"fonts/no.ttf\"]\n").as_bytes());
    let problems = project.build(Mode::Build, true).problems().join("\n");
    assert!(problems.contains("could not read the font `fonts/no.ttf`"), "{problems}");
    project.write("fonts/no.ttf", b"no font");
    let problems = project.build(Mode::Build, true).problems().join("\n");
    assert!(problems.contains("`fonts/no.ttf` is no font"), "{problems}");
}

#[test]
fn layouts_have_drawings_of_their_own() {
    let project = Project::new("Text", &[]);
    project.write("rivage.toml", format!("{SETTINGS}cards = true\n").as_bytes());
    project.write(
        "layouts/partials/card.svg",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"20\" height=\"10\"><rect width=\"9\" height=\"9\"/></svg>",
    );
    let built = project.build(Mode::Build, true);
    assert_eq!(built.problems(), [""; 0]);
    let card = rivage_images::probe(built.media().into_values().next().unwrap()).unwrap();
    assert_eq!((card.width, card.height), (20, 10));
    project.write(
        "layouts/partials/card.svg",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"20\" height=\"10\"><rect></svg>",
    );
    let problems = project.build(Mode::Build, true).problems().join("\n");
    assert!(problems.contains("`svg` cannot be drawn: the SVG is damaged"), "{problems}");
}

#[test]
fn originals_tell_nothing_but_their_picture() {
    let told = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0GPS 48.8584 N";
    let jpeg = photo(240, 144, Format::Jpeg);
    let length = u16::try_from(told.len() + 2).unwrap().to_be_bytes();
    let photo = [&jpeg[..2], &[0xFF, 0xE1], &length, told, &jpeg[2..]].concat();
    let files =
        [("content/a.jpg", &photo[..]), ("static/b.jpg", &photo), ("assets/img/c.jpg", &photo), ("static/d.txt", told)];
    let project = Project::new("![A](a.jpg)", &files);
    let originals = |built: &Built| {
        let named = built.files.iter().filter(|(path, _)| !path.starts_with("media/") && path.ends_with(".jpg"));
        named.map(|(path, bytes)| (path.clone(), bytes.clone())).collect::<BTreeMap<_, _>>()
    };
    let without = project.build(Mode::Build, false);
    assert_eq!(without.problems(), [""; 0]);
    let found = originals(&without);
    assert_eq!(found.len(), 3);
    for (path, bytes) in &found {
        assert!(!bytes.windows(3).any(|part| part == b"GPS"), "{path}");
        assert_eq!(rivage_images::probe(bytes).unwrap().orientation, 6, "{path}");
        assert_eq!(rivage_images::decode(bytes), rivage_images::decode(&photo), "{path}");
    }
    assert_eq!(without.files["d.txt"], told, "only images are looked into");
    let cold = project.build(Mode::Build, true);
    assert!(without.files == cold.files && cold.files == project.build(Mode::Build, true).files);
    // Its writer sees it as it is, and so does everybody who wants that.
    assert_eq!(project.build(Mode::Preview, true).files["a.jpg"], photo);
    project.write("rivage.toml", format!("{SETTINGS}strip_metadata = false\n").as_bytes());
    let kept = project.build(Mode::Build, true);
    assert_eq!(kept.files["a.jpg"], photo);
    let name = |files: &BTreeMap<String, Vec<u8>>| files.keys().find(|path| path.starts_with("assets/img/c.")).cloned();
    assert_ne!(name(&kept.files), name(&found), "the name of a file for ever changes with what is in it");
}

#[test]
fn of_a_damaged_original_nobody_knows_what_it_tells() {
    let jpeg = photo(240, 144, Format::Jpeg);
    let project = Project::new("Text", &[("static/cut.jpg", &jpeg[..jpeg.len() / 2])]);
    for _ in 0..2 {
        assert_eq!(
            project.build(Mode::Build, true).problems(),
            [
                "static/cut.jpg: warning[image-metadata]: what the file tells besides its picture is published with it: the file is cut off"
            ]
        );
    }
}

#[test]
fn svg_is_made_harmless_on_request() {
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"3\" onload=\"alert(1)\"><script>alert(1)</script><circle r=\"1\"/></svg>";
    let page = "![S](s.svg) <Icon name=\"own\" />";
    let files =
        [("content/s.svg", &svg[..]), ("static/t.svg", svg), ("assets/icons/own.svg", svg), ("assets/u.svg", svg)];
    let project = Project::new(page, &files);
    let harmful = |built: &Built| {
        let is_harmful = |bytes: &[u8]| bytes.windows(8).any(|part| part == b"alert(1)");
        let found = built.files.iter().filter(|(_, bytes)| is_harmful(bytes));
        found.map(|(path, _)| path.clone()).collect::<Vec<_>>()
    };
    assert!(harmful(&project.build(Mode::Build, true)).len() >= 5);
    project.write("rivage.toml", format!("{SETTINGS}sanitize_svg = true\n").as_bytes());
    for (mode, is_cached) in [(Mode::Build, true), (Mode::Build, true), (Mode::Build, false), (Mode::Preview, true)] {
        let built = project.build(mode, is_cached);
        assert_eq!((built.problems(), harmful(&built)), (Vec::new(), Vec::new()));
        let html = String::from_utf8(built.files["index.html"].clone()).unwrap();
        assert!(html.contains("<circle") && !html.contains("<?xml"), "the drawing of an icon stays");
    }
    project.write("static/t.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"><g></svg>");
    let problems = project.build(Mode::Build, true).problems().join("\n");
    assert!(problems.contains("static/t.svg: error[bad-image]: the SVG cannot be made harmless"), "{problems}");
}

#[test]
fn components_show_images_in_sizes() {
    let page = "<Hero title=\"T\" image=\"a.jpg\" alt=\"A\" />\n\n<Split title=\"S\" image=\"a.jpg\" alt=\"B\">\n\nText\n\n</Split>\n\n\
        <Cards><Card title=\"C\" image=\"a.jpg\" alt=\"C\">\n\nText\n\n</Card></Cards>\n\n<Quote author=\"J\" image=\"a.jpg\">\n\nText\n\n</Quote>\n\n\
        <Logos items={[{ name: \"L\", src: \"l.svg\" }]} />";
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"80\" height=\"40\"/>";
    let project = Project::new(page, &[("content/a.jpg", &photo(240, 144, Format::Jpeg)), ("content/l.svg", svg)]);
    project.write("rivage.toml", SETTINGS.replace("[images]\n", "[images]\nformats = []\n").as_bytes());
    let built = project.build(Mode::Build, false);
    assert_eq!(built.problems(), [""; 0]);
    let images = built.images();
    assert_eq!(images.matches("<picture>").count(), 4, "{images}");
    for part in ["class=\"hero-image\"", "fetchpriority=\"high\"", "class=\"card-image\"", "width=\"48\" height=\"48\""]
    {
        assert!(images.contains(part), "`{part}` is missing: {images}");
    }
    // Of a drawing one side is said, and the other follows.
    assert!(images.contains("alt=\"L\" width=\"56\" height=\"28\""), "{images}");
}

#[test]
fn all_kinds_of_originals_have_likenesses_of_their_size() {
    let deep: Vec<u8> = (0..160_u32 * 120)
        .flat_map(|at| {
            let number = u16::try_from(at * 3 % 65_536).unwrap();
            [number, number / 2, 65_535 - number].map(u16::to_ne_bytes).concat()
        })
        .collect();
    let mut deep_png = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut deep_png);
    image::ImageEncoder::write_image(encoder, &deep, 160, 120, image::ExtendedColorType::Rgb16).unwrap();
    let cmyk = include_bytes!("../crates/rivage-images/tests/cyan-cmyk.jpg");
    let page = "<Image src=\"deep.png\" alt=\"A\" crop=\"4:3\" widths={[80]} />\n\n<Image src=\"cmyk.jpg\" alt=\"B\" crop=\"1:1\" widths={[16]} />\n\n\
        <Image src=\"w.webp\" alt=\"C\" crop=\"2:1\" widths={[80]} />\n";
    let project = Project::new(
        page,
        &[
            ("content/deep.png", &deep_png),
            ("content/cmyk.jpg", cmyk),
            ("content/w.webp", &photo(200, 100, Format::Webp)),
        ],
    );
    let built = project.build(Mode::Build, true);
    assert_eq!(built.problems(), [""; 0]);
    assert_eq!(built.media().len(), 8, "three of each, and WebP is its own");
    for (name, bytes) in built.media().into_iter().filter(|(name, _)| !name.ends_with(".avif")) {
        let raster = rivage_images::decode(bytes).unwrap();
        assert!([(80, 60), (16, 16), (80, 40)].contains(&(raster.width(), raster.height())), "{name}");
    }
    // Cyan stays cyan.
    let [red, green, blue] = built
        .media()
        .into_iter()
        .find_map(|(name, bytes)| {
            let raster =
                rivage_images::decode(bytes).ok().filter(|raster| name.ends_with(".jpg") && raster.width() == 16)?;
            raster.color()
        })
        .unwrap();
    assert!(red < 40 && green > 190 && blue > 190, "{red} {green} {blue}");
}
