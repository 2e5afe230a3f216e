// What Lighthouse says of this repository's site, on the phone that it imagines.
//
// In: environment RIVAGE (the program), CHROMIUM (the browser), SITE (the finished site). Out: a line for each page; fails where one is below what
// we promise. The site is served by `rivage serve`, with the headers that Pages sends. No part of the tests: scores depend on the machine.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { launch } from 'chrome-launcher'
import lighthouse from 'lighthouse'

const PAGES = { home: '/', post: '/blog/hello-rivage/', doc: '/docs/getting-started/' }
const LEAST = 98
const MOST = { 'first-contentful-paint': 1500, 'cumulative-layout-shift': 0.02 }
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']

const server = spawn(process.env.RIVAGE, ['serve', '--no-api', '--port', '0', '--out', process.env.SITE], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const [address] = await once(createInterface(server.stdout), 'line')
const chrome = await launch({ chromePath: process.env.CHROMIUM, chromeFlags: FLAGS })
const failures = []
try {
  for (const [name, path] of Object.entries(PAGES)) {
    const { lhr } = await lighthouse(new URL(path, address).href, { port: chrome.port, logLevel: 'error' })
    const scores = ['performance', 'accessibility', 'best-practices', 'seo'].map((id) => [id, Math.round(lhr.categories[id].score * 100)])
    const times = Object.keys(MOST).map((id) => [id, lhr.audits[id].numericValue])
    const shown = [...scores, ...times.map(([id, value]) => [id, Number(value.toPrecision(4))])]
    console.log(`${name.padEnd(5)} ${shown.map((pair) => pair.join(' ')).join(', ')}`)
    for (const [id, score] of scores) if (score < LEAST) failures.push(`${name}: ${id} is ${score}, not ${LEAST}`)
    for (const [id, value] of times) if (value >= MOST[id]) failures.push(`${name}: ${id} is ${value}, not below ${MOST[id]}`)
  }
} finally {
  await chrome.kill()
  server.kill()
}
for (const failure of failures) console.error(failure)
process.exitCode = failures.length ? 1 : 0
