import { pino, type Logger } from 'pino'
import { nowMs } from './clock.ts'

export type Log = Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>

/**
 * The application's log: ids, counts and the names of errors. An error's message or stack may quote what somebody sent
 * (a statement, a header, an address), so only its class, its code and our own file positions are written.
 * @param file  in place of standard error
 */
export function openLog(level: string = process.env['ZEGEL_LOG'] ?? 'info', file?: string): Log {
  return pino(
    { level, base: undefined, serializers: { err: describeError } },
    // What is written to a file (tests) is there at once.
    pino.destination({ dest: file ?? 2, sync: file !== undefined, minLength: 0 }),
  )
}

/** An error of another thread, which has described it already. */
export class ErrorElsewhere extends Error {
  override name = 'ErrorElsewhere'
  readonly description: Record<string, unknown>
  constructor(description: Record<string, unknown>) {
    super('it was in another thread')
    this.description = description
  }
}

/** Name, code and places in our own source of an error and its causes. */
export function describeError(error: unknown): Record<string, unknown> {
  if (error instanceof ErrorElsewhere) return error.description
  if (!(error instanceof Error)) return { name: typeof error }
  const code = (error as { code?: unknown }).code
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    at: places(error.stack),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  }
}

/** The innermost frames as `items/add.ts:12`, without the message that precedes them in a stack. */
function places(stack = ''): string[] {
  return [...stack.matchAll(/^\s+at .*?([\w.-]+\/[\w.-]+\.(?:ts|js|mjs)):(\d+):\d+\)?$/gm)]
    .slice(0, 8)
    .map((frame) => `${frame[1]}:${frame[2]}`)
}

/** Trouble that comes back within this time is the same: on a full disk a small letter finds a gap now and then. */
const QUIET_MS = 60_000

/**
 * A log entry written once per spell of trouble: `trouble()` speaks the first time, `over()` when there was none for a
 * minute. A full disk would otherwise fill itself with complaints.
 */
export function onceUntilOver(say: (message: string) => void, began: string, ended: string) {
  let lastAt: number | undefined
  return {
    trouble(): void {
      if (lastAt === undefined) say(began)
      lastAt = nowMs()
    },
    over(): void {
      if (lastAt === undefined || nowMs() - lastAt < QUIET_MS) return
      lastAt = undefined
      say(ended)
    },
  }
}
