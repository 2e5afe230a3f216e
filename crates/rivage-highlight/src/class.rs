//! Which class a scope of a syntax definition has.
//!
//! In: scopes such as `keyword.control.rust`. Out: one of the few letters that themes colour, listed at [`effect`].
//! Deliberately not here: parsing.
//!
//! Grammars name hundreds of scopes; sixteen letters keep both the HTML and a theme's CSS small. The innermost scope that has
//! an opinion wins, so that `punctuation.definition.string` takes the colour of its string.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// What a scope does to the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing: the scope around it decides.
    Inherit,
    /// Text in it has this class; [`PLAIN`] for none.
    Set(u8),
}

/// No class.
pub const PLAIN: u8 = 0;

impl<'de> Deserialize<'de> for Effect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scope;
        impl Visitor<'_> for Scope {
            type Value = Effect;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a scope")
            }

            fn visit_str<E: Error>(self, scope: &str) -> Result<Effect, E> {
                Ok(effect(scope))
            }
        }
        deserializer.deserialize_str(Scope)
    }
}

/// Returns what a scope does. `k` keyword, `s` string, `n` number or constant, `c` comment, `f` function, `t` type, `v` variable or parameter,
/// `o` operator, `p` punctuation, `a` attribute or key, `g` tag, `r` regexp or escape, `i` inserted, `d` deleted, `h` heading or
/// bold, `e` invalid.
pub fn effect(scope: &str) -> Effect {
    let mut parts = scope.split('.');
    let mut next = || parts.next().unwrap_or_default();
    let (first, second, third) = (next(), next(), next());
    let has = |word| scope.split('.').any(|part| part == word);
    let class = match (first, second, third) {
        ("comment", ..) => b'c',
        ("source", "regexp", _) => b'r',
        // Embedded code starts afresh: `${…}` in a string, a script in HTML.
        ("source" | "text", ..) => PLAIN,
        ("meta", "interpolation" | "embedded", _) | ("meta", "template", "expression") => PLAIN,
        ("meta", "diff", "header") => b'c',
        ("meta", "diff", "range") => b'n',
        ("meta", "mapping", "key") | ("meta", "object-literal", "key") => b'a',

        ("constant", "character", "escape") | ("constant", "other", "placeholder") => b'r',
        ("constant", "character", "entity") => b'r',
        ("constant", "other", "object") if has("key") => b'a',
        ("constant", ..) => b'n',

        ("entity", "name", "function" | "macro") => b'f',
        ("entity", "name", "tag") if has("yaml") || has("toml") => b'a',
        ("entity", "name", "tag") => b'g',
        ("entity", "name", "section") => b'h',
        ("entity", "name", "label" | "decorator" | "annotation") => b'a',
        ("entity", "name", "constant") => b'n',
        ("entity", "name", "enum") if has("member") => b'n',
        ("entity", "name", _) => b't',
        ("entity", "section", _) => b'h',
        ("entity", "other", "attribute-name" | "pseudo-class" | "pseudo-element") => b'a',
        ("entity", "other", "inherited-class") => b't',

        ("invalid", "illegal", _) => b'e',

        ("keyword", "name", _) => b'a',
        ("keyword", "other", "template") => b's',
        ("keyword", "other", "substitution") => b'p',
        ("keyword", "operator", "word" | "module" | "new" | "expression" | "alphanumeric") => b'k',
        ("keyword", "operator", "logical") if has("python") => b'k',
        ("keyword", "operator" | "assignment", _) => b'o',
        ("keyword", "other", "unit") => b'n',
        ("keyword", ..) => b'k',

        ("meta", "brace" | "delimiter", _) => b'p',

        ("markup", "inserted", _) => b'i',
        ("markup", "deleted", _) => b'd',
        ("markup", "changed", _) => b'n',
        ("markup", "heading" | "bold", _) => b'h',
        ("markup", "raw" | "underline", _) => b's',
        ("markup", "quote", _) => b'c',

        ("punctuation", "definition", "block" | "dictionary" | "list" | "array" | "group" | "parameters") => b'p',
        ("punctuation", "definition", "binding-pattern" | "tag" | "template-expression") => b'p',
        ("punctuation", "definition", _) | ("punctuation", "terminator", "entity") => return Effect::Inherit,
        ("punctuation", ..) => b'p',

        ("storage", "type", "string") => b's',
        ("storage", "type", "numeric") => b'n',
        ("storage", "type", "function") if has("arrow") => b'o',
        ("storage", ..) => b'k',

        ("string", "regexp", _) => b'r',
        ("string", ..) => b's',

        ("support", "function" | "macro", _) => b'f',
        ("support", "constant", _) => b'n',
        ("support", "variable", _) => b'v',
        ("support", "type", "custom-property") => b'v',
        ("support", "type", "property-name" | "vendored" | "vendor-prefix") => b'a',
        ("support", "class", "component") => b'g',
        ("support", "type" | "class" | "module", _) => b't',

        ("variable", "language", _) => b'k',
        ("variable", "parameter", "option") => b'a',
        ("variable", "parameter", _) => b'v',
        ("variable", "function", _) => b'f',
        ("variable", "annotation", _) => b'a',
        // Every other name is a variable in most languages; only where it wears a sigil does a colour help.
        ("variable", "other", _) if SIGILS.iter().any(|language| has(language)) => b'v',
        _ => return Effect::Inherit,
    };
    Effect::Set(class)
}

/// Languages that mark variables with a sign, by the last part of their scopes.
const SIGILS: [&str; 12] =
    ["shell", "bash", "fish", "php", "perl", "powershell", "scss", "sass", "less", "makefile", "nginx", "env"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_have_the_class_of_their_nearest_opinion() {
        for (scope, class) in [
            ("keyword.control.flow.rust", b'k'),
            ("keyword.operator.assignment.js", b'o'),
            ("comment.line.double-slash.rust", b'c'),
            ("string.quoted.double.json", b's'),
            ("string.regexp.js", b'r'),
            ("constant.character.escape.c", b'r'),
            ("entity.name.tag.html", b'g'),
            ("entity.name.tag.yaml", b'a'),
            ("entity.name.struct.rust", b't'),
            ("source.js.embedded.html", PLAIN),
            ("markup.inserted.diff", b'i'),
            ("variable.other.readwrite.shell", b'v'),
        ] {
            assert_eq!(effect(scope), Effect::Set(class), "{scope}");
        }
        for scope in ["variable.other.readwrite.js", "punctuation.definition.string.begin.js", "meta.block.rust"] {
            assert_eq!(effect(scope), Effect::Inherit, "{scope}");
        }
    }
}
