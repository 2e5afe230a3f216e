//! A TCP connection of the platform with the protocol on it: bytes out in one write, bytes in until something has happened.

use std::cell::{Cell, LazyCell, RefCell};
use std::collections::{BTreeMap, VecDeque};
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
    fn new(hyperdrive: &Hyperdrive, id: u32, tell: &Tell, milliseconds: u32) -> Result<Wire, JsValue>;

    #[wasm_bindgen(method)]
    fn wait(this: &Wire, milliseconds: u32);

    #[wasm_bindgen(method)]
    fn exchange(this: &Wire, output: &[u8]);

    #[wasm_bindgen(method, catch)]
    fn close(this: &Wire, output: &[u8]) -> Result<Promise, JsValue>;
}

/// What wires call: the number of a connection, what they tell of it, and its bytes.
type Tell = Closure<dyn Fn(u32, u8, Vec<u8>)>;

thread_local! {
    /// One for all connections: each function of Rust that JavaScript may call costs as much as a read, and is known to the collector of garbage.
    static TELL: LazyCell<Tell> = LazyCell::new(|| Closure::new(hear));
    /// The inboxes of the connections that are open.
    static OPEN: RefCell<BTreeMap<u32, Rc<Inbox>>> = const { RefCell::new(BTreeMap::new()) };
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// Takes what a wire tells. One whose connection is closed concerns nobody.
fn hear(id: u32, what: u8, bytes: Vec<u8>) {
    let Some(inbox) = OPEN.with_borrow(|open| open.get(&id).cloned()) else { return };
    inbox.heard.borrow_mut().push_back(match what {
        0 => Heard::Bytes(bytes),
        1 => Heard::End,
        _ => Heard::Over,
    });
    if let Some(waker) = inbox.waker.take() {
        waker.wake();
    }
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
    _number: Number,
}

/// The number of a connection that is open.
struct Number(u32);

impl Number {
    /// Returns the next one, under which an inbox is found.
    fn new(inbox: Rc<Inbox>) -> Self {
        let id = LAST.get().wrapping_add(1);
        LAST.set(id);
        OPEN.with_borrow_mut(|open| open.insert(id, inbox));
        Self(id)
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        OPEN.with_borrow_mut(|open| open.remove(&self.0));
    }
}

impl Link {
    /// Opens a connection; patience for its first events ends after some milliseconds.
    pub(crate) fn new(hyperdrive: &Hyperdrive, connection: Connection, milliseconds: u32) -> Result<Self, JsValue> {
        let inbox = Rc::new(Inbox::default());
        let number = Number::new(inbox.clone());
        let wire = TELL.with(|tell| Wire::new(hyperdrive, number.0, tell, milliseconds))?;
        Ok(Self { connection, wire, inbox, _number: number })
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
