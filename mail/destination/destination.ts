import { findClosedAddressee, findList, findRecipient, takesReports, type ListAddress, type Recipient } from '#accounts'
import { parseAddress, type Address } from '#formats/message'
import { isReturnAddress } from '#mail/forwarding'
import type { Config } from '#system'
import type { Storage } from '#storage'

export type Destination =
  /** Somebody's; `masked` is the masked address that it is. */
  | { to: 'mailbox'; accountId: number; masked: string | undefined }
  /** A closed account, whose mail goes on to its owner's address outside until then, if at all. */
  | { to: 'closed'; accountId: number; forwardUntil: Date | null }
  /** A distribution list; with a detail, one of its members, for whom something comes back. */
  | { to: 'list'; list: ListAddress & { detail: string | undefined } }
  /** Customer service. */
  | { to: 'support' }
  /** Who reads what others report about a domain of ours. */
  | { to: 'reports'; domain: string }
  /** Whoever wrote a letter that was passed on from here: notifications come back this way. */
  | { to: 'author'; address: Address }

/**
 * What an address at a domain of ours stands for; undefined when for nothing. Reads only what zegel_receiver may. Whether the
 * address of an author is true, its reader finds out.
 */
export async function findDestination(
  storage: Storage,
  { support }: Pick<Config, 'support'>,
  given: string,
): Promise<Destination | undefined> {
  const address = parseAddress(given)
  if (address === undefined) return undefined
  if (address.address.toLowerCase() === support.address) return { to: 'support' }
  if (isReturnAddress(address)) return { to: 'author', address }
  const recipient = await findRecipient(storage, given)
  if (recipient !== undefined && recipient.isCatchAll !== true) return mailboxOf(recipient)
  const list = await findList(storage, given)
  if (list !== undefined) return { to: 'list', list }
  const closed = await findClosedAddressee(storage, given)
  if (closed !== undefined) return { to: 'closed', ...closed }
  if (takesReports(address.local)) return { to: 'reports', domain: address.domain.toLowerCase() }
  return recipient && mailboxOf(recipient)
}

const mailboxOf = ({ accountId, masked }: Recipient): Destination => ({ to: 'mailbox', accountId, masked })
