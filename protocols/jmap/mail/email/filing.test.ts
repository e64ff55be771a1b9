/** Email/import and Email/copy, RFC 8621 §4.7 and §4.8. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { letter, openMailReader, type MailReader } from '#test/letters'
import { startServer } from '#test/server'
import type { CallSession } from '../../calls/method.ts'
import { copy } from './copy.ts'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])
const reader = await openMailReader(server)
const inbox = await reader.mailbox('inbox')

async function upload(content: Buffer, to: MailReader = reader): Promise<string> {
  const url = `${server.http}/jmap/upload/${to.accountId}/`
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...to.headers, 'content-type': 'message/rfc822' },
    body: new Uint8Array(content),
  })
  return ((await response.json()) as { blobId: string }).blobId
}

const importOne = async (given: Json): Promise<Json> => reader.call('Email/import', { emails: { i: given } })
const get = async (id: unknown, properties: string[]): Promise<Json> =>
  ((await reader.call('Email/get', { ids: [id], properties })) as { list: [Json] }).list[0]

test('an uploaded message is imported with its mailboxes, keywords and time', async () => {
  const content = letter({ subject: 'Imported' })
  const blobId = await upload(content)
  const before = (await reader.call('Email/get', { ids: [] }))['state']
  const given = {
    blobId,
    mailboxIds: { [inbox]: true },
    keywords: { $Seen: true, old: true },
    receivedAt: '2020-02-03T04:05:06Z',
  }
  const answer = await importOne(given)
  assert.equal(answer['oldState'], before)
  assert.equal(answer['newState'], (await reader.call('Email/get', { ids: [] }))['state'])
  assert.equal(answer['notCreated'], null)
  const { i } = answer['created'] as { i: Json }
  assert.deepEqual(Object.keys(i).sort(), ['blobId', 'id', 'size', 'threadId'])
  assert.deepEqual([i['blobId'], i['size']], [blobId, content.length], 'the content is not kept twice')
  const { id, ...email } = await get(i['id'], ['subject', 'keywords', 'mailboxIds', 'receivedAt'])
  assert.deepEqual(
    [id, email],
    [
      i['id'],
      {
        subject: 'Imported',
        keywords: { $seen: true, old: true },
        mailboxIds: { [inbox]: true },
        receivedAt: '2020-02-03T04:05:06Z',
      },
    ],
  )
})

test('the time of a message is that of its last Received field, when none is given (RFC 8621 §4.8)', async () => {
  const headers = [
    'Received: from a by b; Thu, 1 Jan 2015 12:00:00 +0100',
    'Received: from c by a; Wed, 31 Dec 2014 12:00:00 +0100',
  ]
  const blobId = await upload(letter({ headers }))
  const { created } = await importOne({ blobId, mailboxIds: { [inbox]: true } })
  assert.equal((await get((created as { i: Json }).i['id'], ['receivedAt']))['receivedAt'], '2015-01-01T11:00:00Z')
})

test('a message is imported twice, from an upload, from a message, and from what is attached to one', async () => {
  const blobId = await upload(letter({ subject: 'Twice' }))
  const inner = 'Subject: Inside\nFrom: in@example.org\n\ntext\n'
  const outer = await reader.file('inbox', {
    body: `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n${inner}\n--b--\n`,
  })
  const { attachments } = await get(outer, ['attachments'])
  const [attached] = attachments as [Json]
  const placing = { mailboxIds: { [inbox]: true } }
  const { created } = await reader.call('Email/import', {
    emails: { a: { blobId, ...placing }, b: { blobId, ...placing }, c: { blobId: attached['blobId'], ...placing } },
  })
  const { a, b, c } = created as Record<'a' | 'b' | 'c', Json>
  assert.notEqual(a['id'], b['id'])
  assert.equal(a['threadId'], b['threadId'])
  assert.equal((await get(c['id'], ['subject']))['subject'], 'Inside')
  const { created: again } = await importOne({ blobId: a['blobId'], ...placing })
  assert.equal((again as { i: Json }).i['blobId'], blobId)
  await reader.call('Email/set', { destroy: [a['id'], b['id']] })
  const { bodyValues } = await get((again as { i: Json }).i['id'], ['bodyValues', 'header:Subject'])
  assert.deepEqual(bodyValues, {}, 'the content stays for whoever still has it')
})

const placed = { mailboxIds: { [inbox]: true } }
const refused: Record<string, [given: (blobId: string) => Json, error: Json]> = {
  'no blobId': [() => placed, { type: 'invalidProperties', properties: ['blobId'] }],
  'a blob that is not there': [
    () => ({ ...placed, blobId: `B${'0'.repeat(32)}` }),
    { type: 'invalidProperties', properties: ['blobId'] },
  ],
  'no mailbox': [(blobId) => ({ blobId, mailboxIds: {} }), { type: 'invalidProperties', properties: ['mailboxIds'] }],
  'a mailbox that is not there': [
    (blobId) => ({ blobId, mailboxIds: { F1: true } }),
    { type: 'invalidProperties', properties: ['mailboxIds'] },
  ],
  'a keyword that can be none': [
    (blobId) => ({ ...placed, blobId, keywords: { '%': true } }),
    { type: 'invalidProperties', properties: ['keywords'] },
  ],
  'a time that is none': [
    (blobId) => ({ ...placed, blobId, receivedAt: 'x' }),
    { type: 'invalidProperties', properties: ['receivedAt'] },
  ],
  'what nobody knows': [
    (blobId) => ({ ...placed, blobId, colour: 'red' }),
    { type: 'invalidProperties', properties: ['colour'] },
  ],
}

for (const [what, [given, error]] of Object.entries(refused))
  test(`not imported: ${what}`, async () => {
    const { created, notCreated } = await importOne(given(await upload(letter())))
    assert.equal(created, null)
    const { description: _, ...said } = (notCreated as { i: Json }).i
    assert.deepEqual(said, error)
  })

test('not imported: what is no message', async () => {
  for (const content of ['', 'no header at all', '\r\n\r\nbody']) {
    const { notCreated } = await importOne({ ...placed, blobId: await upload(Buffer.from(content)) })
    assert.equal((notCreated as { i: Json }).i['type'], 'invalidEmail')
  }
})

test('not imported: what another account has uploaded', async () => {
  const other = await openMailReader(server)
  const { notCreated } = await importOne({ ...placed, blobId: await upload(letter(), other) })
  assert.equal((notCreated as { i: Json }).i['type'], 'invalidProperties')
})

test('Email/import does nothing when the state is another one, or there is too much', async () => {
  assert.equal((await reader.fail('Email/import', { ifInState: '0', emails: {} }))['type'], 'stateMismatch')
  const emails = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`i${i}`, {}]))
  assert.equal((await reader.fail('Email/import', { emails }))['type'], 'requestTooLarge')
  assert.equal((await reader.fail('Email/import', { emails: [] }))['type'], 'invalidArguments')
})

test('Email/copy is between accounts, and a person has one', async () => {
  const other = await openMailReader(server)
  const id = await reader.file('inbox')
  const create = { c: { id, mailboxIds: { [inbox]: true } } }
  const copy = async (args: Json): Promise<unknown> => (await reader.fail('Email/copy', { create, ...args }))['type']
  assert.equal(await copy({ fromAccountId: reader.accountId }), 'invalidArguments')
  assert.equal(await copy({ fromAccountId: other.accountId }), 'fromAccountNotFound')
  assert.equal(await copy({ fromAccountId: reader.accountId, accountId: other.accountId }), 'accountNotFound')
})

test('between two accounts that one person may open, a copy is a message of its own', async () => {
  const other = await openMailReader(server)
  const accounts = new Map([reader, other].map((one) => [one.accountId, one.account]))
  const after: unknown[] = []
  const session = {
    openAccount: (accountId: string) => accounts.get(accountId),
    realId: (one: string) => one,
    createdIds: new Map(),
    callAfter: (...call: unknown[]) => after.push(call),
  } as unknown as CallSession
  const id = await reader.file(
    'inbox',
    { subject: 'Copied' },
    { keywords: ['$seen', 'mine'], receivedAt: new Date('2021-01-01T00:00:00Z') },
  )
  const archive = await other.mailbox('archive')
  const answer = (await copy.run(session, {
    fromAccountId: reader.accountId,
    accountId: other.accountId,
    onSuccessDestroyOriginal: true,
    create: {
      good: { id, mailboxIds: { [archive]: true } },
      plain: { id, mailboxIds: { [archive]: true }, keywords: {}, receivedAt: '2022-02-02T00:00:00Z' },
      gone: { id: 'M1', mailboxIds: { [archive]: true } },
      lost: { id, mailboxIds: { F1: true } },
      wrong: { id, mailboxIds: { [archive]: true }, subject: 'Other' },
    },
  })) as Json
  const { good, plain } = answer['created'] as { good: Json; plain: Json }
  const types = Object.entries(answer['notCreated'] as Record<string, { type: string }>).map(([key, { type }]) => [
    key,
    type,
  ])
  assert.deepEqual(types, [
    ['gone', 'notFound'],
    ['lost', 'invalidProperties'],
    ['wrong', 'invalidProperties'],
  ])
  assert.deepEqual(after, [['Email/set', { accountId: reader.accountId, ifInState: null, destroy: [id, id] }]])
  const { list } = await other.call('Email/get', {
    ids: [good['id'], plain['id']],
    properties: ['subject', 'keywords', 'receivedAt', 'mailboxIds'],
  })
  assert.deepEqual(list, [
    {
      id: good['id'],
      subject: 'Copied',
      keywords: { $seen: true, mine: true },
      receivedAt: '2021-01-01T00:00:00Z',
      mailboxIds: { [archive]: true },
    },
    {
      id: plain['id'],
      subject: 'Copied',
      keywords: {},
      receivedAt: '2022-02-02T00:00:00Z',
      mailboxIds: { [archive]: true },
    },
  ])
  assert.notEqual(good['blobId'], (await get(id, ['blobId']))['blobId'])
})
