import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterOfQuery } from './filter.ts'
import { parseQuery } from './parse.ts'

const around = {
  mailbox: (name: string) => ({ archiv: 'F3', archive: 'F3' })[name.toLowerCase()],
  keyword: (label: string) => ({ chor: 'chor' })[label.toLowerCase()],
  timeZone: 'Europe/Brussels',
  aside: ['F5', 'F6'],
}
const filter = (text: string) => filterOfQuery(parseQuery(text, '2026-11-22'), around)
const elsewhere = { inMailboxOtherThan: ['F5', 'F6'] }
const and = (...conditions: object[]) => ({ operator: 'AND', conditions })
const nothing = and({ hasKeyword: '$seen' }, { notKeyword: '$seen' })

const cases: [typed: string, filter: object][] = [
  ['Fahrplan', and({ text: 'Fahrplan' }, elsewhere)],
  ['von:anna "bis bald"', and({ from: 'anna' }, { text: '"bis bald"' }, elsewhere)],
  ['datei:noten', and({ attachmentName: 'noten' }, elsewhere)],
  ['apfel OR birne', and({ operator: 'OR', conditions: [{ text: 'apfel' }, { text: 'birne' }] }, elsewhere)],
  ['-entwurf', and({ operator: 'NOT', conditions: [{ text: 'entwurf' }] }, elsewhere)],
  ['in:Archiv noten', and({ inMailbox: 'F3' }, { text: 'noten' })],
  ['in:alles noten', { text: 'noten' }],
  ['-in:archiv noten', and({ operator: 'NOT', conditions: [{ inMailbox: 'F3' }] }, { text: 'noten' }, elsewhere)],
  ['in:nirgends', nothing],
  ['label:Chor is:unread', and({ hasKeyword: 'chor' }, { notKeyword: '$seen' }, elsewhere)],
  ['label:nie', and(nothing, elsewhere)],
  ['on:2026-07-01', and({ after: '2026-06-30T22:00:00Z', before: '2026-07-01T22:00:00Z' }, elsewhere)],
  ['larger:5MB has:attachment', and({ minSize: 5_000_000 }, { hasAttachment: true }, elsewhere)],
  ['', elsewhere],
]

for (const [typed, wanted] of cases)
  test(`a search for ${typed || 'nothing'} becomes a filter the server knows`, () => {
    assert.deepEqual(filter(typed), wanted)
  })
