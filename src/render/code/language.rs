//! What a fence's language is.
//!
//! In: the first word of a fence, and aliases of the settings. Out: a [`Language`]. Knows all names and file extensions of the syntax set,
//! and what else people write. Deliberately not here: parsing of code.

use std::sync::LazyLock;

use indexmap::IndexMap;
use rivage_highlight::Grammars;
use rustc_hash::FxHashMap;

/// All grammars. Opening the set takes some milliseconds; a site without code never does.
pub(super) static GRAMMARS: LazyLock<Grammars> = LazyLock::new(|| Grammars::new(two_face::syntax::extra_newlines()));

/// How code is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Grammar {
    /// Not at all.
    Plain,
    /// By a syntax definition, by its place in [`GRAMMARS`].
    Syntax(u32),
    /// Front matter in TypeScript, then a template of HTML with expressions in braces.
    Astro,
    /// What stands between the tags of JSX; only as a part of Astro.
    Jsx,
    /// Commands behind prompts among what they print.
    Console,
}

/// A language of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Language {
    /// How it is read.
    pub(super) grammar: Grammar,
    /// Whether it is typed into a terminal.
    pub(super) is_shell: bool,
}

impl Language {
    /// No language.
    pub(super) const PLAIN: Self = Self { grammar: Grammar::Plain, is_shell: false };
}

/// Names that are neither a syntax definition's nor a file extension, or that stand for another one than the
/// definition that claims them.
const ALIASES: &[(&str, &[&str])] = &[
    ("javascript (babel)", &["js", "javascript", "mjs", "cjs", "jsx", "node", "es6"]),
    ("typescript", &["ts", "typescript", "mts", "cts"]),
    ("typescriptreact", &["tsx"]),
    ("vue component", &["vue", "vue-html"]),
    ("bourne again shell (bash)", &["sh", "bash", "zsh", "shell", "ksh", "shellscript", "nu", "nushell"]),
    ("powershell", &["ps", "ps1", "pwsh"]),
    ("batch file", &["bat", "batch", "cmd", "dosbatch"]),
    ("yaml", &["yml", "yaml-frontmatter"]),
    ("rust", &["rs", "ron"]),
    ("python", &["py", "python3", "py3", "gyp"]),
    ("ruby", &["rb"]),
    ("markdown", &["md", "mdx", "markdoc", "mdoc", "mkd"]),
    ("dockerfile (with bash)", &["docker", "dockerfile", "containerfile"]),
    ("json", &["json5", "jsonc", "jsonl", "ndjson", "geojson", "webmanifest", "importmap", "json-with-comments"]),
    ("c", &["h"]),
    ("c++", &["cpp", "hpp", "cuda", "cu"]),
    ("c#", &["csharp", "cs"]),
    ("f#", &["fsharp", "fs"]),
    ("objective-c", &["objc", "objectivec", "m"]),
    ("objective-c++", &["objcpp"]),
    ("go", &["golang"]),
    ("html", &["handlebars", "hbs", "mustache", "ejs", "angular-html", "razor", "cshtml", "edge"]),
    ("html (jinja2)", &["jinja", "jinja2", "tera", "django", "njk", "nunjucks", "liquid", "jinja-html", "askama"]),
    ("html (twig)", &["twig"]),
    ("css", &["postcss", "pcss", "tailwindcss"]),
    ("sass", &["sass"]),
    ("sql", &["postgres", "postgresql", "pgsql", "plpgsql", "mysql", "sqlite", "mariadb", "plsql", "tsql"]),
    ("lisp", &["elisp", "emacs-lisp", "common-lisp", "scheme", "wat", "wast", "wasm"]),
    ("dotenv", &["env", "dotenv"]),
    ("ini", &["systemd", "editorconfig", "service", "npmrc"]),
    ("makefile", &["make", "justfile", "just"]),
    ("protocol buffer", &["proto3"]),
    ("viml", &["vimscript"]),
    ("glsl", &["hlsl"]),
    ("terraform", &["hcl"]),
    ("erlang", &["erl"]),
    ("haskell", &["hs"]),
    ("elixir", &["heex"]),
    ("graphviz (dot)", &["graphviz"]),
    ("java properties", &["props"]),
    ("verilog", &["v"]),
    ("regular expression", &["regex", "regexp"]),
    ("restructuredtext", &["rst"]),
    ("asciidoc (asciidoctor)", &["asciidoc", "adoc"]),
    ("x86_64 assembly", &["asm", "assembly"]),
    ("git config", &["gitmodules"]),
    ("git ignore", &["ignore", "dockerignore", "gitignore"]),
    ("http request and response", &["https", "rest-client"]),
    ("command help", &["help"]),
    ("ocaml", &["reason"]),
    ("apache conf", &["apache", "htaccess"]),
    ("latex", &["katex"]),
    ("orgmode", &["org"]),
];

/// Names for text that is not highlighted.
const PLAIN_NAMES: [&str; 17] = [
    "text",
    "txt",
    "plaintext",
    "plain",
    "none",
    "nohighlight",
    "ansi",
    "output",
    "out",
    "raw",
    "ascii",
    "tree",
    "mermaid",
    "filetree",
    "d2",
    "plantuml",
    "pseudocode",
];

const CONSOLE_NAMES: [&str; 8] =
    ["console", "terminal", "shell-session", "shellsession", "sh-session", "bash-session", "cli", "zsh-session"];

const SHELL_SYNTAXES: [&str; 4] = ["bourne again shell (bash)", "fish", "powershell", "batch file"];

/// Sublime's own JavaScript. On a TypeScript module of the Astro documentation one of its lines had not ended after ten minutes, and on
/// plain JavaScript it took 40 times as long as `JavaScript (Babel)`, which stands in for it.
const ENDLESS: &str = "JavaScript";

static LANGUAGES: LazyLock<FxHashMap<String, Language>> = LazyLock::new(|| {
    let mut languages = FxHashMap::default();
    let mut by_name = FxHashMap::default();
    let usable = |name: &str| name != ENDLESS;
    for (index, syntax) in GRAMMARS.syntaxes().iter().enumerate().filter(|(_, it)| !it.hidden && usable(&it.name)) {
        let name = syntax.name.to_lowercase();
        let language = Language {
            grammar: Grammar::Syntax(u32::try_from(index).unwrap_or(u32::MAX)),
            is_shell: SHELL_SYNTAXES.contains(&name.as_str()),
        };
        // Some extensions are no names of languages: the `1` to `9` of manual pages, one letter that several claim.
        for extension in
            syntax.file_extensions.iter().filter(|extension| !extension.starts_with(|c: char| c.is_ascii_digit()))
        {
            languages.insert(extension.trim_start_matches('.').to_lowercase(), language);
        }
        by_name.insert(name, language);
    }
    for (name, language) in sorted(&by_name) {
        languages.insert(name.replace(' ', "-"), language);
        languages.insert(name, language);
    }
    for (name, aliases) in ALIASES {
        if let Some(language) = by_name.get(*name) {
            languages.extend(aliases.iter().map(|alias| ((*alias).to_owned(), *language)));
        }
    }
    languages.extend(PLAIN_NAMES.map(|name| (name.to_owned(), Language::PLAIN)));
    let console = Language { grammar: Grammar::Console, is_shell: true };
    languages.extend(CONSOLE_NAMES.map(|name| (name.to_owned(), console)));
    languages.insert("astro".to_owned(), Language { grammar: Grammar::Astro, is_shell: false });
    languages
});

fn sorted(by_name: &FxHashMap<String, Language>) -> Vec<(String, Language)> {
    let mut all: Vec<_> = by_name.iter().map(|(name, language)| (name.clone(), *language)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Finds a language by a name, an extension, or an alias.
pub(super) fn find(name: &str, aliases: &IndexMap<String, String>) -> Option<Language> {
    let mut name = name.to_lowercase();
    // An alias may lead to another one; a few steps are enough, and a circle ends.
    for _ in 0..4 {
        match aliases.get(&name) {
            Some(target) if *target != name => name = target.to_lowercase(),
            _ => break,
        }
    }
    LANGUAGES.get(name.trim_start_matches('.')).copied()
}

/// Returns the grammar of a definition, by its name in lower case.
pub(super) fn grammar(name: &str) -> Grammar {
    LANGUAGES.get(name).map_or(Grammar::Plain, |language| language.grammar)
}

/// Returns the known name most like an unknown one.
pub(super) fn nearest(name: &str, aliases: &IndexMap<String, String>) -> Option<String> {
    let name = name.to_lowercase();
    let near = |known: &str| {
        // Comparing is dear: only names of about the same length are worth it.
        (known.len().abs_diff(name.len()) <= 2 && known.len() > 1).then(|| strsim::damerau_levenshtein(&name, known))
    };
    let known = LANGUAGES.keys().map(String::as_str).chain(aliases.keys().map(String::as_str));
    known
        .filter_map(|known| near(known).map(|distance| (distance, known)))
        .filter(|&(distance, known)| distance <= 1 + usize::from(known.len() > 5))
        .min()
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(name: &str) -> String {
        match find(name, &IndexMap::new()).map(|language| language.grammar) {
            Some(Grammar::Syntax(index)) => GRAMMARS.syntaxes()[index as usize].name.clone(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn languages_are_found_by_what_people_write() {
        for (names, expect) in [
            ("js JSX mjs cjs javascript", "JavaScript (Babel)"),
            ("ts mts TypeScript", "TypeScript"),
            ("tsx", "TypeScriptReact"),
            ("sh bash zsh shell", "Bourne Again Shell (bash)"),
            ("powershell ps1", "PowerShell"),
            ("yml yaml", "YAML"),
            ("toml", "TOML"),
            ("rs rust", "Rust"),
            ("py", "Python"),
            ("rb", "Ruby"),
            ("md mdx markdown", "Markdown"),
            ("docker dockerfile", "Dockerfile (with bash)"),
            ("diff", "Diff"),
            ("json json5 jsonc", "JSON"),
            ("html", "HTML"),
            ("css", "CSS"),
            ("scss", "SCSS"),
            ("sass", "Sass"),
            ("c h", "C"),
            ("c++ cpp", "C++"),
            ("csharp c#", "C#"),
            ("vue", "Vue Component"),
            ("svelte", "Svelte"),
            ("ini", "INI"),
            ("nginx", "nginx"),
            ("sql postgresql", "SQL"),
            ("xml svg", "XML"),
            (".env dotenv", "DotENV"),
            ("go", "Go"),
            ("astro", "Some(Astro)"),
            ("console", "Some(Console)"),
            ("text txt plaintext ansi", "Some(Plain)"),
            ("klingon 7 ", "None"),
        ] {
            for name in names.split_whitespace() {
                assert_eq!(name_of(name), expect, "{name}");
            }
        }
    }

    #[test]
    fn every_alias_leads_somewhere() {
        for (name, _) in ALIASES {
            assert_ne!(grammar(name), Grammar::Plain, "{name}");
        }
        for name in SHELL_SYNTAXES {
            assert_ne!(grammar(name), Grammar::Plain, "{name}");
        }
    }

    #[test]
    fn no_name_leads_to_the_endless_grammar() {
        let endless = GRAMMARS.syntaxes().iter().position(|syntax| syntax.name == ENDLESS).unwrap();
        let endless = Grammar::Syntax(u32::try_from(endless).unwrap());
        assert!(LANGUAGES.values().all(|language| language.grammar != endless));
        assert!(LANGUAGES.contains_key("javascript"));
    }

    #[test]
    fn aliases_of_the_settings_come_first_and_may_go_in_circles() {
        let aliases = IndexMap::from(
            [("d3", "js"), ("a", "b"), ("b", "a"), ("rust", "toml")].map(|(a, b)| (a.to_owned(), b.to_owned())),
        );
        assert_eq!(find("D3", &aliases), find("js", &IndexMap::new()));
        assert_eq!(find("rust", &aliases), find("toml", &IndexMap::new()));
        assert_eq!(find("a", &aliases), None);
    }

    #[test]
    fn a_similar_name_is_found() {
        let none = IndexMap::new();
        assert_eq!(nearest("pyhton", &none).as_deref(), Some("python"));
        assert_eq!(nearest("javascrpt", &none).as_deref(), Some("javascript"));
        assert_eq!(nearest("klingon-tlh", &none), None);
    }
}
