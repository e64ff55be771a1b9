import { html } from 'hono/html'
import type { Language } from '../site/languages.ts'
import type { Markup } from './layout.ts'
import { isTextKey, sayIn, timeInWords, type Say } from './texts.ts'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

/** What a look has shown: JSON by field, in words as far as there are any. */
export function foundList(found: Record<string, unknown>, language: Language): Markup {
  const say = sayIn(language)
  return html`<section class="staff-box flow-s" aria-label="${say('look.found')}">
    <h2>${say('look.found')}</h2>
    <dl class="dl small">
      ${Object.entries(found).map(([name, value]) => {
        const key = `field.${name}`
        return html`<dt>${isTextKey(key) ? say(key) : name}</dt>
          <dd>${inWords(value, language, say)}</dd>`
      })}
    </dl>
  </section>`
}

function inWords(value: unknown, language: Language, say: Say): Markup | string {
  if (value === null || value === undefined || value === '') return say('look.nothing')
  if (Array.isArray(value))
    return value.length === 0
      ? say('look.nothing')
      : html`<ul class="flow-s">
          ${value.map((each) => html`<li>${inWords(each, language, say)}</li>`)}
        </ul>`
  if (typeof value === 'object')
    return html`${Object.entries(value).map(
      ([name, each], at) => html`${at === 0 ? '' : ', '}${name}: ${inWords(each, language, say)}`,
    )}`
  if (typeof value === 'string' && TIME.test(value)) return timeInWords(language, value)
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return ''
  const word = `word.${value}`
  return isTextKey(word) ? say(word) : String(value)
}
