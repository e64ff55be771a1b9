import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Storage } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import { changePassword, checkPassword, findSession, openSession } from '../index.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

const network = '192.0.2.0/24'

test('after a change the new password signs in, the old one does not, and every session has ended', async () => {
  const { id, address, password } = await addPerson(storage)
  const { token } = await openSession(storage, { accountId: id, kind: 'cookie' })
  await changePassword(storage, id, 'quite another password')
  await assert.rejects(checkPassword(storage, { address, password, network }), { reason: 'badCredentials' })
  const signedIn = await checkPassword(storage, { address, password: 'quite another password', network })
  assert.equal(signedIn.accountId, id)
  assert.equal(await findSession(storage, token), undefined)
})

test('somebody who is just signing in with the old password does not get a session after the change', async () => {
  const { id, address, password } = await addPerson(storage)
  const { passwordSetAt } = await checkPassword(storage, { address, password, network })
  const session = { accountId: id, kind: 'cookie', passwordSetAt } as const
  const { token } = await openSession(storage, session)
  const [opened] = await Promise.allSettled([
    openSession(storage, session),
    changePassword(storage, id, 'quite another password'),
  ])
  for (const one of [token, opened.status === 'fulfilled' ? opened.value.token : ''])
    assert.equal(await findSession(storage, one), undefined)
  await assert.rejects(openSession(storage, session), { reason: 'badCredentials' })
})

test('a password that is refused changes nothing', async () => {
  const { id, address, password } = await addPerson(storage)
  const { token } = await openSession(storage, { accountId: id, kind: 'cookie' })
  await assert.rejects(changePassword(storage, id, 'short'), { reason: 'invalid', fields: ['password'] })
  await checkPassword(storage, { address, password, network })
  assert.equal((await findSession(storage, token))?.accountId, id)
})

test('an account that does not exist has no password to change', async () => {
  await assert.rejects(changePassword(storage, 1, 'quite another password'), { reason: 'notFound' })
})
