//! Threads and routes: one thread builds, a runtime of its own answers.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::get;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::site::Snapshot;
use super::{Builder, Changed, Error, OWN, live, respond};
use crate::serve::Desk;

/// Threads that answer requests. A preview has one reader.
const WORKERS: usize = 2;

/// How long nothing must have changed before what no reader waits for is made.
const PAUSE: Duration = Duration::from_millis(250);

/// What every request sees.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) site: watch::Receiver<Arc<Snapshot>>,
    pub(super) builder: Arc<dyn Builder>,
    /// Answers for the API.
    desk: Arc<Desk>,
}

/// A running server. It stops when the handle is dropped.
pub struct Handle {
    address: SocketAddr,
    changes: Changes,
    runtime: Option<Runtime>,
    thread: Option<JoinHandle<()>>,
}

/// Where changes are told: clones tell the same server. Made before the server, so that no change during the first build is lost.
#[derive(Clone, Default)]
pub struct Changes(Arc<Queue>);

#[derive(Default)]
struct Queue {
    state: Mutex<Waiting>,
    bell: Condvar,
}

#[derive(Default)]
struct Waiting {
    changed: Changed,
    build: bool,
    stop: bool,
}

/// Builds the site and serves it, and what `desk` takes. Returns when the first build is done.
///
/// # Errors
/// The server cannot be started.
pub fn serve(
    listener: TcpListener,
    builder: Arc<dyn Builder>,
    changes: Changes,
    desk: Arc<Desk>,
) -> Result<Handle, Error> {
    let address = listener.local_addr().map_err(Error::Start)?;
    listener.set_nonblocking(true).map_err(Error::Start)?;
    let first = Snapshot::default().next(builder.build(&Changed::new()), &Changed::new());
    let (publish, site) = watch::channel(Arc::new(first));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(Error::Start)?;
    let listener = {
        let _in_runtime = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(Error::Start)?
    };
    let router = Router::new()
        .route(&format!("{OWN}client.js"), get(live::client))
        .route(&format!("{OWN}events"), get(live::events))
        .fallback(page)
        .with_state(Server { site, builder: Arc::clone(&builder), desk });
    runtime.spawn(async move {
        // Accepting goes on after errors; the future ends only with the runtime.
        let _ = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await;
    });
    let thread = {
        let changes = changes.clone();
        std::thread::Builder::new().name("build".to_owned()).spawn(move || build(&changes.0, &*builder, &publish))
    };
    Ok(Handle { address, changes, runtime: Some(runtime), thread: Some(thread.map_err(Error::Start)?) })
}

/// Builds whenever something has changed, with all that changed since the last time.
fn build(queue: &Queue, builder: &dyn Builder, publish: &watch::Sender<Arc<Snapshot>>) {
    let mut is_finished = false;
    loop {
        let (changed, is_quiet) = {
            let idle = |state: &mut Waiting| !state.build && !state.stop;
            let (mut state, is_quiet) = if is_finished {
                (queue.bell.wait_while(queue.lock(), idle).unwrap_or_else(PoisonError::into_inner), false)
            } else {
                let waited = queue.bell.wait_timeout_while(queue.lock(), PAUSE, idle);
                let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
                (state, waited.timed_out())
            };
            if state.stop {
                drop(state);
                // What the last build found out is not lost to a writer who leaves soon.
                if !is_finished {
                    builder.finish();
                }
                return;
            }
            state.build = false;
            (std::mem::take(&mut state.changed), is_quiet)
        };
        is_finished = is_quiet;
        let built = if is_quiet { builder.finish() } else { Some(builder.build(&changed)) };
        if let Some(built) = built {
            let next = publish.borrow().next(built, &changed);
            publish.send_replace(Arc::new(next));
        }
    }
}

impl Changes {
    /// Tells that these files changed: the site is built again. Returns at once.
    pub fn tell(&self, paths: Changed) {
        let mut state = self.0.lock();
        state.changed.extend(paths);
        state.build = true;
        self.0.bell.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    /// Returns where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for Ctrl-C.
    ///
    /// # Errors
    /// The system cannot tell of it.
    pub fn wait_for_ctrl_c(&self) -> Result<(), Error> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(tokio::signal::ctrl_c()).map_err(Error::Start),
            None => Ok(()),
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.changes.0.lock().stop = true;
        self.changes.0.bell.notify_all();
        // Streams of events never end by themselves, so that only files that are just being read are waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn page(State(server): State<Server>, ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let site = Arc::clone(&server.site.borrow());
    respond::respond(site, server.builder, &server.desk, request, peer.ip()).await
}
