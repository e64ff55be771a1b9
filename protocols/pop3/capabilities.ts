import { MECHANISMS } from '#protocols/sasl'
import type { Session } from './session.ts'

/** What is announced in both states. RFC 2449 §6, RFC 3206 §5, RFC 6856 §2. */
const ALWAYS = [
  'TOP',
  'UIDL',
  'RESP-CODES',
  'AUTH-RESP-CODE',
  'PIPELINING',
  'UTF8 USER',
  // Nothing goes by itself, and what was fetched stays.
  'EXPIRE NEVER',
  'IMPLEMENTATION Zegel',
]

/** capa-resp. RFC 2449 §5. */
export function capabilities(session: Session): string[] {
  // RFC 2595 §4: no STLS where TLS is; no way to sign in is announced that would be refused.
  const tls = session.connection.isSecure || session.state === 'transaction' ? [] : ['STLS']
  const ways = session.maySignIn ? ['USER', `SASL ${[...MECHANISMS.keys()].join(' ')}`] : []
  return [...ALWAYS, ...tls, ...ways]
}
