import type { Log } from '#system'
import type { Storage } from '#storage'
import { heldFor } from './brake.ts'
import { noteErased } from './erased.ts'
import { RULES, type RetentionSettings } from './rules.ts'

/** Batches of one rule in one run; the rest waits for the next. */
const MOST_BATCHES = 2000

/** Runs every rule until nothing is due, unless the brake holds. @param machine  as `heldFor` has it */
export async function keepToTheRules(
  storage: Storage,
  settings: RetentionSettings,
  log: Log,
  machine?: number,
): Promise<Record<string, number>> {
  const held = await heldFor(storage, settings, machine)
  if (held !== undefined) {
    log.error({ held }, 'nothing is erased until the operator has looked: ./zegel retention')
    return { held: 1 }
  }
  const destroyed: Record<string, number> = {}
  for (const rule of RULES) {
    let count = 0
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      const some = await rule.destroy(storage, settings)
      if (some === 0) break
      count += some
      await noteErased(storage, rule.name, some)
    }
    if (count > 0) destroyed[rule.name] = count
  }
  return destroyed
}
