import { threadsOf } from '#items'
import { openMessages } from '#mail'
import { keywordsOf } from '../selected/keywords.ts'
import type { Selected } from '../selected/selected.ts'
import type { Session } from '../session.ts'
import type { Attribute } from './attributes.ts'
import { needsContent, needsSummary, respond, type Looked } from './respond.ts'

/** Messages looked at at one go: of those that are opened, and of those whose content is wanted. */
const SLICE = { view: 2000, summary: 500, content: 40 }

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
  const slice = reads ? SLICE.content : opens ? SLICE.summary : SLICE.view
  for (let at = 0; at < uids.length; at += slice) {
    const some = uids.slice(at, at + slice)
    const { rows } = selected.view
    const items = some.map((uid) => rows.items[rows.indexOf(uid)] as number)
    const [opened, keywords, threads] = await Promise.all([
      opens ? openMessages(account, items, { contents: reads }) : [],
      keywordsOf(account, rows, some),
      wantsThreads ? threadsOf(account, items) : undefined,
    ])
    const messages = new Map(opened.map((one) => [one.id, one]))
    for (const [number, uid] of some.entries()) {
      const index = selected.view.rows.indexOf(uid)
      const message = messages.get(items[number] as number)
      // It has gone meanwhile: that is told at the end.
      if (index === -1 || (opens && message === undefined)) continue
      const looked: Looked = {
        uid,
        index,
        keywords: keywords.get(uid) ?? [],
        threadId: threads?.get(items[number] as number),
      }
      await respond(session, selected, attributes, looked, message)
    }
    await connection.drained()
  }
}
