import { html } from 'hono/html'
import type { StaffRole } from '../../policy/index.ts'
import type { Signed } from '../../trust/desk/index.ts'
import { icon } from '../site/icons.ts'
import type { Language } from '../site/languages.ts'
import { languageNames, languages } from '../site/languages.ts'
import { mark, stylesheet } from './assets.ts'
import { sayIn, type TextKey } from './texts.ts'

export type Markup = ReturnType<typeof html>

/** What of the desk each role sees in its head. */
const AREAS: readonly { path: string; roles: readonly StaffRole[]; text: TextKey }[] = [
  { path: '/cases', roles: ['legal'], text: 'area.legal' },
  { path: '/tickets', roles: ['support'], text: 'area.tickets' },
  { path: '/abuse', roles: ['abuse'], text: 'area.abuse' },
  { path: '/account', roles: ['abuse', 'finance'], text: 'area.account' },
  { path: '/health', roles: ['operations'], text: 'area.health' },
  { path: '/reports', roles: ['operations'], text: 'area.reports' },
  { path: '/domains', roles: ['operations'], text: 'area.domains' },
]

export interface PageHead {
  language: Language
  title: string
  /** After the language; for the other languages and the area that is marked. */
  path: string
}

/** A page for whoever is signed in: its areas above, the page below. */
export function deskPage({ language, title, path }: PageHead, signed: Signed | undefined, main: Markup): Markup {
  const say = sayIn(language)
  const areas = AREAS.filter(({ roles }) => roles.some((role) => signed?.roles.includes(role) === true))
  return whole(
    language,
    title,
    html`<a class="skip" href="#main">${say('page.skip')}</a>
      <div class="staff">
        <header class="staff-top">
          <a class="brand" href="/${language}/">${icon('mark', 'mark')}Zegel <span>${say('page.desk')}</span></a>
          <nav aria-label="${say('page.areas')}">
            ${areas.map(
              (area) =>
                html`<a href="/${language}${area.path}" ${path.startsWith(area.path) ? html`aria-current="page"` : ''}
                  >${say(area.text)}</a
                >`,
            )}
          </nav>
          <span class="end"></span>
          ${languageLinks(language, path)}
          ${
            signed === undefined
              ? ''
              : html`<a href="/${language}/me">${signed.name}</a>
                  <form method="post" action="/${language}/sign-out">
                    <button class="btn quiet small">${say('signOut')}</button>
                  </form>`
          }
        </header>
        <main id="main">${main}</main>
        <footer class="staff-foot">${icon('eye', 'i s')} ${say('page.recorded')}</footer>
      </div>`,
  )
}

/** A page before anybody is signed in: a box in the middle. */
export function gatePage({ language, title, path }: PageHead, main: Markup): Markup {
  const say = sayIn(language)
  return whole(
    language,
    title,
    html`<div class="gate">
      <header>
        <span class="brand">${icon('mark', 'mark')}Zegel ${say('page.desk')}</span><span class="end"></span>
        ${languageLinks(language, path)}
      </header>
      <main>${main}</main>
      <footer><span>${say('page.recorded')}</span></footer>
    </div>`,
  )
}

const languageLinks = (language: Language, path: string): Markup =>
  html`<span class="staff-languages"
    >${languages.map((other) =>
      other === language
        ? ''
        : html`<a href="/${other}${path}" hreflang="${other}" lang="${other}" title="${languageNames[other]}"
            >${other.toUpperCase()}</a
          >`,
    )}</span
  >`

const whole = (language: Language, title: string, body: Markup): Markup =>
  html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Zegel</title>
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        <link rel="stylesheet" href="${stylesheet.path}" />
        <link rel="icon" type="image/svg+xml" href="${mark.path}" />
      </head>
      <body>
        ${body}
      </body>
    </html>`
