import { kindState, newestItem, type ChangeList, type Point, type Written } from '#items'
import { MAIL } from '#mail'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import type { DataType } from '../capability.ts'
import type { Changes } from '../families/changes.ts'
import type { States } from '../families/set.ts'

/** The change number that last touched a message; of threads too, which change only when their messages do. */
export const emailState = async (account: OpenAccount): Promise<string> =>
  String((await kindState(account, MAIL)).items)

/** The change number that last touched a mailbox, or what is in one and so its counts. */
export const mailboxState = async (account: OpenAccount): Promise<string> =>
  String((await kindState(account, MAIL)).folders)

/** Changes whenever a message is added, and then only. RFC 8621 §1.5. */
const deliveryState = async (account: OpenAccount): Promise<string> => String(await newestItem(account, MAIL))

export const types: readonly DataType[] = [
  { name: 'Mailbox', state: mailboxState },
  { name: 'Thread', state: emailState },
  { name: 'Email', state: emailState },
  { name: 'EmailDelivery', state: deliveryState },
]

/**
 * A point as a state string: the number, and where a list of changes ended within one, the id too.
 * @throws Refusal 'cannotCalculateChanges' for what was never one
 */
export function pointOf(state: string): Point {
  const [, change, id] = /^(\d{1,16})(?:-([0-9a-z]{1,11}))?$/.exec(state) ?? []
  if (change === undefined) throw new Refusal('cannotCalculateChanges')
  const point = { change: Number(change), ...(id === undefined ? {} : { id: Number.parseInt(id, 36) }) }
  if (!Object.values(point).every(Number.isSafeInteger)) throw new Refusal('cannotCalculateChanges')
  return point
}

export const stateOf = ({ change, id }: Point): string =>
  id === undefined ? String(change) : `${change}-${id.toString(36)}`

/** A list of changes as /changes answers with it. */
export const changesOf = (
  { created, updated, destroyed, upTo, hasMore }: ChangeList,
  of: (number: number) => string,
): Changes & Record<string, unknown> => ({
  newState: stateOf(upTo),
  hasMoreChanges: hasMore,
  created: created.map(of),
  updated: updated.map(of),
  destroyed: destroyed.map(of),
})

/** The states around a write. */
export const statesOf = ({ before, after }: Written<unknown>, which: 'folders' | 'items'): States => ({
  oldState: before === undefined ? null : String(before[which]),
  newState: String(after[which]),
})
