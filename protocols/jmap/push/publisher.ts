import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '#system'
import type { OpenAccount } from '#storage'
import type { Registry } from '../calls/registry.ts'
import { reaches } from '../calls/rights.ts'
import type { Visitor } from '../context.ts'
import { accountIdOf } from '../ids.ts'
import { differences, tokenOf, type TypeState } from './states.ts'

/** A StateChange object. RFC 8620 §7.1. */
export interface StateChange {
  '@type': 'StateChange'
  changed: Record<string, Record<string, string>>
}

export interface Subscription {
  /** Types to tell of; undefined for all. */
  types: ReadonlySet<string> | undefined
  /**
   * What the client knows at least: what it knew when it was last here, or the states before its connection stood.
   * States read later could hold a change that the client's own first look has missed.
   */
  since: TypeState
  /** @param token  stands for everything the client knows now */
  tell(change: StateChange, token: string): void
}

/** Tells subscribers which states of an account have changed. */
export interface Publisher {
  /** The states now. */
  states(account: OpenAccount): Promise<TypeState>
  /** Returns how to stop. */
  subscribe(visitor: Visitor, subscription: Subscription): () => void
}

/** Changes that follow one another closely are told together: the first after this, the next ones no faster than that. */
const GATHER_MS = 10
const PAUSE_MS = 100

interface Subscriber extends Subscription {
  /** What the client knows. */
  told: TypeState
}

/** All who listen to one account share one look at its states. */
interface Channel {
  subscribers: Set<Subscriber>
  stop(): void
  look(): void
}

export function openPublisher(types: Registry['types'], log: Log): Publisher {
  const channels = new Map<number, Channel>()

  const statesOf = async (account: OpenAccount): Promise<TypeState> =>
    new Map(await Promise.all(types.map(async ({ name, state }) => [name, await state(account)] as const)))

  const openChannel = (account: OpenAccount): Channel => {
    const subscribers = new Set<Subscriber>()
    let looking = false
    let again = false
    const look = async (): Promise<void> => {
      again = true
      if (looking) return
      looking = true
      while (again && subscribers.size > 0) {
        await sleep(GATHER_MS)
        again = false
        try {
          const present = [...subscribers]
          const states = await statesOf(account)
          for (const one of present) if (subscribers.has(one)) tell(account.id, one, states)
        } catch (error) {
          // The next change, or the comparison of numbers every half minute, looks again.
          log.warn({ err: error }, 'could not look at the states of an account')
        }
        await sleep(PAUSE_MS)
      }
      looking = false
    }
    return { subscribers, look: () => void look(), stop: account.listen(() => void look()) }
  }

  return {
    states: statesOf,
    subscribe(visitor, subscription) {
      const { account } = visitor
      const wished = subscription.types
      const told = types.filter(({ name, needs }) => reaches(visitor, needs) && wished?.has(name) !== false)
      let channel = channels.get(account.id)
      if (channel === undefined) channels.set(account.id, (channel = openChannel(account)))
      const own = channel
      const subscriber = { ...subscription, types: new Set(told.map(({ name }) => name)), told: subscription.since }
      own.subscribers.add(subscriber)
      own.look()
      return () => {
        own.subscribers.delete(subscriber)
        if (own.subscribers.size > 0 || channels.get(account.id) !== own) return
        channels.delete(account.id)
        own.stop()
      }
    },
  }
}

function tell(accountId: number, subscriber: Subscriber, states: TypeState): void {
  const { told, types } = subscriber
  subscriber.told = states
  const changed = differences(told, states, types)
  if (changed.size === 0) return
  subscriber.tell(
    { '@type': 'StateChange', changed: { [accountIdOf(accountId)]: Object.fromEntries(changed) } },
    tokenOf(states),
  )
}
