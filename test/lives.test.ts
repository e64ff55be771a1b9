/**
 * The life of a message, an account, a day of the journal and a version of the policy, each from beginning to end: after its last day
 * nothing of it that any key opens stands in the database, the blob folder or any file of the backups.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { findFolderByRole, updateItems } from '#items'
import { createStandardMailboxes, MAIL, readSummary } from '#mail'
import { keepVersions, numbersInForce, readPromises, recordConsent, versionsOf } from '#policy'
import { openSealed, readEpochs, turnEpoch, type OpenAccount } from '#storage'
import { openCountries, shiftClock } from '#system'
import { keepKeys, makeBackup } from '#trust/backups'
import { announceVersions } from '#trust/announcements'
import { close } from '#trust/closing'
import { openJournal } from '#trust/journal'
import { keepToTheRules } from '#trust/retention'
import { arrive, newTarget } from './backups.ts'
import { clockAtNoon } from './clock.ts'
import { silent } from './cluster.ts'
import { openTestStorage, testDatabase } from './database.ts'
import { addPerson, addRecovery } from './people.ts'
import { gatherEverything, placesOf, type Piece } from './remains.ts'

const DAY = 86_400
const storage = await openTestStorage({ after })
const own = await testDatabase()
const { config } = own
const { sql } = storage.database
const { folder, target } = newTarget({ after })
const pass = clockAtNoon({ after })
/** Days since the beginning of all lives. */
let day = 0

/** A round of what comes round by itself: retention, a backup, the turn of the epoch. */
async function round(): Promise<void> {
  const destroyed = await keepToTheRules(storage, config, silent)
  assert.equal(destroyed['held'], undefined)
  // Entries of a day are made every day.
  await storage.keys.dayKey()
  await makeBackup({ storage, config, target, log: silent })
  await turnEpoch(storage.database, config.keyFile, () => keepKeys(storage, config, target))
}

/** Lets time pass up to a day, with a round every week; later on every two, which is still within the days of a backup. */
async function liveUntil(end: number): Promise<void> {
  while (day < end) {
    const step = Math.min(day < 46 ? 7 : 13, end - day)
    pass(step * DAY)
    day += step
    await round()
  }
}

async function found(pieces: readonly Piece[]): Promise<string[]> {
  const everything = await gatherEverything(storage, own, folder)
  return pieces.flatMap((piece) => placesOf(piece, everything))
}

async function keyAt(place: string): Promise<{ key: Buffer; wrapped: Buffer; master: Buffer }> {
  const { rows } = await sql<{ epoch: number; wrapped: Buffer }>`
    select epoch, wrapped from keys.wrap where place = ${place}`
  const [{ epoch, wrapped }] = rows as [(typeof rows)[number]]
  const master = readEpochs(config.keyFile).get(epoch) as Buffer
  return { key: openSealed(master, place, wrapped), wrapped, master }
}

/** An id as it stands in the rows of a backup, and in a dump. */
function idPiece(what: string, id: number): Piece {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(id))
  return { what, bytes, text: String(id) }
}

/** What there is of each letter of an account: its summary, and its content in the database or a file. */
async function lettersOf(account: OpenAccount): Promise<Piece[]> {
  const { key } = await keyAt(`account/${account.id}/server`)
  const { rows } = await sql<{ item_id: number; sealed: Buffer; content: Buffer | null }>`
    select item_id, sealed, content from item_summary join item using (account_id, item_id) join blob using (account_id, blob_id)
    where account_id = ${account.id} order by 1`
  return rows.flatMap(({ item_id: id, sealed, content }) => {
    const { blob } = readSummary(account.open('item', id, sealed))
    const file = join(config.dataFolder, 'blobs', String(account.id), blob.id)
    return [
      { what: 'summary', bytes: sealed, key },
      { what: 'content', bytes: content ?? readFileSync(file), key: Buffer.from(blob.key, 'base64url') },
    ]
  })
}

const LARGE = `Large. ${'0123456789abcdef'.repeat(40_000)}`
const living = await addPerson(storage, {}, createStandardMailboxes)
const leaving = await addPerson(storage, {}, createStandardMailboxes)
let message: Piece[] = []
let account: Piece[] = []
let journalDay: Piece[] = []

before(async () => {
  await addRecovery(storage, leaving, 'elsewhere@example.org')
  const promises = readPromises(config)
  await keepVersions(storage.database, promises, 30)
  for (const { id } of [living, leaving]) await recordConsent(sql, id, await numbersInForce(sql))

  for (const text of ['Small.', LARGE]) await arrive(storage, leaving, text)
  const theirs = await storage.openAccount(leaving.id)
  const { key, wrapped, master } = await keyAt(`account/${leaving.id}/server`)
  const { rows } = await sql<{
    settings: Buffer
    private_key: Buffer
    name: Buffer
    address: Buffer
    recovery: Buffer
  }>`
    select a.settings, a.private_key, f.name, d.sealed as address, r.sealed as recovery
    from account a join folder f using (account_id) join address d using (account_id) join recovery r using (account_id)
    where account_id = ${leaving.id} limit 1`
  const [row] = rows as [(typeof rows)[number]]
  const directory = (await keyAt('service/directory')).key
  account = [
    ...(await lettersOf(theirs)),
    ...(['settings', 'private_key', 'name'] as const).map((what) => ({ what, bytes: row[what], key })),
    ...(['address', 'recovery'] as const).map((what) => ({ what, bytes: row[what], key: directory })),
    { what: 'wrap', bytes: wrapped, key: master },
    idPiece('id', leaving.id),
  ]

  const journal = openJournal(storage, silent, openCountries(config.countries))
  journal.note({ sender: 'bea@example.org', recipient: living.address, subject: 'A word of that day' })
  await journal.close()
  const { rows: entries } = await sql<{ day: string; recipient: Buffer; subject: Buffer }>`
    select (time at time zone 'UTC')::date::text as day, recipient, subject from journal`
  const [entry] = entries as [(typeof entries)[number]]
  const dayKey = (await keyAt(`day/${entry.day}`)).key
  journalDay = (['recipient', 'subject'] as const).map((what) => ({ what, bytes: entry[what], key: dayKey }))

  const mine = await storage.openAccount(living.id)
  for (const text of ['Small.', LARGE]) await arrive(storage, living, text)
  message = await lettersOf(mine)
  // Another stays, so that packs and pages do.
  await arrive(storage, living, 'To stay.')
  await makeBackup({ storage, config, target, log: silent })

  const inbox = await findFolderByRole(mine, MAIL, 'inbox')
  const { rows: items } = await sql<{ item_id: number }>`
    select item_id from placement where account_id = ${living.id} and folder_id = ${inbox} order by 1 limit 2`
  await mine.write((tx) =>
    updateItems(
      tx,
      MAIL,
      items.map((item) => item.item_id),
      () => ({ folders: [] }),
    ),
  )
  await close(storage, config, theirs, { closedBy: 'owner' })
  await keepVersions(storage.database, { ...promises, journal: { days: promises.journal.days - 1 } }, 30)
  await announceVersions(storage, config)
})
after(() => shiftClock(0))

const EVERYWHERE = ['database', 'blobs', 'backups', 'opened']

test('at the beginning each piece of each life is found where it should be, by whoever has the keys', async () => {
  const places = await found([...message, ...account, ...journalDay])
  for (const place of EVERYWHERE)
    assert.ok(
      places.some((found) => found.endsWith(place)),
      place,
    )
  for (const { what, key } of [...message, ...account, ...journalDay])
    assert.ok(places.some((found) => found.startsWith(`${what}: `)) || key !== undefined, what)
  // A wrap is in the database and the copy of the keys, sealed once more; a content in a pack of a backup, as it stands.
  assert.ok(places.includes('wrap: database'))
  assert.ok(places.includes('content: backups'))
  assert.ok(places.includes('summary: opened'))
  assert.ok(places.includes('subject: opened'))
})

test('a day of the journal: readable for its days, and then nothing of it is anywhere', async () => {
  await liveUntil(28)
  assert.ok((await found(journalDay)).includes('subject: database'))
  await liveUntil(31)
  assert.deepEqual(await found(journalDay), [])
})

test('a version of the policy: announced, in force on its day, and published for good', async () => {
  const [next, first] = await versionsOf(sql, 'policy')
  assert.equal((await numbersInForce(sql)).policy, next?.version)
  assert.equal(next?.version, (first?.version ?? 0) + 1)
  const { rowCount } = await sql`select from policy_notice where account_id = ${living.id}`
  assert.equal(rowCount, 1, 'who was here has been told')
})

test('a message: there for all of its days, and then nothing of it is anywhere', async () => {
  await liveUntil(44.9)
  const places = await found(message)
  assert.ok(['summary: database', 'content: blobs', 'content: database'].every((place) => places.includes(place)))
  assert.ok(!places.includes('summary: opened'), 'the last backup that had it has ended')
  await liveUntil(45.1)
  assert.deepEqual(await found(message), [])
})

test('an account: there for all of its days; erased, nothing of it opens; after the days of a backup nothing of it is anywhere', async () => {
  await liveUntil(394.9)
  // It was wrapped anew with each turn of the epoch.
  const { wrapped, master } = await keyAt(`account/${leaving.id}/server`)
  const all = [...account, { what: 'last wrap', bytes: wrapped, key: master }]
  const places = await found(all)
  for (const what of ['settings', 'address', 'recovery', 'last wrap', 'summary', 'id'])
    assert.ok(places.includes(`${what}: database`), what)
  await liveUntil(395.1)
  // What is left is the directory's, in backups made before, as the receipt says.
  const left = new Set(await found(all))
  assert.deepEqual([...left].toSorted(), ['address: opened', 'id: opened', 'recovery: opened'])
  await liveUntil(395.1 + config.backup.days + 1)
  assert.deepEqual(await found(all), [])
  assert.ok((await versionsOf(sql, 'policy')).length === 2, 'what was promised once can be read for good')
})
