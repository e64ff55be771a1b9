import { findFolderByRole } from '#items'
import { addMessage, MAIL, prepareMessage, summarise, type Summary } from '#mail'
import { featuresOf, findingOfWords, judgeWords } from '#mail/antispam'
import { isBlockedSender, sendersOf } from '#mail/blocked'
import { judge, type Finding } from '#mail/findings'
import { enqueue, hopsOf, MOST_HOPS, prepareLetter, wakeQueue } from '#mail/outbound'
import { now, Refusal, type Log } from '#system'
import type { OpenAccount, Storage, Transaction } from '#storage'

/** A message as it came. */
export interface Arrival {
  /** The fields we put before it (RFC 5321 §4.4). */
  trace: Buffer
  content: Buffer
  /** Who receives it: the account, and the address by which it was named. */
  recipients: readonly { accountId: number; address: string }[]
  /** What was found in it; undefined for what was handed in here. */
  findings: readonly Finding[] | undefined
}

/** One that came by SMTP, whose sender is told when it cannot be filed later either. */
export interface SmtpArrival extends Arrival {
  /** '' for the null sender. */
  mailFrom: string
  findings: readonly Finding[]
}

/**
 * Takes responsibility for a message: it is filed with its recipients, and what could not be filed now stands in the queue.
 * @returns undefined when every recipient is in a folder or in the queue; otherwise why not, and the peer is to keep it
 */
export async function receiveMessage(storage: Storage, log: Log, arrival: SmtpArrival): Promise<Refusal | undefined> {
  // RFC 5321 §6.3: a message that goes round in circles is stopped.
  if (hopsOf(arrival.content) > MOST_HOPS) return new Refusal('loop')
  const outcomes = await fileMessage(storage, log, arrival)
  const [refusal] = outcomes.filter((outcome) => outcome !== undefined)
  // When nobody has it, the peer's queue is as good as ours.
  if (refusal === undefined || outcomes.every((outcome) => outcome !== undefined)) return refusal
  const rest = arrival.recipients.filter((_, i) => outcomes[i] !== undefined)
  try {
    await queue(storage, arrival, rest)
    return undefined
  } catch (error) {
    log.error({ accounts: rest.length, err: error }, 'what could not be filed could not be queued either')
    return refusal
  }
}

/** A letter for each account: whose it is says who may look at it. */
async function queue(
  storage: Storage,
  { mailFrom, trace, content, findings }: SmtpArrival,
  rest: Arrival['recipients'],
): Promise<void> {
  const whole = Buffer.concat([trace, content])
  const letters = await Promise.all(
    rest.map(({ accountId, address }) =>
      prepareLetter(storage, {
        accountId,
        mailFrom,
        recipients: [{ address }],
        content: whole,
        isTraced: true,
        findings,
      }),
    ),
  )
  await storage.database.transaction(async (sql) => {
    for (const letter of letters) await enqueue(sql, letter)
  })
  wakeQueue(storage)
}

/**
 * Files a message with every recipient, each account in a transaction of its own; with an account that is named twice, once.
 * @returns for each recipient, in their order, undefined when it is filed and durable, otherwise why not
 */
export async function fileMessage(
  storage: Storage,
  log: Log,
  { trace, content, recipients, findings }: Arrival,
): Promise<(Refusal | undefined)[]> {
  const bytes = Buffer.concat([trace, content])
  const parsed = summarise(bytes)
  // What was handed in here is not judged.
  const features = findings === undefined ? undefined : featuresOf(content)
  const filing = new Map<number, Promise<Refusal | undefined>>()
  for (const { accountId, address } of recipients) {
    if (filing.has(accountId)) continue
    const filed = fileWith(storage, accountId, bytes, { ...parsed, deliveredTo: address }, findings, features).catch(
      (error: unknown) => {
        if (error instanceof Refusal) return error
        log.error({ account: accountId, err: error }, 'a message could not be filed')
        return new Refusal('unavailable', { cause: error })
      },
    )
    filing.set(accountId, filed)
  }
  return Promise.all(recipients.map(async ({ accountId }) => filing.get(accountId)))
}

async function fileWith(
  storage: Storage,
  accountId: number,
  bytes: Buffer,
  parsed: Omit<Summary, 'blob'>,
  findings: readonly Finding[] | undefined,
  features: Uint32Array | undefined,
): Promise<undefined> {
  const account = await storage.openAccount(accountId)
  const [prepared, isBlocked, ofWords] = await Promise.all([
    prepareMessage(account, bytes, parsed),
    isBlockedSender(account, sendersOf(bytes, parsed)),
    features === undefined ? undefined : judgeWords(account, features).then(findingOfWords),
  ])
  const found: Finding[] = [
    ...(findings ?? []),
    ...(ofWords === undefined ? [] : [ofWords]),
    ...(isBlocked ? [{ name: 'senderBlocked' } as const] : []),
  ]
  const verdict = findings === undefined && !isBlocked ? undefined : judge(found)
  const message = verdict === undefined ? prepared : { ...prepared, summary: { ...prepared.summary, verdict } }
  // When this fails, a large blob's file stays: the commit may have succeeded unheard. The sweep removes it if not.
  await account.write(async (tx) => {
    const junk = verdict?.place === 'junk' ? await findFolderByRole(account, MAIL, 'junk', tx.sql) : undefined
    const mailbox = junk ?? (await inboxOf(account, tx))
    const keywords = isBlocked ? ['$blocked'] : []
    await addMessage(tx, message, { mailboxes: [mailbox], keywords, receivedAt: now() })
  })
}

/** Where each opened account's inbox was last seen: an inbox is neither removed nor loses its role (RFC 8621 §2.5 lets us refuse both). */
const inboxes = new WeakMap<OpenAccount, number>()

async function inboxOf(account: OpenAccount, tx: Transaction): Promise<number> {
  const known = inboxes.get(account) ?? (await findFolderByRole(account, MAIL, 'inbox', tx.sql))
  if (known === undefined) throw new Refusal('unavailable')
  inboxes.set(account, known)
  return known
}
