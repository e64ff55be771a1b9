import { html } from 'hono/html'
import { documentNames } from '../../../policy/index.ts'
import type { SignUpView } from '../../../protocols/http/index.ts'
import { icon } from '../icons.ts'
import { languageNames, languages, type Language } from '../languages.ts'
import { gatePage, type Markup } from '../layout.ts'
import { sayIn, type Say } from '../texts.ts'
import {
  addressField,
  codeForm,
  documentLink,
  faultIn,
  faultLine,
  marks,
  newPassword,
  note,
  proofOfWork,
  sayWith,
} from './form.ts'

type ViewOf<Step> = Extract<SignUpView, { step: Step }>

const PLACE = 'sign-up'
const STEPS = ['address', 'code', 'account'] as const

/** Opening an account, one step at a time. Each form is posted to the page's own address with the name of its step. */
export function signUpPage(language: Language, host: string, view: SignUpView): Markup {
  const say = sayIn(language)
  const hasFault = 'faults' in view && view.faults.some((fault) => fault !== 'code.resent')
  const title = hasFault ? `${say('form.check')}: ${say('signUp.title')}` : say('signUp.title')
  const head = { language, title, description: say('signUp.description', { host }), place: PLACE }
  if (view.step === 'closed') return gatePage(head, closed(language, say))
  return gatePage(
    head,
    html`<form class="gatebox" method="post" action="/${language}/${PLACE}">
      ${stepList(view.step, say)}
      <div class="flow-l">${shown(view, language, host)}</div>
    </form>`,
  )
}

function shown(view: Exclude<SignUpView, { step: 'closed' }>, language: Language, host: string): Markup {
  const say = sayIn(language)
  if (view.step === 'address') return addressForm(view, language, host)
  if (view.step === 'account') return accountForm(view, language)
  const to = html`<b class="wrap">${view.to ?? ''}</b>`
  return codeForm(view, language, PLACE, sayWith(say, 'code.lead', { to }))
}

function closed(language: Language, say: Say): Markup {
  return html`<div class="gatebox flow">
    <h1>${say('signUp.title')}</h1>
    <p>${say('home.accounts')}</p>
    <p><a class="btn primary" href="/${language}/sign-in">${say('signIn.title')}</a></p>
  </div>`
}

function stepList(current: (typeof STEPS)[number], say: Say): Markup {
  const at = STEPS.indexOf(current)
  return html`<ol class="steps" aria-label="${say('signUp.steps')}">
    ${STEPS.map((step, i) =>
      i === at
        ? html`<li aria-current="step">${say(`signUp.step.${step}`)}</li>`
        : html`<li class="${i < at ? 'done' : 'coming'}">${say(`signUp.step.${step}`)}</li>`,
    )}
  </ol>`
}

function addressForm(view: ViewOf<'address'>, language: Language, host: string): Markup {
  const say = sayIn(language)
  return html`<div class="flow-s">
      <h1>${say('signUp.title')}</h1>
      <p class="dim host">${say('signUp.lead', { host })}</p>
    </div>
    ${note(faultIn('over', view.faults, say), 'bad')}
    <input type="hidden" name="step" value="address" />
    ${addressField(view, { name: 'external', label: 'signUp.external', hint: 'signUp.external.hint', autocomplete: 'email' }, say)}
    ${proofOfWork(view, say)}
    <button class="btn primary big">${say('form.sendCode')}</button>
    <p class="small dim">${say('signUp.forget')}</p>
    <p class="small dim">${say('signUp.known')} <a href="/${language}/sign-in">${say('signIn.title')}</a></p>`
}

function accountForm(view: ViewOf<'account'>, language: Language): Markup {
  const say = sayIn(language)
  const { domains, typed, versions, faults } = view
  const name = faultIn('name', faults, say)
  const consent = faultIn('consent', faults, say)
  const isFirst = (fault: string | undefined, before: (string | undefined)[]): Markup =>
    fault !== undefined && before.every((one) => one === undefined) ? html`autofocus` : html``
  return html`<div class="flow-s">
      <h1>${say('account.title')}</h1>
      <p class="good small proven">
        ${icon('check', 'i s')}<span class="wrap">${say('account.proven', { external: view.external })}</span>
      </p>
    </div>
    ${note(faultIn('external', faults, say), 'bad')}
    <input type="hidden" name="step" value="account" />
    <input type="hidden" name="token" value="${view.token}" />
    ${documentNames.map(
      (document) => html`<input type="hidden" name="${document}" value="${String(versions[document])}" />`,
    )}
    <div class="field">
      <label for="name">${say('account.name')}</label>
      <div class="affix">
        <input
          class="input big"
          id="name"
          name="name"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          maxlength="40"
          required
          value="${typed.name}"
          ${name === undefined && faults.length > 0 ? '' : html`autofocus`}
          ${marks(name, 'name', 'name-hint')}
        />
        ${domains.length === 1 ? html`<span>@${domains[0] ?? ''}</span>` : ''}
      </div>
      ${domains.length === 1 ? html`<input type="hidden" name="domain" value="${domains[0] ?? ''}" />` : ''}
      <span class="hint" id="name-hint">${say('account.name.hint')}</span>
      ${faultLine(name, 'name')}
    </div>
    ${domains.length === 1 ? '' : domainField(domains, typed.domain, say)}
    ${newPassword('account.password', faults, say)}
    <div class="field">
      <label for="language">${say('account.language')}</label>
      <select class="select big" id="language" name="language">
        ${languages.map(
          (one) =>
            html`<option value="${one}" lang="${one}" ${one === typed.language ? html` selected` : ''}>
              ${languageNames[one]}
            </option>`,
        )}
      </select>
    </div>
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          name="agreed"
          required
          ${isFirst(consent, [name, faultIn('password', faults, say)])}
          ${marks(consent, 'consent')}
        />
        <span
          >${sayWith(say, 'account.agree', {
            terms: documentLink('terms', language, versions),
            policy: documentLink('policy', language, versions),
          })}</span
        >
      </label>
      ${faultLine(consent, 'consent')}
    </div>
    <button class="btn primary big">${say('signUp.title')}</button>`
}

function domainField(domains: readonly string[], chosen: string, say: Say): Markup {
  return html`<div class="field">
    <label for="domain">${say('account.domain')}</label>
    <select class="select big" id="domain" name="domain">
      ${domains.map((one) => html`<option value="${one}" ${one === chosen ? html` selected` : ''}>@${one}</option>`)}
    </select>
  </div>`
}
