import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openMailReader, type Letter, type MailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])

const ASKS: Letter = {
  subject: 'Angebot',
  messageId: 'angebot@example.org',
  headers: ['Disposition-Notification-To: bea@example.org'],
}
const MANUALLY = { actionMode: 'manual-action', sendingMode: 'mdn-sent-manually', type: 'displayed' }
const MARK = { 'keywords/$mdnsent': true }

async function open() {
  const reader = await openMailReader(server)
  const [identity] = (await reader.call('Identity/get'))['list'] as [{ id: string; email: string }]
  const send = async (wish: Json, onSuccess: Json = MARK, identityId = identity.id) =>
    reader.calls([
      'MDN/send',
      { accountId: reader.accountId, identityId, send: { k: wish }, onSuccessUpdateEmail: { '#k': onSuccess } },
      '0',
    ])
  const refused = async (wish: Json, onSuccess?: Json): Promise<Json> => {
    const [response] = await send(wish, onSuccess)
    return (response?.[1]['notSent'] as { k: Json }).k
  }
  return { reader, identity, send, refused }
}

async function queued({ account }: MailReader): Promise<number> {
  const { rows } = await server.storage.database.sql<{ count: number }>`
    select count(*) from queue_letter where account_id = ${account.id}`
  return rows[0]?.count ?? 0
}

test('a receipt is sent once, when somebody says so, and its message is marked (RFC 9007 §2.1)', async () => {
  const { reader, identity, send, refused } = await open()
  await reader.call('Settings/set', { update: { singleton: { language: 'de' } } })
  const forEmailId = await reader.file('inbox', ASKS)
  const responses = await send({ forEmailId, disposition: MANUALLY })
  assert.deepEqual(
    responses.map(([name]) => name),
    ['MDN/send', 'Email/set'],
  )
  const { k } = (responses[0]?.[1] as { sent: { k: Json } }).sent
  assert.match(String(k['textBody']), /nicht/)
  assert.deepEqual(
    [k['subject'], k['finalRecipient'], k['originalMessageId']],
    ['Gelesen: Angebot', `rfc822; ${identity.email}`, '<angebot@example.org>'],
  )
  assert.deepEqual(responses[1]?.[1]['updated'], { [forEmailId]: null })
  assert.equal(await queued(reader), 1)
  const { list } = await reader.call('Email/get', { ids: [forEmailId], properties: ['keywords'] })
  assert.deepEqual((list as Json[])[0]?.['keywords'], { $mdnsent: true })
  assert.deepEqual(await refused({ forEmailId, disposition: MANUALLY }), { type: 'mdnAlreadySent' })
  assert.equal(await queued(reader), 1)
  assert.deepEqual((await reader.call('Correspondent/get'))['list'], [])
})

test('two at the same moment are one', async () => {
  const { reader, send } = await open()
  const forEmailId = await reader.file('inbox', ASKS)
  await Promise.all([1, 2, 3].map(() => send({ forEmailId, disposition: MANUALLY })))
  assert.equal(await queued(reader), 1)
})

test('what may not be said is refused, and nothing leaves', async () => {
  const { reader, identity, refused } = await open()
  const forEmailId = await reader.file('inbox', ASKS)
  const plain = await reader.file('inbox')
  const theirs = await (await openMailReader(server)).file('inbox', ASKS)
  const wish = { forEmailId, disposition: MANUALLY }
  const wrong: [mistake: string, wish: Json, error: Json, onSuccess?: Json][] = [
    ['a message that asks for none', { ...wish, forEmailId: plain }, { type: 'notFound' }],
    ['a message of somebody else', { ...wish, forEmailId: theirs }, { type: 'notFound' }],
    ['no message', { ...wish, forEmailId: 'M0' }, { type: 'notFound' }],
    ['a mark that is not set', wish, { type: 'invalidProperties' }, { 'keywords/$seen': true }],
    ['somebody else’s address', { ...wish, finalRecipient: 'rfc822; bea@example.org' }, { type: 'forbiddenFrom' }],
    ['an address that is none', { ...wish, finalRecipient: identity.email }, { type: 'forbiddenFrom' }],
    [
      'a machine',
      { ...wish, disposition: { ...MANUALLY, sendingMode: 'mdn-sent-automatically' } },
      { type: 'forbidden' },
    ],
    ['no such word', { ...wish, disposition: { ...MANUALLY, type: 'Displayed' } }, { type: 'invalidProperties' }],
    ['a line end in the subject', { ...wish, subject: 'x\r\nBcc: v@example.net' }, { type: 'invalidProperties' }],
    ['a field of the standard', { ...wish, extensionFields: { Disposition: 'x' } }, { type: 'invalidProperties' }],
    [
      'a line end in a field',
      { ...wish, extensionFields: { 'X-A': 'x\r\nDisposition: y' } },
      { type: 'invalidProperties' },
    ],
    ['what the server sets', { ...wish, originalMessageId: '<x@example.org>' }, { type: 'invalidProperties' }],
    ['a property there is none of', { ...wish, color: 1 }, { type: 'invalidProperties' }],
  ]
  for (const [mistake, given, { type }, onSuccess] of wrong)
    assert.equal((await refused(given, onSuccess))['type'], type, mistake)
  assert.equal(await queued(reader), 0)
  const args = { identityId: 'I0', send: { k: wish }, onSuccessUpdateEmail: { '#k': MARK } }
  assert.equal((await reader.fail('MDN/send', args))['type'], 'invalidArguments')
})

test('receipts are read, and what is none is told from what is not there (RFC 9007 §2.2)', async () => {
  const { reader } = await open()
  const body = [
    'Content-Type: multipart/report; report-type=disposition-notification; boundary=x',
    '\n--x\nContent-Type: text/plain\n\nShown.',
    '--x\nContent-Type: message/disposition-notification\n',
    'Final-Recipient: rfc822; bea@example.org\nOriginal-Message-ID: <1@zegel.test>',
    'Disposition: automatic-action/MDN-sent-automatically; displayed',
    '--x--',
  ].join('\n')
  const ids = [await reader.file('inbox', { subject: 'Read', body }), await reader.file('inbox')]
  const { list } = await reader.call('Email/get', { ids, properties: ['blobId'] })
  const [receipt, plain] = (list as [{ blobId: string }, { blobId: string }]).map(({ blobId }) => blobId) as [
    string,
    string,
  ]
  const nothing = `B${'0'.repeat(32)}`
  const { parsed, notParsable, notFound } = await reader.call('MDN/parse', { blobIds: [receipt, plain, nothing] })
  assert.deepEqual([notParsable, notFound], [[plain], [nothing]])
  assert.deepEqual(parsed, {
    [receipt]: {
      forEmailId: null,
      subject: 'Read',
      textBody: 'Shown.',
      includeOriginalMessage: false,
      reportingUA: null,
      disposition: { actionMode: 'automatic-action', sendingMode: 'mdn-sent-automatically', type: 'displayed' },
      mdnGateway: null,
      originalRecipient: null,
      finalRecipient: 'rfc822; bea@example.org',
      originalMessageId: '<1@zegel.test>',
      error: null,
      extensionFields: null,
    },
  })
  const blobIds = Array.from({ length: 101 }, (_, i) => `x${i}`)
  assert.equal((await reader.fail('MDN/parse', { blobIds }))['type'], 'requestTooLarge')
})
