import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { basicAuth, openJmapClient, type JmapClient } from '#test/jmap'
import { addAppPassword } from '#test/people'
import { queuedLetters } from '#test/queue'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'

type Json = Record<string, unknown>
interface Address extends Json {
  id: string
  email: string
  isPrimary: boolean
}

const server = await startServer({ after }, { aliases: { most: 2 } }, ['smtp', 'http'])

const all = async (jmap: JmapClient): Promise<Address[]> =>
  (await jmap.call('Address/get', { ids: null }))['list'] as Address[]

async function add(jmap: JmapClient, email: string): Promise<Address> {
  const { created, notCreated } = await jmap.call('Address/set', { create: { k: { email } } })
  assert.equal(notCreated, null, JSON.stringify(notCreated))
  return (created as { k: Address }).k
}

test('an alias is added, signs in, writes, becomes the first address, and is given up', async (t) => {
  const person = await server.createAccount('annabel')
  const jmap = await openJmapClient(server, person)
  assert.deepEqual((await jmap.call('Address/domains'))['domains'], ['zegel.test'])
  const { id, email } = await add(jmap, 'Anna.Bel@zegel.test')
  assert.equal(email, 'anna.bel@zegel.test')
  const { list } = await jmap.call('Identity/get', { ids: null })
  assert.deepEqual(
    (list as Address[]).map((one) => one.email),
    [person.address, email],
  )

  const asAlias = { address: email, password: person.password }
  assert.equal((await openJmapClient(server, asAlias)).session['username'], person.address)
  const smtp = await dialSmtp(t, server.submissions, { tls: true })
  const plain = Buffer.from(`\0${email}\0${person.password}`).toString('base64')
  assert.match(await smtp.say(`AUTH PLAIN ${plain}`), /^235/)
  for (const line of [`MAIL FROM:<${email}>`, 'RCPT TO:<bea@example.org>']) assert.match(await smtp.say(line), /^250/)
  await smtp.say('DATA')
  assert.match(await smtp.say(`From: ${email}\r\nTo: bea@example.org\r\nSubject: Tulips\r\n\r\nRed ones.\r\n.`), /^250/)
  const [sent] = await queuedLetters(server.storage, person.id)
  assert.equal(sent?.mailFrom, email)
  assert.doesNotMatch(sent?.content ?? '', /annabel/)

  const { updated } = await jmap.call('Address/set', { update: { [id]: { isPrimary: true } } })
  assert.deepEqual(updated, { [id]: null })
  assert.equal((await openJmapClient(server, person)).session['username'], email)
  const [first, second] = await all(jmap)
  assert.deepEqual([first?.email, second?.email], [email, person.address])
  const { notDestroyed } = await jmap.call('Address/set', { destroy: [id] })
  assert.equal((notDestroyed as Record<string, Json>)[id]?.['type'], 'forbidden')

  await jmap.call('Address/set', { update: { [String(second?.id)]: { isPrimary: true } }, destroy: [id] })
  assert.deepEqual(
    (await all(jmap)).map((one) => one.email),
    [person.address],
  )
  const after = (await jmap.call('Identity/get', { ids: null }))['list'] as Address[]
  assert.deepEqual(
    after.map((one) => one.email),
    [person.address],
  )
  const refused = await fetch(`${server.http}/.well-known/jmap`, { headers: { authorization: basicAuth(asAlias) } })
  assert.equal(refused.status, 401)
})

test('what cannot be an alias is told by the property and the reason', async () => {
  const jmap = await openJmapClient(server, await server.createAccount())
  const other = await server.createAccount('bertram')
  const refusal = async (given: Json): Promise<Json> =>
    ((await jmap.call('Address/set', { create: { k: given } }))['notCreated'] as { k: Json }).k
  const wrong: [given: Json, property: string][] = [
    [{ email: other.address }, 'address.taken'],
    [{ email: 'postmaster@zegel.test' }, 'name.reserved'],
    [{ email: 'a@zegel.test' }, 'name.form'],
    [{ email: 'anna@example.org' }, 'domain'],
    [{ email: 'no address' }, 'address'],
    [{ email: 'anna.other@zegel.test', isPrimary: true }, 'isPrimary'],
    [{}, 'email'],
  ]
  for (const [given, property] of wrong)
    assert.deepEqual(await refusal(given), { type: 'invalidProperties', properties: [property] }, property)
  await add(jmap, 'first.of.two@zegel.test')
  await add(jmap, 'second.of.two@zegel.test')
  assert.deepEqual(await refusal({ email: 'third.of.two@zegel.test' }), { type: 'overQuota' })
  const [primary] = await all(jmap)
  for (const patch of [{ isPrimary: false }, { email: 'x.y@zegel.test' }, { since: null }]) {
    const { updated } = await jmap.call('Address/set', { update: { [String(primary?.id)]: patch } })
    assert.equal(updated, null)
  }
})

test('an app password changes no addresses', async () => {
  const person = await server.createAccount()
  const { secret } = await addAppPassword(server.storage, person)
  const jmap = await openJmapClient(server, { address: person.address, password: secret })
  const error = await jmap.fail('Address/get', { ids: null })
  assert.equal(error['type'], 'accountNotSupportedByMethod')
})
