/** Somebody moves in from another provider: sees how far it is, through a line that breaks, stops it and goes on. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startDovecot, startRelay } from '../dovecot.ts'
import { letter } from '../letters.ts'
import { startNameServer } from '../name-server.ts'
import { startServer } from '../server.ts'
import { checkLooks } from './looks.ts'
import { openInbox } from './person.ts'

const dovecot = await startDovecot({ after })
const relay = await startRelay({ after }, dovecot.imaps)
const names = await startNameServer({ after }, { 'zegel.test': { A: ['127.0.0.1'] } })
const server = await startServer(
  { after },
  {
    fetch: { allow: [`127.0.0.1:${relay.port}`], authority: dovecot.authority },
    dns: { servers: [names.address] },
  },
  ['http', 'worker'],
)

test(
  'letters come over with their progress shown, are cut off, stopped, and go on',
  { timeout: 170_000 },
  async (t) => {
    const client = await dovecot.client()
    await client.mailboxCreate('Reisen')
    for (let n = 0; n < 200; n++)
      await client.append('Reisen', letter({ text: n % 10 === 0 ? 'x'.repeat(200_000) : `${n}` }), ['\\Seen'])
    await client.logout()

    const { page } = await openInbox(t, server, 'einzug')
    await page.goto(`${server.http}/app/#/settings/transfer`)
    await page.getByRole('button', { name: 'Briefe herüberholen' }).click()
    await page.getByText('Wie melden Sie sich dort an?').waitFor()
    await checkLooks(page, 'nichts vom anderen Anbieter')
    await page.getByLabel('Adresse oder Benutzername dort').fill('anna@elsewhere.example')
    assert.equal(await page.getByLabel('Server', { exact: true }).inputValue(), 'imap.elsewhere.example')
    await page.getByLabel('Adresse oder Benutzername dort').fill(dovecot.user)
    await page.getByLabel('Passwort dort').fill(dovecot.password)
    await page.getByLabel('Server', { exact: true }).fill('zegel.test')
    assert.equal(await page.getByLabel('Port').inputValue(), '993')
    await page.getByLabel('Port').fill('25')
    await page.getByRole('button', { name: 'Briefe herüberholen' }).click()
    await page.getByText('An diesem Port spricht niemand IMAP.').waitFor()
    await page.getByLabel('Port').fill(String(relay.port))
    const held = relay.holdAfter(3_000_000)
    await page.getByRole('button', { name: 'Briefe herüberholen' }).click()
    await held
    const card = page.getByRole('article', { name: dovecot.user })
    await card.getByRole('progressbar', { name: 'Fortschritt' }).waitFor()
    await card.getByText('von 200 Briefen').waitFor()
    await card.getByText('von 5 Ordnern').waitFor()
    await checkLooks(page, 'ein Umzug von woanders, der läuft')

    await dovecot.kill()
    relay.cut()
    await card.getByText('Der andere Anbieter war nicht zu erreichen.').waitFor()
    await checkLooks(page, 'der andere Anbieter ist fort')
    await page.getByRole('button', { name: `${dovecot.user} anhalten` }).click()
    await card.getByText('angehalten', { exact: true }).waitFor()
    await dovecot.restart()
    await checkLooks(page, 'ein Umzug von woanders, der angehalten ist')
    await card.getByRole('button', { name: 'Weitermachen' }).click()
    await card.getByText('Geben Sie das Passwort ein.').waitFor()
    await card.getByLabel(`Passwort von ${dovecot.user}`).fill('falsch')
    await card.getByRole('button', { name: 'Weitermachen' }).click()
    await card.getByText('nimmt Name und Passwort nicht an').waitFor()
    await card.getByLabel(`Passwort von ${dovecot.user}`).fill(dovecot.password)
    await card.getByRole('button', { name: 'Weitermachen' }).click()
    await card.getByText('fertig', { exact: true }).waitFor()
    await card.getByText('5 von 5 Ordnern').waitFor()
    assert.deepEqual(await card.locator('dd').allTextContents(), ['200', '0', '0'])
    await checkLooks(page, 'ein Umzug von woanders, der fertig ist')
  },
)
