import { randomUUID } from 'node:crypto'
import { findAddressee } from '#accounts'
import { InvalidMessage, parseAddress } from '#formats/message'
import { noteUntil } from '#items'
import { writeAnswer, writeNotification, type Notify, type Redirect, type Vacation, type Written } from '#mail/filing'
import { returnAddress } from '#mail/forwarding'
import { countByScript } from '#mail/limits'
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
import { now, nowMs, Refusal } from '#system'
import { edited, type Deciding } from './deciding.ts'

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
    (await countByScript(account, 'redirects'))
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
  if (isSilent || !(await countByScript(account, 'notifications'))) return
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
