//! Sockets, routes, and the end: requests that are under way are answered before the program stops.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Extensions, HeaderMap};
use axum::response::Response;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};

use super::desk::Desk;
use super::folder::Folder;
use crate::preview::respond::{self, OfSite};
use crate::preview::site::Snapshot;
use crate::preview::{self, Build, Changed};

/// How often the output folder is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often the site's health is looked at, where somebody is to be told of it.
const WATCH: Duration = Duration::from_secs(60);

/// How long requests may take that are under way when the server is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);

/// What every request sees.
#[derive(Clone)]
struct Server {
    site: watch::Receiver<Arc<Snapshot>>,
    folder: Arc<Folder>,
    desk: Arc<Desk>,
}

/// Why a site is not served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The output folder cannot be read.
    #[error(transparent)]
    Disk(#[from] crate::fs::Error),
    /// The server could not be started.
    #[error(transparent)]
    Start(#[from] preview::Error),
}

/// A running server.
pub struct Serving {
    runtime: Runtime,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    done: tokio::task::JoinHandle<()>,
}

/// Serves a folder and an API.
///
/// # Errors
/// The folder cannot be listed, or the server cannot be started.
pub fn serve(listener: TcpListener, folder: Folder, desk: Arc<Desk>) -> Result<Serving, Error> {
    let address = listener.local_addr().map_err(preview::Error::Start)?;
    listener.set_nonblocking(true).map_err(preview::Error::Start)?;
    let mut look = folder.look();
    let first = snapshot(&folder, &Snapshot::default())?;
    let (publish, site) = watch::channel(Arc::new(first));
    let folder = Arc::new(folder);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(preview::Error::Start)?;
    let listener = {
        let _in_runtime = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(preview::Error::Start)?
    };
    let watched = Arc::clone(&folder);
    runtime.spawn(async move {
        loop {
            tokio::time::sleep(LOOK).await;
            let (folder, before) = (Arc::clone(&watched), Arc::clone(&publish.borrow()));
            let seen = look;
            let looked = tokio::task::spawn_blocking(move || {
                let now = folder.look();
                // While a build swaps folders there may be none for a moment.
                let next = (now.is_some() && now != seen).then(|| snapshot(&folder, &before).ok()).flatten();
                (now, next)
            });
            if let Ok((now, Some(next))) = looked.await {
                look = now;
                publish.send_replace(Arc::new(next));
            }
        }
    });
    if desk.has_watch() {
        runtime.spawn(Arc::clone(&desk).watch(WATCH));
    }
    // Not answers of the API: how well a secret and what a stranger sends are compressed together tells of the secret.
    let is_of_site = |_, _, _: &HeaderMap, extensions: &Extensions| extensions.get::<OfSite>().is_some();
    let compression = CompressionLayer::new().compress_when(DefaultPredicate::new().and(is_of_site));
    let router = Router::new().fallback(answer).layer(compression).with_state(Server { site, folder, desk });
    let (stop, mut stopping) = watch::channel(false);
    let done = runtime.spawn(async move {
        let told = async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let _ = axum::serve(listener, service).with_graceful_shutdown(told).await;
    });
    Ok(Serving { runtime, address, stop, done })
}

fn snapshot(folder: &Folder, before: &Snapshot) -> Result<Snapshot, crate::fs::Error> {
    let base_path = folder.base_path().to_owned();
    let build = Build { files: folder.files()?, is_partial: false, base_path, errors: None };
    Ok(before.next(build, &Changed::new()))
}

async fn answer(
    State(server): State<Server>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let site = Arc::clone(&server.site.borrow());
    respond::respond(site, server.folder, &server.desk, request, peer.ip()).await
}

impl Serving {
    /// Returns where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the program is told to end, then lets requests that are under way finish.
    ///
    /// # Errors
    /// The system cannot tell of signals.
    pub fn wait(self) -> Result<(), Error> {
        let Self { runtime, stop, done, .. } = self;
        runtime.block_on(signal()).map_err(preview::Error::Start)?;
        stop.send_replace(true);
        let _ = runtime.block_on(async { tokio::time::timeout(FAREWELL, done).await });
        runtime.shutdown_timeout(Duration::from_secs(1));
        Ok(())
    }
}

/// Waits for Ctrl-C, or for what service managers send.
#[cfg(unix)]
async fn signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        told = tokio::signal::ctrl_c() => told,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
