import type { ChangeList, Point } from '#items'
import { Refusal } from '#system'
import type { Changes } from './changes.ts'

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
