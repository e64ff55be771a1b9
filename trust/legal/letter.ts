import type { Config } from '#system'
import type { Case } from './case.ts'
import type { RefusalReason } from './event.ts'
import { legalTexts, type Language } from './texts.ts'

export type LetterSettings = Pick<Config, 'operator' | 'hostname' | 'journal'>

/** The name of a country in a language. */
export const countryIn = (language: Language, country: string): string =>
  new Intl.DisplayNames(language, { type: 'region' }).of(country) ?? country

/** The letter by which a request is refused, in the language that was chosen when it came. */
export function refusalLetter(
  { operator, hostname: host, journal }: LetterSettings,
  {
    id,
    intake,
    receivedAt,
    missing,
  }: Pick<Case, 'id' | 'receivedAt' | 'missing'> & {
    intake: NonNullable<Case['intake']>
  },
  reason: RefusalReason,
): { subject: string; text: string } {
  const { language, authority, reference } = intake
  const { say, day } = legalTexts(language)
  const values = {
    authority,
    reference,
    case: id,
    day: day(receivedAt),
    host,
    operator: operator.name ?? host,
    contact: operator.contact ?? '',
    reason: say(`reason.${reason}`, {
      country: countryIn(language, operator.country),
      days: String(journal.days),
      missing: missing.map((check) => `- ${say(`check.${check}`)}`).join('\n'),
    }),
  }
  return { subject: say('letter.subject', values), text: `${say('letter.text', values).trim()}\n` }
}
