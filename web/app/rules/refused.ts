import type { Failure } from '../jmap/failure.ts'
import { t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'
import { complaintOf } from './place.ts'

const reasons: Record<string, TextKey> = {
  alreadyExists: 'script.nameTaken',
  scriptIsActive: 'script.isActive',
  sieveIsActive: 'script.isActive',
  tooLarge: 'script.tooLarge',
  overQuota: 'script.tooMany',
  stateMismatch: 'script.changed',
  invalidProperties: 'script.nameWrong',
}

/** Why the server has not kept a script, in a sentence. */
export function whyNot({ kind, type, detail }: Failure): string {
  if (kind === 'offline') return t('reason.offline')
  if (type === 'invalidSieve' || type === 'invalidScript') {
    const { line, column, sentence } = complaintOf(detail)
    return `${t('script.at', { line, column })} ${sentence}`
  }
  return t(reasons[type] ?? 'reason.declined')
}
