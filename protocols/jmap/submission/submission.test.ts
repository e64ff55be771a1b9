import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { letter, openMailReader, type Letter, type MailReader } from '#test/letters'
import { queuedLetters, type QueuedLetter } from '#test/queue'
import { startServer } from '#test/server'
import { clockAtNoon } from '#test/clock'

type Json = Record<string, unknown>

const server = await startServer(
  { after },
  { sending: { maxRecipients: 3, maxLettersPerHour: 1000 }, smtp: { maxMessageMegabytes: 1 } },
  ['http'],
)

/** Somebody who writes: their mail, their identity, what of theirs is in the queue. */
interface Writer extends MailReader {
  address: string
  identityId: string
  /** A draft from them; gives the Email's id. */
  draft(said?: Letter): Promise<string>
  submit(given: Json, more?: Json): Promise<Json>
  /** Why it was not created. */
  refusal(given: Json): Promise<Json>
  queued(): Promise<QueuedLetter[]>
}

async function openWriter(): Promise<Writer> {
  const reader = await openMailReader(server)
  const identities = (await reader.call('Identity/get'))['list'] as { id: string; email: string }[]
  const { id: identityId = '', email: address = '' } = identities[0] ?? {}
  const writer: Writer = {
    ...reader,
    address,
    identityId,
    draft: (said = {}) =>
      reader.file('drafts', letter({ from: address, to: 'Bea <bea@example.org>', ...said }), {
        keywords: ['$draft', '$seen'],
      }),
    submit: (given, more = {}) =>
      reader.call('EmailSubmission/set', { create: { s: { identityId, ...given } }, ...more }),
    async refusal(given) {
      const { created, notCreated } = await writer.submit(given)
      assert.equal(created, null, JSON.stringify(created))
      return (notCreated as { s: Json }).s
    },
    queued: () => queuedLetters(server.storage, reader.account.id),
  }
  return writer
}

const writer = await openWriter()

const idOf = ({ created, notCreated }: Json): string => {
  assert.ok(created !== null, JSON.stringify(notCreated))
  return (created as { s: { id: string } }).s.id
}

const get = async (of: Writer, id: string): Promise<Json> =>
  ((await of.call('EmailSubmission/get', { ids: [id] }))['list'] as Json[])[0] as Json

test('the session says what may be asked for (RFC 8621 §1.3.2)', () => {
  const accounts = writer.session['accounts'] as Record<string, { accountCapabilities: Record<string, Json> }>
  assert.deepEqual(accounts[writer.accountId]?.accountCapabilities['urn:ietf:params:jmap:submission'], {
    maxDelayedSend: 365 * 86_400,
    submissionExtensions: { FUTURERELEASE: [], DSN: [], REQUIRETLS: [], SIZE: ['1000000'] },
  })
})

test('a draft is written, sent, moved to Sent and no draft any more, in one request (RFC 8621 §7.5.1)', async () => {
  const anna = await openWriter()
  const [drafts, sent] = await Promise.all(['drafts', 'sent'].map(anna.mailbox))
  const upload = await fetch(`${server.http}/jmap/upload/${anna.accountId}/`, {
    method: 'POST',
    headers: { ...anna.headers, 'content-type': 'text/csv' },
    body: 'tulip,red\n',
  })
  const { blobId } = (await upload.json()) as { blobId: string }
  const answered = await anna.file('inbox', { messageId: 'first@example.org' })
  const responses = await anna.calls(
    [
      'Email/set',
      {
        accountId: anna.accountId,
        create: {
          d: {
            mailboxIds: { [drafts as string]: true },
            keywords: { $draft: true, $seen: true },
            from: [{ name: 'Anna', email: anna.address }],
            to: [{ name: 'Bea', email: 'bea@example.org' }],
            cc: [{ name: null, email: 'BEA@example.org' }],
            bcc: [{ name: null, email: 'eva@example.org' }],
            subject: 'Re: Tulips',
            inReplyTo: ['first@example.org'],
            references: ['first@example.org'],
            textBody: [{ partId: 't', type: 'text/plain' }],
            bodyValues: { t: { value: 'Here is the list.' } },
            attachments: [{ blobId, type: 'text/csv', name: 'tulips.csv', disposition: 'attachment' }],
          },
        },
      },
      '0',
    ],
    [
      'EmailSubmission/set',
      {
        accountId: anna.accountId,
        create: { s: { identityId: anna.identityId, emailId: '#d' } },
        onSuccessUpdateEmail: {
          '#s': { [`mailboxIds/${drafts}`]: null, [`mailboxIds/${sent}`]: true, 'keywords/$draft': null },
        },
      },
      '1',
    ],
  )
  assert.deepEqual(
    responses.map(([name, , callId]) => [name, callId]),
    [
      ['Email/set', '0'],
      ['EmailSubmission/set', '1'],
      ['Email/set', '1'],
    ],
    'the implicit call answers under the same id',
  )
  const emailId = (responses[0]?.[1]['created'] as { d: { id: string } }).d.id
  assert.deepEqual(responses[2]?.[1]['updated'], { [emailId]: null })
  const { s: created } = responses[1]?.[1]['created'] as { s: Json }
  const addresses = [
    { email: 'bea@example.org', parameters: null },
    { email: 'eva@example.org', parameters: null },
  ]
  assert.deepEqual(created['envelope'], { mailFrom: { email: anna.address, parameters: null }, rcptTo: addresses })
  assert.deepEqual([created['undoStatus'], created['dsnBlobIds'], created['mdnBlobIds']], ['pending', [], []])

  const [email] = (
    await anna.call('Email/get', { ids: [emailId], properties: ['keywords', 'mailboxIds', 'bcc', 'threadId'] })
  )['list'] as Json[]
  assert.deepEqual([email?.['keywords'], email?.['mailboxIds']], [{ $seen: true }, { [sent as string]: true }])
  assert.deepEqual(email?.['bcc'], [{ name: null, email: 'eva@example.org' }], 'the sender still sees whom they told')
  assert.equal(email?.['threadId'], created['threadId'])
  const [inThread] = (await anna.call('Thread/get', { ids: [created['threadId'] as string] }))['list'] as Json[]
  assert.ok((inThread?.['emailIds'] as string[]).length >= 1 && answered !== emailId)

  const [queued, ...others] = await anna.queued()
  assert.ok(queued !== undefined && others.length === 0)
  assert.deepEqual(
    queued.recipients.map(({ address }) => address),
    ['bea@example.org', 'eva@example.org'],
  )
  assert.doesNotMatch(queued.content, /eva@|^bcc/im)
  assert.match(queued.content, /tulips\.csv/)
  assert.match(queued.content, /\r\nIn-Reply-To: <first@example\.org>\r\nReferences: <first@example\.org>\r\n/)
  const people = (await anna.call('Correspondent/get'))['list'] as { name: string; email: string }[]
  assert.deepEqual(
    people.map(({ name, email }) => [name, email]).sort(),
    [
      [null, 'eva@example.org'],
      ['Bea', 'bea@example.org'],
    ].sort(),
  )
})

test('a submission is shown as RFC 8621 §7 describes it, and every change of it is told', async () => {
  const before = (await writer.call('EmailSubmission/get', { ids: [] }))['state']
  const emailId = await writer.draft()
  const id = idOf(await writer.submit({ emailId }))
  const shown = await get(writer, id)
  assert.match(String(shown['sendAt']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.deepEqual(
    { ...shown, sendAt: '', threadId: '' },
    {
      id,
      identityId: writer.identityId,
      emailId,
      threadId: '',
      envelope: {
        mailFrom: { email: writer.address, parameters: null },
        rcptTo: [{ email: 'bea@example.org', parameters: null }],
      },
      sendAt: '',
      undoStatus: 'pending',
      deliveryStatus: {
        'bea@example.org': { smtpReply: '250 2.0.0 Queued', delivered: 'queued', displayed: 'unknown' },
      },
      dsnBlobIds: [],
      mdnBlobIds: [],
    },
  )
  const changes = async (since: unknown): Promise<unknown[]> => {
    const { created, updated, destroyed } = await writer.call('EmailSubmission/changes', { sinceState: since })
    return [created, updated, destroyed]
  }
  assert.deepEqual(await changes(before), [[id], [], []])
  const created = (await writer.call('EmailSubmission/get', { ids: [] }))['state']
  await writer.call('EmailSubmission/set', { update: { [id]: { undoStatus: 'canceled' } } })
  assert.deepEqual(await changes(created), [[], [id], []])
  await writer.call('EmailSubmission/set', { destroy: [id] })
  assert.deepEqual(await changes(created), [[], [], [id]])
  assert.deepEqual((await writer.call('EmailSubmission/get', { ids: [id] }))['notFound'], [id])
})

test('a letter that waits can be taken back until its time, and not twice sent', async (t) => {
  const pass = clockAtNoon(t)
  const emailId = await writer.draft()
  const holding = (seconds: string): Json => ({
    emailId,
    envelope: {
      mailFrom: { email: writer.address, parameters: { HOLDFOR: seconds } },
      rcptTo: [{ email: 'bea@example.org' }],
    },
  })
  const id = idOf(await writer.submit(holding('3600')))
  const [queued] = (await writer.queued()).slice(-1)
  const { sendAt } = await get(writer, id)
  assert.equal(Date.parse(String(sendAt)), Math.floor((queued?.sendAt.getTime() ?? 0) / 1000) * 1000)
  pass(600)
  const { updated } = await writer.call('EmailSubmission/set', { update: { [id]: { undoStatus: 'canceled' } } })
  assert.deepEqual(updated, { [id]: null })
  assert.equal(
    (await writer.queued()).some((one) => one.id === queued?.id),
    false,
    'it is out of the queue',
  )
  const canceled = await get(writer, id)
  assert.deepEqual([canceled['undoStatus'], canceled['deliveryStatus']], ['canceled', null])
  const again = await writer.call('EmailSubmission/set', { update: { [id]: { undoStatus: 'canceled' } } })
  assert.deepEqual(again['updated'], { [id]: null }, 'it is so already')
  const back = await writer.call('EmailSubmission/set', { update: { [id]: { undoStatus: 'pending' } } })
  assert.equal((back['notUpdated'] as Json & { [id: string]: Json })[id]?.['type'], 'invalidProperties')
})

test('REQUIRETLS goes with the letter, and takes no value (RFC 8689 §4.1)', async () => {
  const emailId = await writer.draft()
  const asking = (value: string | null): Json => ({
    emailId,
    envelope: {
      mailFrom: { email: writer.address, parameters: { REQUIRETLS: value } },
      rcptTo: [{ email: 'bea@example.org' }],
    },
  })
  idOf(await writer.submit(asking(null)))
  assert.equal((await writer.queued()).at(-1)?.care, 'proven')
  const { notCreated } = await writer.submit(asking('yes'))
  assert.equal(Object.values(notCreated as Record<string, Json>)[0]?.['type'], 'invalidProperties')
})

test('HOLDUNTIL names the time itself (RFC 4865 §4)', async (t) => {
  clockAtNoon(t)
  const { nowMs } = await import('#system')
  const at = new Date(Math.floor(nowMs() / 1000) * 1000 + 86_400_000)
  const emailId = await writer.draft()
  const mailFrom = { email: writer.address, parameters: { holduntil: at.toISOString() } }
  const id = idOf(await writer.submit({ emailId, envelope: { mailFrom, rcptTo: [{ email: 'bea@example.org' }] } }))
  assert.equal(Date.parse(String((await get(writer, id))['sendAt'])), at.getTime())
  await writer.call('EmailSubmission/set', { update: { [id]: { undoStatus: 'canceled' } } })
})

test('what somebody has begun to deliver cannot be taken back', async () => {
  const id = idOf(await writer.submit({ emailId: await writer.draft() }))
  const letterId = (await writer.queued()).at(-1)?.id
  await server.storage.database.sql`update queue_recipient set attempts = 1 where letter_id = ${letterId}`
  const { notUpdated } = await writer.call('EmailSubmission/set', { update: { [id]: { undoStatus: 'canceled' } } })
  assert.deepEqual(notUpdated, { [id]: { type: 'cannotUnsend' } })
  assert.equal((await get(writer, id))['undoStatus'], 'pending')
})

test('destroying a submission, or the Email it is of, takes no letter back (RFC 8621 §7.5)', async () => {
  const emailId = await writer.draft()
  const id = idOf(await writer.submit({ emailId }))
  const letterId = (await writer.queued()).at(-1)?.id
  await writer.call('Email/set', { destroy: [emailId] })
  assert.equal((await get(writer, id))['emailId'], emailId)
  const { destroyed } = await writer.call('EmailSubmission/set', { destroy: [id] })
  assert.deepEqual(destroyed, [id])
  assert.ok((await writer.queued()).some((one) => one.id === letterId))
})

test('on success the Email can be destroyed, and after a failure nothing happens to it', async () => {
  const [kept, gone] = [await writer.draft({ to: 'nobody@zegel.test' }), await writer.draft()]
  const { identityId, accountId } = writer
  const responses = await writer.calls([
    'EmailSubmission/set',
    {
      accountId,
      create: { k: { identityId, emailId: kept }, g: { identityId, emailId: gone } },
      onSuccessDestroyEmail: ['#k', '#g'],
      onSuccessUpdateEmail: { '#k': { 'keywords/$draft': null } },
    },
    '0',
  ])
  assert.deepEqual(
    responses.map(([name]) => name),
    ['EmailSubmission/set', 'Email/set'],
  )
  assert.deepEqual(responses[1]?.[1]['destroyed'], [gone])
  assert.equal(responses[1]?.[1]['updated'], null)
})

test('without success there is no implicit Email/set', async () => {
  const { identityId, accountId } = writer
  const emailId = await writer.draft({ to: 'nobody@zegel.test' })
  const responses = await writer.calls([
    'EmailSubmission/set',
    { accountId, create: { s: { identityId, emailId } }, onSuccessDestroyEmail: ['#s'] },
    '0',
  ])
  assert.equal(responses.length, 1)
})

test('parameters of the envelope go with the letter (RFC 8621 §7, RFC 3461)', async () => {
  const id = idOf(
    await writer.submit({
      emailId: await writer.draft(),
      envelope: {
        mailFrom: {
          email: writer.address,
          parameters: { RET: 'HDRS', ENVID: 'QQ 1', BODY: '8BITMIME', SMTPUTF8: null },
        },
        rcptTo: [
          { email: 'bea@example.org', parameters: { NOTIFY: 'SUCCESS,FAILURE', ORCPT: 'rfc822;bea@example.org' } },
        ],
      },
    }),
  )
  const queued = (await writer.queued()).at(-1)
  assert.ok(id)
  assert.deepEqual([queued?.ret, queued?.envid], ['HDRS', 'QQ 1'])
  assert.deepEqual(queued?.recipients[0]?.notify, ['SUCCESS', 'FAILURE'])
})

test('the identity sends where the message names another of its owner’s addresses (RFC 8621 §7)', async () => {
  const detailed = writer.address.replace('@', '+garden@')
  const id = idOf(await writer.submit({ emailId: await writer.draft({ from: detailed }) }))
  assert.equal(((await get(writer, id))['envelope'] as { mailFrom: Json }).mailFrom['email'], writer.address)
})

const rcpt = (...emails: string[]): Json[] => emails.map((email) => ({ email, parameters: null }))
const envelope = (mailFrom: string, ...to: string[]): Json => ({
  mailFrom: { email: mailFrom, parameters: null },
  rcptTo: rcpt(...to),
})
const stranger = await openWriter()

/** Every error of RFC 8621 §7.5, and what leads to it. */
const refused: [name: string, given: () => Json | Promise<Json>, error: Json][] = [
  ['no such Email', () => ({ emailId: 'M1' }), { type: 'invalidProperties', properties: ['emailId'] }],
  [
    "somebody else's Email",
    async () => ({ emailId: await stranger.draft() }),
    { type: 'invalidProperties', properties: ['emailId'] },
  ],
  [
    'no such identity',
    async () => ({ emailId: await writer.draft(), identityId: 'I1' }),
    { type: 'invalidProperties', properties: ['identityId'] },
  ],
  [
    "somebody else's identity",
    async () => ({ emailId: await writer.draft(), identityId: stranger.identityId }),
    { type: 'invalidProperties', properties: ['identityId'] },
  ],
  [
    'a property of the server',
    async () => ({ emailId: await writer.draft(), undoStatus: 'final', sendAt: '2026-01-01T00:00:00Z' }),
    { type: 'invalidProperties', properties: ['undoStatus', 'sendAt'] },
  ],
  [
    'an envelope that is none',
    async () => ({ emailId: await writer.draft(), envelope: { mailFrom: writer.address } }),
    { type: 'invalidProperties', properties: ['envelope'] },
  ],
  [
    'nobody to send to',
    async () => ({ emailId: await writer.draft(), envelope: envelope(writer.address) }),
    { type: 'noRecipients' },
  ],
  [
    'four recipients where three may be',
    async () => ({
      emailId: await writer.draft(),
      envelope: envelope(writer.address, ...[1, 2, 3, 4].map((n) => `p${n}@example.org`)),
    }),
    { type: 'tooManyRecipients', maxRecipients: 3 },
  ],
  [
    '10,000 recipients',
    async () => ({
      emailId: await writer.draft(),
      envelope: envelope(writer.address, ...Array.from({ length: 10_000 }, (_, n) => `p${n}@example.org`)),
    }),
    { type: 'tooManyRecipients', maxRecipients: 3 },
  ],
  [
    'recipients that are no addresses',
    async () => ({ emailId: await writer.draft({ to: 'bea, carl@example.org' }) }),
    { type: 'invalidRecipients', invalidRecipients: ['bea'] },
  ],
  [
    'a command behind a recipient',
    async () => ({ emailId: await writer.draft(), envelope: envelope(writer.address, 'bea@example.org>\r\nDATA') }),
    { type: 'invalidRecipients', invalidRecipients: ['bea@example.org>\r\nDATA'] },
  ],
  [
    'a recipient that is a machine',
    async () => ({ emailId: await writer.draft(), envelope: envelope(writer.address, 'bea@[192.0.2.1]') }),
    { type: 'invalidRecipients', invalidRecipients: ['bea@[192.0.2.1]'] },
  ],
  [
    'recipients here that nobody is',
    async () => ({ emailId: await writer.draft({ to: 'nobody@zegel.test, bea@example.org' }) }),
    {
      type: 'invalidRecipients',
      invalidRecipients: ['nobody@zegel.test'],
      reasons: { 'nobody@zegel.test': 'addressUnknown' },
    },
  ],
  [
    "somebody else's address as sender",
    async () => ({ emailId: await writer.draft(), envelope: envelope(stranger.address, 'bea@example.org') }),
    { type: 'forbiddenMailFrom' },
  ],
  [
    "somebody else's address as From",
    async () => ({ emailId: await writer.draft({ from: stranger.address }) }),
    { type: 'forbiddenFrom' },
  ],
  [
    'From oneself and somebody else',
    async () => ({
      emailId: await writer.draft({ from: `${writer.address}, ${stranger.address}` }),
      envelope: envelope(writer.address, 'bea@example.org'),
    }),
    { type: 'forbiddenFrom' },
  ],
  [
    'several authors, and no envelope',
    async () => ({ emailId: await writer.draft({ from: `${writer.address}, ${writer.address}` }) }),
    { type: 'invalidEmail', properties: ['from'] },
  ],
  [
    'an arrived letter sent on as its author',
    async () => ({ emailId: await writer.file('inbox', {}) }),
    { type: 'forbiddenFrom' },
  ],
  [
    'a message without From',
    async () => ({ emailId: await writer.file('drafts', Buffer.from('To: bea@example.org\r\n\r\nText')) }),
    { type: 'invalidEmail', properties: ['from'] },
  ],
  [
    'a message with LF alone',
    async () => ({
      emailId: await writer.file('drafts', Buffer.from(`From: ${writer.address}\nTo: bea@example.org\n\nText\n`)),
    }),
    { type: 'invalidEmail', properties: [] },
  ],
  [
    'a message above the limit',
    async () => ({ emailId: await writer.draft({ text: 'x'.repeat(70).concat('\n').repeat(16_000) }) }),
    { type: 'tooLarge', maxSize: 1_000_000 },
  ],
  [
    'a delay of 366 days',
    async () => ({
      emailId: await writer.draft(),
      envelope: {
        mailFrom: { email: writer.address, parameters: { HOLDFOR: String(366 * 86_400) } },
        rcptTo: rcpt('bea@example.org'),
      },
    }),
    { type: 'invalidProperties', properties: ['envelope'] },
  ],
  [
    'both kinds of delay',
    async () => ({
      emailId: await writer.draft(),
      envelope: {
        mailFrom: { email: writer.address, parameters: { HOLDFOR: '1', HOLDUNTIL: '2030-01-01T00:00:00Z' } },
        rcptTo: rcpt('bea@example.org'),
      },
    }),
    { type: 'invalidProperties', properties: ['envelope'] },
  ],
  [
    'a parameter nobody knows',
    async () => ({
      emailId: await writer.draft(),
      envelope: { mailFrom: { email: writer.address, parameters: { MAGIC: null } }, rcptTo: rcpt('bea@example.org') },
    }),
    { type: 'invalidProperties', properties: ['envelope'] },
  ],
  [
    'a command hidden in ENVID',
    async () => ({
      emailId: await writer.draft(),
      envelope: {
        mailFrom: { email: writer.address, parameters: { ENVID: 'a\r\nRSET' } },
        rcptTo: rcpt('bea@example.org'),
      },
    }),
    { type: 'invalidProperties', properties: ['envelope'] },
  ],
]
for (const [name, given, expected] of refused)
  test(`refused, and nothing is queued: ${name}`, async () => {
    const before = (await writer.queued()).length
    const { description: _, ...error } = await writer.refusal(await given())
    assert.deepEqual(error, expected)
    assert.equal((await writer.queued()).length, before)
  })

test('a header cannot be injected through a name or a subject', async () => {
  const drafts = await writer.mailbox('drafts')
  const wrong: Json[] = [
    { subject: 'Tulips\r\nBcc: eva@example.org' },
    { subject: 'Tulips\nBcc: eva@example.org' },
    { to: [{ name: 'Bea\r\nBcc: eva@example.org', email: 'bea@example.org' }] },
    { to: [{ name: null, email: 'bea@example.org\r\nBcc: eva@example.org' }] },
    { from: [{ name: 'Anna\u0000', email: writer.address }] },
    { 'header:X-Note:asRaw': ' x\r\n\r\nbody' },
  ]
  for (const given of wrong) {
    const { notCreated } = await writer.call('Email/set', {
      create: { d: { mailboxIds: { [drafts]: true }, ...given } },
    })
    assert.equal((notCreated as { d: Json }).d['type'], 'invalidProperties', JSON.stringify(given))
  }
})

test('a suspended account is told so', async () => {
  const suspended = await openWriter()
  const emailId = await suspended.draft()
  await server.storage.database.sql`update account set state = 'suspended' where account_id = ${suspended.account.id}`
  assert.equal((await suspended.refusal({ emailId }))['type'], 'forbiddenToSend')
})

test('/query filters and sorts, and /queryChanges leads from an old list to the new (RFC 8621 §7.3, §7.4)', async () => {
  const anna = await openWriter()
  const send = async (): Promise<{ id: string; emailId: string }> => {
    const emailId = await anna.draft()
    return { id: idOf(await anna.submit({ emailId })), emailId }
  }
  const [a, b, c] = [await send(), await send(), await send()]
  const ids = async (args: Json): Promise<unknown> => (await anna.call('EmailSubmission/query', args))['ids']
  const newest = [{ property: 'emailId', isAscending: false }]
  assert.deepEqual(await ids({ sort: newest }), [c.id, b.id, a.id])
  assert.deepEqual(await ids({ sort: [{ property: 'sentAt' }] }), [a.id, b.id, c.id])
  assert.deepEqual(await ids({ filter: { emailIds: [a.emailId, c.emailId] }, sort: newest }), [c.id, a.id])
  assert.deepEqual(
    await ids({ filter: { operator: 'NOT', conditions: [{ emailIds: [a.emailId] }] }, sort: newest, limit: 1 }),
    [c.id],
  )
  assert.deepEqual(await ids({ filter: { before: '2026-01-01T00:00:00Z' } }), [])
  assert.deepEqual(
    await ids({ filter: { identityIds: [anna.identityId], after: '2026-01-01T00:00:00Z', undoStatus: 'final' } }),
    [],
  )
  assert.equal((await anna.fail('EmailSubmission/query', { filter: { to: 'x' } }))['type'], 'unsupportedFilter')
  assert.equal((await anna.fail('EmailSubmission/query', { sort: [{ property: 'size' }] }))['type'], 'unsupportedSort')

  const question = { filter: { undoStatus: 'pending' }, sort: newest }
  const { queryState, ids: old } = await anna.call('EmailSubmission/query', question)
  await anna.call('EmailSubmission/set', { update: { [b.id]: { undoStatus: 'canceled' } }, destroy: [a.id] })
  const d = await send()
  const { removed, added, total } = await anna.call('EmailSubmission/queryChanges', {
    ...question,
    sinceQueryState: queryState,
    calculateTotal: true,
  })
  const list = (old as string[]).filter((id) => !(removed as string[]).includes(id))
  for (const { id, index } of added as { id: string; index: number }[]) list.splice(index, 0, id)
  assert.deepEqual(list, [d.id, c.id])
  assert.equal(total, 2)
})

test('who sends too much in an hour is told to wait, and the next hour counts anew', async (t) => {
  const pass = clockAtNoon(t)
  const eager = await openWriter()
  const emailId = await eager.draft()
  await server.storage.database.sql`
    insert into sending (account_id, hour, letters, recipients)
    select ${eager.account.id}, date_trunc('hour', ${new Date((await import('#system')).nowMs())}::timestamptz), 1000, 1000`
  const { type, limit, retryAfterSeconds } = await eager.refusal({ emailId })
  assert.deepEqual([type, limit], ['rateLimit', 'letters'])
  assert.ok(Number(retryAfterSeconds) > 0 && Number(retryAfterSeconds) <= 3600)
  assert.deepEqual(await eager.queued(), [])
  pass(3600)
  assert.ok(idOf(await eager.submit({ emailId })))
})

test('when a letter is sent, pages that are open hear of it', async () => {
  const anna = await openWriter()
  const emailId = await anna.draft()
  const response = await fetch(`${server.http}/jmap/eventsource/?types=EmailSubmission&closeafter=state&ping=0`, {
    headers: anna.headers,
  })
  const events = response.text()
  await anna.submit({ emailId })
  assert.match(await events, /"EmailSubmission":"\d+"/)
})
