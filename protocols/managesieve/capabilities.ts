import { MOST_REDIRECTS, SCRIPT_EXTENSIONS } from '#mail/scripts'
import { MECHANISMS } from '#protocols/sasl'
import { string } from './output/string.ts'
import type { Session } from './session.ts'

/** What never differs. RFC 5804 §1.7, RFC 5436 §3 for the schemes of NOTIFY. */
const ALWAYS: readonly [name: string, value?: string][] = [
  ['IMPLEMENTATION', 'Zegel'],
  ['SIEVE', [...SCRIPT_EXTENSIONS].join(' ')],
  ['NOTIFY', 'mailto'],
  ['MAXREDIRECTS', String(MOST_REDIRECTS)],
  ['LANGUAGE', 'en'],
  ['UNAUTHENTICATE'],
  ['VERSION', '1.0'],
]

/** Lines of capabilities, as they are at this moment. */
export function capabilities(session: Session): string[] {
  const { connection, maySignIn, state } = session
  const now: [name: string, value?: string][] = [
    // Empty says that TLS has to begin before.
    ['SASL', maySignIn ? [...MECHANISMS.keys()].join(' ') : ''],
    ...(state === 'authenticated' ? ([['OWNER', session.owner]] as [string, string][]) : []),
    ...(connection.isSecure || state === 'authenticated' ? [] : ([['STARTTLS']] as [string][])),
  ]
  return [...ALWAYS, ...now].map(
    ([name, value]) => `${string(name)}${value === undefined ? '' : ` ${string(value)}`}\r\n`,
  )
}
