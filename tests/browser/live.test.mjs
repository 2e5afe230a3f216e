// Live reload: what changes on the disk changes on the screen, and nothing more than needs to.
import assert from 'node:assert/strict'
import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { copySite, launch, preview, until } from './support.mjs'

const PAGE = 'content/docs/getting-started.mdx'

let site, server, browser

let original

before(async () => {
  site = await copySite()
  original = await read(PAGE)
  server = await preview(site.folder)
  browser = await launch()
})

after(async () => {
  await browser?.close()
  await server?.stop()
  await site?.remove()
})

// What one test leaves broken must not break the next.
afterEach(() => write(PAGE, original))

const read = (file) => readFile(path.join(site.folder, file), 'utf8')
// As most editors do: the file is there in full or not at all.
const write = async (file, text) => {
  const at = path.join(site.folder, file)
  await writeFile(`${at}~`, text)
  await rename(`${at}~`, at)
}

// Opens a page and waits until it listens. The document is marked, so that a test can tell whether it was loaded again.
async function open(url) {
  const context = await browser.newContext({ viewport: { width: 900, height: 500 } })
  const page = await context.newPage()
  const listening = page.waitForRequest((request) => request.url().includes('/__rivage/events'))
  await page.goto(server.address + url)
  await listening
  await page.evaluate(() => (globalThis.marked = true))
  return { page, close: () => context.close() }
}

const isMarked = (page) => page.evaluate(() => globalThis.marked === true)

test('a page that changed is shown at the same scroll position', async () => {
  const { page, close } = await open('/docs/getting-started/')
  const text = await read(PAGE)
  await page.evaluate(() => scrollTo({ top: 300, behavior: 'instant' }))
  await write(PAGE, text.replace('## Publish', '## Publish it'))
  await page.getByRole('heading', { name: 'Publish it' }).waitFor()
  await until(page, () => scrollY === 300)
  await write(PAGE, text)
  await page.getByRole('heading', { name: 'Publish it' }).waitFor({ state: 'detached' })
  await close()
})

test('a page that did not change is left alone', async () => {
  const text = await read(PAGE)
  const other = await open('/blog/')
  const changed = await open('/docs/getting-started/')
  const told = other.page.evaluate(
    (url) =>
      new Promise((done) => {
        // The same events that the page itself hears, so that it has heard them when this does.
        const events = new EventSource(url)
        events.onmessage = ({ data }) => JSON.parse(data).files.some((file) => file.includes('getting-started')) && done()
      }),
    '/__rivage/events?path=/blog/&version=',
  )
  await write(PAGE, `${text}\nThe tide has turned.\n`)
  await changed.page.getByText('The tide has turned.').waitFor()
  await told
  assert(await isMarked(other.page), 'it was loaded again')
  await write(PAGE, text)
  await changed.page.getByText('The tide has turned.').waitFor({ state: 'detached' })
  await changed.close()
  await other.close()
})

test('the overlay can be closed, comes back for other errors, and leaves the last good page', async () => {
  const { page, close } = await open('/docs/getting-started/')
  const text = await read(PAGE)
  const overlay = page.getByRole('dialog')
  await write(PAGE, `${text}\n<Calout>x</Calout>\n`)
  await overlay.waitFor()
  assert.match(await overlay.innerText(), /content\/docs\/getting-started\.mdx:\d+/)
  await page.keyboard.press('Escape')
  await overlay.waitFor({ state: 'hidden' })
  await write(PAGE, `${text}\n<Calloot>x</Calloot>\n`)
  await overlay.getByText('Calloot').first().waitFor()
  // Who opens the page now sees it as it was, and the errors.
  const late = await open('/docs/getting-started/')
  await late.page.getByRole('dialog').waitFor()
  await late.page.locator('h2#publish').waitFor({ state: 'attached' })
  await write(PAGE, text)
  await overlay.waitFor({ state: 'detached' })
  await late.page.getByRole('dialog').waitFor({ state: 'detached' })
  assert(await isMarked(page), 'the page was good all the time')
  await late.close()
  await close()
})

test('a draft is shown and marked', async () => {
  const { page, close } = await open('/docs/getting-started/')
  await write('content/docs/draft.mdx', '---\ntitle: Not yet\ndescription: A draft.\ndraft: true\n---\n\nSoon.\n')
  await until(page, async () => (await fetch('/docs/draft/')).ok)
  // The sidebar of the page that is open has changed: it loads itself again, and must not get in the way.
  await close()
  const draft = await open('/docs/draft/')
  await draft.page.getByRole('note').filter({ hasText: /draft/i }).waitFor()
  await draft.close()
})
