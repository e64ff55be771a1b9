/** What a letter wants of its reader: pictures from elsewhere, a receipt, a subscription; and what the reader notes. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { openJmapClient } from '../jmap.ts'
import { startServer } from '../server.ts'
import { sendAll } from './letters.ts'
import { checkLooks } from './looks.ts'
import { openInbox, seen } from './person.ts'

/** A red point. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const asked: string[] = []
const elsewhere = createServer((request, response) => {
  asked.push(`${request.url} ${request.headers.cookie ?? ''}${request.headers.referer ?? ''}`)
  if (request.url === '/gone.png') response.writeHead(404).end()
  else response.writeHead(200, { 'content-type': 'image/png' }).end(png)
})
elsewhere.listen(0, '127.0.0.1')
await once(elsewhere, 'listening')
after(() => elsewhere.close())
const { port } = elsewhere.address() as AddressInfo
const pictures = `http://127.0.0.1:${port}`

const server = await startServer({ after }, { fetch: { allow: [`127.0.0.1:${port}`] } })

const html = `<p>Liebe Leserin,</p><img id="a" src="${pictures}/a.png" alt="Plakat" width="60" height="40">
<img src="${pictures}/gone.png" alt="fort"><img src="${pictures}/count.gif?who=klara" width="1" height="1">
<p style="background-image: url('${pictures}/b.png')">Programm</p>`

test('pictures from elsewhere are asked for by the server, on request, and those that count readers never', async (t) => {
  // The watch of this browser fails the test when anything of it goes elsewhere.
  const { page, person } = await openInbox(t, server, 'klara')
  await sendAll(server.smtp, person.address, [{ subject: 'Wochenblatt', html }])
  await page.getByRole('row', { name: /Wochenblatt/ }).click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByText(/4 Bilder von 127\.0\.0\.1 wurden nicht geladen/).waitFor()
  assert.deepEqual(asked, [])
  await letter.getByRole('button', { name: 'Bilder zeigen' }).click()
  await letter
    .getByText('2 Bilder über unseren Server geladen. 1 ließ sich nicht holen. Ein Zählbild blieb weg.')
    .waitFor()
  assert.deepEqual(asked.toSorted(), ['/a.png ', '/b.png ', '/gone.png '])
  const shown = await page.evaluate(async () => {
    const inside = document.querySelector<HTMLIFrameElement>('.html-letter iframe')?.contentDocument
    const image = inside?.querySelector<HTMLImageElement>('#a, img[alt=Plakat]')
    const background = inside?.querySelector('p[style]')
    await image?.decode()
    return [
      image?.naturalWidth,
      image?.src.startsWith('blob:'),
      inside?.defaultView?.getComputedStyle(background as Element).backgroundImage.startsWith('url("blob:'),
    ]
  })
  assert.deepEqual(shown, [1, true, true])
  await checkLooks(page, 'a letter with its pictures')

  await page.goto(`${server.http}/app/#/settings/reading`)
  await page.getByRole('group', { name: 'Bilder laden' }).getByRole('button', { name: 'Nie' }).click()
  await checkLooks(page, 'the settings for reading')
  await page.getByText(/^Alles gespeichert/).waitFor()
  await page.goto(`${server.http}/app/#/mail/inbox`)
  await page.reload()
  await page.getByRole('row', { name: /Wochenblatt/ }).click()
  await letter.getByText(/4 Bilder von/).waitFor()
  assert.equal(await letter.getByRole('button', { name: 'Bilder zeigen' }).count(), 0)
  assert.equal(asked.length, 3)
})

test('the pictures of a trusted sender come by themselves, until the trust is taken back in the settings', async (t) => {
  const { page, person } = await openInbox(t, server, 'mia')
  const plakat = { html: `<p>Liebe Leserin,</p><img src="${pictures}/a.png" alt="Plakat" width="60" height="40">` }
  await sendAll(server.smtp, person.address, [
    { subject: 'Wochenblatt eins', ...plakat },
    { subject: 'Wochenblatt zwei', ...plakat },
    { subject: 'Von anderen', ...plakat, from: 'Carl <carl@example.org>' },
  ])
  const letter = page.getByRole('article', { name: 'Brief' })
  await page.getByRole('row', { name: /Von anderen/ }).waitFor()
  await page.getByRole('row', { name: /Wochenblatt eins/ }).click()
  await letter.getByRole('button', { name: 'Bilder von berta@example.org immer zeigen' }).click()
  await letter.getByText('1 Bild über unseren Server geladen.').waitFor()
  await checkLooks(page, 'a letter of a trusted sender')
  await page.getByRole('row', { name: /Wochenblatt zwei/ }).click()
  await letter.getByRole('heading', { name: 'Wochenblatt zwei' }).waitFor()
  await letter.getByText('1 Bild über unseren Server geladen.').waitFor()
  await page.getByRole('row', { name: /Von anderen/ }).click()
  await letter.getByText(/1 Bild von 127\.0\.0\.1 wurde nicht geladen/).waitFor()

  await page.goto(`${server.http}/app/#/settings/reading`)
  const trusted = page.getByRole('region', { name: 'Absender, deren Bilder immer gezeigt werden' })
  await trusted.getByText('berta@example.org').waitFor()
  await checkLooks(page, 'trusted senders')
  await trusted.getByRole('button', { name: 'Wieder fragen' }).click()
  await trusted.getByText('berta@example.org').waitFor({ state: 'detached' })
  await page.goto(`${server.http}/app/#/mail/inbox`)
  await page.getByRole('row', { name: /Wochenblatt eins/ }).click()
  await letter.getByText(/1 Bild von 127\.0\.0\.1 wurde nicht geladen/).waitFor()
})

test('a sender who asks for a receipt gets none until the reader says so, and is not asked about again', async (t) => {
  const { page, person } = await openInbox(t, server, 'anna')
  const headers = { 'Disposition-Notification-To': 'Berta Vogel <berta@example.org>', 'X-Priority': '1 (Highest)' }
  await sendAll(server.smtp, person.address, [
    { subject: 'Bitte bestätigen', headers },
    { subject: 'Auch bestätigen', headers },
  ])
  const letter = page.getByRole('article', { name: 'Brief' })
  const question = letter.getByText('Der Absender möchte wissen, ob Sie gelesen haben.')
  await page.getByRole('row', { name: /Auch bestätigen/ }).waitFor()
  await page.getByRole('row', { name: /Bitte bestätigen/ }).click()
  await letter.getByText('Dringend, sagt der Absender').waitFor()
  await question.waitFor()
  await checkLooks(page, 'a letter that asks for a receipt')
  await letter.getByRole('button', { name: 'Nicht senden' }).click()
  await question.waitFor({ state: 'detached' })
  await page.getByRole('row', { name: /Auch bestätigen/ }).click()
  await letter.getByRole('button', { name: 'Bestätigung senden' }).click()
  await letter.getByText('Die Bestätigung ist unterwegs.').waitFor()
  await page.getByText(/^Alles gespeichert/).waitFor()

  const jmap = await openJmapClient(server, person)
  await seen(async () => {
    const { ids } = await jmap.call('Email/query', { filter: { hasKeyword: '$mdnsent' } })
    assert.equal((ids as string[]).length, 2)
  })
})

test('a newsletter is left with one click, and the letter says so afterwards', async (t) => {
  const { page, person } = await openInbox(t, server, 'emma')
  const headers = { 'List-Unsubscribe': '<mailto:ab@example.org?subject=Abmelden>', 'List-Id': '<blatt.example.org>' }
  await sendAll(server.smtp, person.address, [{ subject: 'Wochenblatt', headers }])
  await page.getByRole('row', { name: /Wochenblatt/ }).click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByRole('button', { name: 'Abbestellen' }).click()
  await letter.getByText('Abbestellung ist unterwegs').waitFor()
  await page.reload()
  await letter.getByText('Abbestellt').waitFor()
})

test('a sender is blocked from a letter and freed in the settings; what comes meanwhile is refused', async (t) => {
  const { page, person } = await openInbox(t, server, 'ida')
  await sendAll(server.smtp, person.address, [{ subject: 'Werbung eins' }])
  await page.getByRole('row', { name: /Werbung eins/ }).click()
  const letter = page.getByRole('article', { name: 'Brief' })
  await letter.getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await page.getByRole('menuitem', { name: 'Absender sperren' }).click()
  await page.getByLabel('Was eben geschah').getByText('berta@example.org gesperrt').waitFor()
  await letter.getByText('Absender gesperrt').waitFor()
  await assert.rejects(sendAll(server.smtp, person.address, [{ subject: 'Werbung zwei' }]), /550/)

  await page.goto(`${server.http}/app/#/settings/reading`)
  const blocked = page.getByRole('region', { name: 'Gesperrte Absender' })
  await blocked.getByLabel('Adresse, oder @ und eine Domain').fill('keine')
  await blocked.getByRole('button', { name: 'Sperren', exact: true }).click()
  await blocked.getByText('Das ist keine Adresse und keine Domain nach einem @.').waitFor()
  await blocked.getByLabel('Adresse, oder @ und eine Domain').fill('@werbung.example')
  await blocked.getByRole('button', { name: 'Sperren', exact: true }).click()
  await blocked.getByText('Alle Adressen von werbung.example').waitFor()
  await checkLooks(page, 'blocked senders')
  await blocked.getByRole('listitem').filter({ hasText: 'berta' }).getByRole('button').click()
  await blocked.getByText('berta@example.org').waitFor({ state: 'detached' })
})

test('what the reader notes on a letter stays with it, is changed, deleted, and brought back', async (t) => {
  const { page, person } = await openInbox(t, server, 'lena')
  await sendAll(server.smtp, person.address, [{ subject: 'Probenplan' }])
  await page.getByRole('row', { name: /Probenplan/ }).click()
  const letter = page.getByRole('article', { name: 'Brief' })
  const notes = letter.getByRole('region', { name: /^Notizen/ })
  await letter.getByRole('button', { name: 'Mehr zu diesem Brief' }).click()
  await page.getByRole('menuitem', { name: 'Notiz hinzufügen' }).click()
  await page.keyboard.type('Herrn Kessler fragen.')
  await checkLooks(page, 'a note that is written')
  await page.keyboard.press('Control+Enter')
  await notes.getByText('Herrn Kessler fragen.').waitFor()
  await checkLooks(page, 'a letter with a note')
  await page.reload()
  await notes.getByRole('button', { name: 'Ändern' }).click()
  await notes.getByRole('textbox').fill('Frau Kessler fragen.')
  await notes.getByRole('button', { name: 'Speichern' }).click()
  await notes.getByText('Frau Kessler fragen.').waitFor()
  await notes.getByRole('button', { name: 'Löschen' }).click()
  await notes.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Rückgängig' }).click()
  await notes.getByText('Frau Kessler fragen.').waitFor()
})
