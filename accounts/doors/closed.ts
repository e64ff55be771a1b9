import type { Signal, Storage } from '#storage'
import { doorKey, type Door } from './door.ts'

/** Stands for every door of an account. */
const EVERY = '*'

/** Doors in one message. */
const MOST = 100

/** Who waits, by account, for each process's view of the database. */
const waiting = new WeakMap<Signal, Map<number, Set<Waiting>>>()

interface Waiting {
  key: string
  hear(): void
}

/**
 * Calls back when the door by which somebody came in has closed: an app password was revoked, the main password changed
 * or was forbidden to programs, a session ended, the account closed. In the process that did it this is at once, after
 * the commit, and in others as soon as the database tells them. What no message tells, such as time that is over, is
 * noticed by asking doorIsOpen once a minute. May call back more than once. Returns how to stop.
 */
export function onDoorClosed(
  { doors }: Pick<Storage, 'doors'>,
  { accountId, door }: { accountId: number; door: Door },
  hear: () => void,
): () => void {
  let byAccount = waiting.get(doors)
  if (byAccount === undefined) waiting.set(doors, (byAccount = startHearing(doors)))
  const here = byAccount.get(accountId) ?? new Set()
  const one = { key: doorKey(door), hear }
  byAccount.set(accountId, here.add(one))
  return () => {
    here.delete(one)
    if (here.size === 0 && byAccount.get(accountId) === here) byAccount.delete(accountId)
  }
}

function startHearing(doors: Signal): Map<number, Set<Waiting>> {
  const byAccount = new Map<number, Set<Waiting>>()
  doors.hear((message) => {
    const [accountId, ...closed] = message.split(' ')
    const keys = new Set(closed)
    for (const { key, hear } of byAccount.get(Number(accountId)) ?? []) if (keys.has(EVERY) || keys.has(key)) hear()
  })
  return byAccount
}

/** Tells that doors of an account have closed. Called after the commit that closed them. */
export function tellClosed({ doors }: Pick<Storage, 'doors'>, accountId: number, closed: readonly Door[]): void {
  const keys = closed.map(doorKey)
  while (keys.length > 0) doors.send([accountId, ...keys.splice(0, MOST)].join(' '))
}

/** Tells that nobody is signed in to an account any more: it was closed. Called after the commit that closed it. */
export const tellEveryClosed = ({ doors }: Pick<Storage, 'doors'>, accountId: number): void =>
  doors.send(`${accountId} ${EVERY}`)
