/** What was done and can be undone for a while. */
export interface Toast {
  text: string
  /** Second line: where it went, or how long it can be brought back. */
  more: string | undefined
  /** Seconds that have passed. */
  passed: number
  undo: (() => void) | undefined
  /** Where it leads. */
  link: { href: string; text: string } | undefined
  failed: boolean
  /** How long it stands, in seconds. */
  seconds: number
  /** Whether its time goes on under the pointer: what it offers to undo happens by itself elsewhere. */
  firm: boolean
}

/** How long undoing is offered where nothing else is said, in seconds. */
const undoSeconds = 10

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
  show({ text, more, undo })
}

/** Says what will be done elsewhere after so many seconds, and offers to stop it until then. */
export function offerStop(text: string, undo: () => void, seconds: number): void {
  close()
  show({ text, undo, seconds, firm: true })
}

/** Says what was done. */
export function sayDone(text: string, more?: string, link?: { href: string; text: string }): void {
  close()
  show({ text, more, link })
}

/** Says what failed. */
export function sayFailed(text: string): void {
  close()
  show({ text, failed: true })
}

/** Says what is being done; stays until the next toast or `close`. */
export function sayProgress(text: string): void {
  if (shown.toast && !shown.toast.undo && !shown.toast.failed) shown.toast.text = text
  else {
    close()
    shown.toast = toastOf({ text })
  }
}

function toastOf(said: Partial<Toast> & { text: string }): Toast {
  return {
    more: undefined,
    passed: 0,
    undo: undefined,
    link: undefined,
    failed: false,
    seconds: undoSeconds,
    firm: false,
    ...said,
  }
}

function show(said: Partial<Toast> & { text: string }): void {
  shown.toast = toastOf(said)
  shown.paused = false
  ticking = setInterval(() => {
    if (!shown.toast || (shown.paused && !shown.toast.firm)) return
    shown.toast.passed++
    if (shown.toast.passed >= shown.toast.seconds) close()
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
