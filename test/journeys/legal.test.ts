/** Requests of authorities at the desk: a court's, to its release and the published report; a foreign one, to its letter; one to preserve. */
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, test, type TestContext } from 'node:test'
import { decrypt, readMessage } from 'openpgp'
import type { Page } from 'playwright-core'
import { findFolderByRole, updateItems } from '#items'
import { addMessage, MAIL, prepareMessage } from '#mail'
import { openLog, shiftClock } from '#system'
import { ownAccesses } from '#trust/access'
import { canonical } from '#trust/signing'
import { keepDates } from '#trust/legal'
import { keepToTheRules } from '#trust/retention'
import { publishReport, type SignedReport } from '#trust/transparency'
import { openBrowser, watchRequests } from '../browser.ts'
import { authorityKey, inDays, legalDesk } from '../legal.ts'
import { letter } from '../letters.ts'
import { startServer } from '../server.ts'
import { addStaff, signInAtDesk, type StaffMember } from '../staff.ts'
import { checkLooks } from './looks.ts'

const server = await startServer({ after }, {}, ['http', 'worker', 'desk'])
const { storage, config, desk } = server

/** A new one each time: no code from an app is good twice. */
const member = (): Promise<StaffMember> => addStaff(storage, config, { roles: ['legal'] })

async function deskOf(t: TestContext, member: StaffMember): Promise<Page> {
  const context = await openBrowser(t, { ignoreHTTPSErrors: true, locale: 'de-DE', reducedMotion: 'reduce' })
  watchRequests(t, context, desk)
  const page = await context.newPage()
  await signInAtDesk(page, desk, member)
  return page
}

const heading = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('heading', { level: 1, name }).waitFor()

const press = (page: Page, name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click()

interface Order {
  authority: string
  kind: string
  country?: string
  basis?: string
  accounts: string
  key?: string
}

/** Fills in what every request has, and leaves the form open. */
async function begin(
  page: Page,
  { authority, kind, country = 'BE', basis = '', accounts, key = '' }: Order,
): Promise<void> {
  await page.getByRole('link', { name: 'Anfragen' }).click()
  await page.getByRole('link', { name: 'Anfrage aufnehmen' }).click()
  await page.getByLabel('Wer fragt, mit Namen').fill(authority)
  await page.getByLabel('Art', { exact: true }).selectOption({ label: kind })
  await page.getByLabel('Land, zwei Buchstaben').fill(country)
  await page.getByLabel('Vorschrift').selectOption(basis)
  await page.getByLabel('Deren Zeichen').fill('GE20.F1.77')
  await page.getByLabel('Zu beantworten bis').fill(inDays(7).slice(0, 10))
  await page.getByLabel('Konten', { exact: true }).fill(accounts)
  await page.getByLabel('Deren OpenPGP-Schlüssel').fill(key)
}

const caseOf = (page: Page): string => new URL(page.url()).pathname.split('/').at(-1) ?? ''

test('a court’s request goes from intake by two people to what it gets, and into the signed report', async (t) => {
  const [driss, ilse] = [await member(), await member()]
  const person = await server.createAccount()
  const { publicKey: key, privateKey } = await authorityKey()
  const first = await deskOf(t, driss)
  await begin(first, {
    authority: 'Gericht erster Instanz Gent',
    kind: 'Gericht',
    basis: 'be-46bis',
    accounts: person.address,
    key,
  })
  await first.getByLabel('Adressen', { exact: true }).check()
  await checkLooks(first, 'Anfrage aufnehmen')
  await press(first, 'Aufnehmen')
  await heading(first, /^Anfrage 20/)
  await first.getByText('Wir müssen antworten').waitFor()
  const { call } = legalDesk(storage, config, [driss.id, ilse.id])
  const { checks } = await call('legal.show', { case: caseOf(first) })
  for (const { name: check, isByAnother } of checks)
    if (!isByAnother && check !== 'original') await call('legal.check', { case: caseOf(first), check, isTrue: true })
  await press(first, /^Bestätigen: Unterschrift und Stempel/)
  await press(first, /^Bestätigen: Von jemandem gelesen/)
  await first.getByRole('alert').getByText('Das muss eine andere Person tun').waitFor()
  await checkLooks(first, 'Anfrage, geprüft')

  const second = await deskOf(t, ilse)
  await second.goto(first.url())
  await press(second, /^Bestätigen: /)
  await second.getByText('8 von 8').waitFor()
  await first.reload()
  await press(first, 'Herausgabe vorschlagen')
  await first.getByText(/vorgeschlagen und unterschrieben/).waitFor()
  await press(first, 'Unterschreiben und herausgeben')
  await first.getByRole('alert').getByText('Das muss eine andere Person tun').waitFor()
  await second.reload()
  await press(second, 'Unterschreiben und herausgeben')
  const saved = second.waitForEvent('download')
  await second.getByRole('link', { name: /\.json\.asc$/ }).click()
  const armoredMessage = readFileSync(await (await saved).path(), 'utf8')
  const { data } = await decrypt({ message: await readMessage({ armoredMessage }), decryptionKeys: privateKey })
  assert.match(String(data), new RegExp(person.address))

  const looks = await ownAccesses(storage, await storage.openAccount(person.id), { limit: 10 })
  assert.ok(looks.some(({ staff, reference }) => staff === ilse.id && reference === caseOf(first)))
  await publishReport(storage, config)
  const { signature, ...report } = (await (
    await fetch(`${server.http}/.well-known/transparency.json`)
  ).json()) as SignedReport
  assert.ok(
    verify(null, Buffer.from(canonical(report)), createPublicKey(report.pem), Buffer.from(signature, 'base64url')),
  )
  assert.deepEqual(
    [report.halfYears[0]?.received, report.halfYears[0]?.answered, report.halfYears[0]?.accounts],
    [1, 1, 1],
  )
  const context = await openBrowser(t, { locale: 'de-DE', reducedMotion: 'reduce' })
  watchRequests(t, context, server.http)
  const page = await context.newPage()
  await page.goto(`${server.http}/de/transparency`)
  await page.getByRole('row', { name: /Belgien, Gericht.*1.*1/ }).waitFor()
  await checkLooks(page, 'Transparenzbericht')
  await page.setViewportSize({ width: 390, height: 800 })
  assert.ok(
    (await page.evaluate<number>('document.documentElement.scrollWidth')) <= 390,
    'it is no wider than the screen',
  )
})

test('a foreign request goes to its refusal letter', async (t) => {
  const page = await deskOf(t, await member())
  await begin(page, {
    authority: 'Police judiciaire, Lille',
    kind: 'Polizei',
    country: 'FR',
    accounts: 'wer@zegel.test',
  })
  await page.getByLabel('Anmeldungen', { exact: true }).check()
  await page.getByLabel('Sprache der Briefe').selectOption('fr')
  await page.getByLabel('Mailadresse für die Antwort').fill('pj@police.example')
  await press(page, 'Aufnehmen')
  await page.getByText('Wir lehnen ab').waitFor()
  await press(page, 'Ablehnen')
  await page.getByText(/entraide judiciaire/).waitFor()
  await checkLooks(page, 'Ablehnung')
  await press(page, 'Per E-Mail senden')
  await page.getByText('Brief gesendet').waitFor()
})

test('an order to preserve stops a clock, ends by itself, and the clock goes on', async (t) => {
  t.after(() => shiftClock(0))
  const person = await server.createAccount()
  const account = await storage.openAccount(person.id)
  const inbox = (await findFolderByRole(account, MAIL, 'inbox')) as number
  const message = await prepareMessage(account, letter())
  const { id } = await account.write((tx) =>
    addMessage(tx, message, { mailboxes: [inbox], keywords: [], receivedAt: new Date() }),
  )
  await account.write((tx) => updateItems(tx, MAIL, [id], () => ({ folders: [] })))
  const driss = await member()
  const page = await deskOf(t, driss)
  await begin(page, { authority: 'Polizei Brügge', kind: 'Polizei', basis: 'be-39ter', accounts: person.address })
  await page.getByLabel('eine Anordnung zur Sicherung').check()
  await page.getByLabel(/Gelöschtes/).check()
  await page.getByLabel('Sichern bis').fill(inDays(60).slice(0, 10))
  await press(page, 'Aufnehmen')
  await page.getByText('Wir müssen sichern').waitFor()
  const { call, tickAll } = legalDesk(storage, config, [driss.id, driss.id + 1])
  const held = caseOf(page)
  await tickAll(await call('legal.show', { case: held }))
  await page.reload()
  await press(page, 'Sichern')
  await page
    .getByText(/^gilt bis/)
    .first()
    .waitFor()
  const itemsIn = async (days: number): Promise<number> => {
    shiftClock(days * 86_400)
    await keepDates(storage, config)
    await keepToTheRules(storage, config, openLog('silent'))
    shiftClock(0)
    return (await account.sql`select from item where account_id = ${account.id}`).rowCount
  }
  assert.deepEqual([await itemsIn(46), await itemsIn(62)], [1, 0])
  // Whoever was signed in is so no longer: the clock was weeks ahead.
  const { record } = await call('legal.show', { case: held })
  assert.equal(record.at(-1)?.kind, 'preservationEnded')
})
