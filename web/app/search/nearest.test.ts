import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from './nearest.ts'

const cases: [typed: string, words: string[], meant: string | undefined][] = [
  ['Fahrplna', ['fahrer', 'fahrplan', 'fahrpläne'], 'fahrplan'],
  ['Zahlerstand', ['zähler', 'Zählerstande'], 'Zählerstande'],
  ['probe', ['probe'], undefined],
  ['haus', ['maus', 'haut'], 'maus'],
  ['haus', ['baum'], undefined],
  ['termin', [], undefined],
]

for (const [typed, words, meant] of cases)
  test(`${typed} is meant to be ${meant ?? 'itself'}`, () => assert.equal(nearest(typed, words), meant))

test('a very long word is compared in bounded time', () => {
  assert.equal(nearest('x'.repeat(100_000), ['y'.repeat(100_000)]), undefined)
})
