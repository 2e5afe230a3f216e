//! The wording of what keeps a site from being deployed.

use rivage_cloudflare::pages::LARGEST_FILE;
use rivage_diag::Diagnostic;

use super::text;

pub(super) fn hidden_file(path: &str) -> Diagnostic {
    Diagnostic::error("deploy-hidden-file", format!("`{path}` would be public"))
        .with_hint("remove it from `static/`: only `.well-known` may start with a dot")
}

pub(super) fn program(name: &str) -> Diagnostic {
    Diagnostic::error("deploy-program", format!("`{name}` would not be served: it is a program of Pages"))
        .with_hint("rename the file: rivage deploys no programs of Pages")
}

pub(super) fn bad_name(path: &str) -> Diagnostic {
    Diagnostic::error("deploy-file-name", format!("`{path}` cannot be uploaded"))
        .with_hint("rename it: names are UTF-8, without control characters and `\\`")
}

pub(super) fn too_large(path: &str, bytes: u64) -> Diagnostic {
    let (has, most) = (text::size(bytes), text::size(LARGEST_FILE));
    Diagnostic::error("deploy-file-too-large", format!("`{path}` has {has}, Cloudflare takes {most}"))
        .with_hint("put it elsewhere, such as an R2 bucket, and link to it")
}

pub(super) fn too_many_files(count: u64, most: u64, largest: &[(String, usize)]) -> Diagnostic {
    let largest: Vec<_> = largest.iter().map(|(folder, count)| format!("`{folder}` has {count}")).collect();
    Diagnostic::error("deploy-too-many-files", format!("the site has {count} files, this account may have {most}"))
        .with_hint(largest.join(", "))
}

pub(super) fn no_files() -> Diagnostic {
    Diagnostic::error("deploy-no-files", "there is nothing to deploy")
        .with_hint("run `rivage build` and look into the output folder")
}

pub(super) fn no_not_found() -> Diagnostic {
    Diagnostic::error(
        "deploy-no-404",
        "the site has no `404.html`: Cloudflare would answer every miss with the home page",
    )
    .with_hint("`rivage build` writes one; a folder made otherwise needs one at its root")
}

pub(super) fn too_many_rules(file: &str, what: &str, count: usize, most: usize) -> Diagnostic {
    Diagnostic::error("deploy-rules", format!("`{file}` has {count} {what}, Cloudflare takes {most}"))
        .with_hint("merge rules with `*`, and write static redirects before those with `*` or `:name`")
}

pub(super) fn long_line(file: &str, line: usize, length: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "deploy-rules",
        format!("line {line} of `{file}` has {length} characters, Cloudflare takes {most}"),
    )
}

pub(crate) fn shadowed(pattern: &str, addresses: &[String]) -> Diagnostic {
    let shown: Vec<_> = addresses.iter().take(3).map(|address| format!("`{address}`")).collect();
    let more = if addresses.len() > 3 { format!(" and {} more", addresses.len() - 3) } else { String::new() };
    let told =
        format!("the route `{pattern}` leads {}{more} to the Worker, which has no route there", shown.join(", "));
    Diagnostic::warning("deploy-shadowed", told)
        .with_hint("write narrower routes, such as one that ends with `/api/v1/*`: all else is served by Pages")
}

pub(super) fn gone(url: &str, likely: Option<&str>, allowed: bool) -> Diagnostic {
    let message = format!("`{url}` is live and would be gone");
    let diagnostic =
        if allowed { Diagnostic::warning("url-gone", message) } else { Diagnostic::error("url-gone", message) };
    match likely {
        Some(page) => diagnostic.with_hint(format!("if it is `{page}` now, write `aliases = [\"{url}\"]` there")),
        None => diagnostic.with_hint("add a redirect to rivage.toml, or let it go with `--allow-gone`"),
    }
}

pub(super) fn anchors_gone(url: &str, anchors: &[&str]) -> Diagnostic {
    let shown: Vec<_> = anchors.iter().take(5).map(|anchor| format!("`#{anchor}`")).collect();
    let more = if anchors.len() > 5 { format!(" and {} more", anchors.len() - 5) } else { String::new() };
    Diagnostic::warning("anchor-gone", format!("`{url}` would lose {}{more}", shown.join(", ")))
        .with_hint("links from elsewhere may lead there: keep the old id on the new heading, as `{#id}`")
}
