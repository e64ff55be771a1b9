import { html } from 'hono/html'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import type { Health } from '../../../trust/desk/index.ts'
import { deskPage, type Markup } from '../layout.ts'
import { sayIn, timeInWords, type Say } from '../texts.ts'

const TONES = { good: 'good', look: 'ask', bad: 'bad' } as const

/** Worst first, else as they are looked at. */
const ORDER = ['bad', 'look', 'good']

/** How the service is, and what to do about it. */
export const healthPage: DeskPage = {
  path: '/health',
  async show(visit) {
    const { language } = visit
    const say = sayIn(language)
    const { at, checks, promises } = await visit.ask<Health>('health.read', { language })
    const sorted = checks.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
    const counted = (state: string): string => String(checks.filter((check) => check.state === state).length)
    return deskPage(
      { language, title: say('health.title'), path: '/health' },
      visit.signed(),
      html`<div class="staff-page flow-l">
        <div class="hstack wrapx">
          <h1>${say('health.title')}</h1>
          <span class="end small dim3"
            >${at === undefined ? say('health.never') : say('health.at', { time: timeInWords(language, at) })}</span
          >
        </div>
        <div class="staff-tiles">
          ${tile(counted('bad'), say('health.bad'), counted('bad') === '0' ? '' : 'bad')}
          ${tile(counted('look'), say('health.look'), counted('look') === '0' ? '' : 'ask')}
          ${tile(counted('good'), say('health.good'), 'good')}
          ${tile(say('health.promises.kept', { count: promises.kept }), say('health.promises'), promises.broken > 0 ? 'bad' : 'good')}
        </div>
        ${table(
          sorted.filter(({ state }) => state !== 'good'),
          language,
        )}
        <details class="other-way">
          <summary>${say('health.good.all')}</summary>
          ${table(
            sorted.filter(({ state }) => state === 'good'),
            language,
          )}
        </details>
      </div>`,
    )
  },
}

const tile = (value: string, label: string, tone: string): Markup =>
  html`<div class="staff-tile">
    <span class="hstack small dim"><span class="dot ${tone}"></span>${label}</span><b>${value}</b>
  </div>`

function table(checks: Health['checks'], language: Visit['language']): Markup {
  if (checks.length === 0) return html``
  const say = sayIn(language)
  return html`<div class="card">
    <table class="table mid stack-t">
      <thead>
        <tr>
          <th scope="col">${say('health.check')}</th>
          <th scope="col">${say('health.found')}</th>
          <th scope="col">${say('health.since')}</th>
        </tr>
      </thead>
      <tbody>
        ${checks.map((check) => row(check, say, timeInWords(language, check.since)))}
      </tbody>
    </table>
  </div>`
}

const row = ({ title, subject, state, sentence }: Health['checks'][number], say: Say, since: string): Markup =>
  html`<tr>
    <th scope="row">${title}${subject === '' ? '' : html` <small class="dim3 mono">${subject}</small>`}</th>
    <td class="wrap"><span class="tag ${TONES[state]}">${say(`health.state.${state}`)}</span> ${sentence}</td>
    <td class="small dim nowrap" data-l="${say('health.since')}">${since}</td>
  </tr>`
