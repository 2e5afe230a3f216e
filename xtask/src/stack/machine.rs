//! A machine with Debian 13: a chroot that is made once, and namespaces in which all that is changed vanishes.
//!
//! In: deploy/postgres/install.sh. Out: [`Machine`], whose first process is the test's, as in a container: when it ends, all others do. Changes go to a
//! folder over the chroot, which stays as it was. Its ports are those of the machine that tests, unless it is alone: then it has only itself to talk to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::tools::{need, program, root as repository, scratch};

/// An address of a machine that is alone, beside the loopback's; documentation has this range for itself.
pub(super) const ADDRESS: &str = "192.0.2.1";

/// What runs first, with the folders `under` and `over`, the address or nothing, and the command.
const INSIDE: &str = r#"
under=$1 over=$2 address=$3
shift 3
if [ -n "$address" ]; then
    ip link set lo up
    ip address add "$address/32" dev lo
fi
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$under,upperdir=$over/changes,workdir=$over/work" "$over/root"
mount -t proc proc "$over/root/proc"
mount --rbind /dev "$over/root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$over/root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$over/root/run"
exec chroot "$over/root" "$@"
"#;

/// Returns the chroot; makes it where the list of packages has changed.
///
/// # Errors
/// This is no Linux, or not root's, or Debian 13 cannot be had.
pub(super) fn root() -> anyhow::Result<PathBuf> {
    ensure!(cfg!(target_os = "linux"), "a chroot of Debian needs Linux");
    let (_, id) = program("id", &["-u"]).output()?;
    ensure!(id.trim() == "0", "only root may make a chroot");
    let scripts = repository().join("deploy/postgres");
    let mut made_of = String::new();
    for name in ["packages.txt", "install.sh"] {
        made_of += &fs::read_to_string(scripts.join(name)).with_context(|| format!("could not read `{name}`"))?;
    }
    let folder = scratch("stack")?;
    let (root, done) = (folder.join("trixie"), folder.join("made-of"));
    if fs::read_to_string(&done).is_ok_and(|text| text == made_of) {
        return Ok(root);
    }
    let mmdebstrap = need(&["mmdebstrap"], "mmdebstrap")?;
    let _ = fs::remove_file(&done);
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("could not remove `{}`", root.display()))?;
    }
    let target = root.to_string_lossy().into_owned();
    let place = |name: &str| scripts.join(name).display().to_string();
    let hooks = [
        "mkdir -p \"$1/etc/rivage\"".to_owned(),
        format!("copy-in {} {} /etc/rivage", place("packages.txt"), place("install.sh")),
        // Both lists: `server` has more than the image.
        "chroot \"$1\" env RIVAGE_APT=debian /etc/rivage/install.sh server".to_owned(),
    ];
    let excludes = ["doc", "man", "locale"].map(|name| format!("path-exclude=/usr/share/{name}/*"));
    let mut words = vec!["--mode=root", "--variant=apt", "--format=directory", "--quiet"];
    words.extend(excludes.iter().flat_map(|path| ["--dpkgopt", path]));
    words.extend(hooks.iter().flat_map(|hook| ["--customize-hook", hook]));
    words.extend(["trixie", &target]);
    program(mmdebstrap, &words).run().context("Debian 13 cannot be had")?;
    fs::write(&done, made_of).with_context(|| format!("could not write `{}`", done.display()))?;
    Ok(root)
}

/// A running machine. Dropped, all of its processes end, and its changes are gone.
pub(super) struct Machine {
    process: Child,
    /// The first process inside, as seen from here.
    first: u32,
    over: tempfile::TempDir,
    setting: Setting,
}

/// What a machine is made of.
#[derive(Clone, Default)]
pub(super) struct Setting {
    /// The chroot.
    pub(super) under: PathBuf,
    /// Whether it has a network of its own.
    pub(super) alone: bool,
    pub(super) environment: Vec<(String, String)>,
    /// Its first process.
    pub(super) command: Vec<String>,
}

impl Machine {
    /// Starts it; `prepare` may write to its folder of changes before.
    pub(super) fn start(setting: Setting, prepare: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        if setting.alone {
            need(&["ip"], "iproute2")?;
        }
        let over = tempfile::Builder::new().prefix("machine-").tempdir_in(scratch("stack")?)?;
        for name in ["changes", "work", "root"] {
            fs::create_dir(over.path().join(name))?;
        }
        prepare(&over.path().join("changes"))?;
        Self::start_over(setting, over)
    }

    fn start_over(setting: Setting, over: tempfile::TempDir) -> anyhow::Result<Self> {
        let log = fs::OpenOptions::new().create(true).append(true).open(over.path().join("log"))?;
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child=KILL"]);
        command.args(setting.alone.then_some("--net")).args(["sh", "-ec", INSIDE, "machine"]);
        command.arg(&setting.under).arg(over.path()).arg(if setting.alone { ADDRESS } else { "" });
        command.args(&setting.command);
        command.env_clear().env("PATH", PATH).env("LC_ALL", "C.UTF-8").envs(setting.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = command.spawn().context("could not start `unshare`")?;
        let mut machine = Self { process, first: 0, over, setting };
        let children = format!("/proc/{0}/task/{0}/children", machine.process.id());
        machine.first = machine.wait_for("a first process", |_| {
            let text = fs::read_to_string(&children).unwrap_or_default();
            Ok(text.split_whitespace().next().and_then(|pid| pid.parse().ok()))
        })?;
        Ok(machine)
    }

    /// Waits until its first process is inside, and others can follow.
    pub(super) fn wait_until_inside(&mut self) -> anyhow::Result<()> {
        let over = self.over.path().to_string_lossy().into_owned();
        let command = format!("/proc/{}/cmdline", self.first);
        self.wait_for("a process inside", |_| {
            let words = fs::read_to_string(&command).unwrap_or_default();
            // Until then it is the shell, and then `chroot`, which are told where.
            Ok((!words.is_empty() && !words.contains(&over)).then_some(()))
        })
    }

    /// Ends every process with SIGKILL, and starts the same machine again with what it has on its disk.
    pub(super) fn restart(mut self) -> anyhow::Result<Self> {
        self.end();
        let over = std::mem::replace(&mut self.over, tempfile::tempdir()?);
        // The log begins anew: what it says of the first time is no news.
        fs::remove_file(over.path().join("log"))?;
        Self::start_over(self.setting.clone(), over)
    }

    fn end(&mut self) {
        if !matches!(self.process.try_wait(), Ok(None)) {
            // It has ended by itself, and its number may be another's by now.
            return;
        }
        // With the first process all others end. It would not hear of the death of its parent: who changes the user is not told.
        if let Ok(first) = i32::try_from(self.first)
            && first > 0
        {
            let _ = kill(Pid::from_raw(first), Signal::SIGKILL);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.first != 0 && Path::new(&format!("/proc/{}", self.first)).exists() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Runs a command inside; returns what it printed.
    pub(super) fn run(&self, words: &[&str]) -> anyhow::Result<String> {
        let pid = self.first.to_string();
        let mut command = Command::new("nsenter");
        command.args(["--target", &pid, "--mount", "--pid", "--ipc", "--uts", "--root", "--wd=/"]);
        command.args(self.setting.alone.then_some("--net")).args(words).stdin(Stdio::null());
        command.env_clear().env("PATH", PATH).env("LC_ALL", "C.UTF-8").envs(self.setting.environment.iter().cloned());
        let done = command.output().context("could not run `nsenter`")?;
        let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        ensure!(done.status.success(), "`{}` failed ({}):\n{out}\n{err}", words.join(" "), done.status);
        Ok(out.trim().to_owned())
    }

    /// Runs a line of `sh` inside.
    pub(super) fn sh(&self, line: &str) -> anyhow::Result<String> {
        self.run(&["sh", "-ec", line])
    }

    /// Runs SQL as the superuser, whose way in is the socket.
    pub(super) fn sql(&self, sql: &str) -> anyhow::Result<String> {
        let become_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"];
        let psql = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", "/run/postgresql", "-d", "rivage", "-c", sql];
        self.run(&[&become_postgres[..], &psql].concat())
    }

    /// Returns what its first process has printed.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.over.path().join("log")).unwrap_or_default()
    }

    /// Asks again and again until there is an answer; ends with an error when the machine does.
    pub(super) fn wait_for<T>(
        &mut self,
        what: &str,
        mut ask: impl FnMut(&Self) -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            if let Some(answer) = ask(self)? {
                return Ok(answer);
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("the machine ended ({status}) before there was {what}:\n{}", self.log());
            }
            if Instant::now() > deadline {
                bail!("there is no {what}:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until it ends by itself; returns whether that was well.
    pub(super) fn wait(mut self) -> anyhow::Result<(bool, String)> {
        let status = self.process.wait()?;
        Ok((status.success(), self.log()))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.end();
    }
}

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
