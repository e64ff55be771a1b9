import de from './texts/de.json' with { type: 'json' }
import en from './texts/en.json' with { type: 'json' }
import fr from './texts/fr.json' with { type: 'json' }
import nl from './texts/nl.json' with { type: 'json' }
import type { CauseKey, CheckName } from './causes.ts'
import type { CheckResult } from './look.ts'

type TextKey = CauseKey | CheckName | 'unknown'

/** All four languages have a text for every check and every cause: the type says so of each. */
const texts = { de, en, fr, nl } satisfies Record<string, Record<TextKey, string>>

export type CheckLanguage = keyof typeof texts

export const titleOf = (check: CheckName, language: CheckLanguage = 'en'): string => texts[language][check]

/** What was found and what to do about it. */
export function sentenceOf(
  { check, cause, figures }: Pick<CheckResult, 'check' | 'cause' | 'figures'>,
  language: CheckLanguage = 'en',
): string {
  const text = texts[language][`${check}.${cause}` as TextKey]
  return text.replace(/\{(\w+)\}/g, (_, name: string) => figureInWords(name, figures[name] ?? null, language))
}

/** A figure with its unit, which is the end of its name. */
export function figureInWords(name: string, value: number | string | null, language: CheckLanguage = 'en'): string {
  if (value === null) return '–'
  if (typeof value === 'string') return dayInWords(value, language)
  const [, unit = ''] = /(Bytes|Seconds|Days|Share|Ms|Hours)$/.exec(name) ?? []
  return UNITS[unit]?.(value, language) ?? new Intl.NumberFormat(language).format(value)
}

const dayInWords = (time: string, language: CheckLanguage): string =>
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(new Date(time)) + ' UTC'

type InWords = (value: number, language: CheckLanguage) => string

const withUnit =
  (unit: string, display: 'short' | 'long' = 'short'): InWords =>
  (value, language) =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: display, maximumFractionDigits: 1 }).format(
      value,
    )

/** The largest unit of which there are two at least, or the smallest. */
const scaled =
  (steps: readonly (readonly [size: number, InWords])[]): InWords =>
  (value, language) => {
    const [size, inWords] = steps.find(([size]) => value >= 2 * size) ?? (steps.at(-1) as (typeof steps)[number])
    const amount = value / size
    return inWords(amount >= 10 ? Math.round(amount) : amount, language)
  }

const seconds = scaled([
  [86_400, withUnit('day', 'long')],
  [3600, withUnit('hour')],
  [60, withUnit('minute')],
  [1, withUnit('second')],
])

const UNITS: Readonly<Record<string, InWords>> = {
  Bytes: scaled([
    [1e12, withUnit('terabyte')],
    [1e9, withUnit('gigabyte')],
    [1e6, withUnit('megabyte')],
    [1e3, withUnit('kilobyte')],
    [1, withUnit('byte')],
  ]),
  Seconds: seconds,
  Ms: (value, language) => (value < 2000 ? withUnit('millisecond')(value, language) : seconds(value / 1000, language)),
  Days: withUnit('day', 'long'),
  Hours: (value, language) => new Intl.NumberFormat(language).format(value),
  Share: (value, language) =>
    new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(value),
}
