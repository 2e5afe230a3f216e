// Administrators' routes in workerd: nobody else gets anything, and each change leaves one row. tests/api/admin.rs asks the same of the native shell.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { answerOf, database, json, somebody, start, until, within } from './support.mjs'

const key = Buffer.alloc(32, 7)
const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' }
const own = { origin: 'https://site.test', 'content-type': 'application/json' }

let db, worker, routes, admin
before(async () => {
  db = await database()
  worker = await start(db.name, { bindings: { API_KEYS: `k1 hs256:${key.toString('base64url')}`, METRICS_TOKEN: 'a-token' } })
  const manifest = readFileSync(path.join(process.env.RIVAGE_WORKER, 'manifest.json'), 'utf8')
  routes = JSON.parse(manifest).routes.filter((route) => route.path.startsWith('/api/v1/admin/'))
  await db.client.query("insert into page (path, title, content_hash, build) values ('/a/', 'A', 'h', 'b')")
  admin = await account('admin')
})
after(async () => {
  await worker?.stop()
  await db?.end()
})

const answer = (target, init) => answerOf(worker, target, init)

// An account with a role and an open session.
async function account(role) {
  const who = somebody()
  assert.equal((await answer('/api/v1/auth/register', json(who))).status, 202)
  const { rows } = await db.client.query('update account set role = $1 where email = $2 returning id', [role, who.email])
  const login = await answer('/api/v1/auth/login', json(who))
  return { id: rows[0].id, cookie: login.headers.getSetCookie()[0].split(';')[0] }
}

const as = (who, method, body) => ({ method, headers: { ...own, cookie: who.cookie }, body: body && JSON.stringify(body) })
const items = async (target) => {
  const { status, text, body } = await answer(`/api/v1/admin/${target}`, { headers: { cookie: admin.cookie } })
  assert.equal(status, 200, `${target}: ${text}`)
  return body.items
}

function bearer(role, age) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const at = Math.floor(Date.now() / 1000) - age
  const text = `${part({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${part({ iss: 'rivage', aud: 'rivage', sub: admin.id, role, iat: at, nbf: at, exp: at + 900, jti: 'x' })}`
  return { authorization: `Bearer ${text}.${createHmac('sha256', key).update(text).digest('base64url')}` }
}

// A request that a route takes.
function request({ method, path, params = [] }) {
  const query = new URLSearchParams()
  const body = {}
  for (const { name, type, source, required } of params) {
    const value = type === 'uuid' ? '00000000-0000-4000-8000-000000000000' : name === 'form' ? 'contact' : 'x'
    if (source === 'path') path = path.replace(`{${name}}`, value)
    else if (source === 'query' && required) query.set(name, value)
    else if (source === 'body' && required) body[name] = value
  }
  const hasBody = params.some(({ source }) => source === 'body')
  return [query.size ? `${path}?${query}` : path, { method, body: hasBody ? JSON.stringify(body) : undefined }]
}

test('only administrators get anything', async () => {
  const [member, editor, gone] = await Promise.all(['member', 'editor', 'admin'].map(account))
  assert.equal((await answer('/api/v1/auth/logout', as(gone, 'POST'))).status, 204)
  const callers = [
    ['no one', {}, 401],
    ['a member', { cookie: member.cookie }, 403],
    ['another role', { cookie: editor.cookie }, 403],
    ['a session that was ended', { cookie: gone.cookie }, 401],
    ['an expired token', bearer('admin', 3600), 401],
    ["a member's token", bearer('member', 0), 403],
    ['an administrator', { cookie: admin.cookie }],
    ["an administrator's token", bearer('admin', 0)],
  ]
  assert.ok(routes.length >= 20)
  for (const route of routes) {
    const [target, init] = request(route)
    for (const [who, headers, refusal] of callers) {
      const { status, text } = await answer(target, { ...init, headers: { ...own, ...headers } })
      if (refusal) assert.equal(status, refusal, `${who} ${target}: ${text}`)
      else assert.ok([200, 404, 501].includes(status), `${who} ${target}: ${status} ${text}`)
    }
  }
})

test('each change leaves one row', async () => {
  const other = await account('member')
  const { rows: [submission] } = await db.client.query(`insert into submission (form, data) values ('contact', '{"a": "=1+1"}') returning id`)
  const { rows: [session] } = await db.client.query('select id from session where account_id = $1', [other.id])
  const changes = {
    admin_set_submission: ['PATCH', `submissions/${submission.id}`, { state: 'done', starred: true }],
    admin_export_submissions: ['GET', 'submissions/export?form=contact'],
    admin_delete_submission: ['DELETE', `submissions/${submission.id}`],
    admin_end_session: ['DELETE', `sessions/${session.id}`],
    admin_set_account: ['PATCH', `accounts/${other.id}`, { role: 'editor' }],
  }
  const changing = routes.filter((route) => route.method !== 'GET' || route.id === 'admin_export_submissions').map((route) => route.id)
  assert.deepEqual(Object.keys(changes).sort(), changing.sort())
  for (const [action, [method, target, body]] of Object.entries(changes)) {
    const done = await answer(`/api/v1/admin/${target}`, as(admin, method, body))
    assert.equal(done.status, 200, `${action}: ${done.text}`)
    if (action === 'admin_export_submissions') assert.match(done.text, /^id,at,state,starred,a\r\n.*,"'=1\+1"\r\n$/)
    const { rows } = await db.client.query('select action, account_id from audit where request = $1', [done.headers.get('x-request-id')])
    assert.deepEqual(rows, [{ action, account_id: admin.id }])
  }
  assert.equal((await items('audit?limit=1'))[0].action, 'admin_set_account')
  assert.equal((await answer(`/api/v1/admin/accounts/${admin.id}`, as(admin, 'PATCH', { disabled: true }))).status, 409)
  // The role of the API itself cannot take them back.
  await assert.rejects(db.client.query('set role rivage_rw; delete from audit'), /stay as they are/)
  await db.client.query('reset role')
})

test('visits, errors and searches are counted', async () => {
  const vitals = json({ path: '/a/', device: 'phone', lcp: 2100, cls: 0.01 }, browser)
  for (const asked of [{ dnt: '1' }, { 'sec-gpc': '1' }, { 'user-agent': 'Googlebot/2.1' }]) {
    assert.equal((await answer('/api/v1/vitals', json({ path: '/a/' }, { ...browser, ...asked }))).status, 204)
  }
  assert.deepEqual(await items('views'), [])
  assert.equal((await answer('/api/v1/vitals', vitals)).status, 204)
  assert.deepEqual(await items('views'), [{ path: '/a/', views: 1 }])
  assert.deepEqual((await items('vitals')).map(({ metric, good }) => [metric, good]), [['lcp', 1], ['cls', 1]])
  assert.equal((await answer('/api/v1/errors', json({ kind: 'error', message: 'odd', path: '/a/?x' }, browser))).status, 204)
  assert.deepEqual((await items('errors')).map(({ source, place, count }) => [source, place, count]), [['browser', '/a/', 1]])
  // What is typed within three seconds is one search.
  let turn = 0
  const [part, word] = await within(3_000, async () => {
    const word = `${'abcdefghijklmnopqrstuvwxyz'[turn++ % 26]}nowhere`
    const typed = [word.slice(0, 5), word]
    for (const q of typed) assert.deepEqual((await answer(`/api/v1/search?q=${q}`)).body, { items: [] })
    return () => typed
  })
  await until(async () => (await items('searches?found=no')).some(({ query, searches }) => query === word && searches === 1), 'the search')
  assert.ok(!(await items('searches')).some(({ query }) => query === part), `${part} is counted`)
})

test('metrics are told to a token, and slow statements where they are counted', async () => {
  const metrics = await answer('/api/v1/admin/metrics?format=prometheus', { headers: { authorization: 'Bearer a-token' } })
  assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.match(metrics.text, /rivage_requests_total\{route="register",status="2xx"\} \d+/)
  // The name of an instance is that of its first request; the one that it asks itself is none.
  assert.match(metrics.text, /rivage_info\{instance="(?!0{16})[0-9a-f]{16}"/)
  assert.doesNotMatch(metrics.text, /route="healthcheck"/)
  const slow = await answer('/api/v1/admin/slow', { headers: { cookie: admin.cookie } })
  assert.deepEqual([slow.status, slow.body.code], [501, 'extension-missing'])
})
