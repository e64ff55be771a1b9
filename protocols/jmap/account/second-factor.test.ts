import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { findSession, openSession } from '#accounts'
import { listQueue, showOwnLetter, type ShownLetter } from '#mail/outbound'
import { openAuthenticator } from '#test/authenticator'
import { openJmapClient } from '#test/jmap'
import { addAppPassword, addRecovery, appCode } from '#test/people'
import { startServer } from '#test/server'

type Json = Record<string, unknown>

async function open(t: TestContext) {
  const server = await startServer(t, {}, ['http'])
  const person = await server.createAccount()
  await addRecovery(server.storage, person, 'hanne@example.org')
  // Passkeys need a name.
  const site = server.http.replace('127.0.0.1', 'localhost')
  const client = await openJmapClient({ http: site }, person)
  const basic = client.headers['authorization']
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'bearer' })
  client.headers['authorization'] = `Bearer ${token}`
  const factor = async (): Promise<Json> => ((await client.call('SecondFactor/get'))['list'] as Json[])[0] as Json
  const letters = async (): Promise<ShownLetter[]> => {
    const own = (await listQueue(server.storage)).filter(({ isOwn }) => isOwn)
    return Promise.all(own.map(({ id }) => showOwnLetter(server.storage, id)))
  }
  return { server, person, site, client, basic, token, factor, letters }
}

const fieldOf = ({ fields }: ShownLetter, wanted: string): string =>
  fields.find(({ name }) => name === wanted)?.value ?? ''

test('codes from an app are switched on with the password and a first code, told on both ways, and switched off', async (t) => {
  const { server, person, client, token, factor, letters } = await open(t)
  const { password } = person
  const { token: other } = await openSession(server.storage, { accountId: person.id, kind: 'cookie' })
  const nothing = {
    id: 'singleton',
    isOn: false,
    totpSince: null,
    passkeys: [],
    recoveryCodesLeft: 0,
    canAddPasskeys: true,
  }
  assert.deepEqual(await factor(), nothing)
  const state = (await client.call('SecondFactor/get'))['state']
  const begun = await client.call('SecondFactor/beginTotp', { password })
  assert.match(String(begun['uri']), /^otpauth:\/\/totp\//)
  assert.deepEqual(await factor(), nothing, 'nothing is on before the first code')
  const wrong = await client.fail('SecondFactor/addTotp', { token: begun['token'], code: '000000' })
  assert.deepEqual(wrong, { type: 'forbidden', description: 'code' })
  const added = await client.call('SecondFactor/addTotp', {
    token: begun['token'],
    code: appCode(String(begun['secret'])),
  })
  const codes = added['recoveryCodes'] as string[]
  assert.equal(codes.length, 10)
  for (const code of codes) assert.match(code, /^[a-z2-9]{5}-[a-z2-9]{5}$/)
  const on = await factor()
  assert.deepEqual([on['isOn'], on['recoveryCodesLeft']], [true, 10])
  assert.notEqual((await client.call('SecondFactor/get'))['state'], state)
  assert.equal(await findSession(server.storage, other), undefined)
  assert.ok(await findSession(server.storage, token))

  const anew = await client.call('SecondFactor/makeRecoveryCodes', { password })
  assert.equal(
    (anew['recoveryCodes'] as string[]).some((code) => codes.includes(code)),
    false,
  )
  await client.call('SecondFactor/removeTotp', { password })
  assert.deepEqual(await factor(), nothing)
  const told = (await letters()).filter((letter) => /second factor/.test(fieldOf(letter, 'Subject')))
  const both = [person.address, 'hanne@example.org'].toSorted()
  for (const what of ['now asks for a second factor', 'Your second factor was changed', 'no longer asks for']) {
    const to = told.filter((letter) => fieldOf(letter, 'Subject').includes(what)).map((letter) => fieldOf(letter, 'To'))
    assert.deepEqual(to.toSorted(), both, what)
  }
  assert.ok(told.every(({ text }) => !codes.some((code) => text.includes(code))))
})

test('a passkey is added, named, named anew and removed', async (t) => {
  const { person, site, client, factor } = await open(t)
  const { password } = person
  const authenticator = openAuthenticator()
  const begun = await client.call('SecondFactor/beginPasskey', { password })
  const options = begun['options'] as {
    challenge: string
    rp: { id: string }
    attestation: string
    user: { id: string }
  }
  assert.deepEqual([options.rp.id, options.attestation], ['localhost', 'none'])
  assert.equal(Buffer.from(options.user.id, 'base64url').includes(person.address), false)
  const credential = authenticator.create({ origin: site, challenge: options.challenge })
  const token = begun['token']
  const nameless = await client.fail('SecondFactor/addPasskey', { token, name: ' ', credential })
  assert.deepEqual(nameless, { type: 'invalidArguments', description: 'name' })
  const lie = authenticator.create({ origin: 'https://zegel.example', challenge: options.challenge })
  const refused = await client.fail('SecondFactor/addPasskey', { token, name: 'x', credential: lie })
  assert.deepEqual(refused, { type: 'forbidden', description: 'passkey' })
  const added = await client.call('SecondFactor/addPasskey', { token, name: 'Blauer Schlüssel', credential })
  assert.equal((added['recoveryCodes'] as string[]).length, 10)
  const again = await client.fail('SecondFactor/addPasskey', { token, name: 'x', credential })
  assert.deepEqual(again, { type: 'forbidden', description: 'expired' })
  await client.call('SecondFactor/renamePasskey', { id: added['id'], name: 'Schublade' })
  const [passkey] = (await factor())['passkeys'] as Json[]
  assert.deepEqual(
    [passkey?.['id'], passkey?.['name'], passkey?.['lastUsedOn'], passkey?.['host']],
    [added['id'], 'Schublade', null, 'localhost'],
  )
  const wrong = await client.fail('SecondFactor/removePasskey', { id: added['id'], password: 'wrong' })
  assert.deepEqual(wrong, { type: 'forbidden', description: 'password' })
  await client.call('SecondFactor/removePasskey', { id: added['id'], password })
  assert.equal((await factor())['isOn'], false)
})

test('without the password nothing begins, and without codes there are none to make anew', async (t) => {
  const { person, client } = await open(t)
  for (const name of ['beginTotp', 'removeTotp', 'beginPasskey', 'makeRecoveryCodes'])
    assert.deepEqual(await client.fail(`SecondFactor/${name}`, { password: 'wrong' }), {
      type: 'forbidden',
      description: 'password',
    })
  for (const name of ['removeTotp', 'makeRecoveryCodes'])
    assert.equal((await client.fail(`SecondFactor/${name}`, { password: person.password }))['description'], 'expired')
})

test('who has a password alone sees and changes nothing, and an app password reaches none of it', async (t) => {
  const { server, person, client, basic } = await open(t)
  client.headers['authorization'] = basic ?? ''
  for (const name of ['get', 'beginTotp', 'beginPasskey', 'makeRecoveryCodes']) {
    const error = await client.fail(`SecondFactor/${name}`, name === 'get' ? {} : { password: person.password })
    assert.deepEqual(error, { type: 'forbidden', description: 'this takes a session' })
  }
  const { secret } = await addAppPassword(server.storage, person)
  client.headers['authorization'] = `Basic ${Buffer.from(`${person.address}:${secret}`).toString('base64')}`
  assert.equal((await client.fail('SecondFactor/get'))['type'], 'accountNotSupportedByMethod')
})

test("no account's second factor is another's", async (t) => {
  const { server, client } = await open(t)
  const other = await server.createAccount()
  const { accountId } = await openJmapClient(server, other)
  const error = await client.fail('SecondFactor/beginTotp', { accountId, password: other.password })
  assert.equal(error['type'], 'accountNotFound')
})
