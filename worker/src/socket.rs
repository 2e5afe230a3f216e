//! A TCP connection of the platform with the protocol on it: bytes out in one write, bytes in until something has happened.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::Promise;
use rivage_postgres::{Connection, Error, Event};
use wasm_bindgen::prelude::*;
use worker_sys::{Context, Hyperdrive};

use crate::bindings::wait_until;

#[wasm_bindgen(module = "/js/wire.mjs")]
extern "C" {
    type Wire;

    #[wasm_bindgen(constructor, catch)]
    fn new(hyperdrive: &Hyperdrive, tell: &Closure<dyn FnMut(u8, Vec<u8>)>, milliseconds: u32)
    -> Result<Wire, JsValue>;

    #[wasm_bindgen(method)]
    fn wait(this: &Wire, milliseconds: u32);

    #[wasm_bindgen(method)]
    fn exchange(this: &Wire, output: &[u8]);

    #[wasm_bindgen(method, catch)]
    fn close(this: &Wire, output: &[u8]) -> Result<Promise, JsValue>;
}

/// Why a connection gave no event.
pub(crate) enum Broken {
    /// The time was over.
    Timeout,
    /// The protocol, the server or a limit.
    Protocol(Error),
}

/// What a wire told.
enum Heard {
    Bytes(Vec<u8>),
    /// What the platform says of a connection that failed tells no more than that it did.
    End,
    Over,
}

/// What was told and not taken yet, and who waits for it.
#[derive(Default)]
struct Inbox {
    heard: RefCell<VecDeque<Heard>>,
    waker: RefCell<Option<Waker>>,
}

/// A connection.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    wire: Wire,
    inbox: Rc<Inbox>,
    /// Called by the wire until it is closed.
    _tell: Closure<dyn FnMut(u8, Vec<u8>)>,
}

impl Link {
    /// Opens a connection; patience for its first events ends after some milliseconds.
    pub(crate) fn new(hyperdrive: &Hyperdrive, connection: Connection, milliseconds: u32) -> Result<Self, JsValue> {
        let inbox = Rc::new(Inbox::default());
        let shared = inbox.clone();
        let tell = Closure::new(move |what: u8, bytes: Vec<u8>| {
            shared.heard.borrow_mut().push_back(match what {
                0 => Heard::Bytes(bytes),
                1 => Heard::End,
                _ => Heard::Over,
            });
            if let Some(waker) = shared.waker.take() {
                waker.wake();
            }
        });
        Ok(Self { connection, wire: Wire::new(hyperdrive, &tell, milliseconds)?, inbox, _tell: tell })
    }

    /// Lets patience begin anew, for the next events. What came while nobody waited was the end of the patience before.
    pub(crate) fn wait(&self, milliseconds: u32) {
        self.inbox.heard.borrow_mut().clear();
        self.wire.wait(milliseconds);
    }

    /// Writes what is to be written, and reads until something has happened.
    pub(crate) async fn event(&mut self) -> Result<Event, Broken> {
        loop {
            if let Some(event) = self.connection.event() {
                return Ok(event);
            }
            self.wire.exchange(self.connection.output());
            self.connection.written(self.connection.output().len());
            match self.heard().await {
                Heard::Bytes(bytes) => self.connection.receive(&bytes).map_err(Broken::Protocol)?,
                Heard::End => return Err(Broken::Protocol(self.connection.end_of_input())),
                Heard::Over => return Err(Broken::Timeout),
            }
        }
    }

    /// Takes leave of the server. The request does not wait for it, its context does.
    pub(crate) fn close(mut self, context: &Context) {
        self.connection.terminate();
        if let Ok(closed) = self.wire.close(self.connection.output()) {
            wait_until(context, &closed);
        }
    }

    async fn heard(&self) -> Heard {
        std::future::poll_fn(|context| match self.inbox.heard.borrow_mut().pop_front() {
            Some(heard) => Poll::Ready(heard),
            None => {
                self.inbox.waker.replace(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}
