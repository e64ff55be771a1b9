import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { now, shiftClock } from '#system'
import type { Storage } from '#storage'
import { openAuthenticator, type Lie } from '#test/authenticator'
import { openTestStorage } from '#test/database'
import { addAppCodes, addAppPassword, addPerson, appCode, type Person } from '#test/people'
import {
  addPasskey,
  addTotp,
  asksFactor,
  beginFactor,
  beginPasskey,
  beginPasskeySignIn,
  beginTotp,
  changePassword,
  checkForProgram,
  checkPassword,
  doorIsOpen,
  factorChoices,
  findSession,
  makeRecoveryCodes,
  openSession,
  passWithCode,
  passWithPasskey,
  readAssertion,
  readFactors,
  removePasskey,
  removeTotp,
  signInClient,
  signInWithPasskey,
  takeFactors,
  type FactorNews,
} from '../index.ts'

const storage: Storage = await openTestStorage({ after })
const origin = 'https://mail.zegel.test'
const network = '192.0.2.0/24'

/** What was told, in order. */
function listening() {
  const told: FactorNews[] = []
  const announce = async (news: FactorNews) => async () => void told.push(news)
  return { told, announce }
}
const { announce } = listening()
const quietly = async () => async () => undefined

async function withTotp() {
  const person = await addPerson(storage)
  return { person, account: await storage.openAccount(person.id), ...(await addAppCodes(storage, person)) }
}

async function withPasskey(lie: Lie = {}, counts = true) {
  const person = await addPerson(storage)
  const account = await storage.openAccount(person.id)
  const authenticator = openAuthenticator({ counts })
  const { options, token } = await beginPasskey(storage, account, {
    password: person.password,
    origin,
    service: 'Zegel',
  })
  const credential = authenticator.create({ origin, challenge: options.challenge }, lie)
  const added = await addPasskey(storage, account, { token, name: 'Schlüssel', credential }, announce)
  return { person, account, authenticator, id: added.id, userHandle: options.user.id }
}

async function halfWay({ address, password, id: accountId }: Person, from = network): Promise<string> {
  const { passwordSetAt, asksFactor } = await checkPassword(storage, { address, password, network: from })
  assert.equal(asksFactor, true)
  return beginFactor(storage, { accountId, passwordSetAt, network: from, isShort: false, reopens: false, address })
}

test('with codes from an app the password alone opens no session, and no program gets in by it', async () => {
  const { person, secret } = await withTotp()
  const { address, password, id: accountId } = person
  const { passwordSetAt } = await checkPassword(storage, { address, password, network })
  await assert.rejects(openSession(storage, { accountId, kind: 'cookie', passwordSetAt }), { reason: 'badCredentials' })
  await assert.rejects(checkForProgram(storage, { address, password, network }), { reason: 'badCredentials' })
  await assert.rejects(signInClient(storage, { address, password, network, scope: 'mail' }), {
    reason: 'badCredentials',
  })
  assert.equal(await doorIsOpen(storage, accountId, { by: 'password', setAt: passwordSetAt }), false)
  const { secret: forProgram } = await addAppPassword(storage, person)
  const signedIn = await signInClient(storage, { address, password: forProgram, network, scope: 'mail' })
  assert.equal(signedIn.accountId, accountId)

  const passed = await passWithCode(storage, await halfWay(person), { code: appCode(secret), network }, quietly)
  const { token } = await openSession(storage, { ...passed, kind: 'cookie', hasFactor: true })
  assert.equal((await findSession(storage, token))?.accountId, accountId)
})

test('a code is taken once: not again with another step, nor by two at once', async () => {
  const { person, secret } = await withTotp()
  const code = appCode(secret)
  const [one, other] = [await halfWay(person), await halfWay(person)]
  const outcomes = await Promise.allSettled([
    passWithCode(storage, one, { code, network }, quietly),
    passWithCode(storage, other, { code, network }, quietly),
  ])
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  const again = passWithCode(storage, await halfWay(person), { code, network }, quietly)
  await assert.rejects(again, { reason: 'badCredentials' })
})

test('a step serves once, in ten minutes, from where the password came, for one account', async (t) => {
  t.after(() => shiftClock(0))
  const { person, recoveryCodes } = await withTotp()
  const [first = '', second = '', third = ''] = recoveryCodes
  const step = await halfWay(person)
  const elsewhere = passWithCode(storage, step, { code: first, network: '198.51.100.0/24' }, quietly)
  await assert.rejects(elsewhere, { reason: 'expired' })
  await passWithCode(storage, step, { code: first, network }, quietly)
  await assert.rejects(passWithCode(storage, step, { code: second, network }, quietly), { reason: 'expired' })

  const other = await withTotp()
  const wrongAccount = passWithCode(storage, await halfWay(other.person), { code: second, network }, quietly)
  await assert.rejects(wrongAccount, { reason: 'badCredentials' })

  const late = await halfWay(person)
  shiftClock(10 * 60 + 1)
  await assert.rejects(passWithCode(storage, late, { code: third, network }, quietly), { reason: 'expired' })
  for (const forged of ['', 'AAAA', late.slice(0, -4), `${late}AAAA`, 'x'.repeat(100_000)])
    await assert.rejects(passWithCode(storage, forged, { code: third, network }, quietly), { reason: 'expired' })
})

test('a recovery code is good once, is told, and those before are void when new ones are made', async () => {
  const { person, account, recoveryCodes } = await withTotp()
  const [first = '', second = ''] = recoveryCodes
  assert.equal(recoveryCodes.length, 10)
  const told: number[] = []
  const tell = async (accountId: number) => async () => void told.push(accountId)
  await passWithCode(storage, await halfWay(person), { code: first.toUpperCase(), network }, tell)
  assert.deepEqual(told, [person.id])
  await assert.rejects(passWithCode(storage, await halfWay(person), { code: first, network }, tell), {
    reason: 'badCredentials',
  })
  assert.equal((await readFactors(storage, account)).recoveryCodes, 9)
  const anew = await makeRecoveryCodes(storage, account, { password: person.password }, announce)
  assert.equal((await readFactors(storage, account)).recoveryCodes, 10)
  await assert.rejects(passWithCode(storage, await halfWay(person), { code: second, network }, tell), {
    reason: 'badCredentials',
  })
  await passWithCode(storage, await halfWay(person), { code: anew[9] ?? '', network }, tell)
})

test('who guesses codes waits, wherever they come from, and who has a recovery code does not', async () => {
  const { person, recoveryCodes } = await withTotp()
  const guesses = await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const from = `198.51.${i}.0/24`
      const guess = passWithCode(storage, await halfWay(person, from), { code: '000000', network: from }, quietly)
      return guess.catch((error: { reason: string }) => error.reason)
    }),
  )
  assert.deepEqual([...new Set(guesses)], ['badCredentials'])
  const next = passWithCode(storage, await halfWay(person), { code: '000000', network }, quietly)
  await assert.rejects(next, { reason: 'tooManyAttempts' })
  await passWithCode(storage, await halfWay(person), { code: recoveryCodes[0] ?? '', network }, quietly)
})

test('ten attempts end a step', async (t) => {
  t.after(() => shiftClock(0))
  const { person } = await withTotp()
  const step = await halfWay(person)
  let reason = ''
  for (let i = 0; i < 10; i++) {
    const guess = passWithCode(storage, step, { code: 'abcde-fghij', network }, quietly)
    reason = await guess.then(
      () => 'in',
      (error: { reason: string }) => error.reason,
    )
    assert.notEqual(reason, 'expired', `attempt ${i + 1}`)
  }
  await assert.rejects(passWithCode(storage, step, { code: 'abcde-fghij', network }, quietly), { reason: 'expired' })
})

test('a password that is replaced meanwhile leaves a step that opens nothing, and the factor is asked for still', async () => {
  const { person, recoveryCodes } = await withTotp()
  const step = await halfWay(person)
  await changePassword(storage, person.id, 'ganz andere Tinte')
  const passed = await passWithCode(storage, step, { code: recoveryCodes[0] ?? '', network }, quietly)
  const opening = openSession(storage, { ...passed, kind: 'cookie', hasFactor: true })
  await assert.rejects(opening, { reason: 'badCredentials' })
  assert.equal(await asksFactor(storage, person.id), true)
  await halfWay({ ...person, password: 'ganz andere Tinte' })
})

test('a passkey is a second factor, and by itself signs in without a password', async () => {
  // One that does not count: it is the step that is used up.
  const { person, authenticator, userHandle, account } = await withPasskey({}, false)
  const step = await halfWay(person)
  const { options } = await optionsOf(step)
  const assertion = readAssertion(JSON.stringify(authenticator.get({ origin, challenge: options.challenge })))
  await passWithPasskey(storage, step, { assertion, network, origin })
  const replayed = passWithPasskey(storage, step, { assertion, network, origin })
  await assert.rejects(replayed, { reason: 'expired' })
  const elsewhere = passWithPasskey(storage, await halfWay(person), { assertion, network, origin })
  await assert.rejects(elsewhere, { reason: 'badCredentials' })

  const alone = await beginPasskeySignIn(storage, origin)
  const signed = readAssertion(
    JSON.stringify(authenticator.get({ origin, challenge: alone.options.challenge, userHandle })),
  )
  const signedIn = await signInWithPasskey(storage, alone.token, { assertion: signed, network, origin })
  assert.equal(signedIn.accountId, person.id)
  await assert.rejects(signInWithPasskey(storage, alone.token, { assertion: signed, network, origin }), {
    reason: 'expired',
  })
  const [passkey] = (await readFactors(storage, account)).passkeys
  assert.equal(passkey?.lastUsedOn, now().toISOString().slice(0, 10))
})

async function optionsOf(step: string) {
  const { passkey: options } = await factorChoices(storage, step, { network, origin })
  assert.ok(options)
  return { options }
}

const ALONE: [attack: string, lie: Lie | ((other: string) => Lie)][] = [
  ['that has not verified its user', { flags: 1 }],
  ['that does not say whose it is', { userHandle: undefined }],
  ['that says it is somebody else’s', (other) => ({ userHandle: other })],
  ['of another page', { origin: 'https://mail.zegel.example' }],
  ['of another host', { rpId: 'zegel.example' }],
  ['whose counter went back', { counter: 1 }],
  ['that nobody has', { id: Buffer.alloc(32, 7).toString('base64url') }],
]
for (const [attack, given] of ALONE)
  test(`a passkey ${attack} signs nobody in`, async () => {
    const [mine, other] = [await withPasskey({ counter: 9 }), await withPasskey()]
    const { options, token } = await beginPasskeySignIn(storage, origin)
    const lie = typeof given === 'function' ? given(other.userHandle) : given
    const answer = mine.authenticator.get(
      { origin, challenge: options.challenge, userHandle: mine.userHandle },
      { counter: 20, ...lie },
    )
    const assertion = readAssertion(JSON.stringify(answer))
    const signIn = signInWithPasskey(storage, token, { assertion, network: newNetwork(), origin })
    await assert.rejects(signIn, { reason: 'badCredentials' })
  })

let networks = 0
const newNetwork = (): string => `203.0.${networks++}.0/24`

test("another account's passkey is no second factor", async () => {
  const [mine, other] = [await withPasskey(), await withPasskey()]
  const step = await halfWay(mine.person)
  const { options } = await optionsOf(step)
  const assertion = readAssertion(JSON.stringify(other.authenticator.get({ origin, challenge: options.challenge })))
  const from = { assertion, network, origin }
  await assert.rejects(passWithPasskey(storage, step, from), { reason: 'badCredentials' })
})

test('a closed account is not entered by its passkey', async () => {
  const { person, authenticator, userHandle } = await withPasskey()
  await storage.database.sql`update account set state = 'closed' where account_id = ${person.id}`
  const { options, token } = await beginPasskeySignIn(storage, origin)
  const answer = authenticator.get({ origin, challenge: options.challenge, userHandle })
  const assertion = readAssertion(JSON.stringify(answer))
  await assert.rejects(signInWithPasskey(storage, token, { assertion, network: newNetwork(), origin }), {
    reason: 'badCredentials',
  })
})

test('one passkey is not added twice, nor for a second account', async () => {
  const { authenticator } = await withPasskey()
  const person = await addPerson(storage)
  const account = await storage.openAccount(person.id)
  const begun = await beginPasskey(storage, account, { password: person.password, origin, service: 'Zegel' })
  const credential = authenticator.create({ origin, challenge: begun.options.challenge })
  const added = addPasskey(storage, account, { token: begun.token, name: 'Schlüssel', credential }, announce)
  await assert.rejects(added, { reason: 'exists' })
  assert.equal(await asksFactor(storage, person.id), false)
})

test('the first factor ends the other sessions and is told; the last one gone leaves nothing behind', async () => {
  const person = await addPerson(storage)
  const account = await storage.openAccount(person.id)
  const { password } = person
  const open = async () => (await openSession(storage, { accountId: person.id, kind: 'cookie' })).token
  const [own, other] = [await open(), await open()]
  const keptSession = (await findSession(storage, own))?.sessionId
  const { told, announce: tell } = listening()

  const begun = await beginTotp(storage, account, { password, service: 'Zegel' })
  const code = appCode(begun.secret)
  await addTotp(storage, account, { token: begun.token, code, keptSession }, tell)
  assert.equal(await findSession(storage, other), undefined)
  assert.ok(await findSession(storage, own))

  const authenticator = openAuthenticator()
  const key = await beginPasskey(storage, account, { password, origin, service: 'Zegel' })
  const credential = authenticator.create({ origin, challenge: key.options.challenge })
  const third = await open()
  const added = await addPasskey(
    storage,
    account,
    { token: key.token, name: 'Schlüssel', credential, keptSession },
    tell,
  )
  assert.equal(added.recoveryCodes, null, 'those that there are stay')
  assert.ok(await findSession(storage, third))

  await removeTotp(storage, account, { password, keptSession }, tell)
  assert.equal(await findSession(storage, third), undefined)
  await removePasskey(storage, account, { id: added.id, password, keptSession }, tell)
  assert.deepEqual(
    told.map((news) => ('change' in news ? `${news.kind} ${news.change}` : news.kind)),
    ['on totpAdded', 'changed passkeyAdded', 'changed totpRemoved', 'off'],
  )
  const left = await readFactors(storage, account)
  assert.deepEqual([left.totpSince, left.passkeys, left.recoveryCodes], [null, [], 0])
  const { passwordSetAt } = await checkPassword(storage, { ...person, network })
  await openSession(storage, { accountId: person.id, kind: 'cookie', passwordSetAt })
})

test('nothing is changed without the password, with one that was replaced, or with a wrong code', async () => {
  const person = await addPerson(storage)
  const account = await storage.openAccount(person.id)
  const service = 'Zegel'
  await assert.rejects(beginTotp(storage, account, { password: 'wrong', service }), { reason: 'badCredentials' })
  await assert.rejects(beginPasskey(storage, account, { password: 'wrong', origin, service }), {
    reason: 'badCredentials',
  })
  const { secret, token } = await beginTotp(storage, account, { password: person.password, service })
  await assert.rejects(addTotp(storage, account, { token, code: '000000' }, announce), { reason: 'badCredentials' })
  const stranger = await storage.openAccount((await addPerson(storage)).id)
  const code = appCode(secret)
  await assert.rejects(addTotp(storage, stranger, { token, code }, announce), { reason: 'expired' })
  await changePassword(storage, person.id, 'ganz andere Tinte')
  await assert.rejects(addTotp(storage, account, { token, code }, announce), { reason: 'badCredentials' })
  assert.equal(await asksFactor(storage, person.id), false)
})

test('the operator takes every factor away, and every session ends', async () => {
  const { person, account } = await withTotp()
  const { token } = await openSession(storage, { accountId: person.id, kind: 'cookie' })
  let isTold = false
  assert.equal(await takeFactors(storage, person.id, async () => (isTold = true)), true)
  assert.equal(isTold, true)
  assert.equal(await findSession(storage, token), undefined)
  assert.equal((await readFactors(storage, account)).totpSince, null)
  assert.equal(await takeFactors(storage, person.id, async () => undefined), false)
})

test('neither the secret, nor a code, nor a name, nor an id of a passkey can be read in the database', async () => {
  const { secret, recoveryCodes } = await withTotp()
  const { authenticator } = await withPasskey()
  const { rows } = await storage.database.sql<{ row: string }>`
    select encode(convert_to(t::text, 'UTF8'), 'hex') || ' ' || t::text as row from totp t
    union all select p::text from passkey p union all select r::text from recovery_code r`
  const all = rows.map(({ row }) => row).join('\n')
  const hex = (text: string | Buffer): string => Buffer.from(text).toString('hex')
  assert.ok(rows.length > 11)
  for (const word of [secret, recoveryCodes[0]?.replace('-', '') ?? '', 'Schlüssel', authenticator.credentialId])
    for (const form of [word, hex(word)]) assert.equal(all.includes(form), false)
  assert.equal(all.includes(hex(Buffer.from(authenticator.credentialId, 'base64url'))), false)
})
