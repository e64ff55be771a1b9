import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileMessage, mayForward } from '#mail/inbound'
import { expand } from '#mail/lists'
import { addRecord, readRecords } from '#items'
import { readMessages } from '#mail'
import { shiftClock } from '#system'

import { silent } from '#test/cluster'
import {
  config,
  delivering,
  hasLeft,
  inboxOf,
  isPutOff,
  PATIENCE,
  person,
  send,
  statesOf,
  storage,
  until,
} from '#test/delivery'
import { startNameServer } from '#test/name-server'
import type { Person } from '#test/people'
import { drop, hang, reply, startSink, type SinkOptions } from '#test/sink'
import { startDelivery } from './delivery.ts'
import { withdraw, type OutgoingLetter } from './letter.ts'
import { wakeQueue } from './wake.ts'

const HOUR = 3600

test('a letter goes to each of its domains once, and then nothing of it is left', async (t) => {
  const [one, two] = [await startSink(t), await startSink(t)]
  await delivering(t, { sinks: { 'one.example': one, 'two.example': two } })
  const id = await send({ to: ['a@one.example', 'b@two.example', 'c@one.example'] })
  await hasLeft(id)
  assert.deepEqual(
    [one, two].map(({ letters }) => letters.map(({ to }) => to.toSorted())),
    [[['a@one.example', 'c@one.example']], [['b@two.example']]],
  )
  assert.equal(one.letters[0]?.content, 'Subject: Tulips\r\nMessage-ID: <tulips@zegel.test>\r\n\r\nRed ones.\r\n')
  const { rowCount } = await storage.database.sql`select from blob where account_id = 0`
  assert.equal(rowCount, 0)
})

test('many letters to one place share a few connections', async (t) => {
  const sink = await startSink(t)
  await delivering(t, {
    sinks: { 'one.example': sink },
    settings: { queue: { ...config.queue, maxDeliveriesPerDestination: 2 } },
  })
  const ids = await Promise.all(Array.from({ length: 150 }, (_, i) => send({ to: [`p${i}@one.example`] })))
  for (const id of ids) await hasLeft(id)
  assert.equal(new Set(sink.letters.flatMap(({ to }) => to)).size, 150)
  assert.equal(sink.count, 150)
  assert.ok(sink.connections <= 4, `${sink.connections} connections`)
  assert.deepEqual(sink.complaints, [])
})

test('a place that hangs does not hold up the others', async (t) => {
  const stuck = await startSink(t, { script: { content: () => hang } })
  const good = await startSink(t)
  await delivering(t, { sinks: { 'stuck.example': stuck, 'good.example': good } })
  for (let i = 0; i < 60; i++) await send({ to: [`p${i}@stuck.example`] })
  await hasLeft(await send({ to: ['a@good.example'] }))
  assert.ok(stuck.count < 60)
})

test('people here get their letter without SMTP, traced and without a word of the client', async (t) => {
  const anna = await person()
  await delivering(t, {})
  await hasLeft(await send({ to: [anna.address] }))
  const [message] = await inboxOf(anna)
  assert.match(
    message ?? '',
    /^Return-Path: <somebody@sender\.example>\r\nReceived: by zegel\.test id \w+; [^\r]+\r\nSubject: Tulips\r\n/,
  )
})

test('what cannot be delivered comes back in the language of the sender, with the other server’s words', async (t) => {
  const anna = await person()
  const sink = await startSink(t, { script: { RCPT: () => reply('550 5.1.1 Never heard of her') } })
  await delivering(t, { sinks: { 'one.example': sink } })
  const id = await send({
    to: ['bea@one.example'],
    accountId: anna.id,
    mailFrom: anna.address,
    language: 'de',
    envid: 'envelope-7',
    content: Buffer.from('Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\nRote.\r\n'),
  })
  await hasLeft(id)
  await until('the notification is filed', async () => (await inboxOf(anna)).length > 0)
  const [notice = ''] = await inboxOf(anna)
  assert.match(notice, /^Return-Path: <>\r\n/)
  assert.match(notice, /^Auto-Submitted: auto-replied\r$/m)
  assert.match(notice, /^Content-Type: multipart\/report; report-type=delivery-status;\r$/m)
  assert.match(notice, /^Final-Recipient: rfc822; bea@one\.example\r\nAction: failed\r\nStatus: 5\.1\.1\r$/m)
  assert.match(notice, /^Original-Envelope-Id: envelope-7\r$/m)
  assert.match(notice, /^Diagnostic-Code: smtp; 550 5\.1\.1 Never heard of her\r$/m)
  assert.match(notice, /Content-Type: message\/rfc822[^]*Rote\.\r\n/)
  const account = await storage.openAccount(anna.id)
  const { subject } = (await readMessages(account, await newest(anna)))[0]?.summary ?? {}
  assert.equal(subject, 'Nicht zugestellt: Grüße')
})

const newest = async ({ id }: Person): Promise<number[]> =>
  (
    await storage.database.sql<{ item_id: number }>`
      select item_id from item where account_id = ${id} order by item_id desc limit 1`
  ).rows.map((row) => row.item_id)

const silentLetters: Record<string, Partial<OutgoingLetter>> = {
  'nobody sent (the null sender)': { mailFrom: '' },
  'asked for no news': { recipients: [{ address: 'bea@one.example', notify: ['NEVER'] }] },
}
for (const [what, letter] of Object.entries(silentLetters))
  test(`no notification for a letter that ${what}`, async (t) => {
    const anna = await person()
    const sink = await startSink(t, { script: { RCPT: () => reply('550 5.1.1 No') } })
    await delivering(t, { sinks: { 'one.example': sink } })
    await hasLeft(await send({ to: ['bea@one.example'], mailFrom: anna.address, ...letter }))
    const { rowCount } = await storage.database.sql`select from queue_letter`
    assert.deepEqual([rowCount, await inboxOf(anna)], [0, []])
  })

test('who asked for it hears that a letter has arrived, from us or from the server that can tell', async (t) => {
  const [anna, carl] = [await person(), await person()]
  const mute = await startSink(t, { extensions: ['8BITMIME'] })
  const able = await startSink(t)
  await delivering(t, { sinks: { 'mute.example': mute, 'able.example': able } })
  const recipients = [carl.address, 'a@mute.example', 'a@able.example'].map((address) => ({
    address,
    notify: ['SUCCESS'] as const,
  }))
  await hasLeft(await send({ to: [], recipients, accountId: anna.id, mailFrom: anna.address }))
  await until('two notifications', async () => (await inboxOf(anna)).length === 2)
  const actions = (await inboxOf(anna)).map((notice) =>
    /^Final-Recipient: rfc822; (\S+)\r\nAction: (\S+)/m.exec(notice)?.slice(1),
  )
  assert.deepEqual(
    actions.toSorted(),
    [
      ['a@mute.example', 'relayed'],
      [carl.address, 'delivered'],
    ].toSorted(),
  )
  assert.deepEqual(able.letters[0]?.parameters[1], 'NOTIFY=SUCCESS')
})

test('a server that puts a letter off gets it again, later and later, until its sender has it back', async (t) => {
  const anna = await person()
  t.after(() => shiftClock(0))
  const sink = await startSink(t, { script: { content: () => reply('451 4.3.2 Not today') } })
  await delivering(t, { sinks: { 'one.example': sink } })
  const startedAt = Date.now()
  const id = await send({ to: ['bea@one.example'], accountId: anna.id, mailFrom: anna.address, language: 'nl' })
  const waits: number[] = []
  let shifted = 0
  for (let tries = 0; tries < 30; tries++) {
    await until('the attempt is over', async () => {
      const [row] = await statesOf(id)
      return row === undefined || (row.lease === null && row.attempts === tries + 1)
    })
    const [row] = await statesOf(id)
    if (row === undefined) break
    const next = (row.next_attempt_at.getTime() - startedAt) / 1000
    waits.push(Math.round((next - shifted) / 60))
    shifted = next + 1
    shiftClock(shifted)
    wakeQueue(storage)
  }
  assert.deepEqual(waits.slice(0, 6), [30, 60, 120, 240, 480, 480])
  await until('two notifications', async () => (await inboxOf(anna)).length === 2)
  const actions = (await inboxOf(anna)).map((notice) => /^Action: (\S+)\r\nStatus: (\S+)/m.exec(notice)?.slice(1, 3))
  assert.deepEqual(actions, [
    ['delayed', '4.3.2'],
    ['failed', '5.3.2'],
  ])
  assert.ok(shifted > 5 * 24 * HOUR && shifted < 6 * 24 * HOUR, 'five days')
})

const giveBack: Record<string, [to: string, status: string]> = {
  'there is no such domain': ['a@nowhere.example', '5.1.2'],
  'the domain takes no mail (RFC 7505)': ['a@null.example', '5.1.10'],
  'the domain leads back to this server by name': ['a@loop.example', '5.4.6'],
  'the domain leads back to this server by address': ['a@self.example', '5.4.6'],
  'an address literal is this server': ['a@[127.0.0.1]', '5.4.6'],
  'there is no such mailbox here': ['nobody@zegel.test', '5.1.1'],
}
for (const [what, [to, status]] of Object.entries(giveBack))
  test(`given back at once: ${what}`, async (t) => {
    const anna = await person()
    const names = await startNameServer(t, {
      'null.example': { MX: [{ exchange: '.', preference: 0 }] },
      'loop.example': { MX: [{ exchange: 'zegel.test', preference: 10 }] },
      'self.example': { A: ['127.0.0.1'] },
    })
    const settings = { dns: { servers: [names.address] }, smtp: { ...config.smtp, port: 25 } }
    await delivering(t, { settings })
    await hasLeft(await send({ to: [to], mailFrom: anna.address }))
    await until('the notification is filed', async () => (await inboxOf(anna)).length > 0)
    assert.match((await inboxOf(anna))[0] ?? '', new RegExp(`^Status: ${status.replaceAll('.', '\\.')}\\r$`, 'm'))
  })

test('in a trial, what the service itself wrote stays in the queue and can be shown, wherever it was to go', async (t) => {
  const names = await startNameServer(t, {})
  await delivering(t, { settings: { dns: { servers: [names.address] } } })
  const own = await send({ to: ['a@nowhere.example'], accountId: undefined, mailFrom: '' })
  await isPutOff(own)
  await delivering(t, { settings: { dns: { servers: [names.address] }, trial: false } })
  await hasLeft(await send({ to: ['a@nowhere.example'], accountId: 8, mailFrom: '' }))
  assert.equal((await statesOf(own))[0]?.state, 'waiting')
})

test('a letter that has passed through more than fifty servers goes no further', async (t) => {
  const anna = await person()
  const sink = await startSink(t)
  await delivering(t, { sinks: { 'one.example': sink } })
  const content = Buffer.from(`${'Received: from a by b; date\r\n'.repeat(51)}Subject: x\r\n\r\n`)
  await hasLeft(await send({ to: ['bea@one.example'], mailFrom: anna.address, content }))
  await until('the notification is filed', async () => (await inboxOf(anna)).length > 0)
  assert.match((await inboxOf(anna))[0] ?? '', /^Status: 5\.4\.6\r$/m)
  assert.equal(sink.connections, 0)
})

test('exchangers are asked in the order of their preference', async (t) => {
  const first = await startSink(t, { host: '127.0.0.2', script: { greeting: () => drop } })
  const second = await startSink(t, { host: '127.0.0.3', port: first.port })
  const names = await startNameServer(t, {
    'one.example': {
      MX: [
        { exchange: 'second.one.example', preference: 20 },
        { exchange: 'first.one.example', preference: 10 },
      ],
    },
    'first.one.example': { A: ['127.0.0.2'] },
    'second.one.example': { A: ['127.0.0.3'] },
  })
  const delivery = await startDelivery({
    config: { ...config, dns: { servers: [names.address] } },
    storage,
    log: silent,
    file: fileMessage,
    expand,
    mayForward,
    note: () => undefined,
    patience: PATIENCE,
    port: first.port,
  })
  t.after(() => delivery.stop())
  await hasLeft(await send({ to: ['a@one.example'] }))
  assert.deepEqual([first.connections, second.count], [1, 1])
})

test('a letter to come later waits for its time, and can be taken back until then', async (t) => {
  t.after(() => shiftClock(0))
  const sink = await startSink(t)
  await delivering(t, { sinks: { 'one.example': sink } })
  const inAnHour = new Date(Date.now() + HOUR * 1000)
  const [kept, withdrawn] = [
    await send({ to: ['a@one.example'], sendAt: inAnHour }),
    await send({ to: ['b@one.example'], sendAt: inAnHour }),
  ]
  await hasLeft(await send({ to: ['c@one.example'] }))
  assert.equal(await storage.database.transaction((sql) => withdraw(sql, withdrawn)), true)
  shiftClock(HOUR + 1)
  wakeQueue(storage)
  await hasLeft(kept)
  assert.deepEqual(
    sink.letters.map(({ to }) => to[0]),
    ['c@one.example', 'a@one.example'],
  )
})

test('an account hears how its submission goes', async (t) => {
  const anna = await person()
  const carl = await person()
  const sink = await startSink(t, {
    script: { RCPT: (to) => (to.includes('nobody') ? reply('550 5.1.1 No such user') : undefined) },
  })
  const account = await storage.openAccount(anna.id)
  const submissionId = await account.write((tx) =>
    addRecord(tx, {
      kind: 'submission',
      value: { undoStatus: 'pending', deliveryStatus: null, envelope: { rcptTo: [] } },
    }),
  )
  const heard: number[] = []
  t.after(async () => stopHearing())
  const stopHearing = account.listen((change) => heard.push(change))
  await delivering(t, { sinks: { 'one.example': sink } })
  const to = ['bea@ONE.example', 'nobody@one.example', carl.address]
  await hasLeft(await send({ to, accountId: anna.id, mailFrom: anna.address, submissionId }))
  const [record] = await readRecords(account, 'submission', [submissionId])
  assert.deepEqual(record?.value, {
    undoStatus: 'final',
    envelope: { rcptTo: [] },
    deliveryStatus: {
      'bea@ONE.example': { smtpReply: '250 2.0.0 Taken as 1', delivered: 'unknown', displayed: 'unknown' },
      'nobody@one.example': { smtpReply: '550 5.1.1 No such user', delivered: 'no', displayed: 'unknown' },
      [carl.address]: { smtpReply: '250 2.1.5 In the mailbox', delivered: 'yes', displayed: 'unknown' },
    },
  })
  assert.ok(heard.length > 0)
})

test('what a killed process had begun is gone on with when its lease ends', async (t) => {
  t.after(() => shiftClock(0))
  const sink = await startSink(t)
  const id = await send({ to: ['a@one.example'] })
  await storage.database.sql`
    update queue_recipient set lease = 7, attempts = 1, next_attempt_at = now() + interval '20 seconds' where letter_id = ${id}`
  await delivering(t, { sinks: { 'one.example': sink } })
  await hasLeft(await send({ to: ['b@one.example'] }))
  assert.equal((await statesOf(id)).length, 1)
  shiftClock(21)
  wakeQueue(storage)
  await hasLeft(id)
  assert.equal(sink.count, 2)
})

test('two processes that deliver share the work, and no letter goes twice', async (t) => {
  const sink = await startSink(t)
  const network = { sinks: { 'one.example': sink } }
  await Promise.all([delivering(t, network), delivering(t, network)])
  const ids = await Promise.all(Array.from({ length: 60 }, (_, i) => send({ to: [`p${i}@one.example`] })))
  for (const id of ids) await hasLeft(id)
  assert.equal(sink.count, 60)
})

test('what is under way when the server stops is finished, and the rest is there at the next start', async (t) => {
  const sink = await startSink(t)
  const network = {
    sinks: { 'one.example': sink },
    settings: { queue: { ...config.queue, maxDeliveriesPerDestination: 1 } },
  }
  const first = await delivering(t, network)
  const ids = await Promise.all(Array.from({ length: 40 }, (_, i) => send({ to: [`p${i}@one.example`] })))
  await until('it has begun', () => sink.count > 0)
  await first.stop()
  const left = (await Promise.all(ids.map(statesOf))).flat()
  assert.ok(
    left.every(({ lease, attempts }) => lease === null && attempts === 0),
    'nothing is held',
  )
  await delivering(t, network)
  for (const id of ids) await hasLeft(id)
  assert.equal(sink.count, 40)
})

test('when the server stops, no other server’s silence holds it up, and the letter is there at the next start', async (t) => {
  t.after(() => shiftClock(0))
  const sink = await startSink(t, { script: { MAIL: () => hang, QUIT: () => hang } })
  const mute = await startSink(t, { script: { greeting: () => hang } })
  const network = { sinks: { 'one.example': sink, 'mute.example': mute } }
  const patient = { connectMs: 60_000, setupMs: 60_000, silenceMs: 60_000, letterMs: 60_000 }
  const delivery = await delivering(t, network, patient)
  const ids = [await send({ to: ['a@one.example'] }), await send({ to: ['a@mute.example'] })]
  await until('both have begun', () => sink.connections + mute.connections === 2)
  await delivery.stop()
  await until('the connections are closed', () => sink.open() + mute.open() === 0)
  for (const id of ids) assert.deepEqual((await statesOf(id))[0]?.state, 'waiting')
  sink.script = mute.script = {}
  shiftClock(21)
  await delivering(t, network)
  for (const id of ids) await hasLeft(id)
})

/** What happens to a letter, and how often its place has it in the end. */
const trouble: Record<string, [script: (failures: number) => SinkOptions['script'], most: number]> = {
  'accepts and hangs': [() => ({ content: (_, n) => (n === 1 ? hang : undefined) }), 2],
  'drops after the message': [() => ({ content: (_, n) => (n === 1 ? drop : undefined) }), 2],
  'drops at DATA': [() => ({ DATA: (_, n) => (n === 1 ? drop : undefined) }), 1],
  'answers 421': [() => ({ MAIL: (_, n) => (n === 1 ? reply('421 4.3.2 Later') : undefined) }), 1],
}
for (const [what, [script, most]] of Object.entries(trouble))
  test(`a server that ${what} has the letter in the end, at most ${most === 1 ? 'once' : 'twice'}`, async (t) => {
    t.after(() => shiftClock(0))
    const sink = await startSink(t, { script: script(1) ?? {} })
    await delivering(t, { sinks: { 'one.example': sink } })
    const id = await send({ to: ['a@one.example'] })
    await isPutOff(id)
    shiftClock(HOUR)
    wakeQueue(storage)
    await hasLeft(id)
    assert.ok(sink.count >= 1 && sink.count <= most, `${sink.count} times`)
    assert.ok(sink.letters.every(({ content }) => content.includes('Message-ID: <tulips@zegel.test>')))
  })
