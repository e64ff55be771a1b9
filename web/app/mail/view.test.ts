import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterOf, keyOf } from './view.ts'

const aside = ['trash', 'junk']
const search = (text: string) => ({ text })

test('a folder is asked for by itself, narrowed in the same condition', () => {
  const source = { kind: 'mailbox', id: 'm1' } as const
  assert.deepEqual(filterOf({ source, only: undefined }, aside, search), { inMailbox: 'm1' })
  assert.deepEqual(filterOf({ source, only: 'unread' }, aside, search), { inMailbox: 'm1', notKeyword: '$seen' })
})

test('a label leaves trash and spam out, and keeps its keyword when narrowed to starred', () => {
  const source = { kind: 'label', keyword: 'choir' } as const
  assert.deepEqual(filterOf({ source, only: 'starred' }, aside, search), {
    operator: 'AND',
    conditions: [{ hasKeyword: 'choir', inMailboxOtherThan: aside }, { hasKeyword: '$flagged' }],
  })
})

test('a search is asked as it was read, and narrowed beside it', () => {
  const source = { kind: 'search', text: 'brandt' } as const
  assert.deepEqual(filterOf({ source, only: undefined }, aside, search), { text: 'brandt' })
  assert.deepEqual(filterOf({ source, only: 'attachment' }, aside, search), {
    operator: 'AND',
    conditions: [{ text: 'brandt' }, { hasAttachment: true }],
  })
})

test('narrowing makes another list', () => {
  const source = { kind: 'mailbox', id: 'm1' } as const
  assert.notEqual(keyOf({ source, only: undefined }), keyOf({ source, only: 'unread' }))
})
