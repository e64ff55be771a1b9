import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { Refusal } from '#system'
import type { Storage } from '#storage'
import { clockAtNoon } from '#test/clock'
import { openTestStorage } from '#test/database'
import { newChallenge, spendChallenge } from '../index.ts'

type Challenge = Parameters<typeof solveChallenge>[0]['challenge']

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

/** What a browser sends, after some changes to it. */
async function answer(
  change: (sent: { challenge: Challenge; solution: Record<string, unknown> }) => void = () => undefined,
  purpose = 'sign-up',
  work = 20,
): Promise<string> {
  const { challenge: text, most } = await newChallenge(storage, purpose, work)
  const challenge = JSON.parse(text) as Challenge
  const solution = await solveChallenge({ challenge, deriveKey })
  assert.ok(solution !== null && solution.counter < most)
  const sent = { challenge, solution: { counter: solution.counter, derivedKey: solution.derivedKey } }
  change(sent)
  return JSON.stringify(sent)
}

async function refusal(given: string): Promise<string> {
  try {
    await spendChallenge(storage, 'sign-up', given)
    return 'taken'
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error))
    return error.fields.join()
  }
}

test('what a browser has found is taken once', async () => {
  const found = await answer()
  assert.equal(await refusal(found), 'taken')
  assert.equal(await refusal(found), 'proof.spent')
})

test('of many that come with the same at once, one is taken', async () => {
  const found = await answer()
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => refusal(found)))
  assert.equal(outcomes.filter((one) => one === 'taken').length, 1)
})

test('it is good for half an hour', async (t) => {
  const pass = clockAtNoon(t)
  const [soon, late] = [await answer(), await answer()]
  pass(29 * 60)
  assert.equal(await refusal(soon), 'taken')
  pass(61)
  assert.equal(await refusal(late), 'proof.spent')
})

test('half of the work is certain, and there is an end to it', async () => {
  for (let times = 0; times < 10; times++) {
    const { challenge, most } = await newChallenge(storage, 'sign-up', 40)
    const { counter } = (await solveChallenge({ challenge: JSON.parse(challenge) as Challenge, deriveKey })) ?? {}
    assert.ok(counter !== undefined && counter >= 20 && counter < most && most === 60, String(counter))
  }
})

const hostile: Record<string, () => Promise<string> | string> = {
  'nothing like an answer': () => 'x',
  'an empty object': () => '{}',
  'a list': () => '[]',
  'a megabyte of brackets': () => '['.repeat(1 << 20),
  'a solution to another form': () => answer(undefined, 'reset'),
  'a changed purpose': () =>
    answer(({ challenge }) => Object.assign(challenge.parameters.data ?? {}, { purpose: 'x' })),
  'a longer life': () => answer(({ challenge }) => Object.assign(challenge.parameters.data ?? {}, { until: 9e15 })),
  'an easier task': () => answer(({ challenge }) => void (challenge.parameters.keyPrefix = '00')),
  'fewer rounds': () => answer(({ challenge }) => void (challenge.parameters.cost = 1)),
  'another algorithm': () => answer(({ challenge }) => void (challenge.parameters.algorithm = 'SHA-256')),
  'no signature': () => answer(({ challenge }) => delete challenge.signature),
  'a signature of its own': () => answer(({ challenge }) => void (challenge.signature = 'ab'.repeat(32))),
  'no key signature': () => answer(({ challenge }) => delete challenge.parameters.keySignature),
  'a key that begins right and goes on wrong': () =>
    answer(
      ({ solution }) =>
        void (solution['derivedKey'] = `${String(solution['derivedKey']).slice(0, 32)}${'0'.repeat(32)}`),
    ),
  'no key': () => answer(({ solution }) => delete solution['derivedKey']),
  'a counter that is no number': () => answer(({ solution }) => void (solution['counter'] = '1')),
  'a counter past all numbers': () => answer(({ solution }) => void (solution['counter'] = 2 ** 32)),
  'more than was asked': () => answer(({ solution }) => void (solution['more'] = 1)),
}
for (const [attack, make] of Object.entries(hostile))
  test(`${attack} is no proof`, async () => {
    assert.equal(await refusal(await make()), 'proof.wrong')
  })

test('nothing at all is told apart: there was no script', async () => {
  assert.equal(await refusal(''), 'proof.missing')
})
