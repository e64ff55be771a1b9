/** What comes from a source, in its order, while up to `count` of what comes next is already being read. */
export async function* readAhead<T>(source: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  const reading = source[Symbol.asyncIterator]()
  const ready: Promise<IteratorResult<T>>[] = []
  try {
    for (;;) {
      while (ready.length <= count) {
        const next = reading.next()
        // Heard of when its turn comes.
        next.catch(() => undefined)
        ready.push(next)
      }
      const { done, value } = await (ready.shift() as Promise<IteratorResult<T>>)
      if (done === true) return
      yield value
    }
  } finally {
    await reading.return?.()
  }
}
