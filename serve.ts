import { join } from 'node:path'
import { holdToPromises, keepVersions, readPromises } from '#policy'
import type { Inspection } from '#mail/submission'
import { openCertificates } from '#accounts'
import { openCountries, type Config, type Log, type ServerCertificates } from '#system'
import { openDeskDatabase, openStorage, startDatabase, type Storage } from '#storage'
import { openJournal } from '#trust/journal'
import { startReporting } from '#trust/operations'

/** What the program consists of. One process runs all, or those named; all meet in the database and the blob store. */
export const PARTS = ['smtp', 'imap', 'pop3', 'managesieve', 'http', 'queue', 'worker', 'desk'] as const
export type Part = (typeof PARTS)[number]

export interface Address {
  host: string
  port: number
}

export interface Server {
  /** Where each part listens; empty for those not running here. */
  addresses: {
    http: Address[]
    https: Address[]
    smtp: Address[]
    submission: Address[]
    submissions: Address[]
    imap: Address[]
    imaps: Address[]
    pop3: Address[]
    pop3s: Address[]
    managesieve: Address[]
    metrics: Address[]
    desk: Address[]
  }
  /** The app's view of what is kept. */
  storage: Storage
  /** Stops taking work, finishes what is under way, and stops our own database if it is ours to stop. */
  close(): Promise<void>
}

export interface ServeOptions {
  parts?: readonly string[]
  /** A database that is already running, migrated and has its keys (tests). */
  databaseUrl?: string
}

/** Starts the parts of the program. Everything answers when this returns. @throws Refusal 'invalid' for settings that break a promise */
export async function serve(
  config: Config,
  log: Log,
  { parts = PARTS, databaseUrl }: ServeOptions = {},
): Promise<Server> {
  const promises = readPromises(config)
  const closing: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse())
      await step().catch((error: unknown) => log.error({ err: error }, 'closing failed'))
  }
  try {
    const database =
      databaseUrl === undefined ? await startDatabase(config, log) : { url: databaseUrl, stop: async () => undefined }
    closing.push(() => database.stop())
    const storage = await openStorage(config, database.url, 'zegel_app', log)
    closing.push(() => storage.close())
    await holdToPromises(storage.database.sql, config, promises)
    const announced = await keepVersions(storage.database, promises, config.trial ? 0 : config.policy.noticeDays)
    for (const { document, version, from } of announced)
      log.info({ document, version, from: from.toISOString() }, 'a new version is announced')
    const journal = openJournal(storage, log, openCountries(config.countries))
    closing.push(() => journal.close())
    const { note } = journal
    const certificates = await openCertificates({ config, storage, log })
    closing.push(() => certificates.close())
    const reporting = await startReporting({ storage, parts, certificates, log })
    closing.push(() => reporting.stop())
    const addresses = noAddresses()

    /** What looks into letters, in and out: one for all parts that take them. */
    let inspection: Promise<Inspection> | undefined
    const openInspection = async (): Promise<Inspection> => {
      const [{ openExamination }, { openScanners }] = await Promise.all([
        import('./mail/examination/index.ts'),
        import('./mail/scanners/index.ts'),
      ])
      const examination = openExamination(config, log)
      closing.push(() => examination.close())
      return { examination, scanners: openScanners(config, log) }
    }

    // Parts load what they need when they run: a process with one of them carries no other.
    if (parts.includes('worker')) {
      const { startWorker } = await import('./trust/worker/index.ts')
      const worker = await startWorker({ config, storage, url: database.url, log })
      closing.push(() => worker.stop())
      const { startIndexing } = await import('./mail/indexing/index.ts')
      const indexing = startIndexing({ config, storage, url: database.url, log })
      closing.push(() => indexing.stop())
      const [{ startLater }, { startVacation }, { startLearning }] = await Promise.all([
        import('./mail/later/index.ts'),
        import('./mail/vacation/index.ts'),
        import('./mail/lessons/index.ts'),
      ])
      const { startCollecting, startTransfers } = await import('./transfer/index.ts')
      const transfers = startTransfers({ config, storage, log })
      closing.push(() => transfers.stop())
      const looking = await (inspection ??= openInspection())
      const checks = { ...looking, settings: config.arrival, storage }
      const collecting = startCollecting({ config, storage, log, checks })
      closing.push(() => collecting.stop())
      const parts = [startLater, startVacation, startLearning].map((begin) => begin({ storage, log }))
      for (const part of parts) closing.push(() => part.stop())
    }
    if (parts.includes('queue')) {
      const [{ startDelivery }, { fileMessage, mayForward }, { expand }] = await Promise.all([
        import('./mail/outbound/index.ts'),
        import('./mail/inbound/index.ts'),
        import('./mail/lists/index.ts'),
      ])
      const delivery = await startDelivery({ config, storage, log, file: fileMessage, mayForward, expand, note })
      closing.push(() => delivery.stop())
    }
    if (parts.includes('http')) {
      const [{ startHttp }, { site }, { refuseUnpromisedPurposes }] = await Promise.all([
        import('./protocols/http/index.ts'),
        import('./web/site/index.ts'),
        import('./trust/held/index.ts'),
      ])
      refuseUnpromisedPurposes(config)
      const http = await startHttp({
        ...(await (inspection ??= openInspection())),
        config,
        storage,
        log,
        certificates,
        note,
        site,
        appFolder: join(import.meta.dirname, 'web/dist/app'),
      })
      closing.push(() => http.close())
      addresses.http = http.addresses.http
      addresses.https = http.addresses.https
    }
    if (parts.includes('smtp')) {
      const { openLimits, startSmtp, startSubmission } = await import('./protocols/smtp/index.ts')
      const limits = openLimits(config)
      const looking = await (inspection ??= openInspection())
      const receiver = await openStorage(config, database.url, 'zegel_receiver', log, storage)
      closing.push(() => receiver.close())
      const counts = config.reports.dmarc ? await openCounts(storage, log) : undefined
      if (counts !== undefined) closing.push(() => counts.close())
      const smtp = await startSmtp({
        config,
        storage: receiver,
        log,
        certificates,
        limits,
        note,
        countArrival: counts?.count,
        checks: { ...looking, settings: config.arrival, storage: receiver },
      })
      closing.push(() => smtp.close())
      addresses.smtp = smtp.addresses
      const submission = await startSubmission({ ...looking, config, storage, log, certificates, limits, note })
      closing.push(() => submission.close())
      addresses.submission = submission.submission
      addresses.submissions = submission.submissions
    }
    if (parts.includes('imap')) {
      const { startImap } = await import('./protocols/imap/index.ts')
      const imap = await startImap({ config, storage, log, certificates, note })
      closing.push(() => imap.close())
      addresses.imap = imap.imap
      addresses.imaps = imap.imaps
    }
    if (parts.includes('pop3')) {
      const { startPop3 } = await import('./protocols/pop3/index.ts')
      const pop3 = await startPop3({ config, storage, log, certificates, note })
      closing.push(() => pop3.close())
      addresses.pop3 = pop3.pop3
      addresses.pop3s = pop3.pop3s
    }
    if (parts.includes('managesieve')) {
      const { startManageSieve } = await import('./protocols/managesieve/index.ts')
      const managesieve = await startManageSieve({ config, storage, log, certificates, note })
      closing.push(() => managesieve.close())
      addresses.managesieve = managesieve.addresses
    }
    if (parts.includes('desk')) {
      const desk = await openDesk(config, log, certificates, database.url)
      closing.push(() => desk.close())
      addresses.desk = [desk.address]
    }
    if (config.metrics.port !== undefined) {
      const { startMetrics } = await import('./protocols/metrics/index.ts')
      const metrics = await startMetrics({ config, storage, log, port: config.metrics.port })
      closing.push(() => metrics.close())
      addresses.metrics = [metrics.address]
    }
    return { addresses, storage, close }
  } catch (error) {
    await close()
    throw error
  }
}

const noAddresses = (): Server['addresses'] => ({
  http: [],
  https: [],
  smtp: [],
  submission: [],
  submissions: [],
  imap: [],
  imaps: [],
  pop3: [],
  pop3s: [],
  managesieve: [],
  metrics: [],
  desk: [],
})

/** Counts what arrives for reports of DMARC. */
async function openCounts(storage: Storage, log: Log) {
  const { openDmarcCounts } = await import('./trust/domain-reports/index.ts')
  return openDmarcCounts(storage, log)
}

/** The part `desk`. @param url  of the database, in a process that has other parts as well */
async function openDesk(
  config: Config,
  log: Log,
  certificates: ServerCertificates,
  url?: string,
): Promise<{ address: Address; close(): Promise<void> }> {
  const [{ startDesk }, { openDeskDoor }, { deskPages }] = await Promise.all([
    import('./protocols/desk/index.ts'),
    import('./trust/desk/index.ts'),
    import('./web/desk/index.ts'),
  ])
  const database = await openDeskDatabase(config, log, url)
  try {
    const door = await openDeskDoor(database, log)
    const running = await startDesk({ config, log, door, desk: deskPages, certificates })
    return {
      address: running.address,
      async close() {
        await running.close()
        await door.close()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Starts the desk alone: it needs neither the master key nor the data folder, and asks the parts that run elsewhere.
 * @throws Refusal 'invalid' when its login at the database could be more than the desk's role
 */
export async function serveDesk(config: Config, log: Log): Promise<Pick<Server, 'addresses' | 'close'>> {
  // It has no key by which one that an authority issued would open.
  const certificates = await openCertificates({ config, log })
  try {
    const desk = await openDesk(config, log, certificates)
    return {
      addresses: { ...noAddresses(), desk: [desk.address] },
      async close() {
        await desk.close()
        await certificates.close()
      },
    }
  } catch (error) {
    await certificates.close()
    throw error
  }
}
