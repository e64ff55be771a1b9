import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { shiftClock, today } from '#system'
import { silent } from '#test/cluster'
import { openTestStorage } from '#test/database'
import type { TlsSession } from './result.ts'
import { markTlsSessionsReported, openTlsCounts, readTlsSessions } from './sessions.ts'

const storage = await openTestStorage({ after })
const { sql } = storage.database
beforeEach(async () => void (await sql`delete from tls_session`))

const STS = {
  type: 'sts',
  strings: ['version: STSv1', 'mode: enforce', 'mx: mx.one.example', 'max_age: 86400'],
  mxHosts: ['mx.one.example'],
} as const
const NONE = { type: 'no-policy-found', strings: [], mxHosts: [] } as const

const good: TlsSession = { domain: 'one.example', policy: STS, mx: 'mx.one.example', failure: undefined }
const bad: TlsSession = { ...good, failure: 'certificate-expired' }
const other: TlsSession = { domain: 'two.example', policy: NONE, mx: 'mx.two.example', failure: undefined }

const always = async (): Promise<boolean> => true

async function counted(sessions: readonly TlsSession[], wantsReports: (domain: string) => Promise<boolean> = always) {
  const counts = openTlsCounts(storage, silent, wantsReports)
  for (const session of sessions) counts.count(session)
  await counts.close()
}

test('sessions are counted by domain, policy and host, also by several processes, and read back by day', async () => {
  await counted([good, good, bad, other])
  await counted([good, bad, bad])
  assert.deepEqual(await readTlsSessions(storage, today()), [
    {
      domain: 'one.example',
      policies: [
        {
          policy: STS,
          successes: 3,
          failures: [{ type: 'certificate-expired', mx: 'mx.one.example', sessions: 3 }],
        },
      ],
    },
    { domain: 'two.example', policies: [{ policy: NONE, successes: 1, failures: [] }] },
  ])
  assert.deepEqual(await readTlsSessions(storage, '2020-01-01'), [])
})

test('of a domain that asks for no reports nothing is kept', async () => {
  await counted([good, other], async (domain) => domain === 'two.example')
  assert.deepEqual(
    (await readTlsSessions(storage, today())).map(({ domain }) => domain),
    ['two.example'],
  )
})

test('what was reported is not read again, and the rest of the day is', async () => {
  await counted([good, other])
  await markTlsSessionsReported(storage, today(), 'one.example')
  assert.deepEqual(
    (await readTlsSessions(storage, today())).map(({ domain }) => domain),
    ['two.example'],
  )
})

test('a session is of the day on which it was', async (t) => {
  t.after(() => shiftClock(0))
  const counts = openTlsCounts(storage, silent, always)
  const before = today()
  counts.count(good)
  shiftClock(86_400)
  counts.count(good)
  await counts.close()
  for (const day of [before, today()]) assert.equal((await readTlsSessions(storage, day))[0]?.policies[0]?.successes, 1)
})

test('the table shows nobody which domains were written to', async () => {
  await counted([good])
  const { rows } = await sql<{
    row: string
  }>`select encode(sealed || key || domain_key, 'escape') as row from tls_session`
  assert.doesNotMatch(rows[0]?.row ?? '', /example|STSv1/)
})

test('name servers that say nothing do not hold up the end', async () => {
  const counts = openTlsCounts(storage, silent, () => new Promise<boolean>(() => undefined))
  counts.count(good)
  await counts.close()
  assert.deepEqual(await readTlsSessions(storage, today()), [])
})
