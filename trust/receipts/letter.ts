import type { Settings } from '#accounts'
import type { Addressee } from './addressee.ts'
import type { Statement } from './statement.ts'
import de from './texts/de.json' with { type: 'json' }
import en from './texts/en.json' with { type: 'json' }
import fr from './texts/fr.json' with { type: 'json' }
import nl from './texts/nl.json' with { type: 'json' }

type TextKey = keyof typeof en

/** English names the keys that all four languages must have. */
export const receiptTexts: Record<Settings['language'], Record<TextKey, string>> = { de, en, fr, nl }

/** A receipt in words, in the language that the account had. */
export function receiptLetter(
  { address, language, timeZone }: Pick<Addressee, 'address' | 'language' | 'timeZone'>,
  statement: Statement,
): { subject: string; text: string } {
  const texts = receiptTexts[language]
  const time = (at: string): string =>
    new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'long', timeZone }).format(new Date(at))
  const day = (at: string): string =>
    new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone }).format(new Date(at))
  const number = new Intl.NumberFormat(language)
  const values: Record<string, string> = {
    address,
    host: statement.host,
    number: statement.receipt,
    closedAt: time(statement.closedAt),
    keyDestroyedAt: time(statement.keyDestroyedAt),
    erasedAt: time(statement.erasedAt),
    keyCopiesDeadAt: time(statement.keyCopiesDeadAt),
    erased: statement.erased
      .map(({ what, count }) => `- ${texts[`erased.${what}`]}: ${number.format(count)}`)
      .join('\n'),
    remains: statement.remains
      .map(
        ({ what, until }) =>
          `- ${texts[`remains.${what}`]} ${until === null ? texts['remains.always'] : texts['remains.until'].replace('{day}', day(until))}`,
      )
      .join('\n'),
  }
  return {
    subject: texts.subject,
    text: texts.text.replace(/\{(\w+)\}/g, (gap, name: string) => values[name] ?? gap),
  }
}
