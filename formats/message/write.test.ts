import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  bodyLists,
  draftBlobIds,
  envelope,
  findPart,
  InvalidMessage,
  lastValue,
  mediaType,
  parseMessage,
  partContent,
  partText,
  walkParts,
  writeMessage,
  type Message,
} from './index.ts'

type Email = Readonly<Record<string, unknown>>

const BLOBS: Readonly<Record<string, Buffer>> = {
  bytes: Buffer.from([0, 1, 2, 254, 255, 13, 10]),
  letter: Buffer.from('Subject: inside\n\nhello\n'),
  wide: Buffer.from(`Subject: inside\r\n\r\n${'x'.repeat(2_000)}\r\n`),
  text: Buffer.from('one\ntwo\n'),
}
const options = {
  loadBlob: (blobId: string) => Promise.resolve(BLOBS[blobId]!),
  date: '2026-07-01T09:30:00+02:00',
  messageId: 'made@example.org',
}
const write = async (email: Email): Promise<Message> => parseMessage(await writeMessage(email, options))
const refused = async (email: Email): Promise<readonly string[]> => {
  try {
    await writeMessage(email, options)
  } catch (error) {
    assert.ok(error instanceof InvalidMessage)
    return error.properties
  }
  return []
}
const names = (message: Message): string[] =>
  [...walkParts(message.root)].map((part) => [mediaType(part), part.filename].filter(Boolean).join(' '))

const LETTER: Email = {
  mailboxIds: { inbox: true },
  keywords: { $draft: true },
  from: [{ name: 'Ann "A." Müller', email: 'ann@example.org' }],
  to: [{ name: 'Bee, Bob', email: 'bob@exämple.org' }, { email: 'carl@example.org' }],
  cc: [],
  bcc: null,
  subject: 'Grüße aus Gent',
  inReplyTo: ['0@example.org'],
  references: ['a@example.org', '0@example.org'],
  textBody: [{ partId: 't', type: 'text/plain' }],
  htmlBody: [{ partId: 'h', type: 'text/html' }],
  attachments: [
    { blobId: 'bytes', type: 'image/png', cid: 'pic@example.org', disposition: 'inline', name: 'pic.png' },
    { blobId: 'bytes', type: 'application/pdf', disposition: 'attachment', name: 'Rechnung für Ann.pdf' },
  ],
  bodyValues: { t: { value: 'Grüße\nFrom here\n' }, h: { value: '<p>Grüße<img src="cid:pic@example.org">' } },
}

test('a letter with two versions, a picture and a file has the structure that readers expect', async () => {
  const message = await write(LETTER)
  assert.deepEqual(names(message), [
    'multipart/mixed',
    'multipart/alternative',
    'text/plain',
    'multipart/related',
    'text/html',
    'image/png pic.png',
    'application/pdf Rechnung für Ann.pdf',
  ])
  assert.equal(findPart(message, '1.2')!.parameters.type, 'text/html')
  assert.equal(findPart(message, '1.2.2')!.contentId, 'pic@example.org')
  assert.deepEqual(partContent(message, findPart(message, '2')!).bytes, BLOBS.bytes)
  const { textBody, htmlBody } = bodyLists(message)
  assert.deepEqual(
    textBody.map((part) => partText(message, part).text),
    ['Grüße\nFrom here\n'],
  )
  assert.deepEqual(
    htmlBody.map((part) => partText(message, part).text),
    ['<p>Grüße<img src="cid:pic@example.org">'],
  )
})

test('the header says what the Email says', async () => {
  assert.deepEqual(envelope(await write(LETTER)), {
    from: [{ name: 'Ann "A." Müller', email: 'ann@example.org' }],
    sender: null,
    replyTo: null,
    to: [
      { name: 'Bee, Bob', email: 'bob@xn--exmple-cua.org' },
      { name: null, email: 'carl@example.org' },
    ],
    cc: null,
    bcc: null,
    subject: 'Grüße aus Gent',
    date: '2026-07-01T09:30:00+02:00',
    messageId: ['made@example.org'],
    inReplyTo: ['0@example.org'],
    references: ['a@example.org', '0@example.org'],
  })
})

test('every line is CRLF, seven bits, and short enough', async () => {
  const text = (
    await writeMessage({ ...LETTER, subject: 'ü'.repeat(500), references: Array(50).fill('x'.repeat(60)) }, options)
  ).toString('latin1')
  assert.doesNotMatch(text, /(?<!\r)\n|\r(?!\n)|[^\r\n -~]/)
  for (const line of text.split('\r\n')) assert.ok(line.length <= 78, line)
})

test('an empty draft is a message with a Date and a Message-ID', async () => {
  const message = await write({})
  assert.deepEqual(names(message), ['text/plain'])
  assert.equal(envelope(message).date, options.date)
  assert.deepEqual(envelope(message).messageId, [options.messageId])
})

test('a Date and a Message-ID that are given are kept, in whatever form', async () => {
  const given = envelope(await write({ sentAt: '2020-01-01T00:00:00Z', 'header:Message-ID': ' <own@example.org>' }))
  assert.equal(given.date, '2020-01-01T00:00:00Z')
  assert.deepEqual(given.messageId, ['own@example.org'])
})

test('half-written recipients of a draft are kept as they were typed', async () => {
  const to = [
    { name: null, email: 'ann' },
    { name: 'Bob', email: 'bob at home' },
  ]
  assert.deepEqual(envelope(await write({ to })).to, to)
})

test('header fields are written in each form of RFC 8621 §4.1.2', async () => {
  const message = await write({
    'header:X-Raw': ' raw\r\n\tfolded',
    'header:Comments:asText': 'Über alles',
    'header:Resent-To:asGroupedAddresses': [{ name: 'Friends', addresses: [{ name: null, email: 'a@example.org' }] }],
    'header:List-Unsubscribe:asURLs': ['mailto:off@example.org', 'https://example.org/off?x=1'],
    'header:X-Seen:asDate': '2026-01-01T00:00:00Z',
    'header:X-Many:asText:all': ['one', 'two'],
  })
  const value = (name: string, form: Parameters<typeof lastValue>[3]) => lastValue(message, message.root, name, form)
  assert.equal(value('X-Raw', 'Raw'), ' raw\r\n\tfolded')
  assert.equal(value('Comments', 'Text'), 'Über alles')
  assert.deepEqual(value('Resent-To', 'GroupedAddresses'), [
    { name: 'Friends', addresses: [{ name: null, email: 'a@example.org' }] },
  ])
  assert.deepEqual(value('List-Unsubscribe', 'URLs'), ['mailto:off@example.org', 'https://example.org/off?x=1'])
  assert.equal(value('X-Seen', 'Date'), '2026-01-01T00:00:00Z')
  assert.equal(value('X-Many', 'Text'), 'two')
})

test('a body structure is written as it is given', async () => {
  const message = await write({
    bodyStructure: {
      type: 'multipart/mixed',
      'header:X-Part:asText': 'top',
      subParts: [
        { partId: 'a', type: 'text/plain', language: ['de', 'en'], location: 'https://example.org/a' },
        {
          partId: 'c',
          'header:Content-Type': ' text/calendar; method=REQUEST',
          disposition: 'attachment',
          name: 'invite.ics',
        },
        { blobId: 'letter', type: 'message/rfc822' },
        { blobId: 'wide', type: 'message/rfc822', name: 'wide.eml' },
        { blobId: 'text', type: 'text/x-notes', charset: 'utf-8' },
      ],
    },
    bodyValues: { a: { value: 'a' }, c: { value: 'BEGIN:VCALENDAR\n' } },
  })
  assert.deepEqual(names(message), [
    'multipart/mixed',
    'text/plain',
    'text/calendar invite.ics',
    'message/rfc822',
    'application/octet-stream wide.eml',
    'text/x-notes',
  ])
  const [plain, calendar, letter, wide, notes] = message.root.children
  assert.deepEqual([plain!.language, plain!.location], [['de', 'en'], 'https://example.org/a'])
  assert.deepEqual({ ...calendar!.parameters }, { method: 'REQUEST', charset: 'utf-8' })
  assert.equal(letter!.message && envelope(letter!.message).subject, 'inside')
  assert.deepEqual(partContent(message, wide!).bytes, BLOBS.wide)
  assert.deepEqual(partContent(message, notes!).bytes, BLOBS.text)
  assert.equal(lastValue(message, message.root, 'X-Part', 'Text'), 'top')
})

const part = (properties: Email): Email => ({
  bodyStructure: { partId: 'a', type: 'text/plain', ...properties },
  bodyValues: { a: { value: '' } },
})

// What RFC 8621 §4.6 forbids, and what would let a value out of its field.
const WRONG: [name: string, email: Email, property: string][] = [
  ['headers as a list', { headers: [] }, 'headers'],
  ['one field by two properties', { subject: 'a', 'header:SUBJECT:asText': 'b' }, 'header:SUBJECT:asText'],
  ['a form that the field may not have', { 'header:From:asDate': '2026-01-01T00:00:00Z' }, 'header:From:asDate'],
  ['a Content field of the message', { 'header:Content-Type': ' text/html' }, 'header:Content-Type'],
  ['a second MIME-Version', { 'header:MIME-Version': ' 1.0' }, 'header:MIME-Version'],
  ['structure and text at once', { ...part({}), textBody: [] }, 'textBody'],
  [
    'a field of the message again on its body',
    { 'header:X:asText': 'a', ...part({ 'header:x:asText': 'b' }) },
    'bodyStructure',
  ],
  [
    'two texts',
    {
      textBody: [
        { partId: 'a', type: 'text/plain' },
        { partId: 'b', type: 'text/plain' },
      ],
    },
    'textBody',
  ],
  ['a text that is HTML', { textBody: [{ partId: 'a', type: 'text/html' }] }, 'textBody'],
  ['a part with two contents', part({ blobId: 'bytes' }), 'bodyStructure/partId'],
  ['a part without content', part({ partId: undefined }), 'bodyStructure/blobId'],
  ['a text that is not there', part({ partId: '__proto__' }), 'bodyStructure/partId'],
  ['a charset for a text of ours', part({ charset: 'utf-8' }), 'bodyStructure/charset'],
  ['a size for a text of ours', part({ size: 1 }), 'bodyStructure/size'],
  [
    'an encoding',
    part({ 'header:Content-Transfer-Encoding': ' 7bit' }),
    'bodyStructure/header:Content-Transfer-Encoding',
  ],
  ['a truncated text', { ...part({}), bodyValues: { a: { value: '', isTruncated: true } } }, 'bodyValues/a'],
  ['a multipart without parts', { bodyStructure: { type: 'multipart/mixed', subParts: [] } }, 'bodyStructure/subParts'],
  ['a file that is a multipart', { attachments: [{ blobId: 'bytes', type: 'multipart/mixed' }] }, 'attachments/0/type'],
  ['a line end in the subject', { subject: 'a\r\nBcc: x@example.org' }, 'subject'],
  ['a NUL in the subject', { subject: 'a\0b' }, 'subject'],
  ['a line end in a name', { from: [{ name: 'a\nb', email: 'a@example.org' }] }, 'from'],
  ['a line end in an address', { to: [{ name: null, email: 'a@example.org\r\nX: y' }] }, 'to'],
  ['an address that would end its brackets', { to: [{ name: null, email: 'a>, <b@example.org' }] }, 'to'],
  ['a line end in a message id', { inReplyTo: ['a\r\nX: y'] }, 'inReplyTo'],
  ['a date that is none', { sentAt: 'today\r\nX: y' }, 'sentAt'],
  [
    'a URL that would end its brackets',
    { 'header:List-Post:asURLs': ['mailto:a>\r\nX: y'] },
    'header:List-Post:asURLs',
  ],
  ['a raw field that begins another', { 'header:X': ' a\r\nBcc: b@example.org' }, 'header:X'],
  ['a raw field that ends the header', { 'header:X': ' a\r\n \r\n\r\nbody' }, 'header:X'],
  ['a raw field with a white line', { 'header:X': ' a\r\n \r\n b' }, 'header:X'],
  ['a raw field with a bare line end', { 'header:X': ' a\n b' }, 'header:X'],
  ['a raw field too long for a line', { 'header:X': 'x'.repeat(1_000) }, 'header:X'],
  ['a line end in a type', part({ type: 'text/plain\r\nX: y' }), 'bodyStructure/type'],
  ['a line end in a file name', part({ disposition: 'attachment', name: 'a\r\nX: y' }), 'bodyStructure/name'],
  ['a line end in a disposition', part({ disposition: 'attachment\r\nX: y' }), 'bodyStructure/disposition'],
  ['a line end in a cid', part({ cid: 'a\r\nX: y' }), 'bodyStructure/cid'],
  ['a line end in a language', part({ language: ['de\r\nX: y'] }), 'bodyStructure/language'],
  ['a line end in a location', part({ location: 'a\r\nX: y' }), 'bodyStructure/location'],
  [
    "a boundary of one's own",
    part({ type: undefined, 'header:Content-Type': ' text/plain; boundary=b' }),
    'bodyStructure/header:Content-Type',
  ],
  ['lists of the wrong kind', { attachments: 'all' }, 'attachments'],
  ['addresses of the wrong kind', { to: 'a@example.org' }, 'to'],
]

for (const [name, email, property] of WRONG) {
  test(`a message is refused for ${name}`, async () => {
    assert.ok((await refused(email)).includes(property), String(await refused(email)))
  })
}

test('parts nested without end are refused', async () => {
  let bodyStructure: Email = { partId: 'a' }
  for (let depth = 0; depth < 100_000; depth++) bodyStructure = { subParts: [bodyStructure] }
  assert.notDeepEqual(await refused({ bodyStructure, bodyValues: { a: { value: '' } } }), [])
  const many = { subParts: Array.from({ length: 5_000 }, () => ({ partId: 'a' })) }
  assert.deepEqual(await refused({ bodyStructure: many, bodyValues: { a: { value: '' } } }), ['bodyStructure/subParts'])
})

test('a blob that cannot be loaded is the error of the one who loads it', async () => {
  const loadBlob = () => Promise.reject(new Error('no such blob'))
  await assert.rejects(writeMessage(LETTER, { ...options, loadBlob }), /no such blob/)
  assert.deepEqual(draftBlobIds(LETTER), ['bytes'])
  const attached = { type: 'image/png', blobId: 'x' }
  assert.deepEqual(draftBlobIds({ bodyStructure: { subParts: [{ subParts: [attached] }] } }), ['x'])
})

// Text as JSON can hold it, with what mail cares about more often than chance would have it.
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom(' ', '  ', '=?', '?=', '"', '\\', ',', '(', '<', ';', ':', '@', "'", '%', '*'),
    ),
    {
      maxLength: 30,
    },
  )
  .map((pieces) => pieces.join('').toWellFormed().normalize('NFC'))
const name = text.map((value) => value.trim()).filter((value) => value !== '')
const isClean = (value: string): boolean => !/[\x00-\x1f\x7f-\x9f]/.test(value)

test('subject, names, file names and bodies read as they were written', async () => {
  await fc.assert(
    fc.asyncProperty(
      text.filter(isClean),
      name.filter(isClean),
      name.filter(isClean),
      text,
      async (subject, person, file, body) => {
        const message = await write({
          subject,
          from: [
            { name: person, email: 'a@example.org' },
            { name: null, email: 'b@example.org' },
          ],
          textBody: [{ partId: 'a', type: 'text/plain' }],
          attachments: [
            { blobId: 'bytes', type: 'image/png', disposition: 'attachment', name: file },
            { blobId: 'bytes', type: 'image/png', name: file },
          ],
          bodyValues: { a: { value: body } },
        })
        const { from, subject: read } = envelope(message)
        assert.equal(read, subject)
        assert.deepEqual(from, [
          { name: person, email: 'a@example.org' },
          { name: null, email: 'b@example.org' },
        ])
        assert.deepEqual(
          message.root.children.map((child) => child.filename),
          [null, file, file],
        )
        assert.equal(partText(message, message.root.children[0]!).text, body.replace(/\r\n?/g, '\n'))
      },
    ),
    { numRuns: 500 },
  )
})

test('whatever the values are, no field is added and the body begins where it should', async () => {
  const value = fc.oneof(
    text,
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\r\nX-Evil: y', '\r\n\r\nbody', '\n', '\0'),
  )
  await fc.assert(
    fc.asyncProperty(value, value, value, value, async (subject, person, raw, file) => {
      const email = {
        subject,
        from: [{ name: person, email: 'a@example.org' }],
        'header:X-Raw': raw,
        attachments: [{ blobId: 'bytes', type: 'image/png', disposition: 'attachment', name: file }],
      }
      const written = await writeMessage(email, options).catch((error: unknown) => {
        assert.ok(error instanceof InvalidMessage)
      })
      if (!written) return
      const message = parseMessage(written)
      assert.equal(message.root.fields.length, 9)
      assert.deepEqual(partContent(message, message.root).bytes, BLOBS.bytes)
    }),
    { numRuns: 1_000 },
  )
})
