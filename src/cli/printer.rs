//! All that the program prints.
//!
//! In: results, messages, progress. Out: results on stdout, everything else on stderr. Deliberately not here: how
//! diagnostics look ([`crate::diag::emit`]).

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{Color, Global};
use crate::pipeline::Progress;
use crate::write;

/// Where and how messages are printed.
#[derive(Clone, Debug)]
pub(super) struct Printer {
    color: bool,
    quiet: bool,
    progress: bool,
}

impl Printer {
    /// Looks at the flags, the terminal and the environment.
    pub(super) fn new(global: &Global) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        };
        Self { color, quiet: global.quiet, progress: terminal && !global.quiet && !set("CI") }
    }

    /// Reports whether messages are coloured.
    pub(super) fn color(&self) -> bool {
        self.color
    }

    /// Reports whether somebody at a terminal sees what is told.
    pub(super) fn is_heard(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Prints a result that was asked for.
    ///
    /// # Errors
    /// Stdout cannot be written. A closed pipe is none: who runs `rivage … | head` has seen what they wanted.
    pub(super) fn result(&self, text: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Prints a result that `--quiet` leaves out.
    ///
    /// # Errors
    /// As [`Printer::result`].
    pub(super) fn summary(&self, text: &str) -> std::io::Result<()> {
        if self.quiet { Ok(()) } else { self.result(&format!("{text}\n")) }
    }

    /// Tells what is going on.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.stderr(&format!("{text}\n"));
        }
    }

    /// Prints what is wrong with the site. Not even `--quiet` hides it.
    pub(super) fn diagnostics(&self, text: &str) {
        self.stderr(text);
    }

    /// Prints something that the user should know, though the command goes on.
    pub(super) fn warning(&self, text: &str) {
        self.stderr(&format!("{}: {text}\n", self.paint("warning", "1;33")));
    }

    /// Prints why the command could not run: the error, its causes, and hints.
    pub(super) fn failure(&self, error: &anyhow::Error) {
        let mut text = format!("{}: {error}\n", self.paint("error", "1;31"));
        for cause in error.chain().skip(1) {
            if let Some(Hint(hint)) = cause.downcast_ref() {
                text.push_str(&format!("{}: {hint}\n", self.paint("help", "1;36")));
            } else {
                text.push_str(&format!("  caused by: {cause}\n"));
            }
        }
        if let Some(hint) = error.chain().find_map(|cause| cause.downcast_ref::<write::Error>()?.hint()) {
            text.push_str(&format!("{}: {hint}\n", self.paint("help", "1;36")));
        }
        if let Some(hint) = error.chain().find_map(|cause| cause.downcast_ref::<crate::deploy::Error>()?.hint()) {
            text.push_str(&format!("{}: {hint}\n", self.paint("help", "1;36")));
        }
        self.stderr(&text);
    }

    /// Starts a progress bar; it draws nothing where stderr is no terminal, in CI, and with `--quiet`.
    pub(super) fn progress(&self) -> Bar {
        Bar { bar: self.progress.then(ProgressBar::no_length) }
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn stderr(&self, text: &str) {
        // There is nowhere left to report that stderr is closed.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// The innermost link of an error's chain: what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Hint(pub(super) String);

/// Makes an error with a hint.
pub(super) fn failure(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Hint(hint.into())).context(message.into())
}

/// A progress bar.
#[derive(Debug)]
pub(super) struct Bar {
    /// Even one that is hidden looks at the clock at each step.
    bar: Option<ProgressBar>,
}

impl Bar {
    /// Shows that so many steps are done.
    pub(super) fn reach(&self, count: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(count as u64);
        }
    }
}

impl Progress for Bar {
    fn stage(&self, name: &'static str, total: usize) {
        let Some(bar) = &self.bar else { return };
        let template = if total > 0 { "{prefix:>9} [{bar:30}] {pos}/{len}" } else { "{prefix:>9} {spinner}" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(name);
        bar.set_length(total as u64);
        bar.set_position(0);
    }

    fn step(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Says a number of things: `1 page`, `2 pages`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
