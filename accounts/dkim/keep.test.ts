import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDns, today } from '#system'
import { openTestStorage, testDatabase } from '#test/database'
import { startNameServer } from '#test/name-server'
import { createDomain, keepDkimKeys, type DkimAlgorithm } from '../index.ts'
import { newSelector } from './selector.ts'

const storage = await openTestStorage({ after })
const { config } = await testDatabase()

test('domains of yesterday get their keys, and of sixty records not all are asked about when the name servers are away', async (t) => {
  const names = await startNameServer(t, {})
  const dns = openDns({ dns: { servers: [names.address] } }, 500)
  for (let i = 0; i < 30; i++) {
    await createDomain(storage, `d${i}.example`)
    // A name server that refuses; one that is silent would do, and take its time.
    for (const kind of ['rsa', 'ed25519'])
      names.zone[`${newSelector(today(), kind as DkimAlgorithm, new Set())}._domainkey.d${i}.example`] = 'REFUSED'
  }
  const { made, begun } = await keepDkimKeys(storage, config, dns)
  assert.deepEqual([made, begun], [60, 0])
  const asked = new Set(names.questions).size
  assert.ok(asked >= 16 && asked < 30, `${asked} were asked about`)
  assert.equal((await keepDkimKeys(storage, config, dns)).made, 0)
})
