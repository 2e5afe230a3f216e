//! A TCP connection of the platform with the protocol on it: bytes out in one write, bytes in until something has happened.

use js_sys::futures::JsFuture;
use rivage_postgres::{Connection, Error, Event};
use wasm_bindgen::prelude::*;
use web_sys::WritableStreamDefaultWriter;
use worker_sys::{Context, Socket};

use crate::bindings::{Chunk, Reader, ignore, wait_until};
use crate::copy;
use crate::timer::Timer;

/// Why a connection gave no event.
pub(crate) enum Broken {
    /// The time was over.
    Timeout,
    /// The protocol, the server or a limit.
    Protocol(Error),
}

/// A connection. Reader and writer are taken once: each taking is a lock and an object.
pub(crate) struct Link {
    pub(crate) connection: Connection,
    socket: Socket,
    reader: Reader,
    writer: WritableStreamDefaultWriter,
}

impl Link {
    pub(crate) fn new(socket: Socket, connection: Connection) -> Result<Self, JsValue> {
        let reader = socket.readable()?.get_reader().unchecked_into();
        let writer = socket.writable()?.get_writer()?;
        Ok(Self { connection, socket, reader, writer })
    }

    /// Writes what is to be written, and reads until something has happened.
    pub(crate) async fn event(&mut self, timer: &mut Timer) -> Result<Event, Broken> {
        loop {
            if let Some(event) = self.connection.event() {
                return Ok(event);
            }
            self.write();
            let read = JsFuture::from(self.reader.read());
            let bytes = match timer.limit(read).await {
                None => return Err(Broken::Timeout),
                // What the platform says of a connection that failed tells no more than that it did.
                Some(Err(_)) => None,
                Some(Ok(chunk)) => chunk.unchecked_into::<Chunk>().value(),
            };
            match bytes {
                Some(bytes) => self.connection.receive(&bytes.to_vec()).map_err(Broken::Protocol)?,
                None => return Err(Broken::Protocol(self.connection.end_of_input())),
            }
        }
    }

    /// Takes leave of the server. The request does not wait for it, its context does.
    pub(crate) fn close(mut self, context: &Context) {
        self.connection.terminate();
        self.write();
        if let Ok(closed) = self.socket.close() {
            wait_until(context, &closed);
        }
    }

    /// Not waited for: whether it arrives, the answer tells.
    fn write(&mut self) {
        let output = self.connection.output();
        let count = output.len();
        if count > 0 {
            let _ = ignore(&self.writer.write_with_chunk(&copy(output)));
            self.connection.written(count);
        }
    }
}
