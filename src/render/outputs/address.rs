//! Paths as they stand in URLs.
//!
//! In: paths of the site, `/` between the parts, without base path, not encoded. Out: percent-encoded paths and full URLs.

use crate::config::Config;
use crate::resolve::encode_path;

/// Returns the full URL of a path.
pub(super) fn absolute(config: &Config, path: &str) -> String {
    format!("{}{}", config.site.base_url, encode_path(path))
}

/// Returns a full URL for what an author wrote: a path of the site or a URL.
pub(super) fn absolute_link(config: &Config, target: &str) -> String {
    if target.starts_with('/') && !target.starts_with("//") { absolute(config, target) } else { target.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded() {
        let config = Config::default();
        assert_eq!(absolute(&config, "/a b/ü?#%/c:d+e@f/"), "http://localhost:3000/a%20b/%C3%BC%3F%23%25/c:d+e@f/");
    }

    #[test]
    fn links_are_made_absolute_with_the_base_path() {
        let mut config = Config::default();
        config.site.base_url = "https://example.org/docs".to_owned();
        config.site.base_path = "/docs".to_owned();
        assert_eq!(absolute(&config, "/a/"), "https://example.org/docs/a/");
        assert_eq!(absolute_link(&config, "//cdn.example/x.png"), "//cdn.example/x.png");
    }
}
