import { test } from 'node:test'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { keyedHash, open, seal, SealBroken, SEAL_OVERHEAD } from './seal.ts'

const key = randomBytes(32)

test('a sealed value opens where it was sealed', () => {
  const sealed = seal(key, '7/item/1', 'Generalprobe am Freitag')
  assert.equal(open(key, '7/item/1', sealed).toString(), 'Generalprobe am Freitag')
  assert.equal(sealed.length, 'Generalprobe am Freitag'.length + SEAL_OVERHEAD)
})

const attacks: [name: string, change: (sealed: Buffer) => { key?: Buffer; place?: string; sealed?: Buffer }][] = [
  ['moved to another account', () => ({ place: '8/item/1' })],
  ['moved to another row', () => ({ place: '7/item/2' })],
  ['moved to another table', () => ({ place: '7/folder/1' })],
  ['opened with another key', () => ({ key: randomBytes(32) })],
  ['one bit changed', (sealed) => ({ sealed: Buffer.from(sealed.with(20, (sealed[20] as number) ^ 1)) })],
  ['cut off', (sealed) => ({ sealed: sealed.subarray(0, -1) })],
  ['empty', () => ({ sealed: Buffer.alloc(0) })],
]
for (const [name, change] of attacks)
  test(`a sealed value does not open when ${name}`, () => {
    const sealed = seal(key, '7/item/1', 'letter')
    const changed = change(sealed)
    assert.throws(() => open(changed.key ?? key, changed.place ?? '7/item/1', changed.sealed ?? sealed), SealBroken)
  })

test('the same value sealed twice looks different, and hashed twice the same', () => {
  assert.notDeepEqual(seal(key, 'a', 'x'), seal(key, 'a', 'x'))
  assert.deepEqual(keyedHash(key, 'x'), keyedHash(key, 'x'))
  assert.notDeepEqual(keyedHash(key, 'x'), keyedHash(randomBytes(32), 'x'))
})
