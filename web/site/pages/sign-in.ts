import { html } from 'hono/html'
import { keepPlace, passkeyScript } from '../assets.ts'
import { icon } from '../icons.ts'
import type { Language } from '../languages.ts'
import { gatePage, type Markup } from '../layout.ts'
import { durationInWords, sayIn, type Say } from '../texts.ts'
import { passkeyButton, passkeyForm } from './factor.ts'
import { note, sharedBox, signInAddress, signInPassword } from './form.ts'

/** What has happened just now, as the address of the page says it; why the last attempt did not succeed. */
export interface SignInNews {
  /** `reset` when a new password has been set, `ended` when the session was over while the app was open, `closed` when the account was closed. */
  readonly done: string | undefined
  readonly error: string | undefined
  /** Seconds, in digits. */
  readonly wait: string | undefined
}

export interface SignInPlace {
  /** Whether to say where the trial's password is found. */
  isTrial: boolean
  /** Whether strangers may open an account. */
  isOpen: boolean
  /** What the browser is asked for a passkey, and the token of that; undefined where it can have none. */
  passkey?: { options: object; token: string } | undefined
}

/**
 * The form to sign in. It is posted to its own address: `address`, `password`, and `shared` (`on`) when this is not the
 * visitor's computer.
 */
export function signInPage(
  language: Language,
  host: string,
  news: SignInNews,
  { isTrial, isOpen, passkey }: SignInPlace,
): Markup {
  const say = sayIn(language)
  const complaint = complaintAbout(news, language, say)
  const title = complaint === undefined ? say('signIn.title') : say('signIn.title.failed')
  const described = complaint === undefined ? '' : html` aria-describedby="complaint"`
  const state = news.error === 'credentials' ? html` aria-invalid="true"${described}` : described
  return gatePage(
    { language, title, description: say('signIn.description', { host }), place: 'sign-in' },
    html`<form class="gatebox" method="post" action="/${language}/sign-in">
        <div class="flow-l">
          <div>
            <h1>${say('signIn.title')}</h1>
            <p class="dim host">${host}</p>
          </div>
          ${note(newsOf(news.done, say))} ${isTrial ? trialNote(say) : ''} ${signInAddress({ typed: '', state }, say)}
          ${signInPassword({ state, fault: complaintLine(complaint) }, say)} ${sharedBox(false, say)}
          <button class="btn primary big">${say('signIn.submit')}</button>
          ${passkey === undefined ? '' : passkeyButton(say, '')}
          <p class="small">
            <a href="/${language}/reset">${say('signIn.forgot')}</a>
            ${isOpen ? html` · <a href="/${language}/sign-up">${say('signUp.title')}</a>` : ''}
          </p>
          ${isOpen ? '' : html`<p class="small dim">${say('home.accounts')}</p>`}
        </div>
      </form>
      <script type="module" src="${keepPlace.path}"></script>
      ${
        passkey === undefined
          ? ''
          : html`${passkeyForm(`/${language}/sign-in/passkey`, passkey.options, { token: passkey.token })}
              <script type="module" src="${passkeyScript.path}"></script>`
      }`,
  )
}

const complaintLine = (complaint: string | undefined): Markup =>
  complaint === undefined ? html`` : html`<p class="err" id="complaint">${icon('circle-alert', 'i s')}${complaint}</p>`

function trialNote(say: Say): Markup {
  return html`<div class="note">
    ${icon('info')}
    <p><b>${say('signIn.trial')}</b> ${say('signIn.trial.where')}</p>
  </div>`
}

function newsOf(done: string | undefined, say: Say): string | undefined {
  if (done === 'reset') return say('signIn.reset')
  if (done === 'closed') return say('signIn.closed')
  return done === 'ended' ? say('signIn.ended') : undefined
}

/** The failure in words; undefined when there was none that we know. */
function complaintAbout({ error, wait }: SignInNews, language: Language, say: Say): string | undefined {
  if (error === 'credentials' || error === 'passkey' || error === 'expired') return say(`signIn.error.${error}`)
  if (error !== 'attempts') return undefined
  // Nobody is made to wait longer than a day; anything else in the address was not written by us.
  const seconds = /^[1-9]\d{0,4}$/.test(wait ?? '') ? Number(wait) : undefined
  if (seconds === undefined) return say('signIn.error.attempts')
  return say('signIn.error.attempts.wait', { wait: durationInWords(language, seconds) })
}
