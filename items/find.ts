import { fragment as f, type OpenAccount } from '#storage'
import type { Condition } from './conditions.ts'

/** An item as a search sees it. */
export interface Found {
  id: number
  threadId: number
  size: number
  flags: number
  /** Milliseconds since 1970. */
  receivedAt: number
  /** Whether each of the further conditions holds. */
  also: boolean[]
}

export interface Search {
  kind: string
  /** Where to look; everywhere when left out. */
  folderId?: number | undefined
  where: Condition
  /** Further conditions, answered for each item rather than required. */
  also?: Condition[]
}

/**
 * Rows that each statement reads; the last number stays. Written into the statement: its plan is made once, without
 * values, and must know that few rows of many are wanted.
 */
const PIECES = [
  { most: 250, limit: f`limit 250` },
  { most: 1000, limit: f`limit 1000` },
  { most: 4000, limit: f`limit 4000` },
  { most: 16_000, limit: f`limit 16000` },
] as const

/**
 * Walks the items that meet a condition, newest first, in growing pieces: whoever stops early has paid for what was
 * seen. In a folder, the folder's index is walked.
 */
export async function* walkItems(
  account: OpenAccount,
  { kind, folderId, where, also = [] }: Search,
): AsyncGenerator<Found[]> {
  const answers = also.reduce((list, condition) => f`${list}, ${condition}`, f`array[null::boolean`)
  const columns = f`i.item_id, i.thread_id, i.size, i.flags, (extract(epoch from i.received_at) * 1000)::bigint as at, i.received_at::text as time, ${answers}] as also`
  let last: FoundRow | undefined
  for (let piece = 0; ; piece++) {
    const { most, limit } = PIECES[piece] ?? PIECES[3]
    const { rows } =
      folderId === undefined
        ? await account.sql<FoundRow>`
            select ${columns} from item i
            where i.account_id = ${account.id} and i.kind = ${kind} and i.deleted_at is null and ${where}
              and ${last === undefined ? f`true` : f`(i.received_at, i.item_id) < (${last.time}::timestamptz, ${last.item_id}::bigint)`}
            order by i.received_at desc, i.item_id desc ${limit}`
        : await account.sql<FoundRow>`
            select ${columns} from placement p join item i on i.account_id = p.account_id and i.item_id = p.item_id
            where p.account_id = ${account.id} and p.folder_id = ${folderId} and i.kind = ${kind} and ${where}
              and ${last === undefined ? f`true` : f`(p.received_at, p.item_id) < (${last.time}::timestamptz, ${last.item_id}::bigint)`}
            order by p.received_at desc, p.item_id desc ${limit}`
    if (rows.length > 0) yield rows.map(toFound)
    if (rows.length < most) return
    last = rows.at(-1)
  }
}

interface FoundRow {
  item_id: number
  thread_id: number
  size: number
  flags: number
  at: number
  /** To the microsecond, which `at` is not. */
  time: string
  also: boolean[]
}

const toFound = (row: FoundRow): Found => ({
  id: row.item_id,
  threadId: row.thread_id,
  size: row.size,
  flags: row.flags,
  receivedAt: row.at,
  also: row.also.slice(1),
})
