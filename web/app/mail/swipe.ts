import type { Attachment } from 'svelte/attachments'

/** How far a row is drawn before letting go acts, in pixels. */
const far = 96
/** A finger that has moved this far sideways means the row, not the list. */
const meant = 16

/**
 * Lets a finger draw a row of the list to the right.
 * @param row  the row under the finger, if it may be drawn
 * @param act  called with the row that was drawn far enough
 */
export function swipe(
  row: (event: PointerEvent) => HTMLElement | undefined,
  act: (row: HTMLElement) => void,
): Attachment {
  return (list) => {
    let begun: { row: HTMLElement; x: number; y: number; id: number; drawn: boolean } | undefined

    function down(event: PointerEvent) {
      const under = event.pointerType === 'touch' && event.isPrimary ? row(event) : undefined
      begun = under && { row: under, x: event.clientX, y: event.clientY, id: event.pointerId, drawn: false }
    }
    function move(event: PointerEvent) {
      if (begun?.id !== event.pointerId) return
      const right = event.clientX - begun.x
      if (!begun.drawn && right > meant && right > 2 * Math.abs(event.clientY - begun.y)) {
        begun.drawn = true
        list.setPointerCapture(event.pointerId)
      }
      if (begun.drawn) begun.row.style.setProperty('--drawn', `${Math.max(0, right)}px`)
    }
    function end(event: PointerEvent) {
      if (begun?.id !== event.pointerId) return
      const { row, x, drawn } = begun
      begun = undefined
      row.style.removeProperty('--drawn')
      if (!drawn) return
      // The click that follows belongs to the drawing.
      list.addEventListener('click', (click) => click.stopPropagation(), { once: true, capture: true })
      if (event.type === 'pointerup' && event.clientX - x >= far) act(row)
    }

    const handlers = { pointerdown: down, pointermove: move, pointerup: end, pointercancel: end }
    for (const [name, handler] of Object.entries(handlers)) list.addEventListener(name, handler as EventListener)
    return () => {
      for (const [name, handler] of Object.entries(handlers)) list.removeEventListener(name, handler as EventListener)
    }
  }
}
