import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addMessage, prepareMessage, summarise } from '#mail'
import { answerArrivals } from '#mail/vacation'
import { clockAtNoon } from '#test/clock'
import { letter, openMailReader, type Letter, type MailReader } from '#test/letters'
import { startServer } from '#test/server'
import { now } from '#system'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])

const DAY = 86_400
const inDays = (days: number): string => `${new Date(+now() + days * DAY * 1000).toISOString().slice(0, -5)}Z`

async function open() {
  const reader = await openMailReader(server)
  const [{ email: address }] = (await reader.call('Identity/get'))['list'] as [{ email: string }]
  const set = (patch: Json): Promise<Json> => reader.call('VacationResponse/set', { update: { singleton: patch } })
  const get = async (): Promise<Json> => ((await reader.call('VacationResponse/get'))['list'] as Json[])[0] as Json
  return { reader, address, set, get }
}

/** A letter as the receiver would have filed it. */
async function arrive({ account, mailbox }: MailReader, to: string, said: Letter = {}, role = 'inbox'): Promise<void> {
  const bytes = Buffer.concat([Buffer.from('Return-Path: <bea@example.org>\r\n'), letter({ to, ...said })])
  const prepared = await prepareMessage(account, bytes, { ...summarise(bytes), deliveredTo: to })
  const mailboxes = [Number.parseInt((await mailbox(role)).slice(1), 36)]
  await account.write((tx) => addMessage(tx, prepared, { mailboxes, keywords: [], receivedAt: now() }))
}

/** Letters of the account in the queue. */
async function queued({ account }: MailReader): Promise<number> {
  const { rows } = await server.storage.database.sql<{ count: number }>`
    select count(*) from queue_letter where account_id = ${account.id}`
  return rows[0]?.count ?? 0
}

const look = ({ account }: MailReader): Promise<void> => answerArrivals(server.storage, account)

test('what is said while somebody is away is kept, read and told of (RFC 8621 §8)', async () => {
  const { reader, set, get } = await open()
  const nothing = { isEnabled: false, fromDate: null, toDate: null, subject: null, textBody: null, htmlBody: null }
  assert.deepEqual(await get(), { id: 'singleton', ...nothing })
  const { state } = await reader.call('VacationResponse/get')
  const said = { isEnabled: true, fromDate: inDays(0), toDate: inDays(9), subject: 'Weg', textBody: 'Bin weg' }
  const { updated, newState } = await set(said)
  assert.deepEqual(updated, { singleton: null })
  assert.notEqual(newState, state)
  assert.deepEqual(await get(), { id: 'singleton', ...nothing, ...said })
  await set({ isEnabled: null, subject: null })
  assert.deepEqual(await get(), { id: 'singleton', ...nothing, ...said, isEnabled: false, subject: null })
  assert.deepEqual((await reader.call('VacationResponse/get', { ids: ['x'] }))['notFound'], ['x'])
})

const wrong: [mistake: string, patch: Json, properties: string[]][] = [
  ['a date with an offset', { fromDate: '2026-12-01T00:00:00+01:00' }, ['fromDate']],
  ['a line end in the subject', { subject: 'Weg\r\nBcc: victim@example.net' }, ['subject']],
  ['a text too large', { textBody: 'x'.repeat(65_537) }, ['textBody']],
  ['a word for yes', { isEnabled: 'yes' }, ['isEnabled']],
  ['a property there is none of', { handle: 'x' }, ['handle']],
]
test('what does not fit is refused, and so is a second one', async () => {
  const { reader, set, get } = await open()
  const before = await get()
  for (const [mistake, patch, properties] of wrong)
    assert.deepEqual(
      (await set(patch))['notUpdated'],
      { singleton: { type: 'invalidProperties', properties } },
      mistake,
    )
  const result = await reader.call('VacationResponse/set', { create: { k: {} }, destroy: ['singleton'] })
  assert.deepEqual(result['notCreated'], { k: { type: 'singleton' } })
  assert.deepEqual(result['notDestroyed'], { singleton: { type: 'singleton' } })
  assert.deepEqual(await get(), before)
})

test('a sender is answered once in seven days, and again when something else is said', async (t) => {
  const pass = clockAtNoon(t)
  const { reader, address, set } = await open()
  await arrive(reader, address)
  await set({ isEnabled: true, textBody: 'Bin weg' })
  await look(reader)
  assert.equal(await queued(reader), 0, 'what came before is not answered')

  await arrive(reader, address)
  await arrive(reader, address)
  await look(reader)
  await look(reader)
  assert.equal(await queued(reader), 1)
  pass(6.9 * DAY)
  await arrive(reader, address)
  await look(reader)
  assert.equal(await queued(reader), 1)
  pass(0.2 * DAY)
  await arrive(reader, address)
  await look(reader)
  assert.equal(await queued(reader), 2)
  await set({ textBody: 'Bin immer noch weg' })
  await arrive(reader, address)
  await look(reader)
  assert.equal(await queued(reader), 3)
})

test('nothing is answered before the time away, after it, in Junk, or to what did not arrive', async (t) => {
  const pass = clockAtNoon(t)
  const { reader, address, set } = await open()
  await set({ isEnabled: true, fromDate: inDays(1), toDate: inDays(2) })
  await arrive(reader, address)
  await look(reader)
  pass(1.5 * DAY)
  await look(reader)
  await arrive(reader, address, {}, 'junk')
  await arrive(reader, address, { headers: ['Auto-Submitted: auto-generated'] })
  await reader.file('inbox', { to: address })
  await look(reader)
  assert.equal(await queued(reader), 0)
  await arrive(reader, address)
  pass(DAY)
  await look(reader)
  assert.equal(await queued(reader), 0, 'who is back is not away')
  pass(-DAY)
  await arrive(reader, address)
  await look(reader)
  assert.equal(await queued(reader), 1)
})

test('an account that may not send answers nobody', async () => {
  const { reader, address, set } = await open()
  await set({ isEnabled: true })
  const { sql } = server.storage.database
  await sql`update account set state = 'suspended' where account_id = ${reader.account.id}`
  await arrive(reader, address)
  await look(reader)
  assert.equal(await queued(reader), 0)
})

test('looks at the same moment answer once', async () => {
  const { reader, address, set } = await open()
  await set({ isEnabled: true })
  for (let i = 0; i < 5; i++) await arrive(reader, address)
  await Promise.all([look(reader), look(reader), look(reader)])
  assert.equal(await queued(reader), 1)
})

test('a look that has nothing to do changes nothing', async () => {
  const { reader, address, set } = await open()
  await set({ isEnabled: true })
  await arrive(reader, address)
  await look(reader)
  const change = async (): Promise<number> => {
    const { rows } = await server.storage.database.sql<{ change: number }>`
      select change from account where account_id = ${reader.account.id}`
    return rows[0]?.change ?? 0
  }
  const before = await change()
  await look(reader)
  await look(reader)
  assert.equal(await change(), before)
})

test('neither what is said nor to whom stands readable in the database', async () => {
  const { reader, address, set } = await open()
  await set({ isEnabled: true, textBody: 'geheimer Text' })
  await arrive(reader, address)
  await look(reader)
  const { rows } = await server.storage.database.sql<{ row: string }>`
    select r::text as row from record r where account_id = ${reader.account.id} and kind like 'vacation%'`
  const readable = rows.map(({ row }) => row).join('\n')
  assert.match(readable, /vacationAnswer/)
  for (const secret of ['bea@example.org', 'geheimer']) {
    const forms = [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64').slice(0, -4)]
    for (const form of forms) assert.ok(!readable.includes(form))
  }
})

test('who writes to somebody that is away hears of it, once, and two who are away leave each other alone', async (t) => {
  // Nobody tells where other domains are: what waits for them stays.
  const parts = await startServer(t, { dns: { servers: ['127.0.0.1:9'] } }, ['queue', 'worker'])
  const [away, writer] = [await open(), await open()]
  await away.set({ isEnabled: true, subject: 'Weg bis Montag', textBody: 'Bin weg.' })
  await writer.set({ isEnabled: true, subject: 'Auch weg' })
  const drafts = await writer.reader.mailbox('drafts')
  const [{ id: identityId }] = (await writer.reader.call('Identity/get'))['list'] as [{ id: string }]
  const create = {
    mailboxIds: { [drafts]: true },
    from: [{ email: writer.address }],
    to: [{ email: away.address }],
    subject: 'Frage',
    textBody: [{ partId: '1', type: 'text/plain' }],
    bodyValues: { 1: { value: 'Hallo' } },
  }
  const { accountId } = writer.reader
  const responses = await writer.reader.calls(
    ['Email/set', { accountId, create: { m: create } }, '0'],
    ['EmailSubmission/set', { accountId, create: { s: { emailId: '#m', identityId } } }, '1'],
  )
  assert.notEqual(responses[1]?.[1]['created'], null, JSON.stringify(responses))

  const inbox = await writer.reader.mailbox('inbox')
  const properties = ['subject', 'from', 'header:Auto-Submitted:asText', 'header:Return-Path', 'inReplyTo', 'threadId']
  const read = async (): Promise<Json[]> => {
    const { ids } = await writer.reader.call('Email/query', { filter: { inMailbox: inbox } })
    return (await writer.reader.call('Email/get', { ids, properties }))['list'] as Json[]
  }
  let stop: () => void = () => undefined
  const answers = await new Promise<Json[]>((resolve) => {
    const look = (): void => void read().then((list) => list.length > 0 && resolve(list))
    stop = writer.reader.account.listen(look)
    look()
  })
  stop()
  assert.equal(answers.length, 1)
  const [answer] = answers as [Json]
  assert.deepEqual(
    [answer['subject'], answer['header:Auto-Submitted:asText'], answer['header:Return-Path']],
    ['Weg bis Montag', 'auto-replied', ' <>'],
  )
  assert.deepEqual(answer['from'], [{ name: null, email: away.address }])
  await answerArrivals(server.storage, writer.reader.account)
  assert.equal(await queued(writer.reader), 0, 'an answer is not answered')
  await parts.close()
})
