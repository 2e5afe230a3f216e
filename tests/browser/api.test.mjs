// Search and a form of this repository's own site: with its API, without it, and without script.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { LONG, copySite, eventually, excess, hasDatabase, launch, newPage, preview, scriptsOf, serveFiles, until, violations } from './support.mjs'

let site, live, files, browser, hasApi

before(async () => {
  site = await copySite()
  live = await preview(site.folder)
  files = await serveFiles(site.folder)
  browser = await launch()
  hasApi = await hasDatabase(live)
})

after(async () => {
  await browser?.close()
  await files?.stop()
  await live?.stop()
  await site?.remove()
})

async function open(address, url, options = {}) {
  const { page, close } = await newPage(browser, { viewport: { width: 1280, height: 900 }, ...options })
  const requests = []
  const refused = []
  page.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`))
  page.on('console', (message) => /Content Security Policy/i.test(message.text()) && refused.push(message.text()))
  await page.goto(address + url)
  await page.waitForLoadState('load')
  return { page, requests, refused, close }
}

const ask = async (path) => {
  const answer = await fetch(live.address + path)
  assert.equal(answer.status, 200, path)
  return answer.json()
}

// Waits until the API finds something: what is published becomes visible when kept answers are over. Less often than it may be asked.
const found = (query) => eventually(async () => assert((await ask(`/api/v1/search?q=${query}`)).items.length > 0, `${query} is not found`), { patience: LONG, every: 500 })

async function find(page, query) {
  await page.keyboard.press('/')
  await page.getByRole('combobox').fill(query)
  await page.getByRole('option').first().waitFor()
  return page.getByRole('option').first().innerText()
}

async function fill(page, message) {
  await page.getByLabel('What would you like to tell us?').fill(message)
  await page.getByLabel('What is it about?').selectOption('idea')
}

const state = (page) => page.locator('form[data-send]').getAttribute('data-state')

describe('with the API', () => {
  before(async () => {
    if (hasApi) await found('front+matter')
  })

  test('search asks it, and shows what it found', async (context) => {
    if (!hasApi) return context.skip('no PostgreSQL')
    const { page, requests, refused, close } = await open(live.address, '/')
    const [first] = (await ask('/api/v1/search?q=front+matter&limit=12')).items
    assert.match(await find(page, 'front matter'), new RegExp(first.title, 'i'))
    assert(requests.includes('GET /api/v1/search'))
    assert(!requests.some((request) => request.includes('/search/index.')), 'the index was loaded, too')
    const option = page.getByRole('option').first()
    assert.equal(await option.getAttribute('href'), first.path + (first.anchor ? `#${first.anchor}` : ''))
    assert.match(await option.locator('mark').first().innerText(), /front|matter/i)
    assert.deepEqual(refused, [])
    await close()
  })

  test('what it does not find is looked for in the index', async (context) => {
    if (!hasApi) return context.skip('no PostgreSQL')
    const { page, requests, close } = await open(live.address, '/')
    await page.keyboard.press('/')
    await page.getByRole('combobox').fill('qqqxyzzy')
    await page.getByText('Nothing found').waitFor()
    assert(requests.some((request) => request.includes('/search/index.')))
    await close()
  })

  test('the form is sent and the page stays', async (context) => {
    if (!hasApi) return context.skip('no PostgreSQL')
    const { page, requests, refused, close } = await open(live.address, '/feedback/')
    assert(!requests.some((request) => request.includes('/form.')), 'its script comes when it is needed')
    await fill(page, 'The tide tables are right.')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('status').filter({ hasText: 'it has arrived' }).waitFor()
    assert.equal(await state(page), 'sent')
    assert.equal(await page.getByLabel('What would you like to tell us?').inputValue(), '')
    assert.equal(new URL(page.url()).pathname, '/feedback/')
    assert.deepEqual(refused, [])
    await close()
  })

  test('an edited page is found a moment later', async (context) => {
    if (!hasApi) return context.skip('no PostgreSQL')
    const file = path.join(site.folder, 'content/docs/getting-started.mdx')
    const text = await readFile(file, 'utf8')
    await writeFile(file, `${text}\n\nThe sandpiper walks along the waterline.\n`)
    await found('sandpiper')
    await writeFile(file, text)
    // The tests that follow look at the site as it is.
    await eventually(async () => assert.doesNotMatch(await (await fetch(`${live.address}/docs/getting-started/`)).text(), /sandpiper/))
  })

  test('fields that it refuses are marked and said', async (context) => {
    if (!hasApi) return context.skip('no PostgreSQL')
    const { page, close } = await open(live.address, '/feedback/')
    await fill(page, 'An address that browsers take and the API does not.')
    const address = page.getByLabel('Your e-mail address')
    await page.locator('form[data-send]').evaluate((form) => (form.noValidate = true))
    await address.fill('nobody')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('status').filter({ hasText: 'marked fields' }).waitFor()
    assert.equal(await address.getAttribute('aria-invalid'), 'true')
    await until(page, () => document.activeElement.name === 'email')
    assert.match(await page.locator('#field-email-error').innerText(), /\w/)
    assert.deepEqual(await violations(page), [])
    await close()
  })

  test('without script it is a plain form that leads to thanks', async (context) => {
    if (!hasApi) return context.skip('no PostgreSQL')
    const { page, close } = await open(live.address, '/feedback/', { javaScriptEnabled: false })
    await fill(page, 'From a browser without script.')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.waitForURL(/\/thanks\/$/)
    await page.getByRole('heading', { name: 'Thank you' }).waitFor()
    await close()
  })
})

describe('without the API', () => {
  test('search falls back to the index, and asks no second time', async () => {
    const { page, requests, refused, close } = await open(files.address, '/')
    assert.match(await find(page, 'front matter'), /front matter/i)
    assert(requests.some((request) => request.includes('/search/index.')))
    await page.getByRole('combobox').fill('taxonomy')
    await page.getByRole('option').filter({ hasText: /taxonom/i }).first().waitFor()
    assert.equal(requests.filter((request) => request === 'GET /api/v1/search').length, 1)
    assert.deepEqual(refused, [])
    await close()
  })

  test('the form says that it cannot be sent, keeps what was written, and names another way', async () => {
    const { page, close } = await open(files.address, '/feedback/')
    await fill(page, 'Nobody hears this.')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('status').filter({ hasText: 'cannot be sent' }).waitFor()
    assert.equal(await state(page), 'failed')
    assert.equal(await page.getByLabel('What would you like to tell us?').inputValue(), 'Nobody hears this.')
    await page.getByRole('link', { name: 'open an issue' }).waitFor()
    await close()
  })

  test('a page with a form loads at most 10 KB of script', async () => {
    const { page, close } = await newPage(browser)
    const scripts = scriptsOf(page)
    await page.goto(`${files.address}/feedback/`)
    await page.waitForLoadState('networkidle')
    const sizes = await scripts()
    const total = sizes.reduce((sum, size) => sum + size, 0)
    assert(sizes.length > 0 && total <= 10_240, `${total} bytes in ${sizes.length} scripts`)
    await close()
  })
})

describe('accessibility', () => {
  for (const [width, height] of [[1280, 900], [390, 844]]) {
    test(`axe finds nothing on the page about the API, ${width} px`, async () => {
      const { page, refused, close } = await open(files.address, '/api/', { viewport: { width, height } })
      await page.getByRole('heading', { level: 3, name: 'GET /api/v1/search' }).waitFor()
      assert.deepEqual(await violations(page), [])
      const ids = await page.evaluate(() => [...document.querySelectorAll('[id]')].map((element) => element.id))
      assert.equal(new Set(ids).size, ids.length, 'an id stands twice')
      await eventually(async () => assert(await excess(page) <= 0, `${await excess(page)} px too wide`))
      assert.deepEqual(refused, [])
      await close()
    })
  }

  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [[1280, 900], [390, 844]]) {
      test(`axe finds nothing on the form, ${colorScheme}, ${width} px`, async () => {
        const { page, close } = await open(files.address, '/feedback/', { colorScheme, viewport: { width, height } })
        assert.deepEqual(await violations(page), [])
        await eventually(async () => assert(await excess(page) <= 0, `${await excess(page)} px too wide`))
        await close()
      })
    }
  }
})
