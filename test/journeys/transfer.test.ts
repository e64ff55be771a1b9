/** Somebody moves: brings letters from a file, through a line that breaks, and takes them all along again. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { writeMbox } from '#formats/mbox'
import { letter } from '../letters.ts'
import { startServer } from '../server.ts'
import { readZip } from '../zip.ts'
import { checkLooks } from './looks.ts'
import { loseRequests, lostRequests } from './device.ts'
import { openInbox } from './person.ts'

const server = await startServer({ after }, {}, ['http', 'worker'])

/** How the address of an upload's second part ends. */
const SECOND_PART = '/16777216'
/** More often than a page tries within a test. */
const MANY = 1000

async function mailbox(count: number, bytes: number): Promise<Buffer> {
  async function* letters() {
    for (let n = 0; n < count; n++) {
      const text = randomBytes(bytes).toString('base64').replaceAll(/.{76}/g, '$&\n')
      yield {
        receivedAt: new Date(Date.UTC(2019, 0, 1 + n)),
        keywords: ['$seen'],
        content: letter({ subject: `Reise ${n}`, text }),
      }
    }
  }
  return Buffer.concat(await Array.fromAsync(writeMbox(letters())))
}

test('letters come from a file with their progress shown, go on after a break, and are taken along', async (t) => {
  const { page } = await openInbox(t, server, 'umzug')
  await page.goto(`${server.http}/app/#/settings/transfer`)
  await page.getByText('Noch keine.').waitFor()
  await page.getByRole('button', { name: 'Hochladen und einsortieren' }).click()
  await page.getByText('Wählen Sie eine Datei.').waitFor()
  await checkLooks(page, 'noch kein Umzug')

  // Two parts and a half; the line breaks at the second, and is there again when the page asks how much has come.
  const bytes = Buffer.concat([
    Buffer.from('From a@b.example Sat Jan  3 01:05:34 1996\nkein Briefkopf\n\n'),
    await mailbox(300, 100_000),
  ])
  assert.ok(bytes.length > 35_000_000)
  await loseRequests(page, SECOND_PART, 1)
  const file = { name: 'Reisen und Ausflüge.mbox', mimeType: 'application/mbox', buffer: bytes }
  await page.getByLabel('Datei', { exact: true }).setInputFiles(file)
  await page.getByRole('button', { name: 'Hochladen und einsortieren' }).click()
  const card = page.getByRole('article', { name: 'Reisen und Ausflüge.mbox' })
  await card.getByRole('progressbar', { name: 'Fortschritt' }).waitFor()
  await card.getByText('wird hochgeladen').waitFor()
  await checkLooks(page, 'ein Umzug, der läuft')
  await card.getByText('fertig', { exact: true }).waitFor()
  assert.equal(await lostRequests(page), 1, 'a part was lost, and came again')
  await card.getByText('Neu').waitFor()
  assert.deepEqual(await card.locator('dd').allTextContents(), ['300', '0', '1', '0'])
  await card.getByRole('button', { name: 'Was beschädigt war' }).click()
  await card.getByText('Zeile 1, Byte 0:').waitFor()
  await card.getByText('ohne Briefkopf').waitFor()
  await checkLooks(page, 'ein Umzug, der fertig ist')

  // What a page began that was then loaded again goes on with the same file, and with no other.
  await loseRequests(page, SECOND_PART, MANY)
  await page.getByLabel('Datei', { exact: true }).setInputFiles({ ...file, name: 'Noch einmal.mbox' })
  await page.getByLabel('Wohin').selectOption({ label: 'Reisen und Ausflüge' })
  await page.getByRole('button', { name: 'Hochladen und einsortieren' }).click()
  const second = page.getByRole('article', { name: 'Noch einmal.mbox' })
  await second.getByText('17 MB von').waitFor()
  await page.reload()
  const again = second.getByLabel('Das Hochladen brach ab.')
  await again.setInputFiles({ ...file, name: 'Andere.mbox' })
  await second.getByText('Das ist eine andere Datei').waitFor()
  await checkLooks(page, 'ein Umzug, der abbrach')
  await again.setInputFiles({ ...file, name: 'Noch einmal.mbox' })
  await second.getByText('fertig', { exact: true }).waitFor()
  assert.deepEqual(await second.locator('dd').allTextContents(), ['0', '300', '1', '0'])
  await second.getByRole('button', { name: 'aus der Liste nehmen' }).click()
  await second.waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Maildir' }).click()
  await page.getByLabel('Welche Briefe').selectOption({ label: 'Reisen und Ausflüge' })
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Herunterladen' }).click(),
  ])
  assert.match(download.suggestedFilename(), /^zegel-maildir-[\d-]+\.zip$/)
  const files = readZip(readFileSync(await download.path()))
  const names = [...files.keys()].filter((name) => name.includes('/cur/'))
  assert.equal(names.length, 300)
  assert.ok(
    names.every((name) => /^\.Reisen und Ausfl&APw-ge\/cur\/\d+\..*:2,S$/.test(name)),
    names[0],
  )
})

test('an import that is stopped lets go of its file, and says so', async (t) => {
  const { page } = await openInbox(t, server, 'halt')
  await page.goto(`${server.http}/app/#/settings/transfer`)
  await loseRequests(page, SECOND_PART, MANY)
  const buffer = Buffer.concat([await mailbox(1, 100), randomBytes(20_000_000)])
  await page
    .getByLabel('Datei', { exact: true })
    .setInputFiles({ name: 'a.mbox', mimeType: 'application/mbox', buffer })
  await page.getByRole('button', { name: 'Hochladen und einsortieren' }).click()
  await page.getByText('17 MB von').waitFor()
  await page.getByRole('button', { name: 'a.mbox anhalten' }).click()
  await page.getByText('angehalten', { exact: true }).waitFor()
  const { rowCount } = await server.storage.database.sql`select from transfer_part`
  assert.equal(rowCount, 0)
})
