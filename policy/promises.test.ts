import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { testConfig } from '#test/cluster'
import { brokenPromises, followPromises, readPromises } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'zegel-promises-'))
after(() => rmSync(folder, { recursive: true }))
const shipped = testConfig({ dataFolder: folder, keyFile: join(folder, 'key') })

/** What these tests are not about. */
const REST = '[purposes]\ncollected = ["checks"]\n[erasure]\nonRequest = false\n'

/** The settings under other promises. */
function under(text: string): typeof shipped {
  const file = join(folder, 'promises.toml')
  writeFileSync(file, text)
  return { ...shipped, policy: { ...shipped.policy, promises: file } }
}

test('the settings that are shipped keep the promises that are shipped', () => {
  assert.deepEqual(readPromises(shipped), {
    journal: { days: 30 },
    purposes: { collected: ['checks', 'requests', 'support', 'payments'] },
    erasure: { onRequest: true },
    deleted: { days: 45 },
    backup: { days: 14 },
    closed: { reopenDays: 365, eraseDays: 30 },
    appeals: { days: 14 },
    idle: { months: 0 },
    tickets: { days: 90 },
    recovery: { waitDays: 3 },
    canary: { needed: 1, days: 14, keyholders: [] },
    requests: { delayDays: 365, preserveDays: 90, detailsDays: 365 },
  })
  assert.deepEqual(brokenPromises(shipped, readPromises(shipped)), [])
})

const CLOSED =
  '[closed]\nreopenDays = 365\neraseDays = 30\n[appeals]\ndays = 14\n[idle]\nmonths = 0\n[tickets]\ndays = 90\n[recovery]\nwaitDays = 3\n'

const SETTINGS: [what: string, settings: object, broken: RegExp[]][] = [
  ['what is recorded kept for fewer days', { journal: { days: 7 } }, []],
  ['for more', { journal: { days: 31 } }, [/^journal\.days: breaks promise 4: .* 30 days at most$/]],
  [
    'for longer than what was deleted',
    { journal: { days: 46 } },
    [/promise 4: .* 30 days/, /promise 4: .* after 45 days$/],
  ],
  [
    'what is deleted kept for longer',
    { retention: { ...shipped.retention, deletedDays: 90 } },
    [/^retention\.deletedDays: breaks promise 14: what is deleted is gone .* after 45 days$/],
  ],
  [
    'for fewer days',
    { retention: { ...shipped.retention, deletedDays: 44 } },
    [/^retention\.deletedDays: breaks promise 14: .* can be brought back for 45 days$/],
  ],
  [
    'backups that live for longer',
    { backup: { hours: 6, days: 15 } },
    [/^backup\.days: breaks promise 14: a backup lives for 14 days at most$/],
  ],
  [
    'for as long as what was deleted',
    { backup: { hours: 6, days: 45 } },
    [/a backup lives for 14 days at most$/, /ends before what was deleted is gone from every system$/],
  ],
  [
    'a closed account reopened for fewer days',
    { closing: { reopenDays: 364, eraseDays: 30, remindDays: [] } },
    [/^closing\.reopenDays: breaks promise 15: .* 365 days$/],
  ],
  [
    'erased later',
    { closing: { reopenDays: 365, eraseDays: 31, remindDays: [] } },
    [/^closing\.eraseDays: breaks promise 15: .* 30 days after the 365/],
  ],
  [
    'closed because nobody uses it',
    { idle: { months: 24, noticeDays: [7] } },
    [/^idle\.months: breaks promise 15: no account is closed/],
  ],
  [
    'tickets kept for longer',
    { tickets: { days: 91 } },
    [/^tickets\.days: breaks promise 10: .* 90 days after its end$/],
  ],
  [
    'a recovery without waiting',
    { recovery: { waitDays: 2 } },
    [/^recovery\.waitDays: breaks promise 5: .* 3 days .*$/],
  ],
  ['appeals decided later', { appeals: { days: 15 } }, [/^appeals\.days: breaks promise 15: .* within 14 days$/]],
  ['erased earlier', { closing: { reopenDays: 365, eraseDays: 1, remindDays: [] } }, []],
]
for (const [what, settings, broken] of SETTINGS)
  test(`${what}: ${broken.length === 0 ? 'kept' : 'broken'}`, () => {
    const found = brokenPromises({ ...shipped, ...settings }, readPromises(shipped))
    assert.equal(found.length, broken.length)
    for (const [i, pattern] of broken.entries()) assert.match(found[i] ?? '', pattern)
  })

test('another operator promises something else, and is held to that', () => {
  const other = under(`${REST}[journal]\ndays = 7\n[deleted]\ndays = 60\n[backup]\ndays = 20\n${CLOSED}`)
  assert.deepEqual(readPromises(other), {
    journal: { days: 7 },
    purposes: { collected: ['checks'] },
    erasure: { onRequest: false },
    deleted: { days: 60 },
    backup: { days: 20 },
    closed: { reopenDays: 365, eraseDays: 30 },
    appeals: { days: 14 },
    idle: { months: 0 },
    tickets: { days: 90 },
    recovery: { waitDays: 3 },
    canary: { needed: 1, days: 14, keyholders: [] },
    requests: { delayDays: 365, preserveDays: 90, detailsDays: 365 },
  })
  const promises = readPromises(other)
  assert.equal(brokenPromises(other, promises).length, 2)
  const settings = { ...other, journal: { days: 7 }, retention: { ...other.retention, deletedDays: 60 } }
  assert.deepEqual(brokenPromises(settings, promises), [])
})

test('the operator named in the file of promises is the one that is told, and no setting says otherwise', () => {
  const promises = { ...readPromises(shipped), operator: { name: 'Verein Post', country: 'NL' } }
  const untouched = { ...shipped, operator: { ...shipped.operator, contact: 'Am Deich 1' } }
  followPromises(untouched, promises)
  assert.deepEqual(untouched.operator, { name: 'Verein Post', contact: 'Am Deich 1', country: 'NL' })
  const other = { ...shipped, operator: { name: 'Jemand', country: 'DE' } }
  followPromises(other, promises)
  assert.deepEqual(other.operator.name, 'Jemand')
  assert.match(brokenPromises(other, promises)[0] ?? '', /^operator: breaks promise 17: /)
})

test('settings that nobody has chosen follow what is promised, and those that somebody has chosen do not', () => {
  const promises = readPromises(
    under(`${REST}[journal]\ndays = 7\n[deleted]\ndays = 60\n[backup]\ndays = 20\n${CLOSED}`),
  )
  const untouched = { ...shipped, journal: { ...shipped.journal }, retention: { ...shipped.retention } }
  followPromises(untouched, promises)
  assert.deepEqual([untouched.journal.days, untouched.retention.deletedDays], [7, 60])
  const chosen = { ...shipped, journal: { days: 20 }, retention: { ...shipped.retention, deletedDays: 50 } }
  followPromises(chosen, promises)
  assert.deepEqual([chosen.journal.days, chosen.retention.deletedDays], [20, 50])
  const fewer = { ...shipped, journal: { days: 3 }, retention: { ...shipped.retention, deletedDays: 60 } }
  followPromises(fewer, promises)
  assert.equal(fewer.journal.days, 3, 'fewer days than promised keep the promise')
})

const FILES: [what: string, text: string, complaint: RegExp][] = [
  ['without a promise', '[journal]\ndays = 30\n', /deleted: /],
  ['with a purpose that nobody promised', '[purposes]\ncollected = ["advertising"]\n', /purposes\.collected\.0: /],
  ['that collects for nothing', '[purposes]\ncollected = []\n', /purposes\.collected: /],
  [
    'with a promise that nothing keeps',
    '[journal]\ndays = 30\n[deleted]\ndays = 45\n[backup]\ndays = 14\n[moon]\ndays = 1\n',
    /moon/,
  ],
  ['with a number that is none', '[journal]\ndays = "30"\n[deleted]\ndays = 45\n', /journal\.days: /],
  ['with no time at all', '[journal]\ndays = 0\n[deleted]\ndays = 45\n', /journal\.days: /],
  ['with a million days', '[journal]\ndays = 30\n[deleted]\ndays = 1000000\n', /deleted\.days: /],
  ['that is not TOML', 'journal: 30', /:1: not valid TOML/],
]
for (const [what, text, complaint] of FILES)
  test(`a file of promises ${what} is refused, and the place is named`, () => {
    assert.throws(
      () => readPromises(under(text)),
      (error: { reason: string; fields: string[] }) => {
        assert.equal(error.reason, 'invalid')
        assert.match(error.fields.join('\n'), complaint)
        return true
      },
    )
  })

const KEY = Buffer.alloc(32, 7).toString('base64url')
const KEYHOLDERS: [what: string, canary: string, complaint: RegExp][] = [
  ['more signatures than keyholders', canary(2, ['Saskia', KEY]), /canary\.needed: there are fewer keyholders/],
  ['no signature', canary(0, ['Saskia', KEY]), /canary\.needed: /],
  ['one key under two names', canary(2, ['Saskia', KEY], ['Driss', KEY]), /canary\.keyholders: two .* same key/],
  [
    'one name with two keys',
    canary(2, ['Saskia', KEY], ['Saskia', Buffer.alloc(32, 8).toString('base64url')]),
    /canary\.keyholders: two .* same name/,
  ],
  // 43 characters have two bits more than 32 bytes.
  [
    'a key in another spelling',
    canary(1, ['Saskia', `${KEY.slice(0, -1)}d`]),
    /keyholders\.0\.key: wanted is a public/,
  ],
  ['a key that is cut', canary(1, ['Saskia', KEY.slice(1)]), /keyholders\.0\.key: wanted is a public key/],
  ['a name that a terminal would obey', canary(1, ['S\\u001b[2J', KEY]), /keyholders\.0\.name: /],
  ['no name', canary(1, [' ', KEY]), /keyholders\.0\.name: /],
]
function canary(needed: number, ...keyholders: [name: string, key: string][]): string {
  return [
    `[canary]\nneeded = ${needed}\ndays = 14\n`,
    ...keyholders.map(([name, key]) => `[[canary.keyholders]]\nname = "${name}"\nkey = "${key}"\n`),
  ].join('')
}
for (const [what, text, complaint] of KEYHOLDERS)
  test(`a canary with ${what} is refused, and the place is named`, () => {
    const days = '[journal]\ndays = 30\n[deleted]\ndays = 45\n[backup]\ndays = 14\n'
    assert.throws(
      () => readPromises(under(`${REST}${days}${CLOSED}${text}`)),
      (error: { fields: string[] }) => complaint.test(error.fields.join('\n')),
    )
  })

test('a file of promises that is not there is said', () => {
  const missing = { ...shipped, policy: { ...shipped.policy, promises: join(folder, 'none.toml') } }
  assert.throws(
    () => readPromises(missing),
    (error: { fields: string[] }) => error.fields[0]?.endsWith('none.toml: ENOENT') === true,
  )
})
