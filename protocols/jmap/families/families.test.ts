/** The standard methods of RFC 8620 §5, for the Todo of its examples (§5.7), kept in memory. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { z } from 'zod'
import { Refusal } from '#system'
import { silent } from '#test/cluster'
import { openTestInspection } from '#test/inspection'
import { openTestStorage, testDatabase } from '#test/database'
import { addPerson } from '#test/people'
import { SetError } from '../calls/errors.ts'
import type { Invocation } from '../calls/method.ts'
import { openRegistry } from '../calls/registry.ts'
import { runRequest } from '../calls/request.ts'
import { core } from '../core/index.ts'
import { accountIdOf } from '../ids.ts'
import { applyPatch } from '../json/patch.ts'
import { limits, MAX_FILTER_CONDITIONS, MAX_QUERY_RESULTS } from '../limits.ts'
import { changesMethod } from './changes.ts'
import { isOperator, type Filter } from './filter.ts'
import { getMethod } from './get.ts'
import { queryChangesMethod, queryMethod, windowOf } from './query.ts'
import { oneByOne, setMethod } from './set.ts'

type Json = Record<string, unknown>
type Todo = Json & { id: string; title: string }
interface Condition {
  hasKeyword?: string | undefined
}

const TODO = 'https://zegel.test/todo'

function todoCapability(todos: Map<string, Todo>) {
  const type = 'Todo'
  let number = 0
  const state = async (): Promise<string> => String(number)
  const matches = (filter: Filter<Condition> | null, todo: Todo): boolean => {
    if (filter === null) return true
    if (!isOperator(filter)) return filter.hasKeyword === undefined || filter.hasKeyword in (todo['keywords'] as Json)
    const results = filter.conditions.map((each) => matches(each, todo))
    return filter.operator === 'AND' ? results.every(Boolean) : results.some(Boolean) === (filter.operator === 'OR')
  }
  const described = { type, conditions: { hasKeyword: z.string() }, sorts: ['title'] }
  const methods = [
    getMethod({
      type,
      properties: ['title', 'keywords'],
      isProperty: (name) => name.startsWith('echo:'),
      state,
      load: async (_session, _account, { ids }) => (ids ?? [...todos.keys()]).flatMap((id) => todos.get(id) ?? []),
    }),
    changesMethod({
      type,
      async changes(_account, sinceState, most) {
        if (sinceState !== '0') throw new Refusal('cannotCalculateChanges')
        const ids = [...todos.keys()].slice(0, most)
        return { newState: await state(), hasMoreChanges: false, created: ids, updated: [], destroyed: [] }
      },
    }),
    setMethod({
      type,
      state,
      apply: oneByOne({
        async create(session, _account, given) {
          if (typeof given['title'] !== 'string')
            throw new SetError('invalidProperties', undefined, { properties: ['title'] })
          const parent = typeof given['parent'] === 'string' ? session.realId(given['parent']) : undefined
          const todo = { keywords: {}, ...given, id: `t${++number}`, parent } as unknown as Todo
          todos.set(todo.id, todo)
          return { id: todo.id }
        },
        async update(_session, _account, id, patch) {
          const todo = todos.get(id)
          if (todo === undefined) throw new Refusal('notFound')
          todos.set(id, applyPatch(todo, patch) as Todo)
          number++
          return null
        },
        async destroy(_session, _account, id) {
          if (id === 'fault') throw new Error('a mistake of ours')
          if (!todos.delete(id)) throw new Refusal('notFound')
          number++
        },
      }),
    }),
    queryMethod({
      ...described,
      args: { shout: z.boolean().default(false) },
      async run(_session, _account, { filter, sort }, window) {
        const found = [...todos.values()].filter((todo) => matches(filter, todo))
        const direction = sort[0]?.isAscending === false ? -1 : 1
        found.sort((a, b) => direction * a.title.localeCompare(b.title))
        return {
          queryState: await state(),
          canCalculateChanges: true,
          ...windowOf(
            found.map(({ id }) => id),
            window,
          ),
        }
      },
    }),
    queryChangesMethod({
      ...described,
      run: async () => ({ newQueryState: '9', removed: ['t1', 't2'], added: [{ id: 't2', index: 0 }], total: 3 }),
    }),
  ]
  return { uri: TODO, server: () => ({}), account: () => ({}), methods }
}

async function open(t: TestContext) {
  const storage = await openTestStorage(t)
  const person = await addPerson(storage)
  const account = await storage.openAccount(person.id)
  const visitor = {
    accountId: person.id,
    isOperator: false,
    readOnly: false,
    scopes: undefined,
    door: { by: 'password', setAt: new Date(0) } as const,
    account,
    ip: '192.0.2.1',
    origin: 'https://zegel.test',
    userAgent: undefined,
    isStillSignedIn: async () => true,
  }
  const { config } = await testDatabase()
  const context = {
    config,
    storage,
    ...openTestInspection(t, config),
    log: silent,
    note: () => undefined,
    outage: { trouble: () => undefined, over: () => undefined },
    authenticate: async () => visitor,
    origin: () => 'https://zegel.test',
  }
  const todos = new Map<string, Todo>()
  const registry = openRegistry([core, todoCapability(todos)])
  const accountId = accountIdOf(person.id)
  const run = async (...methodCalls: Invocation[]): Promise<Invocation[]> => {
    const request = { using: [core.uri, TODO], methodCalls }
    return (await runRequest(context, registry, visitor, request, 's')).methodResponses
  }
  return {
    todos,
    run,
    /** The arguments of the response, also of an error. */
    call: async (name: string, args: Json = {}): Promise<Json> =>
      ((await run([`Todo/${name}`, { accountId, ...args }, '0']))[0] as Invocation)[1],
    accountId,
  }
}

test('/get gives what there is once, names what there is not, and only the properties asked for', async (t) => {
  const { todos, call, accountId } = await open(t)
  todos.set('a', { id: 'a', title: 'A', keywords: {}, 'echo:x': 1 })
  todos.set('b', { id: 'b', title: 'B', keywords: {} })
  assert.deepEqual(await call('get', { ids: ['b', 'x', 'b', 'x'], properties: ['title'] }), {
    accountId,
    state: '0',
    list: [{ id: 'b', title: 'B' }],
    notFound: ['x'],
  })
  assert.deepEqual((await call('get'))['list'], [
    { id: 'a', title: 'A', keywords: {} },
    { id: 'b', title: 'B', keywords: {} },
  ])
  assert.deepEqual((await call('get', { ids: ['a'], properties: ['echo:x'] }))['list'], [{ id: 'a', 'echo:x': 1 }])
  assert.deepEqual((await call('get', { ids: [] }))['list'], [])
})

test('/get refuses more objects than it promised to give', async (t) => {
  const { todos, call } = await open(t)
  const ids = Array.from({ length: limits.maxObjectsInGet + 1 }, (_, i) => `t${i}`)
  assert.equal((await call('get', { ids }))['type'], 'requestTooLarge')
  for (const id of ids) todos.set(id, { id, title: id })
  assert.equal((await call('get', { ids: null }))['type'], 'requestTooLarge')
})

test('/set creates, refers to what it created, updates and destroys in one call', async (t) => {
  const { todos, run, accountId } = await open(t)
  todos.set('a', { id: 'a', title: 'A', keywords: { mozart: true } })
  todos.set('b', { id: 'b', title: 'B', keywords: {} })
  const [set, get] = await run(
    [
      'Todo/set',
      {
        accountId,
        create: { k1: { title: 'Warm up' }, k2: { title: 'Scales', parent: '#k1' }, k3: {} },
        update: {
          a: { 'keywords/chopin': true, 'keywords/mozart': null },
          '#k1': { title: 'Warm up well' },
          b: { title: 'x' },
          c: {},
        },
        destroy: ['b', 'nobody', 'b'],
      },
      '0',
    ],
    ['Todo/get', { accountId, ids: ['#k1', '#k2', '#k9', 'a'] }, '1'],
  )
  assert.deepEqual(set?.[1], {
    accountId,
    oldState: '0',
    newState: '5',
    created: { k1: { id: 't1' }, k2: { id: 't2' } },
    updated: { a: null, t1: null },
    destroyed: ['b'],
    notCreated: { k3: { type: 'invalidProperties', properties: ['title'] } },
    notUpdated: { b: { type: 'willDestroy' }, c: { type: 'notFound' } },
    notDestroyed: { nobody: { type: 'notFound' } },
  })
  assert.equal(todos.get('t2')?.['parent'], 't1')
  assert.deepEqual(get?.[1]['notFound'], ['#k9'])
  assert.deepEqual(
    ((get as Invocation)[1]['list'] as Todo[]).map(({ title }) => title),
    ['Warm up well', 'Scales', 'A'],
  )
})

test('/set with the state of yesterday changes nothing', async (t) => {
  const { todos, call } = await open(t)
  assert.deepEqual(await call('set', { ifInState: '7', create: { k: { title: 'x' } } }), { type: 'stateMismatch' })
  assert.equal(todos.size, 0)
})

test('/set counts all its wishes together', async (t) => {
  const { call } = await open(t)
  const half = limits.maxObjectsInSet / 2
  const update = Object.fromEntries(Array.from({ length: half }, (_, i) => [`t${i}`, {}]))
  const destroy = Array.from({ length: half + 1 }, (_, i) => `t${i}`)
  assert.equal((await call('set', { update, destroy }))['type'], 'requestTooLarge')
})

test('a fault of ours in one object ends the call as serverFail, without a word of what it was', async (t) => {
  const { call } = await open(t)
  const error = await call('set', { destroy: ['fault'] })
  assert.equal(error['type'], 'serverFail')
  assert.doesNotMatch(JSON.stringify(error), /mistake of ours/)
})

test('/changes echoes the state it was asked about, and says when it cannot', async (t) => {
  const { todos, call, accountId } = await open(t)
  todos.set('a', { id: 'a', title: 'A' })
  assert.deepEqual(await call('changes', { sinceState: '0' }), {
    accountId,
    oldState: '0',
    newState: '0',
    hasMoreChanges: false,
    created: ['a'],
    updated: [],
    destroyed: [],
  })
  assert.deepEqual(await call('changes', { sinceState: 'x' }), { type: 'cannotCalculateChanges' })
  assert.equal((await call('changes', { sinceState: '0', maxChanges: 0 }))['type'], 'invalidArguments')
})

test('/query filters, sorts and cuts out the window', async (t) => {
  const { todos, call } = await open(t)
  for (const [index, title] of ['Ada', 'Bea', 'Cis', 'Dee', 'Eve'].entries())
    todos.set(`t${index}`, { id: `t${index}`, title, keywords: index % 2 === 0 ? { music: true } : { video: true } })
  const ids = async (args: Json): Promise<unknown> => (await call('query', args))['ids']
  const music = { hasKeyword: 'music' }
  const video = { hasKeyword: 'video' }
  assert.deepEqual(await ids({ filter: music }), ['t0', 't2', 't4'])
  assert.deepEqual(await ids({ filter: { operator: 'OR', conditions: [music, video] } }), [
    't0',
    't1',
    't2',
    't3',
    't4',
  ])
  assert.deepEqual(await ids({ filter: { operator: 'NOT', conditions: [music] } }), ['t1', 't3'])
  assert.deepEqual(await ids({ sort: [{ property: 'title', isAscending: false }], limit: 2 }), ['t4', 't3'])
  assert.deepEqual(await ids({ position: -2 }), ['t3', 't4'])
  assert.deepEqual(await ids({ position: -9, limit: 1 }), ['t0'])
  assert.deepEqual(await ids({ position: 99 }), [])
  assert.deepEqual(await ids({ anchor: 't2', anchorOffset: -1, limit: 2 }), ['t1', 't2'])
  assert.deepEqual(await ids({ anchor: 't0', anchorOffset: -9, limit: 1 }), ['t0'])
  assert.equal((await call('query', { calculateTotal: true, limit: 1 }))['total'], 5)
  assert.equal((await call('query'))['total'], undefined)
  assert.equal((await call('query', { limit: 2 }))['limit'], undefined)
  assert.equal((await call('query', { limit: MAX_QUERY_RESULTS + 1 }))['limit'], MAX_QUERY_RESULTS)
})

let deep: Json = { hasKeyword: 'x' }
for (let level = 0; level < 20; level++) deep = { operator: 'AND', conditions: [deep] }
const wide = { operator: 'OR', conditions: Array.from({ length: MAX_FILTER_CONDITIONS }, () => ({ hasKeyword: 'x' })) }

const refused: [name: string, mistake: string, args: Json, type: string][] = [
  ['query', 'an anchor that is not there', { anchor: 'zz' }, 'anchorNotFound'],
  ['query', 'a property nobody sorts by', { sort: [{ property: 'size' }] }, 'unsupportedSort'],
  ['query', 'an unknown collation', { sort: [{ property: 'title', collation: 'i;octet' }] }, 'unsupportedSort'],
  ['query', 'an unknown condition', { filter: { color: 'red' } }, 'unsupportedFilter'],
  ['query', 'a condition from the prototype', { filter: { constructor: 1 } }, 'unsupportedFilter'],
  ['query', 'operators too deep', { filter: deep }, 'unsupportedFilter'],
  ['query', 'too many conditions', { filter: wide }, 'unsupportedFilter'],
  ['query', 'an unknown operator', { filter: { operator: 'XOR', conditions: [] } }, 'invalidArguments'],
  ['query', 'an operator without conditions', { filter: { operator: 'AND' } }, 'invalidArguments'],
  ['query', 'a condition of the wrong type', { filter: { hasKeyword: 1 } }, 'invalidArguments'],
  ['query', 'a negative limit', { limit: -1 }, 'invalidArguments'],
  ['query', 'half a position', { position: 1.5 }, 'invalidArguments'],
  ['query', 'a position beyond all numbers', { position: 2 ** 53 }, 'invalidArguments'],
  ['query', 'an argument of another method', { ids: [] }, 'invalidArguments'],
  ['query', 'a list for an account', { accountId: ['a'] }, 'invalidArguments'],
  ['query', "somebody else's account", { accountId: 'a1' }, 'accountNotFound'],
  ['get', "somebody else's account", { accountId: 'a1' }, 'accountNotFound'],
  ['get', 'ids that are none', { ids: ['../x'] }, 'invalidArguments'],
  ['get', 'an id of 256 letters', { ids: ['x'.repeat(256)] }, 'invalidArguments'],
  ['get', 'a number for ids', { ids: 5 }, 'invalidArguments'],
  ['get', 'an unknown property', { properties: ['titel'] }, 'invalidArguments'],
  ['set', 'a list for what to create', { create: [] }, 'invalidArguments'],
  ['set', 'a creation id with a space', { create: { 'a b': {} } }, 'invalidArguments'],
  ['set', 'a string for a patch', { update: { a: 'x' } }, 'invalidArguments'],
  ['queryChanges', 'more changes than wanted', { sinceQueryState: '1', maxChanges: 2 }, 'tooManyChanges'],
  ['queryChanges', 'no state', {}, 'invalidArguments'],
]
test('what does not fit is refused in the words of the RFC', async (t) => {
  const { call } = await open(t)
  for (const [name, mistake, args, type] of refused)
    await t.test(`Todo/${name}: ${mistake}`, async () => {
      const error = await call(name, args)
      assert.equal(error['type'], type)
      if (type === 'invalidArguments') assert.match(String(error['description']), /^[\w/ ]+: /)
    })
})

test('/queryChanges gives the difference, with a total when asked', async (t) => {
  const { call, accountId } = await open(t)
  assert.deepEqual(await call('queryChanges', { sinceQueryState: '1', calculateTotal: true }), {
    accountId,
    oldQueryState: '1',
    newQueryState: '9',
    removed: ['t1', 't2'],
    added: [{ id: 't2', index: 0 }],
    total: 3,
  })
})
