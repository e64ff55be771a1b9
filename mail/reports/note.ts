import { createHash } from 'node:crypto'
import { findHolder, isOperated } from '#accounts'
import { parseMessage } from '#formats/message'
import type { Storage } from '#storage'
import { now } from '#system'
import { parseFeedbackReport, type FeedbackReport } from './parse.ts'

/** Account 0: the letter was sent by nobody here. */
export const NOBODY = 0

/** What is sealed of a report. */
export interface KeptReport {
  type: string
  /** The address that the letter was from. */
  sender: string | null
}

/** Reports that are kept of one account: nobody fills the table by complaining. */
const MOST = 200

/** Where the type of a report stands, when it is one. */
const HEADER_BYTES = 64 * 1024

export const placeOf = (accountId: number, key: Buffer): string => `report/${accountId}/${key.toString('base64url')}`

/**
 * Notes a letter that is a feedback report (RFC 5965) to whoever runs the service. The same complaint is noted once,
 * however often it comes. Does no more than zegel_receiver may.
 */
export async function noteReport(storage: Storage, content: Buffer, accountIds: readonly number[]): Promise<void> {
  if (!/feedback-report/i.test(content.toString('latin1', 0, HEADER_BYTES))) return
  const { sql } = storage.database
  if (!(await isOperated(sql, accountIds))) return
  const report = parseFeedbackReport(parseMessage(content))
  if (report === undefined) return
  const { accountId, sender } = await concerned(storage, report)
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from feedback_report where account_id = ${accountId}`
  if ((rows[0]?.count ?? 0) >= MOST) return
  const reports = await storage.keys.serviceKey('reports')
  const { type, messageId, recipients } = report
  const letter = messageId ?? createHash('sha256').update(content).digest('base64url')
  const key = reports.hash(JSON.stringify([type, letter, recipients]))
  const kept: KeptReport = { type, sender }
  await sql`
    insert into feedback_report (account_id, report_key, sealed, at)
    values (${accountId}, ${key}, ${reports.seal(placeOf(accountId, key), JSON.stringify(kept))}, ${now()})
    on conflict (account_id, report_key) do nothing`
}

/** Whose letter it was: the first of its senders who has an account. */
async function concerned(
  storage: Storage,
  { senders }: FeedbackReport,
): Promise<{ accountId: number; sender: string | null }> {
  for (const sender of senders) {
    const accountId = await findHolder(storage, sender)
    if (accountId !== undefined) return { accountId, sender }
  }
  return { accountId: NOBODY, sender: senders[0] ?? null }
}
