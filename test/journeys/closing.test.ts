/** The end of an account: closed, reopened, closed again, erased, and the receipt for it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { parseMessage, partContent, partText, walkParts } from '#formats/message'
import { turnEpoch } from '#storage'
import { shiftClock } from '#system'
import { keepToTheRules } from '#trust/retention'
import { issueReceipts, publicKeys, verifyReceipt } from '#trust/receipts'
import { silent } from '../cluster.ts'
import { addRecovery } from '../people.ts'
import { startServer } from '../server.ts'
import { startSink } from '../sink.ts'
import { dialSmtp } from '../smtp.ts'
import { sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox, openVisit, seen, signIn } from './person.ts'

const sink = await startSink({ after })
const server = await startServer({ after }, { routes: { 'example.org': `127.0.0.1:${sink.port}` } }, [
  'smtp',
  'http',
  'queue',
])

const OUTSIDE = 'klara.draussen@example.org'
const DAY_SECONDS = 86_400

/** The one letter to the address outside with such words in it. */
async function toOutside(words: RegExp): Promise<{ text: string; file: string | undefined }> {
  let found: { text: string; file: string | undefined }[] = []
  await seen(async () => {
    found = sink.letters
      .filter(({ to }) => to.includes(OUTSIDE))
      .map(({ content }) => {
        const message = parseMessage(Buffer.from(content, 'latin1'))
        const parts = [...walkParts(message.root)]
        const text = parts.find(({ type, children }) => type === 'text' && children.length === 0)
        const json = parts.find(({ type, subtype }) => `${type}/${subtype}` === 'application/json')
        return {
          text: text === undefined ? '' : partText(message, text).text,
          file: json === undefined ? undefined : partContent(message, json).bytes.toString(),
        }
      })
      .filter(({ text }) => words.test(text))
    assert.equal(found.length, 1)
  })
  return found[0] as { text: string; file: string | undefined }
}

test('an account is closed, reopened with everything in it, closed again, erased, and the receipt says so', async (t) => {
  t.after(() => shiftClock(0))
  const { page, person } = await openInbox(t, server, 'klara')
  await addRecovery(server.storage, person, OUTSIDE)
  await sendAll(server.smtp, person.address, [{ subject: 'Apfelernte', text: 'Am Samstag.' }])
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  const { page: other } = await openVisit(t, server.http)
  await other.goto(`${server.http}/de/sign-in`)
  await signIn(other, person.address, person.password)
  await other.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()

  await page.goto(`${server.http}/app/#/settings/closing`)
  await page.getByRole('heading', { level: 1, name: 'Konto schließen' }).waitFor()
  await page.locator('dt', { hasText: /^Bis zum \d+\. \p{L}+ \d{4}$/u }).waitFor()
  await page.getByText('k…@example.org').first().waitFor()
  const refuses = page.getByRole('radio', { name: 'An die Absender zurück' })
  assert.equal(await refuses.isChecked(), true)
  await page.getByRole('main').getByText('Vorher können Sie alles mitnehmen').getByRole('link').click()
  await page.getByRole('button', { name: 'Alles herunterladen' }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'Konto schließen' }).waitFor()
  const closing = async (password: string): Promise<void> => {
    await page.getByLabel('Ich habe gelesen, was geschieht').check()
    await page.getByLabel('Jetziges Passwort').fill(password)
    await page.getByRole('button', { name: 'Konto schließen' }).click()
  }
  await page.getByRole('button', { name: 'Konto schließen' }).click()
  await page.getByText('Bestätigen Sie, dass Sie es gelesen haben.').waitFor()
  await refuses.press('ArrowDown')
  assert.equal(
    await page.getByRole('radio', { name: /^30 Tage lang weiterleiten an k…@example\.org/ }).isChecked(),
    true,
  )
  await page.getByText(/Briefe an Sie gehen bis zum \d+\. \p{L}+ \d{4} an k…@example\.org weiter/u).waitFor()
  await checkLooks(page, 'closing, not yet read')
  await closing('falsches-passwort')
  await page.getByText('Das ist nicht Ihr jetziges Passwort.').waitFor()
  await closing(person.password)
  await page.waitForURL(/\/de\/sign-in\?done=closed/)
  await page.getByText('Ihr Konto ist geschlossen.').waitFor()
  await other.waitForURL(/\/de\/sign-in/)
  const { text: told } = await toOutside(/wurde soeben geschlossen/)
  assert.match(told, /Briefe an das Konto gehen bis zum \d+\. \p{L}+ \d{4} an diese Adresse weiter/u)
  await sendAll(server.smtp, person.address, [{ subject: 'Birnen', text: 'Am Sonntag.' }])
  await toOutside(/Am Sonntag\./)

  await signIn(page, person.address, person.password)
  await page.getByRole('heading', { level: 1, name: 'Konto wieder öffnen' }).waitFor()
  await page.getByText(/Briefe gehen bis zum \d+\. \p{L}+ \d{4} an k…@example\.org weiter/u).waitFor()
  await checkLooks(page, 'reopening')
  await page.getByLabel('Passwort', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Nicht mehr weiterleiten' }).click()
  await page.getByText(/Was inzwischen kam, ging bis zum/).waitFor()
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<a@peer.example>')
  assert.match(await smtp.say(`RCPT TO:<${person.address}>`), /^550 5\.1\.6 /)
  const reopening = async (password: string): Promise<void> => {
    await page.getByLabel('Passwort', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Konto wieder öffnen' }).click()
  }
  await reopening('falsches-passwort')
  await page.getByText('Adresse und Passwort passen nicht zusammen.').waitFor()
  await page.getByLabel('Passwort', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Weiter' }).click()
  await reopening(person.password)
  await page.getByRole('row', { name: /Apfelernte/ }).waitFor()
  await toOutside(/wurde soeben wieder geöffnet/)

  await page.goto(`${server.http}/app/#/settings/closing`)
  await closing(person.password)
  await page.waitForURL(/\/de\/sign-in\?done=closed/)
  assert.match(await smtp.say(`RCPT TO:<${person.address}>`), /^550 5\.1\.6 /)

  shiftClock(366 * DAY_SECONDS)
  await signIn(page, person.address, person.password)
  await page.getByText('ließ sich bis zum').waitFor()
  await checkLooks(page, 'reopening, too late')

  shiftClock(396 * DAY_SECONDS)
  await keepToTheRules(server.storage, server.config, silent)
  await turnEpoch(server.storage.database, server.config.keyFile)
  assert.equal(await issueReceipts(server.storage, server.config), 1)
  const { text, file = '' } = await toOutside(/Quittung Nummer/)
  assert.match(text, new RegExp(`Das Konto ${person.address} bei zegel\\.test ist gelöscht`))
  assert.match(text, /Briefe, auch Entwürfe und bereits entfernte: 2/)
  assert.match(text, /Ein Hashwert der Adresse, damit sie nie jemand anders bekommt: auf Dauer/)
  const verdict = verifyReceipt(file, (await publicKeys(server.storage)).keys)
  assert.ok(verdict.isValid && verdict.isAddressProven)

  await page.goto(`${server.http}/de/sign-in`)
  await signIn(page, person.address, person.password)
  await page.getByText('Adresse und Passwort passen nicht zusammen', { exact: false }).waitFor()
})
