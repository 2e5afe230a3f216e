//! A server that ends with this process.
//!
//! It is the child of a shell, its keeper, that waits for the end of its standard input, stops the server and deletes its folder. The other end of
//! that pipe closes with this process, however that ends. A line that comes before the end has the keeper start a server again that has crashed.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Error;

/// How long a machine that is busy may take to start a server.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// It runs with the server's folder, the signal that ends the server, and the server's command.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
folder=$1 signal=$2
shift 2
cd "$folder" || exit 1
start() {
    rm -f "$folder/over" "$folder/pid"
    {
        "$@" </dev/null >>"$folder/log" 2>&1 &
        echo "$!" >"$folder/pid"
        wait "$!"
        : >"$folder/over"
    } &
    runner=$!
    until [ -s "$folder/pid" ]; do sleep 0.01; done
}
start "$@"
while read -r again; do
    wait "$runner"
    start "$@"
done
[ -e "$folder/over" ] || kill -s "$signal" "$(cat "$folder/pid")"
wait "$runner"
rm -rf "$folder"
"#;

/// A running server.
#[derive(Debug)]
pub(crate) struct Keeper {
    shell: Child,
    folder: PathBuf,
}

impl Keeper {
    /// Starts a server and waits until it is ready; the folder is deleted in the end.
    pub(crate) fn start(
        folder: PathBuf,
        signal: &str,
        command: &[&OsStr],
        is_ready: impl Fn(&Path) -> bool,
    ) -> Result<Self, Error> {
        let mut shell = as_server(Path::new("/bin/sh"))?;
        shell.args(["-c", SCRIPT, "keeper"]).arg(&folder).arg(signal).args(command);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir(&folder);
        // Ctrl-C is for the tests; the keeper hears of it by the end of the pipe.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        let keeper = Self { shell: shell.spawn().map_err(failed("start a server"))?, folder };
        keeper.wait(is_ready)?;
        Ok(keeper)
    }

    /// Starts a server again that has ended by itself, and waits until it is ready.
    pub(crate) fn start_again(&self, is_ready: impl Fn(&Path) -> bool) -> Result<(), Error> {
        fs::remove_file(self.folder.join("over")).map_err(failed("find out whether a server has ended"))?;
        let mut pipe = self.shell.stdin.as_ref().ok_or_else(|| Error::Failed { output: self.log() })?;
        pipe.write_all(b"again\n").map_err(failed("start a server again"))?;
        self.wait(is_ready)
    }

    fn wait(&self, is_ready: impl Fn(&Path) -> bool) -> Result<(), Error> {
        let deadline = Instant::now() + PATIENCE;
        while !is_ready(&self.folder) {
            if self.has_ended() || Instant::now() > deadline {
                return Err(Error::Failed { output: self.log() });
            }
            sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.folder.join("over").exists()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// Makes a folder that servers may write to.
pub(crate) fn folder() -> Result<tempfile::TempDir, Error> {
    let folder = tempfile::Builder::new().prefix("rivage-postgres-").tempdir().map_err(failed("make a folder"))?;
    if is_root()? {
        run("give a folder to `postgres`", Command::new("chown").arg("postgres").arg(folder.path()))?;
    }
    Ok(folder)
}

/// Returns a program that runs as a user that servers accept: they refuse root.
///
/// # Errors
///
/// It cannot be found out who runs this.
pub fn as_server(program: &Path) -> Result<Command, Error> {
    if !is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    Ok(command)
}

/// Runs a program to its end; returns what it printed.
pub(crate) fn run(operation: &str, command: &mut Command) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output().map_err(failed(operation))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(Error::Io { operation: operation.to_owned(), source: io::Error::other(text(&output.stderr)) })
}

pub(crate) fn failed(operation: &str) -> impl FnOnce(io::Error) -> Error {
    let operation = operation.to_owned();
    |source| Error::Io { operation, source }
}

fn is_root() -> Result<bool, Error> {
    Ok(run("ask who runs this", Command::new("id").arg("-u"))?.trim() == "0")
}
