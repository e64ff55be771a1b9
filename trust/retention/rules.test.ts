import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { existsSync, utimesSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { beginSignUp, findSignUp, openSession } from '#accounts'
import { findFolderByRole, FLAG, itemChanges, markReplaced, updateItems } from '#items'
import { addMessage, createStandardMailboxes, MAIL, prepareMessage } from '#mail'
import type { OpenAccount } from '#storage'
import { now, nowMs, openCountries, shiftClock } from '#system'
import { clockAtNoon } from '#test/clock'
import { openJournal, readJournal } from '#trust/journal'
import { silent } from '#test/cluster'
import { killWhen, someoneWaits } from '#test/killed'
import { openTestStorage, testDatabase } from '#test/database'
import { until } from '#test/delivery'
import { addPerson } from '#test/people'
import { RULES, sweepFiles } from './rules.ts'
import { promised } from '#test/promises'

const DAY_SECONDS = 86_400
const storage = await openTestStorage({ after })
const { config } = await testDatabase()

/** Runs every rule as the worker would, `days` from now. Gives what was destroyed. */
async function inDays(days: number): Promise<Record<string, number>> {
  shiftClock(days * DAY_SECONDS)
  try {
    const destroyed: Record<string, number> = {}
    for (const rule of RULES) destroyed[rule.name] = await rule.destroy(storage, config)
    return destroyed
  } finally {
    shiftClock(0)
  }
}

/** A person with one letter in the inbox, small or large enough for the blob folder. */
async function withLetter(size = 1000) {
  const person = await addPerson(storage, {}, createStandardMailboxes)
  const account = await storage.openAccount(person.id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  const content = Buffer.from(
    `Subject: x\r\nMessage-ID: <${person.id}@example.org>\r\n\r\n${randomBytes(size).toString('base64')}\r\n`,
  )
  const message = await prepareMessage(account, content)
  const { id } = await account.write((tx) =>
    addMessage(tx, message, { mailboxes: [inbox], keywords: [], receivedAt: new Date() }),
  )
  return { person, account, id, ref: message.blob.ref }
}

const destroy = (account: OpenAccount, id: number) =>
  account.write((tx) => updateItems(tx, MAIL, [id], () => ({ folders: [] })))

async function rowsOf(account: OpenAccount): Promise<number[]> {
  const { rows } = await account.sql<{ items: number; blobs: number; keys: number }>`
    select (select count(*)::int from item where account_id = ${account.id}) as items,
      (select count(*)::int from blob where account_id = ${account.id}) as blobs,
      (select count(*)::int from thread_key where account_id = ${account.id}) as keys`
  return rows.flatMap(({ items, blobs, keys }) => [items, blobs, keys])
}

test(promised(14), async () => {
  const { account, id, ref } = await withLetter(200_000)
  const file = join(config.dataFolder, 'blobs', String(account.id), ref.id)
  await destroy(account, id)
  await inDays(44.9)
  assert.deepEqual(await rowsOf(account), [1, 1, 1])
  assert.ok((await account.blobs.read(account.sql, account.id, ref)).length > 200_000)
  assert.ok(existsSync(file))
  assert.ok(((await inDays(45.1))['deletedItems'] ?? 0) >= 1)
  assert.deepEqual(await rowsOf(account), [0, 0, 0])
  assert.ok(!existsSync(file), 'the file is gone with the row')
})

test('what nobody deleted stays, however old', async () => {
  const { account } = await withLetter()
  await inDays(5000)
  assert.deepEqual(await rowsOf(account), [1, 1, 1])
})

test('content that another item shares outlives the one that was deleted', async () => {
  const { account, id, ref } = await withLetter()
  await account.sql`
    insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, received_at, created_change, change)
    select account_id, item_id + 1, kind, thread_id, blob_id, size, flags, received_at, created_change, change
    from item where account_id = ${account.id}`
  await destroy(account, id)
  await inDays(46)
  assert.deepEqual(await rowsOf(account), [1, 1, 1])
  assert.ok((await account.blobs.read(account.sql, account.id, ref)).length > 1000)
})

test('a client older than what is still known is told to start again', async () => {
  const { account, id } = await withLetter()
  const since = (await itemChanges(account, MAIL, { change: 0 }, 100)).upTo
  await destroy(account, id)
  assert.deepEqual((await itemChanges(account, MAIL, since, 100)).destroyed, [id])
  await inDays(46)
  await assert.rejects(itemChanges(account, MAIL, since, 100), { reason: 'cannotCalculateChanges' })
})

test('sessions end, and the keys of days long past are destroyed', async () => {
  const serviceKeys = async (): Promise<number> =>
    (await storage.database.sql`select from keys.wrap where place like 'service/%'`).rowCount
  const before = await serviceKeys()
  const person = await addPerson(storage)
  await openSession(storage, { accountId: person.id, kind: 'cookie' })
  await storage.keys.dayKey()
  assert.equal((await inDays(20))['dayKeys'], 0)
  const destroyed = await inDays(120)
  assert.ok((destroyed['sessions'] ?? 0) >= 1)
  assert.ok((destroyed['dayKeys'] ?? 0) >= 1)
  assert.equal(await serviceKeys(), before, 'no other key went')
})

test('a file whose row never came is swept after a day, and no other', async () => {
  const { account, ref } = await withLetter(200_000)
  const stray = await account.blobs.prepare(account.id, randomBytes(200_000))
  const fileOf = (id: string): string => join(config.dataFolder, 'blobs', String(account.id), id)
  assert.equal((await sweepFiles(storage)).files, 0, 'it may still be on its way')
  const old = new Date(nowMs() - 2 * DAY_SECONDS * 1000)
  for (const id of [ref.id, stray.ref.id]) utimesSync(fileOf(id), old, old)
  assert.equal((await sweepFiles(storage)).files, 1)
  assert.ok(existsSync(fileOf(ref.id)))
  assert.ok(!existsSync(fileOf(stray.ref.id)))
})

test('a draft that another replaced is erased at once, and one that somebody deleted is not', async () => {
  const [replaced, deleted] = [await withLetter(200_000), await withLetter()]
  for (const { account, id } of [replaced, deleted])
    await account.write((tx) => updateItems(tx, MAIL, [id], () => ({ folders: [], flags: FLAG.draft })))
  await replaced.account.write((tx) => markReplaced(tx, MAIL, [replaced.id], FLAG.draft))
  assert.ok(((await inDays(0))['replacedItems'] ?? 0) >= 1)
  assert.deepEqual(await rowsOf(replaced.account), [0, 0, 0])
  assert.ok(!existsSync(join(config.dataFolder, 'blobs', String(replaced.account.id), replaced.ref.id)))
  assert.deepEqual(await rowsOf(deleted.account), [1, 1, 1])
})

test('how much somebody has sent is forgotten after a month', async () => {
  const { id } = await addPerson(storage)
  await storage.database.sql`
    insert into sending (account_id, hour, letters, recipients) values (${id}, ${new Date(nowMs())}, 1, 1)`
  const rows = async (): Promise<number> =>
    (await storage.database.sql`select from sending where account_id = ${id}`).rowCount
  await inDays(29.9)
  assert.equal(await rows(), 1)
  await inDays(30.1)
  assert.equal(await rows(), 0)
})

test('a sign-up under way is forgotten within two hours, and what it counted within two days', async () => {
  const settings = { isOpen: true, domains: [], codeMinutes: 15, proofWork: 1 }
  const who = { external: 'forgotten@example.org', network: '192.0.2.0/24', language: 'de' } as const
  const begun = await beginSignUp(storage, settings, who)
  const rows = async (): Promise<number[]> => [
    (await storage.database.sql`select from mailed_code`).rowCount,
    (await storage.database.sql`select from daily_count`).rowCount,
  ]
  assert.deepEqual(await rows(), [1, 3])
  assert.equal((await inDays(0.5 / 24))['mailedCodes'], 0)
  assert.equal((await findSignUp(storage, begun.token)).content.external, who.external)
  assert.equal((await inDays(2 / 24))['mailedCodes'], 1)
  await inDays(2)
  assert.deepEqual(await rows(), [0, 0])
})

test('what is recorded on a day is unreadable and gone before it is 31 days old, or as soon as is set', async (t) => {
  const pass = clockAtNoon(t)
  const from = now()
  const journal = openJournal(storage, silent, openCountries(config.countries))
  journal.note({ sender: 'anna@zegel.test' })
  await journal.close()
  const left = async (): Promise<[readable: number, partition: number]> => [
    (await readJournal(storage, { from, to: now(), addresses: ['anna@zegel.test'], limit: 10 })).length,
    (
      await storage.database.sql`
        select from pg_class where relname = ${`journal_${from.toISOString().slice(0, 10).replaceAll('-', '')}`}`
    ).rowCount,
  ]
  const keep = async (days = 30): Promise<void> => {
    for (const rule of RULES) while ((await rule.destroy(storage, { ...config, journal: { days } })) > 0);
  }
  pass(29 * DAY_SECONDS)
  await keep()
  assert.deepEqual(await left(), [1, 1])
  pass(11 * 3600)
  await keep()
  assert.deepEqual(await left(), [1, 1])
  pass(3600)
  await keep()
  assert.deepEqual(await left(), [0, 0], '30 days after that day began')

  const shorter = now()
  const again = openJournal(storage, silent, openCountries(config.countries))
  again.note({ sender: 'anna@zegel.test' })
  await again.close()
  const count = async (): Promise<number> =>
    (await readJournal(storage, { from: shorter, to: now(), limit: 10 })).length
  await keep(1)
  assert.equal(await count(), 1, 'today stays')
  pass(DAY_SECONDS)
  await keep(2)
  assert.equal(await count(), 1)
  await keep(1)
  assert.equal(await count(), 0)
})

test('erasing that is killed in the middle of a batch has erased nothing of it by halves; the next round ends it', async () => {
  const { account, id, ref } = await withLetter(200_000)
  const file = join(config.dataFolder, 'blobs', String(account.id), ref.id)
  await destroy(account, id)
  await storage.database.transaction(async (held) => {
    // Contents are the last that a batch touches.
    await held`select from blob where account_id = ${account.id} for update`
    await killWhen(
      `
      import { shiftClock } from '#system'
      import { RULES } from './trust/retention/rules.ts'
      shiftClock(${46 * DAY_SECONDS})
      for (const rule of RULES.filter(({ name }) => name === 'deletedItems')) await rule.destroy(storage, config)`,
      () => someoneWaits(storage),
    )
  })
  assert.deepEqual(await rowsOf(account), [1, 1, 1])
  assert.ok((await account.blobs.read(account.sql, account.id, ref)).length > 200_000)
  // Its session at the database outlives the killed process until it notices: a round passes over what is locked meanwhile.
  await until('nobody holds the letter', async () => {
    const free = await storage.database.sql`
      select from item where account_id = ${account.id} and item_id = ${id} for update skip locked`
    return free.rowCount === 1
  })
  await inDays(46)
  assert.deepEqual(await rowsOf(account), [0, 0, 0])
  assert.ok(!existsSync(file))
})

test('a key for signatures is forgotten a month after it has gone from the DNS, and no other', async (t) => {
  const { sql } = storage.database
  await sql`insert into domain (domain, created_at) values ('keys.example', ${now()})`
  t.after(async () => {
    await sql`delete from dkim_key`
    await sql`delete from domain where domain = 'keys.example'`
  })
  for (const state of ['published', 'signing', 'retired', 'gone'])
    await sql`
      insert into dkim_key (domain, selector, algorithm, state, public_key, private_key, created_at, changed_at)
      values ('keys.example', ${state}, 'rsa', ${state}, '', ${/published|signing/.test(state) ? Buffer.alloc(1) : null},
        ${now()}, ${now()})`
  assert.equal((await inDays(29))['dkimKeys'], 0)
  assert.equal((await inDays(31))['dkimKeys'], 1)
  assert.equal((await sql`select from dkim_key where state = 'gone'`).rowCount, 0)
})

test('counts of connections to other domains go once they are reported, and after two weeks in any case', async (t) => {
  const { sql } = storage.database
  t.after(async () => void (await sql`delete from tls_session`))
  for (const [key, reportedAt] of [
    ['told', now()],
    ['untold', null],
  ] as const)
    await sql`
      insert into tls_session (day, key, domain_key, sealed, sessions, reported_at)
      values (${now()}::date, ${Buffer.from(key)}, '', '', 1, ${reportedAt})`
  assert.equal((await inDays(13))['tlsSessions'], 1)
  assert.equal((await inDays(15))['tlsSessions'], 1)
})

test('what another domain said of its mail servers goes when it ends, and not before', async (t) => {
  const { sql } = storage.database
  t.after(async () => void (await sql`delete from sts_policy`))
  await sql`
    insert into sts_policy (key, sealed, fetched_at, checked_at, used_at, ends_at)
    values ('key', '', ${now()}, ${now()}, ${now()}, ${new Date(nowMs() + 10 * DAY_SECONDS * 1000)})`
  assert.equal((await inDays(9))['stsPolicies'], 0)
  assert.equal((await inDays(11))['stsPolicies'], 1)
})
