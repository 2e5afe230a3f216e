// One instance of the module over time: its end by a panic, and its memory.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CONNECT, PATIENCE, STATEMENT, database, pooler, sleeping, start, until, wake, within } from './support.mjs'

let db, worker
before(async () => {
  db = await database()
  worker = await start(db.name, { at: pooler, folder: process.env.RIVAGE_WORKER_TESTING, bindings: { LOG: 'problems' } })
})
after(async () => {
  await worker?.stop()
  await db?.end()
})

const status = async (target) => {
  const response = await worker.send(target, { signal: AbortSignal.timeout(PATIENCE) })
  await response.arrayBuffer()
  return response.status
}

const works = () => within(CONNECT, async () => {
  const got = await status('/api/notes/1')
  return () => assert.equal(got, 200)
})

test('an instance begins without a word', () => {
  // It asks itself for the first time, where the platform allows less than within a request.
  assert.equal(worker.log(), '')
})

for (const target of ['/api/testing/panic', '/api/testing/panic-later']) {
  test(`what is on its way when ${target} ends the instance is answered`, async () => {
    await works()
    // Had they waited for their queries, which the role ends, they would be 504.
    await within(STATEMENT, async () => {
      await wake(db)
      let answered = 0
      const others = [1, 2].map(() => status('/api/slow?seconds=60').finally(() => answered++))
      // As many as the pooler lets through.
      await until(async () => answered || (await sleeping(db)).length === 2, 'two queries that sleep')
      const all = [await status(target), ...(await Promise.all(others))]
      return () => assert.deepEqual(all, [503, 503, 503])
    })
    for (let turn = 0; turn < 5; turn++) await works()
  })
}

test('the panic is in the log', () => until(() => /panicked at .*asked for by a test/s.test(worker.log()), 'the message of the panic'))

test('what a request used is given back to the platform', async () => {
  const inspected = await start(db.name, { inspect: true, limits: false })
  try {
    const targets = ['/api/notes/1', '/api/fifty', '/api/v1/health', '/api/notes/999999', '/api/notes?limit=x', '/api/kept', '/api/large?times=2000', '/api/v1/healthcheck']
    for (let sent = 0; sent < 80; sent++) await (await inspected.send(targets[sent % targets.length])).arrayBuffer()
    // The end of a connection is waited for after the answer.
    const names = ['Socket', 'ReadableStream', 'WritableStream', 'Request', 'Response'].map((name) => `workerd / ${name}`)
    await until(async () => {
      const held = await inspected.held()
      return names.every((name) => !held[name])
    }, 'nothing is held')
  } finally {
    await inspected.stop()
  }
})

test('memory stays as it is', async (t) => {
  const targets = ['/api/notes/1', '/api/fifty', '/api/none', '/api/notes?limit=x', '/api/kept', '/api/v1/healthcheck']
  const memory = async () => Number(await (await worker.send('/api/testing/memory')).text())
  const many = async (count) => {
    let sent = 0
    const lane = async () => {
      while (sent < count) await status(targets[sent++ % targets.length])
    }
    await Promise.all(Array.from({ length: 8 }, lane))
  }
  await many(1_000)
  const before = await memory()
  await many(Number(process.env.RIVAGE_WORKER_REQUESTS ?? 6_000))
  const after = await memory()
  t.diagnostic(`${before} bytes of memory after 1,000 requests, ${after} in the end`)
  assert.ok(after <= before + 128 * 1024, `${before} bytes, then ${after}`)
  assert.ok(after < 48 * 1024 * 1024, `${after} bytes`)
})
