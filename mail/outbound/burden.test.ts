/** What a hostile place, a full queue or a broken record may not do to the part that delivers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { addRecord, readRecords } from '#items'
import { accountState } from '#accounts'
import { config, delivering, hasLeft, isPutOff, PATIENCE, person, send, statesOf, storage, until } from '#test/delivery'
import { hang, reply, startSink } from '#test/sink'
import { retryLetter } from './list.ts'

interface Told {
  undoStatus: string
  deliveryStatus: Record<string, { smtpReply: string; delivered: string }>
}

const brokenRecords: Record<string, (recordId: number) => Promise<unknown>> = {
  'does not open': (id) => storage.database.sql`update record set sealed = '\\x00' where record_id = ${id}`,
  'holds something else': async () => undefined,
}
for (const [what, spoil] of Object.entries(brokenRecords))
  test(`a letter whose record ${what} leaves once all the same`, async (t) => {
    const anna = await person()
    const account = await storage.openAccount(anna.id)
    const submissionId = await account.write((tx) => addRecord(tx, { kind: 'submission', value: null }))
    await spoil(submissionId)
    const sink = await startSink(t)
    await delivering(t, { sinks: { 'one.example': sink } })
    await hasLeft(await send({ to: ['bea@one.example'], accountId: anna.id, mailFrom: anna.address, submissionId }))
    assert.equal(sink.count, 1)
  })

test('the record of a letter to a thousand long addresses has room for a long answer from each', async (t) => {
  const anna = await person()
  const account = await storage.openAccount(anna.id)
  const domain = `${'long.'.repeat(34)}example`
  const to = Array.from({ length: 1000 }, (_, i) => `${'x'.repeat(60)}${1000 + i}@${domain}`)
  const rcptTo = to.map((email) => ({ email, parameters: null }))
  const submissionId = await account.write((tx) =>
    addRecord(tx, { kind: 'submission', value: { undoStatus: 'pending', deliveryStatus: {}, envelope: { rcptTo } } }),
  )
  const sink = await startSink(t, { script: { RCPT: () => reply(`550 5.1.1 ${'No such mailbox. '.repeat(30)}`) } })
  // A thousand answers take their time where much else is going on.
  await delivering(t, { sinks: { [domain]: sink } }, { ...PATIENCE, letterMs: 60_000 })
  await hasLeft(await send({ to, accountId: anna.id, mailFrom: '', submissionId }))
  const [record] = await readRecords<Told>(account, 'submission', [submissionId])
  const states = Object.values(record?.value.deliveryStatus ?? {})
  assert.equal(states.length, 1000)
  assert.ok(states.every(({ delivered, smtpReply }) => delivered === 'no' && smtpReply.startsWith('550 5.1.1 No such')))
})

test('a slow server that takes the mail of all domains is not handed the whole queue', async (t) => {
  const slow = await startSink(t, { script: { greeting: () => hang } })
  for (let i = 0; i < 200; i++) await send({ to: [`a@p${i}.example`] })
  const settings = {
    smarthost: { host: slow.host, port: slow.port, tls: 'none' as const },
    queue: { ...config.queue, maxDeliveries: 3, maxDeliveriesPerDestination: 2 },
  }
  await delivering(t, { settings }, { ...PATIENCE, setupMs: 60_000, silenceMs: 60_000 })
  await until('it has begun', () => slow.connections > 0)
  // It looks every second.
  await wait(1200)
  const { rowCount } = await storage.database.sql`select from queue_recipient where lease is not null`
  assert.ok(rowCount > 0 && rowCount <= 80, `${rowCount} letters are held`)
})

test('what an account has sent waits while it is suspended, and leaves when it is not', async (t) => {
  const anna = await person()
  const sink = await startSink(t)
  await delivering(t, { sinks: { 'one.example': sink } })
  await storage.database.sql`update account set state = 'suspended' where account_id = ${anna.id}`
  assert.equal(await accountState(storage.database.sql, anna.id), 'suspended')
  const id = await send({ to: ['bea@one.example'], accountId: anna.id, mailFrom: anna.address })
  await isPutOff(id)
  assert.deepEqual([sink.connections, (await statesOf(id))[0]?.state], [0, 'waiting'])
  await storage.database.sql`update account set state = 'open' where account_id = ${anna.id}`
  await retryLetter(storage, id)
  await hasLeft(id)
  assert.equal(sink.count, 1)
})
