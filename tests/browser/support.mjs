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

// How long a test waits for what should happen at once: so long that only what never happens takes longer, however busy the machine is.
export const PATIENCE = 120_000

// The same for what takes seconds anywhere: a site that is built and served, content that is put into a database.
export const LONG = 10 * 60_000

const pause = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds))

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
  await promisify(execFile)(program, ['--root', folder, 'build'], { timeout: LONG })
  return start(folder, ['serve', '--no-api'])
}

async function start(folder, words) {
  const { DATABASE_URL, ...env } = process.env
  const child = spawn(program, ['--root', folder, ...words, '--port', '0'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((done) => child.on('exit', done))
  let output = ''
  const address = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address within ${LONG} ms:\n${output}`)), LONG)
    const read = (chunk) => {
      output += chunk
      // With what follows: a line may come in pieces.
      const found = /(http:\/\/[\d.a-z:[\]]+:\d+)\S*\s/.exec(output)
      if (found) {
        clearTimeout(timer)
        resolve(found[1])
      }
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`${words[0]} ended with ${code}:\n${output}`)))
  }).catch((error) => {
    child.kill('SIGKILL')
    throw error
  })
  const stop = async () => {
    child.kill('SIGINT')
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
    await ended
    clearTimeout(timer)
  }
  return { address, output: () => output, stop }
}

// Reports whether the API of a preview has a database, as soon as that is known. Where there is no PostgreSQL the preview says so, which is a failure
// where the tests must not be skipped.
export async function hasDatabase({ address }) {
  for (const end = Date.now() + LONG; ; await pause(250)) {
    const answer = await fetch(`${address}/api/v1/health`)
    const { status, code, detail } = await answer.json()
    if (status === 'ok') return true
    const isToCome = answer.status !== 404 && (code !== 'no-database' || /being started/.test(detail))
    if (isToCome && Date.now() < end) continue
    if (process.env.RIVAGE_REQUIRE_POSTGRES === '1') throw new Error(`the preview has no database: ${answer.status} ${code} ${detail}`)
    return false
  }
}

// `more` are options of Chromium besides those that it needs here.
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more],
    timeout: PATIENCE,
  })
}

// Opens an empty page in a context of its own, with options of the context.
export async function newPage(browser, options = {}) {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(PATIENCE)
  await context.addInitScript(unhurried)
  return { page: await context.newPage(), close: () => context.close() }
}

// Takes from scripts of a page what they do because seconds have passed, such as to give up a request or to take a message away: on a busy machine,
// that may come before what the page was asked for, or before a test has seen it.
function unhurried() {
  const later = globalThis.setTimeout
  globalThis.setTimeout = (run, milliseconds = 0, ...more) => later(run, milliseconds > 1000 ? 2 ** 31 - 1 : milliseconds, ...more)
  AbortSignal.timeout = () => new AbortController().signal
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// What axe finds wrong with a page, a line each.
export async function violations(page) {
  // Colours that are on their way to others are no finding.
  await page.evaluate(() => document.getAnimations().forEach((animation) => animation.effect.getComputedTiming().endTime < Infinity && animation.finish()))
  await page.evaluate(axeSource)
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  return result.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${rule.help}: ${node.target.join(' ')}`))
}

// Waits until the dashboard shows a view, or says why not, and nothing of that is on its way.
export const settled = (page) => until(page, () =>
  document.querySelector('.admin-body, .admin-sign-in, .admin-problem') && !document.querySelector('.admin-loading, [aria-busy="true"], .chart-place:empty'))

// How many pixels a page is wider than its window.
export const excess = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

// Waits until a function of the page gives something true. (The library's own waits for animation frames, which a page that is not drawn
// does not get.)
export async function until(page, check, argument) {
  let last
  for (const end = Date.now() + PATIENCE; Date.now() < end; await pause(50)) {
    // A page that loads itself again has no answer for a moment.
    const result = await page.evaluate(check, argument).catch((error) => void (last = error))
    if (result) return result
  }
  throw new Error(`still not true after ${PATIENCE} ms: ${check}`, { cause: last })
}

// Repeats a check until it holds; what does not hold in the end fails as it does at once.
export async function eventually(check, { patience = PATIENCE, every = 50 } = {}) {
  for (const end = Date.now() + patience; ; await pause(every)) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > end) throw error
    }
  }
}

// The bytes of each script of a page that passes `isCounted`, when all has come that the page loads by itself. Called before the page is opened.
export function scriptsOf(page, isCounted = () => true) {
  const bodies = []
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script' && isCounted(response.url())) bodies.push(response.body())
  })
  return async () => (await Promise.all(bodies)).map((body) => body.length)
}
