import { test } from 'node:test'
import assert from 'node:assert/strict'
import { shiftClock } from './clock.ts'
import { describeError, ErrorElsewhere, onceUntilOver } from './log.ts'

test('trouble is told once while it lasts or comes back within a minute, and its end once', (t) => {
  t.after(() => shiftClock(0))
  const said: string[] = []
  const spell = onceUntilOver((message) => said.push(message), 'began', 'ended')
  spell.over()
  spell.trouble()
  spell.trouble()
  spell.over()
  spell.trouble()
  assert.deepEqual(said, ['began'])
  shiftClock(61)
  spell.over()
  spell.over()
  spell.trouble()
  assert.deepEqual(said, ['began', 'ended', 'began'])
})

test('an error is told by its name, its code and places in our source, never by its message', () => {
  const cause = Object.assign(new Error('invalid input: "Zwetschgenkuchen"'), { code: '22P02' })
  const told = JSON.stringify(describeError(new TypeError('mareike@example.org', { cause })))
  assert.match(told, /TypeError/)
  assert.match(told, /22P02/)
  assert.match(told, /log\.test\.ts:\d+/)
  assert.doesNotMatch(told, /mareike|Zwetschgen/)
})

test('an error of another thread is told as that one described it', () => {
  const described = describeError(Object.assign(new Error('lost'), { code: '08006' }))
  assert.deepEqual(describeError(new ErrorElsewhere(described)), described)
})
