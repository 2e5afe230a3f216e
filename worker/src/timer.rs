//! A moment after which nobody waits any more.
//!
//! Not a promise of `setTimeout`: one that is never settled would keep its callbacks for as long as the instance lives.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::prelude::*;

use crate::bindings::{clear_timeout, set_timeout};

#[derive(Default)]
struct State {
    is_over: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// A timer; dropped, it is cleared.
pub(crate) struct Timer {
    state: Rc<State>,
    id: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Starts one.
    pub(crate) fn new(milliseconds: u32) -> Self {
        let state = Rc::new(State::default());
        let shared = state.clone();
        let callback: Closure<dyn FnMut()> = Closure::new(move || {
            shared.is_over.set(true);
            if let Some(waker) = shared.waker.take() {
                waker.wake();
            }
        });
        let id = set_timeout(callback.as_ref().unchecked_ref(), milliseconds);
        Self { state, id, _callback: callback }
    }

    /// Waits for something; `None` when the time is over first.
    pub(crate) async fn limit<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            Pin::new(&mut *self).poll(context).map(|()| None)
        })
        .await
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.state.is_over.get() {
            return Poll::Ready(());
        }
        self.state.waker.replace(Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.id);
    }
}
