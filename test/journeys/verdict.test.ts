/** A letter that its domain disowns is found among the unwanted ones, says why, and goes to the inbox when that was wrong. */
import { after, test } from 'node:test'
import { startNameServer } from '../name-server.ts'
import { startServer } from '../server.ts'
import { sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox } from './person.ts'

const names = await startNameServer(
  { after },
  {
    'strict.example': { TXT: ['v=spf1 -all'] },
    '_dmarc.strict.example': { TXT: ['v=DMARC1; p=reject'] },
    'good.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    '_dmarc.good.example': { TXT: ['v=DMARC1; p=none'] },
  },
)
const server = await startServer({ after }, { dns: { servers: [names.address] } })

test('a letter that its domain disowns says why it is among the unwanted, and is taken back from there', async (t) => {
  const { page, person } = await openInbox(t, server, 'ottilie')
  await sendAll(server.smtp, person.address, [
    { from: 'Ihre Bank <bank@strict.example>', subject: 'Ihr Konto wird gesperrt' },
    { from: 'Berta <berta@good.example>', subject: 'Apfelernte' },
  ])
  await page.getByRole('row', { name: /Apfelernte/ }).click()
  await page.getByRole('button', { name: 'Einzelheiten' }).click()
  await page.getByRole('region', { name: 'Was wir daran geprüft haben' }).waitFor()
  await page.getByText('Er kommt wirklich von good.example.').waitFor()
  await checkLooks(page, 'what was checked about a letter')

  await page.getByRole('link', { name: /^Unerwünscht/ }).click()
  await page.getByRole('row', { name: /Ihr Konto wird gesperrt/ }).click()
  const why = page.getByRole('region', { name: 'Warum dieser Brief hier liegt' })
  await why.getByText('Dort bittet man, solche Briefe abzuweisen.', { exact: false }).waitFor()
  await checkLooks(page, 'why a letter is among the unwanted')
  await why.getByRole('button', { name: 'Erwünscht, in den Eingang' }).click()
  await page.getByRole('link', { name: /^Eingang/ }).click()
  await page.getByRole('row', { name: /Ihr Konto wird gesperrt/ }).waitFor()
})
