// What is on its way in the current instance of the module, and what happens when the instance dies.
//
// A panic, an overflowing stack or a lack of memory is a trap: whatever Rust was doing stays as it is, and a promise that it owed is never kept. All
// of Rust that waits is run by microtasks of wasm-bindgen; the bundler replaces its `queueMicrotask` by the one below, so that a trap is seen.

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

// Resolves as the promise does; rejects when the instance dies. The promise of death is the request's own: one for all would keep all.
export async function watch(promise) {
  let reject
  const death = new Promise((_, fail) => (reject = fail))
  inFlight.add(reject)
  try {
    return await Promise.race([promise, death])
  } finally {
    inFlight.delete(reject)
  }
}

export function queueMicrotask(task) {
  globalThis.queueMicrotask(() => {
    try {
      task()
    } catch (error) {
      died(error)
    }
  })
}
