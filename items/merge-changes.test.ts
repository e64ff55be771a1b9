import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { OpenAccount } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { addItem } from './add.ts'
import { itemChanges, kindState, threadChanges } from './changes.ts'
import { createFolder } from './folders/create.ts'
import { mergeChanges } from './merge-changes.ts'
import { updateItems } from './update.ts'

const KIND = 'note'
const storage = await openTestStorage({ after })

const stateOf = async (account: OpenAccount): Promise<number> => (await kindState(account, KIND)).items

/** Everything that whoever knows the account up to a number is told, in pieces of three. */
async function toldSince(account: OpenAccount, change: number) {
  const told: unknown[] = []
  for (const changes of [itemChanges, threadChanges])
    for (let since = { change }, hasMore = true; hasMore;) {
      const { upTo, ...list } = await changes(account, KIND, since, 3)
      told.push(list)
      since = upTo
      ;({ hasMore } = list)
    }
  return told
}

async function rowsOf(account: OpenAccount): Promise<number> {
  const { rowCount } = await account.sql`select from item_change where account_id = ${account.id}`
  return rowCount
}

test('after the list of changes was merged everybody is told the same as before', async () => {
  const { id } = await addPerson(storage)
  const account = await storage.openAccount(id)
  const folderId = await account.write((tx) => createFolder(tx, { kind: KIND, name: 'Notes' }))
  const states = [await stateOf(account)]
  const ids: number[] = []
  for (let i = 0; i < 12; i++) {
    const blob = await account.blobs.prepare(account.id, Buffer.from('note'))
    const item = { kind: KIND, folders: [folderId], blob, size: 4, flags: 0, receivedAt: new Date(), summary: '{}' }
    ids.push((await account.write((tx) => addItem(tx, item))).id)
    states.push(await stateOf(account))
  }
  for (let flags = 1; flags < 8; flags++) {
    const some = ids.filter((_, index) => (index + 1) % flags === 0)
    await account.write((tx) => updateItems(tx, KIND, some, () => ({ flags })))
    states.push(await stateOf(account))
  }
  await account.write((tx) => updateItems(tx, KIND, ids.slice(0, 2), () => ({ folders: [] })))
  states.push(await stateOf(account))

  const before = await Promise.all(states.map((state) => toldSince(account, state)))
  assert.equal(await rowsOf(account), 20)
  assert.equal(await mergeChanges(storage), 0, 'a short list is left alone')
  await account.sql`update kind_state set merge_at = 19 where account_id = ${account.id} and kind = ${KIND}`
  assert.equal(await mergeChanges(storage), 19)
  assert.equal(await rowsOf(account), 1)
  assert.deepEqual(await Promise.all(states.map((state) => toldSince(account, state))), before)
  assert.equal(await mergeChanges(storage), 0, 'and the list is short again')

  const known = await stateOf(account)
  await account.write((tx) => updateItems(tx, KIND, [ids[7] as number], () => ({ flags: 0 })))
  assert.deepEqual((await itemChanges(account, KIND, { change: known }, 5)).updated, [ids[7]])
})
