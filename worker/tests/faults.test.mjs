// What happens when the database, a client or the module fails: an answer in bounded time, and the next request as if nothing had been.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { CONNECT, PATIENCE, STATEMENT, database, proxy, server, sleeping, start, until, wake, within } from './support.mjs'

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
beforeEach(() => wake(db))

// What is answered at all is answered in bounded time: limits of the Worker and of the roles are what ends the requests below.
async function ask(target, init) {
  const response = await worker.send(target, { signal: AbortSignal.timeout(PATIENCE), ...init })
  const body = await response.json()
  return { status: response.status, code: body.code }
}

const connections = async () => {
  const { rows } = await db.client.query(`select count(*)::int as n from pg_stat_activity where datname = $1 and usename like 'rivage_%'`, [db.name])
  return rows[0].n
}

const works = () => within(CONNECT, async () => {
  const { status } = await ask('/api/notes/1')
  return () => assert.equal(status, 200)
})

// Asks for what takes longer than anything may, and goes on when the database is at it.
async function sleep(init) {
  await wake(db)
  const query = { answer: ask('/api/slow?seconds=60', init).catch((error) => error), isOver: false }
  query.answer.then(() => (query.isOver = true))
  await until(async () => query.isOver || (await sleeping(db)).length, 'a query that sleeps')
  return query
}

test('a server process that is killed in the middle of a query', async () => {
  // An answer without a kill would be 504, after the time of a statement.
  await within(STATEMENT, async () => {
    const query = await sleep()
    const first = await sleeping(db)
    // Both: the first, and that of the second attempt, which a read has. A process that was told to end is listed for a moment longer.
    const kill = () => db.client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename like 'rivage_%'`, [db.name])
    await kill()
    let isSecond = false
    await until(async () => query.isOver || (isSecond = (await sleeping(db)).some((pid) => !first.includes(pid))), 'the second attempt')
    await kill()
    const answer = await query.answer
    return () => assert.deepEqual([answer, isSecond], [{ status: 503, code: 'database-unavailable' }, true])
  })
  await works()
})

test('a statement that takes longer than its role may', async () => {
  assert.deepEqual(await ask('/api/slow?seconds=60'), { status: 504, code: 'database-timeout' })
  await works()
})

test('a server that does not answer at all', async () => {
  way.swallow(true)
  const answers = await Promise.all([ask('/api/notes/1'), ask('/api/v1/health')])
  way.swallow(false)
  way.cut()
  // Two seconds for a connection; a read tries twice.
  for (const answer of answers) assert.deepEqual(answer, { status: 503, code: 'database-unavailable' })
  await works()
})

test('a server that falls silent in the middle of a query', async () => {
  const { answer } = await sleep()
  way.swallow(true)
  assert.deepEqual(await answer, { status: 504, code: 'database-timeout' })
  way.swallow(false)
  way.cut()
  await works()
})

test('a server whose bytes come in small pieces', async () => {
  way.trickle({ bytes: 16, milliseconds: 1 })
  await works()
  // Slower than there is patience for a connection, twice.
  way.trickle({ bytes: 1, milliseconds: 200 })
  assert.deepEqual(await ask('/api/notes/1'), { status: 503, code: 'database-unavailable' })
  way.trickle(undefined)
  way.cut()
  await works()
})

test('a connection that is reset in the middle of rows', async () => {
  way.breakAfter(20_000)
  const answer = await ask('/api/large?times=500')
  way.breakAfter(Infinity)
  // Not tried again: rows had come.
  assert.deepEqual(answer, { status: 503, code: 'database-unavailable' })
  await works()
})

test('a server that has no connection to spare', async () => {
  await db.client.query('alter role rivage_ro connection limit 0')
  const answer = await ask('/api/notes/1')
  await db.client.query('alter role rivage_ro connection limit -1')
  assert.deepEqual(answer, { status: 503, code: 'database-unavailable' })
  await works()
})

test('a server that is stopped and started', async () => {
  await within(STATEMENT, async () => {
    const query = await sleep()
    await way.close()
    const answers = [await query.answer, await ask('/api/notes/1')]
    await way.open()
    return () => assert.deepEqual(answers, [1, 2].map(() => ({ status: 503, code: 'database-unavailable' })))
  })
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
  await within(STATEMENT, async () => {
    const gone = new AbortController()
    const query = await sleep({ signal: gone.signal })
    gone.abort()
    const answer = await query.answer
    return () => assert.equal(answer.name, 'AbortError')
  })
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
      // 503 where a machine is too busy to connect in time; what counts here is what stays behind.
      assert.ok([200, 404, 500, 503].includes(response.status), `${response.url}: ${response.status}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  await until(async () => (await connections()) === 0, 'no connection is left')
})

test('kept answers need no server', async () => {
  await within(CONNECT, async () => {
    const { status } = await ask('/api/kept')
    return () => assert.equal(status, 200)
  })
  way.swallow(true)
  const { status } = await ask('/api/kept')
  way.swallow(false)
  way.cut()
  assert.equal(status, 200)
})
