import { z } from 'zod'
import { itemChanges } from '#items'
import { MAIL, readMessages, type StoredMessage } from '#mail'
import type { OpenAccount } from '#storage'
import { MethodError } from '../../calls/errors.ts'
import { orNull, unsignedInt } from '../../calls/arguments.ts'
import { changesMethod } from '../../families/changes.ts'
import { getMethod, type Shown } from '../../families/get.ts'
import { blobIdOf, emailIds, mailboxIds, threadIds, utcDateOf } from '../ids.ts'
import { changesOf, emailState, pointOf } from '../states.ts'
import { DEFAULT_BODY_PROPERTIES, isBodyProperty } from './body-part.ts'
import { DEFAULT_PROPERTIES, emailShower, isEmailProperty, METADATA, type Source } from './show.ts'

/** The arguments that Email/get and Email/parse share, RFC 8621 §4.2 and §4.9. */
export const emailArguments = {
  bodyProperties: orNull(z.array(z.string().refine(isBodyProperty, 'no such property'))).transform(
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
    const shower = emailShower(properties, args)
    const messages = await readMessages(account, emailIds.numbersOf(ids), { summaries: shower.needsSummary })
    const list: Shown[] = []
    // One after the other: at most one message is in memory.
    for (const message of messages) {
      const metadata = showMetadata(message)
      const source = shower.needsSummary ? sourceOf(account, message) : undefined
      list.push(source === undefined ? metadata : Object.assign(metadata, await shower.show(source)))
    }
    return list
  },
})

/** What the store knows of a message, RFC 8621 §4.1.1. */
export const showMetadata = (message: StoredMessage): Shown => ({
  id: emailIds.of(message.id),
  blobId: blobIdOf(message.blobId),
  threadId: threadIds.of(message.threadId),
  mailboxIds: Object.fromEntries(message.mailboxes.map((id) => [mailboxIds.of(id), true])),
  keywords: Object.fromEntries(message.keywords.map((keyword) => [keyword, true])),
  size: message.size,
  receivedAt: utcDateOf(message.receivedAt),
  hasAttachment: message.hasAttachment,
})

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
  changes: async (account, since, most) => changesOf(await itemChanges(account, MAIL, pointOf(since), most), emailIds.of),
})
