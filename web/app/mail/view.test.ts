import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterOf, keyOf } from './view.ts'

const aside = ['trash', 'junk']

test('a folder is asked for by itself, narrowed in the same condition', () => {
  const source = { kind: 'mailbox', id: 'm1' } as const
  assert.deepEqual(filterOf({ source, only: undefined }, aside), { inMailbox: 'm1' })
  assert.deepEqual(filterOf({ source, only: 'unread' }, aside), { inMailbox: 'm1', notKeyword: '$seen' })
})

test('a label leaves trash and spam out, and keeps its keyword when narrowed to starred', () => {
  const source = { kind: 'label', keyword: 'choir' } as const
  assert.deepEqual(filterOf({ source, only: 'starred' }, aside), {
    operator: 'AND',
    conditions: [{ hasKeyword: 'choir', inMailboxOtherThan: aside }, { hasKeyword: '$flagged' }],
  })
})

test('a search for anything asks sender, recipient and subject', () => {
  const source = { kind: 'find', field: 'any', text: 'brandt' } as const
  assert.deepEqual(filterOf({ source, only: undefined }, aside), {
    operator: 'AND',
    conditions: [
      { operator: 'OR', conditions: [{ from: 'brandt' }, { to: 'brandt' }, { subject: 'brandt' }] },
      { inMailboxOtherThan: aside },
    ],
  })
})

test('without trash and spam a search is asked as it is', () => {
  const view = { source: { kind: 'find', field: 'from', text: 'brandt' }, only: undefined } as const
  assert.deepEqual(filterOf(view, []), { from: 'brandt' })
})

test('narrowing makes another list', () => {
  const source = { kind: 'mailbox', id: 'm1' } as const
  assert.notEqual(keyOf({ source, only: undefined }), keyOf({ source, only: 'unread' }))
})
