import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findFolderByRole, updateItems } from '#items'
import { addMessage, createStandardMailboxes, MAIL, prepareMessage } from '#mail'
import { loadTraining } from '#mail/antispam'
import { learnNext } from '#mail/lessons'
import { shiftClock } from '#system'
import { openTestStorage, testDatabase } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { RULES } from './rules.ts'

const DAY_SECONDS = 86_400
const storage = await openTestStorage({ after })
const { config } = await testDatabase()

test('that a letter was learnt is known as long as the letter is, and its going teaches nothing', async (t) => {
  const account = await storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)
  const [inbox, junk] = [
    await findFolderByRole(account, MAIL, 'inbox'),
    await findFolderByRole(account, MAIL, 'junk'),
  ] as [number, number]
  const message = await prepareMessage(account, letter())
  const filing = { mailboxes: [inbox], keywords: [], receivedAt: new Date() }
  const { id } = await account.write((tx) => addMessage(tx, message, filing))
  await account.write((tx) => updateItems(tx, MAIL, [id], () => ({ folders: [junk] })))
  await learnNext(storage, account.id)
  const lessons = async (): Promise<number> =>
    (await account.sql`select from spam_lesson where account_id = ${account.id}`).rowCount
  const inDays = async (days: number): Promise<void> => {
    shiftClock(days * DAY_SECONDS)
    for (const rule of RULES) await rule.destroy(storage, config)
    await learnNext(storage, account.id)
  }
  t.after(() => shiftClock(0))

  await account.write((tx) => updateItems(tx, MAIL, [id], () => ({ folders: [] })))
  await inDays(44.9)
  assert.equal(await lessons(), 1)
  await inDays(45.1)
  assert.equal(await lessons(), 0)
  assert.deepEqual((await loadTraining(account)).letters, { junk: 1, good: 0 })
})
