import type { Summary } from '#mail'
import { judge, type Finding, type FindingName, type Verdict } from '#mail/findings'
import { ALLOWED, BLOCKED, isListedSender, sendersOf } from '#mail/senders'
import type { OpenAccount } from '#storage'
import type { Arrival } from './receive.ts'

/** What shows that a letter may not be from whom it says, so that nobody else's name is a way past the checks. */
const FORGED: ReadonlySet<FindingName> = new Set(['dmarcQuarantine', 'dmarcReject'])

/**
 * Weighs what was found in a letter with what one of its recipients has said of its sender.
 * @returns undefined for what was handed in here and nothing speaks against
 */
export async function judgeFor(
  account: OpenAccount,
  { mailFrom, findings }: Pick<Arrival, 'mailFrom' | 'findings'>,
  parsed: Omit<Summary, 'blob'>,
): Promise<Verdict | undefined> {
  const [isBlocked, isAllowed] = await Promise.all([
    isListedSender(account, BLOCKED, sendersOf(mailFrom, parsed)),
    isListedSender(account, ALLOWED, sendersOf(undefined, parsed)),
  ])
  const own: Finding[] = []
  if (isBlocked) own.push({ name: 'senderBlocked' })
  if (isAllowed)
    own.push({ name: (findings ?? []).some(({ name }) => FORGED.has(name)) ? 'allowedButForged' : 'senderAllowed' })
  if (findings === undefined && own.length === 0) return undefined
  return judge([...own, ...(findings ?? [])])
}
