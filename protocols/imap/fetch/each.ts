import { threadsOf } from '#items'
import { openMessages, type OpenedMessage } from '#mail'
import { keywordsOf } from '../selected/keywords.ts'
import type { Selected } from '../selected/selected.ts'
import type { Session } from '../session.ts'
import type { Attribute } from './attributes.ts'
import { needsContent, needsSummary, PIECE, respond } from './respond.ts'

/** Messages looked at at one go: of those that are opened, and of those whose content is wanted. */
const SLICE = { view: 2000, summary: 128, content: 100 }
/** Bytes of content looked at at one go. */
const MOST_CONTENT = PIECE

/** What is read of some messages before anything is said of them. */
interface Slice {
  end: number
  messages: ReadonlyMap<number, OpenedMessage>
  keywords: ReadonlyMap<number, string[]>
  threads: ReadonlyMap<number, number> | undefined
}

/** Sends FETCH responses of messages; those that go meanwhile are left out. @param uids  ascending */
export async function fetchEach(
  session: Session,
  selected: Selected,
  attributes: readonly Attribute[],
  uids: readonly number[],
): Promise<void> {
  const { account, connection } = session
  const wantsThreads = attributes.some(({ kind }) => kind === 'threadId')
  const [opens, reads] = [needsSummary(attributes), needsContent(attributes)]

  const endOf = (start: number): number => {
    if (!reads) return Math.min(uids.length, start + (opens ? SLICE.summary : SLICE.view))
    const { rows } = selected.view
    let end = start
    for (let bytes = 0; end < uids.length && end - start < SLICE.content && bytes < MOST_CONTENT; end++) {
      const size = rows.sizes[rows.indexOf(uids[end] as number)] ?? 0
      if (size <= PIECE) bytes += size
    }
    return end
  }
  const look = async (start: number): Promise<Slice> => {
    const end = endOf(start)
    const some = uids.slice(start, end)
    const { rows } = selected.view
    const items = some.map((uid) => rows.items[rows.indexOf(uid)] ?? 0)
    const [opened, keywords, threads] = await Promise.all([
      opens ? openMessages(account, items, { contents: reads, filedUpTo: PIECE }) : [],
      keywordsOf(account, rows, some),
      wantsThreads ? threadsOf(account, items) : undefined,
    ])
    return { end, messages: new Map(opened.map((one) => [one.id, one])), keywords, threads }
  }

  // While a slice is sent the next one is read, so that the database works at the same time as this process.
  let next = uids.length > 0 ? look(0) : undefined
  for (let at = 0; next !== undefined;) {
    const { end, messages, keywords, threads } = await next
    next = end < uids.length ? look(end) : undefined
    // When sending fails, nobody waits for it.
    next?.catch(() => undefined)
    for (; at < end; at++) {
      const uid = uids[at] as number
      const { rows } = selected.view
      const index = rows.indexOf(uid)
      const item = rows.items[index] as number
      const message = messages.get(item)
      // It has gone meanwhile: that is told at the end.
      if (index === -1 || (opens && message === undefined)) continue
      const looked = { uid, index, keywords: keywords.get(uid) ?? [], threadId: threads?.get(item) }
      await respond(session, selected, attributes, looked, message)
    }
    await connection.drained()
  }
}
