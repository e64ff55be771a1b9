/**
 * Gmail by IMAP: a double of that service, strict about what it is asked, for the extension X-GM-EXT-1
 * (https://developers.google.com/workspace/gmail/imap/imap-extensions). All else of IMAP is tested against Dovecot.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { DEEPEST, listFolders, listPlaced, readItems } from '#items'
import { createStandardMailboxes, MAIL, readSummary, toKeywords } from '#mail'
import type { OpenAccount } from '#storage'
import { openReach } from '#system'
import { openTestStorage, testDatabase } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { NOTHING_DONE, runImport, type Progress } from '../run.ts'
import { openImap } from './imap.ts'
import { readProvider, UNREAD, type ProviderPosition } from './read.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

const MOST = 100_000
const PATIENCE = { connect: 5000, silence: 5000, answer: 20_000 }

interface Kept {
  /** As they stand in the answer. */
  labels: string
  flags?: string
  content: Buffer
}

const put = (subject: string, labels: string, flags = ''): Kept => ({ labels, flags, content: letter({ subject }) })

interface Folder {
  path: string
  uses: string
  letters: Kept[]
}

/** As Gmail shows it: `\All` has each letter once, folders of labels have it again. */
const gmail = (all: Kept[], junk: Kept[] = [], trash: Kept[] = []): Folder[] => [
  { path: 'INBOX', uses: '\\HasNoChildren', letters: all },
  { path: 'Reisen', uses: '\\HasNoChildren', letters: all },
  { path: '[Gmail]', uses: '\\HasChildren \\Noselect', letters: [] },
  { path: '[Gmail]/Alle Nachrichten', uses: '\\All \\HasNoChildren', letters: all },
  { path: '[Gmail]/Spam', uses: '\\HasNoChildren \\Junk', letters: junk },
  { path: '[Gmail]/Papierkorb', uses: '\\HasNoChildren \\Trash', letters: trash },
  { path: '[Gmail]/Gesendet', uses: '\\HasNoChildren \\Sent', letters: all },
  { path: '[Gmail]/Markiert', uses: '\\Flagged \\HasNoChildren', letters: all },
]

const CAPABILITIES = 'IMAP4rev1 UNSELECT IDLE NAMESPACE ID XLIST CHILDREN UIDPLUS MOVE CONDSTORE ESEARCH SPECIAL-USE'

/** What is asked of it beside these is refused, and so fails the import. */
const ASKED: [command: RegExp, answer: (match: RegExpExecArray, at: Session) => (string | Buffer)[] | undefined][] = [
  [/^CAPABILITY$/, (_, { capabilities }) => [`* CAPABILITY ${capabilities}\r\n`]],
  [/^(?:LOGIN|ID) /, () => []],
  [/^NAMESPACE$/, () => ['* NAMESPACE (("" "/")) NIL NIL\r\n']],
  [
    /^LIST "" "?\*"?(?: RETURN \(.*\))?$/,
    (_, { folders }) => folders.map(({ path, uses }) => `* LIST (${uses}) "/" "${path}"\r\n`),
  ],
  [/^LIST "" "?INBOX"?(?: RETURN \(.*\))?$/, () => ['* LIST (\\HasNoChildren) "/" "INBOX"\r\n']],
  [/^LSUB "" "?\*"?$/, () => []],
  [
    /^STATUS "?(.+?)"? \(MESSAGES UIDNEXT UIDVALIDITY\)$/,
    ([, path], { folders }) => {
      const { length } = folders.find((one) => one.path === path)?.letters ?? assert.fail()
      return [`* STATUS "${path}" (MESSAGES ${length} UIDNEXT ${length + 1} UIDVALIDITY 7)\r\n`]
    },
  ],
  [
    /^EXAMINE "?(.+?)"?$/,
    ([, path = ''], at) => {
      at.open = at.folders.find((one) => one.path === path)
      at.examined.push(path)
      return at.open && [`* ${at.open.letters.length} EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n`]
    },
  ],
  [
    /^UID SEARCH UID (\d+):\*$/,
    ([, from], { open }) => [
      `* SEARCH ${numbers(open)
        .filter((uid) => uid >= Number(from))
        .join(' ')}\r\n`,
    ],
  ],
  [
    /^UID FETCH (\S+) \(UID FLAGS INTERNALDATE RFC822.SIZE( X-GM-MSGID X-GM-LABELS)?\)$/,
    ([, set, extension], { open, capabilities }) => {
      if ((extension !== undefined) !== capabilities.includes('X-GM-EXT-1')) return undefined
      return chosen(open, set).map(([uid, { labels, flags = '', content }]) => {
        const more =
          extension === undefined ? '' : ` X-GM-MSGID 12${uid}${labels === '' ? '' : ` X-GM-LABELS ${labels}`}`
        return `* ${uid} FETCH (UID ${uid}${more} FLAGS (${flags}) INTERNALDATE "04-Mar-2015 05:06:07 +0000" RFC822.SIZE ${content.length})\r\n`
      })
    },
  ],
  [
    /^UID FETCH (\S+) \(UID BODY\.PEEK\[\](?: X-GM-MSGID)?\)$/,
    ([, set], { open }) =>
      chosen(open, set).flatMap(([uid, { content }]) => [
        `* ${uid} FETCH (UID ${uid} BODY[] {${content.length}}\r\n`,
        content,
        ')\r\n',
      ]),
  ],
  [/^LOGOUT$/, () => ['* BYE\r\n']],
]

interface Session {
  capabilities: string
  folders: Folder[]
  open: Folder | undefined
  examined: string[]
}

const numbers = (open: Folder | undefined): number[] => (open?.letters ?? []).map((_, i) => i + 1)

const chosen = (open: Folder | undefined, set = ''): [number, Kept][] => {
  const asked = set.split(',').flatMap((run) => {
    const [from = 0, to = from] = run.split(':').map(Number)
    return numbers(open).filter((uid) => uid >= from && uid <= to)
  })
  return asked.map((uid) => [uid, open?.letters[uid - 1] ?? assert.fail()])
}

async function serve(
  folders: Folder[],
  capabilities: string,
): Promise<{ port: number; session: Session; refused: string[] }> {
  const session: Session = { capabilities, folders, open: undefined, examined: [] }
  const refused: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.write('* OK Gimap ready\r\n')
    let held = ''
    socket.on('data', (piece: Buffer) => {
      held += piece.toString('latin1')
      for (let end = held.indexOf('\r\n'); end !== -1; end = held.indexOf('\r\n')) {
        const [, tag = '', command = ''] = /^(\S+) (.*)$/s.exec(held.slice(0, end)) ?? []
        held = held.slice(end + 2)
        const answer = ASKED.map(([form, say]) => {
          const match = form.exec(command)
          return match === null ? undefined : say(match, session)
        }).find((one) => one !== undefined)
        for (const one of answer ?? []) socket.write(one)
        if (answer === undefined) refused.push(command)
        socket.write(answer === undefined ? `${tag} BAD Could not parse command\r\n` : `${tag} OK Success\r\n`)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, session, refused }
}

interface Brought {
  /** `Folder/Below Subject keywords` */
  lies: string[]
  /** Subjects of those that came as new letters do. */
  arrived: string[]
  examined: string[]
  progress: Progress<ProviderPosition>
}

async function bring(
  folders: Folder[],
  {
    extension = ' X-GM-EXT-1',
    into = undefined as string[] | undefined,
    account = undefined as OpenAccount | undefined,
    position = UNREAD,
    again = undefined as 'first' | 'later' | undefined,
  } = {},
): Promise<Brought> {
  const { port, session, refused } = await serve(folders, `${CAPABILITIES}${extension}`)
  const here = account ?? (await newAccount())
  const arrived: string[] = []
  const way = { reach: openReach({ ...config, fetch: { allow: [`127.0.0.1:${port}`] } }), cleartextOnLoopback: true }
  const origin = { host: '127.0.0.1', port, security: 'none' as const, user: 'anna', password: 'secret' }
  const reading = {
    connect: () => openImap(way, origin, MOST, PATIENCE),
    folder: into,
    most: MOST,
    again,
    rests: [1, 1],
  }
  const progress = await runImport(
    here,
    (from) => readProvider(reading, from),
    { ...NOTHING_DONE, position },
    { save: async () => undefined, saved: () => undefined },
    async ({ bytes }) => arrived.push(/^Subject: (.*)\r$/m.exec(bytes.toString())?.[1] ?? '') > 0,
  )
  assert.deepEqual(refused, [])
  return { lies: await listing(here), arrived, examined: session.examined, progress }
}

const newAccount = async (): Promise<OpenAccount> =>
  storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)

async function listing(account: OpenAccount): Promise<string[]> {
  const folders = new Map((await listFolders(account, MAIL)).map((folder) => [folder.id, folder]))
  const pathOf = (id: number): string => {
    const { parentId, name } = folders.get(id) ?? assert.fail()
    return parentId === 0 ? name : `${pathOf(parentId)}/${name}`
  }
  const lies: string[] = []
  for (const { folderId, items } of await listPlaced(account, MAIL))
    for (const { summary, flags, keywords } of await readItems(account, MAIL, [...items]))
      lies.push([pathOf(folderId), readSummary(summary).subject, ...toKeywords(flags, keywords).toSorted()].join(' '))
  return lies.toSorted()
}

test('letters lie where their labels say, each is read once, and what is junk or trash is there', async () => {
  const all = [
    put('a', '("\\\\Inbox" "\\\\Important" Reisen)', '\\Seen'),
    put('b', '(\\Sent \\Starred "Reisen/&AMQ-pfel &- Birnen")', '\\Seen \\Flagged'),
    put('c', '()'),
    put('d', '("\\\\Draft")', '\\Draft \\Seen'),
    put('e', '("Reisen" {5}\r\n"q" \\)', '\\Answered'),
    put('f', '("\\\\Muted" "Important")'),
  ]
  const { lies, examined, progress } = await bring(
    gmail(all, [put('g', '("\\\\Inbox" "Reisen")')], [put('h', '("Reisen")', '\\Seen')]),
  )
  assert.deepEqual(
    lies,
    [
      'Archive c',
      'Drafts d $draft $seen',
      'Important f',
      'Inbox a $important $seen',
      'Junk g',
      'Reisen a $important $seen',
      'Reisen e $answered',
      'Reisen/Äpfel & Birnen b $flagged $seen',
      'Sent b $flagged $seen',
      'Trash h $seen',
      '"q" \\ e $answered',
    ].toSorted(),
  )
  assert.deepEqual(examined, ['[Gmail]/Alle Nachrichten', '[Gmail]/Spam', '[Gmail]/Papierkorb'])
  assert.deepEqual([progress.added, progress.known, progress.done, progress.damaged], [8, 0, 8, 0])
})

test('all of it goes below a mailbox that was chosen', async () => {
  const { lies } = await bring(gmail([put('a', '("\\\\Inbox" Reisen)'), put('b', '()')], [put('c', '()')]), {
    into: ['Old'],
  })
  assert.deepEqual(lies, ['Old a', 'Old/Archive b', 'Old/Junk c', 'Old/Reisen a'])
})

test('a second time nothing comes, but what has a label more lies there too', async () => {
  const account = await newAccount()
  const kept = put('a', '("\\\\Inbox")')
  await bring(gmail([kept, put('b', '("\\\\Inbox")')]), { account })
  const { progress, lies } = await bring(gmail([{ ...kept, labels: '("\\\\Inbox" New)' }]), { account })
  assert.deepEqual([progress.added, progress.known], [1, 0])
  assert.deepEqual(lies, ['Inbox a', 'Inbox b', 'New a'])
  const again = await bring(gmail([kept]), { account })
  assert.deepEqual([again.progress.added, again.progress.known], [0, 1])
})

test('an import that had begun by folders goes on by labels', async () => {
  const before = { validity: '7', uid: 1, read: 1, all: 1, isOver: true }
  const position: ProviderPosition = {
    folders: [
      { path: 'INBOX', into: [], isView: false, ...before, isOver: false, uid: 0, read: 0 },
      { path: '[Gmail]/Alle Nachrichten', into: ['Archive'], isView: true, ...before },
    ],
  }
  const { lies, progress } = await bring(gmail([put('a', '("\\\\Inbox" Reisen)')]), { position })
  assert.deepEqual(lies, ['Inbox a', 'Reisen a'])
  assert.ok(progress.position.folders.every(({ isOver }) => isOver))
})

test('where “All mail” is hidden from mail programs, or without the extension, folders are read as anywhere', async () => {
  const hidden = gmail([put('a', '(Reisen)')]).filter(({ uses }) => !uses.includes('\\All'))
  const { lies, examined } = await bring(hidden)
  assert.ok(examined.includes('INBOX') && examined.includes('Reisen'))
  assert.deepEqual(lies, ['Inbox a', 'Reisen a', 'Sent a'])
  const plain = await bring(gmail([put('a', '(Reisen)')]), { extension: '' })
  assert.deepEqual(plain.lies, ['Inbox a', 'Reisen a', 'Sent a'])
})

test('collected again, what is new in its inbox arrives, other letters lie where their labels say, and drafts and Trash stay there', async () => {
  const account = await newAccount()
  const [draft, thrown] = [put('draft', '("\\\\Draft")'), put('thrown', '()')]
  const before = [put('a', '("\\\\Inbox" Reisen)'), draft]
  const first = await bring(gmail(before, [put('junk', '()')], [thrown]), { account, again: 'first' })
  assert.deepEqual(
    [first.lies, first.arrived, first.examined],
    [['Inbox a', 'Junk junk', 'Reisen a'], [], ['[Gmail]/Alle Nachrichten', '[Gmail]/Spam']],
  )
  const now = [...before, put('b', '(Reisen \\Inbox)'), put('c', '(Reisen)'), put('another draft', '(\\Drafts)')]
  const later = await bring(gmail(now, [], [thrown]), {
    account,
    again: 'later',
    position: first.progress.position,
  })
  assert.deepEqual([later.lies, later.arrived], [['Inbox a', 'Junk junk', 'Reisen a', 'Reisen c'], ['b']])
  const same = await bring(gmail(now), { account, again: 'later', position: later.progress.position })
  assert.deepEqual([same.examined, same.arrived], [[], []])
})

const HOSTILE: [attack: string, labels: string, lies: string[]][] = [
  ['no labels at all', '', ['Archive x']],
  ['NIL', 'NIL', ['Archive x']],
  ['an atom', 'Reisen', ['Archive x']],
  ['slashes', '("///" "/" "")', ['Archive x']],
  ['a name of objects', '(__proto__ constructor \\constructor)', ['__proto__ x', 'constructor x']],
  ['the same twice', '(Reisen Reisen "Reisen/" \\Inbox "\\\\INBOX")', ['Inbox x', 'Reisen x']],
  ['a way out', '("../../etc")', ['../../etc x']],
  ['deeper than folders may lie', `("${'a/'.repeat(1000)}")`, [`${Array(DEEPEST).fill('a').join('/')} x`]],
  ['longer than a name may be', `("${'n'.repeat(100_000)}")`, [`${'n'.repeat(255)} x`]],
]
for (const [attack, labels, wanted] of HOSTILE)
  test(`bears labels that are ${attack}`, async () => {
    const { lies, progress } = await bring(gmail([put('x', labels)]))
    assert.deepEqual(lies, wanted)
    assert.equal(progress.added, 1)
  })

test('of one letter 500 labels count', async () => {
  const labels = `(${Array.from({ length: 1000 }, (_, i) => `l${i}`).join(' ')})`
  const { lies } = await bring(gmail([put('x', labels)]))
  assert.equal(lies.length, 500)
})
