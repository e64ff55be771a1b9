import type Squire from 'squire-rte'
import { inks, sizes } from './styles.ts'

export type Style = 'bold' | 'italic' | 'underline' | 'strike' | 'bullets' | 'numbers' | 'quote' | 'code' | 'clear'

interface Format {
  tag: string
  set: (editor: Squire) => void
  unset: (editor: Squire) => void
}

/** What each button does, and to which element. */
const formats: Record<Exclude<Style, 'clear'>, Format> = {
  bold: { tag: 'B', set: (editor) => editor.bold(), unset: (editor) => editor.removeBold() },
  italic: { tag: 'I', set: (editor) => editor.italic(), unset: (editor) => editor.removeItalic() },
  underline: { tag: 'U', set: (editor) => editor.underline(), unset: (editor) => editor.removeUnderline() },
  strike: { tag: 'S', set: (editor) => editor.strikethrough(), unset: (editor) => editor.removeStrikethrough() },
  bullets: { tag: 'UL', set: (editor) => editor.makeUnorderedList(), unset: (editor) => editor.removeList() },
  numbers: { tag: 'OL', set: (editor) => editor.makeOrderedList(), unset: (editor) => editor.removeList() },
  quote: {
    tag: 'BLOCKQUOTE',
    set: (editor) => editor.increaseQuoteLevel(),
    unset: (editor) => editor.decreaseQuoteLevel(),
  },
  code: { tag: 'CODE', set: (editor) => editor.code(), unset: (editor) => editor.removeCode() },
}

/** Sets a format, or takes it away where it is. */
export function toggle(editor: Squire, style: Style): void {
  if (style === 'clear') {
    editor.removeAllFormatting()
    return
  }
  const { set, unset } = formats[style]
  if (stylesAt(editor).has(style)) unset(editor)
  else set(editor)
}

/** What the selection is throughout. */
export function stylesAt(editor: Squire): Set<string> {
  const on = new Set<string>()
  for (const [name, { tag }] of Object.entries(formats)) if (editor.hasFormat(tag)) on.add(name)
  if (editor.hasFormat('PRE')) on.add('code')
  if (editor.hasFormat('A')) on.add('link')
  for (const name of [...inks, ...sizes]) if (editor.hasFormat('SPAN', { class: name })) on.add(name)
  return on
}

/** Gives the selection one of several classes in place of the others of them, or none. */
export function choose(editor: Squire, names: readonly string[], chosen: string | undefined): void {
  for (const name of names)
    if (name !== chosen) editor.changeFormat(null, { tag: 'SPAN', attributes: { class: name } }, undefined, false)
  if (chosen) editor.changeFormat({ tag: 'SPAN', attributes: { class: chosen } })
}
