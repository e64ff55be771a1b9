/** Somebody keeps a distribution list: makes it, asks members, decides what goes on. */
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { loadList, readHeld, readInvited, readMembers } from '#mail/lists'
import { listQueue } from '#mail/outbound'
import { startServer } from '../server.ts'
import { startSink } from '../sink.ts'
import { dialSmtp } from '../smtp.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

const outside = await startSink({ after })
const server = await startServer({ after }, { routes: { 'outside.example': `127.0.0.1:${outside.port}` } }, [
  'smtp',
  'http',
  'queue',
])
const { storage } = server

async function write(t: TestContext, to: string, subject: string): Promise<void> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say('MAIL FROM:<bea@outside.example>')
  await smtp.say(`RCPT TO:<${to}>`)
  await smtp.say('DATA')
  const date = new Date().toUTCString()
  const answer = await smtp.say(
    `From: Bea Brandt <bea@outside.example>\r\nTo: ${to}\r\nDate: ${date}\r\nMessage-ID: <${crypto.randomUUID()}@outside.example>\r\nSubject: ${subject}\r\n\r\nDarf ich <b>mitmachen</b>?\r\n.`,
  )
  assert.match(answer, /^250/)
  await seen(async () => assert.deepEqual(await listQueue(storage), []))
}

test('a list is made in the settings, members are asked, and a stranger’s letter waits for a decision', async (t) => {
  const { page, person } = await openInbox(t, server, 'klara')
  await page.goto(`${server.http}/app/#/settings/lists`)
  await page.getByText('Noch gibt es keine.').waitFor()
  await page.getByRole('button', { name: 'Neue Liste' }).click()
  const making = page.getByRole('dialog', { name: 'Neue Liste' })
  await making.getByLabel('Name, den alle lesen').fill('Gartenfreunde am Seeuferweg und Umgebung')
  await making.getByLabel('Adresse, vor dem @').fill('billing')
  await making.getByLabel('Mitglieder; andere, wenn ich zustimme').check()
  await page.keyboard.press('Enter')
  await making.getByText('Diesen Namen vergibt der Dienst nicht.').waitFor()
  await checkLooks(page, 'eine neue Liste')
  await making.getByLabel('Adresse, vor dem @').fill('gartenfreunde')
  await page.keyboard.press('Enter')
  const card = page.getByRole('article', { name: 'Gartenfreunde' })
  await card.getByText('Noch keine Mitglieder').waitFor()
  const list = await loadList(storage, 'gartenfreunde@zegel.test')
  assert.equal(list.posting, 'moderated')

  await card.getByRole('button', { name: 'Mitglieder hinzufügen' }).click()
  const adding = page.getByRole('dialog', { name: 'Mitglieder hinzufügen' })
  const field = adding.getByLabel('Adressen, eine in jeder Zeile')
  await field.fill(`${person.address}\nanna@outside.example\nkeine Adresse`)
  await adding.getByRole('button', { name: 'Mitglieder hinzufügen' }).click()
  await adding.getByText('Was hier noch steht, sind keine Adressen.').waitFor()
  assert.equal(await field.inputValue(), 'keine\nAdresse')
  await checkLooks(page, 'Mitglieder hinzufügen')
  await page.keyboard.press('Escape')
  assert.deepEqual(
    (await readMembers(list)).map(({ address }) => address),
    [person.address],
  )
  assert.deepEqual(
    (await readInvited(list)).map(({ address }) => address),
    ['anna@outside.example'],
  )
  await card.getByText('1 Mitglied').waitFor()
  await card.getByRole('button', { name: 'Mitglieder ansehen' }).click()
  await card.getByText('gefragt, noch keine Antwort').waitFor()

  await write(t, list.address, 'Rosenschnitt')
  await write(t, list.address, 'Werbung')
  await card.getByText('2 Briefe warten').waitFor()
  await card.getByText('Darf ich <b>mitmachen</b>?').first().waitFor()
  await card.getByText('ist nicht bewiesen').first().waitFor()
  await checkLooks(page, 'eine Liste, bei der Briefe warten')
  await card.getByRole('button', { name: '„Werbung“ ablehnen' }).click()
  const refusing = page.getByRole('dialog', { name: 'Brief ablehnen?' })
  await refusing.getByText('und niemand erfährt davon', { exact: false }).waitFor()
  await refusing.getByRole('button', { name: 'Ablehnen' }).click()
  await card.getByText('1 Brief wartet').waitFor()
  await card.getByRole('button', { name: '„Rosenschnitt“ weitergeben' }).click()
  await card.getByRole('heading', { name: 'Briefe, die auf Sie warten' }).waitFor({ state: 'detached' })
  assert.deepEqual(await readHeld(list.account), [])
  await seen(async () => assert.deepEqual(await listQueue(storage), []))
  await card.getByRole('button', { name: 'anna@outside.example von der Liste nehmen' }).click()
  await seen(async () => assert.deepEqual(await readInvited(list), []))

  await page.goto(`${server.http}/app/#/mail/inbox`)
  await page.getByText('Rosenschnitt').first().waitFor()

  await page.goto(`${server.http}/de/list`)
  await page.getByRole('heading', { level: 1, name: 'Verteilerlisten' }).waitFor()
  await checkLooks(page, 'was Listen sind')
  const [asked] = outside.letters.filter(({ to }) => to.includes('anna@outside.example'))
  const text = (asked?.content ?? '').replace(/=\r\n/g, '').replace(/=3D/g, '=')
  const [, link = ''] = /join=(\S+)/.exec(text) ?? []
  await page.goto(`${server.http}/de/list?join=${link}`)
  await page.getByRole('heading', { name: 'Dieser Link gilt nicht mehr' }).waitFor()
})
