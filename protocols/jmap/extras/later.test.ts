import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addMessage, prepareMessage, summarise } from '#mail'
import { lookAtReminders, lookAtSnoozes, remindDue, wakeDue } from '#mail/later'
import { clockAtNoon } from '#test/clock'
import { letter, openMailReader, type Letter, type MailReader } from '#test/letters'
import { startServer } from '#test/server'
import { now } from '#system'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])
const open = (): Promise<MailReader> => openMailReader(server)

const HOUR = 3600
const inHours = (hours: number): string => `${new Date(+now() + hours * HOUR * 1000).toISOString().slice(0, -5)}Z`

interface Email {
  mailboxIds: Record<string, true>
  keywords: Record<string, true>
}
async function email(reader: MailReader, id: string): Promise<{ mailboxes: string[]; keywords: string[] }> {
  const { list } = await reader.call('Email/get', { ids: [id], properties: ['mailboxIds', 'keywords'] })
  const [{ mailboxIds, keywords }] = list as [Email]
  return { mailboxes: Object.keys(mailboxIds).toSorted(), keywords: Object.keys(keywords).toSorted() }
}

async function create(reader: MailReader, type: string, given: Json): Promise<string> {
  const { created, notCreated } = await reader.call(`${type}/set`, { create: { k: given } })
  assert.equal(notCreated, null, JSON.stringify(notCreated))
  return (created as { k: { id: string } }).k.id
}

const refused = async (reader: MailReader, type: string, given: Json): Promise<Json> =>
  ((await reader.call(`${type}/set`, { create: { k: given } }))['notCreated'] as { k: Json }).k

const count = async (reader: MailReader, type: string): Promise<number> =>
  ((await reader.call(`${type}/get`))['list'] as Json[]).length

/** A letter as SMTP would have left it. */
async function arrive(reader: MailReader, role: string, said: Letter): Promise<string> {
  const bytes = letter(said)
  const parsed = { ...summarise(bytes), deliveredTo: 'anna@zegel.test' }
  const prepared = await prepareMessage(reader.account, bytes, parsed)
  const mailbox = Number.parseInt((await reader.mailbox(role)).slice(1), 36)
  const { id } = await reader.account.write((tx) =>
    addMessage(tx, prepared, { mailboxes: [mailbox], keywords: [], receivedAt: now() }),
  )
  return `M${id.toString(36)}`
}

const seen = { keywords: ['$seen'] }
let conversations = 0
/** A conversation of two in the inbox and an answer in Sent. */
async function conversation(reader: MailReader) {
  const subject = `Conversation ${++conversations}`
  const messageId = `conversation-${conversations}@example.org`
  const more = { inReplyTo: messageId, subject: `Re: ${subject}` }
  const first = await reader.file('inbox', { subject, messageId }, seen)
  const second = await reader.file('inbox', more, seen)
  const sent = await reader.file('sent', more, seen)
  return { first, second, sent, more }
}

test('a conversation sleeps, and comes back unread to where it was when its time has come', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await open()
  const { first, second, sent } = await conversation(reader)
  const [inbox, sentBox] = [await reader.mailbox('inbox'), await reader.mailbox('sent')]
  const until = inHours(20)
  const id = await create(reader, 'Snooze', { emailId: second, until })
  const bed = await reader.mailbox('snoozed')
  assert.deepEqual(await email(reader, first), { mailboxes: [bed], keywords: ['$seen'] })
  assert.deepEqual(await email(reader, second), { mailboxes: [bed], keywords: ['$seen'] })
  assert.deepEqual((await email(reader, sent)).mailboxes, [sentBox])
  const { list } = await reader.call('Snooze/get', { ids: [id], properties: ['emailId', 'until', 'mailboxId'] })
  assert.deepEqual(list, [{ id, emailId: second, until, mailboxId: inbox }])

  await wakeDue(server.storage)
  assert.deepEqual((await email(reader, first)).mailboxes, [bed], 'not before its time')
  pass(21 * HOUR)
  const { state } = await reader.call('Snooze/get')
  await wakeDue(server.storage)
  await wakeDue(server.storage)
  assert.deepEqual(await email(reader, first), { mailboxes: [inbox], keywords: ['$seen'] })
  assert.deepEqual(await email(reader, second), { mailboxes: [inbox], keywords: ['$snoozed'] })
  assert.deepEqual((await reader.call('Snooze/changes', { sinceState: state }))['destroyed'], [id])

  await create(reader, 'Snooze', { emailId: second, until: inHours(1) })
  assert.deepEqual(await email(reader, second), { mailboxes: [bed], keywords: [] })
})

test('it sleeps longer, or is woken by hand and stays as read as it was', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await open()
  const { first } = await conversation(reader)
  const id = await create(reader, 'Snooze', { emailId: first, until: inHours(1) })
  const later = inHours(5)
  assert.deepEqual((await reader.call('Snooze/set', { update: { [id]: { until: later } } }))['updated'], { [id]: null })
  pass(2 * HOUR)
  await wakeDue(server.storage)
  assert.equal(await count(reader, 'Snooze'), 1)
  assert.deepEqual((await reader.call('Snooze/set', { destroy: [id] }))['destroyed'], [id])
  assert.deepEqual(await email(reader, first), { mailboxes: [await reader.mailbox('inbox')], keywords: ['$seen'] })
})

test('where its mailbox is gone meanwhile, it comes back to the inbox', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await open()
  const box = await create(reader, 'Mailbox', { name: 'Projekte' })
  const id = await reader.file([box])
  await create(reader, 'Snooze', { emailId: id, until: inHours(1) })
  await reader.call('Mailbox/set', { destroy: [box] })
  pass(2 * HOUR)
  await wakeDue(server.storage)
  assert.deepEqual((await email(reader, id)).mailboxes, [await reader.mailbox('inbox')])
})

test('an answer that arrives wakes the conversation, and one in Junk or of one’s own does not', async () => {
  const reader = await open()
  const { first, second, more } = await conversation(reader)
  await create(reader, 'Snooze', { emailId: second, until: inHours(9) })
  await arrive(reader, 'junk', more)
  await reader.file('sent', more)
  await lookAtSnoozes(reader.account)
  const bed = await reader.mailbox('snoozed')
  assert.deepEqual((await email(reader, first)).mailboxes, [bed])
  await arrive(reader, 'inbox', more)
  await lookAtSnoozes(reader.account)
  const inbox = await reader.mailbox('inbox')
  assert.deepEqual(await email(reader, first), { mailboxes: [inbox], keywords: ['$seen'] })
  assert.equal(await count(reader, 'Snooze'), 0)
})

test('a conversation taken out of its sleep by hand is left where it was put', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await open()
  const { first, second } = await conversation(reader)
  await create(reader, 'Snooze', { emailId: second, until: inHours(1) })
  const archive = await reader.mailbox('archive')
  const update = Object.fromEntries([first, second].map((id) => [id, { mailboxIds: { [archive]: true } }]))
  await reader.call('Email/set', { update })
  await lookAtSnoozes(reader.account)
  assert.equal(await count(reader, 'Snooze'), 0)
  pass(2 * HOUR)
  await wakeDue(server.storage)
  assert.deepEqual(await email(reader, second), { mailboxes: [archive], keywords: ['$seen'] })
})

test('what cannot sleep is refused, and why', async () => {
  const reader = await open()
  const [one, trashed] = [await reader.file('inbox'), await reader.file('trash')]
  const theirs = await (await open()).file('inbox')
  const wrong: [mistake: string, given: Json, error: Json][] = [
    ['a time that is past', { emailId: one, until: inHours(-1) }, { properties: ['until'] }],
    ['a time six years ahead', { emailId: one, until: inHours(6 * 366 * 24) }, { properties: ['until'] }],
    ['a time that is none', { emailId: one, until: 'tomorrow' }, { properties: ['until'] }],
    ['no time', { emailId: one }, { properties: ['until'] }],
    ['a message in the trash', { emailId: trashed, until: inHours(1) }, { properties: ['emailId'] }],
    ["somebody else's message", { emailId: theirs, until: inHours(1) }, { properties: ['emailId'] }],
    ['a mailbox of its own', { emailId: one, until: inHours(1), mailboxId: 'F1' }, { properties: ['mailboxId'] }],
  ]
  for (const [mistake, given, { properties }] of wrong) {
    const error = await refused(reader, 'Snooze', given)
    assert.deepEqual([error['type'], error['properties']], ['invalidProperties', properties], mistake)
  }
  const id = await create(reader, 'Snooze', { emailId: one, until: inHours(1) })
  assert.deepEqual(await refused(reader, 'Snooze', { emailId: one, until: inHours(2) }), {
    type: 'alreadyExists',
    existingId: id,
  })
  const set = await reader.call('Snooze/set', {
    update: { [id]: { until: 'x' }, Z0: { until: inHours(1) } },
    destroy: ['Z1'],
  })
  assert.deepEqual(set['notUpdated'], {
    [id]: { type: 'invalidProperties', properties: ['until'] },
    Z0: { type: 'notFound' },
  })
  assert.deepEqual(set['notDestroyed'], { Z1: { type: 'notFound' } })
})

test('what two workers find due at once is done once', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await open()
  const ids = await Promise.all([1, 2, 3].map(() => reader.file('inbox', {}, seen)))
  for (const emailId of ids) await create(reader, 'Snooze', { emailId, until: inHours(1) })
  await create(reader, 'Reminder', { emailId: ids[0], dueAt: inHours(1) })
  pass(2 * HOUR)
  const { storage } = server
  await Promise.all([wakeDue(storage), remindDue(storage), wakeDue(storage), remindDue(storage)])
  assert.deepEqual([await count(reader, 'Snooze'), await count(reader, 'Reminder')], [0, 0])
  const keywords = await Promise.all(ids.map(async (id) => (await email(reader, id)).keywords))
  assert.deepEqual(keywords, [['$followup', '$snoozed'], ['$snoozed'], ['$snoozed']])
})

test('a letter to which nobody answers comes back to the inbox at its time', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await open()
  const sent = await reader.file('sent', {}, seen)
  const dueAt = inHours(48)
  const id = await create(reader, 'Reminder', { emailId: sent, dueAt })
  assert.deepEqual((await reader.call('Reminder/get'))['list'], [{ id, emailId: sent, dueAt, kind: 'followUp' }])
  await remindDue(server.storage)
  await lookAtReminders(server.storage, reader.account)
  assert.equal(await count(reader, 'Reminder'), 1)
  pass(49 * HOUR)
  await remindDue(server.storage)
  await remindDue(server.storage)
  const mailboxes = [await reader.mailbox('inbox'), await reader.mailbox('sent')].toSorted()
  assert.deepEqual(await email(reader, sent), { mailboxes, keywords: ['$followup'] })
  assert.equal(await count(reader, 'Reminder'), 0)
})

test('an answer ends the reminder, and one’s own next letter does not', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await open()
  const { sent, more } = await conversation(reader)
  await create(reader, 'Reminder', { emailId: sent, dueAt: inHours(1) })
  await reader.file('sent', more)
  const [{ email: own }] = (await reader.call('Identity/get'))['list'] as [{ email: string }]
  await arrive(reader, 'inbox', { ...more, from: own })
  await lookAtReminders(server.storage, reader.account)
  assert.equal(await count(reader, 'Reminder'), 1)
  await arrive(reader, 'inbox', more)
  pass(2 * HOUR)
  await remindDue(server.storage)
  assert.equal(await count(reader, 'Reminder'), 0)
  assert.deepEqual((await email(reader, sent)).keywords, ['$seen'])
})

test('a reminder is one for each message, at a time to come, and goes with it', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await open()
  const id = await reader.file('sent')
  assert.deepEqual((await refused(reader, 'Reminder', { emailId: id, dueAt: inHours(-1) }))['properties'], ['dueAt'])
  assert.deepEqual((await refused(reader, 'Reminder', { emailId: 'M0', dueAt: inHours(1) }))['properties'], ['emailId'])
  const other = { emailId: id, dueAt: inHours(1), kind: 'other' }
  assert.deepEqual((await refused(reader, 'Reminder', other))['properties'], ['kind'])
  await create(reader, 'Reminder', { emailId: id, dueAt: inHours(1) })
  assert.equal((await refused(reader, 'Reminder', { emailId: id, dueAt: inHours(2) }))['type'], 'invalidProperties')
  await reader.call('Email/set', { destroy: [id] })
  pass(2 * HOUR)
  await remindDue(server.storage)
  assert.equal(await count(reader, 'Reminder'), 0)
})

test('the worker sees by itself what is due and what arrives', async (t) => {
  const worker = await startServer(t, {}, ['http', 'worker'])
  const reader = await open()
  const { first, second, more } = await conversation(reader)
  await create(reader, 'Snooze', { emailId: second, until: inHours(1) })
  const due = await reader.file('inbox')
  await create(reader, 'Snooze', { emailId: due, until: `${new Date(+now() + 1500).toISOString().slice(0, -5)}Z` })
  await arrive(reader, 'inbox', more)
  const inbox = await reader.mailbox('inbox')
  const areBack = async (): Promise<boolean> =>
    (await Promise.all([first, second, due].map((id) => email(reader, id)))).every(
      ({ mailboxes }) => mailboxes.join() === inbox,
    )
  // Looked at after every change of the account; the test's own limit ends a wait in vain.
  let stop: () => void = () => undefined
  await new Promise<void>((resolve) => {
    const look = (): void => void areBack().then((done) => done && resolve())
    stop = reader.account.listen(look)
    look()
  })
  stop()
  await worker.close()
})
