import { promisesInForce, readPromises } from '#policy'
import { nowMs } from '#system'
import type { Sql, Storage } from '#storage'
import { CLOSING } from '#trust/legal'
import { dropBlobs, type BlobRow, type RetentionSettings } from './rules.ts'

const DAY_MS = 86_400_000

/** Cases in one transaction. */
const BATCH = 100

/** What was copied of the journal for an order to preserve goes when that has ended. */
export const eraseJournalCopies = (storage: Storage): Promise<number> =>
  eraseFiles(
    storage,
    (sql) => sql<{ blob_id: string }>`
      delete from legal_file f where kind = 'journal' and exists (
        select from legal_event e where e.case_id = f.case_id and e.kind = 'preservationEnded')
      returning blob_id`,
  )

/**
 * What a request said about people goes so many days after the last thing that happened in its case, once that is closed and everybody
 * is told. The events stay, and so does their chain: it has digests with a salt.
 */
export async function eraseRequests(storage: Storage, settings: Pick<RetentionSettings, 'policy'>): Promise<number> {
  const { requests } = await promisesInForce(storage.database.sql, readPromises(settings))
  const before = new Date(nowMs() - requests.detailsDays * DAY_MS)
  const { rows } = await storage.database.sql<{ case_id: string }>`
    select e.case_id from legal_event e where e.case_id in (select case_id from legal_detail)
    group by e.case_id
    having max(greatest(at, coalesce(until, at))) < ${before} and bool_or(kind = any(${[...CLOSING]}::text[]))
      and (not bool_or(kind = 'noticeDelayed') or bool_or(kind = 'noticeGiven'))
    order by e.case_id limit ${BATCH}`
  const cases = rows.map((row) => row.case_id)
  if (cases.length === 0) return 0
  await eraseFiles(storage, async (sql) => {
    await sql`delete from legal_detail where case_id = any(${cases}::text[])`
    await sql`delete from legal_subject where case_id = any(${cases}::text[])`
    return sql<{ blob_id: string }>`delete from legal_file where case_id = any(${cases}::text[]) returning blob_id`
  })
  return cases.length
}

/** The account of blobs that belong to no account. */
const NOBODY = 0

async function eraseFiles(
  storage: Storage,
  remove: (sql: Sql) => Promise<{ rows: { blob_id: string }[] }>,
): Promise<number> {
  const { count, files } = await storage.database.transaction(async (sql) => {
    const { rows } = await remove(sql)
    const owned: BlobRow[] = rows.map(({ blob_id }) => ({ account_id: NOBODY, blob_id }))
    return { count: owned.length, files: await dropBlobs(sql, owned) }
  })
  for (const file of files) await storage.blobs.removeFile(file.account_id, file.blob_id)
  return count
}
