import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layOut } from './geometry.ts'

const row = 75
const heading = 28

test('rows stand below each other, each heading above its row', () => {
  const list = layOut(100, row, heading, [
    { index: 0, heading: true, hidden: false },
    { index: 3, heading: true, hidden: false },
  ])
  assert.equal(list.top(0), 0)
  assert.equal(list.top(1), row + heading)
  assert.equal(list.top(3), 3 * row + heading)
  assert.equal(list.top(4), 4 * row + 2 * heading)
  assert.equal(list.height, 100 * row + 2 * heading)
})

test('a hidden row takes no room and those below move up', () => {
  const list = layOut(10, row, heading, [{ index: 2, heading: false, hidden: true }])
  assert.equal(list.top(2), list.top(3))
  assert.equal(list.height, 9 * row)
})

test('the row at a position is the one whose box covers it', () => {
  const list = layOut(1_000_000, row, heading, [
    { index: 0, heading: true, hidden: false },
    { index: 7, heading: false, hidden: true },
    { index: 500_000, heading: true, hidden: false },
  ])
  for (const index of [0, 1, 6, 8, 499_999, 500_000, 500_001, 999_999]) {
    assert.equal(list.at(list.top(index)), index)
    assert.equal(list.at(list.top(index) + row - 1), index)
  }
  assert.equal(list.at(-50), 0)
  assert.equal(list.at(list.height + 50), 999_999)
})

test('an empty list has no height', () => {
  const list = layOut(0, row, heading, [])
  assert.equal(list.height, 0)
  assert.equal(list.at(0), 0)
})
