import { fingerprintOf, type PromisedCanary, type Promises } from './promises.ts'
import type { Content } from './versions.ts'
import type { Clause, Language } from './texts.ts'

/** What was promised of one thing: a number, whether, or which of several. */
export type Promised = number | boolean | string

/** A promise that changed, by its place in the file of promises: `deleted.days`. */
export interface NumberChange {
  name: string
  /** Undefined when nothing was promised. */
  before: Promised | undefined
  after: Promised | undefined
}

export interface ClauseChange {
  heading: string
  change: 'new' | 'gone' | 'reworded'
  before: string[]
  after: string[]
}

export interface Difference {
  numbers: NumberChange[]
  clauses: ClauseChange[]
}

/** What one version says that another did not, for people: numbers first, then paragraphs. Clauses are told apart by their English headings. */
export function differenceOf(before: Content, after: Content, language: Language): Difference {
  const [old, now] = [numbersOf(before), numbersOf(after)]
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  return {
    numbers: names.flatMap((name) =>
      old.get(name) === now.get(name) ? [] : [{ name, before: old.get(name), after: now.get(name) }],
    ),
    clauses: clausesOf(before, after, language),
  }
}

function numbersOf({ promises }: Content): Map<string, Promised> {
  if (promises === null) return new Map()
  // What a version kept that did not know of it yet says the same as one that promises none.
  const { canary = NO_CANARY, ...others } = promises as Partial<Promises>
  return new Map<string, Promised>([
    ...Object.entries(others).flatMap(([section, values]) =>
      Object.entries(values).map(([name, value]) => [`${section}.${name}`, promisedOf(value)] as const),
    ),
    ...canaryOf(canary),
  ])
}

const NO_CANARY: PromisedCanary = { needed: 0, days: 0, keyholders: [] }

/** Without keyholders the other numbers promise nothing. A keyholder is known by their key, of which the beginning is enough to tell two apart. */
const canaryOf = ({ needed, days, keyholders }: PromisedCanary): [string, Promised][] => [
  ['canary.needed', keyholders.length === 0 ? 0 : needed],
  ['canary.days', keyholders.length === 0 ? 0 : days],
  ['canary.keyholders', keyholders.map(({ name, key }) => `${name} (${fingerprintOf(key)})`).join(', ')],
]

const promisedOf = (value: number | boolean | string | readonly string[]): Promised =>
  typeof value === 'object' ? value.join(', ') : value

function clausesOf(before: Content, after: Content, language: Language): ClauseChange[] {
  const [old, now] = [byEnglishHeading(before, language), byEnglishHeading(after, language)]
  const changes: ClauseChange[] = []
  for (const [key, clause] of now) {
    const was = old.get(key)
    if (was === undefined)
      changes.push({ heading: clause.heading, change: 'new', before: [], after: clause.paragraphs })
    else if (was.paragraphs.join('\n') !== clause.paragraphs.join('\n'))
      changes.push({
        heading: clause.heading,
        change: 'reworded',
        before: was.paragraphs.filter((paragraph) => !clause.paragraphs.includes(paragraph)),
        after: clause.paragraphs.filter((paragraph) => !was.paragraphs.includes(paragraph)),
      })
  }
  for (const [key, { heading, paragraphs }] of old)
    if (!now.has(key)) changes.push({ heading, change: 'gone', before: paragraphs, after: [] })
  return changes
}

const byEnglishHeading = ({ texts }: Content, language: Language): Map<string, Clause> =>
  new Map(
    texts.en.clauses.map(({ heading }, i) => [heading, texts[language].clauses[i] ?? { heading, paragraphs: [] }]),
  )
