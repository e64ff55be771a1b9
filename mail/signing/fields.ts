import type { HeaderField } from './header.ts'

/**
 * Fields that a letter has once at most and that say what it is, by whom, to whom, and how its bytes are read. Each is named once more
 * than it is there, so that nobody can put another in front of it, or one where there was none, without breaking the signature (RFC
 * 6376 §5.4.2, §8.15).
 */
const GUARDED = [
  'from',
  'reply-to',
  'subject',
  'date',
  'to',
  'cc',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
]

/**
 * Other fields of RFC 6376 §5.4.1, and what RFC 8058 §4 wants signed. Each as often as it is there: lists and relays add their own to
 * what they pass on unchanged.
 */
const COVERED = [
  'sender',
  'message-id',
  'in-reply-to',
  'references',
  'resent-date',
  'resent-from',
  'resent-to',
  'resent-cc',
  'list-id',
  'list-help',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
  'auto-submitted',
]

/** Names in one signature. Nobody's letter has so many; a header of ten thousand such fields is not signed. */
const MOST_NAMES = 100

/**
 * Which fields a signature covers, in the order in which they are signed. Of several of one name the last counts first (RFC 6376
 * §5.4.2).
 * @returns undefined when the letter has not exactly one From (RFC 6376 §5.4 wants it signed, RFC 5322 §3.6 allows one), or too many fields
 */
export function covered(fields: readonly HeaderField[]): { names: string[]; present: HeaderField[] } | undefined {
  const byName = Map.groupBy(fields, ({ name }) => name)
  if (byName.get('from')?.length !== 1) return undefined
  const names: string[] = []
  const present: HeaderField[] = []
  for (const name of [...GUARDED, ...COVERED]) {
    const found = byName.get(name) ?? []
    if (names.length + found.length > MOST_NAMES) return undefined
    names.push(...found.map(() => name))
    present.push(...found.toReversed())
    if (GUARDED.includes(name)) names.push(name)
  }
  return { names, present }
}
