import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestStorage } from './database.ts'

test('a test file has a migrated database of its own, with keys, seen by each part under its role', async (t) => {
  const app = await openTestStorage(t)
  const receiver = await openTestStorage(t, 'zegel_receiver')
  const user = async (storage: typeof app): Promise<unknown> =>
    (await storage.database.sql`select current_user, current_database() like 'test%' as cloned`).rows[0]
  assert.deepEqual(await user(app), { current_user: 'zegel_app', cloned: true })
  assert.deepEqual(await user(receiver), { current_user: 'zegel_receiver', cloned: true })
  const key = await app.keys.serviceKey('directory')
  assert.deepEqual(key.hash('x'), (await receiver.keys.serviceKey('directory')).hash('x'))
})
