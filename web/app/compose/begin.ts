import { identities, masked, usualIdentity } from '../data/writing.ts'
import { settings } from '../data/settings.svelte.ts'
import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Email, Id, Letter, Threading } from '../jmap/types.ts'
import { addRecipients, parseRecipients, recipientsOf } from './addresses.ts'
import { Draft } from './draft.svelte.ts'
import { quote } from './original.ts'
import { resume } from './resume.ts'
import { chainOf, identityFor, recipientsFor, subjectOf } from './reply.ts'
import type { Kind } from './reply.ts'
import { emptyHtml, emptyText } from './signature.ts'

export type Message = Email & Letter & Partial<Threading>

const kinds: readonly Kind[] = ['reply', 'replyAll', 'forward']

/**
 * Begins or loads what a place names: "new", "to:address,…", "reply:ID", "replyAll:ID", "forward:ID", or the id of a draft.
 * The draft is there at once and ready when its parts have come.
 */
export function begin(token: string): Draft {
  const draft = new Draft(token)
  void fill(draft).then(
    () => (draft.status = 'ready'),
    (error: unknown) => {
      if (!(error instanceof Failure)) throw error
      draft.status = 'failed'
    },
  )
  return draft
}

async function fill(draft: Draft): Promise<void> {
  const [word, rest] = cut(draft.token)
  const kind = kinds.find((one) => one === word)
  const knowing = Promise.all([identities.load(), masked.load()])
  if (word === 'new' || word === 'to') {
    await knowing
    fresh(draft)
    draft.lists.to = parseRecipients(rest)
    return
  }
  const [message] = await Promise.all([loadMessage(kind ? rest : draft.token), knowing])
  if (!kind) return resume(draft, message)
  const own = [...identities.all.values()].map(({ name, email }) => ({ name, email }))
  draft.kind = kind
  draft.originalId = message.id
  fresh(draft, message)
  Object.assign(draft.lists, recipientsFor(kind, message, own))
  draft.subject = subjectOf(kind, message.subject)
  const { inReplyTo, references } = chainOf(message)
  draft.references = references
  // A forward stays in the conversation here, and is no answer there.
  if (kind !== 'forward') draft.inReplyTo = inReplyTo
  draft.people = addRecipients(
    [],
    recipientsOf([...(message.from ?? []), ...(message.to ?? []), ...(message.cc ?? [])]),
  )
  await quote(draft, kind, message)
}

function cut(token: string): [string, string] {
  const at = token.indexOf(':')
  return at < 0 ? [token, ''] : [token.slice(0, at), token.slice(at + 1)]
}

/** An empty letter below which the right signature stands. */
function fresh(draft: Draft, original?: Message): void {
  const identity = identityFor(original, [...identities.all.values()], usualIdentity())
  draft.identityId = identity?.id
  draft.rich = settings.composeFormat === 'rich'
  draft.body = { html: emptyHtml(identity), text: emptyText(identity) }
  draft.messageId = newMessageId(identity?.email)
}

/** RFC 5322 §3.6.4: unique, and saying nothing of this device. */
export function newMessageId(email: string | undefined): string {
  return `${crypto.randomUUID()}@${email?.split('@').at(-1) || 'localhost'}`
}

const properties = [
  ...'id blobId threadId mailboxIds keywords size sentAt receivedAt from sender to cc bcc replyTo subject'.split(' '),
  ...'messageId inReplyTo references hasAttachment preview textBody htmlBody attachments bodyValues'.split(' '),
  'header:Disposition-Notification-To:asAddresses',
  'header:Importance:asText',
  'deliveredTo',
]
const bodyProperties = ['partId', 'blobId', 'size', 'name', 'type', 'charset', 'disposition', 'cid']
/** More of one text than this is not quoted. */
const mostBytes = 1_000_000

/** A message with all that answering it or writing on it needs. @throws Failure 'declined' 'notFound' */
async function loadMessage(id: Id): Promise<Message> {
  const { list } = await call('Email/get', {
    ids: [id],
    properties,
    bodyProperties,
    fetchTextBodyValues: true,
    fetchHTMLBodyValues: true,
    maxBodyValueBytes: mostBytes,
  })
  const [message] = list
  if (!message) throw new Failure('declined', 'notFound')
  return message
}
