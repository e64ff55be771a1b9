import { html } from 'hono/html'
import type { HalfYearReport, Origin, PublishedReport } from '../../../trust/transparency/index.ts'
import type { Language } from '../languages.ts'
import { publicPage, type Markup } from '../layout.ts'
import { dayInWords, numberInWords, sayIn, type Say } from '../texts.ts'

/** Half-years that the picture has; the table below has all. */
const DRAWN = 10

/** The transparency report: the newest half-year in figures, all of them in a picture and a table, and what is open now. */
export function transparencyPage(
  report: PublishedReport | undefined,
  language: Language,
  host: string,
  isSignedIn: boolean,
): Markup {
  const say = sayIn(language)
  const title = say('report.title')
  const description = say('report.lead', { host })
  const [newest] = report?.halfYears ?? []
  return publicPage(
    { language, title, description, place: 'transparency' },
    isSignedIn,
    html`<header class="pub-t">
        <div class="flow-s">
          <h1>${title}</h1>
          <p class="lead">${description}</p>
          ${
            report === undefined
              ? html`<p>${say('report.missing')}</p>`
              : html`<p class="small dim">
                  ${say('report.computed', { day: dayInWords(language, report.computedAt) })}
                </p>`
          }
        </div>
      </header>
      ${
        report === undefined || newest === undefined
          ? ''
          : html`${figures(newest, report, language, say)} ${byHalfYear(report.halfYears, language, say)}
              <section class="band">
                <h2>${say('report.origins')}</h2>
                ${report.halfYears.map((half, i) => origins(half, language, say, i === 0))}
              </section>
              ${locks(report.halfYears, language, say)} ${openNow(report, language, say)} ${checkIt(language, say)}`
      }`,
  )
}

/** The name of a half-year in words, and that it has not ended. */
export function halfInWords({ halfYear, to }: HalfYearReport, computedAt: Date, say: Say): string {
  const [year = '', half] = halfYear.split('-')
  const name = say(half === '1' ? 'report.half.1' : 'report.half.2', { year })
  return new Date(to) > computedAt ? `${name} (${say('report.running')})` : name
}

const nameOf = ({ halfYear }: HalfYearReport, say: Say): string => {
  const [year = '', half] = halfYear.split('-')
  return say(half === '1' ? 'report.half.1' : 'report.half.2', { year })
}

function figures(newest: HalfYearReport, { computedAt }: PublishedReport, language: Language, say: Say): Markup {
  const number = (value: number): string => numberInWords(language, value)
  const figure = (value: number, words: string): Markup =>
    html`<div>
      <p class="bignum">${number(value)}</p>
      <p class="strong">${words}</p>
    </div>`
  return html`<section class="band">
    <h2>${halfInWords(newest, computedAt, say)}</h2>
    <div class="figs">
      ${figure(newest.received, say('report.figure.received'))}
      ${figure(newest.answered, say('report.figure.answered', { accounts: number(newest.accounts) }))}
      ${figure(newest.refused, say('report.figure.refused'))}
      ${figure(newest.noticesDelayed, say('report.figure.delayed'))}
    </div>
  </section>`
}

function byHalfYear(halfYears: readonly HalfYearReport[], language: Language, say: Say): Markup {
  const columns = [
    'received',
    'answered',
    'refused',
    'withdrawn',
    'accounts',
    'preservations',
    'noticesDelayed',
  ] as const
  return html`<section class="band">
    <h2>${say('report.byHalfYear')}</h2>
    <div class="drawn">
      ${drawn(halfYears.slice(0, DRAWN).toReversed(), language, say)}
      <p class="small dim legend" aria-hidden="true">
        <span class="answered">${say('report.answered')}</span><span class="other">${say('report.notAnswered')}</span>
      </p>
    </div>
    ${table(
      say('report.byHalfYear'),
      html`<th scope="col">${say('report.half')}</th>
        ${columns.map((name) => html`<th scope="col" class="num">${say(`report.${name}`)}</th>`)}`,
      halfYears.map(
        (half) =>
          html`<th scope="row">${nameOf(half, say)}</th>
            ${columns.map((name) => html`<td class="num">${numberInWords(language, half[name])}</td>`)}`,
      ),
    )}
  </section>`
}

const WIDTH = 640
const HEIGHT = 220
const BASE = 190
const TOP = 20

/** Bars of what was received, the answered part filled. No style: the page allows none in line. */
function drawn(halfYears: readonly HalfYearReport[], language: Language, say: Say): Markup {
  const most = Math.max(1, ...halfYears.map(({ received, answered }) => Math.max(received, answered)))
  const step = WIDTH / halfYears.length
  const width = Math.min(48, step * 0.6)
  const height = (value: number): number => Math.round(((BASE - TOP) * value) / most)
  return html`<svg
    class="bars"
    viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}"
    role="img"
    aria-label="${say('report.chart')}"
  >
    <path class="base" d="M0 ${String(BASE)}H${String(WIDTH)}" />
    ${halfYears.map((half, i) => {
      const x = Math.round(step * i + (step - width) / 2)
      const [whole, filled] = [height(Math.max(half.received, half.answered)), height(half.answered)]
      const [year = '', number = ''] = half.halfYear.split('-')
      const middle = String(Math.round(x + width / 2))
      return html`<rect
          class="other"
          x="${String(x)}"
          y="${String(BASE - whole)}"
          width="${String(width)}"
          height="${String(whole)}"
        />
        <rect
          class="answered"
          x="${String(x)}"
          y="${String(BASE - filled)}"
          width="${String(width)}"
          height="${String(filled)}"
        />
        <text x="${middle}" y="${String(BASE - whole - 6)}">${numberInWords(language, half.received)}</text>
        <text class="half" x="${middle}" y="${String(BASE + 20)}">${number}/${year.slice(2)}</text>`
    })}
  </svg>`
}

/** What came from where. All but the newest half-year are folded. */
function origins(half: HalfYearReport, language: Language, say: Say, isOpen: boolean): Markup {
  const columns = ['received', 'answered', 'preserved', 'refused'] as const
  const country = new Intl.DisplayNames(language, { type: 'region' })
  const number = (value: number): string => numberInWords(language, value)
  const reasons = (of: Origin['reasons']): string =>
    Object.entries(of)
      .map(([reason, count]) => `${number(count)} × ${say(`report.reason.${reason as keyof Origin['reasons']}`)}`)
      .join(', ')
  const body = html`${
    half.origins.length === 0
      ? html`<p class="dim">${say('report.nothing')}</p>`
      : table(
          `${say('report.origins')}, ${nameOf(half, say)}`,
          html`<th scope="col">${say('report.from')}</th>
            <th scope="col">${say('report.wanted')}</th>
            ${columns.map((name) => html`<th scope="col" class="num">${say(`report.${name}`)}</th>`)}
            <th scope="col">${say('report.why')}</th>`,
          half.origins.map(
            (origin) =>
              html`<th scope="row">
                  ${country.of(origin.country) ?? origin.country}, ${say(`report.authority.${origin.authority}`)}
                </th>
                <td>${say(`report.request.${origin.request}`)}</td>
                ${columns.map((name) => html`<td class="num">${number(origin[name])}</td>`)}
                <td class="dim">${reasons(origin.reasons)}</td>`,
          ),
        )
  }`
  return html`<details class="more" ${isOpen ? html`open` : ''}>
    <summary>${nameOf(half, say)}</summary>
    ${body}
  </details>`
}

function locks(halfYears: readonly HalfYearReport[], language: Language, say: Say): Markup {
  const number = (value: number): string => numberInWords(language, value)
  return html`<section class="band">
    <div class="flow-s">
      <h2>${say('report.locks')}</h2>
      <p class="small dim">${say('report.locks.lead')}</p>
    </div>
    ${table(
      say('report.locks'),
      html`<th scope="col">${say('report.half')}</th>
        ${(['locked', 'appeals', 'upheld', 'reversals'] as const).map(
          (name) => html`<th scope="col" class="num">${say(`report.${name}`)}</th>`,
        )}`,
      halfYears.map(
        (half) =>
          html`<th scope="row">${nameOf(half, say)}</th>
            ${[lockedIn(half), half.appeals, half.upheld, half.reversals].map(
              (value) => html`<td class="num">${number(value)}</td>`,
            )}`,
      ),
    )}
  </section>`
}

const lockedIn = ({ locks: byRule }: HalfYearReport): number =>
  Object.values(byRule).reduce((all, count) => all + count, 0)

function openNow({ current }: PublishedReport, language: Language, say: Say): Markup {
  return html`<section class="band">
    <div class="flow-s">
      <h2>${say('report.now')}</h2>
      <p class="small dim">${say('report.now.lead')}</p>
    </div>
    <dl class="sums">
      ${(['open', 'overdue', 'preserving', 'noticesWaiting'] as const).map(
        (name) =>
          html`<div>
            <dt>${say(`report.now.${name}`)}</dt>
            <dd class="num">${numberInWords(language, current[name])}</dd>
          </div>`,
      )}
    </dl>
  </section>`
}

const checkIt = (language: Language, say: Say): Markup =>
  html`<section class="band">
    <div class="flow-s">
      <h2>${say('report.check')}</h2>
      <p>${say('report.check.lead')}</p>
      <p class="ways">
        <a href="/.well-known/transparency.json">${say('report.json')}</a>
        <a href="/${language}/transparency.csv">${say('report.csv')}</a>
        <a href="/${language}/transparency.atom">${say('report.feed')}</a>
        <a href="/${language}/canary">${say('page.canary')}</a>
      </p>
    </div>
  </section>`

const table = (label: string, head: Markup, rows: readonly Markup[]): Markup =>
  html`<div class="scroll-x" tabindex="0" role="region" aria-label="${label}">
    <table class="table">
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
