import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBatch } from './batch.ts'
import type { Invocation } from './batch.ts'
import { Failure } from './failure.ts'

/** A batch whose requests are kept, and answered with the arguments they carry. */
function recorded(maxCalls = 16, answer = (call: Invocation): Invocation => call) {
  const requests: Invocation[][] = []
  const post = async (calls: Invocation[]) => {
    requests.push(calls)
    return calls.map(answer)
  }
  return {
    requests,
    ...createBatch(
      post,
      () => maxCalls,
      (args) => ({ accountId: 'a1', ...args }),
    ),
  }
}

test('the calls of one tick go out as one request, in their order', async () => {
  const { call, requests } = recorded()
  await Promise.all([call('Mailbox/get', { ids: null }), call('Email/get', { ids: ['e1'] })])
  await call('Thread/get', { ids: [] })
  assert.deepEqual(
    requests.map((calls) => calls.map(([name]) => name)),
    [['Mailbox/get', 'Email/get'], ['Thread/get']],
  )
  assert.deepEqual(requests[0]?.[0]?.[1], { accountId: 'a1', ids: null })
})

test('a call refers to the result of another (RFC 8620 §3.7)', async () => {
  const { call, requests } = recorded()
  const query = call('Email/query', { sort: [] })
  await call('Email/get', { '#ids': query.ref('/ids') })
  const [first, second] = requests[0] ?? []
  assert.deepEqual(second?.[1], {
    accountId: 'a1',
    '#ids': { resultOf: first?.[2], name: 'Email/query', path: '/ids' },
  })
})

test('more calls than a request may carry are split, but never between a call and what refers to it', async () => {
  const { call, requests } = recorded(3)
  const pending: Promise<unknown>[] = [call('Mailbox/get', {}), call('Mailbox/get', {})]
  const query = call('Email/query', { sort: [] })
  pending.push(query, call('Email/get', { '#ids': query.ref('/ids') }), call('Thread/get', {}))
  await Promise.all(pending)
  assert.deepEqual(
    requests.map((calls) => calls.length),
    [2, 3],
  )
})

test('a call that the server declines fails alone, with the type of its error', async () => {
  const { call } = recorded(16, ([name, args, id]) =>
    name === 'Email/get' ? ['error', { type: 'requestTooLarge' }, id] : [name, args, id],
  )
  const [fine, declined] = await Promise.allSettled([call('Mailbox/get', {}), call('Email/get', {})])
  assert.equal(fine.status, 'fulfilled')
  assert.ok(declined.status === 'rejected' && declined.reason instanceof Failure)
  assert.equal(declined.reason.type, 'requestTooLarge')
})

test('a request that does not arrive fails every call in it', async () => {
  const { call } = createBatch(
    async () => Promise.reject(new Failure('offline')),
    () => 16,
    (args) => args,
  )
  const results = await Promise.allSettled([call('Mailbox/get', {}), call('Email/get', {})])
  assert.ok(results.every((result) => result.status === 'rejected' && (result.reason as Failure).kind === 'offline'))
})

test('an answer that is missing is a failure, not a wait', async () => {
  const { call } = createBatch(
    async () => [],
    () => 16,
    (args) => args,
  )
  await assert.rejects(call('Mailbox/get', {}), { type: 'noResponse' })
})
