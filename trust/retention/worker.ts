import type { Config, Log } from '#system'
import { startJobs, turnEpoch, type Job, type Storage } from '#storage'
import { closeIdle, remindClosed } from '#trust/closing'
import { prepareDays } from '#trust/journal'
import { issueReceipts } from '#trust/receipts'
import { liftLapsed } from '#trust/suspension'
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
  const jobs: Job[] = [
    { name: 'retention', cron: '*/5 * * * *', run: () => keepToTheRules(storage, config) },
    { name: 'closing', cron: '*/5 * * * *', run: async () => ({ reminded: await remindClosed(storage, config) }) },
    { name: 'idle', cron: '17 * * * *', run: () => closeIdle(storage, config).then((done) => ({ ...done })) },
    { name: 'appeals', cron: '*/5 * * * *', run: async () => ({ lifted: await liftLapsed(storage, config) }) },
    { name: 'receipts', cron: '*/5 * * * *', run: async () => ({ issued: await issueReceipts(storage, config) }) },
    { name: 'sweep', cron: '23 * * * *', run: async () => ({ files: await sweepFiles(storage) }) },
    { name: 'journal', cron: '11 * * * *', run: async () => (await prepareDays(storage), {}) },
    { name: 'epoch', cron: '41 3 * * 0', run: () => turnEpoch(storage.database, config.keyFile) },
  ]
  return startJobs(url, jobs, log)
}

/** Ends what is over: each rule until it finds nothing more. @returns how much each has destroyed */
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
