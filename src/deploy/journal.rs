//! What the last run has done, for the one that goes on after it.
//!
//! In and out: a small file of JSON below `.rivage/`, replaced in one step. It holds no secret and nothing that Cloudflare does not know: what is
//! uploaded Cloudflare is asked. What matters is the marker: by it a deployment that was made, and not heard of again, is found.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Environment, Error, write_whole};

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It uploads.
    Staging,
    /// It may have switched.
    Switching,
    /// It is live.
    Live,
    /// It failed, and what was live before is.
    Failed,
}

const STAGES: [(&str, Stage); 4] =
    [("staging", Stage::Staging), ("switching", Stage::Switching), ("live", Stage::Live), ("failed", Stage::Failed)];

/// The journal of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    path: PathBuf,
    key: String,
    environment: Environment,
    fingerprint: String,
    attempt: String,
    /// How far it came.
    pub stage: Stage,
    /// The deployment, where it is live.
    pub deployment: String,
}

impl Journal {
    /// Reads the journal of the last run; none where there was none, or it cannot be read.
    pub fn read(path: &Path) -> Option<Self> {
        let value: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let stage = text("stage")?;
        Some(Self {
            path: path.to_owned(),
            key: text("target")?,
            environment: Environment { production: value["production"].as_bool()?, branch: text("branch")? },
            fingerprint: text("fingerprint")?,
            attempt: text("attempt")?,
            stage: STAGES.iter().find(|(word, _)| *word == stage)?.1,
            deployment: text("deployment")?,
        })
    }

    /// Begins a run, or goes on with a former one.
    pub(super) fn begin(
        path: &Path,
        key: &str,
        environment: &Environment,
        fingerprint: &str,
        resumed: Option<Self>,
    ) -> Result<Self, Error> {
        let mut journal = resumed.unwrap_or_else(|| Self {
            path: path.to_owned(),
            key: key.to_owned(),
            environment: environment.clone(),
            fingerprint: fingerprint.to_owned(),
            attempt: rivage_cloudflare::client::nonce(),
            stage: Stage::Staging,
            deployment: String::new(),
        });
        journal.note(Stage::Staging, "")?;
        Ok(journal)
    }

    /// Notes how far the run is.
    pub(super) fn note(&mut self, stage: Stage, deployment: &str) -> Result<(), Error> {
        self.stage = stage;
        deployment.clone_into(&mut self.deployment);
        let word = STAGES.iter().find(|(_, known)| *known == stage).map(|(word, _)| *word);
        let value = json!({
            "target": self.key,
            "production": self.environment.production,
            "branch": self.environment.branch,
            "fingerprint": self.fingerprint,
            "attempt": self.attempt,
            "stage": word,
            "deployment": self.deployment,
        });
        write_whole(&self.path, format!("{value:#}\n").as_bytes()).map_err(|source| Error::Disk {
            operation: "write",
            path: self.path.display().to_string(),
            source,
        })
    }

    /// Returns what the run's deployment is found by.
    pub(super) fn marker(&self) -> String {
        format!("[rivage {}.{}]", self.fingerprint, self.attempt)
    }

    /// Reports whether the run came to an end.
    pub fn is_finished(&self) -> bool {
        matches!(self.stage, Stage::Live | Stage::Failed)
    }

    pub(super) fn is_for(&self, key: &str, environment: &Environment, fingerprint: &str) -> bool {
        self.key == key && self.environment == *environment && self.fingerprint == fingerprint
    }
}

/// Reads the fingerprint of a marker in a message.
pub(super) fn fingerprint(message: &str) -> Option<&str> {
    let (_, rest) = message.rsplit_once("[rivage ")?;
    rest.split_once('.').map(|(fingerprint, _)| fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_with_its_marker() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/journal.json");
        let environment = Environment { production: true, branch: "main".to_owned() };
        assert_eq!(Journal::read(&path), None);
        let mut first = Journal::begin(&path, "pages x", &environment, "f00", None).unwrap();
        first.note(Stage::Switching, "").unwrap();
        let known = Journal::read(&path).unwrap();
        assert_eq!(known, first);
        assert!(known.is_for("pages x", &environment, "f00") && !known.is_for("pages x", &environment, "f01"));
        assert!(!known.is_finished());
        let again = Journal::begin(&path, "pages x", &environment, "f00", Some(known)).unwrap();
        assert_eq!(again.marker(), first.marker());
        assert_ne!(Journal::begin(&path, "pages x", &environment, "f00", None).unwrap().marker(), first.marker());
        assert_eq!(fingerprint(&format!("Fix {}", first.marker())), Some("f00"));
        std::fs::write(&path, "{").unwrap();
        assert_eq!(Journal::read(&path), None);
    }
}
