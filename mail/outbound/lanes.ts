import type { Session } from './connection.ts'
import type { Claim } from './claim.ts'
import type { Outcome } from './outcome.ts'
import type { Way } from './way.ts'

/** What goes one way: letters that wait for it, and connections that lie idle between two of them. */
export interface Lane {
  way: Way
  waiting: Claim[]
  active: number
  /** Of the letters that are under way. */
  bytes: number
  idle: Set<IdleSession>
  /** Keys of those that lately went this way. */
  destinations: Map<string, Buffer>
  /** Nobody there took a connection a moment ago: what waits behind it hears the same. */
  down?: { until: number; outcome: Outcome } | undefined
}

interface IdleSession {
  session: Session
  timer: NodeJS.Timeout
}

/** How long a connection is kept when nothing follows. */
const IDLE_MS = 5000

/** Letters that wait in memory for one lane, beyond which no more are taken for it. */
const ENOUGH = 25

/** Bytes of letters that are filed here at a time: each is held in memory as a whole, which no other way needs. */
const MOST_BYTES_HERE = 100_000_000

/** Destinations that a lane remembers: a route or a smarthost has many. */
const MOST_DESTINATIONS = 1000

const newLane = (way: Way): Lane => ({
  way,
  waiting: [],
  active: 0,
  bytes: 0,
  idle: new Set(),
  destinations: new Map(),
})

function noteDestination({ destinations }: Lane, { destinationKey }: Claim): void {
  destinations.set(destinationKey.toString('latin1'), destinationKey)
  if (destinations.size > MOST_DESTINATIONS) destinations.delete(destinations.keys().next().value as string)
}

export function openLanes(limits: { maxDeliveries: number; maxDeliveriesPerDestination: number }) {
  const lanes = new Map<string, Lane>()
  let active = 0

  const mostTo = ({ departure }: Way): number => departure?.maxDeliveries ?? limits.maxDeliveriesPerDestination

  const hasEnough = ({ way, waiting }: Lane): boolean => waiting.length >= Math.max(ENOUGH, mostTo(way))

  const mayTake = ({ way, waiting: [next], active: underWay, bytes }: Lane): boolean =>
    next !== undefined &&
    underWay < mostTo(way) &&
    (!way.isHere || underWay === 0 || bytes + next.size <= MOST_BYTES_HERE)

  const dispose = (lane: Lane): void => {
    if (lane.waiting.length === 0 && lane.active === 0 && lane.idle.size === 0 && lane.down === undefined)
      lanes.delete(lane.way.lane)
  }

  return {
    add(way: Way, claim: Claim): void {
      const lane = lanes.get(way.lane) ?? newLane(way)
      lane.waiting.push(claim)
      noteDestination(lane, claim)
      lanes.set(way.lane, lane)
    },

    /** The next letter that may go now; the lane it is taken from goes to the end of the row. */
    take(): { lane: Lane; claim: Claim } | undefined {
      if (active >= limits.maxDeliveries) return undefined
      for (const lane of lanes.values()) {
        if (!mayTake(lane)) continue
        const claim = lane.waiting.shift() as Claim
        active++
        lane.active++
        lane.bytes += claim.size
        lanes.delete(lane.way.lane)
        lanes.set(lane.way.lane, lane)
        return { lane, claim }
      }
      return undefined
    },

    done(lane: Lane, { size }: Claim): void {
      active--
      lane.active--
      lane.bytes -= size
      dispose(lane)
    },

    /** A connection to be used again. */
    reuse(lane: Lane): Session | undefined {
      for (const idle of lane.idle) {
        clearTimeout(idle.timer)
        lane.idle.delete(idle)
        if (idle.session.isUsable()) return idle.session
        idle.session.quit()
      }
      return undefined
    },

    keep(lane: Lane, session: Session): void {
      if (!session.isUsable()) return session.quit()
      const idle: IdleSession = {
        session,
        timer: setTimeout(() => {
          lane.idle.delete(idle)
          session.quit()
          dispose(lane)
        }, IDLE_MS),
      }
      lane.idle.add(idle)
    },

    markDown(lane: Lane, until: number, outcome: Outcome): void {
      lane.down = { until, outcome }
    },

    /** Destinations whose lane has enough to do. */
    full(): Buffer[] {
      const keys = new Map<string, Buffer>()
      for (const lane of lanes.values())
        if (hasEnough(lane))
          for (const { destinationKey } of lane.waiting) keys.set(destinationKey.toString('latin1'), destinationKey)
      return [...keys.values()]
    },

    /** Destinations of lanes where nobody takes a connection. */
    down: (): Buffer[] =>
      [...lanes.values()].flatMap(({ down, destinations }) => (down === undefined ? [] : [...destinations.values()])),

    active: (): number => active,
    hasRoom: (): boolean => active < limits.maxDeliveries,
    hasEnough,

    /** Forgets lanes that were down and have nothing to do. */
    tidy(nowMs: number): void {
      for (const lane of lanes.values()) {
        if (lane.down !== undefined && lane.down.until <= nowMs) lane.down = undefined
        dispose(lane)
      }
    },

    /** Takes out what has not begun, and closes what lies idle. */
    empty(): Claim[] {
      const claims: Claim[] = []
      for (const lane of lanes.values()) {
        claims.push(...lane.waiting.splice(0))
        for (const { session, timer } of lane.idle) {
          clearTimeout(timer)
          session.quit()
        }
        lane.idle.clear()
      }
      return claims
    },
  }
}

export type Lanes = ReturnType<typeof openLanes>
