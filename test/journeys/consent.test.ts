/** A new version of the policy: what is different in it, and consent asked again. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { agreedVersions, keepVersions, numbersInForce, readPromises, recordConsent } from '#policy'
import { startServer } from '../server.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

const server = await startServer({ after }, {}, ['http'])
const { database } = server.storage

test('a new version is told in the app with what is different, is agreed to once, and nothing waits for it', async (t) => {
  const { page, person } = await openInbox(t, server, 'conny')
  await recordConsent(database.sql, person.id, await numbersInForce(database.sql))
  const { page: operators } = await openInbox(t, server, 'never-asked')
  const promises = readPromises(server.config)
  const [changed] = await keepVersions(database, { ...promises, journal: { days: 7 } }, 0)
  assert.equal(changed?.document, 'policy')

  await page.reload()
  const bar = page.getByRole('region', { name: 'Neue Fassung' })
  await bar.getByText('Es gibt eine neue Fassung der Datenschutzerklärung.').waitFor()
  await checkLooks(page, 'a new version')
  const opening = page.waitForEvent('popup')
  await bar.getByRole('link', { name: 'Was sich geändert hat' }).click()
  const difference = await opening
  await difference.waitForURL(`${server.http}/de/policy/versions/${changed.version}`)
  await difference.getByRole('heading', { name: `Was anders ist als in Fassung ${changed.version - 1}` }).waitFor()
  await difference
    .getByRole('listitem')
    .filter({ hasText: new RegExp(`\\b7\\b.*\\b${promises.journal.days}\\b`) })
    .waitFor()
  await difference.close()

  await page.getByRole('link', { name: 'Einstellungen', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Aussehen und Sprache' }).waitFor()
  await bar.getByRole('button', { name: 'Zustimmen' }).click()
  await bar.waitFor({ state: 'detached' })
  await seen(async () => assert.equal(await page.locator('main:focus').count(), 1))
  assert.equal((await agreedVersions(database.sql, person.id)).policy, changed.version)

  for (const [whose, one] of [
    ['has agreed', page],
    ['was never asked', operators],
  ] as const) {
    const answered = one.waitForResponse(
      (response) => response.request().postData()?.includes('"Consent/get"') === true,
    )
    await one.reload()
    assert.match(await (await answered).text(), /"toAgree":null/, whose)
    await one.getByRole('heading', { level: 1 }).waitFor()
    assert.equal(await one.getByRole('region', { name: 'Neue Fassung' }).count(), 0, whose)
  }
})
