import { looksOf, suffixesOf } from '#formats/lookalike'
import { addRecord, findRecord } from '#items'
import type { Transaction } from '#storage'
import { Refusal } from '#system'

/** Domains to which an account has written: found by their name, and by their looks. The values say nothing more. */
const DOMAIN = 'knownDomain'
const LOOKS = 'knownLooks'
export const KNOWN_DOMAINS: readonly string[] = [DOMAIN, LOOKS]

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

/** What is to be asked of an account's records (`knownKinds`) about a domain and those that it lies in. */
export const asksAbout = (domain: string): { kind: string; lookup: string }[] =>
  suffixesOf(domain).flatMap((suffix) => [
    { kind: LOOKS, lookup: looksOf(suffix) },
    { kind: DOMAIN, lookup: suffix },
  ])

/** Whether the domain asked about looks like one to which the account has written, and is none of them. */
export const looksLikeKnown = (known: ReadonlySet<string>): boolean => known.has(LOOKS) && !known.has(DOMAIN)
