//! The content to measure with: as many pages as wanted, always the same ones.
//!
//! In: a page's number. Out: its source. The recipe `generate` writes a blog for rivage with everything on; the benchmark writes the same
//! posts for each tool. Deliberately not here: settings and layouts, which lie in `benches/sites/`.

mod code;
pub(crate) mod dice;
pub(crate) mod docs;
pub(crate) mod posts;

use std::path::Path;

use anyhow::{Context, bail};

use crate::tools::{copy_folder, note, root};

/// Writes a blog of so many posts.
pub(crate) fn run(count: &str, folder: &str) -> anyhow::Result<()> {
    let Ok(count) = count.parse::<u32>() else { bail!("`{count}` is no number of posts") };
    let folder = Path::new(folder);
    copy_folder(&root().join("benches/sites/rivage-full"), folder, &[("@HIGHLIGHT@", "true")])?;
    let posts = folder.join("content/blog");
    for number in 0..count {
        let path = posts.join(format!("post-{number}.md"));
        std::fs::write(&path, posts::post(number).source())
            .with_context(|| format!("could not write `{}`", path.display()))?;
    }
    note(&format!("{count} posts in `{}`", folder.display()));
    Ok(())
}
