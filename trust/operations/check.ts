import type { Config } from '#system'
import type { Database } from '#storage'
import type { Cause, CheckName } from './causes.ts'

/**
 * Numbers, and times as RFC 3339; null for what cannot be told. The end of a name is the unit: `Bytes`, `Seconds`, `Days`, `Ms`,
 * `Share` (of 1), `At`; a count has none.
 */
export type Figures = Readonly<Record<string, number | string | null>>

/** One thing that was looked at. */
export interface Finding<N extends CheckName = CheckName> {
  /** Which disk, job or scanner; empty where there is one. Never about a person. */
  subject: string
  cause: Cause<N>
  figures: Figures
  /** Of the service's own hosts. */
  names?: readonly string[]
}

export interface MachineContext {
  config: Config
  at: Date
  /** Undefined while it does not answer. */
  database: Database | undefined
}

export interface DatabaseContext extends MachineContext {
  database: Database
}

/** Looks at one subject. What it throws is told as not looked at; it is given up after some seconds. */
export type Check<N extends CheckName> =
  | { needs: 'machine'; find(context: MachineContext): Promise<Finding<N>[]> }
  | { needs: 'database'; find(context: DatabaseContext): Promise<Finding<N>[]> }

export const secondsBetween = (from: Date, to: Date): number =>
  Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000))

export const DAY_SECONDS = 86_400
