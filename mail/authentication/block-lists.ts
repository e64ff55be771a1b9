import { isIPv6 } from 'node:net'
import type { LookUp } from './look-up.ts'
import { arpaOf } from './reverse.ts'

/** An entry says 127.0.0.0/8 (RFC 5782 §2.1). Some lists complain to whoever asks in 127.255.255.0/24, which says nothing of the address. */
const LISTED = /^127\.(?!255\.255\.)/

/** Which of these lists have the client's address. RFC 5782. One that does not answer has nobody. */
export async function blockListsWith(address: string, lists: readonly string[], lookUp: LookUp): Promise<string[]> {
  const reversed = arpaOf(address).replace(isIPv6(address) ? /ip6\.arpa$/ : /in-addr\.arpa$/, '')
  const answers = await Promise.all(
    lists.map((list) => lookUp(`${reversed}${list}`, 'A').catch(() => []) as Promise<string[]>),
  )
  return lists.filter((_, i) => answers[i]?.some((answer) => LISTED.test(answer)))
}
