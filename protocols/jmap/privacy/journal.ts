import { z } from 'zod'
import { now } from '#system'
import { OWN_KINDS, walkOwnJournal, type OwnEntry } from '#trust/journal'
import type { OpenAccount } from '#storage'
import { MethodError } from '../calls/errors.ts'
import type { CallSession } from '../calls/method.ts'
import { isOperator } from '../families/filter.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { queryMethod, windowOf } from '../families/query.ts'
import { utcDateOf } from '../mail/ids.ts'

/** Entries of the journal in which the account's own addresses stand, shown to their owner. Reading them leaves no trace. docs/jmap-extensions.md. */
const properties = ['time', 'kind', 'own', 'other', 'subject', 'messageId', 'ip', 'country', 'browser']

/** Entries that one query gives, and that it looks through. */
const MOST = 1000
const MOST_LOOKED_AT = 20_000

/** An entry's id begins with its time, so that it is found again. */
const idOf = ({ id, time }: OwnEntry): string => `J${time.getTime().toString(36)}-${id}`

const timeOf = (id: string): number | undefined => {
  const [, time] = /^J([0-9a-z]{1,10})-[\w-]{16}$/.exec(id) ?? []
  return time === undefined ? undefined : Number.parseInt(time, 36)
}

const state = async (): Promise<string> => String(now().getTime())

const get = getMethod({
  type: 'JournalEntry',
  properties,
  state,
  async load({ context: { storage } }, account, { ids }) {
    const wanted = ids === null ? undefined : new Set(ids)
    const times = (ids ?? []).flatMap((one) => timeOf(one) ?? [])
    if (wanted !== undefined && times.length === 0) return []
    const span =
      wanted === undefined ? { to: now() } : { from: new Date(Math.min(...times)), to: new Date(Math.max(...times)) }
    const found: Shown[] = []
    let looked = 0
    for await (const entry of walkOwnJournal(storage, account, span)) {
      if (wanted === undefined || wanted.has(idOf(entry))) found.push(show(entry))
      if (++looked >= MOST_LOOKED_AT || found.length >= (wanted?.size ?? MOST)) break
    }
    return found
  },
})

const show = (entry: OwnEntry): Shown => ({ ...entry, id: idOf(entry), time: utcDateOf(entry.time) })

const query = queryMethod({
  type: 'JournalEntry',
  conditions: {
    after: z.iso.datetime(),
    before: z.iso.datetime(),
    kinds: z.array(z.enum(OWN_KINDS)).max(OWN_KINDS.length),
  },
  sorts: [],
  async run(session, account, { filter }, window) {
    if (filter !== null && isOperator(filter)) throw new MethodError('unsupportedFilter')
    // From the front no more is looked at than is wanted.
    const isFromFront = window.anchor === null && window.position >= 0 && !window.calculateTotal
    const most = isFromFront ? Math.min(MOST, window.position + window.limit) : MOST
    const found = await find(session, account, filter ?? {}, most)
    return { queryState: await state(), canCalculateChanges: false, ...windowOf(found, window) }
  },
})

async function find(
  { context: { storage } }: CallSession,
  account: OpenAccount,
  { after, before, kinds }: { after?: string; before?: string; kinds?: OwnEntry['kind'][] },
  most: number,
): Promise<string[]> {
  const found: string[] = []
  let looked = 0
  if (most === 0) return found
  const from = after === undefined ? undefined : new Date(after)
  // `before` is not among them (RFC 8621 §4.4.1 words it so for letters).
  const to = before === undefined ? now() : new Date(Date.parse(before) - 1)
  for await (const entry of walkOwnJournal(storage, account, { from, to })) {
    if (kinds === undefined || kinds.includes(entry.kind)) found.push(idOf(entry))
    if (found.length >= most || ++looked >= MOST_LOOKED_AT) break
  }
  return found
}

export const journalMethods = [get, query]
