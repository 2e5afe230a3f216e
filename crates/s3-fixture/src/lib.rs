//! An S3 server, over TLS where its clients insist on that, for tests.
//!
//! In: a service of s3s, which keeps objects in a folder, and a listener. Out: answers, until the process ends. `main.rs` is the same as a program, for
//! tests that are no Rust. Deliberately not here: what a test does to the service.

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::service::S3Service;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the certificate.
    #[error("could not read `{}`: {source}", .path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// Certificate and key do not make a server.
    #[error("the certificate cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// The system.
    #[error("could not start the server: {0}")]
    Io(#[from] io::Error),
}

/// Serves in a thread of its own.
///
/// # Errors
/// The system gives no thread.
pub fn serve(listener: TcpListener, service: S3Service, tls: Option<TlsAcceptor>) -> Result<(), Error> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("s3".to_owned()).spawn(move || {
        runtime.block_on(async {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            while let Ok((stream, _)) = listener.accept().await {
                // Head and body of an answer are two writes: the second one would wait for the client's word on the first.
                let _ = stream.set_nodelay(true);
                let (service, tls) = (service.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => answer(stream, service).await,
                        Some(tls) => {
                            // A client that speaks no TLS is gone already.
                            if let Ok(stream) = tls.accept(stream).await {
                                answer(stream, service).await;
                            }
                        }
                    }
                });
            }
        });
    })?;
    Ok(())
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, service: S3Service) {
    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

/// Reads a certificate and its key, as PEM.
///
/// # Errors
/// They cannot be read, or do not fit.
pub fn tls(certificate: &Path, key: &Path) -> Result<TlsAcceptor, Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| Error::Pem { path, source }
    };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect).map_err(failed(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(failed(key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key)?)))
}
