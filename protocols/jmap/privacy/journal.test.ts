import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { JournalEntry } from '#trust/journal'
import { clockAtNoon } from '#test/clock'
import { heldBy, recordNow } from '#test/held'
import { openMailReader, type MailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>

const server = await startServer({ after }, {}, ['http'])
const record = (entries: readonly JournalEntry[]): Promise<void> => recordNow(server, entries)

const countOf = async (reader: MailReader, id: string): Promise<number | null> =>
  (await heldBy(reader))[id]?.count ?? null

interface Shown extends Json {
  id: string
}

async function journal(reader: MailReader, filter: Json | null = null, more: Json = {}): Promise<Shown[]> {
  const { ids } = await reader.call('JournalEntry/query', { filter, ...more })
  const list = (await reader.call('JournalEntry/get', { ids }))['list'] as Shown[]
  // Asking is signing in, here.
  return list.filter(({ ip }) => ip !== '127.0.0.1')
}

const BROWSER = 'Firefox 145.0'

test('the journal is shown to the people it is about: what they did with everything, what came to them without who brought it', async (t) => {
  const pass = clockAtNoon(t)
  const [anna, bert] = [await openMailReader(server), await openMailReader(server)]
  const [a, b] = [anna.person.address, bert.person.address]
  pass(60)
  await record([{ ip: '192.0.2.7', sender: a, browser: BROWSER }])
  pass(60)
  await record([
    { ip: '192.0.2.7', sender: a, recipient: b, subject: 'Lampions', messageId: 'l@zegel.test', browser: BROWSER },
  ])
  pass(60)
  await record([
    { ip: '198.51.100.9', sender: 'bea@example.org', recipient: a.replace('@', '+shop@'), subject: 'Äpfel' },
  ])
  pass(60)
  await record([{ ip: '198.51.100.9', recipient: 'somebody@example.net', subject: 'None of theirs' }])

  const own = (await journal(anna)).map(({ kind, own: address, other, subject, ip, browser }) => ({
    kind,
    own: address,
    other,
    subject,
    ip,
    browser,
  }))
  assert.deepEqual(own, [
    { kind: 'received', own: a, other: 'bea@example.org', subject: 'Äpfel', ip: null, browser: null },
    { kind: 'sent', own: a, other: b, subject: 'Lampions', ip: '192.0.2.7', browser: BROWSER },
    { kind: 'signIn', own: a, other: null, subject: null, ip: '192.0.2.7', browser: BROWSER },
  ])
  const others = (await journal(bert)).map(({ kind, other, subject, ip, browser, country }) => [
    kind,
    other,
    subject,
    ip,
    browser,
    country,
  ])
  assert.deepEqual(others, [['received', a, 'Lampions', null, null, null]])
  assert.doesNotMatch(JSON.stringify(await journal(bert)), /192\.0\.2|Firefox/)

  assert.deepEqual(
    (await journal(anna, { kinds: ['signIn', 'sent'] })).map(({ kind }) => kind),
    ['sent', 'signIn'],
  )
  const [newest, middle] = await journal(anna)
  assert.deepEqual(
    (await journal(anna, { before: newest?.['time'] })).map(({ kind }) => kind),
    ['sent', 'signIn'],
  )
  assert.deepEqual(
    (await journal(anna, { after: middle?.['time'] })).map(({ kind }) => kind),
    ['received', 'sent'],
  )
  assert.deepEqual(
    (await journal(anna, null, { limit: 1, position: 1 })).map(({ id }) => id),
    [middle?.id],
  )
  assert.deepEqual((await anna.call('JournalEntry/get', { ids: [(await journal(bert))[0]?.id, 'Jzz'] }))['list'], [])
  // Reading it is not recorded.
  assert.equal((await journal(anna)).length, 3)
  assert.ok(Number(await countOf(anna, 'journal')) >= 3)
})

test("what was written to an address before it was somebody's is not shown to them", async (t) => {
  const pass = clockAtNoon(t)
  const name = `later-${Math.random().toString(36).slice(2)}`
  await record([
    { ip: '192.0.2.7', sender: 'bea@example.org', recipient: `${name}@zegel.test`, subject: 'To whoever was before' },
  ])
  pass(60)
  const reader = await openMailReader(server, name)
  assert.deepEqual(await journal(reader), [])
})

test('of many entries of one time, and of many more, each is given once and in its order', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await openMailReader(server)
  pass(60)
  const many = (from: number): JournalEntry[] =>
    Array.from({ length: 400 }, (_, n) => ({
      ip: '192.0.2.7',
      sender: reader.person.address,
      recipient: 'x@example.org',
      subject: `${from + n}`,
    }))
  for (const from of [0, 400, 800]) {
    await record(many(from))
    pass(60)
  }
  const all = await journal(reader, null, { limit: 1000 })
  assert.equal(new Set(all.map(({ subject }) => subject)).size, 1000)
  const times = all.map(({ time }) => String(time))
  assert.deepEqual(times, times.toSorted().toReversed())
})

test('a day of the journal ends at the midnight that is said', async (t) => {
  const pass = clockAtNoon(t)
  const reader = await openMailReader(server)
  pass(60)
  await record([{ ip: '192.0.2.7', sender: reader.person.address }])
  const { journal: category } = await heldBy(reader)
  const [oldest, ends] = [Date.parse(String(category?.['oldestAt'])), Date.parse(String(category?.['vanishesAt']))]
  assert.equal(ends % 86_400_000, 0)
  assert.ok(ends - oldest > 29 * 86_400_000 && ends - oldest <= 30 * 86_400_000)
})
