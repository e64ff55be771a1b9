import assert from 'node:assert/strict'
import test from 'node:test'
import {
  envelope,
  fieldName,
  fieldValue,
  findFields,
  isFormAllowed,
  lastValue,
  parseHeaderProperty,
  parseMessage,
  structuredField,
  type HeaderForm,
  type Message,
} from './index.ts'

const parse = (text: string | Buffer): Message => parseMessage(Buffer.from(text))
const read = (value: string | Buffer, form: HeaderForm): unknown => {
  const message = parse(Buffer.concat([Buffer.from('X:'), Buffer.from(value), Buffer.from('\r\n\r\n')]))
  return lastValue(message, message.root, 'x', form)
}

test('Raw is what stands after the colon, folding included, NUL dropped, bad UTF-8 replaced (RFC 8621 §4.1.2.1)', () => {
  assert.equal(read(' a\r\n\tb ', 'Raw'), ' a\r\n\tb ')
  assert.equal(read(Buffer.from([32, 0x61, 0, 0xe9, 0xc3, 0xa9]), 'Raw'), ' a\ufffdé')
})

test('Text is unfolded, without leading spaces, decoded and composed (RFC 8621 §4.1.2.2)', () => {
  assert.equal(read('   two\r\n words ', 'Text'), 'two words ')
  assert.equal(read(' =?iso-8859-1?q?Gr=FC=DFe?= aus =?utf-8?B?R2VudA==?=', 'Text'), 'Grüße aus Gent')
  assert.equal(read(' e\u0301', 'Text'), '\u00e9')
})

test('Text in eight bits is UTF-8 when it can be, else Windows-1252', () => {
  assert.equal(read(Buffer.from(' Grüße'), 'Text'), 'Grüße')
  assert.equal(read(Buffer.from([32, 0x47, 0x72, 0xfc, 0xdf, 0x65, 0x80]), 'Text'), 'Grüße€')
})

test('a list of URLs is read without brackets and comments, null when there is none (RFC 8621 §4.1.2.7)', () => {
  assert.deepEqual(
    read(' <ftp://ftp.example.org/list.txt> (FTP),\r\n <mailto:list@example.org?subject=help>', 'URLs'),
    ['ftp://ftp.example.org/list.txt', 'mailto:list@example.org?subject=help'],
  )
  assert.equal(read(' NO (posting not allowed)', 'URLs'), null)
})

test('message ids are read from what programs write', () => {
  const ids: [string, string[] | null][] = [
    [' <a@example.org>', ['a@example.org']],
    [' <a@example.org>\r\n\t<b@example.org>', ['a@example.org', 'b@example.org']],
    [' <1234 @ local(blah) .machine .example>', ['1234@local.machine.example']],
    [' Your message of "Mon, 1 Jul" <a@example.org>', ['a@example.org']],
    [' bare@example.org', ['bare@example.org']],
    [' <odd(1)@example.org>', ['odd(1)@example.org']],
    [' <>', null],
    [' nothing here', null],
    [' <never closed', null],
  ]
  for (const [written, wanted] of ids) assert.deepEqual(read(written, 'MessageIds'), wanted, written)
})

test('the last of several fields counts, and all can be had (RFC 8621 §4.1.3)', () => {
  const message = parse('Subject: one\r\nX: y\r\nSUBJECT : two\r\n\r\n')
  assert.equal(lastValue(message, message.root, 'subject', 'Text'), 'two')
  const fields = findFields(message, message.root, 'Subject')
  assert.deepEqual(
    fields.map((field) => fieldName(message, field)),
    ['Subject', 'SUBJECT'],
  )
  assert.deepEqual(
    fields.map((field) => fieldValue(message, field, 'Raw')),
    [' one', ' two'],
  )
  assert.equal(lastValue(message, message.root, 'To', 'Addresses'), null)
})

test('the envelope has the convenience properties of RFC 8621 §4.1.3', () => {
  const message = parse(
    'From: Ann <ann@example.org>\r\nSender: s@example.org\r\nTo: Friends: bob@example.org;\r\nCc:\r\nReply-To: r@example.org\r\n' +
      'Bcc: c@example.org\r\nSubject: hi\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nMessage-ID: <1@example.org>\r\n' +
      'In-Reply-To: <0@example.org>\r\nReferences: <a@example.org> <0@example.org>\r\n\r\n',
  )
  assert.deepEqual(envelope(message), {
    from: [{ name: 'Ann', email: 'ann@example.org' }],
    sender: [{ name: null, email: 's@example.org' }],
    replyTo: [{ name: null, email: 'r@example.org' }],
    to: [{ name: null, email: 'bob@example.org' }],
    cc: [],
    bcc: [{ name: null, email: 'c@example.org' }],
    subject: 'hi',
    date: '1997-11-21T09:55:06-06:00',
    messageId: ['1@example.org'],
    inReplyTo: ['0@example.org'],
    references: ['a@example.org', '0@example.org'],
  })
})

test('a structured field can be had as it was written', () => {
  const message = parse("Content-Type: text/plain;\r\n name*=utf-8''%C3%A4\r\n\r\n")
  assert.deepEqual(structuredField(message, message.root, 'content-type'), {
    value: 'text/plain',
    attributes: [['name*', "utf-8''%C3%A4"]],
  })
  assert.equal(structuredField(message, message.root, 'Content-Disposition'), null)
})

test('a header property names a field, a form and whether all are wanted', () => {
  assert.deepEqual(parseHeaderProperty('header:Resent-To:asAddresses:all'), {
    name: 'Resent-To',
    form: 'Addresses',
    isAll: true,
  })
  assert.deepEqual(parseHeaderProperty('header:X'), { name: 'X', form: 'Raw', isAll: false })
  const wrong = [
    'header:',
    'header:X:asFoo',
    'header:X:all:asText',
    'header:a b',
    'subject',
    'header:X:ashasOwnProperty',
    'header:X\n',
  ]
  for (const property of wrong) assert.equal(parseHeaderProperty(property), undefined, property)
})

test('a field may be read only in the forms that RFC 8621 §4.1.2 allows it', () => {
  const allowed: [string, HeaderForm][] = [
    ['Subject', 'Text'],
    ['FROM', 'GroupedAddresses'],
    ['Date', 'Date'],
    ['List-Post', 'URLs'],
    ['References', 'MessageIds'],
    ['Received', 'Raw'],
    ['X-Anything', 'Date'],
  ]
  const forbidden: [string, HeaderForm][] = [
    ['From', 'Date'],
    ['Subject', 'Addresses'],
    ['List-Id', 'URLs'],
    ['Received', 'Text'],
    ['Resent-Date', 'Text'],
  ]
  for (const [name, form] of allowed) assert.equal(isFormAllowed(name, form), true, name)
  for (const [name, form] of forbidden) assert.equal(isFormAllowed(name, form), false, name)
})
