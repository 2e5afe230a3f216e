// What readers and writers do with a site, in a real browser.
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { copySite, eventually, excess, hasDatabase, launch, newPage, preview, scriptsOf, until, violations } from './support.mjs'

let site, server, browser

before(async () => {
  site = await copySite()
  server = await preview(site.folder)
  browser = await launch()
  // Pages ask the API by themselves: not while it is being started.
  await hasDatabase(server)
})

after(async () => {
  await browser?.close()
  await server?.stop()
  await site?.remove()
})

// When the script of the preview listens, the page has loaded all that is its own, and the script knows what of it to compare with what comes.
const isListening = (page) => page.waitForRequest((request) => request.url().includes('/__rivage/events'))

// Opens a page in a fresh context; what the console and the network complain about is an error of the test.
async function open(url, options = {}) {
  const { page, close } = await newPage(browser, { viewport: { width: 1280, height: 900 }, ...options })
  const complaints = []
  page.on('console', (message) => message.type() === 'error' && !/status of 503/.test(message.text()) && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  // An API that has no time is none of a page's mistakes: it does without.
  const isBusy = (response) => response.status() === 503 && new URL(response.url()).pathname.startsWith('/api/')
  page.on('response', (response) => response.status() >= 400 && !isBusy(response) && complaints.push(`${response.status()} ${response.url()}`))
  const listening = isListening(page)
  await page.goto(server.address + url)
  await page.waitForLoadState('load')
  await listening
  return { page, complaints, close }
}

const edit = async (file, change) => {
  const at = path.join(site.folder, file)
  const text = await readFile(at, 'utf8')
  await writeFile(at, change(text))
  return () => writeFile(at, text)
}

describe('writing', () => {
  test('an edit shows in the browser without a reload by hand', async () => {
    const { page, close } = await open('/docs/getting-started/')
    const undo = await edit('content/docs/getting-started.mdx', (text) => `${text}\n\nThe tide has turned.\n`)
    await page.getByText('The tide has turned.').waitFor()
    await undo()
    await page.getByText('The tide has turned.').waitFor({ state: 'detached' })
    await close()
  })

  test('a style is swapped without a reload', async () => {
    const { page, close } = await open('/docs/getting-started/')
    await page.evaluate(() => (globalThis.untouched = true))
    const undo = await edit('themes/shore/assets/css/main.css', (text) => `${text}\nbody { outline: 3px solid rgb(1, 2, 3); }\n`)
    await until(page, () => getComputedStyle(document.body).outlineColor === 'rgb(1, 2, 3)')
    await undo()
    await until(page, () => getComputedStyle(document.body).outlineColor !== 'rgb(1, 2, 3)')
    assert.equal(await page.evaluate(() => globalThis.untouched), true, 'the page was reloaded')
    await close()
  })

  test('a mistake opens the overlay with its frame, and mending it closes it', async () => {
    const { page, close } = await open('/docs/getting-started/')
    const undo = await edit('content/docs/getting-started.mdx', (text) => `${text}\n\n<Calout>x</Calout>\n`)
    const overlay = page.getByRole('dialog').filter({ hasText: 'unknown-component' })
    await overlay.waitFor()
    await overlay.getByText('Calout').first().waitFor()
    await undo()
    await overlay.waitFor({ state: 'detached' })
    await close()
  })
})

describe('reading', () => {
  test('pictures take the place that their attributes and neighbours give them', async () => {
    const undo = await edit('content/docs/guides/images/index.mdx', (text) => `${text}

## Shown in all ways

<Image src="./coast.jpg" alt="Alone" width={200} />

<Figure src="./coast.jpg" alt="In a figure" crop="3:4" />

<Testimonial author="Jane" image="./coast.jpg">Good.</Testimonial>
`)
    const { page, close } = await open('/docs/guides/images/')
    await page.getByAltText('In a figure').waitFor()
    // All at one moment: a page that is still loading moves what stands on it.
    const look = () => page.evaluate(() => {
      const box = (element) => (({ x, y, width, height }) => ({ x, y, width, height }))(element.getBoundingClientRect())
      const [alone, figure] = ['Alone', 'In a figure'].map((alt) => document.querySelector(`img[alt="${alt}"]`))
      const card = document.querySelector('.testimonial')
      return {
        heading: box(document.querySelector('#shown-in-all-ways')), alone: box(alone), figure: box(figure), own: Number(figure.getAttribute('width')),
        most: box(figure.closest('figure')).width, face: box(card.querySelector('img')), words: box(card.querySelector('blockquote')),
      }
    })
    await eventually(async () => {
      const { heading, alone, figure, own, most, face, words } = await look()
      assert.equal(alone.width, 200)
      assert.ok(alone.y - heading.y - heading.height > 8, 'an image keeps away from the heading above')
      assert.ok(Math.abs(figure.width - Math.min(own, most)) < 1, `a picture of ${own} pixels has ${figure.width} of ${most}`)
      assert.equal(face.x, words.x, 'nothing stands before the face')
    })
    await undo()
    await page.locator('#shown-in-all-ways').waitFor({ state: 'detached' })
    await close()
  })

  test('search by keyboard', async () => {
    const { page, complaints, close } = await open('/')
    await page.keyboard.press('/')
    const box = page.getByRole('combobox')
    await box.waitFor()
    await box.fill('front matter')
    const options = page.getByRole('option')
    await options.first().waitFor()
    const wanted = options.filter({ hasText: /front matter/i })
    await wanted.first().waitFor()
    for (let press = 0; press < 10 && (await wanted.first().getAttribute('aria-selected')) !== 'true'; press++) {
      await page.keyboard.press('ArrowDown')
    }
    const target = await page.getByRole('option', { selected: true }).getAttribute('href')
    await page.keyboard.press('Enter')
    await until(page, (path) => location.pathname === path, new URL(target, server.address).pathname)
    assert.deepEqual(complaints, [])
    await close()
  })

  test('tabs by keyboard, and the choice is kept', async () => {
    const { page, complaints, close } = await open('/docs/components/layout/')
    const tab = page.getByRole('tab', { name: 'Linux' })
    await tab.focus()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('tab', { name: 'macOS', selected: true }).waitFor()
    await page.getByRole('tabpanel').filter({ hasText: 'Install the command line tools first.' }).waitFor()
    await page.reload()
    await page.getByRole('tab', { name: 'macOS', selected: true }).waitFor()
    assert.deepEqual(complaints, [])
    await close()
  })

  test('the colour scheme by keyboard, and the choice is kept', async () => {
    const { page, complaints, close } = await open('/', { colorScheme: 'light' })
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.body).backgroundColor)
    const light = await background()
    const button = page.getByRole('button', { name: /colour scheme/i })
    await button.focus()
    for (let press = 0; press < 3 && (await background()) === light; press++) await page.keyboard.press('Enter')
    const dark = await background()
    assert.notEqual(dark, light)
    await page.reload()
    await eventually(async () => assert.equal(await background(), dark))
    assert.deepEqual(complaints, [])
    await close()
  })

  test('the mobile menu by keyboard', async () => {
    const { page, complaints, close } = await open('/', { viewport: { width: 390, height: 844 } })
    const button = page.getByRole('button', { name: 'Menu' })
    await button.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Menu', expanded: true }).waitFor()
    const link = page.getByRole('link', { name: 'Docs', exact: true }).first()
    await link.waitFor()
    await link.focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/docs\/$/)
    assert.deepEqual(complaints, [])
    await close()
  })

  test('nothing scrolls sideways on a phone', async () => {
    for (const url of ['/', '/blog/', '/docs/guides/markdown/', '/docs/reference/settings/', '/docs/components/layout/']) {
      const { page, close } = await open(url, { viewport: { width: 390, height: 844 } })
      await eventually(async () => assert.ok(await excess(page) <= 0, `${url} is ${await excess(page)} px too wide`))
      await close()
    }
  })

  test('an address that does not exist says so', async () => {
    const { page, close } = await open('/nowhere/')
    assert.equal((await page.goto(`${server.address}/nowhere/`)).status(), 404)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await close()
  })

  test('content pages load at most 10 KB of script', async () => {
    const { page, close } = await newPage(browser)
    const scripts = scriptsOf(page, (url) => !url.includes('/__rivage/'))
    const listening = isListening(page)
    await page.goto(`${server.address}/docs/guides/markdown/`)
    await page.waitForLoadState('load')
    await listening
    const sizes = await scripts()
    const total = sizes.reduce((sum, size) => sum + size, 0)
    assert.ok(sizes.length > 0 && total <= 10_240, `${total} bytes in ${sizes.length} scripts`)
    await close()
  })
})

describe('accessibility', () => {
  const pages = { home: '/', post: '/blog/errors-are-a-feature/', doc: '/docs/guides/markdown/', components: '/docs/components/layout/', blog: '/blog/', missing: '/nowhere/' }
  for (const [name, url] of Object.entries(pages)) {
    for (const colorScheme of ['light', 'dark']) {
      test(`axe finds nothing on ${name}, ${colorScheme}`, async () => {
        const { page, close } = await open(url, { colorScheme })
        assert.deepEqual(await violations(page), [])
        await close()
      })
    }
  }
})
