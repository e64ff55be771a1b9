import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createAccount, createDomain } from '#accounts'
import { openStorage, startDatabase } from '#storage'
import { checkConfig, openLog, type Config } from '#system'
import { openBlobStore } from '../storage/blobs/store.ts'
import { cpuOfPostgres, newFolder, removeFolder } from '../test/child.ts'

const SIZES = [4, 16, 64, 128, 250]
const COUNT = 200
const AT_ONCE = 8

/** Sealed content of different sizes, kept in the database or in the folder: what chose the threshold (storage/blobs/store.ts). */
export async function blobs(): Promise<string[]> {
  const folder = newFolder()
  const log = openLog('silent')
  const checked = checkConfig({ trial: true, hostname: 'zegel.test', cleartextOnLoopback: true })
  if ('complaints' in checked) throw new Error('the settings are not valid')
  const config: Config = {
    ...checked.settings,
    dataFolder: join(folder, 'data'),
    keyFile: join(folder, 'master.key'),
    configFile: '',
  }
  mkdirSync(config.dataFolder)
  const database = await startDatabase(config, log)
  const storage = await openStorage(config, database.url, 'zegel_app', log)
  try {
    await createDomain(storage, 'zegel.test')
    const id = await createAccount(
      storage,
      { address: 'blobs@zegel.test', password: 'bench password' },
      async () => undefined,
    )
    const account = await storage.openAccount(id)
    const lines: string[] = []
    for (const kilobytes of SIZES) {
      const figures: string[] = []
      for (const [place, inRow] of [
        ['database', 2 ** 20],
        ['folder', 0],
      ] as const) {
        const store = openBlobStore(join(folder, 'blobs'), inRow)
        // Random content: sealed, it is as large as it is, whatever the compression does.
        const content = randomBytes(kilobytes * 1024)
        let left = COUNT
        const before = { cpu: process.cpuUsage(), postgres: cpuOfPostgres(folder) }
        const startedAt = performance.now()
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            while (left-- > 0) {
              const blob = await store.prepare(id, content)
              await account.write((tx) => store.insert(tx.sql, id, blob))
            }
          }),
        )
        const perBlob = (performance.now() - startedAt) / COUNT
        const { user, system } = process.cpuUsage(before.cpu)
        const cpuMs = (user + system) / 1000 / COUNT + ((cpuOfPostgres(folder) - before.postgres) * 1000) / COUNT
        figures.push(`${place} ${perBlob.toFixed(2)} ms, CPU ${cpuMs.toFixed(2)} ms`)
      }
      lines.push(`${String(kilobytes).padStart(4)} KB: ${figures.join(' · ')} each`)
    }
    return lines
  } finally {
    await storage.close()
    await database.stop()
    removeFolder(folder)
  }
}
