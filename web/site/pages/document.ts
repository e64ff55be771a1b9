import { html } from 'hono/html'
import { documentText, type Clause, type Operator, type Version } from '../../../policy/index.ts'
import { now } from '../../../system/index.ts'
import type { EvidenceByName } from '../../../trust/evidence/index.ts'
import { icon } from '../icons.ts'
import type { Language } from '../languages.ts'
import { publicPage, type Markup } from '../layout.ts'
import { dayInWords, sayIn } from '../texts.ts'
import { evidenceBeside, evidenceSummary } from './evidence.ts'

/**
 * The policy or the terms in the version in force, clause by clause, beside each what shows that it is kept.
 * @param versions  all, the newest first
 */
export function documentPage(
  versions: readonly Version[],
  language: Language,
  operator: Operator,
  evidence: EvidenceByName,
  isSignedIn: boolean,
): Markup {
  const say = sayIn(language)
  const inForce = versions.find(({ from }) => from <= now()) ?? (versions.at(-1) as Version)
  const { document: name } = inForce
  const toCome = versions.filter(({ version }) => version > inForce.version)
  const { title, clauses, version, from } = documentText(inForce, language, operator)
  const description = say(`document.${name}`, { host: operator.host })
  const path = `/${language}/${name}/versions`
  return publicPage(
    { language, title, description, place: name },
    isSignedIn,
    html`<header class="pub-t">
        <div class="flow-s">
          <h1>${title}</h1>
          <p class="lead">${description}</p>
          <p class="small dim">
            ${say('document.version', { version: String(version), day: dayInWords(language, from) })}
            <a href="${path}">${say('versions.all')}</a>
          </p>
        </div>
        ${evidenceSummary(clauses, language, evidence)}
      </header>
      ${toCome.map(
        (next) =>
          html`<p class="note announced">
            ${icon('info')}
            <span
              >${say('versions.announced', { version: String(next.version), day: dayInWords(language, next.from) })}
              <a href="${path}/${String(next.version)}">${say('versions.whatChanges')}</a></span
            >
          </p>`,
      )}
      ${clausesOf(clauses, (clause) => evidenceBeside(clause, language, evidence))}`,
  )
}

/** Clauses with their numbers, and what stands beside each. */
export const clausesOf = (clauses: readonly Clause[], beside: (clause: Clause) => Markup): Markup =>
  html`${clauses.map(
    (clause, i) =>
      html`<section class="clause">
        <span class="no" aria-hidden="true">${String(i + 1)}</span>
        <div class="txt flow">
          <h2>${clause.heading}</h2>
          ${clause.paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
        </div>
        ${beside(clause)}
      </section>`,
  )}`
