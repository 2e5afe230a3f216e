//! Deployments against a strict stand-in for Cloudflare: what goes wrong, what comes of it, what is live then.

mod cloudflare;

use std::time::Duration;

use cloudflare::{PROJECT, Scene, passing, policy};
use fake_cloudflare::{Fake, Fault, Kind};
use rivage::deploy::{Options, State};

/// What must be live after a run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// The new site, by one deployment.
    New,
    /// The former site.
    Former,
    /// Nobody can tell from here; the run must say so.
    Either,
}

/// Deploys a first site, then changes it and deploys again with a fault. Checks what comes of it, and that nothing is half live.
fn check(fault: Fault, expect: State, then: Then) {
    let told = format!("{fault:?}");
    let scene = Scene::new();
    scene.write("index.html", "<h1>one");
    let former = scene.deploy(Options::default());
    assert_eq!(former.state, State::Live, "{told}: {former:?}");
    let before = scene.fake.live(PROJECT).unwrap();
    let count = scene.fake.deployments(PROJECT).len();

    scene.write("index.html", "<h1>two");
    scene.write("blog/deep/page/index.html", "<h1 id=x>deep");
    scene.fake.inject(fault);
    let outcome = scene.deploy(Options::default());
    assert_eq!(outcome.state, expect, "{told}: {outcome:?} {:?}", scene.notes());
    let live = scene.fake.live(PROJECT).unwrap();
    match then {
        Then::New => assert_ne!(live, before, "{told}: {outcome:?}"),
        Then::Former => assert_eq!(live, before, "{told}: {outcome:?}"),
        Then::Either => {}
    }
    let made = scene.fake.deployments(PROJECT).len() - count;
    assert!(made <= 1, "{told}: {made} deployments were made");
    if expect == State::Live {
        assert_eq!(made, 1, "{told}");
        assert!(scene.fake.faults_happened(), "{told} did not happen");
    }
    assert!(!outcome.sentence.is_empty(), "{told}");
    // Whatever happened: once Cloudflare is well, the same command ends well, and the site is the new one.
    scene.fake.heal();
    let again = scene.deploy(Options { resume: true, ..Options::default() });
    assert!(matches!(again.state, State::Live | State::Unchanged), "{told}: {again:?}");
    let live = scene.fake.live(PROJECT).unwrap();
    let deployment = scene.fake.deployments(PROJECT).into_iter().find(|one| one.id == live).unwrap();
    assert!(deployment.manifest.contains_key("/blog/deep/page/index.html"), "{told}");
    assert!(scene.fake.deployments(PROJECT).len() <= count + 2, "{told}");
}

const GETS: [&str; 2] = ["pages.project.get", "pages.upload-token"];
const POSTS: [&str; 3] = ["pages.check-missing", "pages.upload", "pages.upsert-hashes"];

#[test]
fn what_passes_at_a_step_that_may_be_repeated_does_no_harm() {
    std::thread::scope(|scope| {
        for step in GETS.into_iter().chain(POSTS) {
            scope.spawn(move || {
                passing().into_iter().for_each(|kind| check(Fault::once(step, kind), State::Live, Then::New))
            });
        }
    });
}

#[test]
fn what_goes_on_at_a_step_ends_the_run_with_the_former_site() {
    for step in GETS.into_iter().chain(["pages.check-missing", "pages.upload"]) {
        for kind in [Kind::Status(500), Kind::Reset, Kind::Html(502)] {
            check(Fault::always(step, kind), State::Failed, Then::Former);
        }
    }
    // The server only remembers less.
    check(Fault::always("pages.upsert-hashes", Kind::Status(500)), State::Live, Then::New);
}

#[test]
fn a_token_without_rights_ends_the_run_at_once() {
    for step in ["pages.project.get", "pages.upload-token", "pages.deployment.create"] {
        check(Fault::always(step, Kind::Status(403)), State::Failed, Then::Former);
    }
}

#[test]
fn a_deployment_is_made_once_whatever_is_heard_of_it() {
    std::thread::scope(|scope| {
        for kind in passing() {
            scope.spawn(|| check(Fault::once("pages.deployment.create", kind), State::Live, Then::New));
        }
    });
    // It is never heard of, and the list fails, too: the run must not claim anything.
    check(Fault::always("pages.deployment.create", Kind::Status(500)), State::Unknown, Then::Either);
    check(Fault::always("pages.deployment.create", Kind::Status(429)), State::Failed, Then::Former);
}

#[test]
fn a_deployment_that_is_made_and_cannot_be_looked_for_is_unknown() {
    let scene = Scene::new();
    scene.fake.inject(Fault::always("pages.deployment.create", Kind::LostAnswer));
    scene.fake.inject(Fault::always("pages.deployment.list", Kind::Status(500)));
    let outcome = scene.deploy(Options::default());
    assert_eq!(outcome.state, State::Unknown);
    assert!(outcome.sentence.contains("may or may not be live"), "{}", outcome.sentence);
    // It was: going on finds it and makes no second one.
    scene.fake.heal();
    let again = scene.deploy(Options { resume: true, force: true, ..Options::default() });
    assert_eq!(again.state, State::Live, "{again:?}");
    assert_eq!(scene.fake.deployments(PROJECT).len(), 1);
}

#[test]
fn a_deployment_is_waited_for() {
    let scene = Scene::new();
    scene.fake.inject(Fault::once("pages.deployment.create", Kind::Stage("active")));
    scene.fake.inject(Fault { skip: 2, ..Fault::once("pages.deployment.get", Kind::Stage("success")) });
    scene.fake.inject(Fault { skip: 1, ..Fault::once("pages.deployment.get", Kind::Status(500)) });
    assert_eq!(scene.deploy(Options::default()).state, State::Live);

    let scene = Scene::new();
    scene.fake.inject(Fault::once("pages.deployment.create", Kind::Stage("active")));
    let outcome = scene.deploy(Options { patience: Duration::from_millis(200), ..Options::default() });
    assert_eq!(outcome.state, State::Unknown, "{outcome:?}");
    assert!(outcome.reason.unwrap().contains("still at `build`"));
}

#[test]
fn waiting_survives_what_passes() {
    std::thread::scope(|scope| {
        for kind in passing() {
            scope.spawn(move || {
                let scene = Scene::new();
                scene.fake.inject(Fault::once("pages.deployment.create", Kind::Stage("active")));
                scene.fake.inject(Fault::once("pages.deployment.get", kind.clone()));
                scene.fake.inject(Fault::once("pages.deployment.get", Kind::Stage("success")));
                let outcome = scene.deploy(Options::default());
                assert_eq!(outcome.state, State::Live, "{kind:?}: {outcome:?}");
                assert_eq!(scene.fake.deployments(PROJECT).len(), 1, "{kind:?}");
            });
        }
    });
}

#[test]
fn a_deployment_that_cloudflare_cannot_finish_changes_nothing() {
    check(Fault::once("pages.deployment.create", Kind::Stage("failure")), State::Failed, Then::Former);
    let scene = Scene::new();
    scene.fake.inject(Fault::once("pages.deployment.create", Kind::Stage("failure")));
    let outcome = scene.deploy(Options::default());
    assert!(outcome.reason.unwrap().contains("an injected failure"));
    assert_eq!(scene.fake.live(PROJECT), None);
}

#[test]
fn expired_tokens_are_renewed() {
    for step in POSTS {
        check(Fault::once(step, Kind::ExpiredToken), State::Live, Then::New);
    }
    check(Fault::always("pages.upload", Kind::ExpiredToken), State::Failed, Then::Former);
    // A token that is about to expire is renewed before it does: the server never has to refuse one.
    let scene = Scene::new();
    scene.fake.set_token_life(Duration::from_secs(1));
    for number in 0..40 {
        scene.write(&format!("large/{number}.bin"), &format!("{number}{}", "x".repeat(3_000_000)));
    }
    scene.fake.inject(Fault { times: 6, ..Fault::once("pages.upload", Kind::Late(Duration::from_millis(400))) });
    assert_eq!(
        scene
            .deploy_with(rivage_cloudflare::Policy { stall: Duration::from_secs(20), ..policy() }, Options::default())
            .state,
        State::Live
    );
    assert!(scene.fake.count("pages.upload-token") > 2);
}

#[test]
fn lost_files_are_sent_again_or_refused() {
    check(Fault::once("pages.upload", Kind::LoseAssets), State::Live, Then::New);
    check(Fault::always("pages.upload", Kind::LoseAssets), State::Failed, Then::Former);
}

#[test]
fn a_site_that_does_not_answer_well_is_taken_back() {
    check(Fault::always("site", Kind::Status(404)), State::Failed, Then::Former);
    check(Fault::once("site", Kind::Status(500)), State::Live, Then::New);
    // Without a former deployment there is no way back.
    let scene = Scene::new();
    scene.fake.inject(Fault::always("site", Kind::Status(404)));
    let outcome = scene.deploy(Options::default());
    assert_eq!(outcome.state, State::Broken, "{outcome:?}");
    // Nor where going back fails.
    let scene = Scene::new();
    scene.deploy(Options::default());
    scene.write("index.html", "other");
    scene.fake.inject(Fault::always("site", Kind::Status(404)));
    scene.fake.inject(Fault::always("pages.rollback", Kind::Status(403)));
    assert_eq!(scene.deploy(Options::default()).state, State::Broken);
}

#[test]
fn going_back_survives_what_passes() {
    for kind in [Kind::Status(500), Kind::LostAnswer, Kind::Reset, Kind::Status(429)] {
        let scene = Scene::new();
        scene.deploy(Options::default());
        let before = scene.fake.live(PROJECT);
        scene.write("index.html", "other");
        scene.fake.inject(Fault::always("site", Kind::Status(404)));
        scene.fake.inject(Fault::once("pages.rollback", kind.clone()));
        let outcome = scene.deploy(Options::default());
        assert_eq!(outcome.state, State::Failed, "{kind:?} {outcome:?}");
        assert_eq!(scene.fake.live(PROJECT), before);
    }
}

#[test]
fn an_unchanged_site_is_not_deployed_again() {
    let scene = Scene::new();
    assert_eq!(scene.deploy(Options::default()).state, State::Live);
    scene.fake.clear_log();
    let again = scene.deploy(Options::default());
    assert_eq!(again.state, State::Unchanged, "{again:?}");
    assert_eq!(scene.fake.count("pages.upload") + scene.fake.count("pages.deployment.create"), 0);
    // Unless it is asked for; then no file is sent.
    let forced = scene.deploy(Options { force: true, ..Options::default() });
    assert_eq!((forced.state, scene.fake.count("pages.upload")), (State::Live, 0));
}

#[test]
fn previews_and_production_do_not_mix() {
    let scene = Scene::new();
    let outcome = scene.deploy_to(false, "feature", Options::default());
    assert_eq!(outcome.state, State::Live);
    assert_eq!(scene.fake.live(PROJECT), None);
    assert!(!scene.fake.deployments(PROJECT)[0].production);
    assert_eq!(scene.deploy_to(false, "feature", Options::default()).state, State::Unchanged);
    // The same files on another branch are another preview.
    assert_eq!(scene.deploy_to(false, "other", Options::default()).state, State::Live);
    // A preview that does not answer well does not touch production.
    scene.deploy(Options::default());
    let live = scene.fake.live(PROJECT);
    scene.write("index.html", "other");
    scene.fake.inject(Fault::always("site", Kind::Status(404)));
    assert_eq!(scene.deploy_to(false, "feature", Options::default()).state, State::Failed);
    assert_eq!((scene.fake.live(PROJECT), scene.fake.count("pages.rollback")), (live, 0));
}

#[test]
fn the_server_gets_each_file_once_with_its_type() {
    let scene = Scene::new();
    scene.write("copy.html", "<h1>same");
    scene.write("copy2.html", "<h1>same");
    scene.write("a.js", "x");
    scene.deploy(Options::default());
    assert!(scene.fake.uploads().values().all(|count| *count == 1), "{:?}", scene.fake.uploads());
    let deployment = &scene.fake.deployments(PROJECT)[0];
    assert_eq!(deployment.manifest["/copy.html"], deployment.manifest["/copy2.html"]);
    assert_eq!(scene.fake.content_type(&deployment.manifest["/a.js"]).as_deref(), Some("application/javascript"));
    assert_eq!(deployment.special.keys().collect::<Vec<_>>(), ["_headers"]);
    assert_eq!(deployment.fields["branch"], "main");
    assert!(deployment.fields["commit_message"].starts_with("Test [rivage "), "{:?}", deployment.fields);
}

#[test]
fn another_production_branch_is_refused() {
    let scene = Scene::on(Fake::start());
    scene.fake.add_project(PROJECT, "trunk");
    let outcome = scene.deploy(Options::default());
    assert_eq!(outcome.state, State::Failed);
    assert!(outcome.reason.unwrap().contains("production of `site` is the branch `trunk`"));
}
