// Live reload: what changes on the disk changes on the screen, and nothing more than needs to.
import assert from 'node:assert/strict'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { copySite, launch, newPage, preview, until } from './support.mjs'

const PAGE = 'content/docs/getting-started.mdx'

const DRAFT = 'content/docs/draft.mdx'

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
afterEach(async () => {
  await rm(path.join(site.folder, DRAFT), { force: true })
  await write(PAGE, original)
})

const read = (file) => readFile(path.join(site.folder, file), 'utf8')
// As most editors do: the file is there in full or not at all.
const write = async (file, text) => {
  const at = path.join(site.folder, file)
  await writeFile(`${at}~`, text)
  await rename(`${at}~`, at)
}

// Opens a page and waits until it has heard that it is as the site is: from then on it hears of each change. The document is marked, so that a test
// can tell whether it was loaded again.
async function open(url) {
  const { page, close } = await newPage(browser, { viewport: { width: 900, height: 500 } })
  await page.addInitScript(() => {
    globalThis.heard = []
    globalThis.EventSource = class extends EventSource {
      constructor(url) {
        super(url)
        this.addEventListener('message', ({ data }) => globalThis.heard.push(JSON.parse(data)))
      }
    }
  })
  await page.goto(server.address + url)
  await until(page, () => globalThis.heard.at(-1)?.page === false && (globalThis.marked = true))
  return { page, close }
}

const isMarked = (page) => page.evaluate(() => globalThis.marked === true)

// Waits until a page has heard as often as that of changes to the page of these tests, or was loaded again.
const heard = (page, times) =>
  until(page, (times) => !globalThis.marked || globalThis.heard.filter(({ files }) => files.some((file) => file.includes('getting-started'))).length >= times, times)

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
  await write(PAGE, `${text}\nThe tide has turned.\n`)
  await changed.page.getByText('The tide has turned.').waitFor()
  await heard(other.page, 1)
  await write(PAGE, text)
  await changed.page.getByText('The tide has turned.').waitFor({ state: 'detached' })
  // When it hears of the second change, what it does about the first is done.
  await heard(other.page, 2)
  assert(await isMarked(other.page), 'it was loaded again')
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
  await write(DRAFT, '---\ntitle: Not yet\ndescription: A draft.\ndraft: true\n---\n\nSoon.\n')
  await until(page, async () => (await fetch('/docs/draft/')).ok)
  // The sidebar of the page that is open has changed: it loads itself again, and must not get in the way.
  await close()
  const draft = await open('/docs/draft/')
  await draft.page.getByRole('note').filter({ hasText: /draft/i }).waitFor()
  await draft.close()
})
