/**
 * Keys pressed after a line or a letter to write in was asked for, and before it is there. They belong to it: as
 * commands they would archive letters, and dropped they would be missing.
 */
let held: { text: string; end: ReturnType<typeof setTimeout> } | undefined

/** A line that does not come by then never will. */
const longestMs = 5000
const most = 200

export function holdKeys(): void {
  dropKeys()
  held = { text: '', end: setTimeout(dropKeys, longestMs) }
}

export function dropKeys(): void {
  clearTimeout(held?.end)
  held = undefined
}

/** Takes a key while keys are held. @returns whether it was */
export function holdKey(event: KeyboardEvent): boolean {
  if (!held) return false
  if (event.ctrlKey || event.metaKey) return true
  event.preventDefault()
  if (event.key === 'Escape') held.text = ''
  else if (event.key === 'Backspace') held.text = held.text.slice(0, -1)
  else if (event.key === 'Enter') held.text += '\n'
  else if ([...event.key].length === 1 && held.text.length < most) held.text += event.key
  return true
}

/** Types what was held into the field that has the focus now. */
export function typeKeys(): void {
  const lines = held?.text.split('\n') ?? []
  dropKeys()
  for (const [at, line] of lines.entries()) {
    const field = document.activeElement
    if (!field?.matches('input, textarea, [contenteditable=true]')) return
    const enter = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })
    if (at > 0 && field.dispatchEvent(enter) && !field.matches('input')) document.execCommand('insertParagraph')
    // As if typed: the field's own listeners hear of it, and it can be undone.
    if (line !== '') document.execCommand('insertText', false, line)
  }
}
