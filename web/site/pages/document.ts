import { html } from 'hono/html'
import { documentText, type DocumentName, type Operator } from '../../../policy/index.ts'
import type { Language } from '../languages.ts'
import { publicPage, type Markup } from '../layout.ts'
import { sayIn } from '../texts.ts'

/** The policy or the terms in the version in force, clause by clause. */
export function documentPage(name: DocumentName, language: Language, operator: Operator, isSignedIn: boolean): Markup {
  const say = sayIn(language)
  const { title, clauses, version, date } = documentText(name, language, operator)
  const day = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'long',
    timeZone: 'UTC',
  }).format(new Date(date))
  const description = say(`document.${name}`, { host: operator.host })
  return publicPage(
    { language, title, description, place: name },
    isSignedIn,
    html`<header class="pub-t">
        <h1>${title}</h1>
        <p class="lead">${description}</p>
        <p class="small dim">${say('document.version', { version: String(version), day })}</p>
      </header>
      ${clauses.map(
        ({ heading, paragraphs }, i) =>
          html`<section class="clause">
            <span class="no" aria-hidden="true">${String(i + 1)}</span>
            <div class="txt flow">
              <h2>${heading}</h2>
              ${paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
            </div>
          </section>`,
      )}`,
  )
}
