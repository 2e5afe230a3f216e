// What a client sees of routes: answers, mistakes, limits, accounts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { answerOf, database, json, somebody, start, until } from './support.mjs'

let db, worker
before(async () => {
  db = await database()
  worker = await start(db.name, { bindings: { API_KEYS: `k1 hs256:${Buffer.alloc(32, 7).toString('base64url')}` } })
})
after(async () => {
  await worker?.stop()
  await db?.end()
})

const answer = (target, init) => answerOf(worker, target, init)

test('health asks the database, and healthcheck does not', async () => {
  const health = await answer('/api/v1/health')
  assert.deepEqual([health.status, health.body.status, health.body.build], [200, 'ok', 'test'])
  assert.match(health.headers.get('server-timing'), /db;dur=/)
  const check = await answer('/api/v1/healthcheck')
  assert.deepEqual([check.status, check.body.status], [200, 'up'])
  assert.equal(check.headers.get('server-timing'), null)
})

test('rows become JSON by their types', async () => {
  const one = await answer('/api/notes/1')
  assert.deepEqual(one.body, { id: 1, text: 'first', tag: 'a', dated: true, price: '1.50' })
  assert.equal(one.headers.get('content-length'), String(one.text.length), 'a fixed body has its length')
  assert.equal(one.headers.get('transfer-encoding'), null)
  const many = await answer('/api/notes?tag=a&sort=oldest')
  assert.deepEqual(many.body.items.map((note) => note.text), ['first', 'third "quoted"'])
  assert.deepEqual((await answer('/api/notes?tag=zzz')).body, { items: [] })
  assert.equal((await answer('/api/fifty')).body.items.length, 50)
  assert.deepEqual((await answer('/api/v1/search?q=nothing')).body, { items: [] })
})

test('rows are written and removed', async () => {
  const made = await answer('/api/notes', json({ text: 'made ü', tag: 'new' }))
  assert.equal(made.status, 201)
  assert.equal(made.body.text, 'made ü')
  assert.equal((await answer('/api/notes', json({ text: 'made ü' }))).status, 409)
  const gone = await answer(`/api/notes/${made.body.id}`, { method: 'DELETE', headers: { origin: 'https://site.test' } })
  assert.deepEqual([gone.status, gone.text], [204, ''])
  const missing = await answer(`/api/notes/${made.body.id}`)
  assert.deepEqual([missing.status, missing.body.code], [404, 'not-found'])
})

test('reads are done by a role that cannot write', async () => {
  assert.deepEqual((await answer('/api/reader')).body, { role: 'rivage_ro', read_only: 'on' })
})

test('mistakes are told with the field', async () => {
  const cases = [
    ['/api/notes?limit=0', {}, 400, 'limit'],
    ['/api/notes?limit=x', {}, 400, 'limit'],
    ['/api/notes?tag=A', {}, 400, 'tag'],
    ['/api/notes?unknown=1', {}, 400, 'unknown'],
    ['/api/notes?tag=a&tag=b', {}, 400, 'tag'],
    ['/api/notes/0', {}, 400, 'id'],
    ['/api/notes', json({}), 400, 'text'],
    ['/api/notes', json({ text: 'a', more: 1 }), 400, 'more'],
    ['/api/notes', json({ text: 7 }), 400, 'text'],
  ]
  for (const [target, init, status, field] of cases) {
    const { status: got, body, headers } = await answer(target, init)
    assert.equal(got, status, target)
    assert.equal(headers.get('content-type'), 'application/problem+json')
    assert.ok(body.errors.some((error) => error.field === field), `${target}: ${JSON.stringify(body)}`)
    assert.equal(body.request_id, headers.get('x-request-id'))
  }
})

test('bodies are counted, and have to be JSON', async () => {
  assert.equal((await answer('/api/notes', json('{"text":'))).status, 400)
  assert.equal((await answer('/api/notes', json({ text: 'a' }, { 'content-type': 'text/plain' }))).status, 415)
  const large = 'x'.repeat(70_000)
  assert.equal((await answer('/api/notes', json({ text: large }))).status, 413)
  // Without a length, in chunks.
  const stream = new ReadableStream({
    start(controller) {
      for (let at = 0; at < 10; at++) controller.enqueue(new TextEncoder().encode(large.slice(0, 10_000)))
      controller.close()
    },
  })
  const chunked = await answer('/api/notes', { ...json(''), body: stream, duplex: 'half' })
  assert.equal(chunked.status, 413)
})

test('paths and methods that are none', async () => {
  for (const target of ['/api/none', '/api/', '/api/notes/', '/api//notes', '/API/notes', '/api/notes/1/2', '/api/notes%2f1']) {
    const { status, body } = await answer(target)
    assert.deepEqual([status, body.code], [404, 'not-found'], target)
  }
  const other = await answer('/api/notes', { method: 'PUT', headers: { origin: 'https://site.test' } })
  assert.deepEqual([other.status, other.headers.get('allow')], [405, 'GET, HEAD, POST, OPTIONS'])
  const odd = await answer(`/api/notes?tag=%22%3C`)
  assert.equal(odd.status, 400)
  assert.equal((await answer(`/api/notes?tag=${'a'.repeat(9000)}`)).status, 414)
})

test('HEAD has the length of GET and no body', async () => {
  const get = await answer('/api/notes/1')
  const head = await answer('/api/notes/1', { method: 'HEAD' })
  assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [200, '', get.headers.get('content-length')])
})

test('other origins are told what they may do', async () => {
  const preflight = (origin) => answer('/api/notes', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
  const friend = await preflight('https://friend.test')
  assert.equal(friend.headers.get('access-control-allow-origin'), 'https://friend.test')
  assert.match(friend.headers.get('access-control-allow-methods'), /POST/)
  assert.equal((await preflight('https://foe.test')).headers.get('access-control-allow-origin'), null)
  assert.equal((await answer('/api/notes', json({ text: 'foe' }, { origin: 'https://foe.test' }))).status, 403)
})

test('every answer is guarded', async () => {
  for (const target of ['/api/notes', '/api/none', '/api/v1/healthcheck']) {
    const { headers } = await answer(target)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', target)
    assert.match(headers.get('content-security-policy'), /default-src 'none'/, target)
    assert.match(headers.get('x-request-id'), /^[0-9a-f]{32}$/, target)
  }
})

test('entity tags spare the body', async () => {
  const first = await answer('/api/notes/1')
  const etag = first.headers.get('etag')
  const again = await answer('/api/notes/1', { headers: { 'if-none-match': etag } })
  assert.deepEqual([again.status, again.text, again.headers.get('etag')], [304, '', etag])
  assert.equal((await answer('/api/notes/2', { headers: { 'if-none-match': etag } })).status, 200)
})

test('answers are kept, and made anew after a purge', async () => {
  const first = await answer('/api/kept')
  await db.client.query('update ticker set ticks = ticks + 1')
  const second = await answer('/api/kept')
  assert.equal(second.text, first.text)
  assert.match(second.headers.get('cache-status'), /hit/)
  assert.equal((await answer('/api/kept', { headers: { 'if-none-match': second.headers.get('etag') } })).status, 304)
  assert.equal((await answer('/api/notes', json({ text: 'purges' }))).status, 201)
  const third = await answer('/api/kept')
  assert.notEqual(third.text, first.text)
  assert.match(third.headers.get('cache-status'), /miss/)
})

test('a limit is counted by the address that the platform tells', async () => {
  const from = (address, more) => answer('/api/tight', { headers: { 'cf-connecting-ip': address, ...more } })
  // At once, so that all are within two minutes.
  const answers = await Promise.all(Array.from({ length: 12 }, (_, turn) => from('198.51.100.1', { 'x-forwarded-for': `10.0.0.${turn}` })))
  const statuses = answers.map(({ status }) => status)
  // A window may end in the middle, so that twice the limit passes.
  assert.ok(statuses.filter((status) => status === 200).length <= 10, statuses.join())
  const refused = statuses.filter((status) => status === 429)
  assert.ok(refused.length >= 2, statuses.join())
  assert.equal((await from('198.51.100.2')).status, 200)
})

test('an answer that is too large is none', async () => {
  assert.equal((await answer('/api/large?times=500')).status, 200)
  const large = await answer('/api/large?times=5000')
  assert.deepEqual([large.status, large.body.code], [500, 'answer-too-large'])
  assert.equal((await answer('/api/notes/1')).status, 200)
})

test('an account lives from registration to logout', async () => {
  const who = somebody()
  assert.equal((await answer('/api/v1/auth/me')).status, 401)
  assert.equal((await answer('/api/v1/auth/register', json(who))).status, 202)
  assert.equal((await answer('/api/v1/auth/register', json(who))).status, 202, 'a second one is answered as the first')
  assert.equal((await answer('/api/v1/auth/login', json({ ...who, password: 'wrong wrong wrong' }))).status, 401)
  const login = await answer('/api/v1/auth/login', json(who))
  assert.equal(login.status, 200)
  const cookies = login.headers.getSetCookie()
  assert.match(cookies[0], /^__Host-session=[\w-]{43}; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=Lax$/)
  const cookie = cookies[0].split(';')[0]
  const me = await answer('/api/v1/auth/me', { headers: { cookie } })
  assert.deepEqual([me.status, me.body.email], [200, who.email])
  assert.equal(me.headers.get('cache-control'), 'no-store')
  assert.deepEqual((await answer('/api/mine', { headers: { cookie } })).body, { sub: me.body.id, role: 'member' })
  const forged = await answer('/api/v1/auth/logout', { method: 'POST', headers: { cookie } })
  assert.equal(forged.status, 403)
  const logout = await answer('/api/v1/auth/logout', { method: 'POST', headers: { cookie, origin: 'https://site.test' } })
  assert.equal(logout.status, 204)
  assert.equal((await answer('/api/v1/auth/me', { headers: { cookie } })).status, 401)
})

test('tokens are signed, accepted, and exchanged once', async () => {
  const who = somebody()
  await answer('/api/v1/auth/register', json(who))
  const { body: tokens } = await answer('/api/v1/auth/login', json({ ...who, grant: 'token' }))
  const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } })
  assert.equal((await answer('/api/v1/auth/me', bearer(tokens.access_token))).body.email, who.email)
  assert.equal((await answer('/api/v1/auth/me', bearer(`${tokens.access_token}x`))).status, 401)
  const next = await answer('/api/v1/auth/refresh', json({ refresh_token: tokens.refresh_token }))
  assert.equal(next.status, 200)
  assert.notEqual(next.body.refresh_token, tokens.refresh_token)
  assert.equal((await answer('/api/v1/auth/refresh', json({ refresh_token: tokens.refresh_token }))).status, 409)
})

test('a line for each request, without what is private', async () => {
  const secret = 'kept-private-token'
  await answer(`/api/notes?tag=${secret}`)
  const { headers } = await answer('/api/notes/1', { headers: { cookie: `a=${secret}` } })
  let line
  // The last line may have come in part.
  await until(() => (line = worker.log().split('\n').slice(0, -1).find((line) => line.includes(headers.get('x-request-id')) && line.endsWith('}'))), 'its line')
  const { method, route, status, trips } = JSON.parse(line)
  assert.deepEqual({ method, route, status, trips }, { method: 'GET', route: 'get_notes_by_id', status: 200, trips: 1 })
  assert.ok(!worker.log().includes(secret))
})
