//! What is known of languages without being told: their names, and which are written from right to left.

use indexmap::IndexMap;

use super::Language;

/// Languages that documentation is most often translated into, named in themselves.
const NAMES: [(&str, &str); 32] = [
    ("ar", "العربية"),
    ("bg", "Български"),
    ("ca", "Català"),
    ("cs", "Čeština"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("el", "Ελληνικά"),
    ("en", "English"),
    ("es", "Español"),
    ("fa", "فارسی"),
    ("fi", "Suomi"),
    ("fr", "Français"),
    ("he", "עברית"),
    ("hi", "हिन्दी"),
    ("hu", "Magyar"),
    ("id", "Bahasa Indonesia"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("nl", "Nederlands"),
    ("no", "Norsk"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("ro", "Română"),
    ("ru", "Русский"),
    ("sk", "Slovenčina"),
    ("sv", "Svenska"),
    ("th", "ไทย"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("vi", "Tiếng Việt"),
    ("zh", "中文"),
];

const RIGHT_TO_LEFT: [&str; 6] = ["ar", "fa", "he", "ps", "ur", "yi"];

impl Language {
    /// Makes the default language of a site with what is known of it.
    pub fn of(code: &str) -> Self {
        let primary = code.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let name = NAMES.iter().find(|(known, _)| *known == primary).map_or(code, |(_, name)| name);
        Self {
            code: code.to_owned(),
            name: name.to_owned(),
            rtl: RIGHT_TO_LEFT.contains(&primary.as_str()),
            prefix: None,
            title: None,
            description: None,
            strings: IndexMap::new(),
            menus: IndexMap::new(),
        }
    }
}
