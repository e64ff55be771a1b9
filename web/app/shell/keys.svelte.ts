import { untrack } from 'svelte'
import { settings } from '../data/settings.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'
import { holdKey } from './early.ts'
import { t } from './texts.svelte.ts'

/** Something a key does. */
export interface Command {
  /** One key, or two in sequence as "g m", named as KeyboardEvent.key. */
  keys: string[]
  text: TextKey
  group: 'go' | 'list' | 'act' | 'app'
  /** Shown in the foot line. */
  foot?: boolean
  /** What one is in the middle of: while it is there, the foot line shows no keys of the list. */
  near?: boolean
  /** Offered by the palette too. */
  palette?: boolean
  when?: () => boolean
  run: () => void
}

/** How long the second key of a sequence is waited for. */
const sequenceMs = 1500

let commands: Command[] = $state.raw([])
/** Dialogs and menus that are open; single keys rest while there is one. */
const overlays = $state({ open: 0 })

/** Adds commands until the returned function is called. */
export function addCommands(added: Command[]): () => void {
  // Untracked: the effects that call this must not run again for what they add.
  untrack(() => (commands = [...commands, ...added]))
  return () => untrack(() => (commands = commands.filter((one) => !added.includes(one))))
}

export function allCommands(): readonly Command[] {
  return commands
}

export function available(command: Command): boolean {
  return !command.when || command.when()
}

/** Says that something lies over the page until the returned function is called. */
export function overlay(): () => void {
  untrack(() => overlays.open++)
  return () => untrack(() => overlays.open--)
}

/** Whether nothing lies over the page. */
export function noOverlay(): boolean {
  return overlays.open === 0
}

let prefix: { key: string; at: number } | undefined

/** Runs the command of a key press outside of fields; tells whether there was one. */
export function press(event: KeyboardEvent): boolean {
  if (holdKey(event)) return true
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || overlays.open > 0) return false
  if (isField(event.target)) return false
  // Who speaks to the device, or has an unsteady hand, may turn off keys that are letters (WCAG 2.2, 2.1.4).
  if (!settings.singleKeys && [...event.key].length === 1) return false
  const before = prefix && event.timeStamp - prefix.at < sequenceMs ? prefix.key : undefined
  prefix = undefined
  const wanted = before === undefined ? event.key : `${before} ${event.key}`
  // What was opened last is nearest.
  const found = commands.findLast((command) => command.keys.includes(wanted) && available(command))
  if (found) {
    event.preventDefault()
    found.run()
    return true
  }
  if (commands.some((command) => command.keys.some((key) => key.startsWith(`${event.key} `))))
    prefix = { key: event.key, at: event.timeStamp }
  return false
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false
  if (target.closest('select, textarea, [contenteditable]')) return true
  const input = target.closest('input')
  return input !== null && !['checkbox', 'radio', 'button'].includes(input.type)
}

const signs: Record<string, string> = { Escape: 'Esc', Enter: '↵', Shift: '⇧', ArrowUp: '↑', ArrowDown: '↓', ' ': '␣' }

/** Keyboards whose main modifier is ⌘. */
export const isApple = /Mac|iP(?:hone|ad|od)/.test(navigator.platform)

/** How a key is written. */
export function keySign(key: string): string {
  return key
    .split(' ')
    .map((one) =>
      one === 'Ctrl' ? (isApple ? '⌘' : t('key.ctrl')) : one === 'Delete' ? t('key.del') : (signs[one] ?? one),
    )
    .join(' ')
}
