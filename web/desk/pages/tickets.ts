import { html } from 'hono/html'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import { GRANTABLE } from '../../../trust/looks/index.ts'
import { TICKET_STATES } from '../../../trust/tickets/index.ts'
import type { ShownTicket, ShownTicketWithTexts } from '../../../trust/support/index.ts'
import { icon } from '../../site/icons.ts'
import { areaField, faultNote, faultOf, type Declined } from '../form.ts'
import { foundList } from '../found.ts'
import { deskPage, type Markup } from '../layout.ts'
import { isTextKey, sayIn, timeInWords, type Say } from '../texts.ts'

type State = (typeof TICKET_STATES)[number]

const TONES = { open: 'ask', answered: 'good', closed: '' } as const

const list: DeskPage = {
  path: '/tickets',
  async show(visit) {
    const { language } = visit
    const say = sayIn(language)
    const state = TICKET_STATES.find((one) => one === visit.query('state')) ?? 'open'
    const tickets = await visit.ask<ShownTicket[]>('ticket.list', { state })
    return deskPage(
      { language, title: say('tickets.title'), path: '/tickets' },
      visit.signed(),
      html`<div class="staff-page flow-l">
        <h1>${say('tickets.title')}</h1>
        <nav class="seg" aria-label="${say('tickets.which')}">
          ${TICKET_STATES.map((one) => tab(one, state, visit, say))}
        </nav>
        ${tickets.length === 0 ? html`<p class="dim">${say('tickets.none')}</p>` : table(tickets, visit)}
      </div>`,
    )
  },
}

const tab = (one: State, state: State, { language }: Visit, say: Say): Markup =>
  html`<a href="/${language}/tickets?state=${one}" ${one === state ? html`aria-current="true"` : ''}
    >${say(`tickets.${one}`)}</a
  >`

function table(tickets: readonly ShownTicket[], { language }: Visit): Markup {
  const say = sayIn(language)
  return html`<div class="card">
    <table class="table mid stack-t">
      <thead>
        <tr>
          <th scope="col">${say('ticket.subject')}</th>
          <th scope="col">${say('ticket.kind')}</th>
          <th scope="col">${say('ticket.who')}</th>
          <th scope="col">${say('ticket.changed')}</th>
        </tr>
      </thead>
      <tbody>
        ${tickets.map(
          (ticket) =>
            html`<tr>
              <th scope="row" class="wrap">
                <a href="/${language}/tickets/${String(ticket.number)}">${ticket.subject}</a>
                <small class="dim3 mono">#${String(ticket.number)}</small>
              </th>
              <td data-l="${say('ticket.kind')}"><span class="tag">${say(`ticket.kind.${ticket.kind}`)}</span></td>
              <td data-l="${say('ticket.who')}">${whoOf(ticket, say)}</td>
              <td class="small dim" data-l="${say('ticket.changed')}">${timeInWords(language, ticket.changedAt)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

const whoOf = ({ accountId, from }: ShownTicket, say: Say): string =>
  accountId === null
    ? say('ticket.stranger', { address: from?.address ?? '' })
    : say('abuse.account', { account: accountId })

/** What a form of the page does: the act, and what it is given. */
const DOES: Readonly<Record<string, { act: string; given: (visit: Visit) => object }>> = {
  answer: { act: 'ticket.answer', given: ({ field }) => ({ text: field('text') }) },
  note: { act: 'ticket.note', given: ({ field }) => ({ text: field('note') }) },
  close: { act: 'ticket.close', given: () => ({}) },
  recover: { act: 'recovery.begin', given: ({ field }) => ({ why: field('why') }) },
  look: { act: 'ticket.look', given: ({ field, fields }) => ({ why: field('why'), fields: fields('fields') }) },
}

const one: DeskPage = {
  path: '/tickets/:number{[0-9]{1,15}}',
  async show(visit) {
    return page(visit)
  },
  async take(visit) {
    const number = Number(visit.param('number'))
    const step = visit.field('step')
    const does = Object.hasOwn(DOES, step) ? DOES[step] : undefined
    if (does === undefined) return page(visit)
    const done = await visit.attempt<{ found?: Record<string, unknown> }>(does.act, { number, ...does.given(visit) })
    if (done.refused !== undefined) return page(visit, { declined: done })
    if (done.told.found !== undefined) return page(visit, { found: done.told.found })
    return { to: step === 'close' ? '/tickets' : `/tickets/${number}` }
  },
}

export const ticketPages: readonly DeskPage[] = [list, one]

async function page(
  visit: Visit,
  news: { found?: Record<string, unknown>; declined?: Declined } = {},
): Promise<Markup> {
  const { language } = visit
  const say = sayIn(language)
  const ticket = await visit.ask<ShownTicketWithTexts>('ticket.show', { number: Number(visit.param('number')) })
  const isOpen = ticket.state !== 'closed'
  return deskPage(
    { language, title: ticket.subject, path: `/tickets/${ticket.number}` },
    visit.signed(),
    html`<div class="staff-page flow-l">
      <div class="flow-s">
        <p class="small"><a href="/${language}/tickets">${say('tickets.title')}</a></p>
        <h1 class="wrap">${ticket.subject}</h1>
        <p class="hstack wrapx">
          <span class="tag ${TONES[ticket.state]}">${say(`tickets.${ticket.state}`)}</span>
          <span class="tag">${say(`ticket.kind.${ticket.kind}`)}</span>
          <span class="small dim mono">#${String(ticket.number)}</span>
          <span class="small dim">${whoOf(ticket, say)}</span>
          <span class="small dim">${timeInWords(language, ticket.createdAt)}</span>
        </p>
        <p class="small dim">${say(`ticket.way.${wayOf(ticket)}`)}</p>
      </div>
      ${faultNote(news.declined && faultOf('ticket', news.declined, language, say))} ${texts(ticket, visit)}
      ${news.found === undefined ? '' : foundList(news.found, language)}
      ${isOpen ? answerForm(visit) : html`<p class="dim">${say('ticket.isClosed')}</p>`}
      ${isOpen && ticket.accountId !== null ? lookForm(ticket, visit) : ''}
      ${isOpen && ticket.accountId !== null ? recoveryForm(visit) : ''} ${noteForm(visit)}
    </div>`,
  )
}

const wayOf = ({ accountId, from }: ShownTicket): 'app' | 'proven' | 'stranger' =>
  accountId === null ? 'stranger' : from === null ? 'app' : 'proven'

const texts = ({ texts: said }: ShownTicketWithTexts, { language }: Visit): Markup => {
  const say = sayIn(language)
  return html`<section class="flow" aria-label="${say('ticket.texts')}">
    ${said.map(
      ({ at, by, staff, text }) =>
        html`<article class="staff-box flow-s">
          <p class="small dim">
            <b>${say(`ticket.by.${by}`, { number: staff ?? '' })}</b> ${timeInWords(language, at)}
          </p>
          <p class="staff-words wrap">${text}</p>
        </article>`,
    )}
  </section>`
}

const actionOf = ({ language, param }: Visit): string => `/${language}/tickets/${param('number')}`

function answerForm(visit: Visit): Markup {
  const say = sayIn(visit.language)
  return html`<form class="flow staff-box" method="post" action="${actionOf(visit)}">
    ${areaField({ name: 'text', label: say('ticket.answer'), value: visit.field('text'), hint: say('ticket.answer.hint') })}
    <p class="hstack wrapx">
      <button class="btn primary" name="step" value="answer">${say('ticket.send')}</button>
      <button class="btn" name="step" value="close" formnovalidate>${say('ticket.close')}</button>
    </p>
  </form>`
}

function lookForm({ mayLookAt, grant }: ShownTicketWithTexts, visit: Visit): Markup {
  const { language } = visit
  const say = sayIn(language)
  const barred = GRANTABLE.filter((field) => !mayLookAt.includes(field))
  return html`<section class="staff-box flow" aria-labelledby="look-title">
    <h2 id="look-title">${icon('eye')} ${say('ticket.look')}</h2>
    <p class="dim">${say('ticket.look.lead')}</p>
    <form class="flow" method="post" action="${actionOf(visit)}">
      <input type="hidden" name="step" value="look" />
      <fieldset class="flow-s">
        <legend>${say('look.fields')}</legend>
        ${mayLookAt.map((name) => fieldBox(name, say, name === 'deliveries' ? grant?.days : undefined))}
      </fieldset>
      ${
        barred.length === 0
          ? ''
          : html`<p class="small dim">
              ${say('ticket.look.barred', { fields: barred.map((name) => fieldWord(name, say)).join(', ') })}
            </p>`
      }
      ${grant === null ? '' : html`<p class="small dim">${say('ticket.look.until', { time: timeInWords(language, grant.until) })}</p>`}
      ${whyField('why', visit)}
      <button class="btn primary">${say('look.begin')}</button>
    </form>
  </section>`
}

const fieldWord = (name: string, say: Say): string => {
  const key = `field.${name}`
  return isTextKey(key) ? say(key) : name
}

const fieldBox = (name: string, say: Say, days: number | undefined): Markup =>
  html`<label class="check"
    ><input type="checkbox" name="fields" value="${name}" /><span
      >${fieldWord(name, say)}${days === undefined ? '' : html` <small class="dim3">${say('ticket.look.days', { days })}</small>`}</span
    ></label
  >`

const whyField = (id: string, visit: Visit): Markup => {
  const say = sayIn(visit.language)
  return html`<div class="field">
    <label for="${id}">${say('ticket.why')}</label>
    <input
      class="input"
      id="${id}"
      name="why"
      value="${visit.field('why')}"
      minlength="20"
      maxlength="80"
      autocomplete="off"
      required
      aria-describedby="${id}-hint"
    />
    <span class="hint" id="${id}-hint">${say('ticket.why.hint')}</span>
  </div>`
}

function recoveryForm(visit: Visit): Markup {
  const say = sayIn(visit.language)
  return html`<details class="other-way">
    <summary>${say('ticket.recover')}</summary>
    <form class="flow" method="post" action="${actionOf(visit)}">
      <input type="hidden" name="step" value="recover" />
      <p class="dim">${say('ticket.recover.lead')}</p>
      ${whyField('recover-why', visit)}
      <button class="btn">${say('ticket.recover.begin')}</button>
    </form>
  </details>`
}

function noteForm(visit: Visit): Markup {
  const say = sayIn(visit.language)
  return html`<details class="other-way">
    <summary>${say('ticket.note')}</summary>
    <form class="flow" method="post" action="${actionOf(visit)}">
      <input type="hidden" name="step" value="note" />
      ${areaField({ name: 'note', label: say('ticket.note.text'), hint: say('ticket.note.hint'), rows: 3 })}
      <button class="btn">${say('ticket.note.add')}</button>
    </form>
  </details>`
}
