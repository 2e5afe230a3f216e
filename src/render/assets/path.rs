//! Names of assets: paths below `assets/` with `/` between the parts.
//!
//! Deliberately not here: the disk.

/// Returns the last part of a name.
pub(super) fn file_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Returns what follows the last dot of the last part; nothing where there is none.
pub(super) fn extension(name: &str) -> &str {
    file_name(name).rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Puts another extension at the end.
pub(super) fn with_extension(name: &str, extension: &str) -> String {
    let stem = name.strip_suffix(self::extension(name)).unwrap_or(name);
    format!("{}.{extension}", stem.trim_end_matches('.'))
}

/// Returns the name that `target` has when it stands in the file `from`; none where it leads out of all assets.
pub(super) fn resolve(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Returns the shortest relative path from the file `from` to `to`, without a leading `./`.
pub(super) fn relative(from: &str, to: &str) -> String {
    let from: Vec<&str> = from.split('/').collect();
    let to: Vec<&str> = to.split('/').collect();
    let folders = &from[..from.len() - 1];
    let shared = folders.iter().zip(&to[..to.len() - 1]).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", folders.len() - shared);
    up.chain(to[shared..].iter().copied()).collect::<Vec<_>>().join("/")
}

/// Whether a reference leads to another file of the assets: no scheme, no host, no site path, no mere fragment.
pub(super) fn is_relative(target: &str) -> bool {
    let scheme = target.split(['/', '?', '#']).next().unwrap_or_default();
    !target.is_empty() && !target.starts_with(['/', '#', '?']) && !scheme.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_resolved_and_related() {
        assert_eq!(resolve("css/a/main.css", "../img/./x.png").as_deref(), Some("css/img/x.png"));
        assert_eq!(resolve("main.css", "x.css").as_deref(), Some("x.css"));
        assert_eq!(resolve("css/main.css", "../../x.css"), None);
        assert_eq!(relative("assets/css/a.css", "assets/img/x.png"), "../img/x.png");
        assert_eq!(relative("a.css", "b/x.png"), "b/x.png");
        assert_eq!(relative("a/b/c.js", "a/d.js"), "../d.js");
        assert_eq!(with_extension("a.b/main.scss", "css"), "a.b/main.css");
        assert_eq!(with_extension("LICENSE", "css"), "LICENSE.css");
        assert_eq!(extension("a.b/c"), "");
    }

    #[test]
    fn only_paths_within_the_assets_are_relative() {
        for target in ["a.png", "./a", "../a:b", "a?b:c"] {
            assert!(is_relative(target), "{target}");
        }
        for target in ["", "/a", "//a/b", "#a", "data:,a", "https://a", "?a"] {
            assert!(!is_relative(target), "{target}");
        }
    }
}
