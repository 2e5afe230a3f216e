//! Looks at what was deployed as a visitor would.
//!
//! In: where it is, and the files that should be there. Out: nothing, or what is wrong. The home page, a deep page, an asset, and an address that does not
//! exist are fetched; a Worker's API is asked how it is. A new deployment may take some seconds until every place knows it, so that
//! wrong answers count only after a while.

use std::time::{Duration, Instant};

use rivage_cloudflare::client::Page;

use super::files::File;
use super::record::url;
use super::text;
use super::{Place, Step, Target};

/// Bytes of a page that are compared.
const MOST: u64 = 32 << 20;

/// Fetches what must be there.
///
/// # Errors
/// What is wrong, in a sentence.
pub(super) fn verify(target: &dyn Target, place: &Place, step: &Step<'_>) -> Result<(), String> {
    let serves = target.serves();
    let mut wanted: Vec<(String, Want<'_>)> = Vec::new();
    if serves.site {
        let files = &step.site.files.served;
        let chosen = [files.iter().find(|file| file.asset.path == "/index.html"), deep(files), asset(files)];
        wanted.extend(chosen.into_iter().flatten().map(|file| (url(&file.asset.path), Want::File(file))));
        wanted.push((format!("/rivage-{}-is-not-there", step.site.record.fingerprint), Want::Missing));
    }
    if serves.api {
        wanted.push(("/api/v1/health".to_owned(), Want::Health));
    }
    if place.address.is_empty() {
        step.tell.note("not verified: the deployment has no address of its own");
        return Ok(());
    }
    let until = Instant::now() + step.options.settle;
    let mut pause = Duration::from_millis(250);
    for (path, want) in wanted {
        loop {
            let address = format!("{}{}", place.address, crate::resolve::encode_path(&path));
            let wrong = match target.client().fetch(&address, MOST) {
                Ok(answer) if is_login(&answer) => {
                    step.tell.note("not verified: the deployment is behind a login");
                    return Ok(());
                }
                Ok(answer) => want.judge(&path, &answer),
                Err(error) => Some(error.to_string()),
            };
            let Some(wrong) = wrong else { break };
            if Instant::now() >= until {
                return Err(format!("{}{path}: {wrong}", place.address));
            }
            std::thread::sleep(pause.min(until.saturating_duration_since(Instant::now())));
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }
    Ok(())
}

/// Reports whether Cloudflare Access asks who the visitor is.
fn is_login(page: &Page) -> bool {
    page.status == 302 && page.location.as_deref().is_some_and(|to| to.contains(".cloudflareaccess.com/"))
}

enum Want<'a> {
    File(&'a File),
    Missing,
    Health,
}

impl Want<'_> {
    fn judge(&self, path: &str, answer: &Page) -> Option<String> {
        let status = answer.status;
        match self {
            Self::Missing if status == 404 => None,
            Self::Missing => Some(format!("what does not exist answers {status} and must answer 404")),
            Self::Health if status == 200 => None,
            Self::Health => Some(format!("the API answers {status}")),
            Self::File(_) if status != 200 => Some(format!("it answers {status}")),
            Self::File(file) => {
                let expect = match std::fs::read(&file.asset.file) {
                    Ok(expect) => expect,
                    Err(error) => return Some(format!("could not read `{}`: {error}", file.asset.file.display())),
                };
                let same =
                    answer.bytes == expect || text::is_html(&file.asset.path) && same_words(&answer.bytes, &expect);
                (!same).then(|| format!("it answers with other bytes than `{path}` has here"))
            }
        }
    }
}

/// Cloudflare may add scripts of its own to pages, such as those of Web Analytics: the words must be ours.
fn same_words(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
    text::words(&one) == text::words(&other)
}

/// The page with the longest way to it.
fn deep(files: &[File]) -> Option<&File> {
    let pages = files.iter().filter(|file| text::is_html(&file.asset.path) && file.asset.path != "/404.html");
    pages.max_by_key(|file| (file.asset.path.matches('/').count(), std::cmp::Reverse(&file.asset.path)))
}

/// A file that is no page: the first stylesheet or script, else any.
fn asset(files: &[File]) -> Option<&File> {
    let all = || files.iter().filter(|file| !text::is_html(&file.asset.path) && file.asset.size < MOST);
    all().find(|file| file.asset.path.starts_with("/assets/")).or_else(|| all().next())
}
