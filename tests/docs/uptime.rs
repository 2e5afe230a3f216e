//! The workflow that looks at a site from outside: its own script, run against a small server and a `gh` that writes down what it is told.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// Notes its arguments, answers what a list of issues answers, and keeps the text of an issue.
const GH: &str = r#"#!/bin/sh
echo "$*" >> "$NOTES"
case "$1 $2" in
  "issue list") [ -z "$ISSUE" ] || echo "$ISSUE" ;;
esac
"#;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The script of the only step.
fn script() -> String {
    let workflow = read(".github/workflows/uptime.yml");
    let (_, script) = workflow.split_once("        run: |\n").unwrap();
    script.lines().map(|line| format!("{}\n", line.strip_prefix("          ").unwrap_or(line))).collect()
}

/// Answers each path with what is listed; all else with 404. It ends with the process.
fn serve(answers: &'static [(&'static str, u16, &'static str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).unwrap_or(0);
            let request = String::from_utf8_lossy(&bytes[..read]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let (_, status, body) =
                answers.iter().find(|(known, ..)| *known == path).unwrap_or(&("", 404, "<title>no"));
            let length = body.len();
            let head = format!("HTTP/1.1 {status} \r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    address
}

/// Runs the script; returns whether it is content, what `gh` was told, and the report.
fn look(site: &str, variables: &[(&str, &str)]) -> (bool, Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("gh"), GH).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(path.join("gh")).status().unwrap().success());
    let found = std::env::var_os("PATH").unwrap_or_default();
    let folders = [path.to_owned()].into_iter().chain(std::env::split_paths(&found));
    let ended = Command::new("bash")
        .args(["-e", "-c", &script()])
        .current_dir(path)
        .env_clear()
        .env("PATH", std::env::join_paths(folders).unwrap())
        .envs([("SITE", site), ("PAGE", ""), ("API", ""), ("RUN", "https://run.test"), ("PAUSE", "0"), ("ISSUE", "")])
        .envs(variables.iter().copied())
        .env("NOTES", path.join("notes"))
        .output()
        .unwrap();
    let told = std::fs::read_to_string(path.join("notes")).unwrap_or_default();
    let report = std::fs::read_to_string(path.join("report")).unwrap_or_default();
    (ended.status.success(), told.lines().map(str::to_owned).collect(), report)
}

const LIST: &str = "issue list --label uptime --state open --limit 1 --json number --jq .[0].number // empty";

const WELL: &[(&str, u16, &str)] = &[
    ("/", 200, "<!doctype html><title>Home</title>"),
    ("/docs/", 200, "<title>Docs</title>"),
    ("/api/v1/health", 200, r#"{"status":"ok","build":"1"}"#),
];

#[test]
fn a_site_that_is_well_closes_the_issue() {
    let site = serve(WELL);
    assert_eq!(look(&site, &[("PAGE", "/docs/")]), (true, vec![LIST.to_owned()], String::new()));
    let (is_well, told, _) = look(&format!("{site}/"), &[("ISSUE", "7")]);
    assert!(is_well && told.len() == 2, "{told:?}");
    assert!(told[1].starts_with("issue close 7 --comment All is well again: 20"), "{told:?}");
}

#[test]
fn a_site_that_fails_opens_one_issue() {
    const SICK: &[(&str, u16, &str)] = &[
        ("/", 200, "<!doctype html><title>Home</title>"),
        ("/docs/", 200, "an error page"),
        ("/api/v1/health", 503, r#"{"code":"database-unavailable"}"#),
    ];
    let site = serve(SICK);
    let (is_well, told, report) = look(&site, &[("PAGE", "/docs/")]);
    assert!(!is_well && told.len() == 3 && told[0] == LIST, "{told:?}");
    assert!(told[1].starts_with("label create uptime ") && told[1].ends_with(" --force"), "{told:?}");
    assert!(told[2].starts_with("issue create ") && told[2].contains("--label uptime --body-file report"), "{told:?}");
    assert!(report.contains("- `/docs/`: 200\n- `/api/v1/health`: 503\n"), "{report}");
    assert!(report.contains("https://run.test. The runbook tells"), "{report}");
    let (is_well, told, _) = look(&site, &[("ISSUE", "7")]);
    assert_eq!((is_well, told), (false, vec![LIST.to_owned(), "issue edit 7 --body-file report".to_owned()]));
    // A site without an API has no health.
    assert!(look(&site, &[("API", "no")]).0);
}

#[test]
fn a_server_that_is_gone_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (is_well, _, report) = look(&site, &[]);
    assert!(!is_well && report.contains("- `/`: no answer, curl 7\n"), "{report}");
}

#[test]
fn the_workflow_is_that_of_new_sites_and_may_do_little() {
    let workflow = read(".github/workflows/uptime.yml");
    assert_eq!(workflow, read("src/cli/templates/github/.github/workflows/uptime.yml"));
    assert!(
        workflow.contains("\npermissions: {}\n")
            && workflow.contains("    permissions:\n      issues: write\n    steps:")
    );
    assert!(
        !workflow.contains("secrets.") && !workflow.contains("uses:"),
        "it needs no secret and no action of others"
    );
}
