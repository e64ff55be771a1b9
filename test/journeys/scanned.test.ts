/** What somebody sees who wants to send what may not be sent, or what nobody can look into at the moment. */
import { after, test } from 'node:test'
import { EICAR, startClamd } from '../scanners.ts'
import { startServer } from '../server.ts'
import { checkLooks } from './looks.ts'
import { begin, choose, openWriter, text } from './writing.ts'

const clamd = await startClamd({ after })
const scanners = { clamd: clamd.address, timeoutSeconds: 5 }
const server = await startServer({ after }, { scanners })

const file = (name: string, content: string) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
})

test('a virus is not taken, a program is not sent, and what cannot be checked is tried again', async (t) => {
  const { page } = await openWriter(t, server, 'wilma')
  await begin(page)
  await page.keyboard.type('rita@example.org,')
  await page.getByLabel('Betreff').fill('Rechnung')
  await text(page).click()
  await page.keyboard.type('Bitte sehr.')

  await choose(page, 'Datei anhängen', [file('rechnung.bin', EICAR)])
  await page.getByText('Sie enthält einen Virus und wurde nicht angenommen.').waitFor()
  await checkLooks(page, 'a file with a virus')
  await page.getByRole('button', { name: 'rechnung.bin entfernen' }).click()

  await choose(page, 'Datei anhängen', [file('rechnung.pdf.exe', 'harmless')])
  await page.getByRole('button', { name: 'rechnung.pdf.exe entfernen' }).waitFor()
  await text(page).click()
  await page.keyboard.press('Control+Enter')
  await page.getByText(/Programme und Dateien, die welche starten, dürfen nicht versendet werden/).waitFor()
  await checkLooks(page, 'a letter with a program')
  await page.getByRole('button', { name: 'rechnung.pdf.exe entfernen' }).click()

  clamd.pause()
  await text(page).click()
  await page.keyboard.press('Control+Enter')
  await page.getByText(/Der Brief kann gerade nicht auf Viren geprüft werden/).waitFor()
  await checkLooks(page, 'a letter that cannot be checked')
  clamd.continue()
  await page.keyboard.press('Control+Enter')
  await page.getByText('Gesendet an rita@example.org').waitFor()
})
