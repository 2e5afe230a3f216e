// workerd with a bundle, before it a database of its own.
//
// In: environment RIVAGE_WORKER and RIVAGE_WORKER_TESTING (folders of bundles), RIVAGE_MANIFEST_CLOSED (a manifest), RIVAGE_POSTGRES and RIVAGE_POOLER
// (host:port). Out: a Worker to send requests to. Deliberately not here: expectations.
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Log, LogLevel, Miniflare } from 'miniflare'
import pg from 'pg'

const here = path.dirname(fileURLToPath(import.meta.url))
const root = path.resolve(here, '../..')
export const server = process.env.RIVAGE_POSTGRES
export const pooler = process.env.RIVAGE_POOLER

// The two roles of a site. Their time-outs take the place of settings that poolers refuse.
const ROLES = `
do $$ begin
  if not exists (select from pg_roles where rolname = 'rivage_ro') then
    create role rivage_ro login;
    alter role rivage_ro set default_transaction_read_only = on;
    alter role rivage_ro set statement_timeout = '5s';
    create role rivage_rw login;
    alter role rivage_rw set statement_timeout = '10s';
  end if;
end $$`

const TABLES = `
create table note (id integer generated always as identity primary key, text text not null unique, tag text not null, at timestamptz default now(), price numeric(9, 2));
insert into note (text, tag, price) values ('first', 'a', 1.50), ('second', 'b', null), ('third "quoted"', 'a', 0);
create table ticker (ticks integer not null);
insert into ticker values (1);
grant select on all tables in schema public to rivage_ro;
grant select, insert, update, delete on all tables in schema public to rivage_rw;
grant usage on all sequences in schema public to rivage_rw`

// Returns the processes of a database's server that run a query of /api/slow.
export async function sleeping({ name, client }) {
  const { rows } = await client.query(`select pid from pg_stat_activity where datname = $1 and usename like 'rivage_%' and query like '%pg_sleep%' and state = 'active'`, [name])
  return rows.map((row) => row.pid)
}

// Ends the queries that outlived the test before: the server does not see that nobody waits for them, and they would be taken for the next test's own.
export async function wake(db) {
  await until(async () => {
    const pids = await sleeping(db)
    await db.client.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids])
    return pids.length === 0
  }, 'no query of the test before')
}

// Makes a database with the tables of migrations/ and of the tests' routes.
export async function database() {
  const name = `worker_${randomBytes(6).toString('hex')}`
  const admin = await connect('postgres')
  await admin.query(ROLES)
  await admin.query(`create database ${name}`)
  await admin.end()
  const client = await connect(name)
  for (const file of readdirSync(path.join(root, 'migrations')).sort()) {
    await client.query(readFileSync(path.join(root, 'migrations', file), 'utf8'))
  }
  await client.query(TABLES)
  return { name, client, end: () => client.end() }
}

async function connect(name) {
  const client = new pg.Client(`postgres://postgres@${server}/${name}`)
  // A server that stops in the middle of a test is meant to.
  client.on('error', () => {})
  await client.connect()
  return client
}

// A dataset that writes its points to the log.
const DATASET = 'export default () => ({ writeDataPoint(point) { console.log(`point ${JSON.stringify(point)}`) } })'

// Returns the processes of workerd that this one has started.
export function workerds() {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [, comm, rest] = stat.match(/\((.*)\) (.*)/s)
      return comm.startsWith('workerd') && Number(rest.split(' ')[1]) === process.pid
    } catch {
      // It has just ended.
      return false
    }
  })
}

// Starts workerd with a bundle. `at` is the host:port of the database; `assets` are files beside the Worker, as miniflare takes them; `points` binds a
// dataset that logs; `inspect` lets what the engine holds be counted; `manifest` is a file other than the bundle's; `peer` says that the bundle is that of
// another framework.
export async function start(database, { at = pooler, folder = process.env.RIVAGE_WORKER, bindings = {}, limits = true, r2Buckets = [], assets, points = false, inspect = false, manifest, peer = false } = {}) {
  // miniflare wants a password; these roles need none.
  const url = (role) => `postgres://${role}:none@${at}/${database}?sslmode=disable`
  const limit = (id, requests) => ({ namespace_id: id, simple: { limit: requests, period: 60 } })
  const lines = []
  const main = {
    name: 'main',
    modules: [
      { type: 'ESModule', path: path.join(folder, 'index.js') },
      ...(peer ? [] : [
        { type: 'CompiledWasm', path: path.join(folder, 'rivage_worker_bg.wasm') },
        { type: 'Data', path: path.join(folder, 'manifest.bin'), ...(manifest && { contents: readFileSync(manifest) }) },
      ]),
    ],
    compatibilityFlags: peer ? ['nodejs_compat'] : [],
    modulesRoot: folder,
    compatibilityDate: '2026-07-30',
    hyperdrives: { DB_READ: url('rivage_ro'), DB_WRITE: url('rivage_rw') },
    ratelimits: limits ? { RL_READ: limit('1', 100000), RL_WRITE: limit('2', 1000), RL_AUTH: limit('3', 1000), RL_TIGHT: limit('4', 5) } : {},
    r2Buckets,
    ...(assets && { assets }),
    bindings: { LOG: 'all', ...bindings },
    wrappedBindings: points ? { METRICS: 'dataset' } : {},
    // Past the entry of miniflare, which costs more than the Worker.
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
  }
  const miniflare = new Miniflare({
    workers: points ? [main, { name: 'dataset', modules: true, script: DATASET }] : [main],
    log: new Log(LogLevel.ERROR),
    ...(inspect && { inspectorPort: 0 }),
    handleRuntimeStdio(stdout, stderr) {
      for (const stream of [stdout, stderr]) stream.on('data', (chunk) => lines.push(chunk.toString()))
    },
  })
  await miniflare.ready
  const address = await miniflare.unsafeGetDirectURL()
  return {
    address: address.origin,
    send: (target, init = {}) => fetch(new URL(target, address), { redirect: 'manual', ...init, headers: { 'cf-connecting-ip': '203.0.113.7', ...init.headers } }),
    bucket: (name) => miniflare.getR2Bucket(name),
    // What a schedule of the platform does.
    cron: async () => (await miniflare.getWorker()).scheduled({ cron: '* * * * *' }),
    log: () => lines.join(''),
    held: async () => held(await miniflare.getInspectorURL()),
    stop: () => miniflare.dispose(),
  }
}

// Returns how many objects the engine still holds after it has collected its garbage, by their names.
async function held(inspector) {
  const socket = new WebSocket(new URL('/core:user:main', inspector))
  await new Promise((done, fail) => ((socket.onopen = done), (socket.onerror = fail)))
  let text = ''
  await new Promise((done) => {
    socket.onmessage = ({ data }) => {
      const { id, method, params } = JSON.parse(data)
      if (method === 'HeapProfiler.addHeapSnapshotChunk') text += params.chunk
      if (id === 2) done()
    }
    for (const [id, method] of ['enable', 'takeHeapSnapshot'].entries()) socket.send(JSON.stringify({ id: id + 1, method: `HeapProfiler.${method}`, params: {} }))
  })
  socket.close()
  const { snapshot, nodes, strings } = JSON.parse(text)
  const { node_fields: fields } = snapshot.meta
  const counts = Object.create(null)
  for (let at = fields.indexOf('name'); at < nodes.length; at += fields.length) {
    const name = strings[nodes[at]]
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

// Sends a request, and returns what came: its body as text, and as what JSON says.
export async function answerOf(worker, target, init) {
  const response = await worker.send(target, init)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text && /json/.test(response.headers.get('content-type')) ? JSON.parse(text) : undefined }
}

export const json = (body, headers = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', origin: 'https://site.test', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

export const somebody = () => ({ email: `${randomUUID()}@example.com`, password: 'correct horse battery staple' })

// How long a test waits for what should happen at once: so long that only what never happens takes longer, however busy the machine is.
export const PATIENCE = 60_000

// Waits until something holds.
export async function until(check, what, milliseconds = PATIENCE) {
  const end = Date.now() + milliseconds
  for (;;) {
    if (await check()) return
    if (Date.now() > end) throw new Error(`not within ${milliseconds} ms: ${what}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}

// Does something whose outcome is only fixed when all of it happens within a time of the product's own, such as the seconds that a statement may take.
// `act` returns a check of what came. On a machine that was too busy it is not judged, whatever came, but done again.
export async function within(milliseconds, act) {
  for (const end = Date.now() + 5 * PATIENCE; ; ) {
    const started = Date.now()
    const check = await act()
    if (Date.now() - started < milliseconds) return check()
    if (Date.now() > end) throw new Error(`the machine is too busy: never within ${milliseconds} ms`)
  }
}

// What the Worker and the roles above allow, in milliseconds: for a connection, for a statement that reads.
export const CONNECT = 2_000
export const STATEMENT = 5_000

// A way to the server that can swallow everything, break off after some bytes of the server, pass them on in small pieces, or be closed.
export async function proxy(to) {
  const [host, port] = to.split(':')
  let isHole = false
  let left = Infinity
  let slow
  let refuses = false
  const sockets = new Set()
  const listener = net.createServer((client) => {
    if (refuses) return client.destroy()
    const upstream = net.connect(Number(port), host)
    const forget = () => (client.destroy(), upstream.destroy(), sockets.delete(client))
    sockets.add(client)
    client.on('data', (chunk) => isHole || upstream.write(chunk))
    let passing = Promise.resolve()
    const pieces = async (chunk, { bytes, milliseconds }) => {
      for (let at = 0; at < chunk.length; at += bytes) {
        client.write(chunk.subarray(at, at + bytes))
        await new Promise((done) => setTimeout(done, milliseconds))
      }
    }
    upstream.on('data', (chunk) => {
      if (isHole) return
      if (slow) {
        const how = slow
        passing = passing.then(() => pieces(chunk, how))
        return
      }
      client.write(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) client.resetAndDestroy()
    })
    for (const socket of [client, upstream]) {
      socket.on('close', forget)
      socket.on('error', forget)
    }
  })
  const listen = (port) => new Promise((done) => listener.listen(port, '127.0.0.1', done))
  await listen(0)
  const own = listener.address().port
  return {
    at: `127.0.0.1:${own}`,
    swallow: (on) => (isHole = on),
    breakAfter: (bytes) => (left = bytes),
    trickle: (how) => (slow = how),
    close: () => new Promise((done) => (listener.close(done), sockets.forEach((socket) => socket.destroy()))),
    open: () => listen(own),
    refuse: (on) => (refuses = on),
    cut: () => sockets.forEach((socket) => socket.destroy()),
    stop: () => (listener.close(), sockets.forEach((socket) => socket.destroy())),
  }
}
