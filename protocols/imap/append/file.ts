import { addMessages, prepareMessage, type Filing, type PreparedMessage } from '#mail'
import { makeRoomForTheirs } from '#mail/submission'
import type { Transaction } from '#storage'
import { now } from '#system'
import { maxMessageBytes } from '../dialogue.ts'
import { compactSet } from '../input/sequence-set.ts'
import { Declined } from '../reply.ts'
import type { Session } from '../session.ts'
import type { Appended, Piece } from './append-message.ts'
import { findTarget, writeTo } from '../mailboxes/target.ts'
import { bytesOfUrl } from './url.ts'

/**
 * Files messages in a mailbox, all or none of them (RFC 3502): put together, parsed and sealed before the account is locked,
 * then in one transaction and under one change number; durable when this returns.
 *
 * They are kept as they came. A message with bare LF, or with NUL where the grammar has none (RFC 9051 §9, CHAR8), is mostly
 * an old one that is being moved here: to refuse it would leave it behind, to mend it would break its signature and the size
 * that the program has noted. Our parser takes LF for a line end, and what is sent is mended or refused when it is sent.
 * @param before  runs first in the same transaction
 * @returns the response code APPENDUID (RFC 4315 §3)
 * @throws Declined TRYCREATE, TOOBIG, BADURL
 */
export async function fileMessages(
  session: Session,
  path: string,
  messages: readonly Appended[],
  before?: (tx: Transaction) => Promise<void>,
): Promise<string> {
  const { account } = session
  await findTarget(account, path)
  const memory = borrowed(session)
  try {
    const prepared: { message: PreparedMessage; filing: Omit<Filing, 'mailboxes'> }[] = []
    for (const { flags, receivedAt, pieces } of messages) {
      const message = await prepareMessage(account, await assemble(session, pieces, memory.take))
      const { keywords, isDeleted } = flags
      prepared.push({ message, filing: { keywords, isDeleted, receivedAt: receivedAt ?? now() } })
    }
    const { mailbox, result } = await writeTo(account, path, async (tx, { id, role }) => {
      await before?.(tx)
      const added = await addMessages(
        tx,
        prepared.map(({ message, filing }) => ({ message, filing: { ...filing, mailboxes: [id] } })),
      )
      if (role === 'sent')
        for (const [index, one] of added.entries())
          await makeRoomForTheirs(tx, one, [id], prepared[index]?.message.summary.messageId?.[0])
      return added
    })
    // Whoever looks at it is told with this command (RFC 9051 §6.3.12).
    if (session.selected?.view.folderId === mailbox.id) await session.selected.view.refresh()
    return `APPENDUID ${mailbox.uidValidity} ${compactSet(result.map(({ uids }) => uids.get(mailbox.id) as number))}`
  } finally {
    memory.giveBack()
  }
}

/** The content of a message. @throws Declined TOOBIG, BADURL */
async function assemble(session: Session, pieces: readonly Piece[], take: (bytes: number) => void): Promise<Buffer> {
  const [first] = pieces
  if (pieces.length === 1 && first !== undefined && 'bytes' in first) return notEmpty(first.bytes)
  const most = maxMessageBytes(session.context)
  const parts: Buffer[] = []
  let size = 0
  const grow = (bytes: number): void => {
    // TOOBIG: RFC 4469 §4.2, RFC 7889 §4.
    if (size + bytes > most) throw new Declined('The message is too large', 'TOOBIG')
    take(bytes)
  }
  for (const piece of pieces) {
    const bytes = 'bytes' in piece ? piece.bytes : await bytesOfUrl(session, piece.url, grow)
    size += bytes.length
    parts.push(bytes)
  }
  if (size > most) throw new Declined('The message is too large', 'TOOBIG')
  take(size)
  return notEmpty(Buffer.concat(parts, size))
}

/** A message of no length takes the command back. RFC 3502 §6.3.11. */
function notEmpty(content: Buffer): Buffer {
  if (content.length === 0) throw new Declined('The message is empty: nothing was appended')
  return content
}

/** Memory for what is put together here; that of literals is counted as they come. */
function borrowed({ context: { memory } }: Session): { take(bytes: number): void; giveBack(): void } {
  let taken = 0
  return {
    take(bytes) {
      if (!memory.take(bytes)) throw new Declined('Too much is under way, please try again', 'INUSE')
      taken += bytes
    },
    giveBack: () => memory.give(taken),
  }
}
