import { html } from 'hono/html'
import type { ListView } from '../../../protocols/http/index.ts'
import type { Language } from '../languages.ts'
import { gatePage, type Markup } from '../layout.ts'
import { sayIn, type Say } from '../texts.ts'

const PLACE = 'list'

/** What the links of letters of lists lead to. */
export function listPage(language: Language, host: string, view: ListView): Markup {
  const say = sayIn(language)
  return gatePage(
    { language, title: say('list.title'), description: say('list.description', { host }), place: PLACE },
    html`<form class="gatebox" method="post" action="/${language}/${PLACE}">
      <div class="flow-l">${shown(view, say)}</div>
    </form>`,
  )
}

/** What the page explains that List-Help leads to. */
const HELP = ['leave', 'join', 'write'] as const

const heading = (title: string, text: string): Markup =>
  html`<div class="flow-s">
    <h1>${title}</h1>
    <p class="dim">${text}</p>
  </div>`

function shown(view: ListView, say: Say): Markup {
  if (view.step === 'leave' || view.step === 'join')
    return html`${heading(view.name, view.address)}
      <p>${say(`list.${view.step}.lead`)}</p>
      <input type="hidden" name="link" value="${view.link}" />
      <button class="btn primary big" name="step" value="${view.step}">${say(`list.${view.step}`)}</button>`
  if (view.step === 'help')
    return html`${heading(say('list.help'), say('list.help.more'))}
    ${HELP.map(
      (about) =>
        html`<div class="flow-s">
          <h2>${say(`list.help.${about}`)}</h2>
          <p>${say(`list.help.${about}.more`)}</p>
        </div>`,
    )}`
  return heading(say(`list.${view.step}`), say(`list.${view.step}.more`))
}
