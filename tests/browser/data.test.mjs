// Charts, maps and related pages of this repository's own site: as they were built, and with what an API answers.
import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { copySite, eventually, excess, hasDatabase, launch, newPage, preview, root, serveFiles, until, violations } from './support.mjs'

const PAGE = '/docs/components/live/'
const KEY = Buffer.alloc(32, 7)

let site, live, files, browser, hasApi, bars

before(async () => {
  site = await copySite()
  process.env.RIVAGE_API_KEYS = `k1 hs256:${KEY.toString('base64url')}`
  live = await preview(site.folder)
  files = await serveFiles(site.folder)
  browser = await launch()
  hasApi = await hasDatabase(live)
  const [head, ...rows] = (await readFile(path.join(root, 'content/docs/components/tide-power.csv'), 'utf8')).trim().split('\n')
  const names = head.split(',')
  bars = rows.map((row) => Object.fromEntries(row.split(',').map((cell, at) => [names[at], at ? Number(cell) : `${cell}T00:00:00Z`])))
})

after(async () => {
  await browser?.close()
  await files?.stop()
  await live?.stop()
  await site?.remove()
})

// Opens the page; `api` answers requests for the API by path, all others fail as on a host of files.
async function open(address, { api, init, url = PAGE, ...options } = {}) {
  const { page, close } = await newPage(browser, { viewport: { width: 1280, height: 900 }, ...options })
  const refused = []
  const requests = []
  page.on('console', (message) => /Content Security Policy/i.test(message.text()) && refused.push(message.text()))
  page.on('pageerror', (error) => refused.push(String(error)))
  page.on('request', (request) => requests.push(new URL(request.url())))
  if (init) await page.addInitScript(init)
  if (api) {
    await page.route('**/api/v1/**', (route) => {
      const asked = new URL(route.request().url())
      const items = api(asked)
      return items ? route.fulfill({ json: { items } }) : route.fulfill({ status: 503, json: { code: 'none' } })
    })
  }
  await page.goto(address + url)
  await page.waitForLoadState('load')
  return { page, refused, requests, close }
}

const names = (page) => page.locator('.places-list > li .places-name').allInnerTexts()
const related = (page) => page.locator('.see-also a').allInnerTexts()
const asOf = (page) => page.locator('.plot-as-of').first()
const newest = (limit) => bars.slice(-limit).reverse()

// All that a chart shows, however its HTML is written.
const shown = (page) =>
  page.locator('.plot').evaluateAll((figures) =>
    figures.map((figure) => ({
      paths: [...figure.querySelectorAll('svg path')].map((path) => [path.getAttribute('class'), path.getAttribute('d')]),
      texts: [...figure.querySelectorAll('svg text')].map((text) => [text.textContent, ...['x', 'y', 'text-anchor'].map((name) => text.getAttribute(name))]),
      end: ['cx', 'cy'].map((name) => figure.querySelector('circle')?.getAttribute(name)),
      words: figure.querySelector('desc').textContent,
      head: [...figure.querySelectorAll('.plot-last, .plot-change')].map((part) => part.textContent),
      rows: [...figure.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent)),
    })))

describe('without an API', () => {
  test('everything is there as it was built', async () => {
    const { page, refused, close } = await open(files.address)
    await page.getByRole('img', { name: 'Tide Power', exact: true }).waitFor()
    await page.getByRole('img', { name: 'Lighthouses around Brest' }).waitFor()
    assert.match(await asOf(page).innerText(), /As of 2026-11-20/)
    assert.equal(await page.locator('.plot').first().locator('tbody tr').count(), 80)
    assert.equal((await names(page)).length, 12)
    const links = await related(page)
    assert(links.length >= 2 && links.length <= 4, `${links}`)
    assert.deepEqual(refused, [])
    await close()
  })

  test('it needs no script', async () => {
    const { page, close } = await open(files.address, { javaScriptEnabled: false })
    assert.equal(await page.locator('.plot > svg').count(), 2)
    assert.equal(await page.getByLabel('Nearest to').isVisible(), false)
    await page.getByText('The numbers as a table').first().click()
    await page.getByRole('rowheader', { name: '2026-11-20' }).first().waitFor()
    await close()
  })

  test('the list is sorted by distance in the browser', async () => {
    const { page, close } = await open(files.address)
    await page.getByLabel('Nearest to').selectOption({ label: 'La Vieille' })
    await page.getByRole('button', { name: 'Sort the list' }).click()
    await page.getByRole('status').filter({ hasText: 'nearest to La Vieille' }).waitFor()
    assert.deepEqual((await names(page)).slice(0, 2), ['La Vieille', 'Ar-Men'])
    assert.match(await page.locator('.places-list > li').nth(1).innerText(), /18\.0 km/)
    await close()
  })

  test('by the position of the reader, which this page may ask for', async () => {
    // However long that takes.
    const init = () => {
      const ask = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation)
      navigator.geolocation.getCurrentPosition = (done, refused) => ask(done, refused)
    }
    const { page, close } = await open(files.address, { init, geolocation: { latitude: 48.64, longitude: -4.57 }, permissions: ['geolocation'] })
    await page.getByLabel('Nearest to').selectOption('here')
    await page.getByRole('button', { name: 'Sort the list' }).click()
    await page.getByRole('status').filter({ hasText: 'nearest to my position' }).waitFor()
    assert.equal((await names(page))[0], 'Île Vierge')
    await close()
  })

  test('a position that is not given is said', async () => {
    const refuse = () => { navigator.geolocation.getCurrentPosition = (_, refused) => refused({ code: 1 }) }
    const { page, close } = await open(files.address, { init: refuse })
    await page.getByLabel('Nearest to').selectOption('here')
    await page.getByRole('button', { name: 'Sort the list' }).click()
    await page.getByRole('status').filter({ hasText: 'Your position is not known' }).waitFor()
    assert.equal((await names(page))[0], 'Créac’h')
    await close()
  })

  test('other pages load none of it', async () => {
    const { page, requests, close } = await open(files.address, { url: '/docs/components/text/' })
    await page.waitForLoadState('networkidle')
    const paths = requests.map((request) => request.pathname)
    assert(!paths.some((name) => /\/(chart|map|related)\.|\/api\//.test(name)), `${paths}`)
    await close()
  })
})

describe('with an API', () => {
  test('of the same bars the browser draws the same chart', async () => {
    const built = await open(files.address)
    const before = await shown(built.page)
    await built.close()
    const { page, requests, refused, close } = await open(files.address, {
      api: (asked) => (asked.pathname === '/api/v1/series/TIDE' ? newest(Number(asked.searchParams.get('limit'))) : undefined),
    })
    await until(page, () => document.querySelectorAll('.plot[data-state="live"]').length === 2)
    assert.deepEqual(await shown(page), before)
    assert.match(await asOf(page).innerText(), /Up to date: 2026-11-20/)
    assert(requests.some((request) => request.search === '?interval=1d&limit=80'))
    assert.deepEqual(refused, [])
    await close()
  })

  test('newer bars are drawn', async () => {
    const next = { ts: '2026-11-23T00:00:00Z', open: 23, high: 31, low: 22.5, close: 30.25, volume: 400000 }
    const { page, close } = await open(files.address, {
      api: (asked) => (asked.pathname === '/api/v1/series/TIDE' ? [next, ...newest(79)] : undefined),
    })
    await until(page, () => document.querySelectorAll('.plot[data-state="live"]').length === 2)
    assert.equal(await page.locator('.plot-last').first().innerText(), '30.25')
    assert.match(await page.locator('.plot desc').first().textContent(), /to 2026-11-23: last 30.25, highest 31,/)
    assert.equal(await page.locator('.plot').first().locator('tbody th').first().textContent(), '2026-11-23')
    await close()
  })

  test('bars of minutes have times', async () => {
    const minutes = Array.from({ length: 30 }, (_, at) => ({ ts: new Date(Date.UTC(2026, 10, 20, 9, 29 - at)).toISOString(), open: 1, high: 2, low: 0.5, close: 1 + at / 100, volume: 0 }))
    const { page, close } = await open(files.address, { api: (asked) => (asked.pathname.startsWith('/api/v1/series/') ? minutes : undefined) })
    await until(page, () => document.querySelectorAll('.plot[data-state="live"]').length === 2)
    assert.deepEqual((await page.locator('.plot-times').first().locator('text').allTextContents()).at(-1), '09:29')
    assert.equal(await page.locator('.plot').first().locator('tbody th').first().textContent(), '2026-11-20 09:29')
    await close()
  })

  test('places of the API come into the list, those of the file once', async () => {
    const { page, requests, close } = await open(files.address, {
      api: (asked) => (asked.pathname === '/api/v1/places/near'
        ? [{ name: 'Tévennec', kind: 'at sea', lon: -4.796, lat: 48.072, props: {}, path: '/docs/', meters: 4600 }, { name: 'La Vieille', kind: 'at sea', lon: -4.7564, lat: 48.0408, props: {}, path: null, meters: 0 }]
        : undefined),
    })
    await page.getByLabel('Nearest to').selectOption({ label: 'La Vieille' })
    await page.getByRole('button', { name: 'Sort the list' }).click()
    await page.getByRole('status').filter({ hasText: 'nearest to La Vieille' }).waitFor()
    const all = await names(page)
    assert.deepEqual([all.slice(0, 3), all.length], [['La Vieille', 'Tévennec', 'Ar-Men'], 13])
    assert.equal(await page.getByRole('link', { name: 'Tévennec' }).getAttribute('href'), '/docs/')
    const asked = requests.find((request) => request.pathname === '/api/v1/places/near')
    assert.deepEqual([asked.searchParams.get('kind'), asked.searchParams.get('lat')], ['lighthouse', '48.04080'])
    await close()
  })

  test('pages that are related by meaning take the place of those by links', async () => {
    const similar = (by) => (asked) => (asked.pathname === '/api/v1/graph/similar' ? [{ path: '/docs/', title: 'The docs <b>', description: 'All of them', by }] : undefined)
    const { page, requests, close } = await open(files.address, { api: similar('meaning') })
    await until(page, () => document.querySelector('.see-also').dataset.state === 'live')
    assert.deepEqual(await related(page), ['The docs <b>'])
    const asked = requests.find((request) => request.pathname === '/api/v1/graph/similar')
    assert.deepEqual([asked.searchParams.get('path'), asked.searchParams.get('limit')], [PAGE, '4'])
    await close()
    const other = await open(files.address, { api: similar('links') })
    await eventually(() => assert(other.requests.some((request) => request.pathname === '/api/v1/graph/similar'), 'it was not asked'))
    await other.page.waitForLoadState('networkidle')
    assert(!(await related(other.page)).includes('The docs <b>'))
    await other.close()
  })

  test('what is ingested shows', async (context) => {
    if (!hasApi) return context.skip('no PostgreSQL')
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const now = Math.floor(Date.now() / 1000)
    const signed = `${part({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${part({ iss: 'rivage', aud: 'rivage', sub: randomUUID(), role: 'admin', jti: 'test', iat: now, exp: now + 600 })}`
    const token = `${signed}.${createHmac('sha256', KEY).update(signed).digest('base64url')}`
    const csv = await readFile(path.join(root, 'content/docs/components/tide-power.csv'), 'utf8')
    const answer = await fetch(`${live.address}/api/v1/series/ingest?symbol=TIDE&key=browser`, {
      method: 'POST', headers: { 'content-type': 'text/csv', authorization: `Bearer ${token}` }, body: `${csv}2026-11-23,23.1,24,23,23.75,90000\n`,
    })
    assert.deepEqual([answer.status, (await answer.json()).stored], [200, 101])
    const { page, refused, close } = await open(live.address)
    await until(page, () => document.querySelectorAll('.plot[data-state="live"]').length === 2)
    assert.match(await asOf(page).innerText(), /Up to date: 2026-11-23/)
    assert.equal(await page.locator('.plot-last').first().innerText(), '23.75')
    assert.deepEqual(refused, [])
    await close()
  })
})

describe('accessibility', () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [[1280, 900], [390, 844]]) {
      test(`axe finds nothing, ${colorScheme}, ${width} px`, async () => {
        const { page, close } = await open(files.address, { colorScheme, viewport: { width, height } })
        await page.getByText('The numbers as a table').first().click()
        await page.getByRole('button', { name: 'Sort the list' }).click()
        await page.getByRole('status').filter({ hasText: 'nearest to' }).waitFor()
        assert.deepEqual(await violations(page), [])
        await eventually(async () => assert(await excess(page) <= 0, `${await excess(page)} px too wide`))
        await close()
      })
    }
  }
})
