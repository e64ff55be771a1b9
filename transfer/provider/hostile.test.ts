/** Another provider that lies, drops the line, or never ends: bounded, named, and nothing lost or doubled. */
import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { createStandardMailboxes } from '#mail'
import { openReach, Refusal } from '#system'
import { openTestStorage, testDatabase } from '#test/database'
import { letter } from '#test/letters'
import { addPerson } from '#test/people'
import { runImport, type Progress } from '../run.ts'
import { openImap } from './imap.ts'
import { Broken } from './origin.ts'
import { readProvider, UNREAD, type ProviderPosition } from './read.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

const MOST = 100_000
const PATIENCE = { connect: 2000, silence: 400, answer: 1500 }

/** What a server does otherwise than one should. */
interface Manner {
  uids?: number[]
  /** In place of what it says to a command; undefined for what a server should say. */
  answer?(command: string, tag: string, socket: Socket): string | Buffer | undefined
}

const LETTERS = new Map([1, 2, 3, 4, 5].map((uid) => [uid, letter({ text: `letter ${uid}` })]))

const uidsIn = (set: string): number[] =>
  set.split(',').flatMap((run) => {
    const [from = 0, to = from] = run.split(':').map(Number)
    return Array.from({ length: Math.min(100, to - from + 1) }, (_, i) => from + i)
  })

const row = (uid: number, bytes = LETTERS.get(uid) ?? Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from(`* ${uid} FETCH (UID ${uid} BODY[] {${bytes.length}}\r\n`), bytes, Buffer.from(')\r\n')])

const describeRow = (uid: number, size = LETTERS.get(uid)?.length): string =>
  `* ${uid} FETCH (UID ${uid} FLAGS (\\Seen) INTERNALDATE "04-Mar-2015 05:06:07 +0000" RFC822.SIZE ${size})\r\n`

function usual(command: string, tag: string, uids: number[]): string | Buffer {
  const done = `${tag} OK done\r\n`
  const [name = '', ...args] = command.split(' ')
  if (name === 'CAPABILITY') return `* CAPABILITY IMAP4rev1\r\n${done}`
  if (name === 'LOGOUT') return `* BYE\r\n${done}`
  if (name === 'LIST') return `* LIST () "/" INBOX\r\n${done}`
  if (name === 'LSUB') return done
  if (name === 'STATUS') return `* STATUS INBOX (MESSAGES ${uids.length})\r\n${done}`
  if (name === 'EXAMINE') return `* ${uids.length} EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n${tag} OK [READ-ONLY] done\r\n`
  if (command.startsWith('UID SEARCH')) {
    const set = args.at(-1) ?? ''
    const [from = 0] = set.split(':').map(Number)
    const found = set.endsWith('*')
      ? uids.filter((uid) => uid >= from)
      : uidsIn(set).filter((uid) => uids.includes(uid))
    return `* SEARCH ${found.join(' ')}\r\n${done}`
  }
  const asked = uidsIn(args[1] ?? '').filter((uid) => LETTERS.has(uid))
  if (command.includes('BODY.PEEK')) return Buffer.concat([...asked.map((uid) => row(uid)), Buffer.from(done)])
  if (command.startsWith('UID FETCH')) return asked.map((uid) => describeRow(uid)).join('') + done
  return done
}

async function hostile({
  uids = [...LETTERS.keys()],
  answer,
}: Manner): Promise<{ port: number; connections(): number }> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.write('* OK ready\r\n')
    let held = ''
    socket.on('data', (piece: Buffer) => {
      held += piece.toString('latin1')
      for (let end = held.indexOf('\r\n'); end !== -1; end = held.indexOf('\r\n')) {
        const [, tag = '', command = ''] = /^(\S+) (.*)$/s.exec(held.slice(0, end)) ?? []
        held = held.slice(end + 2)
        socket.write(answer?.(command, tag, socket) ?? usual(command, tag, uids))
      }
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

async function bring(
  manner: Manner,
): Promise<{ progress: Progress<ProviderPosition>; error: unknown; connections: number }> {
  const { port, connections } = await hostile(manner)
  const account = await storage.openAccount((await addPerson(storage, {}, createStandardMailboxes)).id)
  const way = { reach: openReach({ ...config, fetch: { allow: [`127.0.0.1:${port}`] } }), cleartextOnLoopback: true }
  const origin = { host: '127.0.0.1', port, security: 'none' as const, user: 'anna', password: 'secret' }
  let progress: Progress<ProviderPosition> = {
    position: UNREAD,
    done: 0,
    added: 0,
    known: 0,
    damaged: 0,
    skipped: 0,
    damages: [],
  }
  const reading = { connect: () => openImap(way, origin, MOST, PATIENCE), folder: undefined, most: MOST, rests: [1, 1] }
  const error: unknown = await runImport(account, (from) => readProvider(reading, from), progress, {
    save: async () => undefined,
    saved: (saved) => (progress = saved),
  }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return { progress, error, connections: connections() }
}

test('the double is a server that keeps to the protocol, where it is let', async () => {
  const { progress, error, connections } = await bring({})
  assert.deepEqual([error, progress.added, progress.damaged, connections], [undefined, 5, 0, 1])
})

const isBody = (command: string): boolean => command.includes('BODY.PEEK')
const asks = (command: string, uid: number): boolean =>
  isBody(command) && uidsIn(command.split(' ')[2] ?? '').includes(uid)

/** With what comes of it: letters that came, what is named. */
const BORNE: [attack: string, manner: () => Manner, added: number, damages: { uid?: number; reason: string }[]][] = [
  [
    'letters that nobody asked for, and each twice',
    () => ({
      answer: (command, tag) =>
        isBody(command)
          ? Buffer.concat([
              row(9, letter()),
              ...[...LETTERS.keys()].flatMap((uid) => [row(uid), row(uid)]),
              Buffer.from(
                `* 1 FETCH (UID 4294967296 BODY[] {1}\r\nx)\r\n* 1 FETCH (BODY[] {1}\r\nx)\r\n${tag} OK done\r\n`,
              ),
            ])
          : undefined,
    }),
    5,
    [],
  ],
  [
    'letters in the wrong order',
    () => ({
      answer: (command, tag) =>
        isBody(command)
          ? Buffer.concat([...[5, 3, 1, 2, 4].map((uid) => row(uid)), Buffer.from(`${tag} OK done\r\n`)])
          : undefined,
    }),
    5,
    [],
  ],
  [
    'sizes that are smaller than the letters',
    () => ({
      answer: (command, tag) =>
        command.startsWith('UID FETCH') && !isBody(command)
          ? [...LETTERS.keys()].map((uid) => describeRow(uid, 1)).join('') + `${tag} OK done\r\n`
          : undefined,
    }),
    5,
    [],
  ],
  [
    'a letter said to be a terabyte',
    () => ({
      answer: (command, tag) =>
        command.startsWith('UID FETCH') && !isBody(command)
          ? [...LETTERS.keys()].map((uid) => describeRow(uid, uid === 3 ? 10 ** 12 : undefined)).join('') +
            `${tag} OK done\r\n`
          : undefined,
    }),
    4,
    [{ uid: 3, reason: 'tooLarge' }],
  ],
  [
    'a literal of a gigabyte',
    () => ({ answer: (command) => (asks(command, 3) ? '* 3 FETCH (UID 3 BODY[] {1000000000}\r\nx' : undefined) }),
    4,
    [{ uid: 3, reason: 'tooLarge' }],
  ],
  [
    'a line that drops at one letter',
    () => ({
      answer(command, _tag, socket) {
        if (!asks(command, 2)) return undefined
        socket.destroy()
        return ''
      },
    }),
    4,
    [{ uid: 2, reason: 'unreadable' }],
  ],
  [
    'silence in the middle of one letter',
    () => ({ answer: (command) => (asks(command, 4) ? '* 4 FETCH (UID 4 BODY[] {500}\r\nhalf' : undefined) }),
    4,
    [{ uid: 4, reason: 'unreadable' }],
  ],
  [
    'numbers without letters',
    () => ({ uids: [1, 2, 3, 4, 5, 6, 4_294_967_295] }),
    5,
    [
      { uid: 6, reason: 'missing' },
      { uid: 4_294_967_295, reason: 'missing' },
    ],
  ],
  [
    'numbers that are none',
    () => ({
      answer: (command, tag) =>
        command.startsWith('UID SEARCH')
          ? `* SEARCH 0 1 1 2 5 4 3 3 99999999999 x -7\r\n${tag} OK done\r\n`
          : undefined,
    }),
    5,
    [],
  ],
  [
    'a letter without content',
    () => ({
      answer: (command, tag) => (asks(command, 5) ? `* 5 FETCH (UID 5 BODY[] NIL)\r\n${tag} OK done\r\n` : undefined),
    }),
    0,
    [],
  ],
  [
    'a folder that does not open',
    () => ({ answer: (command, tag) => (command.startsWith('EXAMINE') ? `${tag} NO not now\r\n` : undefined) }),
    0,
    [{ reason: 'folder' }],
  ],
]
for (const [attack, manner, added, damages] of BORNE)
  test(`bears ${attack}`, async () => {
    const { progress, error } = await bring(manner())
    assert.equal(error, undefined)
    if (attack === 'a letter without content') {
      assert.deepEqual(progress.damages.at(-1), { path: 'INBOX', uid: 5, reason: 'missing' })
      return
    }
    assert.deepEqual(
      [progress.added, progress.damages],
      [added, damages.map((damage) => ({ path: 'INBOX', ...damage }))],
    )
  })

const drip = (socket: Socket, text: string): string => {
  const timer = setInterval(() => socket.write(text), 50)
  socket.on('close', () => clearInterval(timer))
  return ''
}
const flood = (socket: Socket, text: string): string => {
  const more = (): void => {
    while (socket.writable && socket.write(text));
  }
  socket.on('drain', more)
  more()
  return ''
}

/** It is given up for now, within the time that it has. */
const GIVEN_UP: [attack: string, answer: NonNullable<Manner['answer']>][] = [
  ['no answer at all', () => ''],
  ['no answer to the sign-in', (command) => (command.startsWith('LOGIN') ? '' : undefined)],
  [
    'a list that drips',
    (command, _tag, socket) => (command.startsWith('LIST') ? drip(socket, '* LIST () "/" x\r\n') : undefined),
  ],
  [
    'a list without end',
    (command, _tag, socket) =>
      command.startsWith('LIST') ? flood(socket, `* LIST () "/" ${'x'.repeat(500)}\r\n`.repeat(100)) : undefined,
  ],
  [
    'a line without end',
    (command, _tag, socket) => (command.startsWith('EXAMINE') ? flood(socket, 'x'.repeat(65_536)) : undefined),
  ],
  [
    'flags without end',
    (command, _tag, socket) =>
      command.startsWith('UID FETCH') ? flood(socket, describeRow(1).repeat(100)) : undefined,
  ],
  [
    'a line that drops at each question',
    (command, _tag, socket) => {
      if (!command.startsWith('UID SEARCH')) return undefined
      socket.destroy()
      return ''
    },
  ],
  [
    'a greeting of something else',
    (_command, _tag, socket) => flood(socket, '220 mail.example.org ESMTP\r\n'.repeat(100)),
  ],
]
for (const [attack, answer] of GIVEN_UP)
  test(`gives up for now: ${attack}`, { timeout: 60_000 }, async () => {
    const { progress, error, connections } = await bring({ answer })
    assert.ok(error instanceof Broken, String(error))
    assert.ok(connections <= 3, `${connections} connections`)
    assert.equal(progress.damaged, 0)
  })

test('a line that drops at every letter is not taken for so many damaged letters', async () => {
  const uids = Array.from({ length: 60 }, (_, i) => i + 1)
  const { progress, error } = await bring({
    uids,
    answer(command, tag, socket) {
      if (!isBody(command)) {
        if (!command.startsWith('UID FETCH')) return undefined
        return `${uidsIn(command.split(' ')[2] ?? '')
          .map((uid) => describeRow(uid, 100))
          .join('')}${tag} OK done\r\n`
      }
      socket.destroy()
      return ''
    },
  })
  assert.ok(error instanceof Broken)
  assert.ok(progress.damaged < 20, `${progress.damaged}`)
})

test('STARTTLS that is not offered is never done without', async () => {
  const { port } = await hostile({})
  const way = { reach: openReach({ ...config, fetch: { allow: [`127.0.0.1:${port}`] } }), cleartextOnLoopback: true }
  const origin = { host: '127.0.0.1', port, security: 'starttls' as const, user: 'anna', password: 'secret' }
  await assert.rejects(openImap(way, origin, MOST, PATIENCE), (error: unknown) => {
    assert.ok(error instanceof Refusal)
    assert.deepEqual(error.fields, ['starttls'])
    return true
  })
})
