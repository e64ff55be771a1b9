/** Two servers, and two people who write to each other: from signing up to the way back in. */
import { after, before, test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { freeOffset, removeFolder, startChild, type ChildServer } from '../child.ts'
import { checkLooks } from './looks.ts'
import { openVisit, signIn } from './person.ts'

/** Each knows where the other's mail goes, and asks no name server. */
const settings = (hostname: string, other: string, port: number): string => `
trial = true
hostname = "${hostname}"
listen = ["127.0.0.1"]
cleartextOnLoopback = true
[signUp]
isOpen = true
[routes]
"${other}" = "127.0.0.1:${port}"
`

let north: ChildServer
let south: ChildServer

before(async () => {
  const [one, two] = [await freeOffset(), await freeOffset()]
  north = await startChild({ offset: one, settings: settings('nord.test', 'sued.test', 2525 + two) })
  south = await startChild({ offset: two, settings: settings('sued.test', 'nord.test', 2525 + one) })
  await south.command(
    ['account', 'create', 'berta@sued.test', '--password-stdin', '--language', 'de'],
    'Sieben Kraniche ziehen\n',
  )
})
after(async () => {
  for (const server of [north, south]) {
    await server?.stop()
    if (server !== undefined) removeFolder(server.folder)
  }
})

const origin = ({ http }: ChildServer): string => `http://127.0.0.1:${http}`
const passwords = { first: 'Zwölf Boxkämpfer jagen', second: 'Viktor quer über den Deich' }

/** A browser that is signed in at a server. */
async function open(t: TestContext, server: ChildServer, address: string, password: string): Promise<Page> {
  const { page } = await openVisit(t, origin(server))
  await page.goto(`${origin(server)}/de/sign-in`)
  await signIn(page, address, password)
  await inbox(page)
  return page
}

const inbox = (page: Page): Promise<void> => page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
const row = (page: Page, name: RegExp) => page.getByRole('row', { name })
const letter = (page: Page) => page.getByRole('article', { name: 'Brief' }).last()

/** A part of the journey: what fails says where, and nothing goes on after it. */
async function step(name: string, run: () => Promise<void>): Promise<void> {
  await run().catch((error: unknown) => {
    throw new Error(`at the step: ${name}`, { cause: error })
  })
}

/** The newest code among the letters of the list. */
async function codeFrom(page: Page, subject: RegExp): Promise<string> {
  await row(page, subject).first().click()
  const form = /\b\d{4}\s?\d{4}\b/
  const [code = ''] = form.exec((await letter(page).getByText(form).first().textContent()) ?? '') ?? []
  return code
}

test('a stranger becomes a user, writes, is answered, finds it again, and gets back in without the password', async (t) => {
  const berta = await open(t, south, 'berta@sued.test', 'Sieben Kraniche ziehen')
  const { page: anna } = await openVisit(t, origin(north))

  await step('signing up with a code that comes by mail', async () => {
    await anna.goto(`${origin(north)}/de/sign-up`)
    await anna.getByLabel('Ihre bisherige Mailadresse').fill('berta@sued.test')
    await anna.getByRole('button', { name: 'Code schicken' }).click()
    await anna.getByLabel('Code', { exact: true }).fill(await codeFrom(berta, /Eröffnen/))
    await anna.getByRole('button', { name: 'Weiter' }).click()
    await anna.getByLabel('Ihre neue Adresse').fill('anna')
    await anna.getByLabel('Passwort', { exact: true }).fill(passwords.first)
    await anna.getByRole('checkbox').check()
    await anna.getByRole('button', { name: 'Konto eröffnen' }).click()
    await inbox(anna)
  })

  await step('a letter with an attachment arrives at the other server', async () => {
    await anna.getByRole('button', { name: 'Schreiben' }).first().click()
    await anna.getByRole('combobox', { name: 'An' }).fill('berta@sued.test')
    await anna.getByRole('textbox', { name: 'Betreff' }).fill('Grundstücksverkehrsgenehmigung')
    await anna.getByRole('textbox', { name: 'Text des Briefs' }).fill('Liebe Berta, die Unterlagen liegen bei.')
    await anna
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name: 'Lageplan-Süd.txt', mimeType: 'text/plain', buffer: Buffer.from('Flurstück 7') })
    // Until a file is there, its letter is not sent.
    await anna.getByRole('button', { name: 'Lageplan-Süd.txt entfernen' }).waitFor()
    await anna.getByRole('button', { name: 'Senden', exact: true }).click()

    await row(berta, /Grundstücksverkehrsgenehmigung/).click({ timeout: 60_000 })
    await letter(berta).frameLocator('iframe').getByText('die Unterlagen liegen bei').waitFor()
    await letter(berta).getByText('Lageplan-Süd.txt').first().waitFor()
    await checkLooks(berta, 'a letter from another server')
  })

  await step('the answer comes back and is read', async () => {
    await berta.getByRole('button', { name: 'Antworten', exact: true }).first().click()
    await berta.getByRole('textbox', { name: 'Text des Briefs' }).fill('Danke, der Notar wartet am Donnerstag.')
    await berta.getByRole('button', { name: 'Senden', exact: true }).click()
    await row(anna, /Grundstücksverkehrsgenehmigung/)
      .first()
      .click({ timeout: 60_000 })
    await letter(anna).frameLocator('iframe').getByText('der Notar wartet am Donnerstag').waitFor()
  })

  const searches: Record<string, string> = {
    'a word': 'Notar',
    'part of a word': '*verkehrsgenehm*',
    'a phrase': '"wartet am Donnerstag"',
    'the name of an attachment': 'filename:Lageplan',
  }
  for (const [what, text] of Object.entries(searches))
    await step(`found by ${what}`, async () => {
      await anna.keyboard.press('/')
      await anna.getByRole('combobox', { name: 'Suchen oder Befehl eingeben' }).fill(text)
      await anna.keyboard.press('Enter')
      await anna.getByRole('heading', { level: 1, name: `„${text}“` }).waitFor()
      await row(anna, /Grundstücksverkehrsgenehmigung/)
        .first()
        .waitFor({ timeout: 30_000 })
    })

  await step('deleted, and brought back', async () => {
    await anna.keyboard.press('Escape')
    await anna.goto(`${origin(north)}/app/#/mail/inbox`)
    await row(anna, /Grundstücksverkehrsgenehmigung/)
      .first()
      .click()
    await anna.keyboard.press('#')
    await row(anna, /Grundstücksverkehrsgenehmigung/)
      .first()
      .waitFor({ state: 'detached' })
    await anna.keyboard.press('z')
    await row(anna, /Grundstücksverkehrsgenehmigung/)
      .first()
      .waitFor()
  })

  await step('a forgotten password is replaced, and every sign-in ends', async () => {
    const { page: elsewhere } = await openVisit(t, origin(north))
    await elsewhere.goto(`${origin(north)}/de/reset`)
    await elsewhere.getByLabel('Ihre Adresse').fill('anna@nord.test')
    await elsewhere.getByRole('button', { name: 'Code schicken' }).click()
    await berta.goto(`${origin(south)}/app/#/mail/inbox`)
    await row(berta, /Passwort/)
      .first()
      .waitFor({ timeout: 60_000 })
    await elsewhere.getByLabel('Code', { exact: true }).fill(await codeFrom(berta, /neues Passwort/))
    await elsewhere.getByRole('button', { name: 'Weiter' }).click()
    await elsewhere.getByLabel('Neues Passwort', { exact: true }).fill(passwords.second)
    await elsewhere.getByRole('button', { name: 'Passwort setzen' }).click()
    await signIn(elsewhere, 'anna@nord.test', passwords.second)
    await inbox(elsewhere)
    await anna.waitForURL(/sign-in/, { timeout: 60_000 })
    await row(elsewhere, /Passwort/)
      .first()
      .waitFor({ timeout: 60_000 })
  })
})
