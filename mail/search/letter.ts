import { parseMessage, textForIndex, type IndexedText, type Message } from '#formats/message'
import { hasPhrase, isMeant, type Term, type WordTerm } from '#formats/words'
import { SealBroken, type OpenAccount } from '#storage'
import { Refusal } from '#system'
import type { Summary } from '../messages/summary.ts'
import { headerTexts, isOfSummary, OF_SUMMARY, wordsOf, type TextField } from './fields.ts'

/** A message opened as far as a search needs it: its content is read when the first field asks for it. */
export interface Letter {
  readonly summary: Summary
  text(field: TextField): Promise<string>
  /** The texts of the header fields with a name. */
  header(name: string): Promise<string[]>
  /** The words of a field, as they are indexed. */
  words(field: TextField): Promise<ReadonlySet<string>>
}

/** @param messageOf  reads the content, where others are read with it */
export function openLetter(
  account: OpenAccount,
  summary: Summary,
  messageOf: (blob: Summary['blob']) => Promise<Message | undefined> = (blob) => readMessage(account, blob),
): Letter {
  let opened: Promise<Message> | undefined
  const content = () => (opened ??= messageOf(summary.blob).then((found) => found ?? parseMessage(Buffer.alloc(0))))
  let indexed: Promise<IndexedText> | undefined
  const words = new Map<TextField, Promise<ReadonlySet<string>>>()
  const letter: Letter = {
    summary,
    async text(field) {
      if (isOfSummary(field)) return OF_SUMMARY[field](summary)
      const text = await (indexed ??= content().then((message) => textForIndex(message)))
      return field === 'body' ? text.body : text.names.join('\n')
    },
    header: async (name) => headerTexts(await content(), name),
    words(field) {
      const found = words.get(field) ?? letter.text(field).then((text) => wordsOf(field, text))
      words.set(field, found)
      return found
    },
  }
  return letter
}

/**
 * The message a blob holds; undefined when it is gone or does not open.
 * @param end  as many bytes of it are enough
 */
export async function readMessage(
  account: OpenAccount,
  blob: Summary['blob'],
  end = blob.size,
): Promise<Message | undefined> {
  try {
    if (end >= blob.size) return parseMessage(await account.blobs.read(account.sql, account.id, blob))
    return parseMessage(
      Buffer.concat(await Array.fromAsync(account.blobs.stream(account.sql, account.id, blob, 0, end))),
    )
  } catch (error) {
    if (error instanceof SealBroken || (error instanceof Refusal && error.reason === 'notFound')) return undefined
    throw error
  }
}

/**
 * Reads messages together, when the first of them is asked for: those that stand in the database by one statement. Large
 * ones are read when they are asked for, one by one.
 */
export function messagesTogether(
  account: OpenAccount,
  blobs: readonly Summary['blob'][],
): (blob: Summary['blob']) => Promise<Message | undefined> {
  let small: Promise<Map<string, Buffer>> | undefined
  return async (blob) => {
    small ??= account.blobs.readSmall(
      account.sql,
      account.id,
      blobs.filter(({ size }) => size <= SMALL),
    )
    const content = (await small).get(blob.id)
    return content === undefined ? readMessage(account, blob) : parseMessage(content)
  }
}

/** Bytes of a message that may be open together with others. */
const SMALL = 256 * 1024

/** Whether each term stands in one of the fields. */
export async function hasTerms(letter: Letter, terms: readonly Term[], fields: readonly TextField[]): Promise<boolean> {
  for (const term of terms) {
    let isThere = false
    for (const field of fields) isThere ||= await hasTerm(letter, term, field)
    if (!isThere) return false
  }
  return true
}

async function hasTerm(letter: Letter, term: Term, field: TextField): Promise<boolean> {
  return term.kind === 'phrase' ? hasPhrase(term, await letter.text(field)) : hasWord(term, await letter.words(field))
}

function hasWord(term: WordTerm, words: ReadonlySet<string>): boolean {
  for (const word of words) if (isMeant(term, word)) return true
  return false
}

/** Whether all of the terms stand in one text, such as a header field's. */
export function textHas(text: string, terms: readonly Term[]): boolean {
  const words = wordsOf('subject', text)
  return terms.every((term) => (term.kind === 'phrase' ? hasPhrase(term, text) : hasWord(term, words)))
}
