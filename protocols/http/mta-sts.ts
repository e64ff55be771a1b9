import { isLocalDomain, ownMtaStsPolicy } from '#accounts'
import type { Config } from '#system'
import type { Storage } from '#storage'
import type { Arrival } from './arrival.ts'

const PATH = '/.well-known/mta-sts.txt'
const LABEL = 'mta-sts.'

/** A sender looks at the policy again when its record has another id: in between a copy may be kept for so long. */
const CACHED_SECONDS = 300

/**
 * How other servers may bring mail to a domain served here: by TLS alone, under the name of this domain, at one path and by no
 * redirect (RFC 8461 §3.3). @returns undefined for everything else that is asked
 */
export async function answerMtaSts(
  { config, storage }: { config: Config; storage: Storage },
  { hostname, isSecure }: Arrival,
  method: string,
  path: string,
): Promise<Response | undefined> {
  if (path !== PATH || !isSecure || (method !== 'GET' && method !== 'HEAD')) return undefined
  if (hostname?.startsWith(LABEL) !== true) return undefined
  if (!(await isLocalDomain(storage, hostname.slice(LABEL.length)))) return undefined
  return new Response(ownMtaStsPolicy(config), {
    headers: { 'Content-Type': 'text/plain', 'Cache-Control': `public, max-age=${CACHED_SECONDS}` },
  })
}
