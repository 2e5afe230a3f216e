// What pages report of views, web vitals and errors; and of whom they report nothing.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newPage, smallScene, until } from './support.mjs'

const scene = smallScene()

// Opens a page that keeps what it would have sent.
async function open(url, { init, ...options } = {}) {
  const { page, close } = await newPage(scene.browser, options)
  await page.addInitScript(() => {
    globalThis.sent = []
    globalThis.failed = 0
    addEventListener('error', () => globalThis.failed++, true)
    navigator.sendBeacon = (to, body) => void body.text().then((text) => globalThis.sent.push({ to, type: body.type, ...JSON.parse(text) })) ?? true
  })
  if (init) await page.addInitScript(init)
  const scripts = []
  page.on('request', (request) => request.resourceType() === 'script' && scripts.push(new URL(request.url()).pathname))
  await page.goto(scene.files.address + url)
  await page.waitForLoadState('load')
  return { page, scripts, close }
}

// As if the visitor had gone elsewhere.
const leave = (page) => page.evaluate(() => {
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
})

const sent = async (page, count) => {
  await until(page, (count) => globalThis.sent.length >= count, count)
  return page.evaluate(() => globalThis.sent)
}

// All that was sent until now. What a page sends is seen a little later: when what we send after it is there, so is that.
async function all(page) {
  // A script that is to be loaded first would have been asked for before this page is.
  await page.evaluate(() => fetch('/', { cache: 'no-store' }).then((answer) => answer.text()))
  await page.evaluate(() => navigator.sendBeacon('last', new Blob(['{}'])))
  await until(page, () => globalThis.sent.some(({ to }) => to === 'last'))
  return page.evaluate(() => globalThis.sent.splice(0).filter(({ to }) => to !== 'last'))
}

// Runs a script of the site in the page.
async function run(page, text) {
  await page.route('**/made-up.js*', (route) => route.fulfill({ contentType: 'text/javascript', body: text }))
  await page.evaluate(() => new Promise((done) => {
    const script = Object.assign(document.createElement('script'), { src: '/made-up.js?token=secret' })
    script.onload = done
    document.head.append(script)
  }))
}

describe('views and vitals', () => {
  test('a view is sent once, when the page is left', async () => {
    const { page, close } = await open('/docs/getting-started/')
    // A browser that is busy tells of what it has painted a little later.
    await page.evaluate(() => new PerformanceObserver(() => (globalThis.isPainted = true)).observe({ type: 'largest-contentful-paint', buffered: true }))
    await until(page, () => globalThis.isPainted)
    await page.keyboard.press('/')
    await page.getByRole('combobox').fill('tide')
    assert.deepEqual(await all(page), [])
    await leave(page)
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide')))
    const [view, ...more] = await all(page)
    assert.deepEqual(more, [])
    const now = await page.evaluate(() => performance.now())
    const { to, type, path, device, referrer, lcp, cls, inp, ttfb, ...rest } = view
    assert.deepEqual([to, type, path, device, referrer, rest], ['/api/v1/vitals', 'application/json', '/docs/getting-started/', 'desktop', undefined, {}])
    assert(lcp > 0 && lcp < now, `LCP ${lcp}`)
    assert(cls >= 0 && cls < 100, `CLS ${cls}`)
    assert(ttfb > 0 && ttfb < now, `TTFB ${ttfb}`)
    assert(inp === undefined || inp > 0, `INP ${inp}`)
    await close()
  })

  test('shifts of layout count', async () => {
    const { page, close } = await open('/docs/getting-started/')
    await page.evaluate(() => {
      const box = document.createElement('div')
      document.querySelector('main').prepend(box)
      new PerformanceObserver(() => (globalThis.hasShifted = true)).observe({ type: 'layout-shift' })
      // Again and again: what was never shown elsewhere does not shift, and nobody knows when a frame is shown.
      setInterval(() => (box.style.blockSize = box.style.blockSize ? '' : '300px'), 100)
    })
    await until(page, () => globalThis.hasShifted)
    await leave(page)
    const [view] = await sent(page, 1)
    assert(view.cls > 0.01, `CLS ${view.cls}`)
    await close()
  })

  test('a phone is told as one, and another site by its host alone', async () => {
    const options = { userAgent: 'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36', isMobile: true, hasTouch: true }
    const init = () => Object.defineProperty(document, 'referrer', { value: 'https://news.example/story?who=me' })
    const { page, close } = await open('/', { ...options, init })
    await leave(page)
    const [view] = await sent(page, 1)
    assert.equal(view.device, 'phone')
    assert.equal(view.referrer, 'news.example')
    await close()
  })

  test('a page that nobody saw is no view', async () => {
    const init = () => Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
    const { page, close } = await open('/', { init })
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide')))
    assert.deepEqual(await all(page), [])
    await close()
  })

  for (const [name, init] of [
    ['Do Not Track', () => Object.defineProperty(navigator, 'doNotTrack', { value: '1' })],
    ['Global Privacy Control', () => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })],
  ]) {
    test(`${name} is honoured: neither view nor error is sent`, async () => {
      const { page, scripts, close } = await open('/', { init })
      await run(page, 'throw new Error("x")')
      await leave(page)
      assert.equal(await page.evaluate(() => globalThis.failed), 1)
      assert.deepEqual(await all(page), [])
      assert(!scripts.some((script) => script.includes('/errors.')))
      await close()
    })
  }

  test('nothing is kept in the browser', async () => {
    const { page, close } = await open('/')
    await leave(page)
    await sent(page, 1)
    assert.deepEqual(await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]), ['', 0, 0])
    await close()
  })
})

describe('errors', () => {
  test('an error is told with its place, without what may be private', async () => {
    const { page, scripts, close } = await open('/docs/getting-started/')
    assert(!scripts.some((script) => script.includes('/errors.')), 'its script comes with the first error')
    await run(page, '\nfunction fails() { throw new Error("no \'Jane\' at https://a.example/?key=1, jane@example.org, 4111111111111111") }\nfails()')
    const [error] = await sent(page, 1)
    const { stack, ...rest } = error
    assert.deepEqual(rest, { to: '/api/v1/errors', type: 'application/json', kind: 'error', message: 'Uncaught Error: no … at … … …', path: '/docs/getting-started/', source: '/made-up.js', line: 2, column: 26 })
    assert.match(stack, /^at fails \(\/made-up\.js:2:26\)\n/)
    assert.doesNotMatch(JSON.stringify(error), /Jane|jane|secret|key=|4111|127\.0\.0\.1/)
    await close()
  })

  test('the same error is told once, and five at most', async () => {
    const { page, close } = await open('/')
    await run(page, 'for (let n = 0; n < 20; n++) setTimeout(() => { throw new Error(n < 10 ? "again" : `kind ${"abcdefghij"[n - 10]}`) })')
    await until(page, () => globalThis.failed === 20)
    await sent(page, 5)
    const told = await all(page)
    assert.equal(told.length, 5)
    assert.equal(told.filter(({ message }) => message.endsWith('again')).length, 1)
    await close()
  })

  test('a promise and a file that failed are told; what others did is not', async () => {
    const { page, close } = await open('/')
    await run(page, 'Promise.reject(new TypeError("no tide")); const image = new Image(); image.src = "/nowhere.png?who=me"; document.body.append(image)')
    const told = await sent(page, 2)
    assert.deepEqual(told.map(({ kind, message, source }) => [kind, message, source]).sort(), [['rejection', 'no tide', undefined], ['resource', 'img did not load', '/nowhere.png']])
    await page.evaluate(() => {
      dispatchEvent(new ErrorEvent('error', { message: 'of an extension', filename: 'chrome-extension://abc/x.js', lineno: 1 }))
      dispatchEvent(new ErrorEvent('error', { message: 'Script error.' }))
      // What is told after them shows that they were not.
      Promise.reject(new Error('of ours'))
    })
    assert.deepEqual((await sent(page, 3)).slice(2).map(({ message }) => message), ['of ours'])
    await close()
  })
})
