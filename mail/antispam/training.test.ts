import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countsOf, MOST_KEPT, readTraining, teach, UNTAUGHT, writeTraining, type Lesson } from './training.ts'

const lesson = (features: number[], isJunk: boolean, isUndone = false): Lesson => ({
  features: Uint32Array.from(features),
  isJunk,
  isUndone,
})

test('what is learnt is counted, what is unlearnt is gone, and both are read as they were written', () => {
  const once = teach(UNTAUGHT, [lesson([7, 4_000_000_000], true), lesson([7], false)])
  assert.deepEqual(once.letters, { junk: 1, good: 1 })
  assert.deepEqual(countsOf(once, 7), { junk: 1, good: 1 })
  assert.deepEqual(countsOf(once, 4_000_000_000), { junk: 1, good: 0 })
  assert.equal(countsOf(once, 8), undefined)
  assert.deepEqual(readTraining(writeTraining(once)), once)
  const back = teach(once, [lesson([7, 4_000_000_000], true, true)])
  assert.deepEqual(back.letters, { junk: 0, good: 1 })
  assert.equal(countsOf(back, 4_000_000_000), undefined)
  assert.deepEqual(countsOf(back, 7), { junk: 0, good: 1 })
  assert.ok(back.lessons > once.lessons, 'every lesson makes a state of its own')
})

test('unlearning what was never learnt leaves nothing below zero', () => {
  const training = teach(UNTAUGHT, [lesson([1], true, true), lesson([1], false)])
  assert.deepEqual(
    [training.letters, countsOf(training, 1)],
    [
      { junk: 0, good: 1 },
      { junk: 0, good: 1 },
    ],
  )
})

test('of more than is kept, what was seen once and long ago is forgotten, and what comes often stays', () => {
  let training = UNTAUGHT
  for (let round = 0; round < 200; round++)
    training = teach(training, [lesson([1, 2, ...Array.from({ length: 400 }, (_, at) => 10 + round * 400 + at)], true)])
  assert.ok(training.features.length <= MOST_KEPT)
  assert.deepEqual(countsOf(training, 1), { junk: 200, good: 0 })
  assert.equal(countsOf(training, 10), undefined)
  assert.ok(countsOf(training, 10 + 199 * 400))
})

test('a damaged value is refused and not misread', () => {
  const written = writeTraining(teach(UNTAUGHT, [lesson([1, 2, 3], true)]))
  assert.throws(() => readTraining(written.subarray(0, -1)), RangeError)
  assert.throws(() => readTraining(Buffer.alloc(20)), RangeError)
})
