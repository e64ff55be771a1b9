import { documents, type DocumentName } from './documents.ts'
import type { Promises } from './promises.ts'
import policyDe from './texts/policy.de.json' with { type: 'json' }
import policyEn from './texts/policy.en.json' with { type: 'json' }
import policyFr from './texts/policy.fr.json' with { type: 'json' }
import policyNl from './texts/policy.nl.json' with { type: 'json' }
import termsDe from './texts/terms.de.json' with { type: 'json' }
import termsEn from './texts/terms.en.json' with { type: 'json' }
import termsFr from './texts/terms.fr.json' with { type: 'json' }
import termsNl from './texts/terms.nl.json' with { type: 'json' }

type Language = 'de' | 'fr' | 'nl' | 'en'

export interface Clause {
  heading: string
  paragraphs: string[]
}

interface Catalogue {
  title: string
  /** Stands in for an operator who has not given a name or how to be reached: on a trial only. */
  unnamed: string
  unreachable: string
  clauses: Clause[]
}

export interface DocumentText {
  title: string
  clauses: Clause[]
  version: number
  /** `2026-11-22` */
  date: string
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
  promises: Pick<Promises, 'journal' | 'deleted'>
}

export const catalogues: Record<DocumentName, Record<Language, Catalogue>> = {
  policy: { de: policyDe, fr: policyFr, nl: policyNl, en: policyEn },
  terms: { de: termsDe, fr: termsFr, nl: termsNl, en: termsEn },
}

/** The text of the version in force, in plain words, with the operator's name in it. */
export function documentText(name: DocumentName, language: Language, operator: Operator): DocumentText {
  const { title, unnamed, unreachable, clauses } = catalogues[name][language]
  const values: Record<string, string> = {
    host: operator.host,
    operator: operator.name ?? unnamed,
    contact: operator.contact ?? unreachable,
    country: new Intl.DisplayNames(language, { type: 'region' }).of(operator.country) ?? operator.country,
    minutes: String(operator.codeMinutes),
    deletedDays: String(operator.promises.deleted.days),
    // The last entry of a day ends with the day's first.
    storyDays: String(operator.promises.journal.days),
    journalDays: String(operator.promises.journal.days + 1),
  }
  // A name that ends with a full stop ends its sentence, too.
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}(\.?)/g, (_, name: string, stop: string) => {
      const value = values[name] ?? ''
      return value.endsWith('.') ? value : value + stop
    })
  return {
    title: fill(title),
    clauses: clauses.map(({ heading, paragraphs }) => ({ heading: fill(heading), paragraphs: paragraphs.map(fill) })),
    ...documents[name],
  }
}
