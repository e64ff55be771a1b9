import { tellOfDeletions } from '#mail/deletions'
import { tellOfHeld } from '#mail/lists'
import { refreshStsPolicies } from '#mail/transport'
import { keepCertificates, keepDkimKeys, keepLooks } from '#accounts'
import { openDns, openSecureDns, type Config, type Log } from '#system'
import { holdToPromises, readPromises } from '#policy'
import { startJobs, turnEpoch, type Job, type Storage } from '#storage'
import { publishHead } from '#trust/access'
import { startAnswering } from '#trust/desk'
import { keepOwnDomains } from '#trust/domains'
import { announceVersions } from '#trust/announcements'
import { measureAll } from '#trust/evidence'
import { backupJobs, keepKeys, openTarget } from '#trust/backups'
import { closeIdle, remindClosed } from '#trust/closing'
import { openReading, sendDmarcReports, sendTlsReports, sessionCounts, takeReports } from '#trust/domain-reports'
import { prepareDays } from '#trust/journal'
import { keepChecks } from '#trust/operations'
import { keepDates } from '#trust/legal'
import { issueReceipts } from '#trust/receipts'
import { goOnWithRecoveries } from '#trust/recovery'
import { heldFor, keepToTheRules, sweepFiles } from '#trust/retention'
import { takeEnquiries } from '#trust/support'
import { liftLapsed } from '#trust/suspension'
import { keepReport } from '#trust/transparency'
import { ACTS } from './acts.ts'

export interface WorkerContext {
  config: Config
  storage: Storage
  url: string
  log: Log
}

/** Starts everything that comes round by itself, each with its time. */
export async function startWorker({ config, storage, url, log }: WorkerContext): Promise<{ stop(): Promise<void> }> {
  await prepareDays(storage)
  await publishHead(storage, config)
  await keepReport(storage, config)
  await measureAll(storage, config)
  const target = openTarget(config)
  const promises = readPromises(config)
  const stopping = new AbortController()
  const reading = openReading()
  // The old epoch is destroyed when the copy of the keys beside the backups is of the new one.
  const keepCopy = target === undefined ? undefined : () => keepKeys(storage, config, target)
  const isHeld = async (): Promise<boolean> => (await heldFor(storage, config)) !== undefined
  const jobs: Job[] = [
    { name: 'retention', cron: '*/5 * * * *', run: () => keepToTheRules(storage, config, log, stopping) },
    // A version may have taken effect since the last round.
    {
      name: 'promises',
      cron: '*/5 * * * *',
      run: async () => (await holdToPromises(storage.database.sql, config, promises), {}),
    },
    { name: 'evidence', cron: '*/5 * * * *', run: () => measureAll(storage, config) },
    { name: 'announcements', cron: '*/5 * * * *', run: () => announceVersions(storage, config) },
    { name: 'closing', cron: '*/5 * * * *', run: async () => ({ reminded: await remindClosed(storage, config) }) },
    { name: 'idle', cron: '17 * * * *', run: () => closeIdle(storage, config).then((done) => ({ ...done })) },
    { name: 'appeals', cron: '*/5 * * * *', run: async () => ({ lifted: await liftLapsed(storage, config) }) },
    { name: 'support', cron: '* * * * *', run: () => takeEnquiries(storage, config).then((taken) => ({ ...taken })) },
    {
      name: 'reports',
      cron: '* * * * *',
      run: () => takeReports(storage, config, reading).then((taken) => ({ ...taken })),
    },
    { name: 'tlsReports', cron: '47 * * * *', run: () => sendTlsReports(storage, config, sessionCounts(storage)) },
    ...(config.reports.dmarc
      ? [{ name: 'dmarcReports', cron: '37 * * * *', run: () => sendDmarcReports(storage, config) }]
      : []),
    { name: 'recovery', cron: '*/5 * * * *', run: () => goOnWithRecoveries(storage, config) },
    { name: 'receipts', cron: '*/5 * * * *', run: async () => ({ issued: await issueReceipts(storage, config) }) },
    // Once a day; asked more often, for the server may be off at any hour.
    { name: 'access', cron: '3 * * * *', run: async () => (await publishHead(storage, config), {}) },
    { name: 'requests', cron: '*/5 * * * *', run: () => keepDates(storage, config) },
    { name: 'report', cron: '7 * * * *', run: async () => ({ published: Number(await keepReport(storage, config)) }) },
    { name: 'sweep', cron: '23 * * * *', run: () => sweepFiles(storage) },
    { name: 'journal', cron: '11 * * * *', run: async () => (await prepareDays(storage), {}) },
    { name: 'epoch', cron: '41 3 * * 0', run: () => turnEpoch(storage.database, config.keyFile, keepCopy) },
    ...(target === undefined ? [] : backupJobs({ storage, config, target, log, isHeld, signal: stopping.signal })),
    { name: 'dkim', cron: '*/5 * * * *', run: () => keepDkimKeys(storage, config, openDns(config)) },
    {
      name: 'stsPolicies',
      cron: '29 * * * *',
      run: () => refreshStsPolicies({ storage, config, dns: openSecureDns(config) }),
    },
    { name: 'certificates', cron: '*/5 * * * *', run: () => keepCertificates(storage, config, openDns(config)) },
    { name: 'domains', cron: '* * * * *', run: () => keepOwnDomains(storage, config) },
    { name: 'records', cron: '*/5 * * * *', run: async () => ({ ...(await keepLooks(storage, config)) }) },
    { name: 'checks', cron: '* * * * *', run: () => keepChecks(storage, config) },
    { name: 'deletions', cron: '* * * * *', run: () => tellOfDeletions(storage, config) },
    { name: 'lists', cron: '*/5 * * * *', run: () => tellOfHeld(storage, config) },
  ]
  const answering = await startAnswering({ storage, config, log, acts: ACTS })
  const started = await startJobs(url, jobs, log)
  return {
    async stop() {
      // Else the end of the process would wait for the end of a backup, or of a round of erasing.
      stopping.abort()
      await answering.stop()
      await started.stop()
      await reading.close()
    },
  }
}
