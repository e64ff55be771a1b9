import type { Config, Log } from '#system'
import { startJobs, turnEpoch, type Job, type Storage } from '#storage'
import { backupJobs, keepKeys, openTarget } from '#trust/backups'
import { prepareDays } from '#trust/journal'
import { RULES, sweepFiles, type RetentionSettings } from './rules.ts'

export interface WorkerContext {
  config: Config
  storage: Storage
  url: string
  log: Log
}

/** Batches of one rule in one run; the rest waits for the next. */
const MOST_BATCHES = 2000

export async function startWorker({ config, storage, url, log }: WorkerContext): Promise<{ stop(): Promise<void> }> {
  await prepareDays(storage)
  const target = openTarget(config)
  const stopping = new AbortController()
  // The old epoch is destroyed when the copy of the keys beside the backups is of the new one.
  const keepCopy = target === undefined ? undefined : () => keepKeys(storage, config, target)
  const jobs: Job[] = [
    { name: 'retention', cron: '*/5 * * * *', run: () => keepToTheRules(storage, config) },
    { name: 'sweep', cron: '23 * * * *', run: async () => ({ files: await sweepFiles(storage) }) },
    { name: 'journal', cron: '11 * * * *', run: async () => (await prepareDays(storage), {}) },
    { name: 'epoch', cron: '41 3 * * 0', run: () => turnEpoch(storage.database, config.keyFile, keepCopy) },
    ...(target === undefined ? [] : backupJobs({ storage, config, target, log, signal: stopping.signal })),
  ]
  const started = await startJobs(url, jobs, log)
  return {
    stop() {
      // Else the end of the process would wait for the end of a backup.
      stopping.abort()
      return started.stop()
    },
  }
}

/** Destroys all that has ended. @returns how much of each kind */
export async function keepToTheRules(storage: Storage, settings: RetentionSettings): Promise<Record<string, number>> {
  const destroyed: Record<string, number> = {}
  for (const rule of RULES) {
    let count = 0
    for (let batch = 0; batch < MOST_BATCHES; batch++) {
      const some = await rule.destroy(storage, settings)
      if (some === 0) break
      count += some
    }
    if (count > 0) destroyed[rule.name] = count
  }
  return destroyed
}
