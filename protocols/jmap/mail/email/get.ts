import { z } from 'zod'
import { itemChanges } from '#items'
import { MAIL, readMessages, type StoredMessage } from '#mail'
import type { OpenAccount } from '#storage'
import { MethodError } from '../../calls/errors.ts'
import { orNull, unsignedInt } from '../../calls/arguments.ts'
import { changesMethod } from '../../families/changes.ts'
import { getMethod, type Shown } from '../../families/get.ts'
import { blobIdOf, emailIds, mailboxIds, threadIds, utcDateOf } from '../ids.ts'
import { changesOf, pointOf } from '../../families/points.ts'
import { emailState } from '../states.ts'
import { DEFAULT_BODY_PROPERTIES, isBodyProperty } from './body-part.ts'
import { openBudget } from './budget.ts'
import { DEFAULT_PROPERTIES, emailShower, isEmailProperty, METADATA, type Source } from './show.ts'

/** The arguments that Email/get and Email/parse share, RFC 8621 §4.2 and §4.9. */
export const emailArguments = {
  bodyProperties: orNull(z.array(z.string().refine(isBodyProperty, 'no such property')).max(100)).transform(
    (names) => names ?? DEFAULT_BODY_PROPERTIES,
  ),
  fetchTextBodyValues: z.boolean().default(false),
  fetchHTMLBodyValues: z.boolean().default(false),
  fetchAllBodyValues: z.boolean().default(false),
  maxBodyValueBytes: unsignedInt.default(0),
}

/** Email/get, RFC 8621 §4.2. Not all at once: there may be millions. */
export const get = getMethod({
  type: 'Email',
  properties: [...METADATA.filter((name) => name !== 'id' && name !== 'hasAttachment'), ...DEFAULT_PROPERTIES],
  isProperty: isEmailProperty,
  args: emailArguments,
  state: emailState,
  async load(_session, account, { ids, properties, args }) {
    if (ids === null) throw new MethodError('requestTooLarge', 'ids: name the messages')
    const spend = openBudget()
    const shower = emailShower(checkNumber(properties), args, spend)
    const metadata = METADATA.filter((name) => properties.has(name))
    const numbers = emailIds.numbersOf(ids)
    const list: Shown[] = []
    for (let at = 0; at < numbers.length; at += READ_AT_ONCE) {
      const some = numbers.slice(at, at + READ_AT_ONCE)
      // One after the other: of the contents, at most one is in memory.
      for (const message of await readMessages(account, some, { summaries: shower.needsSummary })) {
        spend('summaries', message.summarySize)
        const shown = showMetadata(message, metadata)
        const source = shower.needsSummary ? sourceOf(account, message) : undefined
        list.push(source === undefined ? shown : Object.assign(shown, await shower.show(source)))
      }
    }
    return list
  },
})

/** Messages of which the summaries are in memory together. */
const READ_AT_ONCE = 250

/** Each costs something with every message, and nobody needs so many. @throws MethodError 'requestTooLarge' */
export function checkNumber(properties: ReadonlySet<string>): ReadonlySet<string> {
  if (properties.size > 500) throw new MethodError('requestTooLarge', 'properties: too many')
  return properties
}

const ofStored: Record<string, (message: StoredMessage) => unknown> = {
  id: ({ id }) => emailIds.of(id),
  blobId: ({ blobId }) => blobIdOf(blobId),
  threadId: ({ threadId }) => threadIds.of(threadId),
  mailboxIds: ({ mailboxes }) => setOf(mailboxes.map(mailboxIds.of)),
  keywords: ({ keywords }) => setOf(keywords),
  size: ({ size }) => size,
  receivedAt: ({ receivedAt }) => utcDateOf(receivedAt),
  hasAttachment: ({ hasAttachment }) => hasAttachment,
}

/** RFC 8620 has no sets; it writes them so. */
const setOf = (members: readonly string[]): Record<string, true> =>
  Object.fromEntries(members.map((member) => [member, true]))

/** What the store knows of a message, RFC 8621 §4.1.1. */
export function showMetadata(message: StoredMessage, names: readonly string[] = METADATA): Shown {
  const shown: Shown = { id: emailIds.of(message.id) }
  for (const name of names) shown[name] = ofStored[name]?.(message)
  return shown
}

/** Where the properties of a stored message come from; undefined when its summary was not read. */
export function sourceOf(account: OpenAccount, { blobId, summary }: StoredMessage): Source | undefined {
  return (
    summary && {
      summary,
      blobId: blobIdOf(blobId),
      async read(end) {
        const pieces = await Array.fromAsync(account.blobs.stream(account.sql, account.id, summary.blob, 0, end))
        return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
      },
    }
  )
}

/** Email/changes, RFC 8621 §4.3. */
export const changes = changesMethod({
  type: 'Email',
  changes: async (account, since, most) =>
    changesOf(await itemChanges(account, MAIL, pointOf(since), most), emailIds.of),
})
