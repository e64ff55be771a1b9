import { html } from 'hono/html'
import type { DeskPage, Visit } from '../../../protocols/desk/index.ts'
import { AUTHORITIES } from '../../../policy/index.ts'
import { ASKED, CHANNELS, PRESERVABLE, type ShownCase } from '../../../trust/legal/index.ts'
import { faultNote, faultOf, textField } from '../form.ts'
import { deskPage, type Markup } from '../layout.ts'
import { sayIn, type Say } from '../texts.ts'
import type { Cases } from './case-list.ts'

/** Takes a request in, as it came: what it says, and never what it means. */
export const caseIntakePage: DeskPage = {
  path: '/cases/new',
  async show(visit) {
    return page(visit)
  },
  async take(visit) {
    const { given, fault } = await readForm(visit)
    if (given === undefined) return page(visit, fault)
    const received = await visit.attempt<ShownCase>('legal.receive', given)
    if (received.refused === undefined) return { to: `/cases/${received.told.id}` }
    const say = sayIn(visit.language)
    // The form of an act names `preserves.0` and the like.
    const fields = received.fields.map((field) => field.split('.')[0] ?? '')
    return page(visit, faultOf('legal', { ...received, fields }, visit.language, say))
  },
}

/** A day of a form, at its beginning or its last moment; null when it is left out. */
const day = (text: string, isEnd = false): string | null =>
  /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T${isEnd ? '23:59:59' : '00:00:00'}Z` : null

async function readForm(visit: Visit): Promise<{ given?: object; fault?: string }> {
  const say = sayIn(visit.language)
  const text = (name: string): string => visit.field(name).trim()
  const orNull = (name: string): string | null => text(name) || null
  const answerBy = day(text('answerBy'), true)
  if (answerBy === null) return { fault: say('legal.fault.answerBy') }
  const bytes = await visit.file('scan')
  const type = scanType(bytes)
  if (bytes !== undefined && type === undefined) return { fault: say('legal.fault.scan') }
  return {
    given: {
      authority: text('authority'),
      country: text('country').toUpperCase(),
      kind: text('kind'),
      basis: orNull('basis'),
      basisNamed: text('basisNamed'),
      reference: text('reference'),
      channel: text('channel'),
      answerBy,
      wants: text('wants'),
      fields: visit.fields('fields'),
      accounts: text('accounts').split(/\s+/).filter(Boolean),
      from: day(text('from')),
      to: day(text('to'), true),
      preserves: visit.fields('preserves'),
      preserveUntil: day(text('preserveUntil'), true),
      silentUntil: day(text('silentUntil'), true),
      key: orNull('key'),
      replyTo: orNull('replyTo'),
      language: text('language'),
      scan: bytes === undefined ? null : { name: `scan.${type?.split('/')[1] ?? ''}`, type, bytes },
    },
  }
}

/** What the first bytes of each kind of scan are, whatever the browser calls it. */
const BEGINNINGS: readonly [type: string, begins: string][] = [
  ['application/pdf', '25504446'],
  ['image/jpeg', 'ffd8ff'],
  ['image/png', '89504e47'],
  ['image/tiff', '49492a00'],
  ['image/tiff', '4d4d002a'],
]

function scanType(bytes: string | undefined): string | undefined {
  const head = Buffer.from((bytes ?? '').slice(0, 16), 'base64url').toString('hex')
  return BEGINNINGS.find(([, begins]) => head.startsWith(begins))?.[0]
}

async function page(visit: Visit, fault?: string): Promise<Markup> {
  const { language } = visit
  const say = sayIn(language)
  const { bases, country } = await visit.ask<Cases>('legal.list')
  const typed = (name: string): string => visit.field(name)
  const row = (...fields: Markup[]): Markup => html`<div class="staff-row">${fields}</div>`
  const field = (name: string, options: { type?: string; isOptional?: boolean; hint?: string } = {}): Markup =>
    textField({ name, label: say(`legal.field.${name}` as 'legal.field.authority'), value: typed(name), ...options })
  return deskPage(
    { language, title: say('legal.new'), path: '/cases/new' },
    visit.signed(),
    html`<div class="staff-page narrow flow-l">
      <h1>${say('legal.new')}</h1>
      <p class="dim">${say('legal.new.lead')}</p>
      ${faultNote(fault)}
      <form class="flow" method="post" action="/${language}/cases/new" enctype="multipart/form-data">
        ${field('authority')}
        ${row(
          select('kind', say('legal.field.kind'), words(AUTHORITIES, 'legal.authority', say), typed('kind')),
          textField({
            name: 'country',
            label: say('legal.field.country'),
            value: typed('country') || country,
            maxlength: 2,
          }),
        )}
        ${row(
          select(
            'basis',
            say('legal.field.basis'),
            [['', say('legal.basis.none')], ...bases.map(({ id, law }) => [id, law[language]] as const)],
            typed('basis'),
          ),
          field('basisNamed', { isOptional: true }),
        )}
        ${row(
          field('reference'),
          select('channel', say('legal.field.channel'), words(CHANNELS, 'legal.channel', say), typed('channel')),
          field('answerBy', { type: 'date' }),
        )}
        <div class="field">
          <label for="accounts">${say('legal.field.accounts')}</label>
          <textarea class="input" id="accounts" name="accounts" rows="3" required aria-describedby="accounts-hint">
${typed('accounts')}</textarea>
          <span class="hint" id="accounts-hint">${say('legal.field.accounts.hint')}</span>
        </div>
        ${choice(
          'wants',
          say('legal.field.wants'),
          [
            ['data', say('legal.wants.data')],
            ['preservation', say('legal.wants.preservation')],
          ],
          [typed('wants') || 'data'],
          'radio',
        )}
        ${choice('fields', say('legal.field.fields'), words(ASKED, 'legal.asked', say), visit.fields('fields'))}
        ${row(field('from', { type: 'date', isOptional: true }), field('to', { type: 'date', isOptional: true }))}
        ${choice('preserves', say('legal.field.preserves'), words(PRESERVABLE, 'legal.preserves', say), visit.fields('preserves'))}
        ${row(
          field('preserveUntil', { type: 'date', isOptional: true }),
          field('silentUntil', { type: 'date', isOptional: true, hint: say('legal.field.silentUntil.hint') }),
        )}
        ${row(
          field('replyTo', { type: 'email', isOptional: true }),
          select(
            'language',
            say('legal.field.language'),
            (['de', 'fr', 'nl', 'en'] as const).map((one) => [one, one.toUpperCase()] as const),
            typed('language') || language,
          ),
        )}
        <div class="field">
          <label for="key">${say('legal.field.key')}</label>
          <textarea class="input mono" id="key" name="key" rows="4" spellcheck="false">${typed('key')}</textarea>
        </div>
        <div class="field">
          <label for="scan">${say('legal.field.scan')}</label>
          <input id="scan" name="scan" type="file" accept="application/pdf,image/jpeg,image/png,image/tiff" />
        </div>
        <button class="btn primary">${say('legal.receive')}</button>
      </form>
    </div>`,
  )
}

type Choices = readonly (readonly [value: string, label: string])[]

const words = (names: readonly string[], prefix: string, say: Say): Choices =>
  names.map((name) => [name, say(`${prefix}.${name}` as 'legal.title')] as const)

const select = (name: string, label: string, choices: Choices, chosen: string): Markup =>
  html`<div class="field">
    <label for="${name}">${label}</label>
    <select class="select" id="${name}" name="${name}">
      ${choices.map(
        ([value, text]) => html`<option value="${value}" ${value === chosen ? html`selected` : ''}>${text}</option>`,
      )}
    </select>
  </div>`

const choice = (
  name: string,
  label: string,
  choices: Choices,
  chosen: readonly string[],
  type: 'checkbox' | 'radio' = 'checkbox',
): Markup =>
  html`<fieldset class="staff-choice">
    <legend>${label}</legend>
    ${choices.map(
      ([value, text]) =>
        html`<label
          ><input type="${type}" name="${name}" value="${value}" ${chosen.includes(value) ? html`checked` : ''} />
          ${text}</label
        >`,
    )}
  </fieldset>`
