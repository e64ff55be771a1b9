import { html } from 'hono/html'
import { mainFont, mark, stylesheet } from './assets.ts'
import { icon } from './icons.ts'
import { languageNames, languages, type Language } from './languages.ts'
import { sayIn, type Say } from './texts.ts'

/** Markup whose parts are escaped: what `html` gives. */
export type Markup = ReturnType<typeof html>

/** What a page says about itself to browsers, search engines and the other languages. */
export interface PageHead {
  readonly language: Language
  readonly title: string
  readonly description: string
  /** The part of the path after the language, the same in all four; undefined for a page that has no place of its own. */
  readonly place: string | undefined
}

/** The frame of a page that is read: header, text over the full width, footer. */
export function publicPage(head: PageHead, isSignedIn: boolean, main: Markup): Markup {
  const say = sayIn(head.language)
  return wholeDocument(
    head,
    html`<body class="pub">
      <a class="skip" href="#main">${say('page.skip')}</a>
      <header class="pub-h">
        <div class="pub-w">
          ${brand(head.language)}<span class="end"></span
          >${languageMenu(head, say)}${wayIn(head.language, isSignedIn, 'btn quiet')}
        </div>
      </header>
      <main id="main" class="pub-w">${main}</main>
      <footer class="pub-f">
        <div class="pub-w">
          <div class="flow-s">
            ${brand(head.language)}
            <p>${say('page.licence')}</p>
            <p class="dim3">${say('page.quiet')}</p>
            <p class="ways">${documentLinks(head.language, say)}</p>
          </div>
        </div>
      </footer>
    </body>`,
  )
}

/** The frame of a page with one thing to do or to know: a box in the middle. */
export function gatePage(head: PageHead, main: Markup): Markup {
  const say = sayIn(head.language)
  return wholeDocument(
    head,
    html`<body>
      <div class="gate">
        <header>${brand(head.language)}<span class="end"></span>${languageMenu(head, say)}</header>
        <main>${main}</main>
        <footer>
          <a href="/${head.language}/">${say('page.home')}</a>${documentLinks(head.language, say)}<span
            >${say('page.quiet')}</span
          >
        </footer>
      </div>
    </body>`,
  )
}

const documentLinks = (language: Language, say: Say): Markup =>
  html`<a href="/${language}/policy">${say('page.policy')}</a> <a href="/${language}/terms">${say('page.terms')}</a>
    <a href="/${language}/canary">${say('page.canary')}</a>
    <a href="/${language}/transparency">${say('page.report')}</a>`

/** The link to sign in, or to the mail of somebody who has done so. */
export function wayIn(language: Language, isSignedIn: boolean, classes: string): Markup {
  const say = sayIn(language)
  return isSignedIn
    ? html`<a class="${classes}" href="/app/">${say('page.openMail')}</a>`
    : html`<a class="${classes}" href="/${language}/sign-in">${say('page.signIn')}</a>`
}

function wholeDocument(head: PageHead, body: Markup): Markup {
  return html`<!doctype html>
    <html lang="${head.language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${head.title} · Zegel</title>
        <meta name="description" content="${head.description}" />
        <meta name="color-scheme" content="light dark" />
        <link rel="preload" as="font" type="font/woff2" crossorigin href="${mainFont.path}" />
        <link rel="stylesheet" href="${stylesheet.path}" />
        <link rel="icon" type="image/svg+xml" href="${mark.path}" />
        ${addresses(head)}
      </head>
      ${body}
    </html>`
}

/** Relative to the origin: which name and port the world sees, only what stands before this server knows. */
function addresses({ language, place }: PageHead): Markup {
  if (place === undefined) return html`<meta name="robots" content="noindex" />`
  return html`<link rel="canonical" href="/${language}/${place}" />
    ${languages.map((other) => html`<link rel="alternate" hreflang="${other}" href="/${other}/${place}" />`)}
    <link rel="alternate" hreflang="x-default" href="${place === '' ? '/' : `/en/${place}`}" />`
}

function brand(language: Language): Markup {
  return html`<a class="brand" href="/${language}/">${icon('mark', 'mark')}Zegel</a>`
}

/** The same page in the other languages. A disclosure rather than a menu: it opens without a script. */
function languageMenu({ language, place = '' }: PageHead, say: Say): Markup {
  return html`<details class="languages">
    <summary class="fact">
      ${icon('languages')}<span class="vh">${say('page.language')}</span> ${languageNames[language]}
      ${icon('chevron-down', 'i chev')}
    </summary>
    <ul>
      ${languages.map(
        (other) =>
          html`<li>
            <a
              href="/${other}/${place}"
              lang="${other}"
              hreflang="${other}"
              ${other === language ? html` aria-current="true"` : ''}
              >${languageNames[other]}</a
            >
          </li>`,
      )}
    </ul>
  </details>`
}
