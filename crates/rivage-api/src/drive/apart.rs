//! A future that stays a function of its own.
//!
//! All that a request may lead to would otherwise become one function, as large as all routines together. WebAssembly is compiled function by function,
//! when each is first called: the first request would wait for the compilation of what it does not need.

use std::pin::Pin;
use std::task::{Context, Poll};

pub(super) struct Apart<F>(Pin<Box<F>>);

/// Keeps a future apart.
pub(super) fn apart<F: Future>(future: F) -> Apart<F> {
    Apart(Box::pin(future))
}

impl<F: Future> Future for Apart<F> {
    type Output = F::Output;

    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.0.as_mut().poll(context)
    }
}
