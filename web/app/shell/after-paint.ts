/**
 * Does what can wait once the page has been painted, so that it does not stand between a key and what it shows.
 * @returns what calls it off
 */
export function afterPaint(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const soon = () => {
    timer = setTimeout(act)
  }
  // A page that is not seen has no frames.
  const frame = document.visibilityState === 'visible' ? requestAnimationFrame(soon) : 0
  if (frame === 0) soon()
  return () => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
}
