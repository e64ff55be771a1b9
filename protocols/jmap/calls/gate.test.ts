import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Refusal } from '#system'
import { openGate } from './gate.ts'

test('as many as may run do, the next waits its turn, the one after is refused', async () => {
  const gate = openGate(2, 1)
  const leaveFirst = await gate.enter(1)
  await gate.enter(1)
  let third = false
  const waiting = gate.enter(1).then((leave) => {
    third = true
    return leave
  })
  await assert.rejects(gate.enter(1), (error: Refusal) => error.reason === 'overload')
  await turn()
  assert.equal(third, false)
  leaveFirst()
  leaveFirst()
  await waiting
  let fourth = false
  void gate.enter(1).then(() => (fourth = true))
  await turn()
  assert.equal(fourth, false, 'leaving twice frees one place')
})

test('accounts do not wait for one another', async () => {
  const gate = openGate(1, 0)
  await gate.enter(1)
  await gate.enter(2)
})
