/** Moving in from another provider: Dovecot with folders, flags and times of its own, whatever happens on the way. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ImapFlow } from 'imapflow'
import { listFolders, listPlaced, readItems } from '#items'
import { createStandardMailboxes, MAIL, readSummary, streamMessage, toKeywords } from '#mail'
import type { OpenAccount, Storage } from '#storage'
import type { Config } from '#system'
import { testDatabase } from '#test/database'
import { startDovecot, startRelay } from '#test/dovecot'
import { letter } from '#test/letters'
import { startNameServer } from '#test/name-server'
import { addPerson } from '#test/people'
import { startServer } from '#test/server'
import { createProviderImport, readImports, resumeImport, stopImport, type Import, type Origin } from '../index.ts'

const dovecot = await startDovecot({ after })
const names = await startNameServer(
  { after },
  {
    'zegel.test': { A: ['127.0.0.1'] },
    'other.example': { A: ['127.0.0.1'] },
    'inside.example': { A: ['192.168.1.1'] },
  },
)
const { config: settings } = await testDatabase()
const relay = await startRelay({ after }, dovecot.imap)
const fetch = { allow: [...dovecot.allow, `127.0.0.1:${relay.port}`], authority: dovecot.authority }
const server = await startServer({ after }, { fetch, dns: { servers: [names.address] } }, ['worker'])
const storage: Storage = server.storage
const config: Config = { ...settings, fetch }

const newAccount = async (): Promise<OpenAccount> =>
  storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)

const { user, password } = dovecot
const clear: Origin = { host: '127.0.0.1', port: dovecot.imap, security: 'none', user, password }
/** The same over a line that can stand still. */
const slow: Origin = { ...clear, port: relay.port }

/** Of what `Many` holds: about half. */
const HALF = 2_500_000

interface Kept {
  path: string
  digest: string
  keywords: string[]
  receivedAt: string
}

async function kept(account: OpenAccount): Promise<Kept[]> {
  const folders = new Map((await listFolders(account, MAIL)).map((folder) => [folder.id, folder]))
  const pathOf = (id: number): string => {
    const { parentId, name } = folders.get(id) ?? assert.fail()
    return parentId === 0 ? name : `${pathOf(parentId)}/${name}`
  }
  const all: Kept[] = []
  for (const { folderId, items } of await listPlaced(account, MAIL))
    for (const item of await readItems(account, MAIL, [...items])) {
      const pieces = await Array.fromAsync(streamMessage(account, readSummary(item.summary).blob))
      all.push({
        path: pathOf(folderId),
        digest: digest(Buffer.concat(pieces)),
        keywords: toKeywords(item.flags, item.keywords).toSorted(),
        receivedAt: item.receivedAt.toISOString(),
      })
    }
  return all.toSorted(byContent)
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const byContent = (a: Kept, b: Kept): number => `${a.path} ${a.digest}`.localeCompare(`${b.path} ${b.digest}`)

async function until(account: OpenAccount, id: number, is: (found: Import) => boolean): Promise<Import> {
  for (let tries = 0; tries < 3000; tries++) {
    const [found] = await readImports(account, [id])
    assert.ok(found)
    if (is(found)) return found
    await sleep(20)
  }
  return assert.fail('it never came to that')
}

const over = (account: OpenAccount, id: number): Promise<Import> =>
  until(account, id, ({ state }) => ['done', 'failed', 'stopped'].includes(state))

const counts = ({ state, size, done, added, known, damaged }: Import): unknown[] => [
  state,
  size,
  done,
  added,
  known,
  damaged,
]

/** Puts a letter there, as it is to be found here. */
async function put(
  client: ImapFlow,
  [path, here]: readonly [string, string],
  content: Buffer,
  flags: string[] = [],
  receivedAt = new Date('2015-03-04T05:06:07Z'),
): Promise<Kept> {
  await client.append(path, content, flags, receivedAt)
  const keywords = flags.map((flag) => flag.replace('\\', '$').toLowerCase()).toSorted()
  return { path: here, digest: digest(content), keywords, receivedAt: receivedAt.toISOString() }
}

const sealedText = async (account: OpenAccount, id: number): Promise<string> => {
  const { rows } = await account.sql<{ sealed: Buffer }>`
    select sealed from transfer where account_id = ${account.id} and transfer_id = ${id}`
  return account.open('transfer', id, rows[0]?.sealed ?? assert.fail()).toString()
}

test('folders by their use and name, flags, keywords and times come over, once; the password is gone then', async () => {
  const client = await dovecot.client()
  await client.mailboxCreate('Reisen')
  await client.mailboxCreate('Reisen/Äpfel & Birnen')
  const wanted: Kept[] = [
    await put(client, ['INBOX', 'Inbox'], letter({ text: 'one' }), ['\\Seen', '\\Answered']),
    await put(client, ['INBOX', 'Inbox'], letter({ text: 'x'.repeat(300_000) }), ['\\Flagged', 'Projekt']),
    await put(client, ['Verschickt', 'Sent'], letter(), ['\\Seen'], new Date('1999-12-31T23:59:59Z')),
    await put(client, ['Junk', 'Junk'], letter()),
    await put(client, ['Reisen/Äpfel & Birnen', 'Reisen/Äpfel & Birnen'], letter(), ['\\Draft']),
  ]
  const twice = letter({ text: 'in a folder and in a view' })
  wanted.push(await put(client, ['Reisen', 'Reisen'], twice))
  await client.append('Starred', twice)
  wanted.push(await put(client, ['Starred', 'Starred'], letter({ text: 'in the view alone' })))
  await client.logout()

  const account = await newAccount()
  const id = await createProviderImport(config, account, { origin: clear })
  assert.match(await sealedText(account, id), /a password elsewhere/)
  const found = await over(account, id)
  assert.deepEqual(counts(found), ['done', 8, 8, 7, 1, 0], JSON.stringify(found))
  assert.deepEqual([found.foldersDone, found.folders, found.host, found.name], [6, 6, '127.0.0.1', 'anna'])
  assert.deepEqual(await kept(account), wanted.toSorted(byContent))
  assert.doesNotMatch(await sealedText(account, id), /a password elsewhere/)
  const again = await createProviderImport(config, account, { origin: clear })
  assert.deepEqual(counts(await over(account, again)), ['done', 8, 8, 0, 8, 0])
  assert.equal((await kept(account)).length, 7)
})

const WAYS: [what: string, origin: Partial<Origin>, outcome: string | undefined][] = [
  ['TLS from the first byte', { host: 'zegel.test', port: dovecot.imaps, security: 'tls' }, undefined],
  ['STARTTLS', { host: 'zegel.test', security: 'starttls' }, undefined],
  ['a certificate of another name', { host: 'other.example', port: dovecot.imaps, security: 'tls' }, 'certificate'],
  ['the same after STARTTLS', { host: 'other.example', security: 'starttls' }, 'certificate'],
  ['a wrong password', { password: 'wrong' }, 'signIn'],
  ['a name that is private', { host: 'inside.example', security: 'tls', port: 993 }, 'host'],
  ['a private address', { host: '10.0.0.1', security: 'tls', port: 993 }, 'host'],
  ['loopback at a port that nobody allowed', { port: 143 }, 'host'],
  ['a stranger without TLS', { host: '192.0.43.8', port: 143 }, 'clear'],
]
for (const [what, origin, outcome] of WAYS)
  test(`the way there: ${what}${outcome === undefined ? '' : ' is refused'}`, async () => {
    const account = await newAccount()
    const id = await createProviderImport(config, account, { origin: { ...clear, ...origin } })
    const { state, reason } = await over(account, id)
    assert.deepEqual([state, reason], [outcome === undefined ? 'done' : 'failed', outcome])
    assert.doesNotMatch(await sealedText(account, id), new RegExp(origin.password ?? password))
  })

test('a port of something else is not even tried', async () => {
  const production = { fetch: { allow: [] } }
  for (const port of [22, 25, 80, 110, 3306, 5432])
    await assert.rejects(createProviderImport(production, await newAccount(), { origin: { ...clear, port } }), {
      reason: 'invalid',
      fields: ['port'],
    })
})

test('what was stopped, or failed, goes on where it was with the password, and without it forgets it', async () => {
  const account = await newAccount()
  const id = await createProviderImport(config, account, { origin: { ...clear, password: 'wrong' } })
  assert.equal((await over(account, id)).reason, 'signIn')
  await assert.rejects(resumeImport(account, 7, password), { reason: 'notFound' })
  await resumeImport(account, id, password)
  const found = await over(account, id)
  assert.deepEqual([found.state, found.reason], ['done', undefined])
  await assert.rejects(resumeImport(account, id, password), { reason: 'notFound' })
})

test('the other provider is killed in the middle, and here it is stopped: all letters come once in the end', async () => {
  const client = await dovecot.client()
  await client.mailboxCreate('Many')
  const contents: Buffer[] = []
  for (let n = 0; n < 400; n++) {
    const content = letter({ text: n % 20 === 0 ? randomBytes(150_000).toString('base64') : `${n}` })
    contents.push(content)
    await client.append('Many', content)
  }
  await client.logout()
  const account = await newAccount()
  const held = relay.holdAfter(HALF)
  const id = await createProviderImport(config, account, { origin: slow })
  await held
  await dovecot.kill()
  relay.cut()
  const cut = await until(account, id, ({ retryAt }) => retryAt !== undefined)
  assert.ok(cut.added > 0 && cut.done < cut.size, `${cut.done} of ${cut.size}`)
  const heldAgain = relay.holdAfter(HALF / 4)
  await dovecot.restart()
  await heldAgain
  await stopImport(account, id)
  relay.cut()
  const stopped = await over(account, id)
  assert.ok(stopped.done < stopped.size)
  assert.equal(stopped.state, 'stopped')
  assert.doesNotMatch(await sealedText(account, id), /a password elsewhere/)
  await resumeImport(account, id, password)
  const done = await over(account, id)
  assert.deepEqual([done.state, done.done, done.damaged], ['done', done.size, 0])
  const many = (await kept(account)).filter(({ path }) => path === 'Many')
  assert.deepEqual(many.map((one) => one.digest).toSorted(), contents.map(digest).toSorted())
})

test('a folder whose numbers mean other letters now begins anew, and doubles nothing', async () => {
  const account = await newAccount()
  const held = relay.holdAfter(HALF)
  const id = await createProviderImport(config, account, { origin: slow })
  await held
  await stopImport(account, id)
  relay.cut()
  const [stopped] = await readImports(account, [id])
  assert.ok(stopped && stopped.added > 0 && stopped.done < stopped.size)
  const client = await dovecot.client()
  const before = await client.status('Many', { messages: true, uidValidity: true })
  await client.mailboxRename('Many', 'Aside')
  await client.mailboxCreate('Many')
  await client.mailboxOpen('Aside')
  await client.messageCopy('1:*', 'Many')
  await client.mailboxClose()
  await client.mailboxDelete('Aside')
  const then = await client.status('Many', { messages: true, uidValidity: true })
  assert.ok(before && then && before.uidValidity !== then.uidValidity)
  await client.logout()
  await resumeImport(account, id, password)
  const done = await over(account, id)
  assert.deepEqual([done.state, done.damaged], ['done', 0])
  const many = (await kept(account)).filter(({ path }) => path === 'Many')
  assert.equal(many.length, 400)
  assert.equal(new Set(many.map((one) => one.digest)).size, 400)
})
