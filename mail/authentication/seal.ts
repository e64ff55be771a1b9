import { createSeal } from 'mailauth/lib/arc/index.js'
import type { Authenticated } from './authenticate.ts'

/** By what a server of ours vouches for what it passes on: a key as for DKIM, published under the same name. */
export interface Sealer {
  domain: string
  selector: string
  /** PEM. RSA or Ed25519. */
  privateKey: string
  /** Our authserv-id. */
  hostname: string
}

/**
 * The ARC set that goes on top of a letter which is passed on, with what was found when it came. RFC 8617 §5.1.
 * @param content  as it leaves: what is changed after sealing breaks the seal
 * @returns fields with their line ends; '' where nothing may be sealed: after a chain that is already broken (§5.1.1 step 2), and
 *   beyond fifty sets (§4.2.1)
 */
export async function sealArc(
  content: Buffer,
  { results, arc }: Pick<Authenticated, 'results' | 'arc'>,
  { domain, selector, privateKey, hostname }: Sealer,
): Promise<string> {
  const { headers } = await createSeal(content, {
    seal: {
      signingDomain: domain,
      selector,
      privateKey,
      authResults: `${hostname}; ${results === '' ? 'none' : results}`,
      // §4.4: what the chain was found to be when it came here.
      cv: CHAIN[arc.result] ?? 'fail',
      strict: true,
    },
  } as Parameters<typeof createSeal>[1])
  return headers.map((field) => `${field}\r\n`).join('')
}

const CHAIN: Partial<Record<string, 'none' | 'pass'>> = { none: 'none', pass: 'pass' }
