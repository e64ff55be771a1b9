import { call, session } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { RecoveryWait } from '../jmap/types.ts'
import { followType } from './collection.svelte.ts'

/** Somebody asks to get in without the second factor; undefined where that is not so, or not known. Read only outside this file. */
export const recoveryWait: { now: RecoveryWait | undefined } = $state({ now: undefined })

/** Learns it, and of every change. When that fails, what was known stays. */
export async function followRecoveryWait(): Promise<void> {
  if (!('urn:zegel:account' in session().capabilities)) return
  followType('RecoveryWait', load)
  await load()
}

async function load(): Promise<void> {
  try {
    recoveryWait.now = (await call('RecoveryWait/get', { ids: null })).list[0]
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}

/** @throws Failure */
export async function stopRecovery(): Promise<void> {
  await call('RecoveryWait/stop', {})
  recoveryWait.now = undefined
}
