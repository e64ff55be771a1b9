import { nowMs } from '#system'
import { newId, type Gathering, type Transaction } from '#storage'

/** What one actor deletes in one transaction, on top of what went with the same deletion before. */
export interface Deletion {
  readonly id: number
  readonly at: Date
  /** Sealed: who does it. */
  readonly device: Buffer
  /** The keyed hash of that. */
  readonly deviceKey: Buffer
  /** Things that go; and the folders they lie in. Whoever deletes adds to them. */
  items: number
  readonly folders: Set<number>
  /** Whether a folder goes. */
  takesFolder: boolean
}

/** What the same device deletes within this time of what went last is one deletion, for so long at most. */
const JOINED_MS = 2 * 60_000
const LONGEST_MS = 30 * 60_000

/** Folders that a deletion names. */
export const MOST_FOLDERS = 50

const deletions: Gathering<Map<string, Deletion>> = {
  start: () => new Map(),
  settle: ({ account, sql }, begun) =>
    [...begun.values()].flatMap(({ id, at, device, deviceKey, items, folders, takesFolder }) =>
      items === 0 && !takesFolder
        ? []
        : sql`
            insert into deletion (account_id, deletion_id, at, last_at, items, folders, device, device_key)
            values (${account.id}, ${id}, ${at}, ${at}, ${items}, ${[...folders].slice(0, MOST_FOLDERS)}::bigint[], ${device}, ${deviceKey})
            on conflict (account_id, deletion_id) do update set
              items = deletion.items + excluded.items, last_at = greatest(deletion.last_at, excluded.last_at),
              folders = array(select distinct unnest(deletion.folders || excluded.folders) limit ${MOST_FOLDERS})`,
    ),
}

/**
 * The deletion that things belong to which whoever acts deletes in this transaction: for each device there is one. A mail
 * program deletes many things by many commands: what follows at once goes on with the deletion before.
 * @param isApart  it goes on with none before: what is being brought back may stand there
 */
export async function deletionOf(tx: Transaction, isApart?: 'apart'): Promise<Deletion> {
  const { account, sql } = tx
  const begun = tx.gather(deletions)
  const said = JSON.stringify((await account.actor?.describe(account, sql)) ?? null)
  const name = `${isApart ?? ''}/${said}`
  let deletion = begun.get(name)
  if (deletion === undefined) {
    const at = new Date(nowMs())
    const before = isApart ? undefined : await findJoined(tx, said, at)
    const id = before?.id ?? newId()
    const device = before?.device ?? account.seal('deletion', id, said)
    const deviceKey = account.lookupKey('deletion/device', said)
    deletion = { id, at, device, deviceKey, items: 0, folders: new Set(), takesFolder: false }
    begun.set(name, deletion)
  }
  return deletion
}

/** The account's last deletion, if it was by the same device and just now, and nobody has been told of it yet. */
async function findJoined(
  { account, sql }: Transaction,
  said: string,
  at: Date,
): Promise<{ id: number; device: Buffer } | undefined> {
  const { rows } = await sql<{ deletion_id: number; at: Date; last_at: Date; device: Buffer | null; is_open: boolean }>`
    select deletion_id, at, last_at, device, told_at is null and not is_meant as is_open from deletion
    where account_id = ${account.id} order by last_at desc, deletion_id desc limit 1`
  const [last] = rows
  if (last === undefined || last.device === null || !last.is_open) return undefined
  const { deletion_id: id, device } = last
  const isNear =
    Math.abs(at.getTime() - last.last_at.getTime()) <= JOINED_MS && at.getTime() - last.at.getTime() <= LONGEST_MS
  return isNear && account.open('deletion', id, device).toString() === said ? { id, device } : undefined
}
