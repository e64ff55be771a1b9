import type { Difference, NumberChange, Promised } from './difference.ts'
import type { Language } from './texts.ts'
import de from './texts/differences.de.json' with { type: 'json' }
import en from './texts/differences.en.json' with { type: 'json' }
import fr from './texts/differences.fr.json' with { type: 'json' }
import nl from './texts/differences.nl.json' with { type: 'json' }

/** A sentence for each promised number, by its place in the file of promises. */
export const differenceTexts: Record<Language, Readonly<Record<string, string>>> = { de, en, fr, nl }

const fill = (text: string, values: Record<string, string>): string =>
  text.replace(/\{(\w+)\}/g, (_, gap: string) => values[gap] ?? '')

/** A promised number that changed, in a sentence; one without words of its own by its name in the file. */
export function numberInWords({ name, before, after }: NumberChange, language: Language): string {
  const texts = differenceTexts[language]
  const text = before === undefined || after === undefined ? undefined : texts[name]
  return fill(text ?? texts['other'] ?? '', { name, before: said(before, texts), after: said(after, texts) })
}

const said = (value: Promised | undefined, texts: Readonly<Record<string, string>>): string =>
  typeof value === 'boolean'
    ? (texts[String(value)] ?? '')
    : value === ''
      ? (texts['nobody'] ?? '')
      : String(value ?? '–')

/** What is different, a line for each number and each clause. */
export const differenceInWords = ({ numbers, clauses }: Difference, language: Language): string[] => [
  ...numbers.map((change) => numberInWords(change, language)),
  ...clauses.map(({ change, heading }) => fill(differenceTexts[language][`clause.${change}`] ?? '', { heading })),
]
