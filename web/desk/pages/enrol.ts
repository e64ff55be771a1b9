import { html, raw } from 'hono/html'
import qrCode from 'qr'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import type { Enrolled } from '../../../trust/staff/index.ts'
import { faultNote, faultOf, textField, type Declined } from '../form.ts'
import { gatePage, type Markup } from '../layout.ts'
import { sayIn } from '../texts.ts'
import { codesBox } from './codes.ts'

interface Begun {
  secret: string
  uri: string
  token: string
}

/** Setting a password and a second factor, by the code that the operator gave out. */
export const enrolPage: DeskPage = {
  path: '/enrol',
  async show(visit) {
    return firstForm(visit)
  },
  async take(visit) {
    const token = visit.field('token')
    if (token === '') {
      const begun = await visit.attempt<Begun>('enrolment.begin', {
        login: visit.field('login'),
        code: visit.field('invitation'),
        password: visit.field('password'),
        network: visit.network,
      })
      return begun.refused === undefined ? codeForm(visit, begun.told) : firstForm(visit, begun)
    }
    const done = await visit.attempt<Enrolled>('enrolment.finish', { token, code: visit.field('code') })
    if (done.refused === 'expired') return firstForm(visit, done)
    const [secret, uri] = [visit.field('secret'), visit.field('uri')]
    if (done.refused !== undefined) return codeForm(visit, { token, secret, uri }, done)
    return { page: codesPage(visit, done.told.recoveryCodes), session: done.told.session }
  },
}

function firstForm({ language, field, query }: Visit, declined?: Declined): Markup {
  const say = sayIn(language)
  return gatePage(
    { language, title: say('enrol.title'), path: '/enrol' },
    html`<form class="gatebox flow-l" method="post" action="/${language}/enrol">
      <div class="flow-s">
        <h1>${say('enrol.title')}</h1>
        <p class="dim">${say('enrol.lead')}</p>
      </div>
      ${faultNote(declined && faultOf('enrol', declined, language, say))}
      ${textField({ name: 'login', label: say('signIn.login'), value: field('login') || query('login'), autocomplete: 'username', isFirst: true })}
      ${textField({ name: 'invitation', label: say('enrol.invitation'), value: field('invitation'), isMono: true, maxlength: 60 })}
      ${textField({
        name: 'password',
        label: say('enrol.password'),
        type: 'password',
        hint: say('enrol.password.hint'),
        autocomplete: 'new-password',
        maxlength: 1024,
      })}
      <button class="btn primary big">${say('signIn.next')}</button>
    </form>`,
  )
}

function codeForm({ language }: Visit, { token, secret, uri }: Begun, declined?: Declined): Markup {
  const say = sayIn(language)
  return gatePage(
    { language, title: say('enrol.app.title'), path: '/enrol' },
    html`<form class="gatebox flow-l" method="post" action="/${language}/enrol">
      <div class="flow-s">
        <h1>${say('enrol.app.title')}</h1>
        <p class="dim">${say('enrol.app.lead')}</p>
      </div>
      <div class="qr">${uri.startsWith('otpauth://') ? raw(qrCode(uri, 'svg', { optimize: true })) : ''}</div>
      <p class="small">${say('enrol.app.secret')} <span class="mono wrap">${secret}</span></p>
      ${faultNote(declined && faultOf('factor', declined, language, say))}
      <input type="hidden" name="token" value="${token}" />
      <input type="hidden" name="secret" value="${secret}" />
      <input type="hidden" name="uri" value="${uri}" />
      ${textField({ name: 'code', label: say('enrol.app.code'), autocomplete: 'one-time-code', isFirst: true, isMono: true, maxlength: 20 })}
      <button class="btn primary big">${say('signIn.next')}</button>
    </form>`,
  )
}

function codesPage({ language }: Visit, codes: readonly string[]): Markup {
  const say = sayIn(language)
  return gatePage(
    { language, title: say('codes.title'), path: '/enrol' },
    html`<div class="gatebox flow-l">
      <h1>${say('codes.title')}</h1>
      ${codesBox(codes, say)}
      <p><a class="btn primary big" href="/${language}/agreement">${say('codes.done')}</a></p>
    </div>`,
  )
}
