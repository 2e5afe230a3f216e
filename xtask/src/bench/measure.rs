//! One run of a program: wall time, CPU time and peak memory of it and of all programs that it starts.
//!
//! The system counts these for all children of a process together. So each run has a process of its own between the benchmark and the
//! program: this very program, called as `bench measure-one`. Peak memory is that of the largest process, not their sum.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// What a run took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// In KiB.
    pub(crate) peak: u64,
}

/// A program and what it is given.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(super) path: PathBuf,
    pub(super) args: Vec<String>,
}

impl Program {
    pub(crate) fn new(path: impl Into<PathBuf>, args: &[&str]) -> Self {
        Self { path: path.into(), args: args.iter().map(|arg| (*arg).to_owned()).collect() }
    }

    /// Returns it with more arguments.
    pub(crate) fn with(&self, args: &[&str]) -> Self {
        let mut program = self.clone();
        program.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        program
    }

    /// Prepares it to run in a folder; all it prints goes into a file.
    pub(super) fn command(&self, folder: &Path, log: &Path) -> anyhow::Result<Command> {
        let mut command = Command::new(&self.path);
        command.args(&self.args);
        quieten(&mut command, folder, log)?;
        Ok(command)
    }
}

/// Runs a program in a folder and measures it.
pub(crate) fn measure(program: &Program, folder: &Path, work: &Path) -> anyhow::Result<Usage> {
    let (log, answer) = (work.join("log"), work.join("usage"));
    let this = std::env::current_exe().context("could not find this program's own file")?;
    let mut command = Command::new(this);
    command.args(["bench", "measure-one"]).arg(&answer).arg(&program.path).args(&program.args);
    quieten(&mut command, folder, &log)?;
    let status = command.status().with_context(|| format!("could not run `{}`", program.path.display()))?;
    if !status.success() {
        let printed = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = printed.lines().collect();
        let end = lines[lines.len().saturating_sub(12)..].join("\n  ");
        let name = program.path.file_name().unwrap_or_default().to_string_lossy();
        bail!("`{name}` failed ({status})\n  {end}");
    }
    let text = std::fs::read_to_string(&answer).with_context(|| format!("could not read `{}`", answer.display()))?;
    read(&text).with_context(|| format!("`{text}` is no measurement"))
}

/// Runs a program and writes what it took into a file. This is the process between.
pub(super) fn one(answer: &str, program: &str, args: &[&str]) -> anyhow::Result<()> {
    let start = Instant::now();
    let status = Command::new(OsStr::new(program)).args(args).status();
    let wall = start.elapsed();
    let status = status.with_context(|| format!("could not run `{program}`"))?;
    if !status.success() {
        bail!("`{program}` failed ({status})");
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("could not ask for the time of the program")?;
    let cpu = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    // Apple's systems count bytes here.
    let peak = usage.max_rss() / if cfg!(target_vendor = "apple") { 1024 } else { 1 };
    std::fs::write(answer, format!("{} {cpu} {peak}", wall.as_micros()))
        .with_context(|| format!("could not write `{answer}`"))
}

fn read(text: &str) -> Option<Usage> {
    let mut numbers = text.split(' ').map(str::parse::<u64>);
    let mut next = || numbers.next()?.ok();
    let usage = Usage { wall: Duration::from_micros(next()?), cpu: Duration::from_micros(next()?), peak: next()? };
    numbers.next().is_none().then_some(usage)
}

fn quieten(command: &mut Command, folder: &Path, log: &Path) -> anyhow::Result<()> {
    let file = std::fs::File::create(log).with_context(|| format!("could not make `{}`", log.display()))?;
    let copy = file.try_clone().with_context(|| format!("could not open `{}` twice", log.display()))?;
    command.current_dir(folder).stdin(Stdio::null()).stdout(file).stderr(copy);
    command.env("NO_COLOR", "1").env("ASTRO_TELEMETRY_DISABLED", "1").env("NODE_ENV", "production");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_are_read() {
        let usage = read("1500000 2000000 10240").unwrap();
        assert_eq!(usage.wall, Duration::from_millis(1500));
        assert_eq!(usage.cpu, Duration::from_secs(2));
        assert_eq!(usage.peak, 10_240);
        for wrong in ["", "1 2", "1 2 x", "1 2 3 4", "1.5 2 3"] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_program_that_fails_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let answer = folder.path().join("usage");
        let error = one(&answer.to_string_lossy(), "false", &[]).unwrap_err();
        assert!(error.to_string().starts_with("`false` failed"), "{error}");
        assert!(!answer.exists());
    }

    #[test]
    fn a_program_that_runs_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        let answer = folder.path().join("usage");
        one(&answer.to_string_lossy(), "sh", &["-c", "exit 0"]).unwrap();
        let usage = read(&std::fs::read_to_string(&answer).unwrap()).unwrap();
        assert!(usage.peak > 0, "{usage:?}");
    }
}
