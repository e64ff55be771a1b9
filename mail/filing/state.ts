import type { Place, Script } from '#formats/sieve'
import { Fault } from './fault.ts'
import { openLetter, type Letter } from './letter.ts'
import { LIMITS, TRACE_STEPS, type Limits } from './limits.ts'
import type { Action, Remembered, Situation, TraceStep } from './situation.ts'

/** What has come of a run so far. */
export interface Run {
  readonly situation: Situation
  readonly limits: Limits
  readonly letter: Letter
  readonly actions: Action[]
  /** RFC 5228 §2.10.2: until an action cancels it. */
  isKept: boolean
  /** RFC 5232 §2: the internal variable, shared with the scripts that are included. */
  flags: readonly string[]
  /** RFC 6609 §3.4. */
  readonly globals: Map<string, string>
  /** Local ones of all scripts, and global ones. */
  variables: number
  /** The script that runs. */
  scope: Scope
  /** RFC 6609 §3.2: location and name of every script that was included. */
  readonly included: Set<string>
  includes: number
  lookups: number
  /** RFC 7352: by id, so that the same question has the same answer. */
  readonly seen: Map<string, boolean>
  readonly remember: Remembered[]
  readonly trace: TraceStep[]
  /** Milliseconds that it has held up the process. */
  spent: number
  /** Since when a test or command has held it up, by performance.now(). */
  heldSince: number
}

/** A script that runs, with what is its own. */
export interface Scope {
  readonly script: Script
  /** Undefined for the one that was begun with. */
  readonly name: string | undefined
  /** By which it includes others. */
  readonly outer: Scope | undefined
  readonly depth: number
  readonly locals: Map<string, string>
  /** RFC 6609 §3.4.1: names it has declared global. */
  readonly globalNames: Set<string>
  /** RFC 5229 §3.2: what the last successful match found, the whole first. */
  matched: readonly string[]
}

export const openScope = (script: Script, name: string | undefined, outer: Scope | undefined): Scope => ({
  script,
  name,
  outer,
  depth: (outer?.depth ?? 0) + 1,
  locals: new Map(),
  globalNames: new Set(),
  matched: [],
})

export const openRun = (script: Script, situation: Situation): Run => ({
  situation,
  limits: { ...LIMITS, ...situation.limits },
  letter: openLetter(situation.message),
  actions: [],
  isKept: true,
  flags: [],
  globals: new Map(),
  variables: 0,
  scope: openScope(script, undefined, undefined),
  included: new Set(),
  includes: 0,
  lookups: 0,
  seen: new Map(),
  remember: [],
  trace: [],
  spent: 0,
  heldSince: 0,
})

/** @throws Fault when there are more of something than may be */
export function limit(run: Run, name: keyof Limits, count: number): void {
  if (count > run.limits[name]) throw new Fault(name)
}

/**
 * Does a piece of work that nothing interrupts. What it waits for afterwards is not counted, nor what else runs meanwhile.
 * @throws Fault when those before it took too long
 */
export function timed<T>(run: Run, work: () => T): T {
  limit(run, 'milliseconds', run.spent)
  run.heldSince = performance.now()
  try {
    return work()
  } finally {
    run.spent += performance.now() - run.heldSince
  }
}

/** Within such a piece, between its steps. @throws Fault when it takes too long */
export const checkTime = (run: Run): void => limit(run, 'milliseconds', run.spent + performance.now() - run.heldSince)

/** A question to the caller, which may cost them a look into a database. */
export function look<T>(run: Run, question: (situation: Situation) => Promise<T>): Promise<T> {
  limit(run, 'lookups', ++run.lookups)
  return question(run.situation)
}

export function traceTest(run: Run, place: Place, test: string, isTrue: boolean): void {
  if (run.trace.length < TRACE_STEPS) run.trace.push({ place, script: run.scope.name, test, isTrue })
}

export function traceAction(run: Run, place: Place, action: Action['kind']): void {
  if (run.trace.length < TRACE_STEPS) run.trace.push({ place, script: run.scope.name, action })
}
