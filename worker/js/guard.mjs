// What is on its way in the current instance of the module, and what happens when the instance dies.
//
// A panic, an overflowing stack or a lack of memory is a trap: whatever Rust was doing stays as it is, and a promise that it owed is never kept. All
// of Rust that waits is run by microtasks of wasm-bindgen; the bundler replaces its `queueMicrotask` by the one below, so that a trap is seen. Other files
// between Rust and the platform name `died` without importing it, by the same way.

const inFlight = new Set()
let alive = false
let death

export function isAlive() {
  return alive
}

export function born() {
  alive = true
}

export function died(error) {
  // Whatever else traps in it then, the first trap was the end.
  if (!alive) return
  alive = false
  death = String(error)
  console.error(`rivage: the instance ended: ${error}`)
  for (const reject of inFlight) reject(error)
  inFlight.clear()
}

// Why the instance before this one ended; told once.
export function lastDeath() {
  const last = death
  death = undefined
  return last
}

// Resolves as the promise does; rejects when the instance dies. No race with a promise of death that all requests share, which would keep all of them.
export function watch(promise) {
  return new Promise((resolve, reject) => {
    const then = (settle) => (value) => {
      inFlight.delete(reject)
      settle(value)
    }
    inFlight.add(reject)
    promise.then(then(resolve), then(reject))
  })
}

// A promise of the engine's, which costs a tenth of the platform's `queueMicrotask`.
export function queueMicrotask(task) {
  Promise.resolve().then(() => {
    try {
      task()
    } catch (error) {
      died(error)
    }
  })
}
