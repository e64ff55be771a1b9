/** What a thief of the tables, and each part of the program, can see of a person. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sqlState, type Role, type Sql, type Storage } from '#storage'
import { openTestStorage } from '#test/database'
import { addPerson, type Person } from '#test/people'
import {
  checkPassword,
  confirmPassword,
  createAppPassword,
  findAddressee,
  findSession,
  isLocalDomain,
  openSession,
  signInClient,
  writeSettings,
} from './index.ts'

let storage: Storage
let person: Person
let token: string
let secret: string
const network = '203.0.113.0/24'

before(async () => {
  storage = await openTestStorage({ after })
  person = await addPerson(storage, { name: 'wilhelmina', password: 'Geheimwort-17' })
  const { id: accountId, address, password } = person
  await checkPassword(storage, { address, password, network })
  await signInClient(storage, { address, password, network, scope: 'mail' })
  const wrong = { address, password: 'Falschwort-18', network }
  await assert.rejects(checkPassword(storage, wrong), { reason: 'badCredentials' })
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
  token = (await openSession(storage, { accountId, kind: 'cookie', userAgent, country: 'BE' })).token
  await findSession(storage, token)
  const { name: appName, ...use } = { name: 'Liegestuhltelefon', client: { name: 'Briefkasten 7', country: 'LU' } }
  const passwordSetAt = await confirmPassword(storage, accountId, password)
  const choice = { name: appName, scopes: ['mail'], readOnly: false, passwordSetAt }
  secret = (await createAppPassword(storage, await storage.openAccount(accountId), choice)).secret
  await signInClient(storage, { address, password: secret, network, scope: 'mail', ...use })
  const labels = { rezepte: { name: 'Backrezepte', color: 2 as const } }
  await writeSettings(await storage.openAccount(accountId), { timeZone: 'Antarctica/Troll', labels })
})

/** Every table of the database as text, and every value that is bytes as these bytes. */
async function dump(): Promise<string> {
  const tables = await storage.database.sql<{ name: string }>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema in ('public', 'keys') and table_type = 'BASE TABLE'`
  assert.ok(tables.rows.length > 10)
  const texts: string[] = []
  for (const { name } of tables.rows) {
    const { rows } = await storage.database.sql<{ xml: string }>`
      select table_to_xml(${name}, true, true, '') as xml`
    texts.push(rows[0]?.xml ?? '')
  }
  const text = texts.join('\n')
  const bytes = Array.from(text.matchAll(/>([A-Za-z0-9+/\s]{8,}={0,2})</g), ([, base64 = '']) =>
    Buffer.from(base64, 'base64').toString('latin1'),
  )
  return `${text}\n${bytes.join('\n')}`
}

test('the dump would show what stands in a table as bytes', async () => {
  const key = Buffer.from('as plain as a postcard')
  const { sql } = storage.database
  await sql`insert into sign_in_attempt (attempt_key, failures, counted_at, day) values (${key}, 1, now(), now())`
  const text = await dump()
  await sql`delete from sign_in_attempt where attempt_key = ${key}`
  assert.ok(text.includes('plain as a postcard'))
})

test('no table shows an address, a password, a token, a browser, a country, a network or a setting', async () => {
  const text = (await dump()).toLowerCase()
  assert.ok(text.includes(String(person.id)), 'the dump shows what is there')
  assert.ok(text.includes('zegel.test'), 'hosted domains are readable')
  const secrets = [
    'wilhelmina',
    'geheimwort',
    'falschwort',
    'argon2',
    'firefox',
    'mozilla',
    '203.0.113',
    'antarctica',
    'backrezepte',
    'rezepte',
    'liegestuhltelefon',
    'briefkasten',
    secret,
    secret.replaceAll('-', ''),
    token.toLowerCase(),
    Buffer.from(token, 'base64url').toString('latin1').toLowerCase(),
  ]
  for (const [index, secret] of secrets.entries())
    assert.ok(!text.includes(secret), `secret number ${index} stands in a table`)
})

const ask: Record<string, (sql: Sql) => Promise<unknown>> = {
  'the sealed address': (sql) => sql`select sealed from address`,
  'a password': (sql) => sql`select sealed from password`,
  'an app password': (sql) => sql`select secret_key, scram, name from app_password`,
  'a session': (sql) => sql`select token_key from session`,
  'the settings': (sql) => sql`select settings from account`,
  'a private key': (sql) => sql`select private_key from account`,
  'who the operators are': (sql) => sql`select is_operator from account`,
  'sign-in attempts': (sql) => sql`select failures from sign_in_attempt`,
  'the wraps of keys': (sql) => sql`select wrapped from keys.wrap`,
  'a summary': (sql) => sql`select sealed from item_summary`,
  content: (sql) => sql`select content from blob`,
  'the name of a folder': (sql) => sql`select name from folder`,
  'an address by its hash': (sql) => sql`select account_id from address`,
}

const forbidden: Record<Exclude<Role, 'zegel_app'>, (keyof typeof ask)[]> = {
  zegel_receiver: Object.keys(ask).filter((what) => !['the wraps of keys', 'an address by its hash'].includes(what)),
  zegel_desk: Object.keys(ask),
}

for (const role of ['zegel_receiver', 'zegel_desk'] as const) {
  for (const what of forbidden[role]) {
    test(`${role} cannot read ${what}`, async (t) => {
      const { database } = await openTestStorage(t, role)
      await assert.rejects(
        async () => ask[what]?.(database.sql),
        (error) => sqlState(error) === '42501',
      )
    })
  }
}

test('zegel_receiver finds whom a letter is for, and cannot make or change an account', async (t) => {
  const receiver = await openTestStorage(t, 'zegel_receiver')
  assert.equal(await findAddressee(receiver, person.address), person.id)
  assert.equal(await isLocalDomain(receiver, 'zegel.test'), true)
  const { sql } = receiver.database
  const changes = [
    () => sql`update account set state = 'open'`,
    () => sql`update account set is_operator = true`,
    () => sql`delete from address`,
    () => sql`insert into domain (domain, created_at) values ('x.example', now())`,
    () => sql`update password set sealed = ''`,
  ]
  for (const change of changes) await assert.rejects(change, (error) => sqlState(error) === '42501')
})
