import type { IncomingMessage } from 'node:http'
import { Refusal } from '#system'

/**
 * The pieces of a request's body as they arrive.
 * @param most  bytes
 * @throws Refusal 'tooLarge' before more than `most` have been given on
 */
export async function* bodyOf(incoming: IncomingMessage, most: number): AsyncGenerator<Buffer> {
  // Known beforehand, a body that is too large is not waited for.
  if (Number(incoming.headers['content-length'] ?? 0) > most) throw new Refusal('tooLarge')
  let size = 0
  // The stream stays open when we stop early: the answer still has to go out over its socket.
  for await (const piece of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > most) throw new Refusal('tooLarge')
    yield piece
  }
}

/** The whole body. @throws Refusal 'tooLarge' */
export async function readBody(incoming: IncomingMessage, most: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of bodyOf(incoming, most)) pieces.push(piece)
  return Buffer.concat(pieces)
}
