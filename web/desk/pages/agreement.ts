import { html } from 'hono/html'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import type { AgreementText } from '../../../trust/staff/index.ts'
import { icon } from '../../site/icons.ts'
import { faultNote, faultOf, textField, type Declined } from '../form.ts'
import { deskPage, type Markup } from '../layout.ts'
import { dayInWords, sayIn } from '../texts.ts'

/** As the act gives it: times are text. */
interface Shown extends AgreementText {
  version: number
  signed?: { version: number; signedAt: string; until: string; isCurrent: boolean }
}

/** The confidentiality agreement (promise 9): nothing else opens before it is signed. */
export const agreementPage: DeskPage = {
  path: '/agreement',
  async show(visit) {
    return page(visit, await visit.ask<Shown>('agreement.read', { language: visit.language }))
  },
  async take(visit) {
    const { language } = visit
    const signed = await visit.attempt('agreement.sign', {
      name: visit.field('name'),
      password: visit.field('password'),
      version: Number(visit.field('version')),
      language,
    })
    if (signed.refused === undefined) return { to: '/' }
    return page(visit, await visit.ask<Shown>('agreement.read', { language }), signed)
  },
}

function page(visit: Visit, shown: Shown, declined?: Declined): Markup {
  const { language } = visit
  const say = sayIn(language)
  const isCurrent = shown.signed?.isCurrent === true
  return deskPage(
    { language, title: shown.title, path: '/agreement' },
    visit.signed(),
    html`<article class="staff-page narrow flow-l">
      <div class="flow-s">
        <h1>${shown.title}</h1>
        <p class="dim">${say('agreement.version', { version: shown.version })}</p>
      </div>
      ${standing(shown, language)}
      <ol class="staff-clauses">
        ${shown.clauses.map((clause) => html`<li>${clause}</li>`)}
      </ol>
      ${
        isCurrent
          ? html`<p><a class="btn" href="/${language}/">${say('page.back')}</a></p>`
          : html`<form class="flow-l staff-box" method="post" action="/${language}/agreement">
              ${faultNote(declined && faultOf('agreement', declined, language, say))}
              <input type="hidden" name="version" value="${String(shown.version)}" />
              ${textField({ name: 'name', label: say('agreement.name'), hint: say('agreement.name.hint'), autocomplete: 'name', maxlength: 100 })}
              ${textField({ name: 'password', label: say('signIn.password'), type: 'password', autocomplete: 'current-password', maxlength: 1024 })}
              <button class="btn primary big">${say('agreement.sign')}</button>
            </form>`
      }
    </article>`,
  )
}

function standing({ signed, version }: Shown, language: Visit['language']): Markup {
  const say = sayIn(language)
  if (signed === undefined) return html`<p class="note">${icon('info')}<span>${say('agreement.first')}</span></p>`
  const until = dayInWords(language, signed.until)
  if (signed.isCurrent)
    return html`<p class="note good">
      ${icon('check')}<span>${say('agreement.current', { day: dayInWords(language, signed.signedAt), until })}</span>
    </p>`
  return html`<p class="note ask">
    ${icon('circle-alert')}
    <span>${signed.version === version ? say('agreement.over', { until }) : say('agreement.changed')}</span>
  </p>`
}
