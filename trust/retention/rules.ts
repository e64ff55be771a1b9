import { CLAIM_DAYS } from '#accounts'
import { SEEN } from '#mail/scripts'
import { ANSWER } from '#mail/vacation'
import { forgetWords, mergeChanges } from '#items'
import { now, nowMs, type Config } from '#system'
import { HELD_DAYS, INVITATION } from '#mail/lists'
import { forgetDone } from '#mail/outbound'
import { forgetSubmissions } from '#mail/submission'
import { fragment, type Fragment, type Sql, type Storage } from '#storage'
import { isNotHeld } from '#trust/legal'
import { eraseAccounts } from './accounts.ts'
import { eraseJournalCopies, eraseRequests } from './requests.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** How long each thing is kept once nobody needs it, where no promise says it (`RetentionSettings`). */
export const KEPT_MS = {
  upload: DAY_MS,
  /** Of a file whose upload was given up, and of what is told of an import that is over. */
  transferUpload: 3 * DAY_MS,
  transfer: 30 * DAY_MS,
  strayFile: DAY_MS,
  attempt: DAY_MS,
  sending: 30 * DAY_MS,
  staffEvent: 400 * DAY_MS,
  deskRequest: 60_000,
  greylist: 30 * DAY_MS,
  greylistWaiting: DAY_MS,
  feedbackReport: 30 * DAY_MS,
  backup: 400 * DAY_MS,
  jobRun: 30 * DAY_MS,
  processReport: DAY_MS,
  diskSample: 60 * DAY_MS,
  recoveryWait: 30 * DAY_MS,
  dkimKey: 30 * DAY_MS,
  domainReport: 400 * DAY_MS,
  dmarcArrival: 4 * DAY_MS,
  tlsSession: 14 * DAY_MS,
  certificate: 30 * DAY_MS,
  domainClaim: CLAIM_DAYS * DAY_MS,
  heldLetter: HELD_DAYS * DAY_MS,
} as const

/** Rows in one transaction. */
const BATCH = 500

const before = (kept: keyof typeof KEPT_MS): Date => new Date(nowMs() - KEPT_MS[kept])

/** Something that ends. `destroy` does one batch and returns how much it destroyed; it is called until that is nothing. */
export interface RetentionRule {
  name: string
  destroy(storage: Storage, settings: RetentionSettings): Promise<number>
}

export type RetentionSettings = Pick<Config, 'journal' | 'retention' | 'backup' | 'tickets' | 'policy' | 'hostname'>

/** What was deleted before this time has been restorable for as long as was promised. */
const deletedBefore = ({ retention }: RetentionSettings): Date => new Date(nowMs() - retention.deletedDays * DAY_MS)

/** The first day that stays: what is recorded on a day ends when its first entry has become so old. At least today stays. */
const firstDayKept = ({ journal }: RetentionSettings): string =>
  new Date(nowMs() - (journal.days - 1) * DAY_MS).toISOString().slice(0, 10)

/** The only code that destroys. Rows go first and the files of their blobs after the commit; a crash leaves a stray file for the sweep. */
export const RULES: readonly RetentionRule[] = [
  { name: 'accounts', destroy: (storage) => eraseAccounts(storage) },
  {
    name: 'deletedItems',
    destroy: eraseItems(
      (settings) => fragment`deleted_at < ${deletedBefore(settings)} and ${isNotHeld('item', 'deleted')}`,
    ),
  },
  { name: 'replacedItems', destroy: eraseItems(() => fragment`is_replaced and deleted_at is not null`) },
  { name: 'words', destroy: forgetWords },
  { name: 'uploads', destroy: eraseUploads },
  { name: 'transfers', destroy: (storage) => eraseTransfers(storage, true) },
  { name: 'vanished', destroy: forgetVanished },
  {
    name: 'removedFolders',
    destroy: async ({ database }, settings) =>
      (
        await database.sql`delete from removed_folder where at < ${deletedBefore(settings)} and ${isNotHeld('removed_folder', 'deleted')}`
      ).rowCount,
  },
  {
    name: 'deletions',
    destroy: async ({ database }, settings) =>
      (
        await database.sql`delete from deletion where last_at < ${deletedBefore(settings)} and ${isNotHeld('deletion', 'deleted')}`
      ).rowCount,
  },
  {
    name: 'listInvitations',
    destroy: async ({ database }) =>
      (await database.sql`delete from record where kind = ${INVITATION} and due_at < ${now()}`).rowCount,
  },
  { name: 'heldLetters', destroy: eraseHeld },
  { name: 'changes', destroy: mergeChanges },
  { name: 'submissions', destroy: forgetSubmissions },
  { name: 'queue', destroy: forgetDone },
  { name: 'stories', destroy: eraseStories },
  { name: 'records', destroy: eraseRecords },
  {
    name: 'sending',
    destroy: async ({ database }) =>
      (await database.sql`delete from sending where hour < ${before('sending')}`).rowCount,
  },
  {
    name: 'feedbackReports',
    destroy: async ({ database }) =>
      (await database.sql`delete from feedback_report where at < ${before('feedbackReport')}`).rowCount,
  },
  { name: 'vacationAnswers', destroy: forgetAnswered },
  {
    name: 'sessions',
    destroy: async ({ database }) =>
      (await database.sql`delete from session where expires_at < ${new Date(nowMs())}`).rowCount,
  },
  {
    name: 'attempts',
    destroy: async ({ database }) =>
      (await database.sql`delete from sign_in_attempt where day < ${before('attempt')}::date`).rowCount,
  },
  {
    name: 'mailedCodes',
    destroy: async ({ database }) =>
      (await database.sql`delete from mailed_code where ends_at < ${new Date(nowMs())}`).rowCount,
  },
  {
    name: 'tickets',
    destroy: async ({ database }, { tickets }) =>
      (await database.sql`delete from ticket where closed_at < ${new Date(nowMs() - tickets.days * DAY_MS)}`).rowCount,
  },
  {
    name: 'recoveryWaits',
    destroy: async ({ database }) =>
      (await database.sql`delete from recovery_wait where ends_at < ${before('recoveryWait')}`).rowCount,
  },
  {
    name: 'domainClaims',
    destroy: async ({ database }) =>
      (await database.sql`delete from domain_claim where created_at < ${before('domainClaim')}`).rowCount,
  },
  {
    name: 'dkimKeys',
    destroy: async ({ database }) =>
      (await database.sql`delete from dkim_key where state = 'gone' and changed_at < ${before('dkimKey')}`).rowCount,
  },
  {
    name: 'domainReports',
    destroy: async ({ database }) =>
      (await database.sql`delete from domain_report where day < ${before('domainReport')}::date`).rowCount +
      (await database.sql`delete from report_sent where day < ${before('domainReport')}::date`).rowCount +
      (await database.sql`delete from dmarc_arrival where day < ${before('dmarcArrival')}::date`).rowCount,
  },
  {
    name: 'stsPolicies',
    destroy: async ({ database }) => (await database.sql`delete from sts_policy where ends_at < ${now()}`).rowCount,
  },
  {
    name: 'tlsSessions',
    destroy: async ({ database }) =>
      (await database.sql`delete from tls_session where reported_at is not null or day < ${before('tlsSession')}::date`)
        .rowCount,
  },
  {
    // Of names that the server no longer has. What is still its own stays, however long it was off: its key may stand in the DNS.
    name: 'certificates',
    destroy: async ({ database }, { hostname }) =>
      (await database.sql`delete from acme_challenge where expires_at < ${now()}`).rowCount +
      (
        await database.sql`
          delete from certificate where try_at < ${before('certificate')} and not (purpose = 'server' and subject = ${hostname})
            and not (purpose = 'domain' and exists (select from domain where domain = subject))`
      ).rowCount +
      (
        await database.sql`
          delete from tls_key k where changed_at < ${before('certificate')} and (state = 'gone' or not exists (
            select from certificate c where c.purpose = k.purpose and c.subject = k.subject))`
      ).rowCount,
  },
  {
    name: 'spentChallenges',
    destroy: async ({ database }) =>
      (await database.sql`delete from spent_challenge where ends_at < ${new Date(nowMs())}`).rowCount,
  },
  {
    name: 'staff',
    destroy: async ({ database }) =>
      (await database.sql`delete from staff_session where expires_at < ${now()}`).rowCount +
      (await database.sql`delete from staff_invitation where ends_at < ${now()}`).rowCount +
      (await database.sql`delete from staff_event where at < ${before('staffEvent')}`).rowCount,
  },
  {
    // By the database's clock, which wrote it.
    name: 'deskRequests',
    destroy: async ({ database }) =>
      (
        await database.sql`
          delete from desk_request where asked_at < clock_timestamp() - make_interval(secs => ${KEPT_MS.deskRequest / 1000})`
      ).rowCount,
  },
  {
    name: 'dailyCounts',
    destroy: async ({ database }) =>
      (await database.sql`delete from daily_count where day < ${before('attempt')}::date`).rowCount,
  },
  {
    name: 'greylist',
    destroy: async ({ database }) =>
      (
        await database.sql`
          delete from greylist where passed_at < ${before('greylist')}
            or (passed_at is null and first_at < ${before('greylistWaiting')})`
      ).rowCount,
  },
  {
    name: 'dayKeys',
    destroy: async ({ database }, settings) =>
      (await database.sql`delete from keys.wrap where place < ${`day/${firstDayKept(settings)}`} and place > 'day/'`)
        .rowCount,
  },
  // A backup has lived its days, also where its target cannot be reached to remove it: without its key nothing of it opens.
  {
    name: 'backupKeys',
    destroy: async ({ database }, { backup }) =>
      (
        await database.sql`
          delete from keys.wrap using backup b
          where place = 'backup/' || b.backup_id and b.started_at < ${new Date(nowMs() - backup.days * DAY_MS)}`
      ).rowCount,
  },
  {
    name: 'backups',
    destroy: async ({ database }) =>
      (await database.sql`delete from backup where removed_at < ${before('backup')}`).rowCount,
  },
  {
    name: 'backupDrills',
    destroy: async ({ database }) =>
      (await database.sql`delete from backup_drill where at < ${before('backup')}`).rowCount,
  },
  { name: 'journalCopies', destroy: eraseJournalCopies },
  { name: 'requests', destroy: eraseRequests },
  // Of jobs that there are no longer.
  {
    name: 'jobRuns',
    destroy: async ({ database }) =>
      (await database.sql`delete from job_run where not is_scheduled and scheduled_at < ${before('jobRun')}`).rowCount,
  },
  {
    name: 'processReports',
    destroy: async ({ database }) =>
      (await database.sql`delete from process_report where expires_at < ${before('processReport')}`).rowCount,
  },
  {
    name: 'diskSamples',
    destroy: async ({ database }) =>
      (await database.sql`delete from disk_sample where day < ${before('diskSample')}::date`).rowCount,
  },
  // After the key: when this has to wait for somebody who reads, what is left is unreadable.
  {
    name: 'journal',
    destroy: async ({ database }, settings) => {
      const { rows } = await database.sql<{ done: boolean }>`
        select drop_journal_day(${firstDayKept(settings)}::date) as done`
      return rows[0]?.done === true ? 1 : 0
    },
  },
]

export const RULE_NAMES: readonly string[] = RULES.map(({ name }) => name)

/** @param which  of the items that are deleted */
function eraseItems(which: (settings: RetentionSettings) => Fragment): RetentionRule['destroy'] {
  return (storage, settings) => eraseBatch(storage, which(settings))
}

/** Erases one batch of items, with all that is theirs alone. */
export async function eraseBatch(storage: Storage, which: Fragment): Promise<number> {
  const { count, files } = await storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ account_id: number; item_id: number; blob_id: string; thread_id: number }>`
      select account_id, item_id, blob_id, thread_id from item where ${which}
      order by account_id, item_id limit ${BATCH} for update skip locked`
    const [accounts, items] = [rows.map((row) => row.account_id), rows.map((row) => row.item_id)]
    // The hashes of their words stay until the vocabulary has been settled by them (forgetWords).
    await sql`
      with erased as (
        delete from item_words using unnest(${accounts}::bigint[], ${items}::bigint[]) as gone (account_id, item_id)
        where item_words.account_id = gone.account_id and item_words.item_id = gone.item_id
        returning item_words.account_id, item_words.item_id, words
      )
      insert into erased_words (account_id, item_id, words, erased_at)
      select account_id, item_id, words, ${now()} from erased`
    await sql`
      delete from item using unnest(${accounts}::bigint[], ${items}::bigint[]) as gone (account_id, item_id)
      where item.account_id = gone.account_id and item.item_id = gone.item_id`
    await sql`
      delete from record using unnest(${accounts}::bigint[], ${items}::bigint[]) as gone (account_id, item_id)
      where record.account_id = gone.account_id and record.item_id = gone.item_id`
    // A thread's keys go with its last item.
    await sql`
      delete from thread_key t using unnest(${accounts}::bigint[], ${rows.map((row) => row.thread_id)}::bigint[]) as gone (account_id, thread_id)
      where t.account_id = gone.account_id and t.thread_id = gone.thread_id
        and not exists (select from item i where i.account_id = t.account_id and i.thread_id = t.thread_id)`
    return { count: rows.length, files: await dropBlobs(sql, rows) }
  })
  for (const file of files) await storage.blobs.removeFile(file.account_id, file.blob_id)
  return count
}

/** What became of letters goes with the journal's days, and with it the content of what was held to the end. */
async function eraseStories(storage: Storage, { journal }: RetentionSettings): Promise<number> {
  const before = new Date(nowMs() - journal.days * DAY_MS)
  const { count, files } = await storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ account_id: number; blob_id: string | null }>`
      delete from story where (account_id, story_id) in (
        select account_id, story_id from story where at < ${before} limit ${BATCH} for update skip locked)
      returning account_id, blob_id`
    const held = rows.flatMap(({ account_id, blob_id }) => (blob_id === null ? [] : [{ account_id, blob_id }]))
    return { count: rows.length, files: await dropBlobs(sql, held) }
  })
  for (const file of files) await storage.blobs.removeFile(file.account_id, file.blob_id)
  return count
}

/** Letters to lists on which nobody has decided. */
async function eraseHeld(storage: Storage): Promise<number> {
  const { count, files } = await storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ account_id: number; blob_id: string }>`
      delete from held_letter where (account_id, held_id) in (
        select account_id, held_id from held_letter where held_at < ${before('heldLetter')} limit ${BATCH} for update skip locked)
      returning account_id, blob_id`
    return { count: rows.length, files: await dropBlobs(sql, rows) }
  })
  for (const file of files) await storage.blobs.removeFile(file.account_id, file.blob_id)
  return count
}

async function eraseUploads(storage: Storage): Promise<number> {
  const { count, files } = await storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ account_id: number; blob_id: string }>`
      delete from upload where (account_id, blob_id) in (
        select account_id, blob_id from upload where created_at < ${before('upload')} limit ${BATCH} for update skip locked)
      returning account_id, blob_id`
    return { count: rows.length, files: await dropBlobs(sql, rows) }
  })
  for (const file of files) await storage.blobs.removeFile(file.account_id, file.blob_id)
  return count
}

/**
 * Imports that are long over, of an account that is closed, or whose upload was given up, with what was uploaded for them.
 * @param isOverOnly  false for all that nobody runs: its owner wishes it
 */
export async function eraseTransfers(storage: Storage, isOverOnly: boolean, accountId?: number): Promise<number> {
  const { count, files } = await storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ account_id: number; transfer_id: number }>`
      delete from transfer where (account_id, transfer_id) in (
        select account_id, transfer_id from transfer
        where (${accountId ?? null}::bigint is null or account_id = ${accountId ?? null}) and case
          when not ${isOverOnly}::boolean then state not in ('waiting', 'running')
          when state = 'uploading' then changed_at < ${before('transferUpload')}
          else changed_at < ${before('transfer')} end
        limit ${BATCH} for update skip locked)
      returning account_id, transfer_id`
    const { rows: parts } = await sql<BlobRow>`
      delete from transfer_part p
      using unnest(${rows.map((row) => row.account_id)}::bigint[], ${rows.map((row) => row.transfer_id)}::bigint[]) as gone (account_id, transfer_id)
      where p.account_id = gone.account_id and p.transfer_id = gone.transfer_id returning p.account_id, p.blob_id`
    return { count: rows.length, files: await dropBlobs(sql, parts) }
  })
  for (const file of files) await storage.blobs.removeFile(file.account_id, file.blob_id)
  return count
}

export interface BlobRow {
  account_id: number
  blob_id: string
}

/** Removes the rows of blobs that nobody owns any more. Returns those whose content is a file. */
export async function dropBlobs(sql: Sql, owned: BlobRow[]): Promise<BlobRow[]> {
  const { rows } = await sql<BlobRow & { is_file: boolean }>`
    delete from blob b using unnest(${owned.map((o) => o.account_id)}::bigint[], ${owned.map((o) => o.blob_id)}::uuid[]) as gone (account_id, blob_id)
    where b.account_id = gone.account_id and b.blob_id = gone.blob_id
      and not exists (select from item i where i.account_id = b.account_id and i.blob_id = b.blob_id)
      and not exists (select from upload u where u.account_id = b.account_id and u.blob_id = b.blob_id)
      and not exists (select from story s where s.account_id = b.account_id and s.blob_id = b.blob_id)
    returning b.account_id, b.blob_id, b.content is null as is_file`
  return rows.filter((row) => row.is_file)
}

/** Records removed long ago; an older client is told to start again. */
async function eraseRecords(storage: Storage, settings: RetentionSettings): Promise<number> {
  return storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ account_id: number; floor: number; count: number }>`
      with gone as (
        delete from record where (account_id, kind, record_id) in (
          select account_id, kind, record_id from record where removed_at < ${deletedBefore(settings)} and ${isNotHeld('record', 'deleted')}
          order by removed_at limit ${BATCH} for update skip locked)
        returning account_id, change
      )
      select account_id, max(change) as floor, count(*) as count from gone group by account_id order by account_id`
    for (const { account_id: accountId, floor } of rows)
      await sql`update account set vanished_floor = greatest(vanished_floor, ${floor}) where account_id = ${accountId}`
    return rows.reduce((sum, row) => sum + row.count, 0)
  })
}

/** Who was told that somebody is away is forgotten as soon as they may be told again, and what a script has seen when it says so. No client knows of these records. */
async function forgetAnswered({ database }: Storage): Promise<number> {
  const { rowCount } = await database.sql`
    delete from record where (account_id, kind, record_id) in (
      select account_id, kind, record_id from record where kind = any(${[ANSWER, SEEN]}) and due_at < ${new Date(nowMs())} limit ${BATCH})`
  return rowCount
}

/** What vanished is forgotten, and the account remembers up to which number: an older client is told to start again. */
async function forgetVanished(storage: Storage, settings: RetentionSettings): Promise<number> {
  return storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ account_id: number; floor: number; count: number }>`
      with gone as (
        delete from vanished where (account_id, change, folder_id, uid) in (
          select account_id, change, folder_id, uid from vanished where at < ${deletedBefore(settings)} order by at limit ${BATCH} for update skip locked)
        returning account_id, change
      )
      select account_id, max(change) as floor, count(*) as count from gone group by account_id order by account_id`
    for (const { account_id: accountId, floor } of rows)
      await sql`update account set vanished_floor = greatest(vanished_floor, ${floor}) where account_id = ${accountId}`
    return rows.reduce((sum, row) => sum + row.count, 0)
  })
}

/**
 * Files of blobs that have no row: of a message whose transaction never committed. Younger ones may still be on their way.
 * @returns how many were removed, and how many bytes all files had before
 */
export async function sweepFiles(storage: Storage): Promise<{ files: number; bytes: number }> {
  let removed = 0
  let bytes = 0
  const remove = async (accountId: number, ids: string[]): Promise<void> => {
    const { rows } = await storage.database.sql<{ blob_id: string }>`
      select blob_id from blob where account_id = ${accountId} and blob_id = any(${ids}::uuid[])`
    const known = new Set(rows.map((row) => row.blob_id))
    for (const id of ids.filter((id) => !known.has(id))) {
      await storage.blobs.removeFile(accountId, id)
      removed++
    }
  }
  let batch: { accountId: number; ids: string[] } = { accountId: 0, ids: [] }
  for await (const { accountId, id, modifiedAt, size } of storage.blobs.files()) {
    bytes += size
    if (modifiedAt > before('strayFile')) continue
    if (accountId !== batch.accountId || batch.ids.length >= BATCH) {
      await remove(batch.accountId, batch.ids)
      batch = { accountId, ids: [] }
    }
    batch.ids.push(id)
  }
  await remove(batch.accountId, batch.ids)
  return { files: removed, bytes }
}
