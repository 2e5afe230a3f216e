//! The examples of the documentation, sent as a reader would send them.

use std::path::Path;

use crate::http::send;
use crate::place::place;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/content/docs/api");

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(DOCS).join(name)).unwrap()
}

/// The commands that begin with `curl`, one string each.
fn commands(text: &str) -> Vec<String> {
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(|block| block.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>());
    lines.filter(|line| line.trim_start().starts_with("curl ")).collect()
}

/// The text of `@name`, which the page shows with its name.
fn file(page: &str, name: &str) -> String {
    let title = format!("title=\"{}\"\n", name.trim_start_matches('@'));
    let (_, rest) = page.split_once(&title).unwrap_or_else(|| panic!("no {name}"));
    rest.split("```").next().unwrap().to_owned()
}

/// Splits a command as a shell does that knows single quotes and comments.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted, mut is_word) = (Vec::new(), String::new(), false, false);
    for c in command.chars() {
        match c {
            '\'' => (is_quoted, is_word) = (!is_quoted, true),
            '#' if !is_quoted && !is_word => break,
            c if c.is_whitespace() && !is_quoted => {
                if std::mem::take(&mut is_word) {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => {
                is_word = true;
                word.push(c);
            }
        }
    }
    words.extend(Some(word).filter(|_| is_word));
    words
}

#[test]
fn every_request_of_the_documentation_is_answered() {
    let Some(place) = place() else { return };
    let page = read("built-in.mdx");
    let commands = commands(&page);
    let token = format!("Bearer {}", crate::series::token("admin"));
    assert!(commands.len() >= 14, "{commands:#?}");
    for command in commands {
        let words = words(&command);
        let (mut url, mut method, mut headers, mut body) = (None, "GET", Vec::new(), String::new());
        let mut rest = words[1..].iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                "-i" => {}
                "-H" => headers.push(rest.next().unwrap().split_once(": ").unwrap()),
                "-d" => (method, body) = ("POST", rest.next().unwrap().clone()),
                // A file that stands above the command.
                "--data-binary" => (method, body) = ("POST", file(&page, rest.next().unwrap())),
                word if word.starts_with("http://localhost:3000/") => url = Some(word.to_owned()),
                other => panic!("{other} in {command}"),
            }
        }
        let path = url.unwrap_or_else(|| panic!("no address in {command}")).replace("http://localhost:3000", "");
        // A page that the site of the tests has.
        let (path, body) =
            (path.replace("/docs/install/", "/docs/tides/"), body.replace("/docs/install/", "/docs/tides/"));
        // The reader has a token in the place of the dots.
        for (_, value) in headers.iter_mut().filter(|(_, value)| *value == "Bearer …") {
            *value = &token;
        }
        let answer = send(&place.address, method, &path, &headers, body.as_bytes());
        let is_right = match path.as_str() {
            // And one here, too.
            "/api/v1/auth/refresh" => answer.status == 400,
            // This database has no PostGIS.
            path if path.starts_with("/api/v1/places/near") => answer.status == 501,
            _ => (200..300).contains(&answer.status),
        };
        assert!(is_right, "{command}: {answer:?}");
    }
}

#[test]
fn every_built_in_route_is_documented() {
    let files = std::fs::read_dir(DOCS).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let all: String = files.filter(|name| name.ends_with(".mdx")).map(|name| read(&name)).collect();
    let is_missing = |path: &String| !all.contains(path.as_str()) && !all.contains(&path.replace("{symbol}", "EURUSD"));
    let missing: Vec<_> =
        rivage_api::builtin::routes().into_iter().map(|route| route.path).filter(is_missing).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
