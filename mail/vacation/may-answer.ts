import {
  fieldName,
  fieldValue,
  findFields,
  lastValue,
  mediaType,
  normalizeAddress,
  parseAddress,
  type Message,
} from '#formats/message'

/** Where an answer goes, and from which of the owner's addresses. */
export interface Answerable {
  /** The reverse-path: RFC 3834 §4 has answers go there and nowhere else. */
  to: string
  /** The address of the owner that the letter names. */
  from: string
}

/** Local parts of senders that are no people. RFC 5230 §4.6, and what is usual beside. */
const MACHINES =
  /^(?:owner-.*|.*-(?:owner|request)|mailer-daemon|listserv|majordomo|postmaster|bounces?(?:[+=-].*)?|(?:.*[-_.+])?(?:no|do[-_.]?not)[-_.]?reply(?:[-_.+].*)?)$/

/** Fields that only lists have (RFC 2369, RFC 2919). */
const LIST_FIELD = /^list-(?:id|help|unsubscribe|subscribe|post|owner|archive)$/

/** Addresses of one letter that are looked at. */
const MOST = 500

const RECIPIENT_FIELDS = ['To', 'Cc', 'Bcc', 'Resent-To', 'Resent-Cc', 'Resent-Bcc']

/** Why a letter is not answered, in the order in which it is asked. RFC 3834 §2, RFC 5230 §4.5 and §4.6. */
const REASONS: readonly [reason: string, holds: (message: Message, sender: string) => boolean][] = [
  ['automatic', isAutomatic],
  [
    'a list',
    (message) => message.root.fields.some((field) => LIST_FIELD.test(fieldName(message, field).toLowerCase())),
  ],
  ['bulk', (message) => words(message, 'Precedence').some((word) => ['bulk', 'list', 'junk'].includes(word))],
  // What Exchange and its kin write; "None" is the one value that allows an answer.
  ['suppressed', (message) => words(message, 'X-Auto-Response-Suppress').some((word) => word !== 'none')],
  ['a report', (message) => mediaType(message.root) === 'multipart/report'],
  ['a machine', (message, sender) => [sender, ...addressesIn(message, ['From', 'Sender'])].some(isMachine)],
]

/**
 * Whether a letter may be answered by a machine.
 * @param message  its header at least, as it was filed: with Return-Path
 * @param ownAddress  gives an address of the owner in the form in which it is written, and undefined for all others
 * @param sender  the reverse-path, where it is not to be read from the message
 */
export async function mayAnswer(
  message: Message,
  ownAddress: (address: string) => Promise<string | undefined>,
  sender: string | undefined = returnPath(message),
): Promise<Answerable | undefined> {
  if (sender === undefined || REASONS.some(([, holds]) => holds(message, sender))) return undefined
  for (const address of [sender, ...addressesIn(message, ['From'])])
    if ((await ownAddress(address)) !== undefined) return undefined
  for (const address of addressesIn(message, RECIPIENT_FIELDS)) {
    const from = await ownAddress(address)
    if (from !== undefined) return { to: sender, from }
  }
  return undefined
}

/** Whether a machine wrote it, and says so. RFC 3834 §5. */
export function isAutomatic(message: Message): boolean {
  return words(message, 'Auto-Submitted').some((word) => word !== 'no')
}

/** The reverse-path as an address; undefined for the null sender, and when none is known. */
function returnPath(message: Message): string | undefined {
  // Ours comes first; one that the sender put in counts for nothing.
  const [field] = findFields(message, message.root, 'Return-Path')
  if (field === undefined) return undefined
  const [, path] = /^\s*<([^<>]*)>\s*$/.exec(fieldValue(message, field, 'Raw')) ?? []
  return path === undefined ? undefined : parseAddress(path)?.address
}

/** The first word of each field of a name, in lower case: parameters and comments after it say nothing here. */
const words = (message: Message, name: string): string[] =>
  findFields(message, message.root, name).map(
    (field) => /^[^\s;,(]*/.exec(fieldValue(message, field, 'Raw').trim().toLowerCase())?.[0] ?? '',
  )

const addressesIn = (message: Message, names: readonly string[]): string[] =>
  names
    .flatMap((name) => lastValue(message, message.root, name, 'Addresses') ?? [])
    .flatMap(({ email }) => normalizeAddress(email) ?? [])
    .slice(0, MOST)

const isMachine = (address: string): boolean => MACHINES.test(address.slice(0, address.lastIndexOf('@')).toLowerCase())
