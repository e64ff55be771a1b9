import assert from 'node:assert/strict'
import { test } from 'node:test'
import { now } from '#system'
import { send, statesOf, storage } from '#test/delivery'
import { claim, type Claim } from './claim.ts'
import { destinationKey } from './letter.ts'

const key = await storage.keys.serviceKey('queue')
const to = (domain: string): Buffer => destinationKey(key, domain)

/** Many letters that are due to one domain, as far as the queue can tell. */
async function crowd(domain: string, letters: number): Promise<void> {
  const id = await send({ to: [`x@${domain}`] })
  await storage.database.sql`
    insert into queue_recipient (letter_id, number, destination_key, sealed, next_attempt_at)
    select letter_id, number.number, destination_key, sealed, ${new Date(now().getTime() - 60_000)}
    from queue_recipient, generate_series(1, ${letters}) as number (number) where letter_id = ${id}`
}

const take = (except: string[], most = 50): ReturnType<typeof claim> =>
  claim(storage, key, { held: [], except: except.map(to), most })

const idsOf = (claims: readonly Claim[]): number[] => claims.map(({ letterId }) => letterId)

test('letters to others are found behind any number that are due longer to destinations that are left out', async () => {
  await crowd('dead.example', 3000)
  const ids = [await send({ to: ['a@one.example'] }), await send({ to: ['b@two.example', 'c@two.example'] })]
  const { claims, count, broken } = await take(['dead.example'])
  assert.deepEqual([idsOf(claims).toSorted(), count, broken], [ids.toSorted(), 3, []])
  for (const id of ids) assert.ok((await statesOf(id)).every(({ lease, attempts }) => lease !== null && attempts === 1))
  assert.equal((await take(['dead.example'])).count, 0, 'nobody else is due')
})

test('of many destinations all come in turn, no more at once than were asked for', async () => {
  await crowd('dead.example', 1500)
  const ids: number[] = []
  for (let i = 0; i < 30; i++) ids.push(await send({ to: [`x@d${i}.example`] }))
  const taken: number[] = []
  for (let times = 0; times < 8; times++) {
    const { claims, count } = await take(['dead.example'], 7)
    assert.ok(count <= 7)
    taken.push(...idsOf(claims))
  }
  assert.deepEqual(taken.toSorted(), ids.toSorted())
})

test('what is due longest comes first where nothing is left out', async () => {
  const [later, sooner] = [await send({ to: ['a@one.example'] }), await send({ to: ['b@two.example'] })]
  await storage.database.sql`
    update queue_recipient set next_attempt_at = ${new Date(now().getTime() - 60_000)} where letter_id = ${sooner}`
  assert.deepEqual(idsOf((await take([], 1)).claims), [sooner])
  assert.deepEqual(idsOf((await take([], 1)).claims), [later])
})
