//! Deployments to Workers against a strict stand-in for Cloudflare: one version of program and files, and a Worker beside Pages.

mod cloudflare;

use cloudflare::{PROJECT, Scene, WORKER, passing};
use fake_cloudflare::{Fake, Fault, Kind};
use rivage::deploy::workers::Settings;
use rivage::deploy::wrangler::{Route, Zone};
use rivage::deploy::{Options, State};
use serde_json::json;

fn scene() -> Scene {
    Scene::new().with_program("export default one")
}

/// What must run after a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    New,
    Former,
    Either,
}

/// Deploys, changes program and files, and deploys again with a fault. Beside Pages, both have to be new or both old.
fn check(serves_site: bool, fault: Fault, expect: State, then: Then) {
    let told = format!("{serves_site} {fault:?}");
    let scene = scene();
    let deploy = |options: Options| scene.deploy_worker(scene.settings(serves_site), None, options);
    let first = deploy(Options::default());
    assert_eq!(first.state, State::Live, "{told}: {first:?} {:?}", scene.notes());
    let (before, pages_before) = (scene.fake.running(WORKER).unwrap(), scene.fake.live(PROJECT));
    let count = scene.fake.versions(WORKER).len();
    scene.write("index.html", "<h1>two");
    scene.program("export default two");
    scene.fake.inject(fault);
    let outcome = deploy(Options::default());
    assert_eq!(outcome.state, expect, "{told}: {outcome:?} {:?}", scene.notes());
    let is_new = scene.fake.running(WORKER).unwrap() != before;
    if !serves_site && then != Then::Either {
        assert_eq!(scene.fake.live(PROJECT) != pages_before, is_new, "{told}: half of it is live");
    }
    match then {
        Then::New => assert!(is_new, "{told}: {outcome:?}"),
        Then::Former => assert!(!is_new, "{told}: {outcome:?}"),
        Then::Either => {}
    }
    let made = scene.fake.versions(WORKER).len() - count;
    assert!(made <= 1, "{told}: {made} versions");
    if expect == State::Live {
        assert!(scene.fake.faults_happened(), "{told} did not happen");
    }
    scene.fake.heal();
    let again = deploy(Options { resume: true, ..Options::default() });
    assert!(matches!(again.state, State::Live | State::Unchanged), "{told}: {again:?}");
    let running = scene.fake.running(WORKER).unwrap();
    let version = scene.fake.versions(WORKER).into_iter().find(|version| version.id == running).unwrap();
    assert_eq!(version.modules[0].bytes, b"export default two", "{told}");
    assert_eq!(version.assets.contains_key("/index.html"), serves_site, "{told}");
}

const LOOKS: [&str; 5] = [
    "workers.deployment.list",
    "workers.version.get",
    "workers.settings.get",
    "workers.subdomain.get",
    "workers.domains.list",
];
const UPLOADS: [&str; 2] = ["workers.assets.session", "workers.assets.upload"];
const CREATES: [&str; 2] = ["workers.version.create", "workers.deployment.create"];

#[test]
fn what_passes_does_no_harm_and_makes_one_version() {
    std::thread::scope(|scope| {
        for step in LOOKS.into_iter().chain(UPLOADS).chain(CREATES) {
            scope.spawn(move || {
                passing().into_iter().for_each(|kind| check(true, Fault::once(step, kind), State::Live, Then::New))
            });
        }
        for step in CREATES {
            scope.spawn(move || {
                passing().into_iter().for_each(|kind| check(false, Fault::once(step, kind), State::Live, Then::New))
            });
        }
    });
}

/// Everything that can lead to a Worker.
fn reached(scene: &Scene) -> Settings {
    let mut settings = scene.settings(true);
    settings.domain = Some("www.example.org".to_owned());
    settings.wrangler.workers_dev = Some(true);
    settings.wrangler.routes = vec![Route { pattern: "example.org/api/*".to_owned(), is_domain: false, zone: None }];
    settings.wrangler.crons = vec!["0 * * * *".to_owned()];
    settings.wrangler.script.insert("observability".to_owned(), json!({ "enabled": true }));
    settings
}

/// Steps of making a Worker, and of changing it, that [`check`] does not come by.
const NEW: [&str; 11] = [
    "workers.put",
    "workers.account-subdomain",
    "workers.domains.list",
    "workers.deployment.list",
    "zones.list",
    "workers.routes.list",
    "workers.assets.session",
    "workers.subdomain.set",
    "workers.domains.attach",
    "workers.routes.create",
    "workers.schedules.set",
];
const CHANGED: [&str; 3] = ["workers.script-settings", "workers.schedules.get", "workers.routes.list"];

#[test]
fn each_step_of_a_new_worker_may_go_wrong_once() {
    let check = |step: &'static str, is_new: bool, kind: Kind| {
        let told = format!("{step} {is_new} {kind:?}");
        let scene = scene();
        scene.fake.add_zone("z1", "example.org");
        let deploy = || scene.deploy_worker(reached(&scene), None, Options::default());
        if !is_new {
            assert_eq!(deploy().state, State::Live, "{told}");
            scene.program("export default two");
        }
        scene.fake.inject(Fault::once(step, kind));
        let outcome = deploy();
        assert_eq!(outcome.state, State::Live, "{told}: {outcome:?} {:?}", scene.notes());
        assert!(scene.fake.faults_happened(), "{told} did not happen");
        assert_eq!(scene.fake.versions(WORKER).len(), if is_new { 1 } else { 2 }, "{told}");
        assert_eq!((scene.fake.routes().len(), scene.fake.domains().len()), (1, 1), "{told}");
        assert_eq!(scene.fake.schedules(WORKER), ["0 * * * *"], "{told}");
        assert!(scene.fake.is_on_workers_dev(WORKER), "{told}");
        assert_eq!(deploy().state, State::Unchanged, "{told}");
    };
    std::thread::scope(|scope| {
        for (step, is_new) in NEW.map(|step| (step, true)).into_iter().chain(CHANGED.map(|step| (step, false))) {
            scope.spawn(move || passing().into_iter().for_each(|kind| check(step, is_new, kind)));
        }
    });
}

#[test]
fn what_cannot_be_finished_after_the_switch_is_taken_back() {
    for step in [
        "workers.subdomain.set",
        "workers.domains.attach",
        "workers.routes.create",
        "workers.schedules.set",
        "workers.script-settings",
    ] {
        let scene = scene();
        scene.fake.add_zone("z1", "example.org");
        scene.deploy_worker(scene.settings(true), None, Options::default());
        let before = scene.fake.running(WORKER);
        scene.program("export default two");
        scene.fake.inject(Fault::always(step, Kind::Status(403)));
        let mut settings = reached(&scene);
        settings.wrangler.preview_urls = Some(true);
        let outcome = scene.deploy_worker(settings.clone(), None, Options::default());
        assert_eq!((outcome.state, scene.fake.running(WORKER)), (State::Failed, before), "{step}: {outcome:?}");
        scene.fake.heal();
        assert_eq!(scene.deploy_worker(settings, None, Options::default()).state, State::Live, "{step}");
    }
}

#[test]
fn an_upload_whose_token_is_too_old_begins_anew() {
    check(true, Fault::once("workers.assets.upload", Kind::ExpiredToken), State::Live, Then::New);
    check(true, Fault::always("workers.assets.upload", Kind::ExpiredToken), State::Failed, Then::Former);
}

#[test]
fn what_goes_on_ends_the_run_with_the_former_version() {
    for step in LOOKS.into_iter().chain(UPLOADS) {
        check(true, Fault::always(step, Kind::Status(500)), State::Failed, Then::Former);
    }
    for kind in [Kind::Status(403), Kind::Status(429), Kind::Status(400)] {
        check(true, Fault::always("workers.version.create", kind.clone()), State::Failed, Then::Former);
        check(true, Fault::always("workers.deployment.create", kind), State::Failed, Then::Former);
    }
    // An upload that is not heard of is not live: no harm is done, and that is certain.
    check(true, Fault::always("workers.version.create", Kind::Status(500)), State::Failed, Then::Former);
    check(true, Fault::always("workers.deployment.create", Kind::Status(500)), State::Unknown, Then::Either);
    check(true, Fault::always("workers.assets.upload", Kind::LoseAssets), State::Failed, Then::Former);
    check(true, Fault::once("workers.assets.upload", Kind::LoseAssets), State::Live, Then::New);
}

#[test]
fn a_worker_and_a_pages_project_change_together_or_not_at_all() {
    for kind in [Kind::Status(403), Kind::Stage("failure")] {
        check(false, Fault::once("pages.deployment.create", kind), State::Failed, Then::Former);
    }
    check(false, Fault::always("pages.upload", Kind::Status(500)), State::Failed, Then::Former);
    check(false, Fault::always("site", Kind::Status(404)), State::Failed, Then::Former);
    check(false, Fault::always("pages.deployment.create", Kind::Status(500)), State::Unknown, Then::Either);
}

#[test]
fn a_version_that_does_not_answer_well_is_taken_back() {
    check(true, Fault::always("site", Kind::Status(404)), State::Failed, Then::Former);
    let scene = scene();
    scene.deploy_worker(scene.settings(true), None, Options::default());
    let before = scene.fake.running(WORKER);
    scene.program("BROKEN");
    let outcome = scene.deploy_worker(scene.settings(true), None, Options::default());
    assert_eq!(outcome.state, State::Failed, "{outcome:?}");
    assert!(outcome.reason.unwrap().contains("/api/v1/health"));
    assert_eq!(scene.fake.running(WORKER), before);
}

#[test]
fn a_new_worker_is_reached_last_and_is_hidden_again_when_it_is_broken() {
    let scene = Scene::new().with_program("BROKEN");
    let outcome = scene.deploy_worker(scene.settings(true), None, Options::default());
    assert_eq!(outcome.state, State::Failed, "{outcome:?}");
    assert!(outcome.sentence.contains("is new, and nothing leads to it"), "{}", outcome.sentence);
    assert!(!scene.fake.is_on_workers_dev(WORKER));
    scene.program("export default well");
    let outcome = scene.deploy_worker(scene.settings(true), None, Options::default());
    assert_eq!(outcome.state, State::Live, "{outcome:?}");
    assert!(scene.fake.is_on_workers_dev(WORKER));
    let steps: Vec<_> = scene.fake.log().iter().map(|entry| entry.step).collect();
    let at = |step: &str| steps.iter().position(|known| *known == step).unwrap();
    assert!(at("workers.put") < at("workers.subdomain.set"));
    // Not without being asked.
    let refused =
        Scene::new().deploy_worker(Settings { create: false, ..scene.settings(true) }, None, Options::default());
    assert!(refused.reason.unwrap().contains("there is no Worker `site-api`"));
}

#[test]
fn one_version_has_program_and_files_and_is_not_uploaded_twice() {
    let scene = scene();
    scene.deploy_worker(scene.settings(true), None, Options::default());
    let version = &scene.fake.versions(WORKER)[0];
    let names: Vec<_> =
        version.modules.iter().map(|module| (module.name.as_str(), module.content_type.as_str())).collect();
    assert_eq!(
        names,
        [
            ("index.js", "application/javascript+module"),
            ("a.wasm", "application/wasm"),
            ("manifest.bin", "application/octet-stream"),
        ]
    );
    assert!(version.assets.contains_key("/docs/a/index.html"));
    assert_eq!(version.metadata["assets"]["config"]["_headers"], "/*\n  X-A: b\n");
    assert_eq!(version.metadata["keep_bindings"], json!(["secret_text", "secret_key"]));
    scene.fake.clear_log();
    let again = scene.deploy_worker(scene.settings(true), None, Options::default());
    assert_eq!(again.state, State::Unchanged, "{again:?}");
    assert_eq!(scene.fake.count("workers.version.create") + scene.fake.count("workers.assets.session"), 0);
    // A page of the site alone: no file that is known is sent again.
    scene.write("index.html", "<h1>other");
    scene.deploy_worker(scene.settings(true), None, Options::default());
    assert!(scene.fake.uploads().values().all(|count| *count == 1), "{:?}", scene.fake.uploads());
}

#[test]
fn beside_pages_only_what_changed_is_uploaded() {
    let scene = scene();
    scene.deploy_worker(scene.settings(false), None, Options::default());
    assert!(scene.fake.versions(WORKER)[0].assets.is_empty());
    scene.write("index.html", "<h1>other");
    let outcome = scene.deploy_worker(scene.settings(false), None, Options::default());
    assert_eq!((outcome.state, scene.fake.versions(WORKER).len()), (State::Live, 1), "{outcome:?}");
    assert_eq!(scene.fake.deployments(PROJECT).len(), 2);
    // Where the site is bad, the Worker stays as it is.
    let before = scene.fake.running(WORKER);
    scene.write("index.html", "<h1>third");
    scene.fake.inject(Fault::always("site", Kind::Status(404)));
    let outcome = scene.deploy_worker(scene.settings(false), None, Options::default());
    assert!(outcome.sentence.contains("Worker `site-api` is as it was"), "{outcome:?}");
    assert_eq!(scene.fake.running(WORKER), before);
}

#[test]
fn nothing_is_removed_without_being_asked() {
    let scene = scene();
    scene.deploy_worker(scene.settings(true), None, Options::default());
    let name = |version: &fake_cloudflare::Version| -> Vec<String> {
        version.bindings.iter().filter_map(|one| one["name"].as_str().map(str::to_owned)).collect()
    };
    scene.fake.add_binding(WORKER, json!({ "name": "BY_HAND", "type": "plain_text", "text": "x" }));
    scene.fake.add_binding(WORKER, json!({ "name": "KEYS", "type": "secret_text" }));
    scene.program("export default two");
    scene.deploy_worker(scene.settings(true), None, Options::default());
    assert_eq!(name(scene.fake.versions(WORKER).last().unwrap()), ["LOG", "BY_HAND", "KEYS"]);
    let prune = Settings { prune: true, ..scene.settings(true) };
    scene.deploy_worker(prune, None, Options { force: true, ..Options::default() });
    assert_eq!(name(scene.fake.versions(WORKER).last().unwrap()), ["LOG", "KEYS"]);
}

#[test]
fn previews_have_their_own_address_and_production_stays() {
    let scene = scene();
    let none = scene.deploy_worker(scene.settings(true), Some("fix/a"), Options::default());
    assert!(none.reason.unwrap().contains("there is no Worker"));
    // Beside Pages, the site has a preview all the same.
    let pages = scene.deploy_worker(scene.settings(false), Some("fix/a"), Options::default());
    assert_eq!(pages.state, State::Live, "{pages:?}");
    scene.deploy_worker(scene.settings(true), None, Options::default());
    let live = scene.fake.running(WORKER);
    scene.write("index.html", "<h1>preview");
    let preview = scene.deploy_worker(scene.settings(true), Some("fix/a"), Options::default());
    assert_eq!(preview.state, State::Live, "{preview:?} {:?}", scene.notes());
    assert_eq!(scene.fake.running(WORKER), live);
    let alias = &preview.places[0].public[0];
    assert!(alias.contains("/hosts/fix-a-") && alias.ends_with("-site-api.test.workers.dev"), "{alias}");
    let page = scene.client(cloudflare::policy()).fetch(&format!("{alias}/"), 100).unwrap();
    assert_eq!(page.bytes, b"<h1>preview");
    let again = scene.deploy_worker(scene.settings(true), Some("fix/a"), Options::default());
    assert_eq!(again.state, State::Unchanged);
    // A preview that is broken does not touch production.
    scene.write("index.html", "<h1>broken");
    scene.fake.inject(Fault::always("site", Kind::Status(404)));
    let broken = scene.deploy_worker(scene.settings(true), Some("fix/a"), Options::default());
    assert_eq!((broken.state, scene.fake.running(WORKER)), (State::Failed, live));
}

#[test]
fn routes_and_domains_are_added_after_the_switch_and_taken_from_nobody() {
    let scene = scene();
    scene.fake.add_zone("z1", "example.org");
    scene.fake.add_route("z1", "example.org/old/*", "other");
    scene.fake.add_route("z1", "example.org/kept/*", WORKER);
    let mut settings = scene.settings(true);
    settings.domain = Some("www.example.org".to_owned());
    let route = |pattern: &str| Route { pattern: pattern.to_owned(), is_domain: false, zone: None };
    settings.wrangler.routes = vec![route("example.org/api/*"), route("example.org/kept/*")];
    settings.wrangler.crons = vec!["0 * * * *".to_owned()];
    let outcome = scene.deploy_worker(settings.clone(), None, Options::default());
    assert_eq!(outcome.state, State::Live, "{outcome:?}");
    assert_eq!(scene.fake.routes().len(), 3);
    assert_eq!(scene.fake.domains(), [("www.example.org".to_owned(), WORKER.to_owned())]);
    assert_eq!(scene.fake.schedules(WORKER), ["0 * * * *"]);
    assert!(!scene.fake.is_on_workers_dev(WORKER));
    assert_eq!(scene.deploy_worker(settings.clone(), None, Options::default()).state, State::Unchanged);
    // What leads elsewhere, or nowhere.
    for (route, told) in [
        (route("example.org/old/*"), "`example.org/old/*` leads to the Worker `other`"),
        (route("unknown.net/*"), "there is no zone for `unknown.net`"),
        (
            Route { zone: Some(Zone::Name("gone.net".to_owned())), ..route("x.org/*") },
            "there is no zone for `gone.net`",
        ),
    ] {
        let mut settings = settings.clone();
        settings.wrangler.routes = vec![route];
        let refused = scene.deploy_worker(settings, None, Options::default());
        assert!(refused.reason.unwrap().contains(told), "{told}");
    }
    // A schedule that somebody else made stays; a route that cannot be added takes the version back.
    settings.wrangler.crons = vec!["5 * * * *".to_owned()];
    settings.wrangler.routes.push(route("example.org/new/*"));
    scene.program("export default two");
    let before = scene.fake.running(WORKER);
    settings.bundle = scene.settings(true).bundle;
    scene.fake.inject(Fault::always("workers.routes.create", Kind::Status(403)));
    let outcome = scene.deploy_worker(settings.clone(), None, Options::default());
    assert_eq!((outcome.state, scene.fake.running(WORKER)), (State::Failed, before), "{outcome:?}");
    scene.fake.heal();
    let outcome = scene.deploy_worker(settings, None, Options::default());
    assert_eq!(outcome.state, State::Live, "{outcome:?}");
    assert_eq!(scene.fake.schedules(WORKER), ["5 * * * *", "0 * * * *"]);
}

#[test]
fn a_gradual_deployment_is_not_ended_unasked() {
    let scene = scene();
    scene.deploy_worker(scene.settings(true), None, Options::default());
    scene.program("export default two");
    scene.deploy_worker(scene.settings(true), None, Options::default());
    let versions = scene.fake.versions(WORKER);
    let share = |at: usize| json!({ "version_id": versions[at].id, "percentage": 50 });
    scene.fake.split(WORKER, json!([share(0), share(1)]));
    scene.program("export default three");
    let refused = scene.deploy_worker(scene.settings(true), None, Options::default());
    assert!(refused.reason.unwrap().contains("shared out between two versions"));
    let forced = Settings { force: true, ..scene.settings(true) };
    assert_eq!(scene.deploy_worker(forced, None, Options::default()).state, State::Live);
}

#[test]
fn an_account_without_a_name_at_workers_dev_is_told() {
    let scene = Scene::on(Fake::start()).with_program("x");
    scene.fake.set_subdomain(None);
    let refused = scene.deploy_worker(scene.settings(true), None, Options::default());
    assert!(refused.reason.unwrap().contains("no name at workers.dev"));
}
