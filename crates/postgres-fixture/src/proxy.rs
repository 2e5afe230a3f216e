//! A way to a server that breaks as a test likes.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::SockRef;

/// What happens to connections, from the next bytes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: all is passed on.
    None,
    /// Everything is taken, nothing is passed on, nothing is closed.
    BlackHole,
    /// The server's bytes come one by one, with a pause after each.
    Trickle(Duration),
    /// After so many more bytes of the server the connection is reset.
    ResetAfter(usize),
    /// After so many more bytes of the server the connection is closed in good order.
    CloseAfter(usize),
}

/// A proxy on the loopback. Dropped, it takes no more connections.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// Owns the listener, until connections are refused.
    listener: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    fault: Mutex<Fault>,
    /// Bytes of the server since the fault was set.
    passed: AtomicUsize,
    stopped: AtomicBool,
}

impl Proxy {
    /// Starts a proxy to a server, without a fault.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let fault = Mutex::new(Fault::None);
        let shared = Arc::new(Shared { server, fault, passed: AtomicUsize::new(0), stopped: AtomicBool::new(false) });
        let of_thread = shared.clone();
        let listener = thread::spawn(move || {
            for client in listener.incoming() {
                if of_thread.stopped.load(Ordering::SeqCst) {
                    break;
                }
                if let Ok(client) = client {
                    let shared = of_thread.clone();
                    thread::spawn(move || connect(&shared, client));
                }
            }
        });
        Ok(Self { shared, address, listener: Mutex::new(Some(listener)) })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what happens, also to connections that exist.
    pub fn set(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        self.shared.passed.store(0, Ordering::SeqCst);
    }

    /// Takes no more connections: when this returns, who wants one is refused. Connections that exist go on.
    pub fn refuse(&self) {
        let Some(listener) = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread, which drops the listener. Where that did not go, waiting for it would not end.
        if TcpStream::connect(self.address).is_ok() {
            let _ = listener.join();
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.refuse();
    }
}

impl Shared {
    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(shared: &Arc<Shared>, client: TcpStream) {
    let Ok(server) = TcpStream::connect(shared.server) else { return };
    for stream in [&client, &server] {
        let _ = stream.set_nodelay(true);
    }
    let (Ok(mut from_client), Ok(mut to_server)) = (client.try_clone(), server.try_clone()) else { return };
    // A reset happens when the last handle of a socket is gone: the other thread looks now and then whether it is to let go.
    let _ = from_client.set_read_timeout(Some(Duration::from_millis(20)));
    let over = Arc::new(AtomicBool::new(false));
    let (of_thread, is_over) = (shared.clone(), over.clone());
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while !is_over.load(Ordering::SeqCst) {
            match from_client.read(&mut buffer) {
                Ok(0) => break,
                Ok(_) if of_thread.fault() == Fault::BlackHole => {}
                Ok(count) if to_server.write_all(&buffer[..count]).is_ok() => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
                _ => break,
            }
        }
        let _ = to_server.shutdown(Shutdown::Both);
    });
    answers(shared, server, &client);
    over.store(true, Ordering::SeqCst);
}

fn answers(shared: &Shared, mut server: TcpStream, mut client: &TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = server.read(&mut buffer) {
        let mut bytes = &buffer[..count];
        let before = shared.passed.fetch_add(count, Ordering::SeqCst);
        let mut ends = false;
        match shared.fault() {
            Fault::BlackHole => continue,
            Fault::Trickle(pause) => {
                while let Some((byte, rest)) = bytes.split_first() {
                    if client.write_all(&[*byte]).is_err() {
                        return;
                    }
                    thread::sleep(pause);
                    bytes = rest;
                }
            }
            Fault::ResetAfter(limit) | Fault::CloseAfter(limit) if before + count >= limit => {
                bytes = &bytes[..limit.saturating_sub(before)];
                ends = true;
            }
            Fault::None | Fault::ResetAfter(_) | Fault::CloseAfter(_) => {}
        }
        if client.write_all(bytes).is_err() {
            break;
        }
        if ends {
            if matches!(shared.fault(), Fault::ResetAfter(_)) {
                // The bytes before are to arrive: a reset throws away what was not read, and on a busy machine it is not read at once.
                thread::sleep(Duration::from_millis(500));
                let _ = SockRef::from(client).set_linger(Some(Duration::ZERO));
                return;
            }
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Write);
}
