import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { newFolder, removeFolder, startChild, type ChildServer } from './child.ts'
import { reply, startSink } from './sink.ts'

const CONNECTIONS = 4

const folder = newFolder()
after(() => removeFolder(folder))

const person = { user: 'anna@zegel.test', pass: 'a long enough password' }

/** Takes its time, so that a kill falls into every part of a transaction. */
const sink = await startSink(
  { after },
  {
    script: {
      content: () => (socket) => void setTimeout(() => reply('250 2.0.0 Taken')(socket), randomInt(30)),
    },
  },
)

const SETTINGS = `
trial = true
hostname = "zegel.test"
listen = ["127.0.0.1"]
cleartextOnLoopback = true
[smtp]
maxMessagesPerMinute = 1000000
[sending]
maxLettersPerHour = 1000000
maxRecipientsPerDay = 1000000
maxNewRecipientsPerDay = 1000000
[routes]
"sink.example" = "127.0.0.1:${sink.port}"
`

/** Hands letters over one after the other until the server is gone; notes each Message-ID whose 250 came. */
async function submitUntilGone(server: ChildServer, acknowledged: Set<string>): Promise<void> {
  const connection = new SMTPConnection({
    host: '127.0.0.1',
    port: server.submission,
    requireTLS: true,
    tls: { rejectUnauthorized: false },
    socketTimeout: 20_000,
  })
  const gone = new Promise<never>((_resolve, reject) => {
    connection.on('error', reject)
    connection.once('end', () => reject(new Error('the connection ended')))
  })
  const until = (step: (done: (error?: Error | null) => void) => void): Promise<void> =>
    Promise.race([gone, new Promise<void>((resolve, reject) => step((error) => (error ? reject(error) : resolve())))])
  try {
    await until((done) => connection.connect(done))
    await until((done) => connection.login(person, done))
    for (;;) {
      const id = `${randomBytes(8).toString('hex')}@zegel.test`
      // Small ones in the database, large ones in the blob folder.
      const body = randomBytes(randomInt(4) > 0 ? 500 : 150_000)
        .toString('base64')
        .replaceAll(/.{76}/g, '$&\r\n')
      const letter = `From: ${person.user}\r\nTo: bea@sink.example\r\nDate: ${new Date().toUTCString().replace('GMT', '+0000')}\r\nMessage-ID: <${id}>\r\nSubject: ${id}\r\n\r\n${body}\r\n`
      await until((done) => connection.send({ from: person.user, to: 'bea@sink.example' }, letter, done))
      acknowledged.add(id)
    }
  } catch {
    connection.close()
  }
}

const arrived = (): string[] => sink.letters.map(({ content }) => /^Message-ID: <(.+)>\r$/m.exec(content)?.[1] ?? '')

/** Letters that are handed over at least before anything is killed. */
const FEW = 10

/** What is killed each time, in a moment that nobody has chosen. */
const KILLS: Record<string, (server: ChildServer) => Promise<void>> = {
  'the server': async ({ child }) => void child.kill('SIGKILL'),
  'the server and its database': (server) => server.kill(),
  'the server, once more': async ({ child }) => void child.kill('SIGKILL'),
}

let isFirst = true
for (const [what, kill] of Object.entries(KILLS))
  test(`when ${what} is killed while letters leave, each acknowledged one leaves, at worst twice`, async (t) => {
    let server = await startChild({ folder, settings: SETTINGS })
    t.after(() => server.stop())
    if (isFirst) await server.command(['account', 'create', person.user, '--password-stdin'], person.pass)
    isFirst = false
    sink.letters.length = 0
    const acknowledged = new Set<string>()
    const senders = Array.from({ length: CONNECTIONS }, () => submitUntilGone(server, acknowledged))
    for (let tries = 0; tries < 300 && acknowledged.size < FEW; tries++) await sleep(100)
    assert.ok(acknowledged.size >= FEW, `only ${acknowledged.size} letters were handed over`)
    await sleep(randomInt(2000))
    await kill(server)
    await Promise.all(senders)

    server = await startChild({ folder, settings: SETTINGS })
    const missing = (): string[] => {
      const there = new Set(arrived())
      return [...acknowledged].filter((id) => !there.has(id))
    }
    // What the killed process held is held until its lease ends.
    for (let tries = 0; tries < 120 && missing().length > 0; tries++) await sleep(500)
    for (let tries = 0; tries < 20; tries++) {
      if ((await server.command(['queue', 'list', '--json'])).trim() === '[]') break
      await sleep(1000)
    }
    assert.deepEqual(missing(), [])
    const counts = Map.groupBy(arrived(), (id) => id)
    assert.deepEqual(
      [...counts].filter(([, copies]) => copies.length > 2),
      [],
    )
    assert.deepEqual(sink.complaints, [])
  })
