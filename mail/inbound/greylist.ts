import { networkOf } from '#accounts'
import { envelope, normalizeAddress, parseMessage } from '#formats/message'
import { isKnownRecord } from '#items'
import { headerFields } from '#mail/authentication'
import { CORRESPONDENT } from '#mail/correspondents'
import { judge, SUSPICIOUS, weigh } from '#mail/findings'
import { ALLOWED, isListedSender } from '#mail/senders'
import type { Storage } from '#storage'
import { nowMs } from '#system'
import type { SmtpArrival } from './receive.ts'

const MINUTE_MS = 60_000

/** Who was asked and did not come within this time is asked again. RFC 6647 §5: a day is what servers that queue have. */
const LONGEST_MS = 24 * 60 * MINUTE_MS

/**
 * Whether a letter is to be brought again later: its looks are suspicious, and neither has its sender been let in from that
 * network before nor does any recipient know them. Who sends by a queue comes again; much of what only wants to be rid of its
 * mail does not. RFC 6647.
 * @param minutes  how long they are to wait; 0 asks nobody
 */
export async function mustComeAgain(
  storage: Storage,
  { mailFrom, findings, smtp, content, recipients }: SmtpArrival,
  minutes: number,
): Promise<boolean> {
  if (smtp === undefined || minutes === 0 || weigh(findings) < SUSPICIOUS) return false
  // What is held or refused, a second visit makes no better.
  if (['held', 'refused'].includes(judge(findings).place)) return false
  const [author] = envelope(parseMessage(content.subarray(0, headerFields(content).end))).from ?? []
  const address = normalizeAddress(author?.email ?? '')
  if (address !== undefined && (await isKnown(storage, recipients, address))) return false

  const greylist = await storage.keys.serviceKey('greylist')
  const key = greylist.hash(`${networkOf(smtp.address)}\0${mailFrom.toLowerCase()}`)
  const [time, early, late] = [0, minutes * MINUTE_MS, LONGEST_MS].map((ago) => new Date(nowMs() - ago))
  const { rows } = await storage.database.sql<{ passed_at: Date | null }>`
    insert into greylist as known (key, first_at) values (${key}, ${time})
    on conflict (key) do update set
      passed_at = case when known.passed_at is not null or known.first_at between ${late} and ${early} then ${time}::timestamptz end,
      first_at = case when known.passed_at is null and known.first_at < ${late} then ${time}::timestamptz else known.first_at end
    returning passed_at`
  return rows[0]?.passed_at === null
}

/** Whether one of the recipients has written to this address, or always lets it in. */
async function isKnown(storage: Storage, recipients: SmtpArrival['recipients'], address: string): Promise<boolean> {
  const accounts = await Promise.all(recipients.map(({ accountId }) => storage.openAccount(accountId)))
  const known = await Promise.all(
    accounts.flatMap((account) => [
      isKnownRecord(account, CORRESPONDENT, [address]),
      isListedSender(account, ALLOWED, [address]),
    ]),
  )
  return known.includes(true)
}
