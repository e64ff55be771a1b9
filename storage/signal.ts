import { randomUUID } from 'node:crypto'
import type { Log } from '#system'
import type { Database } from './database/connect.ts'

/**
 * Short messages to everybody over the same database: within the process at once, to others by NOTIFY. What is lost stays
 * lost: whoever listens looks for itself now and then.
 */
export interface Signal {
  /** Called after the commit of what it tells: inside a transaction NOTIFY makes all commits wait for one another. */
  send(message: string): void
  /** Returns how to stop. */
  hear(listener: (message: string) => void): () => void
  close(): Promise<void>
}

/** PostgreSQL takes payloads below 8,000 bytes. */
const MOST_BYTES = 7900

export async function openSignal(database: Database, channel: string, log: Log): Promise<Signal> {
  const listeners = new Set<(message: string) => void>()
  const sending = new Set<Promise<void>>()
  // What was told here already comes back through the database.
  const self = randomUUID()
  const tell = (message: string): void => {
    for (const listener of listeners) listener(message)
  }
  const notify = async (message: string): Promise<void> => {
    const payload = `${self} ${message}`
    if (Buffer.byteLength(payload) > MOST_BYTES) throw new RangeError(`${payload.length} characters are too many`)
    await database.sql`select pg_notify(${channel}, ${payload})`
  }
  const unlisten = await database.listen(channel, (payload) => {
    if (payload !== undefined && !payload.startsWith(self)) tell(payload.slice(self.length + 1))
  })
  return {
    send(message) {
      tell(message)
      const sent = notify(message)
        .catch((error: unknown) => log.warn({ err: error }, 'could not tell other processes'))
        .finally(() => sending.delete(sent))
      sending.add(sent)
    },
    hear(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      await Promise.all(sending)
      await unlisten()
    },
  }
}
