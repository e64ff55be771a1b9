import { after, afterEach, test } from 'node:test'
import assert from 'node:assert/strict'
import { loadCertificate, now, shiftClock } from '#system'
import { lookAtAll, sentenceOf } from '#trust/operations'
import { openTestStorage, testDatabase } from '#test/database'

const DAY = 86_400
const storage = await openTestStorage({ after })
const { config: settings } = await testDatabase()
const { sql } = storage.database
const directory = 'https://127.0.0.1:1/'
const config = { ...settings, trial: false, tls: { acme: { directory, termsAgreed: true as const, keyDays: 180 } } }
const { cert } = await loadCertificate(settings)

afterEach(async () => {
  shiftClock(0)
  await sql`delete from certificate`
  await sql`delete from tls_key`
})

/** What is said of certificates, by subject. */
async function look() {
  const { results, unknown } = await lookAtAll({ config, database: storage.database })
  assert.ok(!unknown.includes('certificates'))
  const found = results.filter(({ check }) => check === 'certificates')
  for (const one of found) assert.doesNotMatch(sentenceOf(one), /\{/)
  return Object.fromEntries(found.map(({ subject, cause, state }) => [subject, `${cause} ${state}`]))
}

const keep = (
  purpose: string,
  subject: string,
  { chain = null as string | null, trouble = null as string | null } = {},
) =>
  sql`insert into certificate (purpose, subject, try_at, names, chain, not_after, trouble, trouble_names)
    values (${purpose}, ${subject}, ${now()}, ${[subject]}, ${chain}, ${now()}, ${trouble}, ${trouble === null ? [] : [subject]})`

test('before the first certificate is issued that is told, and what hinders it', async () => {
  assert.deepEqual(await look(), { '': 'waiting bad', tlsa: 'tlsaFine good' })
  await keep('server', 'zegel.test', { trouble: 'elsewhere' })
  assert.deepEqual(await look(), { '': 'waiting bad', order: 'notHere look', tlsa: 'tlsaFine good' })
})

test('a certificate of an authority is told to be good, and to end when it was not renewed in time', async () => {
  await keep('server', 'zegel.test', { chain: cert, trouble: 'limited' })
  assert.deepEqual(await look(), { '': 'fine good', order: 'limited look', tlsa: 'tlsaFine good' })
  // Of a year and a day: a fifth and a fifteenth of that.
  for (const [days, said] of [
    [285, 'fine good'],
    [300, 'endsSoon look'],
    [345, 'endsNow bad'],
    [366, 'expired bad'],
  ] as const) {
    shiftClock(days * DAY)
    assert.equal((await look())[''], said)
  }
})

for (const trouble of ['unknown', 'dnsSilent', 'unreached', 'forbidden', 'account', 'refused', 'silent', 'nonsense'])
  test(`an order that came to nothing is told with what to do: ${trouble}`, async () => {
    await keep('server', 'zegel.test', { chain: cert, trouble })
    assert.match((await look())['order'] ?? '', /look$/)
  })

test('domains whose names have no certificate are counted, and not named', async () => {
  await keep('domain', 'one.example', { trouble: 'unreached' })
  await keep('domain', 'two.example', { trouble: 'forbidden' })
  const { results } = await lookAtAll({ config, database: storage.database })
  const found = results.find(({ check, subject }) => check === 'certificates' && subject === 'domains')
  assert.deepEqual([found?.cause, found?.figures['failed'], found?.names], ['domains', 2, []])
})

for (const [used, next, said] of [
  ['right', 'right', 'tlsaFine good'],
  ['right', 'missing', 'tlsaNextMissing look'],
  ['missing', 'right', 'tlsaOther bad'],
  ['wrong', 'wrong', 'tlsaOther bad'],
  ['missing', 'missing', 'tlsaFine good'],
] as const)
  test(`of TLSA records it is told how they fit the keys: ${used} and ${next}`, async () => {
    for (const [state, seen] of [
      ['used', used],
      ['next', next],
    ])
      await sql`
        insert into tls_key (key_id, purpose, subject, state, digest, private_key, created_at, changed_at, seen)
        values (${state}, 'server', 'zegel.test', ${state}, '', ${Buffer.alloc(1)}, ${now()}, ${now()}, ${seen})`
    assert.equal((await look())['tlsa'], said)
  })
