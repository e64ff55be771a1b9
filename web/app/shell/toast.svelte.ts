/** What was done and can be undone for a while. */
export interface Toast {
  text: string
  /** Second line: where it went, or how long it can be brought back. */
  more: string | undefined
  /** Seconds that have passed. */
  passed: number
  undo: (() => void) | undefined
  failed: boolean
}

/** How long undoing is offered, in seconds. */
export const undoSeconds = 10

interface Shown {
  toast: Toast | undefined
  paused: boolean
}

/** The one toast. Read only outside this file; `paused` while the pointer or the focus is on it. */
export const shown: Shown = $state({ toast: undefined, paused: false })

let commit: (() => void) | undefined
let ticking: ReturnType<typeof setInterval> | undefined

/**
 * Says what was done and offers to undo it.
 * @param later  what is done only once undoing is no longer offered; also when another toast takes the place
 */
export function offerUndo(text: string, undo: () => void, later?: () => void, more?: string): void {
  close()
  commit = later
  show({ text, more, passed: 0, undo, failed: false })
}

/** Says what failed. */
export function sayFailed(text: string): void {
  close()
  show({ text, more: undefined, passed: 0, undo: undefined, failed: true })
}

/** Says what is being done; stays until the next toast or `close`. */
export function sayProgress(text: string): void {
  if (shown.toast && !shown.toast.undo && !shown.toast.failed) shown.toast.text = text
  else {
    close()
    shown.toast = { text, more: undefined, passed: 0, undo: undefined, failed: false }
  }
}

function show(toast: Toast): void {
  shown.toast = toast
  shown.paused = false
  ticking = setInterval(() => {
    if (shown.paused || !shown.toast) return
    shown.toast.passed++
    if (shown.toast.passed >= undoSeconds) close()
  }, 1000)
}

/** Undoes the last thing that offers it. */
export function undo(): void {
  const act = shown.toast?.undo
  if (!act) return
  commit = undefined
  close()
  act()
}

/** Takes the toast away; what waited for it is done now. */
export function close(): void {
  clearInterval(ticking)
  shown.toast = undefined
  const later = commit
  commit = undefined
  later?.()
}

// Whoever leaves has not undone it.
addEventListener('pagehide', close)
