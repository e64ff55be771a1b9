import { accountState, findAddressee } from '#accounts'
import { InvalidMessage } from '#formats/message'
import { findFolderByRole, itemChanges, type ChangeList, type Point } from '#items'
import { followAccounts, MAIL, readHeader, readMessages, type StoredMessage } from '#mail'
import { enqueue, prepareLetter, wakeQueue } from '#mail/outbound'
import type { OpenAccount, Storage } from '#storage'
import { nowMs, Refusal, type Log } from '#system'
import { writeAnswer } from './answer.ts'
import { noteAnswered } from './answered.ts'
import { mayAnswer } from './may-answer.ts'
import { newestPoint, readCursor, readVacation, VACATION, writeCursor, type Vacation } from './vacation.ts'

/** Changes looked at in one go. */
const BATCH = 200

/** Answers for those who are away, until stopped. */
export const startVacation = ({ storage, log }: { storage: Storage; log: Log }): { stop(): Promise<void> } =>
  followAccounts({ storage, log, kind: VACATION, look: (account) => answerArrivals(storage, account) })

/**
 * Looks at what has arrived since the last time, and answers what may be answered. Killed in between, it looks again:
 * whoever has been answered is known by then.
 */
export async function answerArrivals(storage: Storage, account: OpenAccount): Promise<void> {
  const vacation = await readVacation(account)
  if (!vacation.isEnabled) return
  for (let hasMore = true; hasMore;) {
    const since = await readCursor(account)
    if (since === undefined) return
    const list = await changesSince(account, since)
    for (const message of await readMessages(account, list.created)) await answer(storage, account, vacation, message)
    const seen = list.created.length + list.updated.length + list.destroyed.length
    // Every write is a change, and whoever follows changes looks again: what only was flagged may be looked at twice.
    if (list.created.length > 0 || seen >= BATCH || list.isNew) await account.write((tx) => writeCursor(tx, list.upTo))
    hasMore = list.hasMore
  }
}

/** Where the changes since are not known any more, it begins anew: better one letter unanswered than an old one answered. */
async function changesSince(account: OpenAccount, since: Point): Promise<ChangeList & { isNew: boolean }> {
  try {
    return { ...(await itemChanges(account, MAIL, since, BATCH)), isNew: false }
  } catch (error) {
    if (!(error instanceof Refusal && error.reason === 'cannotCalculateChanges')) throw error
    const upTo = await newestPoint(account, account.sql)
    return { created: [], updated: [], destroyed: [], hasMore: false, upTo, isNew: true }
  }
}

async function answer(
  storage: Storage,
  account: OpenAccount,
  vacation: Vacation,
  message: StoredMessage,
): Promise<void> {
  const { summary } = message
  // Only what came by SMTP has an address to which it was delivered.
  if (summary?.deliveredTo === undefined || !isAway(vacation, message.receivedAt.getTime())) return
  const junk = await findFolderByRole(account, MAIL, 'junk')
  if (message.mailboxes.every((mailbox) => mailbox === junk)) return
  const ownAddress = async (address: string): Promise<string | undefined> =>
    (await findAddressee(storage, address)) === account.id ? address : undefined
  const answerable = await mayAnswer(await readHeader(account, summary.blob), ownAddress)
  if (answerable === undefined || (await accountState(account.sql, account.id)) !== 'open') return
  try {
    const content = await writeAnswer(account, vacation, answerable, summary)
    const letter = await prepareLetter(storage, {
      accountId: account.id,
      // Nothing ever comes back for an answer. RFC 3834 §3.3.
      mailFrom: '',
      recipients: [{ address: answerable.to }],
      content,
      isWrittenHere: true,
    })
    await account.write(async (tx) => {
      if (await noteAnswered(tx, vacation, answerable.to)) await enqueue(tx.sql, letter)
    })
    wakeQueue(storage)
  } catch (error) {
    // A subject that cannot be written, or a stranger too many: the next letter is looked at all the same.
    if (!(error instanceof InvalidMessage) && !isDeclined(error)) throw error
  }
}

const isDeclined = (error: unknown): boolean =>
  error instanceof Refusal && (error.reason === 'invalid' || error.reason === 'tooManyItems')

/** Away both when the letter came and now. */
function isAway({ fromDate, toDate }: Vacation, receivedMs: number): boolean {
  const from = fromDate === null ? -Infinity : Date.parse(fromDate)
  const to = toDate === null ? Infinity : Date.parse(toDate)
  return [receivedMs, nowMs()].every((time) => time >= from && time < to)
}
