import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { readRecords, updateRecord } from '#items'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { openTestInspection } from '#test/inspection'
import { addPerson } from '#test/people'
import { queuedLetters } from '#test/queue'
import { checkSubmission, type CheckedLetter } from './check.ts'
import { cancelSubmission, forgetSubmissions, SUBMISSION, submitRecorded, type SubmissionRecord } from './record.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()
const tools = { storage, config, ...openTestInspection({ after }, config) }

async function sender(): Promise<{ account: OpenAccount; check(): Promise<CheckedLetter> }> {
  const { id, address } = await addPerson(storage)
  const account = await storage.openAccount(id)
  const content = Buffer.from(`From: ${address}\r\nTo: bea@example.org\r\n\r\nText\r\n`)
  const recipients = [{ address: 'bea@example.org' }]
  return {
    account,
    check: () => checkSubmission(tools, account, { mailFrom: address, recipients, content, isRecorded: true }),
  }
}

const submission = {
  identityId: 1,
  emailId: 1,
  threadId: 1,
  envelope: { mailFrom: { email: 'anna@zegel.test', parameters: null }, rcptTo: [] },
  sendAt: '2026-11-22T10:00:00Z',
}

const idsOf = async (account: OpenAccount): Promise<number[]> =>
  (await readRecords<SubmissionRecord>(account, SUBMISSION, null)).map(({ id }) => id)

test('letter and record are durable together, or neither is', async () => {
  const { account, check } = await sender()
  const checked = await check()
  const failing = account.write(async (tx) => {
    await submitRecorded(tx, checked, submission)
    throw new Refusal('overload')
  })
  await assert.rejects(failing, { reason: 'overload' })
  assert.deepEqual([await queuedLetters(storage, account.id), await idsOf(account)], [[], []])
  const { rowCount } = await storage.database.sql`select from sending where account_id = ${account.id}`
  assert.equal(rowCount, 0, 'it does not count either')

  const { id } = await account.write((tx) => submitRecorded(tx, checked, submission))
  assert.equal(id, checked.submissionId)
  assert.deepEqual([(await queuedLetters(storage, account.id)).length, await idsOf(account)], [1, [id]])
})

test('two who take the same letter back do so once', async () => {
  const { account, check } = await sender()
  const checked = await check()
  const { id } = await account.write((tx) => submitRecorded(tx, checked, submission))
  const both = await Promise.all([1, 2].map(() => account.write((tx) => cancelSubmission(tx, id))))
  assert.deepEqual(both, [true, true])
  assert.deepEqual(await queuedLetters(storage, account.id), [])
  await assert.rejects(
    account.write((tx) => cancelSubmission(tx, 1)),
    { reason: 'notFound' },
  )
})

test('how a letter went is known for 30 days, and longer while it waits', async (t) => {
  const { account, check } = await sender()
  const sendAt = new Date().toISOString()
  const [done, waiting] = [await check(), await check()]
  for (const checked of [done, waiting])
    await account.write((tx) => submitRecorded(tx, checked, { ...submission, sendAt }))
  const [id, other] = [done.submissionId, waiting.submissionId] as [number, number]
  const [record] = await readRecords<SubmissionRecord>(account, SUBMISSION, [id])
  await account.write((tx) => updateRecord(tx, SUBMISSION, id, { value: { ...record?.value, undoStatus: 'final' } }))
  const pass = clockAtNoon(t)
  pass(28 * 86_400)
  await forgetSubmissions(storage)
  assert.deepEqual(await idsOf(account), [id, other])
  pass(4 * 86_400)
  await forgetSubmissions(storage)
  assert.deepEqual(await idsOf(account), [other])
  assert.equal(await forgetSubmissions(storage), 0, 'it is not looked at again before its time')
})

test('a record whose letter was taken out of the queue goes with the others', async (t) => {
  const { account, check } = await sender()
  const checked = await check()
  await account.write((tx) => submitRecorded(tx, checked, { ...submission, sendAt: new Date().toISOString() }))
  await storage.database.sql`delete from queue_letter where account_id = ${account.id}`
  clockAtNoon(t)(32 * 86_400)
  await forgetSubmissions(storage)
  assert.deepEqual(await idsOf(account), [])
})

test('who sends thousands of letters a month can go on: the records of the oldest go first, of what waits last', async () => {
  const { account, check } = await sender()
  const [done, waiting, next] = [await check(), await check(), await check()]
  for (const checked of [done, waiting]) await account.write((tx) => submitRecorded(tx, checked, submission))
  const id = done.submissionId as number
  const [record] = await readRecords<SubmissionRecord>(account, SUBMISSION, [id])
  await account.write((tx) => updateRecord(tx, SUBMISSION, id, { value: { ...record?.value, undoStatus: 'final' } }))
  await storage.database.sql`
    insert into record (account_id, kind, record_id, sealed, created_at, created_change, change)
    select ${account.id}, ${SUBMISSION}, n, '', now(), 100, 100 from generate_series(1, 5000) as n`
  await account.write((tx) => submitRecorded(tx, next, submission))
  const { rows } = await storage.database.sql<{ record_id: number }>`
    select record_id from record
    where account_id = ${account.id} and kind = ${SUBMISSION} and record_id > 5000 and removed_at is null order by 1`
  assert.deepEqual(
    rows.map((row) => row.record_id),
    [waiting.submissionId, next.submissionId],
  )
})

test('what an account may send is bounded for the hour and for the day', async (t) => {
  const pass = clockAtNoon(t)
  const { account, check } = await sender()
  const send = async (limits: Partial<CheckedLetter['limits']>): Promise<unknown> => {
    const checked = await check()
    return account
      .write((tx) => submitRecorded(tx, { ...checked, limits: { ...checked.limits, ...limits } }, submission))
      .catch((error: unknown) => error)
  }
  for (let i = 0; i < 3; i++) assert.ok(!((await send({ maxLettersPerHour: 3 })) instanceof Refusal))
  const hour = (await send({ maxLettersPerHour: 3 })) as Refusal
  assert.deepEqual([hour.reason, (hour.retryAfterSeconds ?? 0) <= 3600], ['tooManyAttempts', true])
  pass(3600)
  assert.ok(!((await send({ maxLettersPerHour: 3 })) instanceof Refusal))
  const day = (await send({ maxRecipientsPerDay: 4 })) as Refusal
  assert.deepEqual([day.reason, (day.retryAfterSeconds ?? 0) <= 86_400], ['tooManyAttempts', true])
  pass(day.retryAfterSeconds ?? 0)
  assert.ok(!((await send({ maxRecipientsPerDay: 4 })) instanceof Refusal), 'after the time it was told')
})
