// A preview server and a browser for the tests.
//
// In: environment RIVAGE (the program), CHROMIUM (the browser, /usr/bin/chromium). Out: pages to look at.
import { execFile, spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before } from 'node:test'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const program = process.env.RIVAGE ?? path.join(root, 'target/debug/rivage')

async function siteFolder() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'rivage-site-'))
  // The user of the preview's database has to get in.
  await chmod(folder, 0o755)
  return folder
}

// Makes a site of a few pages with this repository's theme, an API, a dashboard and a form.
export async function smallSite(settings = '') {
  const folder = await siteFolder()
  await cp(path.join(root, 'themes'), path.join(folder, 'themes'), { recursive: true })
  await mkdir(path.join(folder, 'content/docs'), { recursive: true })
  const files = {
    'rivage.toml': `[site]\ntitle = "Pier"\nbase_url = "https://pier.example"\n\n[api]\nadmin = true\nvitals = true\n\n[forms.feedback.fields]\nmessage = { max_length = 4000 }\nemail = { required = false }\n\n${settings}\n`,
    'content/_index.md': '---\ntitle: Pier\n---\n\nThe tide comes in twice a day.\n',
    'content/docs/_index.md': '---\ntitle: Docs\n---\n\nAll about piers.\n',
    'content/docs/getting-started.md': `---\ntitle: Getting started\n---\n\n${'## A step\n\nMind the gap between the boat and the pier.\n\n'.repeat(12)}`,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text)
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

// Makes what the tests of a file share: a small site as a host of files serves it, and a browser.
export function smallScene() {
  const scene = {}
  before(async () => {
    scene.site = await smallSite()
    scene.files = await serveFiles(scene.site.folder)
    scene.browser = await launch()
  })
  after(async () => {
    await scene.browser?.close()
    await scene.files?.stop()
    await scene.site?.remove()
  })
  return scene
}

// Copies this repository's site to a folder that a test may change.
export async function copySite() {
  const folder = await siteFolder()
  for (const name of ['rivage.toml', 'content', 'themes']) {
    await cp(path.join(root, name), path.join(folder, name), { recursive: true })
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

// Starts `rivage preview` in a folder and waits until it serves.
export const preview = (folder) => start(folder, ['preview'])

// Builds the site in a folder and serves it as a host of files does: without its API.
export async function serveFiles(folder) {
  await promisify(execFile)(program, ['--root', folder, 'build'])
  return start(folder, ['serve', '--no-api'])
}

async function start(folder, words) {
  const { DATABASE_URL, ...env } = process.env
  const child = spawn(program, ['--root', folder, ...words, '--port', '0'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const address = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address within 60 s:\n${output}`)), 60_000)
    const read = (chunk) => {
      output += chunk
      const found = /http:\/\/[\d.a-z:[\]]+:\d+/.exec(output)
      if (found) {
        clearTimeout(timer)
        resolve(found[0])
      }
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('exit', (code) => reject(new Error(`${words[0]} ended with ${code}:\n${output}`)))
  })
  return { address, output: () => output, stop: () => new Promise((done) => (child.on('exit', done), child.kill('SIGINT'))) }
}

// `more` are options of Chromium besides those that it needs here.
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more],
  })
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// What axe finds wrong with a page, a line each.
export async function violations(page) {
  await page.evaluate(axeSource)
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return result.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${rule.help}: ${node.target.join(' ')}`))
}

// Waits until a function of the page gives something true. (The library's own waits for animation frames, which a page that is not drawn
// does not get.)
export async function until(page, check, argument) {
  const end = Date.now() + 30_000
  for (;;) {
    const result = await page.evaluate(check, argument).catch(() => false)
    if (result) return result
    if (Date.now() > end) throw new Error(`still not true after 30 s: ${check}`)
    await new Promise((resume) => setTimeout(resume, 50))
  }
}
