// Whether the real `wrangler dev` accepts wrangler.toml as it stands, and the Worker answers from PostgreSQL through its bindings.
//
// In: a folder with wrangler.toml, public/ and target/worker/ as the working directory; environment RIVAGE_DATABASE (a URL). Out: exit code.
// Deliberately not here: what routes answer; `cargo xtask worker test` runs the bundle in workerd itself.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const url = process.env.RIVAGE_DATABASE
const PATIENCE = 60_000

const child = spawn(
  process.execPath,
  [path.join(here, 'node_modules/wrangler/bin/wrangler.js'), 'dev', '--port', '0', '--ip', '127.0.0.1', '--show-interactive-dev-session=false'],
  {
    env: {
      ...process.env,
      // The ways to the database that `localConnectionString` names are those of whoever clones the repository.
      CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_DB_READ: url,
      CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_DB_WRITE: url,
      WRANGLER_SEND_METRICS: 'false',
      CI: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  },
)
let output = ''
const address = new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error('not ready in time')), PATIENCE)
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
      const found = /Ready on (http:\/\/[\d.a-z]+:\d+)/.exec(output)
      if (found) (clearTimeout(timer), resolve(found[1]))
    })
  }
  child.on('exit', (code) => (clearTimeout(timer), reject(new Error(`wrangler ended with ${code}`))))
})

try {
  const at = await address
  const ask = (path, init) => fetch(at + path, { redirect: 'manual', ...init })
  const health = await ask('/api/v1/health')
  assert.equal(health.status, 200, await health.clone().text())
  assert.equal((await health.json()).status, 'ok')
  const missing = await ask('/api/v1/nothing')
  assert.deepEqual([missing.status, missing.headers.get('content-type')], [404, 'application/problem+json'])
  const pages = await ask('/api/v1/pages?limit=1')
  assert.deepEqual([pages.status, Array.isArray((await pages.json()).items)], [200, true])
  for (const file of ['/', '/api/', '/api/openapi.json']) {
    const answer = await ask(file)
    assert.equal(answer.status, 200, `${file} is a file of the site`)
    await answer.arrayBuffer()
  }
  // Warnings of wrangler about the file itself are mistakes of ours.
  assert.doesNotMatch(output, /unexpected fields|Processing .* configuration/i)
} catch (error) {
  console.error(output)
  console.error(error)
  process.exitCode = 1
} finally {
  // wrangler and its workerd together.
  try {
    process.kill(-child.pid, 'SIGTERM')
  } catch {
    // It is over already.
  }
}
