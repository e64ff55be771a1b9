import { html } from 'hono/html'
import { fingerprintOf } from '../../../policy/index.ts'
import {
  derOf,
  SAYINGS,
  signersOf,
  staleAt,
  type CanaryView,
  type Published,
  type Signature,
  type Standing,
  type Statement,
} from '../../../trust/canary/index.ts'
import { icon } from '../icons.ts'
import type { Language } from '../languages.ts'
import { publicPage, type Markup } from '../layout.ts'
import { dayInWords, isTextKey, sayIn, timeInWords, type Say } from '../texts.ts'
import { drawn } from './evidence.ts'

export type { CanaryView }

const DAY_MS = 86_400_000

/** The canary as it is at this moment, what it says and who signed it, how to check that without us, and all before it. */
export function canaryPage(view: CanaryView, language: Language, host: string, isSignedIn: boolean): Markup {
  const say = sayIn(language)
  const { standing, newest } = view
  const title = say('canary.title')
  const description = say('canary.lead', { host })
  return publicPage(
    { language, title, description, place: 'canary' },
    isSignedIn,
    html`<header class="pub-t">
        <div class="flow-s">
          <h1>${title}</h1>
          <p class="lead">${description}</p>
        </div>
        ${standingInShort(standing, language, say)}
      </header>
      ${why(standing, host, say)}
      ${
        newest === undefined || standing.state === 'none'
          ? ''
          : html`${statement(newest, view, language, say)} ${verify(newest, host, say)}`
      }
      ${view.history.length === 0 ? '' : history(view.history, language, say)}`,
  )
}

const TONES: Record<Standing['state'], string> = { fresh: 'good', stale: 'bad', missing: 'bad', none: 'dim' }

function standingInShort(standing: Standing, language: Language, say: Say): Markup {
  const { state } = standing
  const day = 'staleAt' in standing ? dayInWords(language, standing.staleAt) : ''
  return html`<p class="sum strong ${TONES[state]}">
    ${icon(state === 'fresh' ? 'check' : state === 'none' ? 'info' : 'circle-alert')} ${say(`canary.${state}`, { day })}
  </p>`
}

/** What follows from it that there is none that is fresh. */
function why(standing: Standing, host: string, say: Say): Markup {
  const note = (tone: string, text: string): Markup =>
    html`<p class="note ${tone} announced">${icon(tone === 'bad' ? 'circle-alert' : 'info')} <span>${text}</span></p>`
  if (standing.state === 'fresh') return html``
  if (standing.state === 'none') return note('', say('canary.none.why', { host }))
  return note('bad', say('why' in standing ? `canary.missing.${standing.why}` : 'canary.stale.why'))
}

function statement(newest: Published, view: CanaryView, language: Language, say: Say): Markup {
  const { date, says, values, heads } = newest.statement
  return html`<section class="clause bare">
    <div class="txt flow">
      <h2>${say('canary.upTo', { time: timeInWords(language, new Date(date)) })}</h2>
      <ul class="says">
        ${inOurOrder(says).map(([name, text]) => {
          const key = `canary.says.${name}`
          return isTextKey(key) ? html`<li>${say(key)}</li>` : html`<li lang="en">${text}</li>`
        })}
      </ul>
      <h3>${say('canary.values')}</h3>
      <p>${say('canary.values.why')}</p>
      ${values.map((value) => html`<blockquote>${value}</blockquote>`)}
      ${Object.entries(heads).map(([name, { number }]) => {
        const key = `canary.head.${name}`
        const named = isTextKey(key) ? say(key) : name
        return html`<p class="small dim">${say('canary.head', { name: named, number: String(number) })}</p>`
      })}
      <details class="other-way">
        <summary>${say('canary.wording')}</summary>
        <div lang="en" class="flow-s">${inOurOrder(says).map(([, text]) => html`<p>${text}</p>`)}</div>
      </details>
    </div>
    ${signers(newest, view, language, say)}
  </section>`
}

/** What weighs most first; as it was signed, they stand in the order of their names. */
const inOurOrder = (says: Statement['says']): [name: string, text: string][] => {
  const place = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)
  return Object.entries(says).toSorted(([a], [b]) => place(a) - place(b))
}
const ORDER: readonly string[] = Object.keys(SAYINGS)

function signers(newest: Published, { promised, standing, at }: CanaryView, language: Language, say: Say): Markup {
  const names = signersOf(newest, promised.keyholders)
  const { state } = standing
  const day = 'staleAt' in standing ? dayInWords(language, standing.staleAt) : ''
  const days = {
    n: Math.max(0, Math.floor((at.getTime() - Date.parse(newest.statement.date)) / DAY_MS)),
    of: promised.days,
  }
  return html`<div class="evid${state === 'fresh' ? '' : ' bad'}">
    <p class="st">${icon(state === 'fresh' ? 'check' : 'circle-alert')} ${say(`canary.${state}`, { day })}</p>
    ${drawn(days, state === 'fresh' ? 'kept' : 'broken', say)}
    <h3>${say('canary.signedBy')}</h3>
    <ul class="flow-s signers">
      ${promised.keyholders.map(
        ({ name, key }) =>
          html`<li>
            ${name} <span class="mono dim3">${fingerprintOf(key)}</span>
            ${names.includes(name) ? '' : html`<small class="dim3">${say('canary.hasNot')}</small>`}
          </li>`,
      )}
    </ul>
    <p class="dim3">
      ${say('canary.needed', {
        needed: String(promised.needed),
        all: String(promised.keyholders.length),
        days: String(promised.days),
      })}
    </p>
  </div>`
}

/** Whose signature it is: only those of keyholders were published. */
const nameOf = ({ key }: Signature, { promised }: Published): string =>
  promised.keyholders.find((keyholder) => keyholder.key === key)?.name ?? fingerprintOf(key)

/** The commands, as they are typed; everything that is put into them is base64, a number or our own name. */
function verify(newest: Published, host: string, say: Say): Markup {
  const { statement, signatures } = newest
  return html`<section class="clause bare" id="verify">
    <div class="txt flow">
      <h2>${say('canary.verify')}</h2>
      <p>${say('canary.verify.lead')}</p>
      <h3>${say('canary.verify.fetch')}</h3>
      <pre class="cmd"><code>${fetchCommands(host, statement)}</code></pre>
      ${signatures.map(
        (signature) =>
          html`<h3>${say('canary.verify.each', { name: nameOf(signature, newest) })}</h3>
            <pre class="cmd"><code>${verifyCommands(signature)}</code></pre>`,
      )}
      <p><a href="/.well-known/canary.json">${say('canary.file')}</a></p>
    </div>
  </section>`
}

const fetchCommands = (host: string, { number }: Statement): string =>
  `curl -fso statement https://${host}/.well-known/canary/${number}.statement\ncat statement`

const verifyCommands = ({ key, value }: Signature): string =>
  [
    `echo ${derOf(key).toString('base64')} | base64 -d > key`,
    `echo ${Buffer.from(value, 'base64url').toString('base64')} | base64 -d > signature`,
    'openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in statement -sigfile signature',
  ].join('\n')

/** All of them; between two of which the first was over before the second came, there was none. */
function history(all: readonly Published[], language: Language, say: Say): Markup {
  return html`<section class="clause bare">
    <div class="txt flow">
      <h2>${say('canary.history')}</h2>
      <ol class="versions" reversed>
        ${all.map((one, i) => {
          const { number, date } = one.statement
          const before = all[i + 1]
          const over = before && staleAt(before, before.promised)
          const hasGap = over !== undefined && over < one.publishedAt
          const names = new Intl.ListFormat(language).format(one.signatures.map((signature) => nameOf(signature, one)))
          return html`<li>
            <a href="/.well-known/canary/${String(number)}.json">${say('canary.number', { number: String(number) })}</a>
            <span class="dim">${say('canary.signedOn', { day: dayInWords(language, new Date(date)), names })}</span>
            ${
              hasGap
                ? html`<p class="small bad">
                    ${say('canary.gap', { from: dayInWords(language, over), to: dayInWords(language, one.publishedAt) })}
                  </p>`
                : ''
            }
          </li>`
        })}
      </ol>
    </div>
  </section>`
}
