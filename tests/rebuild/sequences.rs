//! Random sequences of edits, each checked step by step.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};
use rivage::pipeline::Options;

use super::check::{self, Preview};
use super::edits::{self, Edit, Effect, SORTS, State};
use super::project::Project;
use super::random::Random;
use super::site;

/// How many sequences are tried unless the environment says otherwise.
const SEQUENCES: u64 = 500;

/// How many edits a sequence has.
const STEPS: usize = 10;

/// A site and what is done to it.
#[derive(Clone, Debug)]
struct Case {
    /// Chooses the settings.
    seed: u64,
    /// Content files that the site lacks.
    left_out: Vec<usize>,
    edits: Vec<Edit>,
}

fn cases() -> impl Strategy<Value = Case> {
    let left_out = prop_oneof![Just(Vec::new()), proptest::collection::vec(0..26_usize, 0..6)];
    // A smaller case has fewer edits, not other ones.
    let edit = (0..SORTS, any::<u64>()).no_shrink();
    let edits = proptest::collection::vec(edit, 1..=2 * STEPS);
    (any::<u64>().no_shrink(), left_out.no_shrink(), edits).prop_map(|(seed, left_out, edits)| Case {
        seed,
        left_out,
        edits,
    })
}

/// What sequences met, so that a test that tries nothing shows.
#[derive(Default)]
struct Met {
    steps: AtomicUsize,
    errors: AtomicUsize,
    short: AtomicUsize,
}

/// What was done, step by step.
type Story = Vec<String>;

fn run(case: &Case, is_preview: bool, met: &Met) -> Result<(), (Story, String)> {
    let mut story = Story::new();
    attempt(case, is_preview, met, &mut story).map_err(|message| (story, message))
}

fn attempt(case: &Case, is_preview: bool, met: &Met, story: &mut Story) -> Result<(), String> {
    let (files, chosen) = site::files(case.seed, &|number| case.left_out.contains(&number));
    let mut state = State { base: files.clone(), files, chosen };
    let mut project = Project::new(&state.files);
    let mut random = Random::new(case.seed);
    let mut preview = is_preview.then(|| Preview::new(random.once_in(2)));
    let options = Options::default();
    let mut has_errors = match &mut preview {
        Some(preview) => {
            preview.build(&project, &BTreeSet::new(), true)?;
            preview.check(&project, &mut random)?.unwrap_or_default()
        }
        None => check::build(&project, &options)?.outcome.has_errors(),
    };
    let mut was_mended = true;
    for edit in &case.edits {
        let is_mended = has_errors && (was_mended || random.once_in(2));
        let effect = if is_mended {
            // Mistakes are mended before long.
            let what = edits::restore_all(&mut state, was_mended);
            Effect { what, ..Effect::default() }
        } else {
            edits::apply(&mut state, *edit)
        };
        was_mended = is_mended;
        story.push(effect.what.clone());
        let mut changed = project.set(state.files.clone(), effect.manner);
        project.now = project.now.checked_add(jiff::SignedDuration::from_hours(effect.hours)).unwrap();
        around(&project, &effect)?;
        met.steps.fetch_add(1, Ordering::Relaxed);
        match &mut preview {
            Some(preview) => {
                tell(&mut changed, &effect, &project, &mut random);
                preview.build(&project, &changed, !effect.hurried)?;
                has_errors = preview.check(&project, &mut random)?.unwrap_or(has_errors);
            }
            None => has_errors = check::build(&project, &options)?.outcome.has_errors(),
        }
        met.errors.fetch_add(usize::from(has_errors), Ordering::Relaxed);
    }
    met.short.fetch_add(preview.map_or(0, |preview| preview.short), Ordering::Relaxed);
    Ok(())
}

/// What happens besides the edit.
fn around(project: &Project, effect: &Effect) -> Result<(), String> {
    if effect.no_memory {
        let _ = fs::remove_dir_all(project.at(".rivage"));
    } else if effect.no_cache {
        let _ = fs::remove_dir_all(project.at(".rivage/cache"));
    }
    if let Some(number) = effect.output {
        damage_output(project, number);
    }
    if effect.drafts {
        let options = Options { drafts: true, ..Options::default() };
        let made = project.build_into("drafts", &options);
        made.map_err(|error| format!("the build with drafts failed: {error}"))?;
    }
    Ok(())
}

/// Somebody edits, deletes or adds a file of the output.
fn damage_output(project: &Project, number: u64) {
    let mut random = Random::new(number);
    for _ in 0..=random.below(3) {
        let files: Vec<_> = project.output("public").into_keys().collect();
        if files.is_empty() {
            return;
        }
        let at = project.at("public").join(random.pick(&files));
        // As in an editor: the file is changed where it is.
        match random.below(4) {
            0 => drop(fs::remove_file(&at)),
            1 => drop(fs::write(&at, "edited by hand")),
            2 => {
                let mut bytes = fs::read(&at).unwrap_or_default();
                if let Some(byte) = bytes.last_mut() {
                    *byte ^= 1;
                }
                drop(fs::write(&at, bytes));
            }
            _ => drop(fs::write(project.at("public/stray.txt"), "stray")),
        }
    }
}

/// What a watcher tells of a change: the files, the folder of one, or a file more.
fn tell(changed: &mut BTreeSet<String>, effect: &Effect, project: &Project, random: &mut Random) {
    if effect.tells_folder
        && let Some(folder) =
            changed.first().and_then(|path| path.rsplit_once('/')).map(|(folder, _)| folder.to_owned())
    {
        let below = format!("{folder}/");
        changed.retain(|path| !path.starts_with(&below));
        changed.insert(folder);
    }
    if effect.tells_more {
        let all: Vec<_> = project.files().keys().collect();
        changed.insert((*random.pick(&all)).clone());
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Tries sequences on all cores.
fn sequences(is_preview: bool) {
    let (from, count) = (number("RIVAGE_REBUILD_FROM", 0), number("RIVAGE_REBUILD_SEQUENCES", SEQUENCES));
    let next = AtomicU64::new(from);
    let failures = Mutex::new(Vec::new());
    let met = Met::default();
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + count || failures.lock().unwrap().len() > 2 {
                        break;
                    }
                    if let Err(failure) = sequence(seed, is_preview, &met) {
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let [steps, errors, short] = [&met.steps, &met.errors, &met.short].map(|count| count.load(Ordering::Relaxed));
    eprintln!("{count} sequences, {steps} steps, {errors} with errors, {short} by the short way");
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(steps as u64 > count, "hardly anything was tried");
    assert!(!is_preview || short as u64 * 4 > count, "the short way was hardly taken");
}

/// Tries one sequence; where it fails, looks for a smaller one.
fn sequence(seed: u64, is_preview: bool, met: &Met) -> Result<(), String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config =
        ProptestConfig { cases: 1, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let result =
        runner.run(&cases(), |case| run(&case, is_preview, met).map_err(|(_, message)| TestCaseError::fail(message)));
    match result {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, case)) => {
            let story = run(&case, is_preview, met)
                .map_or_else(|(story, _)| story, |()| vec!["it does not fail again".to_owned()]);
            Err(format!(
                "sequence {seed} fails (RIVAGE_REBUILD_FROM={seed} RIVAGE_REBUILD_SEQUENCES=1)\n{case:?}\n  {}\n{reason}\n",
                story.join("\n  ")
            ))
        }
        Err(TestError::Abort(reason)) => Err(format!("sequence {seed}: {reason}")),
    }
}

#[test]
fn builds_are_as_cold_ones_after_any_edits() {
    sequences(false);
}

#[test]
fn a_preview_is_as_a_new_one_after_any_edits() {
    sequences(true);
}

#[test]
fn the_site_that_edits_begin_with_is_sound() {
    let project = Project::new(&site::whole().0);
    let cold = project.cold(&Options::default());
    let errors: Vec<_> = cold.outcome.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(cold.files.len() > 60, "{:?}", cold.files.keys());
}
