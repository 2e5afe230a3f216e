//! Emoji shortcodes: `:rocket:` → 🚀.
