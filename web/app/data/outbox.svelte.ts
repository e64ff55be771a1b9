import { call, connection, whenOnline } from '../jmap/client.svelte.ts'
import { failedWith } from '../jmap/failure.ts'
import type { Id, Patch, SetResult } from '../jmap/types.ts'
import { syncMailboxes } from './mailboxes.ts'
import { heardState, setState, stateOf } from './states.ts'

/** What is to be done to letters. It may be repeated. */
export type Change = { update: Record<Id, Patch> } | { destroy: Id[] }

/** A change on its way. */
export interface Act {
  id: string
  change: Change
}

/** How many changes the server has not confirmed, and whether all those to letters are kept on the device meanwhile. */
export const outbox = $state({ waiting: 0, kept: false })

const acts: Act[] = []
const inTurn = oneAfterAnother()
let keep: (acts: readonly Act[]) => Promise<boolean> = () => Promise.resolve(false)
/** Whether the device may have some of them. */
let everKept = false

/** Sets what keeps on the device the changes that wait for the line; told each time that they are others, with the list itself. */
export function keepActs(keeper: typeof keep): void {
  keep = keeper
}

let writes = 0

function keepWaiting(): void {
  everKept = true
  // Not before the last of them has been written: whoever closes the page until then is asked.
  outbox.kept = false
  const write = ++writes
  void keep(acts).then((kept) => {
    if (write !== writes) return
    outbox.kept = kept
    // Not earlier: what is done until it has been written is in it too, and has to be taken out again.
    if (kept && acts.length === 0) everKept = false
  })
}

/**
 * Email/set, after the changes before it, and again after each outage. The mailboxes' counts come with the same request.
 * @param id  of a change that was kept
 */
export function persist(change: Change, id?: string): Promise<SetResult> {
  const act = { id: id ?? newId(), change }
  if (id !== undefined) everKept = true
  acts.push(act)
  if (!connection.online) keepWaiting()
  return inTurn(() => set(change), keepWaiting).finally(() => {
    acts.splice(acts.indexOf(act), 1)
    if (everKept) keepWaiting()
  })
}

async function set(change: Change): Promise<SetResult> {
  const setting = call('Email/set', change)
  const counting = syncMailboxes().catch(() => {})
  const result = await setting
  await counting
  if (result.oldState === stateOf('Email')) setState('Email', result.newState)
  else heardState('Email', result.newState)
  return result
}

/**
 * Makes requests one after another, in the order in which they are given, each of which may be repeated: again after each outage, until the
 * server has answered. They count as waiting.
 */
export function oneAfterAnother(): <T>(request: () => Promise<T>, onOutage?: () => void) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (request, onOutage) => {
    const before = last
    const answered = untilAnswered(() => before.then(request), onOutage)
    last = answered.catch(() => {})
    return answered
  }
}

async function untilAnswered<T>(request: () => Promise<T>, onOutage?: () => void): Promise<T> {
  outbox.waiting++
  try {
    for (;;) {
      try {
        return await request()
      } catch (error) {
        if (!failedWith(error, 'offline')) throw error
        onOutage?.()
        await whenOnline()
      }
    }
  } finally {
    outbox.waiting--
  }
}

const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-')
