/** Who may collect, and when: one at a time of an account, nobody of a closed one, and nobody goes on when another one has begun. */
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { createStandardMailboxes } from '#mail'
import type { OpenAccount } from '#storage'
import { now, shiftClock } from '#system'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { close, reopen } from '#trust/closing'
import {
  claimCollection,
  endRound,
  loadRound,
  releaseCollection,
  renewLease,
  RoundEnded,
  saveRound,
  type Claimed,
} from './claim.ts'
import { changeCollection, createCollection, readCollections, removeCollection } from './collections.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()
const { sql } = storage.database

/** What a test has left is not due. */
afterEach(async () => {
  shiftClock(0)
  await sql`delete from collection`
})

async function somebody() {
  const person = await addPerson(storage, {}, createStandardMailboxes)
  return { person, account: await storage.openAccount(person.id) }
}

const begin = (account: OpenAccount, user = 'anna'): Promise<number> =>
  createCollection(config, account, {
    protocol: 'imap',
    origin: { host: 'imap.example.org', port: 993, security: 'tls', user, password: 'a password elsewhere' },
    chosen: undefined,
    everyMinutes: 15,
    leavesThere: true,
  })

const claimed = async (): Promise<Claimed> => (await claimCollection(sql)) ?? assert.fail('nothing is due')

const save = (account: OpenAccount, round: Awaited<ReturnType<typeof loadRound>>): Promise<void> =>
  account.write((tx) => saveRound(tx, round))

test('of all who ask at once one gets it, and nobody else while it is collected', async () => {
  const { account } = await somebody()
  await begin(account)
  const all = await Promise.all(Array.from({ length: 10 }, () => claimCollection(sql)))
  assert.equal(all.filter((one) => one !== undefined).length, 1)
  assert.equal((await readCollections(account))[0]?.isRunning, true)
  assert.equal(await claimCollection(sql), undefined)
})

test('of an account one is collected at a time, and of another one meanwhile', async () => {
  const [one, other] = [await somebody(), await somebody()]
  await begin(one.account, 'a')
  await begin(one.account, 'b')
  await begin(other.account)
  const accounts = [(await claimed()).accountId, (await claimed()).accountId]
  assert.deepEqual(accounts.toSorted(), [one.account.id, other.account.id].toSorted())
  assert.equal(await claimCollection(sql), undefined)
})

test('whoever was silent for too long is followed by another one, and writes nothing more', async () => {
  const { account } = await somebody()
  await begin(account)
  const first = await claimed()
  const round = await loadRound(account, first)
  shiftClock(15)
  await renewLease(sql, first)
  shiftClock(30)
  assert.equal(await claimCollection(sql), undefined, 'it was renewed')
  shiftClock(60)
  const second = await claimed()
  await assert.rejects(save(account, { ...round, added: 5 }), RoundEnded)
  await endRound(account, { ...round, added: 5 })
  await releaseCollection(sql, first)
  await renewLease(sql, first)
  await save(account, { ...(await loadRound(account, second)), added: 1 })
  const [found] = await readCollections(account)
  assert.deepEqual([found?.added, found?.isRunning, found?.collectedAt], [1, true, undefined])
})

const CHANGES: [what: string, change: Parameters<typeof changeCollection>[2] | undefined][] = [
  ['pauses it', { state: 'paused' }],
  ['gives another password', { state: 'active', password: 'another' }],
  ['chooses a mailbox', { chosen: { id: 1, path: ['Elsewhere'] } }],
  ['removes it', undefined],
]
for (const [what, change] of CHANGES)
  test(`whoever collects stops when its owner ${what}`, async () => {
    const { account } = await somebody()
    const id = await begin(account)
    const round = await loadRound(account, await claimed())
    await (change === undefined ? removeCollection(account, id) : changeCollection(account, id, change))
    assert.ok((await readCollections(account)).every(({ isRunning }) => !isRunning))
    await assert.rejects(save(account, round), RoundEnded)
    await endRound(account, round)
    assert.ok((await readCollections(account)).every(({ collectedAt }) => collectedAt === undefined))
  })

test('its times change while it is collected, and it goes on', async () => {
  const { account } = await somebody()
  const id = await begin(account)
  const round = await loadRound(account, await claimed())
  await changeCollection(account, id, { everyMinutes: 60, isDueNow: true })
  await save(account, round)
  await endRound(account, round)
  const [found] = await readCollections(account)
  assert.ok((found?.dueAt?.getTime() ?? 0) > now().getTime() + 59 * 60_000)
})

test('nothing is collected for an account that is closed, and all again once it is open', async () => {
  const { person, account } = await somebody()
  await begin(account)
  await close(storage, config, account, { closedBy: 'owner' })
  assert.equal(await claimCollection(sql), undefined)
  await reopen(storage, config, person.id, {})
  assert.equal((await claimed()).accountId, account.id)
})

test('what is collected for an account that is suspended comes', async () => {
  const { account } = await somebody()
  await begin(account)
  await sql`update account set state = 'suspended' where account_id = ${account.id}`
  assert.equal((await claimed()).accountId, account.id)
})
