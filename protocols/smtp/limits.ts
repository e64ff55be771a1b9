import { budget, concurrent, perMinute } from '#protocols/lines'
import type { Config } from '#system'

/** What the connections of one process share, whichever port they came to. */
export interface Limits {
  /** Connections, by network. */
  connections: ReturnType<typeof concurrent>
  /** Messages, by network. */
  rate: ReturnType<typeof perMinute>
  /** Bytes of messages in the making. */
  memory: ReturnType<typeof budget>
}

export const openLimits = ({ smtp }: Config): Limits => ({
  connections: concurrent(smtp.maxConnectionsPerNetwork),
  rate: perMinute(smtp.maxMessagesPerMinute),
  memory: budget(smtp.maxMegabytesInFlight * 1_000_000),
})
