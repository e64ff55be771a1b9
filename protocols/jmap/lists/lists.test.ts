/** Distribution lists by JMAP: made, filled, decided on. */
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { createDomain } from '#accounts'
import { addRecord } from '#items'
import { MEMBER, readMembers, loadList } from '#mail/lists'
import { enqueue, listQueue, prepareLetter, wakeQueue } from '#mail/outbound'
import { shiftClock } from '#system'
import { openJmapClient, type JmapClient } from '#test/jmap'
import type { Person } from '#test/people'
import { startServer } from '#test/server'

type Json = Record<string, unknown>

const server = await startServer(
  { after },
  { lists: { maxMembers: 4, maxLettersPerHour: 1, maxHeld: 10, most: 2, maxInvitedPerDay: 3 } },
  ['http', 'queue'],
)
const { storage } = server
await createDomain(storage, 'others.example')
const someone = await server.createAccount()
afterEach(() => shiftClock(0))

interface List extends Json {
  id: string
  email: string
}

interface Owner {
  person: Person
  jmap: JmapClient
  make(given?: Json): Promise<List>
  refusal(given: Json): Promise<Json>
  find(id: string): Promise<Json>
}

let number = 0
const free = (): string => `garden.${++number}@zegel.test`

async function owner(): Promise<Owner> {
  const person = await server.createAccount()
  const jmap = await openJmapClient(server, person)
  return {
    person,
    jmap,
    async make(given = {}) {
      const { created, notCreated } = await jmap.call('MailList/set', {
        create: { k: { email: free(), name: 'Gärten', ...given } },
      })
      assert.equal(notCreated, null, JSON.stringify(notCreated))
      return (created as { k: List }).k
    },
    async refusal(given) {
      const { created, notCreated } = await jmap.call('MailList/set', {
        create: { k: { email: free(), name: 'Gärten', ...given } },
      })
      assert.equal(created, null)
      return (notCreated as { k: Json }).k
    },
    find: async (id) => ((await jmap.call('MailList/get', { ids: [id] }))['list'] as Json[])[0] as Json,
  }
}

const membersOf = async ({ jmap }: Owner, listId: string): Promise<string[]> =>
  ((await jmap.call('MailList/members', { listId }))['list'] as { email: string; state: string }[]).map(
    ({ email, state }) => `${email} ${state}`,
  )

async function queueIsQuiet(): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (!(await listQueue(storage)).some(({ destinations }) => destinations.includes('zegel.test'))) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  assert.fail('the queue is not empty')
}

/** A letter by somebody here who is no member, which waits. */
async function write({ person }: { person: Person }, to: string, subject: string): Promise<void> {
  const letter = await prepareLetter(storage, {
    accountId: person.id,
    mailFrom: person.address,
    recipients: [{ address: to }],
    content: Buffer.from(
      `From: Bea <${person.address}>\r\nTo: ${to}\r\nMessage-ID: <${crypto.randomUUID()}@x>\r\nSubject: ${subject}\r\n\r\nRed ones.\r\n`,
    ),
    isWrittenHere: true,
  })
  await storage.database.transaction((sql) => enqueue(sql, letter))
  wakeQueue(storage)
  await queueIsQuiet()
}

test('a list is made, changed and removed, and told of by its state', async () => {
  const { make, jmap, find } = await owner()
  assert.deepEqual(jmap.session.capabilities['urn:zegel:lists'], {})
  const { id, email } = await make()
  assert.deepEqual(await find(id), {
    id,
    email,
    name: 'Gärten',
    posting: 'members',
    members: 0,
    paused: 0,
    invited: 0,
    held: 0,
  })
  const { state } = await jmap.call('MailList/get', { ids: [] })
  await jmap.call('MailList/set', { update: { [id]: { name: 'Parks', posting: 'moderated' } } })
  const { updated } = await jmap.call('MailList/changes', { sinceState: state })
  assert.deepEqual(updated, [id])
  const { name, posting } = await find(id)
  assert.deepEqual([name, posting], ['Parks', 'moderated'])
  assert.equal((await loadList(storage, email)).posting, 'moderated')
  const { notUpdated } = await jmap.call('MailList/set', { update: { [id]: { email: free(), held: 3 } } })
  assert.deepEqual((notUpdated as Record<string, Json>)[id], {
    type: 'invalidProperties',
    properties: ['email', 'held'],
  })
  await jmap.call('MailList/set', { destroy: [id] })
  await assert.rejects(loadList(storage, email), { reason: 'addressUnknown' })
})

const refused: [what: string, given: Json, error: Json][] = [
  ['an address of somebody', { email: someone.address }, { properties: ['address.taken'] }],
  ['a domain where its owner has no address', { email: 'garden@others.example' }, { properties: ['domain'] }],
  ['a domain that is not served', { email: 'garden@foreign.example' }, { properties: ['domain'] }],
  ['a name that is the service’s', { email: 'billing@zegel.test' }, { properties: ['name.reserved'] }],
  ['a detail of somebody else’s address', { email: 'anna+x@zegel.test' }, { properties: ['name.form'] }],
  ['a name that shows another alphabet', { email: 'gаrden@zegel.test' }, { properties: ['name.form'] }],
  ['no address', { email: 'garden' }, { properties: ['address'] }],
  ['no name', { name: ' ' }, { properties: ['name'] }],
  ['a name of two lines', { name: 'a\r\nBcc: x' }, { properties: ['name'] }],
  ['a posting that there is not', { posting: 'nobody' }, { properties: ['posting'] }],
  ['a counter of its own', { held: 1 }, { properties: ['held'] }],
]
for (const [what, given, error] of refused)
  test(`refused: ${what}`, async () => {
    const { refusal, jmap } = await owner()
    assert.deepEqual(await refusal(given), { type: 'invalidProperties', ...error })
    assert.deepEqual((await jmap.call('MailList/get', { ids: null }))['list'], [])
  })

test('an account makes no more lists than are set, and fills none of somebody else', async () => {
  const one = await owner()
  const { id } = await one.make()
  await one.make()
  assert.equal((await one.refusal({}))['type'], 'overQuota')
  const { jmap } = await owner()
  for (const [name, args] of [
    ['MailList/members', {}],
    ['MailList/add', { emails: ['bea@outside.example'] }],
    ['MailList/takeOff', { emails: ['bea@outside.example'] }],
    ['MailList/resume', { email: 'bea@outside.example' }],
  ] as const)
    assert.equal((await jmap.fail(name, { listId: id, ...args }))['type'], 'invalidArguments', name)
  const { notDestroyed } = await jmap.call('MailList/set', { destroy: [id] })
  assert.equal((notDestroyed as Record<string, Json>)[id]?.['type'], 'notFound')
})

test('all but its owner are asked, whether they are served here or not, so many a day', async () => {
  const one = await owner()
  const { id, email } = await one.make()
  const added = await one.jmap.call('MailList/add', {
    listId: id,
    emails: [one.person.address, ` ${someone.address} `, 'bea@outside.example', 'nobody', 'Bea@outside.example'],
  })
  assert.deepEqual(
    [added['members'], added['invited'], added['invalid'], added['left']],
    [[one.person.address], [someone.address, 'bea@outside.example'], ['nobody'], []],
  )
  assert.deepEqual(
    await membersOf(one, id),
    [`${one.person.address} member`, `${someone.address} invited`, 'bea@outside.example invited'].toSorted(),
  )
  const { members, invited } = await one.find(id)
  assert.deepEqual([members, invited], [1, 2])
  assert.equal(
    (await one.jmap.fail('MailList/add', { listId: id, emails: ['c@x.example', 'd@x.example'] }))['type'],
    'requestTooLarge',
  )
  const { takenOff } = await one.jmap.call('MailList/takeOff', { listId: id, emails: [someone.address, 'x@y.example'] })
  assert.deepEqual(takenOff, [someone.address])
  const more = await one.jmap.call('MailList/add', { listId: id, emails: ['c@x.example', 'd@x.example'] })
  assert.deepEqual([more['invited'], more['left']], [['c@x.example'], ['d@x.example']])

  const list = await loadList(storage, email)
  const value = { list: list.id, address: 'pia@outside.example', failures: 5, failedOn: '2026-01-01', isPaused: true }
  await list.account.write((tx) => addRecord(tx, { kind: MEMBER, value, lookup: `${list.id}/${value.address}` }))
  assert.ok((await membersOf(one, id)).includes('pia@outside.example paused'))
  await one.jmap.call('MailList/resume', { listId: id, email: 'pia@outside.example' })
  assert.ok((await membersOf(one, id)).includes('pia@outside.example member'))
  assert.equal((await readMembers(list)).find(({ address }) => address === value.address)?.failures, undefined)
})

test('letters that wait are shown and decided on, one by one, and no more go on in an hour than may', async () => {
  const one = await owner()
  const { id, email } = await one.make({ posting: 'moderated' })
  await one.jmap.call('MailList/add', { listId: id, emails: [one.person.address] })
  const author = await owner()
  const { state } = await one.jmap.call('MailList/get', { ids: [] })
  for (const subject of ['Tulips', 'Roses', 'Asters']) await write(author, email, subject)
  const { updated } = await one.jmap.call('MailList/changes', { sinceState: state })
  assert.deepEqual(updated, [id])
  assert.equal((await one.find(id))['held'], 3)
  const elsewhere = await one.jmap.call('HeldLetter/get', { ids: null, listId: (await one.make()).id })
  assert.deepEqual(elsewhere['list'], [])
  const { list } = await one.jmap.call('HeldLetter/get', { ids: null, listId: id })
  const held = list as (Json & { id: string })[]
  assert.deepEqual(
    held.map(({ subject, preview, from, listId, mayAnswer, hasAttachment }) => [
      subject,
      preview,
      from,
      listId,
      mayAnswer,
      hasAttachment,
    ]),
    ['Tulips', 'Roses', 'Asters'].map((subject) => [
      subject,
      'Red ones.',
      [{ name: 'Bea', email: author.person.address }],
      id,
      true,
      false,
    ]),
  )
  const [tulips = '', roses = '', asters = ''] = held.map((letter) => letter.id)
  assert.equal(Date.parse(held[0]?.['endsAt'] as string) - Date.parse(held[0]?.['heldAt'] as string), 14 * 86_400_000)

  const other = await owner()
  const foreign = await other.jmap.call('HeldLetter/decide', { ids: [tulips], accept: true })
  assert.deepEqual(foreign['notDecided'], { [tulips]: { type: 'notFound' } })
  assert.deepEqual((await other.jmap.call('HeldLetter/get', { ids: [tulips] }))['list'], [])

  const first = await one.jmap.call('HeldLetter/decide', { ids: [tulips, roses], accept: true })
  assert.deepEqual([first['decided'], first['notDecided']], [[tulips], { [roses]: { type: 'rateLimit' } }])
  const second = await one.jmap.call('HeldLetter/decide', { ids: [asters], accept: false, reason: 'Not here, please.' })
  assert.deepEqual([second['decided'], second['notDecided']], [[asters], null])
  await queueIsQuiet()
  const subjects = async ({ jmap }: Owner): Promise<unknown[]> => {
    const { ids } = await jmap.call('Email/query', {})
    const { list: letters } = await jmap.call('Email/get', { ids, properties: ['subject'] })
    return (letters as Json[]).map(({ subject }) => subject)
  }
  assert.deepEqual(await subjects(one), ['Tulips'])
  assert.deepEqual(await subjects(author), ['Your letter to the list “Gärten” does not go on'])
  assert.equal((await one.find(id))['held'], 1)
  shiftClock(3600)
  assert.equal((await one.jmap.call('HeldLetter/decide', { ids: [roses], accept: true }))['notDecided'], null)
})
