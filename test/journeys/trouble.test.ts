/** The database goes, the disk is full: nothing that was acknowledged is lost, and the log says it once, without a word of a letter. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newFolder, removeFolder, startChild, type ChildServer } from '../child.ts'
import { openJmapClient, type JmapClient } from '../jmap.ts'
import { smallDisk, type Disk } from './disk.ts'
import { deliver } from './letters.ts'
import { databasePid, keepLogAhead, takeDatabaseAway } from './outage.ts'
import { openVisit } from './person.ts'

/** Words that stand in letters, names and credentials, and that no log may hold. */
const secrets = ['rübenkuchen', 'mareike.kurz', 'klara.geheim', 'geheimordner', 'geheimwort', 'passwort']
const from = 'mareike.kurz@example.org'
const person = { address: 'klara.geheim@zegel.test', password: 'ein geheimes Passwort' }

const SMALL = 20_000
const LARGE = 1_500_000

/** How long the database stays away: long enough to see what is said again and again. */
const OUTAGE_MS = 8000

/** From this level on an operator sees what is logged. */
const WARN = 40

/** The logs of all servers of this file. */
const logs: string[] = []

interface Post {
  server: ChildServer
  origin: string
  jmap: JmapClient
  disk: Disk | undefined
  /** Message-IDs that were answered with 250. */
  taken: string[]
  /** Sends one letter and gives the answer's code. */
  send(bytes?: number): Promise<number>
}

/** Starts a server with one account, on a disk that can be filled if one is asked for. */
async function startPost(t: TestContext, makeDisk?: (folder: string) => Disk): Promise<Post> {
  const folder = newFolder()
  const disk = makeDisk?.(folder)
  let started: ChildServer | undefined
  t.after(async () => {
    await started?.stop()
    if (started) logs.push(started.log())
    disk?.remove()
    removeFolder(folder)
  })
  const server = (started = await startChild({ folder, level: 'debug' }))
  await server.command(['account', 'create', person.address, '--password-stdin'], person.password)
  const origin = `http://127.0.0.1:${server.http}`
  const taken: string[] = []
  return {
    server,
    origin,
    disk,
    jmap: await openJmapClient({ http: origin }, person),
    taken,
    async send(bytes = SMALL) {
      const id = `${randomBytes(8).toString('hex')}@example.org`
      const code = await deliver(server.smtp, from, person.address, { id, subject: 'Rübenkuchen', bytes })
      if (code === 250) taken.push(id)
      return code
    },
  }
}

/** The Message-IDs of all letters that can be opened whole. */
async function readable({ jmap }: Post): Promise<string[]> {
  const found: string[] = []
  for (;;) {
    const { ids } = await jmap.call('Email/query', { position: found.length, limit: 50 })
    const { list } = await jmap.call('Email/get', {
      ids,
      properties: ['messageId', 'bodyValues', 'textBody'],
      fetchAllBodyValues: true,
    })
    const letters = list as { messageId: string[]; bodyValues: Record<string, { value: string }> }[]
    for (const { messageId, bodyValues } of letters) {
      assert.ok(Object.values(bodyValues).every(({ value }) => value.length >= SMALL))
      found.push(messageId[0] as string)
    }
    if (letters.length < 50) return found
  }
}

/** The operator reads once that mail is refused, and nothing again and again. */
function saysItOnce(server: ChildServer): void {
  const entries = server
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: number; msg: string; kind?: string })
  // Those who follow accounts, each for its own kind of thing, say it each.
  const said = Map.groupBy(
    entries.filter(({ level }) => level >= WARN),
    ({ msg, kind }) => (kind === undefined ? msg : `${msg} (${kind})`),
  )
  assert.equal(said.get('mail is refused for now: the database or the blob store does not take it')?.length, 1)
  // The parts that take mail, that answer requests, and the desk speak each for themselves.
  for (const [what, { length }] of said) assert.ok(length <= 3, `said ${length} times: ${what}`)
}

test('while the database is away mail is put off and said once; when it is back, all goes on by itself', async (t) => {
  const post = await startPost(t)
  const { server, origin, jmap } = post
  const { page } = await openVisit(t, origin)
  await page.goto(`${origin}/en/sign-in`)
  await page.getByLabel('Address').fill(person.address)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  const inbox = page.getByRole('heading', { level: 1, name: 'Inbox' })
  await inbox.waitFor()

  // Mail comes over several connections while the database is killed.
  const codes: number[] = []
  let isOver = false
  const senders = Array.from({ length: 4 }, async () => {
    while (!isOver) codes.push(await post.send())
  })
  while (post.taken.length < 40) codes.push(await post.send())
  const giveBack = takeDatabaseAway(server)
  const began = performance.now()
  while (!codes.includes(451)) codes.push(await post.send())

  assert.equal((await fetch(`${origin}/healthz`)).status, 503)
  const body = JSON.stringify({ using: ['urn:ietf:params:jmap:core'], methodCalls: [['Core/echo', {}, '0']] })
  const answer = await jmap.post(body)
  assert.equal(answer.status, 503)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
  const signedIn = await fetch(`${origin}/jmap/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(person),
  })
  assert.equal(signedIn.status, 503, 'nobody is told that the password is wrong')

  await page.getByRole('link', { name: 'Archive' }).click()
  // The narrow layout has a word of its own for it, which stands hidden here.
  await page
    .getByText(/^Offline/)
    .filter({ visible: true })
    .first()
    .waitFor()
  while (performance.now() - began < OUTAGE_MS) codes.push(await post.send())
  isOver = true
  await Promise.all(senders)
  assert.deepEqual([...new Set(codes)].toSorted(), [250, 451])
  const takenBefore = post.taken.length

  giveBack()
  for (let tries = 0; (await post.send()) !== 250; tries++) {
    assert.ok(tries < 300, 'mail is taken again')
    await sleep(100)
  }
  for (let sent = 0; sent < 20; sent++) assert.equal(await post.send(), 250)
  assert.equal((await fetch(`${origin}/healthz`)).status, 200)
  const found = await readable(post)
  assert.deepEqual(
    post.taken.filter((id) => !found.includes(id)),
    [],
  )
  assert.equal(post.taken.length, takenBefore + 21)

  // The open page finds its server again, and hears of what comes without being loaded anew.
  await page.getByRole('link', { name: 'Inbox' }).first().click()
  await page.getByText(`${post.taken.length} unread`).waitFor()
  await post.send()
  await page.getByText(`${post.taken.length} unread`).waitFor()

  saysItOnce(server)
})

test('a server that is told to stop while its database comes back ends, and leaves no database behind', async (t) => {
  const post = await startPost(t)
  const giveBack = takeDatabaseAway(post.server)
  while ((await post.send()) !== 451);
  giveBack()
  await post.server.stop()
  assert.equal(post.server.child.exitCode, 0)
  assert.equal(databasePid(post.server), undefined)
})

test('while the disk is full mail is put off and said once; when there is room, all goes on by itself', async (t) => {
  const post = await startPost(t, smallDisk)
  const disk = post.disk as Disk
  for (const bytes of [SMALL, LARGE, SMALL, LARGE]) assert.equal(await post.send(bytes), 250)
  await keepLogAhead(post.server)
  disk.fill(post.server)
  // Small ones find a gap now and then.
  const codes = { small: new Set<number>(), large: new Set<number>() }
  for (let sent = 0; sent < 30; sent++) {
    codes.large.add(await post.send(LARGE))
    codes.small.add(await post.send(SMALL))
  }
  assert.deepEqual([...codes.large], [451])
  assert.ok([...codes.small].every((code) => code === 250 || code === 451))
  assert.deepEqual(
    (await readable(post)).toSorted(),
    post.taken.toSorted(),
    'all that was taken, and nothing else, is there',
  )
  saysItOnce(post.server)

  disk.clear(post.server)
  for (const bytes of [LARGE, SMALL, LARGE, SMALL]) assert.equal(await post.send(bytes), 250)
  assert.deepEqual((await readable(post)).toSorted(), post.taken.toSorted())
})

test('no log of a server in trouble holds an address, a subject, a name or a word', async (t) => {
  const { server, origin, jmap } = await startPost(t)
  await jmap.call('Mailbox/set', { create: { a: { name: 'Geheimordner' } } })
  await jmap.call('Mailbox/set', { create: { a: { name: 'Geheimordner' } } })
  await jmap.fail('Email/query', { filter: { subject: 'Geheimwort', geheimwort: 1 } })
  await jmap.post('{"using": ["Geheimwort"], "methodCalls": [["Geheimwort/get"')
  for (const path of ['/geheimwort', '/jmap/geheimwort?name=geheimwort', '/app/geheimwort.js', '/de/geheimwort'])
    await fetch(origin + path)
  await fetch(`${origin}/jmap/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address: person.address, password: 'Passwort geraten' }),
  })
  const letter = { id: 'geheimwort@example.org', subject: 'Rübenkuchen', bytes: SMALL }
  assert.equal(await deliver(server.smtp, from, person.address, letter), 250)
  assert.equal(await deliver(server.smtp, from, 'geheimwort@zegel.test', letter), 550)
  assert.equal(await deliver(server.smtp, from, 'mareike.kurz@geheimwort.example', letter), 550)
  assert.equal(logs.length, 3, 'those of the servers before')
  for (const log of [...logs, server.log()])
    for (const word of secrets) assert.ok(!log.toLowerCase().includes(word), `${word} stands in a log`)
})
