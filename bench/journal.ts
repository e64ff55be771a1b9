import { openJournal } from '#trust/journal'
import { openStorage } from '#storage'
import { openCountries } from '#system'
import type { BenchOptions } from './run.ts'
import { cpuOfPostgres } from '../test/child.ts'
import { asAdministrator, silent, startCluster, testConfig } from '../test/cluster.ts'
import { percentile } from './percentile.ts'

/** What an entry of the journal costs: CPU of this process from noting to the commit, and of the database's processes. */
export async function journal({ rounds, count = 20_000 }: BenchOptions): Promise<string[]> {
  const cluster = await startCluster()
  try {
    const name = 'journal_bench'
    await asAdministrator(cluster.url, `create database ${name} template zegel`)
    const config = testConfig({ dataFolder: cluster.folder, keyFile: cluster.keyFile })
    const storage = await openStorage(config, `${cluster.url}?db=${name}`, 'zegel_app', silent)
    const own: number[] = []
    const database: number[] = []
    for (let round = 0; round <= rounds; round++) {
      const [before, databaseBefore] = [process.cpuUsage(), cpuOfPostgres(cluster.folder)]
      const opened = openJournal(storage, silent, openCountries(config.countries))
      for (let i = 0; i < count; i++) {
        opened.note({
          ip: `192.0.2.${i % 256}`,
          messageId: `${round}.${i}.lampion@sender.example`,
          sender: `bounce${i % 1000}@sender.example`,
          recipient: `u${i % 200}@zegel.test`,
          subject: 'A subject of the usual length, more or less',
        })
        // As letters come, and not all at once.
        if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      }
      await opened.close()
      const { user, system } = process.cpuUsage(before)
      // The first round makes partition, key and plans.
      if (round === 0) continue
      own.push((user + system) / count)
      database.push(((cpuOfPostgres(cluster.folder) - databaseBefore) * 1e6) / count)
    }
    await storage.close()
    return [
      `an entry: ${percentile(own, 50).toFixed(0)} µs in the process, ${percentile(database, 50).toFixed(0)} µs in the database, median of ${rounds}`,
    ]
  } finally {
    cluster.stop()
  }
}
