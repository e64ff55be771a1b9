import { html } from 'hono/html'
import { documentText, type DocumentName, type Operator } from '../../../policy/index.ts'
import type { EvidenceByName } from '../../../trust/evidence/index.ts'
import type { Language } from '../languages.ts'
import { publicPage, type Markup } from '../layout.ts'
import { dayInWords, sayIn } from '../texts.ts'
import { evidenceBeside, evidenceSummary } from './evidence.ts'

/** The policy or the terms in the version in force, clause by clause, beside each what shows that it is kept. */
export function documentPage(
  name: DocumentName,
  language: Language,
  operator: Operator,
  evidence: EvidenceByName,
  isSignedIn: boolean,
): Markup {
  const say = sayIn(language)
  const { title, clauses, version, date } = documentText(name, language, operator)
  const day = dayInWords(language, new Date(date))
  const description = say(`document.${name}`, { host: operator.host })
  return publicPage(
    { language, title, description, place: name },
    isSignedIn,
    html`<header class="pub-t">
        <div class="flow-s">
          <h1>${title}</h1>
          <p class="lead">${description}</p>
          <p class="small dim">${say('document.version', { version: String(version), day })}</p>
        </div>
        ${evidenceSummary(clauses, language, evidence)}
      </header>
      ${clauses.map(
        (clause, i) =>
          html`<section class="clause">
            <span class="no" aria-hidden="true">${String(i + 1)}</span>
            <div class="txt flow">
              <h2>${clause.heading}</h2>
              ${clause.paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
            </div>
            ${evidenceBeside(clause, language, evidence)}
          </section>`,
      )}`,
  )
}
