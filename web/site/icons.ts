import { readFileSync } from 'node:fs'
import { raw } from 'hono/html'

const sprite = readFileSync(new URL('../ui/icons.svg', import.meta.url), 'utf8')

const drawings = new Map(
  [...sprite.matchAll(/<symbol id="([\w-]+)" viewBox="0 0 24 24">(.*?)<\/symbol>/gs)].map(([, name, drawing]) => [
    name,
    drawing,
  ]),
)

/** Icons that these pages show. Each page carries the drawings it needs: no request, no script. */
export type IconName =
  | 'check'
  | 'chevron-down'
  | 'circle-alert'
  | 'eye'
  | 'info'
  | 'key-round'
  | 'languages'
  | 'lock'
  | 'mail'
  | 'mark'
  | 'route'

/**
 * An icon as inline SVG, hidden from screen readers: the words stand beside it.
 * @param classes  class names of the design: `i`, `i s`, `i l`, `mark`
 */
export function icon(name: IconName, classes = 'i') {
  const fill = name === 'mark' ? ' fill="currentColor"' : ''
  return raw(`<svg class="${classes}" viewBox="0 0 24 24" aria-hidden="true"${fill}>${drawingOf(name)}</svg>`)
}

/** The mark in sealing-wax green with a white letter, as a file of its own. */
export function favicon(): string {
  const drawing = drawingOf('mark').replaceAll(/var\(--zed,.*?\)\)/g, '#fff')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#0d6a49">${drawing}</svg>`
}

function drawingOf(name: IconName): string {
  const drawing = drawings.get(name)
  if (drawing === undefined) throw new Error(`web/ui/icons.svg has no ${name}`)
  return drawing
}
