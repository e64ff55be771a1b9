import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { mayHavePair, pairFilter, pairNumbers } from './pairs.ts'

const storage = await openTestStorage({ after })
const account = await storage.openAccount((await addPerson(storage)).id)

const mayHave = async (filter: Buffer, first: string, second: string): Promise<boolean | undefined> => {
  const { rows } = await storage.database.sql<{ has: boolean }>`
    select ${mayHavePair(pairNumbers(account, first, second))} as has from (select ${filter}::bytea as pairs) as w`
  return rows[0]?.has
}

test('no pair of an item is missed, in all its forms', async () => {
  const forms = fc.array(fc.constantFrom('a', 'b', 'c', 'ä', 'long'.repeat(9)), { maxLength: 2 })
  await fc.assert(
    fc.asyncProperty(fc.array(forms, { maxLength: 8 }), async (sequence) => {
      const filter = pairFilter(account, sequence)
      for (const [index, seconds] of sequence.entries())
        for (const first of sequence[index - 1] ?? [])
          for (const second of seconds) assert.equal(await mayHave(filter, first, second), true)
    }),
    { numRuns: 30 },
  )
})

test('nine in ten pairs that are not there are told', async () => {
  const words = Array.from({ length: 400 }, (_, index) => [`word${index}`])
  const filter = pairFilter(account, words)
  let wrong = 0
  for (let index = 0; index < 300; index++) if (await mayHave(filter, `word${index + 1}`, `word${index}`)) wrong++
  assert.ok(wrong < 50, `${wrong} of 300`)
  assert.ok(filter.length <= 250)
})
