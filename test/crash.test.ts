import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import SMTPConnection from 'nodemailer/lib/smtp-connection/index.js'
import { newFolder, removeFolder, startChild, type ChildServer } from './child.ts'
import { openJmapClient } from './jmap.ts'

const KILLS = 4
const CONNECTIONS = 4
const PEOPLE = 3

const folder = newFolder()
after(() => removeFolder(folder))

const password = 'a long enough password'
const people = Array.from({ length: PEOPLE }, (_, i) => `person${i}@zegel.test`)

/** Sends letters one after the other until the server is gone; notes each Message-ID whose 250 came. */
async function sendUntilGone(server: ChildServer, acknowledged: Set<string>): Promise<void> {
  const connection = new SMTPConnection({
    host: '127.0.0.1',
    port: server.smtp,
    ignoreTLS: true,
    socketTimeout: 20_000,
  })
  const gone = new Promise<never>((_resolve, reject) => {
    connection.on('error', reject)
    connection.once('end', () => reject(new Error('the connection ended')))
  })
  const until = <T>(step: (done: (error?: Error | null) => void) => void): Promise<T> =>
    Promise.race([
      gone,
      new Promise<T>((resolve, reject) => step((error) => (error ? reject(error) : resolve(undefined as T)))),
    ])
  try {
    await until((done) => connection.connect(done))
    for (;;) {
      const id = `${randomBytes(8).toString('hex')}@crash.example`
      // Small ones in the database, large ones in the blob folder.
      const body = randomBytes(randomInt(2) === 0 ? 500 : 150_000)
        .toString('base64')
        .replaceAll(/.{76}/g, '$&\r\n')
      const letter = `From: a@crash.example\r\nMessage-ID: <${id}>\r\nSubject: ${id}\r\n\r\n${body}\r\n`
      const envelope = { from: 'a@crash.example', to: people[randomInt(PEOPLE)] as string }
      await until((done) => connection.send(envelope, letter, done))
      acknowledged.add(id)
    }
  } catch {
    connection.close()
  }
}

interface Letter {
  messageId: string[]
  bodyValues: Record<string, { value: string }>
}

/** The Message-IDs of all letters of a person, each opened whole. */
async function lettersOf(server: ChildServer, address: string): Promise<string[]> {
  const jmap = await openJmapClient({ http: `http://127.0.0.1:${server.http}` }, { address, password })
  const found: string[] = []
  for (;;) {
    const { ids } = await jmap.call('Email/query', { position: found.length, limit: 50 })
    const { list } = await jmap.call('Email/get', {
      ids,
      properties: ['messageId', 'bodyValues', 'textBody'],
      fetchAllBodyValues: true,
      maxBodyValueBytes: 100,
    })
    for (const { messageId, bodyValues } of list as Letter[]) {
      found.push(messageId[0] as string)
      assert.ok(
        Object.values(bodyValues).every(({ value }) => value.length > 0),
        'the content opens',
      )
    }
    if ((list as Letter[]).length < 50) break
  }
  const { list } = await jmap.call('Mailbox/get', { properties: ['role', 'totalEmails'] })
  const inbox = (list as { role: string; totalEmails: number }[]).find(({ role }) => role === 'inbox')
  assert.equal(inbox?.totalEmails, found.length, 'the counts are right')
  return found
}

test('whenever server and database are killed under load, every acknowledged letter is there after the restart', async () => {
  let server = await startChild({ folder })
  for (const address of people) await server.command(['account', 'create', address, '--password-stdin'], password)
  const acknowledged = new Set<string>()
  for (let round = 0; round < KILLS; round++) {
    const senders = Array.from({ length: CONNECTIONS }, () => sendUntilGone(server, acknowledged))
    // However slow the machine is, something is under way when the end comes.
    const before = acknowledged.size
    while (acknowledged.size < before + 8) await sleep(20)
    await sleep(randomInt(1200))
    // Sometimes the program alone, sometimes its database too.
    if (round % 2 === 0) server.child.kill('SIGKILL')
    else await server.kill()
    await Promise.all(senders)
    server = await startChild({ folder })
  }
  assert.ok(acknowledged.size > 20, `only ${acknowledged.size} letters were sent`)
  const found = (await Promise.all(people.map((address) => lettersOf(server, address)))).flat()
  assert.deepEqual(
    [...acknowledged].filter((id) => !found.includes(id)),
    [],
  )
  assert.equal(new Set(found).size, found.length, 'none came twice')
  await server.stop()
})
