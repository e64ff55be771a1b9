import { setTimeout as sleep } from 'node:timers/promises'
import { now, type Config } from '#system'
import type { Database } from '#storage'
import { CAUSES, stateOf, type CheckName, type State } from './causes.ts'
import type { Check, DatabaseContext, Figures, Finding } from './check.ts'
import { backups } from './checks/backups.ts'
import { canary } from './checks/canary.ts'
import { certificates } from './checks/certificates.ts'
import { clock } from './checks/clock.ts'
import { database } from './checks/database.ts'
import { disk } from './checks/disk.ts'
import { dkim } from './checks/dkim.ts'
import { jobs } from './checks/jobs.ts'
import { keys } from './checks/keys.ts'
import { nameServers } from './checks/name-servers.ts'
import { limits, processes } from './checks/processes.ts'
import { promises, retention } from './checks/promises.ts'
import { queue } from './checks/queue.ts'
import { records } from './checks/records.ts'
import { register } from './checks/register.ts'
import { scanners } from './checks/scanners.ts'
import { index } from './checks/search.ts'

/** Everything that is looked at, in the order in which it is shown. */
const CHECKS: { readonly [N in CheckName]: Check<N> } = {
  database,
  disk,
  processes,
  limits,
  queue,
  dkim,
  records,
  jobs,
  scanners,
  backups,
  keys,
  retention,
  promises,
  canary,
  register,
  certificates,
  clock,
  index,
  nameServers,
}

/** One thing that was looked at, and how it is. */
export interface CheckResult {
  check: CheckName
  subject: string
  state: State
  /** With the check, the key of its words. */
  cause: string
  figures: Figures
  names: readonly string[]
  /** From when on it has had this state, as far as that is known. */
  since: Date
  lookedAt: Date
}

/** What could be looked at, and which checks could not. */
export interface Looked {
  results: CheckResult[]
  unknown: CheckName[]
}

export interface LookContext {
  config: Config
  /** Undefined when it is not even tried. */
  database: Database | undefined
}

/** No check may keep the others waiting for longer. */
const MOST_MS = 8000

/**
 * Looks at everything, now. Needs nothing that works: what stands in the database is not looked at while that does not answer.
 * Whatever fails or takes too long is named in `unknown`.
 */
export async function lookAtAll({ config, database }: LookContext): Promise<Looked> {
  const at = now()
  const first =
    database === undefined ? undefined : await within(CHECKS.database.find({ config, at, database } as DatabaseContext))
  const answering = first === undefined ? undefined : database
  const looked = await Promise.all(
    (Object.keys(CHECKS) as CheckName[]).map(async (name) => {
      if (name === 'database') return { name, found: first ?? [{ subject: '', cause: 'away', figures: {} } as Finding] }
      return { name, found: await within(find(name, { config, at, database: answering })) }
    }),
  )
  return {
    results: looked.flatMap(({ name, found }) =>
      (found ?? []).map(({ subject, cause, figures, names = [] }) => ({
        check: name,
        subject,
        state: stateOf(name, cause),
        cause,
        figures,
        names,
        since: at,
        lookedAt: at,
      })),
    ),
    unknown: looked.flatMap(({ name, found }) => (found === undefined ? [name] : [])),
  }
}

function find(
  name: CheckName,
  context: { config: Config; at: Date; database: Database | undefined },
): Promise<Finding[]> | undefined {
  const check: Check<CheckName> = CHECKS[name] as Check<CheckName>
  if (check.needs === 'machine') return check.find(context)
  const { database } = context
  return database === undefined ? undefined : check.find({ ...context, database })
}

/** @returns undefined for what failed, or took too long */
async function within<T>(work: Promise<T> | undefined): Promise<T | undefined> {
  const given = new AbortController()
  const tooLate = sleep(MOST_MS, undefined, { signal: given.signal }).catch(() => undefined)
  const found = await Promise.race([Promise.resolve(work).catch(() => undefined), tooLate])
  given.abort()
  return found
}

export const CHECK_NAMES = Object.keys(CAUSES) as readonly CheckName[]

const RANK: readonly State[] = ['good', 'look', 'bad']

/** The worst of several. */
export const worstOf = (states: readonly State[]): State =>
  RANK[Math.max(0, ...states.map((state) => RANK.indexOf(state)))] as State
