import { addressesOf, isLocalDomain } from '#accounts'
import { parseAddress } from '#formats/message'
import { findDestination, type Destination } from '#mail/destination'
import { senderOf } from '#mail/forwarding'
import { mayPost, maySometimesPost, memberOfDetail } from '#mail/lists'
import type { OpenAccount, Storage } from '#storage'
import { now, Refusal, type Config } from '#system'

/** Who writes, and what is known of the letter: at RCPT nothing. */
interface Writing {
  storage: Storage
  config: Pick<Config, 'support'>
  account: OpenAccount
  mailFrom: string
  content?: Buffer
}

/** Why somebody here does not get a letter: no such mailbox, a closed one, an address or list that takes none from this sender. */
export type WhyNot = 'addressUnknown' | 'addressClosed' | 'refused'

/** Recipients here who would not get a letter. It is not sent to the others either: whoever wrote it decides anew. */
export class RecipientsRefused extends Refusal {
  override name = 'RecipientsRefused'
  readonly reasons: ReadonlyMap<string, WhyNot>
  constructor(reasons: ReadonlyMap<string, WhyNot>) {
    const [first = 'addressUnknown'] = reasons.values()
    super(first, { fields: first === 'refused' ? ['notTaken'] : [] })
    this.reasons = reasons
  }
}

/** Addresses that are looked up at a time. */
const AT_ONCE = 20

/**
 * Says at once what the queue would have to send back as a letter (RFC 6409 §6): who is not here, or takes nothing from this sender.
 * What is elsewhere is not asked.
 * @throws RecipientsRefused
 */
export async function refuseRecipients(writing: Writing, addresses: readonly string[]): Promise<void> {
  const reasons = new Map<string, WhyNot>()
  for (let at = 0; at < addresses.length; at += AT_ONCE) {
    const some = addresses.slice(at, at + AT_ONCE)
    const found = await Promise.all(some.map((address) => whyNot(writing, address)))
    for (const [index, reason] of found.entries()) if (reason !== undefined) reasons.set(some[index] as string, reason)
  }
  if (reasons.size > 0) throw new RecipientsRefused(reasons)
}

async function whyNot(writing: Writing, address: string): Promise<WhyNot | undefined> {
  const { storage, config } = writing
  if (!(await isLocalDomain(storage, parseAddress(address)?.domain ?? ''))) return undefined
  const found = await findDestination(storage, config, address)
  if (found === undefined) return 'addressUnknown'
  return (WHY_NOT[found.to] as Look<Destination['to']>)(writing, found, address)
}

type Look<To extends Destination['to']> = (
  writing: Writing,
  destination: Extract<Destination, { to: To }>,
  address: string,
) => Promise<WhyNot | undefined> | WhyNot | undefined

const WHY_NOT: { [To in Destination['to']]: Look<To> } = {
  mailbox: () => undefined,
  support: () => undefined,
  reports: () => undefined,
  closed: (_writing, { forwardUntil }) =>
    forwardUntil === null || forwardUntil <= now() ? 'addressClosed' : undefined,
  async author({ storage, mailFrom }, { address }) {
    if ((await senderOf(storage, address)) === undefined) return 'addressUnknown'
    return mailFrom === '' ? undefined : 'refused'
  },
  async list({ storage, account, mailFrom, content }, { list }, address) {
    if (list.detail !== undefined && (await memberOfDetail(storage, list.detail)) === undefined) return 'addressUnknown'
    if (content !== undefined) {
      const may = await mayPost(storage, { list, address, mailFrom, content, findings: undefined })
      return may instanceof Refusal ? 'refused' : undefined
    }
    // Whom the letter is from is not known yet: any of their addresses may be a member's.
    const authors = [mailFrom, ...(await addressesOf(storage, account.id))]
    return (await maySometimesPost(storage, list, account.id, authors)) ? undefined : 'refused'
  },
}
