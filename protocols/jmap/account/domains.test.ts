/** A person's own domain, by JMAP: from the claim to a letter for an address that nobody has. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { listOwnDomains, openSession } from '#accounts'
import { openJmapClient, type JmapClient } from '#test/jmap'
import { startNameServer } from '#test/name-server'
import type { Person } from '#test/people'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'
import { putRecord } from '#test/zone'

type Json = Record<string, unknown>

const names = await startNameServer({ after }, {})
const server = await startServer({ after }, { dns: { servers: [names.address] }, addresses: ['198.51.100.7'] }, [
  'smtp',
  'http',
])
const { storage } = server

async function signedIn(): Promise<JmapClient & { person: Person }> {
  const person = await server.createAccount()
  const client = await openJmapClient(server, person)
  const { token } = await openSession(storage, { accountId: person.id, kind: 'bearer' })
  client.headers['authorization'] = `Bearer ${token}`
  return { ...client, person }
}

const create = async (client: JmapClient, domain: unknown): Promise<Json> =>
  client.call('OwnDomain/set', { create: { d: { domain } } })

test('a domain is claimed, proven, takes mail for anybody when its owner wants it, and is given back', async (t) => {
  const ada = await signedIn()
  const made = ((await create(ada, 'Tulips.example'))['created'] as Json)['d'] as Json
  const { id, proof } = made as { id: string; proof: { name: string; type: string; value: string } }
  assert.match(id, /^n[\w-]{22}$/)
  assert.deepEqual([made['domain'], made['state'], made['records']], ['tulips.example', 'waiting', null])
  const early = await ada.call('OwnDomain/set', { update: { [id]: { catchAll: true } } })
  assert.equal(((early['notUpdated'] as Json)[id] as Json)['type'], 'invalidProperties')
  const missing = (await ada.call('OwnDomain/look', { id }))['domain'] as Json
  assert.deepEqual([missing['state'], missing['seen']], ['waiting', 'missing'])

  putRecord(names.zone, proof)
  const proven = (await ada.call('OwnDomain/look', { id }))['domain'] as Json
  assert.deepEqual([proven['state'], proven['proof'], proven['expiresAt']], ['proven', proof, null])
  const kinds = (proven['records'] as Json[]).map(({ kind }) => kind)
  assert.ok(kinds.includes('mx') && kinds.includes('dkim') && !kinds.includes('reverse') && !kinds.includes('address'))
  assert.deepEqual(Object.keys(proven['counts'] as Json).length, 5)

  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<bea@example.org>')
  assert.match(await smtp.say('RCPT TO:<anybody@tulips.example>'), /^550/)
  const wanted = await ada.call('OwnDomain/set', { update: { [id]: { catchAll: true } } })
  assert.deepEqual(wanted['updated'], { [id]: null })
  assert.match(await smtp.say('RCPT TO:<anybody@tulips.example>'), /^250/)
  assert.match(await smtp.say('DATA'), /^354/)
  smtp.send(
    'From: bea@example.org\r\nTo: anybody@tulips.example\r\nSubject: Red ones\r\nMessage-ID: <1@example.org>\r\n\r\nHello.\r\n.\r\n',
  )
  assert.match(await smtp.next(), /^250/)
  const { total } = await ada.call('Email/query', { calculateTotal: true })
  assert.equal(total, 1)

  const gone = await ada.call('OwnDomain/set', { destroy: [id] })
  assert.deepEqual(gone['destroyed'], [id])
  assert.deepEqual(await listOwnDomains(storage, ada.person.id), [])
})

test('what is no domain, or is served already, is refused in words that a form can show', async () => {
  const ada = await signedIn()
  const why = async (domain: unknown): Promise<[unknown, unknown]> => {
    const error = ((await create(ada, domain))['notCreated'] as Json)['d'] as Json
    return [error['type'], error['description']]
  }
  assert.deepEqual(await why('zegel.test'), ['invalidProperties', 'domain.reserved'])
  assert.deepEqual(await why('co.uk'), ['invalidProperties', 'domain.suffix'])
  assert.deepEqual(await why('no domain'), ['invalidProperties', 'domain'])
  assert.equal((await why(['x']))[0], 'invalidProperties')
  for (const name of ['one.example', 'two.example', 'three.example'])
    assert.ok(((await create(ada, name))['created'] as Json)['d'])
  assert.equal((await why('four.example'))[0], 'overQuota')
})

test('somebody else’s domain is not seen, looked at, changed or taken', async () => {
  const [ada, ben] = [await signedIn(), await signedIn()]
  const { id } = ((await create(ada, 'ada.example'))['created'] as Json)['d'] as { id: string }
  assert.deepEqual((await ben.call('OwnDomain/get', { ids: [id] }))['notFound'], [id])
  assert.equal((await ben.fail('OwnDomain/look', { id }))['type'], 'invalidArguments')
  const set = await ben.call('OwnDomain/set', { destroy: [id] })
  assert.equal(((set['notDestroyed'] as Json)[id] as Json)['type'], 'notFound')
  const withPassword = await openJmapClient(server, ben.person)
  assert.equal((await withPassword.fail('OwnDomain/get'))['type'], 'forbidden')
})
