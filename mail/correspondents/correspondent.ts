import { normalizeAddress, type EmailAddress } from '#formats/message'
import { addRecord, countKnownRecords, findRecord, recordsBeyond, removeRecord, updateRecord } from '#items'
import type { OpenAccount, Sql, Transaction } from '#storage'
import { now } from '#system'
import { rememberDomains } from './domains.ts'

export const CORRESPONDENT = 'correspondent'

/** Somebody to whom the account has written. */
export interface Correspondent extends Record<string, unknown> {
  /** As it was last written. */
  name: string | null
  email: string
  /** Letters to them. */
  count: number
  /** When the last was sent: RFC 3339, UTC. */
  lastAt: string
}

/** People of one account; those not written to for longest are forgotten first. */
const MOST = 1000

/** Longest name that is kept. */
const MOST_NAME = 200

/** People of one letter that are remembered: a letter to hundreds is no acquaintance with each. */
const MOST_OF_LETTER = 100

/** How many of these addresses the account has never written to, as far as it remembers. */
export async function countStrangers(
  account: OpenAccount,
  addresses: readonly string[],
  sql: Sql = account.sql,
): Promise<number> {
  const lookups = [...new Set(addresses.map((address) => normalizeAddress(address) ?? address))]
  return lookups.length - (await countKnownRecords(account, CORRESPONDENT, lookups, sql))
}

/** Notes whom a letter goes to, in the transaction that sends it. What is no address is passed over. */
export async function rememberCorrespondents(tx: Transaction, people: readonly EmailAddress[]): Promise<void> {
  const byAddress = new Map<string, EmailAddress>()
  for (const person of people.slice(0, MOST_OF_LETTER)) {
    const address = normalizeAddress(person.email)
    if (address !== undefined && !byAddress.has(address)) byAddress.set(address, person)
  }
  const lastAt = now()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
  for (const [lookup, { name, email }] of byAddress) {
    const known = await findRecord<Correspondent>(tx.account, CORRESPONDENT, lookup, tx.sql)
    const value: Correspondent = {
      name: name?.slice(0, MOST_NAME) || (known?.value.name ?? null),
      email,
      count: (known?.value.count ?? 0) + 1,
      lastAt,
    }
    if (known === undefined) await addRecord(tx, { kind: CORRESPONDENT, value, lookup })
    else await updateRecord(tx, CORRESPONDENT, known.id, { value })
  }
  await rememberDomains(
    tx,
    [...byAddress.keys()].map((address) => address.slice(address.lastIndexOf('@') + 1)),
  )
  for (const id of await recordsBeyond(tx.account, CORRESPONDENT, MOST, tx.sql))
    await removeRecord(tx, CORRESPONDENT, id)
}
