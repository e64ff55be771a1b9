import { fieldName, fieldValue, textForIndex, type EmailAddress, type Message } from '#formats/message'
import { collectWords } from '#formats/words'
import type { Summary } from '../messages/summary.ts'

/** What of a message is indexed. A number stands in every hash of its field: it is never given to another. */
export const FIELDS = {
  from: 1,
  to: 2,
  cc: 3,
  bcc: 4,
  subject: 5,
  body: 6,
  attachmentName: 7,
  /** The names of header fields that not every message has. */
  header: 8,
  /** Message-IDs, each as one word, for mail programs that look for a letter by its own. */
  messageId: 9,
} as const

export type TextField = Exclude<keyof typeof FIELDS, 'header' | 'messageId'>

/** Where the words of a condition `text` may stand: RFC 8621 §4.4.1, and in the names of files. */
export const TEXT_FIELDS = ['from', 'to', 'cc', 'bcc', 'subject', 'body', 'attachmentName'] as const

/** Different words of one field that are indexed; further ones are not found. */
const MOST_WORDS = 5000
const MOST_WORDS_OF_BODY = 20_000
/** Message-IDs of one letter; an honest one has one. */
const MOST_IDS = 4

/** Fields that are known without the content. */
export const OF_SUMMARY = {
  from: ({ from }: Summary) => addressesText(from),
  to: ({ to }: Summary) => addressesText(to),
  cc: ({ cc }: Summary) => addressesText(cc),
  bcc: ({ bcc }: Summary) => addressesText(bcc),
  subject: ({ subject }: Summary) => subject ?? '',
} as const satisfies Partial<Record<TextField, (summary: Summary) => string>>

export const isOfSummary = (field: TextField): field is keyof typeof OF_SUMMARY => Object.hasOwn(OF_SUMMARY, field)

const addressesText = (addresses: EmailAddress[] | null): string =>
  (addresses ?? []).map(({ name, email }) => (name === null ? email : `${name} <${email}>`)).join('\n')

/** Names of header fields that so many messages have that the index would not tell them apart. */
const EVERYWHERE = new Set(
  (
    'from to cc subject date message-id received return-path mime-version content-type content-transfer-encoding ' +
    'dkim-signature authentication-results references in-reply-to reply-to delivered-to sender'
  ).split(' '),
)

/** A header field's name as it is indexed; undefined for those that are not. */
export function indexedName(name: string): string | undefined {
  const lower = name.toLowerCase()
  return EVERYWHERE.has(lower) || lower.length > 64 ? undefined : lower
}

/** Stands in the field of Message-IDs of every letter that was indexed with them, and in no Message-ID. */
export const HAS_IDS = '\0'

/** Characters of a Message-ID by which it is found. */
const LONGEST_ID = 200

/** A Message-ID as it is indexed: with its brackets, in lower case. */
const indexedId = (id: string): string =>
  `<${id}>`
    .toLowerCase()
    .replace(/[\0\n]/g, '')
    .slice(0, LONGEST_ID)

export function wordsOf(field: TextField, text: string, sequence?: (readonly string[])[]): Set<string> {
  const words = new Set<string>()
  collectWords(text, words, field === 'body' ? MOST_WORDS_OF_BODY : MOST_WORDS, sequence)
  return words
}

/** What a message is found by: see `IndexedItem`. */
export interface IndexedWords {
  words: Map<number, Set<string>>
  sequence: (readonly string[])[]
}

/** All words of a message. Without its content those of the summary. */
export function wordsOfMessage(summary: Summary, message: Message | undefined): IndexedWords {
  const words = new Map<number, Set<string>>()
  const sequence: (readonly string[])[] = []
  const put = (field: TextField, text: string): void => {
    const found = wordsOf(field, text, sequence)
    sequence.push([])
    if (found.size > 0) words.set(FIELDS[field], found)
  }
  for (const [field, textOf] of Object.entries(OF_SUMMARY)) put(field as TextField, textOf(summary))
  const ids = (summary.messageId ?? []).slice(0, MOST_IDS).map(indexedId)
  words.set(FIELDS.messageId, new Set([HAS_IDS, ...ids]))
  if (message === undefined) return { words, sequence }
  const { body, names } = textForIndex(message)
  put('attachmentName', names.join('\n'))
  put('body', body)
  const headers = new Set<string>()
  for (const field of message.root.fields) {
    const name = indexedName(fieldName(message, field))
    if (name !== undefined && headers.size < MOST_WORDS) headers.add(name)
  }
  if (headers.size > 0) words.set(FIELDS.header, headers)
  return { words, sequence }
}

/** The texts of the header fields with a name. */
export const headerTexts = (message: Message, name: string): string[] =>
  message.root.fields
    .filter((field) => fieldName(message, field).toLowerCase() === name.toLowerCase())
    .map((field) => fieldValue(message, field, 'Text'))
