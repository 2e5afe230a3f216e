//! An S3 server in the process of a test, which checks signatures. Used by tests of the crate as well.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use tempfile::TempDir;

pub(crate) const BUCKET: &str = "caches";
pub(crate) const KEY: &str = "a key";
pub(crate) const SECRET: &str = "a secret";

/// An S3 server that keeps its objects in a folder.
pub(crate) struct Server {
    folder: TempDir,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// As [`Server::start`], with what `set` does to it before.
    pub(crate) fn start_with(set: impl FnOnce(&mut s3s::service::S3ServiceBuilder)) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut service = s3s::service::S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(s3s::auth::SimpleAuth::from_single(KEY, SECRET));
        set(&mut service);
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let service = service.clone();
                    tokio::spawn(async move {
                        let executor = hyper_util::rt::TokioExecutor::new();
                        let builder = hyper_util::server::conn::auto::Builder::new(executor);
                        let _ = builder.serve_connection(hyper_util::rt::TokioIo::new(stream), service).await;
                    });
                }
            });
        });
        Self { folder, address }
    }

    pub(crate) fn bucket(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }
}
