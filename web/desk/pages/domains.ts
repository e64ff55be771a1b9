import { html } from 'hono/html'
import type { RecordCounts, ShownRecord } from '../../../accounts/index.ts'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import type { ListedDomains, ShownDomain } from '../../../trust/operations/index.ts'
import type { ShownSetup } from '../../../trust/setup/index.ts'
import { faultNote, faultOf, textField, type Declined } from '../form.ts'
import { deskPage, type Markup } from '../layout.ts'
import { sayIn, timeInWords, type Say } from '../texts.ts'

/** The domains that are served, and how their records stand. */
const list: DeskPage = {
  path: '/domains',
  show: (visit) => listPage(visit),
  async take(visit) {
    const done = await visit.attempt<{ domain: string }>('domain.add', { domain: visit.field('domain') })
    return done.refused === undefined ? { to: `/domains/${done.told.domain}` } : listPage(visit, done)
  },
}

/** One of them: each record with how it stands, what is there and what should be. */
const one: DeskPage = {
  path: '/domains/:domain{[a-z0-9.-]{1,253}}',
  async show(visit) {
    return domainPage(visit, await visit.ask<ShownDomain>('domain.show', { domain: visit.param('domain') }))
  },
  async take(visit) {
    return domainPage(visit, await visit.ask<ShownDomain>('domain.look', { domain: visit.param('domain') }))
  },
}

/** What is still missing before the first letter, looked at now. */
const before: DeskPage = {
  path: '/before',
  show: async (visit) => beforePage(visit, await visit.ask<ShownSetup>('setup.look', { language: visit.language })),
}

export const domainPages: readonly DeskPage[] = [list, one, before]

async function listPage(visit: Visit, declined?: Declined): Promise<Markup> {
  const { language } = visit
  const say = sayIn(language)
  const listed = await visit.ask<ListedDomains>('domain.list')
  return deskPage(
    { language, title: say('domains.title'), path: '/domains' },
    visit.signed(),
    html`<div class="staff-page flow-l">
      <h1>${say('domains.title')}</h1>
      ${listed.domains.length === 0 ? html`<p class="dim">${say('domains.none')}</p>` : table(listed, visit)}
      <p><a class="btn" href="/${language}/before">${say('domains.before')}</a></p>
      <section class="staff-box flow" aria-labelledby="add-title">
        <h2 id="add-title">${say('domains.add')}</h2>
        <p class="dim">${say('domains.add.lead')}</p>
        ${faultNote(declined && faultOf('domains', { ...declined, fields: [] }, language, say))}
        <form class="flow" method="post" action="/${language}/domains">
          ${textField({ name: 'domain', label: say('domains.add.name'), value: visit.field('domain'), maxlength: 253 })}
          <button class="btn">${say('domains.add')}</button>
        </form>
      </section>
    </div>`,
  )
}

const table = ({ domains }: ListedDomains, { language }: Visit): Markup => {
  const say = sayIn(language)
  return html`<div class="card">
    <table class="table mid stack-t">
      <thead>
        <tr>
          <th scope="col">${say('domains.domain')}</th>
          <th scope="col">${say('domains.records')}</th>
          <th scope="col">${say('domains.looked')}</th>
        </tr>
      </thead>
      <tbody>
        ${domains.map(
          ({ domain, isOwned, counts, lookedAt }) =>
            html`<tr>
              <th scope="row" class="wrap">
                <a href="/${language}/domains/${domain}">${domain}</a>
                ${isOwned ? html`<span class="tag">${say('domains.owned')}</span>` : ''}
              </th>
              <td class="wrap" data-l="${say('domains.records')}">
                ${counts === undefined ? html`<span class="dim">${say('domains.never')}</span>` : countTags(counts, say)}
              </td>
              <td class="small dim" data-l="${say('domains.looked')}">
                ${lookedAt === undefined ? '–' : timeInWords(language, lookedAt)}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** The worse before the better; what there is none of is not told. */
const COUNTED = [
  ['wrong', 'bad'],
  ['missing', 'ask'],
  ['useful', ''],
  ['unknown', ''],
  ['right', 'good'],
] as const

const countTags = (counts: RecordCounts, say: Say): Markup =>
  html`<span class="hstack wrapx"
    >${COUNTED.map(([what, tone]) =>
      counts[what] === 0
        ? ''
        : html`<span class="tag ${tone}">${say(`domain.count.${what}`, { count: counts[what] })}</span> `,
    )}</span
  >`

const SETUP_TONES = { done: 'good', now: 'bad', soon: 'ask', unknown: '' } as const

function beforePage(visit: Visit, { items }: ShownSetup): Markup {
  const { language } = visit
  const say = sayIn(language)
  const isMissing = items.some(({ state }) => state === 'now')
  return deskPage(
    { language, title: say('domains.before'), path: '/before' },
    visit.signed(),
    html`<div class="staff-page flow-l">
      <h1>${say('domains.before')}</h1>
      <p class="dim">${say(isMissing ? 'domains.before.missing' : 'domains.before.ready')}</p>
      <ul class="staff-checks">
        ${items.map(
          ({ title, sentence, state }) =>
            html`<li>
              <span class="tag ${SETUP_TONES[state]}">${say(`domains.before.${state}`)}</span>
              <span class="wrap"><b>${title}</b> ${sentence}</span>
            </li>`,
        )}
      </ul>
      <p class="hstack wrapx">
        <a class="btn" href="/${language}/before">${say('domain.again')}</a>
        <a class="btn quiet" href="/${language}/domains">${say('domains.title')}</a>
      </p>
    </div>`,
  )
}

function domainPage(visit: Visit, { domain, records, counts, lookedAt, zone }: ShownDomain): Markup {
  const { language } = visit
  const say = sayIn(language)
  const isLeft = ({ need, standing }: ShownRecord): boolean =>
    need === 'removable' ? standing !== 'missing' : standing !== 'right'
  const left = records.filter(isLeft)
  const isUseful = ({ need }: ShownRecord): boolean => need === 'useful'
  const toDo = left.filter((record) => record.whose === 'domain' && !isUseful(record))
  const operator = left.filter((record) => record.whose === 'operator')
  const useful = left.filter(isUseful)
  const advice = records.filter((record) => !isLeft(record) && record.note !== null)
  return deskPage(
    { language, title: domain, path: `/domains/${domain}` },
    visit.signed(),
    html`<div class="staff-page flow-l">
      <div class="flow-s">
        <p class="small"><a href="/${language}/domains">${say('domains.title')}</a></p>
        <h1 class="wrap">${domain}</h1>
        ${countTags(counts, say)}
        <form class="hstack wrapx" method="post" action="/${language}/domains/${domain}">
          <button class="btn">${say('domain.again')}</button>
          <span class="small dim">
            ${lookedAt === '' ? say('domain.silent') : say('domain.looked', { time: timeInWords(language, lookedAt) })}
          </span>
        </form>
      </div>
      <section class="flow" aria-labelledby="todo-title">
        <h2 id="todo-title">${say('domain.toDo')}</h2>
        <p class="dim">${say(toDo.length === 0 ? 'domain.toDo.none' : 'domain.next')}</p>
        ${toDo.map((record) => recordBox(record, say))}
      </section>
      ${section('operator', say('domain.operator'), operator, say)} ${advice.length === 0 ? '' : adviceOf(advice, say)}
      ${more(say('domain.toDo.useful'), useful, say)}
      ${more(
        say('domain.right'),
        records.filter((record) => !isLeft(record)),
        say,
      )}
      <details class="other-way">
        <summary>${say('domain.zone')}</summary>
        <pre class="staff-zone mono" tabindex="0" role="region" aria-label="${say('domain.zone')}">
${zone.join('\n')}</pre>
      </details>
    </div>`,
  )
}

const section = (name: string, title: string, records: readonly ShownRecord[], say: Say): Markup | '' =>
  records.length === 0
    ? ''
    : html`<section class="flow" aria-labelledby="${name}-title">
        <h2 id="${name}-title">${title}</h2>
        ${records.map((record) => recordBox(record, say))}
      </section>`

/** Shown when it is asked for. */
const more = (title: string, records: readonly ShownRecord[], say: Say): Markup | '' =>
  records.length === 0
    ? ''
    : html`<details class="other-way">
        <summary>${title}</summary>
        <div class="flow">${records.map((record) => recordBox(record, say))}</div>
      </details>`

const adviceOf = (records: readonly ShownRecord[], say: Say): Markup =>
  html`<section class="flow" aria-labelledby="advice-title">
    <h2 id="advice-title">${say('domain.advice')}</h2>
    ${records.map(({ kind, note }) => (note === null ? '' : html`<p><b>${say(`kind.${kind}`)}</b> ${say(`note.${note}`)}</p>`))}
  </section>`

const TONES = { right: 'good', wrong: 'bad', missing: 'ask', silent: '' } as const

const recordBox = ({ kind, name, type, value, need, standing, note, found }: ShownRecord, say: Say): Markup =>
  html`<article class="staff-box staff-dns flow-s">
    <p class="hstack wrapx">
      <b>${say(`kind.${kind}`)}</b>
      <span class="tag ${TONES[standing]}">${say(`record.${standing}`)}</span>
      ${need === 'kept' || need === 'removable' ? html`<span class="small dim">${say(`record.need.${need}`)}</span>` : ''}
    </p>
    ${note === null ? '' : html`<p>${say(`note.${note}`)}</p>`}
    <dl>
      <dt>${say('domain.name')}</dt>
      <dd><code>${name}</code></dd>
      <dt>${say('domain.type')}</dt>
      <dd><code>${type}</code></dd>
      ${
        value === '' || need === 'removable'
          ? ''
          : html`<dt>${say('domain.value')}</dt>
              <dd><code>${value}</code></dd>`
      }
      ${
        standing === 'missing' || found.length === 0
          ? ''
          : html`<dt>${say('domain.there')}</dt>
              ${found.map((text) => html`<dd><code>${text}</code></dd>`)}`
      }
    </dl>
  </article>`
