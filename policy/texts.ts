import { now } from '#system'
import type { DocumentName } from './documents.ts'
import { fingerprintOf, type PromisedCanary, type Promises } from './promises.ts'
import type { Version } from './versions.ts'
import policyDe from './texts/policy.de.json' with { type: 'json' }
import policyEn from './texts/policy.en.json' with { type: 'json' }
import policyFr from './texts/policy.fr.json' with { type: 'json' }
import policyNl from './texts/policy.nl.json' with { type: 'json' }
import termsDe from './texts/terms.de.json' with { type: 'json' }
import termsEn from './texts/terms.en.json' with { type: 'json' }
import termsFr from './texts/terms.fr.json' with { type: 'json' }
import termsNl from './texts/terms.nl.json' with { type: 'json' }

export type Language = 'de' | 'fr' | 'nl' | 'en'

/** How it is known that a clause is kept: by what a job measures (`trust/evidence`), or by the tests of the program. */
export type ClauseMeasure =
  | 'canary'
  | 'held'
  | 'keys'
  | 'journal'
  | 'deleted'
  | 'backups'
  | 'closed'
  | 'requests'
  | 'versions'
  | 'tests'

export interface Clause {
  heading: string
  /** None of a clause that promises nothing. */
  measure?: ClauseMeasure | undefined
  paragraphs: string[]
}

export interface Catalogue {
  title: string
  /** Stands in for an operator who has not given a name or how to be reached: on a trial only. */
  unnamed: string
  unreachable: string
  /** Fill the gap `canary`: who signs it, or that nobody does. Versions that an earlier program kept have neither, and no such gap. */
  canaryPromised?: string
  canaryNone?: string
  clauses: Clause[]
}

export interface DocumentText {
  title: string
  clauses: Clause[]
  version: number
  /** From when on it is in force. */
  from: Date
  /** Whether it is only announced. */
  isToCome: boolean
}

/** Who runs the service. */
export interface Operator {
  host: string
  name?: string | undefined
  contact?: string | undefined
  /** ISO 3166, two letters. */
  country: string
  /** For which a code is good. */
  codeMinutes: number
}

// What is imported as JSON has a string where a clause names its measure; a test compares them.
export const catalogues = {
  policy: { de: policyDe, fr: policyFr, nl: policyNl, en: policyEn },
  terms: { de: termsDe, fr: termsFr, nl: termsNl, en: termsEn },
} as Record<DocumentName, Record<Language, Catalogue>>

/** The text of a version, in plain words, with the operator's name and the promised numbers in it. */
export function documentText(
  { content, version, from }: Pick<Version, 'content' | 'version' | 'from'>,
  language: Language,
  operator: Operator,
): DocumentText {
  const { title, unnamed, unreachable, canaryPromised = '', canaryNone = '', clauses } = content.texts[language]
  const values: Record<string, string> = {
    host: operator.host,
    operator: operator.name ?? unnamed,
    contact: operator.contact ?? unreachable,
    country: new Intl.DisplayNames(language, { type: 'region' }).of(operator.country) ?? operator.country,
    minutes: String(operator.codeMinutes),
    ...(content.promises === null ? {} : numbersFor(content.promises)),
    canary: canaryInWords(content.promises?.canary, canaryPromised, canaryNone, language),
  }
  const fill = (text: string): string => fillGaps(text, values)
  return {
    title: fill(title),
    clauses: clauses.map(({ heading, measure, paragraphs }) => ({
      heading: fill(heading),
      measure,
      paragraphs: paragraphs.map(fill),
    })),
    version,
    from,
    isToCome: from > now(),
  }
}

/** What stands in the gaps of the policy for each promised number. */
const numbersFor = ({
  deleted,
  journal,
  backup,
  closed,
  appeals,
  // Older versions did not promise them, nor have a gap for them.
  tickets = { days: 0 },
  recovery = { waitDays: 0 },
  requests = { delayDays: 0, preserveDays: 0, detailsDays: 0 },
}: Omit<Promises, 'tickets' | 'recovery' | 'requests'> & Partial<Promises>): Record<string, string> => ({
  delayDays: String(requests.delayDays),
  preserveDays: String(requests.preserveDays),
  detailsDays: String(requests.detailsDays),
  backupDays: String(backup.days),
  reopenDays: String(closed.reopenDays),
  eraseDays: String(closed.eraseDays),
  appealDays: String(appeals.days),
  ticketDays: String(tickets.days),
  waitDays: String(recovery.waitDays),
  deletedDays: String(deleted.days),
  // The last entry of a day ends with the day's first.
  storyDays: String(journal.days),
  journalDays: String(journal.days + 1),
})

function canaryInWords(canary: PromisedCanary | undefined, promised: string, none: string, language: Language): string {
  if (canary === undefined || canary.keyholders.length === 0) return none
  const { needed, days, keyholders } = canary
  const named = keyholders.map(({ name, key }) => `${name} (${fingerprintOf(key)})`)
  return fillGaps(promised, {
    needed: String(needed),
    days: String(days),
    keyholders: new Intl.ListFormat(language).format(named),
  })
}

/** A name that ends with a full stop ends its sentence, too. */
export const fillGaps = (text: string, values: Record<string, string>): string =>
  text.replace(/\{(\w+)\}(\.?)/g, (_, name: string, stop: string) => {
    const value = values[name] ?? ''
    return value.endsWith('.') ? value : value + stop
  })
