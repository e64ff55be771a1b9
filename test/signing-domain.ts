import { randomBytes } from 'node:crypto'
import { createDomain, keepDkimKeys, lookAtRecords } from '#accounts'
import type { Storage } from '#storage'
import { openDns, type Config } from '#system'
import type { NameServer } from './name-server.ts'
import { putRecord } from './zone.ts'

/** A domain of its own that is served here, with the keys that sign its letters in the DNS. @param name  a random one without it */
export async function addSigningDomain(
  storage: Storage,
  config: Config,
  names: NameServer,
  name = `d${randomBytes(6).toString('hex')}.example`,
): Promise<string> {
  const dns = openDns({ dns: { servers: [names.address] } }, 500)
  await createDomain(storage, name)
  await keepDkimKeys(storage, config, dns, name)
  for (const { record } of await lookAtRecords(storage, config, dns, name))
    if (record.kind === 'dkim') putRecord(names.zone, record)
  await keepDkimKeys(storage, config, dns, name)
  return name
}
