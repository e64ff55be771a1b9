import { nameOf } from '../jmap/people.ts'
import type { Story } from '../jmap/types.ts'
import { t } from '../shell/texts.svelte.ts'

/** Who stands at the other end of a letter, by name and in full: who wrote it, or whom it was to. */
export function partyOf({ way, from, mailFrom, to }: Story): { name: string; title: string } {
  if (way === 'out') {
    const rest = to.length > 1 ? ` ${t('where.others', { count: to.length - 1 })}` : ''
    return { name: `${to[0] ?? t('list.nobody')}${rest}`, title: to.slice(0, 50).join(', ') }
  }
  if (from) return { name: nameOf(from), title: from.email }
  // A notice of a server has no sender (RFC 5321 §4.5.5).
  return { name: mailFrom || t('list.unknown'), title: mailFrom ?? '' }
}

/** The address a decision about its sender is for; '' where there is none. */
export const senderOf = ({ from, mailFrom }: Story): string => from?.email ?? mailFrom ?? ''
