import type { Needs } from '../capability.ts'
import type { Visitor } from '../context.ts'
import { MethodError } from './errors.ts'

/**
 * Methods that change nothing, by what they are called (RFC 8620 §5). Any other, also one that is yet to be written, is
 * taken for one that does.
 */
const READS = /\/(?:get|changes|query|queryChanges|parse|echo|suggest|terms|validate|try)$/

/** Whether what needs this is there for a visitor: an app password opens its scopes, everybody else everything. */
export const reaches = ({ scopes }: Pick<Visitor, 'scopes'>, needs: Needs | undefined): boolean =>
  needs === undefined || scopes === undefined || (needs !== 'owner' && scopes.includes(needs))

/** @throws MethodError 'accountNotSupportedByMethod', 'accountReadOnly' as RFC 8620 §3.6.2 words them */
export function refuseBeyondRights(visitor: Visitor, method: string, needs: Needs | undefined): void {
  if (!reaches(visitor, needs)) throw new MethodError('accountNotSupportedByMethod', 'this app password is not for it')
  if (visitor.readOnly && !READS.test(method)) throw new MethodError('accountReadOnly')
}
