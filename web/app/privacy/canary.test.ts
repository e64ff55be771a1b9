import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fingerprintOf as fingerprintOfServer } from '../../../policy/index.ts'
import { openTestStorage, testDatabase } from '../../../test/database.ts'
import { newKeyholder, promisesWith, publishSigned } from '../../../test/keyholders.ts'
import { publicCanary, SAYINGS } from '../../../trust/canary/index.ts'
import words from '../../ui/texts/en.json' with { type: 'json' }
import {
  fingerprintOf,
  isOtherPromise,
  readPublicCanary,
  standingAt,
  verifyCanary,
  type PublicCanary,
  type Standing,
} from './canary.ts'

const DAY_MS = 86_400_000
const storage = await openTestStorage({ after })
const { config: settings } = await testDatabase()
const keyholders = ['Saskia Claes', 'Driss Bénali', 'Ilse Vandenbroucke'].map(newKeyholder)
const config = { ...settings, policy: promisesWith(settings, keyholders) }
await publishSigned(storage, config, keyholders.slice(0, 2))
const text = JSON.stringify(await publicCanary(storage, config))
const published = readPublicCanary(text) as PublicCanary

/** As the browser sees it some days after it was signed. */
async function stateOf(given: PublicCanary, days = 1): Promise<Standing['state']> {
  const date = Date.parse(published.canary?.statement.date ?? '')
  return standingAt(await verifyCanary(given), new Date(date + days * DAY_MS)).state
}

test('the browser finds the signatures of the server’s canary good, and the canary stale when its days are over', async () => {
  assert.deepEqual((await verifyCanary(published)).signers, ['Saskia Claes', 'Driss Bénali'])
  for (const [days, state] of [
    [0, 'fresh'],
    [13.99, 'fresh'],
    [14.01, 'stale'],
    [1000, 'stale'],
  ] as const)
    assert.equal(await stateOf(published, days), state)
  assert.equal(fingerprintOf(keyholders[0]?.x ?? ''), fingerprintOfServer(keyholders[0]?.x ?? ''))
})

/** The published file after somebody has changed it. */
const changed = (change: (file: NonNullable<PublicCanary['canary']>, all: PublicCanary) => void): PublicCanary => {
  const all = structuredClone(published)
  change(all.canary as NonNullable<PublicCanary['canary']>, all)
  return all
}

const ATTACKS: [what: string, given: PublicCanary, state: Standing['state']][] = [
  [
    'another date',
    changed(({ statement }) => (statement.date = statement.date.replace('T', 'T0').slice(0, 24))),
    'missing',
  ],
  ['more days', changed(({ statement }) => (statement.goodUntil = '2099-01-01T00:00:00.000Z')), 'missing'],
  ['another value', changed(({ statement }) => (statement.values[0] = 'Another headline')), 'missing'],
  ['a sentence less', changed(({ statement }) => delete statement.says['noBackDoor']), 'missing'],
  [
    'one signature twice',
    changed((file) => (file.signatures = [file.signatures[0], file.signatures[0]] as never)),
    'missing',
  ],
  ['one signature of two', changed((file) => file.signatures.pop()), 'missing'],
  ['no signature', changed((file) => (file.signatures = [])), 'missing'],
  [
    'signatures that are no base64',
    changed(({ signatures }) => signatures.forEach((one) => (one.value = '§'))),
    'missing',
  ],
  ['another service', changed(({ statement }) => (statement.host = 'mail.example.net')), 'missing'],
  [
    'a keyholder who was replaced',
    changed((_, { promised }) => ((promised.keyholders[0] as { key: string }).key = newKeyholder('x').x)),
    'missing',
  ],
  [
    'keys that are none',
    changed((_, { promised }) => promised.keyholders.forEach((one) => (one.key = 'AAAA'))),
    'missing',
  ],
  ['none at all', changed((_, all) => (all.canary = null)), 'missing'],
  ['nobody named', changed((_, { promised }) => (promised.keyholders = [])), 'none'],
]
for (const [what, given, state] of ATTACKS)
  test(`a canary with ${what} is ${state}`, async () => assert.equal(await stateOf(given), state))

test('fewer days promised make it stale sooner, more make it good for no longer than it says', async () => {
  const with_ = (days: number) => changed((_, { promised }) => (promised.days = days))
  assert.equal(await stateOf(with_(5), 6), 'stale')
  assert.equal(await stateOf(with_(300), 15), 'stale')
  assert.ok(isOtherPromise(published.promised, with_(300).promised))
  assert.ok(!isOtherPromise(published.promised, structuredClone(published.promised)))
})

const ANSWERS: [what: string, answer: string][] = [
  ['nothing', ''],
  ['a page of a proxy', '<!doctype html><title>Welcome</title>'],
  ['null', 'null'],
  ['a list', '[]'],
  ['half of it', text.slice(0, text.length / 2)],
  ['very much', `{"a":"${'x'.repeat(200_000)}"}`],
  ['no keyholders', text.replace('"keyholders"', '"keeper"')],
  ['a date that is none', text.replace(/"date":"[^"]+"/, '"date":"soon"')],
  ['none needed', text.replace('"needed":2', '"needed":0')],
]
for (const [what, answer] of ANSWERS)
  test(`a server that answers with ${what} has said nothing`, () => assert.equal(readPublicCanary(answer), undefined))

test('the app has words for every sentence that is signed', () => {
  for (const name of Object.keys(SAYINGS)) assert.ok(`canary.says.${name}` in words, name)
})
