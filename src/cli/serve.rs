//! `rivage serve`: a finished site and its API for visitors.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use anyhow::Context;
use rivage_api::auth::jwt::Keys;
use rivage_api::decide::Secrets;
use rivage_api::report::{Dsn, Reporting};
use rivage_diag::Diagnostic;

use super::Exit;
use super::api::load;
use super::args::{Global, Serve as Args};
use super::database::{READ_VARIABLE, VARIABLE, named};
use super::printer::{Printer, failure};
use super::project::Project;
use super::secrets::file::KeyFile;
use crate::serve::{self, Database, Desk, Folder, Store};

/// The variable with the keys of tokens; `RIVAGE_API_KEYS_FILE` names a file of them.
const KEYS: &str = "RIVAGE_API_KEYS";

/// The variable with the secret of links to private objects; `MEDIA_SECRET_FILE` names a file of several.
const MEDIA_SECRET: &str = "MEDIA_SECRET";

/// The variable that names the store of media where `--media` does not.
const MEDIA: &str = "RIVAGE_MEDIA";

pub(super) fn run(global: &Global, args: &Args, printer: &Printer) -> anyhow::Result<Exit> {
    let project = Project::open(global)?;
    let (config, api, problems) = load(&project, printer);
    if problems.iter().any(Diagnostic::is_error) {
        return Ok(Exit::SiteHasErrors);
    }
    let output = args.out.clone().unwrap_or(config.build.output);
    let folder = project.root.join(&output);
    if !folder.is_dir() {
        return Err(failure(format!("there is no folder `{output}`"), "`rivage build` makes it"));
    }
    let log = printer.clone();
    let desk = Desk::new(secrets()?, args.trusted_proxy.clone(), Box::new(move |line| log.note(&line.to_json())));
    if let Some(mut api) = api.filter(|_| !args.no_api) {
        let place = named(args.db.as_deref(), VARIABLE)?.ok_or_else(|| {
            let hint = format!("pass `--db URL` or set {VARIABLE}; `--no-api` serves the site alone");
            failure("the site has an API, and no database is named", hint)
        })?;
        let settings = &mut api.manifest.settings;
        settings.origins.extend(args.origin.iter().cloned());
        let read = named(args.db_read.as_deref(), READ_VARIABLE)?;
        desk.set_media(media(&project.root, args.media.clone(), &settings.media.folder)?);
        desk.set_database(Database::new(place, read, settings.bounds.answer));
        desk.set_manifest(Some(&api.manifest));
    }
    let address = SocketAddr::new(args.host, args.port);
    let listener = TcpListener::bind(address).with_context(|| format!("could not listen on `{address}`"))?;
    let serving = serve::serve(listener, Folder::new(folder, config.site.base_path.clone()), desk)?;
    printer.result(&format!("http://{}{}/\n", serving.address(), config.site.base_path))?;
    serving.wait()?;
    Ok(Exit::Done)
}

/// The variable with the secret of Turnstile, which checks challenges of forms.
const TURNSTILE: &str = "TURNSTILE_SECRET";

/// The variable with the webhook that is told when the site's health changes.
const ALERT: &str = "RIVAGE_ALERT_WEBHOOK";

/// The variable with the token by which a program may read the metrics.
const METRICS: &str = "RIVAGE_METRICS_TOKEN";

/// Reads what must not stand in files from the environment; nothing where there is nothing.
///
/// # Errors
/// The keys of tokens cannot be read; never with their content.
pub(super) fn secrets() -> anyhow::Result<Secrets> {
    let (text, place) = match key_file(KEYS)? {
        Some(file) => (file.text(), format!("{KEYS}_FILE")),
        None => (variable(KEYS).unwrap_or_default(), KEYS.to_owned()),
    };
    let keys = Keys::parse(&text).map_err(|problem| {
        let hint = "a line is a name and a key, such as `2026 hs256:…` with 32 bytes in base64url";
        failure(format!("{place}: {problem}"), hint)
    })?;
    let media = match key_file(MEDIA_SECRET)? {
        Some(file) => file.lines.into_iter().map(|(_, secret)| secret).collect(),
        None => variable(MEDIA_SECRET).into_iter().collect(),
    };
    let upload = variable("MEDIA_ACCESS_KEY_ID").zip(variable("MEDIA_SECRET_ACCESS_KEY"));
    let reporting = variable("SENTRY_DSN").map(|text| {
        let dsn = Dsn::parse(&text)
            .map_err(|must| failure(format!("SENTRY_DSN {must}"), "without it no error is reported"))?;
        let environment = variable("SENTRY_ENVIRONMENT").unwrap_or_else(|| "production".to_owned());
        Ok::<_, anyhow::Error>(Reporting { dsn, environment })
    });
    let reporting = reporting.transpose()?;
    let (alert, metrics) = (variable(ALERT), variable(METRICS));
    Ok(Secrets { keys, turnstile: variable(TURNSTILE), media, upload, reporting, alert, metrics })
}

/// Reads the file that a variable's namesake with `_FILE` names; none where it names none.
///
/// # Errors
/// It cannot be read, or the variable itself is set as well.
fn key_file(name: &str) -> anyhow::Result<Option<KeyFile>> {
    let Some(path) = variable(&format!("{name}_FILE")) else { return Ok(None) };
    if variable(name).is_some() {
        let message = format!("{name} and {name}_FILE are both set");
        return Err(failure(message, format!("move the key into the file and unset {name}")));
    }
    KeyFile::read(Path::new(&path)).map(Some)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Opens the store of media: the one that was named, or else the folder of the project, if it has one.
///
/// # Errors
/// The one that was named cannot be opened.
pub(super) fn media(root: &Path, given: Option<String>, folder: &str) -> anyhow::Result<Option<Store>> {
    let place = match given.or_else(|| variable(MEDIA)) {
        Some(place) => place,
        None => {
            let folder = root.join(folder);
            if !folder.is_dir() {
                return Ok(None);
            }
            folder.to_string_lossy().into_owned()
        }
    };
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let store = Store::open(&place, &environment.collect());
    store.map(Some).map_err(|error| failure(error.to_string(), "name a folder, or a bucket as `s3://BUCKET/PREFIX`"))
}
