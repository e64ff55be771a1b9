import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Address, Identity } from '../jmap/types.ts'
import { bareSubject, chainOf, identityFor, recipientsFor, subjectOf } from './reply.ts'

const person = (email: string, name: string | null = null): Address => ({ name, email })
const me = person('anna@example.org', 'Anna')
const heads = {
  from: [person('berta@example.org', 'Berta')],
  to: [me, person('carl@example.org')],
  cc: [person('dora@example.org'), person('CARL@example.org')],
  bcc: null,
  replyTo: null,
}
const emails = (list: Address[]) => list.map((one) => one.email)

test('an answer goes to who wrote, and to nobody else', () => {
  assert.deepEqual(recipientsFor('reply', heads, [me]), {
    to: [{ name: 'Berta', email: 'berta@example.org', wrong: false }],
    cc: [],
  })
})

test('an answer goes where the writer wants answers', () => {
  const wanted = { ...heads, replyTo: [person('list@example.org')] }
  assert.deepEqual(emails(recipientsFor('reply', wanted, [me]).to), ['list@example.org'])
})

test('an answer to all goes to everybody once, and not to oneself', () => {
  const { to, cc } = recipientsFor('replyAll', heads, [me, person('ANNA+shop@example.org')])
  assert.deepEqual(emails(to), ['berta@example.org', 'carl@example.org'])
  assert.deepEqual(emails(cc), ['dora@example.org'])
})

test('an answer to one’s own letter goes to whom it went to', () => {
  const own = { ...heads, from: [me], to: [person('carl@example.org')] }
  assert.deepEqual(emails(recipientsFor('reply', own, [me]).to), ['carl@example.org'])
})

test('a forward has no recipient yet', () => {
  assert.deepEqual(recipientsFor('forward', heads, [me]), { to: [], cc: [] })
})

const subjects: [given: string | null, bare: string][] = [
  ['Re: AW: Antw.: Treffen', 'Antw.: Treffen'],
  ['RE: Re[4]: WG: TR: Treffen', 'Treffen'],
  ['Reise: Treffen', 'Reise: Treffen'],
  [null, ''],
  ['Re: '.repeat(40), ''],
]
for (const [given, bare] of subjects)
  test(`"${given?.slice(0, 40)}" is about "${bare}"`, () => assert.equal(bareSubject(given), bare))

test('a subject is marked once, in the way every program knows', () => {
  assert.equal(subjectOf('reply', 'AW: Treffen'), 'Re: Treffen')
  assert.equal(subjectOf('forward', 'Re: Treffen'), 'Fwd: Treffen')
})

const identity = (id: string, email: string): Identity => ({
  id,
  name: '',
  email,
  replyTo: null,
  bcc: null,
  textSignature: '',
  htmlSignature: '',
  mayDelete: true,
})

test('who answers is who was written to', () => {
  const all = [identity('i1', 'office@example.org'), identity('i2', 'anna@example.org')]
  assert.equal(identityFor(heads, all)?.id, 'i2')
  const detailed = { ...heads, to: [person('Anna+shop@example.org')] }
  assert.equal(identityFor(detailed, all)?.id, 'i2')
  const strange = { ...heads, to: [person('all@example.net')] }
  assert.equal(identityFor(strange, all)?.id, 'i1')
  assert.equal(identityFor(strange, all, all[1])?.id, 'i2', 'the usual one')
  assert.equal(identityFor(undefined, [])?.id, undefined)
})

test('who answers is the address that a letter came to, though its header does not name it', () => {
  const all = [identity('i1', 'anna@example.org'), identity('i2', 'maple.river.1234567@example.org')]
  const blind = { ...heads, to: [person('list@example.net')], deliveredTo: 'Maple.River.1234567+x@example.org' }
  assert.equal(identityFor(blind, all)?.id, 'i2')
  assert.equal(identityFor({ ...blind, deliveredTo: null }, all)?.id, 'i1')
})

test('an answer names what it answers and all before it (RFC 5322 §3.6.4)', () => {
  assert.deepEqual(chainOf({ messageId: ['c@x'], references: ['a@x', 'b@x'], inReplyTo: ['b@x'] }), {
    inReplyTo: ['c@x'],
    references: ['a@x', 'b@x', 'c@x'],
  })
  assert.deepEqual(chainOf({ messageId: ['c@x'], references: null, inReplyTo: ['b@x'] }).references, ['b@x', 'c@x'])
  const long = Array.from({ length: 500 }, (_, at) => `${at}@x`)
  const { references } = chainOf({ messageId: ['new@x'], references: long })
  assert.deepEqual([references.length, references[0], references.at(-1)], [50, '0@x', 'new@x'])
})
