import type { Conversation, Letter } from './conversations.ts'
import type { Owner } from './owners.ts'
import { person } from './people.ts'
import { compose, trace } from './source/compose.ts'
import { messageId, subjectOf, writtenAt, type Place, type Scene } from './source/place.ts'

/** A letter as one owner has it. */
export interface Copy extends Place {
  messageId: string
  /** A role of a mailbox, or a path of own folders. */
  mailbox: string
  keywords: string[]
  receivedAt: Date
  /** The message, with what our server would have put before it. */
  source(): Buffer
}

/** What is sent needs this long to arrive. */
const TRAVEL_MS = 2000

/** What an owner has of all conversations, the oldest first. */
export function copiesOf(owner: Owner, conversations: readonly Conversation[], scene: Scene): Copy[] {
  return conversations
    .flatMap((conversation) =>
      conversation.letters.flatMap((letter, number) => copyOf(owner, letter, { conversation, number, scene })),
    )
    .toSorted((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime())
}

function copyOf(owner: Owner, letter: Letter, place: Place): Copy[] {
  const isDraft = letter.fields.in === 'drafts'
  const isOwn = letter.from === owner.who
  if (!isOwn && (isDraft || !arrives(letter, owner))) return []

  const receivedAt = new Date(writtenAt(place).getTime() + (isOwn ? 0 : TRAVEL_MS))
  const mailbox = isOwn ? (isDraft ? 'drafts' : 'sent') : (letter.fields.in ?? 'inbox')
  const source = (): Buffer => (isOwn ? compose(place) : Buffer.concat([trace(place, receivedAt), compose(place)]))
  return [
    { ...place, messageId: messageId(place), mailbox, keywords: keywordsOf(owner, letter, place), receivedAt, source },
  ]
}

/** To them, or to a list that they are on. */
const arrives = ({ to, cc }: Letter, { who }: Owner): boolean =>
  [...to, ...cc].some((addressee) => addressee === who || person(addressee).members?.includes(who) === true)

function keywordsOf(owner: Owner, { from, fields }: Letter, place: Place): string[] {
  const labels = (fields.labels?.split(', ') ?? []).filter((label) => Object.hasOwn(owner.labels, label))
  if (fields.in === 'drafts') return ['$draft', '$seen', ...labels]
  if (from === owner.who) return ['$seen', ...labels]
  const flags = fields.flags?.split(', ') ?? []
  return [
    ...(flags.includes('unread') ? [] : ['$seen']),
    ...(flags.includes('starred') ? ['$flagged'] : []),
    ...(fields.in === 'junk' ? ['$junk'] : []),
    ...answersOf(owner, place),
    ...labels,
  ]
}

/** Whether the owner has answered this letter, or handed it on. */
function answersOf({ who }: Owner, place: Place): string[] {
  const { conversation, number } = place
  const own = conversation.letters.flatMap(({ from, answers, fields }, at) =>
    from === who && answers === number && fields.in !== 'drafts' ? [{ ...place, number: at }] : [],
  )
  return [
    ...new Set(own.map((answer) => (/^(?:fwd?|wg|tr|doorst): /i.test(subjectOf(answer)) ? '$forwarded' : '$answered'))),
  ]
}
