//! `rivage secrets rotate`: keys that sign are exchanged, and nobody is signed out.
//!
//! ```text
//! rotate             a new key signs; the former ones still check
//!   … the overlap: as long as something that they signed is valid
//! rotate --finish    the former ones are dropped
//! ```
//!
//! In: the names of the Worker's secrets, or a file of a native server. Out: a new key, made here and shown to nobody; or the former ones gone. Nothing
//! is remembered in between: a name has the moment at which its key was made ([`rivage_api::auth::rotation`]).
//! Deliberately not here: secrets that only another service can exchange, such as a database's password.

use std::path::Path;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use rivage_api::auth::jwt::Keys;
use rivage_api::auth::rotation;
use rivage_api::auth::token::Token;
use rivage_api::manifest::AuthSettings;
use rivage_cloudflare::{Secret, workers};

use super::super::args::{Global, Rotated, SecretsRotate};
use super::super::deploy::Setup;
use super::super::printer::{Printer, failure};
use super::super::project::now;
use super::file::KeyFile;
use super::{client_and_worker, told};

/// How a moment stands in a name.
const MOMENT: &str = "%Y%m%dT%H%M%SZ";

/// The longest life of a link to a private object, in seconds; the route that signs them takes no more.
const LONGEST_LINK: u32 = 7 * 24 * 60 * 60;

/// Seconds until all instances of a Worker have a new key, and until requests that are on their way are answered.
const SETTLE: u32 = 60;

pub(super) fn run(global: &Global, args: &SecretsRotate, printer: &Printer) -> anyhow::Result<()> {
    let setup = Setup::open(global, &(&args.place).into())?;
    let default = AuthSettings::default();
    let auth = setup.api.as_ref().map_or(&default, |api| &api.manifest.settings.auth);
    let rotation = Rotation {
        secret: match args.name {
            Rotated::ApiKeys => "API_KEYS",
            Rotated::MediaSecret => "MEDIA_SECRET",
        },
        is_media: args.name == Rotated::MediaSecret,
        overlap: args.overlap.unwrap_or(match args.name {
            Rotated::ApiKeys => auth.access_ttl.saturating_add(auth.leeway).saturating_add(SETTLE),
            Rotated::MediaSecret => LONGEST_LINK + SETTLE,
        }),
        at_once: args.now,
        now: now(),
    };
    match (&args.file, args.finish) {
        (Some(file), finish) => in_file(&rotation, file, finish, printer),
        (None, finish) => in_worker(&rotation, &setup, finish, printer),
    }
}

/// What is exchanged, and how.
struct Rotation {
    secret: &'static str,
    is_media: bool,
    /// Seconds.
    overlap: u32,
    at_once: bool,
    now: Timestamp,
}

impl Rotation {
    /// Makes the name and the value of a new key. Its name is later than that of the newest one, also within the same second: the latest signs.
    fn make(&self, newest: Option<&str>) -> anyhow::Result<(String, String)> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
        let random = Token::new(random);
        let value = if self.is_media { random.as_str().to_owned() } else { format!("hs256:{}", random.as_str()) };
        let former = newest.and_then(time).filter(|former| former.as_second() >= self.now.as_second());
        let next = former.and_then(|former| former.checked_add(SignedDuration::from_secs(1)).ok());
        Ok((next.unwrap_or(self.now).strftime(MOMENT).to_string(), value))
    }

    /// Refuses a new key while former ones are still there: who rotates twice in a row would not know which of them may go.
    fn may_begin(&self, moments: &[Option<&str>]) -> anyhow::Result<()> {
        match moments {
            [newest, _, ..] => {
                let since = newest.map(|moment| format!(" of {}", shown(moment))).unwrap_or_default();
                let message = format!("the rotation of {}{since} is not finished", self.secret);
                Err(failure(message, "`rivage secrets rotate --finish` drops the former ones first"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses to drop former keys while something that they signed may be in use. `moments` are those of the keys, the newest first.
    fn may_finish(&self, moments: &[Option<&str>]) -> anyhow::Result<()> {
        let [newest, _, ..] = moments else {
            let hint = format!("`rivage secrets rotate {}` makes a new one first", self.secret);
            return Err(failure(format!("{} has no former key that could be dropped", self.secret), hint));
        };
        if self.at_once {
            return Ok(());
        }
        let Some(since) = newest.and_then(time) else {
            let message = format!("it is not known since when the newest key of {} signs", self.secret);
            return Err(failure(message, "its name tells no moment; `--now` drops the others all the same"));
        };
        let due = self.due(since);
        if self.now < due {
            let message = format!("what the former key of {} signed is valid until {}", self.secret, minute(due));
            return Err(failure(message, "wait until then; after a leak drop it at once with `--finish --now`"));
        }
        Ok(())
    }

    fn due(&self, since: Timestamp) -> Timestamp {
        since.saturating_add(SignedDuration::from_secs(i64::from(self.overlap))).unwrap_or(Timestamp::MAX)
    }

    fn tell_begun(&self, had_former: bool, place: &str, printer: &Printer) {
        printer.note(&format!("{} of {place} has a new key, which signs from now on", self.secret));
        if had_former {
            let due = minute(self.due(self.now));
            printer.note(&format!("the former one still checks: after {due} run the same with `--finish`"));
        }
    }
}

fn in_worker(rotation: &Rotation, setup: &Setup, finish: bool, printer: &Printer) -> anyhow::Result<()> {
    let (client, worker) = client_and_worker(setup, printer)?;
    let names = workers::secrets(&client, &worker).map_err(|error| told(error, &worker))?;
    let parts = rotation::parts(rotation.secret, names.iter().map(String::as_str));
    let moments: Vec<_> = parts.iter().map(|name| rotation::moment(rotation.secret, name)).collect();
    let place = format!("the Worker `{worker}`");
    if finish {
        rotation.may_finish(&moments)?;
        for name in &parts[1..] {
            workers::delete_secret(&client, &worker, name).map_err(|error| told(error, &worker))?;
            printer.note(&format!("{place} has no secret {name} any more"));
        }
        return Ok(());
    }
    rotation.may_begin(&moments)?;
    let (moment, value) = rotation.make(moments.first().copied().flatten())?;
    // The value of a secret that holds keys is their lines; that of another is the secret itself.
    let value = if rotation.is_media { value } else { format!("{moment} {value}") };
    let name = format!("{}_{moment}", rotation.secret);
    workers::put_secret(&client, &worker, &name, &Secret::new(value)).map_err(|error| told(error, &worker))?;
    rotation.tell_begun(!parts.is_empty(), &place, printer);
    Ok(())
}

fn in_file(rotation: &Rotation, path: &Path, finish: bool, printer: &Printer) -> anyhow::Result<()> {
    let mut file = if finish { KeyFile::read(path)? } else { KeyFile::read_or_new(path)? };
    if !rotation.is_media {
        Keys::parse(&file.text()).map_err(|problem| {
            failure(
                format!("`{}`: {problem}", path.display()),
                "a line is a name and a key, such as `2026 hs256:…` with 32 bytes in base64url",
            )
        })?;
    }
    let names: Vec<String> = file.lines.iter().map(|(name, _)| name.clone()).collect();
    let moments: Vec<_> =
        names.iter().map(|name| Some(name.as_str()).filter(|name| rotation::is_moment(name))).collect();
    let place = format!("`{}`", path.display());
    if finish {
        rotation.may_finish(&moments)?;
        file.lines.truncate(1);
        file.write()?;
        printer.note(&format!("{place} has no former key any more"));
    } else {
        rotation.may_begin(&moments)?;
        let former = moments.first().copied().flatten();
        file.lines.insert(0, rotation.make(former)?);
        file.write()?;
        rotation.tell_begun(!names.is_empty(), &place, printer);
    }
    printer.note("`rivage serve` reads it when it starts: restart it now");
    Ok(())
}

/// Reads the moment of a name.
fn time(moment: &str) -> Option<Timestamp> {
    Some(DateTime::strptime(MOMENT, moment).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn shown(moment: &str) -> String {
    time(moment).map_or_else(|| moment.to_owned(), minute)
}

/// Writes a time for people. The next minute, so that who waits for it does not come too early.
fn minute(time: Timestamp) -> String {
    let next = time.saturating_add(SignedDuration::from_secs(59)).unwrap_or(time);
    next.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotation(now: &str, overlap: u32) -> Rotation {
        let now = now.parse().unwrap();
        Rotation { secret: "API_KEYS", is_media: false, overlap, at_once: false, now }
    }

    fn refusal(result: anyhow::Result<()>) -> String {
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    const NEW: Option<&str> = Some("20261129T144000Z");

    #[test]
    fn former_keys_are_dropped_when_the_overlap_is_over() {
        let at = |now, moments: &[Option<&str>]| refusal(rotation(now, 990).may_finish(moments));
        let early = "what the former key of API_KEYS signed is valid until 2026-11-29 14:57 UTC";
        assert_eq!(at("2026-11-29T14:40:00Z", &[NEW, None]), early);
        assert_eq!(at("2026-11-29T14:56:29Z", &[NEW, None]), early);
        assert_eq!(at("2026-11-29T14:56:30Z", &[NEW, None]), "");
        assert_eq!(at("2026-11-29T14:56:30Z", &[NEW, Some("20250101T000000Z"), None]), "");
        let nothing = "API_KEYS has no former key that could be dropped";
        assert_eq!(at("2026-11-30T00:00:00Z", &[NEW]), nothing);
        assert_eq!(at("2026-11-30T00:00:00Z", &[]), nothing);
        let unknown = "it is not known since when the newest key of API_KEYS signs";
        assert_eq!(at("2026-11-30T00:00:00Z", &[None, None]), unknown);
        let at_once = Rotation { at_once: true, ..rotation("2026-11-29T14:40:00Z", 990) };
        assert_eq!(refusal(at_once.may_finish(&[NEW, None])), "");
        assert_eq!(refusal(at_once.may_finish(&[None, None])), "");
        assert_eq!(refusal(at_once.may_finish(&[NEW])), nothing);
    }

    #[test]
    fn a_rotation_is_finished_before_the_next_one() {
        let begin = |moments: &[Option<&str>]| refusal(rotation("2026-11-29T15:00:00Z", 0).may_begin(moments));
        assert_eq!([begin(&[]), begin(&[None]), begin(&[NEW])], ["", "", ""]);
        assert_eq!(begin(&[NEW, None]), "the rotation of API_KEYS of 2026-11-29 14:40 UTC is not finished");
        assert_eq!(begin(&[None, None]), "the rotation of API_KEYS is not finished");
    }

    #[test]
    fn new_keys_are_named_by_the_moment() {
        let rotation = rotation("2026-11-29T14:40:05Z", 0);
        let ((name, one), (_, other)) = (rotation.make(None).unwrap(), rotation.make(NEW).unwrap());
        assert_eq!(name, "20261129T144005Z");
        assert!(rotation::is_moment(&name) && time(&name) == Some(rotation.now));
        assert_ne!(one, other);
        assert_eq!(rotation.make(Some(&name)).unwrap().0, "20261129T144006Z", "within the same second");
        assert!(Keys::parse(&format!("{name} {one}")).is_ok_and(|keys| keys.can_sign()));
    }
}
