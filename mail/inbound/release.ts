import { findFolderByRole, isKnownRecord } from '#items'
import { adoptMessage, MAIL, prepareMessage, summarise, type Summary } from '#mail'
import { wakeQueue } from '#mail/outbound'
import { ACTIVE_LOOKUP, activeScript } from '#mail/scripts'
import { endHolding, readHeld, type Fate, type HeldLetter } from '#mail/stories'
import type { OpenAccount, Storage } from '#storage'
import { now, Refusal } from '#system'
import { addCopies, decideByScript, type Copy, type Decision, type PreparedCopy } from './by-script/index.ts'

/**
 * Files a letter that was held as if it came just now: in the inbox, or as a script of its owner decides. Whom it was for wants it: what the
 * script would refuse or discard is kept.
 * @returns what became of it: 'released', or 'passedOn' by the script
 * @throws Refusal 'notFound' when it is not held, or no more
 */
export async function releaseHeld(storage: Storage, account: OpenAccount, id: number): Promise<Fate> {
  const held = await readHeld(account, id)
  const { arrival, blob, bytes } = held
  const decision = await decide(storage, account, held)
  const { copies = [], isPassedOn = false } = decision ?? {}
  const prepared = await prepare(account, held, copies.length === 0 && !isPassedOn ? [usualCopy(bytes)] : copies)
  const taken = prepared.find((copy) => copy.bytes === bytes)
  const first = taken ?? prepared[0]
  const fate = first === undefined ? 'passedOn' : 'released'
  const findings = [...arrival.findings, ...(decision?.findings ?? [])]
  await account.write(async (tx) => {
    await endHolding(tx, held, { fate, findings, blob: first?.message.summary.blob ?? null })
    const inbox = await findFolderByRole(account, MAIL, 'inbox', tx.sql)
    if (inbox === undefined) throw new Refusal('unavailable')
    await addCopies(tx, prepared, inbox, { keywords: [], receivedAt: now() })
    await decision?.also?.(tx)
  })
  // A file goes after its row; the sweep takes what a crash leaves.
  if (taken === undefined) await account.blobs.removeFile(account.id, blob.id)
  if (decision?.sends === true) wakeQueue(storage)
  return fate
}

/** @returns what becomes of it by a script; undefined without one */
async function decide(
  storage: Storage,
  account: OpenAccount,
  { arrival, bytes }: HeldLetter,
): Promise<(Pick<Decision, 'findings'> & Partial<Decision>) | undefined> {
  const hasScript = await isKnownRecord(account, ACTIVE_LOOKUP.kind, [ACTIVE_LOOKUP.lookup])
  const active = hasScript ? await activeScript(account) : undefined
  if (active === undefined) return undefined
  const { mailFrom, to, findings, smtp, onward } = arrival
  const { messageId, subject } = summarise(bytes)
  const decision = await decideByScript(storage, account, active, {
    arrival: { mailFrom, findings, smtp, ...onward },
    bytes,
    address: to,
    findings,
    isJunk: false,
    name: { messageId: messageId?.[0] ?? null, subject },
  })
  if (decision.refusal === undefined) return decision
  return { findings: [{ name: 'scriptRefused' }] }
}

const usualCopy = (bytes: Buffer): Copy => ({ bytes, mailboxes: [{ kind: 'usual' }], keywords: [], isDeleted: false })

/** The first copy that is as it came goes on with the content that is here; others have their own. */
function prepare(account: OpenAccount, held: HeldLetter, copies: readonly Copy[]): Promise<PreparedCopy[]> {
  const { arrival, blob, bytes } = held
  const verdict = { place: 'held', findings: arrival.findings } as const
  const deliveredTo = arrival.collectedFrom === undefined ? { deliveredTo: arrival.to } : {}
  const asItCame = copies.find((copy) => copy.bytes === bytes)
  return Promise.all(
    copies.map(async (copy) => {
      const more: Pick<Summary, 'deliveredTo' | 'verdict'> = { ...deliveredTo, verdict }
      if (copy !== asItCame)
        return { ...copy, message: await prepareMessage(account, copy.bytes, { ...summarise(copy.bytes), ...more }) }
      const { summary, ...message } = adoptMessage(account, blob, bytes)
      return { ...copy, message: { ...message, summary: { ...summary, ...more } } }
    }),
  )
}
