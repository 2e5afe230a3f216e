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
        let address = format!("http://{}", listener.local_addr().unwrap());
        s3_fixture::serve(listener, service, None).unwrap();
        Self { folder, address }
    }

    pub(crate) fn bucket(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }
}
