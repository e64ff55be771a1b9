import { onDoorClosed } from '#accounts'
import { Refusal } from '#system'
import type { JmapContext, Visitor } from '../context.ts'
import { MAX_PUSH_CONNECTIONS } from '../limits.ts'

/** The connections that stay open, so that they can be ended: when their door closes, and when the server stops. */
export interface Connections {
  /**
   * @param end  ends the connection
   * @returns what to call when it has ended
   * @throws Refusal 'overload' when the account has too many
   */
  add(visitor: Visitor, end: () => void): () => void
  close(): void
}

interface Connection {
  visitor: Visitor
  end(): void
}

/** How often it is asked whether whoever is behind a connection is still signed in. */
const CHECK_MS = 60_000

export function openConnections({ storage, log }: Pick<JmapContext, 'storage' | 'log'>): Connections {
  const byAccount = new Map<number, Set<Connection>>()
  const all = (): Connection[] => [...byAccount.values()].flatMap((some) => [...some])

  const check = async (): Promise<void> => {
    for (const { visitor, end } of all()) {
      try {
        if (!(await visitor.isStillSignedIn())) end()
      } catch (error) {
        // Without an answer they stay: a database that restarts must not send everyone away.
        log.warn({ err: error }, 'could not ask whether a session still lives')
        return
      }
    }
  }
  const timer = setInterval(() => void check(), CHECK_MS).unref()

  return {
    add(visitor, end) {
      const here = byAccount.get(visitor.accountId) ?? new Set()
      if (here.size >= MAX_PUSH_CONNECTIONS) throw new Refusal('overload', { retryAfterSeconds: 60 })
      const connection = { visitor, end }
      byAccount.set(visitor.accountId, here.add(connection))
      const forget = onDoorClosed(storage, visitor, end)
      return () => {
        forget()
        here.delete(connection)
        if (here.size === 0 && byAccount.get(visitor.accountId) === here) byAccount.delete(visitor.accountId)
      }
    },
    close() {
      clearInterval(timer)
      for (const { end } of all()) end()
    },
  }
}
