//! The program itself against the stand-in: what it prints, how it exits, and that it never prints a secret.

mod cloudflare;

use cloudflare::PROJECT;
use cloudflare::project::{Project, Ran};
use fake_cloudflare::{Fault, Kind};

#[test]
fn a_preview_then_production_then_back() {
    let project = Project::new();
    let preview = project.run(&["deploy"]).expect(0);
    assert!(preview.err.starts_with("Pages project `site`: preview (branch preview)\n"), "{}", preview.err);
    assert_eq!(project.fake.live(PROJECT), None);
    let first = project.run(&["deploy", "--production"]).expect(0);
    assert!(first.err.starts_with("Pages project `site`: production (branch main)\n"), "{}", first.err);
    assert!(
        first.out.starts_with("production (branch main) is live: https://site.pages.dev\nhttp://127.0.0.1:"),
        "{}",
        first.out
    );
    let one = project.fake.live(PROJECT).unwrap();

    project.write("content/_index.md", "---\ntitle: Home\n---\nThe tide is low.\n");
    let plan = project.run(&["deploy", "--production", "--dry-run"]).expect(0);
    assert!(plan.out.contains("  ~ /index.html  high. → low.\n"), "{}", plan.out);
    assert!(plan.out.contains(" changed (") && plan.out.contains(" KB), "), "{}", plan.out);
    assert_eq!(project.fake.live(PROJECT).unwrap(), one);
    project.run(&["deploy", "--production"]).expect(0);
    assert_ne!(project.fake.live(PROJECT).unwrap(), one);

    let list = project.run(&["deployments"]).expect(0);
    assert_eq!(list.out.lines().count(), 3, "{}", list.out);
    assert!(list.out.lines().next().unwrap().contains("live"), "{}", list.out);
    let list = project.run(&["deployments", "--production", "--json"]).expect(0);
    let list: serde_json::Value = serde_json::from_str(&list.out).unwrap();
    assert_eq!((list[0]["status"].as_str(), list[1]["status"].as_str()), (Some("live"), Some("done")));
    project.run(&["rollback", "--dry-run"]).expect(0);
    assert_ne!(project.fake.live(PROJECT).unwrap(), one);
    project.run(&["rollback"]).expect(0);
    assert_eq!(project.fake.live(PROJECT).unwrap(), one);
    project.run(&["rollback", &one]).expect(2);
}

#[test]
fn plans_as_json_and_markdown() {
    let project = Project::new();
    project.run(&["deploy", "--production"]).expect(0);
    project.write("content/docs/guide.md", "---\ntitle: Guide\n---\n");
    project.write("content/_index.md", "---\ntitle: Home\n---\nThe | tide <b>is</b> low.\n");
    let plan = project.run(&["deploy", "--dry-run", "--json"]).expect(0);
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    assert_eq!((plan["state"].as_str(), plan["plan"]["environment"].as_str()), (Some("planned"), Some("preview")));
    let added: Vec<_> = plan["plan"]["added"].as_array().unwrap().iter().filter_map(|path| path.as_str()).collect();
    assert!(added.contains(&"/docs/guide/index.html"), "{added:?}");
    let markdown = project.run(&["deploy", "--branch", "fix", "--markdown"]).expect(0);
    assert!(
        markdown.out.starts_with("### Deploy plan: preview (branch fix)\n\nPreview: http://127.0.0.1:"),
        "{}",
        markdown.out
    );
    assert!(markdown.out.contains("| `/` | tide is high. → \\| tide is low. |"), "{}", markdown.out);
}

#[test]
fn a_url_that_would_vanish_stops_the_deployment() {
    let project = Project::new();
    project.run(&["deploy", "--production"]).expect(0);
    let live = project.fake.live(PROJECT);
    std::fs::rename(project.path().join("content/docs/install.md"), project.path().join("content/docs/installing.md"))
        .unwrap();
    let refused = project.run(&["deploy", "--production"]).expect(1);
    assert!(refused.err.contains("error[url-gone]: `/docs/install/` is live and would be gone"), "{}", refused.err);
    assert!(refused.err.contains("if it is `/docs/installing/` now, write `aliases"), "{}", refused.err);
    assert!(refused.err.contains("nothing has changed: production (branch main) shows deployment "), "{}", refused.err);
    assert_eq!(project.fake.live(PROJECT), live);
    project
        .write("content/docs/installing.md", "---\ntitle: Install\naliases: [/docs/install/]\n---\n## First\n\ntext\n");
    let redirected = project.run(&["deploy", "--production"]).expect(0);
    assert!(!redirected.err.contains("url-gone"), "{}", redirected.err);
    // What is redirected may go when that is said.
    project.write("content/docs/installing.md", "---\ntitle: Install\n---\n## First\n\ntext\n");
    std::fs::remove_file(project.path().join("content/docs/installing.md")).unwrap();
    project.run(&["deploy", "--production"]).expect(1);
    let gone = project.run(&["deploy", "--production", "--allow-gone"]).expect(0);
    assert!(gone.err.contains("warning[url-gone]"), "{}", gone.err);
}

#[test]
fn what_cannot_run_says_what_to_do() {
    let project = Project::new();
    let check = |ran: Ran, told: &str| {
        let ran = ran.expect(2);
        assert!(ran.err.contains(told), "{}", ran.err);
    };
    let without = |name: &str| Ran::of(project.command(&["deploy"]).env_remove(name).output().unwrap());
    check(without("CLOUDFLARE_API_TOKEN"), "CLOUDFLARE_API_TOKEN is not set");
    without("CLOUDFLARE_ACCOUNT_ID").expect(0);
    check(
        Ran::of(project.command(&["deploy"]).env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap()),
        "Authentication error (code 10000)",
    );
    check(project.run(&["deploy", "--project", "other"]), "there is no Pages project `other` in this account");
    check(project.run(&["deploy", "--branch", "main"]), "`main` is the branch of production");
    check(project.run(&["deploy", "--no-build", "--out", "nowhere"]), "there is no folder `nowhere`");
    check(project.run(&["deploy", "--project", "Not_A_Name"]), "it must be a name of lower-case letters");
    check(project.run(&["rollback"]), "there is no deployment before the live one");
    project.run(&["deploy", "--project", "made", "--create"]).expect(0);
    project.write("rivage.toml", "[site]\ntitle = \"T\"\n");
    check(project.run(&["deploy"]), "rivage.toml does not say where to deploy to");
    project.write("rivage.toml", "[site]\ntitle = \"T\"\n[deploy]\ntarget = \"moon\"\n");
    check(project.run(&["deploy"]), "`rivage.toml` has errors");
}

#[test]
fn a_site_with_errors_or_secrets_is_not_deployed() {
    let project = Project::new();
    project.write("static/.env", "SECRET=1\n");
    let refused = project.run(&["deploy", "--production"]).expect(1);
    assert!(refused.err.contains("error[deploy-hidden-file]: `/.env` would be public"), "{}", refused.err);
    std::fs::remove_file(project.path().join("static/.env")).unwrap();
    project.write("content/bad.mdx", "<Nothing />\n");
    let refused = project.run(&["deploy", "--production"]).expect(1);
    assert!(refused.err.contains("nothing was deployed"), "{}", refused.err);
    assert_eq!(project.fake.count("pages.deployment.create"), 0);
}

#[test]
fn the_exit_code_is_3_when_nobody_knows() {
    let project = Project::new();
    project.fake.inject(Fault::once("pages.deployment.create", Kind::Stage("active")));
    let unknown = project.run(&["deploy", "--production", "--timeout", "1", "--json"]).expect(3);
    let told: serde_json::Value = serde_json::from_str(&unknown.out).unwrap();
    assert_eq!(told["state"], "unknown");
    assert!(told["sentence"].as_str().unwrap().contains("may or may not be live"));
    project.fake.inject(Fault::once("pages.deployment.get", Kind::Stage("success")));
    project.run(&["deploy", "--production", "--resume"]).expect(0);
    assert_eq!(project.fake.deployments(PROJECT).len(), 1);
}

#[test]
fn the_way_back_tells_what_is_wrong() {
    let project = Project::new();
    let check = |words: &[&str], code: i32, told: &str| {
        let ran = project.run(words).expect(code);
        assert!(ran.err.contains(told), "{words:?}: {}", ran.err);
    };
    check(&["deployments"], 0, "nothing has been deployed yet");
    assert_eq!(project.run(&["deployments", "--json"]).expect(0).out, "[]\n");
    check(&["rollback"], 2, "there is no deployment before the live one");
    for words in [&["deployments"][..], &["rollback"], &["deploy", "prune"]] {
        check(&[words, &["--project", "other"]].concat(), 2, "there is no Pages project `other` in this account");
        let wrong = Ran::of(project.command(words).env("CLOUDFLARE_API_TOKEN", "wrong").output().unwrap()).expect(2);
        assert!(
            wrong.err.contains("Authentication error") && wrong.err.contains("`rivage doctor` looks"),
            "{}",
            wrong.err
        );
        let without = Ran::of(project.command(words).env_remove("CLOUDFLARE_API_TOKEN").output().unwrap()).expect(2);
        assert!(without.err.contains("CLOUDFLARE_API_TOKEN is not set"), "{}", without.err);
    }
    check(&["deployments", "--production", "--preview"], 2, "cannot be used with");
    let deploy = |text: &str, code: i32| {
        project.write("content/_index.md", &format!("---\ntitle: Home\n---\n{text}\n"));
        project.run(&["deploy", "--production"]).expect(code);
        project.fake.deployments(PROJECT).pop().unwrap().id
    };
    let (one, two) = (deploy("one", 0), deploy("two", 0));
    project.fake.inject(Fault::once("pages.deployment.create", Kind::Stage("failure")));
    let failed = deploy("three", 2);
    let preview = {
        project.run(&["deploy", "--branch", "fix"]).expect(0);
        project.fake.deployments(PROJECT).pop().unwrap().id
    };
    check(&["rollback", &two], 2, "is live already");
    check(&["rollback", &failed], 2, "is not finished (deploy: failure)");
    check(&["rollback", &preview], 2, "of production");
    check(&["rollback", "nonsense"], 2, "there is no deployment `nonsense` of production");
    // One that is gone in the meantime, or must not be gone back to.
    project.fake.inject(Fault::always("pages.rollback", Kind::Status(403)));
    check(&["rollback", &one], 2, "nothing has changed");
    assert_eq!(project.fake.live(PROJECT).as_ref(), Some(&two));
    project.fake.heal();
    for kind in [Kind::LostAnswer, Kind::Status(500), Kind::RateLimit(0), Kind::Reset] {
        project.fake.inject(Fault::once("pages.rollback", kind.clone()));
        let live = project.fake.live(PROJECT).unwrap();
        let other = if live == one { &two } else { &one };
        project.run(&["rollback", other]).expect(0);
        assert_eq!(project.fake.live(PROJECT).as_ref(), Some(other), "{kind:?}");
    }
}

#[test]
fn old_deployments_are_pruned() {
    let project = Project::new();
    for number in 0..4 {
        project.write("content/_index.md", &format!("---\ntitle: Home\n---\n{number}\n"));
        project.run(&["deploy", "--production"]).expect(0);
    }
    project.run(&["deploy", "--branch", "a"]).expect(0);
    let dry = project.run(&["deploy", "prune", "--keep", "2", "--dry-run"]).expect(0);
    assert_eq!((dry.out.lines().count(), project.fake.deployments(PROJECT).len()), (2, 5));
    project.run(&["deploy", "prune", "--keep", "2"]).expect(0);
    let left = project.fake.deployments(PROJECT);
    assert_eq!((left.len(), left.iter().filter(|one| one.production).count()), (3, 2));
    assert!(left.iter().any(|one| Some(&one.id) == project.fake.live(PROJECT).as_ref()));
}

/// How often deployments to each target are killed, instead of 25 times.
#[cfg(unix)]
const ROUNDS: &str = "RIVAGE_KILL_ROUNDS";

/// Killed at any moment, a deployment goes on with `--resume`, ends right, and sends nothing twice that had arrived.
#[cfg(unix)]
#[test]
fn a_killed_deployment_goes_on() {
    let project = Project::new();
    killed_again_and_again(&project, |project| {
        let all = project.fake.deployments(PROJECT);
        (all.len(), all.last().map(|one| one.id.clone()), project.fake.live(PROJECT))
    });
}

#[cfg(unix)]
#[test]
fn a_killed_deployment_of_a_worker_goes_on() {
    let project = Project::new();
    let settings = "[site]\ntitle = \"T\"\n[deploy]\ntarget = \"workers\"\n";
    project.write("rivage.toml", settings);
    let wrangler = "name = \"w\"\nmain = \"w/index.js\"\ncompatibility_date = \"2026-07-30\"\n";
    project.write("wrangler.toml", wrangler);
    project.write("w/index.js", "export default {}");
    killed_again_and_again(&project, |project| {
        let all = project.fake.versions("w");
        (all.len(), all.last().map(|one| one.id.clone()), project.fake.running("w"))
    });
}

/// `state` tells how many deployments or versions there are, which the newest is, and which one visitors get.
#[cfg(unix)]
fn killed_again_and_again(project: &Project, state: impl Fn(&Project) -> (usize, Option<String>, Option<String>)) {
    let rounds: u32 = std::env::var(ROUNDS).ok().and_then(|text| text.parse().ok()).unwrap_or(25);
    for number in 0..30 {
        project.write(&format!("public/page-{number}.html"), &format!("<h1 id=a>{number}"));
    }
    project.write("public/404.html", "<h1>no");
    // Large enough that uploads take a while: several buckets.
    for number in 0..8 {
        project.write(&format!("public/large-{number}.txt"), &noise(number));
    }
    let deploy = ["deploy", "--production", "--no-build"];
    let started = std::time::Instant::now();
    project.run(&[&deploy[..], &["--create"]].concat()).expect(0);
    let whole = started.elapsed();
    let mut killed = 0;
    for round in 0..rounds {
        project.write("public/index.html", &format!("<h1>{round}"));
        for number in 0..3 {
            project.write(&format!("public/large-{number}.txt"), &noise(u64::from(round) + 100 * number + 10));
        }
        let (before, ..) = state(project);
        let mut child = project
            .command(&deploy)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Spread over the whole run, at moments that no step is tied to.
        std::thread::sleep(whole * (round * 37 % rounds + 1) / rounds);
        if child.try_wait().unwrap().is_none() {
            killed += 1;
        }
        let _ = child.kill();
        let _ = child.wait();
        project.run(&[&deploy[..], &["--resume"]].concat()).expect(0);
        let (made, newest, live) = state(project);
        assert_eq!(made, before + 1, "round {round}: one deployment for one change");
        assert_eq!(newest, live, "round {round}");
    }
    assert!(killed > 0, "none was killed in time");
    let twice: Vec<_> = project.fake.uploads().into_iter().filter(|(_, count)| *count > 1).collect();
    assert!(twice.is_empty(), "sent twice: {twice:?}");
}

/// Text that is the same in every run, and never twice.
#[cfg(unix)]
fn noise(seed: u64) -> String {
    let number = |at: u64| {
        let mut bits = ((seed << 32) | at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits ^ (bits >> 27)
    };
    (0..60_000).map(|at| format!("{:016x}", number(at))).collect()
}
