import { randomUUID } from 'node:crypto'
import { findAddressee } from '#accounts'
import { InvalidMessage, parseAddress } from '#formats/message'
import { noteUntil } from '#items'
import { writeAnswer, writeNotification, type Notify, type Redirect, type Vacation, type Written } from '#mail/filing'
import { returnAddress } from '#mail/forwarding'
import {
  enqueue,
  hasPassed,
  hopsOf,
  MOST_HOPS,
  prepareLetter,
  withoutReturnPath,
  type PreparedLetter,
} from '#mail/outbound'
import { ANSWER } from '#mail/vacation'
import type { OpenAccount } from '#storage'
import { now, nowMs, Refusal } from '#system'
import { edited, type Deciding } from './deciding.ts'

/** What one account may send by its script in an hour, of each sort: a storm ends here, and what is not sent on is kept. */
const MOST_PER_HOUR = { redirect: 200, notify: 60 } as const
const HOUR_MS = 3_600_000
let hour = { number: 0, sent: new Map<string, number>() }

function maySend(what: keyof typeof MOST_PER_HOUR, { id }: OpenAccount): boolean {
  const number = Math.floor(nowMs() / HOUR_MS)
  if (hour.number !== number) hour = { number, sent: new Map() }
  const key = `${what}/${id}`
  const sent = (hour.sent.get(key) ?? 0) + 1
  hour.sent.set(key, sent)
  return sent <= MOST_PER_HOUR[what]
}

/** RFC 5228 §4.2, §10: what goes in a circle, to too many or is junk stays here. */
export async function redirect(deciding: Deciding, { address, edits }: Redirect): Promise<void> {
  const { storage, account, letter, isSilent, sending } = deciding
  const { arrival, bytes, name } = letter
  const goes =
    address !== undefined &&
    !isSilent &&
    hopsOf(bytes) < MOST_HOPS &&
    !hasPassed(bytes, letter.address) &&
    (await findAddressee(storage, address)) !== account.id &&
    maySend('redirect', account)
  if (!goes) {
    deciding.isKept = true
    return
  }
  const domain = parseAddress(letter.address)?.domain ?? ''
  const mailFrom = await returnAddress(storage, domain, arrival.mailFrom)
  const onward = await prepareLetter(storage, {
    accountId: account.id,
    mailFrom,
    recipients: [{ address, notify: [mailFrom === '' ? 'NEVER' : 'FAILURE'] }],
    // By which it is known again when it comes back (RFC 9228).
    content: Buffer.concat([
      Buffer.from(`Delivered-To: ${letter.address}\r\n`),
      withoutReturnPath(edited(deciding, { edits })),
    ]),
    name,
    findings: letter.findings,
    isWrittenHere: arrival.isWrittenHere === true,
    isPassedOn: true,
    found: arrival.found,
    sealedBy: domain,
    isTlsRequired: arrival.isTlsRequired === true,
  })
  sending.push((tx) => enqueue(tx.sql, onward))
}

/** RFC 5230: whoever has heard the same within the time is not answered again. */
export async function vacation(deciding: Deciding, answer: Vacation): Promise<void> {
  const { isSilent, sending } = deciding
  if (isSilent) return
  const prepared = await written(deciding, answer.address, [answer.to], (at) => writeAnswer(answer, at))
  if (prepared === undefined) return
  const lookup = `${answer.handle}/${answer.to.toLowerCase()}`
  sending.push(async (tx) => {
    const isNew = await noteUntil(tx, { kind: ANSWER, lookup, dueAt: after(answer.seconds) })
    if (isNew || answer.seconds === 0) await enqueue(tx.sql, prepared)
  })
}

/** RFC 5436. */
export async function notify(deciding: Deciding, notice: Notify): Promise<void> {
  const { account, letter, isSilent, sending } = deciding
  if (isSilent || !maySend('notify', account)) return
  const prepared = await written(deciding, letter.address, [...notice.to, ...notice.cc], (at) =>
    writeNotification(notice, letter.address, at),
  )
  if (prepared !== undefined) sending.push((tx) => enqueue(tx.sql, prepared))
}

/** @returns undefined for what no letter can hold */
async function written(
  { storage, account }: Deciding,
  from: string,
  to: readonly string[],
  write: (at: Written) => Promise<Buffer>,
): Promise<PreparedLetter | undefined> {
  try {
    const messageId = `${randomUUID()}@${from.slice(from.lastIndexOf('@') + 1)}`
    return await prepareLetter(storage, {
      accountId: account.id,
      // Nothing ever comes back for it. RFC 3834 §3.3.
      mailFrom: '',
      recipients: to.map((address) => ({ address })),
      content: await write({ date: now().toISOString(), messageId }),
      isWrittenHere: true,
    })
  } catch (error) {
    if (error instanceof InvalidMessage || (error instanceof Refusal && error.reason === 'invalid')) return undefined
    throw error
  }
}

export const after = (seconds: number): Date => new Date(nowMs() + seconds * 1000)
