// Objects of a bucket: in full, in parts, not at all, by signed links. The same answers as tests/api.rs asks of the native server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { database, json, somebody, start } from './support.mjs'

const SECRET = 'a secret of the tests, of some length'
const keys = `k1 hs256:${Buffer.alloc(32, 7).toString('base64url')}`
let db, worker, bucket
before(async () => {
  db = await database()
  worker = await start(db.name, {
    bindings: { API_KEYS: keys, MEDIA_SECRET: SECRET, MEDIA_ACCESS_KEY_ID: 'AKID', MEDIA_SECRET_ACCESS_KEY: 'secret' },
    r2Buckets: ['MEDIA'],
  })
  bucket = await worker.bucket('MEDIA')
  await bucket.put('a b/notes.txt', '0123456789')
  await bucket.put('photo.jpg', 'jpeg')
  await bucket.put('photo.jpg.webp', 'webp!')
  await bucket.put('app.3f2a91bc.js', 'run()', { httpMetadata: { contentType: 'application/javascript' } })
  await bucket.put('page.html', '<script>alert(1)</script>')
  await bucket.put('private/plan.pdf', 'secret plan')
  await bucket.put('empty.bin', '')
  await bucket.put('large.bin', new Uint8Array(3_000_000).fill(7))
})
after(async () => {
  await worker?.stop()
  await db?.end()
})

async function ask(key, headers = {}, method = 'GET') {
  const response = await worker.send(`/api/v1/media/${key}`, { method, headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('an object in full', async () => {
  const { status, headers, text } = await ask('a%20b/notes.txt')
  assert.deepEqual([status, text, headers.get('content-length')], [200, '0123456789', '10'])
  assert.equal(headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.equal(headers.get('cache-control'), 'public, max-age=300')
  assert.equal(headers.get('accept-ranges'), 'bytes')
  assert.equal(headers.get('vary')?.includes('Accept') ?? false, false)
  assert.match(headers.get('etag'), /^"[0-9a-f]{32}"$/)
  assert.ok(Date.parse(headers.get('last-modified')) > 0)
  assert.equal((await ask('a%20b%2Fnotes.txt')).text, '0123456789', 'a client may encode the slash')
  const empty = await ask('empty.bin')
  assert.deepEqual([empty.status, empty.text], [200, ''])
})

test('HEAD tells of an object and reads none of it', async () => {
  const { status, headers, text } = await ask('large.bin', {}, 'HEAD')
  assert.deepEqual([status, text, headers.get('content-length')], [200, '', '3000000'])
  assert.equal((await ask('none.bin', {}, 'HEAD')).status, 404)
})

test('parts of an object', async () => {
  for (const [range, text, content] of [
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=9-1000', '9', 'bytes 9-9/10'],
  ]) {
    const part = await ask('a%20b/notes.txt', { range })
    assert.deepEqual([part.status, part.text, part.headers.get('content-range'), part.headers.get('content-length')], [206, text, content, String(text.length)])
  }
  for (const range of ['bytes=0-1,4-5', 'lines=1-2', 'bytes=5-1']) assert.equal((await ask('a%20b/notes.txt', { range })).status, 200, range)
  const beyond = await ask('a%20b/notes.txt', { range: 'bytes=10-' })
  assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, 'bytes */10'])
})

test('conditions', async () => {
  const { headers } = await ask('a%20b/notes.txt')
  const [etag, time] = [headers.get('etag'), headers.get('last-modified')]
  const same = await ask('a%20b/notes.txt', { 'if-none-match': `"x", W/${etag}` })
  assert.deepEqual([same.status, same.text, same.headers.get('etag')], [304, '', etag])
  assert.equal((await ask('a%20b/notes.txt', { 'if-modified-since': time })).status, 304)
  assert.equal((await ask('a%20b/notes.txt', { 'if-none-match': '"x"' })).status, 200)
  assert.equal((await ask('a%20b/notes.txt', { 'if-match': '"x"' })).status, 412)
  assert.equal((await ask('a%20b/notes.txt', { 'if-range': etag, range: 'bytes=0-0' })).status, 206)
  assert.equal((await ask('a%20b/notes.txt', { 'if-range': '"x"', range: 'bytes=0-0' })).status, 200)
})

test('variants by what a browser accepts', async () => {
  for (const [accept, text, type] of [
    ['image/avif,image/webp,*/*', 'webp!', 'image/webp'],
    ['image/webp;q=0, image/*', 'jpeg', 'image/jpeg'],
    ['*/*', 'jpeg', 'image/jpeg'],
  ]) {
    const answer = await ask('photo.jpg', { accept })
    assert.deepEqual([answer.status, answer.text, answer.headers.get('content-type')], [200, text, type], accept)
    assert.match(answer.headers.get('vary'), /Accept/)
  }
})

test('names with a hash are kept for ever, and documents are shut in', async () => {
  const hashed = await ask('app.3f2a91bc.js')
  assert.equal(hashed.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  assert.equal(hashed.headers.get('content-type'), 'application/javascript')
  const page = await ask('page.html')
  assert.match(page.headers.get('content-security-policy'), /sandbox/)
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff')
})

test('names that are none', async () => {
  for (const key of ['.env', 'a/.git/config', 'a//b', 'a/', '%2e%2e%2fx', 'a%2f..%2fb', 'a%00b', 'a%5cb', 'a%0ab', 'x'.repeat(1025)]) {
    const { status, text } = await ask(key)
    assert.ok([400, 404].includes(status), `${key}: ${status}`)
    assert.ok(JSON.parse(text).code, key)
  }
  assert.equal((await ask('none.txt')).status, 404)
  assert.equal((await ask('photo.jpg?size=3')).status, 400)
})

test('what is private needs a signed link', async () => {
  assert.equal((await ask('private/plan.pdf')).status, 403)
  assert.equal((await ask('private%2Fplan.pdf')).status, 403)
  const bearer = await administrator()
  const refused = await worker.send('/api/v1/media/sign', json({ key: 'private/plan.pdf' }))
  assert.equal(refused.status, 401)
  const signed = await worker.send('/api/v1/media/sign', json({ key: 'private/plan.pdf', seconds: 60 }, bearer))
  assert.equal(signed.status, 200)
  const { url, expires_at } = await signed.json()
  assert.ok(Date.parse(expires_at) > Date.now())
  const { pathname, search } = new URL(url)
  const answer = await worker.send(pathname + search)
  assert.deepEqual([answer.status, await answer.text(), answer.headers.get('cache-control')], [200, 'secret plan', 'private, no-store'])
  for (const wrong of [search.replace('expires=', 'expires=1'), search.slice(0, -2) + (search.at(-2) === 'A' ? 'BA' : 'AA'), `?expires=1&signature=${'a'.repeat(43)}`]) {
    assert.equal((await worker.send(pathname + wrong)).status, 403, wrong)
  }
})

test('uploads go to the store itself', async () => {
  const bearer = await administrator()
  const asked = { key: 'ü/new.png', content_type: 'image/png', size: 3, seconds: 60 }
  const signed = await worker.send('/api/v1/media/upload', json(asked, bearer))
  assert.equal(signed.status, 200)
  const { method, url, headers } = await signed.json()
  assert.deepEqual([method, headers], ['PUT', { 'content-type': 'image/png', 'content-length': '3' }])
  const { origin, pathname, searchParams } = new URL(url)
  assert.deepEqual([origin, pathname], ['https://store.test', '/media/%C3%BC/new.png'])
  assert.equal(searchParams.get('X-Amz-SignedHeaders'), 'content-length;content-type;host')
  assert.match(searchParams.get('X-Amz-Signature'), /^[0-9a-f]{64}$/)
  assert.ok(!url.includes('secret'))
  assert.equal((await worker.send('/api/v1/media/upload', json({ ...asked, key: '../x' }, bearer))).status, 400)
})

test('a Worker without a bucket says so', async () => {
  const bare = await start(db.name)
  try {
    const response = await bare.send('/api/v1/media/photo.jpg')
    assert.deepEqual([response.status, (await response.json()).code], [501, 'no-media-store'])
  } finally {
    await bare.stop()
  }
})

async function administrator() {
  const who = somebody()
  await worker.send('/api/v1/auth/register', json(who))
  await db.client.query(`update account set role = 'admin' where email = $1`, [who.email])
  const login = await worker.send('/api/v1/auth/login', json({ ...who, grant: 'token' }))
  return { authorization: `Bearer ${(await login.json()).access_token}` }
}
