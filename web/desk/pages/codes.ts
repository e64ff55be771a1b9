import { html } from 'hono/html'
import type { Markup } from '../layout.ts'
import type { Say } from '../texts.ts'

/** Recovery codes, the one time they are shown. */
export const codesBox = (codes: readonly string[], say: Say): Markup =>
  html`<p class="dim">${say('codes.lead')}</p>
    <ul class="staff-codes mono">
      ${codes.map((code) => html`<li>${code}</li>`)}
    </ul>`
