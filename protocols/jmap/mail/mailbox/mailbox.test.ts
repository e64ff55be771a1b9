import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openMailReader, type MailReader } from '#test/letters'
import { startServer } from '#test/server'

type Json = Record<string, unknown>
const server = await startServer({ after }, {}, ['http'])
const open = (): Promise<MailReader> => openMailReader(server)

const list = async (reader: MailReader, args: Json = {}): Promise<Json[]> =>
  (await reader.call('Mailbox/get', { ids: null, ...args }))['list'] as Json[]

async function create(reader: MailReader, given: Json): Promise<string> {
  const { created, notCreated } = await reader.call('Mailbox/set', { create: { new: given } })
  assert.equal(notCreated, null, JSON.stringify(notCreated))
  return (created as { new: { id: string } }).new.id
}

test('a new account has its mailboxes, with all that RFC 8621 §2 shows of one', async () => {
  const reader = await open()
  const mailboxes = await list(reader)
  const roles = mailboxes.map(({ role }) => role).sort()
  assert.deepEqual(roles, ['archive', 'drafts', 'inbox', 'junk', 'sent', 'trash'])
  const inbox = mailboxes.find(({ role }) => role === 'inbox')
  assert.deepEqual(inbox, {
    id: await reader.mailbox('inbox'),
    name: 'Inbox',
    parentId: null,
    role: 'inbox',
    sortOrder: 10,
    isSubscribed: true,
    totalEmails: 0,
    unreadEmails: 0,
    totalThreads: 0,
    unreadThreads: 0,
    myRights: {
      mayReadItems: true,
      mayAddItems: true,
      mayRemoveItems: true,
      maySetSeen: true,
      maySetKeywords: true,
      mayCreateChild: true,
      mayRename: false,
      mayDelete: false,
      maySubmit: true,
    },
  })
})

test('Mailbox/get names what it does not find, and what is no id at all', async () => {
  const reader = await open()
  const inbox = await reader.mailbox('inbox')
  const { list: found, notFound } = await reader.call('Mailbox/get', {
    ids: [inbox, 'F0', 'M1', 'x'],
    properties: ['name'],
  })
  assert.deepEqual(found, [{ id: inbox, name: 'Inbox' }])
  assert.deepEqual(notFound, ['F0', 'M1', 'x'])
})

test('a tree of mailboxes is created in one call, whatever the order of its parts', async () => {
  const reader = await open()
  const { created, notCreated } = await reader.call('Mailbox/set', {
    create: {
      leaf: { name: 'Leaf', parentId: '#branch' },
      branch: { name: 'Branch', parentId: '#root', isSubscribed: false, sortOrder: 3 },
      root: { name: 'Root' },
    },
  })
  assert.equal(notCreated, null)
  const made = created as Record<string, Json>
  assert.equal(made['root']?.['name'], undefined, 'what the client has sent is not sent back')
  assert.equal(made['root']?.['parentId'], null)
  assert.equal(made['branch']?.['isSubscribed'], undefined)
  const tree = await list(reader)
  const leaf = tree.find(({ name }) => name === 'Leaf')
  const branch = tree.find(({ name }) => name === 'Branch')
  assert.equal(leaf?.['parentId'], branch?.['id'])
  assert.equal(branch?.['isSubscribed'], false)
  assert.equal(branch?.['sortOrder'], 3)
  assert.equal(branch?.['parentId'], made['root']?.['id'])
})

const refused: Record<string, [given: Json, error: Json]> = {
  'a name that is taken': [
    { name: 'Inbox' },
    { type: 'invalidProperties', properties: ['name'], description: 'there is another one' },
  ],
  'no name': [{}, { type: 'invalidProperties', properties: ['name'] }],
  'an empty name': [{ name: ' ' }, { type: 'invalidProperties', properties: ['name'] }],
  'a name with a control character': [{ name: 'a\u0007b' }, { type: 'invalidProperties', properties: ['name'] }],
  'a name that is too long': [{ name: 'é'.repeat(128) }, { type: 'invalidProperties', properties: ['name'] }],
  'a name that is no string': [{ name: 7 }, { type: 'invalidProperties', properties: ['name'] }],
  'a role that another has': [
    { name: 'New', role: 'trash' },
    { type: 'invalidProperties', properties: ['role'], description: 'there is another one' },
  ],
  'a role that no registry knows': [
    { name: 'New', role: 'kitchen' },
    { type: 'invalidProperties', properties: ['role'] },
  ],
  'a parent that is not there': [
    { name: 'New', parentId: 'F1' },
    { type: 'invalidProperties', properties: ['parentId'] },
  ],
  'a parent that is no mailbox id': [
    { name: 'New', parentId: 'x' },
    { type: 'invalidProperties', properties: ['parentId'] },
  ],
  'a parent that was never created': [
    { name: 'New', parentId: '#nobody' },
    { type: 'invalidProperties', properties: ['parentId'] },
  ],
  'itself as parent': [
    { name: 'New', parentId: '#new' },
    { type: 'invalidProperties', properties: ['parentId'] },
  ],
  'a negative order': [
    { name: 'New', sortOrder: -1 },
    { type: 'invalidProperties', properties: ['sortOrder'] },
  ],
  'an order of 2^31': [
    { name: 'New', sortOrder: 2 ** 31 },
    { type: 'invalidProperties', properties: ['sortOrder'] },
  ],
  'counts of its own': [
    { name: 'New', totalEmails: 3 },
    { type: 'invalidProperties', properties: ['totalEmails'] },
  ],
  'a property nobody knows': [
    { name: 'New', colour: 'red' },
    { type: 'invalidProperties', properties: ['colour'] },
  ],
}

for (const [what, [given, error]] of Object.entries(refused))
  test(`a mailbox is not created with ${what}`, async () => {
    const reader = await open()
    const { created, notCreated } = await reader.call('Mailbox/set', { create: { new: given } })
    assert.equal(created, null)
    assert.deepEqual(notCreated, { new: error })
  })

test('mailboxes nest to the depth that the session names, and no deeper', async () => {
  const reader = await open()
  const accounts = reader.session['accounts'] as Record<string, { accountCapabilities: Record<string, Json> }>
  const depth = accounts[reader.accountId]?.accountCapabilities['urn:ietf:params:jmap:mail']?.[
    'maxMailboxDepth'
  ] as number
  const chain = Object.fromEntries(
    Array.from({ length: depth + 1 }, (_, i) => [
      `c${i}`,
      { name: `Level ${i}`, parentId: i === 0 ? null : `#c${i - 1}` },
    ]),
  )
  const { created, notCreated } = await reader.call('Mailbox/set', { create: chain })
  assert.equal(Object.keys(created as Json).length, depth)
  assert.deepEqual(Object.keys(notCreated as Json), [`c${depth}`])
  const made = created as Record<string, { id: string }>
  const other = await create(reader, { name: 'Other' })
  const moved = await reader.call('Mailbox/set', { update: { [made['c0']?.id as string]: { parentId: other } } })
  assert.deepEqual(Object.values(moved['notUpdated'] as Json), [
    { type: 'invalidProperties', properties: ['parentId'] },
  ])
})

test('a mailbox is renamed, moved, reordered and hidden; what is left out stays', async () => {
  const reader = await open()
  const parent = await create(reader, { name: 'Parent' })
  const id = await create(reader, { name: 'Child' })
  const patch = { name: 'Kind', parentId: parent, sortOrder: 7, isSubscribed: false }
  const { updated } = await reader.call('Mailbox/set', { update: { [id]: patch } })
  assert.deepEqual(updated, { [id]: null })
  const [mailbox] = (await reader.call('Mailbox/get', { ids: [id] }))['list'] as Json[]
  assert.deepEqual({ ...mailbox, ...patch }, mailbox)
  await reader.call('Mailbox/set', { update: { [id]: { parentId: null } } })
  const [back] = (await reader.call('Mailbox/get', { ids: [id] }))['list'] as Json[]
  assert.deepEqual([back?.['parentId'], back?.['name']], [null, 'Kind'])
})

test('a mailbox cannot be moved into itself or what is in it', async () => {
  const reader = await open()
  const top = await create(reader, { name: 'Top' })
  const below = await create(reader, { name: 'Below', parentId: top })
  for (const parentId of [top, below]) {
    const { notUpdated } = await reader.call('Mailbox/set', { update: { [top]: { parentId } } })
    assert.deepEqual(notUpdated, { [top]: { type: 'invalidProperties', properties: ['parentId'] } })
  }
})

test('a whole Mailbox may be sent back; what only the server sets may not differ', async () => {
  const reader = await open()
  const id = await create(reader, { name: 'Whole' })
  const [mailbox] = (await reader.call('Mailbox/get', { ids: [id] }))['list'] as Json[]
  assert.deepEqual((await reader.call('Mailbox/set', { update: { [id]: { ...mailbox, name: 'Half' } } }))['updated'], {
    [id]: null,
  })
  const wrong = await reader.call('Mailbox/set', { update: { [id]: { unreadEmails: 5, 'myRights/mayDelete': false } } })
  const { type, properties } = (wrong['notUpdated'] as Record<string, Json>)[id] as Json
  assert.deepEqual([type, properties], ['invalidProperties', ['unreadEmails', 'myRights']])
})

test('a role passes from one mailbox to another in one call', async () => {
  const reader = await open()
  const junk = await reader.mailbox('junk')
  const id = await create(reader, { name: 'Spam' })
  const { updated } = await reader.call('Mailbox/set', { update: { [id]: { role: 'junk' }, [junk]: { role: null } } })
  assert.deepEqual(updated, { [id]: null, [junk]: null })
  assert.equal(await reader.mailbox('junk'), id)
})

test('the inbox stays: it is not renamed, moved, destroyed, and keeps its role', async () => {
  const reader = await open()
  const inbox = await reader.mailbox('inbox')
  for (const patch of [
    { name: 'Other' },
    { role: null },
    { parentId: await create(reader, { name: `P${Math.random()}` }) },
  ]) {
    const { notUpdated } = await reader.call('Mailbox/set', { update: { [inbox]: patch } })
    assert.deepEqual(notUpdated, { [inbox]: { type: 'forbidden' } })
  }
  const { notDestroyed } = await reader.call('Mailbox/set', { destroy: [inbox], onDestroyRemoveEmails: true })
  assert.deepEqual(notDestroyed, { [inbox]: { type: 'forbidden' } })
  assert.deepEqual(
    (await reader.call('Mailbox/set', { update: { [inbox]: { sortOrder: 1, isSubscribed: false } } }))['updated'],
    { [inbox]: null },
  )
})

test('a mailbox with mailboxes in it is not destroyed; with them, in any order, it is', async () => {
  const reader = await open()
  const top = await create(reader, { name: 'Top' })
  const below = await create(reader, { name: 'Below', parentId: top })
  const alone = await reader.call('Mailbox/set', { destroy: [top] })
  assert.deepEqual(alone['notDestroyed'], { [top]: { type: 'mailboxHasChild' } })
  const both = await reader.call('Mailbox/set', { destroy: [top, below] })
  assert.deepEqual(new Set(both['destroyed'] as string[]), new Set([top, below]))
  const again = await reader.call('Mailbox/set', { destroy: [top] })
  assert.deepEqual(again['notDestroyed'], { [top]: { type: 'notFound' } })
})

test('a mailbox with messages is destroyed only when they may be removed; those elsewhere stay', async () => {
  const reader = await open()
  const id = await create(reader, { name: 'Full' })
  const inbox = await reader.mailbox('inbox')
  const here = await reader.file([id])
  const both = await reader.file([id, inbox])
  const before = (await reader.call('Email/get', { ids: [] }))['state']
  const kept = await reader.call('Mailbox/set', { destroy: [id] })
  assert.deepEqual(kept['notDestroyed'], { [id]: { type: 'mailboxHasEmail' } })
  const gone = await reader.call('Mailbox/set', { destroy: [id], onDestroyRemoveEmails: true })
  assert.deepEqual(gone['destroyed'], [id])
  const { list: emails, notFound } = await reader.call('Email/get', { ids: [here, both], properties: ['mailboxIds'] })
  assert.deepEqual(emails, [{ id: both, mailboxIds: { [inbox]: true } }])
  assert.deepEqual(notFound, [here])
  const changes = await reader.call('Email/changes', { sinceState: before })
  assert.deepEqual([changes['created'], changes['updated'], changes['destroyed']], [[], [both], [here]])
})

test('the state of Email moves when a mailbox takes the only messages there are with it', async () => {
  const reader = await open()
  const id = await create(reader, { name: 'Full' })
  const email = await reader.file([id])
  const before = (await reader.call('Email/get', { ids: [] }))['state']
  await reader.call('Mailbox/set', { destroy: [id], onDestroyRemoveEmails: true })
  assert.notEqual((await reader.call('Email/get', { ids: [] }))['state'], before)
  assert.deepEqual((await reader.call('Email/changes', { sinceState: before }))['destroyed'], [email])
})

test('Mailbox/changes says when only counts have changed, as in the example of RFC 8621 §2.6', async () => {
  const reader = await open()
  const inbox = await reader.mailbox('inbox')
  const state = (await reader.call('Mailbox/get', { ids: [] }))['state']
  await reader.file('inbox')
  const responses = await reader.calls(
    ['Mailbox/changes', { accountId: reader.accountId, sinceState: state }, '0'],
    [
      'Mailbox/get',
      { accountId: reader.accountId, '#ids': { resultOf: '0', name: 'Mailbox/changes', path: '/created' } },
      '1',
    ],
    [
      'Mailbox/get',
      {
        accountId: reader.accountId,
        '#ids': { resultOf: '0', name: 'Mailbox/changes', path: '/updated' },
        '#properties': { resultOf: '0', name: 'Mailbox/changes', path: '/updatedProperties' },
      },
      '2',
    ],
  )
  assert.deepEqual(responses[0]?.[1]['updated'], [inbox])
  assert.deepEqual(responses[1]?.[1]['list'], [])
  assert.deepEqual(responses[2]?.[1]['list'], [
    { id: inbox, totalEmails: 1, unreadEmails: 1, totalThreads: 1, unreadThreads: 1 },
  ])
  const renamed = await create(reader, { name: 'Renamed' })
  const after = await reader.call('Mailbox/changes', { sinceState: state })
  assert.deepEqual([after['created'], after['updatedProperties']], [[renamed], null])
})

test('Mailbox/changes ends where it is told to and goes on from there', async () => {
  const reader = await open()
  let state = (await reader.call('Mailbox/get', { ids: [] }))['state']
  const create5 = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`c${i}`, { name: `New ${i}` }]))
  const { created } = await reader.call('Mailbox/set', { create: create5 })
  const seen: unknown[] = []
  for (let round = 0; round < 5; round++) {
    const changes = await reader.call('Mailbox/changes', { sinceState: state, maxChanges: 2 })
    const told = changes['created'] as unknown[]
    assert.ok(told.length <= 2)
    seen.push(...told)
    state = changes['newState']
    if (changes['hasMoreChanges'] === false) break
  }
  assert.deepEqual(new Set(seen), new Set(Object.values(created as Record<string, { id: string }>).map(({ id }) => id)))
  assert.equal(seen.length, 5)
})

for (const sinceState of ['', 'x', '-1', '99999999', '1.5', '1-', '99999999999999999999'])
  test(`Mailbox/changes since a state that never was: "${sinceState}"`, async () => {
    const reader = await open()
    assert.equal((await reader.fail('Mailbox/changes', { sinceState }))['type'], 'cannotCalculateChanges')
  })

test('Mailbox/query filters, sorts, and sorts and filters as a tree (RFC 8621 §2.3)', async () => {
  const reader = await open()
  const { created } = await reader.call('Mailbox/set', {
    create: {
      b: { name: 'Bäume', sortOrder: 200 },
      a: { name: 'Äpfel', sortOrder: 200 },
      b2: { name: 'eiche', parentId: '#b', sortOrder: 1 },
      b1: { name: 'Ahorn', parentId: '#b', sortOrder: 2, isSubscribed: false },
      a1: { name: 'Boskop', parentId: '#a' },
    },
  })
  const ids = Object.fromEntries(
    Object.entries(created as Record<string, { id: string }>).map(([key, { id }]) => [id, key]),
  )
  const query = async (args: Json): Promise<(string | undefined)[]> =>
    ((await reader.call('Mailbox/query', args))['ids'] as string[])
      .map((id) => ids[id])
      .filter((key) => key !== undefined)
  const byName = [{ property: 'name', isAscending: true }]
  const top = { parentId: null }
  assert.deepEqual(await query({ filter: top, sort: byName }), ['a', 'b'])
  assert.deepEqual(await query({ sort: byName, sortAsTree: true }), ['a', 'a1', 'b', 'b1', 'b2'])
  assert.deepEqual(await query({ sort: [{ property: 'sortOrder', isAscending: false }, ...byName] }), [
    'a',
    'b',
    'b1',
    'b2',
    'a1',
  ])
  assert.deepEqual(await query({ filter: { name: 'EICHE' } }), ['b2'])
  assert.deepEqual(await query({ filter: { hasAnyRole: false, isSubscribed: true }, sort: byName }), [
    'a',
    'b',
    'a1',
    'b2',
  ])
  assert.deepEqual(await query({ filter: { isSubscribed: false } }), ['b1'])
  const notB = { operator: 'NOT', conditions: [{ name: 'bäume' }] }
  assert.deepEqual(await query({ filter: notB, filterAsTree: true, sort: byName }), ['a', 'a1'])
  const either = {
    operator: 'OR',
    conditions: [{ name: 'ahorn' }, { operator: 'AND', conditions: [{ name: 'pf' }, top] }],
  }
  assert.deepEqual(await query({ filter: either, sort: byName }), ['b1', 'a'])
  const inbox = await reader.call('Mailbox/query', { filter: { role: 'inbox' }, calculateTotal: true })
  assert.deepEqual([inbox['ids'], inbox['total'], inbox['position']], [[await reader.mailbox('inbox')], 1, 0])
})

test('Mailbox/queryChanges knows whether anything changed, and otherwise says that it cannot tell', async () => {
  const reader = await open()
  const { queryState, canCalculateChanges } = await reader.call('Mailbox/query')
  assert.equal(canCalculateChanges, false)
  const same = await reader.call('Mailbox/queryChanges', { sinceQueryState: queryState, calculateTotal: true })
  assert.deepEqual([same['added'], same['removed'], same['total']], [[], [], 6])
  await create(reader, { name: 'New' })
  assert.equal(
    (await reader.fail('Mailbox/queryChanges', { sinceQueryState: queryState }))['type'],
    'cannotCalculateChanges',
  )
})

test('Mailbox/set does nothing when the state is another one', async () => {
  const reader = await open()
  const { state } = await reader.call('Mailbox/get', { ids: [] })
  await create(reader, { name: 'First' })
  const error = await reader.fail('Mailbox/set', { ifInState: state, create: { x: { name: 'Second' } } })
  assert.equal(error['type'], 'stateMismatch')
  assert.equal((await list(reader)).length, 7)
})

test('the states around Mailbox/set lead from one to the other', async () => {
  const reader = await open()
  const { state } = await reader.call('Mailbox/get', { ids: [] })
  const set = await reader.call('Mailbox/set', { create: { x: { name: 'New' } } })
  assert.equal(set['oldState'], state)
  assert.equal((await reader.call('Mailbox/get', { ids: [] }))['state'], set['newState'])
  const nothing = await reader.call('Mailbox/set', { destroy: ['F1'] })
  assert.deepEqual([nothing['oldState'], nothing['newState']], [set['newState'], set['newState']])
})

test('ids of another account lead nowhere', async () => {
  const [reader, other] = [await open(), await open()]
  const inbox = await other.mailbox('inbox')
  assert.deepEqual((await reader.call('Mailbox/get', { ids: [inbox] }))['notFound'], [inbox])
  const set = await reader.call('Mailbox/set', {
    update: { [inbox]: { sortOrder: 1 } },
    create: { x: { name: 'X', parentId: inbox } },
  })
  assert.deepEqual(set['notUpdated'], { [inbox]: { type: 'notFound' } })
  assert.deepEqual(set['notCreated'], { x: { type: 'invalidProperties', properties: ['parentId'] } })
  const error = await reader.fail('Mailbox/get', { accountId: other.accountId, ids: null })
  assert.equal(error['type'], 'accountNotFound')
})
