//! `robots.txt`: all may be read, and where the sitemap is.

use super::address::absolute;
use crate::config::Config;
use crate::render::Artifact;

/// Makes the default `robots.txt`.
pub fn render(config: &Config) -> Artifact {
    let mut text = "User-agent: *\nAllow: /\n".to_owned();
    if config.build.sitemap {
        text.push_str(&format!("\nSitemap: {}\n", absolute(config, "/sitemap.xml")));
    }
    Artifact::text("robots.txt", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sitemap_is_named_if_there_is_one() {
        let mut config = Config::default();
        config.site.base_url = "https://example.org".to_owned();
        let with =
            Artifact::text("robots.txt", "User-agent: *\nAllow: /\n\nSitemap: https://example.org/sitemap.xml\n");
        assert_eq!(render(&config), with);
        config.build.sitemap = false;
        assert_eq!(render(&config), Artifact::text("robots.txt", "User-agent: *\nAllow: /\n"));
    }
}
