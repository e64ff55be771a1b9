import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import type { Storage } from '#storage'
import { nowMs } from '#system'
import { clockAtNoon } from '#test/clock'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import {
  changePassword,
  doorIsOpen,
  endAllSessions,
  endSession,
  findSession,
  listSessions,
  onDoorClosed,
  openSession,
} from '../index.ts'

let storage: Storage
let elsewhere: Storage
before(async () => {
  storage = await openTestStorage({ after })
  elsewhere = await openTestStorage({ after })
})

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
const HOUR = 3600
const DAY = 24 * HOUR

/** A person with a session: its token and its id. */
async function signedIn(choice: { kind?: 'cookie' | 'bearer'; isShort?: boolean } = {}) {
  const { id } = await addPerson(storage)
  const { token } = await openSession(storage, { accountId: id, kind: 'cookie', ...choice })
  return { id, token, sessionId: await idOf(token) }
}

const lives = (storage: Storage, accountId: number, id: string): Promise<boolean> =>
  doorIsOpen(storage, accountId, { by: 'session', id })

/** Which of these sessions whoever listens here has been told of. */
function listenFor(t: TestContext, accountId: number, ids: readonly string[]): string[] {
  const told: string[] = []
  for (const id of ids) t.after(onDoorClosed(storage, { accountId, door: { by: 'session', id } }, () => told.push(id)))
  return told
}

async function idOf(token: string): Promise<string> {
  const found = await findSession(storage, token)
  assert.ok(found?.sessionId)
  return found.sessionId
}

test('a token opens the session of its account, in every process', async () => {
  const { id } = await addPerson(storage, { isOperator: true })
  const { token, expiresAt } = await openSession(storage, { accountId: id, kind: 'cookie' })
  assert.match(token, /^[\w-]{43}$/)
  assert.ok(expiresAt.getTime() > nowMs())
  const { sessionId, ...rest } = (await findSession(elsewhere, token)) ?? {}
  assert.deepEqual(rest, { accountId: id, isOperator: true, kind: 'cookie' })
  assert.ok(sessionId)
  assert.equal(await lives(elsewhere, id, sessionId), true)
})

const strangers: Record<string, string> = {
  nothing: '',
  'another token': 'A'.repeat(43),
  'a token cut short': 'A'.repeat(42),
  'a null byte': `${'A'.repeat(42)}\0`,
  'a statement': `' or true --${'A'.repeat(31)}`,
  'a megabyte': 'A'.repeat(1 << 20),
}
for (const [what, token] of Object.entries(strangers)) {
  test(`opens nothing as a token, and names no session: ${what}`, async () => {
    const { id, sessionId } = await signedIn()
    assert.equal(await findSession(storage, token), undefined)
    assert.equal(await lives(storage, id, token), false)
    assert.equal(await endSession(storage, id, token), false)
    assert.equal(await lives(storage, id, sessionId), true)
  })
}

test('the id of a session does not open it', async () => {
  const { sessionId } = await signedIn()
  assert.equal(await findSession(storage, sessionId), undefined)
  assert.equal(await findSession(storage, sessionId.padEnd(43, 'A')), undefined)
})

const lifetimes = [
  { what: 'a cookie', choice: { kind: 'cookie' }, seconds: 30 * DAY },
  { what: "a cookie on somebody else's computer", choice: { kind: 'cookie', isShort: true }, seconds: 12 * HOUR },
  { what: 'a bearer token', choice: { kind: 'bearer' }, seconds: 90 * DAY },
] as const
for (const { what, choice, seconds } of lifetimes) {
  test(`${what} lives ${seconds / HOUR} hours from its last use`, async (t) => {
    const pass = clockAtNoon(t)
    const { id, token, sessionId } = await signedIn(choice)
    for (let uses = 0; uses < 3; uses++) {
      pass(seconds - 60)
      assert.equal((await findSession(storage, token))?.accountId, id)
    }
    pass(seconds + 1)
    assert.equal(await findSession(storage, token), undefined)
    assert.equal(await lives(storage, id, sessionId), false)
    assert.deepEqual(await listSessions(storage, await storage.openAccount(id)), [])
  })
}

test('a use is noted every five minutes, not every time', async (t) => {
  const pass = clockAtNoon(t)
  const { id, token } = await signedIn()
  const account = await storage.openAccount(id)
  const lastUsed = async () => (await listSessions(storage, account))[0]?.lastUsedAt.getTime()
  const first = await lastUsed()
  pass(200)
  await findSession(storage, token)
  assert.equal(await lastUsed(), first)
  pass(200)
  await findSession(storage, token)
  assert.ok(((await lastUsed()) ?? 0) - (first ?? 0) >= 400_000)
})

test('a closed account has no sessions, a suspended one keeps them', async () => {
  const { id, token, sessionId } = await signedIn()
  const set = (state: string) => storage.database.sql`update account set state = ${state} where account_id = ${id}`
  await set('suspended')
  assert.equal((await findSession(storage, token))?.accountId, id)
  await set('closed')
  assert.equal(await findSession(storage, token), undefined)
  assert.equal(await lives(storage, id, sessionId), false)
})

test('the owner sees each session with browser and country, the newest first, and which is this one', async (t) => {
  const pass = clockAtNoon(t)
  const { id } = await addPerson(storage)
  const web = await openSession(storage, { accountId: id, kind: 'cookie', userAgent: FIREFOX, country: 'BE' })
  pass(60)
  await openSession(storage, { accountId: id, kind: 'bearer', userAgent: 'x'.repeat(100_000), country: 'nowhere' })
  const current = await idOf(web.token)
  const sessions = await listSessions(storage, await storage.openAccount(id), current)
  assert.deepEqual(
    sessions.map(({ kind, browser, country, isCurrent }) => ({ kind, browser, country, isCurrent })),
    [
      { kind: 'bearer', browser: null, country: null, isCurrent: false },
      { kind: 'cookie', browser: 'Firefox 145.0', country: 'BE', isCurrent: true },
    ],
  )
  assert.equal(sessions[1]?.id, current)
})

test('a session that is ended is over at once in every process, and whoever listens here is told', async (t) => {
  const { id, token, sessionId } = await signedIn()
  const told = listenFor(t, id, [sessionId])
  assert.equal(await endSession(storage, id, sessionId), true)
  assert.deepEqual(told, [sessionId])
  assert.equal(await findSession(elsewhere, token), undefined)
  assert.equal(await lives(elsewhere, id, sessionId), false)
  assert.equal(await endSession(storage, id, sessionId), false)
})

test("nobody ends another account's session, nor asks about it", async () => {
  const [mine, theirs] = [await signedIn(), await signedIn()]
  assert.equal(await endSession(storage, mine.id, theirs.sessionId), false)
  assert.equal(await lives(storage, mine.id, theirs.sessionId), false)
  assert.equal((await findSession(storage, theirs.token))?.accountId, theirs.id)
})

test('all sessions end but the one that is kept', async (t) => {
  const { id, sessionId } = await signedIn()
  const other = await signedIn()
  const more = await Promise.all([1, 2].map(() => openSession(storage, { accountId: id, kind: 'bearer' })))
  const ended = await Promise.all(more.map(({ token }) => idOf(token)))
  const told = listenFor(t, id, [...ended, sessionId])
  assert.equal(await endAllSessions(storage, id, sessionId), 2)
  assert.deepEqual(told.toSorted(), ended.toSorted())
  assert.equal(await lives(storage, id, sessionId), true)
  assert.equal(await endAllSessions(storage, id), 1)
  assert.equal(await lives(storage, id, sessionId), false)
  assert.equal(await lives(storage, other.id, other.sessionId), true)
})

test('a change of password tells the connections of every session', async (t) => {
  const { id, sessionId } = await signedIn()
  const told = listenFor(t, id, [sessionId])
  await changePassword(storage, id, 'quite another password')
  assert.deepEqual(told, [sessionId])
})

test('the hundred-and-first session makes the least recently used one leave', async (t) => {
  const pass = clockAtNoon(t)
  const { id, sessionId: first } = await signedIn()
  pass(1)
  for (let i = 0; i < 99; i++) await openSession(storage, { accountId: id, kind: 'bearer' })
  assert.equal(await lives(storage, id, first), true)
  const told = listenFor(t, id, [first])
  const { token } = await openSession(storage, { accountId: id, kind: 'bearer' })
  assert.deepEqual(told, [first])
  assert.equal((await findSession(storage, token))?.accountId, id)
  assert.equal((await listSessions(storage, await storage.openAccount(id))).length, 100)
})

test('no session is opened for an account that does not exist', async () => {
  await assert.rejects(openSession(storage, { accountId: 1, kind: 'cookie' }), { reason: 'notFound' })
})
