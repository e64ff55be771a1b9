import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { clockAtNoon } from '#test/clock'
import { openTestStorage } from '#test/database'
import { givePermit, usePermit } from './permit.ts'

const storage = await openTestStorage({ after })
const download = { accountId: 7, purpose: 'download' }
const refused = { reason: 'expired' }

test('a permit is good once, for one thing, one account and some minutes', async (t) => {
  const pass = clockAtNoon(t)
  const { token } = await givePermit(storage, download, 300)
  await assert.rejects(usePermit(storage, { ...download, purpose: 'closing' }, token), refused)
  await assert.rejects(usePermit(storage, { ...download, accountId: 8 }, token), refused)
  await usePermit(storage, download, token)
  await assert.rejects(usePermit(storage, download, token), refused)
  const { token: second } = await givePermit(storage, download, 300)
  pass(299)
  await usePermit(storage, download, second)
  const { token: late } = await givePermit(storage, download, 300)
  pass(300)
  await assert.rejects(usePermit(storage, download, late), refused)
})

test('of two who use it at once, one does', async () => {
  const { token } = await givePermit(storage, download, 300)
  const results = await Promise.allSettled([1, 2, 3, 4].map(() => usePermit(storage, download, token)))
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
})

const HOSTILE: [attack: string, forge: (token: Buffer) => Buffer][] = [
  ['a later end', (token) => (token.writeUInt8(0xff, 17), token)],
  ['another nonce', (token) => (token.writeUInt8(token.readUInt8(0) ^ 1, 0), token)],
  ['a cut signature', (token) => token.subarray(0, -1)],
  ['a longer signature', (token) => Buffer.concat([token, Buffer.alloc(1)])],
  ['no signature', (token) => token.subarray(0, 24)],
  ['nothing', () => Buffer.alloc(0)],
  ['a megabyte', () => Buffer.alloc(1_000_000)],
]
for (const [attack, forge] of HOSTILE)
  test(`a permit that was tampered with is none: ${attack}`, async () => {
    const { token } = await givePermit(storage, download, 300)
    const forged = forge(Buffer.from(token, 'base64url')).toString('base64url')
    await assert.rejects(usePermit(storage, download, forged), refused)
    await usePermit(storage, download, token)
  })
