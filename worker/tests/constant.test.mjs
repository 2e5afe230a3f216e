// Answers that never differ, which JavaScript gives without Rust: they are what Rust would say, and are logged and counted. Pages of other origins may not
// call this API: else it has none.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answerOf, database, start, until } from './support.mjs'

const TARGET = '/api/v1/healthcheck'

let db, worker
before(async () => {
  db = await database()
  worker = await start(db.name, { manifest: process.env.RIVAGE_MANIFEST_CLOSED, bindings: { METRICS_TOKEN: 'a-token' }, points: true })
})
after(async () => {
  await worker?.stop()
  await db?.end()
})

const answer = (target, init) => answerOf(worker, target, init)
const lines = (id) => worker.log().split('\n').filter((line) => line.includes(id))

// How many of them a Worker has counted.
async function counted(worker) {
  const { text } = await answerOf(worker, '/api/v1/admin/metrics?format=prometheus', { headers: { authorization: 'Bearer a-token' } })
  return Number(text.match(/rivage_requests_total\{route="healthcheck",status="2xx"\} (\d+)/)?.[1] ?? 0)
}

// All headers but the id of the request.
const others = ({ headers }) => [...headers].filter(([name]) => name !== 'x-request-id')

test('it is what Rust would say, whatever the request says besides', async () => {
  // HEAD goes the way of all others.
  const asked = await answer(TARGET, { method: 'HEAD' })
  const ids = new Set([asked.headers.get('x-request-id')])
  for (const headers of [{}, { origin: 'https://foe.test' }, { 'if-none-match': '*' }, { range: 'bytes=0-1' }, { cookie: '__Host-session=x' }]) {
    const got = await answer(TARGET, { headers })
    assert.deepEqual([got.status, got.body], [200, { status: 'up', build: 'test' }])
    assert.deepEqual(others(got), others(asked))
    assert.match(got.headers.get('x-request-id'), /^[0-9a-f]{32}$/)
    ids.add(got.headers.get('x-request-id'))
  }
  assert.equal(ids.size, 6, 'each request has an id of its own')
})

test('what is not quite that question is answered by Rust', async () => {
  const statuses = []
  for (const [target, method] of [[`${TARGET}?a=1`, 'GET'], [`${TARGET}/`, 'GET'], [TARGET, 'POST'], [TARGET, 'OPTIONS'], ['/api/v1/health', 'GET']]) {
    statuses.push((await answer(target, { method })).status)
  }
  assert.deepEqual(statuses, [400, 404, 405, 204, 200])
})

test('it is logged and counted as every answer is', async () => {
  const before = await counted(worker)
  const ids = []
  for (const method of ['GET', 'HEAD', 'GET']) ids.push((await answer(TARGET, { method })).headers.get('x-request-id'))
  assert.equal(await counted(worker), before + 3)
  await until(() => ids.every((id) => lines(id).length === 1), 'a line for each')
  const [got, head] = ids.map((id) => JSON.parse(lines(id)[0]))
  assert.ok(got.total_ms < 60_000)
  assert.deepEqual({ ...got, id: '', total_ms: 0 }, { ...head, method: 'GET', id: '', total_ms: 0 })
  await until(() => worker.log().match(/point .*"healthcheck","GET","200"/g)?.length >= 2, 'a data point for each')
})

test('without a log it is counted from the first request on', async () => {
  const silent = await start(db.name, { manifest: process.env.RIVAGE_MANIFEST_CLOSED, bindings: { METRICS_TOKEN: 'a-token', LOG: 'problems' } })
  try {
    const first = await answerOf(silent, TARGET)
    for (let more = 0; more < 4; more++) await answerOf(silent, TARGET)
    assert.equal(await counted(silent), 5)
    const { body } = await answerOf(silent, '/api/v1/admin/metrics', { headers: { authorization: 'Bearer a-token' } })
    assert.equal(body.instance, first.headers.get('x-request-id').slice(0, 16))
    assert.equal(silent.log(), '')
  } finally {
    await silent.stop()
  }
})

test('many of them share nothing but what never differs', async () => {
  const all = await Promise.all(Array.from({ length: 200 }, async () => (await answer(TARGET)).headers.get('x-request-id')))
  assert.equal(new Set(all).size, 200)
  const tagged = await answer('/api/notes/1')
  const plain = await answer('/api/fifty')
  assert.notEqual(tagged.headers.get('etag'), plain.headers.get('etag'))
  assert.notEqual(tagged.headers.get('x-request-id'), plain.headers.get('x-request-id'))
})
