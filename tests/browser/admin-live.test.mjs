// The dashboard over the real API: `rivage preview` with its private PostgreSQL.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { LONG, eventually, hasDatabase, launch, newPage, preview, settled, smallSite } from './support.mjs'

const KEEPER = 'keeper@example.org'
const VISITOR = 'visitor@example.org'
const PASSWORD = 'the tide comes in twice a day'
// The API does not count browsers that say that nobody looks at them.
const PERSON = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

let site, server, browser, database

before(async () => {
  site = await smallSite('[api.auth]\nregistration = true\n\n[api.limits.auth]\nrequests = 1000\n\n[api.limits.read]\nrequests = 100000\n\n[api.limits.write]\nrequests = 1000\n')
  server = await preview(site.folder)
  // For the whole browser: what a page sends when it is left is not sent in the name that its context was given.
  browser = await launch([`--user-agent=${PERSON}`])
  if (!(await hasDatabase(server))) return
  // It answers a moment before the terminal says where it is.
  const [url] = await eventually(() => /postgres:\/\/\S+(?=\s)/.exec(server.output()) ?? assert.fail('the preview does not say where its database is'))
  database = new pg.Client(url)
  await database.connect()
  await eventually(async () => assert((await rows('select from publication')).length > 0, 'nothing was published'), { patience: LONG })
  for (const email of [KEEPER, VISITOR]) assert.equal((await post('auth/register', { email, password: PASSWORD })).status, 202)
  assert.equal((await rows(`update account set role = 'admin' where email = $1 returning id`, KEEPER)).length, 1)
  for (const message of ['The first message', 'The second message', '=cmd|calc']) {
    assert.equal((await post('forms/feedback', { message, email: 'a@b.example' })).status, 204)
  }
})

after(async () => {
  await browser?.close()
  await database?.end()
  await server?.stop()
  await site?.remove()
})

const post = (to, body) => fetch(`${server.address}/api/v1/${to}`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'user-agent': PERSON },
  body: JSON.stringify(body),
})

const rows = async (sql, ...values) => (await database.query(sql, values)).rows

async function signedIn(view) {
  const { page, close } = await newPage(browser, { viewport: { width: 1280, height: 900 }, acceptDownloads: true })
  const complaints = []
  page.on('console', (message) => message.type() === 'error' && !/status of [45]/.test(message.text()) && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(`${server.address}/admin/#/${view}`)
  await page.getByLabel('Address').fill(KEEPER)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Dashboard' }).waitFor()
  await settled(page)
  return { page, complaints, close }
}

// Goes to another view, and waits until it is there.
async function show(page, name) {
  await page.getByRole('link', { name, exact: true }).click()
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
  await settled(page)
}

test('a visit and an error of a page are counted, and shown', async (context) => {
  if (!database) return context.skip('no PostgreSQL')
  const { page, close: leave } = await newPage(browser)
  await page.route('**/made-up.js', (route) => route.fulfill({ contentType: 'text/javascript', body: 'throw new Error("the buoy is adrift")' }))
  await page.goto(`${server.address}/docs/getting-started/`)
  await page.waitForLoadState('load')
  await page.evaluate(() => void document.head.append(Object.assign(document.createElement('script'), { src: '/made-up.js' })))
  await eventually(async () => assert.equal((await rows(`select from error_day where source = 'browser'`)).length, 1, 'no error was counted'))
  await page.goto(`${server.address}/docs/`)
  await eventually(async () => assert.equal((await rows(`select from page_view_day where path = '/docs/getting-started/'`)).length, 1, 'no view was counted'))
  await leave()
  assert((await rows(`select from vital_day where metric = 'ttfb'`)).length > 0)
  const { page: admin, complaints, close } = await signedIn('pages')
  await admin.getByRole('row', { name: /\/docs\/getting-started\// }).waitFor()
  await show(admin, 'Errors')
  await admin.getByRole('row', { name: /the buoy is adrift/ }).waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('every view is filled by the API', async (context) => {
  if (!database) return context.skip('no PostgreSQL')
  // Searches are written some seconds later, after the answer to another request. What was counted is forgotten where content is published meanwhile:
  // then it is asked for again, but not so soon that the same person might still be typing.
  let asked = 0
  await eventually(async () => {
    if (Date.now() - asked > 10_000) {
      for (const q of ['tide', 'qqqxyzzy']) assert.equal((await fetch(`${server.address}/api/v1/search?q=${q}`)).status, 200)
      asked = Date.now()
    }
    await fetch(`${server.address}/api/v1/health`)
    assert.equal((await rows(`select from search_day where query = 'qqqxyzzy'`)).length, 1, 'no search was counted')
  })
  const { page, complaints, close } = await signedIn('')
  await page.getByText('All is well.').waitFor()
  await page.locator('.tile').filter({ hasText: 'In-box' }).filter({ hasText: /3/ }).waitFor()
  for (const [name, text] of [['Searches', 'qqqxyzzy'], ['In-box', 'The second message'], ['Accounts', VISITOR], ['Sessions', KEEPER], ['Builds', 'live'], ['Speed', 'Routes of the API']]) {
    await show(page, name)
    await page.getByText(text).first().waitFor()
    // Whether the database keeps statistics of statements is up to who set it up.
    assert.equal(await page.locator('.admin-problem:not([data-status="501"])').count(), 0, name)
  }
  assert.deepEqual(complaints, [])
  await close()
})

test('what is done to messages is done, and written down', async (context) => {
  if (!database) return context.skip('no PostgreSQL')
  const { page, complaints, close } = await signedIn('inbox?form=feedback')
  const first = page.locator('.message').filter({ hasText: 'The first message' })
  await first.getByRole('button', { name: /^Star/ }).click()
  await page.getByRole('status').filter({ hasText: 'has a star' }).waitFor()
  await first.getByRole('button', { name: /^Mark as read/ }).click()
  await page.getByRole('status').filter({ hasText: 'Marked as read.' }).waitFor()
  assert.deepEqual(await rows(`select state, starred from submission where data ->> 'message' = 'The first message'`), [{ state: 'done', starred: true }])
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /^Export as CSV/ }).click()])
  assert.match(download.suggestedFilename(), /^feedback-\d{4}-\d\d-\d\d\.csv$/)
  const csv = await readFile(await download.path(), 'utf8')
  assert.match(csv, /^id,at,state,starred,/)
  assert.match(csv, /'=cmd\|calc/)
  await page.locator('.message').filter({ hasText: 'The second message' }).getByRole('button', { name: /^Delete/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('status').filter({ hasText: 'The message is deleted.' }).waitFor()
  assert.deepEqual(await rows(`select from submission where data ->> 'message' = 'The second message'`), [])
  await show(page, 'Audit log')
  for (const what of ['deleted a message', 'exported messages', 'marked a message']) await page.getByRole('row', { name: new RegExp(what) }).first().waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

test('an account that is locked is signed out, and cannot sign in', async (context) => {
  if (!database) return context.skip('no PostgreSQL')
  const login = await post('auth/login', { email: VISITOR, password: PASSWORD })
  assert.equal(login.status, 200)
  const cookie = login.headers.get('set-cookie').split(';')[0]
  const me = async () => (await fetch(`${server.address}/api/v1/auth/me`, { headers: { cookie } })).status
  assert.equal(await me(), 200)
  const { page, close } = await signedIn('accounts')
  await page.getByRole('row', { name: new RegExp(VISITOR) }).getByRole('button', { name: /^Lock/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Lock' }).click()
  await page.getByRole('status').filter({ hasText: 'is locked' }).waitFor()
  assert.equal(await me(), 401)
  assert.equal((await post('auth/login', { email: VISITOR, password: PASSWORD })).status, 401)
  await close()
})

test('another role is told so; ending one’s own session leads to the log-in and back', async (context) => {
  if (!database) return context.skip('no PostgreSQL')
  await database.query(`update account set disabled_at = null where email = $1`, [VISITOR])
  const { page: stranger, close: leave } = await newPage(browser)
  await stranger.goto(`${server.address}/admin/`)
  await stranger.getByLabel('Address').fill(VISITOR)
  await stranger.getByLabel('Password').fill(PASSWORD)
  await stranger.keyboard.press('Enter')
  await stranger.getByRole('heading', { name: 'Not for this account' }).waitFor()
  await leave()

  const { page, close } = await signedIn('builds')
  await database.query(`update session set revoked_at = now() where account_id = (select id from account where email = $1)`, [KEEPER])
  await page.getByRole('link', { name: 'Sessions', exact: true }).click()
  await page.getByRole('alert').filter({ hasText: 'Your session is over.' }).waitFor()
  await page.getByLabel('Address').fill(KEEPER)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor()
  await settled(page)
  assert.equal(await page.getByRole('row', { name: new RegExp(KEEPER) }).count(), 1, 'one is open, that of this log-in')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('status').filter({ hasText: 'You are signed out.' }).waitFor()
  assert.deepEqual(await rows(`select from session where revoked_at is null and account_id = (select id from account where email = $1)`, KEEPER), [])
  await close()
})
