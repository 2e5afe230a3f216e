// Mixed traffic at the highest rate: node load.mjs SECONDS
//
// In: environment as worker/tests/support.mjs has it. Out: what was answered, how fast, what memory it took. Fails where 0.1 % or more of the requests
// did, or where a row that was acknowledged is not there. Deliberately not here: how fast it should be.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { database, start, workerds } from '../tests/support.mjs'

const SECONDS = Number(process.argv[2])
const CLIENTS = 32
const ALLOWED = 0.001

const db = await database()
const worker = await start(db.name, { limits: false, bindings: { LOG: 'none' } })
const [pid] = workerds()
const memory = () => `${Math.round(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1] / 1024)} MB`
const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS })

function send(method, target, body) {
  const json = body && { 'content-type': 'application/json', origin: 'https://site.test', 'content-length': Buffer.byteLength(body) }
  return new Promise((done, fail) => {
    const request = http.request(new URL(target, worker.address), { agent, method, headers: { 'cf-connecting-ip': '203.0.113.7', ...json } }, (response) => {
      response.resume()
      response.on('end', () => done(response.statusCode))
      response.on('error', fail)
    })
    request.on('error', (error) => {
      // A connection that was kept may have been closed just now: nothing was sent.
      if (request.reusedSocket && error.code === 'ECONNRESET') send(method, target, body).then(done, fail)
      else fail(error)
    })
    request.end(body)
  })
}

let written = 0
const get = (target, expected = 200) => [expected, () => send('GET', target)]
const mix = [
  get('/api/notes/1'),
  get('/api/fifty'),
  get('/api/kept'),
  get('/api/v1/search?q=tide'),
  get('/api/v1/pages'),
  get('/api/v1/health'),
  get('/api/v1/healthcheck'),
  get('/api/notes?tag=a&sort=oldest'),
  get('/api/notes/999999', 404),
  get('/api/none', 404),
  get('/api/notes?limit=x', 400),
  [201, () => send('POST', '/api/notes', JSON.stringify({ text: `load ${written++}`, tag: 'load' }))],
]

const [others, times] = [{}, []]
let [total, failed, acknowledged] = [0, 0, 0]
const ends = performance.now() + SECONDS * 1000
const told = setInterval(() => console.log(`${total} requests, ${failed} failed, ${memory()}`), 60_000)
await Promise.all(Array.from({ length: CLIENTS }, async (_, client) => {
  for (let turn = client; performance.now() < ends; turn++) {
    const [expected, ask] = mix[turn % mix.length]
    const begun = performance.now()
    const status = await ask().catch((error) => error.code ?? String(error))
    if (total++ % 20 === 0) times.push(performance.now() - begun)
    if (status === expected) acknowledged += expected === 201
    else {
      failed++
      others[status] = (others[status] ?? 0) + 1
    }
  }
}))
clearInterval(told)
agent.destroy()
times.sort((a, b) => a - b)
const { rows: [{ stored }] } = await db.client.query(`select count(*)::int as stored from note where tag = 'load'`)
const p95 = times[Math.floor(times.length * 0.95)].toFixed(1)
console.log(`${total} requests in ${SECONDS} s, ${Math.round(total / SECONDS)} in a second; 95 % within ${p95} ms; ${failed} failed ${JSON.stringify(others)}; ${acknowledged} rows acknowledged, ${stored} stored; workerd ${memory()}`)
await worker.stop()
await db.end()
if (failed >= total * ALLOWED || stored < acknowledged) throw new Error('more failed than may, or rows are lost')
