import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAccount, createDomain, findAccount, isLocalDomain, readSettings } from '#accounts'
import { bodyLists, envelope, parseMessage, partText, threadSubject, walkParts, type Message } from '#formats/message'
import { allOf, listFolders, walkItems } from '#items'
import {
  addMessage,
  createStandardMailboxes,
  destroyMessages,
  MAIL,
  prepareMessage,
  readMessages,
  type StoredMessage,
} from '#mail'
import type { OpenAccount, Storage } from '#storage'
import { now, openLog, Refusal } from '#system'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { noteLookBy } from './look.ts'
import { EXIT } from './command.ts'
import { demoCommands } from './demo.ts'
import { readConversations } from './demo/conversations.ts'
import { copiesOf, type Copy } from './demo/copies.ts'
import { fillDemo, type Filled } from './demo/fill.ts'
import { OWNERS, type Owner } from './demo/owners.ts'
import { subjectOf } from './demo/source/place.ts'

const servesNothing = (): Promise<never> => Promise.reject(new Error('nothing is served here'))

const HOST = 'zegel.test'

// Letters tell days from today, which must not end between the run and the look at what it made.
clockAtNoon({ after })

let storage: Storage
let printed: { accounts: Filled[] }

/** Runs `zegel demo` as the operator would, on this file's database. */
async function demo(again: boolean): Promise<number> {
  const { config } = await testDatabase()
  const [command] = demoCommands
  assert.ok(command)
  return command.run({
    positionals: [],
    options: again ? { again } : {},
    log: openLog('silent'),
    program: { parts: [], serve: servesNothing, serveDesk: servesNothing },
    print: (value, asText) => {
      printed = value as typeof printed
      assert.equal(asText().split('\n').length, 2)
    },
    noteLook: noteLookBy(command, { purpose: 'checks', reference: 'test' }),
    withStorage: (work) => work(storage, config),
  })
}

before(async () => {
  storage = await openTestStorage({ after })
  assert.equal(await demo(false), EXIT.ok)
})

const plans = OWNERS.map((owner) => ({
  owner,
  copies: copiesOf(owner, readConversations(), { host: HOST, now: now() }),
}))

async function open(owner: Owner): Promise<OpenAccount> {
  const entry = await findAccount(storage, `${owner.who}@${HOST}`)
  assert.ok(entry)
  return storage.openAccount(entry.id)
}

async function messagesOf(account: OpenAccount): Promise<Map<string, StoredMessage>> {
  const messages = new Map<string, StoredMessage>()
  for await (const found of walkItems(account, { kind: MAIL, where: allOf([]) }))
    for (const message of await readMessages(
      account,
      found.map(({ id }) => id),
    ))
      messages.set(message.summary?.messageId?.[0] ?? '', message)
  return messages
}

/** Letters of each mailbox by role or path, all and unread, as the account counts them. */
async function counts(account: OpenAccount): Promise<Record<string, [total: number, unread: number]>> {
  const folders = await listFolders(account, MAIL)
  const path = (id: number): string => {
    const folder = folders.find((one) => one.id === id)
    if (folder === undefined) return ''
    return folder.role ?? (folder.parentId === 0 ? folder.name : `${path(folder.parentId)}/${folder.name}`)
  }
  return Object.fromEntries(folders.map(({ id, total, unread }) => [path(id), [total, unread]]))
}

test('both accounts are new, with a password each and at least a hundred letters', () => {
  assert.deepEqual(
    printed.accounts.map(({ address }) => address),
    [`hanne@${HOST}`, `tom@${HOST}`],
  )
  for (const { password, letters, added } of printed.accounts) {
    assert.match(password ?? '', /^[\w-]{16}$/)
    assert.ok(letters >= 100)
    assert.equal(added, letters)
  }
})

for (const { owner, copies } of plans) {
  test(`${owner.who}: every mailbox has the letters that were written for it`, async () => {
    const found = await counts(await open(owner))
    const expected: typeof found = {}
    for (const { mailbox, keywords } of copies) {
      const [total, unread] = expected[mailbox] ?? [0, 0]
      expected[mailbox] = [total + 1, unread + (keywords.includes('$seen') ? 0 : 1)]
    }
    const filled = Object.entries(found).filter(([, [total]]) => total > 0)
    assert.deepEqual(Object.fromEntries(filled), expected)
    for (const role of ['inbox', 'drafts', 'sent', 'archive', 'junk', 'trash']) assert.ok(found[role]?.[0], role)
    assert.ok(
      Object.keys(found).some((path) => path.includes('/')),
      'nested folders',
    )
    assert.ok((found['inbox']?.[1] ?? 0) >= 5, 'unread letters')
  })

  test(`${owner.who}: a conversation is one thread, and a new subject begins another`, async () => {
    const account = await open(owner)
    const messages = await messagesOf(account)
    const byThread = Map.groupBy(copies, ({ messageId }) => messages.get(messageId)?.threadId)
    const byConversation = Map.groupBy(
      copies,
      (copy) => `${copy.conversation.file} ${copy.conversation.subject} ${threadSubject(subjectOf(copy))}`,
    )
    const sets = (groups: Iterable<Copy[]>): string[] =>
      [...groups]
        .map((group) =>
          group
            .map(({ messageId }) => messageId)
            .sort()
            .join(' '),
        )
        .sort()
    assert.deepEqual(sets(byThread.values()), sets(byConversation.values()))
    assert.ok(
      [...byThread.values()].some((thread) => thread.length >= 5),
      'a long conversation',
    )
  })

  test(`${owner.who}: labels have names and stand on letters; stars, answers and drafts are marked`, async () => {
    const account = await open(owner)
    assert.deepEqual((await readSettings(account)).labels, owner.labels)
    const messages = await messagesOf(account)
    for (const copy of copies)
      assert.deepEqual(messages.get(copy.messageId)?.keywords.toSorted(), copy.keywords.toSorted())
    const all = new Set([...messages.values()].flatMap(({ keywords }) => keywords))
    for (const keyword of [...Object.keys(owner.labels), '$flagged', '$answered', '$draft', '$junk', '$seen'])
      assert.ok(all.has(keyword), keyword)
  })

  test(`${owner.who}: every letter opens with its subject, its attachments and readable text`, async () => {
    const account = await open(owner)
    const messages = await messagesOf(account)
    assert.equal(messages.size, copies.length)
    for (const copy of copies) {
      const stored = messages.get(copy.messageId)
      assert.ok(stored?.summary)
      const bytes = await account.blobs.read(account.sql, account.id, stored.summary.blob)
      const message = parseMessage(bytes)
      assert.equal(envelope(message).subject, subjectOf(copy))
      const names = copy.conversation.letters[copy.number]?.files.map(({ name }) => name) ?? []
      assert.equal(fileNames(message).length, names.length, subjectOf(copy))
      for (const name of names.filter((one) => !one.includes('{'))) assert.ok(fileNames(message).includes(name), name)
      for (const part of walkParts(message.root)) {
        if (part.type !== 'text') continue
        const { text, isEncodingProblem } = partText(message, part)
        assert.equal(isEncodingProblem, false, subjectOf(copy))
        assert.doesNotMatch(text, /\{[+\-0{]|undefined|NaN/)
      }
    }
  })
}

const fileNames = (message: Message): string[] =>
  [...walkParts(message.root)].flatMap(({ filename }) => (filename === null ? [] : [filename])).sort()

/** What there is to look at, and which letters of an account show it. */
const sights: Record<string, (message: Message) => boolean> = {
  'HTML with remote pictures': (message) => /<img src="https:/.test(html(message)),
  'a tracking pixel': (message) => /<img src="https:[^>]+width="1" height="1"/.test(html(message)),
  'a picture within the text': (message) => /<img src="cid:/.test(html(message)),
  'a PDF': (message) => types(message).includes('application/pdf'),
  'a text document': (message) => types(message).some((type) => type.endsWith('wordprocessingml.document')),
  'an invitation': (message) =>
    bodyLists(message).attachments.some(
      ({ subtype, parameters }) => subtype === 'calendar' && parameters['method'] === 'REQUEST',
    ),
  'a quote and a signature': (message) => /^> [\s\S]*/m.test(plain(message)) && /^-- $/m.test(plain(message)),
  'a file name longer than a line': (message) => fileNames(message).some((name) => name.length > 78),
  'an emoji in the subject': (message) => /\p{Extended_Pictographic}/u.test(envelope(message).subject ?? ''),
  'text from right to left': (message) => /[\u0590-\u06ff]/.test(plain(message)),
  'text in windows-1252 or ISO-8859-15': (message) =>
    [...walkParts(message.root)].some(
      ({ parameters, encoding }) =>
        /^(?:windows-1252|iso-8859-15)$/.test(parameters['charset'] ?? '') && encoding === '8bit',
    ),
}

const types = (message: Message): string[] =>
  [...walkParts(message.root)].map(({ type, subtype }) => `${type}/${subtype}`)
const textOf = (message: Message, subtype: string): string =>
  [...walkParts(message.root)]
    .filter((part) => part.type === 'text' && part.subtype === subtype)
    .map((part) => partText(message, part).text)
    .join('\n')
const html = (message: Message): string => textOf(message, 'html')
const plain = (message: Message): string => textOf(message, 'plain')

const written = plans.map(({ copies }) => copies.map((copy) => parseMessage(copy.source())))

for (const [what, isSeen] of Object.entries(sights)) {
  test(`there is ${what} to look at in both accounts`, () => {
    for (const messages of written) assert.ok(messages.some(isSeen))
  })
}

test('a second run is refused and changes nothing; with --again it adds only what is missing', async () => {
  const accounts = await Promise.all(OWNERS.map(open))
  const before = await Promise.all(accounts.map(counts))
  await assert.rejects(demo(false), (error) => {
    assert.ok(error instanceof Refusal)
    assert.equal(error.reason, 'exists')
    assert.match(error.fields[0] ?? '', /--again/)
    return true
  })
  assert.equal(await demo(true), EXIT.ok)
  assert.deepEqual(
    printed.accounts.map(({ password, added }) => [password, added]),
    [
      [undefined, 0],
      [undefined, 0],
    ],
  )
  assert.deepEqual(await Promise.all(accounts.map(counts)), before)

  const [hanne] = accounts
  assert.ok(hanne)
  const [gone] = (await messagesOf(hanne)).values()
  await hanne.write((tx) => destroyMessages(tx, [gone?.id as number]))
  await demo(true)
  assert.deepEqual(
    printed.accounts.map(({ added }) => added),
    [1, 0],
  )
  assert.deepEqual(await Promise.all(accounts.map(counts)), before)
})

test('an account that somebody else uses under an address of the demo is left alone', async () => {
  const host = 'elsewhere.test'
  await createDomain(storage, host)
  const password = 'a password of somebody else'
  const id = await createAccount(storage, { address: `hanne@${host}`, password }, createStandardMailboxes)
  const account = await storage.openAccount(id)
  const message = await prepareMessage(
    account,
    Buffer.from('Message-ID: <1@example.org>\r\nSubject: Hello\r\n\r\nHello\r\n'),
  )
  const inbox = (await listFolders(account, MAIL)).find(({ role }) => role === 'inbox')
  await account.write((tx) =>
    addMessage(tx, message, { mailboxes: [inbox?.id as number], keywords: [], receivedAt: now() }),
  )
  for (const again of [false, true]) await assert.rejects(fillDemo(storage, host, { again }), { reason: 'exists' })
  assert.equal((await messagesOf(account)).size, 1)
  assert.equal(await findAccount(storage, `tom@${host}`), undefined)
})

test('where the domain is not hosted yet, it is from then on', async () => {
  const host = 'new.test'
  assert.equal(await isLocalDomain(storage, host), false)
  const filled = await fillDemo(storage, host)
  assert.deepEqual(
    filled.map(({ address }) => address),
    [`hanne@${host}`, `tom@${host}`],
  )
  assert.equal(await isLocalDomain(storage, host), true)
})
