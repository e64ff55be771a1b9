import type { OpenAccount, Storage } from '#storage'
import type { Config } from '#system'
import type { Promises } from '#policy'
import type { Erasable } from '#trust/retention'

/** Whose things, and by which settings they are kept. */
export interface HeldContext {
  storage: Storage
  config: Pick<Config, 'journal' | 'retention' | 'backup' | 'tickets' | 'policy' | 'hostname'>
  account: OpenAccount
}

/** How much of a category there is. */
export interface Amount {
  /** Null where nobody can tell: what stands there is hashed so that it cannot be found by person. */
  count: number | null
  /** Counting ended at `count`. */
  isMore?: boolean
  /** Bytes, where they say something. */
  size?: number
  oldestAt?: Date | null
  /** When the oldest vanishes, where that does not follow from `keptDays`. */
  vanishesAt?: Date | null
}

/** What a category serves: one of the promised purposes (10), or `service`: it is kept for its owner, who put it here. */
export type Purpose = 'service' | Promises['purposes']['collected'][number]

/** Where it stands: among the live data, in the index for search, in the journal, in the queue of letters that leave; and in backups. */
export type Place = 'live' | 'index' | 'journal' | 'queue' | 'backup'

/** Under which heading it stands: letters, what its owner arranged, the account, and what is recorded. */
export type Group = 'mail' | 'own' | 'account' | 'recorded'

/** How it is made to vanish when its owner asks for it. */
export interface Vanishing {
  /** By retention; or what `accounts` ends by itself. */
  erases: readonly Erasable[] | 'otherSessions'
  /** Asked for first: where a borrowed device must not do it. */
  needsPassword?: true
}

export interface Category {
  /** Its words stand in `texts/`. */
  name: string
  group: Group
  /** Tables of the database, or a part of one: `record/note`. */
  tables: readonly string[]
  purposes: readonly Purpose[]
  /** Without backups: whether it stands in one follows from its tables. */
  places: readonly Exclude<Place, 'backup'>[]
  /** None of it is taken by a backup, whatever its tables are. */
  isNeverBackedUp?: true
  /** Days from `oldestAt`; undefined where it ends with something else, as its words say. */
  keptDays?(config: HeldContext['config']): number
  /** Undefined where something has to keep it while the account is open, as its words say. */
  vanishing?: Vanishing
  amount(look: Look): Promise<Amount>
  /** What is in it, for the download; undefined where only hashes are, or what stands in files of its own. */
  entries?(look: Look): AsyncIterable<object>
}

/** What one look at everything asks for once, though several categories count by it. */
export interface Look extends HeldContext {
  records(): Promise<readonly RecordAmount[]>
}

/** Records of one kind: those that are there, and those that were removed. */
export interface RecordAmount {
  kind: string
  isRemoved: boolean
  count: number
  oldestAt: Date
  /** Of removed ones. */
  removedAt: Date | null
  dueAt: Date | null
}

export function openLook(context: HeldContext): Look {
  let records: Promise<readonly RecordAmount[]> | undefined
  return { ...context, records: () => (records ??= countRecords(context.account)) }
}

async function countRecords({ id, sql }: OpenAccount): Promise<readonly RecordAmount[]> {
  const { rows } = await sql<RecordAmount>`
    select kind, removed_at is not null as "isRemoved", count(*)::int as count, min(created_at) as "oldestAt",
      min(removed_at) as "removedAt", min(due_at) as "dueAt"
    from record where account_id = ${id} group by 1, 2`
  return rows
}
