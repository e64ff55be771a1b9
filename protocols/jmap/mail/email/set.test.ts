import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openMailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])
const reader = await openMailReader(server)
const [inbox, drafts, archive, trash] = await Promise.all(['inbox', 'drafts', 'archive', 'trash'].map(reader.mailbox))

const set = (args: Json): Promise<Json> => reader.call('Email/set', args)
const get = async (id: string, properties: string[] = ['keywords', 'mailboxIds'], args: Json = {}): Promise<Json> =>
  ((await reader.call('Email/get', { ids: [id], properties, ...args }))['list'] as Json[])[0] as Json
const state = async (): Promise<unknown> => (await reader.call('Email/get', { ids: [] }))['state']

async function upload(content: string | Buffer, type = 'application/octet-stream'): Promise<string> {
  const url = `${server.http}/jmap/upload/${reader.accountId}/`
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...reader.headers, 'content-type': type },
    body: Buffer.from(content),
  })
  assert.equal(response.status, 201)
  return ((await response.json()) as { blobId: string }).blobId
}

async function source(id: string): Promise<string> {
  const { blobId } = await get(id, ['blobId'])
  const url = `${server.http}/jmap/download/${reader.accountId}/${String(blobId)}/x`
  return (await fetch(url, { headers: reader.headers })).text()
}

async function create(given: Json): Promise<string> {
  const { created, notCreated } = await set({ create: { k: { mailboxIds: { [drafts as string]: true }, ...given } } })
  assert.equal(notCreated, null, JSON.stringify(notCreated))
  return (created as { k: { id: string } }).k.id
}

/** The draft that RFC 8621 §4.10 saves. */
const EXAMPLE: Json = {
  keywords: { $seen: true, $draft: true },
  from: [{ name: 'Joe Bloggs', email: 'joe@example.com' }],
  to: [{ name: 'John', email: 'john@example.com' }],
  subject: 'World domination',
  receivedAt: '2018-07-10T01:05:08Z',
  sentAt: '2018-07-10T11:05:08+10:00',
  bodyStructure: {
    type: 'multipart/alternative',
    subParts: [
      { partId: 'a49d', type: 'text/html' },
      { partId: 'bd48', type: 'text/plain' },
    ],
  },
  bodyValues: {
    bd48: { value: 'I have the most brilliant plan. Let me tell you all about it.', isTruncated: false },
    a49d: {
      value: '<!DOCTYPE html><html><body><div>I have the most brilliant plan.</div></body></html>',
      isTruncated: false,
    },
  },
}

test('the draft of the example in RFC 8621 §4.10 is saved, and reads as it was written', async () => {
  const { created } = await set({ create: { k1546: { mailboxIds: { [drafts as string]: true }, ...EXAMPLE } } })
  const { k1546 } = created as { k1546: { id: string; size: number } }
  assert.deepEqual(Object.keys(k1546).sort(), ['blobId', 'id', 'size', 'threadId'])
  const properties = [
    'from',
    'to',
    'subject',
    'sentAt',
    'receivedAt',
    'keywords',
    'mailboxIds',
    'size',
    'messageId',
    'bodyValues',
    'preview',
    'hasAttachment',
  ]
  const email = await get(k1546.id, properties, { fetchAllBodyValues: true })
  assert.deepEqual(
    { ...email, messageId: [], bodyValues: {} },
    {
      id: k1546.id,
      from: EXAMPLE['from'],
      to: EXAMPLE['to'],
      subject: 'World domination',
      sentAt: '2018-07-10T11:05:08+10:00',
      receivedAt: '2018-07-10T01:05:08Z',
      keywords: { $draft: true, $seen: true },
      mailboxIds: { [drafts as string]: true },
      size: k1546.size,
      messageId: [],
      bodyValues: {},
      preview: 'I have the most brilliant plan. Let me tell you all about it.',
      hasAttachment: false,
    },
  )
  assert.match((email['messageId'] as string[])[0] ?? '', /^[\w-]+@zegel\.test$/)
  const texts = Object.values(email['bodyValues'] as Json).map((value) => (value as Json)['value'])
  assert.deepEqual(texts, [
    (EXAMPLE['bodyValues'] as { a49d: Json }).a49d['value'],
    (EXAMPLE['bodyValues'] as { bd48: Json }).bd48['value'],
  ])
})

test('a message of text, HTML and attachments: uploads, whole messages and parts of messages', async () => {
  const file = await upload('a file', 'application/pdf')
  const other = await reader.file('inbox', { subject: 'Attached' })
  const { blobId, textBody } = await get(other, ['blobId', 'textBody'])
  const [part] = textBody as [Json]
  const id = await create({
    subject: 'Grüße',
    'header:X-Mood:asText': 'fröhlich',
    textBody: [{ partId: 't', type: 'text/plain' }],
    htmlBody: [{ partId: 'h', type: 'text/html' }],
    bodyValues: { t: { value: 'Text\nmit Umbruch' }, h: { value: '<p>Text</p>' } },
    attachments: [
      { blobId: file, type: 'application/pdf', name: 'Rechnung März.pdf', disposition: 'attachment' },
      { blobId, type: 'message/rfc822' },
      { blobId: part['blobId'], type: 'text/plain', name: 'part.txt', disposition: 'attachment' },
    ],
  })
  const email = await get(id, ['subject', 'hasAttachment', 'attachments', 'header:X-Mood:asText'], {
    bodyProperties: ['name', 'type', 'size'],
  })
  assert.equal(email['subject'], 'Grüße')
  assert.equal(email['header:X-Mood:asText'], 'fröhlich')
  assert.equal(email['hasAttachment'], true)
  const { size } = await get(other, ['size'])
  assert.deepEqual(email['attachments'], [
    { name: 'Rechnung März.pdf', type: 'application/pdf', size: 6 },
    { name: null, type: 'message/rfc822', size },
    { name: 'part.txt', type: 'text/plain', size: part['size'] },
  ])
  assert.match(await source(id), /^Date: .*\r\n/m)
})

const NOWHERE = `B${'0'.repeat(32)}`
const plain: Json = { textBody: [{ partId: '1', type: 'text/plain' }], bodyValues: { 1: { value: 'x' } } }

/** Everything that RFC 8621 §4.6 forbids, and what is wrong at first sight. */
const refused: Record<string, [given: Json, error: Json]> = {
  'no mailbox': [{ mailboxIds: {} }, { type: 'invalidProperties', properties: ['mailboxIds'] }],
  'no mailboxIds': [{ mailboxIds: null }, { type: 'invalidProperties', properties: ['mailboxIds'] }],
  'a mailbox that is not there': [
    { mailboxIds: { F1: true } },
    { type: 'invalidProperties', properties: ['mailboxIds'] },
  ],
  'a mailbox that is false': [
    { mailboxIds: { [inbox as string]: false } },
    { type: 'invalidProperties', properties: ['mailboxIds'] },
  ],
  'a mailbox that was never created': [
    { mailboxIds: { '#nobody': true } },
    { type: 'invalidProperties', properties: ['mailboxIds'] },
  ],
  'keywords in a list': [{ keywords: ['$seen'] }, { type: 'invalidProperties', properties: ['keywords'] }],
  'a keyword that can be none': [
    { keywords: { 'two words': true } },
    { type: 'invalidProperties', properties: ['keywords'] },
  ],
  'too many keywords': [
    { keywords: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, true])) },
    { type: 'tooManyKeywords' },
  ],
  'a receivedAt that is none': [{ receivedAt: 'yesterday' }, { type: 'invalidProperties', properties: ['receivedAt'] }],
  'a sentAt that is none': [{ sentAt: 'yesterday' }, { type: 'invalidProperties', properties: ['sentAt'] }],
  headers: [{ headers: [] }, { type: 'invalidProperties', properties: ['headers'] }],
  'an id': [{ id: 'M1' }, { type: 'invalidProperties', properties: ['id'] }],
  'a size': [{ size: 7 }, { type: 'invalidProperties', properties: ['size'] }],
  'a thread': [{ threadId: 'T1' }, { type: 'invalidProperties', properties: ['threadId'] }],
  'a preview': [{ preview: 'x' }, { type: 'invalidProperties', properties: ['preview'] }],
  'one field by two properties': [{ subject: 'a', 'header:subject': ' b' }, { type: 'invalidProperties' }],
  'a form that is forbidden': [
    { 'header:From:asText': 'x' },
    { type: 'invalidProperties', properties: ['header:From:asText'] },
  ],
  'a Content- field on the message': [
    { 'header:Content-Type': ' text/plain' },
    { type: 'invalidProperties', properties: ['header:Content-Type'] },
  ],
  'a field that would end the header': [
    { subject: 'a\r\nBcc: x@example.org' },
    { type: 'invalidProperties', properties: ['subject'] },
  ],
  'a raw field that would end the header': [
    { 'header:X-A': ' a\r\n\r\nbody' },
    { type: 'invalidProperties', properties: ['header:X-A'] },
  ],
  'bodyStructure and textBody': [
    { ...plain, bodyStructure: { partId: '1', type: 'text/plain' } },
    { type: 'invalidProperties', properties: ['textBody'] },
  ],
  'a field of the message in bodyStructure': [
    {
      'header:X-A': ' 1',
      bodyStructure: { partId: '1', type: 'text/plain', 'header:X-A': ' 2' },
      bodyValues: { 1: { value: 'x' } },
    },
    { type: 'invalidProperties', properties: ['bodyStructure'] },
  ],
  'two text bodies': [
    {
      ...plain,
      textBody: [
        { partId: '1', type: 'text/plain' },
        { partId: '1', type: 'text/plain' },
      ],
    },
    { type: 'invalidProperties', properties: ['textBody'] },
  ],
  'a text body of HTML': [
    { ...plain, textBody: [{ partId: '1', type: 'text/html' }] },
    { type: 'invalidProperties', properties: ['textBody'] },
  ],
  'an HTML body of text': [
    { ...plain, htmlBody: [{ partId: '1', type: 'text/plain' }] },
    { type: 'invalidProperties', properties: ['htmlBody'] },
  ],
  'a part with partId and blobId': [
    { bodyStructure: { partId: '1', blobId: NOWHERE }, bodyValues: { 1: { value: 'x' } } },
    { type: 'blobNotFound', notFound: [NOWHERE] },
  ],
  'a partId that has no value': [
    { textBody: [{ partId: '9', type: 'text/plain' }] },
    { type: 'invalidProperties', properties: ['textBody/0/partId'] },
  ],
  'a charset beside a partId': [
    { ...plain, textBody: [{ partId: '1', type: 'text/plain', charset: 'utf-8' }] },
    { type: 'invalidProperties', properties: ['textBody/0/charset'] },
  ],
  'a size beside a partId': [
    { ...plain, textBody: [{ partId: '1', type: 'text/plain', size: 1 }] },
    { type: 'invalidProperties', properties: ['textBody/0/size'] },
  ],
  'a transfer encoding': [
    { ...plain, textBody: [{ partId: '1', type: 'text/plain', 'header:Content-Transfer-Encoding': ' 7bit' }] },
    { type: 'invalidProperties', properties: ['textBody/0/header:Content-Transfer-Encoding'] },
  ],
  'headers on a part': [
    { ...plain, textBody: [{ partId: '1', type: 'text/plain', headers: [] }] },
    { type: 'invalidProperties', properties: ['textBody/0/headers'] },
  ],
  'a value that is truncated': [
    { ...plain, bodyValues: { 1: { value: 'x', isTruncated: true } } },
    { type: 'invalidProperties', properties: ['bodyValues/1'] },
  ],
  'a value that has an encoding problem': [
    { ...plain, bodyValues: { 1: { value: 'x', isEncodingProblem: true } } },
    { type: 'invalidProperties', properties: ['bodyValues/1'] },
  ],
  'blobs that are not there': [
    { attachments: [{ blobId: NOWHERE }, { blobId: 'x' }], bodyStructure: null },
    { type: 'blobNotFound', notFound: [NOWHERE, 'x'] },
  ],
  'a bodyStructure that is a list': [
    { bodyStructure: [] },
    { type: 'invalidProperties', properties: ['bodyStructure'] },
  ],
  'addresses that are none': [{ to: 'john@example.com' }, { type: 'invalidProperties', properties: ['to'] }],
}

for (const [what, [given, error]] of Object.entries(refused))
  test(`a message is not created with ${what}`, async () => {
    const before = await state()
    const { created, notCreated } = await set({ create: { k: { mailboxIds: { [drafts as string]: true }, ...given } } })
    assert.equal(created, null)
    const { description: _, ...said } = (notCreated as { k: Json }).k
    assert.deepEqual({ ...said, ...error }, said)
    assert.equal(await state(), before)
  })

test('attachments beyond what the session allows are refused with the size allowed', async (t) => {
  const small = await startServer(t, { smtp: { maxMessageMegabytes: 1 } }, ['http'])
  const own = await openMailReader(small)
  const url = `${small.http}/jmap/upload/${own.accountId}/`
  const mailboxIds = { [await own.mailbox('drafts')]: true }
  const accounts = own.session['accounts'] as Record<string, { accountCapabilities: Record<string, Json> }>
  const maxSize = accounts[own.accountId]?.accountCapabilities['urn:ietf:params:jmap:mail']?.[
    'maxSizeAttachmentsPerEmail'
  ] as number
  for (const [size, times] of [
    [maxSize + 1, 1],
    [10_000, 60],
  ] as const) {
    const response = await fetch(url, { method: 'POST', headers: own.headers, body: Buffer.alloc(size) })
    const { blobId } = (await response.json()) as Json
    const given = { mailboxIds, attachments: Array.from({ length: times }, () => ({ blobId })) }
    const { notCreated } = await own.call('Email/set', { create: { k: given } })
    assert.deepEqual((notCreated as { k: Json }).k, { type: 'tooLarge', maxSize })
  }
})

test('keywords and mailboxes change as a whole or one by one (RFC 8621 §4.6)', async () => {
  const id = await reader.file('inbox', {}, { keywords: ['$flagged', 'old'] })
  const change = async (patch: Json): Promise<Json> => {
    assert.deepEqual((await set({ update: { [id]: patch } }))['updated'], { [id]: null })
    const { keywords, mailboxIds } = await get(id)
    return { keywords: Object.keys(keywords as Json).sort(), mailboxIds: Object.keys(mailboxIds as Json).sort() }
  }
  const both = [inbox as string, archive as string].sort()
  assert.deepEqual(await change({ 'keywords/$Seen': true }), {
    keywords: ['$flagged', '$seen', 'old'],
    mailboxIds: [inbox],
  })
  assert.deepEqual(await change({ 'keywords/$flagged': null, 'keywords/new': true }), {
    keywords: ['$seen', 'new', 'old'],
    mailboxIds: [inbox],
  })
  assert.deepEqual(await change({ [`mailboxIds/${archive}`]: true }), {
    keywords: ['$seen', 'new', 'old'],
    mailboxIds: both,
  })
  assert.deepEqual(await change({ [`mailboxIds/${inbox}`]: null, keywords: { $draft: true } }), {
    keywords: ['$draft'],
    mailboxIds: [archive],
  })
  assert.deepEqual(await change({ mailboxIds: { [inbox as string]: true } }), {
    keywords: ['$draft'],
    mailboxIds: [inbox],
  })
  assert.deepEqual(await change({ keywords: null }), { keywords: [], mailboxIds: [inbox] })
  assert.deepEqual(await change({ 'keywords/a~1b': true }), { keywords: ['a/b'], mailboxIds: [inbox] })
  assert.deepEqual(await change({}), { keywords: ['a/b'], mailboxIds: [inbox] })
})

test('a message that was moved to the trash comes back with everything', async () => {
  const id = await reader.file('inbox', { subject: 'Undone' }, { keywords: ['$seen', 'project'] })
  const before = await get(id, ['keywords', 'mailboxIds', 'threadId', 'subject', 'receivedAt', 'blobId'])
  await set({ update: { [id]: { mailboxIds: { [trash as string]: true } } } })
  await set({ update: { [id]: { mailboxIds: { [inbox as string]: true } } } })
  assert.deepEqual(await get(id, Object.keys(before)), before)
})

const wrongPatches: Record<string, [patch: Json, error: Json]> = {
  'out of all mailboxes': [
    { [`mailboxIds/${inbox}`]: null },
    { type: 'invalidProperties', properties: ['mailboxIds'] },
  ],
  'mailboxIds to nothing': [{ mailboxIds: {} }, { type: 'invalidProperties', properties: ['mailboxIds'] }],
  'mailboxIds to null': [{ mailboxIds: null }, { type: 'invalidProperties', properties: ['mailboxIds'] }],
  'into a mailbox that is not there': [
    { 'mailboxIds/F1': true },
    { type: 'invalidProperties', properties: ['mailboxIds'] },
  ],
  'into what is no mailbox': [{ 'mailboxIds/x': true }, { type: 'invalidProperties', properties: ['mailboxIds'] }],
  'a keyword to false': [{ 'keywords/$seen': false }, { type: 'invalidProperties', properties: ['keywords'] }],
  'a keyword that can be none': [{ 'keywords/(': true }, { type: 'invalidProperties', properties: ['keywords'] }],
  'keywords without end': [
    { keywords: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, true])) },
    { type: 'tooManyKeywords' },
  ],
  'a whole and its member': [{ keywords: {}, 'keywords/$seen': true }, { type: 'invalidPatch' }],
  'a member of a member': [{ 'keywords/$seen/x': true }, { type: 'invalidPatch' }],
  'a path that is none': [{ 'keywords/~2': true }, { type: 'invalidPatch' }],
  'the subject': [{ subject: 'Another' }, { type: 'invalidProperties', properties: ['subject'] }],
  receivedAt: [{ receivedAt: '2020-01-01T00:00:00Z' }, { type: 'invalidProperties', properties: ['receivedAt'] }],
  'what nobody knows': [{ colour: 'red' }, { type: 'invalidProperties', properties: ['colour'] }],
  'into a prototype': [{ '__proto__/x': true }, { type: 'invalidProperties', properties: ['__proto__/x'] }],
}

for (const [what, [patch, error]] of Object.entries(wrongPatches))
  test(`refused and nothing changed: ${what}`, async () => {
    const id = await reader.file('inbox')
    const before = await get(id)
    const { updated, notUpdated } = await set({ update: { [id]: patch } })
    assert.equal(updated, null)
    const { description: _, ...said } = (notUpdated as Record<string, Json>)[id] as Json
    assert.deepEqual({ ...said, ...error }, said)
    assert.deepEqual(await get(id), before)
  })

test('what cannot change may be sent along as it is', async () => {
  const id = await reader.file('inbox', { subject: 'Same' })
  const whole = await get(id, [
    'subject',
    'receivedAt',
    'size',
    'from',
    'threadId',
    'mailboxIds',
    'keywords',
    'preview',
    'blobId',
  ])
  const { updated } = await set({ update: { [id]: { ...whole, keywords: { $seen: true } } } })
  assert.deepEqual(updated, { [id]: null })
  assert.deepEqual((await get(id))['keywords'], { $seen: true })
})

test('what is updated and destroyed, not there, or of another account', async () => {
  const other = await openMailReader(server)
  const theirs = await other.file('inbox')
  const id = await reader.file('inbox')
  const { notUpdated, notDestroyed, destroyed } = await set({
    update: { [id]: { 'keywords/$seen': true }, M1: { 'keywords/$seen': true }, [theirs]: { 'keywords/$seen': true } },
    destroy: [id, 'M2', '#nobody'],
  })
  assert.deepEqual(notUpdated, {
    [id]: { type: 'willDestroy' },
    M1: { type: 'notFound' },
    [theirs]: { type: 'notFound' },
  })
  assert.deepEqual(notDestroyed, { M2: { type: 'notFound' }, '#nobody': { type: 'notFound' } })
  assert.deepEqual(destroyed, [id])
  assert.deepEqual((await set({ destroy: [theirs] }))['notDestroyed'], { [theirs]: { type: 'notFound' } })
  assert.deepEqual((await other.call('Email/get', { ids: [theirs], properties: ['keywords'] }))['list'], [
    { id: theirs, keywords: {} },
  ])
})

test('creation ids lead from mailbox to message to change, within a call and between calls', async () => {
  const responses = await reader.calls(
    ['Mailbox/set', { accountId: reader.accountId, create: { box: { name: 'By creation id' } } }, '0'],
    [
      'Email/set',
      {
        accountId: reader.accountId,
        create: {
          a: { mailboxIds: { '#box': true }, subject: 'A' },
          b: { mailboxIds: { '#box': true }, subject: 'B' },
        },
        update: { '#a': { 'keywords/$seen': true } },
        destroy: ['#b'],
      },
      '1',
    ],
    ['Email/set', { accountId: reader.accountId, update: { '#a': { 'keywords/later': true } } }, '2'],
    ['Email/get', { accountId: reader.accountId, ids: ['#a'], properties: ['keywords', 'mailboxIds'] }, '3'],
  )
  const box = ((responses[0]?.[1]['created'] as Json)['box'] as { id: string }).id
  const first = responses[1]?.[1] as Json
  assert.deepEqual(Object.keys(first['created'] as Json), ['a', 'b'])
  assert.deepEqual([first['notUpdated'], first['notDestroyed']], [null, null])
  const [email] = responses[3]?.[1]['list'] as Json[]
  assert.deepEqual([email?.['keywords'], email?.['mailboxIds']], [{ $seen: true, later: true }, { [box]: true }])
})

test('a thousand messages change in one call', async () => {
  const own = await openMailReader(server)
  const [from, to] = [await own.mailbox('inbox'), await own.mailbox('archive')]
  const ids = await Promise.all(Array.from({ length: 1000 }, (_, i) => own.file('inbox', { text: String(i) })))
  const before = await own.call('Email/get', { ids: [] })
  const update = Object.fromEntries(
    ids.map((id, i) => [
      id,
      i % 2 === 0 ? { 'keywords/$seen': true } : { mailboxIds: { [to]: true }, [`keywords/k${i % 5}`]: true },
    ]),
  )
  const done = await own.call('Email/set', { update })
  assert.equal(Object.keys(done['updated'] as Json).length, 1000)
  assert.equal(done['oldState'], before['state'])
  assert.equal(Number(done['newState']), Number(before['state']) + 1, 'one transaction')
  const { list } = await own.call('Mailbox/get', { ids: [from, to], properties: ['totalEmails', 'unreadEmails'] })
  assert.deepEqual(
    new Map((list as Json[]).map((one) => [one['id'], [one['totalEmails'], one['unreadEmails']]])),
    new Map([
      [from, [500, 0]],
      [to, [500, 500]],
    ]),
  )
  const again = await own.call('Email/set', { update })
  assert.equal(again['newState'], done['newState'], 'what is so already changes nothing')
  const gone = await own.call('Email/set', { destroy: ids })
  assert.equal((gone['destroyed'] as string[]).length, 1000)
  const changes = await own.call('Email/changes', { sinceState: before['state'], maxChanges: 1000 })
  assert.deepEqual(new Set(changes['destroyed'] as string[]), new Set(ids))
})

test('more than the session allows is refused as a whole', async () => {
  const destroy = Array.from({ length: 1001 }, (_, i) => `M${i}`)
  assert.equal((await reader.fail('Email/set', { destroy }))['type'], 'requestTooLarge')
})

test('nothing happens when the state is another one', async () => {
  const id = await reader.file('inbox')
  const ifInState = await state()
  await set({ update: { [id]: { 'keywords/$seen': true } } })
  assert.equal((await reader.fail('Email/set', { ifInState, destroy: [id] }))['type'], 'stateMismatch')
  assert.ok(await get(id))
})

test('of writes that meet, none tells a client that it knows what another has done', async () => {
  const own = await openMailReader(server)
  const ids = await Promise.all(Array.from({ length: 24 }, () => own.file('inbox')))
  const first = (await own.call('Email/get', { ids: [] }))['state']
  const answers = await Promise.all(
    ids.map((id) => own.call('Email/set', { update: { [id]: { 'keywords/$seen': true } } })),
  )
  for (const [i, { oldState, newState }] of answers.entries()) {
    if (oldState === null) continue
    const { updated } = await own.call('Email/changes', { sinceState: oldState })
    const later = new Set(
      (newState === undefined
        ? []
        : (await own.call('Email/changes', { sinceState: newState }))['updated']) as string[],
    )
    const between = (updated as string[]).filter((id) => !later.has(id))
    assert.deepEqual(between, [ids[i]], 'between the states lies this write alone')
  }
  const all = await own.call('Email/changes', { sinceState: first })
  assert.equal((all['updated'] as string[]).length, 24)
})
