import { connection } from '../jmap/client.svelte.ts'
import { mailboxes } from '../data/mailboxes.ts'
import type { Address, Email, Letter } from '../jmap/types.ts'

/** Whether the sender calls a letter urgent: X-Priority 1 or 2, or Importance high (RFC 2156 §5.3.4). */
export function isUrgent(letter: Letter): boolean {
  return (
    /^\s*[12]\b/.test(letter['header:X-Priority:asText'] ?? '') ||
    /^\s*high\s*$/i.test(letter['header:Importance:asText'] ?? '')
  )
}

/** Whether a letter comes from a list that one can leave (RFC 2369 §3.2). */
export function canUnsubscribe(letter: Letter): boolean {
  return (letter['header:List-Unsubscribe:asURLs'] ?? []).some((url) => /^(?:https?|mailto):/i.test(url))
}

/** Where a letter wants to be told that it was read (RFC 8098 §2.1), while nothing has been decided about it. */
export function receiptTo(email: Email, letter: Letter): Address[] {
  const to = letter['header:Disposition-Notification-To:asAddresses'] ?? []
  const own = connection.session?.username.toLowerCase()
  const isOwn = email.from?.some((one) => one.email.toLowerCase() === own)
  if (email.keywords['$mdnsent'] || email.keywords['$draft'] || isOwn) return []
  return isIn(email, 'junk') || isIn(email, 'trash') ? [] : to
}

/** Whether a letter lies in the mailbox with this role. */
export function isIn(email: Email, role: string): boolean {
  return Object.keys(email.mailboxIds).some((id) => mailboxes.get(id)?.role === role)
}
