/** Mail moved in and out by files: what went in comes out, and in again elsewhere, whatever happens in between. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { writeMaildir } from '#formats/maildir'
import { writeMbox } from '#formats/mbox'
import { writeZip, type ZipFile } from '#formats/zip'
import { listFolders, listPlaced, readItems } from '#items'
import {
  addMessage,
  createStandardMailboxes,
  MAIL,
  openMessages,
  prepareMessage,
  readSummary,
  streamMessage,
  toKeywords,
} from '#mail'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { collection } from '#test/collection'
import { openTestStorage } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import {
  exportMail,
  fileLetters,
  NOTHING_DONE,
  openMailboxPaths,
  readSource,
  runImport,
  type Format,
  type Progress,
  type Reading,
} from './index.ts'

const storage = await openTestStorage({ after })
const newAccount = async (): Promise<OpenAccount> =>
  storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

const MOST = 2 * 1024 * 1024

const readingOf = (bytes: Buffer, name = 'x.mbox', other: Partial<Reading> = {}): Reading => ({
  source: {
    size: bytes.length,
    async *read(start, end) {
      for (let at = start; at < end; at += 50_000) yield bytes.subarray(at, Math.min(end, at + 50_000))
    },
  },
  name,
  folder: undefined,
  most: MOST,
  ...other,
})

const bring = (account: OpenAccount, reading: Reading, from: Progress = NOTHING_DONE): Promise<Progress> =>
  runImport(account, (position) => readSource(reading, position), from, {
    save: async () => undefined,
    saved: () => undefined,
  })

const counts = ({ added, known, damaged, skipped }: Progress): number[] => [added, known, damaged, skipped]

const exported = async (account: OpenAccount, format: Format, mailbox?: number): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(exportMail(account, { format, mailbox })))

interface Kept {
  path: string
  digest: string
  keywords: string[]
  isDeleted: boolean
  receivedAt: string
}

/** All letters of an account, as far as moving must not change them. */
async function kept(account: OpenAccount): Promise<Kept[]> {
  const folders = new Map((await listFolders(account, MAIL)).map((folder) => [folder.id, folder]))
  const pathOf = (id: number): string => {
    const { parentId, name } = folders.get(id) ?? assert.fail()
    return parentId === 0 ? name : `${pathOf(parentId)}/${name}`
  }
  const all: Kept[] = []
  for (const { folderId, items, deleted } of await listPlaced(account, MAIL))
    for (const [i, id] of items.entries()) {
      const [item] = await readItems(account, MAIL, [id])
      assert.ok(item)
      const pieces = await Array.fromAsync(streamMessage(account, readSummary(item.summary).blob))
      all.push({
        path: pathOf(folderId),
        digest: createHash('sha256').update(Buffer.concat(pieces)).digest('hex'),
        keywords: toKeywords(item.flags, item.keywords).toSorted(),
        isDeleted: deleted.has(i),
        receivedAt: new Date(Math.floor(item.receivedAt.getTime() / 1000) * 1000).toISOString(),
      })
    }
  return all.toSorted((a, b) => (`${a.path}${a.digest}` < `${b.path}${b.digest}` ? -1 : 1))
}

const KEYWORDS = [
  [],
  ['$seen'],
  ['$seen', '$answered', 'work'],
  ['$flagged'],
  ['$draft', '$seen'],
  ['$forwarded', 'a-b'],
]

/** The same with flags and times. */
const real = collection().map((content, i) => ({
  content,
  keywords: KEYWORDS[i % KEYWORDS.length] as string[],
  isDeleted: i % 7 === 0,
  receivedAt: new Date(Date.UTC(2001, 0, 1) + i * 86_400_000),
  size: content.length,
  id: i,
}))

test('there is real mail to move', () => assert.ok(real.length > 100, `${real.length} letters`))

const ARCHIVES: Record<Format, () => Promise<{ reading: Reading; path: string }>> = {
  mbox: async () => ({
    reading: readingOf(Buffer.concat(await Array.fromAsync(writeMbox(each(real)))), 'Archiv 2001.mbox'),
    path: 'Archiv 2001',
  }),
  maildir: async () => ({
    reading: readingOf(Buffer.concat(await Array.fromAsync(writeZip(writeMaildir(['Archiv 2001'], each(real)))))),
    path: 'Archiv 2001',
  }),
}
for (const [first, second] of [
  ['mbox', 'maildir'],
  ['maildir', 'mbox'],
] as const)
  test(
    `real mail as ${first}, exported as ${second}, brought into another account: nothing differs`,
    { timeout: 180_000 },
    async () => {
      const [one, other] = [await newAccount(), await newAccount()]
      const { reading, path } = await ARCHIVES[first]()
      const progress = await bring(one, reading)
      assert.deepEqual(counts(progress), [real.length, 0, 0, 0], JSON.stringify(progress.damages))
      const here = await kept(one)
      assert.ok(here.every((letterHere) => letterHere.path === path))
      assert.deepEqual(
        here.map(({ keywords, isDeleted, receivedAt }) => JSON.stringify([keywords, isDeleted, receivedAt])).toSorted(),
        real
          .map(({ keywords, isDeleted, receivedAt }) =>
            JSON.stringify([keywords.toSorted(), isDeleted, receivedAt.toISOString()]),
          )
          .toSorted(),
      )
      const archive = await exported(one, second)
      assert.deepEqual(counts(await bring(other, readingOf(archive, 'mail.zip'))), [real.length, 0, 0, 0])
      assert.deepEqual(await kept(other), here)
      // Once more, also into where it came from: all of it is there already.
      assert.deepEqual(counts(await bring(other, readingOf(archive, 'mail.zip'))), [0, real.length, 0, 0])
      assert.deepEqual(counts(await bring(one, readingOf(archive, 'mail.zip'))), [0, real.length, 0, 0])
      assert.deepEqual(await kept(other), here)
    },
  )

test('folders within folders, names that file systems mind, and several of one letter go out and come in', async () => {
  for (const format of ['mbox', 'maildir'] as const) {
    const [one, other] = [await newAccount(), await newAccount()]
    const paths = await openMailboxPaths(one)
    const same = letter({ subject: 'same' })
    const places = [[], ['Sent'], ['Archive', '2019'], ['Archive', '2019', 'Ä & Ö'], ['Grüße 🏮'], ['v1.2']]
    for (const place of places) {
      const mailboxes = [await paths.idOf(place)]
      const filing = { mailboxes, keywords: ['$seen'], receivedAt: new Date('2026-01-02T03:04:05Z') }
      await fileLetters(
        one,
        [same, letter({ text: 'From here\n>From there\n' })].map((bytes) => ({ bytes, ...filing })),
      )
    }
    await bring(other, readingOf(await exported(one, format), 'mail.zip'))
    const there = await kept(other)
    assert.deepEqual(there, await kept(one), format)
    assert.deepEqual(
      [...new Set(there.map(({ path }) => path))].toSorted(),
      ['Archive/2019', 'Archive/2019/Ä & Ö', 'Grüße 🏮', 'Inbox', 'Sent', 'v1.2'].toSorted(),
    )
    const id = await (await openMailboxPaths(one)).idOf(['Archive', '2019'])
    const third = await newAccount()
    assert.deepEqual(counts(await bring(third, readingOf(await exported(one, format, id), 'mail.zip'))), [2, 0, 0, 0])
    assert.deepEqual(new Set((await kept(third)).map(({ path }) => path)), new Set(['Archive/2019']))
  }
})

test('a letter is filed once in a mailbox, also by those who come at the same time, and in another one again', async () => {
  const account = await newAccount()
  const paths = await openMailboxPaths(account)
  const [inbox, archive] = [await paths.idOf([]), await paths.idOf(['Archive'])]
  const bytes = letter()
  const incoming = { bytes, mailboxes: [inbox], keywords: ['$Seen', 'no keyword', '(x)'], receivedAt: new Date() }
  const filed = await Promise.all(Array.from({ length: 6 }, () => fileLetters(account, [incoming, incoming])))
  assert.equal(filed.flat().filter((one) => one === 'added').length, 1)
  assert.deepEqual(await fileLetters(account, [{ ...incoming, mailboxes: [inbox, archive] }]), ['added'])
  assert.deepEqual(
    (await kept(account)).map(({ path, keywords }) => [path, keywords]),
    [
      ['Archive', ['$seen']],
      ['Inbox', ['$seen']],
    ],
  )
})

test('answers that come in one file are one conversation with what they answer, wherever each of them lies', async () => {
  const account = await newAccount()
  const paths = await openMailboxPaths(account)
  const [inbox, sent] = [await paths.idOf([]), await paths.idOf(['Sent'])]
  const chain = Array.from({ length: 30 }, (_, i) =>
    letter({
      subject: 'Re: Apples',
      messageId: `chain-${i}@x`,
      ...(i === 0 ? {} : { inReplyTo: `<chain-${i - 1}@x>` }),
    }),
  )
  const incoming = chain.map((bytes, i) => ({
    bytes,
    mailboxes: i % 3 === 0 ? [inbox, sent] : [inbox],
    keywords: i % 2 === 0 ? ['$seen', `k${i}`] : [],
    receivedAt: new Date(i * 1000),
  }))
  // The last answer is there before: what it answers joins its thread.
  await fileLetters(account, incoming.slice(-1))
  assert.deepEqual(new Set(await fileLetters(account, incoming)), new Set(['added', 'known']))
  const folders = (await listFolders(account, MAIL)).filter(({ total }) => total > 0)
  assert.deepEqual(
    folders
      .map(({ role, total, unread, threads, uidNext }) => [role, total, unread, threads, uidNext])
      .toSorted((a, b) => String(a[0]).localeCompare(String(b[0]))),
    [
      ['inbox', 30, 15, 2, 31],
      ['sent', 10, 5, 1, 11],
    ],
  )
  const [, ...placed] = (await listPlaced(account, MAIL, inbox))[0]?.items ?? []
  const items = await readItems(account, MAIL, placed, { summaries: false })
  assert.deepEqual(
    items.map(({ keywords }) => keywords),
    incoming.slice(0, -1).map(({ keywords }) => keywords.filter((name) => name !== '$seen')),
  )
})

test('letters that came another way, with bare LF or before there were digests, are known all the same', async () => {
  const account = await newAccount()
  const inbox = await (await openMailboxPaths(account)).idOf([])
  const [arrived, bare, large] = [
    letter(),
    Buffer.from(String(letter()).replaceAll('\r', '')),
    letter({ text: 'x'.repeat(200_000) }),
  ]
  const filing = { mailboxes: [inbox], keywords: [], receivedAt: new Date() }
  for (const bytes of [arrived, bare, large]) {
    const message = await prepareMessage(account, bytes)
    await account.write((tx) => addMessage(tx, message, filing))
  }
  await storage.database.sql`update item set digest = null where account_id = ${account.id}`
  const filed = await fileLetters(
    account,
    [arrived, bare, large].map((bytes) => ({ ...filing, bytes })),
  )
  assert.deepEqual(filed, ['known', 'known', 'known'])
  const { rowCount } = await storage.database.sql`select from item where account_id = ${account.id} and digest is null`
  assert.equal(rowCount, 0)
})

test('an import goes on where it was, and whoever was stopped between two groups has lost and doubled nothing', async () => {
  const letters = Array.from({ length: 900 }, (_, i) => ({
    receivedAt: new Date(i * 1000),
    keywords: [],
    content: letter(),
  }))
  const sources = [
    readingOf(Buffer.concat(await Array.fromAsync(writeMbox(each(letters))))),
    readingOf(
      Buffer.concat(
        await Array.fromAsync(
          writeZip(
            each<ZipFile>([
              { name: 'a/one.eml', modifiedAt: new Date(), content: letter() },
              {
                name: 'x.mbox',
                modifiedAt: new Date(),
                content: Buffer.concat(await Array.fromAsync(writeMbox(each(letters)))),
              },
              { name: 'z/last.eml', modifiedAt: new Date(), content: letter() },
            ]),
          ),
        ),
      ),
    ),
  ]
  for (const [i, reading] of sources.entries()) {
    const account = await newAccount()
    let written = NOTHING_DONE
    for (let round = 0; ; round++) {
      assert.ok(round < 20)
      try {
        written = await runImport(account, (from) => readSource(reading, from), written, {
          save: async () => undefined,
          saved(progress) {
            written = progress
            throw new Error('killed')
          },
        })
        break
      } catch (error) {
        assert.match(String(error), /killed/)
        if (written.done === reading.source.size) break
      }
    }
    assert.deepEqual(counts(written), [letters.length + 2 * i, 0, 0, 0])
    assert.equal((await kept(account)).length, letters.length + 2 * i)
  }
})

const eml = (subject: string): Buffer =>
  Buffer.from(`Subject: ${subject}\nDate: Tue, 1 Jul 2003 10:52:37 +0200\n\n${subject}\n`)

const zipOf = async (files: Record<string, Buffer>, modifiedAt = new Date('2004-05-06T07:08:09Z')): Promise<Buffer> =>
  Buffer.concat(
    await Array.fromAsync(
      writeZip(each(Object.entries(files).map(([name, content]) => ({ name, modifiedAt, content })))),
    ),
  )

const FROM = 'From a@b.example Sat Jan  3 01:05:34 1996\n'
const KINDS: [what: string, bytes: () => Promise<Buffer> | Buffer, name: string, found: string[], folder?: string[]][] =
  [
    ['a letter', () => eml('a'), 'a.eml', ['Inbox a 2003-07-01T08:52:37.000Z']],
    [
      'a letter, into a mailbox that was chosen',
      () => eml('a'),
      'a.eml',
      ['Trips/2003 a 2003-07-01T08:52:37.000Z'],
      ['Trips', '2003'],
    ],
    ['an mbox', () => Buffer.from(`${FROM}Subject: a\n\nx\n`), 'Reisen.mbox', ['Reisen a 1996-01-03T01:05:34.000Z']],
    [
      'an mbox called as everybody’s mailbox',
      () => Buffer.from(`${FROM}Subject: a\n\nx\n`),
      'Gesendet',
      ['Sent a 1996-01-03T01:05:34.000Z'],
    ],
    [
      'an mbox without times',
      () => Buffer.from('From -\nSubject: a\nDate: Tue, 1 Jul 2003 10:52:37 +0200\n\nx\n'),
      'inbox.mbox',
      ['Inbox a 2003-07-01T08:52:37.000Z'],
    ],
    [
      'Gmail’s labels',
      () =>
        Buffer.from(
          `${FROM}Subject: a\nX-Gmail-Labels: Posteingang,Ungelesen,Reisen/2003\n\nx\n\n${FROM}Subject: b\nX-Gmail-Labels: Archiviert,Markiert\n\nx\n`,
        ),
      'All mail Including Spam and Trash.mbox',
      [
        'Archive b 1996-01-03T01:05:34.000Z $flagged $seen',
        'Inbox a 1996-01-03T01:05:34.000Z',
        'Reisen/2003 a 1996-01-03T01:05:34.000Z',
      ],
    ],
    [
      'letters in folders',
      () =>
        zipOf({
          'Mail/Trips/a.eml': eml('a'),
          'Mail/Trips/2003/b.EML': eml('b'),
          'c.eml': eml('c'),
          'notes.txt': Buffer.from('x'),
          '__MACOSX/._a.eml': eml('z'),
        }),
      'Old.zip',
      ['Old c 2003-07-01T08:52:37.000Z', 'Trips a 2003-07-01T08:52:37.000Z', 'Trips/2003 b 2003-07-01T08:52:37.000Z'],
    ],
    [
      'a Maildir with Maildir++ folders',
      () =>
        zipOf({
          'me/Maildir/cur/1.a:2,S': eml('a'),
          'me/Maildir/.Entw&APw-rfe/new/2': eml('b'),
          'me/Maildir/.A.B/cur/3;2,Fa': eml('c'),
          'me/Maildir/.A.B/dovecot-keywords': Buffer.from('0 work\n'),
          'me/Maildir/dovecot-uidlist': Buffer.from('x'),
        }),
      'x.zip',
      [
        'A/B c 2004-05-06T07:08:09.000Z $flagged work',
        'Drafts b 2004-05-06T07:08:09.000Z',
        'Inbox a 2004-05-06T07:08:09.000Z $seen',
      ],
    ],
    [
      'folders that are Maildirs',
      () => zipOf({ 'cur/1': eml('a'), 'Archive/2019/cur/2:2,R': eml('b') }),
      'x.zip',
      ['Archive/2019 b 2004-05-06T07:08:09.000Z $answered', 'Inbox a 2004-05-06T07:08:09.000Z'],
    ],
    [
      'mailboxes of Apple Mail and Thunderbird',
      () =>
        zipOf({
          'Trips.mbox/mbox': Buffer.from(`${FROM}Subject: a\n\nx\n`),
          'Local Folders/Old.sbd/2001': Buffer.from(`${FROM}Subject: b\n\nx\n`),
          'Local Folders/Old.msf': Buffer.from('x'),
        }),
      'x.zip',
      ['Old/2001 b 1996-01-03T01:05:34.000Z', 'Trips a 1996-01-03T01:05:34.000Z'],
    ],
  ]
for (const [what, bytes, name, found, folder] of KINDS)
  test(`brought in: ${what}`, async () => {
    const account = await newAccount()
    await bring(account, readingOf(await bytes(), name, { folder }))
    const paths = await kept(account)
    const subjects = new Map<string, string>()
    for (const { items } of await listPlaced(account, MAIL))
      for (const { summary, id } of await openMessages(account, [...items])) {
        const pieces = await Array.fromAsync(streamMessage(account, summary.blob))
        assert.ok(id > 0)
        subjects.set(createHash('sha256').update(Buffer.concat(pieces)).digest('hex'), summary.subject ?? '')
      }
    assert.deepEqual(
      paths
        .map(({ path, digest, receivedAt, keywords }) =>
          [path, subjects.get(digest), receivedAt, ...keywords].join(' '),
        )
        .toSorted(),
      found,
    )
  })

const damagedZip = async (): Promise<Buffer> => {
  const bytes = await zipOf({ 'a/1.eml': eml('a'), 'a/2.eml': eml('b'), 'a/3.eml': eml('c') })
  const second = bytes.indexOf('PK\x01\x02', bytes.indexOf('PK\x01\x02', 0, 'latin1') + 4, 'latin1')
  bytes.writeUInt32LE(1, second + 16)
  return bytes
}
const PARTLY: [attack: string, bytes: () => Promise<Buffer> | Buffer, expected: number[], damages: object[]][] = [
  ['a wrong checksum', damagedZip, [2, 0, 1, 0], [{ path: 'a/2.eml', reason: 'checksum' }]],
  [
    'a letter that is none',
    () => zipOf({ 'a.eml': Buffer.from('\0\0'), 'b.eml': eml('b') }),
    [1, 0, 1, 0],
    [{ path: 'a.eml', reason: 'noHeader' }],
  ],
  [
    'a letter that is too large',
    () =>
      zipOf({
        'a.eml': Buffer.concat([eml('a'), Buffer.from(Array.from({ length: MOST / 4 }, (_, i) => i).join())]),
        'b.eml': eml('b'),
      }),
    [1, 0, 1, 0],
    [{ path: 'a.eml', reason: 'tooLarge' }],
  ],
  [
    'a bomb among letters',
    () => zipOf({ 'a.eml': Buffer.alloc(30_000_000, 'a'), 'b.eml': eml('b') }),
    [1, 0, 1, 0],
    [{ path: 'a.eml', reason: 'bomb' }],
  ],
  [
    'broken From lines',
    () => Buffer.from(`${FROM}no header\n\nFrom\nFrom \n\n${FROM}Subject: a\n\nx\n`),
    [1, 0, 1, 0],
    [{ offset: 0, line: 1, reason: 'noHeader' }],
  ],
  [
    'rubbish for flags',
    () => zipOf({ 'cur/1:2,\u{1f600}!SS': eml('a'), 'cur/2:2,zzzZZZ': eml('b') }),
    [2, 0, 0, 0],
    [],
  ],
]
for (const [attack, bytes, expected, damages] of PARTLY)
  test(`damage is named, and the rest goes on: ${attack}`, async () => {
    const progress = await bring(await newAccount(), readingOf(await bytes()))
    assert.deepEqual(counts(progress), expected)
    assert.deepEqual(progress.damages, damages)
  })

const NONE: [attack: string, bytes: () => Promise<Buffer> | Buffer, reason: string][] = [
  ['nothing', () => Buffer.alloc(0), 'empty'],
  ['a picture', () => Buffer.from('\x89PNG\r\n\x1a\n'), 'noMail'],
  ['a truncated archive', async () => (await zipOf({ 'a.eml': eml('a') })).subarray(0, -40), 'cutOff'],
  [
    'an archive of many that unpack to too much',
    () =>
      zipOf(Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`${i}.eml`, Buffer.alloc(3_000_000, `${i}`)]))),
    'bomb',
  ],
]
for (const [attack, bytes, reason] of NONE)
  test(`refused whole: ${attack}`, async () => {
    await assert.rejects(bring(await newAccount(), readingOf(await bytes())), (error) => {
      assert.ok(error instanceof Refusal)
      assert.deepEqual([error.reason, error.fields], ['invalid', [reason]])
      return true
    })
  })

test('a way out of the archive leads nowhere, and is named', async () => {
  const bytes = await zipOf({ 'x/xx/xx/evil.eml': eml('a'), 'b.eml': eml('b') })
  for (let at = bytes.indexOf('x/xx/xx/'); at !== -1; at = bytes.indexOf('x/xx/xx/', at)) bytes.write('x/../../', at)
  const progress = await bring(await newAccount(), readingOf(bytes))
  assert.deepEqual([counts(progress), progress.damages], [[1, 0, 1, 0], [{ path: '', reason: 'path' }]])
})

test('what cannot be read any more is named in an archive of its own, and the rest goes out', async () => {
  const account = await newAccount()
  const inbox = await (await openMailboxPaths(account)).idOf([])
  const filing = { mailboxes: [inbox], keywords: [], receivedAt: new Date('2026-01-02T03:04:05Z') }
  await fileLetters(
    account,
    [letter({ text: 'x'.repeat(500_000) }), letter()].map((bytes) => ({ ...filing, bytes })),
  )
  await storage.database.sql`update blob set content = '\\x00' where account_id = ${account.id} and content is not null`
  const other = await newAccount()
  assert.deepEqual(counts(await bring(other, readingOf(await exported(account, 'mbox'), 'x.zip'))), [1, 0, 0, 1])
})
