import { html } from 'hono/html'
import type { RecoveryView } from '../../../protocols/http/index.ts'
import type { Language } from '../languages.ts'
import { gatePage, type Markup } from '../layout.ts'
import { sayIn, type Say } from '../texts.ts'
import { newPassword } from './form.ts'

const PLACE = 'recovery'

/** What the links of the letters about a way back in lead to. */
export function recoveryPage(language: Language, host: string, view: RecoveryView): Markup {
  const say = sayIn(language)
  const title = view.faults.length > 0 ? `${say('form.check')}: ${say('recovery.title')}` : say('recovery.title')
  return gatePage(
    { language, title, description: say('recovery.description', { host }), place: PLACE },
    html`<form class="gatebox" method="post" action="/${language}/${PLACE}">
      <div class="flow-l">
        ${shown(view, host, say)}
        <p class="small"><a href="/${language}/sign-in">${say('reset.back')}</a></p>
      </div>
    </form>`,
  )
}

const heading = (title: string, text: string): Markup =>
  html`<div class="flow-s">
    <h1>${title}</h1>
    <p class="dim">${text}</p>
  </div>`

function shown(view: RecoveryView, host: string, say: Say): Markup {
  if (view.step === 'over' || view.step === 'stopped')
    return heading(say(`recovery.${view.step}`), say(`recovery.${view.step}.more`))
  if (view.step === 'stop')
    return html`${heading(say('recovery.title'), host)}
      <p>${say('recovery.stop.lead')}</p>
      <input type="hidden" name="token" value="${view.token}" />
      <button class="btn primary big" name="step" value="stop">${say('recovery.stop')}</button>`
  return html`${heading(say('recovery.title'), say('recovery.set.lead'))}
    <input type="hidden" name="token" value="${view.token}" />
    <div class="field">
      <label for="account">${say('reset.account')}</label>
      <input class="input big" id="account" autocomplete="username" value="${view.address}" readonly />
    </div>
    ${newPassword('reset.password', view.faults, say)}
    <button class="btn primary big" name="step" value="set">${say('reset.submit')}</button>`
}
