import { settings } from '../data/settings.svelte.ts'
import { accountLimit } from '../jmap/client.svelte.ts'
import type { DeletedFolder, Deletion, Device } from '../jmap/types.ts'
import { roles } from '../data/mailboxes.ts'
import { calendarDay } from '../mail/days.ts'
import { now } from '../shell/dates.svelte.ts'
import { language, t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'
import { countWords, kindOf, titleWords } from './kinds.ts'

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

const protocols = { jmap: 'JMAP', imap: 'IMAP', pop3: 'POP3', managesieve: 'ManageSieve' } as const

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
export function tookWords({ left, kinds, overwritten, titles, folders, removedFolders }: Deletion): string {
  const { mail = 0, ...rest } = kinds
  const [only] = Object.keys(kinds)
  if (removedFolders.length === 0 && left === 1 && only !== undefined) {
    const title = titleWords({ kind: only, title: titles[0] ?? '' })
    return overwritten === 1 ? t('deleted.earlierSome', { what: title, count: 1 }) : title
  }
  const words = [lettersWords(mail, folders, removedFolders), countWords(rest)].filter((one) => one !== '')
  const what = new Intl.ListFormat(language()).format(words)
  return overwritten === left && left > 0 ? t('deleted.earlierSome', { what, count: left }) : what
}

/** Letters and the folders that went with them; '' for none. */
function lettersWords(
  count: number,
  folders: readonly DeletedFolder[],
  removedFolders: readonly DeletedFolder[],
): string {
  const [folder] = removedFolders
  if (folder !== undefined && removedFolders.length === 1)
    return t('deleted.folder', { name: folderWords(folder), count })
  if (folder !== undefined) return t('deleted.folders', { folders: removedFolders.length, count })
  const what = countWords({ mail: count })
  return count === 0 || folders.length === 0 ? what : t('deleted.from', { what, folders: foldersWords(folders) })
}

/** The sign of a deletion. */
export function tookIcon({ left, kinds, removedFolders }: Deletion): string {
  const [only = ''] = Object.keys(kinds)
  if (removedFolders.length > 0) return 'folder'
  return left > 1 ? 'list' : kindOf(only).icon
}

/** The calendar day of an instant where the person is. */
export const dayOfDeletion = (at: string): string => calendarDay(new Date(at), settings.timeZone)
