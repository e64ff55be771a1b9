import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { addRecord } from '#items'
import { createStandardMailboxes } from '#mail'
import { listQueue, removeLetter, startDelivery } from '#mail/outbound'
import { BLOCKED } from '#mail/senders'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson, type Person } from '#test/people'
import type { Storage } from '#storage'
import { mayForward } from './forward.ts'
import { expand } from '#mail/lists'
import { fileMessage, receiveMessage, type SmtpArrival } from './receive.ts'

const { config } = await testDatabase()
const storage = await openTestStorage({ after })
const receiver = await openTestStorage({ after }, 'zegel_receiver')

const withMailboxes = (): Promise<Person> => addPerson(storage, {}, createStandardMailboxes)
/** Somebody whose mailbox cannot take anything for now. */
const without = (): Promise<Person> => addPerson(storage)

const arrival = (people: Person[], change: Partial<SmtpArrival> = {}): SmtpArrival => ({
  mailFrom: 'bea@example.org',
  trace: Buffer.from('Return-Path: <bea@example.org>\r\nReceived: from a by b; date\r\n'),
  content: Buffer.from('Subject: Tulips\r\n\r\nRed ones.\r\n'),
  findings: [],
  recipients: people.map(({ id, address }) => ({ accountId: id, address })),
  ...change,
})

const receive = (from: Storage, came: SmtpArrival): ReturnType<typeof receiveMessage> =>
  receiveMessage(from, silent, came, 0)

const countOf = async ({ id }: Person): Promise<number> =>
  (await storage.database.sql`select from item where account_id = ${id}`).rowCount

test('250 when all have it', async () => {
  const people = [await withMailboxes(), await withMailboxes()]
  assert.equal(await receive(receiver, arrival(people)), undefined)
  assert.deepEqual(await Promise.all(people.map(countOf)), [1, 1])
  assert.deepEqual(await listQueue(storage), [])
})

test('who is named by two addresses has it once', async () => {
  const anna = await withMailboxes()
  const twice = [anna, { ...anna, address: anna.address.replace('@', '+shop@') }]
  assert.equal(await receive(receiver, arrival(twice)), undefined)
  assert.equal(await countOf(anna), 1)
})

test('4xx when nobody could have it: the other server keeps it', async () => {
  const refusal = await receive(receiver, arrival([await without(), await without()]))
  assert.equal(refusal?.reason, 'unavailable')
  assert.deepEqual(await listQueue(storage), [])
})

test('4xx when one refuses for good and the other could not say: the other server keeps it for them', async () => {
  const [blocking, other] = [await withMailboxes(), await without()]
  const account = await storage.openAccount(blocking.id)
  await account.write((tx) =>
    addRecord(tx, { kind: BLOCKED, value: { address: 'bea@example.org' }, lookup: 'bea@example.org' }),
  )
  // Closed between RCPT and the end of DATA.
  const nobody = { ...other, id: other.id + 1 }
  const refusal = await receive(receiver, arrival([blocking, nobody]))
  assert.notEqual(refusal?.reason, 'refused')
  assert.deepEqual(await countOf(blocking), 0)
})

test('250 when one has it and the other’s stands in the queue, from where it comes by itself, once', async (t) => {
  const [anna, carl] = [await withMailboxes(), await without()]
  assert.equal(await receive(receiver, arrival([anna, carl])), undefined)
  assert.deepEqual(await Promise.all([anna, carl].map(countOf)), [1, 0])
  const [entry] = await listQueue(storage)
  assert.deepEqual([entry?.destinations, entry?.isOwn], [['zegel.test'], false])

  const account = await storage.openAccount(carl.id)
  await account.write(createStandardMailboxes)
  const delivery = await startDelivery({
    config,
    storage,
    log: silent,
    file: fileMessage,
    expand,
    mayForward,
    note: () => undefined,
  })
  t.after(() => delivery.stop())
  for (let tries = 0; tries < 200 && (await listQueue(storage)).length > 0; tries++) await wait(25)
  assert.deepEqual(await Promise.all([anna, carl].map(countOf)), [1, 1])
  const { rows } = await storage.database.sql<{ size: number }>`select size from item where account_id = ${carl.id}`
  const { trace, content } = arrival([])
  assert.equal(rows[0]?.size, trace.length + content.length, 'as it came: no trace was added')
})

test('a message that goes round in circles is refused (RFC 5321 §6.3)', async () => {
  const anna = await withMailboxes()
  const around = (hops: number): Buffer => Buffer.from(`${'Received: from a by b; date\r\n'.repeat(hops)}\r\nx\r\n`)
  const refusal = await receive(receiver, arrival([anna], { content: around(51) }))
  assert.equal(refusal?.reason, 'loop')
  assert.equal(await receive(receiver, arrival([anna], { content: around(50) })), undefined)
})

test('what is in the queue for somebody here may be removed by the operator', async () => {
  const [anna, carl] = [await withMailboxes(), await without()]
  await receive(receiver, arrival([anna, carl]))
  for (const { id } of await listQueue(storage)) await removeLetter(storage, id)
  assert.deepEqual(await listQueue(storage), [])
})
