import { z } from 'zod'
import type { OpenAccount } from '#storage'
import { id, orNull, state, unsignedInt } from '../calls/arguments.ts'
import { method, type Method } from '../calls/method.ts'

export interface Changes {
  newState: string
  hasMoreChanges: boolean
  created: readonly string[]
  updated: readonly string[]
  destroyed: readonly string[]
}

/** Ids of one /changes, when the client names no number or a greater one. */
const MOST_CHANGES = 5000

export interface ChangesDescription<Found extends Changes> {
  type: string
  /**
   * @param most  ids to give at most, all lists together
   * @returns the changes, and what the type adds to the response
   * @throws Refusal 'cannotCalculateChanges', also for a state that was never given
   */
  changes(account: OpenAccount, sinceState: string, most: number): Promise<Found>
}

/** A method `Foo/changes`. RFC 8620 §5.2. */
export function changesMethod<Found extends Changes>({ type, changes }: ChangesDescription<Found>): Method {
  return method({
    name: `${type}/changes`,
    args: z.strictObject({
      accountId: id,
      sinceState: state,
      maxChanges: orNull(unsignedInt.min(1, 'not greater than 0')),
    }),
    async run(session, { accountId, sinceState, maxChanges }) {
      const account = session.openAccount(accountId)
      const found = await changes(account, sinceState, Math.min(maxChanges ?? MOST_CHANGES, MOST_CHANGES))
      return { accountId, oldState: sinceState, ...found }
    },
  })
}
