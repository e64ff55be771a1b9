import { html } from 'hono/html'
import { icon } from '../site/icons.ts'
import { durationInWords } from '../site/texts.ts'
import type { Language } from '../site/languages.ts'
import type { Markup } from './layout.ts'
import { isTextKey, type Say } from './texts.ts'

/** What was declined, as `visit.attempt` gives it. */
export interface Declined {
  refused: string
  fields: readonly string[]
  retryAfterSeconds: number | undefined
}

/** Why an act was declined, for a form whose texts begin with `where`; where there are no words of its own, in general ones. */
export function faultOf(
  where: string,
  { refused, fields, retryAfterSeconds }: Declined,
  language: Language,
  say: Say,
): string {
  if (refused === 'tooManyAttempts')
    return say('fault.tooManyAttempts', { wait: durationInWords(language, retryAfterSeconds ?? 60) })
  const [field] = fields
  const key = [`${where}.fault.${field}`, `${where}.fault.${refused}`, `fault.${field}`, `fault.${refused}`].find(
    isTextKey,
  )
  return say(key ?? 'fault.declined')
}

/** What is wrong, above a form. */
export const faultNote = (fault: string | undefined): Markup =>
  fault === undefined ? html`` : html`<p class="note bad" role="alert">${icon('circle-alert')}<span>${fault}</span></p>`

export interface FieldOptions {
  name: string
  label: string
  type?: string
  value?: string
  hint?: string | undefined
  autocomplete?: string
  isFirst?: boolean
  isOptional?: boolean
  maxlength?: number
  /** Written in a font in which no two letters look alike. */
  isMono?: boolean
}

export function textField(options: FieldOptions): Markup {
  const { name, label, type = 'text', value = '', hint, autocomplete = 'off', maxlength = 300 } = options
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      class="input ${options.isMono === true ? 'mono' : ''}"
      id="${name}"
      name="${name}"
      type="${type}"
      value="${value}"
      autocomplete="${autocomplete}"
      autocapitalize="none"
      spellcheck="false"
      maxlength="${String(maxlength)}"
      ${options.isOptional === true ? '' : html`required`}
      ${options.isFirst === true ? html`autofocus` : ''}
      ${hint === undefined ? '' : html`aria-describedby="${name}-hint"`}
    />
    ${hint === undefined ? '' : html`<span class="hint" id="${name}-hint">${hint}</span>`}
  </div>`
}
