/** Letters are written, sent and answered in the browser, between two people of one server. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addPerson } from '../people.ts'
import { startServer } from '../server.ts'
import { sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'
import { ask, begin, field, letter, openWriter, png, row, text } from './writing.ts'

const server = await startServer({ after }, {}, ['smtp', 'http', 'queue'])

test('a letter is written with the keys alone, taken back, sent, and comes with its looks', async (t) => {
  const { page } = await openWriter(t, server, 'wanda', { undoSeconds: 20 })
  const other = await openInbox(t, server, 'viktor')
  await begin(page)
  await checkLooks(page, 'an empty letter')
  await page.keyboard.type('viktor@zegel.test')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'viktor@zegel.test', exact: true }).waitFor()
  await page.getByLabel('Betreff').focus()
  await page.keyboard.type('Generalprobe')
  await text(page).focus()
  await page.keyboard.type('Guten Tag,')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Control+b')
  await page.keyboard.type('Freitag')
  await page.keyboard.press('Control+b')
  await page.keyboard.type(' um sieben.')
  await page.keyboard.press('Control+Enter')

  const toast = page.getByRole('region', { name: 'Was eben geschah' })
  await toast.getByText('Unterwegs an viktor@zegel.test').waitFor()
  await toast.getByRole('button', { name: /Rückgängig/ }).click()
  await text(page).getByText('Freitag').waitFor()
  assert.equal(await page.getByLabel('Betreff').inputValue(), 'Generalprobe')
  await text(page).focus()
  await page.keyboard.press('Control+End')
  await page.keyboard.type(' Bis dann')
  // Now it need not wait; where the app has not heard of that yet, it does.
  await ask(page, 'Settings/set', { update: { singleton: { undoSeconds: 0 } } })
  await page.keyboard.press('Control+Enter')
  await toast.getByText('viktor@zegel.test').waitFor()

  await row(other.page, /Generalprobe/).click()
  const frame = letter(other.page).frameLocator('iframe')
  await frame.locator('b', { hasText: 'Freitag' }).waitFor()
  assert.match((await frame.locator('body').textContent()) ?? '', /^Guten Tag,Freitag um sieben\. Bis dann$/)
  assert.equal(await other.page.getByRole('row', { name: /Generalprobe/ }).count(), 1, 'what was taken back never left')

  await page.goto(`${server.http}/app/#/mail/sent`)
  await row(page, /Generalprobe/).click()
  await letter(page).getByRole('button', { name: 'An alle übergeben' }).click()
  await checkLooks(page, 'a letter that was sent')
})

test('an answer to all quotes the letter, keeps its pictures, and marks it as answered', async (t) => {
  const { page, person: anna } = await openWriter(t, server, 'ulla')
  const theo = await openInbox(t, server, 'theo')
  await sendAll(server.smtp, anna.address, [
    {
      from: `Theo Grün <${theo.person.address}>`,
      cc: 'carla@example.org',
      subject: 'Herbstfest',
      html: '<p style="color:#aa0000">Kommst du?</p><img src="cid:karte@fest" alt="Karte"><img src="https://tracker.example/1.gif">',
      text: 'Kommst du?',
      attachments: [{ filename: 'karte.png', content: png, cid: 'karte@fest', contentDisposition: 'inline' }],
    },
  ])
  await row(page, /Herbstfest/).click()
  await letter(page).getByRole('button', { name: 'Allen antworten' }).click()
  await text(page).and(page.locator(':focus')).waitFor()
  await page.getByRole('button', { name: 'Theo Grün theo@zegel.test', exact: true }).waitFor()
  await page.getByRole('button', { name: 'carla@example.org', exact: true }).waitFor()
  assert.equal(await page.getByLabel('Betreff').inputValue(), 'Re: Herbstfest')
  // The letter stays readable beside it.
  await letter(page).frameLocator('iframe').getByText('Kommst du?').waitFor()
  await page.keyboard.type('Gern, um wie viel Uhr?')
  await page.getByRole('button', { name: 'carla@example.org entfernen' }).click()
  await page.getByRole('button', { name: 'Zitierter Text', exact: true }).click()
  const quoted = page.locator('.quoted-part').frameLocator('iframe')
  await quoted.getByText(/schrieb Theo Grün <theo@zegel\.test>:/).waitFor()
  await checkLooks(page, 'an answer beside its letter')
  await page.keyboard.press('Control+Enter')
  await row(theo.page, /Re: Herbstfest/).click()
  const answer = letter(theo.page).frameLocator('iframe').first()
  await answer.getByText('Gern, um wie viel Uhr?').waitFor()
  await letter(theo.page).getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await theo.page.getByRole('menuitem', { name: 'Quelltext zeigen' }).click()
  const source = (await theo.page.getByRole('region', { name: 'Quelltext des Briefs' }).textContent()) ?? ''
  assert.match(source, /In-Reply-To: </)
  assert.match(
    source,
    /multipart\/alternative[^]*text\/plain[^]*multipart\/related[^]*text\/html[^]*Content-ID: <karte@fest>/,
  )
  assert.match(source.replaceAll('=\r\n', '').replaceAll('=\n', ''), /> Kommst du\?/)
  assert.match(source, /color:#aa0000/)
  assert.doesNotMatch(source, /tracker\.example/)
  await seen(async () => {
    const { ids } = await ask(page, 'Email/query', { filter: { hasKeyword: '$answered' } })
    assert.equal((ids as string[]).length, 1)
  })
})

test('what is wrong is said where it is, before and after the server has seen it, and nothing is lost', async (t) => {
  const { page } = await openWriter(t, server, 'petra')
  await begin(page)
  await page.keyboard.press('Control+Enter')
  await page.getByText('Der Brief braucht einen Empfänger.').waitFor()
  await field(page, 'An').pressSequentially('"Blau, Carl" <carl@example.org>,kaputt@,niemand@zegel.test,')
  await page.getByText('Das ist keine vollständige Adresse: kaputt@').waitFor()
  await checkLooks(page, 'a wrong address')
  // Back to the tag with the arrow keys, and away with it.
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Delete')
  await page.getByLabel('Betreff').fill('Rechnung')
  await text(page).click()
  await page.keyboard.type('Die Rechnung finden Sie im Anhang.')
  await page.keyboard.press('Control+Enter')
  await page.getByText('doch nichts ist angehängt').waitFor()
  await checkLooks(page, 'a forgotten attachment')
  await page.getByRole('button', { name: 'So senden' }).click()
  await page.getByText('Diese Adresse nimmt keine Post an: niemand@zegel.test').waitFor()
  assert.match((await text(page).textContent()) ?? '', /im Anhang/)
  await page.getByRole('button', { name: 'Blau, Carl carl@example.org', exact: true }).waitFor()
})

test('a letter for later waits among the scheduled ones and can be changed', async (t) => {
  const { page } = await openWriter(t, server, 'olga')
  await addPerson(server.storage, { name: 'norbert' })
  await begin(page)
  await page.keyboard.type('norbert@zegel.test,')
  await page.getByLabel('Betreff').fill('Glückwunsch')
  await text(page).click()
  await page.keyboard.type('Alles Gute')
  await page.keyboard.press('Control+Shift+Enter')
  await page.getByRole('menuitem', { name: 'Morgen früh' }).waitFor()
  await checkLooks(page, 'the times for later')
  await page.getByRole('menuitem', { name: 'Tag und Zeit wählen' }).click()
  await page.getByLabel('Tag', { exact: true }).fill('2020-01-01')
  await page.getByRole('button', { name: 'Dann senden' }).click()
  await page.getByLabel('Tag', { exact: true }).fill(new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10))
  await page.getByRole('button', { name: 'Dann senden' }).click()
  await page.getByRole('link', { name: /Geplant/ }).click()
  await page.getByText('Glückwunsch').waitFor()
  await checkLooks(page, 'scheduled letters')
  await page.getByRole('button', { name: 'Ändern' }).click()
  await text(page).getByText('Alles Gute').waitFor()
  assert.equal(await page.getByLabel('Betreff').inputValue(), 'Glückwunsch')
})

test('a sender has a signature, and a text that is kept is put in again', async (t) => {
  const { page } = await openWriter(t, server, 'maria')
  await page.goto(`${server.http}/app/#/settings/writing`)
  await page.getByRole('button', { name: 'maria@zegel.test bearbeiten' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Maria Blum')
  await page.getByRole('textbox', { name: 'Signatur' }).click()
  await page.keyboard.type('Maria Blum, Eupen')
  await checkLooks(page, 'a sender')
  await page.getByRole('button', { name: 'Speichern' }).click()
  await page.getByText('maria@zegel.test · Maria Blum, Eupen').waitFor()
  await page.getByRole('button', { name: 'Neue Vorlage' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Absage')
  await page.getByLabel('Betreff').fill('Leider nein')
  await page.getByRole('textbox', { name: 'Text' }).click()
  await page.keyboard.type('Leider kann ich nicht kommen.')
  await page.getByRole('button', { name: 'Speichern' }).click()
  await page.getByRole('button', { name: 'Absage bearbeiten' }).waitFor()
  await checkLooks(page, 'senders and templates')

  await page.goto(`${server.http}/app/#/mail/inbox`)
  await page.getByRole('heading', { level: 1, name: 'Eingang' }).waitFor()
  await begin(page)
  await text(page).getByText('Maria Blum, Eupen').waitFor()
  await page.getByRole('button', { name: 'Vorlagen' }).click()
  await page.getByRole('menuitem', { name: 'Absage' }).click()
  await seen(async () => {
    assert.equal(await page.getByLabel('Betreff').inputValue(), 'Leider nein')
    assert.match((await text(page).textContent()) ?? '', /^Leider kann ich nicht kommen\.Maria Blum, Eupen$/)
  })
})

test('a plain letter is text alone, and taking the looks away can be undone', async (t) => {
  const { page } = await openWriter(t, server, 'lena', { undoSeconds: 0 })
  const karl = await openInbox(t, server, 'karl')
  await begin(page)
  await page.keyboard.type('karl@zegel.test,')
  await page.getByLabel('Betreff').fill('Kurz')
  await text(page).click()
  await page.keyboard.press('Control+i')
  await page.keyboard.type('schräg')
  await page.getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Nur reiner Text' }).click()
  await page.getByText('Nur noch reiner Text').first().waitFor()
  await page.getByRole('button', { name: /Rückgängig/ }).click()
  await text(page).locator('i', { hasText: 'schräg' }).waitFor()
  await page.getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Nur reiner Text' }).click()
  await page.getByText('Nur noch reiner Text').first().waitFor()
  await page.getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Wichtig' }).click()
  await text(page).click()
  await page.keyboard.press('Control+Enter')
  await row(karl.page, /Kurz/).click()
  await letter(karl.page).getByText('schräg').waitFor()
  assert.equal(await letter(karl.page).locator('iframe').count(), 0, 'there is no HTML in it')
})
