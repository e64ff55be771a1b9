import type { Failure } from '../jmap/failure.ts'
import type { TextKey } from '../../ui/texts.ts'

/** What a refusal means that concerns no single field. */
export function refused({ kind, type, detail }: Failure): TextKey {
  if (kind === 'offline') return 'reason.offline'
  if (type === 'forbidden' && detail.startsWith('attempts')) return 'password.attempts'
  return type === 'rateLimit' ? 'password.attempts' : 'reason.declined'
}
