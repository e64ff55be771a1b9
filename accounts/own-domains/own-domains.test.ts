/** Domains that people bring: claimed, proven, lost, given back, and what mail for them reaches. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { openDns, shiftClock } from '#system'
import { openTestStorage, testDatabase } from '#test/database'
import { startNameServer } from '#test/name-server'
import { addPerson, type Person } from '#test/people'
import { putRecord } from '#test/zone'
import {
  addAlias,
  addressesOf,
  choosePrimary,
  claimDomain,
  createDomain,
  findAddressee,
  isLocalDomain,
  keepDkimKeys,
  listOwnDomains,
  lookAtClaims,
  lookAtProofs,
  operatedDomains,
  releaseDomain,
  removeAlias,
  setCatchAll,
  signUpDomains,
  withdrawClaim,
  type OwnDomain,
  type TellOwner,
  usableDomains,
} from '../index.ts'

const storage = await openTestStorage({ after })
const receiver = await openTestStorage({ after }, 'zegel_receiver')
const { config } = await testDatabase()
const { sql } = storage.database
const names = await startNameServer({ after }, {})
const dns = openDns({ dns: { servers: [names.address] } }, 500)
const HOUR = 3600
const DAY = 24 * HOUR

const told: string[] = []
const tells =
  (kind: string): TellOwner =>
  async ({ domain }) =>
  async () =>
    void told.push(`${kind} ${domain}`)
const lookAtAll = () => lookAtClaims(storage, dns, tells('proven'))
const proofs = () =>
  lookAtProofs(
    storage,
    dns,
    { host: config.hostname, lostDays: 30 },
    { lost: tells('lost'), released: tells('released') },
  )

let count = 0
const newName = (): string => `d${++count}.example`

async function only(person: Person): Promise<OwnDomain> {
  const [one, ...more] = await listOwnDomains(storage, person.id)
  assert.ok(one !== undefined && more.length === 0)
  return one
}

/** Claims a domain and puts the record there. */
async function claimed(person: Person, domain = newName()): Promise<string> {
  await claimDomain(storage, config, person.id, domain)
  putRecord(names.zone, (await only(person)).proof)
  return domain
}

async function owned(t: TestContext): Promise<{ person: Person; domain: string }> {
  const person = await addPerson(storage)
  const domain = await claimed(person)
  await lookAtAll()
  t.after(async () => void (await releaseDomain(storage, person.id, domain)))
  return { person, domain }
}

test('a domain is its owner’s once the record is there, and nobody’s before', async () => {
  const person = await addPerson(storage)
  const other = await addPerson(storage)
  await claimDomain(storage, config, person.id, 'Bücher.example.')
  const waiting = await only(person)
  assert.equal(waiting.domain, 'xn--bcher-kva.example')
  assert.equal(waiting.proof.name, '_zegel-challenge.xn--bcher-kva.example')
  assert.match(waiting.proof.value, /^zegel-domain=[0-9a-f]{40}$/)
  // Asked for again, it is the same.
  await claimDomain(storage, config, person.id, 'xn--bcher-kva.example')
  assert.deepEqual((await only(person)).proof, waiting.proof)
  assert.equal((await lookAtAll()).proven, 0)
  assert.equal(await isLocalDomain(storage, waiting.domain), false)
  putRecord(names.zone, { ...waiting.proof, value: 'zegel-domain=0000' })
  shiftClock(2 * 60)
  assert.equal((await lookAtAll()).proven, 0)
  putRecord(names.zone, waiting.proof)
  shiftClock(10 * 60)
  assert.equal((await lookAtAll()).proven, 1)
  shiftClock(0)
  const proven = await only(person)
  assert.deepEqual([proven.state, proven.proof], ['proven', waiting.proof])
  assert.equal(await isLocalDomain(storage, waiting.domain), true)
  assert.deepEqual(await usableDomains(storage, person.id), ['zegel.test', waiting.domain])
  assert.deepEqual(await usableDomains(storage, other.id), ['zegel.test'])
  assert.ok(told.includes(`proven ${waiting.domain}`))
  // Nobody else opens an account in it, and the service writes nothing from it.
  assert.ok(!(await operatedDomains(storage)).some(({ domain }) => domain === waiting.domain))
  assert.ok(!(await signUpDomains(storage, config.signUp)).includes(waiting.domain))
  await releaseDomain(storage, person.id, waiting.domain)
})

test('whoever is called by an address of a domain that is released is called by another of theirs, and nobody has it', async () => {
  const person = await addPerson(storage)
  const account = await storage.openAccount(person.id)
  for (const isFirstKept of [true, false]) {
    const domain = await claimed(person)
    await lookAtAll()
    const own = await addAlias(storage, account, `me@${domain}`, { by: 'operator' })
    await choosePrimary(storage, account, own)
    if (!isFirstKept) await removeAlias(storage, account, person.address)
    await releaseDomain(storage, person.id, domain)
    assert.deepEqual(await addressesOf(storage, person.id), [person.address])
    await createDomain(storage, domain)
    assert.equal(await findAddressee(storage, own), undefined)
  }
})

test('of two who prove a domain at once the first has it, and the other is told nothing of who', async () => {
  const [ada, ben] = [await addPerson(storage), await addPerson(storage)]
  const domain = newName()
  await claimDomain(storage, config, ada.id, domain)
  await claimDomain(storage, config, ben.id, domain)
  const [first, second] = [await only(ada), await only(ben)]
  assert.notEqual(first.proof.value, second.proof.value)
  names.zone[first.proof.name] = { TXT: [first.proof.value, second.proof.value] }
  await Promise.all([lookAtAll(), lookAtAll()])
  const states = [await only(ada), await only(ben)].map(({ state, seen }) => seen ?? state)
  assert.deepEqual(states.toSorted(), ['proven', 'taken'])
  const third = await addPerson(storage)
  await assert.rejects(claimDomain(storage, config, third.id, domain), { reason: 'exists', fields: [] })
  const owner = states[0] === 'proven' ? ada : ben
  await releaseDomain(storage, owner.id, domain)
  await withdrawClaim(storage, owner === ada ? ben.id : ada.id, domain)
})

test('a claim that is withdrawn while it is looked at gives nobody the domain', async () => {
  const person = await addPerson(storage)
  const domain = await claimed(person)
  await lookAtClaims(storage, dns, async () => {
    await withdrawClaim(storage, person.id, domain)
    return async () => undefined
  })
  assert.deepEqual(await listOwnDomains(storage, person.id), [])
  assert.equal(await isLocalDomain(storage, domain), false)
})

const refused: [what: string, domain: string, reason: string, field?: string][] = [
  ['nothing', '', 'invalid', 'domain'],
  ['an address', 'a@b.example', 'invalid', 'domain'],
  ['an IP address', '192.0.2.1', 'invalid', 'domain'],
  ['a suffix of a country', 'co.uk', 'invalid', 'domain.suffix'],
  ['a suffix of a company', 'github.io', 'invalid', 'domain.suffix'],
  ['a top-level domain', 'org', 'invalid', 'domain.suffix'],
  ['the server’s own name', 'zegel.test', 'invalid', 'domain.reserved'],
  ['a name below it', 'mta-sts.zegel.test', 'invalid', 'domain.reserved'],
  ['a name of networks at home', 'router.local', 'invalid', 'domain.reserved'],
  ['the tree of addresses', '2.0.192.in-addr.arpa', 'invalid', 'domain.reserved'],
  ['one that is served already', 'served.example', 'exists'],
]
for (const [what, domain, reason, field] of refused)
  test(`not taken as a domain of somebody: ${what}`, async () => {
    if (!(await isLocalDomain(storage, 'served.example'))) await createDomain(storage, 'served.example')
    const person = await addPerson(storage)
    await assert.rejects(claimDomain(storage, config, person.id, domain), {
      reason,
      fields: field === undefined ? [] : [field],
    })
  })

test('an account has no more domains than it may, claims counted, and none where none are allowed', async () => {
  const person = await addPerson(storage)
  const settings = { ...config, domains: { most: 2, lostDays: 30 } }
  const first = newName()
  await claimDomain(storage, settings, person.id, first)
  const more = await Promise.allSettled(
    [newName(), newName()].map((name) => claimDomain(storage, settings, person.id, name)),
  )
  assert.deepEqual(more.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  await withdrawClaim(storage, person.id, first)
  await claimDomain(storage, settings, person.id, newName())
  await assert.rejects(claimDomain(storage, { ...config, domains: { most: 0, lostDays: 30 } }, person.id, newName()), {
    reason: 'tooManyItems',
  })
})

test('a claim is looked at less and less often, and name servers that are away end no claim', async (t) => {
  t.after(() => shiftClock(0))
  const person = await addPerson(storage)
  const domain = newName()
  await claimDomain(storage, config, person.id, domain)
  names.zone[`_zegel-challenge.${domain}`] = 'SERVFAIL'
  await lookAtAll()
  assert.equal((await only(person)).seen, 'silent')
  const asked = names.questions.filter((question) => question.includes(domain)).length
  await lookAtAll()
  assert.equal(names.questions.filter((question) => question.includes(domain)).length, asked)
  let waited = 0
  for (const seconds of [90, 240, 540, 1200]) {
    shiftClock(seconds)
    await lookAtAll()
    const next = (await only(person)).nextLookAt.getTime()
    assert.ok(next > waited)
    waited = next
  }
  await withdrawClaim(storage, person.id, domain)
})

test('a domain stays its owner’s while its record is there or mail for it is brought here', async (t) => {
  t.after(() => shiftClock(0))
  const { domain } = await owned(t)
  const lostSince = async (): Promise<Date | null> =>
    (await sql<{ at: Date | null }>`select lost_since as at from domain_proof where domain = ${domain}`).rows[0]?.at ??
    null
  const at = async (days: number): Promise<Date | null> => {
    shiftClock(days * DAY)
    await proofs()
    return lostSince()
  }
  assert.equal(await at(2), null)
  names.zone = {
    ...names.zone,
    [`_zegel-challenge.${domain}`]: {},
    [domain]: { MX: [{ exchange: 'ZEGEL.test', preference: 5 }] },
  }
  assert.equal(await at(4), null)
  names.zone[domain] = 'SERVFAIL'
  assert.equal(await at(6), null)
  names.zone[domain] = { MX: [{ exchange: 'mx.elsewhere.example', preference: 5 }] }
  assert.notEqual(await at(8), null)
  names.zone[domain] = { MX: [{ exchange: 'zegel.test', preference: 5 }] }
  assert.equal(await at(10), null)
})

test('a proof that is gone is told, and after its days the domain is served no longer', async (t) => {
  t.after(() => shiftClock(0))
  const { person, domain } = await owned(t)
  await keepDkimKeys(storage, config, dns, domain)
  delete names.zone[`_zegel-challenge.${domain}`]
  const at = async (days: number): Promise<string[]> => {
    told.length = 0
    shiftClock(days * DAY)
    await proofs()
    return told.filter((one) => one.endsWith(domain))
  }
  assert.deepEqual(await at(2), [])
  assert.deepEqual(await at(4), [])
  assert.deepEqual(await at(6), [`lost ${domain}`])
  assert.deepEqual(await at(8), [])
  assert.deepEqual(await at(31), [])
  assert.deepEqual(await at(33), [`released ${domain}`])
  assert.deepEqual(await listOwnDomains(storage, person.id), [])
  assert.equal(await isLocalDomain(storage, domain), false)
  assert.equal((await sql`select from dkim_key where domain = ${domain}`).rowCount, 0)
})

test('mail for an address that nobody has comes to the owner who wants it, as the receiver’s role can tell', async (t) => {
  const { person, domain } = await owned(t)
  const other = await addPerson(storage, { address: `else@${domain}` })
  assert.equal(await findAddressee(receiver, `anything@${domain}`), undefined)
  assert.equal(await setCatchAll(storage, other.id, domain, true), false)
  assert.equal(await setCatchAll(storage, person.id, domain, true), true)
  assert.equal(await findAddressee(receiver, `anything@${domain}`), person.id)
  assert.equal(await findAddressee(receiver, `any+thing@${domain.toUpperCase()}`), person.id)
  // Whoever has an address keeps it, with its details.
  assert.equal(await findAddressee(receiver, `else@${domain}`), other.id)
  assert.equal(await findAddressee(receiver, `else+shop@${domain}`), other.id)
  assert.equal(await findAddressee(receiver, `a@b.${domain}`), undefined)
  await sql`update account set state = 'closed' where account_id = ${person.id}`
  assert.equal(await findAddressee(receiver, `anything@${domain}`), undefined)
  await sql`update account set state = 'open' where account_id = ${person.id}`
  await setCatchAll(storage, person.id, domain, false)
  assert.equal(await findAddressee(receiver, `anything@${domain}`), undefined)
})

test('what is removed takes further addresses in it along, so that nobody else’s mail comes by them later', async () => {
  const person = await addPerson(storage)
  const domain = await claimed(person)
  await lookAtAll()
  const directory = await storage.keys.serviceKey('directory')
  for (const text of [`shop@${domain}`, `shop@not-${domain}`]) {
    const key = directory.hash(text)
    await sql`
      insert into address (address_key, account_id, sealed, is_primary, created_at)
      values (${key}, ${person.id}, ${directory.seal(`address/${key.toString('base64url')}`, text)}, false, now())`
  }
  assert.equal(await findAddressee(storage, `shop@${domain}`), person.id)
  assert.equal(await releaseDomain(storage, person.id + 1, domain), false)
  assert.equal(await releaseDomain(storage, person.id, domain), true)
  assert.equal(await findAddressee(storage, `shop@${domain}`), undefined)
  assert.equal(await findAddressee(storage, `shop@not-${domain}`), person.id)
})
