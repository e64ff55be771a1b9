import { html } from 'hono/html'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import type { ShownDay, ShownReporter, ShownReports, ShownSource } from '../../../trust/domain-reports/index.ts'
import { numberInWords } from '../../site/texts.ts'
import { deskPage, type Markup } from '../layout.ts'
import { dayInWords, sayIn, type Say } from '../texts.ts'
import { passedAndFailed } from './passed-and-failed.ts'

const DAYS = [7, 30, 90, 365]

/** What the page says its numbers with. */
interface Words {
  say: Say
  language: Visit['language']
  number(value: number): string
}

/** What others report about our domains: who sends in their name and fails, and how mail comes here by TLS. */
export const reportsPage: DeskPage = {
  path: '/reports',
  async show(visit) {
    const { language } = visit
    const say = sayIn(language)
    const words: Words = { say, language, number: (value) => numberInWords(language, value) }
    const days = DAYS.find((one) => String(one) === visit.query('days')) ?? 30
    const asked = visit.query('domain')
    const reports = await visit.ask<ShownReports>('reports.read', { days, ...(asked === '' ? {} : { domain: asked }) })
    return deskPage(
      { language, title: say('reports.title'), path: '/reports' },
      visit.signed(),
      html`<div class="staff-page flow-l">
        <h1>${say('reports.title')}</h1>
        ${choice(reports, words)}
        ${reports.domain === null ? html`<p class="dim">${say('reports.noDomain')}</p>` : html`${about(reports, words)}`}
      </div>`,
    )
  },
}

const choice = ({ domains, domain, days }: ShownReports, { say, language }: Words): Markup =>
  html`<form class="staff-row" method="get" action="/${language}/reports">
    <div class="field">
      <label for="domain">${say('reports.domain')}</label>
      <select class="select" id="domain" name="domain">
        ${domains.map((one) => html`<option value="${one}" ${one === domain ? html`selected` : ''}>${one}</option>`)}
      </select>
    </div>
    <div class="field">
      <label for="days">${say('reports.time')}</label>
      <select class="select" id="days" name="days">
        ${DAYS.map(
          (one) =>
            html`<option value="${String(one)}" ${one === days ? html`selected` : ''}>
              ${say('reports.days', { count: one })}
            </option>`,
        )}
      </select>
    </div>
    <div class="field staff-row-end"><button class="btn">${say('reports.show')}</button></div>
  </form>`

const about = (reports: ShownReports, words: Words): Markup =>
  html`${letters(reports, words)} ${sessions(reports, words)} ${rest(reports, words)} ${sentTable(reports, words)}`

const total = (list: readonly ShownDay[], of: 'passed' | 'failed'): number =>
  list.reduce((sum, day) => sum + day[of], 0)

const tile = (value: string, label: string, tone: string): Markup =>
  html`<div class="staff-tile">
    <span class="hstack small dim"><span class="dot ${tone}"></span>${label}</span><b>${value}</b>
  </div>`

/** Letters in the domain's name, as DMARC counts them. */
function letters({ dmarc, domain, addresses }: ShownReports, words: Words): Markup {
  const { say, number } = words
  const [passed, failed] = [total(dmarc.byDay, 'passed'), total(dmarc.byDay, 'failed')]
  return html`<section class="flow-l">
    <h2>${say('reports.letters', { domain: domain ?? '' })}</h2>
    ${
      dmarc.reporters.length === 0
        ? html`<p class="dim">${say('reports.letters.none', { address: addresses.dmarc })}</p>`
        : html`<div class="staff-tiles">
              ${tile(number(passed), say('reports.passed'), 'good')}
              ${tile(number(failed), say('reports.failed'), failed > 0 ? 'ask' : '')}
              ${tile(number(dmarc.reporters.length), say('reports.reporters'), '')}
            </div>
            ${passedAndFailed(dmarc.byDay, words.language, say('reports.letters.chart'), say)}
            ${advice(dmarc.sources, domain ?? '', words)} ${sourceTable(dmarc.sources, words)}
            ${reporterTable(dmarc.reporters, say('reports.reporters.letters'), words)}`
    }
  </section>`
}

/** Sources of which something is to be said; the page names those that matter most. */
const MOST_ADVICE = 5

function advice(sources: readonly ShownSource[], domain: string, words: Words): Markup {
  const { say } = words
  const failing = sources.filter(({ failed }) => failed > 0).slice(0, MOST_ADVICE)
  if (failing.length === 0) return html`<p>${say('reports.advice.none')}</p>`
  return html`<ul class="plain">
    ${failing.map((source) => {
      const about = { source: nameOf(source, words), count: words.number(source.failed), domain }
      const mostly = source.forwarded * 2 > source.failed ? 'forwarded' : source.kind
      return html`<li>${say(`reports.advice.${mostly}`, about)}</li>`
    })}
  </ul>`
}

function nameOf({ kind, name, country }: ShownSource, { say, language }: Words): string {
  if (kind === 'ours') return say('reports.source.ours')
  if (name !== undefined) return name
  const said = country === undefined ? undefined : new Intl.DisplayNames(language, { type: 'region' }).of(country)
  return said === undefined ? say('reports.source.unnamed') : say('reports.source.country', { country: said })
}

const SOURCE_COLUMNS = ['passed', 'failed', 'rejected', 'quarantined', 'forwarded', 'unsigned', 'unlisted'] as const

const sourceTable = (sources: readonly ShownSource[], words: Words): Markup =>
  table(
    words.say('reports.sources'),
    words.say('reports.source'),
    SOURCE_COLUMNS.map((name) => words.say(`reports.column.${name}`)),
    sources.map((source) => ({
      head: nameOf(source, words),
      cells: SOURCE_COLUMNS.map((name) => words.number(source[name])),
    })),
  )

const reporterTable = (reporters: readonly ShownReporter[], caption: string, words: Words): Markup =>
  table(
    caption,
    words.say('reports.reporter'),
    (['reports', 'passed', 'failed'] as const).map((name) => words.say(`reports.column.${name}`)),
    reporters.map(({ name, reports, passed, failed }) => ({
      head: name === '' ? words.say('reports.reporter.unnamed') : name,
      cells: [reports, passed, failed].map(words.number),
    })),
  )

/** A table of numbers; on a narrow screen each row becomes a block. */
const table = (
  caption: string,
  first: string,
  columns: readonly string[],
  rows: readonly { head: string; cells: readonly string[] }[],
): Markup =>
  html`<div class="card">
    <table class="table mid stack-t">
      <caption class="staff-caption">
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">${first}</th>
          ${columns.map((column) => html`<th scope="col" class="num">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ head, cells }) =>
            html`<tr>
              <th scope="row" class="wrap">${head}</th>
              ${cells.map((cell, i) => html`<td class="num" data-l="${columns[i] ?? ''}">${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`

/** How mail came here by TLS, as those who sent it report. */
function sessions({ tls, addresses }: ShownReports, words: Words): Markup {
  const { say, number } = words
  const [passed, failed] = [total(tls.byDay, 'passed'), total(tls.byDay, 'failed')]
  return html`<section class="flow-l">
    <h2>${say('reports.tls')}</h2>
    ${
      tls.reporters.length === 0
        ? html`<p class="dim">${say('reports.tls.none', { address: addresses.tls })}</p>`
        : html`<div class="staff-tiles">
              ${tile(number(passed), say('reports.tls.passed'), 'good')}
              ${tile(number(failed), say('reports.tls.failed'), failed > 0 ? 'bad' : '')}
              ${tile(number(tls.reporters.length), say('reports.reporters'), '')}
            </div>
            ${passedAndFailed(tls.byDay, words.language, say('reports.tls.chart'), say)}
            ${
              tls.failures.length === 0
                ? html`<p>${say('reports.tls.allWell')}</p>`
                : html`<ul class="plain">
                    ${tls.failures.map(
                      ({ type, mxHost, count }) =>
                        html`<li>
                          <span class="tag bad">${number(count)} ×</span> ${say(`reports.tls.failure.${type}`)}
                          ${mxHost === undefined ? '' : html`<small class="dim3 mono wrap">${mxHost}</small>`}
                        </li>`,
                    )}
                  </ul>`
            }
            ${reporterTable(tls.reporters, say('reports.reporters.tls'), words)}`
    }
  </section>`
}

/** What this server has told others about their domains. */
const sentTable = ({ sent }: ShownReports, { say, language, number }: Words): Markup =>
  html`<section class="flow-l">
    <h2>${say('reports.sent')}</h2>
    ${
      sent.length === 0
        ? html`<p class="dim">${say('reports.sent.none')}</p>`
        : html`<div class="card">
            <table class="table mid stack-t">
              <caption class="staff-caption">
                ${say('reports.sent.newest')}
              </caption>
              <thead>
                <tr>
                  <th scope="col">${say('reports.column.day')}</th>
                  <th scope="col">${say('reports.domain')}</th>
                  <th scope="col">${say('reports.sent.about')}</th>
                  <th scope="col" class="num">${say('reports.column.passed')}</th>
                  <th scope="col" class="num">${say('reports.column.failed')}</th>
                  <th scope="col">${say('reports.sent.state')}</th>
                </tr>
              </thead>
              <tbody>
                ${sent.map(
                  ({ day, domain, kind, passed, failed, state }) =>
                    html`<tr>
                      <th scope="row">${dayInWords(language, day)}</th>
                      <td class="wrap" data-l="${say('reports.domain')}">${domain}</td>
                      <td data-l="${say('reports.sent.about')}">${say(`reports.sent.${kind}`)}</td>
                      <td class="num" data-l="${say('reports.column.passed')}">${number(passed)}</td>
                      <td class="num" data-l="${say('reports.column.failed')}">${number(failed)}</td>
                      <td>
                        <span class="tag ${state === 'sent' ? 'good' : 'ask'}">${say(`reports.sent.${state}`)}</span>
                      </td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
  </section>`

/** What is counted nowhere, and why. */
function rest({ unproven, unreadable, isCut }: ShownReports, { say, language, number }: Words): Markup {
  if (unproven === 0 && unreadable.length === 0 && !isCut) return html``
  return html`<section class="flow-l">
    <h2>${say('reports.rest')}</h2>
    ${isCut ? html`<p>${say('reports.cut')}</p>` : ''}
    ${unproven === 0 ? '' : html`<p>${say('reports.unproven', { count: number(unproven) })}</p>`}
    ${
      unreadable.length === 0
        ? ''
        : html`<div class="card">
            <table class="table mid stack-t">
              <caption class="staff-caption">
                ${say('reports.unreadable')}
              </caption>
              <thead>
                <tr>
                  <th scope="col">${say('reports.column.day')}</th>
                  <th scope="col">${say('reports.reporter')}</th>
                  <th scope="col">${say('reports.column.trouble')}</th>
                </tr>
              </thead>
              <tbody>
                ${unreadable.map(
                  ({ day, reporter, trouble, copies }) =>
                    html`<tr>
                      <th scope="row">${dayInWords(language, day)}</th>
                      <td class="wrap" data-l="${say('reports.reporter')}">
                        ${reporter === '' ? say('reports.reporter.unnamed') : reporter}
                      </td>
                      <td class="wrap">
                        ${say(`reports.trouble.${trouble}`)}
                        ${copies > 1 ? html`<small class="dim3">${say('reports.copies', { count: copies })}</small>` : ''}
                      </td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
  </section>`
}
