//! The floor of the benchmark: the least that a program must do to make a page of each post.
//!
//! In: a folder of posts and a folder for the output. Out: `NAME/index.html` for each `NAME.md`, read, parsed and written by two threads.
//! Deliberately not here: front matter, layouts, lists, feeds, highlighting; whatever a site generator takes beyond this is its own.

use std::path::{Path, PathBuf};

use anyhow::Context;
use pulldown_cmark::{Options, Parser, html};

const THREADS: usize = 2;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(from), Some(to), None) = (args.next(), args.next(), args.next()) else {
        anyhow::bail!("usage: floor POSTS OUTPUT");
    };
    let entries = std::fs::read_dir(&from).with_context(|| format!("could not list `{}`", from.display()))?;
    let mut posts = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    posts.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    let share = posts.len().div_ceil(THREADS).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = posts.chunks(share).map(|posts| scope.spawn(|| pages(posts, &to))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| anyhow::bail!("a thread panicked")))
    })
}

fn pages(posts: &[PathBuf], to: &Path) -> anyhow::Result<()> {
    let mut out = String::new();
    for post in posts {
        let text = std::fs::read_to_string(post).with_context(|| format!("could not read `{}`", post.display()))?;
        out.clear();
        html::push_html(&mut out, Parser::new_ext(body(&text), Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES));
        let folder = to.join(post.file_stem().unwrap_or_default());
        std::fs::create_dir_all(&folder).with_context(|| format!("could not make `{}`", folder.display()))?;
        let page = folder.join("index.html");
        std::fs::write(&page, &out).with_context(|| format!("could not write `{}`", page.display()))?;
    }
    Ok(())
}

/// Leaves the front matter out.
fn body(text: &str) -> &str {
    text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map_or(text, |(_, body)| body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_left_out() {
        assert_eq!(body("---\ntitle: A\n---\n\nText\n"), "\nText\n");
        assert_eq!(body("Text\n"), "Text\n");
    }

    #[test]
    fn each_post_becomes_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let post = folder.path().join("a.md");
        std::fs::write(&post, "---\ntitle: A\n---\n\n*Text*\n").unwrap();
        let out = folder.path().join("out");
        pages(&[post], &out).unwrap();
        assert_eq!(std::fs::read_to_string(out.join("a/index.html")).unwrap(), "<p><em>Text</em></p>\n");
    }
}
