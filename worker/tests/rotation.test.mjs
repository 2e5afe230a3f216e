// Keys that are exchanged while they are in use: each part of the secret is a binding of its own, the newest signs, all of them check.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { database, json, somebody, start } from './support.mjs'

const MOMENT = '20261129T144000Z'
const key = (name, byte) => `${name} hs256:${Buffer.alloc(32, byte).toString('base64url')}`
const former = { API_KEYS: key('k1', 7) }
const newer = { [`API_KEYS_${MOMENT}`]: key(MOMENT, 8) }

let db
const workers = []
before(async () => {
  db = await database()
  // What is there before, between and after the two steps; and a name that only looks like a part.
  for (const bindings of [former, { ...former, ...newer, API_KEYS_OLD: key('old', 9) }, newer]) {
    workers.push(await start(db.name, { bindings }))
  }
})
after(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await db?.end()
})

test('whoever is signed in stays so while a key is exchanged', async () => {
  const who = somebody()
  assert.equal((await workers[0].send('/api/v1/auth/register', json(who))).status, 202)
  const tokens = []
  for (const worker of workers) {
    const login = await worker.send('/api/v1/auth/login', json({ ...who, grant: 'token' }))
    tokens.push((await login.json()).access_token)
  }
  const kid = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString()).kid
  assert.deepEqual(tokens.map(kid), ['k1', MOMENT, MOMENT])
  const status = async (worker, token) => {
    const response = await worker.send('/api/v1/auth/me', { headers: { authorization: `Bearer ${token}` } })
    await response.arrayBuffer()
    return response.status
  }
  const seen = await Promise.all(workers.map((worker) => Promise.all(tokens.map((token) => status(worker, token)))))
  assert.deepEqual(seen, [[200, 401, 401], [200, 200, 200], [401, 200, 200]])
})
