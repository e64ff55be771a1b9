import { html } from 'hono/html'
import type { Signed } from '../../../trust/desk/index.ts'
import type { Language } from '../../site/languages.ts'
import { deskPage, type Markup } from '../layout.ts'
import { sayIn } from '../texts.ts'

/** What cannot be shown, and why. */
export function troublePage(
  language: Language,
  what: 'missing' | 'role' | 'unavailable' | 'failed',
  signed: Signed | undefined,
): Markup {
  const say = sayIn(language)
  const title = say(`trouble.${what}.title`)
  return deskPage(
    { language, title, path: '/' },
    signed,
    html`<div class="staff-page narrow flow">
      <h1>${title}</h1>
      <p>${say(`trouble.${what}.text`)}</p>
      <p><a class="btn" href="/${language}/">${say('page.back')}</a></p>
    </div>`,
  )
}
