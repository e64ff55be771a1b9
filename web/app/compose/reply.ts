import type { Address, Email, Identity, Letter } from '../jmap/types.ts'
import { addRecipients, recipientsOf, sameAddress } from './addresses.ts'
import type { Recipient } from './addresses.ts'

/** How a letter is taken up. */
export type Kind = 'reply' | 'replyAll' | 'forward'

type Heads = Pick<Email, 'from' | 'to'> & Pick<Letter, 'replyTo' | 'cc' | 'bcc' | 'deliveredTo'>

/** Prefixes by which programs in our languages, and those of our neighbours, mark answers and forwards. */
const prefix =
  /^\s*(?:re|aw|antw|betreff|sv|vs|r|rif|odp|fwd?|wg|tr|doorst|i|vb|enc|rv)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*:\s*/i

/** The subject without what answers and forwards put before it. */
export function bareSubject(subject: string | null): string {
  let rest = (subject ?? '').slice(0, 2000)
  // A subject that is nothing but prefixes ends the search.
  for (let count = 0; count < 50; count++) {
    const shorter = rest.replace(prefix, '')
    if (shorter === rest) break
    rest = shorter
  }
  return rest.trim()
}

/** The marks that every program understands, whatever the language of the writer (RFC 5322 §3.6.5 for "Re: "). */
export function subjectOf(kind: Kind, subject: string | null): string {
  return `${kind === 'forward' ? 'Fwd' : 'Re'}: ${bareSubject(subject)}`
}

/**
 * Whom an answer goes to (RFC 5322 §3.6.3): the writer, or where the writer wants answers; to all, everybody else as well,
 * but never oneself. An answer to one's own letter goes on to those it went to.
 */
export function recipientsFor(
  kind: Kind,
  original: Heads,
  own: readonly Address[],
): { to: Recipient[]; cc: Recipient[] } {
  if (kind === 'forward') return { to: [], cc: [] }
  const isOwn = (one: Address) => own.some((mine) => sameAddress(mine, one))
  const others = (list: readonly Address[] | null) => recipientsOf((list ?? []).filter((one) => !isOwn(one)))
  const byMe = (original.from ?? []).some(isOwn)
  if (byMe) {
    const to = recipientsOf(original.to)
    return { to, cc: kind === 'replyAll' ? without(recipientsOf(original.cc), to) : [] }
  }
  const wanted = (original.replyTo ?? []).length > 0 ? original.replyTo : original.from
  const writer = addRecipients([], recipientsOf(wanted))
  if (kind === 'reply') return { to: writer, cc: [] }
  const to = addRecipients(writer, others(original.to))
  return { to, cc: without(addRecipients([], others(original.cc)), to) }
}

function without(list: Recipient[], taken: readonly Recipient[]): Recipient[] {
  return list.filter((one) => !taken.some((other) => sameAddress(one, other)))
}

/**
 * Who answers: the identity that the letter came to, which may be named nowhere in it, or was sent to, also with a detail
 * behind "+" (RFC 5233), else the usual one.
 */
export function identityFor(
  original: Heads | undefined,
  identities: readonly Identity[],
  usual: Identity | undefined = identities[0],
): Identity | undefined {
  const named = [original?.to, original?.cc, original?.bcc, original?.from].flatMap((list) => list ?? [])
  const reached = [original?.deliveredTo ?? [], named.map(({ email }) => email)].flat()
  for (const exact of [true, false])
    for (const address of reached) {
      const found = identities.find((one) => plain(one.email, exact) === plain(address, exact))
      if (found) return found
    }
  return usual
}

function plain(email: string, exact: boolean): string {
  const lower = email.toLowerCase()
  return exact ? lower : lower.replace(/\+[^@]*@/, '@')
}

/** RFC 5322 §3.6.4: the chain of the letter answered, and that letter; of a very long chain the first and the newest. */
export function chainOf(original: {
  messageId?: string[] | null
  references?: string[] | null
  inReplyTo?: string[] | null
}): {
  inReplyTo: string[]
  references: string[]
} {
  const own = original.messageId ?? []
  const before = original.references ?? ((original.inReplyTo?.length ?? 0) === 1 ? (original.inReplyTo ?? []) : [])
  const chain = [...new Set([...before, ...own])]
  const references = chain.length > longestChain ? [...chain.slice(0, 1), ...chain.slice(1 - longestChain)] : chain
  return { inReplyTo: own.slice(0, 1), references }
}

const longestChain = 50
