/**
 * Fills what the desk and the public pages show: `node bench/fill-trust.ts LINKS` before the server is started, with a trial configuration. That
 * many links of the access log set-wise, accounts that are suspended and have appealed, a canary signed by two of three keyholders, ten years of
 * requests of authorities, and a few staff. Prints the session of one of them.
 */
import { appendFileSync } from 'node:fs'
import { loadConfig, openLog, shiftClock } from '#system'
import { openStorage, startDatabase } from '#storage'
import { publishHead } from '#trust/access'
import { appeal, suspend } from '#trust/suspension'
import { publishReport } from '#trust/transparency'
import { newKeyholder, promisesWith, publishSigned } from '../test/keyholders.ts'
import { court, inDays, legalDesk } from '../test/legal.ts'
import { addLinks } from '../test/links.ts'
import { addPerson } from '../test/people.ts'
import { addStaff } from '../test/staff.ts'

const APPEALS = 50
const STAFF = 10
/** Of requests of authorities, and how many came in each half-year. */
const HALF_YEARS = 20
const REQUESTS = 25

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
const { call } = legalDesk(storage, config)
for (let halfYear = HALF_YEARS - 1; halfYear >= 0; halfYear--) {
  shiftClock(-halfYear * 182 * 86_400)
  for (let i = 0; i < REQUESTS; i++) {
    const foreign = {
      ...court,
      country: i % 2 === 0 ? 'FR' : 'DE',
      answerBy: inDays(7),
      accounts: ['nobody@zegel.test'],
    }
    const { id } = await call('legal.receive', foreign)
    // Some of the newest wait.
    if (halfYear > 0 || i > 5) await call('legal.refuse', { case: id })
  }
}
shiftClock(0)
await publishReport(storage, config)
process.stdout.write(`${staff[0]?.session}\n`)
await storage.close()
await database.stop()
