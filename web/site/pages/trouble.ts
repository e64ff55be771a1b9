import { html } from 'hono/html'
import type { Language } from '../languages.ts'
import { gatePage, type Markup } from '../layout.ts'
import { sayIn } from '../texts.ts'

/** There is nothing at this address. */
export function missingPage(language: Language): Markup {
  const say = sayIn(language)
  return troublePage(
    language,
    say('missing.title'),
    say('missing.text'),
    html`<a class="btn primary" href="/${language}/">${say('page.home')}</a>`,
  )
}

/** The server could not make the page. */
export function failedPage(language: Language): Markup {
  const say = sayIn(language)
  // An empty address is that of this page: nothing of what was asked for has to be repeated in it.
  return troublePage(
    language,
    say('failed.title'),
    say('failed.text'),
    html`<a class="btn primary" href="">${say('failed.again')}</a>`,
  )
}

function troublePage(language: Language, title: string, text: string, wayOn: Markup): Markup {
  return gatePage(
    { language, title, description: text, place: undefined },
    html`<div class="gatebox flow">
      <h1>${title}</h1>
      <p>${text}</p>
      <p>${wayOn}</p>
    </div>`,
  )
}
