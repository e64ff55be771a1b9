/** Whoever collects is killed as by a power cut, again and again: every letter is here once, and none is lost there. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newFolder, removeFolder, startChild, type ChildServer } from './child.ts'
import { startDovecot } from './dovecot.ts'
import { openJmapClient, type JmapClient } from './jmap.ts'
import { letter } from './letters.ts'

const LETTERS = 200
const KILLS = 2

const folder = newFolder()
after(() => removeFolder(folder))
const dovecot = await startDovecot({ after })
const { password } = dovecot
const person = { address: 'person@zegel.test', password: 'a long enough password' }

const settings = `
trial = true
hostname = "zegel.test"
listen = ["127.0.0.1"]
cleartextOnLoopback = true
[fetch]
allow = ${JSON.stringify(dovecot.allow)}
`

/** Each time so much later that the lease of whoever was killed is over. */
let clockOffset = 0
async function start(): Promise<{ server: ChildServer; jmap: JmapClient }> {
  process.env['ZEGEL_CLOCK_OFFSET_SECONDS'] = String((clockOffset += 30))
  try {
    const server = await startChild({ folder, settings })
    if (clockOffset === 30)
      await server.command(['account', 'create', person.address, '--password-stdin'], person.password)
    return { server, jmap: await openJmapClient({ http: `http://127.0.0.1:${server.http}` }, person) }
  } finally {
    delete process.env['ZEGEL_CLOCK_OFFSET_SECONDS']
  }
}

interface Shown {
  added: number
  damaged: number
  reason: string | null
  isRunning: boolean
  collectedAt: string | null
}

const look = async ({ call }: JmapClient, id: string): Promise<Shown> =>
  ((await call('MailCollection/get', { ids: [id] }))['list'] as Shown[])[0] as Shown

/** Waits for the end of a round after another one. */
async function whole(jmap: JmapClient, id: string, since: string | null): Promise<Shown> {
  for (let tries = 0; tries < 1200; tries++) {
    const found = await look(jmap, id)
    if (!found.isRunning && found.collectedAt !== since) return found
    await sleep(50)
  }
  return assert.fail('it never was whole')
}

/** Not by searching: what has just come may not be in the index yet. */
async function subjectsFrom({ call }: JmapClient, word: string): Promise<string[]> {
  const { ids } = await call('Email/query', { limit: 1000 })
  const { list } = await call('Email/get', { ids, properties: ['subject'] })
  return (list as { subject: string }[])
    .map(({ subject }) => subject)
    .filter((subject) => subject.startsWith(word))
    .toSorted()
}

const WAYS: [what: string, protocol: 'imap' | 'pop3', leavesThere: boolean, isFirst: boolean][] = [
  ['the first round by IMAP', 'imap', true, true],
  ['a later round by IMAP, in which letters arrive', 'imap', true, false],
  ['a later round by POP3, which removes letters there', 'pop3', false, false],
]
for (const [n, [what, protocol, leavesThere, isFirst]] of WAYS.entries())
  test(`killed in ${what}`, async (t) => {
    const user = dovecot.another()
    const client = await dovecot.client(user)
    t.after(() => client.logout())
    let { server, jmap } = await start()
    t.after(() => server.stop())
    const subjects: string[] = []
    const fill = async (): Promise<void> => {
      for (let i = 0; i < LETTERS; i++) {
        subjects.push(`way${n} ${i}`)
        const text = 'x'.repeat(i % 10 === 0 ? 300_000 : isFirst ? 100_000 : 5000)
        await client.append('INBOX', letter({ subject: `way${n} ${i}`, text }))
      }
    }
    if (isFirst) await fill()
    const origin = { host: '127.0.0.1', port: dovecot[protocol], security: 'none', user, password }
    const k = { protocol, ...origin, mailboxId: null, everyMinutes: 15, leavesThere }
    const { created, notCreated } = await jmap.call('MailCollection/set', { create: { k } })
    assert.equal(notCreated, null, JSON.stringify(notCreated))
    const { id } = (created as { k: { id: string } }).k
    let since: string | null = null
    if (!isFirst) {
      since = (await whole(jmap, id, null)).collectedAt
      await fill()
      await jmap.call('MailCollection/set', { update: { [id]: { dueAt: null } } })
    }

    let seen = 0
    for (let kill = 0; kill < KILLS; kill++) {
      let found = await look(jmap, id)
      while (found.added <= seen && found.collectedAt === since) {
        await sleep(5)
        found = await look(jmap, id)
      }
      seen = found.added
      if (kill % 2 === 0) server.child.kill('SIGKILL')
      else await server.kill()
      ;({ server, jmap } = await start())
    }
    assert.ok(seen > 0 && seen < LETTERS, `${seen} letters were here at the last kill`)
    const done = await whole(jmap, id, since)
    assert.deepEqual([done.reason, done.added, done.damaged], [null, LETTERS, 0])
    assert.deepEqual(await subjectsFrom(jmap, `way${n} `), subjects.toSorted())
    const { messages } = (await client.status('INBOX', { messages: true })) as { messages: number }
    assert.equal(messages, leavesThere ? LETTERS : 0)
  })
