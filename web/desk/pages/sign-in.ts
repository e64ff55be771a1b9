import { html } from 'hono/html'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import type { StaffFactorChoices } from '../../../trust/staff/index.ts'
import { passkeyButton, passkeyForm } from '../../site/pages/factor.ts'
import { sayIn as siteSay } from '../../site/texts.ts'
import { passkeyScript } from '../assets.ts'
import { faultNote, faultOf, textField, type Declined } from '../form.ts'
import { gatePage, type Markup } from '../layout.ts'
import { sayIn } from '../texts.ts'

const signIn: DeskPage = {
  path: '/sign-in',
  async show(visit) {
    return passwordForm(visit)
  },
  async take(visit) {
    const { network, origin } = visit
    const given = { login: visit.field('login'), password: visit.field('password'), network, origin }
    const next = await visit.attempt<StaffFactorChoices>('signIn.password', given)
    return next.refused === undefined ? factorForm(visit, next.told) : passwordForm(visit, next)
  },
}

/** Reached from the password alone. */
const factor: DeskPage = {
  path: '/sign-in/factor',
  async show() {
    return { to: '/sign-in' }
  },
  async take(visit) {
    const { network, origin } = visit
    const token = visit.field('token')
    const credential = visit.field('credential')
    const next = await visit.attempt<{ session: string }>('signIn.factor', {
      token,
      network,
      origin,
      ...(credential === '' ? { code: visit.field('code') } : { credential }),
    })
    if (next.refused === undefined) return { to: '/', session: next.told.session }
    return next.refused === 'expired'
      ? passwordForm(visit, next)
      : factorForm(visit, { token, passkey: undefined }, next)
  },
}

const signOut: DeskPage = {
  path: '/sign-out',
  async show() {
    return { to: '/' }
  },
  async take(visit) {
    await visit.ask('signOut')
    return { to: '/sign-in', session: null }
  },
}

export const signInPages: readonly DeskPage[] = [signIn, factor, signOut]

function passwordForm({ language, field }: Visit, declined?: Declined): Markup {
  const say = sayIn(language)
  return gatePage(
    { language, title: say('signIn.title'), path: '/sign-in' },
    html`<form class="gatebox flow-l" method="post" action="/${language}/sign-in">
      <h1>${say('signIn.title')}</h1>
      ${faultNote(declined && faultOf('signIn', declined, language, say))}
      ${textField({ name: 'login', label: say('signIn.login'), value: field('login'), autocomplete: 'username', isFirst: true })}
      ${textField({ name: 'password', label: say('signIn.password'), type: 'password', autocomplete: 'current-password', maxlength: 1024 })}
      <button class="btn primary big">${say('signIn.next')}</button>
      <p class="small"><a href="/${language}/enrol">${say('signIn.enrol')}</a></p>
    </form>`,
  )
}

function factorForm({ language }: Visit, { token, passkey }: StaffFactorChoices, declined?: Declined): Markup {
  const say = sayIn(language)
  const action = `/${language}/sign-in/factor`
  const withPasskey = passkey !== undefined
  return gatePage(
    { language, title: say('factor.title'), path: '/sign-in' },
    html`<div class="gatebox">
        <div class="flow-l">
          <h1>${say('factor.title')}</h1>
          ${withPasskey ? passkeyButton(siteSay(language), '') : ''}
          <form class="flow-l" method="post" action="${action}">
            ${faultNote(declined && faultOf('factor', declined, language, say))}
            <input type="hidden" name="token" value="${token}" />
            ${textField({
              name: 'code',
              label: say('factor.code'),
              hint: say('factor.code.hint'),
              autocomplete: 'one-time-code',
              isFirst: true,
              isMono: true,
              maxlength: 40,
            })}
            <button class="btn primary big">${say('signIn.submit')}</button>
          </form>
          <p class="small"><a href="/${language}/sign-in">${say('factor.again')}</a></p>
        </div>
      </div>
      ${
        withPasskey
          ? html`${passkeyForm(action, passkey, { token })}
              <script type="module" src="${passkeyScript.path}"></script>`
          : ''
      }`,
  )
}
