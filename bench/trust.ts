import { spawnSync } from 'node:child_process'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BenchOptions } from './run.ts'
import { newFolder, removeFolder, startChild, type ChildServer } from '../test/child.ts'
import { findProgram } from '../test/program.ts'
import { percentile } from './percentile.ts'

const LINKS = 100_000
const REQUESTS = 200
const WARM = 20
const PASSWORD = 'bench password'

const PUBLIC = ['/de/policy', '/de/canary', '/de/transparency', '/.well-known/transparency.json']
const DESK = ['/de/', '/de/health', '/de/abuse', '/de/cases', '/de/tickets']

/**
 * What trust costs whoever asks for it: how long a browser takes to fetch and verify the whole access log, and what the pages of the desk
 * and the public ones take, one request after the other.
 */
export async function trust({ rounds, count = LINKS }: BenchOptions): Promise<string[]> {
  const folder = newFolder()
  const place = { ZEGEL_DATA: join(folder, 'data'), ZEGEL_KEY: join(folder, 'master.key') }
  const filled = spawnSync(process.execPath, [join(import.meta.dirname, 'fill-trust.ts'), String(count)], {
    env: { ...process.env, ...place },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (filled.status !== 0) throw new Error('what the pages show could not be filled in')
  const server = await startChild({ folder })
  try {
    const lines = [await verified(server, rounds, count)]
    const cookie = `__Host-desk=${filled.stdout.trim()}`
    for (const path of PUBLIC) lines.push(await asked(http, `http://127.0.0.1:${server.http}`, path))
    for (const path of DESK) lines.push(await asked(https, `https://localhost:${server.desk}`, path, { cookie }))
    return lines
  } finally {
    await server.stop()
    removeFolder(folder)
  }
}

/** From the address of “Who looked” until its verdict stands there, the fetching of the digests included. */
async function verified(server: ChildServer, rounds: number, count: number): Promise<string> {
  const address = 'klara@zegel.test'
  await server.command(['account', 'create', address, '--password-stdin'], PASSWORD)
  const program = await chromium.launch({
    executablePath: findProgram('chromium', 'chromium-browser', 'google-chrome'),
    args: ['--disable-gpu', '--disable-background-networking'],
    chromiumSandbox: process.getuid?.() !== 0,
  })
  try {
    const page = await program.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' })
    const origin = `http://127.0.0.1:${server.http}`
    await page.goto(`${origin}/en/sign-in`)
    await page.locator('input[name=address]').fill(address)
    await page.locator('input[name=password]').fill(PASSWORD)
    await page.locator('input[name=password]').press('Enter')
    await page.getByRole('navigation').first().waitFor()
    await page.waitForURL(`${origin}/app/**`)
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      await page.goto(`${origin}/app/#/settings/general`)
      await page.locator('select').first().waitFor()
      const startedAt = performance.now()
      await page.evaluate(`location.hash = '#/settings/accesses'`)
      await page.locator('.held-head.good').waitFor()
      times.push(performance.now() - startedAt)
      await page.goto('about:blank')
    }
    return `${count} links verified in the browser: ${times.map(Math.round).join(', ')} ms, median ${percentile(times, 50).toFixed(0)} ms`
  } finally {
    await program.close()
  }
}

async function asked(by: typeof http | typeof https, origin: string, path: string, headers = {}): Promise<string> {
  const agent = new by.Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false } as https.AgentOptions)
  const ask = (): Promise<void> =>
    new Promise((done, failed) => {
      const request = by.request(`${origin}${path}`, { agent, headers } as https.RequestOptions, (response) => {
        response.resume().once('end', () => {
          if (response.statusCode === 200) done()
          else failed(new Error(`${path} answered ${response.statusCode}`))
        })
      })
      request.once('error', failed).end()
    })
  const times: number[] = []
  for (let i = 0; i < WARM + REQUESTS; i++) {
    const startedAt = performance.now()
    await ask()
    if (i >= WARM) times.push(performance.now() - startedAt)
  }
  agent.destroy()
  const [p50, p95] = [50, 95].map((rank) => percentile(times, rank).toFixed(1))
  return `${by === https ? 'desk ' : ''}${path}: median ${p50} ms, p95 ${p95} ms of ${times.length}`
}
