/** The operator at the desk: a domain is added, its records are put into the DNS, and looked at again. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { listDomains } from '#accounts'
import { openBrowser, watchRequests } from '../browser.ts'
import { startNameServer } from '../name-server.ts'
import { startServer } from '../server.ts'
import { addStaff, signInAtDesk } from '../staff.ts'
import { putRecord } from '../zone.ts'
import { checkLooks } from './looks.ts'

const names = await startNameServer({ after }, {})
const server = await startServer({ after }, { dns: { servers: [names.address] }, addresses: ['198.51.100.7'] }, [
  'worker',
  'desk',
])
const { storage, config, desk } = server

test('a domain is added at the desk, which says what is missing, what is wrong, and that all is right', async (t) => {
  const context = await openBrowser(t, { ignoreHTTPSErrors: true, locale: 'de-DE', reducedMotion: 'reduce' })
  watchRequests(t, context, desk)
  context.setDefaultTimeout(45_000)
  const page = await context.newPage()
  await signInAtDesk(page, desk, await addStaff(storage, config, { roles: ['operations'] }))
  await page.getByRole('link', { name: 'Domains' }).click()
  await page.getByRole('heading', { level: 1, name: 'Domains' }).waitFor()
  await page.getByLabel('Name der Domain').fill('keine domain')
  await page.getByRole('button', { name: 'Domain hinzufügen' }).click()
  await page.getByRole('alert').getByText('Das ist kein Name einer Domain.').waitFor()
  await page.getByLabel('Name der Domain').fill('Tulpen.example')
  await page.getByRole('button', { name: 'Domain hinzufügen' }).click()
  await page.getByRole('heading', { level: 1, name: 'tulpen.example' }).waitFor()
  await page.getByText('fehlen', { exact: false }).first().waitFor()
  assert.ok((await listDomains(storage)).some(({ domain }) => domain === 'tulpen.example'))

  // What the page says is put into the DNS, but for one that leads elsewhere.
  const boxes = page.locator('.staff-dns')
  const told = await boxes.evaluateAll((all) =>
    all.map((box) => [...box.querySelectorAll('dd')].map((dd) => dd.textContent.trim())),
  )
  for (const [name = '', type = '', value = ''] of told) putRecord(names.zone, { name, type, value })
  putRecord(names.zone, { name: 'tulpen.example', type: 'MX', value: '10 mx.anderswo.example' })
  await page.getByRole('button', { name: 'Neu nachsehen' }).click()
  const wrong = boxes.filter({ hasText: 'Eingehende Post (MX)' })
  await wrong.getByText('falsch', { exact: true }).waitFor()
  await wrong.getByText('10 mx.anderswo.example').waitFor()
  await wrong.getByText('10 zegel.test', { exact: true }).waitFor()
  await page.getByRole('region', { name: 'Ratschläge' }).getByText('Andere berichten nur, was sie sehen.').waitFor()
  await checkLooks(page, 'Domain mit einem falschen Eintrag')

  putRecord(names.zone, { name: 'tulpen.example', type: 'MX', value: '10 zegel.test' })
  await page.getByRole('button', { name: 'Neu nachsehen' }).click()
  await page.getByText('Es ist nichts mehr zu tun.').waitFor()
  await page.getByText('Alles als Zeilen einer Zonendatei').click()
  await page.getByText('tulpen.example. 3600 IN MX 10 zegel.test.').waitFor()
  await page.getByText('Was richtig ist').click()

  await page.goto(`${desk}/de/domains`)
  await page
    .getByRole('row', { name: /tulpen\.example/ })
    .getByText(/^\d+ richtig$/)
    .waitFor()
  await checkLooks(page, 'Domains')

  await page.getByRole('link', { name: 'Vor dem ersten Brief' }).click()
  await page.getByRole('heading', { level: 1, name: 'Vor dem ersten Brief' }).waitFor()
  await page.getByRole('listitem').filter({ hasText: 'DNS-Einträge' }).getByText('da', { exact: true }).waitFor()
  const ports = page.getByRole('listitem').filter({ hasText: 'antworten nicht' })
  await ports.getByText('fehlt', { exact: true }).waitFor()
  await checkLooks(page, 'Vor dem ersten Brief')
})

test('the desk tells only operations of domains, and nothing of one that is not served', async (t) => {
  const context = await openBrowser(t, { ignoreHTTPSErrors: true, locale: 'de-DE' })
  const page = await context.newPage()
  await signInAtDesk(page, desk, await addStaff(storage, config, { roles: ['operations'] }))
  assert.equal((await page.goto(`${desk}/de/domains/fremd.example`))?.status(), 404)
  const other = await (await openBrowser(t, { ignoreHTTPSErrors: true, locale: 'de-DE' })).newPage()
  await signInAtDesk(other, desk, await addStaff(storage, config, { roles: ['support'] }))
  assert.equal((await other.goto(`${desk}/de/domains`))?.status(), 403)
})
