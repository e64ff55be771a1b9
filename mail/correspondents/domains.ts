import { looksOf, suffixesOf } from '#formats/lookalike'
import { addRecord, findRecord, isKnownRecord } from '#items'
import type { OpenAccount, Sql, Transaction } from '#storage'
import { Refusal } from '#system'

/** Domains to which an account has written: found by their name, and by their looks. The values say nothing more. */
const DOMAIN = 'knownDomain'
const LOOKS = 'knownLooks'

/** Notes domains in the transaction that sends a letter there. Of those who write to thousands, the first are remembered. */
export async function rememberDomains(tx: Transaction, domains: Iterable<string>): Promise<void> {
  for (const domain of new Set(domains))
    for (const [kind, lookup] of [
      [DOMAIN, domain],
      [LOOKS, looksOf(domain)],
    ] as const)
      try {
        if ((await findRecord(tx.account, kind, lookup, tx.sql)) === undefined)
          await addRecord(tx, { kind, value: {}, lookup })
      } catch (error) {
        if (!(error instanceof Refusal && error.reason === 'tooManyItems')) throw error
      }
}

/** Whether a domain, or one that it lies in, looks like one to which the account has written, and is none of them. The receiver may ask. */
export async function looksLikeKnown(account: OpenAccount, domain: string, sql: Sql = account.sql): Promise<boolean> {
  const suffixes = suffixesOf(domain)
  if (suffixes.length === 0 || !(await isKnownRecord(account, LOOKS, suffixes.map(looksOf), sql))) return false
  return !(await isKnownRecord(account, DOMAIN, suffixes, sql))
}
