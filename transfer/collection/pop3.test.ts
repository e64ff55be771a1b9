/** Collecting again and again by POP3: letters that stay there, or are removed once they are durable here; and servers that number nothing. */
import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, test, type TestContext } from 'node:test'
import { activateScript, createScript } from '#mail/scripts'
import { collectNow, filedIn, tried } from '#test/collecting'
import { startDovecot, startRelay } from '#test/dovecot'
import { letter, openMailReader, type MailReader } from '#test/letters'
import { startServer, type TestServer } from '#test/server'
import { createCollection, changeCollection, type Chosen, type Origin } from '../index.ts'

const dovecot = await startDovecot({ after })
const relay = await startRelay({ after }, dovecot.pop3)
const maildrops = await Promise.all(Array.from({ length: 6 }, () => startMaildrop()))
const ports = [relay.port, ...maildrops.map(({ port }) => port)]
const fetch = { allow: [...dovecot.allow, ...ports.map((port) => `127.0.0.1:${port}`)], authority: dovecot.authority }
const smtp = { maxMessageMegabytes: 1 }
const server: TestServer = await startServer({ after }, { fetch, smtp }, ['http', 'worker'])
const { storage, config } = server

const { password } = dovecot
const clear = { host: '127.0.0.1', port: dovecot.pop3, security: 'none', password } as const

async function somebody(t: TestContext) {
  const user = dovecot.another()
  const client = await dovecot.client(user)
  t.after(() => client.logout())
  const reader = await openMailReader(server)
  const there = async (): Promise<number> =>
    ((await client.status('INBOX', { messages: true })) as { messages: number }).messages
  return { client, reader, origin: { ...clear, user }, there }
}

const begin = ({ account }: MailReader, origin: Origin, leavesThere: boolean, chosen?: Chosen): Promise<number> =>
  createCollection(config, account, { protocol: 'pop3', origin, chosen, everyMinutes: 15, leavesThere })

const keysOf = async ({ account }: MailReader): Promise<number> =>
  (await storage.database.sql`select from collected_letter where account_id = ${account.id}`).rowCount

test('letters that stay there come once: the first ones as an import does, later ones by their owner’s rules', async (t) => {
  const { client, reader, origin, there } = await somebody(t)
  const script = 'require ["fileinto"]; if header :contains "subject" "tulip" { fileinto "Archive"; }'
  await activateScript(reader.account, await createScript(reader.account, { name: 'main', text: script }))
  await client.append('INBOX', letter({ subject: 'tulip 1' }))
  await client.append('INBOX', letter({ subject: 'Rose' }))
  const id = await begin(reader, origin, true)
  const first = await tried(reader, id)
  assert.deepEqual([first.reason, first.added], [undefined, 2])
  await client.append('INBOX', letter({ subject: 'tulip 2' }))
  await client.append('INBOX', letter({ subject: 'Rose 2' }))
  assert.equal((await collectNow(reader, id)).added, 4)
  assert.equal((await collectNow(reader, id)).added, 4)
  assert.deepEqual(await filedIn(reader), ['Archive: tulip 2', 'Inbox: Rose', 'Inbox: Rose 2', 'Inbox: tulip 1'])
  assert.deepEqual([await there(), await keysOf(reader)], [4, 4])

  // What is gone there is forgotten here.
  await client.mailboxOpen('INBOX')
  await client.messageDelete('1:3')
  await client.mailboxClose()
  await collectNow(reader, id)
  assert.equal(await keysOf(reader), 1)
})

test('a server that calls all letters otherwise brings none of them again', async (t) => {
  const { client, reader, origin } = await somebody(t)
  for (const subject of ['One', 'Two']) await client.append('INBOX', letter({ subject }))
  const id = await begin(reader, origin, true)
  await tried(reader, id)
  const { ids } = await reader.call('Email/query', { filter: { subject: 'Two' } })
  await reader.call('Email/set', { destroy: ids as string[] })
  dovecot.renumber(origin.user)
  const found = await collectNow(reader, id)
  assert.deepEqual([found.reason, found.added, await keysOf(reader)], [undefined, 2, 2])
  assert.deepEqual(await filedIn(reader), ['Inbox: One'])
})

test('letters are removed there once they are here, and what could not be taken stays', async (t) => {
  const { client, reader, origin, there } = await somebody(t)
  await client.append('INBOX', letter({ subject: 'One' }))
  await client.append('INBOX', letter({ subject: 'Large', text: 'x'.repeat(1_200_000) }))
  const id = await begin(reader, origin, false)
  const first = await tried(reader, id)
  assert.deepEqual(
    [first.reason, first.added, first.damaged, first.damages],
    [undefined, 1, 1, [{ number: 2, reason: 'tooLarge' }]],
  )
  assert.equal(await there(), 1)
  await client.append('INBOX', letter({ subject: 'Two' }))
  const second = await collectNow(reader, id)
  assert.deepEqual([second.added, second.damaged, await there()], [2, 1, 1])
  assert.deepEqual(await filedIn(reader), ['Inbox: One', 'Inbox: Two'])

  // What stayed until now goes when that is wished.
  await changeCollection(reader.account, id, { leavesThere: true })
  await client.append('INBOX', letter({ subject: 'Three' }))
  await collectNow(reader, id)
  assert.equal(await there(), 2)
  await changeCollection(reader.account, id, { leavesThere: false })
  assert.deepEqual([(await collectNow(reader, id)).added, await there()], [3, 1])
})

test('into a mailbox that was chosen they come by no rule', async (t) => {
  const { client, reader, origin } = await somebody(t)
  await activateScript(reader.account, await createScript(reader.account, { name: 'main', text: 'discard;' }))
  const { created } = await reader.call('Mailbox/set', { create: { k: { name: 'Elsewhere' } } })
  const chosen = { id: Number.parseInt((created as { k: { id: string } }).k.id.slice(1), 36), path: ['Elsewhere'] }
  const id = await begin(reader, origin, true, chosen)
  await tried(reader, id)
  await client.append('INBOX', letter({ subject: 'One' }))
  await collectNow(reader, id)
  assert.deepEqual(await filedIn(reader), ['Elsewhere: One'])
})

test('the line breaks in the middle: nothing is removed there that is not here, and nothing comes twice', async (t) => {
  const { client, reader, origin, there } = await somebody(t)
  const subjects: string[] = []
  for (let n = 0; n < 40; n++) {
    subjects.push(`Inbox: n${n}`)
    await client.append('INBOX', letter({ subject: `n${n}`, text: 'x'.repeat(100_000) }))
  }
  const held = relay.holdAfter(3_000_000)
  const id = await begin(reader, { ...origin, port: relay.port }, false)
  await held
  await changeCollection(reader.account, id, { state: 'paused' })
  relay.cut()
  assert.equal(await there(), 40)
  await changeCollection(reader.account, id, { state: 'active' })
  const done = await tried(reader, id)
  assert.deepEqual([done.reason, done.added, done.damaged, await there()], [undefined, 40, 0, 0])
  assert.deepEqual(await filedIn(reader), subjects.toSorted())
})

interface Manner {
  letters: Map<number, Buffer>
  uids?: (number: number) => string | undefined
  /** In place of what it says to a command. */
  answer?(command: string, socket: Socket): string | undefined
}

/** A maildrop that behaves as it is told; what is removed is gone with QUIT. */
function startMaildrop(): Promise<{ port: number; manner: Manner }> {
  const held: { port: number; manner: Manner } = { port: 0, manner: { letters: new Map() } }
  const server = createServer((socket) => {
    const { manner } = held
    const removed = new Set<number>()
    socket.on('error', () => undefined)
    socket.write('+OK ready\r\n')
    let text = ''
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1')
      for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n')) {
        const command = text.slice(0, end)
        text = text.slice(end + 2)
        const said = manner.answer?.(command, socket) ?? usual(manner, removed, command)
        if (!socket.destroyed) socket.write(said, 'latin1')
      }
    })
  }).listen(0, '127.0.0.1')
  after(() => server.close())
  return new Promise((resolve) =>
    server.once('listening', () => resolve(Object.assign(held, { port: (server.address() as AddressInfo).port }))),
  )
}

function usual({ letters, uids }: Manner, removed: Set<number>, command: string): string {
  const [name = '', argument = ''] = command.split(' ')
  const number = Number(argument)
  const listing = (row: (number: number) => string | undefined): string =>
    `+OK\r\n${[...letters.keys()].flatMap((one) => (row(one) === undefined ? [] : `${one} ${row(one)}\r\n`)).join('')}.\r\n`
  if (name === 'LIST') return listing((one) => String(letters.get(one)?.length))
  if (name === 'UIDL') return uids === undefined ? '-ERR no such command\r\n' : listing(uids)
  if (name === 'RETR')
    return letters.has(number) ? `+OK\r\n${letters.get(number)?.toString('latin1')}.\r\n` : '-ERR\r\n'
  if (name === 'CAPA') return '-ERR\r\n'
  if (name === 'DELE') removed.add(number)
  if (name === 'QUIT') for (const one of removed) letters.delete(one)
  return '+OK\r\n'
}

const lettersOf = (...subjects: string[]): Map<number, Buffer> =>
  new Map(subjects.map((subject, i) => [i + 1, letter({ subject })]))

/** Somebody whose letters lie in a maildrop of ours. */
async function atMaildrop(manner: Manner, leavesThere: boolean) {
  const maildrop = maildrops.pop() ?? assert.fail('there are no more')
  maildrop.manner = manner
  const reader = await openMailReader(server)
  const id = await begin(reader, { ...clear, port: maildrop.port, user: 'anna' }, leavesThere)
  return { reader, id }
}

test('a server without unique-ids cannot leave letters there, and can have them taken', async () => {
  const manner = { letters: lettersOf('One', 'Two') }
  const { reader, id } = await atMaildrop(manner, true)
  const refused = await tried(reader, id)
  assert.deepEqual([refused.state, refused.reason, refused.added], ['active', 'noNumbers', 0])
  await changeCollection(reader.account, id, { leavesThere: false })
  const taken = await collectNow(reader, id)
  assert.deepEqual([taken.reason, taken.added, manner.letters.size], [undefined, 2, 0])
  manner.letters = lettersOf('Three')
  assert.deepEqual([(await collectNow(reader, id)).added, manner.letters.size], [3, 0])
  assert.deepEqual(await filedIn(reader), ['Inbox: One', 'Inbox: Three', 'Inbox: Two'])
})

test('without unique-ids a line that breaks before the end brings the same again, and it comes once', async () => {
  let quits = 0
  const manner: Manner = {
    letters: lettersOf('One', 'Two').set(3, letter({ subject: 'Large', text: 'x'.repeat(1_200_000) })),
    answer(command, socket) {
      if (command !== 'QUIT' || ++quits > 1) return undefined
      socket.destroy()
      return ''
    },
  }
  const { reader, id } = await atMaildrop(manner, false)
  const found = await tried(reader, id)
  assert.deepEqual([found.reason, found.added, found.damaged, quits], [undefined, 2, 1, 2])
  assert.deepEqual([...manner.letters.keys()], [3], 'what could not be taken stays')
  assert.equal((await collectNow(reader, id)).damaged, 1, 'and is told once')
  assert.deepEqual(await filedIn(reader), ['Inbox: One', 'Inbox: Two'])
})

test('a letter at which the line always breaks is named, passed and stays there', async () => {
  const manner: Manner = {
    letters: lettersOf('One', 'Two', 'Three'),
    uids: (number) => `u${number}`,
    answer(command, socket) {
      if (command !== 'RETR 2') return undefined
      socket.destroy()
      return ''
    },
  }
  const { reader, id } = await atMaildrop(manner, false)
  const found = await tried(reader, id)
  assert.deepEqual([found.reason, found.added, found.damages], [undefined, 2, [{ number: 2, reason: 'unreadable' }]])
  assert.deepEqual([...manner.letters.keys()], [2])
  assert.equal((await collectNow(reader, id)).damaged, 1)
})

test('a letter that is larger than the server says is not taken, and one without a byte neither', async () => {
  const manner: Manner = {
    letters: new Map([
      [1, letter({ text: 'x'.repeat(1_200_000) })],
      [2, Buffer.alloc(0)],
      [3, letter({ subject: 'Three' })],
    ]),
    uids: (number) => `u${number}`,
    answer: (command) => (command === 'LIST' ? '+OK\r\n1 10\r\n2 10\r\n3 10\r\n.\r\n' : undefined),
  }
  const { reader, id } = await atMaildrop(manner, false)
  const found = await tried(reader, id)
  assert.deepEqual(found.damages, [
    { number: 1, reason: 'tooLarge' },
    { number: 2, reason: 'empty' },
  ])
  assert.deepEqual([await filedIn(reader), [...manner.letters.keys()]], [['Inbox: Three'], [1, 2]])
})

test('a server that says nonsense is tried again later, and nothing is removed there', async () => {
  const manner: Manner = {
    letters: lettersOf('One'),
    uids: (number) => `u${number}`,
    answer: (command) => (command === 'UIDL' ? '+OK\r\nx y z\r\n.\r\n' : undefined),
  }
  const { reader, id } = await atMaildrop(manner, false)
  const found = await tried(reader, id)
  assert.deepEqual([found.state, found.reason, found.added, manner.letters.size], ['active', 'unreachable', 0, 1])
})
