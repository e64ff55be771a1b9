import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import pg from 'pg'
import type { Storage } from '#storage'
import { nowMs, openCountries, shiftClock, type Log } from '#system'
import { clockAtNoon } from '#test/clock'
import { asAdministrator, silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { openJournal, prepareDays, readJournal, type JournalEntry, type RecordedEntry } from './index.ts'
import { promised } from '#test/promises'

const { config, url } = await testDatabase()
const storage = await openTestStorage({ after })
const countries = openCountries(config.countries)
const { pathname: host } = new URL(url)

/** As the owner of the tables, who may do what no part of the program may. */
const owner = new pg.Client({ host, user: 'zegel', database: new URL(url).searchParams.get('db') ?? '' })
// The database is dropped under it.
owner.on('error', () => undefined)
await owner.connect()
after(() => owner.end())
beforeEach(() => owner.query('truncate journal'))

async function record(entries: readonly JournalEntry[], through: Storage = storage): Promise<void> {
  const journal = openJournal(through, silent, countries)
  for (const entry of entries) journal.note(entry)
  await journal.close()
}

const DAY_MS = 86_400_000
const read = (addresses?: string[], limit = 100): Promise<RecordedEntry[]> =>
  readJournal(storage, {
    from: new Date(nowMs() - 40 * DAY_MS),
    to: new Date(nowMs() + DAY_MS),
    addresses,
    limit,
  })

const LETTER: JournalEntry = {
  ip: '192.0.2.7',
  messageId: 'lampion-17@example.org',
  sender: 'Bea@EXAMPLE.org',
  recipient: 'anna+shop@zegel.test',
  subject: 'Lampions für den Garten 🏮',
  browser: 'Firefox 145.0',
}

test(promised(4), async () => {
  const { rows } = await owner.query<{ name: string }>(
    "select attname as name from pg_attribute where attrelid = 'journal'::regclass and attnum > 0 order by attnum",
  )
  assert.deepEqual(
    rows.map(({ name }) => name),
    ['time', 'ip', 'message_id', 'sender', 'recipient', 'subject', 'browser', 'country'],
  )
})

test('what is noted is read again as it was, by whoever may', async () => {
  const before = nowMs()
  await record([LETTER, { sender: 'carl@zegel.test' }])
  const entries = await read()
  const { time, ...letter } = entries.find(({ ip }) => ip !== null) as RecordedEntry
  assert.ok(time.getTime() >= before && time.getTime() <= nowMs())
  assert.deepEqual(letter, {
    ip: '192.0.2.7',
    messageId: 'lampion-17@example.org',
    sender: 'bea@example.org',
    recipient: 'anna@zegel.test',
    subject: 'Lampions für den Garten 🏮',
    browser: 'Firefox 145.0',
    country: null,
  })
  assert.equal(entries.length, 2)
})

test('one person is found by any form of the address, as sender and as recipient, and nobody else with them', async () => {
  await record([
    LETTER,
    { sender: 'anna@zegel.test', recipient: 'dora@example.net' },
    { sender: 'hanna@zegel.test', recipient: 'dora@example.net' },
  ])
  for (const form of ['anna@zegel.test', 'ANNA@Zegel.Test', 'anna+else@zegel.test'])
    assert.equal((await read([form])).length, 2, form)
  assert.equal((await read(['nobody@zegel.test'])).length, 0)
  assert.equal((await read([])).length, 0)
  assert.equal((await read(['anna@zegel.test', 'hanna@zegel.test'])).length, 3)
  assert.equal((await read(['anna@zegel.test'], 1)).length, 1)
})

test('the country of an address is found in the tables', async () => {
  const journal = openJournal(storage, silent, { find: async (ip) => (ip === '192.0.2.7' ? 'NL' : undefined) })
  journal.note(LETTER)
  journal.note({ ip: '198.51.100.1' })
  await journal.close()
  assert.deepEqual((await read()).map(({ country }) => country).toSorted(), ['NL', null])
})

test('nothing of it stands in the table in clear, and equal addresses look the same on one day only', async (t) => {
  const pass = clockAtNoon(t)
  await record([LETTER, LETTER])
  pass(86_400)
  await record([LETTER])
  const { rows } = await owner.query<Record<string, Buffer>>('select * from journal order by time')
  assert.equal(rows.length, 3)
  const dump = Buffer.concat(
    rows.flatMap(({ time: _time, ...sealed }) => Object.values(sealed).filter(Buffer.isBuffer)),
  )
  for (const word of ['192.0.2.7', 'lampion', 'example', 'zegel', 'anna', 'Garten', 'Firefox'])
    assert.ok(!dump.includes(word), word)
  const [first, second, third] = rows
  const isSame = (column: string, one = first, other = second): boolean =>
    (one?.[column] as Buffer).equals(other?.[column] as Buffer)
  assert.deepEqual(
    ['sender', 'recipient'].map((column) => isSame(column)),
    [true, true],
  )
  assert.deepEqual(
    ['ip', 'message_id', 'subject', 'browser'].map((column) => isSame(column)),
    [false, false, false, false],
  )
  assert.deepEqual(
    ['sender', 'recipient'].map((column) => isSame(column, first, third)),
    [false, false],
  )
})

test('a sealed value tells little of its length', async () => {
  await record([
    { ip: '192.0.2.7', sender: 'a@b.de', subject: 'x' },
    { ip: '2001:db8:85a3:8d3:1319:8a2e:370:7348', sender: 'anna.margarete@example.org', subject: 'x'.repeat(60) },
  ])
  const { rows } = await owner.query<{ lengths: string }>(
    'select distinct concat(length(ip), length(sender), length(subject)) as lengths from journal',
  )
  assert.equal(rows.length, 1)
})

test('a value moved to another column or another day does not open', async (t) => {
  const pass = clockAtNoon(t)
  await record([LETTER])
  pass(86_400)
  await record([{ sender: 'x@example.org' }])
  for (const other of ['recipient', 'message_id']) {
    await owner.query('begin')
    await owner.query(`update journal set sender = ${other} where recipient is not null`)
    await owner.query('commit')
    await assert.rejects(read(), { name: 'SealBroken' }, other)
  }
  await owner.query(
    'update journal a set sender = b.sender, recipient = null from journal b where a.recipient is not null and b.recipient is null',
  )
  await assert.rejects(read(), { name: 'SealBroken' })
})

const hostile: Record<string, JournalEntry> = {
  'a subject of a megabyte': { subject: '🏮'.repeat(1 << 18) },
  'null bytes': { subject: 'a\0b', sender: '\0@\0', messageId: '\0' },
  'half a surrogate': { subject: '\ud83c', sender: '\ud83c@example.org' },
  'an address of a megabyte': { sender: `${'x'.repeat(1 << 20)}@example.org`, recipient: '+'.repeat(1 << 20) },
  'no address at all': { sender: '@', recipient: '<<>>', ip: 'unix:' },
  'line ends': { subject: 'a\r\nb', sender: 'a\r\n@example.org' },
  SQL: { sender: "'; drop table journal; --", subject: '{NULL,"\\\\x"}' },
}
for (const [what, entry] of Object.entries(hostile))
  test(`noted without harm, and bounded: ${what}`, async () => {
    await record([entry, LETTER])
    const { rows } = await owner.query<{ most: number }>('select max(pg_column_size(journal.*)) as most from journal')
    assert.ok((rows[0]?.most ?? 0) < 1600)
    assert.equal((await read()).length, 2)
    assert.equal((await read(['anna@zegel.test'])).length, 1)
  })

test('of a sealed account no subject is recorded', async () => {
  await record([{ ...LETTER, isSealed: true }])
  assert.deepEqual(
    (await read()).map(({ subject, sender }) => [subject, sender]),
    [[null, 'bea@example.org']],
  )
})

test('when the day’s key is destroyed, nobody reads its entries, though the rows are there', async (t) => {
  const pass = clockAtNoon(t)
  await record([LETTER])
  const day = new Date(nowMs()).toISOString().slice(0, 10)
  pass(86_400)
  await record([{ sender: 'later@example.org' }])
  assert.equal((await read()).length, 2)
  await storage.database.sql`delete from keys.wrap where place = ${`day/${day}`}`
  assert.deepEqual(
    (await read()).map(({ sender }) => sender),
    ['later@example.org'],
  )
  assert.deepEqual(await read(['bea@example.org']), [])
  assert.equal((await owner.query('select from journal')).rowCount, 2)
})

test('two processes that write first on a new day both find its partition', async () => {
  shiftClock(77 * 86_400)
  try {
    const others = await Promise.all([1, 2, 3].map(() => openTestStorage({ after })))
    await Promise.all(others.map((other) => record([LETTER, LETTER], other)))
    assert.equal((await read()).length, 6)
  } finally {
    shiftClock(0)
  }
})

test('the worker makes the partitions of the days to come', async () => {
  shiftClock(150 * 86_400)
  try {
    await prepareDays(storage)
    await prepareDays(storage)
    const days = [0, 1, 2].map((ahead) =>
      new Date(nowMs() + ahead * DAY_MS).toISOString().slice(0, 10).replaceAll('-', ''),
    )
    const { rowCount } = await owner.query('select from pg_class where relname = any($1)', [
      days.map((day) => `journal_${day}`),
    ])
    assert.equal(rowCount, 3)
  } finally {
    shiftClock(0)
  }
})

test('a partition dropped under a writer’s feet is made again', async () => {
  const journal = openJournal(storage, silent, countries)
  journal.note(LETTER)
  await written((count) => count === 1)
  await storage.database.sql`select drop_journal_day('9999-01-01')`
  while ((await owner.query('select drop_journal_day($1) as done', ['9999-01-01'])).rows[0]?.done === true);
  journal.note(LETTER)
  await written((count) => count === 1)
  await journal.close()
})

/** Resolves when so many rows are in the table. */
async function written(isAll: (count: number) => boolean): Promise<void> {
  for (;;) {
    const { rowCount } = await owner.query('select from journal')
    if (isAll(rowCount ?? 0)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A log that gathers what it is told, as it would be written. */
function listeningLog(): { log: Log; said: unknown[] } {
  const said: unknown[] = []
  const say = (fields: unknown, text: unknown): void => void said.push([fields, text])
  return { log: { info: say, warn: say, error: say, debug: () => undefined } as unknown as Log, said }
}

/** Nobody but we is connected to the database, and nobody gets in, while this runs. */
async function withoutDatabase(work: () => Promise<void>): Promise<void> {
  const { rows } = await owner.query<{ name: string }>('select current_database() as name')
  const { name = '' } = rows[0] ?? {}
  await asAdministrator(url, `alter database ${name} with allow_connections false`)
  await owner.query(
    'select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
    [name],
  )
  try {
    await work()
  } finally {
    await asAdministrator(url, `alter database ${name} with allow_connections true`)
  }
}

test('what is noted while the database is away is written when it is back', async () => {
  const { log, said } = listeningLog()
  const journal = openJournal(storage, log, countries)
  await withoutDatabase(async () => {
    for (let i = 0; i < 700; i++) journal.note({ ...LETTER, messageId: `${i}` })
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    journal.note({ sender: 'late@example.org' })
    assert.equal((await owner.query('select from journal')).rowCount, 0)
  })
  await written((count) => count === 701)
  await journal.close()
  assert.deepEqual(said[0], [{}, 'the journal is not written: its entries wait'])
  assert.equal(new Set((await read(undefined, 1000)).map(({ messageId }) => messageId)).size, 701)
})

test('what there is no room for is dropped, the oldest first, and only its count is said', async () => {
  const { log, said } = listeningLog()
  const journal = openJournal(storage, log, countries)
  await withoutDatabase(async () => {
    for (let i = 0; i < 25_000; i++) journal.note({ messageId: `number ${i}`, sender: 'zoe@example.org' })
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  })
  // Closing waits for a few seconds only.
  await written((count) => count >= 20_000)
  await journal.close()
  const { rows } = await owner.query<{ count: number }>('select count(*)::int as count from journal')
  const kept = rows[0]?.count ?? 0
  assert.ok(kept >= 20_000 && kept <= 20_500, `${kept}`)
  const [newest] = await read(['zoe@example.org'], 1)
  assert.equal(newest?.messageId !== undefined, true)
  const numbers = (await read(undefined, 10_000)).map(({ messageId }) => Number(messageId?.slice(7)))
  assert.ok(numbers.every((number) => number >= 25_000 - kept))
  assert.deepEqual(said.at(-1), [
    { count: 25_000 - kept },
    'entries of the journal were dropped while it could not be written',
  ])
  assert.doesNotMatch(JSON.stringify(said), /zoe|example|number 1/)
})

test('what cannot be written at the end is counted in the log', async () => {
  const { log, said } = listeningLog()
  const journal = openJournal(storage, log, countries)
  await withoutDatabase(async () => {
    journal.note(LETTER)
    journal.note(LETTER)
    await journal.close()
  })
  assert.deepEqual(said.at(-1), [{ count: 2 }, 'entries of the journal were lost: the database did not take them'])
})
