/** A POP3 server that lies, drops the line, or never ends: bounded, named, and the password is nowhere. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { openReach, Refusal } from '#system'
import { testDatabase } from '#test/database'
import { letter } from '#test/letters'
import { Broken, type Origin } from './origin.ts'
import { openPop3, type Pop3Session, type Waiting } from './pop3.ts'

const { config } = await testDatabase()

const MOST = 100_000
const PATIENCE = { connect: 2000, silence: 400, answer: 1500 }
const SECRET = 'a password elsewhere'

/** What it says in place of what a server should say; undefined for that. */
type Answer = (command: string, socket: Socket) => string | Buffer | undefined

const LETTERS = [1, 2, 3].map((number) => letter({ text: `letter ${number}` }))

const CAPABILITIES = '+OK\r\nSASL LOGIN PLAIN\r\nUIDL\r\nUSER\r\nAUTH-RESP-CODE\r\n.\r\n'

function usual(command: string): string | Buffer {
  const [name = '', number] = command.split(' ')
  if (name === 'CAPA') return CAPABILITIES
  if (name === 'LIST') return `+OK\r\n${LETTERS.map(({ length }, i) => `${i + 1} ${length}\r\n`).join('')}.\r\n`
  if (name === 'UIDL') return `+OK\r\n${LETTERS.map((_, i) => `${i + 1} uid-${i + 1}\r\n`).join('')}.\r\n`
  const found = LETTERS[Number(number) - 1]
  if (name === 'RETR') return found ? Buffer.concat([Buffer.from('+OK\r\n'), found, Buffer.from('.\r\n')]) : '-ERR\r\n'
  return name === 'STLS' ? '-ERR\r\n' : '+OK\r\n'
}

/** What one such server heard. */
interface Hostile {
  port: number
  commands: string[]
}

async function hostile(answer: Answer): Promise<Hostile> {
  const commands: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    const say = (command: string): void => void socket.write(answer(command, socket) ?? usual(command))
    say('')
    let held = ''
    socket.on('data', (piece: Buffer) => {
      held += piece.toString('latin1')
      for (let end = held.indexOf('\r\n'); end !== -1; end = held.indexOf('\r\n')) {
        const command = held.slice(0, end)
        held = held.slice(end + 2)
        commands.push(command)
        say(command)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, commands }
}

const open = ({ port }: Hostile, origin: Partial<Origin> = {}, patience = PATIENCE): Promise<Pop3Session> => {
  const way = { reach: openReach({ ...config, fetch: { allow: [`127.0.0.1:${port}`] } }), cleartextOnLoopback: true }
  const usually = { host: '127.0.0.1', port, security: 'none' as const, user: 'anna', password: SECRET }
  return openPop3(way, { ...usually, ...origin }, MOST, patience)
}

interface Fetched {
  listed: Waiting[]
  letters: Buffer[]
}

/** Everything that a session can be asked, in its order. */
async function collect(answer: Answer): Promise<Fetched> {
  const session = await open(await hostile(answer))
  try {
    const listed = await session.list()
    const letters: Buffer[] = []
    for (const { number } of listed) letters.push(await session.letter(number))
    await session.remove(1)
    await session.quit()
    return { listed, letters }
  } finally {
    session.close()
  }
}

const to =
  (name: string, said: string | Buffer | ((socket: Socket) => string)): Answer =>
  (command, socket) =>
    command.split(' ')[0] === name ? (typeof said === 'function' ? said(socket) : said) : undefined

test('the double is a server that keeps to the protocol, where it is let', async () => {
  const { listed, letters } = await collect(() => undefined)
  assert.deepEqual(
    listed,
    LETTERS.map(({ length }, i) => ({ number: i + 1, uid: `uid-${i + 1}`, size: length })),
  )
  assert.deepEqual(letters, LETTERS)
})

/** Each is a server that is strange, and no more. */
const UIDS: [what: string, uidl: string, uids: (string | undefined)[]][] = [
  ['no UIDL', '-ERR what?\r\n', [undefined, undefined, undefined]],
  ['names of letters that are not there', '+OK\r\n1 a\r\n2 b\r\n3 c\r\n4 d\r\n.\r\n', ['a', 'b', 'c']],
  ['letters without a name', '+OK\r\n3 c\r\n.\r\n', [undefined, undefined, 'c']],
  ['one name for two letters', '+OK\r\n1 a\r\n2 b\r\n3 a\r\n.\r\n', [undefined, 'b', undefined]],
  ['a name of 70 characters', `+OK\r\n1 ${'u'.repeat(70)}\r\n.\r\n`, ['u'.repeat(70), undefined, undefined]],
  ['a name of 71 characters', `+OK\r\n1 ${'u'.repeat(71)}\r\n2 b\r\n.\r\n`, [undefined, 'b', undefined]],
  ['names of other characters', '+OK\r\n1 a\0b\r\n2 a b\r\n3 \xfcber\r\n.\r\n', [undefined, undefined, undefined]],
  ['a name with spaces behind it', '+OK\r\n1 a  \r\n2 b\r\n3 c\r\n.\r\n', ['a', 'b', 'c']],
]
for (const [what, uidl, uids] of UIDS)
  test(`bears ${what}`, async () => {
    const { listed, letters } = await collect(to('UIDL', Buffer.from(uidl, 'latin1')))
    assert.deepEqual(
      listed.map(({ uid }) => uid),
      uids,
    )
    assert.deepEqual(letters, LETTERS)
  })

const CONTENTS: [what: string, sent: string, got: string][] = [
  ['nothing', '.\r\n', ''],
  ['a line with a dot', '..\r\n.\r\n', '.\r\n'],
  ['dots everywhere', '...\r\n..a\r\nb.\r\n..\r\n.\r\n', '..\r\n.a\r\nb.\r\n.\r\n'],
  ['a dot that was not doubled', '.a\r\n.\r\n', 'a\r\n'],
  ['line ends of other systems before dots', 'a\n.\nb\r.\rc\n.\r\n..\r\n.\r\n', 'a\n.\nb\r.\rc\n.\r\n.\r\n'],
  ['CR before CRLF', 'a\r\r\n\r\n..\r\n.\r\n', 'a\r\r\n\r\n.\r\n'],
  [
    'all bytes',
    `${String.fromCharCode(...Array(256).keys())}\r\n.\r\n`,
    `${String.fromCharCode(...Array(256).keys())}\r\n`,
  ],
  ['as much as may be', `${'x'.repeat(MOST - 2)}\r\n.\r\n`, `${'x'.repeat(MOST - 2)}\r\n`],
  ['many dots', `${'..\r\n'.repeat(30_000)}.\r\n`, '.\r\n'.repeat(30_000)],
]
for (const [what, sent, got] of CONTENTS)
  test(`a letter is kept to the byte: ${what}`, async () => {
    const { letters } = await collect(to('RETR', Buffer.from(`+OK\r\n${sent}`, 'latin1')))
    assert.ok(letters.every((one) => one.equals(Buffer.from(got, 'latin1'))))
  })

test('a letter is the same wherever its bytes are cut', async () => {
  const sent = Buffer.from('+OK\r\n..\r\n\r\n...a\r\nb\r.\n.\r\n..\r\n.\r\n', 'latin1')
  for (let cut = 1; cut < sent.length; cut++) {
    const pieces: Answer = to('RETR', (socket) => {
      socket.write(sent.subarray(0, cut))
      void sleep(1).then(() => socket.write(sent.subarray(cut)))
      return ''
    })
    const { letters } = await collect(pieces)
    for (const one of letters) assert.equal(one.toString('latin1'), '.\r\n\r\n..a\r\nb\r.\n.\r\n.\r\n', `cut at ${cut}`)
  }
})

const drip =
  (text: string, first = '+OK\r\n') =>
  (socket: Socket): string => {
    const timer = setInterval(() => socket.write(text), 50)
    socket.on('close', () => clearInterval(timer))
    return first
  }
const flood =
  (text: string) =>
  (socket: Socket): string => {
    const more = (): void => {
      while (socket.writable && socket.write(text));
    }
    socket.on('drain', more)
    more()
    return ''
  }
const cut = (socket: Socket): string => {
  socket.destroy()
  return ''
}
const cutAfter =
  (text: string) =>
  (socket: Socket): string => {
    socket.end(text)
    return ''
  }

const COMMANDS = ['', 'CAPA', 'AUTH', 'LIST', 'UIDL', 'RETR', 'DELE', 'QUIT']

/** It is given up within its time. */
const GIVEN_UP: [attack: string, answer: Answer][] = [
  ...COMMANDS.flatMap((name): [string, Answer][] => [
    [`the line cut at ${name || 'the greeting'}`, to(name, cut)],
    [`silence at ${name || 'the greeting'}`, to(name, '')],
    [`a line without end at ${name || 'the greeting'}`, to(name, flood('x'.repeat(65_536)))],
    [`a line that drips at ${name || 'the greeting'}`, to(name, drip('x', '+OK '))],
    [`what is no answer to ${name || 'the greeting'}`, to(name, '220 mail.example.org ESMTP\r\n')],
    [`an answer that ends in LF alone to ${name || 'the greeting'}`, to(name, '+OK\n.\n')],
  ]),
  ['a greeting that refuses', to('', '-ERR [SYS/TEMP] too many\r\n')],
  ['answers before the questions', to('', '+OK\r\n+OK\r\n+OK\r\n')],
  ['capabilities without end', to('CAPA', flood('+OK\r\n'.repeat(1000)))],
  ['a maildrop in use', to('AUTH', '-ERR [IN-USE] already\r\n')],
  ['a sign-in too soon', to('AUTH', '-ERR [LOGIN-DELAY] wait\r\n')],
  ['a system that fails for now', to('AUTH', '-ERR [sys/temp] later\r\n')],
  ['a failure that is not the password’s, where that is said', to('AUTH', '-ERR what?\r\n')],
  [
    'a list without end',
    to('LIST', flood('+OK\r\n'.concat(...Array.from({ length: 100 }, (_, i) => `${i + 1} 1\r\n`)))),
  ],
  ['a list that drips', to('LIST', drip('1'))],
  ['a list with a number twice', to('LIST', '+OK\r\n1 10\r\n1 10\r\n.\r\n')],
  ['a list with number 0', to('LIST', '+OK\r\n0 10\r\n.\r\n')],
  ['a list with a number too large', to('LIST', '+OK\r\n99999999999 10\r\n.\r\n')],
  ['a list with a size below 0', to('LIST', '+OK\r\n1 -10\r\n.\r\n')],
  ['a list with a size beyond all', to('LIST', `+OK\r\n1 ${'9'.repeat(30)}\r\n.\r\n`)],
  ['a list with no sizes', to('LIST', '+OK\r\n1\r\n.\r\n')],
  ['a list that is refused', to('LIST', '-ERR\r\n')],
  ['a list cut in the middle', to('LIST', cutAfter('+OK\r\n1 10\r\n'))],
  ['names with a number twice', to('UIDL', '+OK\r\n1 a\r\n1 b\r\n.\r\n')],
  ['names that are none', to('UIDL', '+OK\r\n1\r\n.\r\n')],
  [
    'names without end',
    to('UIDL', flood('+OK\r\n'.concat(...Array.from({ length: 100 }, (_, i) => `${i + 1} a${i}\r\n`)))),
  ],
  ['a letter that is listed and refused', to('RETR', '-ERR no such message\r\n')],
  ['a letter without its end', to('RETR', '+OK\r\nhalf a letter\r\n')],
  ['a letter whose end has no line before it', to('RETR', '+OK\r\nhalf a letter.\r\n')],
  ['a letter cut in the middle', to('RETR', cutAfter('+OK\r\nhalf a letter\r\n.'))],
  ['a letter that drips', to('RETR', drip('x\r\n'))],
  ['a second letter behind the first', to('RETR', '+OK\r\na\r\n.\r\n+OK\r\nb\r\n.\r\n')],
  ['a removal that is refused', to('DELE', '-ERR\r\n')],
  ['removals that failed in the end', to('QUIT', '-ERR some deleted messages not removed\r\n')],
]
for (const [attack, answer] of GIVEN_UP)
  test(`gives up: ${attack}`, { timeout: 20_000 }, async () => {
    await assert.rejects(collect(answer), (error: unknown) => {
      assert.ok(error instanceof Broken, String(error))
      assert.equal(error.isFinal, false)
      return true
    })
  })

test('200,000 letters are listed, and no more', async () => {
  const many = (count: number): string => Array.from({ length: count }, (_, i) => `${i + 1} ${i + 1}\r\n`).join('')
  const listing = async (count: number): Promise<Waiting[]> => {
    const said = `+OK\r\n${many(count)}.\r\n`
    const server = await hostile((command) => (/^(?:LIST|UIDL)$/.test(command) ? said : undefined))
    const session = await open(server, {}, { ...PATIENCE, answer: 60_000 })
    return session.list().finally(() => session.close())
  }
  assert.deepEqual((await listing(200_000)).at(-1), { number: 200_000, uid: '200000', size: 200_000 })
  await assert.rejects(listing(200_001), { name: 'Broken' })
})

const TOO_LARGE: [attack: string, said: string | ((socket: Socket) => string)][] = [
  ['a byte more than may be', `+OK\r\n${'x'.repeat(MOST - 1)}\r\n.\r\n`],
  [
    'a line without end',
    (socket) => {
      socket.write('+OK\r\n')
      return flood('x'.repeat(65_536))(socket)
    },
  ],
  ['lines without end', flood(`+OK\r\n${'..\r\n'.repeat(10_000)}`)],
]
for (const [attack, said] of TOO_LARGE)
  test(`a letter is given up for good: ${attack}`, async () => {
    const session = await open(await hostile(to('RETR', said)))
    await assert.rejects(session.letter(1), { name: 'Broken', isFinal: true })
  })

const SIGN_IN: [what: string, answer: Answer][] = [
  ['the password is wrong', to('AUTH', '-ERR [AUTH] no\r\n')],
  [
    'the server has no CAPA, and says no codes',
    (command) => (command === 'CAPA' ? '-ERR\r\n' : command.startsWith('PASS') ? '-ERR no\r\n' : undefined),
  ],
  [
    'the name is not known',
    (command) => (command === 'CAPA' ? '-ERR\r\n' : command.startsWith('USER') ? '-ERR no\r\n' : undefined),
  ],
]
for (const [what, answer] of SIGN_IN)
  test(`the person is told when ${what}`, async () => {
    await assert.rejects(open(await hostile(answer)), { name: 'Refusal', reason: 'invalid', fields: ['signIn'] })
  })

test('without SASL PLAIN it signs in by USER and PASS, and never by APOP', async () => {
  const server = await hostile((command) =>
    command === ''
      ? '+OK ready <1896.697170952@example.org>\r\n'
      : command === 'CAPA'
        ? '+OK\r\nUSER\r\n.\r\n'
        : undefined,
  )
  await (await open(server)).quit()
  assert.deepEqual(server.commands, ['CAPA', 'USER anna', `PASS ${SECRET}`, 'QUIT'])
})

test('a password that does not fit into a command is given when it is asked for (RFC 5034 §4)', async () => {
  const server = await hostile(to('AUTH', '+ \r\n'))
  const password = 'p'.repeat(300)
  await (await open(server, { password })).quit()
  const [, command, response = ''] = server.commands
  assert.deepEqual([command, Buffer.from(response, 'base64').toString()], ['AUTH PLAIN', `\0anna\0${password}`])
})

const STLS: [attack: string, answer: Answer][] = [
  ['STLS is not offered', () => undefined],
  ['answers stand behind the one to STLS', to('STLS', `+OK\r\n${CAPABILITIES}+OK\r\n`)],
  ['a byte stands behind the answer to STLS', to('STLS', '+OK\r\n+')],
  [
    'answers in clear come in place of TLS',
    to('STLS', (socket) => {
      void sleep(50).then(() => socket.write(`${CAPABILITIES}+OK\r\n`))
      return '+OK\r\n'
    }),
  ],
]
for (const [attack, answer] of STLS)
  test(`nothing of the person is said in clear when ${attack}`, async () => {
    const server = await hostile(answer)
    const opening = open(server, { security: 'starttls' })
    await assert.rejects(opening, { name: 'Refusal', reason: 'invalid', fields: ['starttls'] })
    assert.deepEqual(
      server.commands.filter((command) => /^[A-Z]{4}/.test(command)),
      ['STLS'],
    )
  })

test('an error says nothing of what was given to sign in, whatever the server repeats', async () => {
  const encoded = Buffer.from(`\0anna\0${SECRET}`).toString('base64')
  for (const said of ['-ERR [AUTH]', '-ERR [IN-USE]', 'what is'])
    await open(
      await hostile((command) => (command.startsWith('AUTH') ? `${said} ${command} ${SECRET}\r\n` : undefined)),
    ).then(
      () => assert.fail('it signed in'),
      (error: unknown) => {
        assert.ok(error instanceof Refusal || error instanceof Broken)
        const shown = inspect(error, { depth: 10 })
        assert.ok(!shown.includes(SECRET) && !shown.includes(encoded), shown)
      },
    )
})
