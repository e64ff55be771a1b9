import { call, session } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Settings } from '../jmap/types.ts'
import { chooseLanguage, languages } from '../../ui/texts.ts'
import type { Language } from '../../ui/texts.ts'
import { oneAfterAnother } from './outbox.svelte.ts'

export const themes = ['system', 'light', 'dark'] as const
export const densities = ['compact', 'regular', 'relaxed'] as const
export const undoTimes = [0, 5, 10, 20, 30] as const
export const composeFormats = ['rich', 'plain'] as const
export const pictureChoices = ['ask', 'always', 'never'] as const

/** How the app looks is remembered on the device too, so that it does not change its face while it loads. */
const remembered = 'zegel.look'

interface Known extends Omit<Settings, 'id' | 'language'> {
  language: Language
}

const one =
  (choices: readonly unknown[]) =>
  (value: unknown): boolean =>
    choices.includes(value)

/** What a value of each setting has to be. */
const fits: Record<keyof Known, (value: unknown) => boolean> = {
  language: one(languages),
  timeZone: (value) => typeof value === 'string' && isTimeZone(value),
  theme: one(themes),
  density: one(densities),
  labels: (value) => typeof value === 'object' && value !== null,
  undoSeconds: one(undoTimes),
  composeFormat: one(composeFormats),
  remotePictures: one(pictureChoices),
  singleKeys: one([true, false]),
  notifications: one([true, false]),
  copySent: one([true, false]),
}

/** The account's settings; until they have come, what this device remembers or the browser asks for. */
export const settings: Known = $state({
  language: chooseLanguage(navigator.languages),
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  theme: 'system',
  density: 'regular',
  labels: {},
  undoSeconds: 10,
  composeFormat: 'rich',
  remotePictures: 'ask',
  singleKeys: true,
  notifications: false,
  copySent: false,
  ...recall(),
})

function recall(): Partial<Known> {
  try {
    const look: unknown = JSON.parse(localStorage.getItem(remembered) ?? '{}')
    return look && typeof look === 'object' ? pick(look) : {}
  } catch {
    return {}
  }
}

/** The values that are settings we know, whoever wrote them down. */
function pick(from: Partial<Record<keyof Known, unknown>>): Partial<Known> {
  const known = Object.entries(fits).filter(([name, fit]) => fit(from[name as keyof Known]))
  return Object.fromEntries(known.map(([name]) => [name, from[name as keyof Known]])) as Partial<Known>
}

function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

function remember(): void {
  const { language, timeZone, theme, density } = settings
  localStorage.setItem(remembered, JSON.stringify({ language, timeZone, theme, density }))
}

let loading: Promise<void> = Promise.resolve()
/** Changes made here so far, and those of them that the server has not answered yet. */
let changes = 0
let unanswered = 0
/** An answer was passed over, so they have to be loaded once more. */
let isMissing = false

/** Loads them, one time after another: an older answer that comes late must not be the last. */
export function loadSettings(): Promise<void> {
  return (loading = loading.catch(() => {}).then(load))
}

async function load(): Promise<void> {
  if (!('urn:zegel:account' in session().capabilities)) return
  const before = changes
  const { list } = await call('Settings/get', { ids: ['singleton'] })
  // It may be from before what was chosen here meanwhile, and would take that back until the next one comes.
  if (unanswered > 0 || changes !== before) {
    isMissing = true
    loadMissing()
    return
  }
  if (list[0]) Object.assign(settings, pick(list[0]))
  remember()
}

function loadMissing(): void {
  if (!isMissing || unanswered > 0) return
  isMissing = false
  void loadSettings().catch(() => {})
}

const inTurn = oneAfterAnother()

/** Changes settings: here at once, on the server as soon as it answers. @throws Failure 'declined', after putting back */
export async function saveSettings(change: Partial<Known>): Promise<void> {
  const before = Object.fromEntries(Object.keys(change).map((name) => [name, settings[name as keyof Known]]))
  Object.assign(settings, change)
  remember()
  changes++
  unanswered++
  try {
    const { notUpdated } = await inTurn(() => call('Settings/set', { update: { singleton: change } }))
    const error = notUpdated?.['singleton']
    if (error) throw new Failure('declined', error.type)
  } catch (error) {
    Object.assign(settings, before)
    remember()
    // What was changed again meanwhile is not as it was before.
    isMissing = true
    throw error
  } finally {
    unanswered--
    loadMissing()
  }
}
