import { allAddressesOf } from '#accounts'
import type { OpenAccount, Storage } from '#storage'
import { readJournal, type RecordedEntry } from './read.ts'
import { personOf } from './values.ts'

/**
 * An entry as one of the people it is about may see it. What kind of thing it was is not recorded: it follows from the columns. Whether
 * something was let in, taken or refused is in none of them.
 */
export interface OwnEntry {
  /** The same whenever it is read. */
  id: string
  time: Date
  /** `signIn`: somebody signed in with the address, or tried to. */
  kind: 'signIn' | 'sent' | 'received'
  /** The account's own address in it. */
  own: string
  /** The other address; null of a sign-in, and of the null sender. */
  other: string | null
  subject: string | null
  messageId: string | null
  /** Of what was sent or signed in under the address. Of what was received they belong to whoever brought it, and are left out. */
  ip: string | null
  country: string | null
  browser: string | null
}

export const OWN_KINDS = ['signIn', 'sent', 'received'] as const satisfies readonly OwnEntry['kind'][]

/** Entries that are opened at a time. */
const PAGE = 500

/** As many days as one look may have (days.ts), and more than any journal is kept. */
const DAYS_BACK = 365
const DAY_MS = 86_400_000

/**
 * The entries of a person, the newest first: those in which one of the account's addresses is sender or recipient, from the day on which
 * the address became the account's. Reads on only as long as somebody takes what it gives.
 * @param from  before it nothing is looked at; a year without it, which is more than is kept
 * @param to  the newest, with it
 */
export async function* walkOwnJournal(
  storage: Storage,
  account: OpenAccount,
  { from, to }: { from?: Date | undefined; to: Date },
): AsyncGenerator<OwnEntry> {
  const owned = new Map<string, Date>()
  for (const { address, since } of await allAddressesOf(storage, account.id)) owned.set(personOf(address), since)
  const oldest = new Date(Math.max(from?.getTime() ?? 0, to.getTime() - DAYS_BACK * DAY_MS))
  let until = to
  /** Of those at `until`, what was given already: several may have one time. */
  let given = new Set<string>()
  while (owned.size > 0) {
    const page = await readJournal(storage, { from: oldest, to: until, addresses: [...owned.keys()], limit: PAGE })
    const entries = page.flatMap((recorded) => ownEntry(account, owned, recorded) ?? [])
    for (const entry of entries) if (!given.has(entry.id)) yield entry
    const [first, last] = [page[0]?.time, page.at(-1)?.time]
    if (first === undefined || last === undefined || page.length < PAGE) return
    const atLast = entries.filter(({ time }) => time.getTime() === last.getTime()).map(({ id }) => id)
    // A page of one time would come again for ever: what else has that time is left out.
    const isStuck = first.getTime() === last.getTime()
    until = isStuck ? new Date(last.getTime() - 1) : last
    given = isStuck ? new Set() : new Set(atLast)
  }
}

function ownEntry(
  account: OpenAccount,
  owned: ReadonlyMap<string, Date>,
  { time, sender, recipient, ip, country, browser, subject, messageId }: RecordedEntry,
): OwnEntry | undefined {
  const isOwn = (address: string | null): address is string => {
    const since = address === null ? undefined : owned.get(address)
    return since !== undefined && since <= time
  }
  const known = { time: time.toISOString(), sender, recipient, ip, country, browser, subject, messageId }
  const common = { id: account.lookupKey('journal', JSON.stringify(known)).toString('base64url').slice(0, 16), time }
  if (isOwn(sender)) {
    const kind = recipient === null ? 'signIn' : 'sent'
    return { ...common, kind, own: sender, other: recipient, subject, messageId, ip, country, browser }
  }
  if (!isOwn(recipient)) return undefined
  const hidden = { ip: null, country: null, browser: null }
  return { ...common, kind: 'received', own: recipient, other: sender, subject, messageId, ...hidden }
}
