import type { Summary } from '#mail'
import { findingOfWords, judgeWords } from '#mail/antispam'
import { looksLikeKnown } from '#mail/correspondents'
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
  { mailFrom, findings, features }: Pick<Arrival, 'mailFrom' | 'findings' | 'features'>,
  parsed: Omit<Summary, 'blob'>,
): Promise<Verdict | undefined> {
  const author = parsed.from?.[0]?.email ?? ''
  const [isBlocked, isAllowed, isLike, ofWords] = await Promise.all([
    isListedSender(account, BLOCKED, sendersOf(mailFrom, parsed)),
    isListedSender(account, ALLOWED, sendersOf(undefined, parsed)),
    findings === undefined ? false : looksLikeKnown(account, author.slice(author.lastIndexOf('@') + 1)),
    features === undefined ? undefined : judgeWords(account, features).then(findingOfWords),
  ])
  const own: Finding[] = []
  if (isBlocked) own.push({ name: 'senderBlocked' })
  if (ofWords !== undefined) own.push(ofWords)
  if (isLike) own.push({ name: 'looksLikeKnown', values: { address: author } })
  if (isAllowed)
    own.push({ name: (findings ?? []).some(({ name }) => FORGED.has(name)) ? 'allowedButForged' : 'senderAllowed' })
  if (findings === undefined && own.length === 0) return undefined
  return judge([...own, ...(findings ?? [])])
}
