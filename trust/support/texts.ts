import de from './texts/de.json' with { type: 'json' }
import en from './texts/en.json' with { type: 'json' }
import fr from './texts/fr.json' with { type: 'json' }
import nl from './texts/nl.json' with { type: 'json' }

export type Language = 'de' | 'fr' | 'nl' | 'en'

/** English names the keys that all four languages must have. */
export const supportTexts: Record<Language, Record<keyof typeof en, string>> = { de, en, fr, nl }

/** What stands in a subject, so that an answer finds its ticket. It opens nothing by itself. */
export const referenceOf = (number: number): string => `#${number}`

/** The number of the ticket that a subject names; the last one counts, for answers are put around older words. */
export function numberIn(subject: string): number | undefined {
  const found = [...subject.matchAll(/\[#(\d{4,12})\]/g)].at(-1)?.[1]
  return found === undefined ? undefined : Number(found)
}

const LONGEST_SUBJECT = 120

/** The subject and text of a letter about a ticket. */
export function supportLetter(
  kind: 'answer.app' | 'answer.mail' | 'confirm.text',
  language: Language,
  { host, number, subject, text = '' }: { host: string; number: number; subject: string; text?: string },
): { subject: string; text: string } {
  const values: Record<string, string> = {
    host,
    number: String(number),
    reference: referenceOf(number),
    // Without references of other tickets, and without those that were put there before.
    subject: subject
      .replace(/\[#\d+\]/g, '')
      .trim()
      .slice(0, LONGEST_SUBJECT)
      .toWellFormed(),
    text,
  }
  const texts = supportTexts[language]
  const fill = (words: string): string => words.replace(/\{(\w+)\}/g, (_, gap: string) => values[gap] ?? '')
  return {
    subject: fill(texts[kind === 'confirm.text' ? 'confirm.subject' : 'answer.subject']),
    text: `${fill(texts[kind])}\n`,
  }
}
