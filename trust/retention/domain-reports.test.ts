import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createDomain } from '#accounts'
import { today } from '#system'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { RULES } from './rules.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

test('what others have reported about a domain is forgotten after 400 days', async (t) => {
  const pass = clockAtNoon(t)
  await createDomain(storage, 'reported.example')
  await storage.database.sql`
    insert into domain_report (report_key, domain, kind, day, received_at, is_proven, sealed)
    values (''::bytea, 'reported.example', 'tls', ${today()}::date, now(), true, ''::bytea)`
  const destroy = RULES.find(({ name }) => name === 'domainReports')?.destroy
  assert.ok(destroy)
  pass(400 * 86_400)
  assert.equal(await destroy(storage, config), 0)
  pass(86_400)
  assert.equal(await destroy(storage, config), 1)
})
