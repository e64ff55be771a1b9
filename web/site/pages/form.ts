import { html } from 'hono/html'
import type { DocumentName, Versions } from '../../../policy/index.ts'
import type { AddressStep, CodeStep } from '../../../protocols/http/index.ts'
import { challengeScript, challengeWorker, passwordStrength, showPassword } from '../assets.ts'
import { icon } from '../icons.ts'
import type { Language } from '../languages.ts'
import { durationInWords, isTextKey, sayIn, type Say, type TextKey } from '../texts.ts'
import type { Markup } from '../layout.ts'

/** What is wrong with a field, in words; undefined when nothing is, or nothing that we know. */
export function faultIn(field: string, faults: readonly string[], say: Say): string | undefined {
  const keys = faults
    .filter((fault) => fault === field || fault.startsWith(`${field}.`))
    .map((fault) => `error.${fault}`)
  const key = keys.find(isTextKey)
  return key === undefined ? undefined : say(key)
}

/** Attributes of a field at fault. */
export const marks = (fault: string | undefined, name: string, hint?: string): Markup => {
  const described = [fault === undefined ? undefined : `${name}-fault`, hint].filter((id) => id !== undefined).join(' ')
  return html`${fault === undefined ? '' : html` aria-invalid="true"`}${described === '' ? '' : html` aria-describedby="${described}"`}`
}

/** What is wrong, below its field. */
export const faultLine = (fault: string | undefined, name: string): Markup =>
  fault === undefined ? html`` : html`<p class="err" id="${name}-fault">${icon('circle-alert', 'i s')}${fault}</p>`

/** Something to know before the form, or what is wrong with no field of it. */
export const note = (text: string | undefined, kind: '' | 'bad' = ''): Markup =>
  text === undefined
    ? html``
    : html`<div class="note ${kind}" role="status">
        ${icon(kind === 'bad' ? 'circle-alert' : 'info')}
        <p>${text}</p>
      </div>`

/** The field of the first step, for a mail address. */
export function addressField(
  { typed, faults }: AddressStep,
  {
    name,
    label,
    hint,
    autocomplete,
  }: { name: string; label: TextKey; hint: TextKey; autocomplete: 'email' | 'username' },
  say: Say,
): Markup {
  const fault = faultIn(name, faults, say)
  return html`<div class="field">
    <label for="${name}">${say(label)}</label>
    <input
      class="input big"
      id="${name}"
      name="${name}"
      type="email"
      autocomplete="${autocomplete}"
      autocapitalize="none"
      spellcheck="false"
      maxlength="254"
      required
      autofocus
      value="${typed}"
      ${marks(fault, name, `${name}-hint`)}
    />
    <span class="hint" id="${name}-hint">${say(hint)}</span>
    ${faultLine(fault, name)}
  </div>`
}

/** The task for the visitor's browser, with its script; said in words, and why, where there is no script. */
export function proofOfWork({ challenge, faults }: AddressStep, say: Say): Markup {
  const fault = faultIn('proof', faults, say)
  return html`<input type="hidden" name="proof" value="" />
    <div
      class="proof"
      hidden
      data-challenge="${challenge.challenge}"
      data-most="${String(challenge.most)}"
      data-worker="${challengeWorker.path}"
      data-working="${say('proof.working')}"
      data-waiting="${say('proof.waiting')}"
      data-done="${say('proof.done')}"
      data-failed="${say('proof.failed')}"
    >
      <p class="small dim" role="status"></p>
      <progress max="${String(challenge.most)}" value="0" aria-label="${say('proof.progress')}"></progress>
    </div>
    ${faultLine(fault, 'proof')}
    <noscript>
      <div class="note">
        ${icon('info')}
        <p>${say('proof.noscript')}</p>
      </div>
    </noscript>
    <script type="module" src="${challengeScript.path}"></script>`
}

/** The field for a code of digits. @param isNeeded  whether the form goes nowhere without it */
export const codeField = (
  fault: string | undefined,
  { label, hint, isNeeded }: { label: string; hint: string; isNeeded: boolean },
): Markup =>
  html`<div class="field">
    <label for="code">${label}</label>
    <input
      class="input big mono code"
      id="code"
      name="code"
      inputmode="numeric"
      autocomplete="one-time-code"
      maxlength="20"
      ${isNeeded ? html`required` : ''}
      autofocus
      ${marks(fault, 'code', 'code-hint')}
    />
    <span class="hint" id="code-hint">${hint}</span>
    ${faultLine(fault, 'code')}
  </div>`

/** The form for the code that was mailed. Two buttons, one form: the token stands in it once. */
export function codeForm(
  view: CodeStep,
  language: Language,
  place: 'sign-up' | 'reset',
  lead: Markup | string,
): Markup {
  const say = sayIn(language)
  const fault = faultIn(
    'code',
    view.faults.filter((one) => one !== 'code.resent'),
    say,
  )
  const isResent = view.faults.includes('code.resent')
  const restart = html`<a href="/${language}/${place}">${say('code.restart')}</a>`
  return html`<div class="flow-s">
      <h1>${say('code.title')}</h1>
      <p class="dim">${lead}</p>
    </div>
    ${note(isResent ? say('code.resent') : undefined)}
    <input type="hidden" name="token" value="${view.token}" />
    ${codeField(fault, {
      label: say('code.label'),
      hint:
        view.minutesLeft === 0
          ? say('error.code.expired')
          : say('code.valid', { time: durationInWords(language, view.minutesLeft * 60) }),
      isNeeded: true,
    })}
    <button class="btn primary big" name="step" value="code">${say('form.next')}</button>
    <div class="small dim flow-s">
      <p>${say('code.missing')}</p>
      ${
        view.codesLeft === 0
          ? html`<p>${restart}</p>`
          : html`<p>
              <button class="link" name="step" value="resend" formnovalidate>${say('code.again')}</button>
              ${say('code.left', { count: String(view.codesLeft) })} · ${restart}
            </p>`
      }
    </div>`
}

/** A field for a new password, which can be read while it is typed, and says how hard it is to guess. */
export function newPassword(label: TextKey, faults: readonly string[], say: Say): Markup {
  const fault = faultIn('password', faults, say)
  return html`<div class="field">
      <label for="password">${say(label)}</label>
      <div class="with-button">
        <input
          class="input big"
          id="password"
          name="password"
          type="password"
          autocomplete="new-password"
          minlength="8"
          required
          ${fault === undefined ? '' : html`autofocus`}
          ${marks(fault, 'password', 'password-hint')}
        />
        ${showButton(say)}
      </div>
      <span class="hint" id="password-hint">${say('password.hint')}</span>
      <span
        class="hint"
        id="password-strength"
        role="status"
        data-weak="${say('password.weak')}"
        data-fair="${say('password.fair')}"
        data-good="${say('password.good')}"
      ></span>
      ${faultLine(fault, 'password')}
    </div>
    <script type="module" src="${showPassword.path}"></script>
    <script type="module" src="${passwordStrength.path}"></script>`
}

/** The address by which somebody signs in, which a password manager fills in. */
export const signInAddress = (
  { typed, state = '' }: { typed: string; /** Attributes of a field at fault. */ state?: Markup | string },
  say: Say,
): Markup =>
  html`<div class="field">
    <label for="address">${say('signIn.address')}</label>
    <input
      class="input big"
      id="address"
      name="address"
      inputmode="email"
      autocomplete="username"
      autocapitalize="none"
      spellcheck="false"
      maxlength="320"
      required
      value="${typed}"
      ${typed === '' ? html`autofocus` : ''}${state}
    />
  </div>`

/** The password by which somebody signs in; it can be read while it is typed. @param fault  what is wrong, below it */
export const signInPassword = (
  { state, fault }: { /** Attributes of a field at fault. */ state: Markup | string; fault: Markup | string },
  say: Say,
): Markup =>
  html`<div class="field">
      <label for="password">${say('signIn.password')}</label>
      <div class="with-button">
        <input
          class="input big"
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          maxlength="1024"
          required
          ${state}
        />
        ${showButton(say)}
      </div>
      ${fault}
    </div>
    <script type="module" src="${showPassword.path}"></script>`

/** Whether this is a computer of others, too. */
export const sharedBox = (isChecked: boolean, say: Say): Markup =>
  html`<label class="check">
    <input type="checkbox" name="shared" ${isChecked ? html`checked` : ''} />
    <span>${say('signIn.shared')}<small class="dim3">${say('signIn.shared.hint')}</small></span>
  </label>`

/** Shows what is typed into the field `password`; its script makes it visible. */
export const showButton = (say: Say): Markup =>
  html`<button
    class="btn quiet icon"
    id="show-password"
    type="button"
    hidden
    aria-pressed="false"
    aria-label="${say('signIn.show')}"
    title="${say('signIn.show')}"
  >
    ${icon('eye')}
  </button>`

/** In a window of its own, so that what was typed stays. */
export function documentLink(name: DocumentName, language: Language, versions: Versions): Markup {
  const say = sayIn(language)
  const version = String(versions[name])
  return html`<a href="/${language}/${name}" target="_blank">${say(`account.agree.${name}`, { version })}</a>`
}

/** Text with markup in its gaps: a link in a sentence. */
export function sayWith(say: Say, key: TextKey, values: Record<string, Markup | string>): Markup {
  const pieces = say(key).split(/\{(\w+)\}/)
  return html`${pieces.map((piece, i) => (i % 2 === 0 ? piece : (values[piece] ?? '')))}`
}
