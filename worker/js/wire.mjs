// A TCP connection of the platform, as far as it is JavaScript's: Rust crosses over once for what belongs together, and hears of everything of all
// connections by one function, because each function of Rust that JavaScript may call costs as much as a read.
//
// In: a binding of Hyperdrive; `tell(id, what, bytes)`. Out: calls of `tell` with what came: bytes, the end of them, the end of patience. Deliberately
// not here: the protocol.

const [BYTES, END, OVER] = [0, 1, 2]
// Milliseconds that a server may take to end a connection when it was told farewell; more where patience for its last query is not over yet.
const FAREWELL = 1_000
const NONE = new Uint8Array()
const ignore = () => {}

export class Wire {
  constructor(hyperdrive, id, tell, milliseconds) {
    this.id = id
    this.socket = hyperdrive.connect()
    // Taken once: each taking is a lock and an object.
    this.reader = this.socket.readable.getReader()
    this.writer = this.socket.writable.getWriter()
    this.tell = tell
    this.wait(milliseconds)
  }

  // From now on patience ends after so long, though not before it would have. One timer for all of a connection's waits: it looks at the clock when
  // it is over, because setting one and taking it back costs more than reading the clock.
  wait(milliseconds) {
    this.until = Date.now() + milliseconds
    this.timer ??= setTimeout(() => this.over(), milliseconds)
  }

  over() {
    const left = this.until - Date.now()
    this.timer = left > 0 ? setTimeout(() => this.over(), left) : undefined
    if (left <= 0) this.hear(OVER, NONE)
  }

  // Writes, and tells of what comes next. Whether it arrives is not waited for: the answer tells. `output` lies in memory of Rust.
  exchange(output) {
    this.write(output)
    this.reader.read().then(
      ({ value }) => (value ? this.hear(BYTES, value) : this.hear(END, NONE)),
      () => this.hear(END, NONE),
    )
  }

  write(output) {
    if (output.length > 0) this.writer.write(output.slice()).catch(ignore)
  }

  // After it, nothing is told any more. Settled when the connection is closed: by the server, whose end is waited for, because the platform never gives
  // back a connection whose end nobody has read, some 14 KiB each; by force, when the server is not heard of.
  close(output) {
    this.tell = (_id, what) => {
      if (what === OVER) this.socket.close().catch(ignore)
    }
    this.wait(FAREWELL)
    this.write(output)
    const done = () => clearTimeout(this.timer)
    return this.writer.close().then(() => this.end()).then(done, done)
  }

  // Reads until there is no more.
  end() {
    return this.reader.read().then(({ done }) => (done ? undefined : this.end()))
  }

  hear(what, bytes) {
    try {
      this.tell(this.id, what, bytes)
    } catch (error) {
      // The instance has just died. One that died before refuses with another error, which concerns nobody. `died` is of guard.mjs, by the bundler.
      if (error instanceof WebAssembly.RuntimeError) died(error)
    }
  }
}
