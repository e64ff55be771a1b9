import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, inflateRawSync, inflateSync } from 'node:zlib'
import { envelope, parseMessage } from '#formats/message'
import { makeFile, type Setting } from './make.ts'

const setting: Setting = {
  now: new Date('2026-11-22T12:00:00Z'),
  written: new Date('2026-11-20T08:00:00Z'),
  mailboxOf: (who) => ({ name: `Person ${who}`, address: `${who}@example.org` }),
}
const make = (name: string, words: string) => makeFile(name, words, setting)

test('a PDF finds each of its objects where its table says, over several pages', () => {
  const { bytes } = make('a.pdf', ['Überschrift (1)', ...Array.from({ length: 90 }, (_, n) => `Zeile ${n}`)].join('\n'))
  const text = bytes.toString('latin1')
  assert.ok(text.startsWith('%PDF-1.4\n'))
  assert.equal(text.indexOf('xref\n'), Number(/startxref\n(\d+)/.exec(text)?.[1]))
  const offsets = [...text.matchAll(/^(\d{10}) 00000 n /gm)].map(([, offset]) => Number(offset))
  for (const [at, offset] of offsets.entries()) assert.ok(text.startsWith(`${at + 1} 0 obj\n`, offset))
  assert.match(text, /\/Count 3 /)
  assert.ok(text.includes(String.raw`(Überschrift \(1\))`))
  for (const [, length, content] of text.matchAll(/\/Length (\d+) >>\nstream\n([\s\S]*?)\nendstream/g))
    assert.equal(content?.length, Number(length))
})

test('a picture is a PNG of the size asked for, its chunks whole', () => {
  for (const motif of ['hills', 'castle', 'music', 'plan', 'paper']) {
    const { bytes } = make('a.png', `${motif} 40x30 1`)
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [40, 30])
    for (let at = 8; at < bytes.length;) {
      const length = bytes.readUInt32BE(at)
      const typed = bytes.subarray(at + 4, at + 8 + length)
      assert.equal(bytes.readUInt32BE(at + 8 + length), crc32(typed))
      if (typed.toString('latin1', 0, 4) === 'IDAT')
        assert.equal(inflateSync(typed.subarray(4)).length, 30 * (1 + 40 * 3))
      at += 12 + length
    }
  }
  assert.notDeepEqual(make('a.png', 'paper 40x30 1').bytes, make('a.png', 'paper 40x30 2').bytes)
})

test('a text document is a zip archive whose directory leads to its files', () => {
  const { bytes } = make('a.docx', 'Title & more\nText')
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  const files = new Map<string, string>()
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = bytes.readUInt16LE(at + 28)
    const local = bytes.readUInt32LE(at + 42)
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const content = inflateRawSync(bytes.subarray(start, start + bytes.readUInt32LE(at + 20)))
    assert.equal(bytes.readUInt32LE(at + 16), crc32(content))
    files.set(bytes.toString('utf8', at + 46, at + 46 + nameLength), content.toString())
    at += 46 + nameLength
  }
  assert.equal(at, end)
  assert.deepEqual([...files.keys()], ['[Content_Types].xml', '_rels/.rels', 'word/document.xml'])
  assert.match(files.get('word/document.xml') ?? '', />Title &amp; more<.*>Text</)
})

test('an event with guests is an invitation in the hours of the writers; folded lines end within 75 octets', () => {
  const { bytes, parameters } = make(
    'a.ics',
    `summary: ${'Größe, '.repeat(20)}\nstart: +20Sa 20:00\nminutes: 90\nplace: Hall\norganizer: tom\nattendees: hanne, papa`,
  )
  const text = bytes.toString()
  assert.equal(parameters?.['method'], 'REQUEST')
  for (const line of text.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75)
  const unfolded = text.replaceAll('\r\n ', '')
  assert.match(unfolded, /DTSTART:20261212T190000Z\r\nDTEND:20261212T203000Z\r\n/)
  assert.ok(unfolded.includes(`SUMMARY:${String.raw`Größe\, `.repeat(20).trim()}`))
  assert.equal(unfolded.match(/^ATTENDEE;/gm)?.length, 2)
  assert.equal(make('a.ics', 'summary: A\nstart: +1 10:00\nminutes: 5').parameters?.['method'], 'PUBLISH')
})

test('an enclosed message is one', () => {
  const { type, bytes } = make('a.eml', 'tom > hanne | Größe\n\nText')
  assert.equal(type, 'message/rfc822')
  const { subject, from, date } = envelope(parseMessage(bytes))
  assert.deepEqual([subject, from?.[0]?.email, date], ['Größe', 'tom@example.org', '2026-11-19T09:00:00+01:00'])
})

const mistakes: Record<string, [name: string, words: string]> = {
  'a kind that is not made': ['a.exe', ''],
  'a picture of nothing': ['a.png', 'cats 10x10 1'],
  'a picture without a size': ['a.png', 'hills'],
  'an event without an hour': ['a.ics', 'summary: A\nstart: +1\nminutes: 5'],
  'an event of a stranger': ['a.ics', 'summary: A\nstart: +1 10:00\nminutes: 5\norganizer: stranger'],
  'a message of a stranger': ['a.eml', 'stranger > tom | A\n\nText'],
}
for (const [what, [name, words]] of Object.entries(mistakes))
  test(`refused: ${what}`, () => assert.throws(() => make(name, words), Error))
