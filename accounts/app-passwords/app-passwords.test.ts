import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OpenAccount, Storage } from '#storage'
import { clockAtNoon } from '#test/clock'
import { openTestStorage } from '#test/database'
import { addPerson } from '#test/people'
import {
  changePassword,
  confirmPassword,
  createAppPassword,
  listAppPasswords,
  MOST_APP_PASSWORDS,
  renameAppPassword,
  revokeAppPassword,
  signInClient,
  type NewAppPassword,
} from '../index.ts'
import { bareSecret } from './secret.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

const network = '192.0.2.0/24'

async function owner() {
  const person = await addPerson(storage)
  const account = await storage.openAccount(person.id)
  const passwordSetAt = await confirmPassword(storage, person.id, person.password)
  const make = (choice: Partial<NewAppPassword> = {}) =>
    createAppPassword(storage, account, {
      name: 'Telefon',
      scopes: ['mail'],
      readOnly: false,
      passwordSetAt,
      ...choice,
    })
  return { person, account, make }
}

const list = (account: OpenAccount) => listAppPasswords(storage, account)

test('an app password is shown once, as four groups that can be typed, and listed with what it may do', async () => {
  const { account, make } = await owner()
  const first = await make({ name: '  Äpfel und Birnen ', scopes: ['documents', 'mail', 'mail'], readOnly: true })
  assert.match(first.secret, /^(?:[a-km-np-z2-9]{5}-){3}[a-km-np-z2-9]{5}$/)
  const second = await make({ name: '🖥️ Büro' })
  assert.notEqual(first.secret, second.secret)
  const listed = await list(account)
  assert.deepEqual(
    listed.map(({ id, name, scopes, readOnly, lastUsedAt, country, client }) => ({
      id,
      name,
      scopes,
      readOnly,
      use: [lastUsedAt, country, client],
    })),
    [
      { id: second.id, name: '🖥️ Büro', scopes: ['mail'], readOnly: false, use: [null, null, null] },
      {
        id: first.id,
        name: 'Äpfel und Birnen',
        scopes: ['mail', 'documents'],
        readOnly: true,
        use: [null, null, null],
      },
    ],
  )
})

const hostile: [what: string, choice: Partial<NewAppPassword>, field: string][] = [
  ['no name', { name: '' }, 'name'],
  ['a name of blanks', { name: ' \u3000\t ' }, 'name'],
  ['a name of 101 characters', { name: 'ä'.repeat(101) }, 'name'],
  ['a megabyte of name', { name: 'x'.repeat(1 << 20) }, 'name'],
  ['a null byte', { name: 'Tele\0fon' }, 'name'],
  ['two lines', { name: 'Telefon\r\nBcc: x' }, 'name'],
  ['a line separator', { name: 'Tele\u2028fon' }, 'name'],
  ['a name written from right to left', { name: '\u202enofeleT' }, 'name'],
  ['half a surrogate', { name: 'Tele\ud800fon' }, 'name'],
  ['no scope', { scopes: [] }, 'scopes'],
  ['a scope there is none of', { scopes: ['mail', 'everything'] }, 'scopes'],
  ['the name of a property', { scopes: ['__proto__'] }, 'scopes'],
]
for (const [what, choice, field] of hostile)
  test(`refused, and nothing is made: ${what}`, async () => {
    const { account, make } = await owner()
    await assert.rejects(make(choice), { reason: 'invalid', fields: [field] })
    if (field === 'name') {
      const { id } = await make()
      await assert.rejects(renameAppPassword(storage, account, id, String(choice.name)), { reason: 'invalid' })
    }
    assert.ok((await list(account)).every(({ name }) => name === 'Telefon'))
  })

test('its name changes, and it goes', async () => {
  const { person, account, make } = await owner()
  const { id, secret } = await make()
  await renameAppPassword(storage, account, id, 'Altes Telefon')
  assert.equal((await list(account))[0]?.name, 'Altes Telefon')
  assert.equal(await revokeAppPassword(storage, account.id, id), true)
  assert.deepEqual(await list(account), [])
  await assert.rejects(renameAppPassword(storage, account, id, 'Telefon'), { reason: 'notFound' })
  assert.equal(await revokeAppPassword(storage, account.id, id), false)
  const again = signInClient(storage, { address: person.address, password: secret, network, scope: 'mail' })
  await assert.rejects(again, { reason: 'badCredentials' })
})

test("nobody names or ends somebody else's", async () => {
  const [mine, theirs] = [await owner(), await owner()]
  const { id } = await theirs.make()
  await assert.rejects(renameAppPassword(storage, mine.account, id, 'x'), { reason: 'notFound' })
  assert.equal(await revokeAppPassword(storage, mine.account.id, id), false)
  assert.equal((await list(theirs.account)).length, 1)
})

test('there are fifty at most, also when they are made at once', async () => {
  const { account, make } = await owner()
  for (let i = 0; i < MOST_APP_PASSWORDS - 2; i++) await make()
  const outcomes = await Promise.allSettled([make(), make(), make(), make()])
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2)
  await assert.rejects(make(), { reason: 'tooManyItems' })
  assert.equal((await list(account)).length, MOST_APP_PASSWORDS)
})

test('none is made by whoever knew the password before it changed', async () => {
  const { person, account, make } = await owner()
  await make()
  await changePassword(storage, person.id, 'quite another one', { byOwner: { keptSession: undefined } })
  assert.equal((await list(account)).length, 1, 'those that there are stay')
  await assert.rejects(make(), { reason: 'badCredentials' })
})

test('the last use is shown with time, country and program, and noted every five minutes', async (t) => {
  const pass = clockAtNoon(t)
  const { person, account, make } = await owner()
  const { secret } = await make()
  const use = (client: { name?: string; country?: string }) =>
    signInClient(storage, { address: person.address, password: secret, network, scope: 'mail', client })
  const last = async () => {
    const [{ lastUsedAt, country, client } = {}] = await list(account)
    return { at: lastUsedAt?.getTime() ?? 0, said: [country, client] }
  }
  await use({ name: 'K-9\u202e \0Mail\r\n 6.8', country: 'BE' })
  const first = await last()
  assert.deepEqual(first.said, ['BE', 'K-9 Mail 6.8'])
  pass(200)
  await use({ name: 'Thunderbird', country: 'FR' })
  assert.deepEqual(await last(), first)
  pass(200)
  await use({ name: 'x'.repeat(1 << 20), country: 'Fantasia' })
  const { at, said } = await last()
  assert.ok(at - first.at >= 400_000)
  assert.deepEqual(said, [null, 'x'.repeat(100)])
})

const secret = 'abcde-fghij-kmnpq-rstuv'
const typed: [what: string, as: string, isOne: boolean][] = [
  ['as it is shown', secret, true],
  ['without separators', 'abcdefghijkmnpqrstuv', true],
  ['with spaces', ' abcde fghij kmnpq rstuv\n', true],
  ['in capitals', secret.toUpperCase(), true],
  ['with the dashes of a word processor', secret.replaceAll('-', '–'), true],
  ['with the letters of another keyboard', 'ａｂｃｄｅ-fghij-kmnpq-rstuv', true],
  ['one letter short', secret.slice(1), false],
  ['one letter long', `${secret}a`, false],
  ['with a letter that none has', secret.replace('a', 'l'), false],
  ['with a null byte', `${secret}\0`, false],
  ['behind a megabyte of dashes', `${'-'.repeat(1 << 20)}${secret}`, false],
  ['nothing', '', false],
]
for (const [what, as, isOne] of typed)
  test(`${isOne ? 'taken' : 'no secret of ours'}: ${what}`, () => {
    assert.equal(bareSecret(as), isOne ? 'abcdefghijkmnpqrstuv' : undefined)
  })
