import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { addRecord, readRecords } from '#items'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { enqueue, prepareLetter, type OutgoingLetter } from './letter.ts'
import { listQueue, removeLetter, retryLetter, showOwnLetter } from './list.ts'
import { prepareOwnLetter } from './own.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()
beforeEach(async () => void (await storage.database.sql`delete from queue_letter`))

async function put(change: Partial<OutgoingLetter> = {}): Promise<number> {
  const prepared = await prepareLetter(storage, {
    accountId: 7,
    mailFrom: 'anna@zegel.test',
    recipients: [{ address: 'bea@two.example' }, { address: 'carl@one.example' }],
    content: Buffer.from('Subject: x\r\n\r\nHello\r\n'),
    ...change,
  })
  return storage.database.transaction((sql) => enqueue(sql, prepared))
}

test('the queue is listed with sizes, states and domains, and no address', async () => {
  const [waiting, scheduled, tried] = [
    await put(),
    await put({ sendAt: new Date(Date.now() + 3_600_000) }),
    await put({ accountId: undefined }),
  ]
  await storage.database.sql`
    update queue_recipient set lease = 1, attempts = 3, next_attempt_at = now() + interval '20 seconds' where letter_id = ${tried}`
  await storage.database.sql`update queue_recipient set state = 'delivered' where letter_id = ${tried} and number = 0`
  const entries = await listQueue(storage)
  assert.deepEqual(
    entries.map(({ id, state, attempts, destinations, recipients, isOwn }) => ({
      id,
      state,
      attempts,
      destinations,
      recipients,
      isOwn,
    })),
    [
      {
        id: waiting,
        state: 'waiting',
        attempts: 0,
        destinations: ['one.example', 'two.example'],
        recipients: 2,
        isOwn: false,
      },
      {
        id: scheduled,
        state: 'scheduled',
        attempts: 0,
        destinations: ['one.example', 'two.example'],
        recipients: 2,
        isOwn: false,
      },
      { id: tried, state: 'sending', attempts: 3, destinations: ['one.example'], recipients: 1, isOwn: true },
    ],
  )
  assert.doesNotMatch(JSON.stringify(entries), /anna|bea|carl|@/)
})

test('only what the service wrote is shown', async () => {
  await addPerson(storage)
  const own = await prepareOwnLetter(storage, {
    to: 'bea@one.example',
    subject: 'Ihr Code für Zegel',
    text: 'Der Code lautet 123456.\nGrüße',
    language: 'de',
  })
  await storage.database.transaction((sql) => enqueue(sql, own))
  const shown = await showOwnLetter(storage, own.id)
  assert.equal(shown.fields.find(({ name }) => name === 'Subject')?.value, 'Ihr Code für Zegel')
  assert.match(shown.text, /^Der Code lautet 123456\.\r?\nGrüße/)
  await assert.rejects(showOwnLetter(storage, await put()), { reason: 'forbidden' })
  await assert.rejects(showOwnLetter(storage, 1), { reason: 'notFound' })
})

test('a letter is tried at once when asked for', async () => {
  const id = await put()
  await storage.database
    .sql`update queue_recipient set next_attempt_at = now() + interval '8 hours' where letter_id = ${id}`
  await retryLetter(storage, id)
  const [entry] = await listQueue(storage)
  assert.ok((entry?.nextAttemptAt.getTime() ?? Infinity) <= Date.now())
  await assert.rejects(retryLetter(storage, 1), { reason: 'notFound' })
})

const large = (): Buffer => Buffer.from(`Subject: x\r\n\r\n${randomBytes(150_000).toString('base64')}\r\n`)
const fileOf = (blobId: string): string => join(config.dataFolder, 'blobs', '0', blobId)

test('a letter that is removed leaves nothing behind, nor a file', async () => {
  const prepared = await prepareLetter(storage, {
    accountId: 7,
    mailFrom: '',
    recipients: [{ address: 'a@b.example' }],
    content: large(),
  })
  await storage.database.transaction((sql) => enqueue(sql, prepared))
  assert.ok(existsSync(fileOf(prepared.blob.ref.id)))
  await removeLetter(storage, prepared.id)
  assert.ok(!existsSync(fileOf(prepared.blob.ref.id)))
  const { rowCount } = await storage.database.sql`select from queue_recipient where letter_id = ${prepared.id}`
  assert.equal(rowCount, 0)
  await assert.rejects(removeLetter(storage, prepared.id), { reason: 'notFound' })
})

test('a letter that its sender wants to leave later is not tried before', async () => {
  const id = await put({ sendAt: new Date(Date.now() + 3_600_000) })
  await assert.rejects(retryLetter(storage, id), { reason: 'forbidden' })
  assert.equal((await listQueue(storage))[0]?.state, 'scheduled')
})

test('whoever sent a letter that is removed is told by its submission, for those who have not had it', async () => {
  const { id: accountId } = await addPerson(storage)
  const account = await storage.openAccount(accountId)
  const submissionId = await account.write((tx) =>
    addRecord(tx, {
      kind: 'submission',
      value: { undoStatus: 'pending', deliveryStatus: {}, envelope: { rcptTo: [1, 2] } },
    }),
  )
  const id = await put({ accountId, submissionId })
  await storage.database.sql`update queue_recipient set state = 'delivered' where letter_id = ${id} and number = 0`
  await removeLetter(storage, id)
  const [record] = await readRecords<{ undoStatus: string; deliveryStatus: Record<string, { smtpReply: string }> }>(
    account,
    'submission',
    [submissionId],
  )
  assert.equal(record?.value.undoStatus, 'final')
  assert.deepEqual(Object.keys(record?.value.deliveryStatus ?? {}), ['carl@one.example'])
  assert.match(record?.value.deliveryStatus['carl@one.example']?.smtpReply ?? '', /removed the letter from its queue/)
})
