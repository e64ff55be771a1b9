import { holdKeys } from '../shell/early.ts'

/** The one line for searching and commands: whether it is open, and what stands in it to begin with. */
export const palette = $state({ open: false, text: '', from: 0, to: 0 })

/**
 * Opens it.
 * @param text  to begin with; what stands between `from` and `to` is selected, all of it when nothing is said
 */
export function openPalette(text = '', from = 0, to = text.length): void {
  if (!palette.open) holdKeys()
  Object.assign(palette, { open: true, text, from, to })
}

export function closePalette(): void {
  palette.open = false
}

const mostRecent = 8

/** The last searches, the newest first. Only in memory: what somebody looks for says much about them. */
let recent: readonly string[] = $state.raw([])

export function recentSearches(): readonly string[] {
  return recent
}

export function rememberSearch(text: string): void {
  recent = [text, ...recent.filter((one) => one !== text)].slice(0, mostRecent)
}
