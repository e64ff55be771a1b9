import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Storage } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { enqueue, openEnvelope, openRecipient, prepareLetter, withdraw, type OutgoingLetter } from './letter.ts'
import { sendOwnLetter } from './own.ts'

let storage: Storage
let receiver: Storage

before(async () => {
  storage = await openTestStorage({ after })
  receiver = await openTestStorage({ after }, 'zegel_receiver')
})

const letter = (change: Partial<OutgoingLetter> = {}): OutgoingLetter => ({
  accountId: undefined,
  mailFrom: 'anna@zegel.test',
  recipients: [{ address: 'bea@example.org' }, { address: 'carl@Example.NET', notify: ['SUCCESS'] }],
  content: Buffer.from('Subject: Tulips\r\n\r\nRed ones.\r\n'),
  ...change,
})

const put = async (from: Storage, change: Partial<OutgoingLetter> = {}): Promise<number> => {
  const prepared = await prepareLetter(from, letter(change))
  return from.database.transaction((sql) => enqueue(sql, prepared))
}

const rowsOf = async (id: number): Promise<{ number: number; sealed: Buffer; state: string }[]> =>
  (
    await storage.database.sql<{ number: number; sealed: Buffer; state: string }>`
      select number, sealed, state from queue_recipient where letter_id = ${id} order by number`
  ).rows

test('a letter put in by the part that receives opens for the part that delivers', async () => {
  const id = await put(receiver)
  const key = await storage.keys.serviceKey('queue')
  const recipients = (await rowsOf(id)).map(({ number, sealed }) => openRecipient(key, id, number, sealed))
  assert.deepEqual(recipients, [
    { address: 'bea@example.org', domain: 'example.org' },
    { address: 'carl@example.net', given: 'carl@Example.NET', domain: 'example.net', notify: ['SUCCESS'] },
  ])
  const { rows } = await storage.database.sql<{ sealed: Buffer }>`
    select sealed from queue_letter where letter_id = ${id}`
  const envelope = openEnvelope(key, id, rows[0]?.sealed as Buffer)
  assert.equal(envelope.mailFrom, 'anna@zegel.test')
  assert.deepEqual(await storage.blobs.read(storage.database.sql, 0, envelope.blob), letter().content)
})

test('no word of a letter stands in the queue in clear', async () => {
  const id = await put(storage)
  const { rows } = await storage.database.sql<{ everything: string }>`
    select concat(l::text, r::text, encode(l.sealed, 'escape'), encode(r.sealed, 'escape'), encode(b.content, 'escape')) as everything
    from queue_letter l join queue_recipient r using (letter_id) join blob b on b.account_id = 0 and b.blob_id = l.blob_id
    where letter_id = ${id}`
  assert.equal(rows.length, 2)
  for (const { everything } of rows) assert.doesNotMatch(everything, /tulips|red ones|zegel|example/i)
})

test('a large content stands in a file until the letter has gone', async () => {
  const content = Buffer.concat([letter().content, Buffer.alloc(300_000, 'x ')])
  const prepared = await prepareLetter(storage, letter({ content }))
  assert.equal(prepared.size, content.length)
  const noise = await prepareLetter(storage, letter({ content: crypto.getRandomValues(Buffer.alloc(60_000)) }))
  assert.ok(noise.blob.content !== undefined, 'what is small stands in the database')
})

test('what the receiver may not: read the queue', async () => {
  for (const what of ['queue_letter', 'queue_recipient']) {
    const template = Object.assign([`select 1 from ${what}`], { raw: [''] }) as unknown as TemplateStringsArray
    await assert.rejects(receiver.database.sql(template), { code: '42501' })
  }
})

test('when the transaction fails, nothing is in the queue', async () => {
  const prepared = await prepareLetter(storage, letter())
  const failed = storage.database.transaction(async (sql) => {
    await enqueue(sql, prepared)
    throw new Error('the caller changed its mind')
  })
  await assert.rejects(failed, /changed its mind/)
  assert.deepEqual(await rowsOf(prepared.id), [])
})

test('a letter is taken back whole, and once somebody has begun to deliver it no more', async () => {
  const withdrawn = await put(storage)
  assert.equal(await storage.database.transaction((sql) => withdraw(sql, withdrawn)), true)
  assert.deepEqual(await rowsOf(withdrawn), [])
  assert.equal(await storage.database.transaction((sql) => withdraw(sql, withdrawn)), false)

  const begun = await put(storage)
  await storage.database.sql`update queue_recipient set attempts = 1 where letter_id = ${begun} and number = 1`
  assert.equal(await storage.database.transaction((sql) => withdraw(sql, begun)), false)
  assert.equal((await rowsOf(begun)).length, 2)
})

const refused: Record<string, [change: Partial<OutgoingLetter>, reason: string]> = {
  'a command behind an address': [{ recipients: [{ address: 'bea@example.org>\r\nRSET' }] }, 'invalid'],
  'a command behind the sender': [{ mailFrom: 'anna@zegel.test>\r\nDATA' }, 'invalid'],
  'an address without a domain': [{ recipients: [{ address: 'bea' }] }, 'invalid'],
  nobody: [{ recipients: [] }, 'invalid'],
  '10,001 recipients': [
    { recipients: Array.from({ length: 10_001 }, () => ({ address: 'bea@example.org' })) },
    'tooManyRecipients',
  ],
}
for (const [what, [change, reason]] of Object.entries(refused))
  test(`refused: ${what}`, async () => {
    await assert.rejects(prepareLetter(storage, letter(change)), { reason })
  })

test('a letter of the service is plain, automatic, and has nobody to answer to (RFC 3834)', async () => {
  await addPerson(storage)
  const id = await sendOwnLetter(storage, {
    to: 'zoë@example.org',
    subject: 'Ihr Code für Zegel',
    text: 'Der Code:\n123456\n',
    language: 'de',
  })
  const key = await storage.keys.serviceKey('queue')
  const { rows } = await storage.database.sql<{ sealed: Buffer; account_id: number }>`
    select sealed, account_id from queue_letter where letter_id = ${id}`
  const envelope = openEnvelope(key, id, rows[0]?.sealed as Buffer)
  assert.deepEqual([rows[0]?.account_id, envelope.mailFrom], [0, ''])
  const content = (await storage.blobs.read(storage.database.sql, 0, envelope.blob)).toString()
  assert.match(content, /^From: Zegel <noreply@zegel\.test>\r$/m)
  assert.match(content, /^Auto-Submitted: auto-generated\r$/m)
  assert.match(content, /\r\n\r\nDer Code:\r\n123456\r\n/)
})

for (const [what, change] of Object.entries({
  'a header behind the subject': { subject: 'Code\r\nBcc: everybody@example.org' },
  'a header behind the address': { to: 'bea@example.org\r\nBcc: everybody@example.org' },
}))
  test(`a letter of the service is refused: ${what}`, async () => {
    const own = { to: 'bea@example.org', subject: 'Code', text: '', language: 'en', ...change } as const
    await assert.rejects(sendOwnLetter(storage, own), { reason: 'invalid' })
  })
