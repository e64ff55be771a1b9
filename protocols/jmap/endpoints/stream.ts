import type { JmapContext, WireContext } from '../context.ts'

/**
 * Pieces as a web stream. The first is read before the answer begins, so that what cannot be opened is still an error; a fault further on
 * ends the connection, for nothing else tells the client that the rest is missing.
 * @param ended  called once, when all was read, somebody stopped reading, or it broke off
 */
export async function streamOf(
  { log }: Pick<JmapContext, 'log'>,
  c: WireContext,
  source: AsyncIterable<Uint8Array>,
  ended: () => void = () => undefined,
): Promise<ReadableStream<Uint8Array>> {
  const pieces = source[Symbol.asyncIterator]()
  let next: IteratorResult<Uint8Array> | undefined = await pieces.next()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = next ?? (await pieces.next())
          next = undefined
          if (done !== true) return controller.enqueue(value)
          controller.close()
          ended()
        } catch (error) {
          // Never an error of the stream itself: the adapter would print it, and it may quote content.
          log.error({ err: error }, 'a download broke off')
          c.env.outgoing.destroy()
          controller.close()
          ended()
        }
      },
      async cancel() {
        await Promise.resolve(pieces.return?.()).finally(ended)
      },
    },
    { highWaterMark: 1 },
  )
}
