//! `s3-fixture FOLDER KEY SECRET CERTIFICATE CERTIFICATE-KEY`: serves the folders in FOLDER as buckets over TLS, prints the port, and ends with its
//! standard input.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match &words[..] {
        [folder, key, secret, certificate, certificate_key] => run(folder, key, secret, certificate, certificate_key),
        _ => Err("five words are needed: FOLDER KEY SECRET CERTIFICATE CERTIFICATE-KEY".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(
    folder: &str,
    key: &str,
    secret: &str,
    certificate: &str,
    certificate_key: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    let system = s3s_fs::FileSystem::new(folder).map_err(|error| format!("`{folder}` cannot be served: {error:?}"))?;
    let mut service = s3s::service::S3ServiceBuilder::new(system);
    service.set_auth(s3s::auth::SimpleAuth::from_single(key, secret));
    let tls = s3_fixture::tls(Path::new(certificate), Path::new(certificate_key))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    s3_fixture::serve(listener, service.build(), Some(tls))?;
    let mut out = io::stdout();
    writeln!(out, "{port}")?;
    out.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
