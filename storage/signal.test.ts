import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestStorage } from '#test/database'

test('a signal is heard once, at once in the process that sends it and soon in others, also by a receiver', async (t) => {
  const storage = await openTestStorage(t)
  const others = [await openTestStorage(t), await openTestStorage(t, 'zegel_receiver')]
  const here: string[] = []
  t.after(async () => stop())
  const stop = storage.doors.hear((message) => here.push(message))
  const there = others.map(({ doors }) => {
    const heard = Promise.withResolvers<string>()
    doors.hear(heard.resolve)
    return heard.promise
  })
  storage.doors.send('1 session/ä')
  assert.deepEqual(here, ['1 session/ä'])
  assert.deepEqual(await Promise.all(there), ['1 session/ä', '1 session/ä'])
  // Sent the other way round, it comes after whatever the database still had for us.
  const answered = Promise.withResolvers<string>()
  storage.doors.hear((message) => message === '2' && answered.resolve(message))
  others[0]?.doors.send('2')
  await answered.promise
  assert.deepEqual(here, ['1 session/ä', '2'])
})

test('what is sent before closing is sent', async (t) => {
  const storage = await openTestStorage(t)
  const other = await openTestStorage(t)
  const heard = Promise.withResolvers<string>()
  other.doors.hear(heard.resolve)
  storage.doors.send('last words')
  await storage.doors.close()
  assert.equal(await heard.promise, 'last words')
})
