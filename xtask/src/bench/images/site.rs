//! Sites of photos: one page for each, and settings.
//!
//! In: photos as files, what `[images]` shall say. Out: a folder to build, what was made in it. Deliberately not here: building.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rivage_images::Format;

use crate::bench::measure::{Program, Usage, measure};

/// What is not about images is off: it would be measured otherwise.
const SETTINGS: &str = "[site]\ntitle = \"Photos\"\ndescription = \"A site to measure with.\"\n\
    base_url = \"https://example.org\"\n[search]\nenabled = false\n[feeds]\natom = false\njson = false\nrss = false\n\
    [build]\nminify = false\nmarkdown_twins = false\nllms_txt = false\n[images]\n";

/// A site in a folder.
pub(super) struct Site<'a> {
    pub(super) folder: PathBuf,
    pub(super) rivage: &'a Program,
    work: &'a Path,
}

/// What a build took, and how many files of images it made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Built {
    pub(super) usage: Usage,
    pub(super) made: usize,
}

impl<'a> Site<'a> {
    /// Makes a site without pages but the first.
    pub(super) fn new(name: &str, images: &str, rivage: &'a Program, work: &'a Path) -> anyhow::Result<Self> {
        let site = Self { folder: work.join(name), rivage, work };
        site.write("rivage.toml", format!("{SETTINGS}{images}\n").as_bytes())?;
        site.write("content/_index.md", b"---\ntitle: Photos\n---\n")?;
        Ok(site)
    }

    /// Adds a page that shows a photo.
    pub(super) fn add(&self, number: usize, photo: &[u8]) -> anyhow::Result<()> {
        let page = format!("---\ntitle: Photo {number}\n---\n\n![A photo](photo-{number}.jpg)\n");
        self.write(&format!("content/page-{number}.md"), page.as_bytes())?;
        self.write(&format!("content/photo-{number}.jpg"), photo)
    }

    /// Adds a page without a photo.
    pub(super) fn add_text(&self, number: usize) -> anyhow::Result<()> {
        let page = format!("---\ntitle: A page with a title of usual length, number {number}\n---\n\nText\n");
        self.write(&format!("content/page-{number}.md"), page.as_bytes())
    }

    fn write(&self, path: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.folder.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("could not make `{}`", folder.display()))?;
        }
        std::fs::write(&path, bytes).with_context(|| format!("could not write `{}`", path.display()))
    }

    /// Builds it. What the cache of images has more than before was made.
    pub(super) fn build(&self) -> anyhow::Result<Built> {
        let before = self.kept()?;
        let usage = measure(&self.rivage.with(&["build"]), &self.folder, self.work)?;
        Ok(Built { usage, made: self.kept()? - before })
    }

    /// Counts the files of images that the cache has.
    fn kept(&self) -> anyhow::Result<usize> {
        let mut count = 0;
        let mut folders = vec![self.folder.join(".rivage/cache/images")];
        while let Some(folder) = folders.pop().filter(|folder| folder.is_dir()) {
            for entry in std::fs::read_dir(&folder).with_context(|| format!("could not list `{}`", folder.display()))? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension != "facts") {
                    count += 1;
                }
            }
        }
        Ok(count)
    }

    /// Reads the only file of a format that a page shows.
    pub(super) fn shown(&self, number: usize, format: Format) -> anyhow::Result<Vec<u8>> {
        let path = self.folder.join(format!("public/page-{number}/index.html"));
        let html = std::fs::read_to_string(&path).with_context(|| format!("could not read `{}`", path.display()))?;
        let names = names(&html, format.extension());
        let [name] = names.iter().collect::<Vec<_>>()[..] else {
            bail!("`{}` shows {} files of {}, and not one", path.display(), names.len(), format.name());
        };
        let path = self.folder.join("public/media").join(name);
        std::fs::read(&path).with_context(|| format!("could not read `{}`", path.display()))
    }

    /// Adds up the files that a build made, by their extension: how many, how many bytes.
    pub(super) fn sums(&self) -> anyhow::Result<BTreeMap<String, (usize, u64)>> {
        let folder = self.folder.join("public/media");
        let mut sums = BTreeMap::<String, (usize, u64)>::new();
        for entry in std::fs::read_dir(&folder).with_context(|| format!("could not list `{}`", folder.display()))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned();
            let sum = sums.entry(extension).or_default();
            sum.0 += 1;
            sum.1 += entry.metadata()?.len();
        }
        Ok(sums)
    }

    /// Removes it.
    pub(super) fn remove(self) -> anyhow::Result<()> {
        std::fs::remove_dir_all(&self.folder).with_context(|| format!("could not remove `{}`", self.folder.display()))
    }
}

/// Finds names of files in the media folder.
fn names<'h>(html: &'h str, extension: &str) -> std::collections::BTreeSet<&'h str> {
    let all = html.split("/media/").skip(1);
    let name = |rest: &'h str| rest.split(['"', ' ', ',']).next().unwrap_or_default();
    all.map(name).filter(|name| name.rsplit_once('.').is_some_and(|(_, own)| own == extension)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_pages() {
        let html = "<source srcset=\"/media/a1.avif 480w, /media/b2.avif 800w\"><img src=\"/media/c3.jpg\" srcset=\"/media/c3.jpg 480w\">";
        assert_eq!(names(html, "avif").into_iter().collect::<Vec<_>>(), ["a1.avif", "b2.avif"]);
        assert_eq!(names(html, "jpg").len(), 1);
        assert!(names(html, "webp").is_empty());
    }
}
