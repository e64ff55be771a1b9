import { html } from 'hono/html'
import type { ReopenView } from '../../../protocols/http/index.ts'
import type { Language } from '../languages.ts'
import { gatePage, type Markup } from '../layout.ts'
import { sayIn, type Say } from '../texts.ts'
import {
  documentLink,
  faultIn,
  faultLine,
  marks,
  note,
  sayWith,
  sharedBox,
  signInAddress,
  signInPassword,
} from './form.ts'

type ViewOf<Step> = Extract<ReopenView, { step: Step }>

const PLACE = 'reopen'

/** A closed account is reopened: address and password, then until when, and the password once more. */
export function reopenPage(language: Language, host: string, view: ReopenView): Markup {
  const say = sayIn(language)
  const title = view.faults.length > 0 ? `${say('form.check')}: ${say('reopen.title')}` : say('reopen.title')
  return gatePage(
    { language, title, description: say('reopen.description', { host }), place: PLACE },
    html`<form class="gatebox" method="post" action="/${language}/${PLACE}">
      <div class="flow-l">
        <div class="flow-s">
          <h1>${say('reopen.title')}</h1>
          <p class="dim host">${host}</p>
        </div>
        ${view.step === 'credentials' ? credentialsForm(view, say) : confirmForm(view, language)}
        <p class="small"><a href="/${language}/sign-in">${say('reset.back')}</a></p>
      </div>
    </form>`,
  )
}

function credentialsForm({ typed, isShort, faults }: ViewOf<'credentials'>, say: Say): Markup {
  return html`<p>${say('reopen.lead')}</p>
    <input type="hidden" name="step" value="credentials" />
    ${signInAddress({ typed }, say)} ${passwordField(faults, say)} ${sharedBox(isShort, say)}
    <button class="btn primary big">${say('form.next')}</button>`
}

function confirmForm(view: ViewOf<'confirm'>, language: Language): Markup {
  const say = sayIn(language)
  const { address, faults, timeZone } = view
  const day = (time: Date): string => new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone }).format(time)
  const days = { closed: day(view.closedAt), until: day(view.reopenUntil), erased: day(view.eraseAt) }
  if (view.isOver) return note(say('reopen.over', days), 'bad')
  const consent = faultIn('consent', faults, say)
  return html`<p>${sayWith(say, 'reopen.until', { ...days, until: html`<b>${days.until}</b>` })}</p>
    <p class="dim">${sayThen(view, say, day)}</p>
    <input type="hidden" name="step" value="confirm" />
    ${view.factor === undefined ? '' : html`<input type="hidden" name="factor" value="${view.factor}" />`}
    <div class="field">
      <label for="address">${say('signIn.address')}</label>
      <input class="input big" id="address" name="address" autocomplete="username" value="${address}" readonly />
    </div>
    ${passwordField(faults, say)} ${sharedBox(view.isShort, say)}
    ${
      view.agreeTo !== undefined
        ? html`<input type="hidden" name="policy" value="${String(view.agreeTo.policy)}" />
            <input type="hidden" name="terms" value="${String(view.agreeTo.terms)}" />
            <div class="field">
              <label class="check">
                <input type="checkbox" name="agreed" required ${marks(consent, 'consent')} />
                <span
                  >${sayWith(say, 'account.agree', {
                    terms: documentLink('terms', language, view.agreeTo),
                    policy: documentLink('policy', language, view.agreeTo),
                  })}</span
                >
              </label>
              <span class="hint">${say('reopen.changed')}</span>
              ${faultLine(consent, 'consent')}
            </div>`
        : ''
    }
    <button class="btn primary big">${say('reopen.submit')}</button>
    ${
      view.forwarding?.isOver === false
        ? html`<button class="btn big" name="stop" value="on" formnovalidate>${say('reopen.stop')}</button>`
        : ''
    }`
}

/** What reopening brings back, and what has become of mail meanwhile. */
function sayThen({ forwarding }: ViewOf<'confirm'>, say: Say, day: (time: Date) => string): string {
  if (forwarding === undefined) return say('reopen.then')
  const { to, until, isOver } = forwarding
  return say(isOver ? 'reopen.wasForwarded' : 'reopen.forwarded', { address: to, day: day(until) })
}

function passwordField(faults: readonly string[], say: Say): Markup {
  const fault = faultIn('password', faults, say)
  return signInPassword({ state: marks(fault, 'password'), fault: faultLine(fault, 'password') }, say)
}
