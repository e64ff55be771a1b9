import { call, session } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Suspension } from '../jmap/types.ts'

/** The operator has suspended the account; undefined where that is not so, or not known. Read only outside this file. */
export const suspension: { now: Suspension | undefined } = $state({ now: undefined })

/** Learns it with whatever else is asked for in this tick. When it fails, what was known stays. */
export async function loadSuspension(): Promise<void> {
  if (!('urn:zegel:account' in session().capabilities)) return
  try {
    suspension.now = (await call('Suspension/get', { ids: null })).list[0]
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}
