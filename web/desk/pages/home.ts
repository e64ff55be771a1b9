import { html } from 'hono/html'
import type { DeskPage } from '../../../protocols/desk/index.ts'
import { deskPage } from '../layout.ts'
import { dayInWords, sayIn } from '../texts.ts'
import type { Own } from './own.ts'

/** What somebody of the staff finds first: what they do here, and until when their agreement counts. */
export const homePage: DeskPage = {
  path: '/',
  async show(visit) {
    const { language } = visit
    const say = sayIn(language)
    const own = await visit.ask<Own>('own.read')
    if (own.agreement?.isCurrent !== true) return { to: '/agreement' }
    const signed = visit.signed()
    return deskPage(
      { language, title: say('home.title'), path: '/' },
      signed,
      html`<div class="staff-page flow-l">
        <h1>${say('home.hello', { name: signed?.name ?? '' })}</h1>
        <p>${(signed?.roles ?? []).map((role) => html`<span class="tag">${say(`role.${role}`)}</span> `)}</p>
        <p class="dim">${say('home.number', { number: own.id })}</p>
        <p class="dim">${say('home.agreement', { until: dayInWords(language, own.agreement.until) })}</p>
      </div>`,
    )
  },
}
