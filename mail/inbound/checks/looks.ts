import { looksOf, suffixesOf } from '#formats/lookalike'
import type { Finding } from '#mail/findings'
import type { Letter } from '../check.ts'

/** Whether the author's domain, or one that it lies in, looks like one that is hosted here, and is none of them. */
export function checkLooks({ head, hosted }: Letter): Finding[] {
  const address = head.from?.[0]?.email ?? ''
  const suffixes = suffixesOf(address.slice(address.lastIndexOf('@') + 1))
  const domains = byLooks(hosted)
  const [domain] = suffixes.flatMap((suffix) => domains.get(looksOf(suffix)) ?? [])
  if (domain === undefined || suffixes.some((suffix) => hosted.includes(suffix))) return []
  return [{ name: 'looksLikeHosted', values: { address, domain } }]
}

/** Of each list of domains that was asked about, which is as long known as the list is believed. */
const known = new WeakMap<readonly string[], Map<string, string>>()

function byLooks(hosted: readonly string[]): Map<string, string> {
  let domains = known.get(hosted)
  if (domains === undefined) known.set(hosted, (domains = new Map(hosted.map((domain) => [looksOf(domain), domain]))))
  return domains
}
