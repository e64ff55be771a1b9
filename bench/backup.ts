import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findAccount } from '#accounts'
import { updateItems } from '#items'
import { MAIL } from '#mail'
import { openStorage, startDatabase } from '#storage'
import { checkConfig, openLog, type Config } from '#system'
import { makeBackup, openTarget, restoreBackup, type Target } from '#trust/backups'
import type { BenchOptions } from './run.ts'
import { newFolder, removeFolder, startChild } from '../test/child.ts'

const SIZE = 100_000
const TOUCHED = 100
const ADDRESS = 'big@zegel.test'
const log = openLog('warn')

const seconds = (startedAt: number): number => (performance.now() - startedAt) / 1000
const rate = (bytes: number, took: number): string =>
  `${(bytes / 1e6).toFixed(0)} MB in ${took.toFixed(1)} s, ${(bytes / 1e6 / took).toFixed(0)} MB/s`

function settings(folder: string): Config {
  const checked = checkConfig({ trial: true, hostname: 'zegel.test', cleartextOnLoopback: true })
  if ('complaints' in checked) throw new Error('the settings are not valid')
  const dataFolder = join(folder, 'data')
  return { ...checked.settings, dataFolder, keyFile: join(folder, 'master.key'), configFile: '' }
}

/** A service with one large mailbox: its first backup, one with nothing new, one after 100 letters were touched, and reading it back. */
export async function backup({ count = SIZE }: BenchOptions): Promise<string[]> {
  const server = await startChild()
  const [there, target] = [newFolder(), newFolder()]
  try {
    await server.command(['account', 'create', ADDRESS, '--password-stdin'], 'bench password')
    await server.stop()
    const filled = spawnSync(
      process.execPath,
      [join(import.meta.dirname, 'fill.ts'), ADDRESS, 'large', String(count), 'mixed'],
      { env: server.env, stdio: 'inherit' },
    )
    if (filled.status !== 0) throw new Error('the mailbox could not be filled')
    const lines = await backUp(settings(server.folder), target)

    const config = settings(there)
    mkdirSync(config.dataFolder)
    copyFileSync(join(server.folder, 'master.key'), config.keyFile)
    const startedAt = performance.now()
    const restored = await restoreBackup({ config, target: openTarget(config, target) as Target, log })
    return [...lines, `restored: ${restored.items} items, ${rate(restored.bytes, seconds(startedAt))}`]
  } finally {
    for (const folder of [server.folder, there, target]) removeFolder(folder)
  }
}

async function backUp(config: Config, folder: string): Promise<string[]> {
  const database = await startDatabase(config, log)
  const storage = await openStorage(config, database.url, 'zegel_app', log)
  try {
    const target = openTarget(config, folder)
    if (target === undefined) throw new Error('no target')
    const make = async (what: string): Promise<string> => {
      const startedAt = performance.now()
      const cpu = process.cpuUsage()
      const made = await makeBackup({ storage, config, target, log })
      const took = seconds(startedAt)
      const { user, system } = process.cpuUsage(cpu)
      return `${what}: ${made.objects} objects, ${rate(made.bytes, took)}; CPU ${((user + system) / 1e6).toFixed(1)} s`
    }
    const lines = [await make('first backup'), await make('with nothing new')]
    const { id } = (await findAccount(storage, ADDRESS)) ?? { id: 0 }
    const account = await storage.openAccount(id)
    const { rows } = await account.sql<{ item_id: number }>`
      select item_id from item where account_id = ${id} order by random() limit ${TOUCHED}`
    const ids = rows.map((row) => row.item_id)
    await account.write((tx) => updateItems(tx, MAIL, ids, ({ flags }) => ({ flags: flags ^ 1 })))
    return [...lines, await make(`after ${TOUCHED} letters anywhere were touched`)]
  } finally {
    await storage.close()
    await database.stop()
  }
}
