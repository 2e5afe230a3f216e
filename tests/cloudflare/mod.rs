//! A small site and a stand-in for Cloudflare to deploy it to.

#![allow(dead_code, reason = "each test program uses its own part")]

pub(crate) mod project;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_cloudflare::{ACCOUNT, Fake, Kind, TOKEN};
use rivage::deploy::pages::Pages;
use rivage::deploy::record::Record;
use rivage::deploy::workers::{Settings, Worker, bundle};
use rivage::deploy::wrangler::Wrangler;
use rivage::deploy::{self, Commit, Environment, Options, Outcome, Site, State, Target, Tell, files};
use rivage_cloudflare::{Client, Policy, Secret};

/// Faults that pass: what is asked once more is answered.
pub(crate) fn passing() -> Vec<Kind> {
    vec![
        Kind::Status(429),
        Kind::Status(500),
        Kind::Status(503),
        Kind::RateLimit(0),
        Kind::Html(502),
        Kind::Reset,
        Kind::LostAnswer,
        Kind::LateStatus(500),
        Kind::Truncated,
        Kind::Late(Duration::from_millis(1_500)),
    ]
}

/// The name of the project.
pub(crate) const PROJECT: &str = "site";

/// A folder with a site, and where it is deployed to.
pub(crate) struct Scene {
    pub(crate) fake: Fake,
    pub(crate) folder: tempfile::TempDir,
    notes: Arc<Mutex<Vec<String>>>,
}

struct Notes(Arc<Mutex<Vec<String>>>);

impl Tell for Notes {
    fn note(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
    fn files(&self, _: usize) {}
    fn sent(&self, _: usize) {}
}

/// As patient as usual in tries, in a hundredth of the time.
pub(crate) fn policy() -> Policy {
    Policy {
        first_pause: Duration::from_millis(2),
        longest_pause: Duration::from_millis(40),
        stall: Duration::from_millis(700),
        request: Duration::from_secs(30),
        ..Policy::default()
    }
}

impl Scene {
    /// A site of a few files, and a project without deployments.
    pub(crate) fn new() -> Self {
        let scene = Self::on(Fake::start());
        scene.fake.add_project(PROJECT, "main");
        scene
    }

    /// The same site, on a stand-in without a project.
    pub(crate) fn on(fake: Fake) -> Self {
        let scene = Self { fake, folder: tempfile::tempdir().unwrap(), notes: Arc::default() };
        scene.write("index.html", "<h1>home");
        scene.write("404.html", "<h1>not here");
        scene.write("docs/a/index.html", "<h1 id=top>a</h1><h2 id=b>b");
        scene.write("assets/site.0123456789abcdef.css", "body{}");
        scene.write("_headers", "/*\n  X-A: b\n");
        scene
    }

    pub(crate) fn public(&self) -> PathBuf {
        self.folder.path().join("public")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.public().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn client(&self, policy: Policy) -> Client {
        let notes = Arc::clone(&self.notes);
        let notes = Arc::new(move |text: &str| notes.lock().unwrap().push(text.to_owned()));
        Client::new(&self.fake.base(), ACCOUNT, Secret::new(TOKEN), policy, notes)
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }

    pub(crate) fn site(&self) -> Site {
        let files = files::read(&self.public(), &self.folder.path().join("state/hashes")).unwrap();
        let fingerprint = files.fingerprint(&[]);
        Site { record: Record::of(&files, &fingerprint), files }
    }

    pub(crate) fn deploy(&self, options: Options) -> Outcome {
        self.deploy_with(policy(), options)
    }

    pub(crate) fn deploy_with(&self, policy: Policy, options: Options) -> Outcome {
        self.run(policy, true, "main", options)
    }

    pub(crate) fn deploy_to(&self, production: bool, branch: &str, options: Options) -> Outcome {
        self.run(policy(), production, branch, options)
    }

    fn run(&self, policy: Policy, production: bool, branch: &str, options: Options) -> Outcome {
        let client = self.client(policy);
        let environment = Environment { production, branch: branch.to_owned() };
        let record = self.folder.path().join("state/record.json");
        let pages = match Pages::look(&client, PROJECT, &environment, "main", false, Some(record)) {
            Ok(pages) => pages,
            // As the command does: it could not run, and nothing has changed.
            Err(error) => {
                let reason = Some(deploy::with_causes(&error));
                return Outcome {
                    state: State::Failed,
                    sentence: "nothing has changed".to_owned(),
                    reason,
                    places: Vec::new(),
                };
            }
        };
        let mut targets: Vec<Box<dyn Target>> = vec![Box::new(pages)];
        let options = Options { settle: Duration::from_millis(150), ..options };
        let commit = Commit { message: "Test".to_owned(), ..Commit::default() };
        let journal = self.folder.path().join("state/journal.json");
        deploy::deploy(
            &mut targets,
            &self.site(),
            &environment,
            &commit,
            &options,
            &journal,
            &Notes(Arc::clone(&self.notes)),
        )
        .unwrap()
    }
}

/// The name of the Worker.
pub(crate) const WORKER: &str = "site-api";

impl Scene {
    /// A project with the program of a Worker, built.
    pub(crate) fn with_program(self, text: &str) -> Self {
        self.program(text);
        self
    }

    /// Builds the program anew.
    pub(crate) fn program(&self, text: &str) {
        let folder = self.folder.path().join("worker");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.js"), text).unwrap();
        fs::write(folder.join("a.wasm"), "wasm").unwrap();
        fs::write(folder.join("manifest.bin"), "routes").unwrap();
    }

    /// What the Worker shall be.
    pub(crate) fn settings(&self, serves_site: bool) -> Settings {
        let root = self.folder.path();
        let bundle = root.join("worker").is_dir().then(|| bundle::read(root, "worker/index.js", None, root).unwrap());
        let mut wrangler = Wrangler::of_files();
        wrangler.bindings = vec![serde_json::json!({ "name": "LOG", "type": "plain_text", "text": "all" })];
        Settings {
            bundle,
            wrangler,
            serves_site,
            create: true,
            record_file: Some(root.join("state/record.json")),
            ..Settings::of(WORKER)
        }
    }

    /// Deploys to the Worker, and to the Pages project as well where the Worker does not serve the site.
    pub(crate) fn deploy_worker(&self, settings: Settings, branch: Option<&str>, options: Options) -> Outcome {
        let client = self.client(policy());
        let environment = Environment { production: branch.is_none(), branch: branch.unwrap_or("main").to_owned() };
        let (print, serves_site) = (settings.print(), settings.serves_site);
        let mut targets: Vec<Box<dyn Target>> = Vec::new();
        let looked = || {
            targets.extend(
                Worker::look(&client, settings, &environment)?.map(|worker| Box::new(worker) as Box<dyn Target>),
            );
            if !serves_site {
                let record = self.folder.path().join("state/record.json");
                let pages = Pages::look(&client, PROJECT, &environment, "main", false, Some(record))?;
                targets.push(Box::new(pages));
            }
            Ok::<(), deploy::Error>(())
        };
        if let Err(error) = looked() {
            let reason = Some(deploy::with_causes(&error));
            let sentence = "nothing has changed".to_owned();
            return Outcome { state: State::Failed, sentence, reason, places: Vec::new() };
        }
        let files = files::read(&self.public(), &self.folder.path().join("state/hashes")).unwrap();
        let further: &[&[u8]] = if serves_site { &[print.as_bytes()] } else { &[] };
        let fingerprint = files.fingerprint(further);
        let site = Site { record: Record::of(&files, &fingerprint), files };
        let options = Options { settle: Duration::from_millis(150), ..options };
        let commit = Commit { message: "Test".to_owned(), ..Commit::default() };
        let journal = self.folder.path().join("state/journal.json");
        let notes = Notes(Arc::clone(&self.notes));
        deploy::deploy(&mut targets, &site, &environment, &commit, &options, &journal, &notes).unwrap()
    }
}
