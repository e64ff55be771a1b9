/** Somebody brings a domain of their own: adds it, proves it, sees what is missing, and takes its mail. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findAddressee } from '#accounts'
import { startNameServer } from '../name-server.ts'
import { startServer } from '../server.ts'
import { putRecord } from '../zone.ts'
import { checkLooks } from './looks.ts'
import { openInbox } from './person.ts'

const names = await startNameServer({ after }, { 'zegel.test': { A: ['198.51.100.7'] } })
const server = await startServer(
  { after },
  { dns: { servers: [names.address] }, addresses: ['198.51.100.7'], mtaSts: { mode: 'enforce' } },
  ['smtp', 'http'],
)

test('a domain is added in the settings, proven by its record, and takes mail for any address', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await page.goto(`${server.http}/app/#/settings/domains`)
  await page.getByText('Noch gibt es keine.').waitFor()
  await page.getByRole('button', { name: 'Domain hinzufügen' }).click()
  const dialog = page.getByRole('dialog', { name: 'Domain hinzufügen' })
  await dialog.getByLabel('Name der Domain').fill('co.uk')
  await dialog.getByRole('button', { name: 'Domain hinzufügen' }).click()
  await dialog.getByText('Unter diesem Namen registrieren andere ihre Domains.').waitFor()
  await dialog.getByLabel('Name der Domain').fill('Tulpen.example')
  await dialog.getByRole('button', { name: 'Domain hinzufügen' }).click()

  const card = page.getByRole('article', { name: 'tulpen.example' })
  await card.getByText('wartet auf den Nachweis').waitFor()
  const told = async (): Promise<string[][]> =>
    card
      .locator('.dns-record')
      .evaluateAll((all) =>
        all.map((box) => [...box.querySelectorAll('dd code')].map((code) => code.textContent.trim())),
      )
  const [[name = '', type = '', value = ''] = []] = await told()
  assert.deepEqual([name, type], ['_zegel-challenge.tulpen.example', 'TXT'])
  await card.getByRole('button', { name: 'Jetzt nachsehen' }).click()
  await card.getByText('Der Eintrag ist noch nicht da.').waitFor()
  putRecord(names.zone, { name, type, value })
  await card.getByRole('button', { name: 'Jetzt nachsehen' }).click()
  await card.getByText('gehört Ihnen').waitFor()
  await card.getByText('Eingehende Post (MX)').waitFor()

  for (const [at = '', of = '', wanted = ''] of await told())
    if (at !== name) putRecord(names.zone, { name: at, type: of, value: wanted })
  putRecord(names.zone, { name: 'tulpen.example', type: 'MX', value: '10 mx.anderswo.example' })
  await card.getByRole('button', { name: 'Jetzt nachsehen' }).click()
  await card.getByText('10 mx.anderswo.example').waitFor()
  await card.getByLabel('Briefe an jede Adresse').check()
  await checkLooks(page, 'Domain mit einem falschen Eintrag')
  assert.equal(await findAddressee(server.storage, 'egal@tulpen.example'), person.id)

  putRecord(names.zone, { name: 'tulpen.example', type: 'MX', value: '10 zegel.test' })
  await card.getByRole('button', { name: 'Jetzt nachsehen' }).click()
  await card.getByText('Alles Nötige ist da.').waitFor()

  await card.getByRole('button', { name: 'tulpen.example entfernen' }).click()
  const asked = page.getByRole('dialog', { name: 'tulpen.example entfernen?' })
  await asked.getByText('Was Sie bekommen haben, bleibt.').waitFor()
  await asked.getByRole('button', { name: 'Entfernen' }).click()
  await page.getByText('Noch gibt es keine.').waitFor()
  assert.equal(await findAddressee(server.storage, 'egal@tulpen.example'), undefined)
})
