/** Two of three keyholders sign; then nobody signs any more, and everybody is told by the clock alone. */
import { after, test } from 'node:test'
import { shiftClock } from '#system'
import { lookAtAll } from '#trust/operations'
import { testDatabase } from '../database.ts'
import { until } from '../delivery.ts'
import { HEADLINE, newKeyholder, promisesWith, publishSigned } from '../keyholders.ts'
import { startServer } from '../server.ts'
import { checkLooks } from './looks.ts'
import { openInbox } from './person.ts'

const DAY = 86_400
const { config: settings } = await testDatabase()
const keyholders = ['Saskia Claes', 'Driss Benali', 'Ilse Vandenbroucke'].map(newKeyholder)
const server = await startServer({ after }, { policy: promisesWith(settings, keyholders) }, ['http'])

test('a canary signed by two of three is fresh, and turns stale by itself in app, page and status', async (t) => {
  t.after(() => shiftClock(0))
  const { storage, config, http } = server
  const statusOf = async (): Promise<string | undefined> =>
    (await lookAtAll({ config, database: storage.database })).results.find(({ check }) => check === 'canary')?.cause

  await publishSigned(storage, config, keyholders.slice(0, 2))
  const { page } = await openInbox(t, server, 'klara')
  await page.goto(`${http}/app/#/settings/general`)
  await page.getByRole('link', { name: 'Kanarienvogel' }).click()
  await page.getByText(/^Frisch bis .* Ihr Browser hat die Unterschriften soeben mit den Schlüsseln geprüft/).waitFor()
  await page.getByText(HEADLINE).waitFor()
  await page.getByRole('row', { name: /Driss Benali .* unterschrieben/ }).waitFor()
  await page.getByRole('row', { name: /Ilse Vandenbroucke .* nicht unterschrieben/ }).waitFor()
  await checkLooks(page, 'fresh')
  await until('the look finds it fresh', async () => (await statusOf()) === 'fine')

  // Another keyholder than this browser knew is told of until somebody says that they have seen it.
  await page.route('**/.well-known/canary.json', async (route) => {
    try {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: (await answer.text()).replace('Ilse Vandenbroucke', 'Mallory') })
    } catch {
      // The page was loaded anew meanwhile, and asks again.
    }
  })
  await page.reload()
  await page.getByText('Es unterschreiben andere als zuvor.').waitFor()
  await page.getByRole('button', { name: 'Gesehen' }).click()
  await page.reload()
  await page.getByRole('row', { name: /Mallory .* nicht unterschrieben/ }).waitFor()
  await page.getByText('Es unterschreiben andere als zuvor.').waitFor({ state: 'detached' })
  await page.unroute('**/.well-known/canary.json')

  // The server's clock goes on.
  shiftClock(15 * DAY)
  await page.reload()
  await page.getByRole('alert').getByText('Überfällig seit').waitFor()
  await page.goto(`${http}/app/#/mail/inbox`)
  const bar = page.getByRole('region', { name: 'Kanarienvogel' })
  await bar.getByText('Er wurde nicht rechtzeitig neu unterschrieben.', { exact: false }).waitFor()
  await checkLooks(page, 'stale')
  await until('the look finds it stale', async () => (await statusOf()) === 'stale')
  await page.goto(`${http}/de/canary`)
  await page.getByText('Überfällig seit').first().waitFor()
  await checkLooks(page, 'the public page, stale')

  // A server that stops its clock, or says nothing, changes nothing: the browser has a clock, and remembers.
  shiftClock(0)
  await page.clock.setSystemTime(Date.now() + 15 * DAY * 1000)
  await page.route('**/.well-known/canary.json', (route) => route.fulfill({ status: 404, body: '' }))
  await page.goto(`${http}/app/#/mail/inbox`)
  await bar.getByRole('link', { name: 'Was das heißt' }).click()
  await page.getByRole('alert').getByText('Überfällig seit').waitFor()
})
