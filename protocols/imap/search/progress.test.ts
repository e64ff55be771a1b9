import assert from 'node:assert/strict'
import { test } from 'node:test'
import { progressOf } from './progress.ts'

/** A session of which only what it says is looked at. */
function listener(tag = 'a1') {
  const said: string[] = []
  const connection = { isLost: false }
  const session = { connection, tag, untagged: (text: string) => void said.push(text) }
  return { said, connection, session: session as unknown as Parameters<typeof progressOf>[0] }
}

test('a search that takes long says how far it is, now and then (RFC 9585)', () => {
  const { said, session } = listener()
  let now = 0
  const progress = progressOf(session, () => now)
  for (let done = 0; done < 100; done++) {
    now += 500
    progress(done, 100)
  }
  assert.deepEqual(
    said,
    [19, 39, 59, 79, 99].map((done) => `OK [INPROGRESS ("a1" ${done} 100)] Still looking`),
  )
})

test('what is done only grows, and has no goal once that is not known any more (§4)', () => {
  const { said, session } = listener()
  let now = 0
  const progress = progressOf(session, () => (now += 10_000))
  for (const [done, all] of [
    [0, 500],
    [250, 500],
    [0, 40],
    [20, 40],
    [0, 7],
  ] as const)
    progress(done, all)
  assert.deepEqual(
    said,
    ['0 500', '250 500', '250 NIL', '270 NIL', '270 NIL'].map(
      (numbers) => `OK [INPROGRESS ("a1" ${numbers})] Still looking`,
    ),
  )
})

test('a tag that would end the response code is not told (§4)', () => {
  const { said, session } = listener('a]1')
  let now = 0
  progressOf(session, () => (now += 10_000))(1, 2)
  assert.deepEqual(said, ['OK [INPROGRESS (NIL 1 2)] Still looking'])
})

test('a search whose client has gone ends', () => {
  const { connection, session } = listener()
  const progress = progressOf(session, () => 0)
  progress(0, 1)
  connection.isLost = true
  assert.throws(() => progress(1, 1), { name: 'ConnectionLost' })
})
