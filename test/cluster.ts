import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startDatabase } from '#storage'
import { checkConfig, type Config } from '#system'
import { gatheringFolder, openGatheredLog } from './logs.ts'

/** A PostgreSQL for tests. Its database `zegel`, migrated and with its keys, is a template to be cloned. */
export interface Cluster {
  url: string
  /** The master key's file that the template's keys are wrapped under. */
  keyFile: string
  /** Everything of the cluster and of its clones; removed with it. */
  folder: string
}

const PREFIX = 'zegel-test-'

/** Starts a cluster in a temporary folder; it stops with this process at the latest. */
export async function startCluster(): Promise<Cluster & { stop(): void }> {
  removeLeftovers()
  const folder = mkdtempSync(join(tmpdir(), PREFIX))
  writeFileSync(join(folder, 'owner'), String(process.pid))
  // As root, PostgreSQL runs as another user, who must be able to pass through.
  chmodSync(folder, 0o711)
  const keyFile = join(folder, 'master.key')
  let database: { url: string; stop(): Promise<void> } | undefined
  const stop = (): void => {
    // Stops before it returns its promise: an "exit" handler cannot wait for one.
    void database?.stop()
    database = undefined
    process.off('exit', stop)
    rmSync(folder, { recursive: true, force: true })
  }
  // No teardown runs when the tests are interrupted.
  process.once('exit', stop)
  try {
    const start = () => startDatabase(testConfig({ dataFolder: join(folder, 'cluster'), keyFile }), silent)
    database = await start()
    const logs = gatheringFolder('postgres')
    if (logs !== undefined) {
      for (const setting of ['logging_collector = on', `log_directory = '${logs}'`, "log_file_mode = '0644'"])
        await asAdministrator(database.url, `alter system set ${setting}`)
      await database.stop()
      database = await start()
    }
    const { url } = database
    // Nobody may be connected to a database while it is cloned.
    await asAdministrator(url, 'alter database zegel with is_template true allow_connections false')
    return { url, keyFile, folder, stop }
  } catch (error) {
    stop()
    throw error
  }
}

/** What killed tests left behind. Their PostgreSQL ends by itself within a minute after its folder has gone. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    try {
      process.kill(Number(readFileSync(join(folder, 'owner'), 'utf8')), 0)
    } catch (error) {
      // No such process: nobody uses it. Without its owner's file it is just being made, or removed.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Runs one statement in the cluster's own database, which is never cloned. */
export async function asAdministrator(url: string, statement: string, database = 'postgres'): Promise<void> {
  const client = new pg.Client({ host: new URL(url).pathname, user: 'zegel', database })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Shows nothing. What it is told is gathered where logs are (logs.ts). */
export const silent = openGatheredLog()

/** Settings of a trial that listens on free ports of the loopback. */
export function testConfig(place: { dataFolder: string; keyFile: string }, overrides: Partial<Config> = {}): Config {
  const checked = checkConfig({
    trial: true,
    hostname: 'zegel.test',
    listen: ['127.0.0.1'],
    cleartextOnLoopback: true,
    http: { port: 0 },
    https: { port: 0 },
    smtp: { port: 0 },
    submission: { port: 0, tlsPort: 0 },
    imap: { port: 0, tlsPort: 0 },
    pop3: { port: 0, tlsPort: 0 },
    managesieve: { port: 0 },
    desk: { port: 0 },
    signUp: { isOpen: true },
    // Nobody answers there, at once: a test that wants name servers brings its own.
    dns: { servers: ['127.0.0.1:1'] },
  })
  if ('complaints' in checked) throw new Error('the settings of the tests are not valid')
  return { ...checked.settings, ...place, configFile: join(place.dataFolder, 'config.toml'), ...overrides }
}
