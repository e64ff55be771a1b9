import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claim } from './claim.ts'
import { openLanes } from './lanes.ts'
import type { Way } from './way.ts'

const wayTo = (lane: string): Way => ({
  lane,
  isHere: lane === 'here',
  care: 'usual',
  async *endpoints() {},
})
const letter = (letterId: number, size: number): Claim => ({
  lease: 1,
  letterId,
  accountId: 7,
  envelope: { mailFrom: '', blob: { id: '', key: '', size }, hops: 0, body8bit: false, smtputf8: false },
  size,
  createdAt: new Date(0),
  sendAt: new Date(0),
  isHeldBack: false,
  domain: 'one.example',
  destinationKey: Buffer.from('one'),
  recipients: [],
  fields: '',
})

test('of large letters to people here so few are read at a time that memory holds them, and small ones follow', () => {
  const lanes = openLanes({ maxDeliveries: 50, maxDeliveriesPerDestination: 10 })
  const sizes = [60_000_000, 60_000_000, 1000, 200_000_000, 1000]
  for (const [id, size] of sizes.entries()) {
    lanes.add(wayTo('here'), letter(id, size))
    lanes.add(wayTo('there'), letter(id, size))
  }
  const take = (): ReturnType<typeof lanes.take>[] => {
    const taken = []
    for (let next = lanes.take(); next !== undefined; next = lanes.take()) taken.push(next)
    return taken
  }
  const first = take()
  const idsOf = (lane: string) => first.filter((one) => one?.lane.way.lane === lane).map((one) => one?.claim.letterId)
  assert.deepEqual([idsOf('here'), idsOf('there')], [[0], [0, 1, 2, 3, 4]])
  const order: number[][] = []
  for (let taken = first.filter((one) => one?.lane.way.isHere); taken.length > 0; taken = take()) {
    order.push(taken.map((one) => one?.claim.letterId ?? -1))
    for (const one of taken) if (one !== undefined) lanes.done(one.lane, one.claim)
  }
  assert.deepEqual(order, [[0], [1, 2], [3], [4]])
})
