/** A suspended account: what its owner sees, and the appeal. */
import { after, test } from 'node:test'
import { keep, suspend } from '#trust/suspension'
import { startServer } from '../server.ts'
import { checkLooks } from './looks.ts'
import { openInbox } from './person.ts'

const server = await startServer({ after }, {}, ['smtp', 'http'])

test('a suspended account sees the rule and since when, appeals, sees until when, and reads the answer', async (t) => {
  const { page, person } = await openInbox(t, server, 'sven')
  await page.goto(`${server.http}/app/#/settings/security`)
  await page.getByRole('heading', { name: 'Passwort', exact: true }).waitFor()
  await suspend(server.storage, server.config, person.id, 'advertising')
  await page.goto(`${server.http}/app/#/mail/inbox`)
  await page.reload()
  const bar = page.getByRole('region', { name: 'Ihr Konto ist gesperrt' })
  await bar.getByText('Die Regel: Keine Werbung an Leute, die sie nicht wollen.', { exact: false }).waitFor()
  await checkLooks(page, 'the bar of a suspension')
  await bar.getByRole('link', { name: 'Widerspruch einlegen' }).click()
  await page.getByRole('heading', { name: 'Passwort', exact: true }).waitFor()
  const section = page.getByRole('region', { name: 'Ihr Konto ist gesperrt' })
  await section.getByText('Keine Werbung an Leute, die sie nicht wollen.').waitFor()
  await section.getByRole('button', { name: 'Widerspruch einlegen' }).click()
  await section.getByText('Ohne Ihre Worte lässt sich nichts entscheiden.').waitFor()
  await checkLooks(page, 'a suspension')
  await section.getByLabel('Ihr Widerspruch').fill('Das war unser Rundbrief, den alle bestellt haben.')
  await section.getByRole('button', { name: 'Widerspruch einlegen' }).click()
  await section.getByText('Ihr Widerspruch liegt beim Betreiber.', { exact: false }).waitFor()
  await checkLooks(page, 'an appeal that waits')
  await page.goto(`${server.http}/app/#/mail/inbox`)
  await bar.getByRole('link', { name: 'Stand des Widerspruchs' }).click()
  await section.getByText('Ihr Widerspruch liegt beim Betreiber.', { exact: false }).waitFor()
  await keep(server.storage, server.config, person.id, 'Drei Empfänger haben sich beschwert.')
  await page.reload()
  await section.getByText('Drei Empfänger haben sich beschwert.').waitFor()
  await checkLooks(page, 'an appeal that was turned down')
})
