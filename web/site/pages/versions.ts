import { html } from 'hono/html'
import {
  differenceOf,
  documentText,
  numberInWords,
  type Difference,
  type DocumentName,
  type Operator,
  type Version,
} from '../../../policy/index.ts'
import type { Language } from '../languages.ts'
import { publicPage, type Markup } from '../layout.ts'
import { dayInWords, sayIn, type Say } from '../texts.ts'
import { clausesOf } from './document.ts'

/** All versions of a document that this server knows, the newest first. */
export function versionsPage(
  name: DocumentName,
  versions: readonly Version[],
  language: Language,
  operator: Operator,
  isSignedIn: boolean,
): Markup {
  const say = sayIn(language)
  const title = say(`versions.title.${name}`)
  const description = say('versions.lead', { host: operator.host })
  return publicPage(
    { language, title, description, place: `${name}/versions` },
    isSignedIn,
    html`<header class="pub-t">
        <div class="flow-s">
          <h1>${title}</h1>
          <p class="lead">${description}</p>
        </div>
      </header>
      <ol class="versions" reversed>
        ${versions.map((version) => {
          const { isToCome } = documentText(version, language, operator)
          const number = String(version.version)
          return html`<li>
            <a href="/${language}/${name}/versions/${number}">${say('versions.number', { version: number })}</a>
            <span class="dim"
              >${say(isToCome ? 'versions.fromDay' : 'versions.sinceDay', { day: dayInWords(language, version.from) })}</span
            >
          </li>`
        })}
      </ol>`,
  )
}

/** One version: first what it changed, then the whole text. */
export function versionPage(
  shown: Version,
  before: Version | undefined,
  language: Language,
  operator: Operator,
  isSignedIn: boolean,
): Markup {
  const say = sayIn(language)
  const { document: name } = shown
  const text = documentText(shown, language, operator)
  const title = `${text.title}: ${say('versions.number', { version: String(shown.version) })}`
  const day = dayInWords(language, shown.from)
  return publicPage(
    {
      language,
      title,
      description: say('versions.lead', { host: operator.host }),
      place: `${name}/versions/${String(shown.version)}`,
    },
    isSignedIn,
    html`<header class="pub-t">
        <div class="flow-s">
          <h1>${title}</h1>
          <p class="lead">${say(text.isToCome ? 'versions.fromDay' : 'versions.sinceDay', { day })}</p>
          <p class="small"><a href="/${language}/${name}/versions">${say('versions.all')}</a></p>
        </div>
      </header>
      ${before === undefined ? '' : changes(before, shown, language, operator, say)}
      <h2 class="whole">${say('versions.whole')}</h2>
      ${clausesOf(text.clauses, () => html``)}`,
  )
}

function changes(before: Version, after: Version, language: Language, operator: Operator, say: Say): Markup {
  // Filled in, so that a promised number stands where a reader expects it.
  const [old, now] = [before, after].map((version) => {
    const { clauses } = documentText(version, language, operator)
    const { texts } = version.content
    return { ...version.content, texts: { ...texts, [language]: { ...texts[language], clauses } } }
  }) as [Version['content'], Version['content']]
  const difference = differenceOf(old, now, language)
  return html`<section class="changes flow">
    <h2>${say('versions.changed', { version: String(before.version) })}</h2>
    ${isEmpty(difference) ? html`<p>${say('versions.unchanged')}</p>` : ''}
    ${
      difference.numbers.length === 0
        ? ''
        : html`<ul>
            ${difference.numbers.map((change) => html`<li>${numberInWords(change, language)}</li>`)}
          </ul>`
    }
    ${difference.clauses.map(
      ({ heading, change, before, after }) =>
        html`<section class="flow-s">
          <h3>${heading} <small class="dim">${say(`versions.${change}`)}</small></h3>
          ${Array.from({ length: Math.max(before.length, after.length) }, (_, i) => [
            before[i] === undefined ? '' : html`<p><del>${before[i]}</del></p>`,
            after[i] === undefined ? '' : html`<p><ins>${after[i]}</ins></p>`,
          ])}
        </section>`,
    )}
  </section>`
}

const isEmpty = ({ numbers, clauses }: Difference): boolean => numbers.length === 0 && clauses.length === 0
