import { usePermit, type Permit } from '#accounts'
import { Refusal, today } from '#system'
import { addPart, exportMail, FORMATS, MOST_PART, type ExportChoice } from '#transfer'
import type { Gate } from '../calls/gate.ts'
import { reaches } from '../calls/rights.ts'
import type { JmapContext, Visitor, WireContext } from '../context.ts'
import { accountIdOf, idsWith } from '../ids.ts'
import { mailboxIds } from '../mail/ids.ts'
import { bodyOf } from './body.ts'
import { contentDisposition } from './disposition.ts'
import { streamOf } from './stream.ts'

/** Of an import. */
export const importIds = idsWith('i')

/** Downloads of one account at a time: each reads all that it has. */
export const EXPORTS_AT_ONCE = 2

/** `mbox`, or `mbox-F12` for one mailbox. */
const nameOf = ({ format, mailbox }: ExportChoice): string =>
  mailbox === undefined ? format : `${format}-${mailboxIds.of(mailbox)}`

export const exportPath = (accountId: string, choice: ExportChoice, token: string): string =>
  `/jmap/export/${accountId}/${nameOf(choice)}/${token}`

/** Good for this choice alone. */
export const permitFor = (accountId: number, choice: ExportChoice): Permit => ({
  accountId,
  purpose: `mail export ${nameOf(choice)}`,
})

function choiceOf(name: string): ExportChoice {
  const [given, id] = name.split('-', 2)
  const format = FORMATS.find((one) => one === given)
  const mailbox = id === undefined ? undefined : mailboxIds.numberOf(id)
  if (format === undefined || (id !== undefined && mailbox === undefined)) throw new Refusal('notFound')
  return { format, mailbox }
}

function refuseOthers(visitor: Visitor, accountId: string | undefined): void {
  if (accountId !== accountIdOf(visitor.accountId) || !reaches(visitor, 'owner')) throw new Refusal('notFound')
}

/**
 * Answers POST of a part of a file that is brought in: the bytes from where they begin in it. Answers how many are here. docs/jmap-extensions.md.
 * @throws Refusal 'notFound', 'forbidden', 'tooLarge', 'exists' when something else has to come next, 'overload', 'unavailable'
 */
export async function importPart(gate: Gate, visitor: Visitor, c: WireContext): Promise<Response> {
  const { accountId, importId = '', at = '' } = c.req.param()
  refuseOthers(visitor, accountId)
  if (visitor.readOnly) throw new Refusal('forbidden')
  const number = importIds.numberOf(importId)
  if (number === undefined || !/^\d{1,15}$/.test(at)) throw new Refusal('notFound')
  const leave = await gate.enter(visitor.accountId)
  try {
    const received = await addPart(visitor.account, number, Number(at), bodyOf(c.env.incoming, MOST_PART))
    return c.json({ accountId, importId, received }, 200, { 'Cache-Control': 'no-store' })
  } finally {
    leave()
  }
}

/**
 * Answers with mailboxes as an archive, written while it is read: whoever stops in the middle leaves nothing behind. The permit is used up
 * by it, also when the line breaks.
 * @throws Refusal 'notFound'; 'expired' for a permit that is none any more; 'overload'
 */
export async function exportDownload(
  context: JmapContext,
  gate: Gate,
  visitor: Visitor,
  c: WireContext,
): Promise<Response> {
  const { accountId, choice: name = '', token = '' } = c.req.param()
  refuseOthers(visitor, accountId)
  const choice = choiceOf(name)
  const headers = {
    'Content-Type': 'application/zip',
    'Content-Disposition': contentDisposition('attachment', `zegel-${choice.format}-${today()}.zip`),
    'Cache-Control': 'no-store',
  }
  // Asking what would come uses nothing up.
  if (c.req.method === 'HEAD') return c.body(null, 200, headers)
  const leave = await gate.enter(visitor.accountId)
  try {
    await usePermit(context.storage, permitFor(visitor.accountId, choice), token)
    return c.body(await streamOf(context, c, exportMail(visitor.account, choice), leave), 200, headers)
  } catch (error) {
    leave()
    throw error
  }
}
