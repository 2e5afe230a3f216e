// One instance of the module over time: its end by a panic, and its memory.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PATIENCE, database, pooler, sleeping, start, until, wake } from './support.mjs'

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

test('an instance begins without a word', () => {
  // It asks itself for the first time, where the platform allows less than within a request.
  assert.equal(worker.log(), '')
})

for (const target of ['/api/testing/panic', '/api/testing/panic-later']) {
  test(`what is on its way when ${target} ends the instance is answered`, async () => {
    await wake(db)
    assert.equal(await status('/api/notes/1'), 200)
    // Had they waited for their queries, which the role ends, they would be 504.
    const others = [status('/api/slow?seconds=60'), status('/api/slow?seconds=60')]
    // As many as the pooler lets through.
    await until(async () => (await sleeping(db)).length === 2, 'two queries that sleep')
    assert.equal(await status(target), 503)
    assert.deepEqual(await Promise.all(others), [503, 503])
    for (let turn = 0; turn < 5; turn++) assert.equal(await status('/api/notes/1'), 200)
  })
}

test('the panic is in the log', () => until(() => /panicked at .*asked for by a test/s.test(worker.log()), 'the message of the panic'))

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
