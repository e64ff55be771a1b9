import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openMailReader, type Letter, type MailReader } from '#test/letters'
import { startServer } from '#test/server'
import { types } from '../states.ts'
import { truncate } from './body-values.ts'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])
const reader = await openMailReader(server)

async function get(id: string, args: Json = {}): Promise<Json> {
  const { list } = await reader.call('Email/get', { ids: [id], ...args })
  return (list as Json[])[0] as Json
}

const file = (content: Letter): Promise<string> => reader.file('inbox', content)
const download = async (blobId: unknown, from: MailReader = reader, range?: string): Promise<Response> =>
  fetch(`${server.http}/jmap/download/${from.accountId}/${String(blobId)}/name?type=application/octet-stream`, {
    headers: { ...from.headers, ...(range === undefined ? {} : { range }) },
  })

const PLAIN: Letter = {
  from: '"James Smythe" <james@example.com>',
  to: 'Friends: jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?= <john@example.com>;',
  cc: 'carla@example.org',
  subject: '=?utf-8?q?D=C3=AEner_on_Thursday=3F?=',
  messageId: 'dinner@example.com',
  inReplyTo: 'idea@example.com',
  headers: [
    'References: <first@example.com> <idea@example.com>',
    'List-Post: <mailto:party@lists.example.com>',
    'X-Two: one',
    'x-two:  two',
  ],
  text: 'Shall we?\nYes.',
}

test('Email/get gives the properties of RFC 8621 §4.2 when none are named', async () => {
  const id = await reader.file('inbox', PLAIN, {
    keywords: ['$Seen', 'Project'],
    receivedAt: new Date('2026-09-07T08:00:00.900Z'),
  })
  const email = await get(id)
  const { blobId, threadId, size, textBody } = email
  assert.match(String(blobId), /^B[\da-f]{32}$/)
  assert.match(String(threadId), /^T[\da-z]+$/)
  assert.deepEqual(email, {
    id,
    blobId,
    threadId,
    mailboxIds: { [await reader.mailbox('inbox')]: true },
    keywords: { $seen: true, project: true },
    size,
    receivedAt: '2026-09-07T08:00:00Z',
    messageId: ['dinner@example.com'],
    inReplyTo: ['idea@example.com'],
    references: ['first@example.com', 'idea@example.com'],
    sender: null,
    from: [{ name: 'James Smythe', email: 'james@example.com' }],
    to: [
      { name: null, email: 'jane@example.com' },
      { name: 'John Smîth', email: 'john@example.com' },
    ],
    cc: [{ name: null, email: 'carla@example.org' }],
    bcc: null,
    replyTo: null,
    subject: 'Dîner on Thursday?',
    sentAt: '2026-09-07T09:30:00+02:00',
    hasAttachment: false,
    preview: 'Shall we? Yes.',
    bodyValues: {},
    textBody,
    htmlBody: textBody,
    attachments: [],
  })
  assert.deepEqual(textBody, [
    {
      partId: '1',
      blobId: `${String(blobId)}-0`,
      size: 17,
      name: null,
      type: 'text/plain',
      charset: 'utf-8',
      disposition: null,
      cid: null,
      language: null,
      location: null,
    },
  ])
  const whole = await download(blobId)
  assert.equal((await whole.arrayBuffer()).byteLength, size)
})

test('only what is asked for is given, and the id', async () => {
  const id = await file(PLAIN)
  assert.deepEqual(Object.keys(await get(id, { properties: ['subject', 'keywords', 'subject'] })).sort(), [
    'id',
    'keywords',
    'subject',
  ])
  assert.deepEqual(await get(id, { properties: [] }), { id })
})

test('header fields are read in every form, the last one or all, named as they were asked for (RFC 8621 §4.1.3)', async () => {
  const id = await file(PLAIN)
  const expected = {
    'header:X-TWO': '  two',
    'header:x-two:all': [' one', '  two'],
    'header:x-two:asText': 'two',
    'header:x-two:asText:all': ['one', 'two'],
    'header:Subject:asText': 'Dîner on Thursday?',
    'header:subject': ' =?utf-8?q?D=C3=AEner_on_Thursday=3F?=',
    'header:List-POST:asURLs': ['mailto:party@lists.example.com'],
    'header:To:asGroupedAddresses': [
      {
        name: 'Friends',
        addresses: [
          { name: null, email: 'jane@example.com' },
          { name: 'John Smîth', email: 'john@example.com' },
        ],
      },
    ],
    'header:From:asAddresses:all': [[{ name: 'James Smythe', email: 'james@example.com' }]],
    'header:References:asMessageIds': ['first@example.com', 'idea@example.com'],
    'header:Date:asDate': '2026-09-07T09:30:00+02:00',
    'header:X-None': null,
    'header:X-None:all': [],
    'header:X-None:asDate': null,
  }
  assert.deepEqual(await get(id, { properties: Object.keys(expected) }), { id, ...expected })
  const { headers } = await get(id, { properties: ['headers'] })
  const names = (headers as { name: string }[]).map(({ name }) => name)
  assert.deepEqual(names, [
    'From',
    'To',
    'Cc',
    'Subject',
    'Date',
    'Message-ID',
    'In-Reply-To',
    'References',
    'List-Post',
    'X-Two',
    'x-two',
    'MIME-Version',
    'Content-Type',
  ])
})

for (const property of [
  'header:From:asDate',
  'header:Subject:asAddresses',
  'header:Received:asText',
  'header:',
  'header:a b',
  'header:X:asNothing',
  'header:X:all:asText',
  'colour',
  'header:Date:asMessageIds',
])
  test(`a property that no message has is refused: ${property}`, async () => {
    assert.equal((await reader.fail('Email/get', { ids: [], properties: [property] }))['type'], 'invalidArguments')
    assert.equal(
      (await reader.fail('Email/parse', { blobIds: [], properties: [property] }))['type'],
      'invalidArguments',
    )
  })

test('a body property that no part has is refused', async () => {
  for (const bodyProperties of [['colour'], ['header:Content-Type:asNothing'], 'type', [7]])
    assert.equal((await reader.fail('Email/get', { ids: [], bodyProperties }))['type'], 'invalidArguments')
})

const part = (name: string, type: string, disposition?: string): string =>
  `Content-Type: ${type}${disposition === undefined ? '' : `\nContent-Disposition: ${disposition}`}\n\n${name}\n`
const multipart = (subtype: string, boundary: string, ...parts: string[]): string =>
  `Content-Type: multipart/${subtype}; boundary="${boundary}"\n\n${parts.map((one) => `--${boundary}\n${one}`).join('')}--${boundary}--\n`

/** The message that RFC 8621 §4.1.4 takes as its example; each body is the part's letter. */
const EXAMPLE = multipart(
  'mixed',
  'one',
  part('A', 'text/plain', 'inline'),
  multipart(
    'mixed',
    'two',
    multipart(
      'alternative',
      'three',
      multipart(
        'mixed',
        'four',
        part('B', 'text/plain', 'inline'),
        part('C', 'image/jpeg', 'inline'),
        part('D', 'text/plain', 'inline'),
      ),
      multipart('related', 'five', part('E', 'text/html'), part('F', 'image/jpeg')),
    ),
    part('G', 'image/jpeg', 'attachment'),
    part('H', 'application/x-excel'),
    part('J', 'message/rfc822'),
  ),
  part('K', 'text/plain', 'inline'),
)

test('textBody, htmlBody and attachments of the example in RFC 8621 §4.1.4', async () => {
  const id = await file({ body: EXAMPLE })
  const email = await get(id, { properties: ['textBody', 'htmlBody', 'attachments'], bodyProperties: ['blobId'] })
  const letters = async (list: unknown): Promise<string[]> =>
    Promise.all(
      (list as { blobId: string }[]).map(async ({ blobId }) => (await (await download(blobId)).text()).trim()),
    )
  assert.deepEqual(await letters(email['textBody']), ['A', 'B', 'C', 'D', 'K'])
  assert.deepEqual(await letters(email['htmlBody']), ['A', 'E', 'K'])
  assert.deepEqual(await letters(email['attachments']), ['C', 'F', 'G', 'H', 'J'])
})

test('bodyStructure is the tree, with the parts of each multipart', async () => {
  const id = await file({ body: EXAMPLE })
  const { bodyStructure } = await get(id, {
    properties: ['bodyStructure'],
    bodyProperties: ['partId', 'type', 'blobId'],
  })
  const show = (one: Json): unknown =>
    one['subParts'] === undefined ? one['partId'] : [one['type'], (one['subParts'] as Json[]).map(show)]
  assert.deepEqual(show(bodyStructure as Json), [
    'multipart/mixed',
    [
      '1',
      [
        'multipart/mixed',
        [
          [
            'multipart/alternative',
            [
              ['multipart/mixed', ['2.1.1.1', '2.1.1.2', '2.1.1.3']],
              ['multipart/related', ['2.1.2.1', '2.1.2.2']],
            ],
          ],
          '2.2',
          '2.3',
          '2.4',
        ],
      ],
      '3',
    ],
  ])
  assert.deepEqual([(bodyStructure as Json)['partId'], (bodyStructure as Json)['blobId']], [null, null])
})

test('all properties of a part, its header fields among them', async () => {
  const body = multipart(
    'mixed',
    'b',
    part('text', 'text/plain'),
    `Content-Type: image/png; name="old.png"\nContent-Disposition: Attachment;\n filename*=utf-8''n%C3%A9w.png\nContent-ID: <picture@example.org>\nContent-Language: de, fr\nContent-Location: https://example.org/p.png\nContent-Transfer-Encoding: base64\nX-Own: yes\n\n${Buffer.from('not really a picture').toString('base64')}\n`,
  )
  const id = await file({ body })
  const bodyProperties = [
    'partId',
    'size',
    'headers',
    'name',
    'type',
    'charset',
    'disposition',
    'cid',
    'language',
    'location',
    'subParts',
    'header:X-Own:asText',
  ]
  const { attachments, hasAttachment } = await get(id, { properties: ['attachments', 'hasAttachment'], bodyProperties })
  const [picture] = attachments as [Json]
  assert.equal(hasAttachment, true)
  assert.equal((picture['headers'] as Json[]).length, 7)
  assert.deepEqual(
    { ...picture, headers: [] },
    {
      partId: '2',
      size: 20,
      headers: [],
      name: 'néw.png',
      type: 'image/png',
      charset: null,
      disposition: 'attachment',
      cid: 'picture@example.org',
      language: ['de', 'fr'],
      location: 'https://example.org/p.png',
      subParts: null,
      'header:X-Own:asText': 'yes',
    },
  )
})

test('a part is downloaded decoded, whole or in ranges, with the size that it was announced with', async () => {
  const content = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))
  const encoded = content.toString('base64').replace(/.{76}/g, '$&\n')
  const quoted = 'Gr=C3=BC=C3=9Fe=\n aus G=C3=B6rlitz'
  const body = multipart(
    'mixed',
    'b',
    `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n${quoted}\n`,
    `Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n${encoded}\n`,
  )
  const id = await file({ body })
  const { bodyStructure } = await get(id, { properties: ['bodyStructure'] })
  const [text, data] = (bodyStructure as { subParts: [Json, Json] }).subParts
  assert.equal(await (await download(text['blobId'])).text(), 'Grüße aus Görlitz')
  assert.equal(text['size'], Buffer.byteLength('Grüße aus Görlitz'))
  assert.equal(data['size'], content.length)
  assert.deepEqual(Buffer.from(await (await download(data['blobId'])).arrayBuffer()), content)
  const range = await download(data['blobId'], reader, 'bytes=70000-70009')
  assert.equal(range.status, 206)
  assert.deepEqual(Buffer.from(await range.arrayBuffer()), content.subarray(70_000, 70_010))
})

test('a blobId leads to nothing in another account, and neither does one of a part that is not there', async () => {
  const other = await openMailReader(server)
  const id = await file(PLAIN)
  const { blobId } = await get(id, { properties: ['blobId'] })
  assert.equal((await download(blobId, other)).status, 404)
  for (const wrong of ['-1', '-99999', '-0-0-0-0-0-0', '-00', '-x', '--1', '-0-7'])
    assert.equal((await download(`${String(blobId)}${wrong}`)).status, 404, wrong)
  const parsed = await other.call('Email/parse', { blobIds: [blobId, `${String(blobId)}-0`] })
  assert.deepEqual(parsed['notFound'], [blobId, `${String(blobId)}-0`])
})

const HTML = '<p>Grüße &amp; <a href="https://example.org/a?b=c>d">Küsse</a></p>'
const BOTH = multipart(
  'alternative',
  'alt',
  `Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n`,
  `Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${Buffer.from(HTML).toString('base64')}\n`,
)

test('body values are those of the text, the HTML or all parts', async () => {
  const id = await file({ body: BOTH })
  const values = async (args: Json): Promise<Json> =>
    (await get(id, { properties: ['bodyValues'], ...args }))['bodyValues'] as Json
  const text = { value: 'Grüße', isEncodingProblem: false, isTruncated: false }
  const html = { value: HTML, isEncodingProblem: false, isTruncated: false }
  assert.deepEqual(await values({}), {})
  assert.deepEqual(await values({ fetchTextBodyValues: true }), { 1: text })
  assert.deepEqual(await values({ fetchHTMLBodyValues: true }), { 2: html })
  assert.deepEqual(await values({ fetchAllBodyValues: true }), { 1: text, 2: html })
  assert.deepEqual(await values({ fetchTextBodyValues: true, maxBodyValueBytes: 3 }), {
    1: { ...text, value: 'Gr', isTruncated: true },
  })
})

test('a text part is downloaded as it is, with the charset that it names', async () => {
  const { textBody } = await get(await file({ body: BOTH }), { properties: ['textBody'] })
  const [{ blobId } = {}] = textBody as Json[]
  const response = await fetch(`${server.http}/jmap/download/${reader.accountId}/${String(blobId)}/text.txt`, {
    headers: reader.headers,
  })
  assert.equal(response.headers.get('content-type'), 'text/plain; charset=iso-8859-1')
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from('Grüße', 'latin1'))
})

test('line ends are LF, and what cannot be read is marked', async () => {
  const id = await reader.file(
    'inbox',
    Buffer.from('Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\none\r\ntwo \xff\r\n', 'latin1'),
  )
  const { bodyValues } = await get(id, { properties: ['bodyValues'], fetchAllBodyValues: true })
  assert.deepEqual(bodyValues, { 1: { value: 'one\ntwo \ufffd\n', isEncodingProblem: true, isTruncated: false } })
})

const cuts: [text: string, maxBytes: number, isHtml: boolean, expected: string][] = [
  ['abc', 3, false, 'abc'],
  ['abc', 2, false, 'ab'],
  ['aé', 2, false, 'a'],
  ['a😀b', 4, false, 'a'],
  ['a😀b', 5, false, 'a😀'],
  ['<b>bold</b>', 9, true, '<b>bold'],
  ['<b>bold</b>', 9, false, '<b>bold</'],
  ['<b>bold</b>', 11, true, '<b>bold</b>'],
  ['a < b', 4, true, 'a '],
  ['x > y <a', 5, true, 'x > y'],
]
for (const [text, maxBytes, isHtml, expected] of cuts)
  test(`${isHtml ? 'HTML' : 'text'} of ${maxBytes} bytes at most: ${expected}`, () => {
    assert.equal(truncate(text, maxBytes, isHtml), expected)
  })

test('an attached message is parsed, its parts are downloaded, whether or not it is encoded', async () => {
  const inner = `From: in@example.org\nSubject: Inside\nMessage-ID: <inside@example.org>\n${multipart('mixed', 'in', part('inner text', 'text/plain'), part('inner file', 'application/pdf', 'attachment; filename=in.pdf'))}`
  for (const [encoding, content] of [
    ['7bit', inner],
    ['base64', Buffer.from(inner.replace(/\n/g, '\r\n')).toString('base64').replace(/.{76}/g, '$&\n')],
  ]) {
    const body = multipart(
      'mixed',
      'out',
      part('outer text', 'text/plain'),
      `Content-Type: message/rfc822\nContent-Transfer-Encoding: ${encoding}\n\n${content}\n`,
    )
    const id = await file({ body })
    const { attachments } = await get(id, { properties: ['attachments'] })
    const [attached] = attachments as [{ blobId: string }]
    const { parsed, notFound, notParsable } = await reader.call('Email/parse', {
      blobIds: [attached.blobId],
      fetchTextBodyValues: true,
    })
    assert.deepEqual([notFound, notParsable], [null, null])
    const email = (parsed as Record<string, Json>)[attached.blobId] as Json
    assert.equal(email['subject'], 'Inside')
    assert.deepEqual(email['messageId'], ['inside@example.org'])
    assert.equal(email['hasAttachment'], true)
    assert.deepEqual(
      Object.values(email['bodyValues'] as Json).map((value) => (value as Json)['value']),
      ['inner text'],
    )
    assert.equal(email['id'], undefined)
    const [pdf] = email['attachments'] as [Json]
    assert.equal(pdf['name'], 'in.pdf')
    assert.equal((await (await download(pdf['blobId'])).text()).trim(), 'inner file')
  }
})

test('Email/parse gives null for what only the store knows, and says what it cannot parse or find', async () => {
  const id = await file(PLAIN)
  const { blobId } = await get(id, { properties: ['blobId'] })
  const missing = `B${'0'.repeat(32)}`
  const { parsed, notParsable, notFound } = await reader.call('Email/parse', {
    blobIds: [blobId, `${String(blobId)}-0`, missing, 'x'],
    properties: [
      'id',
      'threadId',
      'mailboxIds',
      'keywords',
      'receivedAt',
      'size',
      'subject',
      'header:X-Two:asText',
      'blobId',
    ],
  })
  const size = (await get(id, { properties: ['size'] }))['size'] as number
  assert.deepEqual(parsed, {
    [String(blobId)]: {
      id: null,
      threadId: null,
      mailboxIds: null,
      keywords: null,
      receivedAt: null,
      blobId,
      size,
      subject: 'Dîner on Thursday?',
      'header:X-Two:asText': 'two',
    },
  })
  assert.deepEqual(notParsable, [`${String(blobId)}-0`])
  assert.deepEqual(notFound, [missing, 'x'])
})

test('Email/get without ids, and with more than the session allows', async () => {
  assert.equal((await reader.fail('Email/get', { ids: null }))['type'], 'requestTooLarge')
  const ids = Array.from({ length: 1001 }, (_, i) => `M${i}`)
  assert.equal((await reader.fail('Email/get', { ids }))['type'], 'requestTooLarge')
  assert.equal((await reader.fail('Thread/get', { ids: null }))['type'], 'requestTooLarge')
})

test('ids that are none, and ids of another account, are not found', async () => {
  const other = await openMailReader(server)
  const theirs = await other.file('inbox')
  const [{ threadId } = {}] = (await other.call('Email/get', { ids: [theirs], properties: ['threadId'] }))[
    'list'
  ] as Json[]
  const wrong = [theirs, 'M0', 'M', 'm1', 'M00', 'Mzzzzzzzzzzzzz', 'F1', '1']
  assert.deepEqual((await reader.call('Email/get', { ids: wrong }))['notFound'], wrong)
  assert.deepEqual((await reader.call('Thread/get', { ids: [threadId, 'T', 'M1'] }))['notFound'], [threadId, 'T', 'M1'])
})

test('Thread/get gives the messages of a conversation, oldest first, wherever they are', async () => {
  const at = (minute: number) => ({ receivedAt: new Date(Date.UTC(2026, 8, 7, 8, minute)) })
  const first = { subject: 'Thread', messageId: `${reader.accountId}-t1@example.org` }
  const answer = { subject: 'Re: Thread', inReplyTo: first.messageId }
  const last = await reader.file('inbox', answer, at(30))
  const root = await reader.file('archive', first, at(0))
  const middle = await reader.file('sent', answer, at(10))
  const { threadId } = await get(last, { properties: ['threadId'] })
  const { list, notFound } = await reader.call('Thread/get', { ids: [threadId] })
  assert.deepEqual(list, [{ id: threadId, emailIds: [root, middle, last] }])
  assert.deepEqual(notFound, [])
  const other = await reader.file('inbox', { ...answer, subject: 'Another subject' }, at(40))
  assert.notEqual((await get(other, { properties: ['threadId'] }))['threadId'], threadId)
})

test('the state of EmailDelivery changes when a message is added, and not when one is read (RFC 8621 §1.5)', async () => {
  const delivery = types.find(({ name }) => name === 'EmailDelivery')
  const state = async (): Promise<string | undefined> => delivery?.state(reader.account)
  const id = await file(PLAIN)
  const before = await state()
  await reader.call('Email/set', { update: { [id]: { 'keywords/$seen': true } } })
  assert.equal(await state(), before)
  await file(PLAIN)
  assert.notEqual(await state(), before)
})

test('a call that would show a hundred thousand parts is refused; each of its messages alone is not', async () => {
  const own = await openMailReader(server)
  const body = `Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\n\n'.repeat(9000)}--b--\n`
  const ids: string[] = []
  for (let i = 0; i < 12; i++) ids.push(await own.file('inbox', { body }))
  const args = { properties: ['bodyStructure'], bodyProperties: ['partId'] }
  assert.equal((await own.fail('Email/get', { ids, ...args }))['type'], 'requestTooLarge')
  const { list } = await own.call('Email/get', { ids: ids.slice(0, 1), ...args })
  assert.equal(
    ((list as { bodyStructure: { subParts: unknown[] } }[])[0]?.bodyStructure.subParts.length ?? 0) > 8000,
    true,
  )
})

test('a request for a thousand properties of each message or part is refused', async () => {
  const fields = Array.from({ length: 1000 }, (_, i) => `header:X-${i}`)
  assert.equal((await reader.fail('Email/get', { ids: [], properties: fields }))['type'], 'requestTooLarge')
  assert.equal((await reader.fail('Email/get', { ids: [], bodyProperties: fields }))['type'], 'invalidArguments')
})
