import { html } from 'hono/html'
import type { ResetView } from '../../../protocols/http/index.ts'
import type { Language } from '../languages.ts'
import { gatePage, type Markup } from '../layout.ts'
import { sayIn } from '../texts.ts'
import { addressField, codeForm, faultIn, newPassword, note, proofOfWork } from './form.ts'

type ViewOf<Step> = Extract<ResetView, { step: Step }>

const PLACE = 'reset'

/** A new password, one step at a time. Nothing in it tells whether an address exists. */
export function resetPage(language: Language, host: string, view: ResetView): Markup {
  const say = sayIn(language)
  const hasFault = view.faults.some((fault) => fault !== 'code.resent')
  const title = hasFault ? `${say('form.check')}: ${say('reset.title')}` : say('reset.title')
  return gatePage(
    { language, title, description: say('reset.description', { host }), place: PLACE },
    html`<form class="gatebox" method="post" action="/${language}/${PLACE}">
      <div class="flow-l">${shown(view, language, host)}</div>
    </form>`,
  )
}

function shown(view: ResetView, language: Language, host: string): Markup {
  if (view.step === 'address') return addressForm(view, language, host)
  if (view.step === 'password') return passwordForm(view, language)
  if (view.step === 'waiting') return waiting(view, language)
  return codeForm(view, language, PLACE, sayIn(language)('reset.sent'))
}

function addressForm(view: ViewOf<'address'>, language: Language, host: string): Markup {
  const say = sayIn(language)
  return html`<div class="flow-s">
      <h1>${say('reset.title')}</h1>
      <p class="dim host">${host}</p>
    </div>
    ${note(faultIn('over', view.faults, say), 'bad')}
    <input type="hidden" name="step" value="address" />
    ${addressField(view, { name: 'address', label: 'reset.address', hint: 'reset.address.hint', autocomplete: 'username' }, say)}
    ${proofOfWork(view, say)}
    <button class="btn primary big">${say('form.sendCode')}</button>
    <p class="small dim">${say('reset.none')}</p>
    <p class="small"><a href="/${language}/sign-in">${say('reset.back')}</a></p>`
}

function passwordForm({ token, choices, chosen, faults }: ViewOf<'password'>, language: Language): Markup {
  const say = sayIn(language)
  const [only] = choices
  return html`<div class="flow-s">
      <h1>${say('reset.title')}</h1>
      <p class="dim">${say('reset.ends')}</p>
    </div>
    <input type="hidden" name="token" value="${token}" />
    <div class="field">
      <label for="account">${say('reset.account')}</label>
      ${
        choices.length === 1
          ? html`<input type="hidden" name="account" value="${String(only?.accountId)}" />
              <input class="input big" id="account" autocomplete="username" value="${only?.address ?? ''}" readonly />`
          : html`<select class="select big" id="account" name="account">
              ${choices.map(
                ({ accountId, address }) =>
                  html`<option value="${String(accountId)}" ${accountId === chosen ? html` selected` : ''}>
                    ${address}
                  </option>`,
              )}
            </select>`
      }
    </div>
    ${newPassword('reset.password', faults, say)}
    <button class="btn primary big" name="step" value="password">${say('reset.submit')}</button>
    ${note(faultIn('lost', faults, say) ?? faultIn('factor', faults, say), 'bad')}
    <div class="small dim flow-s">
      <p>${say('reset.lost.lead')}</p>
      <p><button class="link" name="step" value="lost" formnovalidate>${say('reset.lost')}</button></p>
    </div>`
}

function waiting({ readyAt, timeZone }: ViewOf<'waiting'>, language: Language): Markup {
  const say = sayIn(language)
  const time = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'short', timeZone }).format(readyAt)
  return html`<div class="flow-s">
      <h1>${say('recovery.waits')}</h1>
      <p>${say('recovery.waits.until', { time })}</p>
      <p class="dim">${say('recovery.waits.more')}</p>
    </div>
    <p class="small"><a href="/${language}/sign-in">${say('reset.back')}</a></p>`
}
