/** Somebody at the machine looks at a person's data; the person sees it at once, and their browser verifies the chain. */
import { after, test } from 'node:test'
import { recordAccess } from '#trust/access'
import { asAdministrator } from '../cluster.ts'
import { testDatabase } from '../database.ts'
import { startServer } from '../server.ts'
import { checkLooks } from './looks.ts'
import { openInbox } from './person.ts'

const { url } = await testDatabase()
const server = await startServer({ after }, {}, ['http'])

test('a look is there at once, and the chain holds until somebody changes it', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await page.goto(`${server.http}/app/#/settings/general`)
  await page.getByRole('link', { name: 'Wer hineinsah' }).click()
  await page.getByText('Noch hat niemand, der diesen Dienst betreibt, irgendetwas angesehen.').waitFor()
  await page.getByText('Niemand hat hineingesehen').waitFor()
  await checkLooks(page, 'nobody has looked')

  await recordAccess(server.storage, [person.id], {
    by: 'commandLine',
    purpose: 'support',
    reference: 'Ticket 2026-117',
    fields: ['addresses', 'state', 'created', 'stops', 'suspension', 'appeal', 'complaints'],
  })
  await page.reload()
  await page.getByRole('row', { name: /Kundendienst.*Ticket 2026-117.*Adressen/s }).waitFor()
  await page.getByText('eine Einsicht in Daten von irgendjemandem', { exact: false }).waitFor()
  await checkLooks(page, 'somebody has looked, and the chain holds')

  const isSeen = Promise.withResolvers<void>()
  await page.route('**/.well-known/zegel-access-chain*', async (route) => {
    await isSeen.promise
    await route.abort()
  })
  await page.reload()
  await page.getByText('Das Protokoll wird geholt und nachgerechnet').waitFor()
  await checkLooks(page, 'the chain is being computed')
  isSeen.resolve()
  await page.getByRole('button', { name: 'Jetzt versuchen' }).waitFor()
  await checkLooks(page, 'the chain could not be fetched')
  await page.unroute('**/.well-known/zegel-access-chain*')
  await page.getByRole('button', { name: 'Jetzt versuchen' }).click()
  await page.getByText('eine Einsicht in Daten von irgendjemandem', { exact: false }).waitFor()

  const database = new URL(url).searchParams.get('db') ?? undefined
  await asAdministrator(url, "update access_chain set digest = sha256('another')", database)
  await page.reload()
  await page.getByRole('alert').getByText('Die Kette ist gebrochen.').waitFor()
  await page.getByText('Einsicht Nummer 1 ist nicht die, die in der Kette steht.', { exact: false }).waitFor()
  await checkLooks(page, 'the chain is broken')
})
