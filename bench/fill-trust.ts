/**
 * Fills what the desk and the public pages show: `node bench/fill-trust.ts LINKS` before the server is started, with a trial configuration. That
 * many links of the access log set-wise, accounts that are suspended and have appealed, a canary signed by two of three keyholders, and a
 * few staff. Prints the session of one of them.
 */
import { appendFileSync } from 'node:fs'
import { loadConfig, openLog } from '#system'
import { openStorage, startDatabase } from '#storage'
import { publishHead } from '#trust/access'
import { appeal, suspend } from '#trust/suspension'
import { newKeyholder, promisesWith, publishSigned } from '../test/keyholders.ts'
import { addLinks } from '../test/links.ts'
import { addPerson } from '../test/people.ts'
import { addStaff } from '../test/staff.ts'

const APPEALS = 50
const STAFF = 10

const [links = '0'] = process.argv.slice(2)
const log = openLog('warn')
const trial = loadConfig({ createTrial: true })
const keyholders = ['Saskia Claes', 'Driss Benali', 'Ilse Vandenbroucke'].map(newKeyholder)
const { promises } = promisesWith(trial, keyholders)
appendFileSync(trial.configFile, `\n[policy]\npromises = ${JSON.stringify(promises)}\n`)
const config = loadConfig()
const database = await startDatabase(config, log)
const storage = await openStorage(config, database.url, 'zegel_app', log)
await addLinks(storage.database, Number(links))
await publishHead(storage, config)
await publishSigned(storage, config, keyholders.slice(0, 2))
for (let i = 0; i < APPEALS; i++) {
  const { id } = await addPerson(storage)
  await suspend(storage, config, id, 'advertising')
  await appeal(storage, await storage.openAccount(id), config.appeals, `Es war unser eigener Rundbrief, der ${i}.`)
}
const staff = await Promise.all(Array.from({ length: STAFF }, () => addStaff(storage, config)))
process.stdout.write(`${staff[0]?.session}\n`)
await storage.close()
await database.stop()
