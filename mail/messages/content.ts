import { isIdentity, mediaType, parseMessage, transferDecodePieces, type Part } from '#formats/message'
import { findDeletedByBlob, findItemByBlob, findUpload } from '#items'
import type { BlobRef, OpenAccount } from '#storage'
import { MAIL } from '../kind.ts'
import { expandStructure, type Structure } from './structure.ts'
import { readSummary, summariseStructure, type PartSummary } from './summary.ts'

/** Content that can be had: a message, something uploaded, or a part of either, its transfer encoding undone. */
export interface Content {
  /** The media type. */
  type: string
  /** Bytes. */
  size: number
  /** The bytes from `start` up to `end`, which is not among them. */
  stream(start?: number, end?: number): AsyncGenerator<Buffer>
  /** How it stands in the account, when it is whole and not part of something. */
  blob?: { ref: BlobRef; isUpload: boolean }
}

interface Divided extends Content {
  structure(): Promise<Structure>
}

/** Parts within encoded messages within encoded messages; honest mail has one. */
const DEEPEST = 5

/**
 * Finds content.
 * @param blobId  names what the account keeps
 * @param path  the number of a part (`Structure.parts`), then of a part of the message that this part carries, and so on
 * @returns undefined when there is no such thing in this account
 */
export async function findContent(
  account: OpenAccount,
  blobId: string,
  path: readonly number[] = [],
): Promise<Content | undefined> {
  return findWithin(await findWhole(account, blobId), path)
}

/** The same of a message that is deleted, and still restorable. */
export async function findDeletedContent(
  account: OpenAccount,
  blobId: string,
  path: readonly number[],
): Promise<Content | undefined> {
  const summary = await findDeletedByBlob(account, MAIL, blobId)
  return summary && findWithin(wholeOf(account, summary), path)
}

async function findWithin(found: Divided | undefined, path: readonly number[]): Promise<Content | undefined> {
  if (path.length > DEEPEST) return undefined
  let content = found
  for (const number of path) {
    if (content === undefined) return undefined
    const structure = await content.structure()
    const part = structure.parts[number]
    if (part === undefined || part.type === 'multipart') return undefined
    content = partOf(content, part, structure.sizeOf(part))
  }
  return content
}

async function findWhole(account: OpenAccount, blobId: string): Promise<Divided | undefined> {
  const [item, upload] = await Promise.all([findItemByBlob(account, MAIL, blobId), findUpload(account, blobId)])
  if (item !== undefined) return wholeOf(account, item.summary)
  return upload && whole(account, upload.ref, upload.type, true)
}

function wholeOf(account: OpenAccount, summary: Buffer): Divided {
  const { blob, structure } = readSummary(summary)
  return whole(account, blob, 'message/rfc822', false, structure)
}

function whole(account: OpenAccount, ref: BlobRef, type: string, isUpload: boolean, structure?: PartSummary): Divided {
  const stream = (start?: number, end?: number) => account.blobs.stream(account.sql, account.id, ref, start, end)
  return {
    type,
    size: ref.size,
    stream,
    blob: { ref, isUpload },
    structure: async () => (structure === undefined ? parsed({ stream }) : expandStructure(structure)),
  }
}

function partOf(around: Content, part: Part, size: number): Divided {
  const raw = (start: number, end: number) => around.stream(start, end)
  const { bodyStart, bodyEnd, encoding } = part
  const stream = isIdentity(encoding)
    ? (start = 0, end = Infinity) => raw(bodyStart + start, Math.min(bodyStart + end, bodyEnd))
    : (start = 0, end = Infinity) => cut(transferDecodePieces(raw(bodyStart, bodyEnd), encoding), start, end)
  return {
    type: typeOf(part),
    size,
    stream,
    structure: () => parsed({ stream }),
  }
}

/** With its charset, where it is text that names one. */
function typeOf(part: Part): string {
  const charset = part.type === 'text' ? part.parameters['charset'] : undefined
  return charset !== undefined && /^[\w.:+-]{1,40}$/.test(charset)
    ? `${mediaType(part)}; charset=${charset}`
    : mediaType(part)
}

const parsed = async (content: Pick<Content, 'stream'>): Promise<Structure> =>
  expandStructure(summariseStructure(parseMessage(await bytesOf(content))))

/** The whole content in memory. */
export async function bytesOf({ stream }: Pick<Content, 'stream'>): Promise<Buffer> {
  const pieces = await Array.fromAsync(stream())
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
}

async function* cut(pieces: AsyncIterable<Buffer>, start: number, end: number): AsyncGenerator<Buffer> {
  let at = 0
  for await (const piece of pieces) {
    const shown = piece.subarray(Math.max(0, start - at), Math.max(0, end - at))
    if (shown.length > 0) yield shown
    at += piece.length
    if (at >= end) return
  }
}
