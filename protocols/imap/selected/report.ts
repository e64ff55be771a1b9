import { compactSet } from '../input/sequence-set.ts'
import { fetchEach } from '../fetch/each.ts'
import type { Event } from '../notify/wishes.ts'
import { flagOf, flagList, USUAL_FLAGS } from '../output/flags.ts'
import type { Session } from '../session.ts'
import { keywordsOf } from './keywords.ts'
import type { Selected } from './selected.ts'

/**
 * Tells a session what has happened in its mailbox: what has gone, what has come, whose flags have changed.
 * @param expunges  whether sequence numbers may change now (RFC 9051 §7.5.1)
 */
export async function report(session: Session, selected: Selected, { expunges }: { expunges: boolean }): Promise<void> {
  if (!selected.hasNews) return tellChange(session, selected, selected.view.change)
  if (selected.view.isGone) {
    // Somebody has removed it: there is nothing to go on with (RFC 2180 §3.3).
    session.untagged('BYE The mailbox was removed')
    session.isOver = true
    return
  }
  const wants = (event: Event): boolean =>
    session.wishes === undefined || session.wishes.selected?.events.has(event) === true
  const upTo = selected.view.change
  if (expunges && wants('MessageExpunge')) tellVanished(session, selected)
  if (wants('MessageNew')) await tellCome(session, selected)
  const changed = wants('FlagChange') ? selected.takeChanged({ stamped: session.has('CONDSTORE') }) : []
  const isHoldingBack = selected.isHoldingBack
  if (changed.length > 0) await tellFlags(session, selected, changed)
  tellChange(session, selected, upTo, isHoldingBack)
}

/** How many there are, and of what has come whatever the client has wished (RFC 5465 §5.2). */
async function tellCome(session: Session, selected: Selected): Promise<void> {
  const before = selected.count
  const count = selected.takeCount()
  if (count === undefined) return
  session.untagged(`${count} EXISTS`)
  const attributes = session.wishes?.selected?.attributes ?? []
  if (attributes.length > 0) await fetchEach(session, selected, attributes, [...selected.uids.subarray(before, count)])
}

/**
 * Keeps HIGHESTMODSEQ true for whoever follows changes. While something that has gone cannot be told, the session is told of
 * the number before it, and of the newer one afterwards: were the connection lost in between, it would else never hear of
 * what has gone (RFC 7162 §3.2 and §6). The first command by which it says that it follows changes is answered with the
 * number as well (§3.1).
 */
function tellChange(session: Session, selected: Selected, upTo: number, isHoldingBack = false): void {
  const wasBehind = selected.isBehind
  selected.isBehind = isHoldingBack
  if (!isHoldingBack) selected.toldChange = upTo
  if (!session.has('CONDSTORE') || (session.knowsChange && !wasBehind && !isHoldingBack)) return
  session.knowsChange = true
  session.untagged(`OK [HIGHESTMODSEQ ${selected.toldChange}] The last change`)
}

/** The response code of a command after which everything is told. */
export const highestChange = ({ view }: Selected): string => `HIGHESTMODSEQ ${view.change}`

function tellVanished(session: Session, selected: Selected): void {
  const { uids, places } = selected.takeVanished()
  if (uids.length === 0) return
  if (session.has('QRESYNC') || session.has('UIDONLY')) return session.untagged(`VANISHED ${compactSet(uids)}`)
  // From the end, so that the numbers of those still to be told of stay as they are.
  for (const place of places.toReversed()) session.untagged(`${place + 1} EXPUNGE`)
}

/** FETCH responses with flags. @param uids  ascending, and there */
export async function tellFlags(session: Session, selected: Selected, uids: readonly number[]): Promise<void> {
  const names = await keywordsOf(session.account, selected.view.rows, uids)
  tellNewKeywords(session, selected, names.values())
  const withChange = session.has('CONDSTORE')
  for (const uid of uids) {
    const { rows } = selected.view
    const index = rows.indexOf(uid)
    const place = selected.placeOf(uid)
    if (index === -1 || place === -1) continue
    const flags = flagList(rows.flags[index] as number, names.get(uid) ?? [])
    const change = withChange ? ` MODSEQ (${rows.changes[index]})` : ''
    session.untagged(
      session.has('UIDONLY')
        ? `${uid} UIDFETCH (FLAGS (${flags})${change})`
        : `${place + 1} FETCH (UID ${uid} FLAGS (${flags})${change})`,
    )
  }
}

/** A FLAGS response before the first message with a keyword that the session has not heard of. RFC 9051 §7.3.5. */
function tellNewKeywords(session: Session, selected: Selected, all: Iterable<readonly string[]>): void {
  const fresh: string[] = []
  for (const names of all)
    for (const name of names)
      if (!selected.toldKeywords.has(name)) {
        selected.toldKeywords.add(name)
        fresh.push(name)
      }
  if (fresh.length > 0) session.untagged(`FLAGS (${flagsOf(selected)})`)
}

/** All flags that the session knows of. */
export const flagsOf = (selected: Selected): string =>
  [...new Set([...USUAL_FLAGS, ...[...selected.toldKeywords].map(flagOf)])].join(' ')
