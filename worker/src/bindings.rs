//! The platform's functions and objects that neither `web_sys` nor `worker_sys` has in the form that is wanted here.

use std::cell::{LazyCell, RefCell};

use js_sys::{Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use worker_sys::Context;

#[wasm_bindgen]
extern "C" {
    /// A reader of a stream. Typed, because looking properties up by name costs a string each time.
    pub(crate) type Reader;

    #[wasm_bindgen(method)]
    pub(crate) fn read(this: &Reader) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn cancel(this: &Reader) -> Promise;

    /// What a reader answers.
    pub(crate) type Chunk;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn done(this: &Chunk) -> bool;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn value(this: &Chunk) -> Option<Uint8Array>;

    /// What a rate limit answers.
    pub(crate) type Verdict;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn success(this: &Verdict) -> bool;

    /// A dataset of Analytics Engine.
    pub(crate) type Dataset;

    #[wasm_bindgen(method, catch, js_name = writeDataPoint)]
    pub(crate) fn write_data_point(this: &Dataset, point: &Object) -> Result<(), JsValue>;

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    pub(crate) fn random(buffer: &mut [u8]);

    #[cfg(feature = "testing")]
    #[wasm_bindgen(js_name = setTimeout)]
    pub(crate) fn set_timeout(callback: &js_sys::Function, milliseconds: u32) -> JsValue;

    #[wasm_bindgen(js_namespace = console, js_name = log)]
    pub(crate) fn log(line: &str);

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    pub(crate) fn log_error(line: &str);
}

/// Returns milliseconds since 1970.
pub(crate) fn now() -> u64 {
    js_sys::Date::now() as u64
}

thread_local! {
    /// Random bytes, and how many of them are used. Many at a time: a call of the platform costs more than what is done with them.
    static RANDOM: RefCell<(usize, [u8; 1024])> = const { RefCell::new((1024, [0; 1024])) };
}

/// Returns random bytes, for what is no secret: ids of requests, which clients are told, and nonces, which servers are.
pub(crate) fn some_random<const N: usize>() -> [u8; N] {
    RANDOM.with_borrow_mut(|(used, bytes)| {
        if *used + N > bytes.len() {
            random(bytes);
            *used = 0;
        }
        let mut taken = [0; N];
        taken.copy_from_slice(&bytes[*used..*used + N]);
        *used += N;
        taken
    })
}

thread_local! {
    static NOTHING: LazyCell<Closure<dyn FnMut(JsValue)>> = LazyCell::new(|| Closure::new(|_| {}));
}

/// Lets a promise fail without anybody hearing of it.
pub(crate) fn ignore(promise: &Promise) -> Promise {
    NOTHING.with(|nothing| promise.catch(nothing))
}

/// Keeps the request's context alive until a promise is settled.
pub(crate) fn wait_until(context: &Context, promise: &Promise) {
    // It fails only for what is no context.
    let _ = context.wait_until(&ignore(promise));
}
