/** Somebody begins to work here: from the operator's code to the desk, by a passkey, and out when the agreement is over. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { shiftClock } from '#system'
import { ownAccesses } from '#trust/access'
import { addMember } from '#trust/staff'
import { appeal, suspend } from '#trust/suspension'
import { openBrowser, watchRequests } from '../browser.ts'
import { appCode } from '../people.ts'
import { startServer } from '../server.ts'
import { addStaff, signInAtDesk } from '../staff.ts'
import { checkLooks } from './looks.ts'
import { addTouch } from './touch.ts'

const server = await startServer({ after }, {}, ['worker', 'desk'])
const { storage, config, desk } = server

async function openDesk(t: TestContext): Promise<Page> {
  const context = await openBrowser(t, { ignoreHTTPSErrors: true, locale: 'de-DE', reducedMotion: 'reduce' })
  watchRequests(t, context, desk)
  // As in person.ts: a page with its checks of looks can take half a minute on a machine with other work.
  context.setDefaultTimeout(45_000)
  return context.newPage()
}

const heading = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('heading', { level: 1, name }).waitFor()

test('from the operator’s code to the desk: password, app, recovery codes, agreement, passkey', async (t) => {
  const { code } = await addMember(storage, { login: 'driss', name: 'Driss Benali', roles: ['operations'] })
  const page = await openDesk(t)
  await page.goto(desk)
  await heading(page, 'Anmelden zum Dienst')
  await checkLooks(page, 'Anmelden zum Dienst')
  await page.getByRole('link', { name: 'Ich habe einen Einladungscode' }).click()
  await page.getByLabel('Anmeldename').fill('driss')
  await page.getByLabel('Einladungscode').fill('geraten')
  await page.getByLabel('Neues Kennwort').fill('ein langes Kennwort')
  await page.getByRole('button', { name: 'Weiter' }).click()
  await page.getByRole('alert').getByText('Anmeldename oder Einladungscode stimmt nicht').waitFor()
  await page.getByLabel('Einladungscode').fill(code)
  await page.getByLabel('Neues Kennwort').fill('ein langes Kennwort')
  await page.getByRole('button', { name: 'Weiter' }).click()
  await heading(page, 'Codes aus einer App')
  await checkLooks(page, 'Codes aus einer App')
  const secret = (await page.locator('.gatebox .mono').first().textContent()) ?? ''
  await page.getByLabel('Code aus der App').fill(appCode(secret))
  await page.getByRole('button', { name: 'Weiter' }).click()
  await page.locator('.staff-codes li').first().waitFor()
  assert.equal(await page.locator('.staff-codes li').count(), 10)
  await checkLooks(page, 'Wiederherstellungscodes')
  await page.getByRole('link', { name: 'Aufgeschrieben' }).click()
  await heading(page, 'Vertraulichkeitserklärung')

  // Nothing opens before the agreement is signed.
  await page.goto(`${desk}/de/health`)
  await heading(page, 'Vertraulichkeitserklärung')
  await checkLooks(page, 'Vertraulichkeitserklärung')
  await page.getByLabel('Ihr Name').fill('Driss Benali')
  await page.getByLabel('Kennwort').fill('ein langes Kennwort')
  await page.getByRole('button', { name: 'Unterschreiben' }).click()
  await heading(page, 'Guten Tag, Driss Benali')
  await checkLooks(page, 'Übersicht')
  await page.getByRole('link', { name: 'Zustand' }).click()
  await heading(page, 'Zustand')
  await checkLooks(page, 'Zustand')

  await addTouch(page)
  await page.getByRole('link', { name: 'Driss Benali' }).click()
  await page.getByLabel('Name des neuen Passkeys').fill('Laptop')
  await page.getByRole('button', { name: 'Passkey hinzufügen' }).click()
  await page.getByRole('listitem').filter({ hasText: 'Laptop' }).waitFor()
  await checkLooks(page, 'Ihr Zugang')
  const cookies = await page.context().cookies()
  assert.deepEqual(
    cookies.map(({ name, httpOnly, secure, sameSite }) => [name, httpOnly, secure, sameSite]),
    [['__Host-desk', true, true, 'Strict']],
  )
  await page.getByRole('button', { name: 'Abmelden' }).click()
  await heading(page, 'Anmelden zum Dienst')
  assert.deepEqual(await page.context().cookies(), [])
  await page.goBack()
  await heading(page, 'Anmelden zum Dienst')

  await page.getByLabel('Anmeldename').fill('driss')
  await page.getByLabel('Kennwort').fill('ein langes Kennwort')
  await page.getByRole('button', { name: 'Weiter' }).click()
  await page.getByRole('button', { name: /Passkey/ }).click()
  await heading(page, 'Guten Tag, Driss Benali')
})

test('whose agreement is over is kept out until it is signed anew; what is not their role stays closed', async (t) => {
  t.after(() => shiftClock(0))
  const member = await addStaff(storage, config, { roles: ['support'] })
  shiftClock(config.desk.agreementMonths * 31 * 86_400)
  const page = await openDesk(t)
  await signInAtDesk(page, desk, member)
  await page.getByText(/^Ihre Unterschrift galt bis/).waitFor()
  await page.goto(`${desk}/de/health`)
  await heading(page, 'Vertraulichkeitserklärung')
  await page.getByLabel('Ihr Name').fill(member.name)
  await page.getByLabel('Kennwort').fill(member.password)
  await page.getByRole('button', { name: 'Unterschreiben' }).click()
  await heading(page, `Guten Tag, ${member.name}`)
  const answer = await page.goto(`${desk}/de/health`)
  assert.equal(answer?.status(), 403)
  await heading(page, 'Das gehört nicht zu Ihrer Aufgabe')
  await checkLooks(page, 'nicht die Rolle')
})

test('an appeal is read under a reference and decided; a look at an account shows what its purpose allows; the person sees both', async (t) => {
  const member = await addStaff(storage, config, { roles: ['abuse'] })
  const person = await server.createAccount('paula')
  const account = await storage.openAccount(person.id)
  await suspend(storage, config, person.id, 'advertising')
  await appeal(storage, account, config.appeals, 'Es war unser eigener Rundbrief.')
  const page = await openDesk(t)
  await signInAtDesk(page, desk, member)
  await page.getByRole('link', { name: 'Missbrauch' }).click()
  await heading(page, 'Einsprüche')
  await checkLooks(page, 'Einsprüche')
  assert.ok(!(await page.content()).includes(person.address))
  await page.getByRole('link', { name: `Konto ${person.id}` }).click()
  await page.getByLabel('Zeichen').fill('Vorfall 7')
  await page.getByRole('button', { name: 'Einspruch lesen' }).click()
  await page.getByText('Es war unser eigener Rundbrief.').waitFor()
  await checkLooks(page, 'ein Einspruch')
  await page.getByRole('button', { name: 'Sperre aufheben' }).click()
  await page.getByText('Kein Einspruch wartet.').waitFor()

  await page.getByRole('link', { name: 'Konto' }).click()
  await page.getByLabel('Adresse des Kontos').fill(person.address)
  await page.getByLabel('Zeichen').fill('Vorfall 8')
  await page.getByLabel('Zustand', { exact: true }).check()
  await page.getByRole('button', { name: 'Ansehen' }).click()
  await page.getByRole('region', { name: 'Gezeigt' }).getByText('offen').waitFor()
  await checkLooks(page, 'Blick in ein Konto')
  const seen = await ownAccesses(storage, account, { limit: 10 })
  assert.deepEqual(
    seen.map(({ by, staff, purpose, reference, fields }) => [by, staff, purpose, reference, fields]),
    [
      ['abuse', member.id, 'checks', 'Vorfall 8', ['state']],
      ['abuse', member.id, 'checks', 'Vorfall 7', ['suspension', 'appeal']],
    ],
  )
})
