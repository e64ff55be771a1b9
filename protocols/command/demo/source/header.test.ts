import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelope, parseMessage, partContent } from '#formats/message'
import { encodeText } from './charset.ts'
import { leaf, writeEntity, type Encoding } from './entity.ts'
import { writeAddress, writeField, writeParameters, writeText } from './header.ts'

const subjects: Record<string, [text: string, charset: string]> = {
  ASCII: ['Budget for the binding workshop', 'utf-8'],
  'longer than a line': ['Wohnungsübergabeprotokoll '.repeat(9).trim(), 'utf-8'],
  'one word longer than a line': ['Überweisungs'.repeat(20), 'utf-8'],
  emoji: ['🎂 Kuchen 👩‍🌾 '.repeat(9).trim(), 'utf-8'],
  Arabic: ['دعوة إلى حفل زفاف', 'utf-8'],
  'ISO-2022-JP': ['和紙の見本について', 'iso-2022-jp'],
  'windows-1252': ['Gescannt für „Müßig“: 5 €', 'windows-1252'],
  'ISO-8859-15': ['Cœur de cuve, 50 €', 'iso-8859-15'],
}

for (const [what, [text, charset]] of Object.entries(subjects)) {
  test(`a subject and a name in ${what} come back, in lines of 78 characters`, () => {
    const style = { charset, isRaw: false }
    const header =
      writeField(['From', writeAddress(text, 'a@example.org', style)]) + writeField(['Subject', writeText(text, style)])
    for (const line of header.split('\r\n')) assert.ok(line.length <= 78, line)
    assert.match(header, /^[\r\n -~]*$/)
    const { subject, from } = envelope(parseMessage(Buffer.from(`${header}\r\n`, 'latin1')))
    assert.deepEqual([subject, from], [text, [{ name: text, email: 'a@example.org' }]])
  })
}

test('a subject may stand as bytes of its charset', () => {
  const field = writeField(['Subject', writeText('für Müßig', { charset: 'windows-1252', isRaw: true })])
  assert.equal(field, 'Subject: f\xfcr M\xfc\xdfig\r\n')
})

test('a charset that lacks a character is refused rather than filled with question marks', () => {
  assert.throws(() => encodeText('和紙', 'iso-8859-15'), /lacks a character/)
  assert.throws(() => encodeText('🎂', 'iso-2022-jp'), /lacks a character/)
})

test('long and foreign file names come back', () => {
  for (const name of [
    'a.pdf',
    'with space, and "quotes".pdf',
    'Größe.pdf',
    `${'Wohnungsübergabe '.repeat(9)}.docx`,
    '和紙.txt',
  ]) {
    const field = writeField(['Content-Disposition', `attachment${writeParameters({ filename: name })}`])
    assert.match(field, /^[\r\n -~]*$/)
    assert.equal(parseMessage(Buffer.from(`${field}\r\n`)).root.filename, name)
  }
})

test('content comes back from each transfer encoding', () => {
  const content = Buffer.from(`Tab\t and space \r\n-- \r\n${'ü= '.repeat(100)}\r\n.\r\n\x1b\0\xff\r\n`, 'latin1')
  for (const encoding of ['8bit', 'quoted-printable', 'base64'] as Encoding[]) {
    const message = parseMessage(writeEntity(leaf('text/plain', {}, content, { encoding })))
    assert.deepEqual(partContent(message, message.root).bytes, content)
    if (encoding === '8bit') continue
    for (const line of message.bytes.toString('latin1').split('\r\n')) assert.ok(line.length <= 76)
  }
})
