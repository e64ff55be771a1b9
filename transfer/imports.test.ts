/** Who may run an import: nobody goes on when its owner has stopped it, or another one has begun since. */
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { createStandardMailboxes } from '#mail'
import type { OpenAccount } from '#storage'
import { shiftClock } from '#system'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import {
  claimImport,
  createProviderImport,
  endImport,
  ImportEnded,
  loadRunning,
  readImports,
  releaseImport,
  renewLease,
  resumeImport,
  saveProgress,
  stopImport,
  type Claimed,
  type Running,
} from './imports.ts'
import { LEASE_MS } from './runners.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()
const { sql } = storage.database

afterEach(() => shiftClock(0))

async function begun(): Promise<{ account: OpenAccount; id: number; first: Claimed; running: Running }> {
  const account = await storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)
  const origin = { host: 'imap.example.org', port: 993, security: 'tls', user: 'anna', password: 'one' } as const
  const id = await createProviderImport(config, account, { origin })
  const first = await claimed()
  return { account, id, first, running: await loadRunning(account, first) }
}

const claimed = async (): Promise<Claimed> => (await claimImport(sql, 'imap')) ?? assert.fail('nothing waits')

/** All that a runner writes down. */
async function writesNothing(account: OpenAccount, claim: Claimed, running: Running): Promise<void> {
  const before = await readImports(account, [claim.id])
  await renewLease(sql, claim)
  assert.equal(await releaseImport(sql, claim, new Date()), false)
  await assert.rejects(loadRunning(account, claim), ImportEnded)
  const { progress } = running
  const further = { ...progress, added: progress.added + 1 }
  await assert.rejects(
    account.write((tx) => saveProgress(tx, claim, running, further)),
    ImportEnded,
  )
  await assert.rejects(endImport(account, claim, running, 'signIn'), ImportEnded)
  assert.deepEqual(await readImports(account, [claim.id]), before)
}

test('what was stopped is not written on', async () => {
  const { account, id, first, running } = await begun()
  await stopImport(account, id)
  await writesNothing(account, first, running)
})

test('whoever was stopped writes nothing into what goes on with another password', async () => {
  const { account, id, first, running } = await begun()
  await stopImport(account, id)
  await resumeImport(account, id, 'two')
  await writesNothing(account, first, running)
  const second = await claimed()
  await writesNothing(account, first, running)
  const again = await loadRunning(account, second)
  assert.equal('origin' in again && again.origin.password, 'two')
  await endImport(account, second, again)
  assert.equal((await readImports(account, [id]))[0]?.state, 'done')
})

test('whoever was silent for too long writes nothing when another one has begun', async () => {
  const { account, id, first, running } = await begun()
  assert.equal(await claimImport(sql, 'imap'), undefined)
  shiftClock(LEASE_MS + 1000)
  const second = await claimed()
  assert.equal(second.id, id)
  await writesNothing(account, first, running)
  assert.equal(await releaseImport(sql, second), true)
})
