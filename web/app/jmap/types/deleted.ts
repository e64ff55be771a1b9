/** What was deleted, and comes back. Capability urn:zegel:deleted. */
import type { Id, SetError } from './core.ts'
import type { Role, Address, Email, Letter } from './mail.ts'

/** A folder that something deleted lay in. Capability urn:zegel:deleted. */
export interface DeletedFolder {
  id: Id
  /** Names, from the top. */
  path: string[]
  role: Role | string | null
  isThere: boolean
}

export interface Device {
  by: 'browser' | 'session' | 'appPassword' | 'password'
  name: string | null
  protocol: 'jmap' | 'imap' | 'pop3' | 'managesieve'
}

/** What one device deleted at one time. */
export interface Deletion {
  id: Id
  at: string
  lastAt: string
  until: string
  count: number
  left: number
  /** Of those left, how many of each kind, and how many are earlier states of what was overwritten. */
  kinds: Record<string, number>
  overwritten: number
  titles: string[]
  folders: DeletedFolder[]
  removedFolders: DeletedFolder[]
  device: Device | null
  isAsked: boolean
}

/** By what something was deleted that can still be brought back. */
export interface DeletedDevice {
  id: Id
  device: Device | null
  lastAt: string
}

/** A thing that was deleted and can be brought back until a time. */
export interface DeletedItem {
  id: Id
  kind: string
  deletionId: Id
  deletedAt: string
  until: string
  receivedAt: string
  size: number
  folders: DeletedFolder[]
  title: string
  people: Address[]
  preview: string
  hasAttachment: boolean
  /** It is an earlier state of something. */
  isOverwritten: boolean
  email?: (Email & Letter) | null
  /** Of what is no letter, the properties that its type has. */
  value: Record<string, unknown> | null
}

export interface DeletedFilter {
  text?: string
  folderId?: Id
  deletionId?: Id
  deviceId?: Id
}

/** What is to come back: one of these, and with `at` a folder may narrow it. */
export interface Restoring {
  ids?: Id[]
  deletionId?: Id
  folderId?: Id
  at?: string
}

export interface Restored {
  restored: number
  kinds: Record<string, number>
  folders: (DeletedFolder & { count: number; isMade: boolean })[]
  notRestored: Record<Id, SetError>
  hasMore: boolean
}
