import { openTurns } from '#system'

/**
 * Hashing a password fills 19 MiB and keeps a core busy for tens of milliseconds: two at once leave the rest of the
 * process its threads (libuv has four), and who comes when the queue is full is sent away rather than kept waiting.
 */
export const inTurn = openTurns(2, 64)
