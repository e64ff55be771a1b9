import { threads } from '../data/emails.ts'
import { identities, usualIdentity } from '../data/writing.ts'
import { call } from '../jmap/client.svelte.ts'
import type { Id } from '../jmap/types.ts'
import { bodyOf, filesOf, htmlOf, textOf } from '../reading/parts.ts'
import { sanitise } from '../reading/sanitise.ts'
import { recipientsOf } from './addresses.ts'
import { newMessageId } from './begin.ts'
import type { Message } from './begin.ts'
import type { Draft } from './draft.svelte.ts'
import { writeMarkup } from './markup.ts'
import { pictureIds, stored, takePictures } from './original.ts'
import { joinPlain, partPlain } from './quoted.ts'
import { identityFor } from './reply.ts'
import { quotedClass } from './styles.ts'
import { toText } from './to-text.ts'

/** Goes on with a draft as it was saved, here or by another program. */
export async function resume(draft: Draft, message: Message): Promise<void> {
  const from = { from: message.from, to: null, cc: null, bcc: null, replyTo: null }
  draft.identityId = identityFor(from, [...identities.all.values()], usualIdentity())?.id
  draft.lists.to = recipientsOf(message.to)
  draft.lists.cc = recipientsOf(message.cc)
  draft.lists.bcc = recipientsOf(message.bcc)
  draft.subject = message.subject ?? ''
  draft.messageId = message.messageId?.[0] ?? newMessageId(draft.identity?.email)
  draft.inReplyTo = message.inReplyTo ?? []
  draft.references = message.references ?? []
  draft.important = /high|urgent/i.test(message['header:Importance:asText'] ?? '')
  draft.receipt = (message['header:Disposition-Notification-To:asAddresses'] ?? []).length > 0
  draft.emailId = message.id
  draft.savedAt = new Date(message.receivedAt)
  draft.saved = 'saved'
  const shown = await readBody(draft, message)
  draft.files = filesOf(message, shown).flatMap(stored)
  await findOriginal(draft, message)
}

/** Parts the text from what it quotes. @returns the Content-IDs of the pictures it shows */
async function readBody(draft: Draft, message: Message): Promise<Set<string>> {
  const body = bodyOf(message)
  draft.rich = body.html.length > 0
  if (!draft.rich) {
    const { own, attribution, quote } = partPlain(body.plain.map((part) => textOf(message, part)).join('\n\n'))
    draft.body = { html: '', text: own }
    // Without HTML there is none to quote either.
    if (quote) draft.quoted = { html: '', text: joinPlain({ own: '', attribution, quote }) }
    return new Set()
  }
  const clean = sanitise(htmlOf(message, body.html)).body
  const shown = pictureIds(clean)
  await takePictures(draft, message, shown)
  const last = clean.lastElementChild
  if (last?.classList.contains(quotedClass)) {
    last.remove()
    const holder = document.createElement('div')
    holder.append(document.importNode(last, true))
    draft.quoted = { html: writeMarkup(holder), text: toText(holder) }
  }
  draft.body = { html: writeMarkup(clean), text: toText(clean) }
  return shown
}

/** The message that a saved answer answers: it is in the same conversation. */
async function findOriginal(draft: Draft, message: Message): Promise<void> {
  const wanted = (draft.inReplyTo[0] ?? draft.references.at(-1))?.toLowerCase()
  if (wanted === undefined) return
  draft.kind = draft.inReplyTo.length > 0 ? 'reply' : 'forward'
  const ids = await idsOf(message.threadId)
  const { list } = await call('Email/get', { ids, properties: ['messageId'] })
  draft.originalId = list.find(({ id, messageId }) => id !== message.id && messageId?.[0]?.toLowerCase() === wanted)?.id
}

const mostOfThread = 100

async function idsOf(threadId: Id): Promise<Id[]> {
  const known = threads.get(threadId)
  const ids = known ?? (await call('Thread/get', { ids: [threadId] })).list[0]?.emailIds ?? []
  return ids.slice(-mostOfThread)
}
