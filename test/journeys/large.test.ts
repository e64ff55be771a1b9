/** A folder of 100,000 letters is opened, scrolled and walked: what it costs follows what is looked at. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { newFolder, removeFolder, startChild, type ChildServer } from '../child.ts'
import { openJmapClient } from '../jmap.ts'
import { checkLooks } from './looks.ts'
import { openVisit, signIn } from './person.ts'

const LETTERS = 100_000
const NAME = 'Archiv seit 2021'
/** What bench/fill.ts writes: the first letter at this time, one every two minutes. */
const OLDEST = Date.UTC(2021, 0, 1)
const NEWEST = OLDEST + (LETTERS - 1) * 120_000

/** Elements of rows at any time, and requests for one look at another place. */
const MOST_ROWS = 200
const MOST_REQUESTS = 6

const person = { address: 'klara@zegel.test', password: 'a long enough password' }
const folder = newFolder()
let server: ChildServer
let origin = ''

before(async () => {
  server = await startChild({ folder })
  origin = `http://127.0.0.1:${server.http}`
  await server.command(['account', 'create', person.address, '--password-stdin'], person.password)
  const jmap = await openJmapClient({ http: origin }, person)
  await jmap.call('Settings/set', { update: { singleton: { language: 'de' } } })
  const fill = join(import.meta.dirname, '../../bench/fill.ts')
  const filling = spawn(process.execPath, [fill, person.address, NAME, String(LETTERS)], {
    env: server.env,
    stdio: 'inherit',
  })
  assert.deepEqual(await once(filling, 'exit'), [0, null])
})
after(async () => {
  await server.stop()
  removeFolder(folder)
})

interface Place {
  grid: Locator
  /** How many conversations there are. */
  total: number
  /** Requests to JMAP since the last time this was asked. */
  requests(): number
}

async function openFolder(t: TestContext): Promise<Place & { page: Page }> {
  const { page } = await openVisit(t, origin)
  let requests = 0
  page.on('request', (request) => (requests += new URL(request.url()).pathname === '/jmap/api' ? 1 : 0))
  await page.goto(`${origin}/de/sign-in`)
  await signIn(page, person.address, person.password)
  await page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
  requests = 0
  await page.getByRole('link', { name: NAME }).click()
  const grid = page.getByRole('grid', { name: NAME })
  await grid.locator('[aria-rowindex="1"] time').waitFor()
  return {
    page,
    grid,
    total: Number(await grid.getAttribute('aria-rowcount')),
    requests: () => requests + (requests = 0),
  }
}

interface Row {
  position: number
  /** Milliseconds; undefined while the row is not loaded. */
  at: number | undefined
}

/** The rows that are in sight, in their order. */
const inSight = (grid: Locator): Promise<Row[]> =>
  grid.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect()
    return [...element.querySelectorAll<HTMLElement>('[aria-rowindex]')]
      .filter((row) => row.getBoundingClientRect().bottom > top && row.getBoundingClientRect().top < bottom)
      .map((row) => ({
        position: Number(row.getAttribute('aria-rowindex')),
        at: Date.parse(row.querySelector('time')?.dateTime ?? '') || undefined,
      }))
      .sort((a, b) => a.position - b.position)
  })

/** Waits until the rows in sight are loaded and fit `where`, and proves that they are what should be there. */
async function looksAt({ grid, total, requests }: Place, where: (rows: Row[]) => boolean): Promise<Row[]> {
  let rows: Row[] = []
  for (let tries = 0; tries < 200; tries++) {
    rows = await inSight(grid)
    if (rows.length > 3 && rows.every(({ at }) => at !== undefined) && where(rows)) break
    await grid.page().waitForTimeout(50)
  }
  assert.ok(
    rows.length > 3 && where(rows),
    `rows ${rows.at(0)?.position} to ${rows.at(-1)?.position} of ${total} are in sight`,
  )
  for (const [index, { position, at }] of rows.entries()) {
    assert.ok(at !== undefined, `row ${position} is loaded`)
    assert.ok(position === (rows[0] as Row).position + index, 'no row is missing or there twice')
    assert.ok(index === 0 || at < (rows[index - 1]?.at as number), 'the newest come first')
    // Conversations lie evenly in time, so their position tells when they were.
    const expected = NEWEST - ((position - 1) / (total - 1)) * (NEWEST - OLDEST)
    assert.ok(Math.abs(at - expected) < 600_000, `row ${position} is what stands there`)
  }
  assert.ok((await grid.getByRole('row').count()) < MOST_ROWS)
  assert.ok(requests() <= MOST_REQUESTS)
  return rows
}

test('a folder of 100,000 letters shows its first page, its middle and its end, each with few requests and few rows', async (t) => {
  const { page, ...place } = await openFolder(t)
  assert.ok(place.total > LETTERS / 2)
  await looksAt(place, ([first]) => first?.position === 1)
  await checkLooks(page, 'a folder of 100,000 letters')
  place.requests()
  for (const part of [0.5, 0.9, 0.1, 1]) {
    await place.grid.evaluate(
      (element, part) => (element.scrollTop = part * (element.scrollHeight - element.clientHeight)),
      part,
    )
    await looksAt(place, (rows) => rows.some(({ position }) => Math.abs(position - 1 - part * (place.total - 1)) < 40))
  }
  assert.equal((await inSight(place.grid)).at(-1)?.at, OLDEST)
})

test('End and Home lead to the last letter and back to the first, and the letter there opens', async (t) => {
  const { page, ...place } = await openFolder(t)
  await looksAt(place, ([first]) => first?.position === 1)
  await place.grid.press('End')
  const rows = await looksAt(place, (all) => all.at(-1)?.position === place.total)
  assert.equal(rows.at(-1)?.at, OLDEST)
  const current = await place.grid.getAttribute('aria-activedescendant')
  assert.equal(await page.locator(`#${current}`).getAttribute('aria-rowindex'), String(place.total))
  await page.keyboard.press('Enter')
  await page
    .getByRole('article', { name: 'Brief' })
    .getByText(/^(.+) von \1$/)
    .waitFor()
  await place.grid.press('Home')
  const [first] = await looksAt(place, (all) => all[0]?.position === 1)
  assert.equal(first?.at, NEWEST)
})

test('scrolling through thousands of letters asks for each part once and keeps the page small', async (t) => {
  const { page, ...place } = await openFolder(t)
  await looksAt(place, ([first]) => first?.position === 1)
  const { x, y, width, height } = (await place.grid.boundingBox()) as {
    x: number
    y: number
    width: number
    height: number
  }
  await page.mouse.move(x + width / 2, y + height / 2)
  let most = 0
  for (let turns = 0; turns < 100; turns++) {
    await page.mouse.wheel(0, 4000)
    most = Math.max(most, await place.grid.getByRole('row').count())
  }
  const [first] = await inSight(place.grid)
  assert.ok((first?.position as number) > 3000)
  assert.ok(most < MOST_ROWS)
  // A request for each 64 rows that were passed, a second one for some, and no more.
  assert.ok(place.requests() < 2.5 * ((first?.position as number) / 64 + 5))
})
