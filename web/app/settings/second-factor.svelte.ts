import { call } from '../jmap/client.svelte.ts'
import type { SecondFactor } from '../jmap/types.ts'

/** The account's second factor as it was read last: what its main password opens hangs on it. */
export const second: { factor: SecondFactor | undefined } = $state({ factor: undefined })

export async function loadFactor(): Promise<void> {
  second.factor = (await call('SecondFactor/get', { ids: null })).list[0]
}
