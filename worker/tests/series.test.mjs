// Bars of time series: the cases of tests/api/bars.json, which the native server is asked as well, and a batch of the greatest size.
import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { database, start } from './support.mjs'

const KEY = Buffer.alloc(32, 7)
let db, worker
before(async () => {
  db = await database()
  worker = await start(db.name, { bindings: { API_KEYS: `k1 hs256:${KEY.toString('base64url')}` } })
})
after(async () => {
  await worker?.stop()
  await db?.end()
})

function token() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: 'rivage', aud: 'rivage', sub: randomUUID(), role: 'admin', jti: 'test', iat: now, exp: now + 600 }
  const signed = `${part({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', KEY).update(signed).digest('base64url')}`
}

async function ingest(query, type, body) {
  const headers = { 'content-type': type, authorization: `Bearer ${token()}` }
  const response = await worker.send(`/api/v1/series/ingest?${query}`, { method: 'POST', headers, body })
  return { status: response.status, body: await response.json() }
}

const items = async (symbol, query) => (await (await worker.send(`/api/v1/series/${symbol}?${query}`)).json()).items

test('batches are answered as they deserve', async () => {
  const cases = JSON.parse(readFileSync(new URL('../../tests/api/bars.json', import.meta.url), 'utf8'))
  for (const one of cases) {
    const fill = (text) => text.replaceAll('{symbol}', 'CASES')
    const { status, body } = await ingest(fill(one.query), one.type, one.body)
    assert.equal(status, one.status, `${one.name}: ${JSON.stringify(body)}`)
    if (one.code) assert.equal(body.code, one.code, one.name)
    for (const [key, value] of Object.entries(one.answer ?? {})) assert.deepEqual(body[key], value, `${one.name}: ${key}`)
  }
  assert.deepEqual(await items('CASES', 'interval=5m'), [{ ts: '2026-11-02T09:00:00Z', open: 1, high: 6, low: 0.5, close: 4, volume: 18 }])
})

test('ten thousand rows at once, twice, and late ones', async () => {
  const start = Date.UTC(2026, 2, 2)
  const rows = Array.from({ length: 10_000 }, (_, at) => {
    const open = 100 + (at % 97) / 10
    return [new Date(start + at * 60_000).toISOString(), open, open + 2, open - 2, open + 1, at % 13]
  })
  const late = rows.filter((_, at) => at % 10 === 0)
  const table = (all) => `ts,open,high,low,close,volume\n${all.map((row) => row.join(',')).join('\n')}\n`
  const many = rows.filter((_, at) => at % 10 !== 0)
  assert.deepEqual((await ingest('symbol=MANY', 'text/csv', table([...many, ...many.slice(0, 1000)]))).body, { rows: 10_000, stored: 9000, changed: 9000, duplicates: 1000, replayed: false, rejected: 0, errors: [] })
  assert.equal((await ingest('symbol=MANY', 'text/csv', table(many))).body.changed, 0)
  assert.equal((await ingest('symbol=MANY', 'text/csv', table(late.reverse()))).body.changed, 1000)
  const days = Map.groupBy(rows, ([ts]) => ts.slice(0, 10))
  const expected = [...days].reverse().map(([day, all]) => ({
    ts: `${day}T00:00:00Z`, open: all[0][1], high: Math.max(...all.map((row) => row[2])), low: Math.min(...all.map((row) => row[3])),
    close: all.at(-1)[4], volume: all.reduce((sum, row) => sum + row[5], 0),
  }))
  assert.deepEqual(await items('MANY', 'interval=1d'), expected)
  assert.equal((await ingest('symbol=MANY', 'text/csv', table([...rows, rows[0]]))).body.code, 'too-many-rows')
})
