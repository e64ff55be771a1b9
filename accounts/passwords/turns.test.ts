import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurn } from './turns.ts'

test('two work at once, 64 wait in order, and who comes then is sent away', async () => {
  const order: number[] = []
  const doors: (() => void)[] = []
  let atOnce = 0
  let most = 0
  const work = (number: number) => async (): Promise<number> => {
    most = Math.max(most, ++atOnce)
    await new Promise<void>((resolve) => doors.push(resolve))
    atOnce--
    order.push(number)
    return number
  }
  const all = Array.from({ length: 66 }, (_, number) => inTurn(work(number)))
  await assert.rejects(inTurn(work(66)), { reason: 'overload', retryAfterSeconds: 5 })
  while (order.length < 66) {
    doors.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(await Promise.all(all), [...all.keys()])
  assert.deepEqual(order, [...all.keys()])
  assert.equal(most, 2)
})

test('work that fails gives its place to the next', async () => {
  const failing = Array.from({ length: 5 }, () =>
    inTurn(async () => {
      throw new Error('no')
    }),
  )
  for (const one of failing) await assert.rejects(one, /no/)
  assert.equal(await inTurn(async () => 'yes'), 'yes')
})
