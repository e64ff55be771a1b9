import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '#system'
import type { Storage } from '#storage'
import { heldFor } from './brake.ts'
import { noteErased } from './erased.ts'
import { RULES, type RetentionSettings } from './rules.ts'

/** A round ends before the next is due, so that no two do the same; what is left waits for that one. */
const ROUND_MS = 4 * 60_000

/** Erasing has days, and who sends a letter has not: it takes one part in so many of the time. */
const SHARE = 10

/** @param machine  as `heldFor` has it @param signal  ends the round after the batch it is at */
export interface Round {
  machine?: number
  signal?: AbortSignal
}

/** Runs every rule until nothing is due, a batch of each in turn, unless the brake holds. Returns what each destroyed. */
export async function keepToTheRules(
  storage: Storage,
  settings: RetentionSettings,
  log: Log,
  { machine, signal }: Round = {},
): Promise<Record<string, number>> {
  const held = await heldFor(storage, settings, machine)
  if (held !== undefined) {
    log.error({ held }, 'nothing is erased until the operator has looked: ./zegel retention')
    return { held: 1 }
  }
  const endsAt = performance.now() + ROUND_MS
  const destroyed: Record<string, number> = {}
  let due = RULES
  // What has much to destroy does not keep the others waiting.
  while (due.length > 0 && performance.now() < endsAt) {
    const more = []
    for (const rule of due) {
      if (signal?.aborted === true) return destroyed
      const startedAt = performance.now()
      const count = await rule.destroy(storage, settings)
      if (count === 0) continue
      await noteErased(storage, rule.name, count)
      destroyed[rule.name] = (destroyed[rule.name] ?? 0) + count
      more.push(rule)
      await sleep((performance.now() - startedAt) * (SHARE - 1), undefined, { signal }).catch(() => undefined)
    }
    due = more
  }
  return destroyed
}
