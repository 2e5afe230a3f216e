// A Worker that serves its site as well: which paths are files, and which are the API's. Through the platform's own router.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { database, start } from './support.mjs'

const FILES = {
  'index.html': '<h1>home',
  '404.html': '<h1>not here',
  'docs/index.html': '<h1>docs',
  'api/index.html': '<h1>the API',
  'api/openapi.json': '{}',
  // A route has this path: it is never a file.
  'api/v1/health': 'a file',
}

let db, folder
const workers = {}
before(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'rivage-assets-'))
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  db = await database()
  // As a site's own wrangler.toml may have it, as `rivage deploy` makes it of that, and with the Worker before all.
  const rules = {
    plain: { static_routing: { user_worker: ['/api/*'] } },
    deployed: { static_routing: { user_worker: ['/api/*'], asset_worker: ['/api/', '/api/openapi.json'] } },
    all: { invoke_user_worker_ahead_of_assets: true },
  }
  for (const [name, rule] of Object.entries(rules)) {
    const routerConfig = { has_user_worker: true, ...rule }
    workers[name] = await start(db.name, {
      assets: { directory: folder, binding: 'ASSETS', routerConfig, assetConfig: { not_found_handling: '404-page' } },
    })
  }
})
after(async () => {
  for (const worker of Object.values(workers)) await worker.stop()
  await db?.end()
  rmSync(folder, { recursive: true, force: true })
})

for (const name of ['plain', 'deployed', 'all']) {
  const ask = async (target, init) => {
    const response = await workers[name].send(target, init)
    return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
  }

  test(`files are served (${name})`, async () => {
    for (const [target, text] of [['/', '<h1>home'], ['/docs/', '<h1>docs'], ['/api/', '<h1>the API'], ['/api/openapi.json', '{}']]) {
      const answer = await ask(target)
      assert.deepEqual([answer.status, answer.text], [200, text], target)
    }
    const head = await ask('/api/', { method: 'HEAD' })
    assert.deepEqual([head.status, head.text], [200, ''])
  })

  test(`routes answer (${name})`, async () => {
    const health = await ask('/api/v1/health')
    assert.equal(JSON.parse(health.text).status, 'ok')
    assert.equal(JSON.parse((await ask('/api/notes/1')).text).text, 'first')
  })

  test(`what is missing is told by whom it is missed (${name})`, async () => {
    for (const target of ['/api/none', '/api/notes/999999', '/api/v1/none/']) {
      const { status, type, text } = await ask(target)
      assert.deepEqual([status, type, JSON.parse(text).code], [404, 'application/problem+json', 'not-found'], target)
    }
    const page = await ask('/none')
    assert.deepEqual([page.status, page.text], [404, '<h1>not here'])
    const posted = await ask('/api/', { method: 'POST', body: 'x' })
    assert.notEqual(posted.status, 200)
  })
}
