// Measures a bundle in workerd: CPU of its process for each request, time until answers.
//
// In: environment as worker/tests/support.mjs has it, and RIVAGE_PEER (a folder). Out: one JSON object on standard output. Deliberately not here: what
// the numbers should be. Requests per second of a shared machine say little, CPU does; the least of several runs is what is told.
import { createHmac } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import http from 'node:http'
import { database, start, workerds } from '../tests/support.mjs'

// Many and short: one of them is then left alone even on a machine that others use.
const RUNS = Number(process.env.RIVAGE_BENCH_RUNS ?? 20)
const REQUESTS = Number(process.env.RIVAGE_BENCH_REQUESTS ?? 1000)
const LANES = 8
const CLIENTS = 32

// Starts a Worker, and finds its process.
async function launch(database, options) {
  const before = new Set(workerds())
  const worker = await start(database, options)
  const pid = workerds().find((name) => !before.has(name))
  if (!pid) throw new Error('workerd does not run')
  return { ...worker, pid }
}

// Microseconds of CPU of all threads, user and system.
function cpu(pid) {
  const of = (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + of(thread) / 1000, 0)
}

function get(agent, address, target, headers) {
  return new Promise((done, fail) => {
    const request = http.get(new URL(target, address), { agent, headers }, (response) => {
      response.resume()
      response.on('end', () => done(response))
      response.on('error', fail)
    })
    // A connection that was kept may have been closed just now.
    request.on('error', (error) => {
      if (request.reusedSocket && error.code === 'ECONNRESET') get(agent, address, target, headers).then(done, fail)
      else fail(error)
    })
  })
}

async function lanes(address, target, headers, count, width = LANES) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: width })
  let sent = 0
  const lane = async () => {
    while (sent++ < count) {
      const { statusCode } = await get(agent, address, target, headers)
      if (statusCode !== 200) throw new Error(`${target}: ${statusCode}`)
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  agent.destroy()
}

// The least CPU of a request, and requests in a second, of each. They take turns: what else the machine does, and how far V8 has come with what it
// compiles with optimisation, is then the same for all.
async function measure(all) {
  for (const { worker, target, headers, turns } of all) await lanes(worker.address, target, headers, REQUESTS * turns * 2)
  const results = all.map(() => ({ cpu: Infinity, rate: 0 }))
  const most = Math.max(...all.map(({ turns }) => turns))
  for (let turn = 0; turn < RUNS * most; turn++) {
    for (const [index, { worker, target, headers, turns }] of all.entries()) {
      if (turn % most >= turns) continue
      const before = cpu(worker.pid)
      const started = performance.now()
      await lanes(worker.address, target, headers, REQUESTS)
      const result = results[index]
      result.cpu = Math.min(result.cpu, (cpu(worker.pid) - before) / REQUESTS)
      result.rate = Math.max(result.rate, REQUESTS / ((performance.now() - started) / 1000))
    }
  }
  return results
}

// Requests in a second that are answered when many clients ask as fast as they are answered, for long enough to hold.
async function full(worker, target) {
  const [count, started] = [REQUESTS * 10, performance.now()]
  await lanes(worker.address, target, {}, count, CLIENTS)
  return count / ((performance.now() - started) / 1000)
}

const p95 = (list) => list.sort((a, b) => a - b)[Math.floor(list.length * 0.95)]

// Latencies at a steady rate, which does not wait for answers; and what the answers tell of the database.
async function latency(worker, target, rate, seconds) {
  const agent = new http.Agent({ keepAlive: true })
  const [all, ofDatabase, pending] = [[], [], []]
  const count = Math.floor(rate * seconds)
  const begin = performance.now()
  for (let sent = 0; sent < count; sent++) {
    const due = begin + (sent * 1000) / rate
    while (performance.now() < due) await new Promise((done) => setTimeout(done, Math.max(0, due - performance.now())))
    // Counted from when it was due: a machine that falls behind is not excused.
    pending.push(get(agent, worker.address, target, {}).then((response) => {
      all.push(performance.now() - due)
      const timing = response.headers['server-timing']?.match(/db;dur=(\d+)/)
      if (timing) ofDatabase.push(Number(timing[1]))
    }))
  }
  await Promise.all(pending)
  agent.destroy()
  return { rate, p95: p95(all), database: ofDatabase.length ? p95(ofDatabase) : null }
}

// The first request of an instance, and the second, each over a connection of its own; of all sides in turn.
async function first(database, sides) {
  const results = sides.map(() => ({ first: Infinity, firstCpu: Infinity, second: Infinity }))
  for (let run = 0; run < RUNS; run++) {
    for (const [index, options] of sides.entries()) {
      const worker = await launch(database, options)
      const ask = async () => {
        const [before, started] = [cpu(worker.pid), performance.now()]
        await get(new http.Agent(), worker.address, '/api/v1/healthcheck', {})
        return [performance.now() - started, (cpu(worker.pid) - before) / 1000]
      }
      const [[first, firstCpu], [second]] = [await ask(), await ask()]
      const result = results[index]
      for (const [name, value] of Object.entries({ first, firstCpu, second })) result[name] = Math.min(result[name], value)
      await worker.stop()
    }
  }
  return results
}

// Hono takes no other `typ` than `JWT`, and we none but that of an access token.
function token(head) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const body = part({ iss: 'rivage', aud: 'rivage', sub: '00000000-0000-0000-0000-000000000000', role: 'member', jti: 'x', iat: now, nbf: now, exp: now + 3600 })
  const signed = `${part(head)}.${body}`
  return `${signed}.${createHmac('sha256', Buffer.alloc(32, 7)).update(signed).digest('base64url')}`
}

const db = await database()
const keys = { API_KEYS: `k1 hs256:${Buffer.alloc(32, 7).toString('base64url')}`, LOG: 'none' }
const ours = { limits: false, bindings: keys }
const peer = { limits: false, bindings: { LOG: 'none' }, folder: process.env.RIVAGE_PEER, peer: true }
// What takes less time comes more often: a machine that others use disturbs it as long.
const routes = [
  ['static', '/api/v1/healthcheck', {}, 4],
  ['secure', { ours: '/api/v1/healthcheck', peer: '/api/secure/healthcheck' }, {}, 4],
  ['jwt', '/api/protected', null, 4],
  ['one', '/api/notes/1', {}, 1],
  ['fifty', '/api/fifty', {}, 1],
]
const tokens = { ours: token({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' }), peer: token({ alg: 'HS256', typ: 'JWT' }) }
const result = { runs: RUNS, ours: {}, peer: {} }
const tell = (what) => console.error(`  ${what}`)
const names = ['ours', 'peer']
const options = { ours, peer }
for (const [index, found] of (await first(db.name, names.map((name) => options[name]))).entries()) {
  result[names[index]].first = found
}
tell(`first requests: ${JSON.stringify(names.map((name) => result[name].first))}`)
const workers = {}
for (const name of names) workers[name] = await launch(db.name, options[name])
const all = routes.flatMap(([route, target, headers, turns]) => names.map((name) => (
  { route, name, worker: workers[name], target: target[name] ?? target, headers: headers ?? { authorization: `Bearer ${tokens[name]}` }, turns }
)))
for (const [index, measured] of (await measure(all)).entries()) {
  const { route, name } = all[index]
  result[name][route] = measured
  tell(`${route}, ${name}: ${JSON.stringify(measured)}`)
}
await workers.peer.stop()
const times = []
for (let time = 0; time < 3; time++) {
  const rate = (await full(workers.ours, '/api/notes/1')) / 2
  times.push(await latency(workers.ours, '/api/notes/1', rate, 10))
}
// A machine that stands still for half a second is one of twenty of ten seconds.
result.latency = times.sort((a, b) => a.p95 - b.p95)[0]
tell(`latency: ${JSON.stringify(times)}`)
await workers.ours.stop()
await db.end()
console.log(JSON.stringify(result))
