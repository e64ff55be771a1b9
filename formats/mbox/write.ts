import { escapeFrom } from './escape.ts'
import { fromLine } from './from-line.ts'
import { writeStatus } from './status.ts'

export interface MboxSource {
  /** The address of who wrote it, where it is known. */
  sender?: string | undefined
  receivedAt: Date
  /** As JMAP names them, without spaces. */
  keywords: readonly string[]
  isDeleted?: boolean
  content: Uint8Array | AsyncIterable<Uint8Array>
  /** The last octet of the content, which a stream has to know beforehand. */
  lastByte?: number | undefined
}

/**
 * Writes a mailbox (RFC 4155, "From " quoted as mboxrd does). A letter stands in it to the byte as it is, CRLF too, after fields of the mailbox that
 * the reader takes off; one whose last line has no end gets one, and says so.
 */
export async function* writeMbox(letters: AsyncIterable<MboxSource>): AsyncGenerator<Uint8Array> {
  for await (const { sender, receivedAt, keywords, isDeleted = false, content, lastByte } of letters) {
    const last = content instanceof Uint8Array ? content.at(-1) : lastByte
    const isOpen = last !== 10
    yield Buffer.from(fromLine(sender, receivedAt) + writeStatus(keywords, isDeleted, isOpen))
    yield* escapeFrom(content instanceof Uint8Array ? [content] : content)
    yield Buffer.from(isOpen ? '\n\n' : '\n')
  }
}
