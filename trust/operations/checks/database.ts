import type { Check, DatabaseContext, Finding } from '../check.ts'

/** Connections in use, of all that PostgreSQL allows. */
const SCARCE_SHARE = 0.8
const GONE_SHARE = 0.95

/** Nothing of ours but a backup takes so long; what was deleted since keeps its room meanwhile. */
const LONG_SECONDS = 6 * 3600

/** Write-ahead log that is kept for a standby or a tool that does not fetch it. */
const LAG_BYTES = 2e9
const FAR_BYTES = 20e9

interface Condition {
  version: number
  size_bytes: number
  connections: number
  most_connections: number
  oldest_transaction_seconds: number
  slots: number
  slot_lag_bytes: number
  is_safe: boolean
}

export const database: Check<'database'> = { needs: 'database', find: async (context) => [await look(context)] }

async function look({ database }: DatabaseContext): Promise<Finding<'database'>> {
  const asked = performance.now()
  const { rows } = await database.sql<Condition>`select * from database_condition()`
  const answerMs = Math.round(performance.now() - asked)
  const found = rows[0] as Condition
  return {
    subject: '',
    cause: causeOf(found),
    figures: {
      version: Math.floor(found.version / 10_000),
      sizeBytes: found.size_bytes,
      connections: found.connections,
      mostConnections: found.most_connections,
      oldestTransactionSeconds: Math.round(found.oldest_transaction_seconds),
      slots: found.slots,
      slotLagBytes: found.slot_lag_bytes,
      answerMs,
    },
  }
}

function causeOf(found: Condition): Finding<'database'>['cause'] {
  if (!found.is_safe) return 'unsafe'
  const share = found.connections / found.most_connections
  if (share >= GONE_SHARE) return 'connectionsGone'
  if (found.slot_lag_bytes > FAR_BYTES) return 'slotLagsFar'
  if (share >= SCARCE_SHARE) return 'connectionsScarce'
  if (found.slot_lag_bytes > LAG_BYTES) return 'slotLags'
  return found.oldest_transaction_seconds > LONG_SECONDS ? 'longTransaction' : 'fine'
}
