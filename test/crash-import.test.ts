import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeMbox } from '#formats/mbox'
import { newFolder, removeFolder, startChild, type ChildServer } from './child.ts'
import { openJmapClient, type JmapClient } from './jmap.ts'
import { letter } from './letters.ts'

const LETTERS = 4000
const KILLS = 3

const folder = newFolder()
after(() => removeFolder(folder))

const person = { address: 'person@zegel.test', password: 'a long enough password' }

const connect = ({ http }: ChildServer): Promise<JmapClient> =>
  openJmapClient({ http: `http://127.0.0.1:${http}` }, person)

interface Shown {
  state: string
  added: number
  known: number
  damaged: number
}

async function look({ call }: JmapClient, id: string): Promise<Shown> {
  return ((await call('MailImport/get', { ids: [id] }))['list'] as Shown[])[0] as Shown
}

test(
  'whenever server and database are killed while they import, every letter is there once in the end',
  { timeout: 170_000 },
  async () => {
    async function* letters() {
      for (let n = 0; n < LETTERS; n++)
        // Small ones in the database, large ones in the blob folder; each is there twice in the file.
        for (const content of Array(2).fill(
          letter({ subject: `n${n}`, text: n % 50 === 0 ? Math.random().toString().repeat(9000) : 'x' }),
        ))
          yield { receivedAt: new Date(n * 1000), keywords: [], content: content as Buffer }
    }
    const bytes = Buffer.concat(await Array.fromAsync(writeMbox(letters())))
    let server = await startChild({ folder })
    await server.command(['account', 'create', person.address, '--password-stdin'], person.password)
    let jmap = await connect(server)
    const { created } = await jmap.call('MailImport/set', { create: { k: { name: 'All.mbox', size: bytes.length } } })
    const { id } = (created as { k: { id: string } }).k
    for (let at = 0; at < bytes.length;) {
      const part = new Uint8Array(bytes.subarray(at, at + 8_000_000))
      const url = `http://127.0.0.1:${server.http}/jmap/import/${jmap.accountId}/${id}/${at}`
      const answer = await fetch(url, { method: 'POST', headers: jmap.headers, body: part })
      assert.equal(answer.status, 200)
      at += part.length
    }
    let seen = 0
    for (let round = 0; round < KILLS; round++) {
      // Killed while it is under way: more is there than before, and not all.
      let found = await look(jmap, id)
      while (found.added <= seen && found.state !== 'done') {
        await sleep(10)
        found = await look(jmap, id)
      }
      seen = found.added
      if (found.state === 'done') break
      if (round % 2 === 0) server.child.kill('SIGKILL')
      else await server.kill()
      server = await startChild({ folder })
      jmap = await connect(server)
    }
    assert.ok(seen > 0 && seen < LETTERS, `${seen} letters were there at the last kill`)
    let found = await look(jmap, id)
    for (let tries = 0; found.state !== 'done'; tries++) {
      assert.ok(tries < 1500, `it is ${found.state}`)
      await sleep(100)
      found = await look(jmap, id)
    }
    assert.deepEqual([found.added, found.known, found.damaged], [LETTERS, LETTERS, 0])
    const { list } = await jmap.call('Mailbox/get', { properties: ['name', 'totalEmails'] })
    assert.equal(
      (list as { name: string; totalEmails: number }[]).find(({ name }) => name === 'All')?.totalEmails,
      LETTERS,
    )
    const subjects = new Set<string>()
    for (let position = 0; position < LETTERS; position += 1000) {
      const { ids } = await jmap.call('Email/query', { position, limit: 1000 })
      const { list: some } = await jmap.call('Email/get', { ids, properties: ['subject'] })
      for (const { subject } of some as { subject: string }[]) subjects.add(subject)
    }
    assert.equal(subjects.size, LETTERS)
    await server.stop()
  },
)
