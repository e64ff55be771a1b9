import assert from 'node:assert/strict'
import { test } from 'node:test'
import { progressOf } from './progress.ts'

/** A session of which only what it says is looked at. */
function listener() {
  const said: string[] = []
  const connection = { isLost: false }
  const session = { connection, tag: 'a1', untagged: (text: string) => void said.push(text) }
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

test('a search whose client has gone ends', () => {
  const { connection, session } = listener()
  const progress = progressOf(session, () => 0)
  progress(0, 1)
  connection.isLost = true
  assert.throws(() => progress(1, 1), { name: 'ConnectionLost' })
})
