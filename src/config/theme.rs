//! `theme.toml`: what a theme says of itself.
//!
//! In: its text. Out: settings, completed by what holds in `[theme]` where the site says nothing, and by which assets only the dashboard needs; what is wrong
//! with it. Deliberately not here: name, description and licence, which are for readers, and which files a theme has.

use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::data::{self, Data, Format};
use serde_json::json;

use super::Config;
use super::reader::{Reader, Report};

/// Completes settings by what the site's theme says.
pub fn complete(config: &mut Config, file: &FileId, text: &str) -> Vec<Diagnostic> {
    let (data, mut problems) = data::parse(file, text, Span::new(0, text.len()), Format::Toml);
    let mut settings = data.get("settings").map_or_else(|| json!({}), Data::to_json);
    if let (Some(all), Some(own)) = (settings.as_object_mut(), config.site.theme_settings.as_object()) {
        all.extend(own.clone());
    }
    config.site.theme_settings = settings;
    let report = Report::new(file);
    if let Some(dashboard) = data.get("dashboard")
        && let Some(mut map) = Reader::new(&report, dashboard, "dashboard", "`[dashboard]`")
    {
        config.site.dashboard_assets = map.strings("assets").into_iter().map(|(name, _)| name.to_owned()).collect();
        map.finish();
    }
    problems.extend(report.finish());
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(own: serde_json::Value, text: &str) -> (serde_json::Value, Vec<String>, Vec<String>) {
        let mut config = Config::default();
        config.site.theme_settings = own;
        let told = complete(&mut config, &FileId::from("themes/mine/theme.toml"), text);
        let told = told.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect();
        (config.site.theme_settings, config.site.dashboard_assets, told)
    }

    #[test]
    fn what_the_site_says_comes_before_the_theme() {
        let text =
            "[settings]\naccent = \"deep\"\ncredit = true\n[dashboard]\nassets = [\"css/admin.css\", \"js/admin/\"]\n";
        let (settings, assets, told) = check(json!({"credit": false}), text);
        assert_eq!(settings, json!({"accent": "deep", "credit": false}));
        assert_eq!((assets, told), (vec!["css/admin.css".to_owned(), "js/admin/".to_owned()], Vec::new()));
        assert_eq!(check(json!({"credit": false}), ""), (json!({"credit": false}), Vec::new(), Vec::new()));
        assert_eq!(check(json!(null), ""), (json!({}), Vec::new(), Vec::new()));
    }

    #[test]
    fn mistakes_are_told() {
        let told = |text: &str| check(json!(null), text).2.join("\n");
        insta::assert_snapshot!(
            [
                told("dashboard = 1\n"),
                told("[dashboard]\nassets = 1\n"),
                told("[dashboard]\nassets = [\"js/\", 2]\n"),
                told("[dashboard]\nasets = []\n"),
                told("[dashboard\n"),
            ]
            .join("\n"),
            @"
        wrong-type: `dashboard` must be a map, not a whole number
        wrong-type: `assets` must be a string or a list of strings, not a whole number
        wrong-type: `assets` must be a string or a list of strings, not a whole number
        unknown-key: unknown key `asets` in `[dashboard]`
        toml-syntax: unclosed table, expected `]`
        "
        );
    }
}
