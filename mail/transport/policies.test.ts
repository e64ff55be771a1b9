import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, beforeEach, test, type TestContext } from 'node:test'
import { openSecureDns, shiftClock } from '#system'
import { makeCertificate } from '#test/certificates'
import { openTestStorage, testDatabase } from '#test/database'
import { policyText, startPolicyPage } from '#test/network/policy-page'
import { freePort } from '#test/network/program'
import { startNetwork } from '#test/network/start'
import { openStsPolicies, refreshStsPolicies, type StsSource } from './policies.ts'

const WEB = '127.0.4.1'
const DAY = 86_400
const DOMAIN = 'one.example'
const storage = await openTestStorage({ after })
const { sql } = storage.database
const { config: settings } = await testDatabase()
const root = await makeCertificate({ names: ['Web Root'], isAuthority: true })
const authority = join(settings.dataFolder, 'web-root.pem')
writeFileSync(authority, root.cert)
const port = await freePort(WEB)
const page = await startPolicyPage(
  { after },
  { host: WEB, port, certificate: await makeCertificate({ names: [`mta-sts.${DOMAIN}`], issuer: root }) },
)
const record = (id: string): string[] => [`mta-sts A ${WEB}`, `_mta-sts TXT "v=STSv1; id=${id};"`]
const network = await startNetwork({ after }, { [DOMAIN]: { is: 'unsigned', records: [] } })
const config = {
  dns: { servers: [network.resolver] },
  fetch: { allow: [`${WEB}:${port}`], authority },
}
const source: StsSource = { config, storage, dns: openSecureDns(config), port }

beforeEach(async () => {
  await sql`delete from sts_policy`
  await network.change(DOMAIN, record('a1'))
  page.now = { text: policyText('enforce', ['mx.one.example'], 10 * DAY) }
})

/** What a process that has just been started finds. */
const found = async (domain = DOMAIN): Promise<string | undefined> =>
  (await openStsPolicies(source).of(domain)).policy?.mode

function at(t: TestContext, seconds: number): void {
  t.after(() => shiftClock(0))
  shiftClock(seconds)
}

test('a policy in use is fetched anew each day, and does not end while its domain keeps it up', async (t) => {
  assert.equal(await found(), 'enforce')
  assert.deepEqual(await refreshStsPolicies(source), { refreshed: 0, failed: 0 })
  for (let day = 1; day <= 3; day++) {
    at(t, day * (5 * DAY + 1))
    assert.deepEqual(await refreshStsPolicies(source), { refreshed: 1, failed: 0 })
    assert.deepEqual(await refreshStsPolicies(source), { refreshed: 0, failed: 0 }, 'once a day')
  }
  await network.change(DOMAIN, [])
  page.now = { text: '', status: 404 }
  assert.equal(await found(), 'enforce', 'fifteen days on')
})

test('what the page says anew counts from the next day on, though the record does not tell of it', async (t) => {
  assert.equal(await found(), 'enforce')
  page.now = { text: policyText('none', [], 10 * DAY) }
  at(t, DAY + 1)
  assert.deepEqual(await refreshStsPolicies(source), { refreshed: 1, failed: 0 })
  assert.equal(await found(), 'none')
})

test('a page that disappears is looked at once a day, and the policy ends in its time', async (t) => {
  assert.equal(await found(), 'enforce')
  page.now = { text: '', status: 404 }
  at(t, 9 * DAY)
  assert.deepEqual(await refreshStsPolicies(source), { refreshed: 0, failed: 1 })
  assert.deepEqual(await refreshStsPolicies(source), { refreshed: 0, failed: 0 })
  assert.equal(await found(), 'enforce')
  at(t, 10 * DAY + 1)
  assert.deepEqual(await refreshStsPolicies(source), { refreshed: 0, failed: 0 })
  assert.deepEqual(await openStsPolicies(source).of(DOMAIN), { policy: undefined, failure: 'sts-policy-fetch-error' })
})

test('a policy that nobody has needed for a month is left alone, and counts until it ends', async (t) => {
  page.now = { text: policyText('enforce', ['mx.one.example'], 300 * DAY) }
  assert.equal(await found(), 'enforce')
  at(t, 31 * DAY)
  assert.deepEqual(await refreshStsPolicies(source), { refreshed: 0, failed: 0 })
  assert.equal(await found(), 'enforce')
  at(t, 33 * DAY)
  assert.deepEqual(await refreshStsPolicies(source), { refreshed: 1, failed: 0 }, 'it was needed')
})

test('a policy counts for a year at most, whatever it says', async (t) => {
  page.now = { text: policyText('enforce', ['mx.one.example'], 4_000_000_000) }
  assert.equal(await found(), 'enforce')
  await network.change(DOMAIN, [])
  at(t, 365 * DAY)
  assert.equal(await found(), 'enforce')
  at(t, 366 * DAY)
  assert.equal(await found(), undefined)
})

test('many letters at once ask for it once, and the table shows nobody whose it is', async () => {
  let fetched = 0
  const policies = openStsPolicies({
    ...source,
    dns: { ...source.dns, ask: (...asked) => (fetched++, source.dns.ask(...asked)) },
  })
  const standings = await Promise.all(Array.from({ length: 20 }, () => policies.of(DOMAIN)))
  assert.deepEqual([...new Set(standings.map(({ policy }) => policy?.mode))], ['enforce'])
  assert.equal(fetched, 1)
  const { rows } = await sql<{ row: string }>`select encode(sealed || key, 'escape') as row from sts_policy`
  assert.doesNotMatch(rows[0]?.row ?? '', /example|STSv1/)
})

test('a domain without a record is asked for no page', async () => {
  await network.change(DOMAIN, [`mta-sts A ${WEB}`])
  assert.deepEqual(await openStsPolicies(source).of(DOMAIN), { policy: undefined })
  assert.equal(await found('nowhere.example'), undefined)
  assert.equal((await sql`select from sts_policy`).rowCount, 0)
})
