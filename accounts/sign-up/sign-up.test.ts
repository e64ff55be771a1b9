import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { agreedVersions, documents } from '#policy'
import { Refusal, shiftClock } from '#system'
import type { Storage } from '#storage'
import { clockAtNoon } from '#test/clock'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import {
  beginSignUp,
  checkPassword,
  createDomain,
  findRecovery,
  findSignUp,
  finishSignUp,
  proveSignUp,
  resendSignUpCode,
  sendingStanding,
  signUpDomains,
  type NewPerson,
} from '../index.ts'

let storage: Storage
const settings = { isOpen: true, domains: [], codeMinutes: 15, proofWork: 1, disposableDomains: undefined }
const nothing = async (): Promise<void> => undefined
const agreed = { policy: documents.policy.version, terms: documents.terms.version }

before(async () => {
  storage = await openTestStorage({ after })
  await addPerson(storage, { name: 'somebody' })
  await createDomain(storage, 'second.test')
})

let number = 0
/** A visitor from a network of their own, with an address of their own. */
const visitor = (): { external: string; network: string; language: 'de' } => {
  number++
  return { external: `person-${number}@example.org`, network: `198.51.${number}.0/24`, language: 'de' }
}
const begin = (who = visitor()) => beginSignUp(storage, settings, who)

async function proven(who = visitor()): Promise<string> {
  const { token, code } = await begin(who)
  await proveSignUp(storage, token, code)
  return token
}

const newPerson = (more: Partial<NewPerson> = {}): NewPerson => ({
  name: `new-${++number}`,
  domain: 'zegel.test',
  password: 'regenschirm mond vier',
  language: 'de',
  agreed,
  ...more,
})

/** Why it was refused: the reason, or the fields at fault. */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error))
    return error.fields.length > 0 ? error.fields.join(' ') : error.reason
  }
}

const rows = async (): Promise<number> => (await storage.database.sql`select from mailed_code`).rowCount
const accounts = async (): Promise<number> => (await storage.database.sql`select from account`).rowCount

test('an address, its code, and a name make an account that signs in, with its way back and what was agreed to', async () => {
  const who = visitor()
  const begun = await begin(who)
  assert.match(begun.code, /^\d{8}$/)
  assert.deepEqual([begun.to, begun.language], [who.external, 'de'])
  const before = await rows()
  assert.equal((await proveSignUp(storage, begun.token, begun.code)).external, who.external)
  const person = newPerson({ domain: 'second.test' })
  const { accountId, address } = await finishSignUp(storage, settings, begun.token, person, nothing)
  assert.equal(address, `${person.name}@second.test`)
  const signedIn = await checkPassword(storage, { address, password: person.password, network: who.network })
  assert.deepEqual([signedIn.accountId, signedIn.isOperator], [accountId, false])
  assert.equal((await findRecovery(storage, accountId))?.address, who.external)
  assert.deepEqual(await agreedVersions(storage.database.sql, accountId), agreed)
  assert.equal((await sendingStanding(storage.database.sql, accountId))?.beginsSmall, true)
  assert.equal(await rows(), before - 1, 'nothing is left of the sign-up')
})

for (const typed of ['{}', ' {} ', '{4} {4}', '{4}-{4}', '{4}–{4}', 'wide'])
  test(`the code is taken as people write it: ${typed}`, async () => {
    const { token, code } = await begin()
    const wide = code.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))
    let at = 0
    const written =
      typed === 'wide' ? wide : typed.replaceAll('{}', code).replaceAll('{4}', () => code.slice(at, (at += 4)))
    await proveSignUp(storage, token, written)
    assert.equal((await findSignUp(storage, token)).isProven, true)
  })

/** Addresses that no code goes to. */
const unfit: [attack: string, external: string, fault: string][] = [
  ['nothing', '', 'form'],
  ['no address', 'somebody', 'form'],
  ['two addresses', 'a@example.org, b@example.org', 'form'],
  ['a header after a line break', 'a@example.org\r\nBcc: b@example.net', 'form'],
  ['a header after a bare line feed', 'a@example.org\nSubject: x', 'form'],
  ['a line break in the local part', '"a\r\nBcc: b@example.net"@example.org', 'form'],
  ['a null byte', 'a\0@example.org', 'form'],
  ['a name around it', 'A <a@example.org>', 'form'],
  ['a comment in it', 'a(b)@example.org', 'form'],
  ['a quoted local part', '"a b"@example.org', 'form'],
  ['a route through another server', '@example.net:a@example.org', 'form'],
  ['an address literal', 'a@[192.0.2.1]', 'form'],
  ['an IPv6 literal', 'a@[IPv6:2001:db8::1]', 'form'],
  ['an IP address for a domain', 'a@192.0.2.1', 'form'],
  ['a host without a domain', 'root@localhost', 'form'],
  ['a domain with a percent sign', 'a@zegel%2etest', 'form'],
  ['a megabyte', `${'a'.repeat(1 << 20)}@example.org`, 'form'],
  ['an address of this server', 'somebody@zegel.test', 'ours'],
  ['one in capitals', 'SOMEBODY@ZEGEL.TEST', 'ours'],
  ['one with a detail', 'somebody+x@zegel.test', 'ours'],
  ['one in full-width letters', 'somebody@ｚｅｇｅｌ.test', 'ours'],
  ['one with an ideographic full stop', 'somebody@zegel。test', 'ours'],
  ['one with a soft hyphen in its domain', 'somebody@ze\u00adgel.test', 'ours'],
  ['a domain of throw-away addresses', 'a@mailinator.com', 'disposable'],
  ['a subdomain of one', 'a@x.y.YOPMAIL.com', 'disposable'],
]
for (const [attack, external, fault] of unfit)
  test(`no code goes to ${attack}`, async () => {
    const before = await rows()
    assert.equal(await refusal(begin({ ...visitor(), external })), `external.${fault}`)
    assert.equal(await rows(), before)
  })

test('a domain that only looks like ours is another one', async () => {
  // U+0435, the Cyrillic letter that looks like "e".
  const { to } = await begin({ ...visitor(), external: 'somebody@zеgel.test' })
  assert.match(to, /^somebody@xn--/)
})

test("the operator's own list of throw-away domains counts, with remarks and empty lines", async () => {
  const { config } = await testDatabase()
  const disposableDomains = join(config.dataFolder, 'disposable.txt')
  writeFileSync(disposableDomains, '# ours\n\nGone.example  # closed tomorrow\r\n')
  const own = { ...settings, disposableDomains }
  assert.equal(
    await refusal(beginSignUp(storage, own, { ...visitor(), external: 'a@gone.example' })),
    'external.disposable',
  )
  assert.equal(await refusal(beginSignUp(storage, own, visitor())), 'done')
})

test('five guesses at a code, then only a new one helps, and there are three codes', async (t) => {
  clockAtNoon(t)
  const who = visitor()
  const { token, code } = await begin(who)
  const wrong = code === '00000000' ? '11111111' : '00000000'
  const guess = (typed: string): Promise<string> => refusal(proveSignUp(storage, token, typed))
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => guess(wrong)))
  assert.equal(outcomes.filter((one) => one === 'badCredentials').length, 5)
  assert.equal(outcomes.filter((one) => one === 'tooManyAttempts').length, 35)
  assert.equal(await guess(code), 'tooManyAttempts', 'the right one comes too late')

  const resend = () => resendSignUpCode(storage, settings, { token, network: who.network })
  const second = await resend()
  assert.equal(second.to, who.external)
  assert.equal(await guess(code), second.code === code ? 'done' : 'badCredentials')
  await resend()
  assert.equal(await refusal(resend()), 'tooManyAttempts')
})

test('a code is good for its minutes, and what was begun for an hour', async (t) => {
  const pass = clockAtNoon(t)
  const who = visitor()
  const { token, code } = await begin(who)
  pass(15 * 60 + 1)
  assert.equal(await refusal(proveSignUp(storage, token, code)), 'expired')
  const { code: later } = await resendSignUpCode(storage, settings, { token, network: who.network })
  await proveSignUp(storage, token, later)
  pass(59 * 60)
  assert.equal((await findSignUp(storage, token)).isProven, true)
  pass(2 * 60)
  assert.equal(await refusal(finishSignUp(storage, settings, token, newPerson(), nothing)), 'notFound')
  assert.equal(await refusal(findSignUp(storage, token)), 'notFound')
})

const forged: Record<string, (token: string) => string> = {
  'an empty token': () => '',
  'a token of an attacker': () => 'A'.repeat(43),
  'a token with another last letter': (token) => token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A'),
  'a token in other case': (token) => token.toUpperCase(),
  'a token with a null byte': (token) => `${token}\0`,
  'a token of a megabyte': (token) => token.repeat(25_000),
}
for (const [attack, forge] of Object.entries(forged))
  test(`${attack} opens nothing`, async () => {
    const { token, code } = await begin()
    assert.equal(await refusal(proveSignUp(storage, forge(token), code)), 'notFound')
    await proveSignUp(storage, token, code)
    assert.equal(await refusal(finishSignUp(storage, settings, forge(token), newPerson(), nothing)), 'notFound')
  })

test('the last step without the one before makes nothing', async () => {
  const { token } = await begin()
  const before = await accounts()
  assert.equal(await refusal(finishSignUp(storage, settings, token, newPerson(), nothing)), 'notFound')
  assert.equal(await accounts(), before)
})

test("one sign-up's code does not fit another's token", async () => {
  const [mine, theirs] = [await begin(), await begin()]
  assert.equal(await refusal(proveSignUp(storage, theirs.token, mine.code)), 'badCredentials')
})

test('one code makes one account, however often the form is sent', async () => {
  const token = await proven()
  const before = await accounts()
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => refusal(finishSignUp(storage, settings, token, newPerson(), nothing))),
  )
  assert.equal(outcomes.filter((one) => one === 'done').length, 1, outcomes.join())
  assert.equal(await accounts(), before + 1)
})

/** What is told together, field by field. */
const faults: [what: string, more: Partial<NewPerson>, told: string][] = [
  ['no name', { name: '' }, 'name.form'],
  ['a name of two letters', { name: 'ab' }, 'name.form'],
  ['a name that begins with a dot', { name: '.abc' }, 'name.form'],
  ['two dots in a row', { name: 'a..bc' }, 'name.form'],
  ['a name with a detail', { name: 'some+body' }, 'name.form'],
  ['a whole address', { name: 'a@b@zegel.test' }, 'name.form'],
  ['a letter that looks like a Latin one', { name: 'sоmebody' }, 'name.form'],
  ['full-width letters', { name: 'ｓｏｍｅｂｏｄｙ' }, 'name.form'],
  ['a line break and a header', { name: 'abc\r\nBcc: x' }, 'name.form'],
  ['an endless name', { name: 'a'.repeat(100_000) }, 'name.form'],
  ['the name of a role', { name: 'Postmaster' }, 'name.reserved'],
  ['another name of a role', { name: 'no-reply' }, 'name.reserved'],
  ['the name of a role, taken apart', { name: 'post.master' }, 'name.reserved'],
  ['what could be somebody’s masked address', { name: 'maple.river.4821736' }, 'name.reserved'],
  ['a domain that is not served here', { domain: 'elsewhere.example' }, 'domainUnknown'],
  ['a short password', { password: 'kurz' }, 'password.short'],
  ['an endless password', { password: 'x'.repeat(100_000) }, 'password.long'],
  ['a common password', { password: 'Passwort123' }, 'password.common'],
  ['a password of one character', { password: '…………………………' }, 'password.common'],
  ['the new address for a password', { name: 'waldemar-1', password: 'Waldemar-1@zegel.test' }, 'password.address'],
  ['the name for a password', { name: 'waldemar-2', password: 'waldemar-2' }, 'password.address'],
  ['no consent', { agreed: undefined }, 'consent.missing'],
  ['consent to a version before', { agreed: { ...agreed, terms: agreed.terms - 1 } }, 'consent.changed'],
  ['consent to a version that is none', { agreed: { policy: Number.NaN, terms: Infinity } }, 'consent.changed'],
  ['everything at once', { name: '', password: '', agreed: undefined }, 'name.form password.short consent.missing'],
]
for (const [what, more, told] of faults)
  test(`no account with ${what}, and the form can be sent again`, async () => {
    const token = await proven()
    const before = await accounts()
    assert.equal(await refusal(finishSignUp(storage, settings, token, newPerson(more), nothing)), told)
    assert.equal(await accounts(), before)
    assert.equal(await refusal(finishSignUp(storage, settings, token, newPerson(), nothing)), 'done')
  })

test('where the operator names domains, strangers have addresses in no other', async () => {
  const named = { ...settings, domains: ['second.test', 'not-served.test'] }
  assert.deepEqual(await signUpDomains(storage, named), ['second.test'])
  assert.deepEqual(await signUpDomains(storage, settings), ['second.test', 'zegel.test'])
  const token = await proven()
  const ask = (domain: string) => refusal(finishSignUp(storage, named, token, newPerson({ domain }), nothing))
  assert.equal(await ask('zegel.test'), 'domainUnknown')
  assert.equal(await ask('not-served.test'), 'domainUnknown')
  assert.equal(await ask('second.test'), 'done')
})

test('the address outside is no password either', async () => {
  const who = visitor()
  const person = newPerson({ password: who.external })
  assert.equal(await refusal(finishSignUp(storage, settings, await proven(who), person, nothing)), 'password.address')
})

test('that an address is taken is said after the code, and twenty times', async () => {
  const token = await proven()
  const taken = newPerson({ name: 'somebody' })
  const outcomes: string[] = []
  for (let times = 0; times < 22; times++)
    outcomes.push(await refusal(finishSignUp(storage, settings, token, taken, nothing)))
  assert.deepEqual(new Set(outcomes.slice(0, 20)), new Set(['addressTaken']))
  assert.deepEqual(outcomes.slice(20), ['tooManyAttempts', 'tooManyAttempts'])
})

test('one address outside leads into five accounts', async () => {
  const { external } = visitor()
  for (let i = 0; i < 5; i++)
    await finishSignUp(storage, settings, await proven({ ...visitor(), external }), newPerson(), nothing)
  const token = await proven({ ...visitor(), external })
  assert.equal(await refusal(finishSignUp(storage, settings, token, newPerson(), nothing)), 'tooManyItems')
})

test('an address is sent so many codes a day, at the wish of one network and in all; tomorrow again', async (t) => {
  const pass = clockAtNoon(t)
  const { external, network, language } = visitor()
  const ask = (from: string): Promise<string> => refusal(begin({ external, network: from, language }))
  for (let i = 0; i < 5; i++) assert.equal(await ask(network), 'done')
  assert.equal(await ask(network), 'tooManyAttempts')
  for (let i = 0; i < 15; i++) assert.equal(await ask(`203.0.${i}.0/24`), 'done', String(i))
  assert.equal(await ask('203.0.113.0/24'), 'tooManyAttempts')
  pass(86_400)
  assert.equal(await ask(network), 'done')
})

test('a network asks for so many codes a day', async (t) => {
  clockAtNoon(t)
  const network = '192.0.2.0/24'
  const outcomes: string[] = []
  for (let i = 0; i < 102; i++) outcomes.push(await refusal(begin({ ...visitor(), network })))
  assert.equal(outcomes.filter((one) => one === 'done').length, 100)
  assert.deepEqual(outcomes.slice(100), ['tooManyAttempts', 'tooManyAttempts'])
})

test('nothing of a sign-up can be read in the tables', async () => {
  const who = { ...visitor(), external: 'unmistakable.person@example.org', network: '203.0.114.0/24' }
  await finishSignUp(storage, settings, await proven(who), newPerson(), nothing)
  const { token, code } = await begin(who)
  const texts: string[] = []
  for (const table of ['mailed_code', 'daily_count', 'recovery', 'consent']) {
    const { rows } = await storage.database.sql<{ xml: string }>`select table_to_xml(${table}, true, true, '') as xml`
    texts.push(rows[0]?.xml ?? '')
  }
  const text = texts.join('\n')
  const bytes = Array.from(text.matchAll(/>([A-Za-z0-9+/\s]{8,}={0,2})</g), ([, base64 = '']) =>
    Buffer.from(base64, 'base64').toString('latin1'),
  ).join('\n')
  for (const secret of ['unmistakable', '203.0.114', token, code])
    assert.ok(!`${text}\n${bytes}`.includes(secret), 'a secret stands in a table')
})

after(() => shiftClock(0))
