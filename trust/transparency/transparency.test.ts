import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { shiftClock } from '#system'
import { EVENT_KINDS, REFUSALS, type EventKind, type RegisterEvent } from '#trust/legal'
import { canonical } from '#trust/signing'
import { startServer } from '#test/server'
import { keepReport, publishReport, readReport } from './index.ts'
import { reportOf } from './report.ts'

const server = await startServer({ after }, {}, ['http'])
const { storage, config } = server
const DAY_SECONDS = 86_400

const event = (number: number, kind: EventKind, change: Partial<RegisterEvent> = {}): RegisterEvent => ({
  number,
  caseId: '2026-1',
  at: new Date('2026-11-30T12:00:00Z'),
  kind,
  country: 'BE',
  authority: 'court',
  request: 'traffic',
  reason: null,
  accounts: null,
  until: null,
  ...change,
})

async function* these(events: readonly RegisterEvent[]) {
  yield* events
}

/** Events as years of work leave them, the same with each run. */
function manyEvents(cases: number): RegisterEvent[] {
  let seed = 7
  const pick = <T>(of: readonly T[]): T => of[(seed = (seed * 1103515245 + 12345) % 2147483648) % of.length] as T
  const events: RegisterEvent[] = []
  const begin = Date.parse('2016-01-05T00:00:00Z')
  for (let i = 0; i < cases; i++) {
    const at = new Date(begin + (i / cases) * 10.4 * 365 * DAY_SECONDS * 1000)
    const of = {
      caseId: `c-${i}`,
      country: pick(['BE', 'FR', 'US', 'DE']),
      authority: pick(['court', 'police', 'private'] as const),
      request: pick(['traffic', 'identification', 'content', 'preservation'] as const),
    }
    const add = (kind: EventKind, more: Partial<RegisterEvent> = {}): void =>
      void events.push(event(events.length + 1, kind, { ...of, at, ...more }))
    add('received', { until: new Date(at.getTime() + 7 * DAY_SECONDS * 1000) })
    const end = pick(['released', 'refused', 'preserved', 'withdrawn', 'none'] as const)
    if (end === 'refused') add('refused', { reason: pick(REFUSALS) })
    else if (end === 'preserved' || end === 'released') {
      add(end, { accounts: pick([1, 2, 3]) })
      if (pick([true, false])) add('noticeDelayed', { accounts: 1 })
    } else if (end === 'withdrawn') add('withdrawn')
    if (pick([true, false]))
      add(pick(['locked', 'appealed', 'upheld', 'reversed'] as const), { caseId: null, reason: 'fraud' })
  }
  return events
}

test('the report is what one counts by hand, half-year by half-year', async () => {
  const events = manyEvents(3000)
  const at = new Date('2026-06-30T23:59:59Z')
  const { halfYears, current } = await reportOf(these(events), at)
  assert.equal(halfYears.length, 21)
  for (const half of halfYears) {
    const inIt = events.filter(({ at: when }) => when.toISOString() >= half.from && when.toISOString() < half.to)
    const count = (...kinds: EventKind[]): number => inIt.filter(({ kind }) => kinds.includes(kind)).length
    const accounts = (kind: EventKind): number =>
      inIt.filter((one) => one.kind === kind).reduce((sum, one) => sum + Number(one.accounts), 0)
    assert.deepEqual(
      [half.received, half.answered, half.refused, half.withdrawn, half.preservations, half.noticesDelayed],
      [
        count('received'),
        count('released'),
        count('refused'),
        count('withdrawn'),
        count('preserved'),
        count('noticeDelayed'),
      ],
    )
    assert.deepEqual([half.accounts, half.preservedAccounts], [accounts('released'), accounts('preserved')])
    assert.deepEqual(
      [half.locks['fraud'] ?? 0, half.appeals, half.upheld, half.reversals],
      [count('locked'), count('appealed'), count('upheld'), count('reversed')],
    )
    for (const name of ['received', 'answered', 'refused', 'withdrawn'] as const)
      assert.equal(
        half[name],
        half.origins.reduce((sum, origin) => sum + origin[name], 0),
        name,
      )
    for (const reason of REFUSALS)
      assert.equal(
        half.reasons[reason] ?? 0,
        inIt.filter((one) => one.kind === 'refused' && one.reason === reason).length,
      )
  }
  const ended = new Set(
    events.filter(({ kind }) => ['released', 'refused', 'withdrawn'].includes(kind)).map(({ caseId }) => caseId),
  )
  const held = new Set(events.filter(({ kind }) => kind === 'preserved').map(({ caseId }) => caseId))
  assert.equal(current.preserving, held.size)
  assert.equal(current.open, 3000 - ended.size - held.size)
})

const HALVES: [day: string, halfYear: string][] = [
  ['2026-01-01T00:00:00.000Z', '2026-1'],
  ['2026-06-30T23:59:59.999Z', '2026-1'],
  ['2026-07-01T00:00:00.000Z', '2026-2'],
  ['2026-12-31T23:59:59.999Z', '2026-2'],
]
for (const [day, halfYear] of HALVES)
  test(`what happens at ${day} is counted in ${halfYear}`, async () => {
    const { halfYears } = await reportOf(these([event(1, 'received', { at: new Date(day) })]), new Date(day))
    assert.deepEqual(
      halfYears.map(({ halfYear: name, received }) => [name, received]),
      [[halfYear, 1]],
    )
  })

test('nothing but what is named is in what is open now, and all kinds of events can be counted', async () => {
  const { current } = await reportOf(
    these(EVENT_KINDS.map((kind, i) => event(i + 1, kind))),
    new Date('2026-11-30T13:00:00Z'),
  )
  assert.deepEqual(Object.keys(current), ['open', 'overdue', 'preserving', 'noticesWaiting'])
})

test('a case is overdue from its day on, open until it is closed, and a delayed notice waits until it is given', async () => {
  const until = new Date('2026-12-07T00:00:00Z')
  const at = (day: string, ...more: RegisterEvent[]) =>
    reportOf(these([event(1, 'received', { until }), ...more]), new Date(day))
  assert.deepEqual((await at('2026-12-06T00:00:00Z')).current, {
    open: 1,
    overdue: 0,
    preserving: 0,
    noticesWaiting: 0,
  })
  assert.equal((await at('2026-12-07T00:00:01Z')).current.overdue, 1)
  const released = [event(2, 'released'), event(3, 'noticeDelayed')]
  assert.deepEqual((await at('2026-12-08T00:00:00Z', ...released)).current, {
    open: 0,
    overdue: 0,
    preserving: 0,
    noticesWaiting: 1,
  })
  assert.equal((await at('2026-12-08T00:00:00Z', ...released, event(4, 'noticeGiven'))).current.noticesWaiting, 0)
})

test('the signed report verifies with openssl, and not when anything of it was changed', async (t) => {
  await publishReport(storage, config)
  const answer = await fetch(`${server.http}/.well-known/transparency.json`)
  assert.equal(answer.headers.get('content-type'), 'application/json')
  const { signature, ...report } = (await answer.json()) as { signature: string; pem: string; computedAt: string }
  const folder = mkdtempSync(join(tmpdir(), 'zegel-report-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = (name: string): string => join(folder, name)
  writeFileSync(path('key.pem'), report.pem)
  writeFileSync(path('signature'), Buffer.from(signature, 'base64url'))
  const verifies = (message: string): boolean => {
    writeFileSync(path('report'), message)
    try {
      execFileSync(
        'openssl',
        [
          'pkeyutl',
          '-verify',
          '-pubin',
          '-inkey',
          path('key.pem'),
          '-rawin',
          '-in',
          path('report'),
          '-sigfile',
          path('signature'),
        ],
        { stdio: 'pipe' },
      )
      return true
    } catch {
      return false
    }
  }
  assert.ok(verifies(canonical(report)))
  assert.ok(!verifies(canonical({ ...report, computedAt: '2026-01-01T00:00:00.000Z' })))
})

test('the page, the feed and the table say what the register says, in four languages', async () => {
  await publishReport(storage, config)
  const { halfYears } = (await readReport(storage)) ?? { halfYears: [] }
  assert.equal(halfYears.length, 1)
  for (const language of ['de', 'fr', 'nl', 'en']) {
    const page = await (await fetch(`${server.http}/${language}/transparency`)).text()
    assert.match(page, /<svg[^>]+role="img"/)
    assert.match(page, /<table/)
    assert.doesNotMatch(page, /undefined|\{\w+\}|style=/)
    const feed = await fetch(`${server.http}/${language}/transparency.atom`)
    assert.match(feed.headers.get('content-type') ?? '', /application\/atom\+xml/)
    const text = await feed.text()
    assert.equal(text.split('<entry>').length - 1, 1)
    assert.match(text, /#20\d\d-[12]-begun/)
    const table = await fetch(`${server.http}/${language}/transparency.csv`)
    assert.match(await table.text(), /^halfYear,country/)
  }
})

test('the report is of the day: computed once a day, and of each half-year that ends', async (t) => {
  t.after(() => shiftClock(0))
  await publishReport(storage, config)
  assert.equal(await keepReport(storage, config), false)
  shiftClock(DAY_SECONDS)
  assert.equal(await keepReport(storage, config), true)
  assert.equal(await keepReport(storage, config), false)
})
