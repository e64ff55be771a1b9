import { html } from 'hono/html'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import type { RefusalLetter, ShownCase } from '../../../trust/legal/index.ts'
import { icon } from '../../site/icons.ts'
import { faultNote, faultOf } from '../form.ts'
import { deskPage, type Markup } from '../layout.ts'
import { dayInWords, isTextKey, sayIn, timeInWords, type Say } from '../texts.ts'
import { caseList, stageOf, type Cases, type Told } from './case-list.ts'

type Case = Told<ShownCase>

/** What an act has given that is shown once. */
interface News {
  fault?: string
  letter?: RefusalLetter
  /** What leaves for the authority, and the scan: links that save it. */
  files?: { name: string; type: string; base64: string }[]
}

interface Sealed {
  json: string
  text: string
}

/** What each form of the page does, by its field `step`: the act, what it is given beside the case, and what its answer shows. */
const STEPS: Record<string, { act: string; given?(visit: Visit): object; news?(told: never, id: string): News }> = {
  check: {
    act: 'legal.check',
    given: (visit) => ({
      check: visit.field('check'),
      isTrue: visit.field('isTrue') === 'true',
      note: visit.field('note'),
    }),
  },
  propose: { act: 'legal.propose' },
  sign: { act: 'legal.sign', news: sealedNews },
  export: { act: 'legal.export', news: sealedNews },
  scan: {
    act: 'legal.scan',
    news: (scan: { name: string; type: string; bytes: string }) => ({
      files: [{ name: scan.name, type: scan.type, base64: Buffer.from(scan.bytes, 'base64url').toString('base64') }],
    }),
  },
  refuse: { act: 'legal.refuse', news: (letter: RefusalLetter) => ({ letter }) },
  letter: { act: 'legal.letter', news: (letter: RefusalLetter) => ({ letter }) },
  send: { act: 'legal.letter', given: () => ({ isSent: true }), news: (letter: RefusalLetter) => ({ letter }) },
  preserve: { act: 'legal.preserve' },
  end: { act: 'legal.endPreservation' },
  withdraw: { act: 'legal.withdraw' },
}

function sealedNews({ json, text }: Sealed, id: string): News {
  const file = (name: string, armored: string) => ({
    name,
    type: 'application/pgp-encrypted',
    base64: Buffer.from(armored).toString('base64'),
  })
  return { files: [file(`${id}.json.asc`, json), file(`${id}.txt.asc`, text)] }
}

/** One request: what the policy says to it, its checks, its release, what would leave, and everything that was done. */
export const casePage: DeskPage = {
  path: '/cases/:case{[0-9]{4}-[0-9]{1,6}}',
  async show(visit) {
    return page(visit)
  },
  async take(visit) {
    const step = STEPS[visit.field('step')]
    const id = visit.param('case')
    if (step === undefined) return page(visit)
    const done = await visit.attempt<never>(step.act, { case: id, ...step.given?.(visit) })
    const say = sayIn(visit.language)
    if (done.refused !== undefined) return page(visit, { fault: faultOf('legal', done, visit.language, say) })
    return step.news === undefined ? { to: `/cases/${id}` } : page(visit, step.news(done.told, id))
  },
}

async function page(visit: Visit, news: News = {}): Promise<Markup> {
  const { language } = visit
  const say = sayIn(language)
  const id = visit.param('case')
  const [found, { cases }] = await Promise.all([
    visit.ask<Case>('legal.show', { case: id }),
    visit.ask<Cases>('legal.list'),
  ])
  const title = say('legal.case', { id })
  return deskPage(
    { language, title, path: `/cases/${id}` },
    visit.signed(),
    html`<div class="staff-panes">
      <div class="staff-others">${caseList(cases, id, visit, say)}</div>
      <div class="flow-l staff-case">
        ${head(found, title, language, say)} ${faultNote(news.fault)} ${newsOf(news, found, visit, say)}
        ${verdictOf(found, language, say)} ${checks(found, visit, say)} ${release(found, visit, say)}
      </div>
      <aside class="flow-l staff-case">${side(found, visit, say)}</aside>
    </div>`,
  )
}

function head(found: Case, title: string, language: Visit['language'], say: Say): Markup {
  const { intake } = found
  const country = new Intl.DisplayNames(language, { type: 'region' }).of(found.country) ?? found.country
  return html`<header class="flow-s">
    <div class="hstack wrapx">
      <h1>${title}</h1>
      <span class="tag ${found.stage === 'toSign' ? 'ask' : ''}">${stageOf(found, say)}</span>
      <span class="end small dim3">${say('legal.receivedOn', { day: timeInWords(language, found.receivedAt) })}</span>
    </div>
    ${
      intake === null
        ? html`<p class="dim">${say('legal.detailsGone')}</p>`
        : html`<p>${intake.authority} (${country}, ${say(`legal.authority.${intake.kind}`)}), ${intake.reference}</p>
            <p class="dim">${intake.accounts.join(', ')}</p>`
    }
    ${
      found.stage === 'closed'
        ? ''
        : html`<p class="strong">${say('legal.answerBy', { day: dayInWords(language, found.answerBy) })}</p>`
    }
  </header>`
}

function newsOf({ letter, files }: News, { id, canSend }: Case, visit: Visit, say: Say): Markup {
  return html`${
    letter === undefined
      ? ''
      : html`<section class="staff-box flow">
          <h2>${letter.subject}</h2>
          <pre class="staff-letter">${letter.text}</pre>
          ${canSend ? button(visit, id, 'send', say('legal.letter.send')) : ''}
        </section>`
  }
  ${
    files === undefined
      ? ''
      : html`<ul class="card rows">
          ${files.map(
            ({ name, type, base64 }) =>
              html`<li><a class="grow" download="${name}" href="data:${type};base64,${base64}">${name}</a></li>`,
          )}
        </ul>`
  }`
}

function verdictOf({ verdict: said, found }: Case, language: Visit['language'], say: Say): Markup {
  if (said === null) return html``
  return html`<section class="note ${said.answer === 'refuse' ? 'ask' : ''}">
    ${icon('info')}
    <div class="flow-s">
      <h2>${say(`legal.verdict.${said.answer}`)}</h2>
      <p>${said.answer === 'refuse' ? say(`legal.reason.${said.reason}`) : said.law[language]}</p>
      ${
        found === null
          ? ''
          : html`<p class="small dim">
              ${found.map(({ address, isKnown }) => `${address}: ${say(isKnown ? 'legal.known' : 'legal.unknown')}`).join(' · ')}
            </p>`
      }
    </div>
  </section>`
}

function checks({ id, checks: list, stage, people, verdict: said }: Case, visit: Visit, say: Say): Markup {
  if (said?.answer === 'refuse' && list.every(({ ticked }) => ticked === null)) return html``
  const done = list.filter(({ ticked }) => ticked !== null).length
  return html`<section>
    <div class="hstack">
      <h2>${say('legal.checks')}</h2>
      <span class="small dim3">${say('legal.checks.count', { done, all: list.length })}</span>
    </div>
    <ul class="staff-checks">
      ${list.map(
        ({ name, ticked, isByAnother }) =>
          html`<li>
            ${icon(ticked === null ? 'info' : 'check', ticked === null ? 'i ask' : 'i good')}
            <div>
              <span>${say(`legal.check.${name}`)}</span>
              <small class="dim3"
                >${
                  ticked === null
                    ? isByAnother
                      ? say('legal.check.byAnother')
                      : ''
                    : [ticked.note, nameOf(ticked.staff, people, say), timeInWords(visit.language, ticked.at)]
                        .filter(Boolean)
                        .join(' · ')
                }</small
              >
            </div>
            ${
              stage === 'closed' || stage === 'preserving'
                ? ''
                : html`<form class="hstack" method="post" action="/${visit.language}/cases/${id}">
                    <input type="hidden" name="step" value="check" />
                    <input type="hidden" name="check" value="${name}" />
                    <input type="hidden" name="isTrue" value="${String(ticked === null)}" />
                    ${
                      ticked === null
                        ? html`<input
                            class="input"
                            name="note"
                            maxlength="500"
                            autocomplete="off"
                            aria-label="${`${say('legal.check.note')}: ${say(`legal.check.${name}`)}`}"
                            placeholder="${say('legal.check.note')}"
                          />`
                        : ''
                    }
                    <button
                      class="btn small"
                      aria-label="${`${say(ticked === null ? 'legal.tick' : 'legal.untick')}: ${say(`legal.check.${name}`)}`}"
                    >
                      ${say(ticked === null ? 'legal.tick' : 'legal.untick')}
                    </button>
                  </form>`
            }
          </li>`,
      )}
    </ul>
  </section>`
}

const nameOf = (staff: number, people: Record<string, string>, say: Say): string =>
  people[String(staff)] ?? say('legal.staff', { number: staff })

/** What can be done with the case as it stands: one thing at a time, and what is always possible below. */
function release(found: Case, visit: Visit, say: Say): Markup {
  const { id, stage, proposal, people, verdict: said, hasExport, outcome } = found
  const act = (step: string, label: string, isMain = false): Markup => button(visit, id, step, label, isMain)
  return html`<section class="flow">
    ${
      said?.answer === 'release' && stage !== 'closed'
        ? html`<h2>${say('legal.release')}</h2>
            <div class="staff-keys">
              <div class="staff-key ${proposal === null ? '' : 'good'}">
                ${
                  proposal === null
                    ? act('propose', say('legal.propose'), true)
                    : html`<b>${nameOf(proposal.staff, people, say)}</b>
                        <span class="small dim"
                          >${say('legal.proposed', { time: timeInWords(visit.language, proposal.at) })}</span
                        >`
                }
              </div>
              <div class="staff-key">
                <b>${say('legal.second')}</b>
                <span class="small dim">${say('legal.second.lead')}</span>
                ${proposal === null ? '' : act('sign', say('legal.sign'), true)}
              </div>
            </div>
            <p class="small dim">${say('legal.release.lead')}</p>`
        : ''
    }
    <div class="hstack wrapx">
      ${said?.answer === 'preserve' && stage === 'toPreserve' ? act('preserve', say('legal.preserve'), true) : ''}
      ${stage === 'preserving' ? act('end', say('legal.end')) : ''}
      ${stage === 'closed' || stage === 'preserving' ? '' : html`${act('refuse', say('legal.refuse'), said?.answer === 'refuse')} ${act('withdraw', say('legal.withdraw'))}`}
      ${outcome === 'refused' ? act('letter', say('legal.letter')) : ''}
      ${hasExport ? act('export', say('legal.export')) : ''}
    </div>
  </section>`
}

const button = ({ language }: Visit, id: string, step: string, label: string, isMain = false): Markup =>
  html`<form method="post" action="/${language}/cases/${id}">
    <input type="hidden" name="step" value="${step}" />
    <button class="btn ${isMain ? 'primary' : ''}">${label}</button>
  </form>`

function side(found: Case, visit: Visit, say: Say): Markup {
  const { language } = visit
  const { id, intake, key, proposal, scan, record, people, heldUntil, silentUntil, verdict } = found
  const day = (time: string): string => dayInWords(language, time)
  return html`${
      intake === null
        ? ''
        : html`<section class="flow-s">
              <h2>${say(intake.wants === 'data' ? 'legal.side.asked' : 'legal.side.preserves')}</h2>
              <ul class="card rows small">
                ${
                  intake.wants === 'data'
                    ? intake.fields.map(
                        (field) =>
                          html`<li>
                            <span class="grow">${say(`legal.asked.${field}`)}</span>
                            <span class="num dim3"
                              >${field === 'content' || field === 'interception' ? say('legal.never') : (proposal?.counts[field] ?? '')}</span
                            >
                          </li>`,
                      )
                    : intake.preserves.map(
                        (what) => html`<li><span class="grow">${say(`legal.preserves.${what}`)}</span></li>`,
                      )
                }
              </ul>
              ${intake.from === null && intake.to === null ? '' : html`<p class="small dim">${intake.from === null ? '…' : day(intake.from)} – ${intake.to === null ? '…' : day(intake.to)}</p>`}
              ${heldUntil === null ? '' : html`<p class="small">${say('legal.holdsUntil', { day: day(heldUntil) })}</p>`}
            </section>
            ${
              verdict?.answer === 'refuse'
                ? ''
                : html`<section class="flow-s">
                    <h2>${say('legal.side.notice')}</h2>
                    <p class="small">
                      ${silentUntil === null ? say('legal.notice.now') : say('legal.notice.delayed', { day: day(silentUntil) })}
                    </p>
                  </section>`
            }
            ${
              key === null
                ? ''
                : html`<section class="flow-s">
                    <h2>${say('legal.side.key')}</h2>
                    <p class="small mono staff-print">${key.fingerprint}</p>
                    <p class="small dim">
                      ${key.endsAt === null ? say('legal.key.endless') : say('legal.key.ends', { day: day(key.endsAt) })}
                    </p>
                  </section>`
            }
            ${scan === null ? '' : button(visit, id, 'scan', say('legal.scan'))}`
    }
    <section class="flow-s">
      <h2>${say('legal.side.record')}</h2>
      <ol class="staff-record small" reversed>
        ${record.toReversed().map(
          ({ at, kind, reason, until, staff, check }) =>
            html`<li>
              <span>${eventInWords(kind, check, say)}${reason === null ? '' : `: ${reasonInWords(reason, say)}`}</span>
              <small class="dim3"
                >${[
                  staff === null ? '' : nameOf(staff, people, say),
                  timeInWords(language, at),
                  until === null || kind === 'received' ? '' : say('legal.until', { day: day(until) }),
                ]
                  .filter(Boolean)
                  .join(' · ')}</small
              >
            </li>`,
        )}
      </ol>
    </section>`
}

const eventInWords = (kind: string, check: string | null, say: Say): string => {
  const key = `legal.event.${kind}`
  const words = isTextKey(key) ? say(key) : kind
  const of = `legal.check.${check ?? ''}`
  return isTextKey(of) ? `${words}: ${say(of)}` : words
}

const reasonInWords = (reason: string, say: Say): string => {
  const key = [`legal.reason.${reason}`, `legal.fault.${reason}`].find(isTextKey)
  return key === undefined ? reason : say(key)
}
