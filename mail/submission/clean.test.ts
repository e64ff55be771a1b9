import { test } from 'node:test'
import assert from 'node:assert/strict'
import { authorsOf } from './authors.ts'
import { cleanMessage, ownCopy } from './clean.ts'
import { parseStrictly } from './form.ts'

const context = {
  hostname: 'mail.zegel.test',
  messageId: 'made-here@zegel.test',
  time: new Date('2026-11-22T10:00:00Z'),
}

/** What leaves of a message that is written in lines. */
function leaving(...lines: string[]): string {
  const message = parseStrictly(Buffer.from(lines.join('\r\n')))
  return cleanMessage(message, { ...context, authors: authorsOf(message) }).toString()
}

const fault = (content: string | Buffer): unknown => {
  try {
    const message = parseStrictly(Buffer.from(content))
    cleanMessage(message, { ...context, authors: authorsOf(message) })
  } catch (error) {
    return (error as { fields?: unknown }).fields
  }
  return undefined
}

const FROM = 'From: Anna <anna@zegel.test>'

test('a message gets the Date and the Message-ID it lacks (RFC 6409 §8)', () => {
  const sent = leaving(FROM, 'Subject: x', '', 'Text', '')
  assert.match(
    sent,
    /\r\nDate: Sun, 22 Nov 2026 10:00:00 \+0000\r\nMessage-ID: <made-here@zegel\.test>\r\n\r\nText\r\n$/,
  )
})

test('Date and Message-ID that are there stay, and one that says nothing is made anew', () => {
  const date = 'Date: Mon, 7 Sep 2026 09:30:00 +0200'
  assert.match(
    leaving(FROM, date, 'Message-ID: <1@zegel.test>', '', ''),
    /\r\nDate: Mon, 7 Sep 2026 09:30:00 \+0200\r\nMessage-ID: <1@zegel\.test>\r\n\r\n$/,
  )
  const mended = leaving(FROM, 'Date: yesterday', 'Message-ID: none', '', '')
  assert.doesNotMatch(mended, /yesterday|none/)
  assert.match(mended, /\r\nDate: Sun, 22 Nov.*\r\nMessage-ID: </)
})

test('nothing in the header names the client, its address, or those who get a blind copy', () => {
  const traces = [
    'Bcc: Eva <eva@example.org>',
    'Resent-Bcc: eva@example.org',
    'Return-Path: <anna@zegel.test>',
    'User-Agent: Client 1.0',
    'X-Mailer: Client',
    'X-Originating-IP: [192.0.2.7]',
    'x-php-originating-script: 1000:client.php',
    'X-Sender: anna@client.example',
    'X-Mozilla-Status: 0001',
    'X-Forwarded-For: 192.0.2.7',
    'Received: from client.example ([192.0.2.7]) by relay.client.example; Mon, 7 Sep 2026 09:30:00 +0200',
    'X-Source-Args: client',
  ]
  const sent = leaving(...traces, FROM, 'X-Priority: 1', 'Subject: kept', '', 'the client of 192.0.2.7')
  const [header = '', body] = sent.split('\r\n\r\n')
  assert.doesNotMatch(header, /client|192\.0\.2|eva@|^bcc|mozilla/im)
  assert.match(header, /^Received: by mail\.zegel\.test id \w+; .*\r\nReceived: by mail\.zegel\.test; /)
  assert.match(header, /X-Priority: 1\r\nSubject: kept/)
  assert.equal(body, 'the client of 192.0.2.7', 'the body stays')
})

test('text that is not ASCII is written so that every server takes it', () => {
  const sent = leaving(
    'From: Zoë Müller <zoe@zegel.test>',
    'To: Jürgen <j@example.org>, Team: a@example.org;',
    'Subject: Grüße',
    '',
    '',
  )
  assert.match(sent, /^[\x00-\x7f]*$/)
  assert.match(
    sent,
    /From: =\?utf-8\?.*\?= <zoe@zegel\.test>\r\nTo: =\?utf-8\?.*\?= <j@example\.org>, Team: a@example\.org;/,
  )
})

test('several authors have one of them as sender (RFC 5322 §3.6.2)', () => {
  assert.match(
    leaving('From: a@zegel.test, b@zegel.test', '', ''),
    /\r\nFrom: a@zegel\.test, b@zegel\.test\r\nSender: a@zegel\.test\r\n/,
  )
})

/** Whom a reader could take for the author, beside the address that was checked. */
const tricks: Record<string, string> = {
  'a comment in front': 'From: (evil@example.org) anna@zegel.test',
  'a comment inside': 'From: anna(evil@example.org)@zegel.test',
  'a comment that holds a bracket': 'From: anna@zegel.test (<evil@example.org>)',
  'a quoted name with an address': 'From: "evil@example.org" <anna@zegel.test>',
  'a quoted name that closes its quotes': String.raw`From: "evil\" <evil@example.org>, \"" <anna@zegel.test>`,
  'an encoded name with brackets': 'From: =?utf-8?q?=3Cevil=40example=2Eorg=3E=2C?= <anna@zegel.test>',
  'an encoded name with line ends': 'From: =?utf-8?q?a=0D=0ABcc:_evil=40example.org?= <anna@zegel.test>',
  'a route': 'From: <@evil.example,@example.org:anna@zegel.test>',
  'a full-width domain': 'From: anna@ｚegel.test',
  capitals: 'From: ANNA@ZEGEL.TEST',
  'a folded address': 'From: Anna\r\n <anna@zegel.test>',
}
for (const [name, from] of Object.entries(tricks))
  test(`every reader finds the checked address, or it does not leave: ${name}`, () => {
    const content = Buffer.from(`${from}\r\nSubject: x\r\n\r\nText\r\n`)
    if (fault(content) !== undefined) return
    const message = parseStrictly(content)
    const authors = authorsOf(message)
    assert.deepEqual(
      authors.from.map(({ email }) => email.toLowerCase()),
      ['anna@zegel.test'],
    )
    const header =
      cleanMessage(message, { ...context, authors })
        .toString()
        .split('\r\n\r\n')[0] ?? ''
    const [written = ''] = /^From: .*(?:\r\n .*)*/m.exec(header) ?? []
    // Nothing but a quoted name and one address in brackets, which no reader takes for two.
    assert.match(written, /^From: (?:(?:"(?:[^"\\]|\\.)*"|[\w !=?.*+/-]+) <anna@zegel\.test>|anna@zegel\.test)$/i)
    assert.equal(header.match(/^bcc/gim), null)
  })

const refused: [name: string, content: string | Buffer, fault: string][] = [
  ['no From', 'Subject: x\r\n\r\n', 'from'],
  ['an empty From', 'From: \r\n\r\n', 'from'],
  ['a name alone', 'From: Anna\r\n\r\n', 'from'],
  ['two From fields', `${FROM}\r\nFrom: evil@example.org\r\n\r\n`, 'repeated'],
  ['two From fields, one in capitals', `${FROM}\r\nFROM: evil@example.org\r\n\r\n`, 'repeated'],
  ['two Senders', `${FROM}\r\nSender: anna@zegel.test\r\nSender: anna@zegel.test\r\n\r\n`, 'repeated'],
  ['two Subjects', `${FROM}\r\nSubject: a\r\nSubject: b\r\n\r\n`, 'repeated'],
  ['a From with white space before its colon', 'From : evil@example.org\r\n\r\n', 'header'],
  ['a second From behind white space before its colon', `${FROM}\r\nFrom : evil@example.org\r\n\r\n`, 'header'],
  ['an mbox line in front', `From evil@example.org Mon Sep 7\r\n${FROM}\r\n\r\n`, 'header'],
  ['a continuation in front', ` x\r\n${FROM}\r\n\r\n`, 'header'],
  ['a line that is no field', `${FROM}\r\nevil\r\nSubject: x\r\n\r\n`, 'header'],
  ['a header that is ended by a line that is no field', `${FROM}\r\nevil\r\n\r\nText`, 'header'],
  ['a line of white space in the header', `${FROM}\r\n \r\nFrom: evil@example.org\r\n\r\n`, 'header'],
  ['a control character in a name', 'From: A\x0bnna <anna@zegel.test>\r\n\r\n', 'header'],
  ['a NUL in the header', 'From: anna@zegel.test\0\r\n\r\n', 'nul'],
  ['a NUL in the body', `${FROM}\r\n\r\nTe\0xt`, 'nul'],
  ['a bare LF in the header', `${FROM}\nBcc: evil@example.org\r\n\r\n`, 'lineEnd'],
  ['a bare CR in the header', `${FROM}\rBcc: evil@example.org\r\n\r\n`, 'lineEnd'],
  ['a bare LF in the body', `${FROM}\r\n\r\nText\n.\r\n`, 'lineEnd'],
  ['a line of 999 octets', `${FROM}\r\n\r\n${'x'.repeat(999)}\r\n`, 'longLine'],
  ['a group as author', 'From: Team: anna@zegel.test;\r\n\r\n', 'from'],
  ['an empty group as author', 'From: undisclosed:;\r\n\r\n', 'from'],
  ['an encoded word as address', 'From: =?utf-8?q?anna=40zegel.test?=\r\n\r\n', 'from'],
  ['a machine as author', 'From: anna@[192.0.2.1]\r\n\r\n', 'from'],
  ['two addresses in brackets', 'From: <anna@zegel.test evil@example.org>\r\n\r\n', 'from'],
  ['twenty-one authors', `From: ${'anna@zegel.test,'.repeat(21)}\r\n\r\n`, 'from'],
  ['two senders in one field', `${FROM}\r\nSender: anna@zegel.test, b@zegel.test\r\n\r\n`, 'sender'],
  ['a letter that goes in a circle', `${'Received: x\r\n'.repeat(51)}${FROM}\r\n\r\n`, 'loop'],
  ['only a body', '\r\nText', 'from'],
  ['nothing', '', 'from'],
  ['a field called constructor', `constructor: x\r\n${FROM}\r\n\r\n`, ''],
]
for (const [name, content, expected] of refused)
  test(`${expected === '' ? 'harmless' : 'refused'}: ${name}`, () => {
    assert.deepEqual(fault(content), expected === '' ? undefined : [expected])
  })

/** What its sender keeps of a message that goes to these. */
const kept = (lines: string[], recipients: string[] = []): string =>
  ownCopy(parseStrictly(Buffer.from(lines.join('\r\n'))), { ...context, recipients }).toString()

test('the sender’s copy is as it was written, and names everybody', () => {
  const lines = [
    FROM,
    'X-Mailer: Client',
    'To: b@example.org',
    'Date: Mon, 7 Sep 2026 09:30:00 +0200',
    'Message-ID: <1@zegel.test>',
  ]
  const whole = [...lines, '', 'Text', '']
  assert.equal(kept(whole, ['B@example.org']), whole.join('\r\n'), 'whom To names in another case is named')
  assert.equal(
    kept(whole, ['b@example.org', 'eva@example.org', 'carl@example.org']),
    [...lines, 'Bcc: eva@example.org, carl@example.org', '', 'Text', ''].join('\r\n'),
  )
  const blind = [...lines, 'Bcc: Eva <eva@example.org>', '', '']
  assert.equal(kept(blind, ['eva@example.org', 'x@example.org']), blind.join('\r\n'), 'a Bcc of its own stays')
})

test('the sender’s copy has one Date and one Message-ID that can be read', () => {
  assert.equal(
    kept([FROM, 'Date: yesterday', 'Message-ID: none', 'Subject: x', '', 'Text', '']),
    [
      FROM,
      'Subject: x',
      'Date: Sun, 22 Nov 2026 10:00:00 +0000',
      'Message-ID: <made-here@zegel.test>',
      '',
      'Text',
      '',
    ].join('\r\n'),
  )
})
