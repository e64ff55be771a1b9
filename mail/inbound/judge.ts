import { knownKinds } from '#items'
import type { Summary } from '#mail'
import { findingOfWords, judgeWords } from '#mail/antispam'
import { asksAbout, looksLikeKnown } from '#mail/correspondents'
import { judge, WEIGHTS, type Finding, type FindingName, type Verdict } from '#mail/findings'
import { ACTIVE, ACTIVE_LOOKUP } from '#mail/scripts'
import { ALLOWED, BLOCKED, lookupsOf, sendersOf } from '#mail/senders'
import type { OpenAccount } from '#storage'
import type { Arrival } from './receive.ts'

/** What shows that a letter may not be from whom it says, so that nobody else's name is a way past the checks. */
const FORGED: ReadonlySet<FindingName> = new Set(['dmarcQuarantine', 'dmarcReject'])

/**
 * Weighs what was found in a letter with what one of its recipients has said of its sender.
 * @returns no verdict for what was handed in here and nothing speaks against; and whether a script of theirs files it
 */
export async function judgeFor(
  account: OpenAccount,
  { mailFrom, findings, features }: Pick<Arrival, 'mailFrom' | 'findings' | 'features'>,
  parsed: Omit<Summary, 'blob'>,
): Promise<{ verdict: Verdict | undefined; hasScript: boolean }> {
  const author = parsed.from?.[0]?.email ?? ''
  const domain = author.slice(author.lastIndexOf('@') + 1)
  const [known, ofWords] = await Promise.all([
    // One question: on a letter as small as most, each round trip costs as much as a look into it.
    knownKinds(account, [
      ...lookupsOf(sendersOf(mailFrom, parsed)).map((lookup) => ({ kind: BLOCKED, lookup })),
      ...lookupsOf(sendersOf(undefined, parsed)).map((lookup) => ({ kind: ALLOWED, lookup })),
      ...(findings === undefined ? [] : asksAbout(domain)),
      ACTIVE_LOOKUP,
    ]),
    features === undefined ? undefined : judgeWords(account, features).then(findingOfWords),
  ])
  const own: Finding[] = []
  if (known.has(BLOCKED)) own.push({ name: 'senderBlocked' })
  if (ofWords !== undefined) own.push(ofWords)
  if (looksLikeKnown(known)) own.push({ name: 'looksLikeKnown', values: { address: author } })
  if (known.has(ALLOWED))
    own.push({ name: (findings ?? []).some(({ name }) => FORGED.has(name)) ? 'allowedButForged' : 'senderAllowed' })
  const isPlain = findings === undefined && own.length === 0
  return {
    verdict: isPlain ? undefined : judge([...own, ...(findings ?? [])]),
    hasScript: known.has(ACTIVE),
  }
}

/** Findings by which a letter is refused whatever else was found. */
export const reasonsOf = (verdict: Verdict | undefined): string[] =>
  (verdict?.findings ?? []).filter(({ name }) => WEIGHTS[name] === 'refused').map(({ name }) => name)
