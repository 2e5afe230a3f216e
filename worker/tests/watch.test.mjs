// The watch: a cron that tells a webhook when the site's health changes.
import assert from 'node:assert/strict'
import http from 'node:http'
import { after, before, test } from 'node:test'
import { database, pooler, proxy, start, until } from './support.mjs'

let db, hook, told
before(async () => {
  db = await database()
  told = []
  hook = http.createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    told.push({ method: request.method, body: JSON.parse(Buffer.concat(chunks)) })
    response.end('ok')
  })
  await new Promise((done) => hook.listen(0, '127.0.0.1', done))
})
after(async () => {
  hook?.close()
  await db?.end()
})

test('a change is told once, and so is the way back', async () => {
  const way = await proxy(pooler)
  const bindings = { ALERT_WEBHOOK: `http://127.0.0.1:${hook.address().port}/hook`, LOG: 'problems' }
  const worker = await start(db.name, { at: way.at, bindings })
  try {
    await worker.cron()
    assert.deepEqual(told, [], 'that all is well is no news')
    assert.deepEqual((await db.client.query('select state, told from watch_state')).rows, [{ state: 'ok', told: true }])
    way.refuse(true)
    for (let turn = 0; turn < 3; turn++) await worker.cron()
    assert.deepEqual(told.map(({ method, body }) => [method, body.status, body.was]), [['POST', 'down', 'ok']])
    way.refuse(false)
    for (let turn = 0; turn < 2; turn++) await worker.cron()
    assert.deepEqual(told.slice(1).map(({ body }) => [body.status, body.was, body.build]), [['ok', 'down', 'test']])
  } finally {
    await worker.stop()
    way.stop()
  }
})

test('each request leaves a data point', async () => {
  const worker = await start(db.name, { points: true, bindings: { LOG: 'none' } })
  try {
    // Of whole lines: the log may come in pieces.
    const points = () => [...worker.log().matchAll(/^point (.*)\n/gm)].map(([, point]) => JSON.parse(point))
    for (const [at, target] of ['/api/v1/healthcheck', '/api/none', '/api/v1/pages?tag=private'].entries()) {
      await worker.send(target)
      // In order: a point is written after the answer.
      await until(() => points().length > at, `a point for ${target}`)
    }
    assert.deepEqual(points().map(({ indexes, blobs }) => [indexes, blobs]), [
      [['healthcheck'], ['healthcheck', 'GET', '200', 'none', '']],
      [['none'], ['none', 'GET', '404', 'none', 'not-found']],
      [['list_pages'], ['list_pages', 'GET', '200', 'miss', '']],
    ])
    assert.ok(points().every(({ doubles }) => doubles.length === 4 && doubles.every(Number.isFinite)))
    assert.ok(!worker.log().includes('private'))
  } finally {
    await worker.stop()
  }
})

test('health names what is not well', async () => {
  const worker = await start(db.name)
  try {
    const ask = async () => (await worker.send('/api/v1/health')).json()
    assert.deepEqual((await ask()).checks, { database_read: 'ok', database_write: 'ok', tables: 'ok', store: 'absent', build: 'ok' })
    await db.client.query('alter table watch_state rename to watch_state_gone')
    assert.deepEqual((({ status, degraded }) => [status, degraded])(await ask()), ['degraded', ['tables']])
  } finally {
    await db.client.query('alter table if exists watch_state_gone rename to watch_state')
    await worker.stop()
  }
})
