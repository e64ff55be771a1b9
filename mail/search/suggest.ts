import type { EmailAddress } from '#formats/message'
import { fold } from '#formats/words'
import { allOf, anyOfWords, FLAG, frequentWords, openVocabulary, walkItems, wordsMeant } from '#items'
import type { OpenAccount } from '#storage'
import { MAIL } from '../kind.ts'
import type { MessageFilter } from '../messages/filter.ts'
import { openSummaries } from '../messages/read.ts'
import { FIELDS, TEXT_FIELDS } from './fields.ts'
import { termsOfFilter } from './snippet.ts'

/** Letters in which people are looked for. */
const MOST_LETTERS = 60

/** Spellings of a beginning that are looked for. */
const MOST_SPELLINGS = 500

/** Words of the account's messages that begin so, the most frequent first. Accents and case do not count. */
export async function suggestWords(account: OpenAccount, beginning: string, most: number): Promise<string[]> {
  const fields = [FIELDS.subject, FIELDS.body, FIELDS.attachmentName]
  return frequentWords(await openVocabulary(account), fold(beginning), fields, most)
}

/** The fields that people read. */
const WORDS = TEXT_FIELDS.map((field) => FIELDS[field])

/** Words that a search is said to mean. */
const MOST_MEANT = 1000

/**
 * The words that a search means, folded (`fold`), of those that the account's messages have; for marking them where a
 * message is shown. Of a phrase its words.
 */
export async function meantWords(account: OpenAccount, filter: MessageFilter | null): Promise<string[]> {
  const vocabulary = await openVocabulary(account)
  const meant = new Set<string>()
  for (const term of new Set([...termsOfFilter(filter).values()].flat())) {
    // What is not in the vocabulary yet is found all the same.
    for (const form of term.kind === 'word' ? term.forms : term.words.flat()) meant.add(form)
    const found = term.kind === 'word' ? wordsMeant(vocabulary, term, MOST_MEANT, WORDS) : undefined
    for (const word of found?.keys() ?? []) meant.add(word)
  }
  return [...meant].slice(0, MOST_MEANT)
}

/** People from whom the newest letters are that have a word of their name or address begin so. */
export async function suggestSenders(account: OpenAccount, beginning: string, most: number): Promise<EmailAddress[]> {
  const folded = fold(beginning)
  const term = { kind: 'word', forms: [folded], isOpenBefore: false, isOpenAfter: true, stems: [] } as const
  const words = wordsMeant(await openVocabulary(account), term, MOST_SPELLINGS, [FIELDS.from])
  if (words === undefined) return []
  const asked = anyOfWords(account, words, [FIELDS.from])
  const people = new Map<string, EmailAddress>()
  for await (const found of walkItems(account, { kind: MAIL, where: allOf([]), words: asked })) {
    const ids = found.filter(({ flags }) => (flags & FLAG.draft) === 0).map(({ id }) => id)
    const summaries = await openSummaries(account, ids.slice(0, MOST_LETTERS))
    for (const id of ids)
      for (const person of summaries.get(id)?.from ?? []) {
        const isMeant = fold(`${person.name ?? ''} ${person.email}`)
          .split(/[^\p{L}\p{N}]+/u)
          .some((word) => word.startsWith(folded))
        if (isMeant && !people.has(person.email)) people.set(person.email, person)
      }
    break
  }
  return [...people.values()].slice(0, most)
}
