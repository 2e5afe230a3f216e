//! The examples of the documentation, sent as a reader would send them.

use std::path::Path;

use serde_json::json;

use crate::http::send;
use crate::place::{Place, place};
use crate::{account, post, session};

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

/// Splits a command as a shell does that knows quotes and comments.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut is_word) = (Vec::new(), String::new(), None, false);
    for c in command.chars() {
        match c {
            '\'' | '"' if quote.is_none() => (quote, is_word) = (Some(c), true),
            c if quote == Some(c) => quote = None,
            '#' if quote.is_none() && !is_word => break,
            c if c.is_whitespace() && quote.is_none() => {
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

/// Returns the access token of an administrator; none where the database is not ours.
fn administrator(place: &Place) -> Option<String> {
    let (email, password) = account(place, "administrator");
    place.query(&format!("update account set role = 'admin' where email = '{email}'"))?;
    let tokens =
        post(place, "/api/v1/auth/login", &[], &json!({"email": email, "password": password, "grant": "token"}));
    Some(tokens.json()["access_token"].as_str().unwrap().to_owned())
}

#[test]
fn every_request_of_the_documentation_is_answered() {
    let Some(place) = place() else { return };
    let page = read("built-in.mdx");
    let commands = commands(&(page.clone() + &read("media.mdx") + &read("../operate/monitoring.mdx")));
    assert!(commands.len() >= 27, "{commands:#?}");
    let token = administrator(place);
    let bearer = format!("Bearer {}", crate::series::token("admin"));
    for mut command in commands {
        if command.contains("$TOKEN") {
            let Some(token) = &token else { continue };
            command = command.replace("$TOKEN", token);
        }
        if command.contains("$SESSION") {
            // A new one each time: some of the examples end it.
            let cookie = session(place, &account(place, &format!("example-{}", command.len())));
            command = command
                .replace("__Host-session=$SESSION", &cookie)
                .replace("origin: http://localhost:3000", "origin: http://harbour.test");
        }
        let words = words(&command);
        let (mut url, mut method, mut headers, mut body) = (None, "GET", Vec::new(), String::new());
        let mut rest = words[1..].iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                "-i" => {}
                "-I" => method = "HEAD",
                "-X" => method = rest.next().unwrap(),
                "-H" => headers.push(rest.next().unwrap().split_once(": ").unwrap()),
                "-d" => {
                    body.clone_from(rest.next().unwrap());
                    method = if method == "GET" { "POST" } else { method };
                }
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
            *value = &bearer;
        }
        let answer = send(&place.address, method, &path, &headers, body.as_bytes());
        let is_right = match path.as_str() {
            // And one here, too.
            "/api/v1/auth/refresh" => answer.status == 400,
            // This database has no PostGIS.
            path if path.starts_with("/api/v1/places/near") => answer.status == 501,
            // This server has no store that takes uploads.
            "/api/v1/media/upload" => answer.status == 501,
            // It does not count its statements.
            path if path.starts_with("/api/v1/admin/slow") => answer.status == 501,
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
