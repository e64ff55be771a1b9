import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import type { SigningKey } from '#accounts'
import { fieldsOf, relaxedField } from './header.ts'
import { letterToSign } from './letter.ts'

const pair = generateKeyPairSync('ed25519')
const key: SigningKey = {
  domain: 'example.org',
  selector: 'z20261130-ed25519',
  algorithm: 'ed25519',
  key: pair.privateKey,
}
const TIME = 1_796_000_000

function sign(...pieces: string[]): string {
  const letter = letterToSign()
  for (const piece of pieces) letter.add(Buffer.from(piece, 'latin1'))
  return letter.sign([key], TIME)
}

test('fields in the relaxed form are those of the example in RFC 6376 §3.4.5', () => {
  const fields = fieldsOf('A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n')
  assert.deepEqual(
    fields?.map(({ name, value }) => relaxedField(name, value)),
    ['a:X', 'b:Y Z'],
  )
})

test('a signature says what it covers, since when it is good and until when, in lines that every server takes', () => {
  const field = sign('From: anna@example.org\r\nList-Id: <a>\r\nTo: bea@example.net\r\nX-Other: 1\r\n\r\nHello\r\n')
  for (const line of field.split('\r\n')) assert.ok(line.length <= 78, line)
  const tags = Object.fromEntries(
    field
      .slice('DKIM-Signature:'.length)
      .split(';')
      .map((tag) => tag.replace(/\s/g, '').split(/=(.*)/s) as [string, string]),
  )
  const { b, bh, ...rest } = tags
  assert.deepEqual(rest, {
    v: '1',
    a: 'ed25519-sha256',
    c: 'relaxed/relaxed',
    d: 'example.org',
    s: 'z20261130-ed25519',
    t: String(TIME),
    x: String(TIME + 7 * 86_400),
    h: 'from:from:reply-to:subject:date:to:to:cc:mime-version:content-type:content-transfer-encoding:list-id',
  })
  assert.equal(bh, createHash('sha256').update('Hello\r\n').digest('base64'))
  // RFC 8463 §3: what is signed is the hash of the fields, and of this one without its b=.
  const unsigned = `dkim-signature:${field
    .slice('DKIM-Signature:'.length)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim()
    .replace(/ b=.*$/, ' b=')}`
  const signed = ['from:anna@example.org', 'to:bea@example.net', 'list-id:<a>', unsigned].join('\r\n')
  const digest = createHash('sha256').update(signed).digest()
  assert.equal(verify(null, digest, pair.publicKey, Buffer.from(b ?? '', 'base64')), true)
})

test('a letter in pieces, cut anywhere, is signed as the whole', () => {
  const letter = 'From: a@example.org\r\nSubject: x\r\n\r\n\r\nBody \r\n\r\n'
  const whole = sign(letter)
  assert.match(whole, /^DKIM-Signature:/)
  for (let at = 0; at <= letter.length; at++) assert.equal(sign(letter.slice(0, at), letter.slice(at)), whole, `${at}`)
  assert.equal(sign(...letter), whole)
})

const from = 'From: anna@example.org\r\n'
const NOT_SIGNED: Record<string, string> = {
  nothing: '',
  'no header': '\r\nHello\r\n',
  'a body that looks like a header': '\r\nFrom: anna@example.org\r\n\r\n',
  'no From': 'Subject: x\r\n\r\nHello\r\n',
  'two From': `${from}${from}\r\nHello\r\n`,
  'two From, one in capitals with a space': `${from}FROM : eve@example.net\r\n\r\nHello\r\n`,
  'two From, one after a bare LF': `Subject: x\nFrom: eve@example.net\r\n${from}\r\nHello\r\n`,
  'two From, one after a bare CR': `Subject: x\rFrom: eve@example.net\r\n${from}\r\nHello\r\n`,
  'a line that is no field': `${from}no field\r\n\r\nHello\r\n`,
  'a mailbox file': `From anna@example.org Mon Nov 30\r\n${from}\r\nHello\r\n`,
  'a first line that continues nothing': ` x\r\n${from}\r\nHello\r\n`,
  'a field without a name': `: x\r\n${from}\r\nHello\r\n`,
  'a name in UTF-8': `Betr\xc3\xbcff: x\r\n${from}\r\nHello\r\n`,
  'ten thousand To': `${from}${'To: bea@example.net\r\n'.repeat(10_000)}\r\nHello\r\n`,
  'a header of a megabyte': `${from}X: ${'x'.repeat(1_000_000)}\r\n\r\nHello\r\n`,
  'a header of a megabyte without an end': `${from}${'X: x\r\n'.repeat(170_000)}`,
}
for (const [what, letter] of Object.entries(NOT_SIGNED))
  test(`not signed: ${what}`, () => {
    assert.equal(sign(letter), '')
    const pieces = letter.match(/[^]{1,1000}/g) ?? []
    assert.equal(sign(...pieces), '')
  })

const SIGNED: Record<string, string> = {
  'ten thousand fields': `${from}${'X-Many: x\r\n'.repeat(10_000)}\r\nHello\r\n`,
  'a value of bytes': `${from}Subject: \xff\xfe\x80\r\n\r\nHello\r\n`,
  'a header alone': from,
  'a header alone, without a line end': from.trimEnd(),
  'line ends of all kinds': 'From: anna@example.org\nSubject: x\rDate: y\r\n\nHello\n',
  'a field folded over thousands of lines': `${from}Subject: x\r\n${' y\r\n'.repeat(20_000)}\r\nHello\r\n`,
}
for (const [what, letter] of Object.entries(SIGNED))
  test(`signed: ${what}`, () => assert.match(sign(letter), /^DKIM-Signature:[^]*\r\n$/))
