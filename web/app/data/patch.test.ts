import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Email } from '../jmap/types.ts'
import { applyPatch, invertPatch, pointer } from './patch.ts'

const email: Email = {
  id: 'e1',
  threadId: 't1',
  mailboxIds: { m1: true, m2: true },
  keywords: { $seen: true, 'a/b~c': true },
  hasAttachment: false,
  from: null,
  to: null,
  subject: null,
  receivedAt: '2026-11-17T10:00:00Z',
  preview: '',
}

const patches: [name: string, patch: Record<string, unknown>][] = [
  ['a keyword that is not there', { [pointer('keywords', '$flagged')]: true }],
  ['a keyword that is there already', { [pointer('keywords', '$seen')]: true }],
  ['a keyword taken away', { [pointer('keywords', '$seen')]: null }],
  ['a keyword with signs of a pointer', { [pointer('keywords', 'a/b~c')]: null }],
  ['a move', { [pointer('mailboxIds', 'm1')]: null, [pointer('mailboxIds', 'm3')]: true }],
  ['all mailboxes replaced', { mailboxIds: { m9: true } }],
]

for (const [name, patch] of patches)
  test(`undoing leads back: ${name}`, () => {
    const changed = applyPatch(email, patch)
    assert.deepEqual(applyPatch(changed, invertPatch(email, patch)), email)
  })

test('a patch leaves the message it is applied to as it was', () => {
  const before = structuredClone(email)
  applyPatch(email, { mailboxIds: { m9: true }, [pointer('keywords', '$seen')]: null })
  assert.deepEqual(email, before)
})

test('pointers escape what JSON pointers escape (RFC 6901 §3)', () => {
  assert.equal(pointer('keywords', 'a/b~c'), 'keywords/a~1b~0c')
})
