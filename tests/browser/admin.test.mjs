// The dashboard in a browser: what it shows of answers of the API, good and bad. Of the real API: admin-live.test.mjs.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HOSTILE, ME, answer, problem } from './admin-answers.mjs'
import { eventually, excess, newPage, settled, smallScene, until, violations } from './support.mjs'

const VIEWS = ['', 'pages', 'searches', 'inbox', 'accounts', 'sessions', 'builds', 'speed', 'errors', 'audit']

const scene = smallScene()

// Opens a view of the dashboard over answers that are made up.
async function open(view, { changes, ...options } = {}) {
  const { page, close } = await newPage(scene.browser, { viewport: { width: 1280, height: 900 }, ...options })
  const complaints = []
  page.on('console', (message) => message.type() === 'error' && !/status of [45]/.test(message.text()) && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  const sent = await answer(page, changes)
  await page.goto(`${scene.files.address}/admin/#/${view}`)
  await page.locator('h1').waitFor()
  await settled(page)
  return { page, sent, complaints, close }
}

describe('log-in', () => {
  const refused = problem(401, 'unauthorized', 'a session is needed')

  test('nobody is signed in: the form says what is wrong, then leads to the view that was asked for', async () => {
    let isIn = false
    const changes = {
      'auth/me': () => (isIn ? ME : refused),
      'POST auth/login': (_, { password }) => {
        isIn = password === 'a long and right password'
        return isIn ? ME : problem(401, 'invalid-credentials', 'address or password is wrong')
      },
    }
    const { page, complaints, close } = await open('errors', { changes })
    assert.equal(await page.getByRole('navigation', { name: 'Dashboard' }).isVisible(), false)
    await page.getByLabel('Address').fill('keeper@example.org')
    await page.getByLabel('Password').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'Address or password is wrong.' }).waitFor()
    assert.deepEqual(await violations(page), [])
    await page.getByLabel('Password').fill('a long and right password')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Errors' }).waitFor()
    assert.equal(await page.evaluate(() => document.activeElement.localName), 'h1')
    assert.deepEqual(complaints, [])
    await close()
  })

  test('a session that is over leads to the log-in, and says so', async () => {
    const { page, close } = await open('errors', { changes: { 'admin/errors': refused } })
    await page.getByRole('alert').filter({ hasText: 'Your session is over.' }).waitFor()
    await page.getByLabel('Password').waitFor()
    await close()
  })

  test('an account of another role sees nothing and can sign out', async () => {
    const { page, sent, close } = await open('', { changes: { 'auth/me': { ...ME, role: 'editor' }, 'POST auth/logout': null } })
    await page.getByRole('heading', { level: 1, name: 'Not for this account' }).waitFor()
    assert.equal(await page.getByRole('navigation', { name: 'Dashboard' }).isVisible(), false)
    assert.deepEqual(await violations(page), [])
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
    assert.deepEqual(sent.map(({ method, path }) => `${method} ${path}`), ['POST auth/logout'])
    await close()
  })

  test('a site without its API says so', async () => {
    const { page, close } = await newPage(scene.browser)
    await page.goto(`${scene.files.address}/admin/`)
    await page.getByRole('alert').filter({ hasText: 'This site is served without its API.' }).waitFor()
    await close()
  })

  test('without script, the page says that it needs some', async () => {
    const { page, close } = await newPage(scene.browser, { javaScriptEnabled: false })
    await page.goto(`${scene.files.address}/admin/`)
    // Not by its text: that of `noscript` is passed over.
    assert.match(await page.locator('main').innerText(), /The dashboard needs JavaScript/)
    await close()
  })
})

describe('states', () => {
  test('what cannot be had is told where it is missing, and the rest is shown', async () => {
    let tries = 0
    const changes = {
      'admin/slow': problem(501, 'extension-missing', 'this route needs the extension pg_stat_statements'),
      'admin/metrics': () => (tries++ ? { since: '2026-11-29T06:00:00Z', routes: [] } : problem(503, 'database-unavailable', 'no')),
    }
    const { page, complaints, close } = await open('speed', { changes })
    await page.getByRole('alert').filter({ hasText: 'needs the extension pg_stat_statements' }).waitFor()
    const down = page.getByRole('alert').filter({ hasText: 'does not answer at the moment' })
    await down.waitFor()
    assert.deepEqual(await violations(page), [])
    await down.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('No requests yet.').waitFor()
    assert.deepEqual(complaints, [])
    await close()
  })

  test('no network and no right are told as such', async () => {
    const { page, close } = await open('builds', { changes: { 'admin/builds': problem(403, 'forbidden', 'no') } })
    await page.getByRole('alert').filter({ hasText: 'Your account may not see or do this.' }).waitFor()
    await page.unroute('**/api/v1/**')
    await page.route('**/api/v1/**', (route) => route.abort())
    await page.getByRole('link', { name: 'Audit log' }).click()
    await page.getByRole('alert').filter({ hasText: 'There is no answer.' }).waitFor()
    await close()
  })

  test('empty lists say that they are empty', async () => {
    const nothing = { items: [] }
    const lists = ['traffic', 'views', 'referrers', 'vitals', 'vitals/summary', 'searches', 'forms', 'submissions', 'accounts', 'sessions', 'builds', 'errors', 'audit']
    const changes = { ...Object.fromEntries(lists.map((name) => [`admin/${name}`, nothing])), 'admin/slow': { budget_ms: 30, items: [] }, 'admin/metrics': { since: '2026-11-29T06:00:00Z', routes: [] } }
    for (const view of VIEWS) {
      const { page, complaints, close } = await open(view, { changes })
      await page.locator('.admin-empty').first().waitFor()
      assert.equal(await page.locator('.admin-problem').count(), 0, view)
      assert.deepEqual(await violations(page), [], view)
      assert.deepEqual(complaints, [], view)
      await close()
    }
  })

  test('a degraded API is named by what is wrong with it', async () => {
    const changes = { health: { status: 'degraded', build: 'a', checks: {}, degraded: ['database_read', 'store'], extensions: [] } }
    const { page, close } = await open('', { changes })
    await page.getByText('Degraded: reading from the database, store of media').waitFor()
    await close()
  })
})

describe('views', () => {
  test('charts have their numbers in words and as a table', async () => {
    const { page, close } = await open('')
    await page.getByRole('img', { name: /^Views by day: Views: [\d,]+ at last, at most [\d,]+ \(/ }).waitFor()
    const traffic = page.locator('figure').first()
    await traffic.getByText('As a table').click()
    await eventually(async () => assert.equal(await traffic.getByRole('row').count(), 31))
    assert.match(await traffic.getByRole('row').nth(1).innerText(), /29.*2026.*\d/s)
    await close()
  })

  test('a day stays that day in zones west of UTC, and moments are shown in the reader’s zone', async () => {
    const { page, close } = await open('', { timezoneId: 'America/Montreal', locale: 'en-GB' })
    await page.locator('figure').first().getByText('As a table').click()
    assert.match(await page.locator('figure').first().getByRole('row').nth(1).innerText(), /29 November 2026|November 29, 2026/)
    await page.getByRole('link', { name: 'Sessions' }).click()
    // The view before has times, too.
    await page.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor()
    await settled(page)
    const seen = page.locator('time').first()
    await seen.waitFor()
    const [shown, exact] = [await seen.innerText(), await seen.getAttribute('datetime')]
    assert.match(exact, /T09:15:20\.123Z$/)
    assert.match(shown, /4:15/, `${exact} in Montreal is ${shown}`)
    await close()
  })

  test('a choice asks again, stays in the address and keeps the focus', async () => {
    const { page, close } = await open('searches')
    const asked = page.waitForRequest((request) => request.url().includes('/admin/searches?') && request.url().includes('found=no'))
    await page.getByLabel('Shown').focus()
    await page.getByLabel('Shown').selectOption('no')
    await asked
    await settled(page)
    assert.match(page.url(), /#\/searches\?found=no$/)
    assert.equal(await page.evaluate(() => document.activeElement.dataset.keep), 'found')
    await page.goBack()
    await until(page, () => document.querySelector('select[data-keep="found"]')?.value === 'any')
    await close()
  })

  test('a list goes on where it ended', async () => {
    const { page, close } = await open('inbox')
    const asked = page.waitForRequest((request) => request.url().includes('after=00000000-0000-4000-8000-000000000124'))
    await page.getByRole('button', { name: 'More' }).click()
    await asked
    await until(page, () => document.querySelectorAll('.message').length === 27)
    assert.equal(await page.getByRole('button', { name: 'More' }).count(), 0)
    assert.equal(await page.evaluate(() => document.activeElement.className), 'message')
    await close()
  })

  test('what visitors write is shown as it is, and never run', async () => {
    const { page, complaints, close } = await open('inbox')
    await page.getByText(HOSTILE).first().waitFor()
    assert.equal(await page.evaluate(() => globalThis.harmed), undefined)
    assert.equal(await page.locator('main img, main script').count(), 0)
    assert.deepEqual(complaints, [])
    await close()
  })

  test('the way back is shown as commands', async () => {
    const { page, close } = await open('builds')
    await page.getByText('How to go back to').click()
    const commands = page.locator('.command code')
    await commands.first().waitFor()
    assert.equal(await commands.nth(0).innerText(), 'rivage rollback')
    assert.match(await commands.nth(1).innerText(), /^git checkout [0-9a-f]{7} && rivage publish$/)
    await close()
  })
})

describe('actions', () => {
  const changed = (extra) => ({ id: '00000000-0000-4000-8000-000000000100', form: 'contact', at: '2026-11-29T08:15:20Z', state: 'new', starred: false, ...extra })

  test('a message is starred, read and deleted, by keyboard', async () => {
    const path = 'admin/submissions/00000000-0000-4000-8000-000000000100'
    const changes = { [`PATCH ${path}`]: (_, body) => changed(body), [`DELETE ${path}`]: { id: changed().id } }
    const { page, sent, complaints, close } = await open('inbox', { changes })
    const first = page.locator('.message').first()
    await first.getByRole('button', { name: /^Star/ }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: 'The message has a star.' }).waitFor()
    assert.equal(await first.getByRole('button', { name: /^Star/ }).getAttribute('aria-pressed'), 'true')
    assert.match(await page.evaluate(() => document.activeElement.textContent), /^Star/)
    await first.getByRole('button', { name: /^Mark as read/ }).click()
    await first.getByRole('button', { name: /^Mark as unread/ }).waitFor()
    // The question is answered with no at first.
    await first.getByRole('button', { name: /^Delete/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete this message?' })
    await dialog.waitFor()
    assert.deepEqual(await violations(page), [])
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Cancel')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    assert.equal(sent.some(({ method }) => method === 'DELETE'), false)
    assert.match(await page.evaluate(() => document.activeElement.textContent), /^Delete/)
    await first.getByRole('button', { name: /^Delete/ }).click()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('status').filter({ hasText: 'The message is deleted.' }).waitFor()
    assert.equal(await page.locator('.message').count(), 24)
    assert.equal(await page.evaluate(() => document.activeElement.className), 'message')
    assert.deepEqual(sent.map(({ method, body }) => [method, body]), [['PATCH', { starred: true }], ['PATCH', { state: 'done' }], ['DELETE', null]])
    assert.deepEqual(complaints, [])
    await close()
  })

  test('what was refused is said, and nothing changes', async () => {
    const path = 'admin/accounts/00000000-0000-4000-8000-000000000002'
    const { page, sent, close } = await open('accounts', { changes: { [`PATCH ${path}`]: problem(409, 'conflict', 'there has to be an administrator') } })
    await page.getByRole('row', { name: /rather\.long/ }).getByRole('button', { name: /^Role/ }).click()
    const dialog = page.getByRole('dialog', { name: /^Role of/ })
    await dialog.getByLabel('Role').fill('admin')
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: 'there has to be an administrator' }).waitFor()
    assert.deepEqual(sent.map(({ body }) => body), [{ role: 'admin' }])
    assert.equal(await page.getByRole('row', { name: /keeper@example\.org/ }).getByRole('button').count(), 0, 'one’s own account')
    await close()
  })

  test('a session is ended after a question', async () => {
    const path = 'DELETE admin/sessions/00000000-0000-4000-8000-000000000200'
    const { page, sent, close } = await open('sessions', { changes: { [path]: { id: '00000000-0000-4000-8000-000000000200' } } })
    await page.getByRole('row').nth(1).getByRole('button', { name: /^End/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'End' }).click()
    await page.getByRole('status').filter({ hasText: 'The session has ended.' }).waitFor()
    assert.deepEqual(sent.map(({ method }) => method), ['DELETE'])
    await close()
  })
})

describe('for everybody', () => {
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [[1280, 900], [390, 844]]) {
      test(`axe finds nothing, nothing scrolls sideways, the policy refuses nothing: ${colorScheme}, ${width} px`, async () => {
        for (const view of VIEWS) {
          const { page, complaints, close } = await open(view, { colorScheme, viewport: { width, height }, isMobile: width < 500 })
          for (const closed of await page.locator('main details').all()) await closed.evaluate((details) => (details.open = true))
          assert.deepEqual(await violations(page), [], view)
          await eventually(async () => assert(await excess(page) <= 0, `${view} is ${await excess(page)} px too wide`))
          assert.deepEqual(complaints, [], view)
          await close()
        }
      })
    }
  }

  test('all views are reached by keyboard, and the focus is seen', async () => {
    const { page, close } = await open('')
    await page.keyboard.press('Tab')
    await page.getByRole('link', { name: 'Skip to content' }).waitFor()
    for (const [view, name] of [['pages', 'Pages'], ['audit', 'Audit log']]) {
      const link = page.getByRole('navigation', { name: 'Dashboard' }).getByRole('link', { name, exact: true })
      for (let press = 0; press < 60 && !(await link.evaluate((link) => link === document.activeElement)); press++) await page.keyboard.press('Tab')
      assert.notEqual(await link.evaluate((link) => getComputedStyle(link).outlineStyle), 'none')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
      assert.equal(await link.getAttribute('aria-current'), 'page')
      assert.equal(await page.evaluate(() => document.activeElement.localName), 'h1', view)
      assert.match(await page.title(), new RegExp(`^${name} · Dashboard`))
      await settled(page)
      await page.evaluate(() => document.activeElement.blur())
    }
    await close()
  })

  test('on a phone the views are behind a button', async () => {
    const { page, close } = await open('', { viewport: { width: 390, height: 844 } })
    const link = page.getByRole('link', { name: 'Builds', exact: true })
    assert.equal(await link.isVisible(), false)
    const button = page.getByRole('button', { name: 'Views' })
    await button.click()
    await link.click()
    await page.getByRole('heading', { level: 1, name: 'Builds' }).waitFor()
    assert.equal(await button.getAttribute('aria-expanded'), 'false')
    await close()
  })

  test('its headers are strict, and no page of the site leads there', async () => {
    const answer = await fetch(`${scene.files.address}/admin/`)
    const policy = answer.headers.get('content-security-policy')
    for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) assert(policy.includes(rule), rule)
    assert(!/unsafe|\*|https?:/.test(policy), policy)
    assert.equal(answer.headers.get('x-robots-tag'), 'noindex, nofollow')
    const html = await answer.text()
    assert(!/<script(?![^>]*\bsrc)|\son\w+=|\sstyle=/.test(html), 'script or style in the page')
    for (const file of ['sitemap.xml', 'llms.txt', 'index.html']) assert(!(await (await fetch(`${scene.files.address}/${file === 'index.html' ? '' : file}`)).text()).includes('/admin/'), file)
  })
})
