//! What a version is besides its files: bindings, dates, how files are served.
//!
//! In: wrangler.toml, the program, and the bindings that the Worker has. Out: the metadata of an upload, and what a plan says of it. A binding that
//! wrangler.toml does not name stays, unless it shall be pruned: somebody may have made it in the dashboard. Secrets always stay.

use serde_json::{Value, json};

use super::{Settings, first};
use crate::deploy::Error;

/// Kinds of bindings that no settings file has.
const SECRETS: [&str; 2] = ["secret_text", "secret_key"];

/// Bindings, compared with those that are there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bindings {
    /// Those of wrangler.toml, and those that stay, as inherited.
    pub(super) all: Vec<Value>,
    /// What a plan says.
    pub(super) lines: Vec<String>,
}

impl Bindings {
    /// Compares.
    ///
    /// # Errors
    /// A variable would take the place of a secret.
    pub(super) fn of(settings: &Settings, there: &[Value]) -> Result<Self, Error> {
        let mut wanted = settings.wrangler.bindings.clone();
        if settings.serves_site && settings.bundle.is_some() {
            let name = settings.wrangler.assets_binding.iter();
            wanted.extend(name.map(|name| json!({ "name": name, "type": "assets" })));
        }
        let mut found = Self::default();
        for one in &wanted {
            let known = there.iter().find(|known| known["name"] == one["name"]);
            match known {
                Some(known) if is_secret(known) => {
                    let name = word(one, "name");
                    return Err(Error::refused(
                        format!("`{name}` is a secret of the Worker, and wrangler.toml has a binding of that name"),
                        format!("rename the binding, or `rivage secrets delete {name}`"),
                    ));
                }
                Some(known) if is_same(one, known) => {}
                Some(_) => found.lines.push(format!("~ binding {}", describe(one))),
                None => found.lines.push(format!("+ binding {}", describe(one))),
            }
        }
        for known in there {
            let is_wanted = wanted.iter().any(|one| one["name"] == known["name"]);
            // Files come with the version, not from the one before.
            if is_wanted || is_secret(known) || known["type"] == "assets" {
                continue;
            }
            if settings.prune {
                found.lines.push(format!("- binding {}", describe(known)));
            } else {
                let told = describe(known);
                found.lines.push(format!(
                    "= binding {told} stays, though wrangler.toml does not name it; `--prune` removes it"
                ));
                wanted.push(json!({ "name": known["name"], "type": "inherit" }));
            }
        }
        let secrets: Vec<String> = there.iter().filter(|one| is_secret(one)).map(|one| word(one, "name")).collect();
        if !secrets.is_empty() {
            found.lines.push(format!("= secrets stay: {}", secrets.join(", ")));
        }
        found.all = wanted;
        Ok(found)
    }
}

fn is_secret(binding: &Value) -> bool {
    SECRETS.iter().any(|kind| binding["type"] == *kind)
}

/// Cloudflare may tell more of a binding than was sent.
fn is_same(wanted: &Value, known: &Value) -> bool {
    wanted.as_object().into_iter().flatten().all(|(key, value)| known.get(key) == Some(value))
}

fn word(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Says a binding: `DB_READ (hyperdrive 0001)`. Values of variables may be anything, and are not said.
fn describe(binding: &Value) -> String {
    let kind = word(binding, "type");
    let what = ["id", "bucket_name", "namespace_id", "service"].map(|key| word(binding, key));
    let what = what.into_iter().find(|text| !text.is_empty()).map(|text| format!(" {text}")).unwrap_or_default();
    format!("{} ({}{what})", word(binding, "name"), kind.replace('_', " "))
}

/// Makes the metadata of an upload.
pub(super) fn metadata(
    settings: &Settings,
    bindings: &Bindings,
    files: Option<&Files<'_>>,
    annotations: Value,
) -> Value {
    let wrangler = &settings.wrangler;
    let mut metadata = json!({});
    if let Some(bundle) = &settings.bundle {
        metadata["main_module"] = bundle.main.as_str().into();
        metadata["bindings"] = bindings.all.clone().into();
        metadata["keep_bindings"] = json!(SECRETS);
        for (key, value) in &wrangler.version {
            metadata[key] = value.clone();
        }
        for (key, value) in &wrangler.script {
            metadata[key] = value.clone();
        }
    }
    metadata["compatibility_date"] = wrangler.date.as_str().into();
    metadata["compatibility_flags"] = wrangler.flags.clone().into();
    metadata["annotations"] = annotations;
    if let Some(Files { token, special }) = files {
        let mut config = wrangler.assets.clone();
        if !settings.files_first.is_empty() {
            let rules = first::rules(&wrangler.program_first(), &settings.files_first);
            config.insert("run_worker_first".to_owned(), rules.into());
        }
        for (name, bytes) in *special {
            config.insert(name.clone(), String::from_utf8_lossy(bytes).into_owned().into());
        }
        metadata["assets"] = json!({ "jwt": token, "config": config });
    }
    metadata
}

/// The files of a version.
pub(super) struct Files<'a> {
    /// What an upload ended with.
    pub(super) token: &'a str,
    /// `_headers` and `_redirects`.
    pub(super) special: &'a [(String, Vec<u8>)],
}

/// The hash of all that makes a version other than another, besides the files of the site.
pub(super) fn print(settings: &Settings) -> String {
    let wrangler = &settings.wrangler;
    let parts = json!({
        "program": settings.bundle.as_ref().map(|bundle| &bundle.print),
        "bindings": wrangler.bindings,
        "assets": settings.serves_site.then_some((&wrangler.assets_binding, &wrangler.assets)),
        "date": wrangler.date,
        "flags": wrangler.flags,
        "version": wrangler.version,
        "script": wrangler.script,
    });
    blake3::hash(parts.to_string().as_bytes()).to_hex().as_str()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::workers::bundle::Bundle;
    use crate::deploy::wrangler::Wrangler;

    fn settings(bindings: &[Value], prune: bool) -> Settings {
        let bundle = Bundle { main: "index.js".to_owned(), modules: Vec::new(), is_api: true, print: "p".to_owned() };
        let wrangler = Wrangler { bindings: bindings.to_vec(), ..Wrangler::of_files() };
        Settings { bundle: Some(bundle), wrangler, serves_site: true, prune, ..Settings::of("site") }
    }

    #[test]
    fn what_is_not_named_stays_unless_it_is_pruned() {
        let db = |id: &str| json!({ "name": "DB", "type": "hyperdrive", "id": id });
        let there = [
            db("1"),
            json!({ "name": "BY_HAND", "type": "plain_text", "text": "hush" }),
            json!({ "name": "KEYS", "type": "secret_text" }),
            json!({ "name": "ASSETS", "type": "assets" }),
        ];
        let kept = Bindings::of(&settings(&[db("2")], false), &there).unwrap();
        assert_eq!(kept.all, [db("2"), json!({ "name": "BY_HAND", "type": "inherit" })]);
        assert_eq!(
            kept.lines,
            [
                "~ binding DB (hyperdrive 2)",
                "= binding BY_HAND (plain text) stays, though wrangler.toml does not name it; `--prune` removes it",
                "= secrets stay: KEYS",
            ]
        );
        let pruned = Bindings::of(&settings(&[db("1")], true), &there).unwrap();
        assert_eq!((pruned.all, pruned.lines.len()), (vec![db("1")], 2));
        let metadata = metadata(&settings(&[db("1")], true), &kept, None, Value::Null);
        assert_eq!(metadata["keep_bindings"], json!(["secret_text", "secret_key"]));
    }

    #[test]
    fn a_variable_takes_no_secrets_place() {
        let var = json!({ "name": "KEYS", "type": "plain_text", "text": "x" });
        let there = [json!({ "name": "KEYS", "type": "secret_text" })];
        let error = Bindings::of(&settings(&[var], false), &there).unwrap_err();
        assert!(error.to_string().starts_with("`KEYS` is a secret of the Worker"), "{error}");
    }

    #[test]
    fn the_print_covers_settings() {
        let db = |id: &str| json!({ "name": "DB", "type": "hyperdrive", "id": id });
        let one = print(&settings(&[db("1")], false));
        assert_eq!(one, print(&settings(&[db("1")], true)));
        assert_ne!(one, print(&settings(&[db("2")], false)));
    }
}
