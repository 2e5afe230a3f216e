//! What a deployment would change, for people before they say yes, for programs, and for pull requests.
//!
//! In: what is live and what would be. Out: text, JSON, Markdown. Deliberately not here: doing it.

use std::collections::BTreeMap;

use rivage_diag::Diagnostic;
use serde_json::{Value, json};

use super::record::{Changes, url};
use super::{Environment, Site, Target, text};

/// Pages whose text is compared at most: each is fetched.
const MOST_COMPARED: usize = 30;
/// Lines of each kind that are shown to people.
const MOST_SHOWN: usize = 20;

/// A plan.
pub struct Plan {
    environment: Environment,
    targets: Vec<String>,
    live: Vec<String>,
    /// Whether what is live is known.
    known: bool,
    changes: Changes,
    /// URL and difference in a line.
    pages: Vec<(String, String)>,
    files: usize,
    bytes: u64,
    /// Bytes of files that are new or differ.
    new_bytes: u64,
    settings: Vec<String>,
    unchanged: bool,
    problems: Vec<Diagnostic>,
}

impl Plan {
    /// Makes a plan. `compare` is whether changed pages are fetched to say how their text differs.
    pub fn of(
        targets: &[Box<dyn Target>],
        site: &Site,
        environment: &Environment,
        problems: &[Diagnostic],
        compare: bool,
    ) -> Self {
        let known = super::compare(targets, site);
        let changes = known.clone().unwrap_or_else(|| Changes::between(&BTreeMap::new(), &site.files.served));
        let pages = if compare { differences(targets, site, &changes) } else { Vec::new() };
        Self {
            environment: environment.clone(),
            targets: targets.iter().map(|target| target.describe()).collect(),
            live: targets.iter().map(|target| target.live()).collect(),
            known: known.is_some(),
            pages,
            files: site.files.served.len(),
            bytes: site.files.bytes(),
            new_bytes: new_bytes(site, &changes),
            settings: targets.iter().flat_map(|target| target.changes()).collect(),
            unchanged: targets.iter().all(|target| target.unchanged(&site.record.fingerprint).is_some()),
            problems: problems.to_vec(),
            changes,
        }
    }

    /// Adds lines about what changes besides files.
    pub fn add_settings(&mut self, lines: impl IntoIterator<Item = String>) {
        self.settings.extend(lines);
    }

    /// Reports whether what would be deployed is there already.
    pub fn is_unchanged(&self) -> bool {
        self.unchanged
    }

    fn summary(&self) -> String {
        let Changes { added, changed, removed, same } = &self.changes;
        let total = format!("{} files, {}", self.files, text::size(self.bytes));
        match (self.unchanged, self.known) {
            (true, _) => format!("nothing to deploy: these files are there already ({total})"),
            (_, false) => format!("what is live is not known; {total}"),
            _ => format!(
                "{} added, {} changed ({}), {} removed, {same} as before; {total}",
                added.len(),
                changed.len(),
                text::size(self.new_bytes),
                removed.len()
            ),
        }
    }

    /// Writes it for people.
    pub fn to_text(&self) -> String {
        let mut out = format!("{}, {}\n", self.targets.join(" and "), self.environment.describe());
        for line in &self.live {
            out.push_str(&format!("now: {line}\n"));
        }
        out.push_str(&format!("{}\n", self.summary()));
        if self.known {
            for (mark, paths) in
                [('+', &self.changes.added), ('~', &self.changes.changed), ('-', &self.changes.removed)]
            {
                for path in paths.iter().take(MOST_SHOWN) {
                    let told = self.pages.iter().find(|(page, _)| *page == url(path)).filter(|_| mark == '~');
                    match told {
                        Some((_, difference)) => out.push_str(&format!("  {mark} {path}  {difference}\n")),
                        None => out.push_str(&format!("  {mark} {path}\n")),
                    }
                }
                if paths.len() > MOST_SHOWN {
                    out.push_str(&format!("  {mark} … and {} more\n", paths.len() - MOST_SHOWN));
                }
            }
        }
        for line in &self.settings {
            out.push_str(&format!("  {line}\n"));
        }
        out
    }

    /// Writes it for programs.
    pub fn to_json(&self) -> Value {
        json!({
            "environment": if self.environment.production { "production" } else { "preview" },
            "branch": self.environment.branch,
            "targets": self.targets,
            "live": self.live,
            "unchanged": self.unchanged,
            "live_known": self.known,
            "added": self.changes.added,
            "changed": self.changes.changed,
            "removed": self.changes.removed,
            "same": self.changes.same,
            "pages": self.pages.iter().map(|(page, difference)| json!({ "url": page, "difference": difference })).collect::<Vec<_>>(),
            "files": self.files,
            "bytes": self.bytes,
            "new_bytes": self.new_bytes,
            "settings": self.settings,
            "problems": self.problems.iter().map(|one| json!({
                "severity": one.severity.as_str(),
                "code": one.code,
                "message": one.message,
                "hints": one.hints,
            })).collect::<Vec<_>>(),
        })
    }

    /// Writes it for a comment on a pull request. `address` is where a preview can be seen.
    pub fn to_markdown(&self, address: Option<&str>) -> String {
        let mut out = format!("### Deploy plan: {}\n\n", self.environment.describe());
        if let Some(address) = address {
            out.push_str(&format!("Preview: {address}\n\n"));
        }
        out.push_str(&format!("{}\n", self.summary()));
        if !self.pages.is_empty() {
            out.push_str("\n| page | what differs |\n| --- | --- |\n");
            for (page, difference) in &self.pages {
                out.push_str(&format!("| `{}` | {} |\n", cell(page), cell(difference)));
            }
        }
        if self.known {
            for (title, paths) in
                [("Added", &self.changes.added), ("Changed", &self.changes.changed), ("Removed", &self.changes.removed)]
            {
                if paths.is_empty() {
                    continue;
                }
                out.push_str(&format!("\n<details><summary>{title}: {}</summary>\n\n", paths.len()));
                for path in paths.iter().take(200) {
                    out.push_str(&format!("- `{}`\n", path.replace('`', "'")));
                }
                if paths.len() > 200 {
                    out.push_str(&format!("- … and {} more\n", paths.len() - 200));
                }
                out.push_str("\n</details>\n");
            }
        }
        for (title, lines) in [
            ("Settings", self.settings.clone()),
            (
                "Problems",
                self.problems.iter().map(|one| format!("{}: {}", one.severity.as_str(), one.message)).collect(),
            ),
        ] {
            if !lines.is_empty() {
                out.push_str(&format!("\n**{title}**\n\n"));
                out.extend(lines.iter().map(|line| format!("- {line}\n")));
            }
        }
        out
    }
}

/// Text of pages may hold what Markdown and tables would understand.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('`', "'").replace('<', "&lt;").replace('[', "\\[")
}

fn new_bytes(site: &Site, changes: &Changes) -> u64 {
    let is_new =
        |path: &String| changes.added.binary_search(path).is_ok() || changes.changed.binary_search(path).is_ok();
    site.files.served.iter().filter(|file| is_new(&file.asset.path)).map(|file| file.asset.size).sum()
}

fn differences(targets: &[Box<dyn Target>], site: &Site, changes: &Changes) -> Vec<(String, String)> {
    let Some(target) = targets.iter().find(|target| target.serves().site) else { return Vec::new() };
    let pages = changes.changed.iter().filter(|path| text::is_html(path)).take(MOST_COMPARED);
    let mut found = Vec::new();
    for path in pages {
        let Some(file) = site.files.served.iter().find(|file| file.asset.path == *path) else { continue };
        let (Some(old), Ok(new)) = (target.fetch(&url(path)), std::fs::read(&file.asset.file)) else { continue };
        let told = text::difference(&String::from_utf8_lossy(&old), &String::from_utf8_lossy(&new));
        found.push((url(path), told.unwrap_or_else(|| "only its HTML".to_owned())));
    }
    found
}
