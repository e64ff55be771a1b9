import type { OpenAccount } from '#storage'
import { bytesOfSegment, type Segment } from './segment.ts'
import { openChunk } from './store.ts'

/** An account's words, opened. */
export interface Vocabulary {
  readonly segments: readonly Segment[]
}

interface Opened {
  segments: Map<number, Segment>
  bytes: number
}

/** Bytes of opened vocabularies that are kept in memory; those not asked for the longest go first. */
const MOST_BYTES = 256 * 1024 * 1024

const opened = new Map<OpenAccount, Opened>()
let bytesInAll = 0

/** Opens the account's vocabulary. What is in memory is brought up to date: only chunks that are new are read. */
export async function openVocabulary(account: OpenAccount): Promise<Vocabulary> {
  const known = [...(opened.get(account)?.segments.keys() ?? [])]
  const { rows } = await account.sql<{ chunk: number; sealed: Buffer | null }>`
    select chunk, case when chunk = any(${known}::bigint[]) then null else sealed end as sealed
    from vocabulary where account_id = ${account.id}`
  // Somebody else may have brought it up to date meanwhile, or dropped it.
  const before = opened.get(account)
  const segments = new Map<number, Segment>()
  for (const { chunk, sealed } of rows) {
    const segment = before?.segments.get(chunk) ?? (sealed === null ? undefined : openChunk(account, { chunk, sealed }))
    if (segment === undefined) return openVocabulary(account)
    segments.set(chunk, segment)
  }
  keep(account, segments)
  return { segments: [...segments.values()] }
}

function keep(account: OpenAccount, segments: Map<number, Segment>): void {
  drop(account)
  const bytes = [...segments.values()].reduce((sum, segment) => sum + bytesOfSegment(segment), 0)
  opened.set(account, { segments, bytes })
  bytesInAll += bytes
  for (const other of opened.keys()) {
    if (bytesInAll <= MOST_BYTES || other === account) break
    drop(other)
  }
}

function drop(account: OpenAccount): void {
  bytesInAll -= opened.get(account)?.bytes ?? 0
  opened.delete(account)
}
