/** What belongs to the account beside its mail: the way back in, notifications, and the other languages. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startServer } from '../server.ts'
import { sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { mailedCode } from './mailed-code.ts'
import { openInbox, openVisit } from './person.ts'

const server = await startServer(
  { after },
  // Nobody listens there: what goes outside stays in the queue, as in a trial without internet.
  { routes: { 'example.org': '127.0.0.1:1' } },
  ['smtp', 'http', 'queue'],
)

test('an address outside is given with the password, proven by its code, and replaced by another', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await page.goto(`${server.http}/app/#/settings/security`)
  const form = page.getByRole('region', { name: 'Der Weg zurück' })
  await form.getByText('Es ist keine hinterlegt.', { exact: false }).waitFor()
  const request = async (address: string, password: string): Promise<void> => {
    await form.getByLabel('Neue Adresse außerhalb von Zegel').fill(address)
    await form.getByLabel('Jetziges Passwort').fill(password)
    await form.getByRole('button', { name: 'Code dorthin senden' }).click()
  }
  await form.getByRole('button', { name: 'Adresse angeben' }).click()
  await request('klara.draussen@example.org', 'falsches-passwort')
  await form.getByText('Das ist nicht Ihr jetziges Passwort.').waitFor()
  await request('klara@zegel.test', person.password)
  await form.getByText('Es muss eine dauerhafte Adresse außerhalb von Zegel sein.').waitFor()
  await checkLooks(page, 'the way back in, with a complaint')
  await request('klara.draussen@example.org', person.password)
  await form.getByText(/^Ein Code ist unterwegs an k.*@example\.org/).waitFor()
  await form.getByLabel('Code aus dem Brief').fill('0000 0001')
  await form.getByRole('button', { name: 'Bestätigen' }).click()
  await form.getByText('Das ist nicht der Code aus dem Brief.').waitFor()
  await checkLooks(page, 'the way back in, with a code under way')
  await form.getByLabel('Code aus dem Brief').fill(await mailedCode(server, page, /./))
  await form.getByRole('button', { name: 'Bestätigen' }).click()
  await form.getByText('Die neue Adresse gilt.', { exact: false }).waitFor()
  await page.reload()
  await form.getByText(/^k.*@example\.org/).waitFor()
  await form.getByText(/^bestätigt/).waitFor()
  await form.getByRole('button', { name: 'Adresse ändern' }).click()
  await form.getByRole('button', { name: 'Abbrechen' }).click()
})

test('the browser says that letters came, on request, and nothing of what stands in them', async (t) => {
  const { page, person, browser } = await openInbox(t, server, 'anna')
  await browser.grantPermissions(['notifications'], { origin: server.http })
  // What the browser would show, and a window that nobody looks at.
  await browser.addInitScript(() => {
    const said: unknown[] = []
    const Real = window.Notification
    class Recorder extends EventTarget {
      static permission = Real.permission
      static requestPermission = () => Promise.resolve(Real.permission)
      constructor(...given: unknown[]) {
        super()
        said.push(given)
      }
      close(): void {}
    }
    Object.assign(window, { Notification: Recorder, said })
    Object.defineProperty(document, 'visibilityState', { get: () => ('seen' in window ? 'visible' : 'hidden') })
  })
  const said = (): Promise<string> => page.evaluate(() => JSON.stringify((window as unknown as { said: unknown }).said))
  await page.goto(`${server.http}/app/#/settings/notifications`)
  await page.reload()
  const choice = page.getByLabel('Mitteilen, wenn Briefe kommen')
  assert.equal(await choice.isChecked(), false)
  await sendAll(server.smtp, person.address, [{ subject: 'Unerwähnt' }])
  await page.getByRole('navigation', { name: 'Bereiche' }).getByRole('link', { name: 'Post' }).click()
  await page.getByRole('row', { name: /Unerwähnt/ }).waitFor()
  assert.equal(await said(), '[]', 'nothing is said before it is wanted')
  await page.goto(`${server.http}/app/#/settings/notifications`)
  await choice.check()
  await checkLooks(page, 'the settings for notifications')
  await page.getByText(/^Alles gespeichert/).waitFor()
  await page.getByRole('navigation', { name: 'Bereiche' }).getByRole('link', { name: 'Post' }).click()
  await sendAll(server.smtp, person.address, [{ subject: 'Geheimer Plan', text: 'Um Mitternacht.' }])
  await page.getByRole('row', { name: /Geheimer Plan/ }).waitFor()
  assert.equal(await said(), JSON.stringify([['Neuer Brief', { tag: 'zegel-mail', lang: 'de' }]]))
})

test('in French the pages are as accessible as in German', async (t) => {
  const { person } = await openInbox(t, server, 'emma')
  await sendAll(server.smtp, person.address, [{ subject: 'Récolte des pommes', text: 'Samedi au jardin.' }])
  const { page } = await openVisit(t, server.http)
  await page.goto(`${server.http}/fr/sign-in`)
  await checkLooks(page, 'the sign-in in French')
  await page.locator('input[name=address]').fill(person.address)
  await page.locator('input[name=password]').fill(person.password)
  await page.locator('input[name=password]').press('Enter')
  await page.waitForURL(/\/app\//)
  await page.goto(`${server.http}/app/#/settings/general`)
  await page.getByLabel('Sprache der Oberfläche').selectOption('Français')
  await page.getByRole('heading', { level: 1, name: 'Apparence et langue' }).waitFor()
  await page.goto(`${server.http}/app/#/mail/inbox`)
  await page.getByRole('row', { name: /Récolte/ }).click()
  await page.getByRole('article').getByText('Samedi au jardin.').waitFor()
  await checkLooks(page, 'a letter in French')
  await page.keyboard.press('c')
  await page.locator('.pane.writing [contenteditable=true]').waitFor()
  await checkLooks(page, 'a new letter in French')
  await page.keyboard.press('Escape')
  for (const section of ['writing', 'reading', 'notifications', 'vacation', 'security']) {
    await page.goto(`${server.http}/app/#/settings/${section}`)
    await page.locator('section .card').first().waitFor()
    await checkLooks(page, `${section} in French`)
  }
})
