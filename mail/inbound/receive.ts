import { findFolderByRole } from '#items'
import { addMessage, MAIL, prepareMessage, summarise, type Summary } from '#mail'
import { featuresOf } from '#mail/antispam'
import { rejection } from '#mail/filing'
import type { Finding, Verdict } from '#mail/findings'
import type { FoundOnArrival } from '#mail/signing'
import { maskedLetter } from '#mail/masked'
import { hopsOf, MOST_HOPS, wakeQueue } from '#mail/outbound'
import { activeScript, type ActiveScript } from '#mail/scripts'
import { noteReport } from '#mail/reports'
import { now, Refusal, type Log } from '#system'
import { tellArrival, type SmtpStory } from '#mail/stories'
import type { OpenAccount, Storage, Transaction } from '#storage'
import { addCopies, decideByScript } from './by-script/index.ts'
import { mustComeAgain } from './greylist.ts'
import { judgeFor, reasonsOf } from './judge.ts'
import { queueArrival } from './queue.ts'
import { onwardOf, storyOf } from './story.ts'

/** A message as it came. */
export interface Arrival {
  /** Who brought it, and what they are answered when it is taken; absent for what comes from within. */
  smtp?: SmtpStory | undefined
  /** '' for the null sender. */
  mailFrom: string
  /** The fields we put before it (RFC 5321 §4.4). */
  trace: Buffer
  content: Buffer
  /** Who receives it: the account, and the address by which it was named. */
  recipients: readonly { accountId: number; address: string; masked?: string | undefined }[]
  /** What was found in it; undefined for what was handed in here. */
  findings: readonly Finding[] | undefined
  /** Its words, where they are at hand. */
  features?: Uint32Array | undefined
  /** By what a server of ours vouches for it when it goes on. */
  found?: FoundOnArrival | undefined
  /** Wherever it goes on to, it travels over proven TLS (RFC 8689). */
  isTlsRequired?: boolean | undefined
  /** Its author is ours, and it is signed for them where it goes on. */
  isWrittenHere?: boolean | undefined
  /** It was collected from this server, where it had come before. */
  collectedFrom?: string | undefined
}

/** One that came by SMTP, whose sender is told when it cannot be filed later either. */
export interface SmtpArrival extends Arrival {
  findings: readonly Finding[]
}

/**
 * Takes responsibility for a message: it is filed with its recipients, and what could not be filed now stands in the queue.
 * @param greylistMinutes  after which a suspicious stranger may come again; 0 asks nobody
 * @returns undefined when every recipient is in a folder or in the queue; otherwise why not, and the peer is to keep it
 */
export async function receiveMessage(
  storage: Storage,
  log: Log,
  arrival: SmtpArrival,
  greylistMinutes: number,
): Promise<Refusal | undefined> {
  // RFC 5321 §6.3: a message that goes round in circles is stopped.
  if (hopsOf(arrival.content) > MOST_HOPS) return new Refusal('loop')
  if (await mustComeAgain(storage, arrival, greylistMinutes)) return new Refusal('comeAgain')
  // Before the letter is filed: a peer that has to come again brings the same report, which counts once.
  await noteReport(
    storage,
    arrival.content,
    arrival.recipients.map(({ accountId }) => accountId),
  )
  const outcomes = await fileMessage(storage, log, arrival)
  const refusals = outcomes.filter((outcome) => outcome !== undefined)
  // What somebody refuses for good is asked for again as long as somebody else could not say.
  const refusal = refusals.find(({ reason }) => reason !== 'refused') ?? refusals[0]
  // When nobody has it, the peer's queue is as good as ours.
  if (refusal === undefined || outcomes.every((outcome) => outcome !== undefined)) return refusal
  const rest = arrival.recipients.filter((_, i) => outcomes[i] !== undefined)
  try {
    await queueArrival(storage, arrival, rest)
    return undefined
  } catch (error) {
    log.error({ accounts: rest.length, err: error }, 'what could not be filed could not be queued either')
    return refusal
  }
}

/**
 * Files a message with every recipient, each account in a transaction of its own; with an account that is named twice, once.
 * @returns for each recipient, in their order, undefined when it is filed and durable, otherwise why not: 'refused' with the
 *   findings that say so
 */
export async function fileMessage(storage: Storage, log: Log, arrival: Arrival): Promise<(Refusal | undefined)[]> {
  const { trace, content, recipients, findings } = arrival
  const bytes = Buffer.concat([trace, content])
  const parsed = summarise(bytes)
  // What was handed in here is not judged by its words.
  const features = findings === undefined ? undefined : (arrival.features ?? featuresOf(content))
  const named = new Map<number, Arrival['recipients'][number]>()
  for (const one of recipients) if (!named.has(one.accountId)) named.set(one.accountId, one)

  const outcomes = new Map<number, Refusal | undefined>()
  const trying = async (accountId: number, work: () => Promise<void>): Promise<void> => {
    try {
      await work()
      outcomes.set(accountId, undefined)
    } catch (error) {
      if (!(error instanceof Refusal)) log.error({ account: accountId, err: error }, 'a message could not be filed')
      outcomes.set(accountId, error instanceof Refusal ? error : new Refusal('unavailable', { cause: error }))
    }
  }
  const judged: Judged[] = []
  await Promise.all(
    [...named.keys()].map((id) =>
      trying(id, async () => {
        const account = await storage.openAccount(id)
        judged.push({ account, ...(await judgeFor(account, { ...arrival, features }, parsed)) })
      }),
    ),
  )
  // In SMTP one reply is for all: what only some refuse, these have among their junk.
  const isAlone = judged.length === 1 && arrival.smtp !== undefined
  const mayRefuse = arrival.smtp === undefined || judged.every(({ verdict }) => verdict?.place === 'refused')
  await Promise.all(
    judged.map(({ account, verdict, hasScript }) =>
      trying(account.id, async () => {
        if (mayRefuse && verdict?.place === 'refused') throw new Refusal('refused', { fields: reasonsOf(verdict) })
        const { address: to, masked } = named.get(account.id) as Arrival['recipients'][number]
        const also = masked === undefined ? undefined : await maskedLetter(storage, masked)
        const way = { keywords: [], receivedAt: now(), also }
        const letter = { account, bytes, parsed: { ...parsed, deliveredTo: to }, to, arrival, verdict, ...way }
        await file(storage, letter, hasScript, isAlone)
      }),
    ),
  )
  return recipients.map(({ accountId }) => outcomes.get(accountId))
}

/** A letter that lay at another provider, and how it is to lie here. */
export interface CollectedLetter {
  content: Buffer
  /** The other provider's server. */
  from: string
  /** The owner's address for which it is filed. */
  to: string
  findings: readonly Finding[]
  features: Uint32Array
  /** As JMAP names them. */
  keywords: readonly string[]
  receivedAt: Date
}

/**
 * Files a letter that its owner has collected, byte for byte as it lay there. Whoever wrote it was answered long ago: nothing is refused, so
 * one with a virus is held, and another that would be refused is junk; and nothing that leaves for it leads back to them.
 * @param also  in the same transaction; may run twice
 * @throws what `also` does; Refusal 'unavailable', 'notFound' for a closed account
 */
export async function fileCollected(
  storage: Storage,
  account: OpenAccount,
  { content, from, to, findings, features, keywords, receivedAt }: CollectedLetter,
  also: (tx: Transaction) => Promise<void>,
): Promise<void> {
  const arrival = { mailFrom: '', trace: Buffer.alloc(0), content, recipients: [], findings, collectedFrom: from }
  const parsed = summarise(content)
  const { verdict, hasScript } = await judgeFor(account, { mailFrom: '', findings, features }, parsed)
  const kept = verdict?.place === 'refused' ? { ...verdict, place: placeOfRefused(verdict) } : verdict
  const letter = { account, bytes: content, parsed, to, arrival, verdict: kept, keywords, receivedAt, also }
  await file(storage, letter, hasScript, false)
}

const placeOfRefused = ({ findings }: Verdict): 'held' | 'junk' =>
  findings.some(({ name }) => name === 'virus') ? 'held' : 'junk'

interface Judged {
  account: OpenAccount
  verdict: Verdict | undefined
  hasScript: boolean
}

/** A letter on its way into one account. */
interface Letter {
  account: OpenAccount
  bytes: Buffer
  parsed: Omit<Summary, 'blob'>
  /** The address that it is for. */
  to: string
  arrival: Arrival
  verdict: Verdict | undefined
  /** What it has already. */
  keywords: readonly string[]
  receivedAt: Date
  /** In the same transaction. */
  also: ((tx: Transaction) => Promise<void>) | undefined
}

/** By a script of its owner where one is in force, but for what waits for their decision. */
async function file(storage: Storage, letter: Letter, hasScript: boolean, isAlone: boolean): Promise<void> {
  const active = hasScript && letter.verdict?.place !== 'held' ? await activeScript(letter.account) : undefined
  await (active === undefined ? fileWith(letter) : fileByScript(storage, active, letter, isAlone))
}

/** Where it lies without a script. */
const placeOf = (verdict: Verdict | undefined): 'inbox' | 'junk' | 'held' =>
  verdict?.place === 'refused' ? 'junk' : (verdict?.place ?? 'inbox')

async function fileWith(letter: Letter): Promise<void> {
  const { account, bytes, parsed, to, arrival, verdict, keywords, receivedAt, also } = letter
  const message = await prepareMessage(account, bytes, { ...parsed, verdict })
  const findings = verdict?.findings ?? []
  const place = placeOf(verdict)
  const told = { fate: place, to, findings }
  const story = storyOf(arrival, message.summary, place === 'held' ? { ...told, onward: onwardOf(arrival) } : told)
  // When this fails, a large blob's file stays: the commit may have succeeded unheard. The sweep removes it if not.
  await account.write(async (tx) => {
    await also?.(tx)
    if (place === 'held') return tellArrival(tx, story, message.blob)
    // Sent without waiting for one another; both are waited for, so that none goes on after a rollback.
    await both(
      addMessage(tx, message, {
        mailboxes: [await folderOf(tx, place)],
        keywords: [...keywords, ...blockedMark(findings)],
        receivedAt,
      }),
      tellArrival(tx, story),
    )
  })
}

/**
 * Files it as a script of its owner decides. What it refuses goes back when its sender is proven or still waits for an answer; else it is
 * junk, for a notice would go to somebody who wrote nothing (RFC 5429 §2.1.1).
 * @throws Refusal 'refused' with the script's words
 */
async function fileByScript(storage: Storage, active: ActiveScript, letter: Letter, isAlone: boolean): Promise<void> {
  const { account, bytes, parsed, to, arrival, verdict, receivedAt, also } = letter
  const found = verdict?.findings ?? []
  const name = { messageId: parsed.messageId?.[0] ?? null, subject: parsed.subject }
  const decision = await decideByScript(storage, account, active, {
    arrival,
    bytes,
    address: to,
    findings: found,
    isJunk: placeOf(verdict) === 'junk',
    name,
  })
  if (decision.refusal !== undefined) {
    if (isAlone || arrival.findings === undefined || found.some(({ name }) => name === 'dmarcPass'))
      throw rejection(decision.refusal)
    const findings: Finding[] = [{ name: 'scriptRefused' }, ...found]
    return fileWith({ ...letter, verdict: { place: 'junk', findings } })
  }
  const findings = [...found, ...decision.findings]
  const copies = await Promise.all(
    decision.copies.map(async (copy) => {
      const { deliveredTo } = parsed
      const again = () => ({ ...summarise(copy.bytes), ...(deliveredTo === undefined ? {} : { deliveredTo }) })
      const summary = copy.bytes === bytes ? parsed : again()
      return { ...copy, message: await prepareMessage(account, copy.bytes, { ...summary, verdict }) }
    }),
  )
  const isUsual = copies.some(({ mailboxes }) => mailboxes.some(({ kind }) => kind === 'usual'))
  const filed = isUsual ? placeOf(verdict) : 'inbox'
  const fate = copies.length > 0 ? filed : decision.isPassedOn ? 'passedOn' : 'dropped'
  const head = copies[0]?.message.summary ?? { ...parsed, blob: undefined }
  const story = storyOf(arrival, head, { fate, to, findings })
  await account.write(async (tx) => {
    await also?.(tx)
    const usual = await folderOf(tx, placeOf(verdict))
    await addCopies(tx, copies, usual, { keywords: [...letter.keywords, ...blockedMark(findings)], receivedAt })
    await tellArrival(tx, story)
    await decision.also(tx)
  })
  if (decision.sends) wakeQueue(storage)
}

const blockedMark = (findings: readonly Finding[]): string[] =>
  findings.some(({ name }) => name === 'senderBlocked') ? ['$blocked'] : []

async function both(...work: Promise<unknown>[]): Promise<void> {
  for (const one of await Promise.allSettled(work)) if (one.status === 'rejected') throw one.reason
}

async function folderOf(tx: Transaction, place: 'inbox' | 'junk' | 'held'): Promise<number> {
  const { account, sql } = tx
  const junk = place === 'junk' ? await findFolderByRole(account, MAIL, 'junk', sql) : undefined
  return junk ?? inboxOf(account, tx)
}

/** Where each opened account's inbox was last seen: an inbox is neither removed nor loses its role (RFC 8621 §2.5 lets us refuse both). */
const inboxes = new WeakMap<OpenAccount, number>()

async function inboxOf(account: OpenAccount, tx: Transaction): Promise<number> {
  const known = inboxes.get(account) ?? (await findFolderByRole(account, MAIL, 'inbox', tx.sql))
  if (known === undefined) throw new Refusal('unavailable')
  inboxes.set(account, known)
  return known
}
