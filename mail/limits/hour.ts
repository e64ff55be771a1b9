import { nowMs } from '#system'

export const HOUR_MS = 3_600_000

/** The hour of the clock, by which is counted. */
export const thisHour = (): Date => new Date(Math.floor(nowMs() / HOUR_MS) * HOUR_MS)
