/** A masked address from its making in the composer to the letter that it does not take any more. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { startServer } from '../server.ts'
import { startSink } from '../sink.ts'
import { dialSmtp } from '../smtp.ts'
import { checkLooks } from './looks.ts'
import { seen } from './person.ts'
import { begin, letter, openWriter, row, text } from './writing.ts'

const shop = await startSink({ after })
const server = await startServer({ after }, { routes: { 'example.net': `127.0.0.1:${shop.port}` } }, [
  'smtp',
  'http',
  'queue',
])

/** What the server says to a letter of the shop: to RCPT where it refuses there, else to the letter. */
async function deliver(t: TestContext, to: string, subject: string): Promise<string> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<laden@example.net>')
  const reply = await smtp.say(`RCPT TO:<${to}>`)
  if (!reply.startsWith('250')) return reply
  await smtp.say('DATA')
  const date = new Date().toUTCString()
  // To others: that it came to the masked address stands nowhere in it.
  return smtp.say(
    `From: Laden <laden@example.net>\r\nTo: kunden@example.net\r\nDate: ${date}\r\nMessage-ID: <${subject}@example.net>\r\nSubject: ${subject}\r\n\r\nGuten Tag.\r\n.`,
  )
}

test('a masked address is made while writing, writes, is answered, and is switched off', async (t) => {
  const { page } = await openWriter(t, server, 'annaliese')
  await begin(page)
  await page.keyboard.type('laden@example.net,')
  const from = page.getByLabel('Von', { exact: true })
  await from.selectOption('Neue Deckadresse …')
  const dialog = page.getByRole('dialog', { name: 'Neue Deckadresse' })
  const purpose = dialog.getByLabel('Wofür sie ist', { exact: false })
  assert.equal(await purpose.inputValue(), 'example.net', 'whom it is written to is proposed')
  await checkLooks(page, 'a new masked address')
  await purpose.fill('Laden')
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  const chosen = await from.locator('option:checked').textContent()
  const [, address = ''] = /^Laden: ([a-z]+\.[a-z]+\.\d{7}@zegel\.test)$/.exec(chosen ?? '') ?? []
  assert.notEqual(address, '', chosen ?? 'nothing was chosen')
  await page.getByLabel('Betreff').fill('Bestellung')
  await text(page).click()
  await page.keyboard.type('Wann kommt sie?')
  await page.keyboard.press('Control+Enter')

  await seen(async () => assert.equal(shop.letters.length, 1))
  const [sent] = shop.letters
  assert.ok(sent)
  assert.equal(sent.from, address)
  assert.match(sent.content, new RegExp(`^From: ${address}\\r?$`, 'm'))
  assert.doesNotMatch(sent.content, /annaliese|Laden:/i)

  assert.match(await deliver(t, address, 'Unterwegs'), /^250/)
  await row(page, /Unterwegs/).click()
  const fact = letter(page).getByText('Kam an Ihre Deckadresse: Laden')
  await fact.waitFor()
  await checkLooks(page, 'a letter that came to a masked address')
  await page.keyboard.press('r')
  await seen(async () => assert.equal(await from.locator('option:checked').textContent(), chosen))
  await page.keyboard.press('Escape')

  await letter(page).getByRole('button', { name: 'Ausschalten' }).click()
  await letter(page).getByText('Kam an Ihre Deckadresse, die jetzt aus ist: Laden').waitFor()
  assert.match(await deliver(t, address, 'Werbung'), /^550 5\.1\.1/)
})

test('the page of addresses lists them, switches them by keyboard, and deletes for ever only when asked twice', async (t) => {
  const { page } = await openWriter(t, server, 'bernadette')
  await page.goto(`${server.http}/app/#/settings/addresses`)
  const region = page.getByRole('region', { name: 'Deckadressen' })
  await region.getByText('Sie haben noch keine.').waitFor()
  await page.getByText('bernadette+laden@zegel.test').waitFor()
  for (const name of ['Bäckerei', 'Zeitung']) {
    await region.getByRole('button', { name: 'Neue Deckadresse' }).click()
    await page.keyboard.type(name)
    await page.keyboard.press('Enter')
    await region.getByText(name, { exact: true }).waitFor()
  }
  const address =
    (await region
      .getByText(/^[a-z.]+\d{7}@zegel\.test$/)
      .first()
      .textContent()) ?? ''
  assert.match(await deliver(t, address, 'Brot'), /^250/)
  await region.getByText('1 Brief', { exact: false }).waitFor()
  const takes = region.getByRole('switch', { name: 'Bäckerei nimmt Briefe an' })
  await takes.focus()
  await page.keyboard.press('Space')
  await region.getByText('ausgeschaltet').waitFor()
  assert.match(await deliver(t, address, 'Kuchen'), /^550 5\.1\.1/)
  await checkLooks(page, 'the page of addresses')

  await region.getByRole('button', { name: 'Bäckerei löschen' }).click()
  const sure = page.getByRole('dialog', { name: 'Diese Adresse für immer löschen?' })
  await checkLooks(page, 'deleting a masked address')
  await page.keyboard.press('Escape')
  await region.getByText('Bäckerei', { exact: true }).waitFor()
  await region.getByRole('button', { name: 'Bäckerei löschen' }).click()
  await sure.getByRole('button', { name: 'Für immer löschen' }).click()
  await region.getByText('Bäckerei', { exact: true }).waitFor({ state: 'detached' })
  await region.getByText('Zeitung', { exact: true }).waitFor()
})

test('an address is added, becomes the first, and the other one is given up when it is confirmed', async (t) => {
  const { page } = await openWriter(t, server, 'charlotte')
  await page.goto(`${server.http}/app/#/settings/addresses`)
  const region = page.getByRole('region', { name: 'Ihre Adressen' })
  await region.getByRole('button', { name: 'Neue Adresse' }).click()
  const dialog = page.getByRole('dialog', { name: 'Neue Adresse' })
  await page.keyboard.type('postmaster')
  await page.keyboard.press('Enter')
  await dialog.getByText('Dieser Name ist dem Dienst vorbehalten.').waitFor()
  await checkLooks(page, 'an address that is reserved')
  await dialog.getByLabel('Name vor dem @').fill('lotte.blum')
  await page.keyboard.press('Enter')
  await region.getByText('lotte.blum@zegel.test').waitFor()
  assert.match(await deliver(t, 'lotte.blum@zegel.test', 'Lotte'), /^250/)
  await checkLooks(page, 'two addresses')
  await region.getByRole('button', { name: 'lotte.blum@zegel.test zur ersten machen' }).click()
  await page
    .getByRole('region', { name: 'Was eben geschah' })
    .getByText('Das Konto heißt jetzt lotte.blum@zegel.test.')
    .waitFor()
  await page.getByText('lotte.blum+laden@zegel.test').waitFor()
  await region.getByRole('button', { name: 'charlotte@zegel.test aufgeben' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Aufgeben' }).click()
  await region.getByText('charlotte@zegel.test').waitFor({ state: 'detached' })
  assert.match(await deliver(t, 'charlotte@zegel.test', 'Charlotte'), /^550 5\.1\.1/)
  await page.reload()
  await region.getByText('lotte.blum@zegel.test').waitFor()
})
