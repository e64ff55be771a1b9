import type { SMTPServerDataStream } from 'smtp-server'
import { count, Refusal } from '#system'
import type { Limits } from './limits.ts'

/**
 * Reads a message into memory, as long as all those in the making fit into what there is for them, and gives it to `use`.
 * @throws Refusal 'tooLarge', 'overload'
 */
export async function gather<T>(
  stream: SMTPServerDataStream,
  memory: Limits['memory'],
  use: (content: Buffer) => Promise<T>,
): Promise<T> {
  const pieces: Buffer[] = []
  let taken = 0
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      // Over a limit the rest is read and thrown away: the reply can only come after it.
      if (stream.sizeExceeded || taken < 0) continue
      if (memory.take(piece.length)) {
        taken += piece.length
        pieces.push(piece)
      } else {
        memory.give(taken)
        pieces.length = 0
        taken = -1
      }
    }
    if (stream.sizeExceeded) throw new Refusal('tooLarge')
    if (taken < 0) {
      count('overloads', 'messageMemory')
      throw new Refusal('overload')
    }
    return await use(Buffer.concat(pieces))
  } finally {
    if (taken > 0) memory.give(taken)
  }
}
