/** What everybody can fetch of the canary, as somebody does who has curl and openssl and trusts nobody. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { shiftClock } from '#system'
import { newFolder, removeFolder } from '#test/child'
import { testDatabase } from '#test/database'
import { HEADLINE, newKeyholder, promisesWith, publishSigned } from '#test/keyholders'
import { promised } from '#test/promises'
import { startServer } from '#test/server'

const run = promisify(execFile)
const DAY = 86_400
const { config: settings } = await testDatabase()
const keyholders = ['Saskia <Claes>', 'Driss Benali', 'Ilse Vandenbroucke'].map(newKeyholder)
const server = await startServer({ after }, { policy: promisesWith(settings, keyholders) }, ['http'])

const read = async (path: string): Promise<string> => (await fetch(server.http + path)).text()

/** HTML as somebody reads it. */
const textOf = (html: string): string =>
  html.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

test(promised(3), async (t) => {
  t.after(() => shiftClock(0))
  assert.match(await read('/en/canary'), /no canary was published yet/)
  await publishSigned(server.storage, server.config, keyholders.slice(0, 2))
  for (const [language, fresh, stale] of [
    ['en', 'Fresh until', 'Stale since'],
    ['de', 'Frisch bis', 'Überfällig seit'],
    ['fr', 'Frais jusqu’au', 'Périmé depuis'],
    ['nl', 'Vers tot', 'Verlopen sinds'],
  ] as const) {
    shiftClock(13 * DAY)
    const before = await read(`/${language}/canary`)
    for (const word of [fresh, HEADLINE, 'Saskia &lt;Claes&gt;', 'Driss Benali']) assert.ok(before.includes(word), word)
    assert.ok(!before.includes(stale))
    shiftClock(15 * DAY)
    const later = await read(`/${language}/canary`)
    assert.ok(later.includes(stale) && !later.includes(fresh), language)
  }
  const answer = await fetch(`${server.http}/.well-known/canary.json`)
  assert.match(answer.headers.get('cache-control') ?? '', /^public, max-age=60$/)
  const { at, canary } = (await answer.json()) as { at: string; canary: { statement: { goodUntil: string } } }
  assert.ok(canary.statement.goodUntil < at)
})

test('openssl verifies each signature as the page says, and no other bytes', async (t) => {
  const folder = newFolder()
  t.after(() => removeFolder(folder))
  const html = await read('/en/canary')
  const [get, ...checks] = [...html.matchAll(/<pre class="cmd"><code>([^<]*)<\/code><\/pre>/g)].map(([, found = '']) =>
    textOf(found).replaceAll(`https://${server.config.hostname}`, server.http),
  )
  assert.ok(get !== undefined)
  assert.equal(checks.length, 2)
  const shell = (script: string) => run('sh', ['-ec', script], { cwd: folder })
  assert.ok((await shell(get)).stdout.includes(HEADLINE))
  for (const check of checks) assert.match((await shell(check)).stdout, /^Signature Verified Successfully$/m)

  const statement = join(folder, 'statement')
  writeFileSync(statement, readFileSync(statement, 'utf8').replace('Schelde', 'Scheldt'))
  for (const check of checks) await assert.rejects(shell(check))
})

const MISSING = ['0.json', '2.json', '9999999.statement', '1', '1.txt', '-1.json', '1e1.json', '..%2fcanary.json']
for (const name of MISSING)
  test(`there is no canary ${name}`, async () => {
    assert.equal((await fetch(`${server.http}/.well-known/canary/${name}`)).status, 404)
  })
