import { settings } from '../data/settings.svelte.ts'
import { accountLimit } from '../jmap/client.svelte.ts'
import type { DeletedFolder, Deletion, Device } from '../jmap/types.ts'
import { roles } from '../data/mailboxes.ts'
import { calendarDay } from '../mail/days.ts'
import { now } from '../shell/dates.svelte.ts'
import { language, t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'

const dayMs = 86_400_000

/** What vanishes within so many days is marked. */
const soonDays = 5

/** How long something can still be brought back. */
export function leftOf(until: string): { words: string; soon: boolean } {
  const most = accountLimit('urn:zegel:deleted', 'deletedDays') ?? Infinity
  const days = Math.min(most, Math.ceil((Date.parse(until) - now().getTime()) / dayMs))
  return { words: days <= 1 ? t('deleted.lastDay') : t('deleted.left', { count: days }), soon: days <= soonDays }
}

/** The name of a folder, with those of its parents; one with a role is called by it in the person's language. */
export function folderWords({ path, role }: DeletedFolder): string {
  if (roles.some((one) => one === role)) return t(`role.${role}` as TextKey)
  return path.join(' / ') || t('deleted.unknownFolder')
}

/** The folders that something lay in, two of them by name. */
export function foldersWords(folders: readonly DeletedFolder[]): string {
  const names = folders.slice(0, 2).map(folderWords)
  if (folders.length > 2) names.push(t('mail.others', { count: folders.length - 2 }))
  return new Intl.ListFormat(language()).format(names)
}

/** "Firefox 145.0" without what says nothing to its owner. */
const short = (name: string): string => name.replace(/(\d+)(?:\.\d+)+/, '$1')

const protocols = { jmap: 'JMAP', imap: 'IMAP', pop3: 'POP3' } as const

/** By what somebody deleted. */
export function deviceWords(device: Device | null): string {
  if (device === null) return t('deleted.byItself')
  const { by, name, protocol } = device
  if (by === 'browser') return name === null ? t('deleted.someBrowser') : short(name)
  if (by === 'appPassword' && name !== null) return t('deleted.byAppPassword', { name, protocol: protocols[protocol] })
  if (by === 'session' && name !== null) return short(name)
  return t('deleted.byProgram', { protocol: protocols[protocol] })
}

export const deviceIcon = (device: Device | null): string =>
  device === null ? 'settings' : device.by === 'browser' ? 'globe' : device.protocol === 'jmap' ? 'laptop' : 'mail'

/** What a deletion took away. */
export function tookWords({ left, titles, folders, removedFolders }: Deletion): string {
  const [folder] = removedFolders
  if (folder !== undefined && removedFolders.length === 1)
    return t('deleted.folder', { name: folderWords(folder), count: left })
  if (folder !== undefined) return t('deleted.folders', { folders: removedFolders.length, count: left })
  if (left === 1) return titles[0] || t('list.noSubject')
  return folders.length === 0
    ? t('deleted.some', { count: left })
    : t('deleted.from', { count: left, folders: foldersWords(folders) })
}

/** The calendar day of an instant where the person is. */
export const dayOfDeletion = (at: string): string => calendarDay(new Date(at), settings.timeZone)
