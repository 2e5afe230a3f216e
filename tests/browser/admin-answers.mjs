// What the API answers in tests that run without it: the shapes of the real routes, with enough of everything to fill a view.
// Deliberately not here: what the real API answers; the tests that need it have it.
const DAYS = 30
const day = (n) => new Date(Date.UTC(2026, 9, 31 + n)).toISOString().slice(0, 10)
const at = (n, hour = 10) => `${day(n)}T${String(hour).padStart(2, '0')}:15:20.123456Z`
const id = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const hex = (n) => n.toString(16).padStart(32, '0')
const wave = (n, low, high) => Math.round(low + (high - low) * (0.5 + 0.5 * Math.sin(n * 0.9 + (n % 7) * 0.4)))

export const ME = { id: id(1), email: 'keeper@example.org', role: 'admin', created_at: at(0) }

const LONG = 'select p.path, p.title, p.description, ts_headline(rivage_config($1), coalesce(part.text, p.body), b.prefix) as snippet from best b join page p on p.id = b.id left join lateral (select c.heading from chunk c where c.page_id = p.id limit 1) part on true order by b.rank desc limit $2'

// What visitors write is shown, never run.
export const HOSTILE = '<img src=x onerror="globalThis.harmed = true"><script>globalThis.harmed = true</script>'

const metrics = { lcp: [1800, 3100], inp: [70, 240], cls: [0.02, 0.14], ttfb: [120, 900] }
const share = (metric, p75) => {
  const count = 240
  const good = Math.round(count * (p75 > metrics[metric][1] * 0.8 ? 0.7 : 0.92))
  return { p75, good, fair: Math.round((count - good) * 0.7), poor: count - good - Math.round((count - good) * 0.7), count }
}
const value = (metric, n) => {
  const [low, high] = metrics[metric]
  return metric === 'cls' ? wave(n, low * 100, high * 100) / 100 : wave(n, low, high)
}

const submission = (n) => ({
  id: id(100 + n),
  form: n % 3 ? 'feedback' : 'contact',
  at: at(DAYS - 1 - n, 8 + (n % 9)),
  state: n < 2 ? 'new' : n === 4 ? 'spam' : 'done',
  starred: n === 2,
  data: n === 1
    ? { name: HOSTILE, message: HOSTILE }
    : { email: `visitor${n}@example.org`, message: `Good morning,\nthe tide table of pier ${n} seems to be an hour late since the clocks were changed. Could you have a look at it?`, about: 'mistake' },
})

/** Answers by path below /api/v1/, given the parameters of the query. */
export const ANSWERS = {
  'auth/me': () => ME,
  health: () => ({ status: 'ok', build: 'd41d8cd98f00b204', checks: { database_read: 'ok', database_write: 'ok', tables: 'ok', store: 'absent', build: 'ok' }, degraded: [], extensions: ['pg_trgm'] }),
  'admin/traffic': () => list(DAYS, (n) => ({ day: day(n), views: n === 3 ? 0 : wave(n, 180, 1450) })),
  'admin/views': () => list(12, (n) => ({ path: ['/', '/docs/', '/docs/getting-started/', '/blog/errors-are-a-feature/', '/docs/guides/markdown/'][n] ?? `/docs/guides/a-page-with-a-rather-long-address-${n}/`, views: Math.round(4200 / (n + 1)) })),
  'admin/referrers': () => list(6, (n) => ({ host: ['news.example', 'search.example', 'forum.example'][n] ?? `blog${n}.example`, views: Math.round(800 / (n + 1)) })),
  'admin/vitals': () => ({ items: Array.from({ length: DAYS }, (_, n) => n).filter((n) => n !== 3).flatMap((n) => Object.keys(metrics).map((metric) => ({ day: day(n), metric, ...share(metric, value(metric, n)) }))) }),
  'admin/vitals/summary': () => ({ items: ['phone', 'desktop'].flatMap((device, n) => Object.keys(metrics).map((metric) => ({ device, metric, ...share(metric, metrics[metric][n ? 0 : 1]) }))) }),
  'admin/searches': ({ found }) => list(8, (n) => ({ query: ['tides', 'front matter', 'rivage deploy', 'rss'][n] ?? `word ${n}`, lang: n % 4 ? 'en' : 'fr', searches: 60 - n * 7, empty: found === 'no' || n === 3 ? 5 : 0, last_day: day(DAYS - 1 - n) })),
  'admin/forms': () => ({ items: [{ form: 'contact', total: 12, unread: 3, starred: 1, spam: 0, last_at: at(29) }, { form: 'feedback', total: 28, unread: 1, starred: 0, spam: 2, last_at: at(28) }] }),
  'admin/submissions': ({ after }) => (after ? list(2, (n) => submission(60 + n)) : list(25, submission)),
  'admin/accounts': () => ({
    items: [
      { ...ME, disabled_at: null, sessions: 2, last_seen_at: at(29) },
      { id: id(2), email: 'an.address.that.is.rather.long@department.example.org', role: 'editor', created_at: at(3), disabled_at: null, sessions: 1, last_seen_at: at(27) },
      { id: id(3), email: 'left@example.org', role: 'member', created_at: at(5), disabled_at: at(20), sessions: 0, last_seen_at: null },
    ],
  }),
  'admin/sessions': () => list(3, (n) => ({ id: id(200 + n), kind: n ? 'cookie' : 'refresh', account_id: id(1 + (n % 2)), email: n % 2 ? 'editor@example.org' : ME.email, created_at: at(20 + n), last_seen_at: at(29, 9 + n), expires_at: at(40) })),
  'admin/builds': ({ limit }) => list(Math.min(6, limit ?? 6), (n) => ({ id: 9 - n, build: hex(0xd41d8cd98f + n * 0x1111).slice(-16), at: at(29 - n * 3), pages: 42 + n, written: n ? 3 : 1, unchanged: 39, removed: n === 2 ? 1 : 0, links: 120, revision: n === 4 ? null : hex(0x45fe126 + n).slice(-7), is_live: n === 0, is_rollback: n === 1 })),
  'admin/slow': () => ({ budget_ms: 30, items: [{ query: LONG, calls: 410, mean_ms: 38.2, p95_estimate_ms: 61.75, max_ms: 70.12, total_ms: 15662, rows_per_call: 10, is_slow: true }, { query: 'select id, title from post where id = $1', calls: 12000, mean_ms: 0.21, p95_estimate_ms: 0.35, max_ms: 4.1, total_ms: 2520, rows_per_call: 1, is_slow: false }] }),
  'admin/metrics': () => ({ instance: hex(7).slice(-16), since: at(29, 6), build: 'd41d8cd98f00b204', routes: ['search', 'list_pages', 'submit_feedback', 'add_vitals'].map((route, n) => ({ route, requests: 1200 - n * 300, errors: n === 2 ? 4 : 0, total_ms: { p50: 4 + n, p95: 12 + n * 9, p99: 30 + n * 20, sum: 600 }, db_ms: { p50: 2, p95: 6 + n, p99: 9, sum: 300 } })) }),
  'admin/errors': () => list(5, (n) => ({ day: day(29), source: n % 2 ? 'browser' : 'api', place: n % 2 ? '/docs/guides/markdown/' : 'search', code: n % 2 ? 'error' : 'database-timeout', message: n % 2 ? 'Cannot read properties of undefined (reading …)' : 'canceling statement due to statement timeout', build: n % 2 ? '' : 'd41d8cd98f00b204', count: 3 + n, first_at: at(28, 8), last_at: at(29, 12 - n), request_id: n % 2 ? '' : hex(0xabc + n) })),
  'admin/audit': ({ after }) => list(after ? 1 : 4, (n) => ({ id: 40 - n - (after ? 30 : 0), at: at(29, 14 - n), account_id: id(1), email: ME.email, action: ['admin_set_account', 'admin_set_submission', 'admin_export_submissions', 'admin_end_session'][n], target: n === 2 ? 'contact' : id(2), detail: [{ role: 'editor' }, { state: 'done', starred: true }, {}, {}][n], request_id: hex(0xdef + n) })),
}

function list(count, make) {
  return { items: Array.from({ length: count }, (_, n) => make(n)) }
}

export const problem = (status, code, detail) => ({
  status,
  contentType: 'application/problem+json',
  body: JSON.stringify({ type: `urn:rivage:problem:${code}`, title: code, status, code, detail, request_id: hex(status) }),
})

/**
 * Answers all requests of a page to the API. `changes` has answers that differ, by path: a value, a function of the query, or what
 * `problem` makes. Returns what was asked besides by GET.
 */
export async function answer(page, changes = {}) {
  const sent = []
  await page.route('**/api/v1/**', async (route) => {
    const request = route.request()
    const url = new URL(request.url())
    const path = url.pathname.replace('/api/v1/', '')
    const ask = Object.fromEntries(url.searchParams)
    if (request.method() !== 'GET') sent.push({ method: request.method(), path, body: request.postDataJSON() })
    const known = request.method() === 'GET' ? { ...ANSWERS, ...changes } : changes
    const made = known[`${request.method()} ${path}`] === undefined ? known[path] : known[`${request.method()} ${path}`]
    const value = typeof made === 'function' ? await made(ask, request.postDataJSON()) : made
    if (value === undefined) return route.fulfill(problem(404, 'not-found', 'there is nothing here'))
    if (value?.contentType) return route.fulfill(value)
    if (value === null) return route.fulfill({ status: 204 })
    return route.fulfill({ contentType: 'application/json', body: JSON.stringify(value) })
  })
  return sent
}
