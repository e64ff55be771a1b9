import type { DeletedItem, DeletedRecord } from '#items'
import { MAIL } from '#mail'
import { IDENTITY } from '#mail/identities'
import { SCRIPT } from '#mail/scripts'
import { ALLOWED, BLOCKED } from '#mail/senders'
import { TRUSTED } from '#mail/trusted'
import { NOTE } from '../../extras/notes.ts'
import { TEMPLATE } from '../../extras/templates.ts'
import { identity } from './identity.ts'
import { NOTHING, type Described, type ItemKind, type RecordKind } from './kind.ts'
import { mail } from './mail.ts'
import { note } from './note.ts'
import { script } from './script.ts'
import { sender } from './sender.ts'
import { template } from './template.ts'

export { messageOf } from './mail.ts'

/** How each kind says what it is; a kind that is not here is shown without a title, and found by no word. */
const ITEMS: Record<string, ItemKind> = { [MAIL]: mail }
const RECORDS: Record<string, RecordKind> = {
  [TEMPLATE]: template as RecordKind,
  [NOTE]: note as RecordKind,
  [IDENTITY]: identity as RecordKind,
  [SCRIPT]: script as RecordKind,
  [BLOCKED]: sender as RecordKind,
  [ALLOWED]: sender as RecordKind,
  [TRUSTED]: sender as RecordKind,
}

/** Kinds of records of which deleted ones are listed. */
export const RECORD_KINDS: readonly string[] = Object.keys(RECORDS)

export const describeItem = (item: DeletedItem): Described => ITEMS[item.kind]?.describe(item) ?? NOTHING

export const describeRecord = ({ kind, value }: DeletedRecord): Described => RECORDS[kind]?.describe(value) ?? NOTHING

export const wordsOfRecord = ({ kind, value }: DeletedRecord): string => RECORDS[kind]?.words(value) ?? ''
