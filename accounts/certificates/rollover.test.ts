import { after, beforeEach, test } from 'node:test'
import assert from 'node:assert/strict'
import { createDomain, keepCertificates, lookAtRecords } from '#accounts'
import { openDns, shiftClock } from '#system'
import { testDatabase } from '#test/database'
import { startNameServer } from '#test/name-server'
import { reservePebble } from '#test/pebble'
import { startServer } from '#test/server'

const HOUR = 3600
const DAY = 24 * HOUR
const NAME = '_25._tcp.zegel.test'
const undo = { after }
const dns = await startNameServer(undo, { 'zegel.test': { A: ['127.0.0.1'] } })
const { config: settings } = await testDatabase()
const pebble = await reservePebble(undo, settings)
const acme = { ...pebble.settings, keyDays: 210 }
const server = await startServer(undo, { tls: { acme }, dns: { servers: [dns.address] } }, ['http'])
await pebble.start({ httpPort: Number(new URL(server.http).port), nameServer: dns.address, days: 300 })
const { config, storage } = server
const { sql } = storage.database
const names = openDns(config)
await createDomain(storage, 'zegel.test')

beforeEach(async () => {
  shiftClock(0)
  dns.zone = { 'zegel.test': { A: ['127.0.0.1'] } }
  await sql`delete from certificate`
  await sql`delete from tls_key`
})

/** A round on a day, and what is ordered by it. */
async function roundOn(days: number): Promise<number> {
  shiftClock(days * DAY)
  return (await keepCertificates(storage, config, names)).issued
}

const keyIn = async (state: string): Promise<string> => {
  const { rows } = await sql<{
    digest: string
  }>`select digest from tls_key where purpose = 'server' and state = ${state}`
  return rows[0]?.digest ?? ''
}

const publish = (...digests: string[]): void => {
  const data = { usage: 3, selector: 1, matchingType: 1 }
  dns.zone[NAME] = { TLSA: digests.map((digest) => ({ ...data, certificate: Buffer.from(digest, 'hex') })) }
}

const shown = async () =>
  (await lookAtRecords(storage, config, names, 'zegel.test'))
    .filter(({ record }) => record.kind === 'dane')
    .map(({ record, standing }) => [record.name, record.value.slice(6), record.need, standing])

test('the next key stands ready for the DNS beside the one in use; it comes into use once its record is known everywhere, and the old record may go', async () => {
  assert.equal(await roundOn(0), 1)
  const [first, second] = [await keyIn('used'), await keyIn('next')]
  assert.ok(first !== '' && second !== '' && first !== second)
  assert.deepEqual(await shown(), [
    [NAME, second, 'useful', 'missing'],
    [NAME, first, 'useful', 'missing'],
  ])
  publish(first)
  assert.deepEqual(
    (await shown()).map(([, , , standing]) => standing),
    ['missing', 'right'],
  )
  // Renewed under the same key as long as the DNS has not the next, however old it is.
  assert.equal(await roundOn(201), 1)
  assert.equal(await keyIn('used'), first)
  assert.equal(await roundOn(230), 1)
  assert.equal(await keyIn('used'), first)
  publish(first, second)
  assert.equal(await roundOn(231), 1)
  assert.equal(await keyIn('used'), first, 'who asked yesterday does not know of it')
  assert.equal(await roundOn(232), 1)
  assert.equal(await keyIn('used'), first)
  assert.equal(await roundOn(234), 1)
  assert.equal(await keyIn('used'), second)
  // The next after it is made with the round that follows.
  await roundOn(235)
  const third = await keyIn('next')
  assert.deepEqual(await shown(), [
    [NAME, third, 'useful', 'missing'],
    [NAME, second, 'useful', 'right'],
    [NAME, first, 'removable', 'right'],
  ])
  publish(second, third)
  await roundOn(236)
  assert.deepEqual(
    (await shown()).map(([, digest]) => digest),
    [third, second],
  )
  const { rows } = await sql<{ state: string }>`
    select state from tls_key where purpose = 'server' and private_key is null`
  assert.deepEqual(rows, [{ state: 'gone' }], 'nobody needs the private half of the first any more')
})

test('a key that nobody compares with the DNS is changed when it is old, and not before it is known that nobody does', async () => {
  await roundOn(0)
  const [first, second] = [await keyIn('used'), await keyIn('next')]
  await roundOn(201)
  assert.equal(await keyIn('used'), first)
  // What the DNS said two months ago says nothing of today.
  dns.zone[NAME] = 'SERVFAIL'
  await roundOn(230)
  assert.equal(await keyIn('used'), first)
  delete dns.zone[NAME]
  await roundOn(231)
  assert.equal(await keyIn('used'), second)
})

test('a record of another key at the name is told to be wrong, and does not keep the keys from changing', async () => {
  await roundOn(0)
  const second = await keyIn('next')
  publish('ab'.repeat(32))
  await roundOn(201)
  assert.deepEqual(
    (await shown()).map(([, , , standing]) => standing),
    ['wrong', 'wrong'],
  )
  await roundOn(230)
  assert.equal(await keyIn('used'), second)
})

test('a record that comes and goes has to stay for as long again', async () => {
  await roundOn(0)
  const [first, second] = [await keyIn('used'), await keyIn('next')]
  publish(first, second)
  await roundOn(229)
  publish(first)
  await roundOn(230)
  publish(first, second)
  await roundOn(231)
  await roundOn(232)
  assert.equal(await keyIn('used'), first)
  await roundOn(234)
  assert.equal(await keyIn('used'), second)
})
