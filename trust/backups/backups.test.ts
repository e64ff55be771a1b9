import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  beginFactor,
  createAccount,
  createDomain,
  keepDkimKeys,
  lookAtRecords,
  openDkimKeys,
  passWithCode,
  readFactors,
} from '#accounts'
import { findFolderByRole, itemChanges, listFolders } from '#items'
import { MAIL } from '#mail'
import { createList, expand, readHeld } from '#mail/lists'
import { newRecoveryKey, paperLines, readPaper, turnEpoch, type Storage } from '#storage'
import { addOwner, arrive, emptyMachine, lettersOf, newTarget, openStarted } from '#test/backups'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { startNameServer } from '#test/name-server'
import { addAppCodes } from '#test/people'
import { openJournal, readJournal } from '#trust/journal'
import { now, nowMs, openCountries, openDns, shiftClock } from '#system'
import { backupEvidence, keepKeys, makeBackup, restoreBackup } from './index.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

const foldersOf = async (from: Storage, id: number): Promise<object[]> =>
  (await listFolders(await from.openAccount(id), MAIL)).map(
    ({ name, role, total, unread, threads, unreadThreads }) => ({ name, role, total, unread, threads, unreadThreads }),
  )

const uidValidityOf = async (from: Storage, id: number): Promise<number[]> =>
  (await listFolders(await from.openAccount(id), MAIL)).map(({ uidValidity }) => uidValidity)

test('all is read back on an empty machine from backup, key copy and paper, though the epoch has turned since', async (t) => {
  const person = await addOwner(storage)
  const erased = await addOwner(storage)
  const { recoveryCodes } = await addAppCodes(storage, person)
  await addAppCodes(storage, erased)
  await arrive(storage, person, 'Small one.')
  await arrive(storage, person, `Large one. ${'0123456789abcdef'.repeat(40_000)}`)
  await arrive(storage, erased)
  const journal = openJournal(storage, silent, openCountries(config.countries))
  journal.note({ sender: 'bea@example.org', recipient: person.address })
  await journal.close()
  const { folder, target } = newTarget(t)
  const paper = readPaper(paperLines(await newRecoveryKey(storage.database)).join('\n'))
  const made = await makeBackup({ storage, config, target, log: silent })
  assert.equal((await backupEvidence(storage)).lastBackupAt?.getTime(), made.at.getTime())

  // What the backup does not know of: an account's key destroyed, the epoch turned, a letter that a client has seen.
  await storage.database.sql`delete from keys.wrap where place = ${`account/${erased.id}/server`}`
  await turnEpoch(storage.database, config.keyFile, () => keepKeys(storage, config, target))
  const account = await storage.openAccount(person.id)
  const before = { letters: await lettersOf(storage, person.id), folders: await foldersOf(storage, person.id) }
  await arrive(storage, person, 'Too late.')
  const seen = (await itemChanges(account, MAIL, { change: 0 }, 100)).upTo

  const empty = await emptyMachine(t, join(folder, 'new.key'))
  const restored = await restoreBackup({ config: empty, target, log: silent, paper: async () => paper })
  assert.deepEqual([restored.id, restored.leftOut], [made.id, 1])
  const there = await openStarted(t, empty)
  assert.deepEqual(await lettersOf(there, person.id), before.letters)
  assert.deepEqual(await foldersOf(there, person.id), before.folders)
  const factors = await readFactors(there, await there.openAccount(person.id))
  assert.deepEqual(factors, await readFactors(storage, account))
  const network = '192.0.2.0/24'
  const halfWay = { accountId: person.id, passwordSetAt: now(), network, isShort: false, reopens: false, address: '' }
  const given = { code: recoveryCodes[0] ?? '', network }
  await passWithCode(there, await beginFactor(there, halfWay), given, async () => async () => undefined)
  const { rows } = await there.database.sql`select from account where account_id = ${erased.id}`
  assert.equal(rows.length, 0, 'an account that was erased does not come back')
  await assert.rejects(
    createAccount(
      there,
      { address: erased.address, password: 'a long enough password', language: 'en' },
      async () => undefined,
    ),
    { reason: 'addressFormer' },
    'and nobody else is given its address',
  )
  const recorded = { from: new Date(nowMs() - 60_000), to: now(), addresses: [person.address], limit: 10 }
  assert.equal((await readJournal(there, recorded)).length, 1)

  // Clients that saw what is lost start again, and programs do not take new letters for lost ones.
  const again = await there.openAccount(person.id)
  await assert.rejects(itemChanges(again, MAIL, seen, 100), { reason: 'cannotCalculateChanges' })
  const validities = await uidValidityOf(there, person.id)
  const old = await uidValidityOf(storage, person.id)
  assert.ok(Math.min(...validities) > Math.max(...old))
  assert.equal(new Set(validities).size, validities.length)
  await arrive(there, person, 'The first after the loss.')
  assert.equal((await lettersOf(there, person.id)).length, before.letters.length + 1)
  assert.ok(await findFolderByRole(again, MAIL, 'inbox'))

  // It is backed up in its turn, wholly: what lies there is another database's.
  const next = await makeBackup({ storage: there, config: empty, target, log: silent })
  assert.ok(next.changed === next.accounts && next.accounts >= 1)
})

test('letters of a restored domain are signed by the keys that the DNS knows', async (t) => {
  const names = await startNameServer(t, {})
  const dns = openDns({ dns: { servers: [names.address] } }, 500)
  await createDomain(storage, 'signed.example')
  const keep = (): Promise<unknown> => keepDkimKeys(storage, config, dns, 'signed.example')
  await keep()
  for (const { record } of await lookAtRecords(storage, config, dns, 'signed.example'))
    if (record.kind === 'dkim') names.zone[record.name] = { TXT: [record.value] }
  await keep()
  const { folder, target } = newTarget(t)
  const paper = readPaper(paperLines(await newRecoveryKey(storage.database)).join('\n'))
  await makeBackup({ storage, config, target, log: silent })
  const empty = await emptyMachine(t, join(folder, 'new.key'))
  await restoreBackup({ config: empty, target, log: silent, paper: async () => paper })
  const there = await openStarted(t, empty)
  assert.deepEqual(
    (await lookAtRecords(there, config, dns, 'signed.example'))
      .filter(({ record }) => record.kind === 'dkim')
      .map(({ standing }) => standing),
    ['right', 'right'],
  )
  const halves = async (of: Storage): Promise<object[]> =>
    (await openDkimKeys(of).of('signed.example')).map(({ selector, key }) => ({
      selector,
      publicKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }),
    }))
  assert.equal((await halves(there)).length, 2)
  assert.deepEqual(await halves(there), await halves(storage))
})

test('a letter that waits for the owner of a list is read back with its content, and old ones are in no new backup', async (t) => {
  t.after(() => shiftClock(0))
  const owner = await addOwner(storage)
  const account = await storage.openAccount(owner.id)
  const address = `waiting-${owner.id}@zegel.test`
  const list = await createList(storage, account, { address, name: 'Waiting', posting: 'moderated' })
  const contents = ['Small one.', `Large one. ${'0123456789abcdef'.repeat(10_000)}`].map((text) =>
    Buffer.from(`From: <bea@example.org>\r\nSubject: x\r\n\r\n${text}\r\n`),
  )
  for (const [letterId, content] of contents.entries())
    await expand(storage, config, {
      letterId,
      list: { accountId: owner.id, listId: list.id, posting: 'moderated', detail: undefined },
      address,
      mailFrom: 'bea@example.org',
      content,
      findings: [],
      found: undefined,
      name: undefined,
      isTlsRequired: true,
    })
  const { folder, target } = newTarget(t)
  const paper = readPaper(paperLines(await newRecoveryKey(storage.database)).join('\n'))
  const readBack = async (name: string): Promise<Buffer[]> => {
    await makeBackup({ storage, config, target, log: silent })
    const empty = await emptyMachine(t, join(folder, name))
    await restoreBackup({ config: empty, target, log: silent, paper: async () => paper })
    const there = await openStarted(t, empty)
    const { rows } = await there.database.sql`select from held_letter where account_id = ${owner.id}`
    const again = await there.openAccount(owner.id)
    const held = await readHeld(again)
    assert.equal(rows.length, held.length)
    return Promise.all(held.map(({ blob }) => again.blobs.read(again.sql, again.id, blob)))
  }
  assert.deepEqual(await readBack('one.key'), contents)
  // The account has not changed since; what goes with the journal's days has to leave its backups all the same.
  shiftClock((config.journal.days - config.backup.days + 0.1) * 86_400)
  assert.deepEqual(await readBack('two.key'), [])
})

test('a database or a data folder with something in it is not overwritten', async (t) => {
  const { target } = newTarget(t)
  await makeBackup({ storage, config, target, log: silent })
  const { url } = await testDatabase()
  await addOwner(storage)
  const used = { ...config, database: { url } }
  await assert.rejects(restoreBackup({ config: used, target, log: silent }), { reason: 'exists' })
  assert.ok(existsSync(config.keyFile))
})

test('two backups at once: the second says so', async (t) => {
  const { target } = newTarget(t)
  const both = await Promise.allSettled([
    makeBackup({ storage, config, target, log: silent }),
    makeBackup({ storage, config, target, log: silent }),
  ])
  const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as { reason: string }] : []))
  assert.deepEqual(
    refused.map(({ reason }) => reason),
    ['exists'],
  )
})

test('a backup under way when the process has to end gives up, and leaves nothing', async (t) => {
  const { folder, target } = newTarget(t)
  const stopping = new AbortController()
  const slow = {
    ...target,
    put: async (...args: Parameters<typeof target.put>) => {
      stopping.abort()
      await target.put(...args)
    },
  }
  const context = { storage, config, target: slow, log: silent, signal: stopping.signal }
  await assert.rejects(makeBackup(context), { name: 'AbortError' })
  assert.deepEqual(
    readdirSync(folder, { recursive: true }).filter((name) => String(name).length > 'objects/'.length),
    [],
  )
})
