/** imapflow, which uses of IMAP what a server has: compression, IDLE, CONDSTORE, QRESYNC, MOVE, UIDPLUS, OBJECTID, BINARY, QUOTA. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { after, test, type TestContext } from 'node:test'
import { ImapFlow, type ExistsEvent, type ExpungeEvent, type FlagsEvent } from 'imapflow'
import { signedInImap } from '../imap.ts'
import { fileLetter, letter } from '../letters.ts'
import type { Person } from '../people.ts'
import { startServer } from '../server.ts'
import { certificateOf } from './program.ts'

const server = await startServer({ after }, {}, ['imap'])
const ca = await readFile(certificateOf(server))

async function connect(t: TestContext, { address, password }: Person, secure = true): Promise<ImapFlow> {
  const { port } = secure ? server.imaps : server.imap
  const client = new ImapFlow({
    host: 'localhost',
    port,
    secure,
    auth: { user: address, pass: password },
    tls: { ca },
    qresync: true,
    disableAutoIdle: true,
    logger: false,
  })
  t.after(() => client.close())
  await client.connect()
  return client
}

test('imapflow lists mailboxes with their state, asks for quota, and makes, renames and deletes', async (t) => {
  const person = await server.createAccount()
  await fileLetter(server, person, {}, { keywords: ['$seen'] })
  await fileLetter(server, person)
  const client = await connect(t, person, false)
  const listed = await client.list({
    statusQuery: { messages: true, unseen: true, uidNext: true, highestModseq: true },
  })
  const uses = new Map(listed.map(({ specialUse, path }) => [specialUse, path]))
  for (const use of ['\\Inbox', '\\Sent', '\\Drafts', '\\Trash', '\\Junk', '\\Archive']) assert.ok(uses.has(use), use)
  const inbox = listed.find(({ path }) => path === 'INBOX')
  assert.equal(inbox?.subscribed, true)
  assert.deepEqual([inbox.status?.messages, inbox.status?.unseen, inbox.status?.uidNext], [2, 1, 3])
  const status = await client.status('INBOX', { messages: true, unseen: true, uidValidity: true })
  assert.ok(status)
  assert.deepEqual([status.messages, status.unseen], [2, 1])
  const quota = await client.getQuota()
  assert.ok(quota)
  assert.equal(quota.message?.usage, 2)

  assert.equal((await client.mailboxCreate(['Projekte', 'Äpfel & Birnen'])).path, 'Projekte/Äpfel & Birnen')
  await client.mailboxSubscribe('Projekte')
  await client.mailboxRename('Projekte/Äpfel & Birnen', 'Projekte/Obst')
  const paths = async (): Promise<string[]> =>
    (await client.list()).map(({ path }) => path).filter((path) => path.startsWith('Projekte'))
  assert.deepEqual(await paths(), ['Projekte', 'Projekte/Obst'])
  await client.mailboxDelete('Projekte/Obst')
  await client.mailboxDelete('Projekte')
  assert.deepEqual(await paths(), [])
  await client.logout()
})

test('imapflow fetches, searches, flags, appends, copies, moves and deletes', async (t) => {
  const person = await server.createAccount()
  for (const subject of ['Eins', 'Zwei', 'Grüße', 'Vier'])
    await fileLetter(server, person, { subject, text: `Über ${subject}.`, messageId: `${subject.length}@example.org` })
  const client = await connect(t, person)
  const opened = await client.mailboxOpen('INBOX')
  assert.deepEqual([opened.exists, opened.uidNext, opened.readOnly], [4, 5, false])
  assert.match(opened.mailboxId ?? '', /^F/)
  const wanted = {
    uid: true,
    flags: true,
    envelope: true,
    bodyStructure: true,
    internalDate: true,
    size: true,
    threadId: true,
    headers: ['subject'],
  }
  const all = await client.fetchAll('1:*', wanted)
  assert.deepEqual(
    all.map(({ envelope }) => envelope?.subject),
    ['Eins', 'Zwei', 'Grüße', 'Vier'],
  )
  for (const { emailId, threadId, modseq, bodyStructure, internalDate } of all) {
    assert.ok(emailId?.startsWith('M') && threadId?.startsWith('T') && modseq !== undefined)
    assert.equal(bodyStructure?.type, 'text/plain')
    assert.equal(new Date(internalDate ?? 0).toISOString(), '2026-09-07T08:00:00.000Z')
  }
  const third = await client.fetchOne('3', { source: true })
  assert.ok(third && third.source?.includes('Über Grüße.'))

  assert.deepEqual(await client.search({ subject: 'grüße' }, { uid: true }), [3])
  assert.deepEqual(await client.search({ body: 'über', seen: false }, { uid: true }), [1, 2, 3, 4])
  assert.deepEqual(
    await client.search({ or: [{ subject: 'eins' }, { header: { 'Message-ID': '5@example.org' } }] }),
    [1, 3],
  )
  assert.deepEqual(await client.search({ emailId: all[1]?.emailId as string }, { uid: true }), [2])

  assert.equal(await client.messageFlagsAdd('1:2', ['\\Seen', 'Wichtig'], { uid: true }), true)
  assert.equal(await client.messageFlagsRemove({ uid: '2' }, ['\\Seen']), true)
  assert.equal(await client.setFlagColor({ uid: '4' }, 'orange'), true)
  const [flags, , , coloured] = await client.fetchAll('1:*', { flags: true })
  // Keywords are the same in whatever case; JMAP knows them in lower case (RFC 8621 §4.1.1).
  assert.deepEqual([...(flags?.flags ?? [])].sort(), ['\\Seen', 'wichtig'])
  assert.equal(coloured?.flagColor, 'orange')
  const { modseq } = flags as { modseq: bigint }
  assert.equal(await client.messageFlagsSet('1', ['\\Flagged'], { uid: true, unchangedSince: modseq - 1n }), true)
  const kept = await client.fetchOne('1', { flags: true })
  assert.ok(kept && !kept.flags?.has('\\Flagged'), 'what has changed meanwhile is left as it is')

  const content = letter({ subject: 'Angehängt', text: 'Ü' })
  const appended = await client.append('Drafts', content, ['\\Draft', '\\Seen'], new Date('2026-11-29T12:00:00Z'))
  assert.ok(appended)
  assert.equal(appended.uid, 1)
  const copied = await client.messageCopy('1:2', 'Archive', { uid: true })
  assert.ok(copied)
  assert.deepEqual(
    [...(copied.uidMap ?? [])],
    [
      [1, 1],
      [2, 2],
    ],
  )
  const moved = await client.messageMove({ uid: '3' }, 'Archive')
  assert.ok(moved)
  assert.deepEqual([...(moved.uidMap ?? [])], [[3, 3]])
  assert.equal(await client.messageDelete({ uid: '1' }), true)
  assert.deepEqual(await client.search({ all: true }, { uid: true }), [2, 4])
  await client.mailboxOpen('Drafts', { readOnly: true })
  const draft = await client.fetchOne('1', { source: true, flags: true, internalDate: true })
  assert.ok(draft && draft.source?.equals(content))
  assert.deepEqual([...(draft.flags ?? [])].sort(), ['\\Draft', '\\Seen'])
  assert.equal(new Date(draft.internalDate ?? 0).toISOString(), '2026-11-29T12:00:00.000Z')
  await client.logout()
})

test('imapflow downloads a large attachment piece by piece', async (t) => {
  const person = await server.createAccount()
  const bytes = randomBytes(3_000_000)
  const lines = bytes.toString('base64').replaceAll(/.{76}/g, '$&\n')
  await fileLetter(server, person, {
    body: [
      'Content-Type: multipart/mixed; boundary="=_big"',
      '',
      '--=_big',
      'Content-Type: text/plain; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Gr=FC=DFe',
      '--=_big',
      'Content-Type: application/octet-stream; name="gross.bin"',
      'Content-Disposition: attachment; filename="gross.bin"',
      'Content-Transfer-Encoding: base64',
      '',
      lines,
      '--=_big--',
      '',
    ].join('\n'),
  })
  const client = await connect(t, person)
  await client.mailboxOpen('INBOX')
  const download = async (part: string, options = {}): Promise<Buffer> => {
    const { content, meta } = await client.download('1', part, { uid: true, ...options })
    assert.ok(content && meta)
    return buffer(content)
  }
  assert.equal((await download('1')).toString(), 'Grüße')
  assert.ok((await download('2', { chunkSize: 100_000 })).equals(bytes))
  assert.ok((await download('2', { maxBytes: 1000 })).equals(bytes.subarray(0, 1000)))
  const parts = await client.downloadMany('1', ['1', '2'], { uid: true })
  assert.ok((parts as Record<string, { content: Buffer }>)['2']?.content.equals(bytes))
  await client.logout()
})

test('imapflow hears in IDLE what somebody else does, and by QRESYNC what was done while it was away', async (t) => {
  const person = await server.createAccount()
  for (let number = 1; number <= 5; number++) await fileLetter(server, person)
  const client = await connect(t, person)
  const { uidValidity, highestModseq } = await client.mailboxOpen('INBOX')
  const other = await signedInImap(t, server, person, { select: 'INBOX' })

  const idling = client.idle()
  const exists = once(client, 'exists') as Promise<[ExistsEvent]>
  await fileLetter(server, person)
  const [{ count, prevCount }] = await exists
  assert.deepEqual([count, prevCount], [6, 5])
  const flagged = once(client, 'flags') as Promise<[FlagsEvent]>
  await other.ok('UID STORE 2 +FLAGS (\\Flagged)')
  const [flags] = await flagged
  assert.deepEqual([flags.uid, [...flags.flags], flags.modseq !== undefined], [2, ['\\Flagged'], true])
  const expunged = once(client, 'expunge') as Promise<[ExpungeEvent]>
  await other.ok('UID MOVE 3 Trash')
  const [{ uid, vanished }] = await expunged
  assert.deepEqual([uid, vanished], [3, true])
  await client.noop()
  await idling
  await client.logout()

  await other.ok('UID STORE 4 +FLAGS (\\Deleted)')
  await other.ok('UID EXPUNGE 4')
  const again = await connect(t, person)
  const gone: (number | undefined)[] = []
  const changed: (number | undefined)[] = []
  again.on('expunge', (event: ExpungeEvent) => gone.push(event.uid))
  again.on('flags', (event: FlagsEvent) => changed.push(event.uid))
  await again.mailboxOpen('INBOX', { changedSince: highestModseq as bigint, uidValidity })
  assert.deepEqual(gone, [3, 4])
  assert.ok(changed.includes(2), changed.join())
  const since = await again.fetchAll('1:*', { flags: true }, { changedSince: highestModseq as bigint })
  assert.deepEqual(
    since.map((one) => one.uid),
    [2, 6],
  )
  await again.logout()
})
