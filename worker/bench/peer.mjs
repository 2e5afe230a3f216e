// The peer of the benchmark: Hono and pg, written as their documentation has it. The same routes and bodies as ours; on one route, the same headers.
import { Hono } from 'hono'
import { jwt } from 'hono/jwt'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import pg from 'pg'

const app = new Hono()

app.get('/api/v1/healthcheck', (c) => c.json({ status: 'up', build: 'bench' }))

// All that ours says of an answer, and nothing else.
const secure = secureHeaders({
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  removePoweredBy: false,
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
})
app.get('/api/secure/healthcheck', requestId(), secure, (c) => c.json({ status: 'up', build: 'bench' }, 200, { 'cache-control': 'no-store' }))

// The same 32 bytes as ours, as a text.
app.use('/api/protected', jwt({ secret: '\u0007'.repeat(32), alg: 'HS256' }))
app.get('/api/protected', (c) => c.json({ status: 'up', build: 'bench' }))

async function query(c, text, values) {
  const client = new pg.Client({ connectionString: c.env.DB_READ.connectionString })
  await client.connect()
  try {
    return (await client.query(text, values)).rows
  } finally {
    c.executionCtx.waitUntil(client.end())
  }
}

app.get('/api/notes/:id', async (c) => {
  const id = Number(c.req.param('id'))
  if (!Number.isInteger(id) || id < 1) return c.json({ error: 'id' }, 400)
  const rows = await query(c, 'select id, text, tag, at is not null as dated, price from note where id = $1', [id])
  return rows.length ? c.json(rows[0]) : c.json({ error: 'none' }, 404)
})

app.get('/api/fifty', async (c) => {
  const items = await query(c, "select n as id, 'title of ' || n as title, n % 2 = 0 as even, n * 1.5::float8 as score from generate_series(1, 50) as n", [])
  return c.json({ items })
})

export default app
