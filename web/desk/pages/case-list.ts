import { html } from 'hono/html'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import type { LegalBasis } from '../../../policy/index.ts'
import type { ListedCase } from '../../../trust/legal/index.ts'
import { deskPage, type Markup } from '../layout.ts'
import { dayInWords, sayIn, type Say } from '../texts.ts'

/** As an act gives it: times are text. */
export type Told<T> = T extends Date
  ? string
  : T extends readonly (infer Each)[]
    ? Told<Each>[]
    : T extends object
      ? { [Name in keyof T]: Told<T[Name]> }
      : T

export interface Cases {
  country: string
  bases: LegalBasis[]
  cases: Told<ListedCase>[]
}

/** The requests: open ones by the day on which they have to be answered, and those that were closed last. */
export const caseListPage: DeskPage = {
  path: '/cases',
  async show(visit) {
    const { language } = visit
    const say = sayIn(language)
    const { cases } = await visit.ask<Cases>('legal.list')
    return deskPage(
      { language, title: say('legal.title'), path: '/cases' },
      visit.signed(),
      html`<div class="staff-page narrow flow-l">
        <div class="hstack wrapx">
          <h1>${say('legal.title')}</h1>
          <a class="btn end" href="/${language}/cases/new">${say('legal.new')}</a>
        </div>
        ${cases.length === 0 ? html`<p class="dim">${say('legal.none')}</p>` : caseList(cases, undefined, visit, say)}
      </div>`,
    )
  },
}

const TONES: Partial<Record<ListedCase['stage'], string>> = { toSign: 'ask', toRefuse: '', preserving: 'act' }

export const caseList = (
  cases: readonly Told<ListedCase>[],
  open: string | undefined,
  { language }: Pick<Visit, 'language'>,
  say: Say,
): Markup =>
  html`<nav class="staff-list" aria-label="${say('legal.title')}">
    ${cases.map(
      (one) =>
        html`<a href="/${language}/cases/${one.id}" ${one.id === open ? html`aria-current="page"` : ''}>
          <span class="strong">${one.id} · ${one.authority ?? say(`legal.authority.${one.kind}`)}</span>
          <span class="small">${say(`legal.request.${one.request}`)}</span>
          <span class="hstack wrapx"
            ><span class="small dim3">${whenOf(one, language, say)}</span
            ><span class="end tag ${TONES[one.stage] ?? ''}">${stageOf(one, say)}</span></span
          >
        </a>`,
    )}
  </nav>`

const whenOf = ({ stage, answerBy, receivedAt, heldUntil }: Told<ListedCase>, language: Visit['language'], say: Say) =>
  stage === 'preserving' && heldUntil !== null
    ? say('legal.holdsUntil', { day: dayInWords(language, heldUntil) })
    : stage === 'closed'
      ? say('legal.receivedOn', { day: dayInWords(language, receivedAt) })
      : say('legal.answerBy', { day: dayInWords(language, answerBy) })

export const stageOf = ({ stage, outcome }: Pick<Told<ListedCase>, 'stage' | 'outcome'>, say: Say): string =>
  stage === 'closed' && outcome !== null
    ? say(`legal.outcome.${outcome as 'released' | 'refused' | 'withdrawn' | 'preservationEnded'}`)
    : say(`legal.stage.${stage}`)
