import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSelector } from './selector.ts'

test('the names of keys tell a day and a kind, and no two are the same', () => {
  const taken = new Set<string>()
  const next = (): string => {
    const name = newSelector('2026-11-30', 'rsa', taken)
    taken.add(name)
    return name
  }
  assert.deepEqual([next(), next(), next()], ['z20261130-rsa', 'z20261130b-rsa', 'z20261130c-rsa'])
  assert.equal(newSelector('2026-11-30', 'ed25519', taken), 'z20261130-ed25519')
})
