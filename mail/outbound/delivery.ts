import { setTimeout as sleep } from 'node:timers/promises'
import { openTransport } from '#mail/transport'
import { nowMs, onceUntilOver, openDns, Refusal } from '#system'
import { attempt, type AttemptContext } from './attempt.ts'
import { claim, LEASE_MS, placesOf, postpone, release, renew, type Claim } from './claim.ts'
import { PATIENCE, type Patience } from './connection.ts'
import { entriesAstray } from './departures.ts'
import type { HereContext } from './here.ts'
import { openLanes, type Lane } from './lanes.ts'
import { outcomeOf } from './outcome.ts'
import type { EndedDelivery } from './settle.ts'
import { openSettling } from './settling.ts'
import { openSignatures } from './signatures.ts'
import { judge } from './verdict.ts'
import { onWake } from './wake.ts'
import { openWays } from './way.ts'

/** `file`: how a letter for people here reaches their mailboxes. */
export interface DeliveryContext extends HereContext {
  /** Told of every recipient with whom a letter is final, however it ended. */
  note: (ended: EndedDelivery) => void
  /** Of mail exchangers and of web servers with MTA-STS policies, and how long to wait for each thing; tests have theirs. */
  port?: number
  stsPort?: number
  patience?: Patience
}

/** How often it looks by itself: for what other processes have put in, and for what is due again. */
const LOOK_MS = 1000

/** Recipients that are taken in one go. */
const MOST_AT_ONCE = 50

/** What may be held in memory for each delivery that may be under way. */
const HELD_PER_DELIVERY = 10

/** What is under way when it is told to stop may take so long to end. */
const STOP_MS = 5000

/**
 * Delivers what is in the queue, until stopped: takes what is due under a lease, sends what goes the same way over the same
 * connections, and writes down how it went. Several processes may do so at once.
 */
export async function startDelivery(context: DeliveryContext): Promise<{ stop(): Promise<void> }> {
  const { config, storage, log, file, expand, mayForward, note, patience = PATIENCE } = context
  for (const entry of entriesAstray(config))
    log.warn({ entry }, 'departures: an address is set that this machine has not')
  const key = await storage.keys.serviceKey('queue')
  const lanes = openLanes(config.queue)
  const signatures = openSignatures(config, storage, log)
  const ended = new AbortController()
  const transport = openTransport({ config, storage, log, stsPort: context.stsPort })
  const wayTo = openWays(config, storage, openDns(config), transport, context.port)
  /** What is neither delivered and written down, nor given back. */
  const held = new Set<Claim>()
  const leases = (): number[] => [...new Set([...held].map(({ lease }) => lease))]
  const hasRoom = (): boolean => lanes.hasRoom() && held.size < HELD_PER_DELIVERY * config.queue.maxDeliveries
  const settling = openSettling({ config, storage, log, key, note }, (one) => {
    held.delete(one)
    if (isOutOfRoom) look()
  })
  const attempts: AttemptContext = {
    config,
    storage,
    log,
    file,
    expand,
    mayForward,
    lanes,
    signatures,
    transport,
    patience,
    signal: ended.signal,
  }
  const outage = onceUntilOver(
    (message) => log.error({}, message),
    'the queue does not move: the database does not answer',
    'the queue moves again',
  )
  let isStopped = false
  let looking: Promise<void> | undefined
  let lookAgain = false
  /** More was due than was taken, for a destination that had enough or because there was no room. */
  let isMoreDue = false
  let isOutOfRoom = false
  /**
   * What waits for destinations that do not answer is put off when nothing else is due: however much it is, nobody waits for it. Once a second is
   * looked whether there is more.
   */
  let isTimeForDown = true

  const deliver = async (lane: Lane, one: Claim): Promise<void> => {
    const outcomes = await attempt(attempts, lane, one)
    lanes.done(lane, one)
    // What was cut off by our own end says nothing about the other server: the lease ends, and it is tried again.
    if (isStopped && outcomes.every(({ trouble }) => trouble === 'brokeOff' || trouble === 'unreachable')) return
    const verdicts = one.recipients.map((claimed, i) =>
      judge(one, claimed, outcomes[i] ?? outcomeOf('fault'), config, lane.way.isHere),
    )
    settling.add({ claim: one, verdicts })
  }

  const pump = (): void => {
    for (let next = lanes.take(); next !== undefined; next = lanes.take()) {
      const { lane, claim: one } = next
      void deliver(lane, one).then(() => {
        if (!isStopped) pump()
        if (isMoreDue && !lanes.hasEnough(lane)) look()
      })
    }
  }

  const giveBack = async (claims: Claim[]): Promise<void> => {
    for (const one of claims) held.delete(one)
    await release(storage, placesOf(claims))
  }

  /** Finds the way of each letter, and begins with those that may go. What has none yet is given back. */
  const bringOn = async (claims: Claim[]): Promise<void> => {
    for (const one of claims) held.add(one)
    for (const [i, one] of claims.entries())
      try {
        lanes.add(await wayTo(one.domain, one.envelope.care), one)
      } catch (error) {
        await giveBack(claims.slice(i))
        throw error
      }
    pump()
  }

  /** Takes what is due, until there is nothing more, or enough to do. */
  const takeDue = async (): Promise<void> => {
    do {
      lookAgain = false
      isOutOfRoom = !hasRoom()
      if (isOutOfRoom) break
      const [full, down] = [lanes.full(), lanes.down()]
      const take = (except: Buffer[]) => claim(storage, key, { held: leases(), except, most: MOST_AT_ONCE })
      let taken = await take([...full, ...down])
      if (taken.count === 0 && down.length > 0 && isTimeForDown) {
        taken = await take(full)
        isTimeForDown = taken.count === MOST_AT_ONCE
      }
      const { claims, count, broken } = taken
      outage.over()
      if (broken.length > 0) log.error({ count: broken.length }, 'what stands in the queue does not open')
      await postpone(storage, broken)
      await bringOn(claims)
      const isAll = count < MOST_AT_ONCE
      isMoreDue = !isAll || full.length > 0
      lookAgain ||= !isAll
    } while (lookAgain && !isStopped)
    isMoreDue ||= isOutOfRoom
  }

  const look = (): void => {
    lookAgain = true
    if (looking !== undefined || isStopped) return
    looking = takeDue()
      .catch((error: unknown) => {
        if (!(error instanceof Refusal)) log.error({ err: error }, 'the queue could not be looked at')
        outage.trouble()
      })
      .finally(() => (looking = undefined))
  }

  const renewal = setInterval(() => {
    // When it fails, the database is away: nobody else can take over either.
    if (held.size > 0) renew(storage, leases()).catch(() => undefined)
  }, LEASE_MS / 4)
  const clock = setInterval(() => {
    lanes.tidy(nowMs())
    isTimeForDown = true
    look()
  }, LOOK_MS)
  const unlisten = onWake(look)
  look()

  return {
    async stop() {
      isStopped = true
      unlisten()
      clearInterval(clock)
      await looking
      await giveBack(lanes.empty()).catch(() => undefined)
      const giveUpAt = performance.now() + STOP_MS
      while (lanes.active() > 0 && performance.now() < giveUpAt) await sleep(20)
      lanes.empty()
      // Nobody's silence may keep this process alive.
      ended.abort()
      await signatures.close()
      await transport.close()
      await settling.close(Math.max(0, giveUpAt - performance.now()))
      clearInterval(renewal)
    },
  }
}
