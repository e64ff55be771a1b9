import { envelope, hasAttachment, parseMessage, preview, type EmailAddress } from '#formats/message'
import type { Finding } from '#mail/findings'
import type { LetterName, LetterToList } from '#mail/outbound'
import type { FoundOnArrival } from '#mail/signing'
import { newId, type BlobRef, type OpenAccount, type Sql, type Storage, type Transaction } from '#storage'
import { now, nowMs, Refusal, type Config } from '#system'
import type { ListAddress } from '#accounts'
import type { OpenList } from './list.ts'
import { touchList } from './members.ts'
import { provenAuthor } from './post.ts'

/** For how many days a letter waits for the owner's decision. */
export const HELD_DAYS = 14

const DAY_MS = 86_400_000

/** Bytes of letters that wait for one list. */
const MOST_BYTES = 100 * 1024 * 1024

/** Authors of one letter that are shown. */
const MOST_AUTHORS = 5

/** Characters of a text that is shown. */
const LONGEST_SHOWN = 500

/** As it is kept. */
interface Held {
  blob: BlobRef
  name: LetterName | undefined
  findings: readonly Finding[] | undefined
  found: FoundOnArrival | undefined
  isTlsRequired: boolean
  from: EmailAddress[]
  subject: string
  preview: string
  hasAttachment: boolean
  /** The address of its author, when their domain says that it is theirs: only such a one is ever answered. */
  author: string | undefined
}

/** A letter that waits for the owner's decision. */
export interface HeldLetter extends Pick<
  Held,
  'from' | 'subject' | 'preview' | 'hasAttachment' | 'author' | 'name' | 'findings' | 'found' | 'isTlsRequired' | 'blob'
> {
  id: number
  listId: number
  /** Bytes. */
  size: number
  heldAt: Date
  /** It is erased then, and nobody is told. */
  endsAt: Date
}

const isRoom = async (sql: Sql, accountId: number, listId: number, most: number): Promise<boolean> => {
  const { rows } = await sql<{ count: number; bytes: number }>`
    select count(*)::int as count, coalesce(sum(size), 0)::bigint as bytes from held_letter
    where account_id = ${accountId} and list_id = ${listId}`
  return (rows[0]?.count ?? 0) < most && (rows[0]?.bytes ?? 0) < MOST_BYTES
}

/** Whether one more letter may wait. Needs no more than zegel_receiver may. */
export const hasRoom = (
  { database }: Storage,
  { accountId, listId }: ListAddress,
  { maxHeld }: Config['lists'],
): Promise<boolean> => isRoom(database.sql, accountId, listId, maxHeld)

/** Keeps a letter until the owner has decided; one that is brought again is there once. @throws Refusal 'tooManyItems' while enough wait */
export async function hold(
  { account, id: listId }: OpenList,
  { maxHeld }: Config['lists'],
  { letterId, content, name, findings, found, isTlsRequired }: LetterToList,
): Promise<void> {
  const message = parseMessage(content)
  const { from, subject } = envelope(message)
  const blob = await account.blobs.prepare(account.id, content)
  const id = newId()
  const held: Held = {
    blob: blob.ref,
    name,
    findings,
    found,
    isTlsRequired,
    from: (from ?? []).slice(0, MOST_AUTHORS).map(({ name: said, email }) => ({
      name: said === null ? null : said.slice(0, LONGEST_SHOWN),
      email: email.slice(0, LONGEST_SHOWN),
    })),
    subject: (subject ?? '').slice(0, LONGEST_SHOWN),
    preview: preview(message).slice(0, LONGEST_SHOWN),
    hasAttachment: hasAttachment(message),
    author: provenAuthor(message, findings),
  }
  await account.write(async (tx) => {
    const { sql } = tx
    const { rowCount } = await sql`
      select from held_letter where account_id = ${account.id} and list_id = ${listId} and letter_id = ${letterId}`
    if (rowCount > 0) return
    if (!(await isRoom(sql, account.id, listId, maxHeld))) throw new Refusal('tooManyItems')
    await account.blobs.insert(sql, account.id, blob)
    await sql`
      insert into held_letter (account_id, held_id, list_id, letter_id, blob_id, size, held_at, sealed)
      values (${account.id}, ${id}, ${listId}, ${letterId}, ${blob.ref.id}, ${content.length}, ${now()},
        ${account.seal('held_letter', id, JSON.stringify(held))})`
    await touchList(tx, listId)
  })
}

/** Letters that wait in an account, the oldest first. */
export async function readHeld(
  account: OpenAccount,
  { listId = null, ids = null }: { listId?: number | null; ids?: readonly number[] | null } = {},
): Promise<HeldLetter[]> {
  const { rows } = await account.sql<{ held_id: number; list_id: number; size: number; held_at: Date; sealed: Buffer }>`
    select held_id, list_id, size, held_at, sealed from held_letter
    where account_id = ${account.id} and held_at > ${new Date(nowMs() - HELD_DAYS * DAY_MS)}
      and (${listId}::bigint is null or list_id = ${listId}) and (${ids}::bigint[] is null or held_id = any(${ids}::bigint[]))
    order by held_at, held_id`
  return rows.map(({ held_id: id, list_id, size, held_at: heldAt, sealed }) => ({
    ...(JSON.parse(account.open('held_letter', id, sealed).toString()) as Held),
    id,
    listId: list_id,
    size,
    heldAt,
    endsAt: new Date(heldAt.getTime() + HELD_DAYS * DAY_MS),
  }))
}

/** How many wait, by list. */
export async function countHeld(account: OpenAccount): Promise<Map<number, number>> {
  const { rows } = await account.sql<{ list_id: number; count: number }>`
    select list_id, count(*)::int as count from held_letter
    where account_id = ${account.id} and held_at > ${new Date(nowMs() - HELD_DAYS * DAY_MS)} group by list_id`
  return new Map(rows.map((row) => [row.list_id, row.count]))
}

/** Takes letters away that somebody has decided on. @returns how many, and which files to remove after the commit */
export async function dropHeld(
  { account, sql }: Transaction,
  { listId = null, id = null }: { listId?: number | null; id?: number | null },
): Promise<{ count: number; files: string[] }> {
  const { rows } = await sql<{ blob_id: string }>`
    delete from held_letter
    where account_id = ${account.id} and (${listId}::bigint is null or list_id = ${listId}) and (${id}::bigint is null or held_id = ${id})
    returning blob_id`
  const { rows: blobs } = await sql<{ blob_id: string; is_file: boolean }>`
    delete from blob where account_id = ${account.id} and blob_id = any(${rows.map((row) => row.blob_id)}::uuid[])
    returning blob_id, content is null as is_file`
  return { count: rows.length, files: blobs.filter((row) => row.is_file).map((row) => row.blob_id) }
}
