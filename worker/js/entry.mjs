// The Worker's entry: an instance of the module, made anew when it died.
//
// In: requests. Out: what Rust answers, a file of the site where it has no route, or 503 for what was on its way when the instance died. Instead of the shim of worker-build, whose proxy costs
// more than a route, and which leaves those requests without an answer.

import { env as bindings } from 'cloudflare:workers'
import module from './rivage_worker_bg.wasm'
import manifest from './manifest.bin'
import { __wbg_reset_state, counted, handle, initSync, noted, open, scheduled } from 'rivage-worker'
import { Constants, respond } from './constant.mjs'
import { born, died, isAlive, lastDeath, watch } from './guard.mjs'

initSync({ module })
let isFresh = true
let constants

function start(env) {
  if (!isFresh) __wbg_reset_state()
  isFresh = false
  // A response with a body is refused before the first request.
  const probe = new Request('https://rivage.invalid/api/v1/healthcheck', { method: 'HEAD' })
  constants = new Constants(open(new Uint8Array(manifest), env, lastDeath(), probe))
  born()
}

// Before a request waits for it.
try {
  start(bindings)
} catch {
  // The first request tries once more, and tells what is wrong.
}

function problem(status, code, detail) {
  const body = { type: `urn:rivage:problem:${code}`, title: status === 503 ? 'Service Unavailable' : 'Internal Server Error', status, code, detail }
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
  if (status === 503) headers['retry-after'] = '1'
  return new Response(JSON.stringify(body), { status, headers })
}

const interrupted = () => problem(503, 'interrupted', 'the server was interrupted; try again in a moment')

function later(promise) {
  return watch(promise).catch((error) => {
    if (isAlive()) console.error(`rivage: ${error}`)
    return interrupted()
  })
}

// A path that is no route may be a file: the page about the API lies among its routes. What is missing below /api is told as the API tells it.
async function file(request, assets, answer) {
  try {
    const found = await assets.fetch(request)
    return found.status === 404 && new URL(request.url).pathname.startsWith('/api/') ? answer : found
  } catch (error) {
    console.error(`rivage: the files of the site: ${error}`)
    return answer
  }
}

export default {
  fetch(request, env, context) {
    if (!isAlive()) {
      try {
        start(env)
      } catch (error) {
        // The manifest or the keys: whoever deployed them reads it in the log.
        console.error(`rivage: the API cannot start: ${error}`)
        return problem(500, 'internal', 'the API is not set up')
      }
    }
    const { method, url } = request
    let answer
    try {
      const constant = constants.find(method, url)
      if (constant) return respond(constant, counted, (number, id) => noted(number, id, env))
      answer = handle(method, url, request, env, context)
    } catch (error) {
      died(error)
      return interrupted()
    }
    if (answer instanceof Response) {
      const mayBeFile = env.ASSETS && answer.status === 404 && (method === 'GET' || method === 'HEAD')
      return mayBeFile ? file(request, env.ASSETS, answer) : answer
    }
    const response = later(answer)
    // It goes on when the client has gone, so that connections are closed and memory is given back.
    context.waitUntil(response)
    return response
  },

  // Without a cron in wrangler.toml it is never called.
  async scheduled(_event, env, context) {
    try {
      if (!isAlive()) start(env)
      await watch(scheduled(env, context))
    } catch (error) {
      if (isAlive()) console.error(`rivage: the watch: ${error}`)
    }
  },
}
