import { html } from 'hono/html'
import type { FactorView } from '../../../protocols/http/index.ts'
import { keepPlace, passkeyScript } from '../assets.ts'
import { icon } from '../icons.ts'
import type { Language } from '../languages.ts'
import { gatePage, type Markup } from '../layout.ts'
import { durationInWords, sayIn, type Say } from '../texts.ts'
import { codeField, faultIn, faultLine, marks } from './form.ts'

const PLACE = 'sign-in'

/**
 * What is asked for after the password: a code, which needs no script, or a passkey. Posted to its own address: `step`, `token`,
 * and `code` or `recovery`, or `credential`.
 */
export function factorPage(language: Language, host: string, view: FactorView): Markup {
  const say = sayIn(language)
  const title = view.faults.length > 0 ? say('signIn.title.failed') : say('factor.title')
  const action = `/${language}/sign-in/factor`
  return gatePage(
    { language, title, description: say('signIn.description', { host }), place: PLACE },
    html`<div class="gatebox">
        <div class="flow-l">
          <div class="flow-s">
            <h1>${say('factor.title')}</h1>
            <p class="dim">${say('factor.lead')}</p>
          </div>
          ${view.passkey === undefined ? '' : passkeyButton(say, view.hasTotp ? '' : 'primary', faultIn('passkey', view.faults, say))}
          <form class="flow-l" method="post" action="${action}">
            <input type="hidden" name="step" value="code" />
            <input type="hidden" name="token" value="${view.token}" />
            ${codeFields(view, language, say)}
          </form>
          <p class="small"><a href="/${language}/sign-in">${say('code.restart')}</a></p>
        </div>
      </div>
      <script type="module" src="${keepPlace.path}"></script>
      ${
        view.passkey === undefined
          ? ''
          : html`${passkeyForm(action, view.passkey, { step: 'passkey', token: view.token })}
              <script type="module" src="${passkeyScript.path}"></script>`
      }`,
  )
}

function codeFields(view: FactorView, language: Language, say: Say): Markup {
  const fault = complaint(view, language, say)
  // Where there is no app, the recovery code is all that can be typed.
  const isOpen = !view.hasTotp && view.passkey === undefined
  const recovery = html`<div class="field">
    <label for="recovery">${say('factor.recovery')}</label>
    <input
      class="input big mono"
      id="recovery"
      name="recovery"
      autocomplete="off"
      autocapitalize="none"
      spellcheck="false"
      maxlength="40"
      ${view.hasTotp ? html` aria-describedby="recovery-hint"` : marks(fault, 'recovery', 'recovery-hint')}
    />
    <span class="hint" id="recovery-hint">${say('factor.recovery.hint')}</span>
    ${view.hasTotp ? '' : faultLine(fault, 'recovery')}
  </div>`
  const submit = html`<button class="btn ${view.hasTotp || view.passkey === undefined ? 'primary ' : ''}big">
    ${say('signIn.submit')}
  </button>`
  if (!view.hasTotp)
    return isOpen
      ? html`${recovery} ${submit}`
      : html`<details class="other-way" ${fault === undefined ? '' : html` open`}>
          <summary>${say('factor.lost')}</summary>
          <div class="flow-l">${recovery} ${submit}</div>
        </details>`
  return html`${codeField(fault, { label: say('factor.code'), hint: say('factor.code.hint'), isNeeded: false })}
    ${submit}
    <details class="other-way">
      <summary>${say('factor.lost')}</summary>
      <div class="flow-l">
        ${recovery}
        <button class="btn big">${say('factor.recovery.submit')}</button>
      </div>
    </details>`
}

function complaint({ faults, waitSeconds }: FactorView, language: Language, say: Say): string | undefined {
  if (faults.includes('factor.attempts') && waitSeconds !== undefined)
    return say('error.factor.attempts.wait', { wait: durationInWords(language, waitSeconds) })
  return faultIn('factor', faults, say)
}

/** Hidden until a script has found that the browser has passkeys. */
export const passkeyButton = (say: Say, kind: '' | 'primary', fault?: string): Markup =>
  html`<div class="flow-s" id="passkey-part" hidden>
    <button class="btn ${kind} big" id="use-passkey" type="button">
      ${icon('key-round')} ${say('signIn.passkey')}
    </button>
    <p class="err" id="passkey-said" role="status" data-failed="${say('signIn.passkey.failed')}">${fault ?? ''}</p>
  </div>`

/** What the script fills in and sends. */
export const passkeyForm = (action: string, options: object, fields: Record<string, string>): Markup =>
  html`<form id="passkey" method="post" action="${action}" hidden data-options="${JSON.stringify(options)}">
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <input type="hidden" name="credential" value="" />
  </form>`
