/**
 * All time comes from here. A test may start the program with an offset (`ZEGEL_CLOCK_OFFSET_SECONDS`), which only a
 * trial configuration accepts (DESIGN: the life of a thing).
 */
let offsetMs = 0

/** Moves this process's clock. Called once, at start, by the configuration that has checked it may. */
export function shiftClock(seconds: number): void {
  offsetMs = seconds * 1000
}

/** Milliseconds since 1970. */
export const nowMs = (): number => Date.now() + offsetMs

export const now = (): Date => new Date(nowMs())

/** The UTC day as `2026-11-22`. */
export const today = (): string => now().toISOString().slice(0, 10)

/** The machine's own clock, in milliseconds since 1970, whatever offset a test has given: for asking whether it can be trusted. */
export const machineMs = (): number => Date.now()
