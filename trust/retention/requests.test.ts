import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findFolderByRole, updateItems } from '#items'
import { addMessage, createStandardMailboxes, MAIL, prepareMessage } from '#mail'
import type { OpenAccount } from '#storage'
import { openCountries, shiftClock } from '#system'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { authorityKey, court, DRISS, ILSE, inDays, legalDesk, type Shown } from '#test/legal'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { decrypt, readMessage } from 'openpgp'
import { close } from '#trust/closing'
import { measureAll, readEvidence } from '#trust/evidence'
import { readHeld, vanish } from '#trust/held'
import { openJournal } from '#trust/journal'
import { checkRegister, keepDates } from '#trust/legal'
import { RULES } from './rules.ts'

const DAY_SECONDS = 86_400
const storage = await openTestStorage({ after })
const { config: settings } = await testDatabase()
const config = { ...settings, operator: { ...settings.operator, country: 'BE' } }
const { call, tickAll } = legalDesk(storage, config)
const { sql } = storage.database

/** What the worker does, `days` from now; the clock stays there. */
async function workerIn(days: number): Promise<void> {
  shiftClock(days * DAY_SECONDS)
  await keepDates(storage, config)
  for (const rule of RULES) while ((await rule.destroy(storage, config)) > 0);
}

async function withDeletedLetter() {
  const person = await addPerson(storage, {}, createStandardMailboxes)
  const account = await storage.openAccount(person.id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  const message = await prepareMessage(account, letter())
  const { id } = await account.write((tx) =>
    addMessage(tx, message, { mailboxes: [inbox], keywords: [], receivedAt: new Date() }),
  )
  await account.write((tx) => updateItems(tx, MAIL, [id], () => ({ folders: [] })))
  return { ...person, account }
}

async function items({ id }: OpenAccount): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from item where account_id = ${id}`
  return rows[0]?.count ?? 0
}

const order = (address: string, change: object = {}) => ({
  ...court,
  basis: 'be-39ter',
  wants: 'preservation',
  fields: [],
  accounts: [address],
  preserves: ['deleted'],
  preserveUntil: inDays(60),
  ...change,
})

async function preserved(given: object): Promise<Shown> {
  const shown = await tickAll(await call('legal.receive', given))
  await call('legal.preserve', { case: shown.id })
  return call('legal.show', { case: shown.id })
}

test('an order stops the clock of what it names until its date, and of nothing else; then all goes by itself', async (t) => {
  t.after(() => shiftClock(0))
  const [named, other] = [await withDeletedLetter(), await withDeletedLetter()]
  const { stage, id } = await preserved(order(named.address))
  assert.equal(stage, 'preserving')
  await workerIn(46)
  assert.deepEqual([await items(named.account), await items(other.account)], [1, 0])
  await measureAll(storage, config)
  assert.equal((await readEvidence(storage)).deleted?.state, 'kept', 'the promise has not slipped: an order holds it')
  await workerIn(59.9)
  assert.equal(await items(named.account), 1)
  await workerIn(60.1)
  assert.equal(await items(named.account), 0)
  const { record, stage: end } = await call('legal.show', { case: id })
  assert.deepEqual([end, record.at(-1)?.kind], ['closed', 'preservationEnded'])
})

test('an order that names the account alone does not hold what was deleted in it; no order holds for longer than is promised', async (t) => {
  t.after(() => shiftClock(0))
  const named = await withDeletedLetter()
  await preserved(order(named.address, { preserves: ['account'], preserveUntil: inDays(3000) }))
  const { rows } = await sql<{ days: number }>`
    select round(extract(epoch from held_until - now()) / 86400)::int as days from legal_subject where account_id = ${named.id}`
  assert.equal(rows[0]?.days, 90)
  await workerIn(46)
  assert.equal(await items(named.account), 0)
})

test('the erasing of a closed account waits for an order, and comes after it', async (t) => {
  t.after(() => shiftClock(0))
  const person = await addPerson(storage, {}, createStandardMailboxes)
  await close(storage, config, await storage.openAccount(person.id), { closedBy: 'owner' })
  shiftClock(380 * DAY_SECONDS)
  await preserved(order(person.address, { preserves: ['account'], preserveUntil: inDays(60), answerBy: inDays(7) }))
  const states = async () =>
    (await sql<{ state: string }>`select state from account where account_id = ${person.id}`).rows
  await workerIn(396)
  assert.deepEqual(await states(), [{ state: 'closed' }])
  await workerIn(441)
  assert.deepEqual(await states(), [])
})

test('what an order names of the journal is there when its days are gone, for the next order, and goes with it', async (t) => {
  t.after(() => shiftClock(0))
  const { address, id } = await addPerson(storage, {}, createStandardMailboxes)
  const journal = openJournal(storage, silent, openCountries(config.countries))
  journal.note({ ip: '192.0.2.7', sender: address, browser: 'Firefox 145.0' })
  journal.note({
    sender: address,
    recipient: 'friend@example.org',
    subject: 'Lampions',
    messageId: 'lampion@example.org',
  })
  await journal.close()
  await preserved(order(address, { preserves: ['journal'], silentUntil: inDays(80) }))
  await workerIn(40)
  assert.equal((await sql`select from journal limit 1`).rowCount, 0, 'its days are gone')
  const { publicKey: key, privateKey } = await authorityKey()
  const asked = { ...court, accounts: [address], fields: ['signIns', 'journal'], from: inDays(-50), to: inDays(0), key }
  const { id: next } = await tickAll(await call('legal.receive', asked))
  await call('legal.propose', { case: next }, DRISS)
  const { json } = await call<{ json: string }>('legal.sign', { case: next }, ILSE)
  const { data } = await decrypt({ message: await readMessage({ armoredMessage: json }), decryptionKeys: privateKey })
  const { accounts } = JSON.parse(data as string) as { accounts: { signIns: object[]; journal: { other: string }[] }[] }
  assert.deepEqual(
    [accounts[0]?.signIns.length, accounts[0]?.journal.map(({ other }) => other)],
    [1, ['friend@example.org']],
  )
  assert.doesNotMatch(data as string, /Lampions/, 'a subject is a word of the letter')
  await workerIn(61)
  assert.equal((await sql`select from legal_file where kind = 'journal'`).rowCount, 0)
  const again = await tickAll(await call('legal.receive', { ...asked, to: inDays(0), answerBy: inDays(7) }))
  await assert.rejects(call('legal.propose', { case: again.id }), { reason: 'forbidden', fields: ['dataGone'] })
  assert.equal((await call<{ reason: string }>('legal.refuse', { case: again.id })).reason, 'dataGone')
  assert.ok(id > 0)
})

test('who wants to erase what an order holds is told that it stays: by its name where they may know, else that it has to', async (t) => {
  t.after(() => shiftClock(0))
  for (const [silentUntil, bar] of [
    [null, 'ordered'],
    [inDays(30), 'kept'],
  ] as const) {
    shiftClock(0)
    const { account, address, password } = await withDeletedLetter()
    const { id } = await preserved(order(address, { silentUntil }))
    const context = { storage, config, account }
    const deleted = async () => (await readHeld(context, ['deleted']))[0]
    assert.deepEqual([(await deleted())?.barred, (await deleted())?.canVanish], [bar, false])
    await assert.rejects(vanish(context, 'deleted', { password, sessionId: undefined }), {
      reason: 'forbidden',
      fields: [bar],
    })
    assert.equal(await items(account), 1)
    assert.equal((await readHeld(context, ['countries', 'sentFrom']))[0]?.barred ?? null, null, 'the rest may go')
    assert.equal((await readHeld(context, ['requests']))[0]?.count, bar === 'ordered' ? 1 : 0)
    if (bar === 'ordered') {
      await call('legal.endPreservation', { case: id })
      assert.ok((await vanish(context, 'deleted', { password, sessionId: undefined })) > 0)
      assert.equal(await items(account), 0)
      continue
    }
    shiftClock(31 * DAY_SECONDS)
    assert.equal((await deleted())?.barred, 'ordered', 'its day has come')
    assert.equal((await readHeld(context, ['requests']))[0]?.count, 1)
  }
})

test('what a request says about people goes a year after the case has ended; its event and the chain stay', async (t) => {
  t.after(() => shiftClock(0))
  const { address } = await addPerson(storage, {}, createStandardMailboxes)
  const scan = { name: 'a.pdf', type: 'application/pdf', bytes: Buffer.alloc(200_000).toString('base64url') }
  const base = { ...court, country: 'FR', accounts: [address], scan, answerBy: inDays(7) }
  const [refused, open] = [await call('legal.receive', base), await call('legal.receive', base)]
  await call('legal.refuse', { case: refused.id })
  const details = async (id: string) => (await sql`select from legal_detail where case_id = ${id}`).rowCount
  const files = async () => (await sql`select from legal_file join blob using (blob_id) where kind = 'scan'`).rowCount
  const before = await checkRegister(storage)
  const filesBefore = await files()
  await workerIn(371)
  assert.ok((await details(refused.id)) > 0)
  await workerIn(373)
  assert.equal(await details(refused.id), 0)
  assert.ok((await details(open.id)) > 0, 'what is not ended stays, however old')
  assert.ok((await files()) < filesBefore)
  assert.deepEqual(await checkRegister(storage).then(({ brokenAt }) => brokenAt), null)
  assert.ok((await checkRegister(storage)).events >= before.events)
  const { record } = await call('legal.show', { case: refused.id })
  assert.deepEqual(
    record.map(({ kind, staff }) => [kind, staff]),
    [
      ['received', null],
      ['refused', null],
    ],
  )
})
