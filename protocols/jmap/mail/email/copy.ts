import { addMessage, bytesOf, findContent, prepareMessage, readMessages } from '#mail'
import { SetError } from '../../calls/errors.ts'
import { copyMethod } from '../../families/copy.ts'
import { blobIdOf, emailIds, threadIds } from '../ids.ts'
import { mailError } from '../reports.ts'
import { emailState } from '../states.ts'
import { placingOf } from './create.ts'

const SETTABLE = new Set(['mailboxIds', 'keywords', 'receivedAt'])

/** Email/copy, RFC 8621 §4.7. The content is sealed anew: no account can open what another has sealed. */
export const copy = copyMethod({
  type: 'Email',
  state: emailState,
  async copy(session, from, to, original, changed) {
    const unknown = Object.keys(changed).filter((name) => !SETTABLE.has(name))
    if (unknown.length > 0) throw new SetError('invalidProperties', undefined, { properties: unknown })
    const [message] = await readMessages(from, emailIds.numbersOf([original]), { summaries: false })
    const content = message && (await findContent(from, message.blobId))
    if (message === undefined || content === undefined) throw new SetError('notFound')
    const keywords = Object.fromEntries(message.keywords.map((keyword) => [keyword, true]))
    const placing = placingOf(session, { keywords, ...changed }, () => message.receivedAt)
    const prepared = await prepareMessage(to, await bytesOf(content))
    try {
      const { id, threadId } = await to.write((tx) => addMessage(tx, prepared, placing))
      const { blob } = prepared.summary
      return { id: emailIds.of(id), blobId: blobIdOf(blob.id), threadId: threadIds.of(threadId), size: blob.size }
    } catch (error) {
      throw mailError(error)
    }
  },
})
