import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeUtf7, encodeUtf7 } from './index.ts'

const examples: Record<string, string> = {
  '~peter/mail/&U,BTFw-/&ZeVnLIqe-': '~peter/mail/台北/日本語',
  '&-': '&',
  'R&-D': 'R&D',
  '&-&-': '&&',
  '&2D3cSA-': '\u{1f448}',
  'Entw&APw-rfe': 'Entwürfe',
}

for (const [wire, name] of Object.entries(examples))
  test(`modified UTF-7 both ways: ${wire}`, () => {
    assert.equal(encodeUtf7(name), wire)
    assert.equal(decodeUtf7(wire), name)
  })

test('whatever a name is, modified UTF-7 brings it back, in printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
      fc.pre(name.isWellFormed())
      const wire = encodeUtf7(name)
      assert.match(wire, /^[\x20-\x7e]*$/)
      assert.equal(decodeUtf7(wire), name)
    }),
  )
})

test('whatever comes as modified UTF-7 is either refused or has no other form', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'&-,+AZaz09/=é\u0000'), maxLength: 20 }), (wire) => {
      const name = decodeUtf7(wire)
      if (name !== undefined) assert.equal(encodeUtf7(name), wire)
    }),
    { numRuns: 1000 },
  )
})

const hostile: Record<string, string> = {
  'a shift that never ends': 'a&AOk',
  'a lone ampersand at the end': 'a&',
  'a separator in base64': 'a&AC8-b',
  'a wildcard in base64': '&ACo-',
  'ASCII letters in base64': '&AGE-',
  'two shifts beside each other': '&AOk-&AOk-',
  'the alphabet of plain base64': '&U/BTFw-',
  padding: '&AOk=-',
  'bits left over': '&AOl-',
  'half a unit': '&AO-',
  'one character of base64': '&A-',
  'half a surrogate pair': '&2D0-',
  'a pair the wrong way round': '&3AjYPQ-',
  'eight bits in clear': 'caf\u00e9',
  'a line end in clear': 'a\r\nb',
}

for (const [attack, wire] of Object.entries(hostile))
  test(`no name at all: ${attack}`, () => assert.equal(decodeUtf7(wire), undefined))

test('what is long is decoded in the time its length takes', () => {
  assert.equal(decodeUtf7('&'.repeat(200_000)), undefined)
  assert.equal(decodeUtf7(`${'&-'.repeat(100_000)}&`), undefined)
})
