//! The commands around a Worker against the stand-in: deploying to it, secrets, the doctor, the database.

mod cloudflare;
#[path = "support/s3.rs"]
mod s3;

use std::collections::BTreeMap;

use cloudflare::PROJECT;
use cloudflare::project::{Project, Ran};
use fake_cloudflare::{Fault, Kind, TOKEN};
use rivage_api::auth::jwt::{self, Claims, Keys, Refused};
use rivage_api::auth::rotation;
use rivage_api::manifest::AuthSettings;
use rivage_images::{Format, Raster, Settings, encode};
use serde_json::{Value, json};

const WRANGLER: &str = r#"name = "harbour"
main = "worker/index.js"
compatibility_date = "2026-07-30"

[assets]
not_found_handling = "404-page"
binding = "ASSETS"

[vars]
LOG = "all"
"#;

/// A project whose site and API are one Worker.
fn project() -> Project {
    let project = Project::new();
    project.write(
        "rivage.toml",
        "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[deploy]\ntarget = \"workers\"\n[api]\n",
    );
    project.write("wrangler.toml", WRANGLER);
    project.write("worker/index.js", "export default {}");
    project.write("worker/manifest.bin", "of another site");
    project
}

#[test]
fn a_worker_with_its_files_previews_and_the_way_back() {
    let project = project();
    let refused = project.run(&["deploy", "--production"]).expect(2);
    assert!(refused.err.contains("there is no Worker `harbour` in this account"), "{}", refused.err);
    let first = project.run(&["deploy", "--production", "--create"]).expect(0);
    assert!(first.err.starts_with("Worker `harbour`: production (branch main)\n"), "{}", first.err);
    assert!(first.err.contains("  + binding LOG (plain text) [Worker `harbour`]\n"), "{}", first.err);
    assert!(first.out.contains("is live: http://127.0.0.1:"), "{}", first.out);
    let one = project.fake.running("harbour").unwrap();
    let version = &project.fake.versions("harbour")[0];
    let manifest = version.modules.iter().find(|module| module.name == "manifest.bin").unwrap();
    assert!(String::from_utf8_lossy(&manifest.bytes).contains("/api/v1/"), "the site's own manifest is deployed");
    assert!(project.run(&["deploy", "--production"]).expect(0).out.contains("nothing to deploy"));

    project.write("content/_index.md", "---\ntitle: Home\n---\nother words\n");
    let preview = project.run(&["deploy", "--branch", "fix"]).expect(0);
    assert!(preview.out.contains("preview (branch fix) is live"), "{}", preview.out);
    assert!(preview.err.contains("high. → other words") || preview.err.contains("~ /index.html"), "{}", preview.err);
    assert_eq!(project.fake.running("harbour").unwrap(), one);
    project.run(&["deploy", "--production"]).expect(0);
    let list = project.run(&["deployments", "--json"]).expect(0);
    let list: Value = serde_json::from_str(&list.out).unwrap();
    let told: Vec<_> = list.as_array().unwrap().iter().map(|one| (&one["environment"], &one["status"])).collect();
    let told: Vec<_> = told.iter().map(|(one, other)| (one.as_str().unwrap(), other.as_str().unwrap())).collect();
    assert_eq!(told, [("production", "live"), ("preview", "done"), ("production", "done")]);
    project.run(&["rollback", "--dry-run"]).expect(0);
    assert_ne!(project.fake.running("harbour").unwrap(), one);
    project.run(&["rollback"]).expect(0);
    assert_eq!(project.fake.running("harbour").unwrap(), one);
    project.write("wrangler.toml", "d1_databases = []\n");
    let wrong = project.run(&["deploy"]).expect(2);
    assert!(wrong.err.contains("`d1_databases` is nothing that rivage deploys"), "{}", wrong.err);
}

fn home(project: &Project, text: &str) {
    project.write("content/_index.md", &format!("---\ntitle: Home\n---\n{text}\n"));
}

#[test]
fn old_versions_of_a_worker_are_pruned() {
    let project = project();
    let ids = |project: &Project| project.fake.versions("harbour").into_iter().map(|one| one.id).collect::<Vec<_>>();
    for number in 0..4 {
        home(&project, &number.to_string());
        project.run(&["deploy", "--production", "--create"]).expect(0);
    }
    project.run(&["deploy", "--branch", "a"]).expect(0);
    project.run(&["deploy", "--branch", "b"]).expect(0);
    let all = ids(&project);
    let dry = project.run(&["deploy", "prune", "--keep", "2", "--dry-run"]).expect(0);
    assert!(dry.err.contains("2 versions would be deleted, 4 stay"), "{}", dry.err);
    assert_eq!((dry.out.lines().count(), ids(&project).len()), (2, 6));
    project.fake.inject(Fault::once("workers.version.delete", Kind::LostAnswer));
    let pruned = project.run(&["deploy", "prune", "--keep", "2"]).expect(0);
    assert!(pruned.err.contains("2 versions deleted, 4 stay"), "{}", pruned.err);
    assert_eq!(ids(&project), all[2..]);
    assert_eq!(project.fake.running("harbour").as_ref(), Some(&all[3]));
    // What has run is Cloudflare's to keep.
    home(&project, "fifth");
    project.run(&["deploy", "--production"]).expect(0);
    project.fake.keep_what_ran("harbour");
    let kept = project.run(&["deploy", "prune", "--keep", "1"]).expect(0);
    assert!(kept.err.contains("0 versions deleted, 5 stay"), "{}", kept.err);
    assert!(
        kept.err.contains("Cloudflare keeps 2 versions that have run: could not delete the version"),
        "{}",
        kept.err
    );
    project.fake.inject(Fault::always("workers.version.delete", Kind::Status(403)));
    let denied = project.run(&["deploy", "prune", "--keep", "1"]).expect(2);
    assert!(denied.err.contains("0 versions deleted until then") && denied.err.contains("help: "), "{}", denied.err);
    let none = project.run(&["deploy", "prune", "--project", "other"]).expect(2);
    assert!(none.err.contains("there is no Worker `other` in this account"), "{}", none.err);
}

/// Shows a photo on the home page.
fn show_photo(project: &Project, shade: u8) {
    // Noise: what compresses well is small, and left as it is.
    let noise =
        |at: u32| (u64::from(at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_mul(u64::from(at) | 1) >> 40) as u8;
    let pixels = (0..120 * 80 * 3_u32).map(|at| noise(at) / shade).collect();
    let photo = encode(&Raster::new(120, 80, false, pixels), Format::Png, Settings { quality: 90, speed: 10 });
    std::fs::write(project.path().join("content/photo.png"), photo.unwrap()).unwrap();
    home(project, "![A photo](photo.png)");
}

/// A CI whose disk is empty each time, and the images of a Pages project in a bucket.
#[test]
fn what_the_bucket_has_is_neither_made_nor_sent_and_stays_while_a_deployment_shows_it() {
    let project = Project::new();
    let secret = "92493e9a4d131744ccdbf6c8624cd7bf1aaa7085043a33a29ac0ff0c77fb74a0";
    let auth = s3s::auth::SimpleAuth::from_single("token-id", secret);
    let server = s3::Server::start_with(|service| service.set_auth(auth));
    let settings = format!(
        "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[images]\nstore = \"r2\"\nurl = \"https://img.example.org\"\n\
         widths = [40]\navif_speed = 10\n[deploy]\nproject = \"{PROJECT}\"\nbucket = \"{}\"\nbucket_endpoint = \"{}\"\n",
        s3::BUCKET,
        server.address
    );
    project.write("rivage.toml", &settings);
    let run = |words: &[&str]| {
        let ran = project.run(words).expect(0);
        assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "the secret of the bucket was printed");
        ran
    };
    let told = |words: &[&str]| -> Value { serde_json::from_str(&run(words).out).unwrap() };
    let is_media = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|extension| ["png", "webp", "avif"].iter().any(|name| extension == *name))
    };
    let there = || {
        let entries = std::fs::read_dir(server.bucket()).unwrap().map(|entry| entry.unwrap().path()).filter(is_media);
        let dated = entries.map(|path| (path.clone(), std::fs::metadata(path).unwrap().modified().unwrap()));
        dated.collect::<BTreeMap<_, _>>()
    };
    let empty_disk = || {
        let _ = std::fs::remove_dir_all(project.path().join(".rivage"));
        let _ = std::fs::remove_dir_all(project.path().join("public"));
    };
    show_photo(&project, 1);
    let would = told(&["images", "push", "--dry-run", "--json"]);
    assert_eq!((would["missing"].as_array().map(Vec::len), there().len()), (Some(3), 0));
    let pushed = told(&["images", "push", "--json"]);
    assert_eq!((&pushed["sent"], &pushed["made"], &pushed["present"]), (&json!(3), &json!(3), &json!(0)));
    let first = there();
    empty_disk();
    let again = told(&["images", "push", "--json"]);
    assert_eq!((&again["sent"], &again["made"], &again["present"]), (&json!(0), &json!(0), &json!(3)));
    empty_disk();
    let deployed = run(&["deploy", "--production"]);
    assert!(deployed.err.contains("0 files sent to `"), "{}", deployed.err);
    assert_eq!(there(), first, "nothing was written again");
    let kept = walkdir::WalkDir::new(project.path().join(".rivage/cache/images")).into_iter().flatten();
    assert_eq!(kept.filter(|file| is_media(&file.path().to_owned())).count(), 0, "nothing was made");
    // Another photo: what the former deployment shows stays until that is left out of account.
    show_photo(&project, 2);
    run(&["deploy", "--production"]);
    let all = there();
    assert_eq!(all.len(), 6);
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for file in all.keys() {
        std::fs::File::options().write(true).open(file).unwrap().set_modified(long_ago).unwrap();
    }
    assert_eq!(told(&["images", "gc", "--json"])["removed"], json!([]));
    assert_eq!(there().len(), 6);
    let removed = told(&["images", "gc", "--keep", "1", "--json"]);
    let names: Vec<_> = first.keys().map(|path| path.file_name().unwrap().to_string_lossy()).collect();
    assert_eq!(removed["removed"], json!(names));
    assert_eq!(there().len(), 3);
}

#[test]
fn images_that_no_version_shows_are_removed() {
    let project = project();
    // One token is enough: its id is the key, the SHA-256 of it the secret.
    let secret = "92493e9a4d131744ccdbf6c8624cd7bf1aaa7085043a33a29ac0ff0c77fb74a0";
    let auth = s3s::auth::SimpleAuth::from_single("token-id", secret);
    let server = s3::Server::start_with(|service| service.set_auth(auth));
    project.write(
        "rivage.toml",
        &format!(
            "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[images]\nstore = \"r2\"\nurl = \"https://img.example.org\"\n\
             formats = []\nwidths = [40]\n[deploy]\ntarget = \"workers\"\nbucket = \"{}\"\nbucket_endpoint = \"{}\"\n",
            s3::BUCKET,
            server.address
        ),
    );
    project.write("wrangler.toml", &format!("preview_urls = true\n{WRANGLER}"));
    let run = |words: &[&str]| project.run(words);
    let there = || {
        let entries = std::fs::read_dir(server.bucket()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "png")).collect::<Vec<_>>()
    };
    let mut of_page = Vec::new();
    for shade in [1_u8, 2] {
        show_photo(&project, shade);
        run(&["deploy", "--production", "--create"]).expect(0);
        of_page.push(there());
    }
    assert!(!of_page[0].is_empty() && of_page[1].len() > of_page[0].len(), "{of_page:?}");
    let stray = server.bucket().join("0123456789abcdef0123456789abcdef.png");
    std::fs::write(&stray, "nobody's").unwrap();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for file in there() {
        std::fs::File::options().write(true).open(file).unwrap().set_modified(long_ago).unwrap();
    }
    let dry = run(&["images", "gc", "--dry-run", "--json"]).expect(0);
    let told: Value = serde_json::from_str(&dry.out).unwrap();
    assert_eq!(told["removed"], json!(["0123456789abcdef0123456789abcdef.png"]));
    assert!(stray.exists());
    // Keys of a bucket come first, and wrong ones are told.
    let mut wrong = project.command(&["images", "gc"]);
    let wrong = wrong.env("R2_ACCESS_KEY_ID", "token-id").env("R2_SECRET_ACCESS_KEY", "wrong").output().unwrap();
    let wrong = Ran::of(wrong).expect(2);
    assert!(wrong.err.contains("the token needs the right to edit R2"), "{}", wrong.err);
    // Both versions can run again: what they show stays.
    run(&["images", "gc"]).expect(0);
    assert!(!stray.exists());
    assert_eq!(there().len(), of_page[1].len());
    // A version that does not tell what it shows keeps everything.
    project.fake.set_previews("harbour", false);
    let refused = run(&["images", "gc"]).expect(2);
    assert!(refused.err.contains("has no address at which it could tell what it shows"), "{}", refused.err);
    // The one that visitors get tells by the address of the Worker.
    let last = run(&["images", "gc", "--keep", "1"]).expect(0);
    assert!(last.out.contains(" removed from `"), "{}", last.out);
    let left = there();
    assert!(left.len() < of_page[1].len() && of_page[0].iter().any(|file| !left.contains(file)), "{left:?}");
}

#[test]
fn the_way_back_of_a_worker_tells_what_is_wrong() {
    let project = project();
    let check = |words: &[&str], code: i32, told: &str| {
        let ran = project.run(words).expect(code);
        assert!(ran.err.contains(told), "{words:?}: {}", ran.err);
    };
    check(&["deployments"], 2, "there is no Worker `harbour` in this account");
    check(&["rollback"], 2, "there is no Worker `harbour` in this account");
    project.run(&["deploy", "--production", "--create"]).expect(0);
    check(&["rollback"], 2, "there is no deployment before the live one");
    home(&project, "second");
    project.run(&["deploy", "--production"]).expect(0);
    let ids: Vec<String> = project.fake.versions("harbour").into_iter().map(|one| one.id).collect();
    check(&["rollback", &ids[1]], 2, "is live already");
    check(&["rollback", "ffffffffff"], 2, "there is no deployment `ffffffffff` of production");
    check(&["rollback", ""], 2, "`` is the start of several ids");
    // What passes does no harm; what does not leaves everything as it was.
    project.fake.inject(Fault::once("workers.deployment.create", Kind::LostAnswer));
    project.run(&["rollback", &ids[0][..8]]).expect(0);
    assert_eq!(project.fake.running("harbour").as_ref(), Some(&ids[0]));
    project.fake.inject(Fault::always("workers.deployment.create", Kind::Status(403)));
    check(&["rollback", &ids[1]], 2, "nothing has changed");
    // A version that was uploaded and never ran.
    home(&project, "third");
    project.run(&["deploy", "--production"]).expect(2);
    project.fake.heal();
    let third = project.fake.versions("harbour").pop().unwrap().id;
    check(&["rollback", &third], 2, "never ran");
    assert!(project.run(&["deployments"]).expect(0).out.contains("  uploaded  "));
    // Versions of previews are not production's.
    project.run(&["deploy", "--branch", "fix"]).expect(0);
    let preview = project.fake.versions("harbour").pop().unwrap().id;
    check(&["rollback", &preview], 2, "of production");
    // A gradual deployment.
    let half = |id: &str| json!({ "version_id": id, "percentage": 50 });
    project.fake.split("harbour", json!([half(&ids[0]), half(&ids[1])]));
    assert_eq!(project.run(&["deployments"]).expect(0).out.matches("  live 50%  ").count(), 2);
    check(&["rollback"], 2, "visitors are shared out between two versions");
    project.run(&["rollback", &ids[1]]).expect(0);
    assert_eq!(project.fake.running("harbour").as_ref(), Some(&ids[1]));
    // Secrets.
    project.run(&["deploy", "--production", "--force"]).expect(0);
    project.run_with(&["secrets", "put", "KEYS"], "hush").expect(0);
    let live = project.fake.running("harbour");
    check(&["rollback", &ids[1]], 2, "secrets of the Worker have changed since version");
    assert_eq!(project.fake.running("harbour"), live);
    project.run(&["rollback", &ids[1], "--force"]).expect(0);
    assert_eq!(project.fake.running("harbour").as_ref(), Some(&ids[1]));
}

#[test]
fn files_among_routes_come_before_the_program() {
    let project = project();
    project.write("wrangler.toml", &WRANGLER.replace("[assets]", "[assets]\nrun_worker_first = [\"/api/*\"]"));
    let first = project.run(&["deploy", "--production", "--create"]).expect(0);
    assert!(first.err.contains("= files come before the program at /api/, /api/openapi.json [Worker"), "{}", first.err);
    let version = &project.fake.versions("harbour")[0];
    assert!(version.assets.contains_key("/api/index.html"), "{:?}", version.assets);
    let rules = &version.metadata["assets"]["config"]["run_worker_first"];
    assert_eq!(*rules, json!(["/api/*", "!/api/", "!/api/openapi.json"]));
    // Beside a project, only a narrower route helps: that is told.
    project.fake.add_zone("z1", "example.org");
    project.write(
        "rivage.toml",
        "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[deploy]\nproject = \"site\"\n[api]\n",
    );
    let plan = |pattern: &str| {
        project.write("wrangler.toml", &format!("routes = [\"{pattern}\"]\n{WRANGLER}"));
        project.run(&["deploy", "--production", "--dry-run"]).expect(0).err
    };
    let told = plan("example.org/api/*");
    let expect =
        "warning[deploy-shadowed]: the route `example.org/api/*` leads `/api/`, `/api/openapi.json` to the Worker";
    assert!(told.contains(expect), "{told}");
    assert!(!plan("example.org/api/v1/*").contains("deploy-shadowed"));
}

#[test]
fn a_worker_beside_a_pages_project() {
    let project = project();
    project.write(
        "rivage.toml",
        "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[deploy]\nproject = \"site\"\n[api]\n",
    );
    let deployed = project.run(&["deploy", "--production", "--create"]).expect(0);
    assert!(deployed.err.starts_with("Pages project `site` and Worker `harbour`: production"), "{}", deployed.err);
    assert!(project.fake.live(PROJECT).is_some() && project.fake.versions("harbour")[0].assets.is_empty());
    let steps: Vec<_> = project.fake.log().iter().map(|entry| entry.step).collect();
    let at = |step: &str| steps.iter().position(|known| *known == step).unwrap();
    assert!(at("workers.put") < at("pages.upload") && at("pages.upload") < at("pages.deployment.create"));
    // Its program is gone: nothing is deployed, rather than a site without its API.
    std::fs::remove_file(project.path().join("worker/index.js")).unwrap();
    let refused = project.run(&["deploy", "--production"]).expect(2);
    assert!(refused.err.contains("there is no file `worker/index.js`"), "{}", refused.err);
}

#[test]
fn secrets_are_stored_and_never_printed() {
    const VALUE: &str = "hush-c0ffee-5ecret";
    let project = project();
    let silent = |ran: Ran| {
        assert!(!ran.out.contains(VALUE) && !ran.err.contains(VALUE), "the secret was printed");
        ran
    };
    let none = silent(project.run_with(&["secrets", "put", "KEYS"], VALUE)).expect(2);
    assert!(none.err.contains("there is no Worker `harbour` in this account"), "{}", none.err);
    project.run(&["deploy", "--production", "--create"]).expect(0);
    silent(project.run_with(&["secrets", "put", "KEYS"], &format!("{VALUE}\n"))).expect(0);
    assert_eq!(project.fake.secrets("harbour")["KEYS"], VALUE);
    assert_eq!(project.run(&["secrets", "list"]).expect(0).out, "KEYS\n");
    assert_eq!(project.run(&["secrets", "list", "--json"]).expect(0).out, "[\"KEYS\"]\n");
    // It survives deployments, and no log of requests or file of the project has it.
    project.write("content/_index.md", "---\ntitle: Home\n---\nother words\n");
    let told = silent(project.run(&["deploy", "--production", "--json"])).expect(0);
    assert!(told.out.contains("secrets stay: KEYS"), "{}", told.out);
    let bindings = project.fake.versions("harbour").last().unwrap().bindings.clone();
    assert!(bindings.iter().any(|one| one["name"] == "KEYS" && one["type"] == "secret_text"), "{bindings:?}");
    for entry in walkdir::WalkDir::new(project.path()).into_iter().flatten().filter(|entry| entry.file_type().is_file())
    {
        let bytes = std::fs::read(entry.path()).unwrap();
        assert!(!bytes.windows(VALUE.len()).any(|part| part == VALUE.as_bytes()), "{:?} has the secret", entry.path());
        assert!(!bytes.windows(TOKEN.len()).any(|part| part == TOKEN.as_bytes()), "{:?} has the token", entry.path());
    }
    // A failure does not print it either.
    project.fake.inject(Fault::always("workers.secret.put", Kind::Status(403)));
    silent(project.run_with(&["secrets", "put", "KEYS"], VALUE)).expect(2);
    project.fake.heal();
    project.run(&["deploy", "--branch", "fix", "--force"]).expect(0);
    let preview = silent(project.run_with(&["secrets", "put", "KEYS"], VALUE)).expect(2);
    assert!(preview.err.contains("the newest version of the Worker `harbour` is a preview"), "{}", preview.err);
    project.run(&["deploy", "--production", "--force"]).expect(0);
    for (input, told) in [("", "is empty"), ("\n", "is empty"), (&*"x".repeat(6_000), "is longer than 5 KiB")] {
        let refused = project.run_with(&["secrets", "put", "KEYS"], input).expect(2);
        assert!(refused.err.contains(told), "{}", refused.err);
    }
    assert!(
        project.run_with(&["secrets", "put", "no name"], "x").expect(2).err.contains("it must be a name of letters")
    );
    project.run(&["secrets", "delete", "KEYS"]).expect(0);
    assert!(project.fake.secrets("harbour").is_empty());
    assert!(project.run(&["secrets", "delete", "KEYS"]).expect(2).err.contains("has no secret KEYS"));
    std::fs::remove_file(project.path().join("wrangler.toml")).unwrap();
    assert!(project.run(&["secrets", "list", "--target", "pages"]).expect(2).err.contains("this site has no Worker"));
}

/// Runs the doctor; returns its exit code, and the state and message of each topic.
fn doctor(project: &Project, words: &[&str]) -> (i32, Vec<(String, String, String)>) {
    let ran = project.run(&[&["doctor", "--json"], words].concat());
    let told: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}\n{}", ran.out, ran.err));
    assert_eq!(told["ok"] == true, ran.code == 0, "{told}");
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let all = told["checks"].as_array().unwrap().iter();
    (ran.code, all.map(|one| (text(one, "topic"), text(one, "state"), text(one, "message"))).collect())
}

fn has(found: &[(String, String, String)], topic: &str, state: &str, message: &str) {
    let is_it = |one: &&(String, String, String)| one.0 == topic && one.1 == state && one.2.contains(message);
    assert!(found.iter().any(|one| is_it(&one)), "{topic} {state} {message}: {found:#?}");
}

#[test]
fn the_doctor_finds_what_is_missing_and_makes_it() {
    let project = project();
    project.write(
        "rivage.toml",
        "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n[deploy]\nproject = \"new\"\nbucket = \"media\"\ndomain = \"www.example.org\"\n[api]\n",
    );
    let hyperdrive = "\n[[hyperdrive]]\nbinding = \"DB_READ\"\nid = \"gone\"\n\n[[hyperdrive]]\nbinding = \"DB_WRITE\"\nid = \"there\"\n\n[[hyperdrive]]\nbinding = \"DB_MORE\"\nid = \"lost\"\n";
    project.write("wrangler.toml", &format!("{WRANGLER}{hyperdrive}"));
    project.fake.add_hyperdrive("there", "harbour-db", false);
    let (code, found) = doctor(&project, &[]);
    assert_eq!(code, 1);
    has(&found, "settings", "ok", "Pages project `new` and Worker `harbour`");
    has(&found, "token", "ok", "active until 2099");
    has(&found, "account", "ok", "0123456789abcdef");
    has(&found, "project", "problem", "there is no Pages project `new`");
    has(&found, "bucket", "problem", "there is no bucket `media`");
    has(&found, "worker", "warning", "there is no Worker `harbour` yet");
    has(&found, "worker", "ok", "`index.js` and 1 modules beside it");
    has(&found, "workers.dev", "ok", "harbour.test.workers.dev");
    has(&found, "hyperdrive", "problem", "DB_READ: there is no configuration `gone`");
    has(&found, "hyperdrive", "ok", "DB_WRITE is `harbour-db`");
    has(&found, "database", "warning", "DATABASE_URL is not set");
    // Nothing has been made without being asked.
    assert!(project.fake.buckets().is_empty());

    let url = "postgres://reader:pa55w0rd@db.example.org/harbour";
    let more = "postgres://writer:pa55w0rd@db.example.org/harbour";
    let tunnel = "postgres://owner:pa55w0rd@127.0.0.1:1/harbour";
    let mut command = project.command(&["doctor", "--fix"]);
    command.env("DATABASE_READ_URL", url).env("HYPERDRIVE_URL", more).env("DATABASE_URL", tunnel);
    // Nothing listens at the end of the tunnel, which is what it is told of at last.
    let fixed = command.output().unwrap();
    let fixed = Ran::of(fixed).expect(1);
    assert!(!fixed.out.contains("pa55w0rd") && !fixed.err.contains("pa55w0rd"), "the password was printed");
    for line in [
        "fixed    project: made the Pages project `new`",
        "fixed    bucket: made `media`",
        "fixed    domain: connected",
    ] {
        assert!(fixed.out.contains(line), "{line}: {}", fixed.out);
    }
    let made = project.fake.hyperdrives();
    let [_, read, write] = &made[..] else { panic!("{made:?}") };
    assert_eq!((&read["name"], &read["origin"]["password"]), (&json!("harbour-db-read"), &json!("pa55w0rd")));
    assert_eq!((&write["name"], &write["origin"]["user"]), (&json!("harbour-db-more"), &json!("writer")));
    assert_eq!((&read["caching"]["disabled"], &write["caching"]["disabled"]), (&json!(false), &json!(true)));
    let written = std::fs::read_to_string(project.path().join("wrangler.toml")).unwrap();
    let expect = hyperdrive.replace("\"gone\"", &read["id"].to_string()).replace("\"lost\"", &write["id"].to_string());
    assert_eq!(written, format!("{WRANGLER}{expect}"));
    assert_eq!(project.fake.pages_domains("new"), ["new.pages.dev", "www.example.org"]);
    let (code, found) = doctor(&project, &[]);
    assert_eq!((code, found.iter().filter(|one| one.1 == "problem").count()), (0, 0), "{found:?}");
    // What has been made is enough to deploy.
    project.run(&["deploy", "--production", "--create"]).expect(0);
}

#[test]
fn the_doctor_tells_each_thing_that_is_wrong() {
    let check = |change: &dyn Fn(&Project), topic: &str, state: &str, message: &str| {
        let project = project();
        project.run(&["deploy", "--production", "--create"]).expect(0);
        change(&project);
        let (code, found) = doctor(&project, &[]);
        has(&found, topic, state, message);
        assert_eq!(code, i32::from(state == "problem"), "{topic} {message}");
    };
    check(&|_| {}, "worker", "ok", "the Worker `harbour` is there");
    check(
        &|project| project.fake.set_token(json!({ "id": "a", "status": "disabled" })),
        "token",
        "problem",
        "the token is disabled",
    );
    check(
        &|project| {
            project.fake.set_token(json!({ "id": "a", "status": "active", "expires_on": "2000-01-01T00:00:00Z" }))
        },
        "token",
        "warning",
        "active until 2000-01-01",
    );
    check(
        &|project| project.fake.inject(Fault::always("workers.deployment.list", Kind::Status(403))),
        "worker",
        "problem",
        "the token may not look at this",
    );
    check(
        &|project| project.fake.set_date("Sun, 06 Nov 1994 08:49:37 GMT"),
        "clock",
        "problem",
        "this machine's clock differs",
    );
    check(&|project| project.fake.set_subdomain(None), "workers.dev", "problem", "no name at workers.dev");
    check(
        &|project| std::fs::remove_file(project.path().join("worker/index.js")).unwrap(),
        "worker",
        "problem",
        "there is no file `worker/index.js`",
    );
    let wrangler =
        |more: &'static str| move |project: &Project| project.write("wrangler.toml", &format!("{WRANGLER}{more}"));
    check(
        &wrangler("\n[[r2_buckets]]\nbinding = \"M\"\nbucket_name = \"gone\"\n"),
        "bucket",
        "problem",
        "there is no bucket `gone`",
    );
    check(
        &|project| project.write("wrangler.toml", &WRANGLER.replace("2026-07-30", "2999-01-01")),
        "versions",
        "problem",
        "has not come yet",
    );
    let keeping = |binding: &'static str| {
        move |project: &Project| {
            let binding = format!("\n[[hyperdrive]]\nbinding = \"{binding}\"\nid = \"1\"\n");
            project.write("wrangler.toml", &format!("{WRANGLER}{binding}"));
            project.fake.add_hyperdrive("1", "harbour-db", true);
        }
    };
    check(&keeping("DB_READ"), "hyperdrive", "ok", "DB_READ is `harbour-db`");
    check(&keeping("DB_WRITE"), "hyperdrive", "problem", "`harbour-db`, which keeps answers");
    check(
        &|project| {
            wrangler("\n[[hyperdrive]]\nbinding = \"D\"\nid = \"1\"\n")(project);
            project.fake.inject(Fault::always("hyperdrive.list", Kind::Status(403)));
        },
        "hyperdrive",
        "problem",
        "the token may not look at this",
    );
    let domain = |project: &Project| {
        let text = std::fs::read_to_string(project.path().join("rivage.toml")).unwrap();
        project.write("rivage.toml", &text.replace("[deploy]", "[deploy]\ndomain = \"www.example.org\""));
    };
    check(&domain, "domain", "problem", "there is no zone for `www.example.org`");
    let with_zone = |project: &Project| {
        domain(project);
        project.fake.add_zone("z", "example.org");
    };
    check(&with_zone, "domain", "warning", "does not lead to the Worker yet");

    let project = project();
    let run = |change: &dyn Fn(&mut std::process::Command)| {
        let mut command = project.command(&["doctor"]);
        change(&mut command);
        Ran::of(command.output().unwrap())
    };
    let told = run(&|command| {
        command.env_remove("CLOUDFLARE_API_TOKEN");
    })
    .expect(1);
    assert!(told.out.contains("problem  token: CLOUDFLARE_API_TOKEN is not set\n         help: "), "{}", told.out);
    let told = run(&|command| {
        command.env("CLOUDFLARE_API_TOKEN", "wrong");
    })
    .expect(1);
    assert!(told.out.contains("problem  token: Cloudflare does not know this token"), "{}", told.out);
    let told = run(&|command| {
        command.env("CLOUDFLARE_ACCOUNT_ID", "mine");
    })
    .expect(1);
    assert!(told.out.contains("problem  account: `mine` is no id of an account"), "{}", told.out);
    run(&|command| {
        command.env_remove("CLOUDFLARE_ACCOUNT_ID");
    })
    .expect(0);
    let told = run(&|command| {
        command.env("DATABASE_URL", "postgres://a:b@127.0.0.1:1/x");
    })
    .expect(1);
    assert!(told.out.contains("problem  database: "), "{}", told.out);
}

#[test]
fn the_doctor_compares_branches() {
    let project = Project::new();
    let (_, found) = doctor(&project, &[]);
    has(&found, "project", "ok", "Pages project `site`, production is the branch `main`");
    project.fake.add_project(PROJECT, "trunk");
    let (code, found) = doctor(&project, &[]);
    assert_eq!(code, 1);
    has(&found, "project", "problem", "production of `site` is the branch `trunk`");
    project.fake.inject(Fault::always("pages.project.get", Kind::Status(403)));
    has(&doctor(&project, &[]).1, "project", "problem", "the token may not look at this");
    project.write("rivage.toml", "[site]\ntitle = \"T\"\nbase_url = \"https://example.org\"\n");
    has(&doctor(&project, &[]).1, "settings", "problem", "does not say where to deploy to");
}

#[test]
fn production_migrates_and_publishes_before_it_uploads() {
    let Some(postgres) = postgres_fixture::shared() else { return };
    let project = project();
    let url = postgres.url("postgres", "postgres");
    let run = |words: &[&str]| Ran::of(project.command(words).env("DATABASE_URL", &url).output().unwrap());
    let plan = run(&["deploy", "--production", "--create"]);
    let told = plan.expect(0);
    assert!(told.err.contains("  + migration rivage V1 "), "{}", told.err);
    assert!(told.err.contains("  ~ content is published into "), "{}", told.err);
    assert!(
        told.err.contains("migrated rivage V1 ") && told.err.contains("published: 3 pages written"),
        "{}",
        told.err
    );
    run(&["db", "status"]).expect(0);
    let again = run(&["deploy", "--production", "--force"]).expect(0);
    assert!(
        !again.err.contains("migration") && again.err.contains("published: 0 pages written, 3 unchanged"),
        "{}",
        again.err
    );
    // Previews leave it alone, and so does who says so.
    project.write("content/_index.md", "---\ntitle: Home\n---\nother words\n");
    for words in [&["deploy", "--branch", "fix"][..], &["deploy", "--production", "--no-db"]] {
        assert!(!run(words).expect(0).err.contains("publish"), "{words:?}");
    }
    // A migration that fails stops the deployment before anything is uploaded.
    project.write("migrations/V1__broken.sql", "select 1 from no_such_table;\n");
    let running = project.fake.running("harbour");
    project.write("content/_index.md", "---\ntitle: Home\n---\nthird words\n");
    project.fake.clear_log();
    let broken = run(&["deploy", "--production"]).expect(1);
    assert!(broken.err.contains("nothing but the database may have changed"), "{}", broken.err);
    assert_eq!((project.fake.running("harbour"), project.fake.count("workers.version.create")), (running, 0));
    let unreachable =
        Ran::of(project.command(&["deploy", "--production", "--db", "postgres://a:b@127.0.0.1:1/x"]).output().unwrap());
    assert!(unreachable.expect(2).err.contains("could not use the database"));
}

/// The keys that the Worker has, read as its program reads them.
fn keys(project: &Project) -> Keys {
    let secrets = project.fake.secrets("harbour");
    let parts = rotation::parts("API_KEYS", secrets.keys().map(String::as_str));
    let text: Vec<&str> = parts.iter().map(|name| secrets[*name].as_str()).collect();
    Keys::parse(&text.join("\n")).unwrap()
}

/// Signs a token, and returns a check of it with other keys.
fn token(signing: &Keys) -> impl Fn(&Keys) -> Result<(), Refused> + use<> {
    const NOW: u64 = 1_800_000_000;
    let settings = AuthSettings::default();
    let claims = Claims { sub: "42".to_owned(), role: "member".to_owned() };
    let token = jwt::sign(signing, &settings, &claims, "id", NOW).unwrap();
    move |keys| jwt::verify(&token, keys, &settings, NOW).map(drop)
}

#[test]
fn keys_of_the_worker_are_exchanged_with_an_overlap() {
    const OLD: &str = "by-hand hs256:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";
    let project = project();
    project.run(&["deploy", "--production", "--create"]).expect(0);
    project.run_with(&["secrets", "put", "API_KEYS"], OLD).expect(0);
    let nothing = project.run(&["secrets", "rotate", "--finish"]).expect(2);
    assert!(nothing.err.contains("API_KEYS has no former key that could be dropped"), "{}", nothing.err);
    let old = token(&keys(&project));

    let begun = project.run(&["secrets", "rotate"]).expect(0);
    assert!(begun.err.contains("API_KEYS of the Worker `harbour` has a new key"), "{}", begun.err);
    assert!(begun.err.contains("the former one still checks: after 20"), "{}", begun.err);
    let names: Vec<_> = project.fake.secrets("harbour").into_keys().collect();
    assert!(names.len() == 2 && names[0] == "API_KEYS" && names[1].starts_with("API_KEYS_2"), "{names:?}");
    let both = keys(&project);
    let new = token(&both);
    assert_eq!([old(&both), new(&both)], [Ok(()), Ok(())], "whoever is signed in stays so");
    assert_eq!(new(&Keys::parse(OLD).unwrap()), Err(Refused::Key), "the new key signs");

    let again = project.run(&["secrets", "rotate"]).expect(2);
    assert!(again.err.contains("is not finished"), "{}", again.err);
    let early = project.run(&["secrets", "rotate", "--finish"]).expect(2);
    assert!(early.err.contains("what the former key of API_KEYS signed is valid until 20"), "{}", early.err);
    assert_eq!(old(&keys(&project)), Ok(()), "nothing was dropped");
    let finished = project.run(&["secrets", "rotate", "--finish", "--overlap", "0"]).expect(0);
    assert!(finished.err.contains("has no secret API_KEYS any more"), "{}", finished.err);
    let one = keys(&project);
    assert_eq!([old(&one), new(&one)], [Err(Refused::Key), Ok(())]);

    // After a leak: the former key is refused at once. A deployment changes nothing about that.
    project.run(&["secrets", "rotate"]).expect(0);
    project.run(&["secrets", "rotate", "--finish", "--now"]).expect(0);
    project.run(&["deploy", "--production", "--force"]).expect(0);
    assert_eq!(new(&keys(&project)), Err(Refused::Key));
    let secrets = project.fake.secrets("harbour");
    assert_eq!(secrets.len(), 1);
    for ran in [begun, again, early, finished] {
        let value = secrets.values().next().unwrap().split_once(' ').unwrap().1;
        assert!(!ran.err.contains("hs256:") && !ran.out.contains(value), "a key was printed");
    }
}

#[test]
fn a_rotation_that_is_broken_off_goes_on() {
    let project = project();
    let none = project.run(&["secrets", "rotate"]).expect(2);
    assert!(none.err.contains("there is no Worker `harbour` in this account"), "{}", none.err);
    project.run(&["deploy", "--production", "--create"]).expect(0);
    // The first key of all has no former one.
    let first = project.run(&["secrets", "rotate"]).expect(0);
    assert!(!first.err.contains("still checks") && keys(&project).can_sign(), "{}", first.err);
    project.run_with(&["secrets", "put", "API_KEYS"], "a hs256:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE").expect(0);
    project
        .run_with(
            &["secrets", "put", "API_KEYS_20200101T000000Z"],
            "b hs256:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE",
        )
        .expect(0);
    project.fake.inject(Fault::always("workers.secret.delete", Kind::Status(403)));
    project.run(&["secrets", "rotate", "--finish", "--now"]).expect(2);
    project.fake.heal();
    project.run(&["secrets", "rotate", "--finish", "--now"]).expect(0);
    assert_eq!(project.fake.secrets("harbour").len(), 1);
    // The other secret that signs is exchanged in the same way, by itself.
    project.run(&["secrets", "rotate", "MEDIA_SECRET"]).expect(0);
    let secrets = project.fake.secrets("harbour");
    let (_, secret) = secrets.iter().find(|(name, _)| name.starts_with("MEDIA_SECRET_")).unwrap();
    assert!(secrets.len() == 2 && secret.len() == 43 && !secret.contains(' '), "{secrets:?}");
    let wrong = project.run(&["secrets", "rotate", "TURNSTILE_SECRET"]).expect(2);
    assert!(wrong.err.contains("[possible values: API_KEYS, MEDIA_SECRET]"), "{}", wrong.err);
    assert!(project.run(&["secrets", "rotate", "--now"]).expect(2).err.contains("--finish"));
}

#[test]
fn keys_in_a_file_are_exchanged_with_an_overlap() {
    let project = project();
    let path = project.path().join("keys");
    let file = path.to_str().unwrap();
    let read = || std::fs::read_to_string(&path).unwrap();
    let missing = project.run(&["secrets", "rotate", "--file", file, "--finish"]).expect(2);
    assert!(missing.err.contains("could not read"), "{}", missing.err);
    std::fs::write(&path, "2025 hs256:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\n").unwrap();
    let old = token(&Keys::parse(&read()).unwrap());
    let begun = project.run(&["secrets", "rotate", "--file", file]).expect(0);
    assert!(begun.err.contains("restart it now"), "{}", begun.err);
    let both = Keys::parse(&read()).unwrap();
    let new = token(&both);
    assert_eq!([old(&both), new(&both)], [Ok(()), Ok(())]);
    assert!(project.run(&["secrets", "rotate", "--file", file]).expect(2).err.contains("is not finished"));
    assert!(
        project.run(&["secrets", "rotate", "--file", file, "--finish"]).expect(2).err.contains("is valid until 20")
    );
    project.run(&["secrets", "rotate", "--file", file, "--finish", "--overlap", "0"]).expect(0);
    let one = Keys::parse(&read()).unwrap();
    assert_eq!([old(&one), new(&one)], [Err(Refused::Key), Ok(())]);

    // What a server is told by its environment: one place or the other, and no key in a message.
    let serve = |variables: &[(&str, &str)]| {
        std::fs::create_dir_all(project.path().join("public")).unwrap();
        Ran::of(project.command(&["serve"]).envs(variables.iter().copied()).output().unwrap())
    };
    let both = serve(&[("RIVAGE_API_KEYS_FILE", file), ("RIVAGE_API_KEYS", "a hs256:x")]).expect(2);
    assert!(both.err.contains("RIVAGE_API_KEYS and RIVAGE_API_KEYS_FILE are both set"), "{}", both.err);
    std::fs::write(&path, "2025 hs256:c2hvcnQ\n").unwrap();
    for ran in [serve(&[("RIVAGE_API_KEYS_FILE", file)]), project.run(&["secrets", "rotate", "--file", file])] {
        let ran = ran.expect(2);
        assert!(ran.err.contains("line 1 of the keys is not `kid algorithm:key`"), "{}", ran.err);
        assert!(!ran.err.contains("c2hvcnQ"), "{}", ran.err);
    }
    // Right keys, and then what comes next: the database.
    std::fs::write(&path, "2025 hs256:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\n").unwrap();
    let next = serve(&[("RIVAGE_API_KEYS_FILE", file), ("MEDIA_SECRET_FILE", file)]).expect(2);
    assert!(next.err.contains("no database is named"), "{}", next.err);
    assert!(serve(&[("MEDIA_SECRET_FILE", "nowhere")]).expect(2).err.contains("could not read `nowhere`"));
}
