import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Storage } from '#storage'
import { clockAtNoon } from '#test/clock'
import { openTestStorage } from '#test/database'
import { createDomain, isLocalDomain, listDomains } from '../index.ts'

let storage: Storage
before(async () => {
  storage = await openTestStorage({ after })
})

test('a domain is kept and asked for in lower-case A-labels, however it is written', async () => {
  await createDomain(storage, 'Straße.Example')
  await createDomain(storage, 'EXAMPLE.org')
  assert.deepEqual(
    (await listDomains(storage)).map(({ domain }) => domain),
    ['example.org', 'xn--strae-oqa.example'],
  )
  for (const domain of ['straße.example', 'xn--strae-oqa.example', 'XN--STRAE-OQA.EXAMPLE', 'Example.Org'])
    assert.equal(await isLocalDomain(storage, domain), true, domain)
  await assert.rejects(createDomain(storage, 'example.ORG'), { reason: 'exists' })
})

test('a receiver notices within seconds that another process has added a domain', async (t) => {
  const pass = clockAtNoon(t)
  const receiver = await openTestStorage(t, 'zegel_receiver')
  assert.equal(await isLocalDomain(receiver, 'late.example'), false)
  await createDomain(storage, 'late.example')
  assert.equal(await isLocalDomain(storage, 'late.example'), true)
  pass(6)
  assert.equal(await isLocalDomain(receiver, 'late.example'), true)
})

test('thousands of strange domains leave the answer for ours right', async () => {
  for (let i = 0; i < 1100; i += 100)
    await Promise.all(Array.from({ length: 100 }, (_, j) => isLocalDomain(storage, `stranger-${i + j}.example`)))
  assert.equal(await isLocalDomain(storage, 'example.org'), true)
  assert.equal(await isLocalDomain(storage, 'stranger-1.example'), false)
})

const refused: Record<string, string> = {
  nothing: '',
  'an address': 'a@example.org',
  'a path': 'example.org/x',
  'a space': 'example .org',
  'an empty label': 'example..org',
  'an IP address': '127.0.0.1',
  'an address literal': '[127.0.0.1]',
  'a label of 64 letters': `${'a'.repeat(64)}.example`,
  'a name of 300 letters': `${'a.'.repeat(150)}example`,
  'a hyphen in front': '-a.example',
  'a line break': 'example.org\n',
}
for (const [what, domain] of Object.entries(refused)) {
  test(`refused as a domain: ${what}`, async () => {
    await assert.rejects(createDomain(storage, domain), { reason: 'invalid' })
    assert.equal(await isLocalDomain(storage, domain), false)
  })
}
