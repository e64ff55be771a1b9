/** Collecting again and again by IMAP: Dovecot with letters that come, move and are marked, whatever happens on the way. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { activateScript, createScript } from '#mail/scripts'
import { collectionOf, collectNow, filedIn, tried } from '#test/collecting'
import { startDovecot, startRelay } from '#test/dovecot'
import { letter, openMailReader, type MailReader } from '#test/letters'
import { queuedLetters } from '#test/queue'
import { EICAR, startClamd } from '#test/scanners'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'
import { until } from '#test/until'
import { changeCollection, createCollection, readCollections, removeCollection, type Origin } from '../index.ts'

const [dovecot, clamd] = await Promise.all([startDovecot({ after }), startClamd({ after })])
const relay = await startRelay({ after }, dovecot.imap)
const fetch = { allow: [...dovecot.allow, `127.0.0.1:${relay.port}`], authority: dovecot.authority }
const scanners = { clamd: clamd.address, timeoutSeconds: 60 }
const server = await startServer({ after }, { fetch, scanners }, ['smtp', 'http', 'worker'])
const { storage, config } = server

const { password } = dovecot
const clear = { host: '127.0.0.1', port: dovecot.imap, security: 'none', password } as const

/** Somebody with an account there, from which nothing was collected yet. */
async function somebody(t: TestContext) {
  const user = dovecot.another()
  const client = await dovecot.client(user)
  t.after(() => client.logout())
  const reader = await openMailReader(server)
  return { client, reader, origin: { ...clear, user } }
}

const begin = (
  { account }: MailReader,
  origin: Origin,
  given: Partial<Parameters<typeof createCollection>[2]> = {},
): Promise<number> =>
  createCollection(config, account, {
    protocol: 'imap',
    origin,
    chosen: undefined,
    everyMinutes: 15,
    leavesThere: true,
    ...given,
  })

/** What somebody has after a first round, of one letter. */
async function collected(t: TestContext, script?: string) {
  const one = await somebody(t)
  const { client, reader, origin } = one
  if (script !== undefined)
    await activateScript(reader.account, await createScript(reader.account, { name: 'main', text: script }))
  await client.append('INBOX', letter({ subject: 'Old' }), ['\\Seen'])
  const id = await begin(reader, origin)
  const { reason, added } = await tried(reader, id)
  assert.deepEqual([reason, added], [undefined, 1])
  return { ...one, id }
}

test('first everything comes as an import does; then what is new, in the inbox by its owner’s rules, and nothing twice', async (t) => {
  const { client, reader, origin } = await somebody(t)
  const script = 'require ["fileinto"]; if header :contains "subject" "tulip" { fileinto "Archive"; }'
  await activateScript(reader.account, await createScript(reader.account, { name: 'main', text: script }))
  for (const name of ['Reisen', 'Drafts', 'Papierkorb']) await client.mailboxCreate(name)
  await client.append('INBOX', letter({ subject: 'tulip 1' }), ['\\Seen', '\\Flagged'], new Date('2015-03-04'))
  await client.append('Reisen', letter({ subject: 'Rome' }), ['Projekt'])
  await client.append('Junk', letter({ subject: 'Casino' }))
  await client.append('Verschickt', letter({ subject: 'Sent' }), ['\\Seen'])
  for (const name of ['Drafts', 'Papierkorb', 'Starred']) await client.append(name, letter({ subject: `not ${name}` }))

  const id = await begin(reader, origin)
  const first = await tried(reader, id)
  assert.deepEqual(
    [first.state, first.reason, first.added, first.damaged, first.collectedAt instanceof Date],
    ['active', undefined, 4, 0, true],
  )
  const before = ['Inbox: tulip 1 $flagged $seen', 'Junk: Casino', 'Reisen: Rome projekt', 'Sent: Sent $seen']
  assert.deepEqual(await filedIn(reader), before)
  assert.equal(((first.dueAt?.getTime() ?? 0) - (first.collectedAt?.getTime() ?? 0)) / 60_000, 15)

  await client.append('INBOX', letter({ subject: 'tulip 2' }), ['\\Seen'])
  await client.append('INBOX', letter({ subject: 'Rose' }))
  await client.append('Reisen', letter({ subject: 'Lisbon' }))
  await client.append('Reisen', letter({ subject: 'a tulip elsewhere' }))
  await client.append('Papierkorb', letter({ subject: 'thrown away' }))
  const second = await collectNow(reader, id)
  assert.equal(second.added, 8)
  const all = [
    ...before,
    'Archive: tulip 2 $seen',
    'Inbox: Rose',
    'Reisen: Lisbon',
    'Reisen: a tulip elsewhere',
  ].toSorted()
  assert.deepEqual(await filedIn(reader), all)

  // Moved there, in both directions; and into a folder that is new.
  await client.mailboxOpen('INBOX')
  await client.messageMove('1:2', 'Reisen')
  await client.mailboxOpen('Reisen')
  await client.messageMove('1', 'INBOX')
  await client.mailboxCreate('Neu')
  await client.messageMove('2', 'Neu')
  await client.mailboxClose()
  const third = await collectNow(reader, id)
  assert.deepEqual([third.reason, third.added], [undefined, 8])
  assert.deepEqual(await filedIn(reader), all)
  assert.equal(
    ((await client.status('INBOX', { messages: true })) as { messages: number }).messages,
    2,
    'all lies there',
  )
})

test('what was deleted here does not come again because it was moved there', async (t) => {
  const { client, reader, id } = await collected(t)
  const { ids } = await reader.call('Email/query', {})
  await reader.call('Email/set', { destroy: ids as string[] })
  await client.mailboxCreate('Later')
  await client.mailboxOpen('INBOX')
  await client.messageMove('1', 'Later')
  assert.equal((await collectNow(reader, id)).added, 1)
  assert.deepEqual(await filedIn(reader), [])
})

const ATTACHED = (content: string) =>
  [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: application/octet-stream; name=a.bin',
    'Content-Disposition: attachment; filename=a.bin',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(content).toString('base64'),
    '--b--',
    '',
  ].join('\n')

async function storiesOf({ call }: MailReader): Promise<{ fate: string; mailFrom: string; collectedFrom: string }[]> {
  const { ids } = await call('Story/query', {})
  return (await call('Story/get', { ids }))['list'] as { fate: string; mailFrom: string; collectedFrom: string }[]
}

test('a virus is held, a letter of a blocked sender is junk, and its story says where it was collected', async (t) => {
  const { client, reader, id } = await collected(t)
  await reader.call('BlockedSender/set', { create: { k: { address: 'eve@example.org' } } })
  await client.append('INBOX', letter({ subject: 'Unwanted', from: 'eve@example.org' }))
  await client.append('INBOX', letter({ subject: 'Infected', body: ATTACHED(EICAR) }))
  const found = await collectNow(reader, id)
  assert.deepEqual([found.reason, found.added], [undefined, 3])
  assert.deepEqual(await filedIn(reader), ['Inbox: Old $seen', 'Junk: Unwanted $blocked'])
  const stories = await storiesOf(reader)
  assert.deepEqual(stories.map(({ fate, mailFrom, collectedFrom }) => [fate, mailFrom, collectedFrom]).toSorted(), [
    ['held', '', '127.0.0.1'],
    ['junk', '', '127.0.0.1'],
  ])
})

test('while the scanner is silent nothing arrives, and then it does', async (t) => {
  const { client, reader, id } = await collected(t)
  await client.append('INBOX', letter({ subject: 'New' }))
  await clamd.kill()
  const found = await collectNow(reader, id)
  assert.deepEqual([found.state, found.reason, found.added], ['active', 'scannerSilent', 1])
  await clamd.start()
  const again = await collectNow(reader, id)
  assert.deepEqual([again.reason, again.added], [undefined, 2])
  assert.deepEqual(await filedIn(reader), ['Inbox: New', 'Inbox: Old $seen'])
})

const SCRIPTS: [what: string, script: string, where: string, fate: string, leaves: string[]][] = [
  ['rejects', 'require "reject"; reject "No.";', 'Junk: New', 'junk', []],
  ['answers', 'require "vacation"; vacation :addresses "anna@zegel.test" "Away.";', 'Inbox: New', 'inbox', []],
  ['drops', 'discard;', '', 'dropped', []],
  [
    'sends on',
    'redirect :copy "other@example.net";'.replace('redirect', 'require "copy"; redirect'),
    'Inbox: New',
    'inbox',
    ['<> to other@example.net'],
  ],
]
for (const [what, script, where, fate, leaves] of SCRIPTS)
  test(`nothing leads back to whoever wrote: a script that ${what}`, async (t) => {
    const { client, reader, id } = await collected(t, script)
    const headers = ['Return-Path: <bea@example.org>']
    await client.append('INBOX', letter({ subject: 'New', to: reader.person.address, headers }))
    assert.equal((await collectNow(reader, id)).reason, undefined)
    assert.deepEqual(
      (await filedIn(reader)).filter((one) => !one.includes('Old')),
      where === '' ? [] : [where],
    )
    assert.equal((await storiesOf(reader))[0]?.fate, fate)
    const queued = await queuedLetters(storage, reader.account.id)
    assert.deepEqual(
      queued.map(({ mailFrom, recipients }) => `<${mailFrom}> to ${recipients[0]?.address}`),
      leaves,
    )
  })

test('whoever is away answers nothing that was collected', async (t) => {
  const { client, reader, id } = await collected(t)
  await reader.call('VacationResponse/set', { update: { singleton: { isEnabled: true, textBody: 'Away.' } } })
  const headers = ['Return-Path: <bea@example.org>']
  await client.append('INBOX', letter({ subject: 'New', to: reader.person.address, headers }))
  await collectNow(reader, id)
  assert.deepEqual(await filedIn(reader), ['Inbox: New', 'Inbox: Old $seen'])
  // One that comes by SMTP after it is answered: by then the other one was looked at.
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<carl@example.org>')
  await smtp.say(`RCPT TO:<${reader.person.address}>`)
  await smtp.say('DATA')
  smtp.send(letter({ from: 'carl@example.org', to: reader.person.address }))
  assert.match(await smtp.say('\r\n.'), /^250/)
  let answers: string[] = []
  await until('somebody was answered', async () => {
    const queued = await queuedLetters(storage, reader.account.id)
    answers = queued.map(({ recipients }) => recipients[0]?.address ?? '')
    return answers.length > 0
  })
  assert.deepEqual(answers, ['carl@example.org'])
})

test('in a mailbox that was chosen everything lies below it, by no rule, and it is made again when it is gone', async (t) => {
  const { client, reader, origin } = await somebody(t)
  const script = 'discard;'
  await activateScript(reader.account, await createScript(reader.account, { name: 'main', text: script }))
  const { created } = await reader.call('Mailbox/set', { create: { k: { name: 'Elsewhere' } } })
  const mailboxId = (created as { k: { id: string } }).k.id
  const chosen = { id: Number.parseInt(mailboxId.slice(1), 36), path: ['Elsewhere'] }
  await client.append('INBOX', letter({ subject: 'One' }))
  await client.append('Junk', letter({ subject: 'Two' }))
  const id = await begin(reader, origin, { chosen })
  await tried(reader, id)
  await client.append('INBOX', letter({ subject: 'Three' }))
  await collectNow(reader, id)
  assert.deepEqual(await filedIn(reader), ['Elsewhere/Junk: Two', 'Elsewhere: One', 'Elsewhere: Three'])
  const { list } = await reader.call('Mailbox/get', { properties: ['name', 'parentId'] })
  const below = (list as { id: string; parentId: string | null }[]).filter(({ parentId }) => parentId === mailboxId)
  const { destroyed } = await reader.call('Mailbox/set', {
    destroy: [...below.map((one) => one.id), mailboxId],
    onDestroyRemoveEmails: true,
  })
  assert.equal((destroyed as string[] | null)?.includes(mailboxId), true)
  await client.append('INBOX', letter({ subject: 'Four' }))
  const again = await collectNow(reader, id)
  assert.deepEqual([again.reason, await filedIn(reader)], [undefined, ['Elsewhere: Four']])
  assert.notEqual(again.mailbox, chosen.id)

  // Without one again it arrives, and the script drops it.
  await changeCollection(reader.account, id, { chosen: null })
  await client.append('INBOX', letter({ subject: 'Five' }))
  assert.equal((await collectNow(reader, id)).added, 5)
  assert.deepEqual(await filedIn(reader), ['Elsewhere: Four'])
})

test('a folder whose numbers mean other letters now begins anew: nothing comes twice, and nothing of it is news', async (t) => {
  const script = 'require "fileinto"; fileinto "Archive";'
  const { client, reader, id, origin } = await collected(t, script)
  await client.append('INBOX', letter({ subject: 'New' }))
  await collectNow(reader, id)
  const before = ['Archive: New', 'Inbox: Old $seen']
  assert.deepEqual(await filedIn(reader), before)
  const was = await client.status('INBOX', { uidValidity: true })
  dovecot.renumber(origin.user)
  const other = await dovecot.client(origin.user)
  t.after(() => other.logout())
  await other.append('INBOX', letter({ subject: 'Come while nobody could tell' }))
  const is = await other.status('INBOX', { uidValidity: true })
  assert.ok(was && is && was.uidValidity !== is.uidValidity)
  const found = await collectNow(reader, id)
  assert.deepEqual([found.reason, found.added], [undefined, 3])
  assert.deepEqual(await filedIn(reader), [...before, 'Inbox: Come while nobody could tell'].toSorted())
})

test('a first sign-in that is refused pauses it at once, and with the password it goes on', async (t) => {
  const { client, reader, origin } = await somebody(t)
  await client.append('INBOX', letter({ subject: 'One' }))
  const id = await begin(reader, { ...origin, password: 'wrong' })
  const paused = await tried(reader, id)
  assert.deepEqual([paused.state, paused.reason, paused.dueAt], ['paused', 'signIn', undefined])
  await changeCollection(reader.account, id, { state: 'active', password })
  const { state, reason, added } = await tried(reader, id)
  assert.deepEqual([state, reason, added], ['active', undefined, 1])
})

test('who was let in before is paused when three sign-ins in a row are refused', async (t) => {
  const { reader, id } = await collected(t)
  await changeCollection(reader.account, id, { password: 'changed there' })
  for (const state of ['active', 'active', 'paused']) {
    const found = await collectNow(reader, id)
    assert.deepEqual([found.state, found.reason], [state, 'signIn'])
  }
  await changeCollection(reader.account, id, { state: 'active', password })
  assert.deepEqual((await tried(reader, id)).reason, undefined)
  await changeCollection(reader.account, id, { password: 'changed again' })
  assert.equal((await collectNow(reader, id)).state, 'active', 'attempts count anew')
})

const minutesTo = ({ dueAt }: { dueAt: Date | undefined }): number =>
  Math.round(((dueAt?.getTime() ?? 0) - Date.now()) / 60_000)

test('whoever is not reached is tried again later and later, and never given up', async (t) => {
  const { reader, origin } = await somebody(t)
  const nobody = { ...origin, port: relay.port }
  const id = await begin(reader, nobody, { everyMinutes: 1440 })
  await tried(reader, id)
  relay.refuse(true)
  for (const minutes of [1, 5, 15, 60, 1440, 1440]) {
    const found = await collectNow(reader, id)
    assert.deepEqual([found.state, found.reason, minutesTo(found)], ['active', 'unreachable', minutes])
  }
  await changeCollection(reader.account, id, { everyMinutes: 15 })
  assert.equal(minutesTo(await collectNow(reader, id)), 180)
  relay.refuse(false)
  const found = await collectNow(reader, id)
  assert.deepEqual([found.reason, minutesTo(found)], [undefined, 15])
})

const REASONS: [reason: string, origin: Partial<Origin>][] = [
  ['host', { host: '10.0.0.1', security: 'tls', port: 993 }],
  ['clear', { host: '192.0.43.8', port: 143 }],
]
for (const [reason, other] of REASONS)
  test(`why it was in vain is said: ${reason}`, async (t) => {
    const { reader, origin } = await somebody(t)
    const id = await begin(reader, { ...origin, ...other })
    const found = await tried(reader, id)
    assert.deepEqual([found.state, found.reason], ['active', reason])
  })

test('the line breaks in the middle, it is paused there and goes on: every letter is there once', async (t) => {
  const { client, reader, origin } = await somebody(t)
  const subjects: string[] = []
  for (let n = 0; n < 60; n++) {
    subjects.push(`Inbox: n${n}`)
    await client.append('INBOX', letter({ subject: `n${n}`, text: 'x'.repeat(60_000) }))
  }
  const held = relay.holdAfter(2_400_000)
  const id = await begin(reader, { ...origin, port: relay.port })
  await held
  await until('a group was written', async () => (await collectionOf(reader, id)).added > 0)
  await changeCollection(reader.account, id, { state: 'paused' })
  relay.cut()
  const paused = await collectionOf(reader, id)
  assert.ok(paused.added < 60)
  await changeCollection(reader.account, id, { state: 'active' })
  const done = await tried(reader, id)
  assert.deepEqual([done.reason, done.added, done.damaged], [undefined, 60, 0])
  assert.deepEqual(await filedIn(reader), subjects.toSorted())
})

test('one that is forgotten ends where it is, and leaves nothing but what has come', async (t) => {
  const { client, reader, id } = await collected(t)
  await client.append('INBOX', letter({ subject: 'New' }))
  await removeCollection(reader.account, id)
  assert.deepEqual(await readCollections(reader.account), [])
  assert.deepEqual(await filedIn(reader), ['Inbox: Old $seen'])
})
