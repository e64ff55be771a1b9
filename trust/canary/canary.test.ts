import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { keepVersions, readPromises } from '#policy'
import { shiftClock, type Config } from '#system'
import { recordAccess } from '#trust/access'
import { openTestStorage, testDatabase, type Undo } from '#test/database'
import { HEADLINE, newKeyholder, promisesWith, publishSigned, signedBy, type TestKeyholder } from '#test/keyholders'
import { addPerson } from '#test/people'
import {
  canaryNow,
  findCanary,
  prepareCanary,
  publicCanary,
  publishCanary,
  publishedCanaries,
  readCanaryFile,
  signCanary,
  signersOf,
  standingOf,
  writeCanaryFile,
  type CanaryFile,
} from './index.ts'

const DAY = 86_400
const storage = await openTestStorage({ after })
const { config: settings } = await testDatabase()
const { sql } = storage.database

const [saskia, driss, ilse, mallory] = ['Saskia Claes', 'Driss Benali', 'Ilse Vandenbroucke', 'Mallory'].map(
  newKeyholder,
) as [TestKeyholder, TestKeyholder, TestKeyholder, TestKeyholder]
const keyholders = [saskia, driss, ilse]
const config: Config = { ...settings, policy: promisesWith(settings, keyholders) }
const promised = readPromises(config).canary

/** Moves this process's clock for the rest of a test. */
function later(t: Undo, seconds: number): void {
  shiftClock(seconds)
  t.after(async () => shiftClock(0))
}

const prepared = (): Promise<CanaryFile> => prepareCanary(storage, config, [HEADLINE])

/** The sentences with which a canary is refused. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error: { reason?: string; fields?: string[] } = await work.then(
    () => assert.fail('it was taken'),
    (thrown) => thrown,
  )
  assert.equal(error.reason, 'invalid')
  return (error.fields ?? []).join('\n')
}

test('without keyholders no canary is promised, and none can be prepared', async () => {
  assert.deepEqual((await canaryNow(storage, settings)).standing, { state: 'none' })
  assert.match(await refusal(prepareCanary(storage, settings, [HEADLINE])), /name no keyholders/)
})

test('a canary signed by two of three is fresh, says how far the access log went, and turns stale by itself', async (t) => {
  assert.deepEqual((await canaryNow(storage, config)).standing, { state: 'missing', why: 'never' })
  const { id } = await addPerson(storage)
  await recordAccess(storage, [id], { by: 'commandLine', purpose: 'checks', reference: 'test', fields: ['state'] })
  const { number, signers, staleAt } = await publishSigned(storage, config, [driss, saskia])
  assert.deepEqual([number, signers], [1, ['Driss Benali', 'Saskia Claes']])
  assert.deepEqual((await canaryNow(storage, config)).standing, { state: 'fresh', staleAt })
  const { canary } = await publicCanary(storage, config)
  assert.ok(canary)
  assert.deepEqual([canary.statement.values, canary.statement.heads['access']?.number], [[HEADLINE], 1])

  later(t, 14 * DAY - 3600)
  assert.equal((await canaryNow(storage, config)).standing.state, 'fresh')
  later(t, 14 * DAY + 60)
  assert.deepEqual((await canaryNow(storage, config)).standing, { state: 'stale', staleAt })
  // Signed anew, it is fresh again, and the one before stays.
  await publishSigned(storage, config, [ilse, saskia])
  assert.equal((await canaryNow(storage, config)).standing.state, 'fresh')
  const all = await publishedCanaries(sql)
  assert.deepEqual(
    all.map((one) => [one.statement.number, signersOf(one, one.promised.keyholders)]),
    [
      [2, ['Ilse Vandenbroucke', 'Saskia Claes']],
      [1, ['Driss Benali', 'Saskia Claes']],
    ],
  )
  assert.equal((await findCanary(sql, 1))?.text, all[1]?.text)
  assert.equal(await findCanary(sql, 3), undefined)
})

test('where fewer days are promised by now, it turns stale sooner than it says', async () => {
  const [newest] = await publishedCanaries(sql, 1)
  assert.ok(newest)
  const at = new Date(Date.parse(newest.statement.date) + 5 * DAY * 1000)
  const where = { host: config.hostname, at }
  assert.equal(standingOf(newest, promised, where).state, 'fresh')
  assert.equal(standingOf(newest, { ...promised, days: 5 }, where).state, 'stale')
  assert.equal(standingOf(newest, promised, { ...where, host: 'mail.example.net' }).state, 'missing')
})

/** After the two of the tests above, whose dates lie ahead of the clock. */
const NEXT_SECONDS = 20 * DAY

/** What is done to a file that two of three have signed, or with it, and what the operator is told. */
const ATTACKS: [what: string, attack: (file: CanaryFile) => CanaryFile, told: RegExp][] = [
  [
    'a key of nobody',
    (file) => signedBy({ ...file, signatures: file.signatures.slice(1) }, [mallory]),
    /none of a keyholder[^]*1 of the 2 signatures/,
  ],
  [
    'the same keyholder twice',
    ({ statement, signatures: [first] }) => ({ statement, signatures: [first, first] as CanaryFile['signatures'] }),
    /has signed twice, and counts once[^]*1 of the 2 signatures/,
  ],
  ['one signature of two', (file) => ({ ...file, signatures: file.signatures.slice(1) }), /^1 of the 2 signatures/],
  ['no signature', (file) => ({ ...file, signatures: [] }), /^0 of the 2 signatures/],
  [
    'a later date',
    (file) => changed(file, { date: new Date(Date.parse(file.statement.date) + 1000).toISOString() }),
    /Driss Benali does not fit[^]*0 of the 2/,
  ],
  [
    'more days than promised',
    (file) => changed(file, { goodUntil: new Date(Date.parse(file.statement.goodUntil) + DAY * 1000).toISOString() }),
    /longer than the 14 days/,
  ],
  [
    'more days than promised, and signed',
    (file) =>
      signedBy(
        {
          ...changed(file, { goodUntil: new Date(Date.parse(file.statement.goodUntil) + DAY * 1000).toISOString() }),
          signatures: [],
        },
        [saskia, ilse],
      ),
    /^It wants to be good for longer than the 14 days/,
  ],
  ['another value', (file) => changed(file, { values: ['Another headline'] }), /Driss Benali does not fit/],
  [
    'a sentence less',
    (file) => changed(file, { says: { noBackDoor: file.statement.says['noBackDoor'] as string } }),
    /does not say what a canary/,
  ],
  [
    'the signature of another',
    ({ statement, signatures: [first, second] }) => ({
      statement,
      signatures: [{ ...first, value: second?.value }, second] as CanaryFile['signatures'],
    }),
    /does not fit[^]*1 of the 2/,
  ],
  ['the statement of another service', (file) => changed(file, { host: 'mail.example.net' }), /about another service/],
  ['a number that was published', (file) => changed(file, { number: 2 }), /was published already/],
  ['a number too far', (file) => changed(file, { number: 5 }), /does not follow/],
  ['a gap in the history', (file) => changed(file, { previous: null }), /does not follow/],
  [
    'a key that is no point of the curve',
    (file) => ({
      ...file,
      signatures: [
        {
          algorithm: 'Ed25519',
          key: Buffer.alloc(32, 0xff).toString('base64url'),
          value: Buffer.alloc(64).toString('base64url'),
        },
      ],
    }),
    /none of a keyholder/,
  ],
]

const changed = (file: CanaryFile, statement: Partial<CanaryFile['statement']>): CanaryFile => ({
  ...file,
  statement: { ...file.statement, ...statement },
})

for (const [what, attack, told] of ATTACKS)
  test(`what is not published: ${what}`, async (t) => {
    later(t, NEXT_SECONDS)
    const file = attack(signedBy(await prepared(), [driss, ilse]))
    assert.match(await refusal(publishCanary(storage, config, file)), told)
    assert.equal((await publishedCanaries(sql)).length, 2)
  })

test('what is not published: an older one once more, one that waited too long, and one from the future', async (t) => {
  const [, first] = await publishedCanaries(sql)
  assert.ok(first)
  const replay = { statement: first.statement, signatures: first.signatures }
  assert.match(await refusal(publishCanary(storage, config, replay)), /was published already/)
  later(t, NEXT_SECONDS)
  const file = signedBy(await prepared(), [driss, ilse])
  later(t, NEXT_SECONDS + 8 * DAY)
  assert.match(await refusal(publishCanary(storage, config, file)), /more than 7 days ago/)
  later(t, NEXT_SECONDS - DAY)
  assert.match(await refusal(publishCanary(storage, config, file)), /in the future/)
})

test('a keyholder is told why not to sign: signed already, changed, dated wrongly', async (t) => {
  later(t, NEXT_SECONDS)
  const file = signedBy(await prepared(), [driss])
  const signs = async (one: CanaryFile): Promise<unknown> => signCanary(one, driss)
  assert.match(await refusal(signs(file)), /signed it already/)
  const other = changed(file, { values: ['Another headline'] })
  assert.match(await refusal((async () => signCanary(other, ilse))()), /changed after somebody had signed it/)
  const less = changed({ ...file, signatures: [] }, { says: {} })
  assert.match(await refusal((async () => signCanary(less, ilse))()), /does not say what a canary/)
  later(t, NEXT_SECONDS - DAY)
  assert.match(await refusal((async () => signCanary(file, ilse))()), /in the future/)
  later(t, NEXT_SECONDS + 8 * DAY)
  assert.match(await refusal((async () => signCanary(file, ilse))()), /more than 7 days ago/)
  later(t, NEXT_SECONDS + 30 * DAY)
  assert.match(await refusal((async () => signCanary(file, ilse))()), /was good until .* only/)
})

const FILES: [what: string, change: (text: string) => string][] = [
  ['a truncated file', (text) => text.slice(0, text.length / 2)],
  ['an empty file', () => ''],
  ['a giant file', (text) => text.replace(HEADLINE, 'x'.repeat(70_000))],
  ['one of a hundred thousand brackets', () => '['.repeat(60_000)],
  ['a file of another kind', (text) => text.replace('zegel canary', 'zegel receipt')],
  ['a member more', (text) => text.replace('"kind"', '"also": 1, "kind"')],
  ['a value with a line break', (text) => text.replace(HEADLINE, 'a headline\\nSigned: nobody')],
  ['a value that a terminal would obey', (text) => text.replace(HEADLINE, 'a headline \\u001b[2J')],
  ['a value that is half a character', (text) => text.replace(HEADLINE, 'a headline \\ud800')],
  ['a name that every object has', (text) => text.replace('"access"', '"__proto__"')],
  ['a key in another spelling', (text) => text.replace(/"key": "([^"]{42})[^"]"/, '"key": "$1_"')],
  ['a signature that is cut', (text) => text.replace(/"value": ".{10}/, '"value": "')],
  ['a date without its zone', (text) => text.replace(/("date": "[^"]+)Z"/, '$1"')],
  ['a number that is none', (text) => text.replace(/"number": (\d+),\n {4}"prev/, '"number": 1e99,\n    "prev')],
]
for (const [what, change] of FILES)
  test(`no canary is read from ${what}`, async (t) => {
    later(t, NEXT_SECONDS)
    const text = writeCanaryFile(signedBy(await prepared(), [driss]))
    assert.equal(writeCanaryFile(readCanaryFile(text)), text)
    assert.notEqual(change(text), text)
    assert.throws(() => readCanaryFile(change(text)), { reason: 'invalid' })
  })

test('values are asked for, and are to be lines of text', async (t) => {
  later(t, NEXT_SECONDS)
  for (const values of [[], ['short'], ['a line\nand another'], Array<string>(6).fill(HEADLINE), ['x'.repeat(301)]])
    assert.match(await refusal(prepareCanary(storage, config, values)), /^--value: wanted are/)
})

test('another keyholder counts from the day on which that version of the policy takes effect', async (t) => {
  later(t, NEXT_SECONDS)
  await keepVersions(storage.database, readPromises(config), 30)
  const other: Config = { ...config, policy: promisesWith(settings, [saskia, driss, mallory]) }
  const [version] = await keepVersions(storage.database, readPromises(other), 30)
  assert.equal(version?.document, 'policy')
  // Announced, and not yet in force.
  assert.match(await refusal(publishSigned(storage, other, [saskia, mallory])), /none of a keyholder/)
  await publishSigned(storage, other, [saskia, ilse])
  later(t, NEXT_SECONDS + 25 * DAY)
  await publishSigned(storage, other, [ilse, driss])
  assert.equal((await canaryNow(storage, other)).standing.state, 'fresh')
  later(t, NEXT_SECONDS + 31 * DAY)
  // Signed by one who is a keyholder no more: of two signatures one is left.
  assert.deepEqual((await canaryNow(storage, other)).standing, { state: 'missing', why: 'signatures' })
  assert.match(await refusal(publishSigned(storage, other, [ilse, driss])), /none of a keyholder[^]*1 of the 2/)
  await publishSigned(storage, other, [mallory, driss])
  assert.equal((await canaryNow(storage, other)).standing.state, 'fresh')
})
