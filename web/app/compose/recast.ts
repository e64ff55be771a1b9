import { t } from '../shell/texts.svelte.ts'
import { offerUndo } from '../shell/toast.svelte.ts'
import type { Draft } from './draft.svelte.ts'
import { joinPlain, plainToHtml } from './quoted.ts'

/**
 * Makes a plain letter of a rich one, or the other way. What plain text cannot say can be had back.
 * @param touch  told that the letter has changed
 */
export function recast(draft: Draft, rich: boolean, touch: () => void): void {
  const body = draft.read()
  const { quoted } = draft
  const before = { body, quoted, rich: draft.rich }
  const change = (to: Partial<Pick<Draft, 'body' | 'quoted' | 'rich'>>) => {
    // The editor that shows the old text goes, and must not write it back.
    draft.editor = undefined
    Object.assign(draft, to)
    touch()
  }
  if (rich) {
    const html = quoted && (quoted.html || plainToHtml(quoted.text))
    change({ rich, body: { ...body, html: plainToHtml(body.text) }, quoted: quoted && { ...quoted, html: html ?? '' } })
    return
  }
  change({ rich, body: { html: '', text: body.text } })
  if (losesSomething(body.html)) offerUndo(t('compose.nowPlain'), () => change(before))
}

/** Whether plain text cannot say all of it. */
function losesSomething(html: string): boolean {
  return /<(?:b|i|u|s|em|strong|ul|ol|a|img|blockquote|pre|code|h[1-6]|table)\b|\sstyle=/i.test(html)
}

/** Takes what is quoted into the text. The editor has to begin anew with it. */
export function takeQuote(draft: Draft): void {
  const { quoted } = draft
  if (!quoted) return
  const { html, text } = draft.read()
  draft.body = {
    html: html + (quoted.html || plainToHtml(quoted.text)),
    text: joinPlain({ own: text, attribution: '', quote: quoted.text }),
  }
  draft.quoted = undefined
  draft.editor = undefined
}

/** Leaves out what is quoted; it can be had back. */
export function dropQuote(draft: Draft, touch: () => void): void {
  const { quoted } = draft
  draft.quoted = undefined
  touch()
  offerUndo(t('compose.quoteDropped'), () => {
    draft.quoted = quoted
    touch()
  })
}
