// What happens when the database, a client or the module fails: an answer in bounded time, and the next request as if nothing had been.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { database, proxy, server, start, until } from './support.mjs'

let db, way, worker
before(async () => {
  db = await database()
  way = await proxy(server)
  worker = await start(db.name, { at: way.at })
})
after(async () => {
  await worker?.stop()
  way?.stop()
  await db?.end()
})

async function timed(target, init) {
  const start = performance.now()
  const response = await worker.send(target, { ...init, signal: AbortSignal.timeout(20_000) })
  const body = await response.json()
  return { status: response.status, code: body.code, body, milliseconds: performance.now() - start }
}

const connections = async (where = '') => {
  const { rows } = await db.client.query(`select count(*)::int as n from pg_stat_activity where datname = $1 and usename like 'rivage_%' ${where}`, [db.name])
  return rows[0].n
}

const works = async () => assert.equal((await timed('/api/notes/1')).status, 200)

test('a server process that is killed in the middle of a query', async () => {
  const sleeping = async () => {
    const { rows } = await db.client.query(`select pid from pg_stat_activity where datname = $1 and usename like 'rivage_%' and query like '%pg_sleep%' and state = 'active'`, [db.name])
    return rows.map(row => row.pid)
  }
  const asked = timed('/api/slow?seconds=4')
  let first
  await until(async () => (first = await sleeping()).length, 'a query that sleeps')
  const start = performance.now()
  // Both: the first, and that of the second attempt, which a read has. A process that was told to end is listed for a moment longer.
  const kill = () => db.client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename like 'rivage_%'`, [db.name])
  await kill()
  await until(async () => (await sleeping()).some(pid => !first.includes(pid)), 'the second attempt')
  await kill()
  const { status, code } = await asked
  assert.deepEqual([status, code], [503, 'database-unavailable'])
  assert.ok(performance.now() - start < 5_000)
  await works()
})

test('a statement that takes longer than its role may', async () => {
  const { status, milliseconds } = await timed('/api/slow?seconds=30')
  assert.equal(status, 504)
  assert.ok(milliseconds > 4_000 && milliseconds < 9_000, `${milliseconds} ms`)
  await works()
})

test('a server that does not answer at all', async () => {
  way.swallow(true)
  const [before, health] = await Promise.all([timed('/api/notes/1'), timed('/api/v1/health')])
  way.swallow(false)
  way.cut()
  for (const { status, milliseconds } of [before, health]) {
    assert.equal(status, 503)
    // Two seconds for a connection; a read tries twice.
    assert.ok(milliseconds > 1_900 && milliseconds < 7_000, `${milliseconds} ms`)
  }
  await works()
})

test('a server that falls silent in the middle of a query', async () => {
  const asked = timed('/api/slow?seconds=1')
  await until(() => connections(`and query like '%pg_sleep%' and state = 'active'`), 'a query that sleeps')
  way.swallow(true)
  const { status, milliseconds } = await asked
  way.swallow(false)
  way.cut()
  assert.equal(status, 504)
  assert.ok(milliseconds < 9_000, `${milliseconds} ms`)
  await works()
})

test('no way to the server', async () => {
  const nowhere = await start(db.name, { at: '127.0.0.1:1' })
  try {
    const response = await nowhere.send('/api/v1/health')
    assert.equal(response.status, 503)
    assert.ok(Number(response.headers.get('retry-after')) > 0)
    const text = await response.text()
    assert.ok(!/127\.0\.0\.1|rivage_r/.test(text), text)
  } finally {
    await nowhere.stop()
  }
})

test('a client that goes away', async () => {
  const gone = new AbortController()
  const asked = worker.send('/api/slow?seconds=1', { signal: gone.signal }).catch(() => 'gone')
  await until(() => connections(`and query like '%pg_sleep%' and state = 'active'`), 'a query that sleeps')
  gone.abort()
  assert.equal(await asked, 'gone')
  await until(async () => (await connections()) === 0, 'no connection is left')
  await works()
})

test('a thousand requests leave no connection behind', async () => {
  const targets = ['/api/notes/1', '/api/fifty', '/api/v1/health', '/api/notes/999999', '/api/kept', '/api/large?times=2000']
  let sent = 0
  const lane = async () => {
    while (sent < 1_000) {
      const response = await worker.send(targets[sent++ % targets.length])
      await response.arrayBuffer()
      assert.ok([200, 404, 500].includes(response.status), `${response.url}: ${response.status}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  await until(async () => (await connections()) === 0, 'no connection is left')
})

test('kept answers need no server', async () => {
  assert.equal((await timed('/api/kept')).status, 200)
  way.swallow(true)
  const { status, milliseconds } = await timed('/api/kept')
  way.swallow(false)
  way.cut()
  assert.equal(status, 200)
  assert.ok(milliseconds < 3_000, `${milliseconds} ms`)
})
