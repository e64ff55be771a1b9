import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { openStorage, type Role, type Storage } from '#storage'
import type { Config } from '#system'
import { asAdministrator, silent, startCluster, testConfig, type Cluster } from './cluster.ts'

/** The database of this test file: a clone of the template, with a data folder and a master key of its own. */
export interface TestDatabase {
  url: string
  config: Config
}

/** Where to register what is to be undone: a test's context, or `{ after }` of node:test for a whole file. */
export interface Undo {
  after(undo: () => Promise<void>): void
}

let own: Promise<TestDatabase> | undefined
const ending: (() => Promise<void> | void)[] = []
const users: (() => Promise<void>)[] = []

// Registered while the file loads, so that it runs after all tests of the file, and before whatever else the file has registered.
after(async () => {
  await Promise.all(users.splice(0).map((close) => close()))
  for (const end of ending.splice(0).reverse()) await end()
})

/** Closes what works with this file's database when `t` ends, and before the database does. @returns how to close it earlier */
export function closeAfter(t: Undo, close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined
  const once = (): Promise<void> => (closing ??= close())
  t.after(once)
  users.push(once)
  return once
}

/** Clones the template on first use; later calls in the same file give the same database. */
export function testDatabase(): Promise<TestDatabase> {
  return (own ??= cloneTemplate())
}

/** This file's database as one part of the program sees it. */
export async function openTestStorage(t: Undo, role: Role = 'zegel_app'): Promise<Storage> {
  const { config, url } = await testDatabase()
  const storage = await openStorage(config, url, role, silent)
  closeAfter(t, () => storage.close())
  return storage
}

async function cloneTemplate(): Promise<TestDatabase> {
  const cluster = givenCluster() ?? (await ownCluster())
  const name = `test_${randomBytes(8).toString('hex')}`
  await asAdministrator(cluster.url, `create database ${name} template zegel`)
  const folder = join(cluster.folder, name)
  const place = { dataFolder: join(folder, 'data'), keyFile: join(folder, 'master.key') }
  mkdirSync(place.dataFolder, { recursive: true, mode: 0o700 })
  // A copy, because a test may turn the epoch of the master key.
  copyFileSync(cluster.keyFile, place.keyFile)
  ending.push(async () => {
    await asAdministrator(cluster.url, `drop database ${name} with (force)`)
    rmSync(folder, { recursive: true, force: true })
  })
  return { url: `${cluster.url}?db=${name}`, config: testConfig(place) }
}

/** The cluster that setup.ts has started for all files. */
function givenCluster(): Cluster | undefined {
  const { ZEGEL_TEST_DATABASE: url, ZEGEL_TEST_KEY: keyFile, ZEGEL_TEST_FOLDER: folder } = process.env
  return url === undefined || keyFile === undefined || folder === undefined ? undefined : { url, keyFile, folder }
}

/** A single file run by hand brings its own. */
async function ownCluster(): Promise<Cluster> {
  // A signal alone would end the process without its "exit" handlers, and leave PostgreSQL behind.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  const cluster = await startCluster()
  ending.push(cluster.stop)
  return cluster
}
