// Errors that reach a service like Sentry: real envelopes, without anything of a request.
import assert from 'node:assert/strict'
import http from 'node:http'
import { after, before, test } from 'node:test'
import { PATIENCE, database, start, until } from './support.mjs'

let db, service, sent
before(async () => {
  db = await database()
  sent = []
  service = http.createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    sent.push({ url: request.url, headers: request.headers, lines: Buffer.concat(chunks).toString().split('\n') })
    response.end('{}')
  })
  await new Promise((done) => service.listen(0, '127.0.0.1', done))
})
after(async () => {
  service?.close()
  await db?.end()
})

const dsn = () => `http://public@127.0.0.1:${service.address().port}/7`

test('an error of the database is told, scrubbed', async () => {
  const started = Date.now()
  // Nobody listens there.
  const worker = await start(db.name, { at: '127.0.0.1:1', bindings: { SENTRY_DSN: dsn(), SENTRY_ENVIRONMENT: 'tests' } })
  try {
    const headers = { cookie: 'a=private-cookie', authorization: 'Bearer private-token' }
    const response = await worker.send('/api/notes?tag=privatequery', { headers })
    assert.equal(response.status, 503)
    await until(() => sent.length, 'an envelope')
    const [{ url, headers: got, lines }] = sent
    assert.equal(url, '/api/7/envelope/')
    assert.equal(got['content-type'], 'application/x-sentry-envelope')
    assert.match(got['x-sentry-auth'], /^Sentry sentry_version=7, sentry_client=rivage\/[\d.]+, sentry_key=public$/)
    const [head, item, event] = lines.slice(0, 3).map((line) => JSON.parse(line))
    assert.equal(item.length, Buffer.byteLength(lines[2]))
    assert.equal(head.event_id, event.event_id)
    assert.deepEqual([event.release, event.environment, event.transaction, event.tags.status], ['test', 'tests', 'get_notes', '503'])
    assert.equal(event.extra.request_id, response.headers.get('x-request-id'))
    assert.ok(!lines.join().includes('private'), lines.join())
    // What is the client's mistake is nobody's error; an outage is told ten times a minute, not more.
    await worker.send('/api/none')
    for (let turn = 0; turn < 20; turn++) await worker.send('/api/notes')
    await until(() => sent.length >= 10, 'what may be told')
    const minutes = 1 + Math.floor((Date.now() - started) / 60_000)
    assert.ok(sent.length <= 10 * minutes, `${sent.length} in ${minutes} minutes`)
  } finally {
    await worker.stop()
  }
})

test('the end of an instance is told by the next one', async () => {
  sent.length = 0
  const worker = await start(db.name, { folder: process.env.RIVAGE_WORKER_TESTING, bindings: { SENTRY_DSN: dsn() } })
  try {
    const ask = async (target) => (await worker.send(target, { signal: AbortSignal.timeout(PATIENCE) })).status
    assert.equal(await ask('/api/testing/panic'), 503)
    assert.equal(await ask('/api/v1/healthcheck'), 200)
    let event
    // What the Worker of the test before has sent may come late.
    await until(() => (event = sent.map(({ lines }) => JSON.parse(lines[2])).find(({ tags }) => tags.code === 'interrupted')), 'its envelope')
    assert.equal(event.environment, 'production')
    assert.match(event.message.formatted, /RuntimeError|unreachable/)
  } finally {
    await worker.stop()
  }
})
