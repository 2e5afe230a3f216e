//! The documentation holds what the program does: every code of a diagnostic, every setting, every command. What operators are told to run is run.

#[path = "api/place.rs"]
#[allow(dead_code, reason = "each test program uses its own part")]
mod place;

#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/uptime.rs"]
mod uptime;

mod cloudflare;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::CommandFactory;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The codes of diagnostics that a file's program text makes; what its tests make is none of them.
fn codes(text: &str, codes: &mut BTreeSet<String>) {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    for made in ["Diagnostic::error(", "Diagnostic::warning("] {
        for (at, _) in text.match_indices(made) {
            let rest = text[at + made.len()..].trim_start();
            if let Some((code, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                codes.insert(code.to_owned());
            }
        }
    }
}

/// Route files have a reporter of their own, which makes the same diagnostics.
fn codes_of_routes(text: &str, codes: &mut BTreeSet<String>) {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    for made in [".error(", ".warning(", "add("] {
        for (at, _) in text.match_indices(made) {
            let rest = text[at + made.len()..].trim_start();
            if let Some((code, _)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                codes.insert(code.to_owned());
            }
        }
    }
}

fn walk(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            walk(&path, found);
        } else if name.ends_with(".rs") && !name.starts_with("tests") && !path.to_string_lossy().contains("/tests/") {
            let text = fs::read_to_string(&path).unwrap();
            codes(&text, found);
            if path.to_string_lossy().contains("rivage-api/src/sql/") {
                codes_of_routes(&text, found);
            }
        }
    }
}

#[test]
fn every_code_is_documented() {
    let mut made = BTreeSet::new();
    for folder in ["src", "crates"] {
        walk(&Path::new(ROOT).join(folder), &mut made);
    }
    assert!(made.len() > 50, "{made:?}");
    let page = read("content/docs/reference/errors.mdx");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|row| row.split(" |").next());
    let documented: BTreeSet<String> = rows
        .flat_map(|cell| cell.split(['`', ',', ' ']))
        .filter(|word| !word.is_empty() && !word.starts_with('('))
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = made.difference(&documented).collect();
    let gone: Vec<_> = documented.difference(&made).collect();
    assert!(missing.is_empty() && gone.is_empty(), "missing {missing:?}, gone {gone:?}");
}

/// What a client of the API can be told.
#[test]
fn every_problem_of_the_api_is_documented() {
    fn collect(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            for made in ["Problem::new(", "problem(", "missing("] {
                for (at, _) in text.match_indices(made) {
                    let rest = text[at + made.len()..]
                        .trim_start_matches(|c: char| c.is_ascii_digit() || c == ',' || c == ' ');
                    let code = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(code, _)| code);
                    let is_code = |code: &&str| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
                    found.extend(code.filter(is_code).map(str::to_owned));
                }
            }
        }
    }
    let mut made = BTreeSet::new();
    collect(&Path::new(ROOT).join("crates/rivage-api/src"), &mut made);
    assert!(made.len() > 25, "{made:?}");
    let page = read("content/docs/api/_index.mdx");
    let missing: Vec<_> = made.iter().filter(|code| !page.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Examples of settings are settings: a reader copies them.
#[test]
fn every_example_of_settings_is_understood() {
    fn pages(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pages(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "mdx") {
                found.push(path);
            }
        }
    }
    let mut all = Vec::new();
    pages(&Path::new(ROOT).join("content/docs"), &mut all);
    all.sort();
    let mut count = 0;
    for page in all {
        let text = fs::read_to_string(&page).unwrap();
        for (_, rest) in
            text.match_indices("```toml title=\"rivage.toml\"\n").map(|(at, mark)| text.split_at(at + mark.len()))
        {
            let example = rest.split("```").next().unwrap();
            let (_, found) = rivage::config::read(&"rivage.toml".into(), example);
            let errors: Vec<_> = found.iter().filter(|found| found.is_error()).map(|found| &found.message).collect();
            assert!(errors.is_empty(), "{}: {errors:?} in\n{example}", page.display());
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}

#[test]
fn every_icon_is_documented() {
    let page = read("content/docs/components/text.mdx");
    for entry in fs::read_dir(Path::new(ROOT).join("themes/shore/assets/icons")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(page.contains(&format!("`{}`", name.trim_end_matches(".svg"))), "{name}");
    }
}

#[test]
fn every_setting_is_documented() {
    let page = read("content/docs/reference/settings.mdx");
    let defaults = rivage::config::Config::default().to_json();
    // What has no default is not among the defaults.
    let others = ["api", "forms", "content", "authors", "menus", "headers", "redirects", "extra", "theme"];
    let tables = defaults.as_object().unwrap().keys().map(String::as_str).chain(others);
    for table in tables.filter(|table| *table != "theme") {
        let is_heading = |line: &str| line.starts_with("## ") && line.split([' ', ',']).any(|word| word == table);
        assert!(page.lines().any(is_heading), "no heading for [{table}]");
    }
    for table in ["site", "markdown", "links", "code", "feeds", "search", "build"] {
        for key in defaults[table].as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{key}`")), "{table}.{key}");
        }
    }
}

#[test]
fn every_component_and_prop_is_documented() {
    let pages =
        ["text", "layout", "landing", "forms", "live"].map(|name| read(&format!("content/docs/components/{name}.mdx")));
    let mut count = 0;
    for file in ["callout", "cards", "content", "form", "inline", "landing", "live", "tabs"] {
        let text = read(&format!("themes/shore/components/{file}.html"));
        for (at, mark) in text.match_indices("{% component ") {
            let (name, rest) = text[at + mark.len()..].split_once('(').unwrap();
            let (props, _) = rest.split_once(')').unwrap();
            let is_used = |page: &&String| [" ", ">", "\n"].iter().any(|end| page.contains(&format!("<{name}{end}")));
            let page = pages.iter().find(is_used);
            let is_alias = ["CardGrid", "Tabs.Tab", "TabItem", "Tab"].contains(&name);
            let page = page.or_else(|| pages.iter().find(|page| is_alias && page.contains(&format!("`{name}`"))));
            let page = page.unwrap_or_else(|| panic!("no example of {name}"));
            for prop in props.split(", ").filter_map(|prop| prop.split_once(": ")) {
                let prop = prop.0;
                assert!(page.contains(&format!("`{prop}`")), "{name} {prop}");
                count += 1;
            }
        }
    }
    assert!(count > 80, "{count}");
}

#[test]
fn the_bill_of_the_documentation_is_the_one_that_is_printed() {
    let page = read("content/docs/operate/cost.mdx");
    let (_, shown) = page.split_once("```text\n").expect("the bill");
    let (shown, _) = shown.split_once("```").expect("its end");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rivage")).arg("cost").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let end = printed.find("\n\nSupposed:").expect("the end of the bill") + 1;
    assert_eq!(shown, &printed[..end]);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rivage")).args(["cost", "--json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(printed.contains(&format!("{:>9.2}  in all", json["total"].as_f64().unwrap())), "{json:#}");
    assert!(json["lines"].as_array().unwrap().iter().all(|line| line["source"].is_string()), "{json:#}");
}

#[test]
fn every_command_and_flag_is_documented() {
    let page = read("content/docs/reference/cli.mdx");
    for command in rivage::cli::args::Args::command().get_subcommands() {
        let name = command.get_name();
        let heading = format!("## rivage {name}\n");
        let (_, section) = page.split_once(&heading).unwrap_or_else(|| panic!("no heading for {name}"));
        let section = section.split("\n## ").next().unwrap();
        let flags = |command: &clap::Command| -> Vec<String> {
            let flags = command.get_arguments().filter_map(clap::Arg::get_long).filter(|flag| *flag != "help");
            flags.map(|flag| format!("--{flag}")).collect()
        };
        for flag in flags(command) {
            assert!(section.contains(&flag), "{name} {flag}");
        }
        for below in command.get_subcommands() {
            let line = format!("rivage {name} {}", below.get_name());
            let line = section.lines().find(|other| other.starts_with(&line));
            let line = line.unwrap_or_else(|| panic!("no line for {name} {}", below.get_name()));
            for flag in flags(below) {
                assert!(line.contains(&flag), "{line}: {flag}");
            }
        }
    }
}
