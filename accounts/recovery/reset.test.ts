import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { now, Refusal, shiftClock } from '#system'
import type { Storage } from '#storage'
import { clockAtNoon } from '#test/clock'
import { countingQuestions } from '#test/counting'
import { openTestStorage } from '#test/database'
import { addPerson, type Person } from '#test/people'
import {
  beginReset,
  beginSignUp,
  changeOwnPassword,
  changePassword,
  checkForReopening,
  checkPassword,
  closeAccount,
  closingTerms,
  confirmRecovery,
  findRecovery,
  findReset,
  findSession,
  finishReset,
  openSession,
  proveReset,
  requestRecovery,
  resendResetCode,
  resetChoices,
  writeSettings,
  type ResetNotice,
} from '../index.ts'
import { writeRecovery } from './address.ts'

let storage: Storage
const settings = { isOpen: true, domains: [], codeMinutes: 15, proofWork: 1, disposableDomains: undefined }
const password = 'eine ganz andere Tinte'

before(async () => {
  storage = await openTestStorage({ after })
})

let number = 0
const newNetwork = (): string => `198.51.${++number}.0/24`

/** Somebody with an address outside. */
async function addRecoverable(external = `outside-${++number}@example.org`): Promise<Person & { external: string }> {
  const person = await addPerson(storage)
  const directory = await storage.keys.serviceKey('directory')
  await storage.database.transaction((sql) => writeRecovery(sql, directory, person.id, external))
  return { ...person, external }
}

const begin = (address: string, network = newNetwork()) => beginReset(storage, settings, { address, network })

/** As far as the code, which is read from the letter. */
async function proven(address: string): Promise<string> {
  const { token, letter } = await begin(address)
  const mailed = await letter()
  assert.ok(mailed)
  await proveReset(storage, token, mailed.code)
  return token
}

const notices: ResetNotice[] = []
const announce = async (notice: ResetNotice) => {
  notices.push(notice)
  return async (): Promise<void> => undefined
}

const finish = (token: string, accountId: number, next = password) =>
  finishReset(storage, token, { accountId, password: next }, announce)

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error))
    return error.fields.length > 0 ? error.fields.join(' ') : error.reason
  }
}

for (const way of ['address', 'external'] as const)
  test(`by the ${way === 'address' ? "account's address" : 'address outside'} the code goes outside, and every sign-in ends`, async () => {
    const person = await addRecoverable()
    const { token: session } = await openSession(storage, { accountId: person.id, kind: 'cookie' })
    const { token: bearer } = await openSession(storage, { accountId: person.id, kind: 'bearer' })
    await writeSettings(await storage.openAccount(person.id), { language: 'fr' })
    const { token, letter } = await begin(person[way].toUpperCase())
    const mailed = await letter()
    assert.equal(mailed?.to, person.external)
    assert.equal((await findReset(storage, token)).isProven, false)
    await proveReset(storage, token, mailed.code)
    assert.deepEqual(await resetChoices(storage, token), [{ accountId: person.id, address: person.address }])
    await finish(token, person.id)
    assert.deepEqual(notices.at(-1), { address: person.address, external: person.external, language: 'fr' })
    const network = newNetwork()
    assert.equal(await refusal(checkPassword(storage, { ...person, network })), 'badCredentials')
    assert.equal((await checkPassword(storage, { address: person.address, password, network })).accountId, person.id)
    for (const one of [session, bearer]) assert.equal(await findSession(storage, one), undefined)
    assert.equal(await refusal(finish(token, person.id)), 'notFound', 'a code is used once')
  })

test('an address outside that leads into several accounts opens the one that is chosen, and no other', async () => {
  const one = await addRecoverable()
  const two = await addRecoverable(one.external)
  const stranger = await addRecoverable()
  const token = await proven(one.external)
  assert.deepEqual(
    (await resetChoices(storage, token)).map(({ address }) => address).toSorted(),
    [one.address, two.address].toSorted(),
  )
  assert.equal(await refusal(finish(token, stranger.id)), 'notFound')
  assert.equal(await refusal(finish(token, Number.NaN)), 'notFound')
  await finish(token, two.id)
  assert.equal((await checkPassword(storage, { ...one, network: newNetwork() })).accountId, one.id)
  assert.equal(await refusal(checkPassword(storage, { ...two, network: newNetwork() })), 'badCredentials')
})

test('whether an address exists changes neither the answer, nor what is asked of the database, nor the row that is left', async () => {
  const known = await addRecoverable()
  const withoutWayBack = await addPerson(storage)
  const seen: unknown[] = []
  for (const address of [
    known.address,
    known.external,
    withoutWayBack.address,
    'nobody@zegel.test',
    'nobody@example.net',
  ]) {
    const counted = countingQuestions(storage)
    const network = newNetwork()
    const begun = await beginReset(counted.storage, settings, { address, network })
    const began = counted.asked()
    const again = await resendResetCode(counted.storage, settings, { token: begun.token, network })
    const resent = counted.asked() - began
    const { isProven, codesLeft } = await findReset(counted.storage, begun.token)
    const guess = await refusal(proveReset(counted.storage, begun.token, 'nothing'))
    const { rows } = await storage.database.sql`
      select purpose, length(sealed), attempts, sent, tries, is_proven from mailed_code order by code_ends_at desc, ends_at desc limit 1`
    seen.push({
      keys: [Object.keys(begun), Object.keys(again), begun.token.length],
      began,
      resent,
      all: counted.asked(),
      state: [isProven, codesLeft, guess],
      row: rows[0],
    })
  }
  for (const other of seen.slice(1)) assert.deepEqual(other, seen[0])
})

test('nobody is mailed for an address that has no way back', async () => {
  const person = await addPerson(storage)
  for (const address of [person.address, 'nobody@zegel.test', 'nobody@example.net'])
    assert.equal(await (await begin(address)).letter(), undefined)
})

test('no code opens what nobody has', async () => {
  const { token } = await begin('nobody@zegel.test')
  for (let i = 0; i < 5; i++) assert.equal(await refusal(proveReset(storage, token, `0000000${i}`)), 'badCredentials')
  assert.equal(await refusal(resetChoices(storage, token)), 'notFound')
  assert.equal(await refusal(finish(token, 1)), 'notFound')
})

test('whoever has read the mail of an old address outside does not get in after it was changed', async () => {
  const person = await addRecoverable()
  const token = await proven(person.external)
  const directory = await storage.keys.serviceKey('directory')
  await storage.database.transaction((sql) => writeRecovery(sql, directory, person.id, 'new-outside@example.org'))
  assert.equal(await refusal(finish(token, person.id)), 'notFound')
  assert.equal((await checkPassword(storage, { ...person, network: newNetwork() })).accountId, person.id)
})

test('whoever has closed the account gets a new password to reopen it, until the time for that is over', async (t) => {
  const { id, address } = await addRecoverable()
  const config = { reopenDays: 365, eraseDays: 30, remindDays: [], forwardDays: [] }
  const account = await storage.openAccount(id)
  await closeAccount(storage, account, { terms: closingTerms(config, now()), closedBy: 'owner' }, async () => undefined)
  const token = await proven(address)
  const choice = { accountId: id, password }
  await finishReset(storage, token, choice, async () => async () => undefined)
  const given = { address, password, network: newNetwork() }
  assert.equal((await checkForReopening(storage, given)).isClosed, true)
  await assert.rejects(checkPassword(storage, given), { reason: 'badCredentials' })
  t.after(() => shiftClock(0))
  shiftClock(366 * 86_400)
  assert.equal(await (await begin(address)).letter(), undefined)
})

test('a reset that was begun before the password changed opens nothing', async () => {
  const person = await addRecoverable()
  const [first, second, third] = [
    await proven(person.address),
    await proven(person.external),
    await proven(person.external),
  ]
  await finish(first, person.id)
  assert.equal(await refusal(finish(second, person.id, 'whoever else read the letter')), 'notFound')
  await changePassword(storage, person.id, person.password)
  assert.equal(await refusal(finish(third, person.id, 'whoever else read the letter')), 'notFound')
  assert.equal((await checkPassword(storage, { ...person, network: newNetwork() })).accountId, person.id)
})

test('of two resets that end at once one counts', async () => {
  const person = await addRecoverable()
  const tokens = [await proven(person.address), await proven(person.address)]
  const outcomes = await Promise.all(tokens.map((token, i) => refusal(finish(token, person.id, `${password} ${i}`))))
  assert.deepEqual(outcomes.toSorted(), ['done', 'notFound'])
})

test('a change of the password by whoever knew the old one does not come after a reset', async () => {
  const person = await addRecoverable()
  const token = await proven(person.address)
  const account = await storage.openAccount(person.id)
  const thief = changeOwnPassword(storage, account, { current: person.password, next: 'stolen for good' }, async () => {
    // The old password has been compared by now.
    await finish(token, person.id)
    return async () => undefined
  })
  assert.equal(await refusal(thief), 'notFound')
  assert.equal((await checkPassword(storage, { ...person, password, network: newNetwork() })).accountId, person.id)
})

test('what could not be told does not happen', async () => {
  const person = await addRecoverable()
  const token = await proven(person.address)
  const untold = finishReset(storage, token, { accountId: person.id, password }, async () => async () => {
    throw new Refusal('unavailable')
  })
  assert.equal(await refusal(untold), 'unavailable')
  assert.equal((await checkPassword(storage, { ...person, network: newNetwork() })).accountId, person.id)
  assert.equal(await refusal(finish(token, person.id)), 'done')
})

const unfit: [attack: string, address: string][] = [
  ['nothing', ''],
  ['no address', 'somebody'],
  ['two addresses', 'a@zegel.test,b@zegel.test'],
  ['a header after a line break', 'a@zegel.test\r\nBcc: b@example.net'],
  ['a megabyte', 'a'.repeat(1 << 20)],
]
for (const [attack, address] of unfit)
  test(`a reset for ${attack} begins nothing`, async () => {
    assert.equal(await refusal(begin(address)), 'address.form')
  })

test('the new password is weighed like any other, and may be sent again', async () => {
  const person = await addRecoverable()
  const token = await proven(person.address)
  for (const [next, told] of [
    ['short', 'password.short'],
    ['Passwort123', 'password.common'],
    [person.address, 'password.address'],
    [person.external, 'password.address'],
  ] as const)
    assert.equal(await refusal(finish(token, person.id, next)), told)
  assert.equal(await refusal(finish(token, person.id)), 'done')
})

test('a reset asked for too often waits until tomorrow, the same for an address that nobody has', async (t) => {
  const pass = clockAtNoon(t)
  const person = await addRecoverable()
  for (const address of [person.address, 'nobody-at-all@zegel.test']) {
    const network = newNetwork()
    for (let i = 0; i < 5; i++) assert.equal(await refusal(begin(address, network)), 'done')
    assert.equal(await refusal(begin(address, network)), 'tooManyAttempts')
  }
  pass(86_400)
  assert.equal(await refusal(begin(person.address)), 'done')
})

test('codes that are sent again are counted, too', async (t) => {
  clockAtNoon(t)
  const person = await addRecoverable()
  for (const address of [person.address, 'nobody-else@zegel.test']) {
    const network = newNetwork()
    const { token } = await begin(address, network)
    const again = () => refusal(resendResetCode(storage, settings, { token, network }))
    assert.deepEqual([await again(), await again(), await again()], ['done', 'done', 'tooManyAttempts'])
    assert.deepEqual(
      [await refusal(begin(address, network)), await refusal(begin(address, network))],
      ['done', 'tooManyAttempts'],
    )
  }
})

test('strangers with sign-ups use up nobody\'s resets, and "+detail" does not make another mailbox', async (t) => {
  clockAtNoon(t)
  const { external } = await addRecoverable()
  const ask = (detail: number) => {
    const address = external.replace('@', `+${detail}@`)
    return beginSignUp(storage, settings, { external: address, network: newNetwork(), language: 'de' })
  }
  for (let i = 0; i < 20; i++) assert.equal(await refusal(ask(i)), 'done')
  assert.equal(await refusal(ask(20)), 'tooManyAttempts')
  assert.equal(await refusal(begin(external)), 'done')
})

const toNobody = async () => async (): Promise<void> => undefined

test('the address outside is changed with the password and a code sent to the new one', async () => {
  const person = await addRecoverable()
  const account = await storage.openAccount(person.id)
  const wish = { address: 'Moved@Example.org', password: person.password }
  const { to, code, endsAt } = await requestRecovery(storage, settings, account, wish)
  assert.equal(to, 'moved@example.org')
  assert.ok(endsAt.getTime() > Date.now())
  assert.equal((await findRecovery(storage, person.id))?.address, person.external, 'not before the code')
  const told: unknown[] = []
  await confirmRecovery(storage, account, code, async (change) => {
    told.push(change)
    return async () => undefined
  })
  assert.deepEqual(told, [{ before: person.external, after: 'moved@example.org' }])
  assert.equal((await findRecovery(storage, person.id))?.address, 'moved@example.org')
  assert.equal(await refusal(confirmRecovery(storage, account, code, toNobody)), 'notFound')
})

test('a change of the address outside that a thief began ends with the password', async () => {
  const person = await addRecoverable()
  const account = await storage.openAccount(person.id)
  const wish = { address: 'thief@example.org', password: person.password }
  const { code } = await requestRecovery(storage, settings, account, wish)
  await changePassword(storage, person.id, password)
  assert.equal(await refusal(confirmRecovery(storage, account, code, toNobody)), 'notFound')
})

test('without the password no address outside is changed, and guessing it slows down', async (t) => {
  clockAtNoon(t)
  const person = await addRecoverable()
  const account = await storage.openAccount(person.id)
  const guess = (typed: string) =>
    refusal(requestRecovery(storage, settings, account, { address: 'thief@example.org', password: typed }))
  const outcomes: string[] = []
  for (let i = 0; i < 7; i++) outcomes.push(await guess(`guess ${i}`))
  assert.deepEqual(
    outcomes.slice(0, 6),
    Array.from({ length: 6 }, () => 'badCredentials'),
  )
  assert.equal(outcomes[6], 'tooManyAttempts')
  assert.equal(
    (await checkPassword(storage, { ...person, network: newNetwork() })).accountId,
    person.id,
    'signing in is not slowed',
  )
})
