import { html } from 'hono/html'
import { SUSPENSION_RULES } from '../../../accounts/index.ts'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import type { ReadAppeal, WaitingAppeal } from '../../../trust/suspension/index.ts'
import { icon } from '../../site/icons.ts'
import { areaField, choiceField, faultNote, faultOf, textField, type Declined } from '../form.ts'
import { deskPage, type Markup } from '../layout.ts'
import { sayIn, timeInWords } from '../texts.ts'

const list: DeskPage = {
  path: '/abuse',
  async show(visit) {
    return listPage(visit)
  },
  async take(visit) {
    const done = await visit.attempt('account.suspend', { address: visit.field('address'), rule: visit.field('rule') })
    return listPage(visit, done.refused === undefined ? { isDone: true } : { declined: done })
  },
}

/** One appeal: read under a reference, then decided. */
const one: DeskPage = {
  path: '/abuse/:account{[0-9]{1,16}}',
  async show(visit) {
    return readPage(visit)
  },
  async take(visit) {
    const account = Number(visit.param('account'))
    const reference = visit.field('reference')
    const read = await visit.attempt<ReadAppeal>('appeal.read', { account, reference })
    if (read.refused !== undefined) {
      if (read.refused === 'notFound') return { to: '/abuse' }
      return readPage(visit, read)
    }
    return decidePage(visit, read.told)
  },
}

const decide: DeskPage = {
  path: '/abuse/:account{[0-9]{1,16}}/decision',
  async show(visit) {
    return { to: `/abuse/${visit.param('account')}` }
  },
  async take(visit) {
    const account = Number(visit.param('account'))
    const isLifted = visit.field('decision') === 'lift'
    const done = await visit.attempt('appeal.decide', { account, isLifted, reason: visit.field('reason') })
    if (done.refused === undefined || done.refused === 'notFound') return { to: '/abuse' }
    return readPage(visit, done)
  },
}

export const abusePages: readonly DeskPage[] = [list, one, decide]

async function listPage(visit: Visit, news: { isDone?: boolean; declined?: Declined } = {}): Promise<Markup> {
  const { language } = visit
  const say = sayIn(language)
  const appeals = await visit.ask<WaitingAppeal[]>('appeal.list')
  return deskPage(
    { language, title: say('abuse.title'), path: '/abuse' },
    visit.signed(),
    html`<div class="staff-page flow-l">
      <h1>${say('abuse.title')}</h1>
      ${appeals.length === 0 ? html`<p class="dim">${say('abuse.none')}</p>` : appealTable(appeals, visit)}
      <section class="staff-page narrow flow-l staff-box">
        <h2>${say('abuse.suspend')}</h2>
        <p class="dim">${say('abuse.suspend.lead')}</p>
        ${news.isDone === true ? html`<p class="note good" role="status">${icon('check')}<span>${say('abuse.suspended')}</span></p>` : ''}
        ${faultNote(news.declined && faultOf('abuse', news.declined, language, say))}
        <form class="flow" method="post" action="/${language}/abuse">
          ${textField({ name: 'address', label: say('look.address'), maxlength: 254 })}
          ${choiceField(
            'rule',
            say('abuse.rule'),
            SUSPENSION_RULES.map((rule) => [rule, say(`rule.${rule}`)]),
          )}
          <button class="btn">${say('abuse.suspend')}</button>
        </form>
      </section>
    </div>`,
  )
}

function appealTable(appeals: readonly WaitingAppeal[], { language }: Visit): Markup {
  const say = sayIn(language)
  return html`<div class="card">
    <table class="table mid stack-t">
      <thead>
        <tr>
          <th scope="col">${say('area.account')}</th>
          <th scope="col">${say('abuse.rule')}</th>
          <th scope="col">${say('abuse.since')}</th>
          <th scope="col">${say('abuse.decideBy')}</th>
        </tr>
      </thead>
      <tbody>
        ${appeals.map(
          ({ account, rule, since, decideBy }) =>
            html`<tr>
              <th scope="row">
                <a href="/${language}/abuse/${String(account)}">${say('abuse.account', { account })}</a>
              </th>
              <td data-l="${say('abuse.rule')}">${say(`rule.${rule}`)}</td>
              <td data-l="${say('abuse.since')}">${timeInWords(language, since)}</td>
              <td data-l="${say('abuse.decideBy')}">${timeInWords(language, decideBy)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

async function readPage(visit: Visit, declined?: Declined): Promise<Markup | { to: string }> {
  const { language, param } = visit
  const say = sayIn(language)
  const account = Number(param('account'))
  const appeals = await visit.ask<WaitingAppeal[]>('appeal.list')
  if (!appeals.some((each) => each.account === account)) return { to: '/abuse' }
  return deskPage(
    { language, title: say('abuse.read'), path: `/abuse/${account}` },
    visit.signed(),
    html`<div class="staff-page narrow flow-l">
      <h1>${say('abuse.account', { account })}</h1>
      ${faultNote(declined && faultOf(declined.fields.includes('text') ? 'abuse' : 'look', declined, language, say))}
      <form class="flow staff-box" method="post" action="/${language}/abuse/${String(account)}">
        <p class="dim">${say('abuse.read.lead')}</p>
        ${textField({ name: 'reference', label: say('look.reference'), hint: say('look.reference.hint'), maxlength: 100, isFirst: true })}
        <button class="btn primary">${say('abuse.read')}</button>
      </form>
    </div>`,
  )
}

function decidePage(visit: Visit, { account, rule, since, decideBy, text }: ReadAppeal): Markup {
  const { language } = visit
  const say = sayIn(language)
  return deskPage(
    { language, title: say('abuse.title'), path: `/abuse/${account}` },
    visit.signed(),
    html`<div class="staff-page narrow flow-l">
      <h1>${say('abuse.account', { account })}</h1>
      <p class="dim">
        ${say(`rule.${rule}`)}, ${say('abuse.since')} ${timeInWords(language, since)}, ${say('abuse.decideBy')}
        ${timeInWords(language, decideBy)}
      </p>
      <blockquote class="staff-box staff-words">${text}</blockquote>
      <form class="flow" method="post" action="/${language}/abuse/${String(account)}/decision">
        ${areaField({ name: 'reason', label: say('abuse.reason'), isOptional: true })}
        <p class="hstack wrapx">
          <button class="btn primary" name="decision" value="lift">${say('abuse.lift')}</button>
          <button class="btn" name="decision" value="keep">${say('abuse.keep')}</button>
        </p>
      </form>
    </div>`,
  )
}
