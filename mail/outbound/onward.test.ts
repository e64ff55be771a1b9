import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAccount, closingTerms } from '#accounts'
import { fileMessage, mayForward } from '#mail/inbound'
import { expand } from '#mail/lists'
import { addRecord } from '#items'
import { BLOCKED } from '#mail/senders'
import { now, nowMs, shiftClock } from '#system'
import { silent } from '#test/cluster'
import { config, delivering, hasLeft, inboxOf, person, send, storage, until } from '#test/delivery'
import { addRecovery, type Person } from '#test/people'
import { startSink } from '#test/sink'
import { startDelivery } from './delivery.ts'
import { hasPassed } from './onward.ts'

const DAY_SECONDS = 86_400

/** Closes somebody's account for whom mail goes on to one.example for 30 days. */
async function close(one: Person): Promise<void> {
  await addRecovery(storage, one, `${one.id}@one.example`)
  const terms = closingTerms(config.closing, now(), 30)
  await closeAccount(storage, await storage.openAccount(one.id), { terms, closedBy: 'owner' }, async () => undefined)
}

test('a letter from here to a closed account and to an open one reaches both, and its sender hears that it was passed on', async (t) => {
  const [anna, bea, carl] = [await person(), await person(), await person()]
  await close(anna)
  const sink = await startSink(t)
  await delivering(t, { sinks: { 'one.example': sink } })
  const recipients = [anna, bea].map(({ address }) => ({ address, notify: ['SUCCESS'] as const }))
  await hasLeft(await send({ to: [], recipients, accountId: carl.id, mailFrom: carl.address }))
  await until('it has arrived outside', () => sink.count === 1)
  assert.match(sink.letters[0]?.from ?? '', /^SRS0=\w+=\w+=zegel\.test=\S+@zegel\.test$/)
  assert.deepEqual(sink.letters[0]?.to, [`${anna.id}@one.example`])
  assert.match(
    sink.letters[0]?.content ?? '',
    new RegExp(`^Delivered-To: ${anna.address}\r\nReceived: by zegel\\.test [^\r]+\r\nSubject: Tulips\r\n`),
  )
  assert.equal((await inboxOf(bea)).length, 1)
  await until('both notifications are filed', async () => (await inboxOf(carl)).length === 2)
  const told = (await inboxOf(carl)).join('\n')
  assert.match(told, new RegExp(`^Final-Recipient: rfc822; ${anna.address}\r\nAction: relayed\r$`, 'm'))
  assert.doesNotMatch(told, /one\.example/, 'but not where to')
})

test('whom the owner had blocked here hears that the letter is not taken', async (t) => {
  const [anna, carl] = [await person(), await person()]
  const account = await storage.openAccount(anna.id)
  await account.write((tx) => addRecord(tx, { kind: BLOCKED, value: { address: carl.address }, lookup: carl.address }))
  await close(anna)
  const sink = await startSink(t)
  await delivering(t, { sinks: { 'one.example': sink } })
  await hasLeft(await send({ to: [anna.address], accountId: carl.id, mailFrom: carl.address }))
  await until('the notification is filed', async () => (await inboxOf(carl)).length === 1)
  assert.match((await inboxOf(carl))[0] ?? '', /^Status: 5\.7\.1\r$/m)
  assert.equal(sink.count, 0)
})

test('what is to leave after the time goes back; what had arrived within it goes on', async (t) => {
  t.after(() => shiftClock(0))
  const [anna, carl] = [await person(), await person()]
  await close(anna)
  const sendAt = new Date(nowMs() + 31 * DAY_SECONDS * 1000)
  const late = await send({ to: [anna.address], accountId: carl.id, mailFrom: carl.address, sendAt })
  const taken = await send({ to: [anna.address], accountId: anna.id, isTraced: true })
  shiftClock(31.1 * DAY_SECONDS)
  const sink = await startSink(t)
  await delivering(t, { sinks: { 'one.example': sink } })
  await Promise.all([hasLeft(late), hasLeft(taken)])
  await until('the notification is filed', async () => (await inboxOf(carl)).length === 1)
  await until('what was taken has arrived', () => sink.count > 0)
  assert.equal(sink.count, 1)
})

test('another process that takes over in the middle sends it on once', async (t) => {
  const anna = await person()
  await close(anna)
  const sink = await startSink(t)
  let isFirst = true
  const delivery = await startDelivery({
    config: { ...config, routes: { 'one.example': `${sink.host}:${sink.port}` } },
    storage,
    log: silent,
    file: fileMessage,
    expand,
    async mayForward(...letter) {
      const may = await mayForward(...letter)
      if (isFirst) await storage.database.sql`update queue_recipient set lease = null, next_attempt_at = ${now()}`
      isFirst = false
      return may
    },
    note: () => undefined,
  })
  t.after(() => delivery.stop())
  const id = await send({ to: [anna.address], accountId: anna.id, isTraced: true })
  await hasLeft(id)
  await until('nothing waits', async () => (await storage.database.sql`select from queue_letter`).rowCount === 0)
  assert.equal(isFirst, false)
  assert.equal(sink.count, 1)
})

const passed: [what: string, header: string, isPassed: boolean][] = [
  ['its field', 'Delivered-To: anna@zegel.test\r\n', true],
  ['other case and spaces', 'delivered-to :  Anna@ZEGEL.test \r\n', true],
  ['somebody else', 'Delivered-To: bea@zegel.test\r\nDelivered-To: joanna@zegel.test\r\n', false],
  ['another field', 'X-Delivered-To: anna@zegel.test\r\n', false],
  ['the body', 'Subject: x\r\n\r\nDelivered-To: anna@zegel.test\r\n', false],
  ['a folded field of something else', 'Subject: x\r\n Delivered-To: anna@zegel.test\r\n', false],
  [
    '100,000 fields below it',
    `Delivered-To: anna@zegel.test\r\n${'Delivered-To: x@zegel.test\r\n'.repeat(100_000)}`,
    true,
  ],
  [
    '100,000 fields above it, which nobody writes',
    `${'Delivered-To: x@zegel.test\r\n'.repeat(100_000)}Delivered-To: anna@zegel.test\r\n`,
    false,
  ],
]
for (const [what, header, isPassed] of passed)
  test(`a letter ${isPassed ? 'has' : 'has not'} been forwarded for an address: ${what} (RFC 9228)`, () => {
    assert.equal(hasPassed(Buffer.from(`${header}\r\nText\r\n`), 'anna@zegel.test'), isPassed)
  })
