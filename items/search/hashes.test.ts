import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { hashWords } from './hashes.ts'

const storage = await openTestStorage({ after })
const newAccount = async () => storage.openAccount((await addPerson(storage)).id)

/** Around the length of a block, where one that is cut off must not be taken for one that is not. */
const words = [
  '',
  'a',
  'x'.repeat(14),
  'x'.repeat(15),
  'x'.repeat(16),
  'x'.repeat(64),
  'ä'.repeat(7),
  'ä'.repeat(8),
  '日'.repeat(5),
  '日'.repeat(20),
  '😀'.repeat(4),
]

test('a word has one hash in each field of each account, alone or among others', async () => {
  const accounts = [await newAccount(), await newAccount()]
  const list = [0, 1, 15].flatMap((field) => words.map((word) => ({ field, word })))
  const all = accounts.flatMap((account) => hashWords(account, list))
  assert.equal(new Set(all).size, all.length)
  const [account] = accounts
  assert.ok(account)
  assert.deepEqual(
    list.map((one) => hashWords(account, [one])[0]),
    all.slice(0, list.length),
  )
  storage.forget(account.id)
  assert.deepEqual(hashWords(await storage.openAccount(account.id), list), all.slice(0, list.length))
  assert.deepEqual(hashWords(account, []), [])
})
