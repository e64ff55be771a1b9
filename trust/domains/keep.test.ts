/** The letters that tell of a domain of one's own, and its end with its account. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { claimDomain, findList, isLocalDomain, listOwnDomains, setCatchAll } from '#accounts'
import { createList, readLists } from '#mail/lists'
import { listQueue, showOwnLetter } from '#mail/outbound'
import { openDns, shiftClock } from '#system'
import { close } from '#trust/closing'
import { keepToTheRules } from '#trust/retention'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { startNameServer } from '#test/name-server'
import { addPerson, addRecovery, type Person } from '#test/people'
import { putRecord } from '#test/zone'
import { keepOwnDomains } from './index.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()
const names = await startNameServer({ after }, {})
const dns = openDns({ dns: { servers: [names.address] } }, 500)
const DAY = 86_400

const keep = () => keepOwnDomains(storage, config, dns)

/** The words of the letters since the last time. */
const known = new Set<number>()
async function letters(): Promise<string[]> {
  const fresh = (await listQueue(storage)).filter(({ id }) => !known.has(id))
  for (const { id } of fresh) known.add(id)
  const told = await Promise.all(fresh.map(({ id }) => showOwnLetter(storage, id)))
  return told.map(({ text }) => text)
}

async function owner(domain: string): Promise<Person> {
  const person = await addPerson(storage)
  await claimDomain(storage, config, person.id, domain)
  const [own] = await listOwnDomains(storage, person.id)
  assert.ok(own)
  putRecord(names.zone, own.proof)
  return person
}

test('an owner is told that a domain is theirs, that its proof has gone, inside and outside, and that it was released', async (t) => {
  t.after(() => shiftClock(0))
  const person = await owner('told.example')
  await addRecovery(storage, person, 'ada@outside.example')
  await letters()
  assert.equal((await keep())['proven'], 1)
  const [proven, ...others] = await letters()
  assert.ok(proven !== undefined && others.length === 0)
  assert.match(proven, /the domain told\.example is yours here/)
  assert.equal((await keep())['proven'], 0)
  assert.deepEqual(await letters(), [])
  const account = await storage.openAccount(person.id)
  for (const address of ['choir@told.example', 'choir.told.example@zegel.test'])
    await createList(storage, account, { address, name: 'Choir', posting: 'members' })

  names.zone = {}
  for (const days of [2, 6]) {
    shiftClock(days * DAY)
    await keep()
  }
  const lost = await letters()
  assert.equal(lost.length, 2)
  for (const text of lost) assert.match(text, /on \d+ \w+ \d{4} it will no longer be served/)
  shiftClock(33 * DAY)
  assert.equal((await keep())['released'], 1)
  assert.equal((await letters()).filter((text) => text.includes('is no longer served')).length, 2)
  assert.deepEqual(await listOwnDomains(storage, person.id), [])
  assert.equal(
    await findList(storage, 'choir@told.example'),
    undefined,
    'nobody who has the domain later writes to their list',
  )
  assert.deepEqual(
    (await readLists(account, null)).map(({ address }) => address),
    ['choir.told.example@zegel.test'],
  )
})

test('a closed account keeps its domain until it is erased, which ends it and what was only claimed', async (t) => {
  t.after(() => shiftClock(0))
  const person = await owner('closed.example')
  await keep()
  await claimDomain(storage, config, person.id, 'claimed.example')
  await setCatchAll(storage, person.id, 'closed.example', true)
  await close(storage, config, await storage.openAccount(person.id), { closedBy: 'owner' })
  assert.equal(await isLocalDomain(storage, 'closed.example'), true)
  shiftClock((config.closing.reopenDays + config.closing.eraseDays + 1) * DAY)
  await keepToTheRules(storage, config, silent, new AbortController())
  const { rowCount } = await storage.database.sql`select from account where account_id = ${person.id}`
  assert.equal(rowCount, 0)
  const { rowCount: domains } = await storage.database.sql`
    select from domain where domain = 'closed.example' union all
    select from domain_claim where account_id = ${person.id} union all
    select from domain_proof where domain = 'closed.example'`
  assert.equal(domains, 0)
})
