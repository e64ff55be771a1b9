import { call, connection, session, whenOnline } from '../jmap/client.svelte.ts'
import { Failure, failedWith } from '../jmap/failure.ts'
import type { Settings } from '../jmap/types.ts'
import { chooseLanguage, languages } from '../../ui/texts.ts'
import type { Language } from '../../ui/texts.ts'

export const themes = ['system', 'light', 'dark'] as const
export const densities = ['compact', 'regular', 'relaxed'] as const

/** How the app looks is remembered on the device too, so that it does not change its face while it loads. */
const remembered = 'zegel.look'

interface Known extends Omit<Settings, 'id' | 'language'> {
  language: Language
}

/** The account's settings; until they have come, what this device remembers or the browser asks for. */
export const settings: Known = $state({
  language: chooseLanguage(navigator.languages),
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  theme: 'system',
  density: 'regular',
  labels: {},
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
  const result: Partial<Known> = {}
  const { language, timeZone, theme, density, labels } = from
  if (languages.includes(language as Language)) result.language = language as Language
  if (typeof timeZone === 'string' && isTimeZone(timeZone)) result.timeZone = timeZone
  if (themes.includes(theme as Known['theme'])) result.theme = theme as Known['theme']
  if (densities.includes(density as Known['density'])) result.density = density as Known['density']
  if (labels && typeof labels === 'object') result.labels = labels as Known['labels']
  return result
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

export async function loadSettings(): Promise<void> {
  if (!('urn:zegel:account' in session().capabilities)) return
  const { list } = await call('Settings/get', { ids: ['singleton'] })
  if (list[0]) Object.assign(settings, pick(list[0]))
  remember()
}

/** Changes settings: here at once, on the server as soon as it answers. @throws Failure 'declined', after putting back */
export async function saveSettings(change: Partial<Known>): Promise<void> {
  const before = { ...settings }
  Object.assign(settings, change)
  remember()
  try {
    while (!connection.online) await whenOnline()
    const { notUpdated } = await call('Settings/set', { update: { singleton: change } })
    const error = notUpdated?.['singleton']
    if (error) throw new Failure('declined', error.type)
  } catch (error) {
    if (failedWith(error, 'offline')) return saveSettings(change)
    Object.assign(settings, before)
    remember()
    throw error
  }
}
