import { html } from 'hono/html'
import type { Clause } from '../../../policy/index.ts'
import { now, nowMs } from '../../../system/index.ts'
import type { Evidence, EvidenceByName, Facts, MeasureName, State } from '../../../trust/evidence/index.ts'
import { icon, type IconName } from '../icons.ts'
import type { Language } from '../languages.ts'
import type { Markup } from '../layout.ts'
import { ageInWords, agoInWords, dayInWords, numberInWords, sayIn, type Say } from '../texts.ts'

/** Measured every five minutes; what is older than this says that nobody measures. */
const STALE_MS = 30 * 60_000

type Shown = State | 'tests' | 'missing'

const SIGNS: Record<Shown, { sign: IconName; tone: string }> = {
  kept: { sign: 'check', tone: '' },
  late: { sign: 'circle-alert', tone: ' ask' },
  broken: { sign: 'circle-alert', tone: ' bad' },
  tests: { sign: 'check', tone: ' none' },
  missing: { sign: 'info', tone: ' none' },
}

interface Told {
  facts: string[]
  /** Days of a term that are over. */
  ruler?: { n: number; of: number } | undefined
}

/** A fact that is a number. Of what was written by another version of the program it may be missing. */
const number = (facts: Facts, name: string): number => {
  const value = facts[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}
const time = (facts: Facts, name: string): Date | undefined => {
  const at = new Date(String(facts[name] ?? ''))
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** The term of the oldest there is. */
const termOf = (facts: Facts): Told['ruler'] =>
  typeof facts['oldestSeconds'] === 'number' && number(facts, 'limitDays') > 0
    ? { n: Math.floor(number(facts, 'oldestSeconds') / 86_400), of: number(facts, 'limitDays') }
    : undefined

/** How each measure is told. */
const TOLD: Record<MeasureName, (language: Language, say: Say, facts: Facts) => Told> = {
  held(language, say, facts) {
    const [categories = '', tables = '', undeclared = ''] = ['categories', 'tables', 'undeclared'].map((name) =>
      numberInWords(language, number(facts, name)),
    )
    return {
      facts: [
        say('evidence.held.declared', { categories, tables }),
        say(number(facts, 'undeclared') > 0 ? 'evidence.held.others' : 'evidence.held.none', { undeclared }),
      ],
    }
  },
  accesses(language, say, facts) {
    const headAt = time(facts, 'headAt')
    const [links = '', recent = '', brokenAt = ''] = ['links', 'recent', 'brokenAt'].map((name) =>
      numberInWords(language, number(facts, name)),
    )
    return {
      facts: [
        number(facts, 'brokenAt') > 0
          ? say('evidence.accesses.broken', { number: brokenAt })
          : say('evidence.accesses.chain', { links }),
        say('evidence.accesses.last', { recent }),
        ...(headAt === undefined ? [] : [say('evidence.accesses.head', { ago: agoInWords(language, headAt) })]),
      ],
    }
  },
  requests(language, say, facts) {
    const publishedAt = time(facts, 'publishedAt')
    const [events = '', received = '', answered = '', brokenAt = ''] = [
      'events',
      'received',
      'answered',
      'brokenAt',
    ].map((name) => numberInWords(language, number(facts, name)))
    return {
      facts: [
        number(facts, 'brokenAt') > 0
          ? say('evidence.requests.broken', { number: brokenAt })
          : say('evidence.requests.chain', { events }),
        say('evidence.requests.counts', { received, answered }),
        ...(publishedAt === undefined
          ? []
          : [say('evidence.requests.published', { ago: agoInWords(language, publishedAt) })]),
      ],
    }
  },
  staff(language, say, facts) {
    const [members = '', current = ''] = ['members', 'current'].map((name) =>
      numberInWords(language, number(facts, name)),
    )
    return { facts: [say('evidence.staff.count', { members, current }), say('evidence.staff.closed')] }
  },
  canary(language, say, facts) {
    const until = time(facts, 'keptUntil')
    const [keyholders = '', signed = ''] = ['keyholders', 'signed'].map((name) =>
      numberInWords(language, number(facts, name)),
    )
    if (number(facts, 'keyholders') === 0) return { facts: [say('evidence.canary.none')] }
    if (number(facts, 'published') === 0) return { facts: [say('evidence.canary.never')] }
    return {
      facts: [
        until === undefined
          ? say('evidence.canary.unsigned', { keyholders, signed })
          : say('evidence.canary.until', { keyholders, signed, day: dayInWords(language, until) }),
      ],
    }
  },
  backups(language, say, facts) {
    const [lastAt, failedAt, drillAt] = [time(facts, 'lastAt'), time(facts, 'failedAt'), time(facts, 'drillAt')]
    const count = numberInWords(language, number(facts, 'backups'))
    const drilled = { drilled: numberInWords(language, number(facts, 'drilled')) }
    const wasSound = number(facts, 'damaged') === 0
    return {
      facts: [
        ...(number(facts, 'isOff') === 1 ? [say('evidence.backups.off')] : []),
        ...(lastAt === undefined ? [] : [say('evidence.backups.last', { count, ago: agoInWords(language, lastAt) })]),
        ...(failedAt === undefined ? [] : [say('evidence.backups.failed', { ago: agoInWords(language, failedAt) })]),
        ...(drillAt === undefined
          ? []
          : [
              say(wasSound ? 'evidence.backups.drill' : 'evidence.backups.damaged', {
                ...drilled,
                ago: agoInWords(language, drillAt),
              }),
            ]),
      ],
      ruler: termOf(facts),
    }
  },
  closed(language, say, facts) {
    const lastAt = time(facts, 'lastAt')
    const values = {
      closed: numberInWords(language, number(facts, 'closed')),
      erased: numberInWords(language, number(facts, 'erased')),
    }
    return {
      facts: [
        say('evidence.closed.count', values),
        lastAt === undefined
          ? say('evidence.closed.never')
          : say('evidence.closed.erased', { ...values, ago: agoInWords(language, lastAt) }),
      ],
      ruler: termOf(facts),
    }
  },
  versions(language, say, facts) {
    const [versions = '', agreed = '', asked = ''] = ['versions', 'agreed', 'asked'].map((name) =>
      numberInWords(language, number(facts, name)),
    )
    return {
      facts: [
        say('evidence.versions.agreed', { agreed, asked }),
        facts['noticeDays'] === null || facts['noticeDays'] === undefined
          ? say('evidence.versions.first', { versions })
          : say('evidence.versions.notice', { versions, days: numberInWords(language, number(facts, 'noticeDays')) }),
      ],
    }
  },
  deleted(language, say, facts) {
    const [waiting, erased] = ['waiting', 'erased'].map((name) => numberInWords(language, number(facts, name)))
    const [since, lastAt, heldAt] = ['since', 'lastAt', 'heldAt'].map((name) => time(facts, name))
    const hasOldest = facts['oldestSeconds'] !== null
    const values = { waiting: waiting ?? '', erased: erased ?? '' }
    return {
      facts: [
        hasOldest
          ? say('evidence.deleted.oldest', { ago: ageInWords(language, number(facts, 'oldestSeconds')) })
          : say('evidence.deleted.none'),
        since === undefined || lastAt === undefined
          ? say('evidence.deleted.never', values)
          : say('evidence.deleted.erased', {
              ...values,
              ago: agoInWords(language, lastAt),
              day: dayInWords(language, since),
            }),
        ...(heldAt === undefined ? [] : [say('evidence.deleted.held', { ago: agoInWords(language, heldAt) })]),
      ],
      ruler: termOf(facts),
    }
  },
  journal(language, say, facts) {
    const [oldest, lastAt] = [time(facts, 'oldestDay'), time(facts, 'lastAt')]
    const columns = { columns: String(number(facts, 'columns')) }
    return {
      facts: [
        ...(oldest === undefined ? [] : [say('evidence.journal.oldest', { day: dayInWords(language, oldest) })]),
        lastAt === undefined
          ? say('evidence.journal.never')
          : say('evidence.journal.destroyed', {
              ago: agoInWords(language, lastAt),
              count: numberInWords(language, number(facts, 'destroyed')),
            }),
        say(facts['areColumnsPromised'] === 1 ? 'evidence.journal.columns' : 'evidence.journal.others', columns),
      ],
      ruler: termOf(facts),
    }
  },
  keys(language, say, facts) {
    const turnedAt = time(facts, 'turnedAt')
    const values = {
      keys: numberInWords(language, number(facts, 'keys')),
      epoch: numberInWords(language, number(facts, 'epoch')),
    }
    return {
      facts: [
        say(number(facts, 'old') > 0 ? 'evidence.keys.some' : 'evidence.keys.all', values),
        turnedAt === undefined
          ? say('evidence.keys.first')
          : say('evidence.keys.turned', { ago: agoInWords(language, turnedAt) }),
      ],
    }
  },
}

const isStale = ({ computedAt }: Evidence): boolean => nowMs() - computedAt.getTime() > STALE_MS

/** What was kept when it was measured may have an end since (`keptUntil`), and be over by the clock alone. */
const isOver = ({ facts }: Evidence): boolean => (time(facts, 'keptUntil') ?? now()) < now()

const stateOf = (evidence: Evidence): State => {
  if (evidence.state !== 'kept') return evidence.state
  return isOver(evidence) ? 'broken' : isStale(evidence) ? 'late' : 'kept'
}

/** What was measured of a clause, in words, with its time. Nothing beside a clause that promises nothing. */
export function evidenceBeside({ measure }: Clause, language: Language, evidence: EvidenceByName): Markup {
  if (measure === undefined) return html``
  const say = sayIn(language)
  if (measure === 'tests') return box('tests', say, { facts: [say('evidence.tests.why')] })
  const found = evidence[measure]
  if (found === undefined) return box('missing', say, { facts: [say('evidence.missing.why')] })
  const told = TOLD[measure](language, say, found.facts)
  if (isStale(found)) told.facts.push(say('evidence.stale.why'))
  return box(stateOf(found), say, told, say('evidence.measured', { ago: agoInWords(language, found.computedAt) }))
}

function box(shown: Shown, say: Say, { facts, ruler }: Told, measured?: string): Markup {
  const { sign, tone } = SIGNS[shown]
  return html`<div class="evid${tone}">
    <p class="st">${icon(sign)} ${say(`evidence.${shown}`)}</p>
    ${facts.map((fact) => html`<p>${fact}</p>`)} ${ruler === undefined ? '' : drawn(ruler, shown, say)}
    ${measured === undefined ? '' : html`<p class="dim3">${measured}</p>`}
  </div>`
}

/** A stroke for each day of the term, those that are over tall. What is past its end fills it. No style: the page allows none in line. */
export function drawn({ n, of }: { n: number; of: number }, shown: Shown, say: Say): Markup {
  const days = { n: String(n), of: String(of) }
  const strokes = (from: number, to: number, top: number): string =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => `M${from + i + 0.5} ${top}V12`).join('')
  const over = Math.min(n, of)
  return html`<div class="term">
    <svg
      class="${SIGNS[shown].tone.trim() || 'good'}"
      viewBox="0 0 ${String(of)} 12"
      preserveAspectRatio="none"
      role="img"
      aria-label="${say('evidence.ruler', days)}"
    >
      <path d="${strokes(over, of, 8)}" />
      <path class="over" d="${strokes(0, over, 3)}" />
    </svg>
    <p aria-hidden="true">
      <span>${say('evidence.ruler.n', days)}</span><span>${say('evidence.ruler.of', days)}</span>
    </p>
  </div>`
}

/** How many of the measured clauses are kept. Nothing before anything was measured. */
export function evidenceSummary(clauses: readonly Clause[], language: Language, evidence: EvidenceByName): Markup {
  const say = sayIn(language)
  const found = clauses.flatMap(({ measure }) =>
    measure === undefined || measure === 'tests' ? [] : (evidence[measure] ?? []),
  )
  const [first] = found.toSorted((a, b) => a.computedAt.getTime() - b.computedAt.getTime())
  if (first === undefined) return html``
  const kept = found.filter((each) => stateOf(each) === 'kept').length
  const isGood = kept === found.length
  return html`<div class="flow-s sum">
    <p class="${isGood ? 'good' : 'bad'} strong">
      ${icon(isGood ? 'check' : 'circle-alert')}
      ${say('evidence.summary', { kept: String(kept), all: String(found.length) })}
    </p>
    <p class="small dim3">${say('evidence.every', { ago: agoInWords(language, first.computedAt) })}</p>
  </div>`
}
